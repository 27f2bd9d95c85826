"""Several files, folders or archives that are read together as one set. Pure.

A loose file keeps its name. A folder is a folder of its name. One archive is unpacked where it lies, unless its
name says which part of the set it is (train.zip); of several, each is a folder of its name, as if unpacked there.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from labeling.formats.cells import SPLITS
from labeling.formats.files.bundle import (
    ZIP_MAGICS,
    Bundle,
    FileBundle,
    FolderBundle,
    ZipBundle,
    is_system,
    no_such_file,
    system_files,
)
from labeling.formats.rows import LeftOut


class JoinedBundle:
    """The files of several bundles under one roof. `parts`: (folder that they are put in or "", bundle)."""

    def __init__(self, parts: Sequence[tuple[str, Bundle]]) -> None:
        self.left_out: list[LeftOut] = [one for _, bundle in parts for one in bundle.left_out]
        self._places: dict[str, tuple[Bundle, str]] = {}
        system: list[str] = []
        for folder, bundle in parts:
            for inner in bundle.names:
                if is_system(inner):
                    system.append(inner)
                    continue
                name = _free_name(f"{folder}/{inner}" if folder else inner, self._places)
                self._places[name] = (bundle, inner)
        self.names = sorted(self._places)
        self.left_out += system_files(system)

    def open(self, name: str) -> BinaryIO:
        if name not in self._places:
            raise no_such_file(name)
        bundle, inner = self._places[name]
        return bundle.open(inner)

    def size(self, name: str) -> int:
        bundle, inner = self._places[name]
        return bundle.size(inner)


def join(parts: Sequence[tuple[str, Bundle]]) -> Bundle:
    """One bundle of these (name, bundle); a single one is itself."""
    if len(parts) == 1:
        return parts[0][1]
    n_archives = sum(isinstance(bundle, ZipBundle) for _, bundle in parts)
    return JoinedBundle([(_folder_of(name, bundle, n_archives), bundle) for name, bundle in parts])


@contextmanager
def bundle_of_files(files: Sequence[tuple[Path, str]]) -> Iterator[Bundle]:
    """These (path, name) of this machine as one bundle; a zip archive is seen by its content."""
    with ExitStack() as stack:
        yield join([(name, bundle_of_file(stack, path, name)) for path, name in files])


def bundle_of_file(stack: ExitStack, path: Path, name: str) -> Bundle:
    """A file as a bundle. An archive stays open until the stack is closed."""
    with path.open("rb") as stream:
        is_archive = stream.read(4) in ZIP_MAGICS
    if is_archive:
        return ZipBundle(stack.enter_context(path.open("rb")))
    return FileBundle(name, lambda: path.open("rb"), path.stat().st_size)


def _folder_of(name: str, bundle: Bundle, n_archives: int) -> str:
    if isinstance(bundle, FolderBundle):
        return name
    if not isinstance(bundle, ZipBundle):
        return ""
    stem = re.sub(r"(?i)\.zip$", "", PurePosixPath(name).name)
    return stem if n_archives > 1 or stem.lower() in SPLITS else ""


def _free_name(name: str, taken: Container[str]) -> str:
    """The name, or with a number where another file of the set has it already."""
    path, number = PurePosixPath(name), 2
    while name in taken:
        name = str(path.with_name(f"{path.stem} ({number}){path.suffix}"))
        number += 1
    return name
