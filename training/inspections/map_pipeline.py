"""The map of an inspection: up to 100,000 items on a plane, with what they are coloured by."""

from __future__ import annotations

import gzip
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from labeling.models import Label, Project
from training.data.packed import PackedItems
from training.data.snapshot import Snapshot
from training.inspections.rules.features import feature_maker, learner_features
from training.inspections.rules.map import N_PLACED, N_POINTS, PlaneMap, sample_rows
from training.learners.errors import LearnerError
from training.models import Round
from training.models.querysets import finished_rounds, human_labels
from training.rounds.fitted import learner_load
from training.rounds.predictions import predictions_read

logger = logging.getLogger(__name__)

FEATURE_ROWS = 8_192  # items whose features are in memory at once
SCALE = 10_000  # places of -1 to 1 are stored as whole numbers of this
SOURCES = ("unlabeled", "machine", "human")

IntArray = npt.NDArray[np.int64]
Tell = Callable[[int, int], None]


@dataclass(frozen=True)
class DrawnMap:
    """points: gzipped JSON of equally long lists, one entry for each item (MapOutput in training/inspections/serializers.py)."""

    findings: dict[str, Any]
    points: bytes
    round: Round | None  # whose model made the features


def draw_map(
    project: Project, snapshot: Snapshot, packed: PackedItems, *, seed: int, on_progress: Tell
) -> DrawnMap:
    """A sample of the items on a plane, small groups in full. May raise what `on_progress` raises."""
    facts = _facts(project, snapshot, packed)
    rows = sample_rows(facts.source, n=N_POINTS, random_state=seed)
    is_placed = np.isin(rows, _rows_for_tsne(facts.source, rows, seed))
    makers = _feature_maker(project, packed, rows[is_placed], seed)
    plane = PlaneMap(random_state=seed).fit(makers.first)
    places = np.zeros((len(rows), 2))
    places[is_placed] = plane.places_
    others = np.flatnonzero(~is_placed)
    for start in range(0, len(others), FEATURE_ROWS):
        block = others[start : start + FEATURE_ROWS]
        places[block] = plane.place(makers.make(packed.take(rows[block])))
        on_progress(int(is_placed.sum()) + start + len(block), len(rows))
    of = "the last model's features" if makers.round is not None else "the items' own features"
    how = (
        f" {int(is_placed.sum()):,} of them are placed by t-SNE, the others between the nearest of those."
        if len(others)
        else ""
    )
    return DrawnMap(
        findings={
            "n_items": len(packed),
            "n_points": len(rows),
            "sentence": (
                f"{len(rows):,} of {len(packed):,} items by {of}; near ones are alike, the distance between far "
                f"ones means nothing.{how} Parts of the map without a label by people are where the next labels "
                "teach most."
            ),
        },
        points=_points(packed.ids[rows], places, facts, rows),
        round=makers.round,
    )


def _rows_for_tsne(source: npt.NDArray[Any], rows: IntArray, seed: int) -> IntArray:
    """Those of the rows that t-SNE places."""
    return rows[sample_rows(source[rows], n=N_PLACED, random_state=seed)]


@dataclass(frozen=True)
class _Facts:
    """What every packed item is coloured by."""

    source: npt.NDArray[np.int8]  # place in SOURCES
    class_id: IntArray  # of the label that stands; 0: none
    confidence: npt.NDArray[np.float64]  # of the newest round with predictions; -1: not predicted
    round: (
        IntArray  # place in round_names of the round that labeled it, or after which a person did; -1: none
    )
    round_names: list[str]


def _facts(project: Project, snapshot: Snapshot, packed: PackedItems) -> _Facts:
    n = len(packed)
    source, class_id = np.zeros(n, dtype=np.int8), np.zeros(n, dtype=np.int64)
    confidence, round_place = np.full(n, -1.0), np.full(n, -1, dtype=np.int64)
    rounds = list(finished_rounds(project.pk).select_related("run").defer("metrics", "confidences"))[::-1]
    place_of = {round.source_id: place for place, round in enumerate(rounds)}

    machine = Label.objects.filter(project=project).current().filter(is_human=False).order_by("item_id")
    said = list(machine.values_list("item_id", "label_class_id", "source_id"))
    if said:
        item_ids, class_ids, source_ids = (
            np.array(column, dtype=np.int64) for column in zip(*said, strict=True)
        )
        known = np.isin(item_ids, packed.ids)
        at = packed.rows_of(item_ids[known])
        source[at], class_id[at] = SOURCES.index("machine"), class_ids[known]
        round_place[at] = [place_of.get(source_id, -1) for source_id in source_ids[known].tolist()]
    if rounds and (newest := next((one for one in rounds[::-1] if one.pruned_at is None), None)) is not None:
        past = predictions_read(newest)
        known = np.isin(past.item_ids, packed.ids)
        confidence[packed.rows_of(past.item_ids[known])] = past.confidence[known]
    for labeled in (snapshot.human, snapshot.holdout, snapshot.test):
        source[labeled.rows] = SOURCES.index("human")
        class_id[labeled.rows] = np.array(snapshot.class_ids)[labeled.columns]
        round_place[labeled.rows] = -1
        confidence[labeled.rows] = -1
    ended = [round.finished_at.timestamp() for round in rounds if round.finished_at is not None]
    people = human_labels(project.pk).order_by("item_id").values_list("item_id", "created_at")
    when = [(item_id, at.timestamp()) for item_id, at in people.iterator(chunk_size=10_000)]
    if when and len(ended) == len(rounds):
        item_ids = np.array([item_id for item_id, _ in when], dtype=np.int64)
        after = np.searchsorted(np.array(ended), [at for _, at in when]) - 1
        known = np.isin(item_ids, packed.ids)
        round_place[packed.rows_of(item_ids[known])] = after[known]
    names = [f"{round.run.number}.{round.number}" for round in rounds]
    return _Facts(source, class_id, confidence, round_place, names)


def _points(item_ids: IntArray, places: npt.NDArray[np.float64], facts: _Facts, rows: IntArray) -> bytes:
    across, up = np.rint(places * SCALE).astype(np.int64).T
    confidence = facts.confidence[rows]
    body = {
        "item_ids": item_ids.tolist(),
        "x": across.tolist(),
        "y": up.tolist(),
        "sources": facts.source[rows].tolist(),
        "class_ids": facts.class_id[rows].tolist(),
        "confidences": np.where(confidence < 0, -1, np.floor(confidence * 1000)).astype(np.int64).tolist(),
        "rounds": facts.round[rows].tolist(),
        "round_names": facts.round_names,
    }
    return gzip.compress(json.dumps(body, separators=(",", ":")).encode(), compresslevel=6, mtime=0)


@dataclass(frozen=True)
class _Maker:
    make: Callable[[Any], Any]
    first: Any  # features of the rows that the map is made of
    round: Round | None


def _feature_maker(project: Project, packed: PackedItems, rows: IntArray, seed: int) -> _Maker:
    """Features by the newest model that can be read, else of the items themselves."""
    X, item_type = packed.take(rows), project.form
    for made in finished_rounds(project.pk).exclude(artifact="")[:1]:
        try:
            learner = learner_load(made)
            first = learner_features(learner, X, item_type=item_type)
        except LearnerError as error:  # another version's model, or images of another size
            logger.warning("The model of round %s gives no features: %s", made.pk, error.message)
            break
        if first is not None:
            return _Maker(partial(learner_features, learner, item_type=item_type), first, made)
    make, first = feature_maker(X, item_type=item_type, random_state=seed)
    return _Maker(make, first, None)
