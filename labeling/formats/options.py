"""What a user may set of an import, checked. Pure.

An import is stored with every option resolved (what was detected is filled in), so that a worker
that takes it over reads the file exactly as the one before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields

from labeling.errors import InvalidInput
from labeling.formats.files.sniff import FORMATS
from labeling.formats.rows import ColumnRole

CHOICES: dict[str, tuple[str, ...]] = {
    "format": FORMATS,
    "decimal": (".", ","),
    "labels_from": ("auto", "person", "machine"),
    "split": ("auto", "pool", "test"),
    "classes": ("add", "known_only"),
}


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """None: to be detected. Names and allowed values are those of the API."""

    format: str | None = None  # one of FORMATS
    entry: str | None = None  # the table within an archive or folder
    encoding: str | None = None
    delimiter: str | None = None  # one character
    quote: str | None = None  # one character, or "": quotes are ordinary characters
    escape: str | None = None  # one character that stands before quotes within fields, or "": none does
    skip_lines: int | None = None  # lines above the table that are left out
    has_header: bool | None = None
    decimal: str | None = None  # "." or ",": what stands before the fraction of numbers in text
    columns: dict[str, str] | None = None  # column name -> role; the others are guessed
    join_classes: dict[str, str] | None = None  # name in the file -> class it is read as; "": no label
    labels_from: str = (
        "auto"  # who made the labels in the file; auto: as the file shows, and said in the report
    )
    split: str = "auto"  # auto: as the file says, else pool; test: every labeled row is for measuring
    classes: str = "add"  # known_only: a class that the project does not have is a problem
    label_first: int | None = None  # so many labels are taken, the rest is left out
    balanced: bool = True  # label_first takes as many of each class as it can
    seed: int = 0  # of label_first's draw
    sealed: bool = False  # labels not taken are kept as sealed truth, for benchmarks
    dry_run: bool = False  # check everything, write nothing

    def as_json(self) -> dict[str, object]:
        return {name: value for name, value in asdict(self).items() if value is not None}


_TEXTS = (
    "format",
    "entry",
    "encoding",
    "delimiter",
    "quote",
    "escape",
    "decimal",
    "labels_from",
    "split",
    "classes",
)
_TRUTHS = ("has_header", "balanced", "sealed", "dry_run")
MAX_LINES_SKIPPED = 1_000_000
_WHOLE = {  # (lowest, highest)
    "label_first": (1, 1_000_000_000),
    "seed": (0, 2**53 - 1),  # what JavaScript counts to
    "skip_lines": (0, MAX_LINES_SKIPPED),
}


def options_from_json(given: object) -> ImportOptions:
    """The options in a request. Raises InvalidInput that names each wrong one."""
    if not isinstance(given, Mapping):
        raise InvalidInput("options must be an object.", fields={"options": ["Use an object, such as {}."]})
    problems: dict[str, list[str]] = {}
    known = [option.name for option in fields(ImportOptions)]
    for name, value in given.items():
        sentence = _problem_with(name, value, known)
        if sentence:
            problems[f"options.{name}"] = [sentence]
    if problems:
        raise InvalidInput(next(iter(problems.values()))[0], code="bad_options", fields=problems)
    return ImportOptions(**{name: value for name, value in given.items() if value is not None})


def check_labels_wanted(options: ImportOptions, *, can_be_labeled: bool) -> None:
    """Raises InvalidInput if an option is about labels and the file has none."""
    needs_labels = {
        "label_first": options.label_first is not None,
        "sealed": options.sealed,
        "labels_from": options.labels_from == "machine",
        "split": options.split == "test",
    }
    wrong = [name for name, is_asked in needs_labels.items() if is_asked]
    if wrong and not can_be_labeled:
        message = f"{wrong[0]} is set, but no labels were found in the file. Say which column is the label."
        raise InvalidInput(message, code="bad_options", fields={f"options.{wrong[0]}": [message]})


def _is_whole(value: object, low: int, high: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def _shown(value: object) -> str:
    """A number of a million digits cannot even be written."""
    if isinstance(value, int) and value.bit_length() > 200:
        return "too large a number" if value > 0 else "too small a number"
    return repr(value)[:60]


def _problem_with(name: str, value: object, known: list[str]) -> str:
    if name not in known:
        return f"There is no option {name!r}; use {', '.join(known)}."
    if value is None:
        return ""
    if name in _TRUTHS and not isinstance(value, bool):
        return f"{name} must be true or false."
    if name in _TEXTS and not isinstance(value, str):
        return f"{name} must be text."
    if name in CHOICES and value not in CHOICES[name]:
        return f"{name} is {value!r}; use one of {', '.join(CHOICES[name])}."
    if name in _WHOLE and not _is_whole(value, *_WHOLE[name]):
        low, high = _WHOLE[name]
        return f"{name} is {_shown(value)}; use a whole number from {low} to {high:,}."
    if name == "columns":
        roles = value.values() if isinstance(value, Mapping) else [None]
        if any(not isinstance(role, str) or role not in set(ColumnRole) for role in roles):
            return f"columns must map column names to roles; roles are {', '.join(ColumnRole)}."
    if name == "join_classes":
        pairs = value.items() if isinstance(value, Mapping) else [(None, None)]
        if any(not isinstance(text, str) for pair in pairs for text in pair):
            return 'join_classes must map names in the file to classes, such as {"positive": "Positive"}.'
    return ""
