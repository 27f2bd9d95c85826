"""What kind of values a column holds, as seen in a sample. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from statistics import mean

from labeling.formats.cells import MISSING, NOT_AMONG_NUMBERS

MAX_CLASS_SHARE = 0.5  # a column with more distinct values than this share of the sample holds no classes
MAX_CLASS_CHARS = 60
MIN_TOLD = 20  # rows from which a column may be told to hold no classes
MAX_DISTINCT_SHARE = 0.8
MAX_STEPS = 20  # of a scale with halves or tenths: 1.5, 2.0, 2.5
MIN_TEXT_CHARS = 12  # mean length from which words are text rather than categories
# Scripts that put no spaces between words: Chinese, Japanese, Thai, Lao, Burmese, Khmer, Tibetan.
_UNSPACED = re.compile(
    r"[\u0e00-\u0eff\u0f00-\u0fff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\U00020000-\U0003ffff]"
)
_CODE = re.compile(r"(?=.{4,}$)[A-Z]{1,6}[-_]?\d[A-Z\d-]*")
_NO_TEXT = re.compile(
    r"\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}|\d{1,2}[-/. ](\d{1,2}|[A-Za-z]{3})[-/. ]\d{2,4}"
    r"|[A-Z][a-z]{2},? (\d{1,2} [A-Z][a-z]{2}|[A-Z][a-z]{2} \d{1,2})\b|\d{1,2}:\d{2}|https?://\S*$|\S+@\S+$"
)


def is_number(column: Sequence[object]) -> bool:
    present = [value for value in column if str(value).strip().lower() not in NOT_AMONG_NUMBERS]
    return bool(present) and all(
        isinstance(value, int | float) or (isinstance(value, str) and parses(value)) for value in present
    )


def is_text(column: Sequence[object]) -> bool:
    """Words, mostly different from row to row."""
    present = [value.strip() for value in column if isinstance(value, str) and value.strip()]
    if not present or looks_like_files(column) or looks_like_dates(column) or has_classes(column):
        return False
    return (
        sum(map(_is_phrase, present)) > 0.5 * len(present) and mean(map(_length, present)) >= MIN_TEXT_CHARS
    )


def _is_phrase(text: str) -> bool:
    """Several words; or, where a script puts no spaces between them, several signs."""
    return " " in text or len(_UNSPACED.findall(text)) >= 4


def _length(text: str) -> int:
    """In letters of Latin: a sign of Chinese or Japanese says as much as three of them."""
    return len(text) + 2 * len(_UNSPACED.findall(text))


def looks_like_dates(column: Sequence[object]) -> bool:
    """Dates, times or addresses of the web: words with signs between them, but no texts."""
    present = [value.strip() for value in column if isinstance(value, str) and value.strip()]
    return bool(present) and sum(bool(_NO_TEXT.match(value)) for value in present) > len(present) / 2


def has_classes(column: Sequence[object]) -> bool:
    """Few distinct short values, coming again and again."""
    values = [
        str(value).strip()
        for value in column
        if value is not None and not isinstance(value, list | dict | bytes)
    ]
    present = [value for value in values if value]
    n_distinct = len(set(present))
    if n_distinct == len(present):
        return False
    return n_distinct <= max(2, len(present) * MAX_CLASS_SHARE) and max(map(len, present)) <= MAX_CLASS_CHARS


def is_no_class(column: Sequence[object]) -> bool:
    """Measures, or values that nearly all differ: whatever a column is called, these are no classes.

    Told of a good number of rows only: of a few, each may well be of another class.
    """
    present = [text for value in column if (text := str(value).strip()).lower() not in MISSING]
    if len(present) < MIN_TOLD:
        return False
    n_distinct = len(set(present))
    if n_distinct > MAX_DISTINCT_SHARE * len(present):
        return True
    is_measured = is_number(column) and any(float(text) % 1 for text in present if parses(text))
    return is_measured and n_distinct > max(MAX_STEPS, MAX_CLASS_SHARE * len(present))


def are_codes(column: Sequence[object]) -> bool:
    """B00AP2, SKU-1234: numbers of products or cases, which come again and are no classes."""
    present = [str(value).strip() for value in column if value is not None and str(value).strip()]
    return len(set(present)) > 2 and all(map(_CODE.fullmatch, present))


def has_whole_classes(column: Sequence[object]) -> bool:
    values = [str(value).strip() for value in column]
    return has_classes(column) and all(
        re.fullmatch(r"-?\d+(\.0*)?|[^\d.]\D*", value) for value in values if value
    )


def looks_like_files(column: Sequence[object]) -> bool:
    present = [value for value in column if isinstance(value, str) and value.strip()]
    pattern = r"(?i).+\.(png|jpe?g|jfif|jpe|webp|bmp|gif|tiff?|avif|hei[cf])|data:image/.*"
    return (
        bool(present)
        and sum(bool(re.fullmatch(pattern, value.strip())) for value in present) > len(present) / 2
    )


def counts_up(column: Sequence[object]) -> bool:
    numbers = [str(value).strip() for value in column]
    return bool(numbers) and numbers in (
        [str(i) for i in range(len(numbers))],
        [str(i) for i in range(1, len(numbers) + 1)],
    )


def parses(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
