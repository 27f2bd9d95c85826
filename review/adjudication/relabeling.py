"""What a reviewer decides: verdicts on disputes, and labels on any item, past the queue."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q

from labeling.blindness import Sight, is_audited, sight_of
from labeling.database.locks import lock_labels_shared
from labeling.errors import Conflict, InvalidInput, NotAllowed, NotFound
from labeling.labels.services import Word, label_retire, labels_record, source_for_person
from labeling.models import Item, Label, LabelClass, Project, Source
from labeling.web.permissions import MAY_REVIEW
from review.models import Entry, EntryState
from review.queue.audits import check_may_relabel
from review.queue.entries import entries_close
from review.queue.flagging import flags_resolve
from review.reasons import MEASURING, Reason
from training.runs.services import run_request_if_due

MAX_RELABELED = 10_000  # items in one request


@dataclass(frozen=True, kw_only=True)
class Relabel:
    """One item, by id or key, and the class it is to have, by id or name."""

    item_id: int | None = None
    key: str | None = None
    class_id: int | None = None
    class_name: str | None = None


def items_relabel(*, project: Project, person: User, changes: Sequence[Relabel]) -> list[Label]:
    """Every item has the label of this person, all or none; their open entries are closed, flags resolved.

    Raises InvalidInput, with the rows, for items and classes that the project does not have.
    """
    words = _words(project, changes)
    with transaction.atomic():
        return words_record(project, person, words)


def entry_decide(*, entry: Entry, person: User, class_id: int) -> Label:
    """The reviewer's class is the item's label, and the dispute is over. Raises Conflict, InvalidInput."""
    with transaction.atomic():
        lock_labels_shared(entry.project_id)
        state, reason = (
            Entry.objects.select_for_update().filter(pk=entry.pk).values_list("state", "reason").get()
        )
        is_flagged = state == EntryState.OPEN and reason == Reason.FLAGGED
        if state != EntryState.DISPUTED and not is_flagged:
            raise Conflict(
                f"Entry {entry.pk} is neither disputed nor flagged ({EntryState(state).label.lower()}), "
                "so there is nothing to decide. Relabel the item instead.",
                code="not_disputed",
            )
        (label,) = words_record(entry.project, person, [Word(entry.item_id, class_id)])
        return label


@transaction.atomic
def label_withdraw(*, label: Label, person: User, role: str) -> Label:
    """The human label no longer stands. Its author may do this, and reviewers. Raises Conflict, NotAllowed, NotFound."""
    if label.source.user_id != person.pk and sight_of(role) == Sight.OWN:
        # Which labels there are tells which answers of others made one.
        raise NotFound(f"There is no label {label.pk} that you may see.")
    if label.source.user_id != person.pk and role not in MAY_REVIEW:
        raise NotAllowed("This label is not yours; ask its author or a reviewer to withdraw it.")
    if not label.is_human:
        raise InvalidInput(
            "This is a machine's label. Relabel the item, or discard the published round as a whole.",
            code="machine_label",
        )
    lock_labels_shared(label.project_id)
    check_may_relabel([label.item_id], label.project)
    label_retire(label=label, by=person)
    label.refresh_from_db()
    return label


def words_record(
    project: Project, person: User, words: Sequence[Word], source: Source | None = None
) -> list[Label]:
    """Label the items and take them out of the queue. For a caller's transaction.

    The labels' source is the person, unless another is given.
    """
    now = lock_labels_shared(project.pk)
    item_ids = [word.item_id for word in words]
    check_may_relabel(item_ids, project)
    is_open = [EntryState.OPEN, EntryState.DISPUTED]
    waiting = Entry.objects.select_for_update().filter(item_id__in=item_ids, state__in=is_open).order_by("pk")
    # A blind answer is still wanted; among audits that of every blind entry, so that this does not tell them apart.
    is_wanted = Q(reason__in=MEASURING) | Q(is_blind=True) if is_audited(project) else Q(reason__in=MEASURING)
    waiting = waiting.exclude(is_wanted, state=EntryState.OPEN)
    entry_ids = list(waiting.values_list("pk", flat=True))
    source = source or source_for_person(project=project, user=person)
    recorded = labels_record(project=project, words=words, source=source, by=person)
    entries_close(entry_ids=entry_ids, state=EntryState.DONE)
    flags_resolve(item_ids=item_ids, now=now)
    if project.retrain_after:
        transaction.on_commit(lambda: run_request_if_due(project.pk), robust=True)
    return [label.label for label in recorded]


def _words(project: Project, changes: Sequence[Relabel]) -> list[Word]:
    """The changes with ids for keys and names. Raises InvalidInput that names each wrong row."""
    items = Item.objects.filter(project=project)
    ids = set(
        items.filter(pk__in=[c.item_id for c in changes if c.item_id is not None]).values_list(
            "pk", flat=True
        )
    )
    by_key = dict(
        items.filter(key__in=[c.key for c in changes if c.key is not None]).values_list("key", "pk")
    )
    class_by_name = dict(LabelClass.objects.filter(project=project).values_list("name", "pk"))
    class_ids = set(class_by_name.values())
    words: list[Word] = []
    wrong: dict[str, list[str]] = {}
    for row, change in enumerate(changes):
        item_id = change.item_id if change.item_id in ids else by_key.get(change.key or "")
        class_id = (
            change.class_id if change.class_id in class_ids else class_by_name.get(change.class_name or "")
        )
        problems = []
        if item_id is None:
            problems.append(f"There is no item {change.item_id or change.key!r} in this project.")
        if class_id is None:
            problems.append(f"There is no class {change.class_id or change.class_name!r} in this project.")
        if problems:
            wrong[f"row {row}"] = problems
        elif item_id is not None and class_id is not None:
            words.append(Word(item_id, class_id))
    if wrong:
        raise InvalidInput(
            f"{len(wrong)} of {len(changes)} rows name an item or a class that is not there; nothing was changed.",
            fields=wrong,
        )
    return words
