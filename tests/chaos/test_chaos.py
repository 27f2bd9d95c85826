"""A small play of `make chaos`: some faults of every kind that come quickly, and every law holds."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chaos.__main__ import carry_out
from tests.chaos.world import world


@pytest.fixture
def folder() -> Iterator[Path]:
    """With a short path, as sockets of servers lie in it."""
    folder = Path(tempfile.mkdtemp(prefix="assay-chaos-", dir="/tmp"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.slow
def test_what_was_heard_stands_and_what_was_begun_ends_whatever_fails(folder: Path) -> None:
    lines: list[str] = []
    with world(folder) as place:
        is_good = carry_out(
            place,
            minutes=0.5,
            seed=7,
            every=2.0,
            outage=4.0,
            learner="logistic_regression",
            tell=lines.append,
        )

    assert is_good, "\n".join(lines)
