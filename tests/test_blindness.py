"""Who may still be asked learns nothing of what anybody or anything else says: every operation of the API, tried.

The walk is made twice: in a world, and in the same world where the machine and other people said something else of the
items that must be kept from whoever looks (what it said of the next of them, so that counts are the same). Every answer,
to every operation of the schema, has to be the same to the byte, but for moments. An operation that the schema has and
this file has not makes it fail: say there how it is called.

Then come those who cheat by other means: what audits, second answers and decoys are is tried to be told apart.
"""

from __future__ import annotations

import datetime as dt
import json
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from drf_spectacular.generators import SchemaGenerator
from rest_framework.test import APIClient

from labeling.errors import Conflict, InvalidInput
from labeling.exports.pipeline import export_run
from labeling.exports.rows import ExportRows
from labeling.exports.services import export_request
from labeling.formats.cells import hash_text
from labeling.formats.options import options_from_json
from labeling.imports.checks.check import import_check
from labeling.imports.rules.decisions import LEFT_OUT
from labeling.imports.services import import_from_path
from labeling.imports.uploads import bundle_on_server
from labeling.imports.writing.pipeline import import_run
from labeling.items.selectors import ItemFilters
from labeling.labels.services import Word, labels_record, source_for_person
from labeling.models import (
    Check,
    Export,
    Import,
    ImportedAnswer,
    Item,
    Label,
    Membership,
    Project,
    Source,
    Split,
    Withheld,
)
from review.answering.undoing import answer_undo
from review.certificates import attempts
from review.certificates.attempts import attempt_ask
from review.certificates.monitor_pipeline import monitor_settle
from review.certificates.monitoring import monitor_ask
from review.certificates.pipeline.settling import attempt_settle
from review.models import Answer, Certificate, Decoy, Entry, Flag, Lease, MonitorAudit, Refill
from review.people.gold import gold_ask
from review.queue.entries import entries_ask
from review.queue.filling.kept_full import queue_refill
from review.queue.flagging import flags_ask
from review.reasons import Reason
from tests.labeling.import_files import run_import, write_csv
from tests.review.blind import ROLES, Scene, make_scene, otherwise, whole
from tests.review.certifying import World, make_world
from tests.review.makers import answer, claim, let_stand

METHODS = ("get", "post", "put", "patch", "delete")


@pytest.fixture
def scene(project: Project, ada: User, ben: User, settings: Any, tmp_path: Any) -> Scene:
    settings.MEDIA_ROOT = str(tmp_path)
    return make_scene(project, ada, ben)


# The walk

# How an operation is tried: ways to call it, each a query or a body. {names} are rows of the scene. Of an operation
# that is not named here nobody has said what it may tell.
ITEM_LISTS: list[dict[str, Any]] = [
    {"limit": "200"},
    *({"ids": "{item_id}"}, {"source": "machine", "limit": "200"}, {"source": "human", "limit": "200"}),
    *({"source": "none"}, {"class": "{class_id}", "limit": "200"}, {"order": "confidence", "limit": "200"}),
    *({"order": "-confidence"}, {"confidence_min": "0.8"}, {"confidence_max": "0.8"}),
    *({"split": "pool", "limit": "200"}, {"split": "holdout"}, {"search": "item"}),
]
A_CLASS: dict[str, Any] = {"class_id": "{class_id}"}
PLAIN = [
    "answer_undo", "attempt", "attempt_abandon", "certificate", "certificate_audits", "certificate_document",
    "certificate_labels", "certificate_revoke", "class_remove", "class_update", "comparison_show", "comparison_cancel",
    "export_show", "export_cancel", "export_file", "flag_resolve", "import_show", "import_cancel", "inspection_show",
    "inspection_cancel", "inspection_map", "item_show", "item_example_choose", "item_example_forget", "flag_add",
    "item_history", "item_image", "item_thumbnail", "label_withdraw", "learners_list", "export_formats_list", "member_remove", "projects_list",
    "project_show", "project_update", "project_delete", "answers_mine", "attempts_list", "certificates_list",
    "classes_list", "project_columns", "comparisons_list", "exports_list", "flags_list", "gold_end", "guide_show",
    "imports_list", "import_create", "import_undo_look", "import_undo", "item_delete", "removals_list", "inspections_list", "members_list", "people_show", "plan", "policies_list",
    "project_progress", "publications_list", "publication_discard", "queue_show", "queue_refill", "rounds_list",
    "runs_list", "timeline_show", "verdicts_list", "weighing_show", "round_show", "round_confidences", "round_generated",
    "round_model", "round_beside_standing", "run_show", "run_cancel", "run_log", "verdict_undo", "disputes_list",
]  # fmt: skip
# They are of nobody's project, or of whoever asks.
OF_NO_ITEM = {
    "health_show", "session_show", "session_open", "session_close", "tokens_list", "token_create", "token_revoke", "deletions_list", "password_change",
    "upload_create", "preview_create", "check_create", "check_show", "check_cancel", "keys_choose", "project_create",
    "export_formats_list",
}  # fmt: skip
WAYS: dict[str, list[Any]] = {name: [{}] for name in PLAIN} | {
    "items_list": ITEM_LISTS,
    "adjudication_show": [{}, {"with_model": "false"}],
    "disagreements_list": [{}, {"confidence_min": "0"}],
    "rounds_diff": [{"left": "{round_id}", "right": "{round_id}"}],
    "rounds_diff_items": [
        {"left": "{round_id}", "right": "{round_id}", "left_class": "{class_id}", "right_class": "{class_id}"}
    ],
    "round_items": [{}, {"predicted": "{class_id}", "limit": "200"}, {"order": "-confidence"}],
    "queue_explanations": [{"items": "{item_id}"}, {"items": "{near_id}"}],
    "queue_claim": [{"n": 20}],
    "queue_release": [{"entry_ids": ["{held}"]}],
    "grid_claim": [{**A_CLASS, "n": 20}],
    "answers_submit": [
        {"answers": [{"key": str(uuid.uuid4()), "entry_id": "{held}", "kind": "label", **A_CLASS}]},
        {"answers": [{"key": str(uuid.uuid4()), "entry_id": "{held}", "kind": "skip_all"}]},
        {"answers": [{"key": str(uuid.uuid4()), "entry_id": "{held}", "kind": "not_this"}]},
    ],
    "answers_undo": [{"keys": ["{key}"]}],
    "items_pick": [{"item_ids": ["{item_id}"]}],
    "gold_ask": [{"item_ids": ["{second_id}"]}, {"n": 3}],
    "items_relabel": [[{"item_id": "{item_id}", **A_CLASS}], [{"item_id": "{second_id}", **A_CLASS}]],
    "items_add": [[]],
    "entry_decide": [A_CLASS],
    "verdict_give": [{"key": str(uuid.uuid4()), "entry_id": "{entry_id}", **A_CLASS}],
    "disputes_settle": [{"min_quality": 0.9}],
    "label_errors_flag": [{"item_ids": ["{second_id}"]}],
    "attempt_ask": [{"eps": 0.1}],
    "class_add": [{"name": "newt"}],
    "comparison_start": [{"learners": [{"learner": "naive_bayes"}]}],
    "inspection_start": [{}],
    "run_start": [{"learner": "naive_bayes"}],
    "export_request": [
        {"format": "csv"},
        {"format": "csv", "carried": ["answers", "probabilities", "extras"]},
    ],
    "round_publish": [{"instead_of": None}],
    "member_add": [{"username": "nobody", "role": "viewer"}],
    "member_change": [{"role": "viewer"}],
}


