"""What is being taken away, and what nobody may touch meanwhile."""

from __future__ import annotations

from django.contrib.auth.models import User

from labeling.errors import Conflict, NotFound
from labeling.jobs.work import OPEN_STATES, Work, work_models
from labeling.models import ImportUndo, Project, Removal


def check_may_leave(project: Project, *, besides: Work | None = None) -> None:
    """Raises Conflict while something works on the project's items as they are."""
    because = Project.objects.filter(pk=project.pk).values_list("locked_because", flat=True).first()
    if because:
        raise Conflict(f"Nothing can be taken away now: {because}", code="attempt_open")
    for model in work_models():
        if _is_of_projects(model):
            open_rows = model._default_manager.filter(**{"project": project, "state__in": OPEN_STATES})
            if besides is not None and isinstance(besides, model):
                open_rows = open_rows.exclude(pk=besides.pk)
            if open_rows.exists():
                raise Conflict(
                    f"Nothing can be taken away while this project's {model._meta.verbose_name} is under way. "
                    "Wait until it is over, or cancel it.",
                    code="items_in_use",
                )


def undo_is_open(project_id: int) -> bool:
    """Whether an import of the project is being undone, or about to be."""
    return ImportUndo.objects.filter(project_id=project_id, state__in=OPEN_STATES).exists()


def check_nothing_leaves(project_id: int) -> None:
    """Raises Conflict while an import is being undone: what reads all items begins when that is over."""
    if undo_is_open(project_id):
        raise Conflict(
            "An import of this project is being undone, so its items are not all there any more. "
            "Wait until that is over.",
            code="undo_open",
        )


def _is_of_projects(model: type[Work]) -> bool:
    return any(each.name == "project" and not each.null for each in model._meta.concrete_fields)


def check_not_removed(item_id: int, user: User) -> None:
    """Raises NotFound that says so, if somebody deleted this item of a project of the user."""
    removal = (
        Removal.objects.filter(
            item_id=item_id, project__memberships__user=user, project__deleted_at__isnull=True
        )
        .select_related("by")
        .first()
    )
    if removal is not None:
        by = f" by {removal.by.get_username()}" if removal.by else ""
        raise NotFound(
            f"Item {removal.key[:100]!r} was deleted{by} on {removal.at:%Y-%m-%d}.", code="item_deleted"
        )
