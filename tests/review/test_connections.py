"""The laws of the queue and of publishing, tried with many real connections at once."""

from __future__ import annotations

import threading
import uuid
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

import psycopg
import pytest
from django.contrib.auth.models import User
from django.db import OperationalError, connection, connections

from labeling.errors import Conflict
from labeling.models import Label, Membership, Project, Publication, Role
from review.answering.answers import answers_submit
from review.answering.facts import NewAnswer
from review.answering.grid import grid_claim
from review.models import Answer, Entry, EntryState, Lease, LeaseState
from review.publishing.publish import round_publish
from review.queue.claims import entries_claim
from review.sweep import publish_ready
from tests.makers import make_items
from tests.review.makers import answer, claim, make_entries, make_round, stand
from training.models import Round, RoundState, Run

N_PEOPLE = 16
T = TypeVar("T")

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def people(project: Project) -> list[User]:
    users = User.objects.bulk_create(User(username=f"person-{i}") for i in range(N_PEOPLE))
    Membership.objects.bulk_create(
        Membership(project=project, user=user, role=Role.ANNOTATOR) for user in users
    )
    return users


def at_once(jobs: list[Callable[[], T]]) -> list[T]:
    """Run the jobs at the same moment, each on a connection of its own; their results, in order."""
    barrier = threading.Barrier(len(jobs))

    def run(job: Callable[[], T]) -> T:
        try:
            barrier.wait()
            return job()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(jobs)) as pool:
        return list(pool.map(run, jobs))


def work_off(project: Project, person: User, class_id: int, *, batch: int) -> list[int]:
    """Claim and answer until nothing is left; returns the entries that this person answered, in order."""
    answered: list[int] = []
    while True:
        entries = entries_claim(project=project, person_id=person.pk, role=Role.ANNOTATOR, n=batch)["entries"]
        if not entries:
            return answered
        said = [
            NewAnswer(key=uuid.uuid4(), entry_id=entry["id"], kind="label", class_id=class_id)
            for entry in entries
        ]
        results = answers_submit(project=project, person=person, role=Role.ANNOTATOR, answers=said)
        assert {result["outcome"] for result in results} == {"stored"}
        answered += [entry["id"] for entry in entries]


def test_sixteen_people_get_every_entry_once_and_lose_no_answer(project: Project, people: list[User]) -> None:
    n_items = 320
    place = {entry.pk: n for n, entry in enumerate(make_entries(project, make_items(project, n_items)))}
    class_id = project.classes.all()[0].pk

    answered = at_once([partial(work_off, project, person, class_id, batch=5) for person in people])

    handed_out = Counter(entry_id for part in answered for entry_id in part)
    assert len(handed_out) == n_items
    assert set(handed_out.values()) == {1}
    assert Answer.objects.count() == Label.objects.count() == n_items
    assert set(Entry.objects.values_list("state", "n_free")) == {(EntryState.DONE, 0)}
    # Everybody got theirs in the order of the queue, whoever else was claiming.
    for part in answered:
        assert part == sorted(part, key=place.__getitem__)


def test_entries_that_want_three_answers_get_three_from_three_people(
    project: Project, people: list[User]
) -> None:
    n_items = 40
    make_entries(project, make_items(project, n_items), n_wanted=3)
    class_id = project.classes.all()[0].pk

    at_once([partial(work_off, project, person, class_id, batch=4) for person in people])
    # Who found every free entry locked for a moment has gone home; somebody comes back later.
    for person in people:
        work_off(project, person, class_id, batch=4)

    votes = Counter(Answer.objects.values_list("entry", flat=True))
    assert set(votes.values()) == {3}
    assert len(votes) == Label.objects.count() == n_items
    assert Answer.objects.values("entry", "person").distinct().count() == 3 * n_items


def test_claims_at_the_same_moment_take_the_head_of_the_queue_between_them(
    project: Project, people: list[User]
) -> None:
    entries = make_entries(project, make_items(project, 200))

    claimed = at_once([partial(claim, project, person, 5) for person in people])

    ids = [entry["id"] for part in claimed for entry in part]
    assert len(ids) == len(set(ids)) == 5 * N_PEOPLE
    # Nobody is given an entry far down while a better one is free: together they hold the first ones.
    assert set(ids) == {entry.pk for entry in entries[: 5 * N_PEOPLE]}


def test_one_person_in_many_windows_never_holds_an_entry_twice(project: Project, ada: User) -> None:
    make_entries(project, make_items(project, 30), n_wanted=3)

    at_once([lambda: claim(project, ada, 10) for _ in range(N_PEOPLE)])

    held = list(Lease.objects.filter(state=LeaseState.HELD).values_list("entry", flat=True))
    assert len(held) == len(set(held))
    for entry in Entry.objects.all():
        assert entry.n_free == 3 - (entry.pk in held)


