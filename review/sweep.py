"""What workers do for the queue: publish what is ready, take back leases, keep the queue filled."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Collection
from functools import partial

from django.db.models import Exists, F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from labeling.blindness import UNDO_SECONDS
from labeling.errors import AssayError, Conflict
from labeling.jobs.setbacks import attempted
from labeling.jobs.trouble import tried, waits_no_more
from labeling.jobs.work import OPEN_STATES
from labeling.models import Import, Item, LabelClass, Project, Publishing
from review.certificates.monitoring import n_audits_due
from review.certificates.out_of_date import forecasts_out_of_date
from review.models import (
    Attempt,
    AttemptState,
    Certificate,
    Entry,
    EntryState,
    Forecast,
    MonitorAudit,
    Refill,
)
from review.publishing.publish import round_adopt, round_publish_by_rule
from review.queue.claims import leases_expire
from review.queue.filling.kept_full import (
    projects_starting_cold,
    queue_refill,
    withdraw_labeled_elsewhere,
)
from review.queue.flagging import flags_ask
from training.models import Round, RoundState
from training.rounds.standing import IS_STANDING

logger = logging.getLogger(__name__)

MAX_EXPIRED = 10_000  # leases in one statement


def sweep() -> list[int]:
    """Do whatever should have happened and has not. Harmless when it runs twice, or twice at once.

    Returns the projects without a model whose queue was begun and waits for queue_diversify.
    """
    while leases_expire(max_expired=MAX_EXPIRED) == MAX_EXPIRED:
        pass
    for step in (publish_ready, refill_after_undone_imports, withdraw_labeled_elsewhere, flags_ask):
        attempted(step.__name__, 0, step)
    cold = projects_starting_cold()
    for project in cold:
        attempted("queue_refill", project.pk, partial(queue_refill, project=project, withdraws=False))
    return [project.pk for project in cold]


def publish_ready() -> None:
    """The newest candidate of each project that publishes by itself is published, or its row says why it is held back.

    One that cannot be published is skipped, with a log line. A file's round whose labels stand already is published.
    """
    adopting = adopt_standing()
    ready = Round.objects.filter(
        state=RoundState.READY,
        run__project__deleted_at__isnull=True,
        run__project__publishing=Publishing.BY_ITSELF,
    )
    of_project = ready.order_by("pk").values_list("run__project_id", "pk", "held_back")
    newest = {
        project_id: (round_id, held) for project_id, round_id, held in of_project
    }  # the last of each stays
    tried_now = [*adopting, *(round_id for round_id, held in newest.values() if not held)]
    waits_no_more(Round.objects.exclude(pk__in=tried_now))
    for project_id, (round_id, held) in newest.items():
        if not held:
            attempted("round_publish_by_rule", round_id, partial(_publish_by_rule, project_id, round_id))


def _publish_by_rule(project_id: int, round_id: int) -> None:
    try:
        tried(partial(round_publish_by_rule, round_id=round_id), Round.objects.filter(pk=round_id))
    except Conflict as error:
        # Under way: the other worker does it. Else somebody published it by hand a moment ago.
        logger.info("Round %s of project %s is left alone: %s", round_id, project_id, error)
    except AssayError as error:
        logger.warning("Round %s of project %s cannot be published: %s", round_id, project_id, error)
        Round.objects.filter(pk=round_id, state=RoundState.READY).update(state=RoundState.SKIPPED)


def adopt_standing() -> list[int]:
    """Rounds of files, whose labels stood before there was a round, order their queues; returns which they were."""
    ready = Round.objects.filter(state=RoundState.READY, run__project__deleted_at__isnull=True)
    standing = ready.filter(source__publications__isnull=False, source__publications__ended_at__isnull=True)
    round_ids = list(standing.order_by("pk").values_list("pk", flat=True))
    for round_id in round_ids:
        attempted("round_adopt", round_id, partial(_adopt, round_id))
    return round_ids


def _adopt(round_id: int) -> None:
    try:
        tried(partial(round_adopt, round_id=round_id), Round.objects.filter(pk=round_id))
    except Conflict as error:
        logger.info("Round %s is adopted by the next sweep: %s", round_id, error)


def refill_after_undone_imports() -> None:
    """Queues that follow a file's round that is none any more, as its import was undone, are chosen anew."""
    gone = Round.objects.filter(run__takes_in__isnull=False, pruned_at__isnull=False)
    newest = Refill.objects.filter(project=OuterRef("run__project")).order_by("-pk").values("round")[:1]
    follows = gone.filter(run__project__deleted_at__isnull=True, pk=Subquery(newest)).select_related(
        "run__project"
    )
    for round in follows:
        attempted("queue_refill", round.run.project_id, partial(queue_refill, project=round.run.project))


