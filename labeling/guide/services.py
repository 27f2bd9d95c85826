"""The guide that people label by: examples of each class beside the instructions.

An example is an item with a human label; its class is that of the label, so that an example follows a
correction and leaves with a withdrawal. Chosen ones come first; where there are fewer than N_EXAMPLES the
newest settled labels fill up: those that a file brought or
several people agreed on, and one person's word once it has stood for a day. One of a minute ago may be a slip. Test items and audits that are under way are never shown.
"""

from __future__ import annotations

import datetime as dt

from django.contrib.auth.models import User
from django.db import connection

from labeling.blindness import Sight, withheld_among
from labeling.errors import Conflict
from labeling.items.selectors import LabeledItem, labeled_items
from labeling.models import GuideExample, Item, LabelClass, Project, Split

N_EXAMPLES = 3  # of each class, unless more are chosen
MAX_CHOSEN = 12  # of each class
SETTLED_AFTER = dt.timedelta(days=1)  # until then a slip is likely to be found and taken back
N_RECENT = 5_000  # human labels among which examples that nobody chose are looked for

# The newest of people's settled labels, some of each class.
_RECENT = """
    SELECT item_id, label_class_id FROM (
        SELECT recent.*, row_number() OVER (PARTITION BY recent.label_class_id ORDER BY recent.id DESC) AS place
        FROM (
            SELECT label.id, label.item_id, label.label_class_id FROM labeling_label label
            JOIN labeling_source source ON source.id = label.source_id
            WHERE label.project_id = %(project)s AND label.is_human AND label.retired_at IS NULL
              AND (source.kind IN ('file', 'consensus') OR label.created_at < now() - make_interval(secs => %(settled)s))
            ORDER BY label.id DESC LIMIT %(n_recent)s
        ) recent
        JOIN labeling_item item ON item.id = recent.item_id AND item.split IN ('pool', 'holdout')
    ) ranked WHERE place <= %(n)s ORDER BY place"""


def guide_examples(project: Project, sight: Sight = Sight.ALL) -> dict[int, list[tuple[LabeledItem, bool]]]:
    """Class id -> its examples, each with whether somebody chose it; the chosen first, in the order chosen.

    Without what is asked blind, for whoever may be asked; annotators are shown what somebody chose, and nothing else.
    """
    chosen = GuideExample.objects.filter(project=project, item__split__in=[Split.POOL, Split.HOLDOUT])
    chosen_ids = dict.fromkeys(chosen.order_by("created_at", "pk").values_list("pk", flat=True))  # in order
    with connection.cursor() as cursor:
        cursor.execute(
            _RECENT,
            {
                "project": project.pk,
                "n_recent": N_RECENT,
                "n": N_EXAMPLES,
                "settled": SETTLED_AFTER.total_seconds(),
            },
        )
        recent_ids = [item_id for item_id, _ in cursor.fetchall() if item_id not in chosen_ids]
    examples: dict[int, list[tuple[LabeledItem, bool]]] = {
        class_id: [] for class_id in LabelClass.objects.filter(project=project).values_list("pk", flat=True)
    }
    shown = [*chosen_ids] if sight == Sight.OWN else [*chosen_ids, *recent_ids]
    withheld = withheld_among(shown, Sight.ALL if sight == Sight.ALL else Sight.SETTLED)
    for row in labeled_items([item_id for item_id in shown if item_id not in withheld]):
        if row.label is None or not row.label.is_human:  # withdrawn since
            continue
        of_class = examples[row.label.label_class_id]
        is_chosen = row.item.pk in chosen_ids
        if len(of_class) < (MAX_CHOSEN if is_chosen else N_EXAMPLES):
            of_class.append((row, is_chosen))
    return examples


def example_choose(*, item: Item, by: User) -> None:
    """The guide shows the item from now on. Raises Conflict where it has no human label, or there is no room.

    And where it is withheld: what is shown to all cannot be asked blind.
    """
    if withheld_among([item.pk], Sight.SETTLED):
        raise Conflict(
            "Somebody is asked about this item blind. Choose another, or wait until it is answered.",
            code="asked_blind",
        )
    (row,) = labeled_items([item.pk])
    if row.label is None or not row.label.is_human:
        raise Conflict(
            "Only an item that a person has labeled can be an example. Label it first.", code="not_labeled"
        )
    if item.split not in (Split.POOL, Split.HOLDOUT):
        raise Conflict(
            "Items of the test set are not shown to those who label. Choose another.", code="not_shown"
        )
    others = GuideExample.objects.filter(project_id=item.project_id).exclude(pk=item.pk)
    same = others.filter(
        item__labels__is_human=True,
        item__labels__retired_at__isnull=True,
        item__labels__label_class=row.label.label_class_id,
    )
    if same.count() >= MAX_CHOSEN:
        raise Conflict(
            f"This class has {MAX_CHOSEN} examples already. Take one away first.", code="too_many_examples"
        )
    GuideExample.objects.get_or_create(pk=item.pk, defaults={"project_id": item.project_id, "chosen_by": by})


def example_forget(*, item: Item) -> None:
    """The guide shows the item no more, unless it is among the newest of its class."""
    GuideExample.objects.filter(pk=item.pk).delete()
