"""`make hosts`: makes the hosts, and walks over them from the one of the client."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.hosts.network import inside, network

NEEDED = ("ip", "nginx", "setpriv", "openssl")


def main() -> int:
    path = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
    missing = [name for name in NEEDED if not shutil.which(name, path=path)]
    if not Path("/usr/lib/rabbitmq/bin/rabbitmq-server").exists():
        missing.append("rabbitmq-server")
    if platform.system() != "Linux" or os.geteuid() != 0 or missing:
        print(f"make hosts needs Linux, root and Debian's packages; missing: {', '.join(missing) or 'none'}.")
        return 2
    folder = Path(os.environ.get("HOSTS_FOLDER") or tempfile.mkdtemp(prefix="assay-hosts-"))
    folder.mkdir(exist_ok=True)
    folder.chmod(0o755)
    with network():
        walk = [sys.executable, "-m", "tests.hosts.walk", folder, *sys.argv[1:]]
        code = subprocess.call(inside("client", walk), env={**os.environ, "PATH": path})
    print(f"Logs are in {folder}.")
    return code


if __name__ == "__main__":
    sys.exit(main())
