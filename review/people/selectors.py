"""How people work: pace, agreement with one another and with verdicts; and what the queue's order finds.

Counts, from which the reader makes intervals. Of the newest answers of a project, so that the cost does not
grow with its age. Blind audits and second answers are no part of it: their outcome is nobody's to see while
they are being answered. Answers to gold (gold.py) count where somebody else gave the label that stands.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.contrib.auth.models import User
from django.db import connection

from labeling.blindness import Sight
from labeling.models import Label, Project, SourceKind
from review.reasons import MEASURING, Reason

N_ANSWERS = 10_000  # the newest


@dataclass
class PersonWork:
    """One person's part of the newest answers."""

    username: str
    n_answers: int = 0
    n_skipped: int = 0
    seconds: list[float] = field(default_factory=list)
    n_compared: int = 0  # items that others answered too, with a class that most of them named
    n_agreed: int = 0
    n_decided: int = 0  # disputes with this person in them that somebody else has decided since
    n_upheld: int = 0
    n_gold: int = 0  # items whose answer is known from somebody else
    n_gold_right: int = 0

    @property
    def median_seconds(self) -> float | None:
        return median_interval(self.seconds)[0]

    @property
    def median_low(self) -> float | None:
        return median_interval(self.seconds)[1]

    @property
    def median_high(self) -> float | None:
        return median_interval(self.seconds)[2]


@dataclass
class ReasonYield:
    """Answers to entries of one reason that had the model's guess, shown or not; and how many went against it."""

    reason: str
    n: int = 0
    n_changed: int = 0


def median_interval(values: Sequence[float]) -> tuple[float | None, float | None, float | None]:
    """The median and its 95% interval by order statistics, free of any distribution (Conover 1999, 3.2).

    Ranks by the normal approximation of the binomial; no interval below 6 values, none without any.
    """
    n = len(values)
    if n == 0:
        return None, None, None
    ordered = sorted(values)
    middle = (ordered[(n - 1) // 2] + ordered[n // 2]) / 2
    if n < 6:
        return middle, None, None
    spread = 1.96 * math.sqrt(n)
    low, high = math.floor((n - spread) / 2), math.ceil(1 + (n + spread) / 2)
    return middle, ordered[max(low, 1) - 1], ordered[min(high, n) - 1]


# `tells`: what the answer says of the item may be judged before whoever reads.
_NEWEST = """
    SELECT answer.person_id, answer.item_id, answer.kind, answer.label_class_id, answer.seconds,
           entry.reason, entry.suggested_class_id, extract(epoch FROM answer.created_at)::float8,
           answer.item_id NOT IN (SELECT item_id FROM labeling_withheld WHERE project_id = %(project)s)
    FROM (SELECT * FROM review_answer WHERE project_id = %(project)s AND withdrawn_at IS NULL
          ORDER BY created_at DESC LIMIT %(n)s) answer
    LEFT JOIN review_entry entry ON entry.id = answer.entry_id"""


def people_work(
    project: Project, sight: Sight = Sight.ALL
) -> tuple[list[PersonWork], list[ReasonYield], int]:
    """(people, most answers first; what the queue's reasons found; answers looked at).

    Answers about what is withheld from the sight are counted and judged by nothing; for annotators all are so.
    """
    with connection.cursor() as cursor:
        cursor.execute(_NEWEST, {"project": project.pk, "n": N_ANSWERS})
        answers = cursor.fetchall()
    names = dict(User.objects.filter(pk__in={row[0] for row in answers}).values_list("pk", "username"))
    people = {pk: PersonWork(name) for pk, name in names.items()}
    yields = {str(reason): ReasonYield(str(reason)) for reason in (Reason.UNCERTAIN, Reason.RANDOM)}
    said: dict[int, dict[int, int]] = defaultdict(dict)  # item -> person -> class, the newest word first
    newest_at: dict[int, float] = {}  # item -> seconds since 1970: ten thousand datetimes are slow to read
    gold: list[tuple[int, int, int]] = []  # person, item, class
    for person_id, item_id, kind, class_id, seconds, reason, suggested_id, at, is_settled in answers:
        work = people[person_id]
        if kind != "label":
            work.n_skipped += 1
            continue
        work.n_answers += 1
        if seconds is not None:
            work.seconds.append(seconds)
        if sight == Sight.OWN or (sight == Sight.SETTLED and not is_settled):
            continue
        if reason == Reason.GOLD:
            gold.append((person_id, item_id, class_id))
        if reason in MEASURING:
            continue
        said[item_id].setdefault(person_id, class_id)
        newest_at.setdefault(item_id, at)
        if reason in yields and suggested_id is not None:
            yields[reason].n += 1
            yields[reason].n_changed += class_id != suggested_id
    shared = {item_id: words for item_id, words in said.items() if len(words) > 1}
    _compare(people, shared)
    _against_verdicts(project, people, shared, newest_at)
    _against_gold(project, people, gold)
    ranked = sorted(people.values(), key=lambda one: (-one.n_answers, one.username))
    return ranked, [one for one in yields.values() if one.n], len(answers)


def _compare(people: dict[int, PersonWork], shared: dict[int, dict[int, int]]) -> None:
    """Each person against the class that most of the others named; where these are tied, nothing is said."""
    for words in shared.values():
        for person_id, class_id in words.items():
            others = Counter(word for other_id, word in words.items() if other_id != person_id).most_common(2)
            if len(others) == 2 and others[0][1] == others[1][1]:
                continue
            people[person_id].n_compared += 1
            people[person_id].n_agreed += others[0][0] == class_id


def _against_verdicts(
    project: Project,
    people: dict[int, PersonWork],
    shared: dict[int, dict[int, int]],
    newest_at: dict[int, float],
) -> None:
    """Disputes that a person has decided after the last answer: whose answer was upheld."""
    disputed = [item_id for item_id, words in shared.items() if len(set(words.values())) > 1]
    verdicts = Label.objects.human().standing().filter(project=project, item_id__in=disputed)
    verdicts = verdicts.filter(source__kind=SourceKind.PERSON)
    for item_id, class_id, judge_id, at in verdicts.values_list(
        "item_id", "label_class_id", "source__user_id", "created_at"
    ):
        if at.timestamp() <= newest_at[item_id]:
            continue  # what stands is an answer itself
        for person_id, word in shared[item_id].items():
            if person_id != judge_id:
                people[person_id].n_decided += 1
                people[person_id].n_upheld += word == class_id


def _against_gold(
    project: Project, people: dict[int, PersonWork], gold: Sequence[tuple[int, int, int]]
) -> None:
    """Each answer to gold against the label that stands, unless the person gave that one, too."""
    labels = Label.objects.human().standing().filter(project=project, item_id__in={row[1] for row in gold})
    known = {
        item_id: (class_id, author_id)
        for item_id, class_id, author_id in labels.values_list("item_id", "label_class_id", "source__user_id")
    }
    for person_id, item_id, said in gold:
        right, author_id = known.get(item_id, (None, person_id))
        if author_id != person_id:
            people[person_id].n_gold += 1
            people[person_id].n_gold_right += said == right
