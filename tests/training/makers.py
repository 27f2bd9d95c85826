"""Datasets small enough to train on in a test: texts whose class is written in them."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Sequence
from typing import Any

from django.contrib.auth.models import User

from labeling.jobs.work import WorkState
from labeling.models import Item, LabelClass, Project, Split
from tests.makers import make_human_labels, make_project
from training.models import Run
from training.runs.checks import check_settings
from training.runs.rows import run_open

WORDS: dict[str, Any] = {
    "cat": ["purr", "whiskers", "meow", "paws", "nap"],
    "dog": ["bark", "fetch", "leash", "bone", "wag"],
    "owl": ["hoot", "night", "feathers", "perch", "mouse"],
}


def make_texts(
    project: Project, n_items: int, *, prefix: str = "item", split: str = Split.POOL, seed: int = 0
) -> list[Item]:
    """Items i of class i % 3, of words of that class with some of the others."""
    draw = random.Random(f"{prefix}-{seed}")
    names = list(WORDS)
    items = []
    for i in range(n_items):
        own, other = WORDS[names[i % 3]], [word for words in WORDS.values() for word in words]
        text = " ".join(draw.choices(own, k=6) + draw.choices(other, k=2))
        digest = hashlib.sha256(f"{prefix} {i} {text}".encode()).hexdigest()[:32]
        items.append(Item(project=project, key=f"{prefix}-{i}", text=text, content_hash=digest, split=split))
    return Item.objects.bulk_create(items)


def class_of(item: Item, classes: Sequence[LabelClass]) -> LabelClass:
    """The class that make_texts had in mind."""
    return classes[int(item.key.rsplit("-", 1)[1]) % 3]


def make_labeled_project(
    *, owner: User, n_items: int = 120, n_labeled: int = 24, n_holdout: int = 30
) -> Project:
    """A text project: some items labeled by its owner, some held out, the rest unlabeled."""
    project = make_project(owner=owner)
    classes = list(project.classes.all())
    known = [
        *make_texts(project, n_items)[:n_labeled],
        *make_texts(project, n_holdout, prefix="held", split=Split.HOLDOUT),
    ]
    make_human_labels([(item, class_of(item, classes)) for item in known], user=owner)
    return project


def make_run(project: Project, *, is_running: bool = False, **fields: Any) -> Run:
    """A queued run with quick settings; `is_running`: claimed as by a worker."""
    given: dict[str, Any] = {
        "learner": "logistic_regression",
        "params": {},
        "policy": {"kind": "fixed", "threshold": 0.6},
    }
    settings = check_settings(item_type=project.item_type, **{**given, "n_rounds": 3, **fields})
    run = run_open(project=project, settings=settings, trigger="person")
    if is_running:
        Run.objects.filter(pk=run.pk).update(state=WorkState.RUNNING, attempt=1)
        run.refresh_from_db()
    return run
