"""Guesses at what columns are for, from their names and a sample of values. Pure.

A guess may be wrong; it is shown with its reason before anything is imported, and every role can be set.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import mean

from labeling.formats.columns.headers import columns_of
from labeling.formats.columns.kinds import (
    MIN_TEXT_CHARS,
    counts_up,
    has_classes,
    is_no_class,
    is_number,
    is_text,
    looks_like_dates,
    looks_like_files,
)
from labeling.formats.columns.label_columns import guess_label
from labeling.formats.columns.names import (
    ASIDE_TEXT_WORDS,
    CONFIDENCE_NAMES,
    ID_ENDS,
    ID_NAMES,
    IMAGE_NAMES,
    LABEL_NAMES,
    SERIES_NAMES,
    SPLIT_NAMES,
    TEXT_NAMES,
    WRITERS,
    fold,
    words,
)
from labeling.formats.rows import ColumnRole
from labeling.item_types import PAYLOAD_ROLES

MIN_SERIES_COLUMNS = 16  # numeric columns named by number (t0, t1, ...) from which they are a series
MIN_PROSE_CHARS = 40  # mean length from which texts are what rows are of, whatever is measured beside them
# Asked in this order: what a file has a column for by name.
PAYLOADS = {form: ColumnRole(PAYLOAD_ROLES[form]) for form in ("text", "image", "series", "table")}

Rows = Sequence[Sequence[object]]

_ONCE = frozenset(
    {ColumnRole.ID, ColumnRole.LABEL, ColumnRole.CONFIDENCE, ColumnRole.SPLIT, ColumnRole.VERDICT,
     ColumnRole.ANNOTATOR, ColumnRole.TIME, ColumnRole.NOTE, ColumnRole.EMBEDDING}
)  # fmt: skip
_PAYLOADS = frozenset({ColumnRole.TEXT, ColumnRole.IMAGE, ColumnRole.FEATURE, ColumnRole.SERIES})


@dataclass(frozen=True, slots=True)
class Guess:
    """What each column is for, and why; `notes` say what concerns the whole file, or ask."""

    roles: dict[str, str]
    whys: dict[str, str]
    notes: list[str]


def guess_item_type(names: Sequence[str], rows: Rows, given: Mapping[str, str] | None = None) -> str:
    """text, table, series or image: what this table most likely holds. `given`: roles that somebody set."""
    for item_type, role in PAYLOADS.items():
        if role in (given or {}).values():
            return item_type
    columns = columns_of(len(names), rows)
    label = guess_label(names, columns, "table").place
    rest = [i for i in range(len(names)) if i != label and not _is_aside(names[i])]
    if any(isinstance(value, bytes | dict) for i in rest for value in columns[i][:5]):
        return "image"
    if any(fold(names[i]) in IMAGE_NAMES and looks_like_files(columns[i]) for i in rest):
        return "image"
    texts = [i for i in rest if is_text(columns[i])]
    # Beside a text, short lists are something about it: two votes, some tags. No row of a table has lists.
    lists = [value for i in rest for value in columns[i][:5] if isinstance(value, list)]
    if any(len(value) >= (MIN_SERIES_COLUMNS if texts else 0) for value in lists):
        return "series"
    measures = [
        i for i in rest if is_number(columns[i]) and not has_classes(columns[i]) and not counts_up(columns[i])
    ]
    if any(not measures or lists or _is_prose(columns[i]) for i in texts):
        return "text"
    if any(fold(names[i]) in TEXT_NAMES and not is_number(columns[i]) for i in rest):
        return "text"
    if len(_numbered(names, columns, rest)) >= MIN_SERIES_COLUMNS:
        return "series"
    return "table"


def guess_columns(
    names: Sequence[str], rows: Rows, item_type: str, given: Mapping[str, str] | None = None
) -> Guess:
    """A role for every column, those in `given` as they are. The payload's may lack: nothing looks like it.

    Where what is given is what would be guessed (as options that were resolved before are), the reasons stand.
    """
    free = _Guesser(names, rows, item_type, {}).guess()
    if not given:
        return free
    guess = _Guesser(names, rows, item_type, given).guess()
    if guess.roles == free.roles:
        return free
    whys = {
        name: free.whys[name] if guess.roles[name] == free.roles[name] else why
        for name, why in guess.whys.items()
    }
    return Guess(guess.roles, whys, guess.notes)


class _Guesser:
    """Gives out roles, the surest first; each column gets one."""

    def __init__(self, names: Sequence[str], rows: Rows, item_type: str, given: Mapping[str, str]) -> None:
        self.names = names
        self.places = {name: place for place, name in reversed(list(enumerate(names)))}
        self.columns = columns_of(len(names), rows)
        self.n_rows = len(rows)
        self.item_type = item_type
        self.given = given
        self.roles: dict[str, str] = {name: given[name] for name in names if name in given}
        self.whys = dict.fromkeys(self.roles, "set by you")
        self.notes: list[str] = []

    def guess(self) -> Guess:
        names = self.names
        self._give(self._named_id(), ColumnRole.ID, "its name says so")
        self._give(self._own_id(), ColumnRole.ID, "its name says so, and no value comes twice")
        self._give(_named(names, SPLIT_NAMES), ColumnRole.SPLIT, "its name says so")
        if self.item_type != "table" or _named(names, LABEL_NAMES) is not None:
            self._give(_named(names, CONFIDENCE_NAMES), ColumnRole.CONFIDENCE, "its name says so")
        self._guess_label()
        self._guess_payload()
        for name in names:
            if name not in self.roles:
                self.roles[name] = str(ColumnRole.IGNORE)
                self.whys[name] = self.whys.get(name) or self._why_ignored(name)
        return Guess({name: self.roles[name] for name in names}, self.whys, self.notes)

    def _give(self, place: int | None, role: ColumnRole, why: str) -> None:
        """A role that one column has at most, unless it or the column is taken."""
        if place is None or self.names[place] in self.roles or role in self.roles.values():
            return
        self.roles[self.names[place]] = str(role)
        self.whys[self.names[place]] = why

    def _rest(self) -> list[int]:
        return [i for i, name in enumerate(self.names) if name not in self.roles]

    def _named_id(self) -> int | None:
        """A column called id; none where the same id comes again and again with other contents."""
        for i, name in enumerate(self.names):
            if fold(name) not in ID_NAMES:
                continue
            if not self._is_of_others(i):
                return i
            self.whys[name] = "the same value stands at many different items, so it is no id of them"
            self.notes.append(
                f"{name!r} is named as an id, but the same value stands at many different items, so it was not used. "
                "The content of each item serves as its id."
            )
        return None

    def _is_of_others(self, place: int) -> bool:
        """Whether most values come again, and mostly with another content: of a person, a product, a group."""
        told = [i for i, column in enumerate(self.columns) if i != place and
                (is_text(column) or (is_number(column) and is_no_class(column)))]  # fmt: skip
        contents: dict[str, set[str]] = {}
        n_rows: Counter[str] = Counter()
        for row, value in enumerate(self.columns[place]):
            key = str(value).strip()
            n_rows[key] += 1
            whole = "\n".join(str(self.columns[i][row]) for i in told if row < len(self.columns[i]))
            contents.setdefault(key, set()).add(whole)
        again = [key for key, n in n_rows.items() if n > 1]
        if not told or 2 * len(n_rows) > n_rows.total():
            return False
        return 2 * sum(2 * len(contents[key]) > n_rows[key] for key in again) > len(again)

    def _own_id(self) -> int | None:
        """tweet_id, review_id: an id of the texts or pictures themselves; in front, of whatever the rows are."""
        for i, name in enumerate(self.names):
            parts = words(name)
            if len(parts) < 2 or parts[-1] not in ID_ENDS:
                continue
            if self.item_type != "table" and WRITERS.intersection(parts):
                continue  # who writes texts writes many; rows of a table may be customers
            is_in_front = i == 0 and parts[-1] in ("id", "uuid", "guid")
            if is_in_front or (len(parts) == 2 and parts[0] in TEXT_NAMES | IMAGE_NAMES):
                values = [str(value).strip() for value in self.columns[i]]
                if values and all(values) and len(set(values)) == len(values):
                    return i
        return None

    def _guess_label(self) -> None:
        if ColumnRole.LABEL in self.roles.values():
            return
        guess = guess_label(self.names, self.columns, self.item_type, self._rest())
        place = guess.place
        if place is not None and not guess.is_sure and not self._leaves_payload(place):
            place = None
        others = [self.names[i] for i in guess.others]
        if place is not None:
            self._give(place, ColumnRole.LABEL, guess.why)
            self._note_label(self.names[place], guess.why, others, is_sure=guess.is_sure)
        elif others:
            listed = _listed(others)
            self.notes.append(
                f"No column is surely the label. {listed} could be: choose the one, or leave it so."
                if len(others) > 1
                else f"No column is surely the label; {listed} could be."
            )
            for name in others:
                self.whys[name] = "it holds few values, so it could be the label"

    def _note_label(self, name: str, why: str, others: list[str], *, is_sure: bool) -> None:
        if is_sure and not others:
            return
        if not others:
            note = f"{name!r} is taken for the label ({why}). Is that right?"
        elif is_sure:
            note = f"{name!r} is taken for the label ({why}). {_listed(others)} could be it too."
        else:
            note = (
                f"{name!r} is taken for the label ({why}). {_listed(others)} could be it too. Is that right?"
            )
        self.notes.append(note)

    def _leaves_payload(self, place: int) -> bool:
        """Whether something is left to be labeled without this column."""
        rest = [i for i in self._rest() if i != place]
        return bool(rest) and bool(self._payload(rest))

    def _guess_payload(self) -> None:
        role = PAYLOADS[self.item_type]
        if role in self.roles.values() and role is not ColumnRole.FEATURE:
            return  # somebody said which
        for place in self._payload(self._rest()):
            self.roles[self.names[place]] = str(role)
            self.whys[self.names[place]] = self._why_payload(place)

    def _payload(self, rest: list[int]) -> list[int]:
        names, columns = self.names, self.columns
        if self.item_type == "text":
            return _guess_texts(names, columns, rest)
        if self.item_type == "image":
            place = _guess_image(names, columns, rest)
            return [] if place is None else [place]
        if self.item_type == "series":
            return _guess_series(names, columns, rest)
        return [i for i in rest if not self._is_row_number(i)]

    def _why_payload(self, place: int) -> str:
        known = {"text": TEXT_NAMES, "image": IMAGE_NAMES, "series": SERIES_NAMES}.get(self.item_type)
        if known is not None and fold(self.names[place]) in known:
            return "its name says so"
        if self.item_type == "text":
            return "it holds texts" if is_text(self.columns[place]) else "it holds the longest words"
        if self.item_type == "table":
            return "numbers" if is_number(self.columns[place]) else "categories"
        return {"image": "it holds pictures or their names", "series": "it holds numbers in a row"}[
            self.item_type
        ]

    def _is_row_number(self, place: int) -> bool:
        is_numbering = self.names[place].lower() in ("unnamed: 0", "column 1")
        return is_numbering and counts_up(self.columns[place])

    def _why_ignored(self, name: str) -> str:
        place = self.places[name]
        if all(value is None or not str(value).strip() for value in self.columns[place]):
            return "it is empty" if self.n_rows else ""
        if self._is_row_number(place):
            return "it numbers the rows"
        return "nothing points to a use; extra keeps it for people and the export"


def _is_aside(name: str) -> bool:
    """Names a column that is told of a row, not what it holds."""
    parts = words(name)
    return fold(name) in ID_NAMES | SPLIT_NAMES or bool(parts and parts[-1] in ("id", "uuid", "guid"))


def _is_prose(column: Sequence[object]) -> bool:
    present = [value for value in column if isinstance(value, str) and value.strip()]
    return mean(map(len, present)) >= MIN_PROSE_CHARS


def _listed(names: Sequence[str]) -> str:
    shown = [repr(name[:60]) for name in names[:5]]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"


def _named(names: Sequence[str], known: frozenset[str]) -> int | None:
    return next((i for i, name in enumerate(names) if fold(name) in known), None)


def _guess_texts(names: Sequence[str], columns: Sequence[list[object]], rest: list[int]) -> list[int]:
    named = [i for i in rest if fold(names[i]) in TEXT_NAMES and not is_number(columns[i])]
    texts = [i for i in rest if is_text(columns[i])]
    if named:
        return _with_longer(names, columns, named, texts)
    if texts:
        longest = max(_mean_length(columns[i]) for i in texts)
        return [i for i in texts if _mean_length(columns[i]) >= min(longest / 4, 2 * MIN_TEXT_CHARS)]
    spoken = [
        i for i in rest if columns[i] and not is_number(columns[i]) and not looks_like_dates(columns[i])
    ]
    return sorted(spoken, key=lambda i: -_mean_length(columns[i]))[:1]


def _with_longer(
    names: Sequence[str], columns: Sequence[list[object]], named: list[int], texts: list[int]
) -> list[int]:
    """What is called a text, and beside it what is called so in part (reviewText) or is far longer (body_of_mail)."""
    longest = max(_mean_length(columns[i]) for i in named)
    more = [
        i
        for i in texts
        if i not in named
        and not ASIDE_TEXT_WORDS.intersection(words(names[i]))
        and (
            (words(names[i])[-1:] and words(names[i])[-1] in TEXT_NAMES)
            or _mean_length(columns[i]) > 2 * longest
        )
        and (_mean_length(columns[i]) > longest)
    ]
    if not more:
        return named
    return sorted({*more, *(i for i in named if not has_classes(columns[i]))})


def _mean_length(column: Sequence[object]) -> float:
    return mean(len(str(value)) for value in column) if column else 0.0


def _guess_image(names: Sequence[str], columns: Sequence[list[object]], rest: list[int]) -> int | None:
    for i in rest:
        if any(isinstance(value, bytes | dict) for value in columns[i][:5]) or looks_like_files(columns[i]):
            return i
    return next((i for i in rest if fold(names[i]) in IMAGE_NAMES), None)


def _guess_series(names: Sequence[str], columns: Sequence[list[object]], rest: list[int]) -> list[int]:
    lists = [i for i in rest if any(isinstance(value, list) for value in columns[i][:5])]
    named = [i for i in rest if fold(names[i]) in SERIES_NAMES]
    listed_text = [i for i in rest if any(str(value).lstrip().startswith("[") for value in columns[i][:5])]
    if lists or named or listed_text:
        return (lists or named or listed_text)[:1]
    return [i for i in rest if is_number(columns[i])]


def _numbered(names: Sequence[str], columns: Sequence[list[object]], rest: list[int]) -> list[int]:
    """Numeric columns whose names differ by a number only: t0, t1, t2."""
    stems = [re.sub(r"\d+$", "", names[i]) for i in rest]
    n_of = Counter(stems)
    return [i for i, stem in zip(rest, stems, strict=True) if n_of[stem] > 1 and is_number(columns[i])
            and not names[i].startswith("column ")]  # fmt: skip


def roles_with(guessed: Mapping[str, str], named: Mapping[str, str]) -> dict[str, str]:
    """The roles that somebody named, and the guesses for the other columns as far as they agree with them.

    A guess gives way where one column only can have the role, or where the item is made of what was named;
    other features stay beside a named one.
    """
    taken = set(named.values()) & {*_ONCE, *_PAYLOADS}
    if taken & _PAYLOADS:
        taken |= _PAYLOADS
        taken -= {ColumnRole.FEATURE} & set(named.values())
    kept = {name: str(ColumnRole.IGNORE) if role in taken else role for name, role in guessed.items()}
    return kept | dict(named)
