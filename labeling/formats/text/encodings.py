"""Which encoding a text is in, and which names of encodings may be set. Pure.

UTF-8 where nearly all of it is; else the code pages that are written today, before those of ISO, Macintosh
and DOS. chardet ranks them by their languages; what it ranks is then read, and passed over where letters
stand in places where no language has them (a Cyrillic letter within a Latin word, a sign between two letters).
"""

from __future__ import annotations

import codecs
import io
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from labeling.errors import InvalidInput
from labeling.formats.text.alphabets import fit, odd_greek, script

BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
ENCODING_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.: -]{0,39}")
NOT_OF_FILES = frozenset(
    {"charmap", "idna", "mbcs", "oem", "punycode", "raw-unicode-escape", "undefined", "unicode-escape",
     "utf-7"}
)  # fmt: skip
# Each can write all that its neighbour can, and signs that files of that neighbour hold all the same.
WIDER = {
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "ascii": "cp1252",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "big5": "cp950",
    "big5hkscs": "cp950",
    "tis-620": "cp874",
    "iso8859-11": "cp874",
}
COMMON = ("cp1252", "cp1250", "cp1251", "cp1254", "cp1253", "cp1257")  # in this order where all read the same
DETECTED_BYTES = 64 * 1024
MAX_ODD_SHARE = (
    0.2  # of the letters beyond ASCII; in a text read with its own code page there are next to none
)
CLEAN_SHARE = 0.02
MIN_ODD = 3  # signs within words, from which another page is looked for that has none
NEAR = 0.91  # of the best sureness: a few words of Western Europe are that near to those of Central Europe
_PAIR = re.compile(rb"\xed[\xa0-\xaf][\x80-\xbf]\xed[\xb0-\xbf][\x80-\xbf]")
_HZ = re.compile(rb"~\{(?:[\x21-\x77][\x21-\x7e])+~\}")
MIN_FIT = 0.98  # of the letters, which one language has in a text that is read with its own page
JUDGED_BYTES = 16 * 1024
FEW_WORDS = 12  # with letters beyond ASCII, up to which two pages may both read well
# Looked into beside the one that was chosen: those that read each other's bytes as letters.
LIKE_PAGES = ("cp1252", "cp1250", "cp1251", "cp1254", "cp1253", "cp1257", "iso8859-2", "iso8859-5", "iso8859-6",
              "koi8-r", "koi8-u", "mac-cyrillic", "mac-greek", "cp737", "cp866", "cp852")  # fmt: skip
# Of names in an archive, which programs of Windows write in the page of its console.
CONSOLE_PAGES = ("cp437", "cp866", "cp850", "cp852", "cp737", "cp857", "cp862", "cp775")
DESKTOP_PAGES = ("cp1251", "cp1252", "cp1250")
_WIDE_PAGES = frozenset(
    {"gb18030", "cp932", "cp949", "cp950", "euc_jp", "shift_jis_2004", "euc_jis_2004", "big5hkscs"}
)
BAD_BYTES = "assay-bad-bytes"
_UTF8 = re.compile(
    rb"\xed[\xa0-\xaf][\x80-\xbf]\xed[\xb0-\xbf][\x80-\xbf]|[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}"
    rb"|\xed[\x80-\x9f][\x80-\xbf]|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}"
    rb"|\xf4[\x80-\x8f][\x80-\xbf]{2}"
)
_THORN = re.compile("[ðþÐÞ]")  # Icelandic, which always has accents too; else Turkish in a page of its own
_ICELANDIC = re.compile("[áíúóéæÁÍÚÓÉÆ]")
_BEYOND_TEXT = re.compile("[\x80-\U0010ffff]")
_KANA = re.compile("[\u3041-\u30fe]")
_BEYOND_ASCII = re.compile(rb"[\x80-\xff]+")
_C1_BYTES = re.compile(rb"[\x80-\x9f]")
_NO_ASCII = re.compile(
    r"(?<!\w)[^\W\d_\x00-\x7f]{3,}(?!\w)"
)  # no language of Latin letters has many such words
_ALONE = frozenset({"LATIN", "CYRILLIC", "GREEK", "HEBREW", "ARABIC"})  # no word mixes two of these
_JOINERS = frozenset("\u2019'·\u02bc\u2011-\u00ad\u200c\u200d")  # stand within words


