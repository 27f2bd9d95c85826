"""Columns of addresses: of pictures that are somewhere else, not in the file. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

from labeling.formats.columns.columns import roles_with
from labeling.formats.columns.kinds import looks_like_files
from labeling.formats.columns.names import words
from labeling.formats.layouts import refusals
from labeling.formats.layouts.layout import Sample
from labeling.formats.rows import ColumnRole

ADDRESS = re.compile(r"(?i)(https?|ftp|s3|gs|wasbs?|abfss?|hdfs)://\S+$")
PICTURE_WORDS = frozenset({"image", "img", "photo", "picture", "pic", "thumbnail", "bild", "foto"})
MOSTLY = 0.8


def set_aside(sample: Sample, roles: dict[str, str], why: dict[str, str], chosen: Mapping[str, str]) -> None:
    """Addresses of pictures are no features: one at each row tells learners nothing.

    `chosen`: roles that somebody set, which stay. Raises InvalidInput where nothing else would be left of the items.
    """
    features = [name for name, role in roles_with(roles, chosen).items() if role == ColumnRole.FEATURE]
    found = [name for name in features if name not in chosen and are_of_pictures(sample, name)]
    if found and len(found) == len(features):
        raise refusals.pictures_elsewhere(found[0], str(sample.column(found[0])[0]))
    for name in found:
        roles[name] = str(ColumnRole.EXTRA)
        why[name] = "addresses of pictures, which are not in the file; kept for people to see"


def are_of_pictures(sample: Sample, name: str) -> bool:
    values = [value.strip() for value in sample.column(name) if isinstance(value, str)]
    if not values or sum(bool(ADDRESS.fullmatch(value)) for value in values) < MOSTLY * len(values):
        return False
    paths = [re.split(r"[?#]", value)[0] for value in values]
    return bool(PICTURE_WORDS.intersection(words(name))) or looks_like_files(paths)
