"""Deleting a project: gone at once for people, and then gone altogether."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone
from rest_framework.test import APIClient

from labeling.models import (
    Check,
    Embedding,
    Export,
    GuideExample,
    Import,
    ImportedAnswer,
    ImportFile,
    ImportUndo,
    Project,
    Removal,
    SealedTruth,
    Setback,
    TableColumns,
)
from labeling.projects.deletion import children_first, paths_to, project_erase
from review.models import (
    Answer,
    Attempt,
    Audit,
    Certificate,
    Entry,
    Explanation,
    Flag,
    Forecast,
    Frozen,
    Lease,
    MonitorAudit,
    SecondAnswer,
    Verdict,
)
from tests.labeling.makers import publish, record
from tests.makers import make_items, make_project
from training.models import (
    Comparison,
    Inspection,
    MeasuredPrediction,
    Prediction,
    Round,
    Run,
    RunLogLine,
    Trial,
)

OWN_APPS = ("labeling", "training", "review")


def fill(project: Project, user: User) -> None:
    """Rows in every table that a project can have rows in."""
    label_class = project.classes.all()[0]
    items = make_items(project, 3)
    publication = publish(project, dict.fromkeys(items[1:], label_class))
    record(project, items[0], label_class, user)
    record(project, items[1], label_class, user)
    TableColumns.objects.create(project=project, names=["a"])
    SealedTruth.objects.create(item=items[0], label_class=label_class)
    work = Import.objects.create(project=project, file_name="a.csv", created_by=user)
    type(items[0]).objects.filter(pk=items[0].pk).update(imported_by=work)
    ImportFile.objects.create(brought_by=work, place=0, file_name="a.csv")
    Check.objects.create(project=project, item_type="text", created_by=user, file_name="a.csv")
    ImportedAnswer.objects.create(
        project=project, item=items[0], brought_by=work, source=publication.source, kind="ignore"
    )
    Embedding.objects.create(item=items[0], vector=b"1234")
    undo = ImportUndo.objects.create(project=project, brought_by=work, state="cancelled")
    Removal.objects.create(
        project=project, undo=undo, n_items=1, is_imported=True, came_at=work.created_at, at=work.created_at
    )
    name = default_storage.save("exports/x.csv", ContentFile(b"x"))
    Export.objects.create(project=project, format="csv", stored_name=name)
    run = Run.objects.create(project=project, number=1, learner="logistic")
    RunLogLine.objects.create(run=run, message="begun")
    a_round = Round.objects.create(run=run, number=1, source=publication.source)
    Prediction.objects.create(
        round=a_round, item=items[2], label_class=label_class, confidence=0.9, raw_confidence=0.9,
        margin=0.8, entropy=0.1, threshold=0.5, is_accepted=True,
    )  # fmt: skip
    MeasuredPrediction.objects.create(
        round=a_round,
        item=items[0],
        is_test=False,
        truth=label_class,
        label_class=label_class,
        confidence=0.9,
    )
    entry = Entry.objects.create(
        project=project,
        item=items[2],
        reason="random",
        priority=1.0,
        round=a_round,
        suggested_class=label_class,
    )
    Lease.objects.create(entry=entry, project=project, person=user, until=run.created_at)
    Answer.objects.create(
        key=f"00000000-0000-0000-0000-{project.pk:012}", project=project, entry=entry, item=items[2],
        person=user, kind="label", label_class=label_class,
    )  # fmt: skip
    Explanation.objects.create(project=project, item=items[2], round=a_round)
    GuideExample.objects.create(project=project, item=items[0], chosen_by=user)
    Flag.objects.create(project=project, item=items[2], person=user)
    Verdict.objects.create(
        key=f"10000000-0000-0000-0000-{project.pk:012}", project=project, item=items[2], entry=entry,
        person=user, kind="keep", label_class=label_class, created_at=run.created_at,
    )  # fmt: skip
    comparison = Comparison.objects.create(project=project, number=1)
    Trial.objects.create(comparison=comparison, learner="knn", seed=0, outcome={})
    Inspection.objects.create(project=project, number=1, learner="knn", round=a_round)
    attempt = Attempt.objects.create(project=project, number=1, promise="dataset", eps=0.1, confidence=0.9)
    of_item = {"item": items[2], "label_class": label_class}
    Frozen.objects.create(attempt=attempt, rank=1, **of_item)
    Audit.objects.create(attempt=attempt, rank=1, entry=entry, **of_item)
    SecondAnswer.objects.create(attempt=attempt, **of_item)
    items[2].split = "audit"
    items[2].save()
    certificate = Certificate.objects.create(
        project=project,
        number=1,
        attempt=attempt,
        source=publication.source,
        document={},
        issued_at=run.created_at,
    )
    MonitorAudit.objects.create(certificate=certificate, position=1, asked_at=run.created_at, **of_item)
    Forecast.objects.create(project=project, n_items=3, n_human=1)


def counts() -> dict[str, int]:
    shared = {"Blob", "WorkerPulse", "ApiToken", "LoginFailure", "Upload", "KeyChoices", "Leftover"}
    return {
        model.__name__: model._base_manager.count()
        for model in apps.get_models()
        if model._meta.app_label in OWN_APPS and model.__name__ not in shared
    }


def test_everything_of_the_project_goes_and_nothing_of_another(ada: User, ada_client: APIClient) -> None:
    kept = make_project(owner=ada)
    fill(kept, ada)
    before = counts()
    gone = make_project(owner=ada)
    fill(gone, ada)
    file = Export.objects.get(project=gone).stored_name
    ada_client.delete(f"/api/projects/{gone.pk}")

    project_erase(gone.pk)

    assert counts() == before
    assert not default_storage.exists(file)
    assert set(before) - {name for name, n in before.items() if n} <= {
        "Refill",
        "Erasure",
        "Decoy",
        "Withheld",
        "Setback",
    }


def test_no_error_that_may_quote_the_project_is_left(ada: User, ada_client: APIClient) -> None:
    gone = make_project(owner=ada)
    now = timezone.now()
    Setback.objects.create(task="t", of_id=1, n=1, since=now, next_at=now, error="KeyError: 'a text of it'")
    ada_client.delete(f"/api/projects/{gone.pk}")

    project_erase(gone.pk)

    assert not Setback.objects.exists()


def test_project_that_was_not_deleted_is_not_erased(project: Project) -> None:
    project_erase(project.pk)

    assert Project.objects.filter(pk=project.pk).exists()


@pytest.mark.parametrize("role", ["engineer", "reviewer", "annotator", "viewer"])
def test_only_an_owner_deletes(project: Project, ben: User, ben_client: APIClient, role: str) -> None:
    project.memberships.filter(user=ben).update(role=role)

    assert ben_client.delete(f"/api/projects/{project.pk}").status_code == 403


def test_every_table_that_leads_to_a_project_is_known() -> None:
    found = paths_to(Project)

    assert {"Label", "Entry", "Prediction", "Answer", "Round"} <= {model.__name__ for model in found}
    order = [model.__name__ for model in children_first(set(found))]
    assert order.index("Answer") < order.index("Entry") < order.index("Item")
    assert order.index("Label") < order.index("Source")
