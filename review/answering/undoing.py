"""Taking an answer back: the label goes, the entry is open again, and the person holds it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from labeling.blindness import UNDO_SECONDS
from labeling.database.locks import lock_labels_shared
from labeling.errors import Conflict, NotFound
from labeling.labels.services import label_retire
from labeling.models import Project, Publication, Retirement
from review.models import Answer, AnswerKind, Entry, EntryState, Flag, Lease, LeaseState
from review.queue.audits import check_measured_labels_stand, stands
from review.queue.claims import entries_show
from review.queue.entries import answers_wanted_now, entry_lock
from review.reasons import OWN_NUMBER, Reason, rule_of


@transaction.atomic
def answer_undo(*, answer: Answer, person: User) -> dict[str, Any]:
    """The answer is withdrawn and the person holds its entry again; returns the entry as a claim does.

    Raises Conflict, with the reason, where the world has moved on: a round was published with the answer in
    it, somebody else labeled the item or took the entry, or the answer was undone before. Takes the label
    lock shared, then the entry.
    """
    now = lock_labels_shared(answer.project_id)
    entry = entry_lock(answer.entry_id)
    answer.refresh_from_db()
    if answer.withdrawn_at is not None:
        raise Conflict("This answer was undone before.", code="already_undone")
    if entry is None:
        raise Conflict(
            "The entry of this answer is gone; ask a reviewer to relabel the item.", code="entry_gone"
        )
    _check_still_undoable(answer, entry, now=now)
    if answer.label is not None:
        check_measured_labels_stand([answer.item_id], answer.project)
        label_retire(label=answer.label, by=person)
        # The others who said it have no label of their own: it was all of theirs.
        entry.answers.filter(label=answer.label).exclude(pk=answer.pk).update(label=None)
    Answer.objects.filter(pk=answer.pk).update(withdrawn_at=now)
    # The flags that this answer settled carry its time.
    Flag.objects.filter(item_id=answer.item_id, resolved_at=answer.created_at).update(resolved_at=None)
    if answer.kind == AnswerKind.NOT_THIS and entry.reason == Reason.DOUBTED:
        was = answer.seen["reason"]
        Entry.objects.filter(pk=entry.pk).update(reason=Reason.UNCERTAIN if was == Reason.BLIND else was)
    _take_back(entry, person)
    shown = entries_show(person_id=person.pk, entry_ids=[entry.pk])
    if not shown:
        raise Conflict(
            "The entry of this answer cannot be held again; ask a reviewer to relabel the item.",
            code="entry_gone",
        )
    return shown[0]


def answers_undo(*, project: Project, person: User, keys: Sequence[UUID]) -> list[dict[str, str]]:
    """Each of the person's answers is withdrawn, was before, or stays with a reason; one does not hold up the others.

    Returns one {"key", "outcome", "code", "message"} for each, in their order: as answers_submit.
    """
    mine = Answer.objects.filter(project=project, person=person).select_related("label").in_bulk(keys)
    results = []
    for key in keys:
        outcome, code, message = "stored", "", ""
        try:
            if key not in mine:
                raise NotFound(f"You have given no answer {key} in this project.")
            answer_undo(answer=mine[key], person=person)
        except (Conflict, NotFound) as error:
            outcome, code, message = "refused", error.code, error.message
            if code == "already_undone":
                outcome, code, message = "repeated", "", ""
        results.append({"key": str(key), "outcome": outcome, "code": code, "message": message})
    return results


def _check_still_undoable(answer: Answer, entry: Entry, *, now: dt.datetime) -> None:
    """Raises Conflict if what followed the answer cannot be taken back with it."""
    if stands(answer, entry, now=now):
        raise Conflict(
            f"Answers to what is asked blind can be taken back for {UNDO_SECONDS} seconds, and as long as they are "
            "not counted. Ask a reviewer to relabel the item.",
            code="blind_stands",
        )
    published = Publication.objects.filter(project_id=answer.project_id, started_at__gt=answer.created_at)
    if answer.kind == AnswerKind.LABEL and published.exists():
        raise Conflict(
            "A round was published since this answer and counts on it, so it cannot be undone. "
            "Ask a reviewer to relabel the item.",
            code="published_since",
        )
    if answer.label is not None and answer.label.retired_at is not None:
        if answer.label.retired_reason == Retirement.WITHDRAWN:
            raise Conflict(
                "This label was withdrawn since, so there is nothing to undo. Ask a reviewer to relabel the item.",
                code="withdrawn_since",
            )
        raise Conflict(
            "Somebody has labeled this item since, so your answer cannot be undone. "
            "Ask a reviewer to relabel the item.",
            code="relabeled_since",
        )
    expected = {
        AnswerKind.LABEL: (EntryState.OPEN, EntryState.DISPUTED, EntryState.DONE),
        AnswerKind.SKIP_ME: (EntryState.OPEN,),
        AnswerKind.SKIP_ALL: (EntryState.SKIPPED,),
        AnswerKind.NOT_THIS: (EntryState.OPEN,),
    }[AnswerKind(answer.kind)]
    labels_nothing = not rule_of(entry.reason).labels  # and can be taken back as others can
    is_decided_by_others = entry.state == EntryState.DONE and answer.label is None and not labels_nothing
    if entry.state not in expected or is_decided_by_others:
        raise Conflict(
            f"The entry of this answer is closed since ({EntryState(entry.state).label.lower()}), "
            "so the answer cannot be undone.",
            code="closed_since",
        )
    if answer.kind in (AnswerKind.SKIP_ME, AnswerKind.NOT_THIS) and entry.n_free == 0:
        raise Conflict("Somebody else has this entry now, so it cannot come back to you.", code="taken_since")
    others = Entry.objects.filter(item_id=entry.item_id, state__in=[EntryState.OPEN, EntryState.DISPUTED])
    if others.exclude(pk=entry.pk).exists():
        raise Conflict(
            "This item is in the queue again by another entry; answer that one.", code="queued_since"
        )


def _take_back(entry: Entry, person: User) -> None:
    """The entry is open, and the person's last lease of it is held again."""
    until = timezone.now() + dt.timedelta(seconds=entry.project.lease_seconds)
    mine = Lease.objects.filter(entry=entry, person=person).order_by("-pk").values_list("pk", flat=True)[:1]
    Lease.objects.filter(pk__in=list(mine)).update(state=LeaseState.HELD, until=until)
    n_answers = entry.answers.filter(kind=AnswerKind.LABEL, withdrawn_at__isnull=True).count()
    n_held = entry.leases.filter(state=LeaseState.HELD).count()
    # More answers may be wanted since it was closed: an entry that is open follows what the project says.
    n_wanted, is_blind = entry.n_wanted, entry.is_blind
    if entry.reason not in OWN_NUMBER and answers_wanted_now(entry.project) > n_wanted:
        n_wanted, is_blind = entry.project.answers_wanted, True
    Entry.objects.filter(pk=entry.pk).update(
        state=EntryState.OPEN,
        closed_at=None,
        n_wanted=n_wanted,
        n_free=max(0, n_wanted - n_answers - n_held),
        is_blind=is_blind,
    )
