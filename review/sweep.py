"""What workers do for the queue: publish what is ready, take back leases, keep the queue filled."""

from __future__ import annotations

import datetime as dt
import logging

from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from labeling.blindness import UNDO_SECONDS
from labeling.database.locks import lock_labels_shared
from labeling.errors import AssayError, Conflict
from labeling.jobs.work import OPEN_STATES
from labeling.models import Import, Item, LabelClass, Project, Publishing
from review.answering.flagging import flags_ask
from review.certificates.monitoring import n_audits_due
from review.certificates.out_of_date import forecasts_out_of_date
from review.models import (
    MEASURING,
    Attempt,
    AttemptState,
    Certificate,
    Entry,
    EntryState,
    Forecast,
    MonitorAudit,
    Reason,
    Refill,
    sql_list,
)
from review.publishing.publish import round_adopt, round_publish_by_rule
from review.queue.claims import leases_expire
from review.queue.refill import diverse_plan, refill_carry_out, refill_plan, room_left
from training.models import Round, RoundState
from training.rounds.standing import IS_STANDING, standing_round

logger = logging.getLogger(__name__)

MAX_EXPIRED = 10_000  # leases in one statement
RECENT = dt.timedelta(minutes=1)


def sweep() -> list[int]:
    """Do whatever should have happened and has not. Harmless when it runs twice, or twice at once.

    Returns the projects without a model whose queue was begun and waits for queue_diversify.
    """
    while leases_expire(max_expired=MAX_EXPIRED) == MAX_EXPIRED:
        pass
    publish_ready()
    refill_after_undone_imports()
    withdraw_labeled_elsewhere()
    flags_ask()
    cold = projects_starting_cold()
    for project in cold:
        queue_refill(project=project, withdraws=False)
    return [project.pk for project in cold]


def publish_ready() -> None:
    """The newest candidate of each project that publishes by itself is published, or its row says why it is held back.

    One that cannot be published is skipped, with a log line. A file's round whose labels stand already is published.
    """
    adopt_standing()
    ready = Round.objects.filter(
        state=RoundState.READY,
        run__project__deleted_at__isnull=True,
        run__project__publishing=Publishing.BY_ITSELF,
    )
    of_project = ready.order_by("pk").values_list("run__project_id", "pk", "held_back")
    newest = {
        project_id: (round_id, held) for project_id, round_id, held in of_project
    }  # the last of each stays
    for project_id, (round_id, held) in newest.items():
        if held:
            continue
        try:
            round_publish_by_rule(round_id=round_id)
        except Conflict as error:
            # Under way: the other worker does it. Else somebody published it by hand a moment ago.
            logger.info("Round %s of project %s is left alone: %s", round_id, project_id, error)
        except AssayError as error:
            logger.warning("Round %s of project %s cannot be published: %s", round_id, project_id, error)
            Round.objects.filter(pk=round_id, state=RoundState.READY).update(state=RoundState.SKIPPED)


def adopt_standing() -> None:
    """Rounds of files, whose labels stood before there was a round, order their queues."""
    ready = Round.objects.filter(state=RoundState.READY, run__project__deleted_at__isnull=True)
    standing = ready.filter(source__publications__isnull=False, source__publications__ended_at__isnull=True)
    for round_id in list(standing.order_by("pk").values_list("pk", flat=True)):
        try:
            round_adopt(round_id=round_id)
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
        queue_refill(project=round.run.project)


def queue_refill(*, project: Project, withdraws: bool = True) -> Refill:
    """The queue is filled up to the budget by the round whose labels stand, or at random without one.

    With `withdraws` the machine-made entries that nobody holds are chosen anew; without, they stay and
    only what is missing is added.
    """
    with transaction.atomic():
        round = standing_round(project)
        plan = refill_plan(
            project=project, round_id=round.pk if round is not None else None, withdraws=withdraws
        )
        lock_labels_shared(project.pk)
        return refill_carry_out(project=project, plan=plan)


