"""The Makefile installs when what is to be installed has changed, and not when a file was only written anew."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

# Stands for the project's Python: says what it was asked, and makes what the recipes go on with.
FAKE = """#!/bin/sh
echo "$@" >> asked
case "$*" in
  *spectacular*) touch frontend/openapi.yaml;;
  *"deploy.frontend ci"*) mkdir -p frontend/node_modules;;
esac
"""


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    shutil.copy(ROOT / "Makefile", tmp_path)
    for name in ("pyproject.toml", "constraints.txt", "frontend/package-lock.json", "frontend/index.html"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    python = tmp_path / ".venv/bin/python"
    python.parent.mkdir(parents=True)
    python.write_text(FAKE)
    python.chmod(0o755)
    return tmp_path


def asked_by_make_types(clone: Path) -> list[str]:
    """What was installed."""
    (clone / "asked").unlink(missing_ok=True)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    subprocess.run(
        ["make", "types", f"PYTHON={sys.executable}"], cwd=clone, env=environment, check=True, timeout=60
    )
    asked = (clone / "asked").read_text().splitlines()
    assert any("spectacular" in line for line in asked)
    return [line for line in asked if "pip install" in line or "deploy.frontend ci" in line]


def write_anew(path: Path) -> None:
    """As git does on a switch of branches: the same words, a later time."""
    later = time.time() + 60
    os.utime(path, (later, later))


@pytest.mark.parametrize("name", ["pyproject.toml", "constraints.txt", "frontend/package-lock.json"])
def test_types_installs_what_changed_and_nothing_that_was_written_anew(clone: Path, name: str) -> None:
    first = asked_by_make_types(clone)
    assert any("pip install" in line for line in first)
    assert any("deploy.frontend ci" in line for line in first)
    assert asked_by_make_types(clone) == []

    write_anew(clone / name)
    assert asked_by_make_types(clone) == []

    with open(clone / name, "a") as file:
        file.write("\n")
    write_anew(clone / name)
    again = asked_by_make_types(clone)
    assert {line in first for line in again} == {True}
    assert any("deploy.frontend ci" in line for line in again) == (name == "frontend/package-lock.json")
    assert asked_by_make_types(clone) == []
