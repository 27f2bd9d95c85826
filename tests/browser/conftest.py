"""A real browser before a real server: `assay up` on a data directory of its own, started once."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from deploy.up import die_with_parent
from tests import template
from tests.browser.client import Client
from tests.chromium import find_chromium
from tests.own_learners import install_own_learners

ROOT = Path(__file__).resolve().parents[2]
PASSWORDS: dict[str, Any] = {
    "ada": "ada-works-here",
    "ben": "ben-works-here",
    "cy": "cy-does-not-work-here",  # of no project
    "dora": "dora-works-here",
}
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
START_SECONDS = 150  # of a machine with other things to do
expect.set_options(timeout=15_000)  # milliseconds; other tests may have the processors

ADD_USERS = """
import django; django.setup()
from django.contrib.auth.models import User
for name, password in {passwords!r}.items():
    User.objects.create_user(name, password=password)
"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All in one worker, so that one server does for all; and marked, so that they can be left out."""
    for item in items:
        if Path(item.fspath).parent == Path(__file__).parent:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.xdist_group("browser"))


ANSWERED_EARLIER = """
import datetime, django; django.setup()
from django.db.models import F
from review.models import Entry
Entry.objects.filter(closed_at__isnull=False).update(closed_at=F("closed_at") - datetime.timedelta(minutes=2))
"""


@dataclass
class Server:
    """`assay up`, which a test may stop and start again on the same data."""

    data_dir: Path
    port: int
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        hidden = ("DATABASE_URL", "ASSAY_BROKER_URL")  # of the other tests
        kept = {name: value for name, value in os.environ.items() if name not in hidden}
        return {
            **kept,
            "ASSAY_DATA_DIR": str(self.data_dir),
            "DJANGO_SETTINGS_MODULE": "deploy.settings",
            "PYTHONPATH": str(self.data_dir / "packages"),  # with learners of another package
        }

    def start(self) -> None:
        command = [sys.executable, "-m", "deploy.cli", "up", "--port", str(self.port), "--workers", "1"]
        with (self.data_dir / "up.log").open("ab") as log:
            self.process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=self.environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                preexec_fn=die_with_parent,
            )
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError((self.data_dir / "up.log").read_text()[-3000:])
            time.sleep(0.1)

    def stop(self) -> None:
        if self.process is not None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(60)
            self.process = None

    def add_users(self) -> None:
        self._run(ADD_USERS.format(passwords=PASSWORDS))

    def let_answers_settle(self) -> None:
        """As if two minutes had passed: blind answers can no longer be taken back, and are told."""
        self._run(ANSWERED_EARLIER)

    def _run(self, script: str) -> None:
        subprocess.run([sys.executable, "-c", script], cwd=ROOT, env=self.environment, check=True)

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.address}/health", timeout=2) as reply:
                return bool(reply.status == 200)
        except (urllib.error.URLError, OSError):
            return False


@pytest.fixture(scope="package")
def server() -> Iterator[Server]:
    assert (ROOT / "frontend/dist/index.html").exists(), "Build the front end first: make setup"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    # Not pytest's folder: run by root, PostgreSQL is another user, and that one is closed to others.
    data_dir = Path(tempfile.mkdtemp(prefix="assay-browser-"))
    server = Server(data_dir=data_dir, port=port)
    install_own_learners(data_dir / "packages")
    template.fill(data_dir)
    try:
        server.start()
        server.add_users()
        yield server
    finally:
        server.stop()
        shutil.rmtree(data_dir, ignore_errors=True)


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    path = find_chromium()
    assert path, "Browser tests need a Chromium: python -m tests.chromium installs one."
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


Enter = Callable[..., tuple[Page, Client]]


@pytest.fixture
def enter(server: Server, chromium: Browser) -> Iterator[Enter]:
    """enter("ada") -> a page in which Ada is signed in, and a client that calls the API as her.

    A test fails if one of its pages raises an error that nobody catches.
    """
    contexts: list[BrowserContext] = []
    errors: list[str] = []

    def enter(name: str, **options: Any) -> tuple[Page, Client]:
        context = chromium.new_context(base_url=server.address, **options)
        context.set_default_timeout(15_000)
        contexts.append(context)
        client = Client(context)
        client.sign_in(name, PASSWORDS[name])
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        return page, client

    yield enter
    for context in contexts:
        context.close()
    assert errors == []


@contextmanager
def as_person(server: Server, chromium: Browser, name: str) -> Iterator[Client]:
    """Calls of the API in that person's name, for what a whole session shares."""
    context = chromium.new_context(base_url=server.address)
    person = Client(context)
    person.sign_in(name, PASSWORDS[name])
    yield person
    context.close()


@pytest.fixture(scope="package")
def trained(server: Server, chromium: Browser) -> int:
    """Ada's project after a round: 45 items labeled by people, 45 by the model, a queue with suggestions."""
    with as_person(server, chromium, "ada") as ada:
        project_id = ada.make_project(
            "animals", n_items=90, n_labeled=45, question="Which animal is this about?", random_share=0
        )
        ada.train(project_id)
    return project_id


@pytest.fixture(scope="package")
def examined(server: Server, chromium: Browser) -> int:
    """Ada's project of various texts after a round, a comparison of two learners and an inspection."""
    with as_person(server, chromium, "ada") as ada:
        project_id = ada.make_varied_project("stories")
        ada.train(project_id)
        ada.finish(
            f"/projects/{project_id}/comparisons",
            {"learners": [{"learner": "naive_bayes"}, {"learner": "logistic_regression"}], "n_seeds": 2},
        )
        ada.finish(f"/projects/{project_id}/inspections")
    return project_id


@pytest.fixture(scope="package")
def certified(server: Server, chromium: Browser) -> int:
    """Ada's project with a certificate, and some audits after it. Ben gives the second answers."""
    with as_person(server, chromium, "ada") as ada, as_person(server, chromium, "ben") as ben:
        project_id = ada.make_project(
            "certified", n_items=150, n_labeled=60, question="Which animal is this about?", random_share=0
        )
        ada.post(f"/projects/{project_id}/members", {"username": "ben", "role": "annotator"})
        ada.train(project_id)
        ada.ask_attempt(project_id, eps=0.1, n_audits=40, n_second=60)
        certificate = ada.certify(project_id, ben)
        ada.post(f"/certificates/{certificate['id']}/audits", {"n": 10})
    return project_id


@pytest.fixture(scope="package")
def trained_twice(server: Server, chromium: Browser) -> int:
    """Ada's project after two runs of different learners; four labels against the model, and a flag."""
    with as_person(server, chromium, "ada") as ada:
        project_id = ada.make_project(
            "twice", n_items=90, n_labeled=45, question="Which animal is this about?", random_share=0
        )
        ada.train(project_id)
        ada.train(project_id, "naive_bayes", 0.9)
        contradicted = ada.contradict(project_id, "cat", "dog", n=4)
        other = ada.get(f"/projects/{project_id}/items?source=machine&limit=1")["results"][0]
        assert other["id"] not in contradicted
        ada.post(f"/items/{other['id']}/flags", {"note": "two animals, 1 of them hidden"})
    return project_id
