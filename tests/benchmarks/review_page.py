"""The review page as a person meets it: Chromium, real key presses, and the server stopped half way.

A key press counts until the frame that shows the next item has been painted: from the time that the
browser stamps on the key, until the first task after that frame (a message posted from within
requestAnimationFrame). A screen of 60 Hz shows a frame every 16.7 ms, and a key falls anywhere between
two, so an answer that shows in the very next frame takes 0 to 16.7 ms and what the page's own work
takes; the work by itself is measured too, until the next item is in the document.
"""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Iterator
from typing import Any

from django.contrib.auth.models import User
from django.db import connections
from playwright.sync_api import Browser, Page, sync_playwright

from labeling.models import Membership, Project, Role
from review.models import Answer
from tests.benchmarks.load import quantile
from tests.benchmarks.report import Row
from tests.benchmarks.server import Server
from tests.browser.client import Client
from tests.chromium import find_chromium

N_ANSWERS = 300
SECONDS_BETWEEN = (0.08, 0.25)  # faster than anybody reads
N_WITHOUT_SERVER = 11  # the page fetches more as soon as fewer than 12 items are in hand
PERSON, PASSWORD = "bench-reader", "reads-on-this-page"  # of a server that lives for a minute
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
PATIENCE = 120_000  # milliseconds

# Every answer: how long until the next item was in the document, and until it was painted, in ms.
WATCH = """
window.answers = [];
let pressed = null;
const shown = () => document.querySelector('[data-testid="item-key"]')?.textContent;
addEventListener("keydown", (event) => { pressed = { at: event.timeStamp, from: shown() }; }, true);
new MutationObserver(() => {
  const now = shown();
  if (pressed === null || now === undefined || now === pressed.from) return;
  const { at } = pressed;
  const one = { key: now, placed: performance.now() - at, painted: null };
  pressed = null;
  window.answers.push(one);
  requestAnimationFrame(() => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => { one.painted = performance.now() - at; };
    channel.port2.postMessage(null);
  });
}).observe(document, { subtree: true, childList: true, characterData: true });
"""


# When the item, or the counts, were there: in milliseconds since the page was asked for.
ARRIVAL = """
window.arrival = new Promise((resolve) => {
  const isThere = () => %s;
  const watching = new MutationObserver(() => {
    if (isThere()) { watching.disconnect(); resolve(performance.now()); }
  });
  watching.observe(document, { subtree: true, childList: true, characterData: true });
});
"""


def measure_review_page(server: Server, project: Project, n_items: int) -> Iterator[Row]:
    """The first loads of the review page and of the project's page, then 300 answers.

    Raises RuntimeError if one of these is not in the database exactly once at the end.
    """
    said: list[tuple[str, str]] = []
    person = User.objects.create_user(f"{PERSON}-{n_items}", password=PASSWORD)
    Membership.objects.create(project=project, user=person, role=Role.OWNER)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)
        context = browser.new_context(base_url=f"http://127.0.0.1:{server.port}")
        context.set_default_timeout(PATIENCE)
        yield from _first_loads(browser, f"http://127.0.0.1:{server.port}", person, project, n_items)
        Client(context).sign_in(person.username, PASSWORD)
        yield from _answers(server, context.new_page(), project, said, n_items)
        browser.close()
    connections.close_all()  # they ended with the server that was stopped
    _check_answers(project, person, said)


