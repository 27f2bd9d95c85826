"""A folder or archive of images, or of texts: one directory per class, or flat. Pure.

cat/01.png                 label cat
train/cat/01.png           label cat
test/cat/02.png            label cat, for measuring
unlabeled/03.png, 04.png   no label

Texts are laid out alike: train/pos/0_7.txt.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence

from labeling.errors import AssayError
from labeling.formats.cells import MAX_KEY_CHARS, SPLITS, BadCell, check_storable, hash_text, read_label
from labeling.formats.files.bundle import Bundle
from labeling.formats.rows import ImageFile, Limits, Problem, Row
from labeling.formats.text.encodings import sniff_encoding
from labeling.storing.images import SUFFIXES

UNLABELED = frozenset({"unlabeled", "unlabelled", "unsup", "pool"})
NO_CLASS = frozenset({"images", "image", "img", "imgs", "pictures", "texts", "txt", "docs", "documents",
                      "data", "dataset", "jpegimages"})  # fmt: skip
NO_WORDS = frozenset({"", "pool", "extra"})  # of SPLITS: these say nothing within a longer name
MAX_LETTER_BYTES = 4  # of one character, in any encoding


def is_image_name(name: str) -> bool:
    dot = name.rfind(".")
    return dot >= 0 and name[dot:].lower() in SUFFIXES


class FolderReader:
    """Each file is an item under its path; those that are no `members` are problems under their name."""

    not_a_member = "No image by its name or content, so it was passed over."

    def __init__(
        self,
        bundle: Bundle,
        *,
        limits: Limits,
        names: Sequence[str] | None = None,
        members: Collection[str] | None = None,
        has_classes: bool = True,
    ) -> None:
        """`names`: the files to read, all unless told. `members`: those of the folder that are items, by which
        folders are understood. `has_classes`: whether folders are classes.
        """
        self.bundle = bundle
        self.limits = limits
        self.names = list(bundle.names if names is None else names)
        known = [name for name in bundle.names if is_image_name(name)] if members is None else list(members)
        self.members = frozenset(known)
        self.layout = FolderLayout(known)
        self.has_classes = has_classes
        self.n_read = 0

    def rows(self, *, skip: int = 0) -> Iterator[Row | Problem]:
        self.n_read = skip
        for name in self.names[skip:]:
            self.n_read += 1
            try:
                yield self._row(self.n_read, name)
            except BadCell as error:
                yield Problem(self.n_read, name, error.message, name)

    def _row(self, number: int, name: str) -> Row:
        key = self.layout.key(name)
        check_storable(key, "file name")
        if name not in self.members:
            raise BadCell(name, self.not_a_member)
        if len(key) > MAX_KEY_CHARS:
            raise BadCell(name, f"The path has {len(key)} characters; {MAX_KEY_CHARS} are allowed.")
        label, split = self._label_and_split(name)
        row = Row(number, key=key, label=read_label(label, "folder"), split=split, file=name)
        self._fill(row, name)
        return row

    def _fill(self, row: Row, name: str) -> None:
        row.image = read_image(self.bundle, name, self.limits)

    def _label_and_split(self, name: str) -> tuple[str, str]:
        label, split = self.layout.label_and_split(name)
        return label if self.has_classes else "", split

    def labels(self) -> Iterator[tuple[int, str, str]]:
        for number, name in enumerate(self.names, start=1):
            label, split = self._label_and_split(name)
            if label and name in self.members:
                yield number, label, split

    def progress(self) -> tuple[int, int]:
        return self.n_read, len(self.names)


class ImageFolderReader(FolderReader):
    """A folder of images."""


class TextFolderReader(FolderReader):
    """A folder of texts, each file one item, whatever the encoding of each."""

    not_a_member = "No text by its name and content, so it was passed over."

    def _fill(self, row: Row, name: str) -> None:
        most = MAX_LETTER_BYTES * self.limits.text_chars
        content = read_bytes(self.bundle, name, most, "Split it, or raise ASSAY_MAX_TEXT_CHARS.")
        row.text = decode(content, name)
        if not row.text or row.text.isspace():
            raise BadCell(name, "The text is empty.")
        if len(row.text) > self.limits.text_chars:
            raise BadCell(
                name,
                f"The text has {len(row.text):,} characters; {self.limits.text_chars:,} are allowed. "
                "Split it, or raise ASSAY_MAX_TEXT_CHARS.",
            )
        row.content_hash = hash_text(row.text, name)


def decode(content: bytes, name: str) -> str:
    """The text of a file, without a final line break. Raises BadCell for binary files."""
    from labeling.formats.files import sniff

    try:
        sniff.check_text(content[: sniff.SAMPLE_BYTES], name)
    except AssayError as error:
        raise BadCell(name, error.message) from None
    text = content.decode(sniff_encoding(content[: sniff.SAMPLE_BYTES]), errors="replace")
    if "\ufffd" in text and "\ufffd".encode() not in content:
        place = text.index("\ufffd") + 1
        raise BadCell(
            name, f"Character {place:,} cannot be read in any usual encoding. Save the file as UTF-8."
        )
    return text.removesuffix("\n").removesuffix("\r")


class FolderLayout:
    """What the folders of these files are to them: above the set, a split, a class."""

    def __init__(self, names: Collection[str]) -> None:
        self.prefix = _shared_folders(names)
        below = [name[len(self.prefix) :] for name in names]
        parents = _parents(below)
        self.splits = _split_folders(parents)
        self.class_levels = _class_levels(parents, self.splits)

    def key(self, name: str) -> str:
        return name[len(self.prefix) :] if name.startswith(self.prefix) else name

    def label_and_split(self, name: str) -> tuple[str, str]:
        """The class ("" if none) and the split that the folders of a path say.

        The innermost folder is the class, unless its name is reserved. `class_levels` are the folders whose
        subfolders are classes, so that a class may be called "train" there.
        """
        label, split = "", "pool"
        above = ""
        for folder in self.key(name).split("/")[:-1]:
            lower = folder.lower()
            path = f"{above}{folder}/"
            if path in self.splits:
                split = self.splits[path]
            elif lower in SPLITS and above not in self.class_levels:
                split = SPLITS[lower]
                if lower in UNLABELED:
                    return "", split
            elif lower in UNLABELED:
                return "", split
            elif lower not in NO_CLASS:
                label = folder
            above = path
        return label, split


def _parents(names: Collection[str]) -> set[tuple[str, ...]]:
    return {tuple(name.split("/")[:-1]) for name in names}


def split_word(name: str) -> str:
    """The part of a set that a name says in one of its words, as SPLITS calls it, or train; "" for none.

    train-00000-of-00003, imdb_test, val2017, train_images
    """
    for word in re.split(r"[^a-z]+", name.lower()):
        if word in SPLITS and word not in NO_WORDS:
            return "train" if SPLITS[word] == "pool" and word not in UNLABELED else SPLITS[word]
    return ""


def _split_folders(parents: Collection[tuple[str, ...]]) -> dict[str, str]:
    """Folders (ending in "/") that are called alike but for the word of a split: seg_train/ and seg_test/."""
    alike: defaultdict[tuple[str, str], dict[str, str]] = defaultdict(dict)
    for parts in parents:
        above = ""
        for folder in parts:
            word = split_word(folder)
            if word and folder.lower() not in SPLITS:
                rest = re.sub(
                    rf"(?i)(?<![a-z])({'|'.join(filter(None, SPLITS))})(?![a-z])", "", folder.lower()
                )
                alike[above, rest][f"{above}{folder}/"] = word
            above += f"{folder}/"
    return {
        folder: "pool" if word == "train" else word
        for folders in alike.values()
        if len(set(folders.values())) > 1
        for folder, word in folders.items()
    }


def _class_levels(parents: Collection[tuple[str, ...]], splits: Collection[str]) -> frozenset[str]:
    """The folders (ending in "/"; "" is the top) that have a subfolder which can only be a class."""
    levels = set()
    for parts in parents:
        above = ""
        for folder in parts:
            path = f"{above}{folder}/"
            if folder.lower() not in SPLITS.keys() | NO_CLASS | UNLABELED and path not in splits:
                levels.add(above)
            above = path
    return frozenset(levels)


def read_image(bundle: Bundle, name: str, limits: Limits) -> ImageFile:
    """The image's bytes, no more of them than allowed. Raises BadCell."""
    advice = "Make it smaller, or raise ASSAY_MAX_IMAGE_BYTES."
    return ImageFile(name, read_bytes(bundle, name, limits.image_bytes, advice))


def read_bytes(bundle: Bundle, name: str, most: int, advice: str) -> bytes:
    """A file whole, if it has no more bytes than allowed. Raises BadCell."""
    try:
        with bundle.open(name) as stream:
            # Not more than stated: asking for the limit would set that much memory aside for each file.
            content = stream.read(min(bundle.size(name), most) + 1)
    except (AssayError, OSError) as error:
        raise BadCell(name, f"The file cannot be read: {error}") from None
    if len(content) > most:
        raise BadCell(name, f"The file has more than the {most:,} bytes allowed. {advice}")
    return content


def _shared_folders(names: Collection[str]) -> str:
    """Folders above the dataset, as zip programs add them: those that all members share and that mean nothing.

    With one class only, its folder is shared too; so a shared folder is taken off only if there are folders below it.
    """
    parents = _parents(names)
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
