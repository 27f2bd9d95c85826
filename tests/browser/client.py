"""Calls of the API in the name of whoever is signed in in a browser context, for arranging and asserting."""

from __future__ import annotations

import time
from typing import Any

from playwright.sync_api import BrowserContext

WORDS = {"cat": "purr whisker meow", "dog": "bark fetch wag", "owl": "hoot night wing"}
WAIT_SECONDS = 60


class Client:
    def __init__(self, context: BrowserContext) -> None:
        self._context = context

    def get(self, path: str) -> Any:
        return self._call("GET", path)

    def post(self, path: str, body: object = None) -> Any:
        return self._call("POST", path, body or {})

    def sign_in(self, username: str, password: str) -> None:
        self._context.request.get("/api/session")  # brings the CSRF cookie
        self.post("/session", {"username": username, "password": password})

    def make_project(self, name: str, *, n_items: int = 60, n_labeled: int = 0, **fields: object) -> int:
        """A text project of cats, dogs and owls; the first `n_labeled` items have their label."""
        project = self.post(
            "/projects", {"name": name, "item_type": "text", "classes": list(WORDS), **fields}
        )
        kinds = list(WORDS)
        rows = [
            {"key": f"{name}-{i:03}", "text": f"{WORDS[kinds[i % 3]]} number {i}"} for i in range(n_items)
        ]
        for i in range(n_labeled):
            rows[i]["label"] = kinds[i % 3]
        self.post(f"/projects/{project['id']}/items", rows)
        return int(project["id"])

    def make_queue(self, name: str, **fields: object) -> int:
        """A project in which nothing is labeled and everything waits."""
        project_id = self.make_project(name, **fields)
        self.post(f"/projects/{project_id}/queue/refill")
        return project_id

    def train(self, project_id: int) -> dict[str, Any]:
        """Run one round to its end, and until its labels stand."""
        settings = {
            "learner": "logistic_regression",
            "n_rounds": 1,
            "policy": {"kind": "fixed", "threshold": 0.5},
        }
        run = self.post(f"/projects/{project_id}/runs", settings)
        deadline = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < deadline:
            run = self.get(f"/runs/{run['id']}")
            if not run["is_open"] and self.get(f"/projects/{project_id}/progress")["publication"]:
                return dict(run)
            time.sleep(0.2)
        raise AssertionError(f"The run did not end: {run}")

    def my_answers(self, project_id: int) -> list[dict[str, Any]]:
        """Those that stand, the oldest first."""
        answers = self.get(f"/projects/{project_id}/answers/mine?limit=200")["results"]
        return [answer for answer in reversed(answers) if answer["withdrawn_at"] is None]

    def class_ids(self, project_id: int) -> dict[str, int]:
        return {one["name"]: one["id"] for one in self.get(f"/projects/{project_id}")["classes"]}

    def _call(self, method: str, path: str, body: object = None) -> Any:
        tokens = [cookie["value"] for cookie in self._context.cookies() if cookie["name"] == "csrftoken"]
        reply = self._context.request.fetch(
            f"/api{path}", method=method, data=body, headers={"X-CSRFToken": tokens[0]} if tokens else {}
        )
        assert reply.ok, f"{method} {path}: {reply.status} {reply.text()[:500]}"
        return reply.json() if reply.text() else None
