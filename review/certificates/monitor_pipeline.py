"""What workers do with a certificate after release: watch its audits by a test that is valid at every look.

One monitor watches all of them, one more each class; delta is shared: half to the
whole, the other half equally to the classes. A class alarms when more than eps of its labels are shown to
be wrong, the whole when more than the certificate allows are.

At an alarm the labels concerned are retired at once, the certificate is revoked with its reason, the next
run starts, and after its last round the next attempt.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from labeling.blindness import UNDO_SECONDS
from labeling.database.locks import lock_labels_exclusive
from labeling.errors import AssayError
from labeling.jobs.work import WorkState
from labeling.models import Label, Project, Publication, Publishing, Retirement
from review.certificates.attempts import attempt_ask
from review.certificates.blind_words import BLIND_WORD
from review.certificates.monitoring import MAX_ASKED, monitor_ask, n_audits_due
from review.certification.exact import allowed_wrong
from review.certification.monitor import Monitor
from review.models import Attempt, Certificate
from review.publishing.publish import publish_begin
from review.publishing.revoking import certificate_revoke
from review.queue.filling.refill import refill_carry_out, refill_plan
from training.models import RoundState, Run, Trigger
from training.rounds.standing import standing_round
from training.runs.rows import last_settings
from training.runs.services import run_request

logger = logging.getLogger(__name__)

MAX_RUNS = 3  # after a breach: what failed so often fails again


def monitor_trickle(certificate_id: int) -> None:
    """The audits of a valid certificate keep pace with the project's `monitor_per_week`."""
    valid = Certificate.objects.filter(pk=certificate_id, revoked_at__isnull=True)
    certificate = valid.select_related("project").first()
    if certificate is None:
        return
    if (n_due := n_audits_due(certificate)) > 0:
        monitor_ask(certificate=certificate, n=min(n_due, MAX_ASKED))


def monitor_settle(certificate_id: int) -> None:
    """Answered audits are counted, in the order of the draw; at an alarm the certificate is revoked."""
    with transaction.atomic():
        certificate = (
            Certificate.objects.select_for_update(of=("self",), skip_locked=True)
            .select_related("project", "attempt")
            .filter(pk=certificate_id, revoked_at__isnull=True, project__deleted_at__isnull=True)
            .first()
        )
        if certificate is None:
            return
        _take_answers(certificate)
        state = monitor_state(certificate)
        Certificate.objects.filter(pk=certificate.pk).update(monitor=state)
        alarms = [watch for watch in state["watches"] if watch["is_alarm"]]
        if alarms:
            _breach(certificate, alarms)


def monitor_state(certificate: Certificate) -> dict[str, Any]:
    """{"n_asked", "n_answered", "n_wrong", "watches": [{"class_id" (None: all), "n", "n_wrong", "allowed",
    "population", "evidence", "alarm_at", "is_alarm"}]}: what the monitors have seen so far.

    Only audits up to the first that is not answered yet are counted, so that nobody's order of answering
    plays a part.
    """
    attempt = certificate.attempt
    delta = 1 - attempt.confidence
    answers = list(
        certificate.monitor_audits.order_by("position").values_list(
            "label_class_id", "answered_class_id", "answered_at"
        )
    )
    counted = []
    for class_id, answered, at in answers:
        if at is None:
            break
        counted.append((class_id, answered != class_id))
    populations = _populations(certificate)
    n_machine = sum(populations.values())
    allowed = (
        attempt.result["walk"]["allowed"] if not attempt.per_class else allowed_wrong(attempt.eps, n_machine)
    )
    watches = [_watch(None, n_machine, allowed, delta / 2, [wrong for _, wrong in counted])]
    for class_id, n in sorted(populations.items()):
        of_class = [wrong for each, wrong in counted if each == class_id]
        watches.append(
            _watch(class_id, n, allowed_wrong(attempt.eps, n), delta / 2 / len(populations), of_class)
        )
    return {
        "n_asked": len(answers),
        "n_answered": len(counted),
        "n_wrong": sum(wrong for _, wrong in counted),
        "watches": watches,
    }


def attempt_follow_breach(certificate_id: int) -> None:
    """If the monitor revoked it, and labels of a run that answers the breach stand, the next attempt is asked for."""
    breached = Certificate.objects.filter(pk=certificate_id, is_breach=True)
    certificate = breached.select_related("project", "attempt__asked_by").first()
    if certificate is None:
        return
    project, attempt = certificate.project, certificate.attempt
    if Attempt.objects.filter(project=project, pk__gt=attempt.pk).exists():
        return
    revoked_at = certificate.revoked_at
    assert revoked_at is not None  # a breach revokes
    run = Run.objects.filter(project=project, created_at__gte=revoked_at).order_by("pk").last()
    if run is None or (run.state == WorkState.FAILED and _may_try_again(project, certificate)):
        _next_run(project, certificate)
        return
    standing = standing_round(project)
    if run.is_open or standing is None or standing.run.created_at < revoked_at:
        return
    judged_next = run.rounds.filter(state=RoundState.READY, held_back={})
    if project.publishing == Publishing.BY_ITSELF and judged_next.exists():
        return
    try:
        attempt_ask(
            project=project,
            user=attempt.asked_by,
            promise=attempt.promise,
            eps=attempt.eps,
            confidence=attempt.confidence,
            per_class=attempt.per_class,
            n_audits=attempt.n_audits_wanted,
            n_second=attempt.n_second_wanted,
        )
    except AssayError as error:
        logger.warning("No attempt follows the breach in project %s: %s", project.pk, error)


