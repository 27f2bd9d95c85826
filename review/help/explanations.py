"""Explanations for those who answer. What is asked blind has none, whatever was known of it before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.auth.models import User

from labeling.blindness import Sight, sight_of, withheld_among
from labeling.items.selectors import LabeledItem, labeled_items
from labeling.models import GuideExample, Label, Project
from review.models import Entry, EntryState, Explanation, LeaseState
from review.reasons import reasons_that


@dataclass(frozen=True, slots=True)
class NearItem:
    labeled: LabeledItem  # by a person
    similarity: float  # cosine of the model's features, -1 to 1


@dataclass(frozen=True, slots=True)
class ItemHelp:
    """What may help with one item in the queue."""

    item_id: int
    nearest: list[NearItem]  # the most alike first
    words: list[tuple[str, float]] | None  # word in lower case, nats; None: not looked for


def explanations_of(project: Project, item_ids: Sequence[int], *, person: User, role: str) -> list[ItemHelp]:
    """Of those items that wait in the queue, are not asked blind and have an explanation; for annotators, that they hold.

    Near items are shown with the label that stands now. One that is in the queue itself is left out: somebody
    is asked about it, perhaps blind, to measure people. Annotators are shown those that they labeled themselves, or
    that somebody chose for the guide: of any other they may be asked.
    """
    sight = sight_of(role)
    waiting = Entry.objects.filter(
        project=project,
        item__in=item_ids,
        state__in=[EntryState.OPEN, EntryState.DISPUTED],
        is_blind=False,
    ).exclude(
        reason__in=reasons_that("hides_guess")
    )  # somebody said that the model is wrong: its guess is not shown
    if sight == Sight.OWN:
        waiting = waiting.filter(leases__person=person, leases__state=LeaseState.HELD, leases__is_blind=False)
    explanations = list(Explanation.objects.filter(project=project, item__in=waiting.values("item")))
    near_ids = list({near_id for one in explanations for near_id, _ in one.nearest})
    asked = set(
        Entry.objects.filter(item__in=near_ids, state__in=[EntryState.OPEN, EntryState.DISPUTED]).values_list(
            "item", flat=True
        )
    )
    asked |= withheld_among(near_ids, Sight.ALL if sight == Sight.ALL else Sight.SETTLED)
    if sight == Sight.OWN:
        labels = Label.objects.human().standing().filter(item__in=near_ids, source__user=person)
        chosen = GuideExample.objects.filter(pk__in=near_ids)
        known = {*labels.values_list("item", flat=True), *chosen.values_list("pk", flat=True)}
        asked |= set(near_ids) - known
    near = {
        row.item.pk: row
        for row in labeled_items(near_ids)
        if row.label is not None and row.label.is_human and row.item.pk not in asked
    }
    return [
        ItemHelp(
            item_id=one.pk,
            nearest=[NearItem(near[near_id], cosine) for near_id, cosine in one.nearest if near_id in near],
            words=None if one.words is None else [(word, weight) for word, weight in one.words],
        )
        for one in explanations
    ]