def operations() -> dict[str, tuple[str, str]]:
    """Operation -> (method, path) of the schema that is served."""
    paths = SchemaGenerator().get_schema(request=None, public=True)["paths"]
    return {
        about["operationId"]: (method, path)
        for path, methods in paths.items()
        for method, about in methods.items()
        if method in METHODS
    }


def test_every_operation_of_the_schema_is_walked() -> None:
    known = WAYS.keys() | OF_NO_ITEM
    assert set(operations()) - known == set(), (
        "What may these tell of an item, and to whom? Say so in this file."
    )
    assert known - set(operations()) == set()


def filled(value: Any, rows: dict[str, Any]) -> Any:
    if isinstance(value, dict):
        return {key: filled(each, rows) for key, each in value.items()}
    if isinstance(value, list):
        return [filled(each, rows) for each in value]
    if isinstance(value, str) and value.startswith("{"):
        return rows[value.strip("{}")]
    return value


def call(scene: Scene, name: str, operation: str, given: Any) -> bytes:
    """The whole answer; whatever it changed is as it was."""
    method, path = operations_found[operation]
    client = scene.client(name)
    address = re.sub(r"{(\w+)}", lambda found: str(scene.rows[found[1]]), path)
    given = filled(given, scene.rows)
    with transaction.atomic():
        if method == "get":
            said = whole(client.get(address, given))
        else:
            # Rows that it makes have the next numbers, whoever asks.
            said = re.sub(
                rb'"(\w*id|\w*ids)":\s*\[?\d+\]?',
                b"id",
                whole(getattr(client, method)(address, given, format="json")),
            )
            said = re.sub(rb"Content-Length[^)]*", b"", said)
        transaction.set_rollback(True)
    # Of a project that is seconds old, moments before the last fall now here, now there.
    return said[-100:] if operation == "timeline_show" and said.startswith(b"200") else said


operations_found = operations()


CLOSES = "certificate_labels"  # its stream, where it is not refused, ends with the connection


def walk(scene: Scene, name: str, *, only: str | None = None) -> dict[tuple[str, int], bytes]:
    return {
        (operation, place): call(scene, name, operation, given)
        for operation, ways in WAYS.items()
        if only is None or operations_found[operation][0] == only
        if name != "vic" or operation != CLOSES
        for place, given in enumerate(ways)
    }


def prepare(scene: Scene, name: str) -> list[dict[str, Any]]:
    """The person holds entries; the rows of the scene name one, and an item of each kind."""
    held = claim(scene.project, scene.people[name], 12)
    scene.rows |= {
        "held": held[0]["id"],
        "item_id": held[0]["item"]["id"],
        "near_id": scene.world.items[40].pk,
        "second_id": scene.attempt.second_answers.first().item_id,
    }
    return held


def to_hide(scene: Scene, name: str) -> set[int]:
    if name == "ben":
        return {item.pk for item in scene.world.items} - {
            item.pk for item in scene.world.items[:3]
        }  # the guide
    return scene.withheld()


def differing(one: dict[Any, bytes], other: dict[Any, bytes]) -> list[Any]:
    return [(each, one[each][:3_000], other[each][:3_000]) for each in one if one[each] != other[each]]


@pytest.mark.parametrize("name", ["ben", "ada", "eng", "rev"])
def test_no_operation_tells_what_others_say_of_what_may_be_asked(scene: Scene, name: str) -> None:
    person = scene.people[name]
    held = prepare(scene, name)
    as_it_is = walk(scene, name)
    with otherwise(scene, to_hide(scene, name), not_of=person):
        assert differing(as_it_is, walk(scene, name)) == []

    # And answers tell nothing, either, once they are given.
    def answered() -> dict[Any, bytes]:
        for entry in held[:8]:
            key = uuid.uuid5(uuid.NAMESPACE_OID, str(entry["id"]))
            answer(scene.project, person, entry["id"], scene.world.classes[0], key=key)
        scene.rows["key"] = Answer.objects.filter(person=person).latest("created_at").key
        return walk(scene, name, only="get")

    with transaction.atomic():
        as_it_is = answered()
        transaction.set_rollback(True)
    with otherwise(scene, to_hide(scene, name), not_of=person):
        assert differing(as_it_is, answered()) == []


def test_the_walk_finds_what_is_told_to_those_who_are_never_asked(scene: Scene) -> None:
    prepare(scene, "ada")
    as_it_is = walk(scene, "vic", only="get")
    with otherwise(scene, scene.withheld()):
        found = {operation for (operation, _), *_ in differing(as_it_is, walk(scene, "vic", only="get"))}
    assert {
        "items_list",
        "item_show",
        "item_history",
        "inspection_map",
        "round_items",
        "rounds_diff_items",
    } <= found


def test_annotators_are_refused_what_speaks_of_all_items(scene: Scene) -> None:
    prepare(scene, "ben")
    for operation in ("export_file", "exports_list", "round_model", "inspection_map", "inspection_show", "attempt",
                      "attempts_list", "certificate_labels", "certificate_document", "round_items", "rounds_diff",
                      "round_generated", "timeline_show", "runs_list", "run_show", "run_log", "rounds_list",
                      "round_show", "round_confidences", "publications_list", "plan", "comparisons_list",
                      "comparison_show"):  # fmt: skip
        assert call(scene, "ben", operation, WAYS[operation][0]).startswith(b"403"), operation
    for way in ITEM_LISTS:
        expected = b"403" if set(way) & {"source", "class", "confidence_min", "confidence_max", "split"} or "confidence" in way.get("order", "") else b"200"  # fmt: skip
        assert call(scene, "ben", "items_list", way).startswith(expected), way


def test_whoever_may_be_asked_takes_no_file_and_no_model_home_while_audits_are_answered(scene: Scene) -> None:
    for operation in ("export_file", "round_model", "certificate_labels", "certificate_document"):
        for name in ("ada", "eng", "rev"):
            assert call(scene, name, operation, {}).startswith(b"409"), operation
    assert call(scene, "vic", "export_file", {}).startswith(b"200")


def test_a_file_that_would_be_kept_from_whoever_asks_for_it_is_not_written(scene: Scene) -> None:
    address = f"/api/projects/{scene.project.pk}/exports"
    for name in ("ada", "eng"):
        reply = scene.client(name).post(address, {"format": "csv"}, format="json")
        assert (reply.status_code, reply.data["code"]) == (409, "attempt_open")
        assert "when the attempt to certify no longer wants audits" in reply.data["message"]
    assert not Export.objects.filter(project=scene.project, created_by=scene.people["eng"]).exists()

    attempts.attempt_abandon(attempt=scene.attempt, reason="")
    reply = scene.client("eng").post(address, {"format": "csv"}, format="json")
    assert reply.status_code == 202
    export_run(reply.data["id"], worker="test")
    file = scene.client("eng").get(f"/api/exports/{reply.data['id']}/file")
    assert whole(file).startswith(b"200")


