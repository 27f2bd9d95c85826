"""Asking for an export over HTTP, watching it, cancelling it, and taking the file home."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pytest
from django.contrib.auth.models import User
from django.core.files.storage import default_storage
from django.db.models import F
from django.utils import timezone
from rest_framework.test import APIClient

from labeling.exports import rows as export_rows
from labeling.exports.pipeline import export_run
from labeling.exports.rows import ExportRows
from labeling.items.selectors import ItemFilters
from labeling.jobs.work import WorkState
from labeling.models import Export, Membership, Project
from tests.makers import make_items


def ask(client: APIClient, project: Project, **body: object) -> Export:
    response = client.post(f"/api/projects/{project.pk}/exports", {"format": "csv", **body}, format="json")
    assert response.status_code == 202, response.data
    return Export.objects.get(pk=response.data["id"])


def test_export_is_asked_for_written_and_taken_home(project: Project, ada_client: APIClient) -> None:
    make_items(project, 3)
    export = ask(ada_client, project, filters={"source": "none", "search": "item", "ids": []})
    assert ada_client.get(f"/api/exports/{export.pk}/file").status_code == 409

    export_run(export.pk, worker="test")

    shown = ada_client.get(f"/api/exports/{export.pk}").data
    assert (shown["state"], shown["n_rows"], shown["created_by"]) == ("done", 3, "ada")
    assert shown["filters"] == {"source": "none", "search": "item", "ids": []}
    assert (shown["step"], shown["n_steps"]) == (3, 3)
    file = ada_client.get(shown["file_url"])
    body = file.getvalue()
    assert len(body) == int(file["Content-Length"]) == shown["n_bytes"]
    assert hashlib.sha256(body).hexdigest() == shown["sha256"]
    assert file["Content-Disposition"] == f'attachment; filename="animals-{export.pk}.csv"'
    listed = ada_client.get(f"/api/projects/{project.pk}/exports").data["results"]
    assert [one["id"] for one in listed] == [export.pk]


def test_present_state_is_that_of_the_moment_of_asking(project: Project, ada_client: APIClient) -> None:
    make_items(project, 2)
    export = ask(ada_client, project)
    make_items(project, 3, prefix="later")

    export_run(export.pk, worker="test")

    export.refresh_from_db()
    assert export.n_rows == 2


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"format": "xml"}, "format"),
        ({"format": "images"}, "format"),
        ({"as_of": "yesterday"}, "as_of"),
        ({"as_of": (timezone.now() + dt.timedelta(days=1)).isoformat()}, "as_of"),
        ({"filters": {"source": "none", "class": 1}}, "class"),
        ({"filters": {"confidence_min": 2}}, "filters.confidence_min"),
        ({"filters": []}, "filters"),
    ],
)
def test_wish_that_makes_no_sense_is_refused(
    project: Project, ada_client: APIClient, body: dict[str, Any], field: str
) -> None:
    response = ada_client.post(
        f"/api/projects/{project.pk}/exports", {"format": "csv", **body}, format="json"
    )

    assert response.status_code == 400
    assert any(name.startswith(field) for name in response.data["fields"]), response.data
    assert not Export.objects.exists()


def test_roles(project: Project, ben: User, ben_client: APIClient, ada_client: APIClient) -> None:
    export = ask(ada_client, project)
    for role in ("annotator", "viewer", "reviewer"):
        Membership.objects.filter(project=project, user=ben).update(role=role)
        address = f"/api/projects/{project.pk}/exports"
        assert ben_client.post(address, {"format": "csv"}, format="json").status_code == 403
        assert ben_client.post(f"/api/exports/{export.pk}/cancel").status_code == 403
        seen = 403 if role == "annotator" else 200  # its file says what others said of each item
        assert ben_client.get(f"/api/exports/{export.pk}").status_code == seen
    Membership.objects.filter(project=project, user=ben).update(role="engineer")
    assert ask(ben_client, project).created_by == ben


def test_waiting_export_is_cancelled_at_once_and_never_runs(project: Project, ada_client: APIClient) -> None:
    export = ask(ada_client, project)

    cancelled = ada_client.post(f"/api/exports/{export.pk}/cancel")
    export_run(export.pk, worker="test")

    assert (cancelled.status_code, cancelled.data["state"]) == (202, "cancelled")
    export.refresh_from_db()
    assert (export.state, export.stored_name) == (WorkState.CANCELLED, "")
    assert ada_client.post(f"/api/exports/{export.pk}/cancel").data["code"] == "already_over"


class Interrupted(ExportRows):
    """Rows in the middle of which something happens to the export."""

    def pages(self) -> Iterator[export_rows.Page]:
        for page in super().pages():
            yield page
            self.happen()

    def happen(self) -> None:
        raise NotImplementedError


def interrupt(monkeypatch: pytest.MonkeyPatch, **columns: object) -> None:
    """After the first page, columns of the export's row change as another process would change them."""

    class Changed(Interrupted):
        def happen(self) -> None:
            Export.objects.update(**columns)

    monkeypatch.setattr(export_rows, "ROWS_OF_PAGE", 1)
    monkeypatch.setattr("labeling.exports.pipeline.ExportRows", Changed)


def test_running_export_stops_when_asked(
    project: Project, ada_client: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_items(project, 5)
    export = ask(ada_client, project)
    interrupt(monkeypatch, cancel_requested_at=timezone.now())

    export_run(export.pk, worker="test")

    export.refresh_from_db()
    assert (export.state, export.stored_name) == (WorkState.CANCELLED, "")
    assert export.step < 5


def test_worker_that_lost_its_claim_writes_nothing(
    project: Project, ada_client: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_items(project, 2)
    export = ask(ada_client, project)
    interrupt(monkeypatch, attempt=F("attempt") + 1)

    export_run(export.pk, worker="test")

    export.refresh_from_db()
    assert (export.state, export.stored_name, export.sha256) == (WorkState.RUNNING, "", "")


def test_export_whose_worker_died_is_taken_over_with_the_same_result(
    project: Project, ada_client: APIClient
) -> None:
    make_items(project, 2)
    export = ask(ada_client, project)
    long_ago = timezone.now() - dt.timedelta(hours=1)
    Export.objects.update(state=WorkState.RUNNING, attempt=1, heartbeat_at=long_ago, worker="dead")

    export_run(export.pk, worker="test")

    export.refresh_from_db()
    assert (export.state, export.attempt, export.n_deaths, export.n_rows) == ("done", 2, 1, 2)
    assert default_storage.exists(export.stored_name)


def test_pages_and_batches_of_any_size_hold_every_row_once(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    items = make_items(project, 7)
    rows = ExportRows(project, filters=ItemFilters(), at=timezone.now())
    monkeypatch.setattr(export_rows, "ROWS_OF_PAGE", 3)
    monkeypatch.setattr(export_rows, "BYTES_OF_BATCH", 1)

    tables = [table for page in rows.pages() for table in page.tables]

    assert len(tables) == 7
    ids = pa.concat_tables(tables).column("item_id").to_pylist()
    assert ids == [item.pk for item in items]
