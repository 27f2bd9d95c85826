"""A project in which everything there is to see has been seen to, and an attempt to certify is open: for tests that cheat."""

from __future__ import annotations

import datetime as dt
import gzip
import io
import json
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.utils import timezone
from rest_framework.test import APIClient

from labeling.guide.services import example_choose
from labeling.jobs.work import WorkState
from labeling.models import Export, Import, Label, Membership, Project, Role, Withheld
from review.models import Answer, Attempt, Certificate, Explanation, Refill, Verdict
from review.people.gold import gold_ask
from review.queue.filling.kept_full import queue_refill
from review.queue.flagging import flag_add
from tests.labeling.makers import record
from tests.review.certifying import World, make_world
from tests.review.makers import answer, claim, let_stand
from training.models import Comparison, Inspection, Trial

ROLES = {"eng": Role.ENGINEER, "rev": Role.REVIEWER, "dan": Role.ANNOTATOR, "vic": Role.VIEWER}


@dataclass
class Scene:
    """The world, its people by name, and rows of every kind that a route may name."""

    world: World
    attempt: Attempt
    people: dict[str, User]
    rows: dict[str, Any]

    @property
    def project(self) -> Project:
        return self.world.project

    def client(self, name: str) -> APIClient:
        client = APIClient()
        client.force_authenticate(self.people[name])
        return client

    def withheld(self) -> set[int]:
        return set(Withheld.objects.filter(project=self.project).values_list("item_id", flat=True))

    def kinds(self) -> dict[int, str]:
        """Item -> what it is asked for, of what the attempt asks or will ask: which nobody may find out."""
        attempt = self.attempt
        return (
            dict.fromkeys(attempt.audits.values_list("item_id", flat=True), "audit")
            | dict.fromkeys(attempt.second_answers.values_list("item_id", flat=True), "second")
            | dict.fromkeys(attempt.decoys.values_list("item_id", flat=True), "decoy")
        )


def make_scene(
    project: Project,
    ada: User,
    ben: User,
    *,
    n_items: int = 150,
    n_second: int = 6,
    n_audits: int | None = 30,
) -> Scene:
    """A certificate, a round that was published after it, and an open attempt with audits, second answers and decoys.

    Ben and Dan annotate, and have labeled some items; so has Ada, who owns it all.
    """
    people = {"ada": ada, "ben": ben}
    for name, role in ROLES.items():
        people[name] = User.objects.create_user(name)
        Membership.objects.create(project=project, user=people[name], role=role)
    world = make_world(project, owner=ada, person=ben, n_items=n_items, n_human=30)
    items = world.items
    for place in range(10, 20):  # beside Ada's, so that second answers have other authors, too
        record(project, items[place], world.truth[items[place].pk], people["dan"])
    for place in (0, 1, 2):
        example_choose(item=items[place], by=ada)
    flag_add(item=items[5], person=people["rev"], note=f"Is this {world.classes[2].name}?")
    export = _export(project)
    inspection = _inspection(world)
    comparison = Comparison.objects.create(project=project, number=1, state=WorkState.DONE)
    Trial.objects.filter(comparison=comparison).count()
    # What was handed out with the suggestion before the attempt.
    Project.objects.filter(pk=project.pk).update(review_budget=24, random_share=0.25)
    project.refresh_from_db()
    queue_refill(project=project)
    for entry in claim(project, ben, 4):
        answer(project, ben, entry["id"], world.truth[entry["item"]["id"]])
    let_stand(project)
    # A test is one transaction, whose moment is that of its beginning.
    Refill.objects.filter(project=project).update(created_at=timezone.now() - dt.timedelta(seconds=90))
    said = Answer.objects.filter(person=ben).first()
    Explanation.objects.create(
        item=items[40], project=project, round=world.round, nearest=[[items[3].pk, 0.9]], words=[["owl", 1.0]]
    )
    gold_ask(project=project, item_ids=[items[8].pk])
    verdict = Verdict.objects.create(
        key=uuid.uuid4(), project=project, item=items[4], person=ada, kind="keep",
        label_class=world.classes[1], model_class=world.classes[2], created_at=timezone.now(),
    )  # fmt: skip
    attempt = world.ask(n_audits=n_audits, n_second=n_second)
    project.refresh_from_db()
    certificate = _certificate(world)
    rows = {
        "project_id": project.pk,
        "attempt_id": attempt.pk,
        "certificate_id": certificate.pk,
        "class_id": world.classes[0].pk,
        "item_id": attempt.audits.order_by("position").first().item_id,
        "label_id": Label.objects.get(item=items[12], is_human=True, retired_at=None).pk,
        "member_id": Membership.objects.get(project=project, user=ben).pk,
        "token_id": 1,
        "import_id": Import.objects.create(project=project, file_name="a.csv").pk,
        "export_id": export.pk,
        "run_id": world.round.run_id,
        "round_id": world.round.pk,
        "comparison_id": comparison.pk,
        "inspection_id": inspection.pk,
        "entry_id": attempt.audits.exclude(entry=None).first().entry_id,
        "flag_id": project.flags.first().pk,
        "key": said.key if said else verdict.pk,
    }
    return Scene(world, attempt, people, rows)


