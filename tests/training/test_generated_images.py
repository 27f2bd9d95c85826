"""Images that a round's learner draws: beside its model, measured against real ones, and no items."""

from __future__ import annotations

import base64
import io
import json
from typing import Any

import numpy as np
import pytest
from django.contrib.auth.models import User
from django.core.files.storage import default_storage
from PIL import Image
from rest_framework.test import APIClient

from labeling.models import Item, Label, Project
from tests.makers import make_human_labels, make_project
from tests.training.makers import make_run
from tests.training.test_packed_open import make_image_items
from training.fitting.generated_pipeline import two_sample_sentence
from training.fitting.pipeline import run_execute
from training.inspections.rules.drift import TwoSample
from training.learners.generative.gan import SemiSupervisedGAN
from training.models import Round

QUICK: dict[str, Any] = {
    "learner": "semi_gan",
    "params": {"n_steps": 30, "batch_size": 16, "width": 0.1},
    "n_rounds": 1,
}
N_ITEMS = 120
N_LABELED = 24


def pictures(n: int, *, seed: int) -> list[np.ndarray]:
    """Dark (even) and bright (odd) noise."""
    draw = np.random.default_rng(seed)
    return [draw.integers(0, 100, (12, 10), dtype=np.uint8) + np.uint8(150 * (i % 2)) for i in range(n)]


def image_project(owner: User, *, n_labeled: int = N_LABELED) -> Project:
    project = make_project(owner=owner, item_type="image", classes=("dark", "bright"))
    classes = list(project.classes.all())
    make_human_labels(
        [
            (item, classes[i % 2])
            for i, item in enumerate(make_image_items(project, pictures(N_ITEMS, seed=0))[:n_labeled])
        ],
        user=owner,
    )
    return project


def the_round(project: Project, **settings: Any) -> Round:
    run_execute(make_run(project, is_running=True, **{**QUICK, **settings}))
    return Round.objects.get(run__project=project)


def draw_as(monkeypatch: pytest.MonkeyPatch, images: list[np.ndarray]) -> None:
    """The learner draws these: even ones dark, odd ones bright."""
    names = np.array(["dark", "bright"] * (len(images) // 2))
    monkeypatch.setattr(SemiSupervisedGAN, "sample", lambda self, *given, **named: (np.stack(images), names))


def test_drawn_images_lie_beside_real_ones_of_their_class(ada: User, ada_client: APIClient) -> None:
    project = image_project(ada)

    round = the_round(project)
    found = ada_client.get(f"/api/rounds/{round.pk}/generated").data

    classes = list(project.classes.all())
    assert [one["class_id"] for one in found] == [one.pk for one in classes]
    assert sum(len(one["generated"]) for one in found) > 0
    for one in found:
        assert len(one["generated"]) <= 10
        for uri in one["generated"]:
            kind, _, content = uri.partition(",")
            assert kind == "data:image/png;base64"
            assert Image.open(io.BytesIO(base64.b64decode(content))).size == (10, 12)
        labels = Label.objects.filter(item__in=one["item_ids"], is_human=True)
        assert len(one["item_ids"]) == 10
        assert set(labels.values_list("label_class_id", flat=True)) == {one["class_id"]}
    assert default_storage.exists(f"{round.artifact}/generated.json")
    assert round.metrics["generated"]["n_drawn"] > 0
    assert round.run.log_lines.filter(message=round.metrics["generated"]["sentence"]).exists()


def test_drawn_images_are_no_items_and_have_no_label(ada: User) -> None:
    project = image_project(ada)

    the_round(project)

    assert Item.objects.filter(project=project).count() == N_ITEMS
    assert Label.objects.filter(project=project).count() == N_LABELED


def test_images_like_the_real_ones_are_not_told_apart(ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    draw_as(monkeypatch, pictures(100, seed=1))

    found = the_round(image_project(ada)).metrics["generated"]

    assert found["two_sample"]["low"] <= 0.5 <= found["two_sample"]["high"]
    assert "It cannot tell them apart" in found["sentence"]


def test_images_unlike_the_real_ones_are_told_apart(ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    draw_as(monkeypatch, [np.full((12, 10), 120, dtype=np.uint8)] * 100)

    found = the_round(image_project(ada)).metrics["generated"]

    assert found["two_sample"]["accuracy"] > 0.95
    assert "tells nearly all of them apart" in found["sentence"]


def test_how_often_a_class_is_drawn_gives_nothing_away(ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    images = pictures(200, seed=1)
    few = np.stack([*images[::2], *images[1:60:2]])  # 100 dark, 30 bright
    names = np.array(["dark"] * 100 + ["bright"] * 30)
    monkeypatch.setattr(SemiSupervisedGAN, "sample", lambda self, *given, **named: (few, names))

    found = the_round(image_project(ada)).metrics["generated"]

    assert found["two_sample"]["low"] <= 0.5


def test_a_learner_that_has_learned_no_drawing_says_why(ada: User, ada_client: APIClient) -> None:
    round = the_round(image_project(ada, n_labeled=N_ITEMS))

    assert round.metrics["generated"]["n_drawn"] == 0
    assert "trained without unlabeled images" in round.metrics["generated"]["sentence"]
    assert ada_client.get(f"/api/rounds/{round.pk}/generated").data == []


def failing(self: Any, *given: Any, **named: Any) -> Any:
    raise TypeError("the paint is dry")


@pytest.mark.parametrize(
    ("sample", "says"),
    [
        (failing, "TypeError: the paint is dry"),
        (lambda self, *given, **named: np.zeros((3, 12, 10)), "ValueError: "),
        (lambda self, *given, **named: (np.zeros((2, 12, 10)), ["dark"] * 2), "returned float64"),
        (lambda self, *given, **named: (np.zeros((2, 9, 9), np.uint8), ["dark"] * 2), "(n, 12, 10)"),
        (lambda self, *given, **named: (np.zeros((2, 12, 10), np.uint8), ["dark"]), "with n classes"),
        (lambda self, *given, **named: (np.zeros((1, 12, 10), np.uint8), ["grey"]), "lacks: 'grey'"),
    ],
)
def test_a_faulty_picture_costs_no_round_and_is_told_in_the_log(
    ada: User, ada_client: APIClient, monkeypatch: pytest.MonkeyPatch, sample: Any, says: str
) -> None:
    monkeypatch.setattr(SemiSupervisedGAN, "sample", sample)

    round = the_round(image_project(ada), params={**QUICK["params"], "n_steps": 2})

    assert round.state == "ready"
    assert round.metrics["generated"]["n_drawn"] == 0
    assert says in round.run.log_lines.get(level="warning").message
    assert ada_client.get(f"/api/rounds/{round.pk}/generated").data == []


def test_a_round_of_another_learner_draws_nothing(ada: User, ada_client: APIClient) -> None:
    round = the_round(image_project(ada), learner="naive_bayes", params={})

    assert "generated" not in round.metrics
    response = ada_client.get(f"/api/rounds/{round.pk}/generated")
    assert json.loads(response.content) == []


@pytest.mark.parametrize(
    ("accuracy", "low", "says"),
    [
        (0.52, 0.45, "cannot tell"),
        (0.7, 0.6, "tells some"),
        (0.99, 0.95, "tells nearly all"),
        (None, 0, "few"),
    ],
)
def test_the_sentence_follows_the_interval(accuracy: float | None, low: float, says: str) -> None:
    test = None if accuracy is None else TwoSample(accuracy, low, min(1.0, accuracy + 0.05), 0.5, 500)

    assert says in two_sample_sentence(test)
