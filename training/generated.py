"""The images that a round's learner drew, as they lie beside its model. They are no items: no label, no export.

Written by training/generated_pipeline.py; read here by web processes.
"""

from __future__ import annotations

import json
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from training.artifacts import artifact_name
from training.models import Round

# [{"class_id": 3, "generated": ["data:image/png;base64,...", ...], "item_ids": [real ones of this class, ...]}, ...]
ByClass = list[dict[str, Any]]


def generated_save(round: Round, by_class: ByClass) -> None:
    """They are in the storage, in the folder of the round's model, and go when it goes."""
    default_storage.save(_place(round), ContentFile(json.dumps(by_class).encode()))


def generated_read(round: Round) -> ByClass:
    """What the round's learner drew, in the order of the classes; empty where it drew nothing."""
    try:
        with default_storage.open(_place(round)) as file:
            found: ByClass = json.load(file)
    except FileNotFoundError:
        return []
    return found


def _place(round: Round) -> str:
    return f"{artifact_name(round)}/generated.json"
