"""A project with known truth, and people who answer its queue: for the tests of attempts and certificates."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.models import User

from labeling.models import Item, LabelClass, Membership, Project, Role
from review.answering.answers import answers_submit
from review.answering.facts import NewAnswer
from review.certificates.attempts import attempt_ask
from review.certificates.documents import certificate_write
from review.certificates.pipeline.freezing import attempt_freeze
from review.certificates.pipeline.settling import attempt_settle
from review.models import Attempt, Certificate, Entry
from review.publishing.publish import round_publish
from tests.makers import make_human_labels, make_items
from tests.review.makers import claim, make_round, role_of
from training.models import Round


@dataclass
class World:
    """Items with a truth that only the simulated people know."""

    project: Project
    owner: User
    person: User
    classes: list[LabelClass]
    items: list[Item]
    truth: dict[int, LabelClass]
    predicted: dict[int, LabelClass]
    round: Round
    shown: list[dict[str, Any]] = field(default_factory=list)

    def answer_queue(
        self,
        *,
        person: User | None = None,
        say: Callable[[int], LabelClass] | None = None,
        at_most: int = 10_000,
    ) -> int:
        """The person answers what the queue hands out until it is empty; returns how many answers."""
        person = person or self.person
        say = say or (lambda item_id: self.truth[item_id])
        n = 0
        while n < at_most and (entries := claim(self.project, person, min(50, at_most - n))):
            self.shown += entries
            said = [
                NewAnswer(
                    key=uuid.uuid4(),
                    entry_id=entry["id"],
                    kind="label",
                    class_id=say(entry["item"]["id"]).pk,
                )
                for entry in entries
            ]
            role = role_of(self.project, person)
            results = answers_submit(project=self.project, person=person, role=role, answers=said)
            assert {result["outcome"] for result in results} == {"stored"}, results
            n += len(entries)
        return n

    def empty_queue(self) -> None:
        """Nothing but what an attempt asks for is in the queue."""
        Entry.objects.filter(project=self.project, state="open").update(state="withdrawn", n_free=0)
        Project.objects.filter(pk=self.project.pk).update(review_budget=0)
        self.project.refresh_from_db()

    def ask(self, **goal: Any) -> Attempt:
        """A frozen attempt."""
        attempt = attempt_ask(
            project=self.project, user=self.owner, **{"eps": 0.1, "confidence": 0.9, **goal}
        )
        attempt_freeze(attempt.pk)
        attempt.refresh_from_db()
        return attempt

    def settle(self, attempt: Attempt) -> Attempt:
        attempt_settle(attempt.pk)
        attempt.refresh_from_db()
        return attempt

    def certify(self, **goal: Any) -> Certificate:
        """From the question to a written certificate, people answering all that is asked."""
        attempt = self.ask(**goal)
        self.answer_queue()
        self.settle(attempt)
        if attempt.state == "reviewing":
            self.answer_queue()
            self.settle(attempt)
        assert attempt.state == "certified", (attempt.state, attempt.state_reason)
        certificate = Certificate.objects.get(attempt=attempt)
        certificate_write(certificate.pk)
        certificate.refresh_from_db()
        return certificate


def make_world(
    project: Project,
    *,
    owner: User,
    person: User,
    n_items: int = 300,
    n_human: int = 20,
    wrong: Mapping[int, int] | None = None,
    n_wrong: int = 0,
) -> World:
    """Predictions published for all items but `n_human`, which the owner has labeled; the `n_wrong` least sure wrong.

    wrong  position of an item -> position of the class that is predicted instead of the true one
    """
    Membership.objects.filter(project=project, user=person).update(role=Role.ANNOTATOR)
    # The salt decides the draws: with this one they are the same in every run of the tests.
    Project.objects.filter(pk=project.pk).update(review_budget=0, salt="0123456789abcdef")
    project.refresh_from_db()
    classes = list(project.classes.all())
    items = make_items(project, n_items)
    truth = {item.pk: classes[place % len(classes)] for place, item in enumerate(items)}
    make_human_labels([(item, truth[item.pk]) for item in items[:n_human]], user=owner)
    wrong = dict(wrong or {})
    for place in range(n_items - n_wrong, n_items):
        wrong.setdefault(place, (place + 1) % len(classes))
    predicted = {
        item.pk: classes[wrong.get(place, place % len(classes))]
        for place, item in enumerate(items)
        if place >= n_human
    }
    sure = {item.pk: 0.999 - 0.5 * place / n_items for place, item in enumerate(items)}
    round = make_round(
        project, [(item, predicted[item.pk], sure[item.pk]) for item in items[n_human:]], threshold=0.5
    )
    round_publish(round_id=round.pk)
    round.refresh_from_db()
    return World(project, owner, person, classes, items, truth, predicted, round)
