"""A folder or archive of images: one directory per class, or flat. Pure.

cat/01.png                 label cat
train/cat/01.png           label cat
test/cat/02.png            label cat, for measuring
unlabeled/03.png, 04.png   no label
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

from labeling.errors import AssayError
from labeling.images import SUFFIXES
from labeling.readers.bundle import Bundle
from labeling.readers.rows import (
    MAX_KEY_CHARS,
    SPLITS,
    BadCell,
    ImageFile,
    Limits,
    Problem,
    Row,
    check_storable,
    read_label,
)

UNLABELED = frozenset({"unlabeled", "unlabelled", "pool"})
NO_CLASS = frozenset({"images", "image", "img", "imgs", "pictures"})


def is_image_name(name: str) -> bool:
    return PurePosixPath(name.lower()).suffix in SUFFIXES


class ImageFolderReader:
    """Each image is an item under its path. A file that is no image by its name is a problem with that name."""

    def __init__(self, bundle: Bundle, *, limits: Limits) -> None:
        self.bundle = bundle
        self.limits = limits
        self.prefix = _shared_folders(bundle.names)
        self.class_levels = _class_levels(bundle.names, self.prefix)
        self.n_read = 0

    def rows(self, *, skip: int = 0) -> Iterator[Row | Problem]:
        self.n_read = skip
        for name in self.bundle.names[skip:]:
            self.n_read += 1
            try:
                yield self._row(self.n_read, name)
            except BadCell as error:
                yield Problem(self.n_read, name, error.message)

    def _row(self, number: int, name: str) -> Row:
        key = name[len(self.prefix) :]
        check_storable(key, "file name")
        if not is_image_name(name):
            raise BadCell(name, "No image by its name, so it was passed over.")
        if len(key) > MAX_KEY_CHARS:
            raise BadCell(name, f"The path has {len(key)} characters; {MAX_KEY_CHARS} are allowed.")
        label, split = label_and_split(key, self.class_levels)
        image = read_image(self.bundle, name, self.limits)
        return Row(number, key=key, image=image, label=read_label(label, "folder"), split=split)

    def labels(self) -> Iterator[tuple[int, str, str]]:
        for number, name in enumerate(self.bundle.names, start=1):
            label, split = label_and_split(name[len(self.prefix) :], self.class_levels)
            if label and is_image_name(name):
                yield number, label, split

    def progress(self) -> tuple[int, int]:
        return self.n_read, len(self.bundle.names)


def label_and_split(path: str, class_levels: frozenset[str] = frozenset()) -> tuple[str, str]:
    """The class ("" if none) and the split that the folders of a path say.

    The innermost folder is the class, unless its name is reserved. `class_levels` are the folders whose
    subfolders are classes, so that a class may be called "train" there.
    """
    label, split = "", "pool"
    above = ""
    for folder in PurePosixPath(path).parts[:-1]:
        name = folder.lower()
        if name in SPLITS and above not in class_levels:
            split = SPLITS[name]
            if name in UNLABELED:
                return "", split
        elif name in UNLABELED:
            return "", split
        elif name not in NO_CLASS:
            label = folder
        above += f"{folder}/"
    return label, split


def _class_levels(names: list[str], prefix: str) -> frozenset[str]:
    """The folders (ending in "/"; "" is the top) that have a subfolder which can only be a class."""
    levels = set()
    for parents in {PurePosixPath(name[len(prefix) :]).parts[:-1] for name in names if is_image_name(name)}:
        for depth, folder in enumerate(parents):
            if folder.lower() not in SPLITS and folder.lower() not in NO_CLASS | UNLABELED:
                levels.add("".join(f"{above}/" for above in parents[:depth]))
    return frozenset(levels)


def read_image(bundle: Bundle, name: str, limits: Limits) -> ImageFile:
    """The image's bytes, no more of them than allowed. Raises BadCell."""
    try:
        with bundle.open(name) as stream:
            # Not more than stated: asking for the limit would set that much memory aside for each image.
            content = stream.read(min(bundle.size(name), limits.image_bytes) + 1)
    except (AssayError, OSError) as error:
        raise BadCell(name, f"The file cannot be read: {error}") from None
    if len(content) > limits.image_bytes:
        raise BadCell(
            name,
            f"The file has more than the {limits.image_bytes:,} bytes allowed. "
            "Make it smaller, or raise ASSAY_MAX_IMAGE_BYTES.",
        )
    return ImageFile(name, content)


def _shared_folders(names: list[str]) -> str:
    """Folders above the dataset, as zip programs add them: those that all images share and that mean nothing.

    With one class only, its folder is shared too; so a shared folder is taken off only if there are folders below it.
    """
    parents = {PurePosixPath(name).parts[:-1] for name in names if is_image_name(name)}
    if not parents:
        return ""
    n_shared = 0
    shortest = min(parents, key=len)
    for depth, folder in enumerate(shortest):
        is_shared = all(parts[depth] == folder for parts in parents)
        is_class_level = any(len(parts) == depth + 1 for parts in parents)
        if not is_shared or is_class_level or folder.lower() in SPLITS.keys() | NO_CLASS | UNLABELED:
            break
        n_shared += 1
    return "".join(f"{folder}/" for folder in shortest[:n_shared])
