"""Cells that hold several labels where one is wanted: "Positive|Cheap". Pure.

A cell is of several labels where all its parts stand alone in other cells. One class may have a comma or a slash in
its name: then its parts do not.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

SEPARATORS = ("|", ";", "#", "\t", " / ", "/", "+", ",", "&", " ")
SURE = ("|", ";", "#")
NOT_OF_NUMBERS = frozenset({"/", " / ", "+", "&", " "})  # 1/2 is a half
_QUOTED = re.compile(r"""'([^']*)'|"([^"]*)\"""")
MAX_NAMES = 200  # classes; a column with more names says little of each


@dataclass(frozen=True, slots=True)
class SeveralRule:
    """`alone`: the labels that stand alone, without case; `separators`: between those of one cell."""

    alone: frozenset[str] = frozenset()
    separators: Sequence[str] = ()

    def parts(self, text: str) -> list[str]:
        """The labels of a cell that has several; [] for any other."""
        if text.lstrip()[:1] in ("[", "{", "("):  # as Python or JSON write lists and sets of texts
            listed = [one or other for one, other in _QUOTED.findall(text)]
            return listed if len({*map(str.casefold, listed)} & self.alone) > 1 else []
        for separator in self.separators:
            if separator in text:
                parts = parts_of(text, separator, self.alone)
                if parts:
                    return parts
        return []


def parts_of(text: str, separator: str, alone: Collection[str]) -> list[str]:
    """The parts of a cell if each of two or more stands alone, too; else []."""
    parts = [part.strip() for part in text.split(separator) if part.strip()]
    folded = {part.casefold() for part in parts}
    if len(folded) < 2 or not folded.issubset(alone):
        return []
    if separator in NOT_OF_NUMBERS and all(part.isdigit() for part in folded):
        return []
    return parts


def several_rule(values: Iterable[object]) -> SeveralRule:
    """From a sample of the label column."""
    names = {value.strip() for value in values if isinstance(value, str) and value.strip()}
    if not 2 <= len(names) <= MAX_NAMES:
        return SeveralRule()
    alone = frozenset(name.casefold() for name in names)
    for separator in SURE:
        cells = [name for name in names if separator in name]
        if any(
            parts_of(cell, separator, alone) for cell in cells
        ):  # the others are of several labels as well
            alone |= {
                part.strip().casefold() for cell in cells for part in cell.split(separator) if part.strip()
            }
    mixtures = [name for name in names if parts_of(name, " ", alone)]
    # A space is between the words of one name as well: only different mixtures make it a separator.
    return SeveralRule(alone, SEPARATORS if len(mixtures) > 1 else SEPARATORS[:-1])