def test_the_same_answer_at_the_same_moment_is_stored_once(project: Project, ada: User) -> None:
    (entry,) = make_entries(project, make_items(project, 1))
    cat, key = project.classes.all()[0], uuid.uuid4()
    claim(project, ada)

    results = at_once([lambda: answer(project, ada, entry.pk, cat, key=key) for _ in range(N_PEOPLE)])

    assert Counter(result["outcome"] for result in results) == {"stored": 1, "repeated": N_PEOPLE - 1}
    assert Answer.objects.count() == Label.objects.count() == 1


def test_one_key_for_different_entries_at_the_same_moment_is_stored_for_one(
    project: Project, ada: User
) -> None:
    entries = make_entries(project, make_items(project, 8))
    cat, key = project.classes.all()[0], uuid.uuid4()
    claim(project, ada, 8)

    results = at_once([partial(answer, project, ada, e.pk, cat, key=key) for e in entries])

    assert Counter(result["code"] for result in results) == {"": 1, "key_taken": 7}
    assert Answer.objects.count() == Label.objects.count() == 1


def test_the_next_run_starts_once_however_many_answer_at_the_same_moment(
    project: Project, people: list[User]
) -> None:
    items = make_items(project, N_PEOPLE)
    make_round(project, [(items[0], project.classes.all()[0], 0.1)], state=RoundState.PUBLISHED)
    project.retrain_after = 4
    project.holdout_share = 0
    project.save(update_fields=["retrain_after", "holdout_share"])
    make_entries(project, items)
    held = [claim(project, person)[0]["id"] for person in people]
    classes = list(project.classes.all())

    at_once(
        [partial(answer, project, people[i], held[i], classes[i % len(classes)]) for i in range(N_PEOPLE)]
    )

    assert Run.objects.filter(project=project, trigger="labels").count() == 1


def test_a_publish_beside_sixteen_people_answering_leaves_one_current_label_an_item(
    project: Project, people: list[User]
) -> None:
    items = make_items(project, 200)
    cat, dog, _ = project.classes.all()
    make_entries(project, items)
    rounds = [make_round(project, [(item, cat, 0.99) for item in items]) for _ in range(4)]

    def publish_all() -> list[int]:
        for round in rounds:
            Round.objects.filter(pk=round.pk).update(state=RoundState.READY)
            round_publish(round_id=round.pk)
        return []

    answered = at_once(
        [publish_all, *(lambda p=person: work_off(project, p, dog.pk, batch=3) for person in people)]
    )

    human = Label.objects.filter(is_human=True, retired_at=None)
    assert human.count() == sum(map(len, answered)) == Answer.objects.count()
    current = Counter(Label.objects.current().values_list("item", flat=True))
    assert set(current.values()) == {1}
    assert len(current) == len(items)


def test_of_two_publishes_at_once_each_replaces_only_what_its_author_saw(project: Project, ada: User) -> None:
    cat, dog, _ = project.classes.all()
    items = make_items(project, 50)
    seen = round_publish(round_id=make_round(project, [(item, cat, 0.99) for item in items]).pk)
    candidates = [make_round(project, [(item, dog, 0.99) for item in items]) for _ in range(4)]

    def publish_one(round: Round) -> str:
        try:
            round_publish(round_id=round.pk, by=ada, instead_of=seen.pk)
        except Conflict as conflict:
            return conflict.code
        return "published"

    published = at_once([partial(publish_one, each) for each in candidates])

    assert published.count("published") == 1
    assert set(published) <= {"published", "publish_under_way", "stands_otherwise"}
    assert Publication.objects.count() == 2
    assert Label.objects.current().filter(label_class=dog).count() == 50


def test_many_sweeps_at_once_publish_a_candidate_once(project: Project) -> None:
    Project.objects.filter(pk=project.pk).update(publishing="by_itself")
    cat = project.classes.all()[0]
    make_round(project, [(item, cat, 0.99) for item in make_items(project, 50)])

    at_once([publish_ready] * 6)
    publish_ready()

    assert Publication.objects.count() == 1
    assert Label.objects.current().count() == 50


def counts_seen(project: Project, stop: threading.Event, seen: Counter[tuple[int, ...]]) -> None:
    while not stop.is_set():
        labels = Label.objects.current().filter(project=project)
        by_class = Counter(labels.values_list("label_class__position", flat=True))
        seen[tuple(by_class[position] for position in range(3))] += 1


def test_a_reader_during_publishes_sees_the_old_set_or_the_new_one(project: Project) -> None:
    items = make_items(project, 300)
    classes = list(project.classes.all())[:2]
    rounds = [make_round(project, [(item, label_class, 0.99) for item in items]) for label_class in classes]
    round_publish(round_id=rounds[0].pk)
    Round.objects.filter(pk=rounds[1].pk).update(state=RoundState.READY)
    stop = threading.Event()
    seen: Counter[Any] = Counter()

    def read() -> None:
        counts_seen(project, stop, seen)

    def publish() -> None:
        try:
            for i in range(6):
                round_publish(round_id=rounds[(i + 1) % 2].pk)
        finally:
            stop.set()

    at_once([read, publish])

    assert set(seen) <= {(300, 0, 0), (0, 300, 0)}
    assert sum(seen.values()) > 3


