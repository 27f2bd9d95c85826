"""What each file of an archive, a folder or several uploads is: table, image, text, archive or none. Pure.

Told apart by name, and where the name says nothing, by content.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from posixpath import basename, dirname, splitext
from typing import BinaryIO

from labeling.errors import AssayError, InvalidInput
from labeling.formats.files import sniff
from labeling.formats.files.bundle import Bundle, named, strip_gz
from labeling.formats.pictures.folders import FolderLayout, TextFolderReader, is_image_name
from labeling.formats.rows import LeftOut, Limits
from labeling.storing.images import looks_like_image

N_SNIFFED = 2_000  # files without a telling name that are looked into
ARCHIVE_SUFFIXES = frozenset({".zip", ".tar", ".tgz", ".tbz", ".txz", ".7z", ".rar", ".bz2", ".xz", ".zst"})
DOCUMENTS = frozenset(
    {"readme", "license", "licence", "copying", "authors", "citation", "changelog", "notice", "version"}
)
SUBMISSION = "An example of what is to be handed in, as contests add it; its values are made up."
_SUBMISSION = re.compile(r"(sample|example).*submission|submission(?!s)")


@dataclass(slots=True)
class Files:
    """The names of a bundle by what they are."""

    tables: list[str] = field(default_factory=list)
    images: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    archives: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)


def sort_files(bundle: Bundle) -> Files:
    """Every file of the bundle in its place."""
    files = Files()
    unknown = []
    for name in bundle.names:
        if is_image_name(name):
            files.images.append(name)
            continue
        stem, suffix = splitext(basename(strip_gz(name.lower())))
        if suffix in sniff.TABLE_SUFFIXES:
            files.tables.append(name)
        elif suffix in ARCHIVE_SUFFIXES or name.lower().endswith((".tar.gz", ".tar.bz2", ".tar.xz")):
            files.archives.append(name)
        elif stem in DOCUMENTS:
            files.others.append(name)
        elif suffix == ".txt":
            files.texts.append(name)
        else:
            unknown.append(name)
    for place, name in enumerate(unknown):
        kind = _kind_by_content(bundle, name) if place < N_SNIFFED else "other"
        {"image": files.images, "text": files.texts}.get(kind, files.others).append(name)
    return files


def _kind_by_content(bundle: Bundle, name: str) -> str:
    """image, text (only where the name has no ending of letters) or other."""
    suffix = splitext(name)[1]
    try:
        with bundle.open(name) as stream:
            head = stream.read(512)
    except (AssayError, OSError):
        return "other"
    if looks_like_image(head):
        return "image"
    if suffix[1:].isalpha() or not head.strip() or "/" not in name:
        return "other"
    try:
        sniff.check_text(head, name)
    except InvalidInput:
        return "other"
    return "text"


def is_text_folder(files: Files) -> bool:
    """Whether the texts are the items: several, in folders, and no table or image beside them."""
    in_folders = [name for name in files.texts if "/" in name]
    return not files.tables and not files.images and len(in_folders) > 1


def open_text_folder(bundle: Bundle, files: Files, limits: Limits) -> tuple[TextFolderReader, list[LeftOut]]:
    """The texts of class folders; those that lie beside the folders are left out."""
    in_folders = [name for name in files.texts if "/" in name] or files.texts
    layout = FolderLayout(in_folders)
    has_classes = any(layout.label_and_split(name)[0] for name in in_folders)
    taken = [name for name in in_folders if not has_classes or _is_in_place(layout, name)]
    left = sorted({*bundle.names} - {*taken})
    left_out = left_of(left, "Lies beside the folders of the classes, or is no text.")
    return TextFolderReader(bundle, limits=limits, names=taken, members=taken), left_out


def _is_in_place(layout: FolderLayout, name: str) -> bool:
    """In the folder of a class, or in one of what has none; not in a folder of such folders."""
    folder = f"{dirname(layout.key(name))}/"
    return folder not in layout.class_levels and folder != "/"


def is_submission(name: str) -> bool:
    """Whether this is the example of what a contest wants to be sent: no data. Submissions of a forum are some."""
    return bool(_SUBMISSION.search(basename(name.lower())))


def without_submissions(bundle: Bundle, entry: str | None) -> Bundle:
    """The bundle without such examples, where it holds more than them and nobody chose one of them."""
    found = [name for name in bundle.names if is_submission(name) and _is_table_name(name)]
    if not found or entry in found:
        return bundle
    rest = set(bundle.names).difference(found)
    files = sort_files(FewerFiles(bundle, rest, []))
    if not (files.tables or files.images or len(files.texts) > 1):
        return bundle
    return FewerFiles(bundle, rest, left_of(found, SUBMISSION))


class FewerFiles:
    """A bundle with some of its files."""

    def __init__(self, bundle: Bundle, names: Collection[str], left_out: Sequence[LeftOut]) -> None:
        self.bundle = bundle
        self.names = [name for name in bundle.names if name in names]
        self.left_out = [*bundle.left_out, *left_out]
        self.notes = getattr(bundle, "notes", [])

    def open(self, name: str) -> BinaryIO:
        return self.bundle.open(name)

    def size(self, name: str) -> int:
        return self.bundle.size(name)


def _is_table_name(name: str) -> bool:
    return splitext(strip_gz(name.lower()))[1] in sniff.TABLE_SUFFIXES


def left_of(
    names: list[str], why: str = "Neither a table nor an image, so it was not read."
) -> list[LeftOut]:
    return [LeftOut(named(names), len(names), why)] if names else []
