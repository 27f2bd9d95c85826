"""A file's round is measured again as people's answers come, since no later round of the same file ever would be.

Its predictions and their calibration stay as they were made; what the holdout says of them is brought up to date.
"""

from __future__ import annotations

import logging
from typing import Any

from django.db import transaction

from labeling.database.statistics import statistics_refresh
from labeling.imports.writing.predicted import PREDICTIONS
from labeling.models import LabelClass, Split
from training.data.snapshot import Snapshot
from training.filed.told import Probabilities, filed_snapshot, ids_of, told_read
from training.fitting import evaluation
from training.models import Round, RoundState
from training.rounds.predictions import measured_write
from training.rules.calibration import Calibration, apply_temperature
from training.rules.thresholds import confidence_counts, threshold_table

logger = logging.getLogger(__name__)


@transaction.atomic
def filed_round_measure(round_id: int) -> None:
    """The round's measures are those of the holdout and the test set as people label them now.

    Nothing is done where classes were added or taken away since: what was counted by class would not fit.
    """
    rounds = Round.objects.select_for_update(of=("self",), no_key=True).select_related(
        "run__project", "run__takes_in"
    )
    round = rounds.exclude(state=RoundState.RUNNING).filter(pk=round_id, pruned_at__isnull=True).first()
    if round is None or round.run.takes_in is None or PREDICTIONS not in round.run.takes_in.details:
        return
    run = round.run
    classes = tuple(run.project.classes.all())
    told = told_read(run, classes, splits=[Split.HOLDOUT, Split.TEST])
    snapshot, places = filed_snapshot(run, classes, told)
    metrics = round.metrics
    metrics["made_elsewhere"] |= {"last_human_label_id": snapshot.last_human_label_id}
    if snapshot.class_ids == metrics["class_ids"]:
        _measure(round, classes, snapshot, [told.take(places[name]) for name in (Split.HOLDOUT, Split.TEST)])
    round.save(update_fields=["metrics", "confidences"])
    logger.info("Round %s is measured again, on %s items of the holdout.", round.pk, len(snapshot.holdout))


def _measure(round: Round, classes: tuple[LabelClass, ...], snapshot: Snapshot, told: list[Any]) -> None:
    probabilities, class_ids = Probabilities(round.run, classes), ids_of(classes)
    holdout, test = (probabilities.of(each) for each in told)
    calibration = Calibration(round.temperature, round.metrics["calibration"]["why"])
    round.metrics |= evaluation.measure_labeled(snapshot, holdout=holdout, test=test, calibration=calibration)
    sure = {
        False: apply_temperature(holdout, round.temperature),
        True: apply_temperature(test, round.temperature),
    }
    counted = evaluation.count_holdout(snapshot, sure[False])
    round.metrics["thresholds"] = [
        now | {name: was[name] for name in ("n_accepted", "share")}
        for was, now in zip(
            round.metrics["thresholds"],
            threshold_table(
                confidence=[],
                holdout_confidence=counted["holdout_confidence"],
                holdout_is_right=counted["holdout_is_right"],
            ),
            strict=True,
        )
    ]
    again = confidence_counts(predicted=[], confidence=[], class_ids=snapshot.class_ids, **counted)
    pool = {each["class_id"]: each["pool"] for each in round.confidences["classes"]}
    round.confidences = {
        "n_pool": round.confidences["n_pool"],
        "n_holdout": again["n_holdout"],
        "classes": [each | {"pool": pool.get(each["class_id"], [])} for each in again["classes"]],
    }
    for is_test, labeled in ((False, snapshot.holdout), (True, snapshot.test)):
        measured_write(
            round,
            is_test=is_test,
            item_ids=labeled.rows,
            truth_ids=class_ids[labeled.columns],
            calibrated=sure[is_test],
            class_ids=class_ids,
        )
    statistics_refresh("training_measuredprediction", n_rows=len(snapshot.holdout))
