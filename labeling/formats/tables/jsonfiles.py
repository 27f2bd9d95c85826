"""JSON (one array of objects, streamed) and JSON Lines. Pure."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from itertools import islice
from typing import BinaryIO

import ijson

from labeling.errors import InvalidInput
from labeling.formats.files.bundle import Bundle, open_unpacked
from labeling.formats.rows import Problem, Record
from labeling.formats.text.encodings import storable, text_stream
from labeling.formats.text.json_bytes import BLOCK_BYTES, MarkedStream
from labeling.web.json_reading import MAX_DEPTH, DepthLimited, TooDeep, read_json

N_SAMPLE = 200  # objects that are looked at for column names
COCO_ARRAYS = frozenset({"images.item", "annotations.item", "categories.item", "licenses.item"})
COCO_BLOCK_BYTES = 2**20
MAX_COCO_BYTES = 256 * 2**20
COCO = (
    "It is a COCO file: what its annotations mark, boxes and outlines within images, was not read. For one label for "
    "each image, import the images with a table of two columns, file name and label."
)
MAX_TASK_BYTES = 2**20
SAID = ("annotations", "completions", "predictions")  # in a task of Label Studio
MAX_LINE_CHARS = 64 * 2**20


class JsonTable:
    """Objects of one array at the top, or of the first array in an object: {"data": [...]}."""

    def __init__(self, bundle: Bundle, name: str, *, encoding: str = "utf-8") -> None:
        """Raises InvalidInput if there is no such array, or no object in it."""
        self.bundle = bundle
        self.name = name
        self.encoding = encoding
        self.n_bytes = bundle.size(name)
        self.n_bytes_read = 0
        self.notes: list[str] = []
        self.prefix = self._find_array()
        if self.prefix in COCO_ARRAYS and self._mentions(b'"annotations"') and self._mentions(b'"images"'):
            self.prefix = "images.item"
            self.notes.append(COCO)
        self.keys = find_names(self._objects(), name)
        self.column_names = name_keys(self.keys)
        self._known = frozenset(self.keys)

    def records(self, *, skip: int = 0) -> Iterator[Record]:
        for number, value in enumerate(self._objects(), start=1):
            if number > skip:
                yield number, as_values(number, value, self.keys, self._known)

    def progress(self) -> tuple[int, int]:
        return self.n_bytes_read, self.n_bytes

    def _objects(self) -> Iterator[object]:
        stream, beneath = open_unpacked(self.bundle, self.name)
        number = 0
        with stream:
            try:
                for number, value in enumerate(
                    ijson.items(self._checked(stream), self.prefix, map_type=SeenDict, use_float=True),
                    start=1,
                ):
                    if number % 256 == 0:
                        self.n_bytes_read = beneath.tell()
                    yield value
            except TooDeep as error:
                raise _too_deep(self.name, error, number) from None
            except (ijson.JSONError, UnicodeError, ValueError, OverflowError) as error:
                raise InvalidInput(
                    f"{self.name} is no valid JSON after row {number:,}: {_brief(error)}. "
                    "(NaN and Infinity are not JSON: use null.)",
                    code="bad_json",
                    fields={f"row {number + 1}": ["The JSON breaks off here."]},
                ) from None
        self.n_bytes_read = self.n_bytes

    def _checked(self, stream: BinaryIO) -> DepthLimited:
        return DepthLimited(io.BufferedReader(MarkedStream(stream, self.encoding), BLOCK_BYTES))

    def _mentions(self, word: bytes) -> bool:
        """Whether the word stands in the first part of the file."""
        stream, _ = open_unpacked(self.bundle, self.name)
        before = b""
        with stream:
            for _ in range(MAX_COCO_BYTES // COCO_BLOCK_BYTES):
                block = stream.read(COCO_BLOCK_BYTES)
                if word in before + block:
                    return True
                if not block:
                    break
                before = block[-len(word) :]
        return False

    def _is_task(self) -> bool:
        """Whether the file is one task of Label Studio, as it writes them into a storage: an object for each file."""
        if self.n_bytes > MAX_TASK_BYTES:
            return False
        stream, _ = open_unpacked(self.bundle, self.name)
        with stream:
            text = (
                stream.read(MAX_TASK_BYTES + 1)
                .decode(self.encoding, errors="replace")
                .lstrip("\ufeff \r\n\t")
            )
        if not text.startswith("{") or len(text) > MAX_TASK_BYTES:
            return False
        try:
            task = read_json(text)
        except (ValueError, RecursionError):
            return False
        return isinstance(task.get("data"), dict) and any(isinstance(task.get(name), list) for name in SAID)

    def _find_array(self) -> str:
        if self._is_task():
            return ""
        stream, _ = open_unpacked(self.bundle, self.name)
        with stream:
            try:
                for prefix, event, _value in islice(ijson.parse(self._checked(stream)), 1_000):
                    if event == "start_array":
                        return f"{prefix}.item" if prefix else "item"
            except TooDeep as error:
                raise _too_deep(self.name, error, 0) from None
            except (ijson.JSONError, UnicodeError, ValueError, OverflowError) as error:
                raise InvalidInput(
                    f"{self.name} is no valid JSON: {_brief(error)}.", code="bad_json"
                ) from None
        raise InvalidInput(
            f"{self.name} holds no array of objects. Use [{{...}}, {{...}}], or one object per line.",
            code="bad_json",
        )


class JsonLinesTable:
    """One object per line; empty lines are passed over."""

    def __init__(self, bundle: Bundle, name: str, *, encoding: str) -> None:
        """Raises InvalidInput if no line is an object."""
        self.bundle = bundle
        self.name = name
        self.encoding = encoding
        self.n_bytes = bundle.size(name)
        self.n_bytes_read = 0
        self.keys = find_names((value for _, value in self._values()), name)
        self.column_names = name_keys(self.keys)
        self._known = frozenset(self.keys)

    def records(self, *, skip: int = 0) -> Iterator[Record]:
        for number, value in self._values(skip=skip):
            if isinstance(value, Problem):
                yield number, value
            else:
                yield number, as_values(number, value, self.keys, self._known)

    def progress(self) -> tuple[int, int]:
        return self.n_bytes_read, self.n_bytes

    def _values(self, *, skip: int = 0) -> Iterator[tuple[int, object]]:
        stream, beneath = open_unpacked(self.bundle, self.name)
        number = 0
        with text_stream(stream, self.encoding, newline="\n") as lines:
            while line := lines.readline(MAX_LINE_CHARS + 1):
                if len(line) > MAX_LINE_CHARS:
                    raise InvalidInput(
                        f"{self.name} has a line of more than {MAX_LINE_CHARS:,} characters after row {number:,}. "
                        "JSON Lines has one object per line; for one large array use format json.",
                        code="bad_json",
                    )
                if line.isspace():
                    continue
                number += 1
                if number % 1024 == 0:
                    self.n_bytes_read = beneath.tell()
                if number > skip:
                    yield number, self._parse(number, line)
        self.n_bytes_read = self.n_bytes

    def _parse(self, number: int, line: str) -> object:
        try:
            return read_json(line, object_pairs_hook=SeenDict.of)
        except ValueError as error:
            return Problem(number, "", f"The line is no valid JSON: {why_no_json(error)}.")


class SeenDict(dict[str, object]):
    """An object of JSON; `repeated` is a field that it has twice with different values."""

    repeated = ""

    def __setitem__(self, name: str, value: object) -> None:
        if name in self and self[name] != value:
            self.repeated = name
        super().__setitem__(name, value)

    @classmethod
    def of(cls, pairs: list[tuple[str, object]]) -> dict[str, object]:
        plain = dict(pairs)
        if len(plain) == len(pairs):
            return plain
        seen = cls()
        for name, value in pairs:
            seen[name] = value
        return seen


def why_no_json(error: ValueError) -> str:
    """The fault in words; Python's own are for programmers."""
    if isinstance(error, json.JSONDecodeError):
        return f"it cannot be read from character {error.pos + 1:,} on"
    if "integer string conversion" in str(error):
        return "a number in it has too many digits"
    return storable(str(error))