def queue_diversify(project_id: int) -> None:
    """The room that the queue of a project without a model has left is filled with items unlike one another.

    Where items cannot be made into vectors, it is filled at random instead, with a log line.
    """
    # Here, because the web processes ring for this and must not load scikit-learn.
    from review.queue.diverse import diverse_items

    project = Project.objects.filter(pk=project_id, deleted_at__isnull=True).first()
    if project is None or standing_round(project) is not None or (n_room := room_left(project)) == 0:
        logger.info("Project %s has no room for diverse entries, or needs none any more.", project_id)
        return
    try:
        plan = diverse_plan(item_ids=diverse_items(project=project, n_wanted=n_room), n_asked=n_room)
    except AssayError as error:
        logger.warning("Project %s starts at random: %s", project_id, error)
        plan = refill_plan(project=project, round_id=None, withdraws=False, is_diverse=False)
    with transaction.atomic():
        lock_labels_shared(project.pk)
        refill_carry_out(project=project, plan=plan)


def projects_starting_cold() -> list[Project]:
    """Projects with items, no round that stands, and less than half of their budget in the queue.

    Those whose last refill found fewer items than it asked for wait until there are new ones, and those
    that were refilled a moment ago wait for their diverse part.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT project.id FROM labeling_project project
            CROSS JOIN LATERAL (
                SELECT max(id) AS last_item_id FROM labeling_item WHERE project_id = project.id
            ) item
            LEFT JOIN LATERAL (
                SELECT n_added < n_asked OR created_at > now() - %(recent)s AS is_enough, last_item_id
                FROM review_refill
                WHERE project_id = project.id ORDER BY id DESC LIMIT 1
            ) refill ON true
            WHERE project.deleted_at IS NULL AND item.last_item_id IS NOT NULL
              AND NOT (coalesce(refill.is_enough, false) AND refill.last_item_id = item.last_item_id)
              AND NOT EXISTS (
                SELECT 1 FROM labeling_import import
                WHERE import.project_id = project.id AND import.state IN ('queued', 'running'))
              AND NOT EXISTS (
                SELECT 1 FROM labeling_publication publication
                JOIN labeling_source source ON source.id = publication.source_id
                JOIN training_round round ON round.source_id IN (source.id, source.taken_from_id)
                WHERE publication.project_id = project.id AND publication.ended_at IS NULL)
              AND project.review_budget > 2 * (
                SELECT count(*) FROM (
                    SELECT 1 FROM review_entry
                    WHERE project_id = project.id AND state = 'open' LIMIT project.review_budget
                ) entry)
            """,
            {"recent": RECENT},
        )
        ids = [project_id for (project_id,) in cursor.fetchall()]
    return list(Project.objects.filter(pk__in=ids))


def withdraw_labeled_elsewhere() -> int:
    """Entries whose item a file has labeled since are withdrawn, unless somebody holds them."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            UPDATE review_entry entry SET state = 'withdrawn', n_free = 0, closed_at = now()
            FROM labeling_import import, labeling_label human
            WHERE import.state = 'done' AND import.n_labels_added > 0 AND import.finished_at > %s
              AND entry.project_id = import.project_id AND entry.state = 'open'
              AND entry.n_free = entry.n_wanted AND entry.reason NOT IN ({sql_list([Reason.FLAGGED, *MEASURING])})
              AND NOT (entry.is_blind AND EXISTS (
                SELECT FROM labeling_audited audited WHERE audited.project_id = entry.project_id))
              AND human.item_id = entry.item_id AND human.is_human AND human.retired_at IS NULL
              AND human.created_at > entry.created_at
            """,
            [timezone.now() - RECENT],
        )
        return cursor.rowcount


def attempts_to_settle() -> list[int]:
    """Open attempts whose audits and second answers are all answered or skipped."""
    waiting = Q(state__in=[EntryState.OPEN, EntryState.DISPUTED])
    audits = Entry.objects.filter(waiting, audit__attempt=OuterRef("pk"))
    seconds = Entry.objects.filter(waiting, second_answer__attempt=OuterRef("pk"))
    under_way = Attempt.objects.filter(
        state__in=[AttemptState.AUDITING, AttemptState.REVIEWING], project__deleted_at__isnull=True
    )
    return list(under_way.filter(~Exists(audits), ~Exists(seconds)).values_list("pk", flat=True))


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
