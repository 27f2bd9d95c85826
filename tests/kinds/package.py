"""A package that somebody else installed: modules on the path, and entry points that name what is in them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path


def install(
    folder: Path, *, modules: Mapping[str, str], entry_points: Mapping[str, Mapping[str, str]]
) -> Path:
    """`folder` is to be on the path. modules: name -> source; entry_points: group -> name -> "module:attribute"."""
    info = folder / "assay_kinds-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: assay-kinds\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "".join(
            f"[{group}]\n" + "".join(f"{name} = {value}\n" for name, value in entries.items())
            for group, entries in entry_points.items()
        )
    )
    for name, source in modules.items():
        (folder / f"{name}.py").write_text(source)
    return folder