def keep_bad_bytes(error: UnicodeError) -> tuple[str, int]:
    """Each byte that is no text becomes a surrogate, U+DC00 and its value, so that its row can be named."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    pair = _PAIR.match(error.object, error.start) if error.encoding.startswith("utf") else None
    if pair:  # as CESU-8 writes what lies beyond the first 65,536: half by half
        return pair[0].decode("utf-8", "surrogatepass").encode("utf-16", "surrogatepass").decode(
            "utf-16"
        ), pair.end()
    bad = error.object[error.start : error.end]
    return "".join(chr(0xDC00 + byte) for byte in bad), error.end


codecs.register_error(BAD_BYTES, keep_bad_bytes)


@dataclass(frozen=True, slots=True)
class PageSample:
    """A code page that a text may be in, and a few words as it reads them."""

    encoding: str
    words: str


def sniff_encoding(head: bytes) -> str:
    """The encoding of a text that begins (or of which a part is) like this. utf-8 where it is ASCII only."""
    return sniff_doubts(head)[0]


def sniff_doubts(head: bytes) -> tuple[str, list[PageSample]]:
    """(the encoding, the likeliest pages with a sample of each where it is not sure)."""
    sure = _sure_encoding(head)
    if sure:
        return sure, []
    name, pages = _sniff_page(head)
    return _of_one_language(_lines_beyond_ascii(head)[:JUDGED_BYTES], name, pages)


def _sure_encoding(head: bytes) -> str:
    for bom, encoding in BOMS:
        if head.startswith(bom):
            return encoding
    if b"\x00" in head:
        return sniff_wide(head) or "utf-8"
    if b"\x1b$" in head and head.isascii():
        return "iso2022_jp"
    if head.isascii() and _HZ.search(head):
        return "hz"
    if is_nearly_utf8(head):
        return "utf-8"
    return ""


def sniff_wide(head: bytes) -> str:
    """UTF-16 or UTF-32 without a byte order mark, or "" if it is neither."""
    for encoding, width in (("utf-32-le", 4), ("utf-32-be", 4), ("utf-16-le", 2), ("utf-16-be", 2)):
        try:
            text = head[: len(head) // width * width].decode(encoding)
        except UnicodeDecodeError as error:
            if error.end < len(head) - width or not error.start:
                continue  # not merely cut within a letter
            text = head[: error.start].decode(encoding)
        kinds = [unicodedata.category(letter) for letter in text[:4096]]
        n_strange = sum(kind in ("Cn", "Co", "Cs", "Cc") for kind in kinds)
        n_strange -= sum(text[:4096].count(mark) for mark in "\t\r\n")
        if text and n_strange <= 0.01 * len(kinds) and any(mark in text for mark in "\n ,;\t{"):
            return encoding
    return ""


def is_nearly_utf8(head: bytes) -> bool:
    """Whether what is beyond ASCII is UTF-8 but for a few bytes; a sample may end within a letter.

    Longer sequences count more, since they hardly come about by chance.
    """
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        good = sum(len(found) - 1 for found in _UTF8.findall(head))
        n_bad = len(_BEYOND_ASCII.findall(_UTF8.sub(b" ", head)))
        return good >= 3 * n_bad
    return True


def _sniff_page(head: bytes) -> tuple[str, list[PageSample]]:
    sample = _lines_beyond_ascii(head)
    texts: dict[str, tuple[float, str]] = {}
    chosen = ""
    for encoding in _ranked(sample):
        if encoding in texts:
            continue
        text = sample.decode(encoding, errors=BAD_BYTES)
        texts[encoding] = (_odd_share(text), text)
        share = texts[encoding][0]
        if not chosen and share <= MAX_ODD_SHARE:
            chosen = encoding
            if share <= CLEAN_SHARE or share * len(_BEYOND_TEXT.findall(text)) < MIN_ODD:
                break
        elif chosen and share <= CLEAN_SHARE:
            break  # signs within words speak against the page that seemed likelier
    ranked = sorted(texts, key=lambda encoding: texts[encoding][0])
    best = texts[ranked[0]][1]
    name = _name_of(sample, best, texts)
    is_sure = ranked[0] == next(iter(texts)) and texts[ranked[0]][0] <= MAX_ODD_SHARE
    other = (
        chosen
        if chosen and texts[chosen][1] != best
        else next((one for one in ranked if texts[one][1] != best), "")
    )
    if is_sure or not other or other == name:
        return name, []
    return name, _samples(name, best, other, texts[other][1])


def _lines_beyond_ascii(head: bytes) -> bytes:
    return b"\n".join(line for line in head.splitlines() if not line.isascii())[:DETECTED_BYTES]


def _of_one_language(sample: bytes, name: str, pages: list[PageSample]) -> tuple[str, list[PageSample]]:
    """The page whose letters are those of one language, where the chosen one's are not; asked, where few words speak."""
    text = sample.decode(name, errors=BAD_BYTES)
    if name in ("cp1252", "iso8859-1") and "\xa4" in text and not _C1_BYTES.search(sample):
        euro = sample.decode("iso8859-15")
        return "iso8859-15", _samples("iso8859-15", euro, name, text)
    if name in _WIDE_PAGES:
        return name, pages
    n_words = len({word for word in sample.split() if not word.isascii()})
    if n_words > FEW_WORDS and not _strays(text):
        return name, pages
    readings: dict[str, str] = {}
    for page in LIKE_PAGES:
        read = sample.decode(page, errors=BAD_BYTES)
        if read != text and read not in readings.values() and fit(read) >= MIN_FIT and _is_clean(read):
            readings[page] = read
    if not readings:
        return name, pages
    best = max(readings, key=lambda page: (fit(readings[page]), -_odd_share(readings[page])))
    is_good = _is_clean(text) and fit(text) >= MIN_FIT
    if is_good and _strays(readings[best]) == 0:
        is_good = _strays(text) < MIN_ODD
    if not is_good:
        return best, _samples(best, readings[best], name, text)
    if not pages and n_words <= FEW_WORDS:
        return name, _samples(name, text, best, readings[best])
    return name, pages


