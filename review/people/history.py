"""Everything that ever happened to one item, oldest first: the law that nothing is edited, made readable."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

from django.contrib.auth.models import User

from labeling.blindness import Sight, sight_of, withheld_among
from labeling.models import Item, Label, Publication, Split
from labeling.web.permissions import MAY_REVIEW
from review.models import Answer, EntryState, Flag, Verdict, VerdictKind
from training.models import Prediction

Event = dict[str, Any]

# At one moment: what was guessed, what was said, what that made.
KINDS = ("prediction", "flag", "answer", "verdict", "undone", "retired", "label", "split", "published")


def item_history(*, item: Item, person: User, role: str) -> list[Event]:
    """The item's events, each {"at", "kind", ...}. Who may still be asked is told what they said and flagged alone.

    That is annotators, of any item, and whoever may be asked of one that is withheld (labeling/blindness.py). Other
    people's answers to an entry that is still open are for reviewers, and for those who are never asked.
    """
    sight = sight_of(role)
    if withheld_among([item.pk], sight):
        own = [*_answer_events(item, person, sees_all=False), *_flag_events(item)]
        events = [event for event in own if event["by"] == _name(person)]
    else:
        sees_all = role in MAY_REVIEW or sight == Sight.ALL
        events = [
            *_label_events(item),
            *_published_events(item),
            *_prediction_events(item),
            *_answer_events(item, person, sees_all=sees_all),
            *_flag_events(item),
            *_verdict_events(item),
        ]
    return sorted(events, key=lambda event: (event["at"], KINDS.index(event["kind"])))


def _label_events(item: Item) -> Iterator[Event]:
    labels = Label.objects.filter(item=item).select_related("source", "retired_by").order_by("pk")
    first_human_at: dt.datetime | None = None
    for label in labels:
        about = {
            "label_id": label.pk,
            "class_id": label.label_class_id,
            "is_human": label.is_human,
            "source": {"id": label.source_id, "kind": label.source.kind, "name": label.source.name},
        }
        yield {
            "at": label.created_at,
            "kind": "label",
            **about,
            "confidence": label.confidence,
            "threshold": label.threshold,
        }
        if label.retired_at is not None:
            yield {
                "at": label.retired_at,
                "kind": "retired",
                **about,
                "reason": label.retired_reason,
                "by": _name(label.retired_by),
            }
        if label.is_human and first_human_at is None:
            first_human_at = label.created_at
    if item.split == Split.TEST or (item.split == Split.HOLDOUT and first_human_at is not None):
        yield {"at": first_human_at or item.created_at, "kind": "split", "split": item.split}


def _published_events(item: Item) -> Iterator[Event]:
    """The spans in which a machine label of this item stood, unless a person's word had retired it before."""
    retired_at = dict(Label.objects.filter(item=item, is_human=False).values_list("source_id", "retired_at"))
    spans = Publication.objects.filter(source_id__in=list(retired_at)).select_related("source", "started_by")
    for span in spans:
        gone_at = retired_at[span.source_id]
        if gone_at is not None and gone_at <= span.started_at:
            continue
        ends = [at for at in (gone_at, span.ended_at) if at is not None]
        yield {
            "at": span.started_at,
            "kind": "published",
            "source": {"id": span.source_id, "kind": span.source.kind, "name": span.source.name},
            "until": min(ends, default=None),
            "reason": span.ended_reason if span.ended_at in ends and span.ended_at == min(ends) else "",
            "by": _name(span.started_by),
        }


def _prediction_events(item: Item) -> Iterator[Event]:
    predictions = Prediction.objects.filter(item=item, round__run__project_id=item.project_id)
    for prediction in predictions.select_related("round__run").defer("round__metrics", "round__confidences"):
        round = prediction.round
        yield {
            "at": round.finished_at or round.started_at,
            "kind": "prediction",
            "round_id": round.pk,
            "round": f"run {round.run.number}, round {round.number}",
            "class_id": prediction.label_class_id,
            "confidence": prediction.confidence,
            "margin": prediction.margin,
            "threshold": prediction.threshold,
            "is_accepted": prediction.is_accepted,
        }


def _answer_events(item: Item, person: User, *, sees_all: bool) -> Iterator[Event]:
    for answer in Answer.objects.filter(item=item).select_related("person", "entry"):
        is_open = answer.entry is not None and answer.entry.state in (EntryState.OPEN, EntryState.DISPUTED)
        if is_open and not sees_all and answer.person_id != person.pk:
            continue
        about = {"key": str(answer.key), "by": _name(answer.person)}
        yield {
            "at": answer.created_at,
            "kind": "answer",
            **about,
            "answer": answer.kind,
            "class_id": answer.label_class_id,
            "seen": answer.seen,
            "seconds": answer.seconds,
            "note": answer.note,
        }
        if answer.withdrawn_at is not None:
            yield {"at": answer.withdrawn_at, "kind": "undone", **about}


def _flag_events(item: Item) -> Iterator[Event]:
    for flag in Flag.objects.filter(item=item).select_related("person"):
        yield {
            "at": flag.created_at,
            "kind": "flag",
            "flag_id": flag.pk,
            "by": _name(flag.person),
            "note": flag.note,
            "until": flag.resolved_at,
        }


def _name(user: Any) -> str | None:
    return user.get_username() if user is not None else None


def _verdict_events(item: Item) -> Iterator[Event]:
    """Labels that a reviewer has kept; of the other verdicts there is the label."""
    kept = Verdict.objects.filter(item=item, kind=VerdictKind.KEEP).select_related("person")
    for verdict in kept:
        about = {"key": str(verdict.key), "by": _name(verdict.person), "class_id": verdict.label_class_id}
        yield {
            "at": verdict.created_at,
            "kind": "verdict",
            **about,
            "model_class_id": verdict.model_class_id,
        }
        if verdict.withdrawn_at is not None:
            yield {"at": verdict.withdrawn_at, "kind": "undone", **about}
