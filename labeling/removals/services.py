"""What may be taken away in a request: an import's undoing is asked for, one item is deleted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from labeling.database.locks import lock_labels_exclusive
from labeling.errors import Conflict, NotFound
from labeling.jobs.doorbell import ring
from labeling.jobs.work import OPEN_STATES, WorkState
from labeling.leaving import check_may_leave
from labeling.models import Import, ImportUndo, Item, Project, Removal
from labeling.removals.selectors import (
    ASKED_BLIND,
    UndoReport,
    kept_among,
    kept_of_import,
    n_labels_of,
    sources_of,
)

WORDS = {  # of `what`, in sentences
    "answers": "answers",
    "flags": "flags",
    "verdicts": "decisions of reviewers",
    "gold": "it is gold",
    "guide_examples": "it is an example of the guide",
    "labels": "labels",
    "imported_answers": "answers of other files",
}


@dataclass(frozen=True, slots=True)
class UndoLook:
    """What undoing an import would take away now, and what would stay."""

    n_items: int  # that it added, and that are there
    n_items_kept: int
    kept: dict[str, int]  # what keeps them -> items
    n_labels: int  # of its file that stand
    refused: str  # why it cannot be undone now; blank: it can


def undo_look(work: Import) -> UndoLook:
    """Counts only; nothing is taken away."""
    n_items = Item.objects.filter(project_id=work.project_id, imported_by=work).count()
    n_kept, kept = kept_of_import(work)
    n_labels = n_labels_of(work.project_id, sources_of(work))
    return UndoLook(n_items, n_kept, kept, n_labels, _why_not(work))


@transaction.atomic
def undo_request(*, work: Import, by: User | None) -> ImportUndo:
    """A worker takes away what the import brought. Asked for twice it is done once: the same row comes back.

    Raises Conflict while the import goes on, for a check that wrote nothing, and while something works on the items.
    """
    project = Project.objects.select_for_update(no_key=True).get(pk=work.project_id)
    work.refresh_from_db()
    earlier = work.undos.order_by("-pk").first()
    if earlier is not None and earlier.state in (*OPEN_STATES, WorkState.DONE):
        return earlier
    _check_can_be_undone(work)
    check_may_leave(project)
    undo = ImportUndo.objects.create(
        project=project,
        brought_by=work,
        created_by=by,
        report=_so_far(earlier).as_json(),
    )
    ring("labeling.tasks.undo_import", undo.pk)
    return undo


def _so_far(earlier: ImportUndo | None) -> UndoReport:
    """What one that was cut off had taken away, so that the last report tells of all."""
    done = UndoReport.from_json(earlier.report) if earlier else UndoReport()
    return UndoReport(
        n_items_removed=done.n_items_removed,
        n_labels_removed=done.n_labels_removed,
        n_labels_withdrawn=done.n_labels_withdrawn,
        n_answers_removed=done.n_answers_removed,
        classes_removed=done.classes_removed,
    )


def _check_can_be_undone(work: Import) -> None:
    if work.is_open:
        raise Conflict("This import is still under way. Cancel it first, then undo it.", code="still_open")
    if work.options.get("dry_run"):
        raise Conflict(
            "This was a check only: it added nothing, so there is nothing to undo.", code="dry_run"
        )


def _why_not(work: Import) -> str:
    try:
        _check_can_be_undone(work)
        check_may_leave(work.project)
    except Conflict as error:
        return error.message
    return ""


@transaction.atomic
def item_delete(*, item_id: int, project: Project, by: User | None, with_work: bool = False) -> Removal:
    """The item is gone, with its predictions and what waits for it; a Removal tells of it.

    with_work  also if people have worked on it: what they did goes along

    Raises Conflict: `worked_on`, with what; `evidence`, where a certificate or an audit rests on it; `asked_blind`
    while people are asked about it; `attempt_open` and `items_in_use` as for imports.
    """
    from labeling.removals.pipeline import items_remove  # loads pyarrow, and web processes load this module

    Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    check_may_leave(project)
    now = lock_labels_exclusive(project.pk)
    item = (
        Item.objects.select_for_update(of=("self",))
        .select_related("imported_by")
        .filter(pk=item_id, project=project)
        .first()
    )
    if item is None:
        raise NotFound(f"There is no item {item_id} in this project.")
    # As when its import is undone: what the file that brought it says of it is nobody's work here.
    kept = kept_among(project.pk, [item_id], besides=item.imported_by)
    went_with = _check_may_go(kept.by_what, is_evidence=bool(kept.evidence), with_work=with_work)
    try:
        with transaction.atomic():
            removed = items_remove(project, [item_id], now=now)
    except IntegrityError as error:
        raise Conflict("Somebody is working on this item at this moment. Try again.", code="busy") from error
    is_imported = item.imported_by_id is not None
    return Removal.objects.create(
        project=project,
        item_id=item_id,
        key=item.key,
        n_items=1,
        n_human=removed.n_human,
        is_imported=is_imported,
        came_at=item.created_at,
        at=now,
        by=by,
        went_with=went_with,
    )


def _check_may_go(by_what: dict[str, set[int]], *, is_evidence: bool, with_work: bool) -> dict[str, Any]:
    if ASKED_BLIND.what in by_what:
        raise Conflict(
            "People are asked blind about this item. Try again when they have answered.", code="asked_blind"
        )
    if is_evidence:
        raise Conflict(
            "A certificate or its audits rest on this item, and what they rest on is kept for as long as the project. "
            "It goes with the project only.",
            code="evidence",
        )
    if by_what and not with_work:
        names = [WORDS.get(what, what) for what in sorted(by_what)]
        raise Conflict(
            f"People have worked on this item ({', '.join(names)}). That goes with it if you delete it all the same, "
            "with its work.",
            code="worked_on",
            fields={"with_work": names},
        )
    return {what: len(ids) for what, ids in by_what.items()}
