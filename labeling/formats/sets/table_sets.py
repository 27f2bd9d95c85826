"""Tables that belong together. Pure.

Shards, splits, labeled and unlabeled files of one set are read one after the other, each with its own columns.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from labeling.errors import InvalidInput
from labeling.formats.files import sniff
from labeling.formats.files.bundle import Bundle, strip_gz
from labeling.formats.options import ImportOptions
from labeling.formats.pictures.folders import split_word
from labeling.formats.rows import ColumnRole, LeftOut, Limits, Problem, Table
from labeling.formats.sets.chain import ChainReader, Part, SetReader
from labeling.formats.sets.sorting import left_of

if TYPE_CHECKING:
    from labeling.formats.sets.dataset import Dataset

N_SAMPLE_ROWS = 200
PAYLOADS = frozenset({ColumnRole.TEXT, ColumnRole.FEATURE, ColumnRole.SERIES, ColumnRole.IMAGE})
TABLE_FORMATS = frozenset({"csv", "json", "jsonl", "parquet"})
SeeTable = Callable[[Bundle, ImportOptions, str, str, Limits], Table]
OpenTable = Callable[[Bundle, ImportOptions, str, str, "str | None", Limits], "Dataset"]


@dataclass(slots=True)
class Member:
    """A table of a set, with its first rows."""

    name: str
    kind: str
    table: Table
    sample: list[Sequence[object]]
    image: str = ""  # the column that names images of the set
    has_header: bool | None = None  # where the set shows it; None: to be detected

    @property
    def names(self) -> list[str]:
        return self.table.column_names


@dataclass(frozen=True, slots=True)
class Opener:
    """Opens the tables of one bundle. `options` are what somebody chose for the whole set."""

    bundle: Bundle
    options: ImportOptions
    limits: Limits
    open_table: OpenTable
    see_table: SeeTable

    def kind(self, name: str) -> str:
        forced = self.options.format
        return forced if forced in TABLE_FORMATS else sniff.format_of(self.bundle, name)

    def member(self, name: str, *, has_header: bool | None = None) -> Member:
        """The table before anybody says what its columns are for. Raises InvalidInput."""
        kind = self.kind(name)
        options = self._options(kind, has_header)
        table = self.see_table(self.bundle, options, kind, name, self.limits)
        rows = islice(table.records(), N_SAMPLE_ROWS)
        sample = [values for _, values in rows if not isinstance(values, Problem)]
        return Member(name, kind, table, sample, has_header=has_header)

    def open(self, member: Member, roles: dict[str, str] | None, item_type: str | None) -> Dataset:
        """The table with these roles, as far as it has the columns; None: as it is by itself."""
        own = None if roles is None else {name: role for name, role in roles.items() if name in member.names}
        options = replace(self._options(member.kind, member.has_header), columns=own)
        return self.open_table(self.bundle, options, member.kind, member.name, item_type, self.limits)

    def _options(self, kind: str, has_header: bool | None) -> ImportOptions:
        chosen = self.options.has_header
        return replace(self.options, format=kind, has_header=has_header if chosen is None else chosen)


def open_tables(
    opener: Opener, members: list[Member], refused: list[LeftOut], item_type: str | None
) -> Dataset:
    """Tables of one set, one after the other."""
    left_out = list(refused)
    if refused:
        raise _not_one_set(refused[0].what, refused[0].why)
    alone = [opener.open(member, opener.options.columns, item_type) for member in members]
    richest, fullest = max(
        zip(members, alone, strict=True), key=lambda one: (one[1].can_be_labeled, len(one[0].names))
    )
    item_type = item_type or fullest.item_type
    roles = roles_of(fullest) | (opener.options.columns or {})
    payload = {name for name, role in roles.items() if role in PAYLOADS}
    for member in members:
        missing = payload - set(member.names)
        if missing:
            columns = ", ".join(member.names[:10])
            raise _not_one_set(
                member.name,
                f"it lacks {', '.join(sorted(missing)[:3])}, which {richest.name} has (its own columns: {columns})",
                f"If {next(iter(missing))!r} is the label, say so: give the column the role label. "
                if len(missing) == 1
                else "",
            )
    opened = [opener.open(member, roles, item_type) for member in members]
    prefixes = _prefixes(members, roles)
    has_split = "split" in roles.values()
    parts = [
        Part(member.name, SetReader(dataset.reader, split=split_of(member.name, has_split), prefix=prefix))
        for member, dataset, prefix in zip(members, opened, prefixes, strict=True)
    ]
    notes = [note_files(members), *_note_splits(members, roles, has_split), *(_note_prefixes(prefixes))]
    left_out += left_of(
        sorted({*opener.bundle.names} - {member.name for member in members} - {one.what for one in left_out})
    )
    return joined(opened, members, ChainReader(parts), opener.options, notes, left_out)


def roles_of(dataset: Dataset) -> dict[str, str]:
    return {column.name: column.role for column in dataset.columns}


def joined(
    opened: list[Dataset],
    members: list[Member],
    reader: ChainReader,
    options: ImportOptions,
    notes: list[str],
    left_out: list[LeftOut],
) -> Dataset:
    """One dataset of several. What they agree on is said; each is read by what is right for itself."""
    columns = {column.name: column for dataset in reversed(opened) for column in dataset.columns}
    in_order = dict.fromkeys(column.name for dataset in opened for column in dataset.columns)
    agreed = {}
    if len(opened) == 1:
        agreed = opened[0].options.as_json() | {"entry": options.entry}
    else:
        for name in ("format", "labels_from", "encoding", "delimiter"):
            values = {getattr(dataset.options, name) for dataset in opened}
            agreed[name] = values.pop() if len(values) == 1 else getattr(options, name)
    several = [
        f"{member.name}: {note}" if len(opened) > 1 else note
        for member, dataset in zip(members, opened, strict=True)
        for note in dataset.notes
    ]
    return replace(
        opened[0],
        options=replace(
            options,
            **{**agreed, "columns": {name: columns[name].role for name in in_order}},  # type: ignore[arg-type]
        ),
        columns=[columns[name] for name in in_order],
        reader=reader,
        can_be_labeled=any(dataset.can_be_labeled for dataset in opened),
        notes=[*notes, *several],
        left_out=[*left_out, *(one for dataset in opened for one in dataset.left_out)],
    )


def _prefixes(members: list[Member], roles: dict[str, str]) -> list[str]:
    """What is put before the ids of each table: nothing, unless the ids of each begin anew."""
    column = next((name for name, role in roles.items() if role == ColumnRole.ID), None)
    seen: dict[str, int] = {}
    begins_anew = False
    for place, member in enumerate(members):
        if column not in member.names:
            continue
        at = member.names.index(column)
        for row in member.sample:
            begins_anew |= seen.setdefault(str(row[at]), place) != place
    return [
        f"{PurePosixPath(strip_gz(member.name)).with_suffix('')}/" if begins_anew else ""
        for member in members
    ]


def _note_prefixes(prefixes: list[str]) -> list[str]:
    if not any(prefixes):
        return []
    return [f"The ids of each file begin anew, so its name was put before them ({prefixes[0]}...)."]


def note_files(members: list[Member]) -> str:
    return f"{len(members)} files were read as one set: {_shortened([member.name for member in members])}."


def _note_splits(members: list[Member], roles: dict[str, str], has_split: bool) -> list[str]:
    """Of the files that have labels at all; a contest keeps those of its test to itself."""
    said = {"test": "testing only", "holdout": "the holdout"}
    label = next((name for name, role in roles.items() if role == ColumnRole.LABEL), None)
    found = {
        member.name: split_of(member.name, has_split)
        for member in members
        if label is None or label in member.names
    }
    return [
        f"The labels of {_shortened(names)} are for {words}, as the name says."
        for split, words in said.items()
        if (names := [name for name, given in found.items() if given == split])
    ]


def split_of(name: str, has_split: bool) -> str:
    """The split that a file's name says, or the folder that it lies in."""
    if has_split:
        return "pool"
    path = PurePosixPath(strip_gz(name))
    for word in (split_word(path.stem), *(split_word(folder) for folder in reversed(path.parts[:-1]))):
        if word:
            return "pool" if word == "train" else word
    return "pool"


def _shortened(names: list[str], most: int = 5) -> str:
    shown = ", ".join(names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most:,} more"


def _not_one_set(name: str, why: str, advice: str = "") -> InvalidInput:
    message = (
        f"These files are not one set: {name} does not fit, since {why[:1].lower()}{why[1:].rstrip('.')}. "
        f"{advice}Import it by itself, or name one table as `entry`."
    )
    return InvalidInput(message, code="many_tables", fields={"entry": [message]})