def test_no_filter_finds_what_is_withheld_and_the_plain_list_shows_it_without_label(scene: Scene) -> None:
    ada, withheld = scene.client("ada"), scene.withheld()
    address = f"/api/projects/{scene.project.pk}/items?limit=200"
    listed = {row["id"]: row for row in ada.get(address).data["results"]}
    assert {pk for pk, row in listed.items() if row["is_withheld"]} == withheld
    assert {(row["label"] is None, row["split"]) for pk, row in listed.items() if pk in withheld} == {
        (True, "pool")
    }
    for way in ("source=machine", "source=human", "source=none", "order=confidence", "split=holdout",
                f"class={scene.world.classes[0].pk}", "confidence_min=0.1"):  # fmt: skip
        found = {row["id"] for row in ada.get(f"{address}&{way}").data["results"]}
        assert not found & withheld, way
    assert withheld <= {row["id"] for row in ada.get(f"{address}&split=pool").data["results"]}


def test_an_export_leaves_out_the_labels_of_what_is_asked_blind(scene: Scene) -> None:
    withheld = scene.withheld()
    rows = [
        row
        for page in ExportRows(scene.project, ItemFilters(), timezone.now()).pages()
        for table in page.tables
        for row in table.to_pylist()
    ]
    assert len(rows) == len(scene.world.items)
    for row in rows:
        assert (row["label"] is None) == (row["item_id"] in withheld), row
        assert row["item_id"] not in withheld or (row["split"], row["label_id"]) == ("pool", None)
    filtered = ExportRows(scene.project, ItemFilters(source="none"), timezone.now()).pages()
    assert not withheld & {row["item_id"] for page in filtered for t in page.tables for row in t.to_pylist()}


def test_an_export_says_of_how_many_rows_the_label_is_withheld(scene: Scene) -> None:
    withheld = scene.withheld()
    every, some = (
        export_request(project=scene.project, by=scene.people["eng"], format="csv", filters=filters)
        for filters in (ItemFilters(), ItemFilters(search="item-1"))
    )
    found = {item.pk for item in scene.world.items if item.key.startswith("item-1")}
    assert 0 < len(found & withheld) < len(withheld)
    for export, n_rows, n_withheld in (
        (every, 150, len(withheld)),
        (some, len(found), len(found & withheld)),
    ):
        export_run(export.pk, worker="test")
        export.refresh_from_db()
        assert (export.n_rows, export.n_withheld) == (n_rows, n_withheld)
        shown = scene.client("eng").get(f"/api/exports/{export.pk}").data
        assert shown["n_withheld"] == n_withheld


def test_an_export_carries_no_answer_and_no_guess_of_what_is_asked_blind(scene: Scene) -> None:
    withheld = scene.withheld()
    carried = ("answers", "probabilities")
    pages = ExportRows(scene.project, ItemFilters(), timezone.now(), carried=carried).pages()
    rows = [row for page in pages for table in page.tables for row in table.to_pylist()]
    assert any(row["answers"] for row in rows)
    assert any(row["probabilities"] for row in rows)
    for row in rows:
        assert row["item_id"] not in withheld or (row["answers"], row["probabilities"]) == (None, None), row


# Those who cheat


def auc(scores: list[float], is_audit: list[bool]) -> float:
    """How often an audit scores above something else; 1/2: the score tells nothing."""
    ranks = np.argsort(np.argsort(scores)) + 1
    marks = np.array(is_audit)
    n, m = marks.sum(), (~marks).sum()
    return float((ranks[marks].sum() - n * (n + 1) / 2) / (n * m))


def spread(is_audit: list[bool]) -> float:
    """Standard deviation of auc() where the score tells nothing."""
    n, m = sum(is_audit), len(is_audit) - sum(is_audit)
    return float(np.sqrt((n + m + 1) / (12 * n * m)))


def test_neither_ids_nor_order_nor_looks_tell_audits_from_what_is_asked_with_them(
    project: Project, ada: User, ben: User, settings: Any, tmp_path: Any
) -> None:
    settings.MEDIA_ROOT = str(tmp_path)
    scene = make_scene(project, ada, ben, n_items=700, n_second=20, n_audits=200)
    kinds = scene.kinds()
    handed: list[dict[str, Any]] = []
    while entries := claim(scene.project, scene.people["ben"], 50):
        handed += entries
        for entry in entries:
            answer(scene.project, scene.people["ben"], entry["id"], scene.world.classes[0])
    of_stage = [entry for entry in handed if kinds.get(entry["item"]["id"])]
    is_audit = [kinds[entry["item"]["id"]] == "audit" for entry in of_stage]
    others = [entry for entry in handed if entry["item"]["id"] not in kinds and entry["is_blind"]]
    assert sum(is_audit) > 180
    assert is_audit.count(False) > 30
    assert others

    place = auc([float(n) for n, _ in enumerate(of_stage)], is_audit)
    assert abs(place - 0.5) < 4 * spread(is_audit), place
    both = [*of_stage, *others]
    marks = [*is_audit, *(False for _ in others)]
    number = auc([float(entry["id"]) for entry in both], marks)
    assert abs(number - 0.5) < 4 * spread(marks), number
    assert all(2**40 <= entry["id"] < 2**53 for entry in both)
    looks = {
        repr({k: v for k, v in entry.items() if k not in ("id", "lease_until", "item")})
        + repr({k: v for k, v in entry["item"].items() if k not in ("id", "key", "text")})
        for entry in both
    }
    assert len(looks) == 1, looks
    mine = scene.client("ben").get(f"/api/projects/{scene.project.pk}/answers/mine?limit=200").data["results"]
    said = {repr({k: row[k] for k in ("kind", "label_id", "seen", "note", "withdrawn_at")}) for row in mine if row["seen"]["is_blind"]}  # fmt: skip
    assert len(said) == 1, said


def test_one_in_ten_of_what_each_stage_asks_is_something_else(project: Project, ada: User, ben: User) -> None:
    wrong = {place: (place + 1) % 3 for place in range(30, 900, 15)}
    world = make_world(project, owner=ada, person=ben, n_items=900, wrong=wrong)
    attempt = world.ask(eps=0.1, n_second=9)
    for stage in (1, 2):
        assert attempt.stage == stage
        decoys = attempt.decoys.filter(stage=stage, entry__isnull=False)
        n_asked = attempt.n_audits - (attempt.stages[stage - 2] if stage > 1 else 0)
        n_asked += attempt.second_answers.count() if stage == 1 else 0
        assert decoys.count() == pytest.approx(0.1 * (decoys.count() + n_asked), abs=1)
        # What is held back for later is not all audits, either.
        assert attempt.decoys.filter(entry=None).count() > 0
        world.answer_queue()
        world.settle(attempt)
    labeled = Label.objects.filter(item__in=Decoy.objects.values("item"), is_human=True)
    assert labeled.count() >= 5  # they are real: their answers are labels