def _first_loads(
    browser: Browser, address: str, person: User, project: Project, n_items: int
) -> Iterator[Row]:
    """Each in a browser profile that has nothing of the pages' scripts, from servers that showed the page once before."""
    loads = {
        "review page, first item to be seen": (
            "/review",
            """document.querySelector('[data-testid="item-key"]') !== null""",
            1.0,
        ),
        # It says how many items there are, which is the last that a page waits for.
        "project page, its counts to be seen": (
            "",
            f"document.body?.textContent.includes('{n_items:,}')",
            1.5,
        ),
    }
    for what, (path, sign, limit) in loads.items():
        for _ in ("the first warms the servers", "the second counts"):
            context = browser.new_context(base_url=address)
            context.set_default_timeout(PATIENCE)
            Client(context).sign_in(person.username, PASSWORD)
            page = context.new_page()
            page.add_init_script(ARRIVAL % sign)
            page.goto(f"/projects/{project.pk}{path}", wait_until="commit")
            seconds = page.evaluate("window.arrival") / 1000
            page.wait_for_load_state("networkidle")
            requests = page.evaluate(_REQUESTS)
            context.close()
        yield Row(f"{what}, first load", n_items, seconds, "s", limit)
    yield Row("project page, slowest of its requests", n_items, max(requests), "ms", 300)


_REQUESTS = """
performance.getEntriesByType('resource').filter(one => one.name.includes('/api/')).map(one => one.duration)
"""


def _answers(
    server: Server, page: Page, project: Project, said: list[tuple[str, str]], n_items: int
) -> Iterator[Row]:
    """Fills `said` with what was pressed: (key of the item on screen, digit)."""
    page.add_init_script(WATCH)
    page.goto(f"/projects/{project.pk}/review")
    page.get_by_test_id("item-key").wait_for()
    _press(page, said, N_ANSWERS // 2)
    # The page goes on with what it has in hand; then people wait until there is a server again.
    stopping = threading.Thread(target=server.stop)
    stopping.start()
    _press(page, said, N_WITHOUT_SERVER)
    stopping.join()
    n_waiting = page.evaluate(_WAITING)
    server.start()
    _press(page, said, N_ANSWERS - len(said))
    page.get_by_text("All stored").wait_for()

    answers: list[dict[str, Any]] = page.evaluate("window.answers")
    if len(answers) != N_ANSWERS:
        raise RuntimeError(f"{N_ANSWERS} keys were pressed, and {len(answers)} items were painted after one")
    painted = [one["painted"] / 1000 for one in answers]
    placed = [one["placed"] / 1000 for one in answers]
    what = f"{N_ANSWERS} answers by key, server stopped half way"
    yield Row(f"{what}: next item in the document, p95", n_items, quantile(placed, 0.95), "ms")
    yield Row(f"{what}: next item painted, p50", n_items, quantile(painted, 0.5), "ms")
    yield Row(f"{what}: next item painted, p95", n_items, quantile(painted, 0.95), "ms", 16.7)
    yield Row(f"{what}: next item painted, p99", n_items, quantile(painted, 0.99), "ms", 50)
    yield Row("of these waiting in the browser while there was no server", n_items, n_waiting, "answers")


_WAITING = """
new Promise((resolve) => {
  const opened = indexedDB.open("assay-outbox");
  opened.onsuccess = () => {
    const count = opened.result.transaction("operations").objectStore("operations").count();
    count.onsuccess = () => resolve(count.result);
  };
})
"""


def _press(page: Page, said: list[tuple[str, str]], n: int) -> None:
    """`n` times, with pauses as of somebody in a hurry, once there is an item to answer."""
    draw = random.Random(len(said))
    for _ in range(n):
        key = page.get_by_test_id("item-key").inner_text()
        digit = draw.choice("1234")
        page.keyboard.press(digit)
        said.append((key, digit))
        page.wait_for_timeout(1000 * draw.uniform(*SECONDS_BETWEEN))


def _check_answers(project: Project, person: User, said: list[tuple[str, str]]) -> None:
    classes = {
        row.pk: str(place) for place, row in enumerate(project.classes.order_by("position", "pk"), start=1)
    }
    rows = Answer.objects.filter(project=project, person=person, withdrawn_at=None)
    stored = [(key, classes[class_id]) for key, class_id in rows.values_list("item__key", "label_class_id")]
    if Counter(stored) != Counter(said):
        missing, extra = Counter(said) - Counter(stored), Counter(stored) - Counter(said)
        raise RuntimeError(f"Answers that are missing: {missing}; that nobody gave so: {extra}")