def _strays(text: str) -> float:
    """How many characters stand where none would, or are of no letters of the text's language."""
    return (_odd_share(text) + 1 - fit(text)) * len(_BEYOND_TEXT.findall(text))


def _is_clean(text: str) -> bool:
    return _odd_share(text) <= CLEAN_SHARE


def sniff_names(names: Sequence[bytes]) -> str:
    """The encoding of names in an archive that does not say it; cp437, as its rules have it, where nothing fits better."""
    whole = b"\n".join(name for name in names if not name.isascii())[:DETECTED_BYTES]
    try:
        whole.decode()
        return "utf-8"
    except UnicodeDecodeError:
        pass
    kana = whole.decode("cp932", errors=BAD_BYTES)
    is_kana = 2 * len(_KANA.findall(kana)) > len(
        _BEYOND_TEXT.findall(kana)
    )  # of few names chardet tells little
    wide = ["cp932"] if is_kana else [page for page in _ranked(whole) if page in _WIDE_PAGES][:1]
    for page in (*CONSOLE_PAGES, *wide, *DESKTOP_PAGES):
        text = whole.decode(page, errors=BAD_BYTES)
        if _is_clean(text) and (page in wide or fit(text) >= MIN_FIT):
            return page
    return "cp437"


def _samples(name: str, text: str, other: str, read_otherwise: str) -> list[PageSample]:
    """A few words in which the two differ, as each reads them."""
    for one, two in zip(text.splitlines(), read_otherwise.splitlines(), strict=False):
        if one != two:
            at = next((i for i, pair in enumerate(zip(one, two, strict=False)) if pair[0] != pair[1]), 0)
            start = max(0, one.rfind(" ", 0, at) + 1, at - 20)
            return [PageSample(name, storable(one[start : start + 40])),
                    PageSample(other, storable(two[start : start + 40]))]  # fmt: skip
    return []


def _name_of(sample: bytes, best: str, texts: Mapping[str, tuple[float, str]]) -> str:
    """The page that reads it so: of several, the commonest."""
    if _THORN.search(best) and not _ICELANDIC.search(best):
        return "cp1254"
    for encoding in COMMON:  # a page that reads it the same, and is the likelier one
        if sample.decode(encoding, errors=BAD_BYTES) == best:
            return encoding
    return next(encoding for encoding, (_, text) in texts.items() if text == best)