def test_nothing_known_of_an_item_tells_whether_it_is_an_audit_or_a_decoy(
    project: Project, ada: User, ben: User
) -> None:
    """Its rank, how sure the model is, and whether it led the queue before."""
    world = make_world(project, owner=ada, person=ben, n_items=900)
    Project.objects.filter(pk=project.pk).update(review_budget=300, random_share=0.0)
    project.refresh_from_db()
    queue_refill(project=project)
    led = set(Entry.objects.filter(project=project, state="open").values_list("item_id", flat=True))
    attempt = world.ask(n_audits=400)
    rank = dict(attempt.frozen.filter(rank__gte=1).values_list("item_id", "rank"))
    audits = list(attempt.audits.values_list("item_id", flat=True))
    decoys = list(attempt.decoys.values_list("item_id", flat=True))
    assert len(decoys) == pytest.approx(44, abs=1)
    marks = [True] * len(audits) + [False] * len(decoys)
    for score in (lambda pk: float(rank[pk]), lambda pk: float(pk in led), float):
        chance = np.random.default_rng(0).random(len(marks)) / 1e6  # between equals
        told = auc(list(np.array([score(pk) for pk in [*audits, *decoys]]) + chance), marks)
        assert abs(told - 0.5) < 4 * spread(marks), told


@pytest.mark.parametrize("with_second_person", [True, False])
def test_small_pools_ask_something_else_for_as_long_as_there_is_any(
    project: Project, ada: User, ben: User, with_second_person: bool
) -> None:
    """The last stage reaches all candidates: some that it would audit were asked before, and people's labels are asked."""
    wrong = {place: (place + 1) % 3 for place in range(20, 110, 7)}
    world = make_world(project, owner=ada, person=ben, n_items=110, wrong=wrong)
    if not with_second_person:
        Membership.objects.filter(project=project, user=ben).update(role="viewer")
    attempt = world.ask(eps=0.05)
    assert attempt.stages[-1] == attempt.n_candidates == 90
    answered: dict[int, int] = {}
    while attempt.state == "auditing":
        before = attempt.stages[attempt.stage - 2] if attempt.stage > 1 else 0
        decoys = attempt.decoys.filter(stage=attempt.stage)
        assert not decoys.filter(entry=None).exists()
        new = attempt.audits.filter(position__gt=before, position__lte=attempt.n_audits)
        assert not set(decoys.values_list("item_id", flat=True)) & set(new.values_list("item_id", flat=True))
        is_last = attempt.n_audits == attempt.n_candidates
        if with_second_person or not is_last:
            assert decoys.count() >= 0.1 * (attempt.n_audits - before) - 1
        if is_last:  # all that is left are labels of people
            kinds = set(decoys.values_list("entry__reason", flat=True))
            assert kinds == ({"second"} if with_second_person else set())
        world.shown = []
        world.answer_queue(person=ben if with_second_person else ada)
        for shown in world.shown:
            answered[shown["item"]["id"]] = answered.get(shown["item"]["id"], 0) + 1
        world.settle(attempt)
    assert set(answered.values()) == {1}  # nobody is asked again for what they said as a decoy's answer
    counted = attempt.audits.filter(position__lte=attempt.n_audits)
    assert {(audit.answered_class_id, audit.item_id) for audit in counted} == {
        (world.truth[audit.item_id].pk, audit.item_id) for audit in counted
    }
    if attempt.state == "reviewing":
        world.answer_queue(person=ben if with_second_person else ada)
        world.settle(attempt)
    assert attempt.state == "certified"
    of_people = Label.objects.filter(project=project, is_human=True, item__in=world.items[:20])
    assert of_people.count() == of_people.filter(retired_at=None).count() == 20  # none was replaced


COUNTERS = ("queue_show", "project_progress", "attempt", "attempts_list", "people_show", "timeline_show",
            "certificates_list", "runs_list", "exports_list", "weighing_show", "adjudication_show")  # fmt: skip


def test_counters_move_alike_whatever_is_answered_and_undone(scene: Scene) -> None:
    """What anybody's counters say before and after one answer, and after it is taken back, by what it was for."""
    kinds = scene.kinds()
    held: list[dict[str, Any]] = claim(scene.project, scene.people["ben"], 50)
    by_kind: dict[str, list[dict[str, Any]]] = {}
    for entry in held:
        if entry["is_blind"]:
            by_kind.setdefault(kinds.get(entry["item"]["id"], "other"), []).append(entry)
    gold = Entry.objects.get(reason="gold", project=scene.project)
    by_kind.setdefault("gold", [entry for entry in held if entry["id"] == gold.pk])
    assert {"audit", "second", "decoy"} <= by_kind.keys()

    def look() -> dict[Any, bytes]:
        return {
            (name, operation): call(scene, name, operation, {})
            for name in ("ben", "dan", "ada", "rev")
            for operation in COUNTERS
        }

    moved: dict[str, dict[Any, bytes]] = {}
    for kind, entries in by_kind.items():
        for entry in entries[:1]:
            with transaction.atomic():
                done = answer(scene.project, scene.people["ben"], entry["id"], scene.world.classes[1])
                assert done["outcome"] == "stored"
                after = look()
                said = Answer.objects.get(key=done["key"])
                answer_undo(answer=said, person=scene.people["ben"])
                moved[kind] = after | {("undone", *each): said for each, said in look().items()}
                transaction.set_rollback(True)
    for kind, counters in moved.items():
        assert differing(moved["audit"], counters) == [], kind


def test_history_and_item_look_alike_whatever_was_answered(scene: Scene) -> None:
    kinds = scene.kinds()
    held = claim(scene.project, scene.people["ada"], 40)
    shown: dict[str, set[str]] = {}
    for entry in held:
        item_id = entry["item"]["id"]
        answer(scene.project, scene.people["ada"], entry["id"], scene.world.classes[0])
        ada = scene.client("ada")
        item = ada.get(f"/api/items/{item_id}").data
        events = ada.get(f"/api/items/{item_id}/history").data["events"]
        look = {key: item[key] for key in ("label", "split", "is_withheld")}
        told = [{k: v for k, v in event.items() if k not in ("at", "key")} for event in events]
        shown.setdefault(kinds.get(item_id, "other"), set()).add(repr((look, told)))
    assert {"audit", "decoy"} <= shown.keys()
    assert len(set().union(*shown.values())) == 1, shown


def test_giving_back_and_looking_again_tells_nothing(scene: Scene) -> None:
    (entry, *_) = claim(scene.project, scene.people["ben"], 1)
    ben, item_id = scene.client("ben"), entry["item"]["id"]
    ben.post(f"/api/projects/{scene.project.pk}/queue/release", {"entry_ids": [entry["id"]]}, format="json")

    assert ben.get(f"/api/items/{item_id}/history").data == {"events": []}
    assert ben.get(f"/api/items/{item_id}").data["label"] is None
    again = ben.post(f"/api/projects/{scene.project.pk}/queue/claim", {"n": 1}, format="json").data
    assert again["entries"][0]["id"] == entry["id"]


