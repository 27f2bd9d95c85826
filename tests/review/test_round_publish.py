"""Publishing: the set that stood is replaced, a human label never, and the queue follows."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from labeling.errors import Conflict
from labeling.models import Label, Project, Publication
from review.models import Answer, Entry, EntryState
from review.publishing.publish import publication_discard, round_publish
from review.reasons import Reason
from tests.makers import make_human_label, make_items
from tests.review.makers import answer, claim, make_entries, make_round
from training.models import Prediction, Round, RoundState


def current(project: Project) -> dict[int, str]:
    labels = Label.objects.current().filter(project=project).select_related("label_class")
    return {label.item_id: label.label_class.name for label in labels}


def test_accepted_predictions_become_the_current_labels(project: Project) -> None:
    cat, dog, _ = project.classes.all()
    items = make_items(project, 3)
    round = make_round(project, [(items[0], cat, 0.99), (items[1], dog, 0.95), (items[2], dog, 0.5)])

    publication = round_publish(round_id=round.pk)

    assert current(project) == {items[0].pk: "cat", items[1].pk: "dog"}
    assert (publication.n_labels, publication.class_counts) == (2, {str(cat.pk): 1, str(dog.pk): 1})
    round.refresh_from_db()
    assert round.state == RoundState.PUBLISHED
    label = Label.objects.get(item=items[0])
    assert (label.confidence, label.threshold, label.source) == (0.99, 0.9, round.source)


def test_a_human_label_is_never_replaced_or_joined_by_a_machines(project: Project, ada: User) -> None:
    cat, dog, _ = project.classes.all()
    items = make_items(project, 2)
    round = make_round(project, [(item, cat, 0.99) for item in items])
    make_human_label(items[0], dog, user=ada)

    round_publish(round_id=round.pk)

    assert current(project) == {items[0].pk: "dog", items[1].pk: "cat"}
    assert Label.objects.filter(item=items[0]).count() == 1


def test_holdout_and_test_items_get_no_pseudo_label(project: Project) -> None:
    cat = project.classes.all()[0]
    items = make_items(project, 1, split="holdout") + make_items(project, 1, prefix="t", split="test")

    round_publish(round_id=make_round(project, [(item, cat, 0.99) for item in items]).pk)

    assert current(project) == {}
    assert Entry.objects.count() == 0


def test_the_diff_tells_kept_changed_dropped_and_new(project: Project) -> None:
    cat, dog, _ = project.classes.all()
    kept, changed, dropped, new = make_items(project, 4)
    first = make_round(project, [(kept, cat, 0.99), (changed, cat, 0.99), (dropped, cat, 0.99)])
    second = make_round(
        project, [(kept, cat, 0.99), (changed, dog, 0.99), (dropped, cat, 0.1), (new, cat, 0.99)]
    )
    Round.objects.filter(pk=second.pk).update(state=RoundState.RUNNING)

    assert round_publish(round_id=first.pk).diff == {"kept": 0, "changed": 0, "dropped": 0, "new": 3}
    Round.objects.filter(pk=second.pk).update(state=RoundState.READY)
    assert round_publish(round_id=second.pk).diff == {"kept": 1, "changed": 1, "dropped": 1, "new": 1}

    assert current(project) == {kept.pk: "cat", changed.pk: "dog", new.pk: "cat"}
    assert Publication.objects.get(ended_at__isnull=False).ended_reason == "superseded by run 1, round 2"


def test_publishing_skips_the_other_rounds_that_were_ready(project: Project) -> None:
    cat = project.classes.all()[0]
    (item,) = make_items(project, 1)
    older = make_round(project, [(item, cat, 0.99)])
    newer = make_round(project, [(item, cat, 0.99)])

    round_publish(round_id=newer.pk)

    older.refresh_from_db()
    assert older.state == RoundState.SKIPPED


def test_an_earlier_round_can_be_put_back_without_what_people_labeled_since(
    project: Project, ada: User
) -> None:
    cat, dog, _ = project.classes.all()
    items = make_items(project, 3)
    first = make_round(project, [(item, cat, 0.99) for item in items])
    round_publish(round_id=first.pk)
    round_publish(round_id=make_round(project, [(item, dog, 0.99) for item in items]).pk)
    make_human_label(items[0], dog, user=ada)
    Label.objects.filter(item=items[0], is_human=False, source__round__number=2).update(
        retired_at=Label.objects.get(is_human=True).created_at, retired_reason="confirmed"
    )

    publication = round_publish(round_id=first.pk, by=ada)

    assert current(project) == {items[0].pk: "dog", items[1].pk: "cat", items[2].pk: "cat"}
    assert publication.n_labels == 2
    assert publication.started_by == ada
    assert Label.objects.filter(source=first.source).count() == 3


def test_a_round_that_stands_or_runs_cannot_be_published(project: Project) -> None:
    (item,) = make_items(project, 1)
    round = make_round(project, [(item, project.classes.all()[0], 0.99)])
    round_publish(round_id=round.pk)

    with pytest.raises(Conflict, match="stand already"):
        round_publish(round_id=round.pk)
    Round.objects.filter(pk=round.pk).update(state=RoundState.RUNNING)
    with pytest.raises(Conflict, match="no labels to publish"):
        round_publish(round_id=round.pk)


def test_a_skipped_round_whose_predictions_are_gone_cannot_be_published(project: Project) -> None:
    (item,) = make_items(project, 1)
    round = make_round(project, [(item, project.classes.all()[0], 0.99)], state=RoundState.SKIPPED)
    Prediction.objects.filter(round=round.pk).delete()

    with pytest.raises(Conflict, match="train again"):
        round_publish(round_id=round.pk)


def test_discarding_takes_the_machine_labels_away_and_leaves_the_human_ones(
    project: Project, ada: User
) -> None:
    cat = project.classes.all()[0]
    items = make_items(project, 2)
    round_publish(round_id=make_round(project, [(items[0], cat, 0.99)]).pk)
    make_human_label(items[1], cat, user=ada)

    publication_discard(project=project, by=ada)

    assert current(project) == {items[1].pk: "cat"}
    assert Publication.objects.get().ended_reason == "discarded by ada"
    with pytest.raises(Conflict):
        publication_discard(project=project, by=ada)


def test_the_queue_asks_first_for_what_the_model_is_least_sure_of(project: Project, ada: User) -> None:
    cat = project.classes.all()[0]
    project.random_share = 0
    project.save(update_fields=["random_share"])
    confidences = [0.95, 0.6, 0.85, 0.7]
    items = make_items(project, 4)

    round_publish(round_id=make_round(project, list(zip(items, [cat] * 4, confidences, strict=True))).pk)

    asked = [entry["item"]["id"] for entry in claim(project, ada, 4)]
    assert asked == [items[1].pk, items[3].pk, items[2].pk, items[0].pk]


def test_the_queue_keeps_to_the_budget_and_its_random_share_is_blind(project: Project) -> None:
    cat = project.classes.all()[0]
    project.review_budget, project.random_share = 10, 0.3
    project.save(update_fields=["review_budget", "random_share"])
    items = make_items(project, 50)

    round_publish(round_id=make_round(project, [(item, cat, 0.99) for item in items]).pk)

    reasons = list(Entry.objects.order_by("-priority").values_list("reason", "is_blind"))
    assert sorted(reasons) == [("random", True)] * 3 + [("uncertain", False)] * 7
    assert "random" in {reason for reason, _ in reasons[:4]}  # not all at the end


def test_a_publish_withdraws_what_nobody_holds_and_leaves_the_rest(
    project: Project, ada: User, ben: User
) -> None:
    cat = project.classes.all()[0]
    items = make_items(project, 5)
    held, disputed, flagged, answered, stale = (
        make_entries(project, [item], priority=5 - rank, n_wanted=2)[0] for rank, item in enumerate(items)
    )
    claim(project, ada)
    Entry.objects.filter(pk=disputed.pk).update(state=EntryState.DISPUTED)
    Entry.objects.filter(pk=flagged.pk).update(reason=Reason.FLAGGED)
    claim(project, ben, 2)
    answer(project, ben, answered.pk, cat)

    round_publish(round_id=make_round(project, [(item, cat, 0.5) for item in items]).pk)

    states = dict(Entry.objects.values_list("pk", "state"))
    assert states[stale.pk] == EntryState.WITHDRAWN
    assert [states[entry.pk] for entry in (held, flagged, answered)] == [EntryState.OPEN] * 3
    assert states[disputed.pk] == EntryState.DISPUTED
    (new,) = Entry.objects.exclude(pk__in=[entry.pk for entry in (held, disputed, flagged, answered, stale)])
    assert new.item_id == items[4].pk
    assert new.suggested_class == cat


def test_the_queue_tells_what_else_the_model_holds_possible_but_not_where_people_answer_blind(
    project: Project, ada: User
) -> None:
    cat, dog = project.classes.all()[:2]
    project.review_budget, project.random_share = 10, 0.5
    project.save(update_fields=["review_budget", "random_share"])
    items = make_items(project, 10)

    round_publish(round_id=make_round(project, [(item, cat, 0.7) for item in items], other=dog).pk)

    asked = claim(project, ada, 10)
    blind = [entry for entry in asked if entry["is_blind"]]
    assert len(blind) == 5
    assert {entry["suggestion"] for entry in blind} == {None}
    told = {"class_id": cat.pk, "confidence": 0.7, "others": [{"class_id": dog.pk, "confidence": 0.3}]}
    assert [entry["suggestion"] for entry in asked if not entry["is_blind"]] == [told] * 5
    shown = next(entry for entry in asked if not entry["is_blind"])
    answer(project, ada, shown["id"], cat)
    assert Answer.objects.get().seen["suggestion"] == told


def test_what_a_person_answered_is_not_asked_again(project: Project, ada: User) -> None:
    cat = project.classes.all()[0]
    items = make_items(project, 2)
    round_publish(round_id=make_round(project, [(item, cat, 0.5) for item in items]).pk)
    (first,) = claim(project, ada)
    answer(project, ada, first["id"], cat)

    round_publish(round_id=make_round(project, [(item, cat, 0.5) for item in items]).pk)

    asked = Entry.objects.filter(state=EntryState.OPEN).values_list("item_id", flat=True)
    assert set(asked) == {item.pk for item in items} - {first["item"]["id"]}


def test_margin_random_takes_every_second_of_the_doubtful_and_every_pick_has_its_probability(
    project: Project,
) -> None:
    Project.objects.filter(pk=project.pk).update(
        acquisition="margin_random", review_budget=20, random_share=0.25
    )
    label_class = project.classes.all()[0]
    items = make_items(project, 100)
    round = make_round(project, [(item, label_class, 0.5 + place / 300) for place, item in enumerate(items)])
    round_publish(round_id=round.pk)

    picked = Entry.objects.filter(project=project, state="open")
    random = picked.filter(reason="random")
    doubtful = picked.filter(reason="uncertain")
    assert (random.count(), doubtful.count()) == (5, 15)
    assert set(random.values_list("probability", flat=True)) == {0.05}
    assert set(doubtful.values_list("probability", flat=True)) == {0.5}
    drawn = set(random.values_list("item_id", flat=True))
    least_sure = [item.pk for item in items if item.pk not in drawn][:30]
    chosen = set(doubtful.values_list("item_id", flat=True))
    assert chosen <= set(least_sure)
    assert chosen != set(least_sure[:15])
