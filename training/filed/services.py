"""Predictions that came by file: which are to be a round, and which are none any more. Loads no array library.

What a machine of elsewhere said comes in as labels of a source (labeling/imports/writing/pipeline.py), which says that they
are predictions. A run without learning takes them in: one round, whose source that is. When the import is undone,
the source no longer says so, and the round goes the way of old ones. docs/decisions/0027.
"""

from __future__ import annotations

import logging

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from labeling.errors import Conflict
from labeling.imports.writing.predicted import PREDICTIONS
from labeling.leaving import undo_is_open
from labeling.models import Import, Project, Source, SourceKind
from training.models import Round, RoundState, Run, Trigger
from training.models.querysets import human_labels
from training.rounds.standing import IS_STANDING
from training.rules.policies import policy, policy_json
from training.runs.rows import next_number

logger = logging.getLogger(__name__)

MEASURE_AFTER = 20  # labels by people since a round of a file was measured

ALL = policy("fixed", threshold=0.0)  # what the file labels is labeled: whoever made it has decided


def sources_waiting() -> QuerySet[Source]:
    """Machine labels of whole files that no run has taken in, the oldest first."""
    of_files = Source.objects.filter(kind=SourceKind.FILE, is_human=False, details__has_key=PREDICTIONS)
    return of_files.filter(taken_in_by=None, project__deleted_at__isnull=True).order_by("pk")


def runs_open_for_files() -> list[Run]:
    """A queued run for each that waits. However many ask at the same moment, one is made of each."""
    return [run for source in sources_waiting() if (run := run_open_for_file(source)) is not None]


@transaction.atomic
def run_open_for_file(source: Source) -> Run | None:
    """The queued run that takes the source's labels in; None if there is one, or an import is undone or being undone."""
    Project.objects.select_for_update(no_key=True).get(pk=source.project_id)
    if not sources_waiting().filter(pk=source.pk).exists() or undo_is_open(source.project_id):
        return None  # the sweep comes again
    work = Import.objects.select_related("created_by").get(pk=source.details["import"])
    return Run.objects.create(
        project_id=source.project_id,
        number=next_number(source.project_id),
        params={"file": work.file_name}
        | ({} if source.name == work.file_name[:300] else {"model": source.name}),
        policy=policy_json(ALL),
        n_rounds=1,
        trigger=Trigger.FILE,
        takes_in=source,
        created_by=work.created_by,
    )


def filed_rounds_to_measure() -> list[int]:
    """Rounds of files since whose measures people have labeled half as many items again, twenty at least.

    Not while a project is locked: as long as an attempt to certify is open nothing moves with its answers.
    """
    rounds = Round.objects.filter(run__trigger=Trigger.FILE, source__isnull=False, pruned_at__isnull=True)
    rounds = rounds.filter(run__project__locked_because="", run__project__deleted_at__isnull=True)
    found = []
    measured = rounds.values_list(
        "pk", "run__project_id", "metrics__made_elsewhere__last_human_label_id", "metrics__n_holdout"
    )
    for pk, project_id, last_id, n_holdout in measured:
        n_least = max(MEASURE_AFTER, (n_holdout or 0) // 2)
        newer = human_labels(project_id).filter(id__gt=last_id or 0)
        if newer.order_by("id")[:n_least].count() >= n_least:
            found.append(pk)
    return found


def check_not_taken_back(round: Round) -> None:
    """Raises Conflict for a round of a file whose import was undone: what it said is withdrawn."""
    source = round.run.takes_in
    if source is not None and PREDICTIONS not in source.details:
        raise Conflict(
            f"The import that brought the labels of {source.name} was undone; choose another round, or import it again.",
            code="import_undone",
        )


def filed_rounds_take_back() -> None:
    """Rounds of files whose import was undone are no candidates, and their predictions gone, once nothing of them stands.

    What a certificate rests on is kept with it.
    """
    undone = Round.objects.filter(run__takes_in__isnull=False, source__isnull=False, pruned_at__isnull=True)
    undone = undone.exclude(run__takes_in__details__has_key=PREDICTIONS)
    undone = undone.exclude(pk__in=Round.objects.filter(IS_STANDING).values("pk"))
    for pk in list(undone.values_list("pk", flat=True)):
        with transaction.atomic(), connection.cursor() as cursor:
            Round.objects.filter(pk=pk, state=RoundState.READY).update(state=RoundState.SKIPPED)
            cursor.execute("DELETE FROM training_prediction WHERE round_id = %s", [pk])
            cursor.execute("DELETE FROM training_measuredprediction WHERE round_id = %s", [pk])
            Round.objects.filter(pk=pk).update(pruned_at=timezone.now())
        logger.info("Round %s is none any more: the import that brought it was undone.", pk)
