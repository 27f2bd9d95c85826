"""A round's model outside Assay: downloaded, used without Django, and refused where it is damaged."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from labeling.models import Item
from tests.training.makers import make_labeled_project, make_run
from training.fitting.pipeline import run_execute
from training.learners import create
from training.learners.errors import UnreadableModel
from training.learners.saving import load, save
from training.models import Prediction

ROOT = Path(__file__).resolve().parents[2]
BLOCK = """
import sys

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"django", "psycopg", "celery", "kombu", "rest_framework", "pyarrow", "torch"}:
            raise ImportError(f"{name} is blocked")

sys.meta_path.insert(0, Blocked())
"""
TEXTS = ["purr meow", "bark fetch", "purr nap", "bark bone"]


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    save(create("naive_bayes", item_type="text").fit(TEXTS, [0, 1, 0, 1]), folder)
    return folder


def zipped(folder: Path) -> Path:
    path = folder.with_name("run-1-round-1.zip")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(folder.iterdir()):
            archive.write(file, file.name)
    return path


@pytest.mark.django_db
def test_a_downloaded_model_says_without_django_what_it_said_in_assay(
    ada: User, ada_client: APIClient, tmp_path: Path
) -> None:
    run = make_run(make_labeled_project(owner=ada), is_running=True, n_rounds=1)
    run_execute(run)
    round = run.rounds.get()
    said = dict(Prediction.objects.filter(round=round).values_list("item_id", "confidence"))
    texts = dict(Item.objects.filter(pk__in=said).values_list("pk", "text"))
    answer = ada_client.get(f"/api/rounds/{round.pk}/model")
    (tmp_path / "run-1-round-1.zip").write_bytes(answer.getvalue())

    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "docs/learners/saving.md").read_text(), re.DOTALL)
    code = "\n".join(blocks).replace('["purr whiskers meow", "bark leash wag"]', "texts")
    first = "import json\ntexts = json.loads(sys.stdin.read())"
    last = "print(json.dumps([learner.classes_.tolist(), confidence.tolist()]))"
    done = subprocess.run(
        [sys.executable, "-c", f"{BLOCK}\n{first}\n{code}\n{last}"],
        input=json.dumps([texts[pk] for pk in said]),
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    classes, confidence = json.loads(done.stdout)
    assert classes == ["cat", "dog", "owl"]
    assert len(blocks) == 2
    assert len(said) > 90
    assert np.allclose(confidence, list(said.values()), atol=1e-6)


@pytest.mark.django_db
def test_the_zip_tells_where_the_model_comes_from_and_what_its_rows_are(
    ada: User, ada_client: APIClient, tmp_path: Path
) -> None:
    run = make_run(make_labeled_project(owner=ada), is_running=True, n_rounds=1)
    run_execute(run)
    round = run.rounds.get()

    answer = ada_client.get(f"/api/rounds/{round.pk}/model")

    path = tmp_path / "model.zip"
    path.write_bytes(answer.getvalue())
    with zipfile.ZipFile(path) as archive:
        card: dict[str, Any] = json.loads(archive.read("assay.json"))
    assert answer["Content-Disposition"] == 'attachment; filename="run-1-round-1.zip"'
    assert card["labels_hash"] == round.labels_hash
    assert card["temperature"] == round.temperature
    assert card["classes"] == ["cat", "dog", "owl"]
    assert card["row_shape"] is None
    assert card["columns"] is None


def test_a_changed_byte_in_any_file_is_refused(saved: Path) -> None:
    for path in sorted(saved.iterdir()):
        whole = path.read_bytes()
        for place in np.linspace(0, len(whole) - 2, 20).astype(int):  # the last byte ends a line
            changed = bytearray(whole)
            changed[place] ^= 1
            path.write_bytes(changed)
            with pytest.raises(UnreadableModel):
                load(saved)
        path.write_bytes(whole)

    assert load(saved).predict(["meow"]).tolist() == [0]


def test_a_changed_byte_in_the_zip_is_refused_or_changes_nothing(saved: Path) -> None:
    path = zipped(saved)
    whole, said = path.read_bytes(), load(path).predict_proba(TEXTS)
    n_refused = 0

    for place in np.linspace(0, len(whole) - 1, 200).astype(int):
        changed = bytearray(whole)
        changed[place] ^= 64
        path.write_bytes(changed)
        try:
            assert np.array_equal(load(path).predict_proba(TEXTS), said)  # a date, for instance
        except UnreadableModel:
            n_refused += 1

    assert n_refused > 100


def test_settings_that_were_edited_are_refused_with_a_sentence(saved: Path) -> None:
    path = saved / "learner.json"
    description = json.loads(path.read_text())
    path.write_text(json.dumps(description | {"versions": {}}))

    with pytest.raises(
        UnreadableModel, match=r"learner.json in model was changed after it was saved. Train again"
    ):
        load(saved)


def test_white_space_in_the_description_is_no_damage(saved: Path) -> None:
    path = saved / "learner.json"
    path.write_text(json.dumps(json.loads(path.read_text()), indent=4))

    assert load(saved).predict(["meow"]).tolist() == [0]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"no zip at all", "half.zip cannot be read as a zip"),
        (b"PK\x05\x06" + bytes(18), "There is no saved learner in half: learner.json is missing"),
    ],
)
def test_a_file_that_holds_no_model_is_refused(tmp_path: Path, content: bytes, sentence: str) -> None:
    (tmp_path / "half.zip").write_bytes(content)

    with pytest.raises(UnreadableModel, match=sentence):
        load(tmp_path / "half.zip")


def test_a_missing_path_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableModel, match="no saved learner in nowhere"):
        load(tmp_path / "nowhere")


def test_a_model_of_an_older_format_is_refused_with_both_numbers(saved: Path) -> None:
    (saved / "learner.json").write_text('{"format": 1}')

    with pytest.raises(UnreadableModel, match=r"saved in format 1; this version reads 2\. Train again"):
        load(saved)


def test_a_vocabulary_is_saved_as_one_text_and_not_as_thousands_of_files(tmp_path: Path) -> None:
    texts = [f"word{i} and word{i + 1} of {['spring', 'autumn'][i % 2]}" for i in range(600)]
    learner = create("logistic_regression", item_type="text").fit(texts, [i % 2 for i in range(600)])

    save(learner, tmp_path / "model")

    assert len(zipfile.ZipFile(tmp_path / "model" / "model.skops").namelist()) < 50
    again = load(tmp_path / "model")
    assert np.array_equal(again.predict_proba(texts[:50]), learner.predict_proba(texts[:50]))
