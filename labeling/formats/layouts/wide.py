"""Tables with one column for each person who labeled: rater_1, rater_2, ... Pure."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from functools import partial

from labeling.formats.layouts.layout import Layout, Sample, text_of
from labeling.formats.layouts.values import read_one_label
from labeling.formats.rows import ColumnRole, Said, SaidKind

PERSON = re.compile(r"(?i)((?:annotator|annotation|rater|rating|labell?er|label|coder|judge|worker|expert|vote|answer)s?)"
                    r"[ _.-]*(\d{1,3}|[a-h])$")  # fmt: skip
MIN_PEOPLE = 2
MAX_CLASSES = 30


def recognise(sample: Sample) -> Layout | None:
    """Two or more columns of one stem that hold the same few classes."""
    stems: dict[str, list[str]] = defaultdict(list)
    for name in sample.names:
        match = PERSON.fullmatch(name.strip())
        if match:
            stems[match[1].lower()].append(name)
    people = next(
        (names for names in stems.values() if len(names) >= MIN_PEOPLE and _share_classes(sample, names)),
        None,
    )
    if (
        people is None
        or sample.first_of(["label", "gold", "majority", "consensus", "class", "target"]) is not None
    ):
        return None
    layout = Layout("crowd", labels_from="person")
    for place, name in enumerate(people):
        layout.claim(name, ColumnRole.IGNORE if place else ColumnRole.LABEL, "one person's labels")
    layout.needs = tuple(people)
    layout.hear = partial(_hear, people=people)
    layout.notes.append(f"{len(people)} columns are one person's labels each: {', '.join(people[:10])}.")
    return layout


def _share_classes(sample: Sample, names: list[str]) -> bool:
    """Whether all hold texts out of one small set, some of which others hold as well."""
    found = [{text_of(value) for value in sample.column(name)} for name in names]
    everything = set().union(*found)
    n_values = sum(len(sample.column(name)) for name in names)
    is_few = len(everything) <= min(MAX_CLASSES, max(2, n_values / 2))
    others = [set().union(*found[:place], *found[place + 1 :]) for place in range(len(found))]
    is_shared = all(one & other for one, other in zip(found, others, strict=True))
    return is_few and is_shared and all(len(text) <= 60 for text in everything)


def _hear(record: Mapping[str, object], *, people: list[str]) -> list[Said]:
    said = []
    for name in people:
        label = read_one_label(record.get(name), name)
        if label is not None:
            said.append(Said(SaidKind.LABEL, label, True, name))
    return said
