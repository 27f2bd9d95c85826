"""What is measured at one size, in the order in which a project lives: import, publish, label, look, export."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from knox.models import AuthToken

from labeling.models import Project
from review.publishing.publish import round_publish
from tests.benchmarks import dataset
from tests.benchmarks.load import Client, claim_and_answer, quantile
from tests.benchmarks.report import Row
from tests.benchmarks.review_page import measure_review_page
from tests.benchmarks.server import Server
from training.models import Round, RoundState
from training.rounds.predictions import Predictions, predictions_store

N_PEOPLE = 32

# Label Studio 1.23.2 and doccano 1.8.4 on PostgreSQL, two cores, measured 2026-11-20 (docs/results.md).
NEXT_ELSEWHERE = {
    10_000: "29 ms (doccano, no order)",
    100_000: "173 ms (doccano)",
    1_000_000: "870 ms (Label Studio)",
}
ANSWER_ELSEWHERE = {10_000: "19 ms (doccano)", 100_000: "23 ms (doccano)", 1_000_000: "99 ms (Label Studio)"}
RATE_ELSEWHERE = {10_000: "41 (doccano)", 100_000: "14 (doccano)", 1_000_000: "2.1 (Label Studio)"}


def measure_size(server: Server, n_items: int, folder: Path) -> Iterator[Row]:
    """Every figure for a project of `n_items` text items, as it is measured."""
    owner, _ = User.objects.get_or_create(username="bench-owner")
    client = Client(server.port, AuthToken.objects.create(owner)[1])
    created = client.call(
        "POST",
        "/api/projects",
        {"name": f"bench {n_items}", "item_type": "text", "classes": dataset.CLASSES, "review_budget": 1000},
    )
    project = Project.objects.get(pk=created["id"])
    class_ids = [row["id"] for row in created["classes"]]
    yield from _import(client, project, n_items, folder)
    yield from _publish(client, project, n_items, class_ids)
    yield from _label(server, client, project, n_items, class_ids)
    yield from _look(client, project, n_items)
    yield from measure_review_page(server, project, n_items)
    yield from _export(client, project, n_items)


def _import(client: Client, project: Project, n_items: int, folder: Path) -> Iterator[Row]:
    path = folder / f"{n_items}.csv"
    dataset.write_csv(path, n_items)
    upload = client.upload(path)["upload"]
    path.unlink()
    options = {
        "columns": {"id": "id", "text": "text", "label": "label", "confidence": "confidence"},
        "labels_from": "machine",
    }
    job = client.call("POST", f"/api/projects/{project.pk}/imports", {"upload": upload, "options": options})
    seconds, job = _wait(client, f"/api/imports/{job['id']}")
    if job["n_items_added"] != n_items:
        raise RuntimeError(f"the import added {job['n_items_added']} items: {job}")
    rival = {10_000: "", 100_000: "89 s (Label Studio)"}.get(n_items, "")
    yield Row(
        "import text rows with predictions", n_items, seconds, "s", 60 * max(n_items / 1e6, 0.05), rival=rival
    )


def _publish(client: Client, project: Project, n_items: int, class_ids: list[int]) -> Iterator[Row]:
    """A first round, then the figure: a second round that replaces every label of the first."""
    ids, probabilities = dataset.draw_predictions(project, seed=1)
    _publish_round(project, ids, probabilities, class_ids)
    ids, probabilities = dataset.draw_predictions(project, seed=2)
    with _Reader(client, f"/api/projects/{project.pk}/progress") as reader:
        stored, published = _publish_round(project, ids, probabilities, class_ids)
    if wrong := set(reader.seen) - {n_items}:
        raise RuntimeError(f"a reader saw {wrong} machine labels during a publish of {n_items}")
    rival = {10_000: "96 s (Label Studio)", 100_000: "over 533 s (Label Studio)"}.get(n_items, "")
    yield Row(
        "replace all machine labels: write, retire, refill",
        n_items,
        stored + published,
        "s",
        30 * max(n_items / 1e6, 0.05),
        rival=rival,
    )
    yield Row("of it: the publishing transaction", n_items, published, "s")
    yield Row("slowest read of the counts meanwhile", n_items, 1000 * max(reader.seconds), "ms")


def _publish_round(
    project: Project, ids: np.ndarray, probabilities: np.ndarray, class_ids: list[int]
) -> tuple[float, float]:
    """(seconds to store the predictions, seconds to publish); every prediction is accepted."""
    run = dataset.make_run(project)
    round_ = dataset.make_round(run, 1)
    ordered = np.sort(probabilities, axis=1)
    predictions = Predictions(
        item_ids=ids,
        class_ids=np.asarray(class_ids)[probabilities.argmax(axis=1)],
        confidence=ordered[:, -1],
        raw_confidence=ordered[:, -1],
        margin=ordered[:, -1] - ordered[:, -2],
        entropy=-(ordered * np.log(ordered + 1e-12)).sum(axis=1),
        threshold=np.zeros(len(ids)),
        is_accepted=np.ones(len(ids), dtype=bool),
    )
    begun = time.perf_counter()
    predictions_store(round_, predictions)
    stored = time.perf_counter() - begun
    type(run).objects.filter(pk=run.pk).update(state="done", finished_at=timezone.now())
    begun = time.perf_counter()
    with transaction.atomic():  # in one, or the sweep would publish it first
        Round.objects.filter(pk=round_.pk).update(state=RoundState.READY, finished_at=timezone.now())
        round_publish(round_id=round_.pk)
    return stored, time.perf_counter() - begun


def _label(
    server: Server, client: Client, project: Project, n_items: int, class_ids: list[int]
) -> Iterator[Row]:
    """Every item queued in model order: the longest queue there can be."""
    dataset.open_all_entries(project, Round.objects.filter(run__project=project).latest("pk"))
    tokens = dataset.make_people(project, N_PEOPLE)

    def loop(n_clients: int, n_each: int, **how: Any) -> Any:
        return claim_and_answer(server.port, tokens[:n_clients], project.pk, class_ids, n_each=n_each, **how)

    loop(4, 25)  # warm up: connections, plans
    one = loop(1, 300)
    yield Row(
        "next, model order, 1 client, p50",
        n_items,
        quantile(one.claim, 0.5),
        "ms",
        5,
        rival=NEXT_ELSEWHERE.get(n_items, ""),
    )
    yield Row(
        "answer, 1 client, p50",
        n_items,
        quantile(one.answer, 0.5),
        "ms",
        5,
        rival=ANSWER_ELSEWHERE.get(n_items, ""),
    )
    for n_clients in (8, N_PEOPLE):
        busy = loop(n_clients, max(15, 1200 // n_clients))
        if busy.n_twice:
            raise RuntimeError(f"{busy.n_twice} entries were handed out twice")
        rate = sum(busy.handed.values()) / busy.seconds
        yield Row(
            f"next + answer a second, saturated, {n_clients} clients", n_items, rate, "/s", 250, True,
            RATE_ELSEWHERE.get(n_items, ""),
        )  # fmt: skip
    yield Row(
        "handed to two people at once, 32 clients",
        n_items,
        busy.n_twice,
        "entries",
        0.5,
        rival="0 to 66 of 80 (Label Studio)",
    )
    batches = loop(N_PEOPLE, 5, n_at_once=10)
    yield Row(
        "the same, ten at a time as the page does, 32 clients",
        n_items,
        sum(batches.handed.values()) / batches.seconds,
        "/s",
        250,
        True,
        RATE_ELSEWHERE.get(n_items, ""),
    )
    calm = loop(N_PEOPLE, 15, pause=1.0)
    yield Row(
        "32 people, an answer a second each: next, p99",
        n_items,
        quantile(calm.claim, 0.99),
        "ms",
        30,
        rival="6,700 ms (Label Studio, 100k)",
    )
    yield Row(
        "32 people, an answer a second each: answer, p99",
        n_items,
        quantile(calm.answer, 0.99),
        "ms",
        30,
        rival="6,100 ms (Label Studio, 100k)",
    )


def _look(client: Client, project: Project, n_items: int) -> Iterator[Row]:
    pages = {
        "list page by score, p50": (
            f"/api/projects/{project.pk}/items?source=machine&order=confidence&limit=50",
            20,
        ),
        "project page: the counts, p50": (f"/api/projects/{project.pk}/progress", 300),
        "project page: the queue, p50": (f"/api/projects/{project.pk}/queue", 300),
    }
    for what, (path, limit) in pages.items():
        seconds = [_timed(partial(client.call, "GET", path)) for _ in range(30)]
        rival = "342 ms (Label Studio, 100k)" if "score" in what else ""
        yield Row(what, n_items, quantile(seconds, 0.5), "ms", limit, rival=rival)


def _export(client: Client, project: Project, n_items: int) -> Iterator[Row]:
    for kind in ("csv", "jsonl", "parquet"):
        job = client.call("POST", f"/api/projects/{project.pk}/exports", {"format": kind, "filters": {}})
        seconds, job = _wait(client, f"/api/exports/{job['id']}")
        if job["n_rows"] != n_items:
            raise RuntimeError(f"the {kind} export has {job['n_rows']} rows: {job}")
        rival = "4.4 s (doccano), 162 s (Label Studio)" if (kind, n_items) == ("csv", 100_000) else ""
        yield Row(f"export, {kind}", n_items, seconds, "s", 20 * max(n_items / 1e6, 0.05), rival=rival)


def _wait(client: Client, path: str) -> tuple[float, dict[str, Any]]:
    """Seconds until the background job is over, as a client sees it, and the job."""
    begun = time.perf_counter()
    while True:
        job = client.call("GET", path)
        if not job["is_open"]:
            if job["state"] != "done":
                raise RuntimeError(f"{path} ended as {job['state']}: {job['error_message']}")
            return time.perf_counter() - begun, job
        time.sleep(0.1)


def _timed(act: Callable[[], object]) -> float:
    begun = time.perf_counter()
    act()
    return time.perf_counter() - begun


class _Reader:
    """Somebody who looks at the counts all the time; remembers what was seen and how long it took."""

    def __init__(self, client: Client, path: str) -> None:
        self._client = client
        self._path = path
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._read)
        self.seen: list[int] = []
        self.seconds: list[float] = []

    def __enter__(self) -> _Reader:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._over.set()
        self._thread.join()

    def _read(self) -> None:
        while not self._over.wait(0.05):
            begun = time.perf_counter()
            self.seen.append(self._client.call("GET", self._path)["n_machine"])
            self.seconds.append(time.perf_counter() - begun)
