"""The frozen order of an attempt's candidates: by an error score learned from answers, where there are enough.

Each answer is held against the newest prediction that was made before it, so the score is judged on
predictions that could not know the answer. Audits of an attempt that has ended are answers like others; those
of this one do not exist yet.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from django.db import connection

from labeling.labels.selectors import NO_HUMAN_LABEL
from review.certification.ranking import MIN_ANSWERS, ErrorScores, error_scores
from review.models import Attempt
from training.models import Round

MAX_WEIGHT = 100.0  # of an answer: one that was picked with a smaller chance counts no more
CONFIDENCE = "confidence: fewer than 100 answers with a prediction before them to learn from"

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True)
class _Rows:
    """Predictions, (n,) each."""

    classes: IntArray  # predicted, ids
    confidence: FloatArray
    margin: FloatArray

    def probabilities(self, class_ids: list[int]) -> FloatArray:
        """(n, n_classes) that have these predicted classes, confidences and margins; the rest is shared evenly."""
        n_classes = len(class_ids)
        places = np.searchsorted(np.array(sorted(class_ids)), self.classes)
        second = np.clip(self.confidence - self.margin, 0.0, 1.0)
        each = np.arange(len(places))
        rest = np.clip(1 - self.confidence - second, 0.0, 1.0) / max(1, n_classes - 2)
        found = np.repeat(rest[:, None], n_classes, axis=1)
        if n_classes > 1:
            found[each, (places + 1) % n_classes] = second
        found[each, places] = self.confidence
        return found


def candidates_rank(attempt: Attempt, round: Round) -> str:
    """Every pool item with a prediction and no human label has its rank; returns what it was ranked by.

    Ties are broken by the attempt's salt alone.
    """
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS attempt_score")
        cursor.execute(
            "CREATE TEMPORARY TABLE attempt_score (item_id bigint, score float8, p_right float8) ON COMMIT DROP"
        )
    ranked_by = _learn(attempt, round)
    source = "attempt_score"
    if not ranked_by:
        ranked_by = CONFIDENCE
        source = """(SELECT item_id, confidence + 1e-6 * margin AS score, confidence AS p_right
            FROM training_prediction WHERE round_id = %(round)s)"""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO review_frozen (attempt_id, rank, item_id, label_class_id, confidence)
            SELECT %(attempt)s,
                   row_number() OVER (ORDER BY scored.score DESC, md5(%(salt)s || ':rank:' || item.key), item.id),
                   item.id, prediction.label_class_id, scored.p_right
            FROM {source} scored
            JOIN training_prediction prediction
              ON prediction.round_id = %(round)s AND prediction.item_id = scored.item_id
            JOIN labeling_item item ON item.id = prediction.item_id
            JOIN labeling_labelclass class ON class.id = prediction.label_class_id
            WHERE item.project_id = %(project)s AND item.split = 'pool'
              AND {NO_HUMAN_LABEL.format(item="item.id")}
            """,
            {"attempt": attempt.pk, "salt": attempt.salt, "round": round.pk, "project": attempt.project_id},
        )
    return ranked_by


def _learn(attempt: Attempt, round: Round) -> str:
    """The scores are in the temporary table, and what they are is returned; "" if there is too little to learn from."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT item_id, label_class_id, confidence, margin FROM training_prediction WHERE round_id = %s",
            [round.pk],
        )
        found = np.array(cursor.fetchall(), dtype=np.float64).reshape(-1, 4)
    class_ids = sorted(each["id"] for each in attempt.classes)
    found = found[np.isin(found[:, 1], class_ids)]
    learned = scores_learn(attempt.project_id, class_ids, found[:, 1:])
    if learned is None:
        return ""
    scores, n_answers = learned
    with (
        connection.cursor() as cursor,
        cursor.copy("COPY attempt_score (item_id, score, p_right) FROM STDIN") as copy,
    ):
        for row in zip(
            found[:, 0].astype(np.int64).tolist(), scores.score.tolist(), scores.p_right.tolist(), strict=True
        ):
            copy.write_row(row)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE attempt_score")
    return f"{scores.name} (learned from {n_answers:,} answers; {scores.why})"[:200]


def scores_learn(
    project_id: int, class_ids: list[int], predicted: FloatArray
) -> tuple[ErrorScores, int] | None:
    """How sure each prediction is, by people's answers, and how many these are.

    None if too few were predicted before, or nothing is left to predict.

    class_ids  ascending
    predicted  (M, 3) class id, one of class_ids; confidence; margin
    """
    answered, is_right, weight = _answered(project_id, class_ids)
    if len(is_right) < MIN_ANSWERS or len(predicted) == 0:
        return None
    rows = _Rows(predicted[:, 0].astype(np.int64), predicted[:, 1], predicted[:, 2])
    scores = error_scores(
        answered=answered.probabilities(class_ids),
        is_right=is_right,
        candidates=rows.probabilities(class_ids),
        weight=weight,
    )
    return scores, len(is_right)


def _answered(project_id: int, class_ids: list[int]) -> tuple[_Rows, npt.NDArray[np.bool_], FloatArray]:
    """People's standing labels that a prediction was made before; was it right; one over the chance of the pick."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT DISTINCT ON (human.item_id)
                   prediction.label_class_id, prediction.confidence, prediction.margin,
                   prediction.label_class_id = human.label_class_id, coalesce(entry.probability, 1.0)
            FROM labeling_label human
            JOIN labeling_item item ON item.id = human.item_id AND item.split IN ('pool', 'holdout')
            JOIN training_run run ON run.project_id = human.project_id
            JOIN training_round round ON round.run_id = run.id AND round.finished_at < human.created_at
            JOIN training_prediction prediction
              ON prediction.round_id = round.id AND prediction.item_id = human.item_id
            LEFT JOIN review_answer answer ON answer.label_id = human.id
            LEFT JOIN review_entry entry ON entry.id = answer.entry_id
            WHERE human.project_id = %(project)s AND human.is_human AND human.retired_at IS NULL
              AND prediction.label_class_id = ANY(%(classes)s)
            ORDER BY human.item_id, round.id DESC
            """,
            {"project": project_id, "classes": class_ids},
        )
        found = np.array(cursor.fetchall(), dtype=np.float64).reshape(-1, 5)
    rows = _Rows(found[:, 0].astype(np.int64), found[:, 1], found[:, 2])
    return rows, found[:, 3].astype(bool), np.minimum(MAX_WEIGHT, 1 / found[:, 4])