def test_a_publish_whose_connection_dies_half_way_leaves_nothing(project: Project) -> None:
    items = make_items(project, 50)
    cat, dog, _ = project.classes.all()
    round_publish(round_id=make_round(project, [(item, cat, 0.99) for item in items]).pk)
    entries_before = set(Entry.objects.values_list("pk", "state"))
    round = make_round(project, [(item, dog, 0.99) for item in items])
    in_the_middle, killed = threading.Event(), threading.Event()
    pid: list[int] = []

    def kill_before_the_end(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        # The labels are written and the entries exchanged; only the round's state is still missing.
        if sql.startswith('UPDATE "training_round"'):
            in_the_middle.set()
            killed.wait(10)
        return execute(sql, params, many, context)

    def publish() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            pid.append(cursor.fetchone()[0])
        with (
            connection.execute_wrapper(kill_before_the_end),
            pytest.raises((OperationalError, psycopg.Error)),
        ):
            round_publish(round_id=round.pk)

    def kill() -> None:
        assert in_the_middle.wait(10)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s)", [pid[0]])
        killed.set()

    at_once([publish, kill])

    assert Label.objects.filter(source=round.source).count() == 0
    assert set(Label.objects.current().values_list("label_class", flat=True)) == {cat.pk}
    assert Publication.objects.count() == 1
    assert set(Entry.objects.values_list("pk", "state")) == entries_before
    round.refresh_from_db()
    assert round.state == RoundState.READY
    round_publish(round_id=round.pk)
    assert set(Label.objects.current().values_list("label_class", flat=True)) == {dog.pk}


def test_people_answer_while_the_long_part_of_a_publish_goes_on(project: Project, ada: User) -> None:
    items = make_items(project, 3)
    cat, dog, _ = project.classes.all()
    (entry,) = make_entries(project, items[:1])
    claim(project, ada)
    round = make_round(project, [(item, cat, 0.99) for item in items])
    inserted, answered = threading.Event(), threading.Event()

    def wait_after_the_insert(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        result = execute(sql, params, many, context)
        if "INSERT INTO labeling_label" in sql:
            inserted.set()
            assert answered.wait(10)
        return result

    def publish() -> None:
        with connection.execute_wrapper(wait_after_the_insert):
            round_publish(round_id=round.pk)

    def say() -> None:
        assert inserted.wait(10)
        assert answer(project, ada, entry.pk, dog)["outcome"] == "stored"
        answered.set()

    at_once([publish, say])

    current = dict(Label.objects.current().values_list("item", "label_class"))
    assert current == {items[0].pk: dog.pk, items[1].pk: cat.pk, items[2].pk: cat.pk}
    machine = Label.objects.get(item=items[0], is_human=False)
    assert machine.retired_reason == "corrected"
    assert Publication.objects.get().n_labels == 2


def confirm_all(project: Project, person: User, class_id: int) -> list[int]:
    """Claim and confirm pages of the grid until nothing is left; returns the items of this person."""
    confirmed: list[int] = []
    while page := grid_claim(project=project, person_id=person.pk, class_id=class_id, n=12):
        said = [
            NewAnswer(key=uuid.uuid4(), entry_id=entry["id"], kind="label", class_id=class_id)
            for entry in page
        ]
        results = answers_submit(project=project, person=person, role=Role.ANNOTATOR, answers=said)
        assert {result["outcome"] for result in results} == {"stored"}
        confirmed += [entry["item"]["id"] for entry in page]
    return confirmed


def test_no_item_of_a_grid_goes_to_two_people_not_even_by_the_queue(
    project: Project, people: list[User]
) -> None:
    items = make_items(project, 300)
    label_class = project.classes.all()[0]
    stand(make_round(project, [(item, label_class, 0.7) for item in items]))
    make_entries(project, items[:100])
    in_grid, in_queue = people[:8], people[8:]

    jobs: list[Callable[[], list[int]]] = [
        *(partial(confirm_all, project, person, label_class.pk) for person in in_grid),
        *(partial(work_off, project, person, label_class.pk, batch=5) for person in in_queue),
    ]
    answered = at_once(jobs)
    # Who found everything free locked for a moment has gone home; somebody comes back later.
    confirm_all(project, people[0], label_class.pk)

    assert Answer.objects.count() == Label.objects.count() == len(items)
    assert Answer.objects.values("item").distinct().count() == len(items)
    assert sum(len(part) > 0 for part in answered[:8]) > 1
    assert set(Entry.objects.values_list("state", "n_free")) == {(EntryState.DONE, 0)}


def test_two_grids_at_the_same_moment_show_different_items(project: Project, people: list[User]) -> None:
    label_class = project.classes.all()[0]
    items = make_items(project, 100)
    stand(make_round(project, [(item, label_class, 0.7) for item in items]))

    pages = at_once(
        [
            partial(grid_claim, project=project, person_id=person.pk, class_id=label_class.pk, n=40)
            for person in people[:2]
        ]
    )

    shown = [entry["item"]["id"] for page in pages for entry in page]
    assert len(shown) == len(set(shown)) == 80
