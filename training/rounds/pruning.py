"""Which rounds' predictions nobody needs any more."""

from __future__ import annotations

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from labeling.jobs.trouble import patient
from training.models import Round, RoundState
from training.models.querysets import finished_rounds
from training.rounds.standing import IS_STANDING

ROUNDS_WITH_PREDICTIONS = 10  # newest of a project; older ones are pruned unless they are published


def rounds_to_prune(project_id: int) -> QuerySet[Round]:
    """Rounds whose predictions nobody needs: neither among the newest, nor candidates, nor standing now."""
    keep = finished_rounds(project_id).values_list("id", flat=True)[:ROUNDS_WITH_PREDICTIONS]
    old = finished_rounds(project_id).filter(pruned_at__isnull=True).exclude(id__in=list(keep))
    standing = Round.objects.filter(IS_STANDING, run__project_id=project_id)
    return old.exclude(state=RoundState.READY).exclude(pk__in=standing.values("pk"))


@patient
def predictions_prune(project_id: int) -> None:
    """Predictions of old rounds are gone; what those rounds measured stays."""
    for pk in list(rounds_to_prune(project_id).values_list("pk", flat=True)):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("DELETE FROM training_prediction WHERE round_id = %s", [pk])
            cursor.execute("DELETE FROM training_measuredprediction WHERE round_id = %s", [pk])
            Round.objects.filter(pk=pk).update(pruned_at=timezone.now())
