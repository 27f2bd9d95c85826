"""How well a text fits the letters of one language: whether a code page is the right one. Pure."""

# ruff: noqa: RUF001 - letters of many languages look like others
from __future__ import annotations

import re
import unicodedata
from collections import Counter
from functools import lru_cache

# Letters beyond ASCII, small ones, that texts of a language are full of.
_LETTERS = {
    "cs": "áčďéěíňóřšťúůýž", "sk": "áäčďéíĺľňóôŕšťúýž", "pl": "ąćęłńóśźż", "hu": "áéíóöőúüű", "ro": "ăâîșțşţ",
    "hr": "čćđšž", "sq": "çë", "de": "äöüß", "fr": "àâçéèêëîïôùûüæ", "es": "áéíñóúü", "ca": "àçéèíïóòúü",
    "pt": "áâãàçéêíóôõúü", "it": "àèéìîòù", "sv": "åäöé", "da": "æøåé", "is": "áæðéíóöþúý", "et": "äõöüšž",
    "lv": "āčēģīķļņšūž", "lt": "ąčęėįšųūž", "tr": "çğıöşüâîû", "nl": "éëïèöüó", "cy": "âêîôûŵŷ", "mt": "ċġħż",
    "ru": "абвгдежзийклмнопрстуфхцчшщъыьэюяё", "uk": "абвгґдеєжзиіїйклмнопрстуфхцчшщьюя",
    "be": "абвгдежзійклмнопрстуўфхцчшыьэюяёі", "bg": "абвгдежзийклмнопрстуфхцчшщъьюя",
    "sr": "абвгдђежзијклљмнњопрстћуфхцчџш", "mk": "абвгдѓежзѕијклљмнњопрстќуфхцчџш",
    "el": "αβγδεζηθικλμνξοπρστυφχψωςάέήίόύώϊϋΐΰ",
}  # fmt: skip
_VIETNAMESE = re.compile("[ơưđ]")
_VIETNAMESE_LETTERS = frozenset("àáạảãâầấậẩẫăằắặẳẵèéẹẻẽêềếệểễìíịỉĩòóọỏõôồốộổỗơờớợởỡùúụủũưừứựửữỳýỵỷỹđ")
_ALPHABETS = {name: frozenset(letters) for name, letters in _LETTERS.items()}
_LIGATURE = re.compile("œ(?=[uid])")  # cœur, œil: rare in French, and elsewhere a sign of a wrong page
_WHOLE_SCRIPTS = frozenset({"HEBREW", "ARABIC", "THAI"})  # of which no page mixes two languages
_WORD = re.compile(r"[^\W\d_]+")
_ACCENTED_GREEK = re.compile("[άέήίόύώΐΰ]")


def fit(text: str) -> float:
    """Of the letters beyond ASCII, the share that the likeliest one language has. 1 where there are none."""
    plain = _LIGATURE.sub("é", unicodedata.normalize("NFC", text).lower())
    letters = Counter(letter for letter in plain if letter > "\x7f" and letter.isalpha())
    if not letters:
        return 1.0
    scripts: Counter[str] = Counter()
    for letter, n in letters.items():
        scripts[script(letter)] += n
    whole = max((scripts[name] for name in _WHOLE_SCRIPTS), default=0)
    alphabets = [*_ALPHABETS.values(), *([_VIETNAMESE_LETTERS] if _VIETNAMESE.search(plain) else [])]
    best = max(sum(n for letter, n in letters.items() if letter in alphabet) for alphabet in alphabets)
    return max(whole, best) / letters.total()


@lru_cache(maxsize=4096)
def script(letter: str) -> str:
    """LATIN, CYRILLIC, GREEK, ...: the first word of the letter's name."""
    name = unicodedata.name(letter, "")
    return "LATIN" if name.startswith(("LATIN", "FEMININE", "MASCULINE")) else name.partition(" ")[0]


def odd_greek(text: str) -> int:
    """Words that no Greek writes: with a sigma of the wrong form, or two accents."""
    n_odd = 0
    for word in _WORD.findall(text):
        if "σ" not in word and "ς" not in word and not _ACCENTED_GREEK.search(word):
            continue
        n_odd += (len(word) > 1 and word.endswith("σ")) or "ς" in word[:-1]
        n_odd += len(_ACCENTED_GREEK.findall(word)) > 1
    return n_odd
