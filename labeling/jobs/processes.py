"""What child processes have in common: they die with whoever started them, and what can be seen of them at work."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import os
import resource
import signal
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import psutil

PR_SET_PDEATHSIG = 1  # linux/prctl.h


def thread_limits(environment: Mapping[str, str]) -> dict[str, str]:
    """The variables that say how many threads libraries take in a process that trains; those that are set stay.

    NumPy, SciPy and scikit-learn take one, in OpenBLAS and in OpenMP: their pieces of work are small, and after each
    the threads wait for each other, beside a busy neighbour many times as long as the piece. torch takes all cores,
    for convolutions gain by it (and one where its pieces are small: training/learners/threads.py); of the variables
    it reads that of MKL last, which the others do not read. Measured: docs/results.md, "Threads".
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    # Who sets OMP_NUM_THREADS alone means torch, too, as torch itself does.
    of_torch = environment.get("OMP_NUM_THREADS", str(cores))
    wanted = {
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "MKL_NUM_THREADS": of_torch,
        # Threads that spin while they wait take the cores from the web and the database beside them:
        # twice the processor time a step of the network, for nothing.
        "OMP_WAIT_POLICY": "PASSIVE",
    }
    return {name: environment.get(name, value) for name, value in wanted.items()}


@contextlib.contextmanager
def collected_rarely() -> Iterator[None]:
    """Within, the garbage collector looks for circles after 200,000 objects instead of 700.

    For work on batches of plain rows, tens of thousands of small objects that refer to each other in one direction
    and live for a second. Python walks all of them after every 700 new ones, and finds nothing: half of the
    processor time of an import. What no circle holds goes at once, as ever.
    """
    before = gc.get_threshold()
    gc.set_threshold(200_000, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


def die_with_parent(parent: int) -> None:
    """Ask Linux to kill this process when its parent dies, and make sure that it has not died already."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        raise SystemExit(f"The parent (process {parent}) is gone.")


def peak_bytes() -> int:
    """The most memory that this process has had at one time (resident set, its libraries included)."""
    status = Path("/proc/self/status")
    if status.exists():
        # Not getrusage: on Linux its maximum survives exec, so a child would report its parent's peak.
        lines = (line.split() for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
        for _, kibibytes, _ in lines:
            return int(kibibytes) * 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def signs_of_life(pid: int) -> tuple[float, ...]:
    """What the process and all that it started have used up so far; the same twice: they did nothing between.

    Processor time in hundredths of a second, bytes read and written, and how many processes there are. One
    that the kernel holds in a read or write (of a network file system that is away) is never the same twice.
    """
    try:
        family = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    except psutil.NoSuchProcess:
        return ()
    seconds, n_bytes, n = 0.0, 0, 0
    for process in family:
        with contextlib.suppress(psutil.Error):
            used = process.cpu_times()
            seconds += used.user + used.system
            n += 1
            moved = process.io_counters()
            n_bytes += moved.read_chars + moved.write_chars
            if process.status() == psutil.STATUS_DISK_SLEEP:
                seconds += time.monotonic()
    return round(seconds, 2), n_bytes, n


def kills_for_memory() -> int:
    """How many processes this kernel has killed for lack of memory since it started; 0 where it does not say."""
    with contextlib.suppress(OSError, ValueError):
        lines = (line.split() for line in Path("/proc/vmstat").read_text().splitlines())
        return next((int(value) for name, value in lines if name == "oom_kill"), 0)
    return 0
