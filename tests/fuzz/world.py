"""A world to attack: `python -m tests.fuzz.world` beside a running product, with its environment.

People of every role, and two projects alike that hold a row of every kind: what destroys is aimed at the second
one. Prints, as JSON, the tokens of the people and the ids of the rows by the name that addresses give them.
"""

from __future__ import annotations

import json
import os
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "deploy.settings")
ROLES = ("owner", "engineer", "reviewer", "annotator", "viewer")
PEOPLE = (*ROLES, "outsider")
N_ITEMS = 40


def main() -> None:
    django.setup()
    from django.contrib.auth.models import User
    from django.db import transaction

    people = {role: User.objects.create_user(f"fuzz-{role}", password="fuzz-works-here") for role in PEOPLE}
    with transaction.atomic():  # or the worker of the product fills the queue between two rows of ours
        world = world_make(people)
    print(json.dumps(world))


def world_make(people: dict[str, Any]) -> dict[str, Any]:
    """What main prints."""
    from labeling.accounts.services import token_create

    return {
        "tokens": {role: token_create(user=person)[1] for role, person in people.items()},
        "kept": project_make(people),
        "spare": project_make(people),
        # As often as somebody may delete one: of one person they are no longer found afterwards.
        "spares": [project_make(people)["project_id"][0] for _ in range(3)],
    }


def project_make(people: dict[str, Any]) -> dict[str, list[Any]]:
    """A project in which every role is held by somebody, with rows of every kind; ids by name."""
    from django.core.files.uploadedfile import SimpleUploadedFile
    from django.utils import timezone

    from labeling.accounts.services import token_create
    from labeling.imports.services import upload_create
    from labeling.models import Export, Import, Membership
    from review.models import Answer, Attempt, Certificate, Flag, Forecast, Verdict
    from tests.labeling.makers import publish, record
    from tests.makers import make_items, make_project
    from tests.review.makers import answer, claim, make_entries, make_round
    from training.models import Comparison, Inspection, Run

    owner = people["owner"]
    project = make_project(owner=owner)
    for role in ROLES[1:]:
        Membership.objects.create(project=project, user=people[role], role=role)
    cat, dog, _ = project.classes.order_by("position")
    items = make_items(project, N_ITEMS)
    publication = publish(project, dict.fromkeys(items[10:20], cat))
    labels = [record(project, item, cat, owner) for item in items[:10]]
    guessed = make_round(project, [(item, dog, 0.8) for item in items[20:30]], other=cat)
    run = Run.objects.get(project=project, number=1)
    entries = make_entries(project, items[30:])
    for held in claim(project, people["annotator"], 3):
        answer(project, people["annotator"], held["id"], kind="skip_me")
    answers = list(Answer.objects.filter(project=project))
    verdicts = [
        Verdict.objects.create(
            key=given.key, project=project, item=given.item, person=owner, kind="keep",
            created_at=timezone.now(),
        )
        for given in answers
    ]  # fmt: skip
    attempt = Attempt.objects.create(
        project=project, number=1, promise="dataset", eps=0.1, confidence=0.9, cut=0, state="certified"
    )
    certificate = Certificate.objects.create(
        project=project,
        number=1,
        attempt=attempt,
        source=publication.source,
        document={"sentence": "All is well."},
        issued_at=timezone.now(),
    )
    plan = {"eps": 0.01, "sentence": "", "n_total": 1, "low": 1, "high": 2, "rows": []}
    plan["next_hundred"] = {"saves": None, "is_worth_it": True, "sentence": ""}
    Forecast.objects.create(project=project, n_items=2, n_human=1, plan=plan)
    done = {"state": "done", "finished_at": timezone.now()}
    return {
        "project_id": [project.pk],
        "attempt_id": [attempt.pk],
        "certificate_id": [certificate.pk],
        "class_id": [each.pk for each in project.classes.all()],
        "item_id": [item.pk for item in items],
        "label_id": [label.pk for label in labels],
        "publication_id": [publication.pk],
        "member_id": list(project.memberships.exclude(role="owner").values_list("pk", flat=True)),
        "token_id": [token_create(user=owner)[0].pk for _ in range(5)],
        "import_id": [Import.objects.create(project=project, file_name="a.csv", **done).pk],
        "export_id": [
            Export.objects.create(project=project, format="csv", as_of=timezone.now(), **done).pk
        ],
        "run_id": [run.pk],
        "round_id": [guessed.pk],
        "comparison_id": [Comparison.objects.create(project=project, number=1, **done).pk],
        "inspection_id": [Inspection.objects.create(project=project, number=1, learner="lda", **done).pk],
        "entry_id": [entry.pk for entry in entries],
        "flag_id": [
            Flag.objects.create(project=project, item=item, person=people["annotator"]).pk
            for item in items[:5]
        ],
        "key": [str(verdict.key) for verdict in verdicts],
        "upload": [
            str(upload_create(owner=people[role], file=SimpleUploadedFile(name, content)).pk)
            for role in ("owner", "engineer")
            for name, content in (("a.csv", b"text,label\na cat sleeps,cat\n"), ("a.json", b'[{"text": "a b c"}]'))
        ],
    }  # fmt: skip


if __name__ == "__main__":
    main()