def test_flags_picks_and_relabels_are_answered_alike_for_audits_and_decoys(scene: Scene) -> None:
    attempt = scene.attempt
    audit, decoy = attempt.audits.exclude(entry=None).first(), attempt.decoys.exclude(entry=None).first()
    later = attempt.audits.filter(entry=None).first()
    world = scene.world
    said: dict[str, list[Any]] = {}
    for kind, item_id in (("audit", audit.item_id), ("decoy", decoy.item_id), *([("later", later.item_id)] if later else [])):  # fmt: skip
        with transaction.atomic():
            ada, ben = scene.client("ada"), scene.client("ben")
            picked = ada.post(f"/api/projects/{scene.project.pk}/queue/items", {"item_ids": [item_id]}, format="json").data  # fmt: skip
            example = ada.put(f"/api/items/{item_id}/example").status_code
            gold = ada.post(
                f"/api/projects/{scene.project.pk}/gold", {"item_ids": [item_id]}, format="json"
            ).status_code
            asked = Entry.objects.filter(item=item_id, state="open").values_list(
                "state", "is_blind", "n_free"
            )
            flagged = ben.post(f"/api/items/{item_id}/flags", {"note": "?"}, format="json").status_code
            after = list(asked.all())
            relabeled = ada.post(f"/api/projects/{scene.project.pk}/labels", [{"item_id": item_id, "class_id": world.classes[2].pk}], format="json").status_code  # fmt: skip
            still = list(asked.all())
            said[kind] = [picked, example, gold, flagged, relabeled]
            if kind != "later":
                said[kind] += [after, still]
                entries = claim(scene.project, scene.people["ben"], 50)
                (mine,) = [entry for entry in entries if entry["item"]["id"] == item_id]
                answered = answer(scene.project, scene.people["ben"], mine["id"], world.classes[0])
                again = ada.post(f"/api/projects/{scene.project.pk}/labels", [{"item_id": item_id, "class_id": world.classes[2].pk}], format="json")  # fmt: skip
                said[kind] += [answered["outcome"], again.status_code, again.data["code"]]
            transaction.set_rollback(True)
    assert said["audit"] == said["decoy"]
    if later:
        assert said["later"] == said["audit"][:5]


def test_a_flag_on_what_is_asked_blind_reaches_a_reviewer_once_it_is_answered(scene: Scene) -> None:
    (entry, *_) = claim(scene.project, scene.people["ben"], 1)
    item = Item.objects.get(pk=entry["item"]["id"])
    scene.client("ben").post(f"/api/items/{item.pk}/flags", {"note": "look"}, format="json")
    answer(scene.project, scene.people["ben"], entry["id"], scene.world.classes[0])
    assert flags_ask() == 0  # it is not settled: its place in the queue would tell

    attempts.attempt_abandon(attempt=scene.attempt, reason="")
    Entry.objects.filter(pk=entry["id"]).update(closed_at=timezone.now() - dt.timedelta(hours=1))
    Flag.objects.filter(item=item).update(created_at=timezone.now() - dt.timedelta(hours=2))
    Entry.objects.filter(item=item).update(created_at=timezone.now() - dt.timedelta(hours=3))
    assert flags_ask() == 1
    assert Entry.objects.get(item=item, state="open").reason == "flagged"
    assert flags_ask() == 0


def test_withdrawing_labels_by_guessed_ids_tells_no_blind_answers_apart(scene: Scene) -> None:
    """An audit's answer makes a label and a second answer none; ids of labels follow each other."""
    ben = scene.people["ben"]
    for entry in claim(scene.project, ben, 20):
        answer(scene.project, ben, entry["id"], scene.world.classes[0])
    newest = Label.objects.latest("pk").pk
    made = Label.objects.filter(source__user=ben, item__in=scene.withheld())
    assert made.exists()

    for name in ("ben", "eng"):
        said = set()
        for pk in [*made.values_list("pk", flat=True), newest + 1, newest + 1_000]:
            reply = scene.client(name).delete(f"/api/labels/{pk}")
            said.add((reply.status_code, reply.data["message"].replace(str(pk), "N")))
        assert said == {(404, "There is no label N that you may see.")}
    others = Label.objects.filter(is_human=True).exclude(source__user=ben).first()
    assert scene.client("ben").delete(f"/api/labels/{others.pk}").status_code == 404


def test_an_item_that_is_flagged_after_its_blind_answer_is_not_shown_to_reviewers_yet(scene: Scene) -> None:
    ben, reviewer = scene.people["ben"], scene.client("rev")
    (entry, *_) = claim(scene.project, ben, 1)
    answer(scene.project, ben, entry["id"], scene.world.classes[0])
    address = f"/api/projects/{scene.project.pk}"
    before = reviewer.get(f"{address}/adjudication").data["n_people"]
    flagged = scene.client("ben").post(
        f"/api/items/{entry['item']['id']}/flags", {"note": "look"}, format="json"
    )

    shown = reviewer.get(f"{address}/disputes").data["results"]
    assert entry["item"]["id"] not in [each["item"]["id"] for each in shown]
    assert reviewer.get(f"{address}/adjudication").data["n_people"] == before
    assert reviewer.post(f"/api/flags/{flagged.data['id']}/resolve").status_code == 404
    waiting = Entry.objects.get(item=entry["item"]["id"], state="open")
    verdict: dict[str, Any] = {"key": str(uuid.uuid4()), "entry_id": waiting.pk}
    reply = reviewer.post(f"{address}/verdicts", verdict, format="json")
    assert (reply.status_code, reply.data["code"]) == (404, "not_found")

    attempts.attempt_abandon(attempt=scene.attempt, reason="")
    long_ago = timezone.now() - dt.timedelta(hours=1)
    Entry.objects.filter(pk=entry["id"]).update(closed_at=long_ago)
    shown = reviewer.get(f"{address}/disputes").data["results"]
    assert entry["item"]["id"] in [each["item"]["id"] for each in shown]


def test_a_blind_answer_is_taken_back_for_a_minute_whatever_it_is_for(scene: Scene) -> None:
    kinds = scene.kinds()
    person = scene.people["ben"]
    seen: dict[Any, Any] = {}
    for entry in claim(scene.project, person, 50):
        if entry["is_blind"]:
            seen.setdefault(kinds.get(entry["item"]["id"], "other"), entry)
    assert {"audit", "second", "decoy"} <= seen.keys()
    for kind, entry in seen.items():
        answer(scene.project, person, entry["id"], scene.world.classes[0])
        said = Answer.objects.get(entry=entry["id"], person=person, withdrawn_at=None)
        with transaction.atomic():
            assert answer_undo(answer=said, person=person)["id"] == entry["id"], kind
            transaction.set_rollback(True)
        long_ago = timezone.now() - dt.timedelta(seconds=90)
        Answer.objects.filter(pk=said.pk).update(created_at=long_ago)
        with pytest.raises(Conflict, match="60 seconds"):
            answer_undo(answer=said, person=person)


def test_nobody_is_the_second_to_label_what_they_labeled_first(scene: Scene) -> None:
    authors = {
        second.item_id: Label.objects.get(item=second.item_id, is_human=True, retired_at=None).source.user_id
        for second in scene.attempt.second_answers.all()
    }
    assert len(set(authors.values())) > 1
    for name in ("ada", "dan", "ben"):
        with transaction.atomic():
            handed = {entry["item"]["id"] for entry in claim(scene.project, scene.people[name], 50)}
            own = {item_id for item_id, author in authors.items() if author == scene.people[name].pk}
            assert not handed & own
            assert set(authors) - own <= handed or len(handed) == 50
            transaction.set_rollback(True)


def test_second_answers_are_refused_where_nobody_else_may_give_them(
    project: Project, ada: User, ben: User
) -> None:
    world = make_world(project, owner=ada, person=ben)
    Membership.objects.filter(user=ben).update(role="viewer")
    with pytest.raises(InvalidInput, match="one member"):
        attempt_ask(project=world.project, user=ada, n_second=5)


