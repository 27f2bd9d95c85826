"""`make fuzz`: attack a whole product on temporary data, and end with 1 if any answer was wrong."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.fuzz.attack import ROLES, Attacker
from tests.running import ROOT, Running, running_product


def world_make(running: Running) -> dict[str, Any]:
    made = subprocess.run(
        [sys.executable, "-m", "tests.fuzz.world"],
        cwd=ROOT,
        env=running.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    world: dict[str, Any] = json.loads(made.stdout.splitlines()[-1])
    return world


def main() -> None:
    parser = argparse.ArgumentParser(prog="make fuzz")
    parser.add_argument("--cases", type=int, default=6_000, help="requests, about")
    parser.add_argument("--minutes", type=float, default=30, help="stop after so many")
    parser.add_argument("--seed", type=int, default=1, help="the same requests for the same schema")
    parser.add_argument("--roles", default=",".join(ROLES), help="with commas between")
    wanted = parser.parse_args()
    began = time.monotonic()
    with (
        tempfile.TemporaryDirectory(prefix="assay-fuzz-") as folder,
        running_product(Path(folder)) as running,
    ):
        attacker = Attacker(running.address, world_make(running), number=wanted.seed)
        print(f"ready after {time.monotonic() - began:.0f} s", flush=True)
        report = attacker.run(
            n_cases=wanted.cases, max_seconds=60 * wanted.minutes, roles=tuple(wanted.roles.split(","))
        )
        log = running.log.read_text(errors="replace")
    print(f"seed {wanted.seed}, {time.monotonic() - began:.0f} s")
    print("\n".join(report.lines()))
    tracebacks = log.count("Traceback (most recent call last)")
    print(f"tracebacks in the log: {tracebacks}")
    if tracebacks:
        print(log[log.index("Traceback (most recent call last)") :][:4_000])
    sys.exit(1 if report.failures else 0)


if __name__ == "__main__":
    main()