def _ranked(sample: bytes) -> Iterator[str]:
    """Encodings, the likeliest first: those of today before all others, and of near ones the commonest."""
    import chardet

    for era in (chardet.EncodingEra.MODERN_WEB, chardet.EncodingEra.ALL):
        sureness: dict[str, float] = {}
        for found in chardet.detect_all(sample, ignore_threshold=True, encoding_era=era):
            try:
                name = codecs.lookup(found["encoding"] or "").name
            except LookupError:
                continue
            if not name.startswith("utf"):
                name = WIDER.get(name, name)
                sureness[name] = max(found["confidence"], sureness.get(name, 0.0))
        best = max(sureness.values(), default=0.0)
        if era is chardet.EncodingEra.MODERN_WEB and sureness.get(COMMON[0], 0.0) >= NEAR * best:
            yield COMMON[0]
        yield from sorted(sureness, key=lambda name: -sureness[name])
    yield COMMON[0]


def _odd_share(text: str) -> float:
    """Of the characters beyond ASCII, the share that stands where no language puts one. 0 to 1 and above."""
    n_beyond = n_odd = 0
    for i, letter in enumerate(text):
        if letter < "\x80":
            continue
        n_beyond += 1
        before, after = text[i - 1 : i], text[i + 1 : i + 2]
        if "\udc00" <= letter <= "\udcff":
            n_odd += 3
        elif not letter.isalpha():
            is_inside = before.isalpha() and after.isalpha() and not _is_wide(before) and not _is_wide(after)
            is_mark = unicodedata.category(letter)[0] == "M"
            n_odd += is_mark and not before.isalpha() and unicodedata.category(before or " ")[0] not in "MC"
            n_odd += "\x80" <= letter < "\xa0" or (is_inside and letter not in _JOINERS and not is_mark)
            n_odd += "\u2500" <= letter <= "\u259f" and (before.isalpha() or after.isalpha())
        elif "\uff61" <= letter <= "\uff9f":
            n_odd += not any("\uff61" <= near <= "\uff9f" for near in (before, after))
        else:
            n_odd += _is_foreign(letter, before, after)
    n_odd += odd_greek(text) + sum(
        len(word) for word in _NO_ASCII.findall(text) if script(word[0]) == "LATIN"
    )
    return n_odd / max(1, n_beyond)


def _is_foreign(letter: str, before: str, after: str) -> bool:
    """A letter of another script than its neighbour's (but for Japanese and the like), or a capital after a small one."""
    own = script(letter)
    if own not in _ALONE:
        return any(near.isascii() and near.isalpha() for near in (before, after)) and own != "LATIN"
    if any(near.isalpha() and script(near) != own for near in (before, after)):
        return True
    return letter.isupper() and before.islower()


def _is_wide(letter: str) -> bool:
    return bool(letter) and unicodedata.east_asian_width(letter) in "WF"


def check_encoding(encoding: str) -> str:
    """The encoding's own name. Raises InvalidInput for one that files are not written in."""
    try:
        name = codecs.lookup(encoding).name if ENCODING_NAME.fullmatch(encoding) else ""
    except LookupError:
        name = ""
    # Python calls more things encodings: hex, base64 and zip turn bytes into bytes; others escape or hash names.
    if name and name not in NOT_OF_FILES and codecs.lookup(name)._is_text_encoding:
        return name
    message = (
        f"The encoding {encoding[:40]!r} is none that files are read in; use utf-8, utf-16, utf-32, cp1252, "
        "latin-1, shift_jis, gb18030 or another text encoding that Python knows."
    )
    raise InvalidInput(message, code="bad_encoding", fields={"encoding": [message]})


def storable(text: str) -> str:
    """A name or an example as it can be stored and shown: what is no character becomes U+FFFD."""
    if text.isascii() and "\x00" not in text:
        return text
    return re.sub("[\ud800-\udfff\x00]", "\ufffd", text)


def text_stream(stream: BinaryIO, encoding: str, newline: str | None = "") -> io.TextIOWrapper:
    """The text of a file, without a byte order mark. Bytes that are none become surrogates (`BAD_BYTES`)."""
    if (
        encoding == "utf-8"
        and isinstance(stream, io.BufferedReader)
        and stream.peek(3)[:3] == codecs.BOM_UTF8
    ):
        stream.read(3)
    if encoding in ("utf-16-le", "utf-16-be") and isinstance(stream, io.BufferedReader):
        mark = codecs.BOM_UTF16_LE if encoding.endswith("le") else codecs.BOM_UTF16_BE
        if stream.peek(2)[:2] == mark:
            stream.read(2)
    return io.TextIOWrapper(stream, encoding=encoding, errors=BAD_BYTES, newline=newline)
