"""What the columns are for that no tool has settled: as in any other table, objects looked into last. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from labeling.formats.columns.columns import Guess, guess_columns, guess_item_type
from labeling.formats.columns.kinds import is_text
from labeling.formats.columns.names import LABEL_NAMES, TEXT_NAMES, fold
from labeling.formats.layouts.layout import Layout, Sample, has_classes
from labeling.formats.layouts.nested import is_image_object
from labeling.formats.layouts.tools import predictions
from labeling.formats.layouts.vectors import are_named, series_among
from labeling.formats.rows import ColumnRole
from labeling.item_types import PAYLOAD_ROLES

LABEL_OBJECTS = ("label", "class", "category", "target")  # {"label": {"name": "a", "id": 0}}


def has_words(sample: Sample, names: Sequence[str]) -> bool:
    """Whether one of these columns may be the text or the image that a vector stands for."""
    for name in names:
        values = sample.column(name)
        if any(isinstance(value, bytes) or is_image_object(value) for value in values[:5]):
            return True
        if fold(name.rpartition(".")[2]) in TEXT_NAMES and any(
            isinstance(value, str) for value in values[:5]
        ):
            return True
        texts = [value for value in values if isinstance(value, str) and value.lstrip()[:1] not in ("[", "{")]
        if texts and sum(" " in text.strip() or "." in text for text in texts) > len(texts) / 2:
            return True
    return False


SURE_TEXT = frozenset(
    {"text", "texts", "sentence", "sentences", "review", "tweet", "document", "content", "body"}
)


def has_items_beside(sample: Sample, names: Sequence[str], layout: Layout) -> bool:
    """Whether one of these columns is the item that a list of numbers in another only stands for.

    Where the list is not called an embedding, words that are few or very short say something about a series.
    """
    if not has_words(sample, names):
        return False
    series = series_among(sample, names)
    if series is None or are_named(sample, names):
        return True
    for name in names:
        values = sample.column(name)
        if any(isinstance(value, bytes) or is_image_object(value) for value in values[:5]):
            return True
        words = [value for value in values if isinstance(value, str)]
        if is_text(words) or (fold(name) in SURE_TEXT and words and not has_classes(words)):
            return True
    beside = next(name for name in names if any(isinstance(value, str) for value in sample.column(name)))
    layout.notes.append(
        f"The numbers in {series!r} are taken for the items, not the words in {beside!r}. Is that right?"
    )
    return False


def _open_names(sample: Sample, layout: Layout) -> dict[str, str]:
    """The columns that are still to be guessed -> what they are called within what holds the items."""
    names: dict[str, str] = {}
    taken: set[str] = set()
    for name in sample.names:
        if name in layout.roles:
            continue
        prefix = next((one for one in layout.payload_prefixes if name.startswith(one)), "")
        if prefix or not layout.payload_prefixes:
            short = name.removeprefix(prefix)
            names[name] = short if short not in taken else name
            taken.add(names[name])
    return names


def _top(sample: Sample, layout: Layout, names: Mapping[str, str]) -> dict[str, str]:
    """Those of the columns that stand in no object, but in that which holds the item."""
    return {name: short for name, short in names.items()
            if name not in sample.nested or (short != name and "." not in short)}  # fmt: skip


def guess_type(sample: Sample, layout: Layout) -> str:
    claimed = set(layout.roles.values())
    for role, item_type in (("text", "text"), ("image", "image"), ("series", "series"), ("feature", "table")):
        if role in claimed:
            return item_type
    names = _open_names(sample, layout)
    flat = _top(sample, layout, names) or names
    opened = sample.only(list(flat))
    label = predictions.label_of(opened)
    if label is not None:
        flat.pop(label)
        opened = sample.only(list(flat))
    if not flat:
        return "table"
    guessed = guess_item_type(list(flat.values()), opened.rows)
    if guessed == "table" and len(flat) < len(names) and not has_words(sample, list(flat)):
        opened = sample.only(list(names))
        guessed = guess_item_type(list(names.values()), opened.rows)
    return guessed


def guess(sample: Sample, layout: Layout, item_type: str, named: Mapping[str, str]) -> Guess:
    names = _open_names(sample, layout)
    has_label = ColumnRole.LABEL in layout.roles.values()
    flat = _top(sample, layout, names)
    wanted = PAYLOAD_ROLES[item_type]
    found = Guess(dict.fromkeys(sample.names, str(ColumnRole.IGNORE)), {}, [])
    for chosen in (flat, names):
        opened = sample.only(list(chosen))
        if not has_label and chosen:
            label = predictions.label_of(opened)
            if label is not None and not any(fold(short) in LABEL_NAMES for short in chosen.values()):
                is_guess = predictions.is_predicted(label)
                why = (
                    "named as what was predicted" if is_guess else "people's labels, beside a model's guesses"
                )
                layout.claim(label, ColumnRole.LABEL, why)
                return guess(sample, layout, item_type, named)
        found = _guess_of(sample, layout, item_type, chosen, named)
        if wanted in found.roles.values() or wanted in layout.roles.values():
            break
    if not has_label and ColumnRole.LABEL not in found.roles.values():
        _find_nested_label(sample, layout, found.roles)
    return found


def _guess_of(
    sample: Sample, layout: Layout, item_type: str, chosen: Mapping[str, str], named: Mapping[str, str]
) -> Guess:
    """Roles for all columns, guessed for those `chosen`: column -> what it is called where it stands."""
    roles, whys = dict.fromkeys(sample.names, str(ColumnRole.IGNORE)), dict[str, str]()
    if not chosen:
        return Guess(roles, whys, [])
    given = {short: named[name] for name, short in chosen.items() if name in named}
    guess = guess_columns(list(chosen.values()), sample.only(list(chosen)).rows, item_type, given)
    claimed = set(layout.roles.values())
    for name, short in chosen.items():
        role = guess.roles[short]
        is_second = role in (ColumnRole.ID, ColumnRole.SPLIT, ColumnRole.LABEL) and role in claimed
        roles[name] = str(ColumnRole.IGNORE) if is_second else role
        whys[name] = "" if is_second else guess.whys[short]
    return Guess(roles, whys, guess.notes)


def _find_nested_label(sample: Sample, layout: Layout, roles: dict[str, str]) -> None:
    """{"annotation": {"label": "x"}}: a field within an object, named as a label."""
    nested = [name for name in sample.names if name in sample.nested and name not in layout.roles
              and fold(name.rpartition(".")[2]) in LABEL_NAMES and roles[name] == ColumnRole.IGNORE]  # fmt: skip
    of_object = [f"{name}.{part}" for name in LABEL_OBJECTS for part in ("name", "value", "text", "label")]
    nested = [name for name in of_object if name in sample.nested][:1] or nested
    if len(nested) == 1:
        layout.claim(nested[0], ColumnRole.LABEL, "a field within an object, named as a label")
