"""What may happen to projects, members and classes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from secrets import token_urlsafe
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.db.models import ProtectedError, QuerySet
from django.utils import timezone

from labeling.blindness import certified_sources
from labeling.errors import Conflict, InvalidInput, NotAllowed, NotFound
from labeling.labels.class_names import hotkey_of
from labeling.models import Label, LabelClass, Membership, Project, Role, SealedTruth, Source

# Ten that are told apart by most eyes, colour-blind ones included (Okabe and Ito 2008, and Tol 2021).
COLOURS = (
    "#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9",
    "#d55e00", "#332288", "#999933", "#882255", "#44aa99",
)  # fmt: skip
RESERVED_HOTKEYS = "zZfFgG?"  # undo, flag, guide and help of the review page
MAX_CLASSES = 10_000
PASSWORD_BYTES = 12  # of chance in an initial password: 96 bits, in 16 characters


MEANING = ("name", "description")  # of a class: what people answer by


@dataclass(frozen=True, slots=True)
class ClassDraft:
    """A class to be made. Blank colour and hotkey: the next that is free."""

    name: str
    colour: str = ""
    hotkey: str = ""


@transaction.atomic
def project_create(
    *, owner: User, settings: Mapping[str, Any], classes: Sequence[ClassDraft] = ()
) -> Project:
    """A project with these classes, owned by `owner`. Raises InvalidInput for a setting or class."""
    project = Project(created_by=owner, **settings)
    _check(project)
    project.save()
    Membership.objects.create(project=project, user=owner, role=Role.OWNER)
    classes_add(project=project, drafts=classes)
    return project


@transaction.atomic
def project_update(*, project: Project, settings: Mapping[str, Any]) -> Project:
    """The project has these settings; all others are as they were. Raises InvalidInput, Conflict."""
    changed = {name for name in settings if settings[name] != getattr(project, name)}
    if {"question", "instructions", "answers_wanted"} & changed:
        _check_unlocked(Project.objects.select_for_update(no_key=True).get(pk=project.pk))
    if "question" in changed:
        _check_not_certified(certified_sources(project), "the question")
    for name, value in settings.items():
        setattr(project, name, value)
    _check(project)
    project.save(update_fields=list(settings))
    return project


def project_delete(*, project: Project) -> None:
    """Nobody sees the project from now on. At the next sweep a worker takes its rows away."""
    Project.objects.filter(pk=project.pk, deleted_at__isnull=True).update(deleted_at=timezone.now())


@transaction.atomic
def member_add(*, project: Project, username: str, role: str) -> Membership:
    """The user is a member with that role. Raises NotFound for the user, Conflict for a member."""
    user = get_user_model().objects.filter(username=username, is_active=True).first()
    if user is None:
        raise NotFound(
            f"There is no user {username!r}. An administrator of this Assay makes one, here or with "
            f"`assay user add {username}`.",
            fields={"username": ["There is no such user."]},
        )
    member, is_new = Membership.objects.get_or_create(project=project, user=user, defaults={"role": role})
    if not is_new:
        raise Conflict(f"{username} is a member already, as {member.role}. Change the role instead.")
    return member


@transaction.atomic
def member_add_new(*, project: Project, username: str, role: str, by: User) -> tuple[Membership, str | None]:
    """member_add; where there is no such account, `by` makes it, if it is theirs to make accounts of this instance.

    Returns the member, and the initial password of an account that was made: known to nobody but who is told it
    here, and kept as a hash alone. Raises NotAllowed, InvalidInput for a name that none may have, Conflict.
    """
    if get_user_model().objects.filter(username=username).exists():
        return member_add(project=project, username=username, role=role), None
    if not may_create_accounts(by):
        raise NotAllowed(
            f"There is no user {username!r}, and only an administrator of this Assay makes accounts. Ask one to make it.",
            fields={"username": ["There is no such user."]},
        )
    user = get_user_model()(username=username)
    password = token_urlsafe(PASSWORD_BYTES)
    user.set_password(password)
    try:
        user.full_clean(exclude=["password"])
    except ValidationError as error:
        sentences = error.message_dict.get("username", ["Choose another."])
        raise InvalidInput(
            f"The user name {username!r} cannot be used. {sentences[0]}", fields={"username": sentences}
        ) from error
    user.save()
    return member_add(project=project, username=username, role=role), password


def may_create_accounts(user: User) -> bool:
    """Accounts belong to the whole instance, so its administrators make them, and owners of projects do not."""
    return bool(user.is_staff and user.has_perm("auth.add_user"))


@transaction.atomic
def member_change(*, member: Membership, role: str) -> Membership:
    """The member has that role. Raises Conflict if it would leave the project without an owner."""
    if role != Role.OWNER:
        _check_not_last_owner(member)
    member.role = role
    member.save(update_fields=["role"])
    return member


@transaction.atomic
def member_remove(*, member: Membership) -> None:
    """The member no longer sees the project; what they said stays. Raises Conflict for the last owner."""
    _check_not_last_owner(member)
    member.delete()


@transaction.atomic
def classes_add(*, project: Project, drafts: Sequence[ClassDraft]) -> list[LabelClass]:
    """The project has these classes too, after those it had. Takes the project's row.

    Raises InvalidInput for a bad name, colour or hotkey, Conflict for one that is taken.
    """
    _check_unlocked(Project.objects.select_for_update(no_key=True).get(pk=project.pk))
    known = list(LabelClass.objects.filter(project=project))
    if len(known) + len(drafts) > MAX_CLASSES:
        raise InvalidInput(f"A project has at most {MAX_CLASSES:,} classes.")
    names = {known_class.name for known_class in known}
    hotkeys = {known_class.hotkey for known_class in known if known_class.hotkey}
    wanted = {draft.hotkey for draft in drafts if draft.hotkey}
    position = max((known_class.position for known_class in known), default=-1) + 1
    classes = []
    for number, draft in enumerate(drafts):
        name = _class_name(draft.name, taken=names)
        names.add(name)
        given = _hotkey(draft.hotkey, taken=hotkeys) if draft.hotkey else ""
        hotkey = given or hotkey_of(name, hotkeys | wanted, n_classes=len(known) + len(drafts))
        hotkeys.add(hotkey)
        colour = _colour(draft.colour) if draft.colour else COLOURS[(position + number) % len(COLOURS)]
        classes.append(
            LabelClass(project=project, name=name, colour=colour, hotkey=hotkey, position=position + number)
        )
    return LabelClass.objects.bulk_create(classes)


@transaction.atomic
def class_update(*, label_class: LabelClass, changes: Mapping[str, Any]) -> LabelClass:
    """The class has these name, description, colour, hotkey or position. Labels follow, since they hold its id.

    Raises InvalidInput, Conflict as classes_add does. Takes the project's row.
    """
    project = Project.objects.select_for_update(no_key=True).get(pk=label_class.project_id)
    if any(changes.get(name, getattr(label_class, name)) != getattr(label_class, name) for name in MEANING):
        _check_unlocked(project)
    is_renamed = changes.get("name", label_class.name).strip() != label_class.name
    if is_renamed:
        # A class that came after a certificate is none of those that it names.
        naming = certified_sources(project).filter(created_at__gte=label_class.created_at)
        _check_not_certified(naming, f"the name of the class {label_class.name!r}")
    others = LabelClass.objects.filter(project_id=label_class.project_id).exclude(pk=label_class.pk)
    if "name" in changes:
        label_class.name = _class_name(changes["name"], taken=set(others.values_list("name", flat=True)))
    if "description" in changes:
        label_class.description = changes["description"].strip()
    if "colour" in changes:
        label_class.colour = _colour(changes["colour"])
    if changes.get("hotkey"):
        taken = set(others.exclude(hotkey="").values_list("hotkey", flat=True))
        label_class.hotkey = _hotkey(changes["hotkey"], taken=taken)
    elif "hotkey" in changes:
        label_class.hotkey = ""
    if "position" in changes:
        label_class.position = changes["position"]
    label_class.save(update_fields=list(changes))
    if is_renamed:
        _note_renamed(label_class)
    return label_class


def class_remove(*, label_class: LabelClass) -> None:
    """The class is gone. Raises Conflict if anybody has ever used it, since history keeps its words.

    Reads the project's labels through: rare, and worth no index that each publish would write.
    """
    _check_unlocked(Project.objects.get(pk=label_class.project_id))
    n_labels = Label.objects.filter(project_id=label_class.project_id, label_class=label_class).count()
    n_labels += SealedTruth.objects.filter(label_class=label_class).count()
    if n_labels:
        raise _class_in_use(f"{n_labels:,} labels" if n_labels > 1 else "1 label")
    try:
        with transaction.atomic():
            label_class.delete()
            with connection.cursor() as cursor:  # a label that came meanwhile fails here, not at the end
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    except (ProtectedError, IntegrityError) as error:
        raise _class_in_use("an answer or a label") from error


def _check_unlocked(project: Project) -> None:
    """Raises Conflict while somebody relies on the question and the classes as they are."""
    locked_because = Project.objects.filter(pk=project.pk).values_list("locked_because", flat=True).first()
    if locked_because:
        raise Conflict(
            f"Question, instructions, classes and answers wanted cannot change now: {locked_because}",
            code="locked",
        )


def _check_not_certified(sources: QuerySet[Source], what: str) -> None:
    """Raises Conflict while a certificate is valid that says it of these labels."""
    source = sources.first()
    if source is not None:
        raise Conflict(
            f"Certificate {source.details['certificate']} is valid, and says of its labels what they mean by {what}. "
            "Revoke it first, with a reason, on its page, or leave this as it is. Colours, hotkeys, order and "
            "descriptions may change.",
            code="certified",
        )


def _note_renamed(label_class: LabelClass) -> None:
    """No certificate vouches for labels of the class by its new name, not in a past state, either: exports look here."""
    for source in Source.objects.filter(
        project_id=label_class.project_id,
        details__has_key="certificate",
        created_at__gte=label_class.created_at,
    ):
        renamed = source.details.get("renamed", [])
        if label_class.pk not in renamed:
            source.details["renamed"] = [*renamed, label_class.pk]
            source.save(update_fields=["details"])


def _class_in_use(by: str) -> Conflict:
    return Conflict(
        f"This class is in use by {by}, standing or retired, and history is never deleted. "
        "Rename it, or relabel those items and leave it unused.",
        code="class_in_use",
    )


def _check(project: Project) -> None:
    try:
        project.full_clean(exclude=["created_by"])
    except ValidationError as error:
        fields = error.message_dict
        name, sentences = next(iter(fields.items()))
        raise InvalidInput(f"{name}: {sentences[0]}", fields=fields) from error


def _check_not_last_owner(member: Membership) -> None:
    """Raises Conflict. Locks the project, so that two owners cannot leave at the same moment."""
    Project.objects.select_for_update(no_key=True).get(pk=member.project_id)
    owners = Membership.objects.filter(project_id=member.project_id, role=Role.OWNER)
    if set(owners.values_list("pk", flat=True)) == {member.pk}:
        raise Conflict(
            "A project needs an owner, and this is the last one. Make somebody else an owner first.",
            code="last_owner",
        )


def _class_name(name: str, *, taken: set[str]) -> str:
    name = name.strip()
    if not name or len(name) > 200 or "\x00" in name:
        raise InvalidInput(
            f"A class is named {name[:40]!r}; a name has 1 to 200 characters.",
            fields={"name": ["Use 1 to 200 characters."]},
        )
    if name in taken:
        raise Conflict(f"There is a class {name!r} already.", fields={"name": ["It is taken."]})
    return name


def _colour(colour: str) -> str:
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", colour):
        raise InvalidInput(
            f"The colour is {colour!r}; write it as #rrggbb, for example #0072b2.",
            fields={"colour": ["Use #rrggbb."]},
        )
    return colour.lower()


def _hotkey(hotkey: str, *, taken: set[str]) -> str:
    if len(hotkey) != 1 or not hotkey.isprintable() or hotkey.isspace() or hotkey in RESERVED_HOTKEYS:
        raise InvalidInput(
            f"The hotkey is {hotkey!r}; use one character, such as 1 or c, but not z, f, g or ?, "
            "which the review page needs.",
            fields={"hotkey": ["Use one printable character other than z, f, g and ?."]},
        )
    if hotkey in taken:
        raise Conflict(
            f"The hotkey {hotkey!r} is taken by another class.", fields={"hotkey": ["It is taken."]}
        )
    return hotkey
