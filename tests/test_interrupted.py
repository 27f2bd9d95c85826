"""A test session that is interrupted leaves nothing running."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests.running import OF_THE_SUITE, ROOT, eventually

INNER = """
import time
from contextlib import nullcontext
from pathlib import Path

from tests.running import running_product

def test_that_takes_for_ever():
    folder = Path({folder!r})
    with running_product(folder, is_first=True) if {with_product} else nullcontext():
        (folder / "begun").touch()
        time.sleep(600)
"""


@pytest.mark.slow
@pytest.mark.parametrize("with_product", [True, False])
def test_interrupted_session_leaves_no_process_and_no_folder(with_product: bool, tmp_path: Path) -> None:
    """By Ctrl-C while a test has all of Assay running, and by a kill that nobody can answer."""
    folder = Path(f"/tmp/assay-interrupted-{os.getpid()}-{with_product:d}")  # short, for names of sockets
    (folder / "product").mkdir(parents=True)
    test = tmp_path / "test_inner.py"
    test.write_text(INNER.format(folder=str(folder / "product"), with_product=with_product))
    hidden = (*OF_THE_SUITE, "ASSAY_DATA_DIR", "PYTEST_XDIST_WORKER", "PYTEST_CURRENT_TEST")
    environment = {name: value for name, value in os.environ.items() if name not in hidden}
    session = subprocess.Popen(
        [sys.executable, "-m", "pytest", str(test), "--rootdir", str(ROOT), "-c", str(ROOT / "pyproject.toml"),
         "--numprocesses", "1", "-p", "no:cacheprovider"],
        cwd=ROOT, env=environment | {"TMPDIR": str(folder)}, start_new_session=True,
        # It may be ignored where this suite was started in the background.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        eventually(lambda: (folder / "product" / "begun").exists())
        assert len(_belonging_to(folder)) >= (12 if with_product else 5)

        if with_product:
            os.killpg(session.pid, signal.SIGINT)
        else:
            session.kill()
        session.wait(60)

        eventually(lambda: not _belonging_to(folder))
        assert not list(folder.glob("assay-tests-*"))
    finally:
        for process in _belonging_to(folder):
            process.kill()


def _belonging_to(folder: Path) -> list[psutil.Process]:
    """Whatever runs with the folder in its command line or its environment."""
    found = []
    for process in psutil.process_iter():
        try:
            words = [*process.cmdline(), *process.environ().values()]
            if process.status() != psutil.STATUS_ZOMBIE and any(str(folder) in word for word in words):
                found.append(process)
        except psutil.Error:
            continue
    return [process for process in found if process.pid != os.getpid()]