def test_who_was_shown_the_guess_is_not_asked_if_somebody_else_may_be(
    project: Project, ada: User, ben: User
) -> None:
    world = make_world(project, owner=ada, person=ben)
    Project.objects.filter(pk=project.pk).update(review_budget=280, random_share=0.0)
    project.refresh_from_db()
    queue_refill(project=project)
    shown = {entry["item"]["id"] for entry in claim(project, ben, 50)}
    attempt = world.ask(n_audits=150)
    audited = set(attempt.audits.values_list("item_id", flat=True))
    assert shown & audited

    handed = set()
    while entries := claim(project, ben, 50):
        handed |= {entry["item"]["id"] for entry in entries if entry["is_blind"]}
        for entry in entries:
            answer(project, ben, entry["id"], world.classes[0])
    assert not handed & shown & audited
    barred = Lease.objects.filter(state="barred", person=ben, entry__item__in=shown & audited)
    assert barred.count() == len(shown & audited)
    assert (
        shown & audited <= {entry["item"]["id"] for entry in claim(project, ada, 50)}
        or len(shown & audited) > 50
    )


def test_after_release_decoys_are_asked_with_the_monitors_audits(
    project: Project, ada: User, ben: User
) -> None:
    world = make_world(project, owner=ada, person=ben)
    certificate = world.certify(n_audits=60)
    world.empty_queue()
    n = monitor_ask(certificate=certificate, n=45)
    asked = Entry.objects.filter(project=project, state="open")
    assert n == 45
    assert asked.filter(reason="audit").count() == 45
    assert 4 <= asked.filter(reason="mixed", is_blind=True).count() <= 6
    single = sum(monitor_ask(certificate=certificate, n=1) for _ in range(30))
    n_others = Entry.objects.filter(project=project, state="open", reason="mixed").count() - 5
    assert single == 30
    assert 0 <= n_others <= 10  # one at a time: one in ten on average, not one each


def test_a_reviewer_cannot_tell_the_monitors_audits_from_decoys_by_what_labels_picks_and_flags_do(
    project: Project, ada: User, ben: User
) -> None:
    world = make_world(project, owner=ada, person=ben)
    certificate = world.certify(n_audits=60)
    world.empty_queue()
    monitor_ask(certificate=certificate, n=60)
    asked = Entry.objects.filter(project=project, state="open", is_blind=True)
    client = APIClient()
    client.force_authenticate(ada)
    acts: dict[str, Callable[[int], Any]] = {
        "relabel": lambda pk: client.post(
            f"/api/projects/{project.pk}/labels",
            [{"item_id": pk, "class_id": world.classes[0].pk}],
            format="json",
        ),
        "pick": lambda pk: client.post(
            f"/api/projects/{project.pk}/queue/items", {"item_ids": [pk]}, format="json"
        ),
        "flag": lambda pk: client.post(f"/api/items/{pk}/flags", {"note": "?"}, format="json"),
        "refill": lambda pk: client.post(f"/api/projects/{project.pk}/queue/refill"),
        "delete": lambda pk: client.delete(f"/api/items/{pk}"),
    }
    for name, act in acts.items():
        said: dict[str, set[str]] = {}
        for reason in ("audit", "mixed"):
            for item_id in asked.filter(reason=reason).values_list("item_id", flat=True)[:4]:
                with transaction.atomic():
                    status = act(item_id).status_code
                    Entry.objects.filter(project=project, state__in=["done", "skipped"]).update(
                        closed_at=timezone.now() - dt.timedelta(minutes=2)
                    )
                    shown = client.get(f"/api/items/{item_id}").data
                    entry = Entry.objects.filter(item=item_id).latest("created_at")
                    look = [status, shown["is_withheld"], shown["label"], entry.state, entry.n_free]
                    said.setdefault(reason, set()).add(repr(look))
                    transaction.set_rollback(True)
        assert said["audit"] == said["mixed"], name
        assert len(said["audit"]) == 1, name


def test_the_monitor_asks_corrected_labels_and_none_twice(project: Project, ada: User, ben: User) -> None:
    """What becomes of a label after release decides neither what is audited nor what is mixed in."""
    world = make_world(project, owner=ada, person=ben, n_items=120)
    certificate = world.certify(n_audits=30)
    world.empty_queue()
    labeled = list(Label.objects.filter(source=certificate.source).values_list("item_id", flat=True))
    words = [Word(pk, world.truth[pk].pk) for pk in labeled]
    source = source_for_person(project=project, user=ada)
    labels_record(project=project, words=words, source=source, by=ada)
    handed: list[int] = []
    n_mixed_in = 0
    while monitor_ask(certificate=certificate, n=20):
        n_mixed_in += Entry.objects.filter(project=project, state="open", reason="mixed").count()
        world.shown = []
        world.answer_queue(person=ben)
        handed += [shown["item"]["id"] for shown in world.shown]
    assert n_mixed_in >= 4
    assert sorted(handed) == sorted(
        labeled
    )  # each once, though decoys of the beginning are audits at the end
    let_stand(project)
    monitor_settle(certificate.pk)
    certificate.refresh_from_db()
    assert certificate.monitor["n_answered"] == len(labeled)
    assert certificate.monitor["n_wrong"] == 0


def test_what_was_answered_blind_shows_once_it_stands(project: Project, ada: User, ben: User) -> None:
    world = make_world(project, owner=ada, person=ben)
    attempt = world.ask(n_audits=30)
    world.answer_queue()
    audited = attempt.audits.first().item_id
    assert Withheld.objects.filter(item=audited).exists()
    attempt_settle(attempt.pk)
    Entry.objects.filter(project=project, state="done").update(
        closed_at=timezone.now() - dt.timedelta(minutes=2)
    )
    assert not Withheld.objects.filter(item=audited).exists()
    assert Item.objects.get(pk=audited).split in (Split.POOL, Split.AUDIT)


@pytest.mark.django_db
def test_what_files_told_of_single_answers_is_withheld_as_labels_are(scene: Scene) -> None:
    work = Import.objects.create(project=scene.project, created_by=scene.world.owner, file_name="crowd.csv")
    source = Source.objects.create(project=scene.project, kind="file", is_human=True, name="ann")
    withheld = scene.withheld()
    free = Item.objects.filter(project=scene.project).exclude(pk__in=withheld).values_list("pk", flat=True)[0]
    for item_id in (*withheld, free):
        ImportedAnswer.objects.create(
            project=scene.project, item_id=item_id, brought_by=work, source=source, kind="label",
            label_class=scene.world.classes[0],
        )  # fmt: skip

    def told(name: str, item_id: int) -> int:
        return len(scene.client(name).get(f"/api/items/{item_id}").json()["imported_answers"])

    for name in ("eng", "rev"):
        assert [told(name, item_id) for item_id in sorted(withheld)[:5]] == [0] * min(5, len(withheld))
        assert told(name, free) == 1
    assert told("dan", free) == 0
    assert told("vic", min(withheld)) == 1


# What is put in to measure moves no count


