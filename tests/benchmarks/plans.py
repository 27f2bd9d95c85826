"""The plan of every statement on a hot path, as PostgreSQL carries it out, at the size of a real project.

    python -m tests.benchmarks.plans --data-dir DIR --project ID [--out plans.txt]

`assay up` (or `make bench --folder`) has filled DIR and serves it, or DATABASE_URL is set. Each page's request
is carried out in a transaction and taken back; then its statements are carried out once more, one by one, under
EXPLAIN (ANALYZE, BUFFERS): those that are prepared as PREPARE and EXECUTE, so with the generic plan that they have
in production. That too is taken back.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg

_VALUE = re.compile(r"%\((\w+)\)s")
_EXPLAIN = "EXPLAIN (ANALYZE, BUFFERS, VERBOSE OFF) "


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data-dir", type=Path)
    parser.add_argument("--project", type=int, required=True)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    if options.data_dir:
        os.environ["ASSAY_DATA_DIR"] = str(options.data_dir)
    os.environ["DJANGO_SETTINGS_MODULE"] = "deploy.settings"
    import django

    django.setup()
    lines = list(_plans(options.project))
    (options.out.write_text if options.out else sys.stdout.write)("\n".join(lines) + "\n")


def _plans(project_id: int) -> Iterator[str]:
    from django.conf import settings
    from django.db import connection, transaction
    from knox.models import AuthToken
    from rest_framework.test import APIClient

    from labeling.models import Project
    from tests.benchmarks.load import answer_to
    from training.models import Round

    settings.ALLOWED_HOSTS = ["testserver"]
    project = Project.objects.get(pk=project_id)
    class_ids = list(project.classes.values_list("pk", flat=True))
    client = APIClient(raise_request_exception=True)
    with transaction.atomic():
        owner = project.memberships.filter(role="owner").order_by("pk").select_related("user")[0].user
        client.credentials(HTTP_AUTHORIZATION=f"Token {AuthToken.objects.create(owner)[1]}")
        base = f"/api/projects/{project_id}"
        entries = client.post(f"{base}/queue/claim", {"n": 1}, format="json").json()["entries"]
        first = [answer_to(entry["id"], class_ids) for entry in entries]  # makes the person's source
        client.post(f"{base}/answers", {"answers": first}, format="json")
        held = ",".join(str(entry["item"]["id"]) for entry in entries)
        newest = Round.objects.filter(run__project=project_id).order_by("pk").last()
        body: dict[str, Any] | None
        for what, method, path, body in (
            ("claim", "post", f"{base}/queue/claim", {"n": 1}),
            ("answer", "post", f"{base}/answers", None),
            ("items by score", "get", f"{base}/items?source=machine&order=confidence&limit=50", None),
            ("counts", "get", f"{base}/progress", None),
            ("queue", "get", f"{base}/queue", None),
            ("grid", "post", f"{base}/grid/claim", {"class_id": class_ids[0], "n": 48}),
            ("explanations", "get", f"{base}/queue/explanations?items={held}", None),
            ("guide", "get", f"{base}/guide", None),
            ("timeline", "get", f"{base}/timeline", None),
            ("people", "get", f"{base}/people", None),
            ("columns", "get", f"{base}/columns", None),
            ("my answers", "get", f"{base}/answers/mine", None),
            ("items of a round", "get", f"/api/rounds/{newest and newest.pk}/items?limit=50", None),
        ):
            with contextlib.suppress(_TakenBack), transaction.atomic():
                if what == "answer":
                    (entry,) = client.post(f"{base}/queue/claim", {"n": 1}, format="json").json()["entries"]
                    body = {"answers": [answer_to(entry["id"], class_ids)]}
                with _recorded() as statements:
                    reply = getattr(client, method)(path, body if method == "post" else None, format="json")
                if reply.status_code >= 400:
                    raise RuntimeError(f"{what}: {reply.status_code} {reply.content[:500]!r}")
                raise _TakenBack
            with contextlib.suppress(_TakenBack), transaction.atomic():
                if what == "answer":
                    client.post(f"{base}/queue/claim", {"n": 1}, format="json")
                yield f"\n==== {what}: {len(statements)} statements"
                connection.ensure_connection()
                for statement, values in statements:
                    yield "\n-- " + re.sub(r"\s+", " ", statement).strip()
                    yield from _explain(connection.connection, statement, values)
                raise _TakenBack
        transaction.set_rollback(True)


class _TakenBack(Exception):
    """Ends a transaction without keeping it."""


@contextlib.contextmanager
def _recorded() -> Iterator[list[tuple[str, Any]]]:
    """(text, values or None where they stand in the text) of what any cursor executes meanwhile."""
    seen: list[tuple[str, Any]] = []
    original = psycopg.Cursor.execute

    def execute(self: Any, query: Any, params: Any = None, **how: Any) -> Any:
        if isinstance(self, psycopg.ClientCursor):
            text = self.mogrify(query, params) if params is not None else str(query)
            seen.append((text, None))
        else:
            seen.append((str(query), params or {}))
        return original(self, query, params, **how)

    psycopg.Cursor.execute = execute
    try:
        yield seen
    finally:
        psycopg.Cursor.execute = original


def _explain(connection: Any, statement: str, values: Any) -> Iterator[str]:
    if not re.match(r"\s*(SELECT|INSERT|UPDATE|DELETE|WITH)\b", statement, re.IGNORECASE):
        return
    cursor = psycopg.ClientCursor(connection)
    if values is None:
        cursor.execute(_EXPLAIN + statement.replace("%", "%%"), [])
    else:
        names: list[str] = []

        def place(match: re.Match[str]) -> str:
            if match[1] not in names:
                names.append(match[1])
            return f"${names.index(match[1]) + 1}"

        text = _VALUE.sub(place, statement).replace("%%", "%")
        cursor.execute("DEALLOCATE ALL")
        cursor.execute(f"PREPARE explained AS {text}".replace("%", "%%"), [])
        call = "EXECUTE explained"
        if names:
            call += f"({', '.join(['%s'] * len(names))})"
        cursor.execute(_EXPLAIN + call, [values[name] for name in names])
    yield from ("   " + line for (line,) in cursor.fetchall())


if __name__ == "__main__":
    main()
