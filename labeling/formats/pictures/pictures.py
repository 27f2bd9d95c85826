"""Which image a cell of a table means: by path, by the end of a path, or by an id without ending. Pure."""

from __future__ import annotations

import base64
import binascii
import posixpath
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import PurePosixPath

from labeling.errors import AssayError
from labeling.formats.cells import BadCell
from labeling.formats.columns.names import ID_NAMES, IMAGE_NAMES, fold
from labeling.formats.files.bundle import Bundle
from labeling.formats.pictures.folders import is_image_name, read_image, split_word
from labeling.formats.rows import ImageFile, Limits

MIN_SHARE = 0.5  # of a sample's cells that name an image, from which a column is that of the images
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
MAX_NAMED = 3  # of several that a cell may mean


class PictureFinder:
    """The images of a bundle by what tables call them. A path never leads out: only names of the bundle match."""

    def __init__(self, images: Iterable[str]) -> None:
        self.images = frozenset(images)
        self.by_base: defaultdict[str, list[str]] = defaultdict(list)
        self.by_stem: defaultdict[str, list[str]] = defaultdict(list)
        for name in sorted(self.images):
            base = posixpath.basename(name).lower()
            self.by_base[base].append(name)
            self.by_stem[posixpath.splitext(base)[0]].append(name)

    def find(self, cell: object, entry: str) -> str | None:
        """The image that this cell of the table `entry` names; None if there is none. Raises BadCell for several."""
        text = _as_path(cell)
        if not text:
            return None
        for place in (posixpath.dirname(entry), ""):
            exact = posixpath.normpath(posixpath.join(place, text))
            if exact in self.images:
                return exact
        parts = [part for part in text.split("/") if part not in ("", ".", "..") and part[1:] != ":"]
        if not parts:
            return None
        found = self._ending_with([part.lower() for part in parts])
        if len(found) > 1:
            found = _of_same_part(found, entry) or found
        if len(found) > 1:
            raise BadCell(
                "image",
                f"{text[:100]!r} may be {' or '.join(found[:MAX_NAMED])}. Write the folder in the table too.",
            )
        return found[0] if found else None

    def _ending_with(self, parts: list[str]) -> list[str]:
        """The images whose path ends like this, with or without the ending of the name; the longest end counts."""
        candidates = self.by_base.get(parts[-1]) or self.by_stem.get(parts[-1]) or []
        for start in range(len(parts)):
            folders = "".join(f"/{part}" for part in parts[start:-1])
            found = [name for name in candidates if f"/{posixpath.dirname(name).lower()}".endswith(folders)]
            if found:
                return found
        return []


def _of_same_part(names: list[str], entry: str) -> list[str]:
    """Those in a folder that is called as the table is, or for the same part of the set: train.csv, train_images/."""
    stem = PurePosixPath(entry).stem.lower()
    part = split_word(stem)
    same = [name for name in names if stem in PurePosixPath(name.lower()).parts[:-1]]
    if not same and part:
        same = [name for name in names if part in map(split_word, PurePosixPath(name.lower()).parts[:-1])]
    return same


def _as_path(cell: object) -> str:
    """A cell as a path with "/" between folders; "" for what is none."""
    if isinstance(cell, bool) or not isinstance(cell, str | int):
        return ""
    text = str(cell).strip().replace("\\", "/")
    if len(text) > 1_000 or "\x00" in text:
        return ""
    if _ADDRESS.match(text) and not text.lower().startswith("file:"):
        text = re.split(r"[?#]", text)[0]
        return _ADDRESS.sub(
            "", text
        )  # s3://bucket/a/0.png: where it lies elsewhere, it may lie here by its end
    return re.sub(r"(?i)^file:/+", "/", text)


def image_column(
    names: Sequence[str], sample: Sequence[Sequence[object]], finder: PictureFinder, entry: str
) -> str:
    """The column that names the bundle's images; "" if none does for half of the sample."""
    best, best_score = "", (0, 0)
    for place, name in enumerate(names):
        cells = [row[place] for row in sample if place < len(row) and row[place] not in (None, "")]
        found = [image for cell in cells if (image := _found(finder, cell, entry))]
        if not cells or len(found) < MIN_SHARE * len(cells):
            continue
        known = fold(name)
        score = (len(set(found)), 2 * (known in IMAGE_NAMES) + (known in ID_NAMES))
        if score > best_score:
            best, best_score = name, score
    return best


def is_found(finder: PictureFinder, cell: object, entry: str) -> bool:
    return bool(_found(finder, cell, entry))


def _found(finder: PictureFinder, cell: object, entry: str) -> str | None:
    try:
        return finder.find(cell, entry)
    except BadCell:
        return "several"


def picture_reader(
    bundle: Bundle, entry: str, limits: Limits, finder: PictureFinder | None = None, *, is_alone: bool = True
) -> Callable[[object], ImageFile]:
    """Reads the image that a cell of `entry` names. Its name becomes the item's key: as the table writes it,
    or, with several tables or only a part of the path in the cell, as the bundle has it.
    """
    found = finder or PictureFinder(name for name in bundle.names if is_image_name(name))
    folder = posixpath.dirname(entry)

    def read(cell: object) -> ImageFile:
        if isinstance(cell, str) and cell.startswith("data:image/"):
            return _inline_image(cell)
        name = found.find(cell, entry)
        if name is None:
            return _unlisted(bundle, folder, str(cell), limits)
        image = read_image(bundle, name, limits)
        path = _as_path(cell)
        is_exact = name in (posixpath.normpath(posixpath.join(folder, path)), posixpath.normpath(path))
        return replace(image, name=posixpath.normpath(path)) if is_alone and is_exact else image

    return read


def _unlisted(bundle: Bundle, folder: str, cell: str, limits: Limits) -> ImageFile:
    """An image under a name that no image has, or beside a table that was given alone. Raises BadCell."""
    if _ADDRESS.match(cell.strip()) and not cell.lower().startswith("file:"):
        raise BadCell(
            "image", "This is an address; images are taken from files in the same archive or folder."
        )
    path = PurePosixPath(cell.strip().replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or str(path)[1:2] == ":":
        raise BadCell("image", f"There is no image {str(path)[:100]!r} in the archive or folder.")
    for place in dict.fromkeys((f"{folder}/{path}" if folder else str(path), str(path))):
        try:
            with bundle.open(place):
                pass
        except (AssayError, OSError):
            continue
        return replace(read_image(bundle, place, limits), name=str(path))
    raise BadCell("image", f"There is no image {str(path)[:100]!r} beside this table.")


def _inline_image(text: str) -> ImageFile:
    try:
        return ImageFile("", base64.b64decode(text.partition(",")[2], validate=True))
    except binascii.Error:
        raise BadCell("image", "The image in this cell is no valid base64.") from None
