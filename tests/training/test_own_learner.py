"""Learners of a package that somebody else installed: the one that docs/learners/own.md describes."""

from __future__ import annotations

import inspect
import io
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from labeling.jobs.work import WorkState
from tests.own_learners import install_own_learners
from tests.training import test_laws as laws
from tests.training.makers import make_labeled_project, make_run
from training.learners import create
from training.learners.catalogue import learners
from training.learners.saving import load
from training.runs.services import run_inline

OWN = ["extra_trees", "naive_bayes_em"]
LAWS = [
    law
    for name, law in vars(laws).items()
    if name.startswith("test_") and {"name", "item_type"} <= set(inspect.signature(law).parameters)
]


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """On the path of this process, which serves the API, and of the children, which carry out runs."""
    folder = tmp_path / "site-packages"
    install_own_learners(folder)
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.setenv("PYTHONPATH", str(folder))
    learners.cache_clear()
    yield folder
    learners.cache_clear()
    for name in ("assay_extra", "assay_extra.naive_bayes_em"):
        sys.modules.pop(name, None)


@pytest.mark.django_db
def test_own_learners_are_in_the_catalogue_with_their_parameters(
    package: Path, ada_client: APIClient
) -> None:
    offered = {one["name"]: one for one in ada_client.get("/api/learners?item_type=text").data}
    of_tables = {one["name"] for one in ada_client.get("/api/learners?item_type=table").data}

    assert offered.keys() >= set(OWN)
    assert "extra_trees" in of_tables
    assert "naive_bayes_em" not in of_tables
    assert {param["name"]: param["default"] for param in offered["naive_bayes_em"]["params"]} == {
        "n_rounds": 5,
        "weight": 0.1,
    }


@pytest.mark.django_db
def test_a_parameter_of_an_own_learner_out_of_range_is_refused(
    package: Path, ada: User, ada_client: APIClient
) -> None:
    project = make_labeled_project(owner=ada)
    start = {"learner": "naive_bayes_em", "params": {"weight": 2}}

    answer = ada_client.post(f"/api/projects/{project.pk}/runs", start, format="json")

    assert answer.status_code == 400
    assert list(answer.data["fields"]) == ["params.weight"]


@pytest.mark.usefixtures("child_database")
@pytest.mark.parametrize("name", OWN)
def test_an_own_learner_carries_a_run_to_its_end_and_its_model_comes_home(
    package: Path, tmp_path: Path, ada: User, ada_client: APIClient, name: str
) -> None:
    project = make_labeled_project(owner=ada)

    run = run_inline(make_run(project, learner=name, n_rounds=1))

    assert run.state == WorkState.DONE, run.error_message
    round = run.rounds.get()
    assert round.metrics["holdout"]["accuracy"] > 0.8
    assert round.metrics["n_pool"] == 96
    answer = ada_client.get(f"/api/rounds/{round.pk}/model")
    with zipfile.ZipFile(io.BytesIO(answer.getvalue())) as archive:
        archive.extractall(tmp_path / "model")
    learner = load(tmp_path / "model")
    assert learner.predict(["purr meow", "bark fetch", "hoot perch"]).tolist() == ["cat", "dog", "owl"]


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
@pytest.mark.parametrize("name", OWN)
def test_own_learners_obey_the_laws(
    package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, law: Any, name: str
) -> None:
    monkeypatch.setattr(laws, "SEMI_SUPERVISED", {*laws.SEMI_SUPERVISED, "naive_bayes_em"})
    given = {"name": name, "item_type": "text", "tmp_path": tmp_path / "law"}
    (tmp_path / "law").mkdir()

    law(**{key: given[key] for key in inspect.signature(law).parameters})


def test_unlabeled_texts_teach_it_words_that_no_label_has(package: Path) -> None:
    texts = ["purr whiskers", "bark leash", *["whiskers nap"] * 6, *["leash bone"] * 6]
    y = np.array([0, 1, *[-1] * 12])

    learned = create("naive_bayes_em", item_type="text").fit(texts, y).predict_proba(["nap", "bone"])
    alone = (
        create("naive_bayes_em", item_type="text", n_rounds=0).fit(texts, y).predict_proba(["nap", "bone"])
    )

    assert np.allclose(alone, 0.5)
    assert learned[0, 0] > 0.9
    assert learned[1, 1] > 0.9


def test_listing_own_learners_imports_nothing_heavy(package: Path) -> None:
    code = (
        "import sys\n"
        "from training.learners.catalogue import learners\n"
        f"assert learners().keys() >= set({OWN})\n"
        "print(sorted({'numpy', 'sklearn', 'torch', 'django'} & set(sys.modules)))"
    )

    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert found.stdout.strip() == "[]"