def _may_try_again(project: Project, certificate: Certificate) -> bool:
    """A run after a breach that failed is begun again, a few times."""
    failed = Run.objects.filter(
        project=project,
        created_at__gte=certificate.revoked_at,
        state=WorkState.FAILED,
        trigger=Trigger.BREACH,
    )
    return failed.count() < MAX_RUNS


def _watch(
    class_id: int | None, population: int, allowed: int, delta: float, is_wrong: Sequence[bool]
) -> dict[str, Any]:
    monitor = Monitor(population=population, allowed=allowed, delta=delta)
    for wrong in is_wrong:
        monitor.add(wrong)
    return {
        "class_id": class_id,
        "population": population,
        "allowed": allowed,
        "n": len(is_wrong),
        "n_wrong": sum(is_wrong),
        "evidence": min(float(monitor.value), 1e300),
        "alarm_at": 1 / delta,
        "is_alarm": monitor.is_alarm,
    }


def _populations(certificate: Certificate) -> dict[int, int]:
    """Class id -> machine labels that stood when the certificate was issued."""
    first = Publication.objects.filter(source=certificate.source_id).order_by("started_at").first()
    return {int(class_id): n for class_id, n in first.class_counts.items()} if first is not None else {}


def _take_answers(certificate: Certificate) -> None:
    """What people said, blind, of the monitoring audits. One skipped for everyone has none, and counts as wrong.

    Once it can no longer be taken back: so nobody learns by trying which answer was to an audit.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            UPDATE review_monitoraudit audit
            SET answered_class_id = given.label_class_id, answered_at = entry.closed_at
            FROM review_entry entry
            LEFT JOIN LATERAL ({BLIND_WORD}) given ON true
            WHERE audit.certificate_id = %s AND audit.answered_at IS NULL AND entry.id = audit.entry_id
              AND entry.state IN ('done', 'skipped')
              AND entry.closed_at <= clock_timestamp() - %s * interval '1 second'
            """,
            [certificate.pk, UNDO_SECONDS],
        )


def _breach(certificate: Certificate, alarms: list[dict[str, Any]]) -> None:
    """What the alarm is about no longer stands, and whatever follows is under way. For a caller's transaction."""
    project = certificate.project
    names = dict(project.classes.values_list("pk", "name"))
    everything = any(alarm["class_id"] is None for alarm in alarms)
    reason = "The monitor found " + "; ".join(_sentence(alarm, names, certificate) for alarm in alarms) + "."
    publish_begin(project)
    lock_labels_exclusive(project.pk)
    labels = Label.objects.filter(source=certificate.source_id, is_human=False, retired_at__isnull=True)
    if not everything:
        labels = labels.filter(label_class_id__in=[alarm["class_id"] for alarm in alarms])
    n_retired = labels.update(retired_at=timezone.now(), retired_reason=Retirement.BREACH)
    certificate_revoke(
        certificate=certificate, reason=f"{reason} {n_retired:,} labels were retired.", is_breach=True
    )
    round = standing_round(project)
    plan = refill_plan(project=project, round_id=round.pk if round is not None else None)
    refill_carry_out(project=project, plan=plan)
    logger.warning("Certificate %s of project %s is revoked: %s", certificate.number, project.pk, reason)


def _sentence(alarm: dict[str, Any], names: dict[int, str], certificate: Certificate) -> str:
    what = (
        "all machine labels"
        if alarm["class_id"] is None
        else f"the labels {names.get(alarm['class_id'], '?')}"
    )
    return (
        f"{alarm['n_wrong']:,} of {alarm['n']:,} audits of {what} wrong, more than "
        f"{100 * certificate.attempt.eps:g}% wrong can explain"
    )


def _next_run(project: Project, certificate: Certificate) -> None:
    """The run that answers the breach, with the settings of the certified model's; none if one is open already."""
    round = certificate.attempt.round
    if round is None:
        return
    run = round.run
    try:
        # What came by file cannot be trained again: the settings of the last run that learned, or the defaults.
        settings = last_settings(project) if run.takes_in_id is not None else run
        run_request(
            project=project,
            user=None,
            learner=settings.learner,
            params=settings.params,
            policy=settings.policy,
            n_rounds=settings.n_rounds,
            seed=settings.seed,
            trigger=Trigger.BREACH,
        )
    except AssayError as error:
        logger.warning("No run follows the breach in project %s: %s", project.pk, error)
