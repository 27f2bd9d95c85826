"""The package that docs/learners/own.md describes, as if somebody had installed it."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

PAGE = Path(__file__).resolve().parent.parent / "docs/learners/own.md"
FILE = r"`(?P<name>[\w/.]+)`[^`\n]*:\n\n```\w+\n(?P<text>.*?)```"


def install_own_learners(folder: Path) -> None:
    """The package's modules and its dist-info lie in `folder`, which is to be on the path."""
    files = {found["name"]: found["text"] for found in re.finditer(FILE, PAGE.read_text(), flags=re.DOTALL)}
    project = tomllib.loads(files.pop("pyproject.toml"))["project"]
    name, version = project["name"], project["version"]
    info = folder / f"{name.replace('-', '_')}-{version}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    (info / "entry_points.txt").write_text(
        "".join(
            f"[{group}]\n" + "".join(f"{key} = {value}\n" for key, value in entries.items())
            for group, entries in project["entry-points"].items()
        )
    )
    for path, text in files.items():
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_text(text)
