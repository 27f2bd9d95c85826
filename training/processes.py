"""What child processes have in common: they die with whoever started them, and know their own peak."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys
from pathlib import Path

PR_SET_PDEATHSIG = 1  # linux/prctl.h


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