def test_nothing_that_can_be_read_moves_when_audits_are_put_in_after_release(
    project: Project, ada: User, ben: User
) -> None:
    scene = certified(project, ada, ben)
    for person in ("ben", "eng"):
        claim(project, scene.people[person], 25)

    before = {name: looks(scene, name) for name in ("ben", "dan", "eng", "rev", "ada")}
    seen_by_viewer = scene.client("vic").get(f"/api/projects/{project.pk}/queue").data["n_open"]
    assert monitor_ask(certificate=scene.certificate, n=45) == 45

    for name, looked in before.items():
        assert differing(looked, looks(scene, name)) == [], name
    # Whoever answers nothing sees them; an item that waited anyway is asked about once.
    assert scene.client("vic").get(f"/api/projects/{project.pk}/queue").data["n_open"] > seen_by_viewer


def test_every_blind_answer_takes_one_off_whether_audits_were_put_in_or_not(
    project: Project, ada: User, ben: User
) -> None:
    scene = certified(project, ada, ben)

    def counts_of_ten_answers() -> list[int]:
        counts = []
        for entry in claim(project, ben, 10):
            answer(project, ben, entry["id"], scene.world.classes[0])
            counts.append(scene.client("ben").get(f"/api/projects/{project.pk}/queue").data["n_open"])
        return counts

    said = []
    for n_audits in (0, 20):
        with transaction.atomic():
            if n_audits:
                monitor_ask(certificate=scene.certificate, n=n_audits)
            said.append(counts_of_ten_answers())
            transaction.set_rollback(True)
    first = said[0][0]
    assert said[0] == said[1] == [first - place for place in range(10)]
    assert first > 20


def test_an_item_that_waits_and_is_audited_is_counted_as_before(
    project: Project, ada: User, ben: User
) -> None:
    scene = certified(project, ada, ben)
    waits = set(Entry.objects.filter(project=project, state="open").values_list("item_id", flat=True))
    before = looks(scene, "dan")
    monitor_ask(certificate=scene.certificate, n=80)
    audited = set(MonitorAudit.objects.filter(certificate=scene.certificate).values_list("item", flat=True))
    assert waits & audited  # else this test is about nothing
    assert differing(before, looks(scene, "dan")) == []


def test_second_answers_and_test_items_move_no_count_either(scene: Scene) -> None:
    """The attempt of the scene is abandoned, so that all counts are told to who may know them."""
    attempts.attempt_abandon(attempt=scene.attempt, reason="")
    project = scene.project
    let_stand(project)
    # What lists single items says that one of them is withheld: an example leaves the guide, a flag its list.
    free = [
        pk
        for pk in Label.objects.filter(is_human=True, retired_at=None, project=project)
        .exclude(item__in=scene.world.items[:6])
        .values_list("item_id", flat=True)
        if not Entry.objects.filter(item=pk, state="open").exists()
    ]
    before = {name: looks(scene, name) for name in ("ben", "dan", "rev", "eng")}
    gold_ask(project=project, item_ids=free[:4])
    entries_ask(project, [(pk, Reason.SECOND) for pk in free[4:8]], salt="x")
    assert Entry.objects.filter(item__in=free[:8], state="open").count() == 8
    for name, looked in before.items():
        assert differing(looked, looks(scene, name)) == [], name
    # And whoever is given one of them, of any kind, sees the count fall by one.
    ben = scene.people["ben"]
    queue = f"/api/projects/{project.pk}/queue"
    n_open = scene.client("ben").get(queue).data["n_open"]
    for entry in claim(project, ben, 8):
        answer(project, ben, entry["id"], scene.world.classes[0])
        n_open -= 1
        assert scene.client("ben").get(queue).data["n_open"] == n_open


def test_a_claim_tells_no_number_that_audits_move(project: Project, ada: User, ben: User) -> None:
    scene = certified(project, ada, ben)
    address = f"/api/projects/{project.pk}/queue/claim"
    said = []
    for n_audits in (0, 45):
        with transaction.atomic():
            if n_audits:
                monitor_ask(certificate=scene.certificate, n=n_audits)
            data = scene.client("ben").post(address, {"n": 5}, format="json").data
            said.append({key: value for key, value in data.items() if key != "entries"})
            transaction.set_rollback(True)
    assert said[0] == said[1] == {"has_more": True}


def test_an_empty_queue_says_that_something_waits_and_not_how_much(
    project: Project, ada: User, ben: User
) -> None:
    scene = certified(project, ada, ben)
    scene.world.empty_queue()
    queue = f"/api/projects/{project.pk}/queue"
    said = [scene.client("ben").get(queue).data["n_open"]]
    for n in (1, 45):
        monitor_ask(certificate=scene.certificate, n=n)
        said.append(scene.client("ben").get(queue).data["n_open"])
    assert said == [0, 1, 1]


def certified(project: Project, ada: User, ben: User) -> Certified:
    """A valid certificate whose labels are watched, and a queue that the last refill filled."""
    people: dict[str, Any] = {"ada": ada, "ben": ben}
    for name, role in ROLES.items():
        people[name] = User.objects.create_user(name)
        Membership.objects.create(project=project, user=people[name], role=role)
    world = make_world(project, owner=ada, person=ben)
    certificate = world.certify(n_audits=60)
    Project.objects.filter(pk=project.pk).update(review_budget=60, random_share=0.25)
    project.refresh_from_db()
    let_stand(project)
    world.empty_queue()
    Project.objects.filter(pk=project.pk).update(review_budget=60)
    project.refresh_from_db()
    queue_refill(project=project)
    let_stand(project)
    # A test is one transaction, whose moment is that of its beginning.
    Refill.objects.filter(project=project).update(created_at=timezone.now() - dt.timedelta(seconds=90))
    return Certified(world, certificate, people)


@dataclass
class Certified:
    world: World
    certificate: Certificate
    people: dict[str, User]

    @property
    def project(self) -> Project:
        return self.world.project

    def client(self, name: str) -> APIClient:
        client = APIClient()
        client.force_authenticate(self.people[name])
        return client


# Lists of single items say which are withheld, to whoever sees more than their own words.
LISTS_ITEMS = {"items_list", "round_items"}


def looks(scene: Scene | Certified, name: str) -> dict[str, bytes]:
    """Whatever can be read of the project as a whole, and of its certificates, by every operation that reads."""
    client, project = scene.client(name), scene.project
    addresses: dict[str, Any] = {
        operation: path.replace("{project_id}", str(project.pk))
        for operation, (method, path) in operations_found.items()
        if method == "get" and re.findall(r"{(\w+)}", path) == ["project_id"] and operation not in LISTS_ITEMS
    }
    for certificate in Certificate.objects.filter(project=project):
        addresses[f"certificate {certificate.pk}"] = f"/api/certificates/{certificate.pk}"
    assert len(addresses) > 25
    looked = {operation: whole(client.get(address)) for operation, address in addresses.items()}
    # Of a project that is seconds old, moments before the last fall now here, now there.
    looked["timeline_show"] = re.sub(rb"\d{4}-\d\d-\d\dT[^\"]*", b"", looked["timeline_show"])[-100:]
    return looked


# What is written about withheld items: imports, checks, and items that are posted again


def as_files_know_it(scene: Scene) -> None:
    """The items have the content hash that a row of a file with their text has."""
    for item in scene.world.items:
        Item.objects.filter(pk=item.pk).update(content_hash=hash_text(item.text or ""))


