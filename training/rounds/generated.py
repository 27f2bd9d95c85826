"""The images that a round's learner drew, as they lie beside its model. They are no items: no label, no export.

Written by training/fitting/generated_pipeline.py; read here by web processes.
"""

from __future__ import annotations

import json
from typing import Any

from labeling.storing.storage import store, stored_bytes
from training.models import Round
from training.rounds.artifacts import artifact_name

# [{"class_id": 3, "generated": ["data:image/png;base64,...", ...], "item_ids": [real ones of this class, ...]}, ...]
ByClass = list[dict[str, Any]]


def generated_save(round: Round, by_class: ByClass) -> None:
    """They are in the storage, in the folder of the round's model, and go when it goes."""
    store(_place(round), json.dumps(by_class).encode())


def generated_read(round: Round) -> ByClass:
    """What the round's learner drew, in the order of the classes; empty where it drew nothing."""
    try:
        found: ByClass = json.loads(stored_bytes(_place(round)))
    except FileNotFoundError:
        return []
    return found


def _place(round: Round) -> str:
    return f"{artifact_name(round)}/generated.json"
