"""Gold: items whose answer is known, asked again of everybody, blind, to learn how often each person is right.

Gold entries look like any other blind entry, go to each person once, and label nothing. The known answer is
the label that stands when somebody looks (people.py), so a mistake that gold uncovers is mended by relabeling.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from secrets import token_hex

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from labeling.database.locks import lock_labels_shared
from labeling.errors import Conflict
from labeling.models import Item, Label, Membership, Project, SourceKind, Split
from labeling.web.permissions import MAY_ANSWER, MAY_REVIEW
from review.models import Entry, EntryState
from review.queue.entries import entries_ask, entries_close
from review.reasons import Reason

MAX_GOLD = 1_000  # items at a time


@dataclass(frozen=True)
class Gold:
    """What became of a request for gold."""

    n_asked: int  # items that wait now
    n_people: int  # who each of them is asked
    n_left_out: int  # of the items named


@transaction.atomic
def gold_ask(*, project: Project, n: int | None = None, item_ids: Sequence[int] | None = None) -> Gold:
    """Those items, or `n` at random, wait blind for each member who may answer.

    At random: of pool and holdout, what a file or somebody who may review has labeled. An item that waits in
    the queue already is left out. Raises Conflict where there is none to ask, with what would help.
    """
    lock_labels_shared(project.pk)
    known = _known_items(project)
    if item_ids is None:
        chosen = list(known.filter(_by_trusted(project)).order_by("?").values_list("pk", flat=True)[:n])
    else:
        chosen = list(known.filter(pk__in=item_ids).values_list("pk", flat=True))
    if not chosen:
        raise Conflict(
            "There is no item to ask: gold is what a file or somebody who may review has labeled, and what does not "
            "wait in the queue. Import labels that you trust, or label some items as a reviewer first.",
            code="no_gold",
        )
    n_people = Membership.objects.filter(project=project, role__in=MAY_ANSWER, user__is_active=True).count()
    asked = [(item_id, Reason.GOLD) for item_id in chosen]
    entries_ask(project, asked, salt=token_hex(8), n_wanted=n_people)
    return Gold(len(chosen), n_people, len(set(item_ids or chosen)) - len(chosen))


@transaction.atomic
def gold_end(*, project: Project) -> int:
    """No gold waits any more; returns how many entries were withdrawn. Answers that were given stay."""
    lock_labels_shared(project.pk)
    waiting = Entry.objects.filter(project=project, reason=Reason.GOLD, state=EntryState.OPEN).order_by("pk")
    return entries_close(entry_ids=list(waiting.values_list("pk", flat=True)), state=EntryState.WITHDRAWN)


def _known_items(project: Project) -> QuerySet[Item]:
    """Items of pool and holdout that people have labeled and that nobody is asked about."""
    human = Label.objects.human().standing().filter(project=project)
    waiting = Entry.objects.filter(item=OuterRef("pk"), state__in=[EntryState.OPEN, EntryState.DISPUTED])
    items = Item.objects.filter(project=project, split__in=[Split.POOL, Split.HOLDOUT])
    return items.filter(Exists(human.filter(item=OuterRef("pk"))), ~Exists(waiting))


def _by_trusted(project: Project) -> Q:
    reviewers = Membership.objects.filter(project=project, role__in=MAY_REVIEW).values("user")
    trusted = Q(source__kind=SourceKind.FILE) | Q(source__user__in=reviewers)
    human = Label.objects.human().standing().filter(trusted, project=project)
    return Q(Exists(human.filter(item=OuterRef("pk"))))
