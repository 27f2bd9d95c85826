"""A reviewer's verdicts: on disputes and flags, and between people's labels and what a model says; and their undoing."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from uuid import UUID

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from labeling.blindness import Sight, withheld_among
from labeling.database.locks import lock_labels_shared
from labeling.errors import Conflict, InvalidInput, NotAllowed, NotFound
from labeling.labels.selectors import current_labels_of
from labeling.labels.services import label_retire
from labeling.models import Item, Label, Project
from review.adjudication.relabeling import Relabel, entry_decide, items_relabel
from review.models import Entry, EntryState, Flag, Verdict, VerdictKind
from review.queue.audits import check_may_relabel, is_settled
from review.queue.entries import entries_close, entry_lock
from review.queue.flagging import flags_resolve
from review.reasons import MEASURING, Reason


@dataclass(frozen=True, slots=True)
class NewVerdict:
    """On an entry, or on a label that a model contradicts. No class: what is there stays."""

    key: UUID  # made by the client
    class_id: int | None = None
    entry_id: int | None = None
    label_id: int | None = None  # the label that the reviewer saw
    model_class_id: int | None = None  # and what the model said against it


def verdict_give(*, project: Project, person: User, new: NewVerdict) -> Verdict:
    """The verdict holds, and is recorded; given twice with one key it is given once.

    Raises Conflict where somebody has decided meanwhile (nothing changes then), InvalidInput, NotFound.
    """
    _check_shape(new)
    try:
        with transaction.atomic():
            before = Verdict.objects.filter(pk=new.key).first()
            return _same(before, project, person, new) if before else _give(project, person, new)
    except IntegrityError as error:
        # The same key at the same moment: the first of the two has it.
        before = Verdict.objects.filter(pk=new.key).first()
        if before is None:
            raise Conflict("Somebody has decided this at the same moment.", code="decided_since") from error
        return _same(before, project, person, new)


@transaction.atomic
def verdict_undo(*, verdict: Verdict, person: User) -> Verdict:
    """The verdict no longer holds: what it closed waits again, and what it replaced stands again.

    Raises Conflict, with the reason, where the world has moved on, and NotAllowed for another's verdict.
    """
    if verdict.person_id != person.pk:
        raise NotAllowed("This verdict is another reviewer's. Relabel the item instead.")
    now = lock_labels_shared(verdict.project_id)
    entry = entry_lock(verdict.entry_id)
    locked = Verdict.objects.select_for_update(of=("self",)).select_related("label")
    verdict = locked.get(pk=verdict.pk)
    if verdict.withdrawn_at is not None:
        raise Conflict("This verdict was undone before.", code="already_undone")
    if entry is not None:
        _reopen(verdict, entry)
    else:
        check_may_relabel([verdict.item_id], verdict.project)
    if verdict.label is not None:
        if verdict.label.retired_at is not None:
            raise Conflict(
                "Somebody has labeled this item since, so the verdict cannot be undone. Relabel the item instead.",
                code="relabeled_since",
            )
        label_retire(label=verdict.label, by=person)
    verdict.withdrawn_at = now
    verdict.save(update_fields=["withdrawn_at"])
    return verdict


def _check_shape(new: NewVerdict) -> None:
    is_against_model = new.label_id is not None and new.model_class_id is not None
    is_on_label = new.label_id is not None or new.model_class_id is not None
    if (new.entry_id is None) != is_against_model or (new.entry_id is not None and is_on_label):
        sentence = "Name the entry, or the label and the class that the model says; not both."
        raise InvalidInput(sentence, fields={"entry_id": [sentence]})


def _same(before: Verdict, project: Project, person: User, new: NewVerdict) -> Verdict:
    """The verdict that has this key already, if it is this one."""
    is_mine = (before.project_id, before.person_id) == (project.pk, person.pk)
    is_class = new.class_id in (None, before.label_class_id)
    if (
        not is_mine
        or (before.entry_id, before.model_class_id) != (new.entry_id, new.model_class_id)
        or not is_class
    ):
        raise Conflict("Another verdict has this key. Make a new key for each verdict.", code="key_taken")
    return before


def _give(project: Project, person: User, new: NewVerdict) -> Verdict:
    now = lock_labels_shared(project.pk)
    if new.entry_id is not None:
        entry = Entry.objects.select_for_update().filter(pk=new.entry_id, project=project).first()
        hidden = entry is not None and entry.reason == Reason.FLAGGED
        if entry is None or (hidden and withheld_among([entry.item_id], Sight.SETTLED)):
            raise NotFound(f"There is no entry {new.entry_id} in this project.")
        entry.project = project
        verdict = _on_entry(entry, person, new, now)
    else:
        assert new.label_id is not None  # _check_shape
        label = Label.objects.human().filter(pk=new.label_id, project=project).first()
        if label is None:
            raise NotFound(f"There is no label {new.label_id} by a person in this project.")
        verdict = _on_label(label, project, person, new)
    verdict.key, verdict.project, verdict.person, verdict.created_at = new.key, project, person, now
    verdict.save(force_insert=True)
    return verdict


def _on_entry(entry: Entry, person: User, new: NewVerdict, now: dt.datetime) -> Verdict:
    verdict = Verdict(item_id=entry.item_id, entry=entry, entry_state=entry.state, kind=VerdictKind.LABEL)
    if new.class_id is not None:
        verdict.label = entry_decide(entry=entry, person=person, class_id=new.class_id)
        verdict.label_class_id = new.class_id
        return verdict
    if entry.state != EntryState.OPEN or entry.reason != Reason.FLAGGED:
        sentence = "Only a flagged entry can be settled without a class."
        raise (
            _decided()
            if entry.state not in (EntryState.OPEN, EntryState.DISPUTED)
            else InvalidInput(sentence, fields={"class_id": [sentence]})
        )
    entries_close(entry_ids=[entry.pk], state=EntryState.WITHDRAWN)
    flags_resolve(item_ids=[entry.item_id], now=now)
    stands = current_labels_of([entry.item_id]).get(entry.item_id)
    verdict.kind = VerdictKind.KEEP
    verdict.label_class_id = stands.label_class_id if stands else None
    return verdict


def _on_label(label: Label, project: Project, person: User, new: NewVerdict) -> Verdict:
    assert new.model_class_id is not None  # _check_shape
    if not project.classes.filter(pk=new.model_class_id).exists():
        sentence = f"Class {new.model_class_id} is not one of this project."
        raise InvalidInput(sentence, fields={"model_class_id": [sentence]})
    verdict = Verdict(item_id=label.item_id, model_class_id=new.model_class_id, kind=VerdictKind.LABEL)
    if new.class_id is not None and new.class_id != label.label_class_id:
        change = Relabel(item_id=label.item_id, class_id=new.class_id)
        (verdict.label,) = items_relabel(project=project, person=person, changes=[change])
        label.refresh_from_db()
        # One clock reading retires the old label and records the new one: that is what ties them.
        if label.retired_at != verdict.label.created_at:
            raise _decided()
        verdict.label_class_id = new.class_id
        return verdict
    Item.objects.select_for_update(no_key=True).get(pk=label.item_id)
    label.refresh_from_db()
    is_kept = Verdict.objects.filter(
        item_id=label.item_id,
        label_class_id=label.label_class_id,
        model_class_id=new.model_class_id,
        kind=VerdictKind.KEEP,
        withdrawn_at__isnull=True,
    )
    if label.retired_at is not None or is_kept.exists():
        raise _decided()
    verdict.kind, verdict.label_class_id = VerdictKind.KEEP, label.label_class_id
    return verdict


def _decided() -> Conflict:
    return Conflict(
        "Somebody else has decided this meanwhile, and that holds. Look at the item if you disagree.",
        code="decided_since",
    )


def _reopen(verdict: Verdict, entry: Entry) -> None:
    """The entry waits for a verdict again, with the flags that this one settled."""
    if entry.reason in MEASURING and is_settled(entry):
        raise Conflict(
            "The audit that this verdict belongs to is over, so it cannot be undone. Relabel the item instead.",
            code="audit_over",
        )
    waiting = Entry.objects.filter(item_id=entry.item_id, state__in=[EntryState.OPEN, EntryState.DISPUTED])
    if waiting.exists():
        raise Conflict("This item is in the queue again; decide it there.", code="queued_since")
    # Between the clock readings of the verdict and of its label: those are of one transaction.
    until = verdict.label.created_at if verdict.label is not None else verdict.created_at
    settled = Flag.objects.filter(item_id=entry.item_id, resolved_at__range=(verdict.created_at, until))
    settled.update(resolved_at=None)
    n_free = entry.n_wanted if verdict.entry_state == EntryState.OPEN else 0
    Entry.objects.filter(pk=entry.pk).update(state=verdict.entry_state, n_free=n_free, closed_at=None)
