"""`assay user` and `assay token`: people and how they get in."""

from __future__ import annotations

import secrets
import sys

import click
from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from deploy.commands import with_database
from deploy.commands.projects.project import find_person
from labeling.accounts.services import token_create
from labeling.errors import Conflict, InvalidInput


@click.group("user")
def user_command() -> None:
    """Add and list people, set their passwords."""


@user_command.command("add")
@click.argument("username")
@click.option("--password", help="Asked for if left out; made up if there is no terminal.")
@click.option("--admin", is_flag=True, help="May use the admin pages and see every project there.")
@with_database
def add(username: str, password: str | None, admin: bool) -> None:
    """Add a person."""
    if User.objects.filter(username=username).exists():
        raise Conflict(
            f"There is already a user {username}; `assay user password {username}` sets a password."
        )
    chosen, is_made_up = _choose_password(password)
    user = User(username=username, is_staff=admin, is_superuser=admin)
    _set_password(user, chosen)
    click.echo(f"Added {username}." + (f" Password: {chosen}" if is_made_up else ""))


@user_command.command("password")
@click.argument("username")
@click.option("--password", help="Asked for if left out; made up if there is no terminal.")
@with_database
def password(username: str, password: str | None) -> None:
    """Set a person's password."""
    chosen, is_made_up = _choose_password(password)
    _set_password(find_person(username), chosen)
    click.echo(f"The password of {username} is set." + (f" It is {chosen}" if is_made_up else ""))


@user_command.command("list")
@with_database
def list_users() -> None:
    """List people."""
    for user in User.objects.order_by("username"):
        click.echo(f"{user.username}\t{'admin' if user.is_superuser else ''}".rstrip())


@click.command("token")
@click.argument("username")
@click.option("--name", default="command line", show_default=True, help="What it is for.")
@with_database
def token_command(username: str, name: str) -> None:
    """Make an API token for a person. It is shown this once; only its hash is kept."""
    _, text = token_create(user=find_person(username), name=name)
    click.echo(text)


def first_admin() -> str | None:
    """Somebody can sign in: if there is no user at all, makes `admin` and returns how to sign in."""
    if User.objects.exists():
        return None
    password = secrets.token_urlsafe(9)
    User.objects.create_superuser("admin", password=password)
    return (
        f"The first start made the user admin with the password {password}\n"
        "It is shown this once; `assay user password admin` sets another."
    )


def _choose_password(given: str | None) -> tuple[str, bool]:
    if given:
        return given, False
    if sys.stdin.isatty():
        return click.prompt("Password", hide_input=True, confirmation_prompt=True), False
    return secrets.token_urlsafe(9), True


def _set_password(user: User, password: str) -> None:
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise InvalidInput(" ".join(error.messages)) from error
    user.set_password(password)
    user.save()
