"""A reason of another package: its rules decide where its entries stand, who sees what of them, what they are called."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from drf_spectacular.generators import SchemaGenerator
from rest_framework.test import APIClient

from labeling.models import Project
from review.models import Entry
from review.queue.picking import items_pick
from review.reasons import BUILT_IN, Reason, queue_reasons
from tests.kinds.conftest import Installed
from tests.makers import make_items
from tests.review.makers import answer, claim, make_entries

ROOT = Path(__file__).resolve().parents[2]
SPEC = """
from review.reasons import QueueReason

COMPLAINT = QueueReason("complaint", "A customer complained", priority=5.0, shows_guess=True)
SECRETLY = QueueReason("secretly", "Nobody is told why", priority=4.0, always_blind=True)
INSPECT = QueueReason("inspect", "For a reviewer", priority=6.0, told_though_blind=True)
WRONG = QueueReason("wrong", "Somebody says that the model is wrong", hides_guess=True)
"""


@pytest.fixture
def reasons(installed: Installed) -> None:
    names = {name: f"assay_reasons:{name.upper()}" for name in ("complaint", "secretly", "inspect", "wrong")}
    installed({"assay_reasons": SPEC}, {"assay.queue_reasons": names})


@pytest.mark.django_db
def test_its_priority_blindness_and_name_are_those_of_its_rule(
    reasons: None, project: Project, ada: User
) -> None:
    cat = project.classes.get(name="cat")
    usual, complained, secret, inspected = make_items(project, 4)
    make_entries(project, [usual], suggested_class=cat, priority=0.9)
    for item, reason in ((complained, "complaint"), (secret, "secretly"), (inspected, "inspect")):
        assert items_pick(project=project, item_ids=[item.pk], reason=reason).n_queued == 1

    told = claim(project, ada, 10)

    assert [(one["item"]["id"], one["reason"], one["is_blind"]) for one in told] == [
        (inspected.pk, "inspect", False),
        (complained.pk, "complaint", False),
        (secret.pk, Reason.BLIND, True),
        (usual.pk, Reason.UNCERTAIN, False),
    ]
    assert Entry.objects.get(item=secret).reason == "secretly"


@pytest.mark.django_db
def test_it_is_counted_by_its_name_and_in_the_schema(
    reasons: None, project: Project, ada_client: APIClient
) -> None:
    items = make_items(project, 3)
    items_pick(project=project, item_ids=[item.pk for item in items[:2]], reason="complaint")
    items_pick(project=project, item_ids=[items[2].pk], reason="secretly")

    queue = ada_client.get(f"/api/projects/{project.pk}/queue").data
    schema = SchemaGenerator().get_schema(request=None, public=True)

    assert queue["by_reason"] == {"complaint": 2, "blind": 1}
    enums = [one.get("enum", []) for one in schema["components"]["schemas"].values()]
    assert [*(str(one.name) for one in BUILT_IN), "complaint", "secretly", "inspect", "wrong"] in enums


@pytest.mark.django_db
def test_an_answer_to_it_labels_the_item(reasons: None, project: Project, ada: User) -> None:
    [item] = make_items(project, 1)
    items_pick(project=project, item_ids=[item.pk], reason="complaint")
    [entry] = claim(project, ada)

    result = answer(project, ada, entry["id"], project.classes.get(name="dog"))

    assert result["outcome"] == "stored", result
    assert item.labels.get(retired_at=None).label_class.name == "dog"


@pytest.mark.django_db
def test_the_models_guess_is_hidden_if_its_rule_hides_it(reasons: None, project: Project, ada: User) -> None:
    cat = project.classes.get(name="cat")
    first, second = make_items(project, 2)
    make_entries(project, [first], suggested_class=cat, suggested_confidence=0.7, reason="complaint")
    make_entries(project, [second], suggested_class=cat, suggested_confidence=0.7, reason="wrong")

    told = {one["reason"]: one["suggestion"] for one in claim(project, ada, 10)}

    assert told["complaint"]["class_id"] == cat.pk
    assert told["wrong"] is None


@pytest.mark.django_db
def test_an_entry_whose_package_is_gone_is_answered_all_the_same(project: Project, ada: User) -> None:
    [item] = make_items(project, 1)
    make_entries(project, [item], reason="complaint")

    [entry] = claim(project, ada)
    result = answer(project, ada, entry["id"], project.classes.get(name="dog"))

    assert entry["reason"] == "complaint"
    assert result["outcome"] == "stored", result


def test_every_reason_of_ours_has_one_rule_and_the_page_its_words() -> None:
    page = (ROOT / "frontend/src/review/reasons.ts").read_text()
    worded = re.findall(r"^  (\w+): \{ title: msg", page, flags=re.MULTILINE)

    assert [one.name for one in BUILT_IN] == list(Reason)
    assert sorted(worded) == sorted(Reason)
    assert all(one.priority <= 1 or one.name == Reason.FLAGGED for one in BUILT_IN)
    assert set(queue_reasons()) == set(Reason)


def test_entries_are_written_in_one_place() -> None:
    writers = [
        str(path.relative_to(ROOT))
        for path in (ROOT / "review").rglob("*.py")
        if "migrations" not in path.parts and "INSERT INTO review_entry" in path.read_text()
    ]

    assert writers == ["review/queue/entries.py"]
