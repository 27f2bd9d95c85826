"""What the files of an archive, a folder or several uploads are to each other. Pure.

Tables that belong together are read one after the other; images that a table names come in with what it says of
them, the others without a label.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from labeling.errors import InvalidInput
from labeling.formats.pictures.folders import FolderLayout
from labeling.formats.pictures.pictures import PictureFinder, image_column, is_found
from labeling.formats.rows import LeftOut
from labeling.formats.sets.picture_sets import PictureSet
from labeling.formats.sets.sorting import Files
from labeling.formats.sets.table_sets import Member, Opener, open_tables

if TYPE_CHECKING:
    from labeling.formats.sets.dataset import Dataset

MIN_LOOSE_IMAGES = 5  # from which a folder with a table that names none of them is one of images


def open_set(opener: Opener, files: Files, item_type: str | None) -> Dataset | None:
    """Tables that belong together, or tables and the images that they name. None: images alone, without tables.

    Raises InvalidInput for tables that are not of one set.
    """
    finder = PictureFinder(files.images)
    entry = opener.options.entry
    tables = [entry] if entry else files.tables
    members, refused = [], []
    for name in tables:
        try:
            members.append(opener.member(name))
        except InvalidInput as error:
            if len(tables) == 1 and not files.images:
                raise
            refused.append(LeftOut(name, 1, error.message))
    for member in members if files.images and item_type in (None, "image") else ():
        member.image = image_column(member.names, member.sample, finder, member.name)
    members = [_with_header(opener, member, finder) for member in members]
    naming = [member for member in members if member.image]
    if naming:
        return PictureSet(opener, files, finder).open(naming, members, refused)
    if files.images and (item_type == "image" or (item_type is None and (not members or _are_images(files)))):
        return None if not entry else _alone(opener, entry, item_type)
    if len(tables) == 1:
        return _alone(opener, tables[0], item_type)
    if not members:
        raise InvalidInput(refused[0].why, code="many_tables")
    return open_tables(opener, members, refused, item_type)


def _with_header(opener: Opener, member: Member, finder: PictureFinder) -> Member:
    """The member with its first row as names, if that row names no image and the next one does."""
    if not member.image or opener.options.has_header is not None or member.names[0] != "column 1":
        return member
    at = member.names.index(member.image)
    is_header = len(member.sample) > 1 and [
        is_found(finder, row[at], member.name) for row in member.sample[:2]
    ] == [False, True]
    if not is_header:
        return member
    named = opener.member(member.name, has_header=True)
    named.image = image_column(named.names, named.sample, finder, named.name)
    return named


def _alone(opener: Opener, name: str, item_type: str | None) -> Dataset:
    kind = opener.kind(name)
    return opener.open_table(opener.bundle, opener.options, kind, name, item_type, opener.limits)


def _are_images(files: Files) -> bool:
    layout = FolderLayout(files.images)
    return len(files.images) >= MIN_LOOSE_IMAGES or any(
        layout.label_and_split(name)[0] for name in files.images
    )
