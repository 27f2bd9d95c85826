"""Makers for tests of labels: publishing a model's labels, recording a person's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import User
from django.utils import timezone

from labeling.labels.services import Word, label_record, publication_open, source_for_person
from labeling.models import Item, Label, LabelClass, Project, Publication, Source, SourceKind


def make_machine_labels(
    project: Project,
    labels: Mapping[Item, LabelClass],
    *,
    name: str = "run 1, round 1",
    confidences: Mapping[Item, float] | None = None,
) -> Source:
    """The labels of a model version, not published."""
    source = Source.objects.create(project=project, kind=SourceKind.MODEL, is_human=False, name=name)
    Label.objects.bulk_create(
        Label(
            project=project,
            item=item,
            label_class=label_class,
            source=source,
            is_human=False,
            confidence=(confidences or {}).get(item, 0.97),
            threshold=0.5,
            created_at=timezone.now(),
        )
        for item, label_class in labels.items()
    )
    return source


def publish(project: Project, labels: Mapping[Item, LabelClass], **options: Any) -> Publication:
    source = make_machine_labels(project, labels, **options)
    return publication_open(
        project=project, source=source, by=None, ended_reason=f"superseded by {source.name}"
    )


def record(project: Project, item: Item, label_class: LabelClass, user: User, **word: bool) -> Label:
    """What the user says of the item."""
    source = source_for_person(project=project, user=user)
    said = Word(item.pk, label_class.pk, **word)
    return label_record(project=project, word=said, source=source, by=user).label
