"""Projects of any size, and rounds whose predictions are drawn at random: the speed of a round's
publishing does not depend on what made its predictions."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone
from knox.models import AuthToken

from labeling.models import Item, Membership, Project, Role, Source, SourceKind
from training.models import Round, RoundState, Run

CLASSES = ["world", "sports", "business", "science"]
WORDS = ["market", "match", "season", "rocket", "virus", "minister", "budget", "court", "record", "signal"]


def write_csv(path: Path, n_rows: int, *, seed: int = 0) -> None:
    """`n_rows` short texts, about 110 characters each, with a machine's class and confidence."""
    rng = np.random.default_rng(seed)
    words = np.array(WORDS)
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "text", "label", "confidence"])
        for first in range(0, n_rows, 10_000):
            n_here = min(10_000, n_rows - first)
            texts = words[rng.integers(0, len(words), (n_here, 16))]
            classes = rng.integers(0, len(CLASSES), n_here)
            scores = rng.random(n_here)
            writer.writerows(
                (
                    f"row-{first + i}",
                    " ".join(texts[i]) + f" {first + i}",
                    CLASSES[classes[i]],
                    f"{scores[i]:.4f}",
                )
                for i in range(n_here)
            )


def make_people(project: Project, n_people: int) -> list[str]:
    """Tokens of `n_people` annotators of the project."""
    tokens = []
    for number in range(n_people):
        user, _ = User.objects.get_or_create(username=f"bench-{number}")
        Membership.objects.get_or_create(project=project, user=user, defaults={"role": Role.ANNOTATOR})
        tokens.append(AuthToken.objects.create(user)[1])
    return tokens


def make_run(project: Project) -> Run:
    number = project.runs.count() + 1
    now = timezone.now()
    return Run.objects.create(
        project=project,
        number=number,
        learner="logistic_regression",
        state="running",
        attempt=1,
        started_at=now,
        heartbeat_at=now,
    )


def make_round(run: Run, number: int) -> Round:
    """A round with its model version, still without predictions."""
    source = Source.objects.create(
        project=run.project, kind=SourceKind.MODEL, is_human=False, name=f"run {run.number}, round {number}"
    )
    return Round.objects.create(
        run=run, number=number, source=source, state=RoundState.RUNNING, labels_hash="0" * 64, n_human=1000
    )


def draw_predictions(project: Project, *, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """(item ids, probabilities (n_items, n_classes)) for every item of the project."""
    ids = np.fromiter(
        Item.objects.filter(project=project).order_by("id").values_list("id", flat=True).iterator(50_000),
        dtype=np.int64,
    )
    rng = np.random.default_rng(seed)
    return ids, rng.dirichlet(np.full(len(CLASSES), 0.1), len(ids))


def open_all_entries(project: Project, round_: Round) -> None:
    """Queue every item that no person has labeled, in model order: the worst case for a claim."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM review_lease WHERE project_id = %s", [project.pk])
        cursor.execute("DELETE FROM review_entry WHERE project_id = %s", [project.pk])
        cursor.execute(
            """
            INSERT INTO review_entry (project_id, item_id, reason, priority, state, n_wanted, n_free, round_id,
                                      suggested_class_id, suggested_confidence, is_blind, created_at)
            SELECT %s, p.item_id, 'uncertain', -p.margin, 'open', 1, 1, p.round_id,
                   p.label_class_id, p.confidence, false, now()
            FROM training_prediction p
            WHERE p.round_id = %s AND NOT EXISTS (
                SELECT FROM labeling_label l WHERE l.item_id = p.item_id AND l.is_human AND l.retired_at IS NULL)
            """,
            [project.pk, round_.pk],
        )
        cursor.execute("VACUUM ANALYZE review_entry")
