"""`assay project`: create and list; and how every command finds its project."""

from __future__ import annotations

import click
from django.contrib.auth.models import User
from django.db.models import QuerySet

from deploy.commands import with_database
from labeling.errors import InvalidInput, NotFound
from labeling.item_types import item_types
from labeling.labels.selectors import progress
from labeling.models import Project, Publishing
from labeling.projects.services import ClassDraft, project_create
from labeling.web.permissions import MAY_ENGINEER, Roles, project_for


@click.group("project")
def project_command() -> None:
    """Create and list projects."""


@project_command.command("create")
@click.argument("name")
@click.option(
    "--type", "item_type", required=True, type=click.Choice(list(item_types())), help="What an item is."
)
@click.option("--class", "classes", multiple=True, help="A class; once for each. An import finds more.")
@click.option("--question", default="", help="What people are asked on the review page.")
@click.option("--target-precision", type=float, default=0.99, show_default=True)
@click.option(
    "--publishing",
    type=click.Choice(Publishing.values),
    default=Publishing.BY_HAND.value,
    show_default=True,
    help="by_hand: a finished round waits until somebody publishes it. by_itself: it is published unless the "
    "holdout says that it is worse.",
)
@click.option("--owner", help="User name of the owner; the first administrator if left out.")
@with_database
def create(
    name: str,
    item_type: str,
    classes: tuple[str, ...],
    question: str,
    target_precision: float,
    publishing: str,
    owner: str | None,
) -> None:
    """Create a project."""
    project = project_create(
        owner=find_person(owner),
        settings={
            "name": name,
            "item_type": item_type,
            "question": question,
            "target_precision": target_precision,
            "publishing": publishing,
        },
        classes=[ClassDraft(name=each) for each in classes],
    )
    click.echo(f"Project {project.pk}: {project.name}")


@project_command.command("list")
@with_database
def list_projects() -> None:
    """List projects."""
    for project in _projects():
        counts = progress(project)
        click.echo(
            f"{project.pk}\t{project.name}\t{project.item_type}\t{counts.n_items:,} items, "
            f"{counts.n_human:,} by people, {counts.n_machine:,} by machine"
        )


def find_project(name_or_id: str) -> Project:
    """The project with this number or name. Raises NotFound with those there are."""
    found = list(_projects().filter(name=name_or_id)[:2])
    if not found and name_or_id.isdigit():
        found = list(_projects().filter(pk=int(name_or_id)))
    if len(found) == 1:
        return found[0]
    if found:
        raise InvalidInput(
            f"Several projects are called {name_or_id!r}; use the number (`assay project list`)."
        )
    names = ", ".join(f"{project.pk} {project.name!r}" for project in _projects()[:20])
    raise NotFound(
        f"There is no project {name_or_id!r}. There are: {names or 'none yet'}. `assay project create` makes one."
    )


def find_person(username: str | None) -> User:
    """The user of that name; without a name the first administrator. Raises NotFound."""
    if username is None:
        person = User.objects.filter(is_superuser=True, is_active=True).order_by("pk").first()
    else:
        person = User.objects.filter(username=username).first()
    if person is not None:
        return person
    names = ", ".join(User.objects.order_by("username").values_list("username", flat=True)[:20])
    wanted = f"user {username!r}" if username else "administrator"
    raise NotFound(
        f"There is no {wanted}. There are: {names or 'no users'}. `assay user add --admin` adds one."
    )


def find_actor(project: Project, username: str | None, roles: Roles = MAY_ENGINEER) -> User:
    """Who acts in the project: the first administrator, or a member of that name whose role may do this by the API, too.

    Raises NotFound, NotAllowed.
    """
    person = find_person(username)
    if username is not None:
        project_for(person, project.pk, roles)
    return person


def _projects() -> QuerySet[Project]:
    return Project.objects.filter(deleted_at__isnull=True).order_by("pk")
