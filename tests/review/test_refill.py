"""What a refill asks beside the pool."""

from __future__ import annotations

from django.contrib.auth.models import User

from labeling.labels.services import label_retire
from labeling.models import Item, Project, Split
from review.models import Entry
from review.queue.filling.kept_full import queue_refill
from review.reasons import Reason
from tests.makers import make_human_label, make_items


def test_an_item_of_the_holdout_whose_label_was_withdrawn_is_asked_again_blind_and_first(
    project: Project, ada: User
) -> None:
    items = make_items(project, 30)
    lost = items[-1]
    Item.objects.filter(pk__in=[lost.pk, items[0].pk]).update(split=Split.HOLDOUT)
    cat = project.classes.all()[0]
    make_human_label(items[0], cat, user=ada)
    label_retire(label=make_human_label(lost, cat, user=ada), by=ada)
    Project.objects.filter(pk=project.pk).update(review_budget=5, random_share=1.0)
    project.refresh_from_db()

    queue_refill(project=project)

    entries = list(Entry.objects.filter(project=project).order_by("-priority"))
    assert (entries[0].item_id, entries[0].reason, entries[0].is_blind) == (lost.pk, Reason.RANDOM, True)
    assert items[0].pk not in {entry.item_id for entry in entries}


def test_items_of_a_test_file_are_never_asked(project: Project) -> None:
    items = make_items(project, 10)
    Item.objects.filter(pk__in=[item.pk for item in items[:8]]).update(split=Split.TEST)

    queue_refill(project=project)

    assert {entry.item_id for entry in Entry.objects.all()} == {items[8].pk, items[9].pk}
