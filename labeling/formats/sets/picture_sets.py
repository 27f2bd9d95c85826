"""Tables with the images that they name: splits in folders, ids without ending, several tables. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from labeling.formats.cells import BadCell
from labeling.formats.columns.names import CONFIDENCE_NAMES, SPLIT_NAMES, fold
from labeling.formats.files.bundle import named
from labeling.formats.pictures.folders import FolderLayout, ImageFolderReader
from labeling.formats.pictures.pictures import PictureFinder, picture_reader
from labeling.formats.row_maker import RowMaker, TableReader
from labeling.formats.rows import ColumnRole, LeftOut, Problem
from labeling.formats.sets.chain import ChainReader, Part, SetReader
from labeling.formats.sets.sorting import Files, left_of
from labeling.formats.sets.table_sets import Member, Opener, joined, note_files, roles_of, split_of

if TYPE_CHECKING:
    from labeling.formats.sets.dataset import Dataset

MAX_LABEL_CHARS = 60
NO_LABELS = frozenset(
    {"width", "height", "size", "bytes", "md5", "sha1", "sha256", "hash", "url", "caption", "text"}
)
FEW_ROWS = 20  # of a table in which no class need come again


class PictureSet:
    """Tables with the images that they name."""

    def __init__(self, opener: Opener, files: Files, finder: PictureFinder) -> None:
        self.opener, self.files, self.finder = opener, files, finder
        self.bundle, self.options, self.limits = opener.bundle, opener.options, opener.limits

    def open(self, naming: list[Member], members: list[Member], refused: list[LeftOut]) -> Dataset | None:
        """None where no table has labels but the folders of the images do: the folders tell more."""
        left_out = list(refused)
        for member in members:
            if member not in naming:
                left_out += left_of([member.name], "No column of it names an image of this set.")
        tables = [member for member in naming if member.name not in {left.what for left in left_out}]
        opened = [self._open(member, is_alone=len(tables) == 1) for member in tables]
        layout = FolderLayout(self.files.images)
        has_classes = any(layout.label_and_split(name)[0] for name in self.files.images)
        if has_classes and not any(dataset.can_be_labeled for dataset in opened):
            return None
        used = self._used(tables)
        rest = [name for name in self.files.images if name not in used]
        has_split = any("split" in roles_of(dataset).values() for dataset in opened)
        splits = {name: layout.label_and_split(name)[1] for name in self.files.images}
        parts = [
            Part(member.name, SetReader(dataset.reader, split=split_of(member.name, has_split),
                                        splits={} if has_split else splits))
            for member, dataset in zip(tables, opened, strict=True)
        ]  # fmt: skip
        notes = [note_files(tables)] if len(tables) > 1 else []
        if rest:
            reader = ImageFolderReader(
                self.bundle, limits=self.limits, names=rest, members=self.files.images, has_classes=False
            )
            parts.append(Part("", reader))
            notes.append(
                f"{named(rest)} (images that no table names) came in without a label."
                if len(rest) > 1
                else f"{rest[0]}, which no table names, came in without a label."
            )
        others = [*self.files.others, *self.files.texts, *self.files.archives]
        return joined(
            opened, tables, ChainReader(parts), self.options, notes, left_out + left_of(sorted(others))
        )

    def _open(self, member: Member, *, is_alone: bool) -> Dataset:
        roles = {member.image: str(ColumnRole.IMAGE)}
        label = self._label_of(member)
        if label:
            roles[label] = str(ColumnRole.LABEL)
        roles |= self.options.columns or {}
        dataset = self.opener.open(member, roles, "image")
        assert isinstance(dataset.reader, TableReader)  # it was one when it was looked into
        maker: RowMaker = dataset.reader.row_maker
        maker.read_image = picture_reader(
            self.bundle, member.name, self.limits, self.finder, is_alone=is_alone
        )
        why = {member.image: "its values are names of the images"}
        if label:
            why[label] = "the only other column"
        columns = [replace(column, why=why.get(column.name, column.why)) for column in dataset.columns]
        return replace(dataset, columns=columns)

    def _label_of(self, member: Member) -> str:
        """Beside the images' column one other is the label, if its values can be classes; "" if others are it."""
        rest = [name for name in member.names if name != member.image]
        if len(rest) != 1 or fold(rest[0]) in SPLIT_NAMES | CONFIDENCE_NAMES:
            return ""
        at = member.names.index(rest[0])
        values = [str(row[at]).strip() for row in member.sample if row[at] not in (None, "")]
        n_distinct = len(set(values))
        is_few = len(values) < FEW_ROWS or n_distinct <= len(values) / 2
        if n_distinct < 2 or rest[0].strip().lower() in NO_LABELS:
            return ""
        return rest[0] if is_few and max(map(len, values)) <= MAX_LABEL_CHARS else ""

    def _used(self, tables: list[Member]) -> set[str]:
        """The images that the tables name, wherever they do."""
        used = set()
        for member in tables:
            at = member.names.index(member.image)
            for _, values in member.table.records():
                if isinstance(values, Problem):
                    continue
                try:
                    found = self.finder.find(values[at], member.name)
                except BadCell:
                    continue
                if found is not None:
                    used.add(found)
        return used
