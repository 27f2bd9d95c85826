"""Who may do what. An outsider is told that there is no such thing; a member, which role it takes.

Roles in words: labeling.models.Role. A group below names an act, not a rank, because an engineer
and a reviewer may each do what the other may not.
"""

from __future__ import annotations

from typing import TypeVar

from django.contrib.auth.models import User
from django.db.models import F, QuerySet
from django.http import HttpRequest
from rest_framework.exceptions import NotAuthenticated

from labeling.database.hot import fetch_prepared
from labeling.errors import NotAllowed, NotFound
from labeling.leaving import check_not_removed
from labeling.models import Item, Membership, Project, Role
from labeling.models.rows import ProjectRow

Roles = tuple[Role, ...]

MAY_SEE: Roles = (Role.OWNER, Role.ENGINEER, Role.REVIEWER, Role.ANNOTATOR, Role.VIEWER)
MAY_ANSWER: Roles = (Role.OWNER, Role.ENGINEER, Role.REVIEWER, Role.ANNOTATOR)
MAY_REVIEW: Roles = (Role.OWNER, Role.REVIEWER)  # adjudicate, relabel any item
MAY_ENGINEER: Roles = (Role.OWNER, Role.ENGINEER)  # import, train, publish, export, settings
# Samples for people, flags, examples: whoever may review or train.
MAY_ENGINEER_OR_REVIEW: Roles = tuple(dict.fromkeys((*MAY_ENGINEER, *MAY_REVIEW)))
MAY_OWN: Roles = (Role.OWNER,)  # members, deletion

M = TypeVar("M", bound=ProjectRow)


def person_of(request: HttpRequest) -> User:
    """Whoever sent the request. Raises NotAuthenticated where nobody is signed in."""
    if not isinstance(request.user, User):
        raise NotAuthenticated
    return request.user


def project_for(user: User, project_id: int, roles: Roles = MAY_SEE) -> Project:
    """The project, if the user is a member with one of `roles`; one query.

    The user's role is left on it as `member_role`. Raises NotFound, NotAllowed.
    """
    project = Project.objects.visible_to(user).filter(pk=project_id).first()
    if project is None:
        raise _no_project(project_id)
    require_role(project.member_role, roles)
    return project


_MEMBER_COLUMNS = [field.attname for field in Membership._meta.concrete_fields]
_PROJECT_COLUMNS = [field.attname for field in Project._meta.concrete_fields]
_FIND_MEMBER = f"""
    SELECT {", ".join(f"member.{column}" for column in _MEMBER_COLUMNS)},
           {", ".join(f"project.{column}" for column in _PROJECT_COLUMNS)}
    FROM labeling_membership member JOIN labeling_project project ON project.id = member.project_id
    WHERE member.user_id = %(user)s AND member.project_id = %(project)s AND project.deleted_at IS NULL"""


def membership_for(user: User, project_id: int, roles: Roles = MAY_SEE) -> Membership:
    """The user's membership, with its project loaded; one query. Raises NotFound, NotAllowed."""
    rows = (
        fetch_prepared(_FIND_MEMBER, {"user": user.pk, "project": project_id}) if project_id < 2**63 else []
    )
    if not rows:
        raise _no_project(project_id)
    n = len(_MEMBER_COLUMNS)
    membership = Membership.from_db("default", _MEMBER_COLUMNS, rows[0][:n])
    membership.project = Project.from_db("default", _PROJECT_COLUMNS, rows[0][n:])
    require_role(membership.role, roles)
    return membership


def row_for(
    user: User,
    rows: QuerySet[M],
    pk: object,
    roles: Roles = MAY_SEE,
    *,
    project: str = "project",
) -> M:
    """The row of that id, if the user is a member of its project with one of `roles`; one query.

    `project` is the path from the row to its project, such as "run__project". The user's role is
    left on the row as `member_role`. Raises NotFound, NotAllowed.
    """
    row = (
        rows.filter(
            **{"pk": pk, f"{project}__memberships__user": user, f"{project}__deleted_at__isnull": True}
        )
        .annotate(member_role=F(f"{project}__memberships__role"))
        .first()
    )
    if row is None:
        if rows.model is Item and isinstance(pk, int):
            check_not_removed(pk, user)
        raise NotFound(f"There is no {rows.model._meta.verbose_name} {pk} that you may see.")
    require_role(row.member_role, roles)
    return row


def require_role(role: str, roles: Roles) -> None:
    """Raises NotAllowed, which names the roles that would do, unless `role` is one of them."""
    if role in roles:
        return
    *others, last = [wanted.label.lower() for wanted in roles]
    needed = f"{', '.join(others)} or {last}" if others else last
    raise NotAllowed(
        f"You are {_article(role)} {role} of this project; this takes {_article(needed)} {needed}. "
        "Ask an owner of the project for that role."
    )


def _no_project(project_id: int) -> NotFound:
    return NotFound(f"There is no project {project_id} that you are a member of.")


def _article(word: str) -> str:
    return "an" if word[0] in "aeiou" else "a"
