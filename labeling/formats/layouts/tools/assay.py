"""Our own exports come home: ids, splits, and who said what, as docs/export.md has them. Pure.

An export is known by its columns, and is read by a row maker of its own: what stands in it is taken as it stands.
Nothing is drawn into the holdout, no label is worked out anew, no machine's label becomes a person's.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from labeling.errors import InvalidInput
from labeling.formats.cells import (
    BadCell,
    hash_features,
    hash_text,
    read_feature,
    read_key,
    read_label,
    read_series,
)
from labeling.formats.layouts.extras import as_extra
from labeling.formats.layouts.layout import is_blank, text_of
from labeling.formats.layouts.values import read_share, read_time
from labeling.formats.row_maker import RowMaker
from labeling.formats.rows import ColumnRole, ImageFile, Limits, Row, Said, SaidKind
from labeling.web.json_reading import TooDeep, read_json

MARKS = frozenset(
    {"item_id", "external_id", "label", "label_source", "is_human", "decided_at", "split", "label_id"}
)
FEATURES = "features."
EXACT = "features_exact"
KINDS = {  # of our answers -> of what a file tells
    "label": SaidKind.LABEL,
    "not_this": SaidKind.REJECT,
    "reject": SaidKind.REJECT,
    "skip_me": SaidKind.IGNORE,
    "skip_all": SaidKind.IGNORE,
    "ignore": SaidKind.IGNORE,
}
WHY = {
    "item_id": "the item's number in the project that the export is of",
    "external_id": "your key of the item",
    "image_sha256": "tells the image; the image itself lies beside the table",
    "label": "what stood when the export was written",
    "label_source": "how the label came about",
    "is_human": "whether a person's word stands behind the label",
    "score": "how sure the model was",
    "threshold": "what the model's confidence had to pass",
    "model_version": "the model that said so",
    "source": "who said so: a person, a file or a model",
    "reviewer": "the person who said so",
    "decided_at": "when it was said",
    "split": "kept as it is, so that the holdout stays the holdout",
    "label_id": "the label's number in the project that the export is of",
    "certificate": "the certificate that vouched for the label",
    "answers": "single answers, kept as the file tells them",
    "probabilities": "the model's, kept with its label",
    "extras": "columns kept for people to see",
    EXACT: "features that single cells do not tell exactly",
}
ROLES = {
    "external_id": ColumnRole.ID,
    "text": ColumnRole.TEXT,
    "file": ColumnRole.IMAGE,
    "label": ColumnRole.LABEL,
    "score": ColumnRole.CONFIDENCE,
    "reviewer": ColumnRole.ANNOTATOR,
    "decided_at": ColumnRole.TIME,
    "split": ColumnRole.SPLIT,
    "extras": ColumnRole.EXTRA,
}
NOTE = (
    "This is an export of Assay: ids, splits and who said what are taken as it has them. Into the project that it is of "
    "it adds nothing."
)
# As labeling/exports/formats/tables.py has it: what a spreadsheet would run got an apostrophe, and so did what had one already.
_BLANK = r"\s\x85\xA0\u1680\u180E\u2000-\u200F\u2028-\u202F\u205F-\u2064\u3000\uFEFF\x00-\x1F"
_DEFUSED = re.compile(rf"'+([{_BLANK}]*[=+\-@\uFF1D\uFF0B\uFF0D\u2212\uFF20]|[\t\r\n])")


def is_own(names: Sequence[str]) -> bool:
    """Whether a table of these columns is an export of ours, of this version or an earlier one."""
    return set(names) >= MARKS


@dataclass(frozen=True, slots=True)
class OwnExport:
    """How an export of ours is read."""

    item_type: str
    roles: dict[str, str]
    why: dict[str, str]
    row_maker: RowMaker
    labels_from: str


def open_own(
    names: Sequence[str],
    rows: Sequence[Sequence[object]],
    *,
    kind: str,
    named: Mapping[str, str] | None,
    labels_from: str,
    item_type: str | None,
    limits: Limits,
    read_image: Callable[[str], ImageFile],
) -> OwnExport | None:
    """How to read it; None if it is none of ours, or somebody says that its columns are for something else.

    Raises InvalidInput for an export that names images and does not hold them, or of another item type.
    """
    if not is_own(names):
        return None
    found = _item_type(names, rows)
    roles = {name: str(_role(name, found)) for name in names}
    if named is not None and {**roles, **named} != roles:
        return None
    if found == "image" and "file" not in names:
        raise InvalidInput(
            "This export names its images and does not hold them. Export with the format images, and import that zip.",
            code="no_images",
        )
    if item_type not in (None, found):
        raise InvalidInput(
            f"This is an export of {found} items, but the project has {item_type} items. "
            f"Make a project of item type {found} for it.",
            code="wrong_item_type",
        )
    wanted = "machine" if labels_from == "machine" else "auto"
    maker = OwnRowMaker(
        names, roles, found, limits, read_image, is_csv=kind == "csv", all_machine=wanted == "machine"
    )
    why = {name: WHY.get(name, "of the item itself") for name in names}
    return OwnExport(found, roles, why, maker, wanted)


def _item_type(names: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    if "text" in names:
        return "text"
    if "image_sha256" in names:
        return "image"
    if "features" not in names:
        return "table"
    place = list(names).index("features")
    first = next((row[place] for row in rows if not is_blank(row[place])), None)
    return (
        "table"
        if isinstance(first, Mapping) or (isinstance(first, str) and first.lstrip()[:1] == "{")
        else "series"
    )


def _role(name: str, item_type: str) -> ColumnRole:
    if name.startswith(FEATURES) or name == "features":
        return ColumnRole.SERIES if item_type == "series" else ColumnRole.FEATURE
    return ROLES.get(name, ColumnRole.IGNORE)


class OwnRowMaker(RowMaker):
    """Rows of our own exports."""

    def __init__(
        self,
        names: Sequence[str],
        roles: Mapping[str, str],
        item_type: str,
        limits: Limits,
        read_image: Callable[[str], ImageFile],
        *,
        is_csv: bool,
        all_machine: bool,
    ) -> None:
        super().__init__(
            column_names=names, roles=roles, item_type=item_type, limits=limits, read_image=read_image
        )
        self.item_type = item_type
        self.is_csv = is_csv
        self.all_machine = all_machine
        self.places = {name: place for place, name in enumerate(names)}
        self.cells = [(place, name.removeprefix(FEATURES)) for name, place in self.places.items()
                      if name.startswith(FEATURES)]  # fmt: skip

    def make(self, number: int, values: Sequence[object]) -> Row:
        """The row of these values. Raises BadCell."""
        row = Row(number, is_exported=True)
        row.key = read_key(self._plain(values, "external_id"), "external_id")
        row.label, row.split = self.make_label(values)
        row.stood = self._stood(values, row.label)
        row.confidence = row.stood.confidence if row.stood else None
        row.said = list(self._answers(values))
        extras = self._json(values, "extras")
        if isinstance(extras, Mapping):
            kept = {str(name): as_extra(value) for name, value in extras.items()}
            row.extras = {name: value for name, value in kept.items() if value is not None} or None
        self._read_payload(row, values)
        return row

    def make_label(self, values: Sequence[object]) -> tuple[str | None, str]:
        label = self._plain(values, "label")
        return None if is_blank_cell(label) else read_label(label, "label"), _split(
            self._plain(values, "split")
        )

    def _read_payload(self, row: Row, values: Sequence[object]) -> None:
        if self.item_type == "text":
            text = self._plain(values, "text")
            row.text = self._read_text(
                [text if place == self.texts[0] else None for place in range(len(values))]
            )
            row.content_hash = hash_text(row.text)
        elif self.item_type == "image":
            path = self._plain(values, "file")
            row.image = self._read_image(path, "file")
        elif self.item_type == "series":
            row.features = read_series(self._json(values, "features"), "features")
            row.content_hash = hash_features(row.features)
        else:
            row.features = self._read_features(values)
            row.content_hash = hash_features(row.features)

    def _read_features(self, values: Sequence[object]) -> dict[str, object]:
        exact = self._json(values, EXACT if self.cells else "features")
        if isinstance(exact, Mapping):
            for name, value in exact.items():
                if not isinstance(value, str | bool | int | float | None):
                    raise BadCell(f"{FEATURES}{name}", "A feature must be one number or one category.")
                read_feature(value, f"{FEATURES}{name}")  # refuses what no feature can be
            return dict(exact)
        features = {
            name: read_feature(self._undefused(values[place]), f"{FEATURES}{name}")
            for place, name in self.cells
        }
        if all(value is None for value in features.values()):
            raise BadCell("features", "Every feature of this row is missing.")
        return features

    def _stood(self, values: Sequence[object], label: str | None) -> Said | None:
        """The label that stood, and whose it was."""
        if label is None:
            return None
        is_human = not self.all_machine and _truth(self._plain(values, "is_human"))
        names = ("reviewer", "source") if is_human else ("model_version", "source")
        who = next((text for name in names if (text := text_of(self._plain(values, name)))), "")
        return Said(
            SaidKind.LABEL,
            label,
            is_human,
            who[:200],
            read_time(self._plain(values, "decided_at")),
            None if is_human else read_share(self._plain(values, "score")),
            _shares(self._json(values, "probabilities")),
            self._provenance(values),
            None if is_human else read_share(self._plain(values, "threshold")),
        )

    def _provenance(self, values: Sequence[object]) -> str:
        """How the label came about, in words: there is no column for it in the project that it comes to."""
        parts = [text_of(self._plain(values, "label_source"))]
        for name in ("certificate", "threshold"):
            text = text_of(self._plain(values, name))
            parts += [f"{name} {text}"] if text else []
        return "; ".join(part for part in parts if part)

    def _answers(self, values: Sequence[object]) -> Iterator[Said]:
        answers = self._json(values, "answers")
        for answer in answers if isinstance(answers, list) else []:
            said = _answer(answer) if isinstance(answer, Mapping) else None
            if said is not None:
                yield replace(said, is_human=False) if self.all_machine else said

    def _plain(self, values: Sequence[object], name: str) -> object:
        place = self.places.get(name)
        return None if place is None else self._undefused(values[place])

    def _undefused(self, value: object) -> object:
        if self.is_csv and isinstance(value, str) and value[:1] == "'" and _DEFUSED.match(value):
            return value[1:]
        return value

    def _json(self, values: Sequence[object], name: str) -> object:
        value = self._plain(values, name)
        if not isinstance(value, str) or not value:
            return value or None
        try:
            return read_json(value)
        except (TooDeep, ValueError) as error:
            raise BadCell(name, f"This is no JSON, which our exports have here: {str(error)[:100]}") from None


def is_blank_cell(value: object) -> bool:
    """Nothing stands there. Unlike in other files, "NA" and "none" are classes."""
    return value is None or value != value or (isinstance(value, str) and not value.strip())


def _split(value: object) -> str:
    name = text_of(value).lower()
    if name not in ("", "pool", "holdout", "test"):
        raise BadCell("split", f"The split is {name[:40]!r}; our exports have pool, holdout or test.")
    return name or "pool"


def _truth(value: object) -> bool:
    return (
        value is True
        or value == 1
        or (isinstance(value, str) and value.strip().lower() in ("true", "1", "wahr", "vrai"))
    )


def _shares(value: object) -> dict[str, float] | None:
    if not isinstance(value, Mapping):
        return None
    shares = {str(name): share for name, each in value.items() if (share := read_share(each)) is not None}
    return shares or None


def _answer(answer: Mapping[str, object]) -> Said | None:
    kind = KINDS.get(text_of(answer.get("kind")))
    label = None if is_blank_cell(answer.get("label")) else read_label(answer.get("label"), "answers")
    if kind is None or (label is None and kind == SaidKind.LABEL):
        return None
    if label is None or kind == SaidKind.IGNORE:
        kind, label = SaidKind.IGNORE, None
    at = read_time(answer.get("at"))
    return Said(
        kind,
        label,
        answer.get("is_human") is not False,
        text_of(answer.get("by"))[:200],
        at if at is None else at.astimezone(dt.UTC),
        read_share(answer.get("confidence")),
        _shares(answer.get("probabilities")),
        text_of(answer.get("note"))[:2_000],
    )
