"""Which column of a sample holds the labels: by its name, by a part of its name, by its values. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from labeling.formats.columns.kinds import (
    are_codes,
    counts_up,
    has_classes,
    has_whole_classes,
    is_no_class,
    is_number,
    looks_like_dates,
    looks_like_files,
)
from labeling.formats.columns.names import (
    ALL_NAMES,
    LABEL_NAMES,
    LABEL_WORDS,
    NOT_LABEL_WORDS,
    TEXT_NAMES,
    WEAK_LABEL_NAMES,
    WEAK_LABEL_WORDS,
    fold,
    words,
)

MAX_CLASSES_SEEN = 30  # different values in a sample, beyond which values alone name no label column
NAMED, PART, WEAK, VALUES = 4, 3, 2, 1  # how surely


@dataclass(frozen=True, slots=True)
class LabelGuess:
    """`place` None: no column is likelier than all others; `others` are those that could be it."""

    place: int | None
    why: str
    others: list[int]
    is_sure: bool = True  # False: worth a question


def guess_label(
    names: Sequence[str],
    columns: Sequence[list[object]],
    item_type: str,
    free: Collection[int] | None = None,
) -> LabelGuess:
    """The label column, or the ones that could be it. `free`: places that have no role yet; None: all."""
    free = range(len(names)) if free is None else free
    if not free:
        return LabelGuess(None, "", [])
    sureness = {i: _sureness(names[i], columns[i]) for i in free}
    by_name = _by_name(names, columns, free, sureness)
    if by_name is not None:
        return by_name
    if all(re.fullmatch(r"column \d+", name) for name in names):
        guess = _guess_unnamed(names, columns, item_type)
        return guess if guess.place in free else LabelGuess(None, "", [])
    found = sorted((i for i in sureness if sureness[i]), key=lambda i: -sureness[i])
    if item_type == "table":
        return _guess_of_table(names, columns, found, sureness, is_last_free=len(names) - 1 in free)
    return _likeliest(names, columns, found, sureness)


def _by_name(
    names: Sequence[str], columns: Sequence[list[object]], free: Collection[int], sureness: dict[int, int]
) -> LabelGuess | None:
    """The column that is called as labels are. Of several, one that can hold classes, and `y` last.

    None: none is, or what is called so holds measures, and another column may be the label.
    """
    named = [i for i in free if fold(names[i]) in LABEL_NAMES]
    if not named:
        return None
    named.sort(key=lambda i: (is_no_class(columns[i]), fold(names[i]) in WEAK_LABEL_NAMES))
    best, others = named[0], [i for i in named[1:] if _could_be_classes(columns[i])]
    is_weak = fold(names[best]) in WEAK_LABEL_NAMES
    is_odd = is_no_class(columns[best])
    is_coordinate = is_weak and is_number(columns[best]) and "x" in map(fold, names)
    likelier = [i for i in free if sureness[i] >= (WEAK if is_odd or is_coordinate else PART)]
    if (is_weak or is_odd) and (likelier or (is_weak and is_odd)):
        return None
    return LabelGuess(best, "its name says so", others, is_sure=not (is_odd or is_coordinate))


def _guess_unnamed(names: Sequence[str], columns: Sequence[list[object]], item_type: str) -> LabelGuess:
    """In files without header the class comes first or last; first in the archives of series."""
    ends = (0, len(names) - 1) if len(names) > 1 else ()
    if item_type == "table":
        return _guess_of_table(names, columns, [], {}, is_last_free=True)
    tells = has_whole_classes if item_type == "series" else has_classes
    place = next((i for i in ends if item_type != "image" and tells(columns[i])), None)
    return LabelGuess(place, "it holds few values, each again and again", [])


def _guess_of_table(
    names: Sequence[str],
    columns: Sequence[list[object]],
    found: list[int],
    sureness: dict[int, int],
    *,
    is_last_free: bool,
) -> LabelGuess:
    """Rows of tables have categories as features too, so values alone point to the last column only."""
    named = [i for i in found if sureness[i] >= WEAK]
    if named:
        return _likeliest(names, columns, named, sureness)
    last = len(names) - 1
    is_other = last == 0 or not is_last_free or fold(names[last]) in ALL_NAMES - LABEL_NAMES
    if not is_other and not is_number(columns[last]) and has_classes(columns[last]):
        others = [i for i in found if i != last]
        return LabelGuess(last, "it is the last column, of a few values that are no numbers", others)
    return LabelGuess(None, "", found)


def _likeliest(
    names: Sequence[str], columns: Sequence[list[object]], found: list[int], sureness: dict[int, int]
) -> LabelGuess:
    if not found:
        return LabelGuess(None, "", [])
    best = [i for i in found if sureness[i] == sureness[found[0]]]
    others = [i for i in found if i not in best[:1]]
    if sureness[best[0]] >= WEAK:
        return LabelGuess(best[0], "its name and its few values say so", others, is_sure=len(best) == 1)
    by_words = [i for i in best if not is_number(columns[i])]
    likely = by_words if len(by_words) == 1 else best
    if len(likely) > 1:
        return LabelGuess(None, "", found)
    others = [i for i in found if i != likely[0]]
    return LabelGuess(likely[0], "it holds few values, each again and again", others, is_sure=False)


def _sureness(name: str, column: Sequence[object]) -> int:
    """How surely this is the label column: 0 (it is not) to NAMED."""
    parts = words(name)
    if not parts or fold(name) in ALL_NAMES or not _could_be_classes(column):
        return 0
    is_of_label = parts[-1] in NOT_LABEL_WORDS or parts[-1] in TEXT_NAMES
    if not is_of_label and (LABEL_WORDS.intersection(parts) or any(_holds(part) for part in parts)):
        return PART
    if not is_of_label and WEAK_LABEL_WORDS.intersection(parts):
        return WEAK
    if NOT_LABEL_WORDS.intersection(parts) or not _repeats(column) or are_codes(column):
        return 0
    return VALUES


def _holds(part: str) -> bool:
    """A label word of a script without spaces, within a longer one: 情感标签, or a compound: Stimmungslabel."""
    if part.isascii():
        return part.endswith(("label", "klasse", "kategorie", "category", "sentiment"))
    return any(not word.isascii() and len(word) > 1 and word in part for word in LABEL_WORDS)


def _could_be_classes(column: Sequence[object]) -> bool:
    """Short values that are neither measures nor dates; in a sample of a few rows they need not come again."""
    present = [str(value).strip() for value in column if value is not None and str(value).strip()]
    if not present or any(isinstance(value, list | dict | bytes) for value in column):
        return False
    if max(map(len, present)) > 60 or looks_like_dates(column) or looks_like_files(column):
        return False
    if is_number(column):
        return has_whole_classes(column) and not counts_up(column)
    return has_classes(column) or len(present) < 10


def _repeats(column: Sequence[object]) -> bool:
    """A few different values, each of them twice or more on average."""
    present = [str(value).strip() for value in column if value is not None and str(value).strip()]
    n_distinct = len(set(present))
    return 2 <= n_distinct <= MAX_CLASSES_SEEN and 2 * n_distinct <= len(present)
