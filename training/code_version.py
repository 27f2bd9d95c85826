"""Which code a model version was made by."""

from __future__ import annotations

import hashlib
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

TRAINING = Path(__file__).resolve().parent


def code_version() -> str:
    """`git describe` of the checkout; without one the package's version and a hash of this package's files."""
    if not (TRAINING.parent / ".git").exists():
        return f"{_package_version()}+{_files_hash()}"
    try:
        described = subprocess.run(
            ["git", "describe", "--always", "--dirty", "--tags"],
            cwd=TRAINING,
            capture_output=True,
            text=True,
            check=True,
            timeout=10,
        )
        return described.stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return f"{_package_version()}+{_files_hash()}"


def _package_version() -> str:
    try:
        return version("assay-labeling")
    except PackageNotFoundError:
        return "unpackaged"


def _files_hash() -> str:
    digest = hashlib.sha256()
    for path in sorted(TRAINING.rglob("*.py")):
        digest.update(path.relative_to(TRAINING).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:12]
