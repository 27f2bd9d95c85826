"""Where the progress of work is written."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from deploy.commands.projects import progress


@pytest.mark.parametrize("is_err", [False, True])
def test_progress_is_kept_out_of_stdout_where_that_is_for_the_result(
    is_err: bool, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = iter([True, False])

    def fresh(_work: Any) -> Any:
        return SimpleNamespace(
            is_open=next(looks), step_name="Undoing", state="running", n_steps=0, seconds_left=None
        )

    monkeypatch.setattr(progress, "_fresh", fresh)
    monkeypatch.setattr(progress, "LOOK_SECONDS", 0.0)

    progress.watch(SimpleNamespace(), is_err=is_err)  # type: ignore[type-var]

    out, err = capsys.readouterr()
    assert ("Undoing" in err, "Undoing" in out) == (is_err, not is_err)
