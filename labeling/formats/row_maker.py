"""Rows out of tables, by what each column is for. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

from labeling.errors import InvalidInput
from labeling.formats.cells import (
    BadCell,
    SeveralLabels,
    as_text,
    hash_features,
    hash_text,
    label_as_written,
    read_confidence,
    read_feature,
    read_key,
    read_label,
    read_number,
    read_series,
    read_split,
    read_words,
)
from labeling.formats.classes import LabelRules
from labeling.formats.rows import ColumnRole, ImageFile, Limits, Problem, Row, Table
from labeling.item_types import PAYLOAD_ROLES

_ROLES = frozenset(ColumnRole)


class TableReader:
    """A table whose columns have roles."""

    def __init__(self, table: Table, row_maker: RowMaker) -> None:
        self.table = table
        self.row_maker = row_maker

    def rows(self, *, skip: int = 0) -> Iterator[Row | Problem]:
        make = self.row_maker.make
        for number, values in self.table.records(skip=skip):
            if isinstance(values, Problem):
                yield values
                continue
            try:
                yield make(number, values)
            except BadCell as error:
                yield Problem(number, error.field, error.message)

    def labels(self) -> Iterator[tuple[int, str, str]]:
        for number, values in self.table.records():
            if isinstance(values, Problem):
                continue
            try:
                label, split = self.row_maker.make_label(values)
            except BadCell:
                continue  # reported when the row itself is read
            if label is not None:
                yield number, label, split

    def progress(self) -> tuple[int, int]:
        return self.table.progress()


class RowMaker:
    """Turns the values of one record into a row, by the roles of the columns."""

    def __init__(
        self,
        *,
        column_names: Sequence[str],
        roles: Mapping[str, str],
        item_type: str,
        limits: Limits,
        read_image: Callable[[str], ImageFile],
        labels: LabelRules | None = None,
        words: Collection[str] = (),
    ) -> None:
        """`read_image` returns the image of a file name, or raises BadCell. Raises InvalidInput for bad roles.

        `words`: features whose values are words, so that NA is one of them.
        """
        check_roles(column_names, roles, item_type)
        self.limits = limits
        self.read_image = read_image
        self.names = list(column_names)
        self.labels = labels or LabelRules()
        places = {
            role: [i for i, name in enumerate(column_names) if roles.get(name) == role] for role in ColumnRole
        }
        self.texts = places[ColumnRole.TEXT]
        self.features = [
            (i, self.names[i], read_words if self.names[i] in words else read_feature)
            for i in places[ColumnRole.FEATURE]
        ]
        self.series = places[ColumnRole.SERIES]
        self.image = _first(places[ColumnRole.IMAGE])
        self.id = _first(places[ColumnRole.ID])
        self.label = _first(places[ColumnRole.LABEL])
        self.confidence = _first(places[ColumnRole.CONFIDENCE])
        self.split = _first(places[ColumnRole.SPLIT])
        self.passed_over = ""  # why a label of the last row was not taken

    def make(self, number: int, values: Sequence[object]) -> Row:
        """The row of these values. Raises BadCell."""
        row = Row(number)
        if self.id is not None:
            row.key = read_key(values[self.id], self.names[self.id])
        row.label, row.split = self.make_label(values)
        row.passed_over = self.passed_over
        if self.label is not None and values[self.label] != row.label and not row.passed_over:
            row.label_written = label_as_written(values[self.label])
        if self.confidence is not None:
            row.confidence = read_confidence(values[self.confidence], self.names[self.confidence])
        if self.texts:
            row.text = self._read_text(values)
            row.content_hash = hash_text(row.text, self.names[self.texts[0]])
        elif self.features:
            row.features = {name: read(values[i], name) for i, name, read in self.features}
            if all(value is None for value in row.features.values()):
                raise BadCell(self.features[0][1], "Every feature of this row is missing.")
            row.content_hash = hash_features(row.features)
        elif self.series:
            row.features = self._read_series(values)
            row.content_hash = hash_features(row.features)
        else:
            assert self.image is not None  # check_roles has seen to it
            row.image = self._read_image(values[self.image], self.names[self.image])
            if row.key is None and row.image.name:
                row.key = row.image.name
        return row

    def make_label(self, values: Sequence[object]) -> tuple[str | None, str]:
        """(label or None, split) of these values. Raises BadCell."""
        self.passed_over, label = "", None
        if self.label is not None:
            try:
                label = read_label(values[self.label], self.names[self.label], self.labels)
            except SeveralLabels as several:
                self.passed_over = f"{several.message} So the item has no label."
        split = "pool" if self.split is None else read_split(values[self.split], self.names[self.split])
        return label, split

    def _read_text(self, values: Sequence[object]) -> str:
        parts = [part for i in self.texts if (part := as_text(values[i], self.names[i]))]
        text = parts[0] if len(parts) == 1 else "\n".join(parts)
        name = self.names[self.texts[0]]
        if not text or text.isspace():
            raise BadCell(name, "The text is empty.")
        if len(text) > self.limits.text_chars:
            raise BadCell(
                name,
                f"The text has {len(text):,} characters; {self.limits.text_chars:,} are allowed. "
                "Split it, or raise ASSAY_MAX_TEXT_CHARS.",
            )
        return text

    def _read_series(self, values: Sequence[object]) -> list[object]:
        if len(self.series) > 1:
            return [read_number(values[i], self.names[i]) for i in self.series]
        return read_series(values[self.series[0]], self.names[self.series[0]])

    def _read_image(self, value: object, name: str) -> ImageFile:
        if isinstance(value, Mapping) and (
            "bytes" in value or "path" in value
        ):  # as Hugging Face datasets store it
            path = str(value.get("path") or "")
            content = value.get("bytes")
            value = ImageFile(path, content) if isinstance(content, bytes) else path
        if isinstance(value, bytes):
            value = ImageFile("", value)
        if isinstance(value, ImageFile):
            if len(value.content) > self.limits.image_bytes:
                raise BadCell(name, f"The image has more than {self.limits.image_bytes:,} bytes.")
            return value
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)  # images are often called by number
        if not isinstance(value, str) or not value.strip():
            raise BadCell(name, "No image is named here.")
        return self.read_image(value.strip())


def check_roles(column_names: Sequence[str], roles: Mapping[str, str], item_type: str) -> None:
    """Raise InvalidInput if these roles do not make items of this type out of these columns."""
    known = set(column_names)
    unknown = [name for name in roles if name not in known]
    if unknown:
        raise _roles_error(
            f"There is no column {unknown[0]!r}; the file has {_listed(column_names)}. "
            "If that is not how the file looks, check delimiter and header."
        )
    wrong = [role for role in roles.values() if role not in _ROLES]
    if wrong:
        raise _roles_error(f"A column has the role {wrong[0]!r}; use one of {', '.join(ColumnRole)}.")
    chosen = list(roles.values())
    for role in (ColumnRole.ID, ColumnRole.LABEL, ColumnRole.IMAGE, ColumnRole.SPLIT, ColumnRole.CONFIDENCE):
        if chosen.count(role) > 1:
            names = [name for name, given in roles.items() if given == role]
            raise _roles_error(
                f"Only one column can be the {role}, but {_listed(names)} are. Ignore the others."
            )
    payload = ColumnRole(PAYLOAD_ROLES[item_type])
    if payload not in chosen:
        raise _roles_error(
            f"No column is the {payload}, which {item_type} items are made of; the file has {_listed(column_names)}. "
            "If that is not how the file looks, check delimiter and header."
        )
    for role in set(map(ColumnRole, PAYLOAD_ROLES.values())) - {payload}:
        if role in chosen:
            raise _roles_error(
                f"A column has the role {role}, but this project has {item_type} items, made of {payload} columns."
            )


def _roles_error(message: str) -> InvalidInput:
    return InvalidInput(message, code="bad_columns", fields={"columns": [message]})


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(repr(name[:60]) for name in names[:10])
    return f"{len(names)} columns: {shown}, ..." if len(names) > 10 else shown or "no columns"


def _first(places: Sequence[int]) -> int | None:
    return places[0] if places else None
