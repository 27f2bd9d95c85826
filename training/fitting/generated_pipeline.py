"""Draws images with a round's learner, and measures how well a classifier tells them from real ones."""

from __future__ import annotations

import base64
import io
import logging
import math
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from labeling.models import ItemType
from training.data.packed import PackedItems
from training.data.snapshot import Snapshot
from training.inspections.rules.drift import TwoSample, two_sample_test
from training.learners.base import Learner
from training.learners.errors import LearnerError
from training.learners.features import image_vectors
from training.models import Round
from training.rounds.generated import ByClass, generated_save
from training.rounds.predictions import Predictions

logger = logging.getLogger(__name__)

N_PER_CLASS = 10  # stored, drawn and real
MAX_STORED = 400  # drawn images stored in all, about 2 MB at 64 x 64 pixels in colour
N_JUDGED = 500  # drawn images that are measured, of all classes together
MAX_SIDE = 64  # of a stored image; larger ones are scaled down

Images = npt.NDArray[np.uint8]
IntArray = npt.NDArray[np.int64]


def can_generate(learner: Learner, item_type: str) -> bool:
    return item_type == ItemType.IMAGE and callable(getattr(learner, "sample", None))


def generated_store(
    round: Round, learner: Any, packed: PackedItems, snapshot: Snapshot, predictions: Predictions
) -> dict[str, Any]:
    """A few drawn images of each class lie beside the round's model; returns what the round says of them.

    {"n_drawn", "two_sample" or None, "sentence"}. Pictures are an extra: a learner that has learned no
    drawing, or draws what cannot be shown, says so in the sentence, nothing is stored, and the round goes on.
    """
    seed = round.run.seed + round.number - 1
    try:
        images, columns = _drawn(learner, packed, snapshot, seed=seed)
    except LearnerError as error:
        return {"n_drawn": 0, "two_sample": None, "sentence": str(error)}
    except Exception as error:  # a learner of another package: its classes may be right all the same
        logger.exception("%s.sample failed", type(learner).__name__)
        sentence = f"No images are shown: the learner's `sample` failed. {type(error).__name__}: {error}"
        return {"n_drawn": 0, "two_sample": None, "sentence": sentence[:500]}
    generated_save(round, _examples(images, columns, packed, snapshot))
    test = _told_apart(images, columns, packed, *_known_rows(snapshot, predictions), seed=seed)
    return {
        "n_drawn": len(images),
        "two_sample": test.as_json() if test else None,
        "sentence": two_sample_sentence(test),
    }


def two_sample_sentence(test: TwoSample | None) -> str:
    """What the test says about the drawn images, and what it does not."""
    if test is None:
        return "There are fewer than 20 real images of the drawn classes; too few to compare."
    if test.low <= 0.5:
        verdict = "It cannot tell them apart: by what this classifier sees, they look real."
    elif test.low < 0.9:
        verdict = "It tells some of them apart: they look real in part. Do not take them for data."
    else:
        verdict = "It tells nearly all of them apart: they show what the model has learned, not what items look like."
    return (
        f"A classifier that was trained to tell generated images from real ones is right for {test.accuracy:.0%} of "
        f"{test.n} that it had not seen (95% interval {test.low:.0%} to {test.high:.0%}; guessing gives 50%). {verdict}"
    )


def _drawn(learner: Any, packed: PackedItems, snapshot: Snapshot, *, seed: int) -> tuple[Images, IntArray]:
    """(images, columns) that the learner draws. Raises LearnerError where they are not what `sample` promises."""
    n_each = max(N_PER_CLASS, math.ceil(N_JUDGED / len(snapshot.classes)))
    drawn, names = learner.sample(n_each, random_state=seed)
    images, of_classes = np.asarray(drawn), np.asarray(names)
    shape = packed.take(snapshot.human.rows[:1]).shape[1:]
    if images.dtype != np.uint8 or images.shape[1:] != shape or of_classes.shape != (len(images),):
        raise LearnerError(
            f"No images are shown: the learner's `sample` returned {images.dtype} of shape {images.shape} with classes "
            f"of shape {of_classes.shape}; it must be uint8 of shape (n, {', '.join(map(str, shape))}) with n classes."
        )
    position = {name: column for column, name in enumerate(snapshot.class_names)}
    strangers = set(of_classes.tolist()) - set(position)
    if strangers:
        named = ", ".join(sorted(map(repr, strangers)))
        raise LearnerError(
            f"No images are shown: the learner's `sample` named classes that the project lacks: {named:.300}"
        )
    return images, np.array([position[name] for name in of_classes.tolist()], dtype=np.int64)


def _examples(images: Images, columns: IntArray, packed: PackedItems, snapshot: Snapshot) -> ByClass:
    """The first drawn images of each class, and as many items that people gave it."""
    n = max(1, min(N_PER_CLASS, MAX_STORED // len(snapshot.classes)))
    return [
        {
            "class_id": class_id,
            "generated": [_as_uri(image) for image in images[columns == column][:n]],
            "item_ids": packed.ids[snapshot.human.rows[snapshot.human.columns == column][:n]].tolist(),
        }
        for column, class_id in enumerate(snapshot.class_ids)
    ]


def _known_rows(snapshot: Snapshot, predictions: Predictions) -> tuple[IntArray, IntArray]:
    """(rows, columns) of the images that were trained on: as people labeled them, else as the round predicts."""
    position = {class_id: column for column, class_id in enumerate(snapshot.class_ids)}
    predicted = np.array([position[class_id] for class_id in predictions.class_ids.tolist()], dtype=np.int64)
    rows = np.concatenate([snapshot.human.rows, snapshot.pool_rows])
    return rows, np.concatenate([snapshot.human.columns, predicted])


def _told_apart(
    images: Images, columns: IntArray, packed: PackedItems, rows: IntArray, of_rows: IntArray, *, seed: int
) -> TwoSample | None:
    """The classifier two-sample test (Lopez-Paz and Oquab 2017) of drawn against real pixels.

    Equally many of both in every class, so that how often a class comes gives nothing away.
    """
    draw = np.random.default_rng(seed)
    drawn, real = [np.empty(0, dtype=np.int64)], [np.empty(0, dtype=np.int64)]
    for column in np.unique(columns):
        of_class, same = np.flatnonzero(columns == column), rows[of_rows == column]
        n = min(len(of_class), len(same))
        drawn.append(of_class[:n])
        real.append(draw.choice(same, n, replace=False))
    real_images = packed.take(np.sort(np.concatenate(real)))
    return two_sample_test(
        image_vectors(real_images), image_vectors(images[np.concatenate(drawn)]), random_state=seed
    )


def _as_uri(image: Images) -> str:
    """A PNG as a data URI, 64 pixels a side at most."""
    picture = Image.fromarray(image)
    picture.thumbnail((MAX_SIDE, MAX_SIDE))
    file = io.BytesIO()
    picture.save(file, "PNG")
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()
