"""Hugging Face data sets: class numbers in the rows, their names in the metadata of the Parquet file. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from labeling.formats.layouts.layout import Layout, Sample
from labeling.formats.rows import ColumnRole
from labeling.web.json_reading import read_json


def class_names_of(metadata: Mapping[bytes, bytes] | None) -> dict[str, list[str]]:
    """Column -> class names in order of their numbers, from a schema's metadata; {} where it names none."""
    try:
        features = read_json((metadata or {}).get(b"huggingface", b"{}"))["info"]["features"]
    except (ValueError, KeyError, TypeError):
        return {}
    found: dict[str, list[str]] = {}
    for name, feature in features.items() if isinstance(features, dict) else []:
        names = _names(feature)
        if names:
            found[name] = names
    return found


def _names(feature: object) -> list[str]:
    if isinstance(feature, list):
        return _names(feature[0]) if feature else []
    if not isinstance(feature, Mapping):
        return []
    if feature.get("_type") == "ClassLabel":
        names = feature.get("names")
        if isinstance(names, dict):  # as dataset_info of old versions writes them
            names = [
                names[key] for key in sorted(names, key=lambda key: int(key) if str(key).isdigit() else 0)
            ]
        return [str(name) for name in names] if isinstance(names, list) else []
    return _names(feature.get("feature"))


def recognise(sample: Sample, class_names: Mapping[str, list[str]]) -> Layout | None:
    here = {name: names for name, names in class_names.items() if name in sample.names}
    if not here:
        return None
    layout = Layout("hugging-face", class_names=here, labels_from="person")
    named = sample.only(list(here)).first_of(["label", "labels", "coarse_label", "target", "class"])
    label = named or next(iter(here))
    layout.claim(label, ColumnRole.LABEL, "numbers of classes, whose names are in the file's metadata")
    for name in here:
        layout.claim(name, ColumnRole.IGNORE, "another class column; only one can be the label")
    return layout