def _export(project: Project) -> Export:
    """A file with every label in it, written before the attempt."""
    body = io.StringIO()
    for label in Label.objects.filter(project=project).select_related("label_class").order_by("pk"):
        body.write(f"{label.item_id},{label.label_class.name},{label.confidence}\n")
    name = default_storage.save(f"exports/{project.pk}/all.csv", ContentFile(body.getvalue().encode()))
    now = timezone.now()
    return Export.objects.create(
        project=project, format="csv", as_of=now, started_at=now, state=WorkState.DONE, stored_name=name,
        n_rows=1, n_bytes=len(body.getvalue()),
    )  # fmt: skip


def _inspection(world: World) -> Inspection:
    items = world.items
    points = {
        "item_ids": [item.pk for item in items],
        "x": [0] * len(items),
        "y": [0] * len(items),
        "sources": [1] * len(items),
        "class_ids": [world.predicted.get(item.pk, world.truth[item.pk]).pk for item in items],
        "confidences": [place for place, _ in enumerate(items)],
        "rounds": [0] * len(items),
        "round_names": ["1.1"],
    }
    candidates = [
        {
            "item_id": item.pk,
            "class_id": world.truth[item.pk].pk,
            "confidence": 0.01,
            "suggested_class_id": world.classes[(place + 1) % 3].pk,
            "suggested_confidence": 0.9,
        }
        for place, item in enumerate(items[:30])
    ]
    return Inspection.objects.create(
        project=world.project, number=1, learner="lda", state=WorkState.DONE,
        findings={"labels": {"candidates": candidates, "n_candidates": 30, "sentence": "Some."}},
        map_points=gzip.compress(json.dumps(points).encode()),
    )  # fmt: skip


def _certificate(world: World) -> Certificate:
    """A certificate of an attempt before, with a document that names labels."""
    from labeling.models import Publication

    project = world.project
    before = Attempt.objects.create(
        project=project, number=99, promise="dataset", eps=0.1, confidence=0.9, cut=0, state="abandoned",
        result={"walk": {"allowed": 3}},
    )  # fmt: skip
    source = Publication.objects.filter(project=project).first().source
    named = {item_id: label_class.name for item_id, label_class in world.predicted.items()}
    return Certificate.objects.create(
        project=project, number=1, attempt=before, source=source, issued_at=timezone.now(),
        document={"sentence": "All is well.", "labels": named}, revoked_at=timezone.now(), revoked_reason="old",
    )  # fmt: skip


# The same world, with other labels