def file_of(scene: Scene, path: Path, class_name: str, *, header: str = "label") -> Path:
    """What somebody who wants to know would import: one label for all items."""
    rows = [f"{item.key},{item.text},{class_name}" for item in scene.world.items]
    return write_csv(path, f"id,text,{header}", *rows)


def told_of_import(scene: Scene, path: Path, name: str, **options: Any) -> dict[str, bytes]:
    """All that is said of a check and an import of the file, and everywhere afterwards. Nothing of it stays."""
    eng = scene.people["eng"]
    with transaction.atomic():
        with bundle_on_server(path) as bundle:
            wanted = options_from_json(options)
            checked = import_check(bundle, wanted, file_name=path.name, project=scene.project)
        work = import_from_path(project=scene.project, path=path, options=options, user=eng)
        import_run(work.pk, worker="test")
        work.refresh_from_db()
        assert work.state == "done", work.error_message
        said = looks(scene, name)
        said["import"] = whole(scene.client(name).get(f"/api/imports/{work.pk}"))
        said["undo"] = whole(scene.client(name).get(f"/api/imports/{work.pk}/undo"))
        transaction.set_rollback(True)
    # Rows that it makes have the next numbers.
    said = {
        each: re.sub(rb'\'Content-Length\', \'\d+\'|"(\w*id|\w*ids)":\s*\[?\d+\]?', b"id", body)
        for each, body in said.items()
    }
    return said | {"check": json.dumps(checked.as_json(), sort_keys=True).encode()}


IMPORTS_TRIED: list[dict[str, Any]] = [
    {},
    {"labels_from": "machine"},
    {"sealed": True},
    {"split": "test"},
]


@pytest.mark.parametrize("options", IMPORTS_TRIED, ids=str)
@pytest.mark.parametrize("name", ["ada", "rev"])
def test_no_import_tells_what_others_say_of_what_is_withheld(
    scene: Scene, tmp_path: Path, name: str, options: dict[str, Any]
) -> None:
    as_files_know_it(scene)
    for_class: dict[str, Any] = {
        each.name: file_of(scene, tmp_path / f"{each.name}.csv", each.name) for each in scene.world.classes
    }
    as_it_is = {said: told_of_import(scene, path, name, **options) for said, path in for_class.items()}
    with otherwise(scene, scene.withheld(), not_of=scene.people[name]):
        for said, path in for_class.items():
            assert differing(as_it_is[said], told_of_import(scene, path, name, **options)) == []


def test_an_import_tells_what_is_not_withheld_and_how_much_is(scene: Scene, tmp_path: Path) -> None:
    as_files_know_it(scene)
    withheld = scene.withheld()
    work = run_import(
        scene.project,
        file_of(scene, tmp_path / "a.csv", scene.world.classes[0].name),
        user=scene.people["eng"],
    )
    report = work.report
    assert report["n_labels_asked_blind"] == len(withheld)
    free = Label.objects.filter(is_human=True, retired_at=None, project=scene.project).exclude(
        item__in=withheld
    )
    assert report["n_label_conflicts"] > 0
    assert report["n_label_conflicts"] + report["n_labels_known"] + report["n_labels_added"] == free.count()
    keys = set(Item.objects.filter(pk__in=withheld).values_list("key", flat=True))
    assert not keys & {conflict["key"] for conflict in report["conflicts"]}
    assert [one["n"] for one in report["dropped"] if one["why"] == LEFT_OUT] == [len(withheld)]


@pytest.mark.parametrize("options", IMPORTS_TRIED, ids=str)
def test_no_import_tells_whether_what_is_withheld_was_answered(
    scene: Scene, tmp_path: Path, options: dict[str, Any]
) -> None:
    as_files_know_it(scene)
    held = prepare(scene, "ben")
    path = file_of(scene, tmp_path / "a.csv", scene.world.classes[0].name)
    before = told_of_import(scene, path, "eng", **options)
    for entry in held:
        answer(scene.project, scene.people["ben"], entry["id"], scene.world.classes[1])
    after = told_of_import(scene, path, "eng", **options)
    for each in ("check", "import", "undo", "imports_list"):
        assert before[each] == after[each], each
    assert before["project_progress"] == after["project_progress"]


def test_posted_items_are_answered_alike_whatever_is_said_of_them(scene: Scene) -> None:
    as_files_know_it(scene)
    held = prepare(scene, "ben")
    client, project = scene.client("eng"), scene.project
    asked = {kind: pk for pk, kind in scene.kinds().items() if Withheld.objects.filter(item=pk).exists()}
    asked["held"] = held[0]["item"]["id"]

    def said() -> set[tuple[int, str]]:
        replies = set()
        for pk in asked.values():
            item = Item.objects.get(pk=pk)
            for each in scene.world.classes:
                with transaction.atomic():
                    row = {"key": item.key, "text": item.text, "label": each.name}
                    reply = client.post(f"/api/projects/{project.pk}/items", [row], format="json")
                    replies.add((reply.status_code, reply.content.decode()))
                    transaction.set_rollback(True)
        return replies

    before = said()
    assert len(before) == 1
    assert "people are asked blind" in next(iter(before))[1]
    answer(project, scene.people["ben"], held[0]["id"], scene.world.classes[1])
    assert said() == before


def test_a_report_from_before_tells_no_label_of_what_is_withheld_since(scene: Scene) -> None:
    audited, free = Item.objects.get(pk=scene.rows["item_id"]), scene.world.items[12]
    conflicts = [
        {
            "row": place,
            "key": item.key,
            "label": "cat",
            "other": "dog",
            "message": "The label that stands was kept.",
        }
        for place, item in enumerate((audited, free), start=1)
    ]
    work = Import.objects.create(
        project=scene.project,
        file_name="b.csv",
        state="done",
        report={"conflicts": conflicts, "n_label_conflicts": 2},
    )
    check = Check.objects.create(
        project=scene.project, created_by=scene.people["eng"], item_type="text", file_name="b.csv",
        report={"conflicts": conflicts},
    )  # fmt: skip

    def keys(name: str, address: str) -> list[str]:
        return [each["key"] for each in scene.client(name).get(address).data["report"]["conflicts"]]

    for name in ("ada", "eng", "rev"):
        assert keys(name, f"/api/imports/{work.pk}") == [free.key]
    assert keys("vic", f"/api/imports/{work.pk}") == [audited.key, free.key]
    assert keys("eng", f"/api/checks/{check.pk}") == [free.key]
    listed = scene.client("rev").get(f"/api/projects/{scene.project.pk}/imports").data["results"]
    assert [
        [each["key"] for each in one["report"]["conflicts"]] for one in listed if one["id"] == work.pk
    ] == [[free.key]]


def test_a_file_labels_what_waits_to_be_asked_where_nothing_is_measured(
    project: Project, ada: User, tmp_path: Path
) -> None:
    rows = [f"{key},text {key}" for key in "abcde"]
    run_import(project, write_csv(tmp_path / "items.csv", "id,text", *rows), user=ada)
    queue_refill(project=project)
    assert Withheld.objects.filter(project=project).exists()
    labeled = write_csv(tmp_path / "labels.csv", "id,text,label", *(f"{row},cat" for row in rows))
    assert run_import(project, labeled, user=ada).report["n_labels_added"] == 5
