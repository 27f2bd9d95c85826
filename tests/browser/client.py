"""Calls of the API in the name of whoever is signed in in a browser context, for arranging and asserting."""

from __future__ import annotations

import random
import time
import uuid
from typing import Any

from playwright.sync_api import BrowserContext, FilePayload, Page

WORDS: dict[str, Any] = {"cat": "purr whisker meow", "dog": "bark fetch wag", "owl": "hoot night wing"}
WRONG = (7, 19, 34)  # of the varied project
PATIENCE_SECONDS = 15  # as of the other waits for a page
WAIT_SECONDS = 400  # for work of a worker; of a machine with other things to do


def right_class(text: str) -> str:
    """Of an item of make_project."""
    return next(name for name, words in WORDS.items() if words in text)


def until(page: Page, expression: str, arg: Any = None) -> None:
    """Wait until the expression, or the function of `arg`, is true in the page.

    Playwright's wait_for_function asks a second time by eval(), which the page's policy forbids.
    """
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not page.evaluate(expression, arg):
        assert time.monotonic() < deadline, f"It did not become true: {expression}"
        page.wait_for_timeout(50)


class Client:
    def __init__(self, context: BrowserContext) -> None:
        self._context = context

    def get(self, path: str) -> Any:
        return self._call("GET", path)

    def post(self, path: str, body: Any = None) -> Any:
        return self._call("POST", path, body or {})

    def patch(self, path: str, body: Any) -> Any:
        return self._call("PATCH", path, body)

    def put(self, path: str, body: Any) -> Any:
        return self._call("PUT", path, body)

    def sign_in(self, username: str, password: str) -> None:
        self._context.request.get("/api/session")  # brings the CSRF cookie
        self.post("/session", {"username": username, "password": password})

    def make_project(self, name: str, *, n_items: int = 60, n_labeled: int = 0, **fields: Any) -> int:
        """A text project of cats, dogs and owls; the first `n_labeled` items have their label."""
        project = self.post(
            "/projects",
            {
                "name": name,
                "item_type": "text",
                "classes": list(WORDS),
                "publishing": "by_itself",
                **fields,
            },
        )
        kinds = list(WORDS)
        rows = [
            {"key": f"{name}-{i:03}", "text": f"{WORDS[kinds[i % 3]]} number {i}"} for i in range(n_items)
        ]
        for i in range(n_labeled):
            rows[i]["label"] = kinds[i % 3]
        if rows:
            self.post(f"/projects/{project['id']}/items", rows)
        return int(project["id"])

    def import_file(self, project_id: int, name: str, content: str) -> None:
        """Upload the file and import it, to its end."""
        token = next(one["value"] for one in self._context.cookies() if one["name"] == "csrftoken")
        file = FilePayload(name=name, mimeType="application/octet-stream", buffer=content.encode())
        reply = self._context.request.post(
            "/api/uploads", multipart={"file": file}, headers={"X-CSRFToken": token}
        )
        assert reply.ok, reply.text()
        self.finish(f"/projects/{project_id}/imports", {"upload": reply.json()["upload"]})

    def make_queue(self, name: str, **fields: Any) -> int:
        """A project in which nothing is labeled and everything waits."""
        project_id = self.make_project(name, **fields)
        self.post(f"/projects/{project_id}/queue/refill")
        return project_id

    def make_varied_project(self, name: str) -> int:
        """150 texts of many words, the first 90 labeled: three of these wrongly, and one twice, differently."""
        body: dict[str, Any] = {"name": name, "item_type": "text", "classes": list(WORDS)}
        body |= {
            "publishing": "by_itself",
            "random_share": 0,
        }  # nothing is asked blind, so all of it is shown
        project = self.post("/projects", body)
        draw, kinds = random.Random(0), list(WORDS)
        every_word = " ".join([*WORDS.values(), "a the one day house friend walk rain small long"]).split()
        rows = []
        for i in range(150):
            own = WORDS[kinds[i % 3]].split()
            words = draw.choices(own, k=4) + draw.choices(every_word, k=6)
            rows.append({"key": f"{name}-{i:03}", "text": " ".join(draw.sample(words, len(words)))})
            if i < 90:
                rows[i]["label"] = kinds[(i + (i in WRONG)) % 3]
        rows[60]["text"] = rows[1]["text"].upper()  # labeled cat, and its copy dog
        self.post(f"/projects/{project['id']}/items", rows)
        return int(project["id"])

    def finish(self, path: str, body: Any = None) -> dict[str, Any]:
        """Start a comparison or an inspection and wait until it is done."""
        work = self.post(path, body)
        kind = path.rsplit("/", 1)[1]
        deadline = time.monotonic() + WAIT_SECONDS
        while work["is_open"] and time.monotonic() < deadline:
            time.sleep(0.2)
            work = self.get(f"/{kind}/{work['id']}")
        assert work["state"] == "done", work
        return dict(work)

    def train(
        self, project_id: int, learner: str = "logistic_regression", threshold: float = 0.5
    ) -> dict[str, Any]:
        """Run one round to its end, and until its labels stand."""
        publishing = self.get(f"/projects/{project_id}")["publishing"]
        assert publishing == "by_itself", "its labels would wait for somebody to publish them"
        settings = {
            "learner": learner,
            "n_rounds": 1,
            "policy": {"kind": "fixed", "threshold": threshold},
        }
        run = self.post(f"/projects/{project_id}/runs", settings)
        deadline = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < deadline:
            run = self.get(f"/runs/{run['id']}")
            is_published = all(round["state"] == "published" for round in run["rounds"])
            if not run["is_open"] and run["rounds"] and is_published:
                return dict(run)
            time.sleep(0.2)
        raise AssertionError(f"The run did not end: {run}")

    def contradict(self, project_id: int, said: str, label: str, *, n: int) -> list[int]:
        """People say `label` of n items that the newest round is surest are `said`; returns their ids."""
        class_ids = self.class_ids(project_id)
        round_id = self.get(f"/projects/{project_id}/rounds")["results"][-1]["id"]
        found = self.get(f"/rounds/{round_id}/items?predicted={class_ids[said]}&limit={n}")["results"]
        items = [item["id"] for item in found]
        labels = [{"item_id": item_id, "class_id": class_ids[label]} for item_id in items]
        self.post(f"/projects/{project_id}/labels", labels)
        return items

    def ask_attempt(self, project_id: int, **goal: Any) -> None:
        """An attempt to certify, and until its audits wait."""
        attempt = self.post(f"/projects/{project_id}/attempts", goal)
        deadline = time.monotonic() + WAIT_SECONDS
        while attempt["state"] == "queued" and time.monotonic() < deadline:
            time.sleep(0.2)
            attempt = self.get(f"/attempts/{attempt['id']}")
        assert attempt["state"] == "auditing", attempt

    def answer_held(self, project_id: int, n: int = 50) -> list[dict[str, Any]]:
        """What the queue hands out next is answered rightly; returns the entries."""
        class_ids = self.class_ids(project_id)
        entries: list[dict[str, Any]] = self.post(f"/projects/{project_id}/queue/claim", {"n": n})["entries"]
        answers = [
            {
                "key": str(uuid.uuid4()),
                "entry_id": entry["id"],
                "kind": "label",
                "class_id": class_ids[right_class(entry["item"]["text"])],
            }
            for entry in entries
        ]
        if answers:
            self.post(f"/projects/{project_id}/answers", {"answers": answers})
        return entries

    def certify(self, project_id: int, *others: Client) -> dict[str, Any]:
        """Answer with others what the open attempt waits for, until it is certified and its document is written."""
        moved_at = time.monotonic()
        deadline = moved_at + WAIT_SECONDS
        while time.monotonic() < deadline:
            certificates = self.get(f"/projects/{project_id}/certificates")["results"]
            if certificates and certificates[0]["sentence"]:
                return dict(certificates[0])
            attempt = self.get(f"/projects/{project_id}/attempts")["results"][0]
            # Other blind answers count as well, so that nobody learns which are audits: some may be missing.
            n_left = attempt["n_asked"] - attempt["n_answered"] + attempt["n_remaining"]
            if n_left <= 0 and time.monotonic() < moved_at + 4:
                time.sleep(0.3)
                continue
            moved_at = time.monotonic()
            for person in (self, *others):
                person.answer_held(project_id, n=5)
        raise AssertionError(self.get(f"/projects/{project_id}/attempts"))

    def my_answers(self, project_id: int) -> list[dict[str, Any]]:
        """Those that stand, the oldest first."""
        answers = self.get(f"/projects/{project_id}/answers/mine?limit=200")["results"]
        return [answer for answer in reversed(answers) if answer["withdrawn_at"] is None]

    def class_ids(self, project_id: int) -> dict[str, int]:
        return {one["name"]: one["id"] for one in self.get(f"/projects/{project_id}")["classes"]}

    def _call(self, method: str, path: str, body: Any = None) -> Any:
        tokens = [cookie["value"] for cookie in self._context.cookies() if cookie["name"] == "csrftoken"]
        reply = self._context.request.fetch(
            f"/api{path}", method=method, data=body, headers={"X-CSRFToken": tokens[0]} if tokens else {}
        )
        assert reply.ok, f"{method} {path}: {reply.status} {reply.text()[:500]}"
        return reply.json() if reply.text() else None
