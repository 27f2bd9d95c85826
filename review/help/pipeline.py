"""What a training worker adds to a queue that a round has filled: explanations for those who answer.

For each open entry that is not asked blind: the labeled items nearest to it in the model's features, and of a
text the words that weigh most. A help and no more, so that it takes a bounded time and whatever it cannot do it
leaves out: nothing waits for it.
"""

from __future__ import annotations

import logging
import time
from typing import Any

import numpy as np
import numpy.typing as npt
from django.utils import timezone

from labeling.errors import AssayError
from labeling.models import ItemType, Project
from review.models import Entry, EntryState, Explanation, Refill
from review.reasons import reasons_that
from training.data.packed import PackedItems, packed_open
from training.inspections.rules.features import feature_maker, learner_features
from training.inspections.rules.nearest import nearest
from training.inspections.rules.weighty_words import weighty_words
from training.learners.errors import LearnerError
from training.models import Round
from training.models.querysets import training_labels
from training.rounds.fitted import learner_load

logger = logging.getLogger(__name__)

N_ENTRIES = 1_000  # of a queue, those that are handed out first
N_LABELED = 20_000  # of people's labels, the newest, that are compared with
N_NEAREST = 4
WORDS_SECONDS = 30.0  # for the words of all texts of a queue; the first entries come first

IntArray = npt.NDArray[np.int64]


def queue_explain(refill_id: int) -> None:
    """The entries that stand since this refill have explanations by its round's model, as far as there is time.

    Whatever goes wrong with the model is logged, and the queue stays without: it must not be tried for ever.
    """
    refill = Refill.objects.select_related("project", "round__run").get(pk=refill_id)
    if refill.round is not None and refill.explained_at is None:
        try:
            _explain(refill.project, refill.round)
        except (AssayError, LearnerError) as error:
            logger.warning("The queue of project %s has no explanations: %s", refill.project_id, error)
    Refill.objects.filter(pk=refill_id).update(explained_at=timezone.now())


def _explain(project: Project, round: Round) -> None:
    entries = Entry.objects.filter(
        project=project,
        state=EntryState.OPEN,
        is_blind=False,
        reason__in=reasons_that("shows_guess"),
        round=round,
    ).exclude(item__explanation__round=round)
    item_ids = list(entries.order_by("-priority", "pk").values_list("item", flat=True)[:N_ENTRIES])
    if not item_ids:
        return
    packed = packed_open(project, image_size=round.run.params.get("image_size") or None)
    learner = learner_load(round)
    found = _nearest(project, learner, packed, item_ids)
    words = _words(learner, packed, item_ids) if project.form == ItemType.TEXT else {}
    Explanation.objects.filter(project=project).exclude(round=round).delete()
    Explanation.objects.bulk_create(
        [
            Explanation(
                item_id=item_id,
                project=project,
                round=round,
                nearest=found.get(item_id, []),
                words=words.get(item_id),
            )
            for item_id in item_ids
        ],
        ignore_conflicts=True,  # another worker was there first
    )


def _nearest(
    project: Project, learner: Any, packed: PackedItems, item_ids: list[int]
) -> dict[int, list[tuple[int, float]]]:
    newest = training_labels(project.pk).order_by("-pk").values_list("item", flat=True)[:N_LABELED]
    labeled = np.sort(np.array(newest, dtype=np.int64))
    asked = np.sort(np.array(item_ids, dtype=np.int64))
    if len(labeled) == 0:
        return {}
    known, queries = packed.take(packed.rows_of(labeled)), packed.take(packed.rows_of(asked))
    points, others = _points(learner, known, queries, project.form)
    rows, cosines = nearest(others, points, n=N_NEAREST + 1)
    return {
        int(item_id): [
            (int(labeled[row]), round(float(cosine), 4))
            for row, cosine in zip(of_item, alike, strict=True)
            if labeled[row] != item_id  # it was labeled meanwhile
        ][:N_NEAREST]
        for item_id, of_item, alike in zip(asked, rows, cosines, strict=True)
    }


def _points(learner: Any, known: Any, queries: Any, item_type: str) -> tuple[Any, Any]:
    """(n_labeled, d) and (n_asked, d): the model's features where it has some, else those of the items themselves."""
    points = learner_features(learner, known, item_type=item_type)
    if points is not None:
        return points, learner_features(learner, queries, item_type=item_type)
    make, points = feature_maker(known, item_type=item_type)
    return points, make(queries)


def _words(learner: Any, packed: PackedItems, item_ids: list[int]) -> dict[int, list[tuple[str, float]]]:
    """In the order given, until WORDS_SECONDS are over."""
    until = time.monotonic() + WORDS_SECONDS
    words: dict[int, list[tuple[str, float]]] = {}
    for item_id in item_ids:
        if time.monotonic() > until:
            logger.info("The words of %s of %s texts were looked for in time.", len(words), len(item_ids))
            break
        (text,) = packed.take(packed.rows_of(np.array([item_id], dtype=np.int64)))
        found = weighty_words(
            text, predict=lambda texts: learner.predict_proba(np.array(texts, dtype=object))
        )
        words[item_id] = [(one.word, round(one.weight, 3)) for one in found]
    return words