def find_names(values: Iterator[object], file_name: str) -> list[str]:
    """Keys of the first objects, in order of appearance. Raises InvalidInput if there is no object."""
    names: dict[str, None] = {}
    n_values = 0
    for value in islice(values, N_SAMPLE):
        n_values += 1
        if isinstance(value, dict):
            names.update(dict.fromkeys(str(name) for name in value))
    if not names:
        found = "no rows" if not n_values else "no objects among its first rows"
        raise InvalidInput(
            f'{file_name} holds {found}; each row must be an object, such as {{"text": "...", "label": "..."}}.',
            code="bad_json" if n_values else "empty_file",
        )
    return list(names)


def name_keys(keys: list[str]) -> list[str]:
    """The keys as they can be stored and shown."""
    names: dict[str, None] = {}
    for place, key in enumerate(keys, start=1):
        name = storable(key)
        names[f"{name} ({place})" if name in names else name] = None
    return list(names)


def as_values(number: int, value: object, names: list[str], known: frozenset[str]) -> list[object] | Problem:
    """One value per column name; None where the object does not have it."""
    if not isinstance(value, dict):
        return Problem(number, "", f"The row is {_kind(value)}; it must be an object with names and values.")
    repeated = _repeated(value)
    if repeated:
        name = storable(repeated[:100])
        return Problem(number, name, f"The row has the field {name!r} twice, with different values.")
    if not known.issuperset(value):
        extra = next(name for name in value if name not in known)
        return Problem(
            number,
            storable(str(extra)[:100]),
            f"None of the first {N_SAMPLE} rows has this field, so it has no role. "
            "Move a row that has it to the top, or leave it out.",
        )
    return [value.get(name) for name in names]


def _repeated(value: dict[str, object]) -> str:
    """The field that the row, or an object right in it, has twice; "" for none."""
    if isinstance(value, SeenDict) and value.repeated:
        return value.repeated
    return next(
        (inner.repeated for inner in value.values() if isinstance(inner, SeenDict) and inner.repeated), ""
    )


def _too_deep(name: str, error: TooDeep, n_rows: int) -> InvalidInput:
    after = f"After row {n_rows:,} {name}" if n_rows else name
    return InvalidInput(
        f"{after} is no table: {error}. Rows are objects of texts and numbers; a list in one may hold lists, "
        "and nothing needs more.",
        code="too_deep",
        fields={f"row {n_rows + 1}": [f"At most {MAX_DEPTH} levels are allowed."]},
    )


def _kind(value: object) -> str:
    return {list: "a list", str: "a text", bool: "a truth value", type(None): "null"}.get(
        type(value), "a number"
    )


def _brief(error: Exception) -> str:
    return str(error).strip().splitlines()[0][:200] if str(error).strip() else type(error).__name__
