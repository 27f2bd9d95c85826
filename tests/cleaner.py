"""Waits until the test session is over, however it ends, then stops its servers and removes its folder."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path


def main() -> None:
    folder = Path(sys.argv[1])
    sys.stdin.read()  # ends when the session's process does
    from deploy.backing import servers

    servers.stop_valkey(folder)
    servers.stop_postgres(folder)
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