def attempts_to_settle() -> list[int]:
    """Open attempts whose audits and second answers are all answered or skipped."""
    waiting = Q(state__in=[EntryState.OPEN, EntryState.DISPUTED])
    audits = Entry.objects.filter(waiting, audit__attempt=OuterRef("pk"))
    seconds = Entry.objects.filter(waiting, second_answer__attempt=OuterRef("pk"))
    under_way = Attempt.objects.filter(
        state__in=[AttemptState.AUDITING, AttemptState.REVIEWING], project__deleted_at__isnull=True
    )
    return list(under_way.filter(~Exists(audits), ~Exists(seconds)).values_list("pk", flat=True))


def attempts_wait_no_more(*, but: Collection[int]) -> None:
    """Those that somebody's answer was taken back from, say, have nothing to wait for."""
    auditing = Attempt.objects.filter(state=AttemptState.AUDITING)
    waits_no_more(auditing.exclude(pk__in=but))


def certificates_to_look_at() -> list[int]:
    """Certificates without their document, with news for the monitor or too few audits, or with a breach to follow."""
    certificates = Certificate.objects.filter(project__deleted_at__isnull=True).select_related("project")
    long_ago = timezone.now() - dt.timedelta(seconds=UNDO_SECONDS)
    closed = Q(entry__state__in=[EntryState.DONE, EntryState.SKIPPED], entry__closed_at__lte=long_ago)
    news = MonitorAudit.objects.filter(closed, certificate=OuterRef("pk"), answered_at__isnull=True)
    later = Attempt.objects.filter(project=OuterRef("project"), pk__gt=OuterRef("attempt"))
    valid = certificates.filter(revoked_at__isnull=True)
    due = {
        *certificates.filter(document={}).values_list("pk", flat=True),
        *valid.filter(Exists(news)).values_list("pk", flat=True),
        *certificates.filter(~Exists(later), is_breach=True).values_list("pk", flat=True),
        *(each.pk for each in valid if n_audits_due(each) > 0),
    }
    return sorted(due)


def projects_to_forecast() -> list[int]:
    """Projects where another round stands than at the last forecast, without one, or where it is out of date."""
    standing = Round.objects.filter(IS_STANDING, run__project=OuterRef("pk"), pruned_at__isnull=True)
    last = Forecast.objects.filter(project=OuterRef("pk")).order_by("-pk")
    projects = Project.objects.filter(deleted_at__isnull=True).annotate(
        stands=Coalesce(Subquery(standing.values("pk")[:1]), 0),
        last_stood=Coalesce(Subquery(last.values("round")[:1]), 0),
    )
    others = projects.filter(Exists(last)).exclude(stands=F("last_stood"))
    first = projects.filter(stands__gt=0).exclude(Exists(last))
    importing = Import.objects.filter(project=OuterRef("pk"), state__in=OPEN_STATES)
    cold = projects.filter(
        ~Exists(Forecast.objects.filter(project=OuterRef("pk"))),
        ~Exists(importing),
        Exists(Item.objects.filter(project=OuterRef("pk"))),
        Exists(LabelClass.objects.filter(project=OuterRef("pk"))),
    )
    out_of_date = projects.filter(~Exists(importing), pk__in=list(forecasts_out_of_date()))
    every = (others, first, cold, out_of_date)
    return sorted({pk for due in every for pk in due.values_list("pk", flat=True)})


def refills_to_explain() -> list[int]:
    """The newest refill of each project that a round ordered, where it has no explanations yet.

    One without a round may come after it, such as diverse entries that a worker was asked for before the round.
    """
    of_rounds = Refill.objects.filter(project__deleted_at__isnull=True, round__isnull=False)
    newest = of_rounds.order_by("project", "-pk").distinct("project")
    waiting = Refill.objects.filter(pk__in=newest.values("pk"), explained_at__isnull=True)
    return list(waiting.exclude(round__artifact="").values_list("pk", flat=True))
