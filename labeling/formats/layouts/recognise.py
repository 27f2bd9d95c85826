"""What a table is, from its first records: the tool that wrote it, the item type and what each column is for. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from labeling.formats.cells import BadCell
from labeling.formats.classes import LabelRules, sniff_labels
from labeling.formats.columns.columns import roles_with
from labeling.formats.layouts import addresses, extras, leaks, people, refusals, vectors
from labeling.formats.layouts.guessing import guess, guess_type, has_items_beside, has_words
from labeling.formats.layouts.layout import Layout, Sample, has_classes, text_of
from labeling.formats.layouts.nested import is_image_object
from labeling.formats.layouts.saying import SayingRowMaker
from labeling.formats.layouts.tools import label_studio, layout_of, predictions, sagemaker
from labeling.formats.layouts.values import OPENS, SeveralLabels, read_one_label
from labeling.formats.row_maker import RowMaker, check_roles
from labeling.formats.rows import ColumnRole, ImageFile, Limits

MODEL_NAMES = ("gpt", "bert", "llama", "claude", "gemini", "mistral", "model", "bot", "llm", "svm", "machine")
MAX_PASSED_OVER = 5  # columns told of
SAYING_ROLES = frozenset(
    {
        ColumnRole.ANNOTATOR,
        ColumnRole.TIME,
        ColumnRole.VERDICT,
        ColumnRole.NOTE,
        ColumnRole.EMBEDDING,
        ColumnRole.EXTRA,
    }
)
PAYLOAD_ROLES = frozenset({ColumnRole.TEXT, ColumnRole.IMAGE, ColumnRole.FEATURE, ColumnRole.SERIES})
ONCE_ROLES = (SAYING_ROLES | {ColumnRole.ID, ColumnRole.LABEL, ColumnRole.CONFIDENCE, ColumnRole.SPLIT}) - {
    ColumnRole.EXTRA
}


@dataclass
class Understanding:
    """How a table is read. `labels_from` is person, machine or auto: each answer tells who gave it."""

    item_type: str
    roles: dict[str, str]
    why: dict[str, str]
    layout: Layout
    labels_from: str
    notes: list[str] = field(default_factory=list)

    @property
    def can_be_labeled(self) -> bool:
        return (
            "label" in self.roles.values() or self.layout.hear is not None or bool(self.layout.probabilities)
        )

    def label_rules(self, sample: Sample, joined: Mapping[str, str] | None) -> tuple[LabelRules, list[str]]:
        """(how the texts of the label column become classes, what is to be said of it)."""
        label = self.label
        if label is None or self.layout.hear is not None or label in self.layout.class_names:
            return LabelRules(joined or {}, is_whole=False), []
        return sniff_labels(sample.whole_column(label), label, joined)

    def row_maker(
        self,
        sample: Sample,
        *,
        limits: Limits,
        read_image: Callable[[str], ImageFile],
        labels: LabelRules,
        words: Collection[str],
    ) -> RowMaker:
        """The plain one where the file tells no more than bare labels. Raises InvalidInput for bad roles."""
        label = self.label
        is_saying = (
            self.layout.hear is not None
            or self.layout.probabilities
            or label in self.layout.class_names
            or self.layout.is_percent
            or SAYING_ROLES & set(self.roles.values())
            or (label is not None and any(_is_wrapped(value) for value in sample.column(label)))
            or any(
                isinstance(value, str) and value.strip().endswith("%") for value in self.confidences(sample)
            )
        )
        if not is_saying:
            return RowMaker(column_names=sample.names, roles=self.roles, item_type=self.item_type, limits=limits,
                            read_image=read_image, labels=labels, words=words)  # fmt: skip
        return SayingRowMaker(column_names=sample.names, roles=self.roles, item_type=self.item_type, limits=limits,
                              read_image=read_image, layout=self.layout, labels_from=self.labels_from,
                              labels=labels, words=words)  # fmt: skip

    @property
    def label(self) -> str | None:
        return next((name for name, role in self.roles.items() if role == ColumnRole.LABEL), None)

    def confidences(self, sample: Sample) -> list[object]:
        return [value for name, role in self.roles.items() if role == ColumnRole.CONFIDENCE
                for value in sample.column(name)]  # fmt: skip


def understand(
    sample: Sample,
    *,
    kind: str,
    item_type: str | None,
    named: Mapping[str, str] | None,
    labels_from: str,
    class_names: Mapping[str, list[str]],
    has_names: bool = True,
) -> Understanding:
    """`named`: the roles that somebody set; `kind`: the format. Raises InvalidInput for labels that are none of items.

    `has_names`: the columns were named by the file.
    """
    layout = layout_of(sample, class_names) or Layout("")
    refusals.check_no_token_labels(sample, _named_label(sample, layout, named), kind, sample.names)
    if label_studio.token_kind(sample):
        raise refusals.token_labels(f"Label Studio marked {label_studio.token_kind(sample)} in it")
    if sagemaker.part_kind(sample):
        raise refusals.job_of_parts(str(sagemaker.part_kind(sample)))
    _claim_objects(sample, layout)
    others = [name for name in sample.names if name not in layout.roles]
    has_payload = bool(PAYLOAD_ROLES & set(layout.roles.values())) or _has_words(
        sample, others, layout, item_type, named or {}
    )
    vectors.claim_lists(sample, layout, item_type=item_type, has_other_payload=has_payload)
    item_type = item_type or layout.item_type or guess_type(sample, layout)
    guessed_roles = guess(sample, layout, item_type, named or {})
    roles = guessed_roles.roles
    if has_names:
        _hear_generic(sample, layout, roles, item_type)
        _pass_over_scales(sample, layout, roles)
    roles = {**roles, **layout.roles}
    is_used = {name: guessed_roles.roles[name] == role != ColumnRole.IGNORE for name, role in roles.items()}
    why = {**{name: guessed_roles.whys.get(name, "") for name in roles if is_used[name]}, **layout.why}
    _choose_extras(sample, layout, roles, why)
    addresses.set_aside(sample, roles, why, named or {})
    layout.notes += leaks.set_aside(sample.names, roles, why, named or {})
    guessed, roles = roles, roles_with(roles, named or {})
    check_roles(sample.names, roles, item_type)
    for name, role in roles.items():
        if role != guessed.get(name):
            why[name] = "set by you" if name in (named or {}) else "another column was set in its place"
        elif role == ColumnRole.IGNORE and not why.get(name):
            why[name] = guessed_roles.whys.get(name, "")
    result = Understanding(item_type, roles, why, layout, "", list(layout.notes))
    if ColumnRole.LABEL not in layout.roles.values() and layout.hear is None and not layout.probabilities:
        result.notes += guessed_roles.notes
    if layout.hear is not None and layout.roles.get(result.label or "") != ColumnRole.LABEL:
        layout.hear = None  # somebody named another column as the label
    if layout.hear is None and predictions.are_percent(result.confidences(sample)):
        layout.is_percent = True
        result.notes.append(predictions.PERCENT)
    result.labels_from = _labels_from(sample, result, labels_from)
    _check_labels(sample, result)
    _note(sample, result)
    return result


def _has_words(
    sample: Sample, names: Sequence[str], layout: Layout, item_type: str | None, named: Mapping[str, str]
) -> bool:
    """Whether a text or an image is in these columns, which lists of numbers stand for."""
    is_said = item_type in ("text", "image", "table") or {"text", "image"} & set(named.values())
    return has_words(sample, names) if is_said else has_items_beside(sample, names, layout)


def _named_label(sample: Sample, layout: Layout, named: Mapping[str, str] | None) -> str | None:
    for roles in (named or {}, layout.roles):
        for name, role in roles.items():
            if role == ColumnRole.LABEL and name in sample.names:
                return name
    return sample.first_of(["label", "labels", "class", "target", "sentiment", "category"])


def _claim_objects(sample: Sample, layout: Layout) -> None:
    """Objects kept whole and what is in an object called meta say something of the item, and are none."""
    for name in sample.names:
        top, _, inner = name.partition(".")
        values = sample.column(name)
        is_object = any(isinstance(value, Mapping) and not is_image_object(value) for value in values)
        is_empty = not values and any(
            isinstance(row[sample.places[name]], list | dict) for row in sample.rows
        )
        if is_empty:
            layout.claim(name, ColumnRole.IGNORE, "nothing is in it")
        elif is_object or (inner and name in sample.nested and top.lower() in extras.METADATA):
            layout.claim(name, ColumnRole.EXTRA, "metadata of the item, kept for people to see")


def _hear_generic(sample: Sample, layout: Layout, roles: Mapping[str, str], item_type: str) -> None:
    """Who labeled, when and how sure, where the tool did not settle it already."""
    if layout.hear is not None:
        return
    merged = {**roles, **layout.roles}
    label = next((name for name, role in merged.items() if role == ColumnRole.LABEL), None)
    payload = [name for name, role in merged.items() if role in PAYLOAD_ROLES]
    made_of = set(payload)
    free = {
        name
        for name in sample.names
        if (name not in layout.roles and name not in made_of) or item_type == "table"
    }
    found = [people.recognise(sample, label, payload if item_type != "table" else _table_key(merged))]
    is_said = item_type in ("text", "image") or label is None or _has_own_confidence(sample, label)
    if is_said or (label is not None and predictions.guess_beside(sample, label)):
        found.append(predictions.recognise(sample, label, is_of_item=item_type in ("text", "image")))
    for one in found:
        if one is None:
            continue
        layout.name = layout.name or one.name
        layout.notes += one.notes
        layout.labels_from = layout.labels_from or one.labels_from
        layout.probabilities |= one.probabilities
        if layout.hear is None and one.hear is not None:
            layout.hear, layout.needs = one.hear, one.needs
        for name, role in one.roles.items():
            if name in free and role not in (set(layout.roles.values()) & ONCE_ROLES):
                layout.claim(name, role, one.why[name])


def _pass_over_scales(sample: Sample, layout: Layout, roles: Mapping[str, str]) -> None:
    """Words or a scale of 1 to 5 under such a name are no confidence, and no reason to refuse a row."""
    for name, role in roles.items():
        values = sample.column(name) if role == ColumnRole.CONFIDENCE else []
        if values and not predictions.are_mostly_confidences(values):
            layout.claim(name, ColumnRole.IGNORE, "neither shares from 0 to 1 nor percent")
            layout.notes.append(
                f"{name!r} holds neither shares from 0 to 1 nor percent, so it was not read as a confidence."
            )


def _table_key(roles: Mapping[str, str]) -> list[str]:
    return [name for name, role in roles.items() if role == ColumnRole.ID]


def _has_own_confidence(sample: Sample, label: str) -> bool:
    return sample.first_of(["label_confidence", "confidence", f"{label.lower()}_confidence"]) is not None


def _choose_extras(sample: Sample, layout: Layout, roles: dict[str, str], why: dict[str, str]) -> None:
    """Left-over fields of objects are extras as well; whatever tells of labels is none."""
    label = next((name for name, role in roles.items() if role == ColumnRole.LABEL), None)
    classes = sorted({text_of(value) for value in sample.column(label)}) if label is not None else []
    for name in sample.names:
        if (
            roles[name] == ColumnRole.IGNORE
            and name in sample.nested
            and name not in layout.roles
            and not layout.name
        ):
            roles[name] = str(ColumnRole.EXTRA)
            why.setdefault(name, "a field within an object, kept for people to see")
        elif (
            roles[name] == ColumnRole.IGNORE
            and name.startswith(layout.payload_prefixes)
            and layout.payload_prefixes
        ):
            roles[name] = str(ColumnRole.EXTRA)
            why.setdefault(name, "data of the item, kept for people to see")
        if roles[name] == ColumnRole.EXTRA and (reason := extras.tells(sample, name, classes)):
            roles[name] = str(ColumnRole.IGNORE)
            why[name] = reason


def _labels_from(sample: Sample, found: Understanding, wanted: str) -> str:
    if wanted != "auto":
        return (
            "auto"
            if wanted == "person" and found.layout.hear and found.layout.labels_from == "auto"
            else wanted
        )
    if found.layout.hear is not None:
        return found.layout.labels_from or "person"
    roles = set(found.roles.values())
    who = next((name for name, role in found.roles.items() if role == ColumnRole.ANNOTATOR), None)
    if who is not None and who.strip().lower() in people.PEOPLE:
        names = [text_of(value).lower() for value in sample.column(who)]
        is_model = bool(names) and all(any(word in name for word in MODEL_NAMES) for name in names)
        return "machine" if is_model else "person"
    is_predicted = found.label is not None and predictions.is_predicted(found.label)
    if ColumnRole.CONFIDENCE in roles or found.layout.probabilities or is_predicted:
        return "machine"
    return "person"


def _check_labels(sample: Sample, found: Understanding) -> None:
    """Raises InvalidInput where many of the first rows have several labels."""
    if found.layout.hear is None:
        refusals.check_one_label(sample, found.label)
        return
    n_several = 0
    for row in sample.rows:
        try:
            found.layout.hear(dict(zip(sample.names, row, strict=False)))
        except SeveralLabels:
            n_several += 1
        except BadCell:
            continue
    if n_several > refusals.MAX_SHARE_OF_SEVERAL * max(1, len(sample.rows)):
        raise refusals.several_labels(
            found.label or found.layout.name, n_several, len(sample.rows), "several choices"
        )


def _note(sample: Sample, found: Understanding) -> None:
    is_evident = found.layout.hear is None and _labels_from(sample, found, "auto") == "machine"
    if (
        found.labels_from == "machine" and is_evident
    ):  # also where the answer of an earlier look is given back
        found.notes.append(
            "The labels have a confidence or are named as predictions, so they were taken as a machine's. "
            "If people gave them, set labels_from to person."
        )
    elif found.labels_from == "auto":
        found.notes.append("Whose each label is, a person's or a machine's, was read from the file.")
    elif ColumnRole.CONFIDENCE in found.roles.values():
        found.notes.append("The labels are people's, so their confidence is kept beside each answer only.")
    if found.label is not None and found.layout.name in ("", "predictions"):
        found.notes += _passed_over(sample, found, found.label)


def _passed_over(sample: Sample, found: Understanding, label: str) -> list[str]:
    """What is to be said of columns that seem to hold labels too, or how sure the labels are, and are not used."""
    told = " ".join(found.notes)
    unused = {
        name
        for name, role in found.roles.items()
        if role == ColumnRole.IGNORE and name not in found.layout.roles and repr(name) not in told
    }
    notes = [
        f"{name!r} holds labels too, by its name, and was not used. Choose it as the label if it is the right one."
        for name in sample.names
        if name in unused and predictions.names_answers(name) and has_classes(sample.column(name))
    ]
    if ColumnRole.CONFIDENCE not in found.roles.values() and not found.layout.probabilities:
        notes += [
            f"{name!r} may say how sure the labels are. Set it as the confidence if it does; they then count as a machine's."
            for name in predictions.other_confidences(sample, label)
            if name in unused and found.layout.hear is None
        ]
    return notes[:MAX_PASSED_OVER]


def _is_wrapped(value: object) -> bool:
    if isinstance(value, list | tuple | Mapping):
        return True
    if not isinstance(value, str) or (value.lstrip()[:1] not in OPENS and value.strip() != "set()"):
        return False
    try:
        return read_one_label(value, "label") != value.strip()
    except BadCell:
        return True
