"""Makers of rounds, predictions and entries for the tests of review."""

from __future__ import annotations

import datetime as dt
import struct
import uuid
from collections.abc import Sequence
from typing import Any

from django.contrib.auth.models import User
from django.utils import timezone

from labeling.blindness import UNDO_SECONDS
from labeling.jobs.work import WorkState
from labeling.labels.services import publication_open
from labeling.models import Item, LabelClass, Membership, Project, Source, SourceKind
from review.answering.answers import answers_submit
from review.answering.facts import NewAnswer
from review.models import Answer, Entry
from review.queue.claims import entries_claim
from review.reasons import Reason
from training.models import Prediction, Round, RoundState, Run
from training.rules.other_classes import SCALE


def make_round(
    project: Project,
    predictions: Sequence[tuple[Item, LabelClass, float]],
    *,
    threshold: float = 0.9,
    state: str = RoundState.READY,
    other: LabelClass | None = None,
) -> Round:
    """A round that is sure of an item as the third number says, and accepts what reaches the threshold.

    For the rest it holds each item to be of the class `other`.
    """
    run, _ = Run.objects.get_or_create(
        project=project,
        number=1,
        defaults={
            "learner": "logistic_regression",
            "policy": {"kind": "fixed", "threshold": 0.9},
            "state": WorkState.DONE,
        },
    )
    number = run.rounds.count() + 1
    source = Source.objects.create(
        project=project, kind=SourceKind.MODEL, is_human=False, name=f"run 1, round {number}"
    )
    round = Round.objects.create(run=run, number=number, state=state, source=source, labels_hash="a" * 64)
    Prediction.objects.bulk_create(
        Prediction(
            round=round,
            item=item,
            label_class=label_class,
            confidence=confidence,
            raw_confidence=confidence,
            margin=max(0.0, 2 * confidence - 1),
            entropy=1 - confidence,
            threshold=threshold,
            is_accepted=confidence >= threshold,
            others=other and struct.pack(">IH", other.pk, int((1 - confidence) * SCALE)),
        )
        for item, label_class, confidence in predictions
    )
    return round


def stand(round: Round) -> Round:
    """What the round says stands, though it labels nothing and fills no queue: for tests of its predictions alone."""
    assert round.source is not None
    publication_open(
        project=round.run.project,
        source=round.source,
        by=None,
        ended_reason=f"superseded by {round.source.name}",
    )
    Round.objects.filter(pk=round.pk).update(state=RoundState.PUBLISHED)
    round.refresh_from_db()
    return round


def make_entries(project: Project, items: Sequence[Item], **fields: Any) -> list[Entry]:
    """Open entries, the first item's with the highest priority."""
    n_wanted = fields.pop("n_wanted", project.answers_wanted)
    return Entry.objects.bulk_create(
        Entry(
            **{
                "project": project,
                "item": item,
                "reason": Reason.UNCERTAIN,
                "priority": 1 - rank / len(items),
                "n_wanted": n_wanted,
                "n_free": n_wanted,
                **fields,
            }
        )
        for rank, item in enumerate(items)
    )


def let_stand(project: Project) -> None:
    """Time passes: what was answered blind can no longer be taken back."""
    long_ago = timezone.now() - dt.timedelta(seconds=2 * UNDO_SECONDS)
    closed = Entry.objects.filter(project=project, closed_at__gt=long_ago)
    closed.update(closed_at=long_ago)


def answers_stand(*entries: Entry) -> None:
    """Time passes: whoever answered them may know what the others said."""
    long_ago = timezone.now() - dt.timedelta(seconds=2 * UNDO_SECONDS)
    Answer.objects.filter(entry__in=entries).update(created_at=long_ago)


def role_of(project: Project, person: User) -> str:
    return Membership.objects.get(project=project, user=person).role


def claim(project: Project, person: User, n: int = 1) -> list[dict[str, Any]]:
    return entries_claim(project=project, person_id=person.pk, role=role_of(project, person), n=n)["entries"]


def answer(
    project: Project,
    person: User,
    entry_id: int,
    label_class: LabelClass | None = None,
    *,
    kind: str = "label",
    key: uuid.UUID | None = None,
    **fields: Any,
) -> dict[str, str]:
    """One answer; returns its result."""
    new = NewAnswer(
        key=key or uuid.uuid4(),
        entry_id=entry_id,
        kind=kind,
        class_id=label_class.pk if label_class else None,
        **fields,
    )
    return answers_submit(project=project, person=person, role=role_of(project, person), answers=[new])[0]
