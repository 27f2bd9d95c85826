"""Labels that a file spells otherwise than the class that they are read as: counted, and told in sentences. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from labeling.formats.classes import ClassOffer
from labeling.formats.rows import Row

MAX_SPELLINGS = 1_000  # told apart
MAX_SHOWN = 5  # in one sentence
MAX_NOTES = 20

Spellings = dict[str, dict[str, Any]]  # as written -> {name: the class, None for no label; n: rows}


def keep_known(rows: Iterable[Row], classes: Mapping[str, int], joined: Mapping[str, str]) -> None:
    """A spelling that is a class of the project already stays one, unless somebody joins it."""
    for row in rows:
        if row.label_written in classes and not row.said and row.label_written not in joined:
            row.label, row.label_written = row.label_written, ""


def add_spellings(rows: Iterable[Row], found: Spellings) -> None:
    for row in rows:
        if not row.label_written:
            continue
        one = found.get(row.label_written)
        if one is not None:
            one["n"] += 1
        elif len(found) < MAX_SPELLINGS:
            found[row.label_written] = {"name": row.label, "n": 1}


def spelling_notes(found: Spellings) -> Iterator[str]:
    """A sentence for each class that was written in another way."""
    by_name: dict[str | None, list[tuple[str, int]]] = defaultdict(list)
    for written, one in found.items():
        by_name[one["name"]].append((written, one["n"]))
    for name, spellings in list(by_name.items())[:MAX_NOTES]:
        shown = ", ".join(f"{written!r} ({_rows(n)})" for written, n in spellings[:MAX_SHOWN])
        more = f" and {len(spellings) - MAX_SHOWN} other spellings" if len(spellings) > MAX_SHOWN else ""
        yield (
            f"Taken as no label: {shown}{more}."
            if name is None
            else f"Read as the class {name!r}: {shown}{more}."
        )
    if len(by_name) > MAX_NOTES:
        yield f"{len(by_name) - MAX_NOTES} more classes were written in other ways too."


def offer_notes(offers: Iterable[ClassOffer]) -> Iterator[str]:
    """A question for each group of names that may be one class."""
    for offer in list(offers)[:MAX_NOTES]:
        names = ", ".join(f"{name!r} ({n:,})" for name, n in zip(offer.names, offer.counts, strict=True))
        yield f"Perhaps one class: {names}. They are kept apart; join_classes joins them as {offer.suggested!r}."


def _rows(n: int) -> str:
    return "1 row" if n == 1 else f"{n:,} rows"
