"""Class names as files write them: what is the same name, what may be, and what means no label. Pure.

Spaces around a name, signs without width, and the same letters in other Unicode forms never make another
class. Capitals may: they are offered to be joined (`class_offers`), and joined where somebody says so.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from labeling.formats.several import SeveralRule, several_rule

WHOLE = re.compile(r"-?\d+(\.0+)?")
NEVER_LABELS = frozenset({"nan", "<na>", "#n/a", "#na", "null", "?"})  # lower case
NOT_AMONG_NUMBERS = frozenset({"none", "na", "n/a", "nil"})  # among words they may be classes
DASHES = frozenset({"-", "--", "\u2013", "\u2014"})  # no label, but beside a plus: then it is a minus
MAX_KNOWN = 10_000  # spellings remembered
_NO_WIDTH = re.compile("[\u200b\u2060\ufeff\u00ad\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_JOINERS = re.compile("[\u200c\u200d]")  # part of words in Persian and Indian scripts, and of pictures
_WIDE = re.compile("[\u3000\uff01-\uffee]")
# Letters of Cyrillic and Greek that cannot be told from Latin ones.
_LOOKALIKES = str.maketrans(
    "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0458\u0455\u0501\u051b\u051d\u03bf\u03b1\u03c1\u03bd\u0443",
    "aeopcyxijsdqwoapvy",
)
_STYLES = re.compile("[\ufe0e\ufe0f]")  # whether a sign is shown in colours
_AROUND = ".,;:\"'`\u201c\u201d\u201e\u00ab\u00bb "  # around a name, and no part of it
_BETWEEN = re.compile(r"[\s_\-]+")


def class_name(text: str) -> str:
    """The name in one form: NFC, letters of usual width, one space between words, nothing unseen."""
    if not text.isascii():
        text = _NO_WIDTH.sub("", text)
        text = _WIDE.sub(lambda sign: unicodedata.normalize("NFKC", sign[0]), text)
        text = unicodedata.normalize("NFC", text)
        if all(letter < "\u0300" or _JOINERS.match(letter) for letter in text):
            text = _JOINERS.sub("", text)
    return " ".join(text.split())


@dataclass(slots=True)
class LabelRules:
    """How the texts of one label column become classes."""

    joined: Mapping[str, str] = field(default_factory=dict)  # by hand: name -> class; "": no label
    no_labels: frozenset[str] = NEVER_LABELS  # lower case
    is_whole: bool = True  # 1.0 is the class 1
    known: dict[str, str] = field(default_factory=dict)
    several: SeveralRule = field(default_factory=SeveralRule)

    def parts(self, text: str) -> list[str]:
        """The labels of a cell that has several of them; [] for any other, and for one that was joined by hand."""
        if text in self.known or not self.several.alone or text.strip() in self.joined:
            return []
        return self.several.parts(text)

    def read(self, text: str) -> str:
        """The class, or "" for no label."""
        name = self.known.get(text)
        if name is None:
            name = self._read(text)
            if len(self.known) < MAX_KNOWN:
                self.known[text] = name
        return name

    def _read(self, text: str) -> str:
        for spelling in (text, text.strip(), class_name(text)):
            if spelling in self.joined:
                return class_name(self.joined[spelling])
        name = class_name(text)
        if name.lower() in self.no_labels:
            return ""
        if self.is_whole and WHOLE.fullmatch(name):
            name = name.partition(".")[0]
        return class_name(self.joined.get(name, name))


def sniff_labels(
    values: Sequence[object], field_name: str, joined: Mapping[str, str] | None
) -> tuple[LabelRules, list[str]]:
    """(how labels are read, what is to be said of it), from a sample of the label column."""
    joined = joined or {}
    names = {
        class_name(str(value)) for value in values if value is not None and not isinstance(value, list | dict)
    }
    names -= {""}
    others = {name for name in names if name.lower() not in NEVER_LABELS | NOT_AMONG_NUMBERS}
    numbers = {name for name in others if _is_number(name)}
    is_whole = all(WHOLE.fullmatch(name) for name in numbers)
    no_labels = set(NEVER_LABELS)
    notes: list[str] = []
    dashes = sorted(name for name in names & DASHES if name not in joined)
    if dashes and not any(re.fullmatch(r"[^\w\s]+", name) for name in names - DASHES) and len(names) > 2:
        no_labels |= DASHES
        notes.append(
            f"In {field_name!r} {dashes[0]!r} is read as no label. Join it to a class of that name if it is one."
        )
    doubtful = sorted(name for name in names if name.lower() in NOT_AMONG_NUMBERS and name not in joined)
    if numbers == others and others:
        no_labels |= NOT_AMONG_NUMBERS
    elif doubtful:
        notes.append(
            f"In {field_name!r} {doubtful[0]!r} is read as a class. Join it to no label if it means none."
        )
    rest = {str(int(float(name))) for name in numbers if is_whole} - {"-1"}
    if (
        others - numbers
        or not others - {"-1", "-1.0"}
        or (len(rest) > 2 and "0" in rest and _are_counts(rest))
    ):
        no_labels |= {"-1", "-1.0"}
    elif "-1" in names and rest == {"0", "1"} and "-1" not in joined:
        notes.append(
            f"In {field_name!r} -1 stands beside 0 and 1 and is read as a class. Join it to no label if it means none."
        )
    return LabelRules(joined, frozenset(no_labels), is_whole, several=several_rule(values)), notes


@dataclass(frozen=True, slots=True)
class ClassOffer:
    """Names that differ in capitals, in what stands between their words, or in letters that look alike: perhaps one
    class.
    """

    names: list[str]
    counts: list[int]
    suggested: str


def class_offers(counts: Mapping[str, int], existing: Collection[str] = ()) -> list[ClassOffer]:
    """What could be joined of these classes; `existing` ones of the project are suggested first."""
    groups: dict[str, list[str]] = defaultdict(list)
    for name in [*counts, *(name for name in existing if name not in counts)]:
        groups[_plain(name)].append(name)
    offers: list[ClassOffer] = []
    for names in groups.values():
        if len(names) > 1 and any(name in counts for name in names):
            names.sort(key=lambda name: (name not in existing, -counts.get(name, 0), name))
            offers.append(ClassOffer(names, [counts.get(name, 0) for name in names], names[0]))
    return offers


def _plain(name: str) -> str:
    """What names have in common that may be one class: "Spam." and spam, 01 and 1, DİĞER and diğer, a heart in two styles."""
    plain = "".join(_western_digit(letter) for letter in unicodedata.normalize("NFKC", _STYLES.sub("", name)))
    plain = plain.casefold().replace("i\u0307", "i").replace("\u0131", "i").translate(_LOOKALIKES)
    if _is_number(plain):
        return str(int(plain)) if plain.isdecimal() else plain
    return _BETWEEN.sub(" ", plain.strip(_AROUND) or plain).strip()


def _western_digit(letter: str) -> str:
    return str(unicodedata.digit(letter)) if letter.isdecimal() else letter


def _is_number(name: str) -> bool:
    try:
        float(name)
    except ValueError:
        return False
    return name[-1:].isdigit() or name.endswith(".")


def _are_counts(numbers: Collection[str]) -> bool:
    return all(not number.startswith("-") for number in numbers)