# table, what is turned round, within what; {of} is a condition on the column item_id
TURNED = [
    ("labeling_label", ["label_class_id", "confidence"], "source_id", "NOT is_human"),
    (
        "training_prediction",
        ["label_class_id", "confidence", "raw_confidence", "margin", "entropy", "is_accepted"],
        "round_id",
        "true",
    ),
    ("review_frozen", ["label_class_id", "confidence"], "attempt_id", "rank > 0"),
    ("review_audit", ["label_class_id"], "attempt_id", "true"),
    ("review_entry", ["suggested_class_id", "suggested_confidence"], "project_id", "is_blind"),
]
OF_PEOPLE = [
    (
        "labeling_label",
        ["label_class_id"],
        "source_id",
        "is_human AND retired_at IS NULL AND source_id <> {mine}",
    ),
    ("review_answer", ["label_class_id"], "project_id", "kind = 'label' AND person_id <> {me}"),
    ("review_secondanswer", ["label_class_id"], "attempt_id", "true"),
]


# A machine's label that a person's replaced before the item was withheld: which class has lost it was no secret then,
# and counts by class say it still. Such labels are turned round among themselves.
EARLY = """coalesce(retired_at < (
    SELECT min(since) FROM labeling_withheld withheld WHERE withheld.item_id = labeling_label.item_id), false)"""


@contextmanager
def otherwise(scene: Scene, item_ids: set[int], *, not_of: User | None = None) -> Iterator[None]:
    """While it lasts, the machine said of each of these items what it said of the next; counts are as they were.

    With `not_of`, other people's words are turned round too, all but that person's.
    """
    mine = Label.objects.filter(source__user=not_of).values_list("source_id", flat=True).first() or 0
    tables = [*TURNED, *(OF_PEOPLE if not_of else [])]
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")  # labels never change, but here
            for table, columns, part, condition in tables:
                moved = ", ".join(f"lead({name}, 1, first_{name}) OVER each AS {name}" for name in columns)
                first = ", ".join(f"first_value({name}) OVER each AS first_{name}" for name in columns)
                is_early = EARLY if table == "labeling_label" else "false"
                inner = f"""SELECT place, {part}, is_early, item_id, {", ".join(columns)}, {first}
                    FROM (SELECT *, ctid AS place, {is_early} AS is_early FROM {table}) {table}
                    WHERE item_id = ANY(%s) AND {condition.format(mine=mine, me=not_of.pk if not_of else 0)}
                    WINDOW each AS (PARTITION BY {part}, is_early ORDER BY item_id)"""
                cursor.execute(
                    f"""UPDATE {table} SET {", ".join(f"{name} = turned.{name}" for name in columns)}
                    FROM (SELECT place, {moved} FROM ({inner}) one
                          WINDOW each AS (PARTITION BY {part}, is_early ORDER BY item_id)) turned
                    WHERE {table}.ctid = turned.place""",
                    [list(item_ids)],
                )
                assert cursor.rowcount > 0 or table in ("review_answer", "review_secondanswer"), table
            cursor.execute("SET LOCAL session_replication_role = DEFAULT")
        _turn_inspection(scene, item_ids)
        yield
        transaction.set_rollback(True)


def _turn_inspection(scene: Scene, item_ids: set[int]) -> None:
    inspection = Inspection.objects.get(pk=scene.rows["inspection_id"])
    points = json.loads(gzip.decompress(bytes(inspection.map_points or b"")))
    places = [place for place, item_id in enumerate(points["item_ids"]) if item_id in item_ids]
    for name in ("class_ids", "confidences"):
        values = [points[name][place] for place in places]
        for place, value in zip(places, values[1:] + values[:1], strict=True):
            points[name][place] = value
    Inspection.objects.filter(pk=inspection.pk).update(map_points=gzip.compress(json.dumps(points).encode()))


# What an answer to a request says


MOMENT = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[^\"']*")
SECONDS = re.compile(rb'"(seconds_left|uptime|age_seconds|seconds)":\s*[-\d.e]+')


def whole(response: Any) -> bytes:
    """Status, headers and body, without the moments in them."""
    body = response.getvalue() if response.streaming else response.content
    if response.headers.get("Content-Encoding") == "gzip" or body[:2] == b"\x1f\x8b":
        body = gzip.decompress(body)
    head = repr(sorted((k, v) for k, v in response.headers.items() if k not in ("Date", "Last-Modified")))
    said = f"{response.status_code} {head} ".encode() + body
    return SECONDS.sub(b"seconds", MOMENT.sub(b"moment", said))
