"""`make bench`: the product's numbers at 10,000, 100,000 and 1,000,000 text items, in one run.

    python -m tests.benchmarks [--sizes 10000,100000,1000000] [--folder DIR] [--out results.md]

Starts the whole product (`assay up`) in a fresh data directory, and measures through its API, as a
client would. Only what stands in for people's and the learner's time is made up: the words of the
texts, the probabilities of a round, and which class somebody presses. Then a training step is held
against plain torch, and learners are fitted on as many rows of a table (tests/benchmarks/learning.py).
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import signal
import sys
import tempfile
import threading
import time
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import Any

import psutil

SIZES = (10_000, 100_000, 1_000_000)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", default=",".join(str(size) for size in SIZES))
    parser.add_argument("--folder", type=Path, help="where the data goes (default: a temporary folder)")
    parser.add_argument("--out", type=Path, help="a Markdown file that gets the table too")
    options = parser.parse_args()
    folder = options.folder or Path(tempfile.mkdtemp(prefix="assay-bench-"))
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)
    os.environ["ASSAY_DATA_DIR"] = str(folder / "data")
    os.environ["DJANGO_SETTINGS_MODULE"] = "deploy.settings"
    from tests.benchmarks.server import Server

    server = Server(folder / "data")
    try:
        import django

        django.setup()
        text = _measure(server, [int(size) for size in options.sizes.split(",")], folder)
    finally:
        server.stop()
        if options.folder is None:
            shutil.rmtree(folder, ignore_errors=True)
    sys.stdout.write(text)
    if options.out:
        options.out.write_text(text)


def _measure(server: Any, sizes: list[int], folder: Path) -> str:
    from tests.benchmarks.learning import measure_scale, measure_step
    from tests.benchmarks.report import Row, as_markdown
    from tests.benchmarks.sections import measure_size

    rows: list[Row] = []
    peaks = []
    for n_items in sizes:
        server.forget_peaks()
        begun = time.monotonic()
        for row in measure_size(server, n_items, folder):
            rows.append(row)
            sys.stderr.write(f"[{time.monotonic() - begun:6.1f} s] {as_markdown([row]).splitlines()[-1]}\n")
        peaks.append(
            f"{n_items:,} items: "
            + ", ".join(f"{kind} {n / 2**20:.0f} MB" for kind, n in sorted(server.peak_bytes.items()))
        )
    for row in chain([measure_step()], measure_scale(max(sizes))):
        rows.append(row)
        sys.stderr.write(as_markdown([row]).splitlines()[-1] + "\n")
    machine = (
        f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, "
        f"{psutil.virtual_memory().total / 2**30:.0f} GiB, Python {platform.python_version()}"
    )
    return (
        f"Measured {datetime.now(UTC):%Y-%m-%d} with `make bench` on {machine}. Clients, web, workers and "
        "PostgreSQL share these cores.\n\n"
        + as_markdown(rows)
        + "\n\nPeak memory of one process of each kind (unshared, USS):\n\n"
        + "\n".join(f"- {line}" for line in peaks)
        + "\n"
    )


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the server is stopped then too
    threading.excepthook = lambda args: os._exit(_die(args))

    def _die(args: threading.ExceptHookArgs) -> int:
        """A client that fails must fail the whole measurement, not thin out the load."""
        sys.stderr.write(f"{args.thread}: {args.exc_type.__name__}: {args.exc_value}\n")
        return 1

    main()
