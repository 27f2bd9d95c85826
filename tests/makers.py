"""Makers of rows for tests. Each takes what the test cares about and invents the rest."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

from django.contrib.auth.models import User
from django.utils import timezone

from labeling.models import (
    Item,
    ItemType,
    Label,
    LabelClass,
    Membership,
    Project,
    Role,
    Source,
    SourceKind,
)


def make_project(
    *,
    owner: User,
    annotators: Sequence[User] = (),
    item_type: str = ItemType.TEXT,
    classes: Sequence[str] = ("cat", "dog", "owl"),
    **fields: object,
) -> Project:
    project = Project.objects.create(name="Animals", item_type=item_type, created_by=owner, **fields)
    Membership.objects.create(project=project, user=owner, role=Role.OWNER)
    for user in annotators:
        Membership.objects.create(project=project, user=user, role=Role.ANNOTATOR)
    for position, name in enumerate(classes):
        LabelClass.objects.create(
            project=project,
            name=name,
            position=position,
            hotkey=str((position + 1) % 10) if position < 10 else "",
        )
    return project


def make_items(project: Project, n_items: int, *, prefix: str = "item", **fields: object) -> list[Item]:
    """Text items whose text tells their number."""
    return Item.objects.bulk_create(
        Item(
            project=project,
            key=f"{prefix}-{i}",
            text=f"{prefix} number {i}",
            content_hash=hashlib.sha256(f"{prefix} number {i}".encode()).hexdigest()[:32],
            **fields,
        )
        for i in range(n_items)
    )


def make_human_label(item: Item, label_class: LabelClass, *, user: User) -> Label:
    return make_human_labels([(item, label_class)], user=user)[0]


def make_human_labels(said: Iterable[tuple[Item, LabelClass]], *, user: User) -> list[Label]:
    """What the user says of items of one project, in the order given."""
    said = list(said)
    if not said:
        return []
    source, _ = Source.objects.get_or_create(
        project_id=said[0][0].project_id,
        kind=SourceKind.PERSON,
        user=user,
        defaults={"is_human": True, "name": user.get_username()},
    )
    return Label.objects.bulk_create(
        Label(
            project_id=source.project_id,
            item=item,
            label_class=label_class,
            source=source,
            is_human=True,
            created_at=timezone.now(),
        )
        for item, label_class in said
    )
