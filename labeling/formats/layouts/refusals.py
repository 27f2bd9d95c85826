"""Files whose labels are none of one class per item: several of them, or labels of words. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from labeling.errors import InvalidInput
from labeling.formats.cells import BadCell
from labeling.formats.layouts.layout import Sample, text_of
from labeling.formats.layouts.values import SeveralLabels, read_one_label
from labeling.formats.several import several_rule

TOKEN_TAG = re.compile(r"[BIESLUM]-\S+|O|-DOCSTART-|_")
BEGINS = re.compile(r"[BIESLUM]-\S+")
SEPARATORS = ("|", ";", "#", " / ", "\t", ",")  # between the labels of one cell, the surest first
MOSTLY = 0.8
MAX_SHARE_OF_SEVERAL = 0.2  # of labeled rows; above it the file answers another kind of question
TOKEN_NAMES = ("ner_tags", "tokens", "entities", "spans", "token_labels", "bio_tags", "pos_tags")


def check_one_label(sample: Sample, label: str | None) -> None:
    """Raises InvalidInput where a good part of the rows has several labels."""
    if label is None:
        return
    values = sample.column_as_written(label)
    n_several, example = _in_lists(values, label)
    if values and n_several > MAX_SHARE_OF_SEVERAL * len(values):
        raise several_labels(label, n_several, len(values), example)
    texts = [value.strip() for value in values if isinstance(value, str)]
    most = MAX_SHARE_OF_SEVERAL * len(values)  # fewer are items without a label, each with its sentence
    for separator in SEPARATORS:
        cells = [text for text in texts if separator in text]
        if len(cells) > most and _are_joined(texts, cells, separator):
            raise several_labels(label, len(cells), len(values), cells[0])
    rule = several_rule(texts)
    cells = [text for text in texts if rule.parts(text)]
    if len(cells) > most:
        raise several_labels(label, len(cells), len(values), cells[0])


def several_labels(label: str, n_several: int, n_rows: int, example: str) -> InvalidInput:
    message = (
        f"The column {label!r} has several labels in one cell: {example[:80]!r}, and {n_several:,} of the first "
        f"{n_rows:,} labeled rows have more than one. The question takes one label per item. Make a project for each "
        "label (yes or no) and import a column for it, keep the rows that have one label, or ignore the column and "
        "label anew."
    )
    return InvalidInput(message, code="several_labels", fields={"columns": [message]})


def _in_lists(values: Iterable[object], label: str) -> tuple[int, str]:
    n_several, example = 0, ""
    for value in values:
        try:
            read_one_label(value, label)
        except SeveralLabels as several:
            n_several += 1
            example = example or ", ".join(several.labels)
        except BadCell:
            continue
    return n_several, example


def _are_joined(texts: Sequence[str], cells: Sequence[str], separator: str) -> bool:
    """Whether the parts of these cells are classes of their own, in other cells or in other mixtures."""
    alone = {text.casefold() for text in texts if separator not in text}
    parts = [[part.strip().casefold() for part in cell.split(separator) if part.strip()] for cell in cells]
    if any(len(of_cell) < 2 for of_cell in parts) and separator != "#":
        return False
    flat = [part for of_cell in parts for part in of_cell]
    n_known = sum(part in alone for part in flat)
    is_sure = separator in ("|", ";", "#")
    if n_known > len(flat) / 2 or (is_sure and n_known == len(flat) / 2):
        return True
    if not is_sure:  # "bread, white" is one class: a comma alone says little
        return False
    mixtures = Counter(part for of_cell in {tuple(of_cell) for of_cell in parts} for part in set(of_cell))
    return len(cells) > 1 and sum(n > 1 for n in mixtures.values()) >= max(1, len(mixtures) / 3)


def check_no_token_labels(sample: Sample, label: str | None, kind: str, first: object = None) -> None:
    """Raises InvalidInput for labels of words or of regions: BIO files, lists of spans."""
    if kind == "csv" and _is_bio_file(sample, first):
        raise token_labels("each line is a word with its tag (BIO)")
    for name in sample.names:
        values = sample.column(name)
        stem = name.rpartition(".")[2].lower()
        if not values or (
            name != label
            and not (label is None and (stem in TOKEN_NAMES or stem in ("tags", "labels", "label")))
        ):
            continue
        if all(_has_spans(value) for value in values):
            raise token_labels(f"the column {name!r} marks places within an item")
        if all(_has_tags(value) for value in values) and any(_has_begin(value) for value in values):
            raise token_labels(f"the column {name!r} has a tag for each word")
        if stem in ("ner_tags", "pos_tags", "bio_tags") and all(
            isinstance(value, list | tuple) for value in values
        ):
            raise token_labels(f"the column {name!r} has a tag for each word")


def token_labels(what: str) -> InvalidInput:
    message = (
        f"These are labels of words or parts, not of whole items: {what}. Assay asks one question about a whole item. "
        "Import the sentences without tags, one a row, or turn the tags into one label per sentence. Of marks in pictures, "
        "import the pictures alone or with one class for each."
    )
    return InvalidInput(message, code="token_labels", fields={"columns": [message]})


def job_of_parts(kind: str) -> InvalidInput:
    return token_labels(f"the manifest is of a job of the kind {kind}")


def pictures_elsewhere(column: str, example: str) -> InvalidInput:
    message = (
        f"The column {column!r} holds addresses of pictures ({example[:80]}), and the pictures are not in the file. "
        "Download them and import them with this table as one folder or archive: the end of each address finds its "
        "picture. If the addresses themselves are the items, set the column's role: text, or feature."
    )
    return InvalidInput(message, code="pictures_elsewhere", fields={"columns": [message]})


def _is_bio_file(sample: Sample, first: object) -> bool:
    lines = [[text_of(cell) for cell in row] for row in sample.rows]
    if isinstance(first, list | tuple) and "column 1" not in first:  # a line that may be no header
        lines.insert(0, [text_of(cell) for cell in first])
    words = [" ".join(cells).split() for cells in lines]
    tags = [of_line[-1] for of_line in words if len(of_line) > 1]
    if not tags or len(tags) < MOSTLY * len(words):
        return False
    n_short = sum(len(of_line) <= 10 for of_line in words)  # a word with its tags, not a sentence
    return (
        n_short == len(words)
        and sum(bool(TOKEN_TAG.fullmatch(tag)) for tag in tags[1:]) >= MOSTLY * (len(tags) - 1)
        and sum(bool(BEGINS.fullmatch(tag)) for tag in tags) >= 2
    )


def _has_spans(value: object) -> bool:
    """[[0, 4, "ORG"], ...], or objects with a start and an end."""
    if not isinstance(value, list | tuple) or not value:
        return False
    return all(
        (
            isinstance(entry, list | tuple)
            and len(entry) == 3
            and all(isinstance(place, int) for place in entry[:2])
        )
        or (isinstance(entry, dict) and any(name in entry for name in ("start", "start_offset", "begin")))
        for entry in value
    )


def _tags(value: object) -> list[str]:
    if isinstance(value, str):
        return value.split()
    return [text_of(entry) for entry in value] if isinstance(value, list | tuple) else []


def _has_tags(value: object) -> bool:
    tags = _tags(value)
    return len(tags) > 1 and all(TOKEN_TAG.fullmatch(tag) for tag in tags)


def _has_begin(value: object) -> bool:
    return any(BEGINS.fullmatch(tag) for tag in _tags(value))
