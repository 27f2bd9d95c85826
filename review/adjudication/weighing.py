"""Disputes settled by weight: several answers weighed by how often each person is right, and with the model.

Everything is an offer to a reviewer. How right weighing is, is told from the disputes that reviewers have decided
themselves. What measures is left out: the model has a word in it, so audits, second answers, gold and items drawn
at random are never settled this way, and nothing is while an attempt to certify or an audit waits for answers. A
flagged item is left to reviewers, too: somebody asked for them.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from dataclasses import dataclass

import numpy as np
from django.contrib.auth.models import User
from django.db import connection, transaction

from labeling.database.locks import lock_labels_shared
from labeling.errors import Conflict
from labeling.labels.services import Word, source_for_consensus
from labeling.models import Project, SourceKind
from review.adjudication.crowdlab import Weighed, crowdlab
from review.adjudication.relabeling import words_record
from review.models import OPEN_ATTEMPTS, Attempt, Certificate, Entry, EntryState, Verdict, VerdictKind
from review.queue.audits import fresh_answers
from review.reasons import MEASURING, Reason, sql_list
from training.rules.other_classes import others_unpack

N_ENTRIES = 10_000  # the newest; every dispute comes first
MIN_ENTRIES = 20  # below, nothing is known of the people
QUALITIES = (0.5, 0.6, 0.7, 0.8, 0.9)


@dataclass(frozen=True)
class PersonQuality:
    """How likely an answer of this person is right, 0 to 1, by `n` items that others answered too."""

    username: str
    n: int
    quality: float


@dataclass(frozen=True)
class QualityRow:
    """Disputes of at least this quality (0 to 1, higher is surer; a rank, no probability)."""

    min_quality: float
    n_waiting: int  # that can be settled by weight
    n_decided: int  # that a reviewer has decided
    n_upheld: int  # and for the class that has the weight


@dataclass(frozen=True)
class Weighing:
    """What the newest entries with several answers come to."""

    n_entries: int
    people: list[PersonQuality]  # the best first
    rows: list[QualityRow]
    why_not: str  # nothing can be settled now, and why; empty: it can


_SEVERAL = f"""
    SELECT entry.id, entry.item_id, entry.state, entry.reason, entry.suggested_class_id,
           entry.suggested_confidence, entry.suggested_others, answer.person_id, answer.label_class_id,
           EXISTS (SELECT 1 FROM review_flag flag WHERE flag.item_id = entry.item_id AND flag.resolved_at IS NULL)
    FROM (SELECT * FROM review_entry
          WHERE project_id = %(project)s AND state IN ('done', 'disputed') AND n_wanted > 1
            AND reason NOT IN ({sql_list(MEASURING)})
          ORDER BY state = 'disputed' DESC, created_at DESC, id LIMIT %(n)s) entry
    JOIN review_answer answer
      ON answer.entry_id = entry.id AND answer.kind = 'label' AND answer.withdrawn_at IS NULL
    ORDER BY entry.id, answer.created_at"""


@dataclass
class _Asked:
    """An entry and its answers."""

    item_id: int
    is_open: bool  # disputed, and may be settled by weight
    said: dict[int, float]  # class -> probability by the model
    answers: dict[int, int]  # person -> class


def weigh(project: Project, person: User) -> Weighing:
    """Weigh, and change nothing."""
    asked = _read(project, person)
    why_not = _why_not(project)
    if too_little := _too_little(project, asked):
        return Weighing(len(asked), [], [], why_not or too_little)
    found = _Found(project, asked)
    if why_not:  # how many disputes cannot be settled would tell how many audits are among them
        return Weighing(len(asked), found.people(), [], why_not)
    verdicts = dict(
        Verdict.objects.filter(entry_id__in=asked, kind=VerdictKind.LABEL, withdrawn_at__isnull=True)
        .exclude(label__source__kind=SourceKind.CONSENSUS)
        .values_list("entry_id", "label_class_id")
    )
    rows = []
    for least in QUALITIES:
        sure = {pk: class_id for pk, (class_id, quality) in found.by_entry.items() if quality >= least}
        decided = sure.keys() & verdicts.keys()
        rows.append(
            QualityRow(
                min_quality=least,
                n_waiting=sum(asked[pk].is_open for pk in sure),
                n_decided=len(decided),
                n_upheld=sum(sure[pk] == verdicts[pk] for pk in decided),
            )
        )
    return Weighing(len(asked), found.people(), rows, "")


def disputes_settle(*, project: Project, person: User, min_quality: float) -> int:
    """Disputes whose weighed class has at least this quality have it as a label by consensus. Returns how many.

    Each is recorded as a verdict of the person, who can undo it. Raises Conflict while an attempt is open or a
    certificate valid, or where too few items have several answers.
    """
    with transaction.atomic():
        now = lock_labels_shared(project.pk)
        if why_not := _why_not(project):
            raise Conflict(why_not, code="measuring")
        asked = _read(project, person)
        if too_little := _too_little(project, asked):
            raise Conflict(too_little, code="too_few_answers")
        sure = {
            pk: class_id
            for pk, (class_id, quality) in _Found(project, asked).by_entry.items()
            if quality >= min_quality and asked[pk].is_open
        }
        waiting = Entry.objects.select_for_update().filter(pk__in=sure, state=EntryState.DISPUTED)
        entries = list(waiting.order_by("pk"))  # less those decided meanwhile
        words = [Word(entry.item_id, sure[entry.pk]) for entry in entries]
        labels = words_record(project, person, words, source_for_consensus(project=project)) if words else []
        Verdict.objects.bulk_create(
            Verdict(
                key=uuid.uuid4(),
                project=project,
                item_id=entry.item_id,
                person_id=person.pk,
                kind=VerdictKind.LABEL,
                entry=entry,
                entry_state=EntryState.DISPUTED,
                label_class_id=sure[entry.pk],
                label=label,
                created_at=now,
            )
            for entry, label in zip(entries, labels, strict=True)
        )
        return len(entries)


class _Found:
    """Entries weighed, in the ids of the database."""

    def __init__(self, project: Project, asked: dict[int, _Asked]) -> None:
        class_ids = list(project.classes.order_by("pk").values_list("pk", flat=True))
        column = {class_id: place for place, class_id in enumerate(class_ids)}
        self.person_ids = sorted({person_id for one in asked.values() for person_id in one.answers})
        place = {person_id: number for number, person_id in enumerate(self.person_ids)}
        self.answers = np.full((len(asked), len(place)), -1)
        model = np.full((len(asked), len(class_ids)), np.nan)
        for row, one in enumerate(asked.values()):
            for person_id, class_id in one.answers.items():
                self.answers[row, place[person_id]] = column[class_id]
            if one.said:
                # What was not kept of the model's word is shared by the classes that it did not name.
                rest = max(0.0, 1 - sum(one.said.values())) / max(1, len(class_ids) - len(one.said))
                model[row] = [one.said.get(class_id, rest) for class_id in class_ids]
        self.weighed: Weighed = crowdlab(self.answers, model)
        self.by_entry = {
            pk: (class_ids[self.weighed.columns[row]], float(self.weighed.quality[row]))
            for row, (pk, one) in enumerate(asked.items())
            if class_ids[self.weighed.columns[row]] in one.answers.values()  # somebody said so
        }

    def people(self) -> list[PersonQuality]:
        names = dict(User.objects.filter(pk__in=self.person_ids).values_list("pk", "username"))
        people = [
            PersonQuality(names[person_id], int((self.answers[:, number] >= 0).sum()), float(quality))
            for number, (person_id, quality) in enumerate(
                zip(self.person_ids, self.weighed.people, strict=True)
            )
        ]
        return sorted(people, key=lambda one: (-one.quality, one.username))


def _read(project: Project, person: User) -> dict[int, _Asked]:
    """Entries with answers of two people at least, by id; without those that `person` may still answer otherwise."""
    with connection.cursor() as cursor:
        cursor.execute(_SEVERAL, {"project": project.pk, "n": N_ENTRIES})
        rows = cursor.fetchall()
    asked: dict[int, _Asked] = {}
    said: dict[int, dict[int, int]] = defaultdict(dict)
    for pk, item_id, state, reason, suggested_id, confidence, others, person_id, class_id, is_flagged in rows:
        said[pk][person_id] = class_id
        if pk not in asked:
            of_model = {one.class_id: one.confidence for one in others_unpack(others)}
            if suggested_id is not None:
                of_model[suggested_id] = confidence
            is_open = state == EntryState.DISPUTED and reason != Reason.RANDOM and not is_flagged
            asked[pk] = _Asked(item_id, is_open, of_model, said[pk])
    fresh = set(fresh_answers().filter(project=project, person=person).values_list("entry", flat=True))
    return {pk: one for pk, one in asked.items() if len(one.answers) > 1 and pk not in fresh}


def _too_little(project: Project, asked: dict[int, _Asked]) -> str:
    if len(asked) < MIN_ENTRIES:
        return f"At least {MIN_ENTRIES} items with several answers are needed to weigh them; there are {len(asked)}."
    if project.classes.count() < 2:
        return "The project has one class, so there is nothing that people could disagree on."
    return ""


def _why_not(project: Project) -> str:
    """Why nothing can be settled: what is left over would be audits. By what everybody is told, not by what waits:
    a refusal that came with the audits would tell that they have come."""
    if Attempt.objects.filter(project=project, state__in=OPEN_ATTEMPTS).exists():
        return "An attempt to certify is under way: until it ends each dispute is decided by a reviewer."
    if Certificate.objects.filter(project=project, revoked_at__isnull=True).exists():
        return (
            "The labels of a valid certificate are audited, and what is left over would give audits away: "
            "while it is valid each dispute is decided by a reviewer."
        )
    return ""
