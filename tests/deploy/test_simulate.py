"""Simulated people know the truth and the service does not; a whole project from nothing to a certificate."""

from __future__ import annotations

import csv
import http.server
import json
import os
import subprocess
import sys
import threading
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image
from sklearn.datasets import load_digits

from deploy.backing import servers
from deploy.cli import main
from deploy.simulation.certificate import held_against, redrawn
from deploy.simulation.client import Client, Refused
from deploy.simulation.people import Person, Quota
from deploy.simulation.truth import truth_read
from labeling.errors import InvalidInput, Unavailable
from review.certification.labels import labels_of
from tests import template
from tests.review.certification.documents import make_case

ROOT = Path(__file__).resolve().parents[2]
OURS = ("DATABASE_URL", "ASSAY_BROKER_URL")


def write_csv(path: Path, rows: list[list[Any]]) -> Path:
    with open(path, "w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)
    return path


def make_texts(folder: Path) -> Path:
    rows = [[f"the sentence of number {i}", ["spam", "ham"][i % 2]] for i in range(40)]
    return write_csv(folder / "texts.csv", [["text", "label"], *rows])


def make_table(folder: Path) -> Path:
    rows = [[i / 7, i % 5, ["yes", "no"][i % 2]] for i in range(40)]
    return write_csv(folder / "table.csv", [["width", "height", "label"], *rows])


def make_images(folder: Path) -> Path:
    for i in range(12):
        path = folder / "pictures" / ["cat", "dog"][i % 2] / f"cat-or-dog-{i}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((4, 5, 3), 20 * i, dtype=np.uint8)).save(path)
    return folder / "pictures"


def make_digits(folder: Path) -> Path:
    """scikit-learn's 1,797 digits as a table."""
    digits = load_digits()
    header = [*(f"pixel {i}" for i in range(64)), "label"]
    rows = [
        [*map(int, pixels), f"digit {name}"] for pixels, name in zip(digits.data, digits.target, strict=True)
    ]
    return write_csv(folder / "digits.csv", [header, *rows])


@pytest.mark.parametrize(
    ("make", "item_type", "classes"),
    [
        (make_texts, "text", [b"spam", b"ham"]),
        (make_table, "table", [b"yes", b"no"]),
        (make_images, "image", [b"cat", b"dog"]),
        (make_digits, "series", [b"digit"]),
    ],
)
def test_what_is_uploaded_holds_every_item_and_no_label(
    make: Any, item_type: str, classes: list[bytes], tmp_path: Path
) -> None:
    truth = truth_read(make(tmp_path), tmp_path / "out")

    content = truth.upload.read_bytes()
    assert truth.item_type == item_type
    assert len(truth.by_key) in (40, 12, 1797)
    assert not any(name in content for name in classes)


def test_truth_of_an_image_is_that_of_its_folder(tmp_path: Path) -> None:
    truth = truth_read(make_images(tmp_path), tmp_path / "out")

    with zipfile.ZipFile(truth.upload) as archive:
        for key, name in truth.by_key.items():
            with archive.open(key) as file:
                value = int(np.asarray(Image.open(file))[0, 0, 0])
            assert name == ["cat", "dog"][value // 20 % 2]


def test_some_items_are_the_same_for_one_seed_and_others_for_another(tmp_path: Path) -> None:
    texts = make_texts(tmp_path)
    drawn = []
    for seed in (1, 1, 2):
        upload = truth_read(texts, tmp_path / "out", n_items=10, seed=seed).upload
        drawn.append([json.loads(line)["text"] for line in upload.read_text().splitlines()])

    assert drawn[0] == drawn[1] != drawn[2]
    assert [len(texts) for texts in drawn] == [10, 10, 10]


def test_file_without_labels_is_refused_with_what_to_do(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "bare.csv", [["text"], *([f"a sentence of words {i}"] for i in range(20))])

    with pytest.raises(InvalidInput, match="--label-column"):
        truth_read(path, tmp_path / "out")


def test_zip_is_read_as_the_folder_in_it_is(tmp_path: Path) -> None:
    pictures = make_images(tmp_path)
    archive = tmp_path / "pictures.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for path in sorted(pictures.rglob("*.png")):
            file.write(path, path.relative_to(pictures))

    packed = truth_read(archive, tmp_path / "packed").by_key

    assert packed == truth_read(pictures, tmp_path / "loose").by_key
    assert len(packed) == 12


def test_of_several_tables_the_one_that_is_named_is_labeled(tmp_path: Path) -> None:
    folder = tmp_path / "tables"
    folder.mkdir()
    make_texts(folder)
    make_table(folder)

    assert truth_read(folder, tmp_path / "out", entry="table.csv").classes == ["no", "yes"]
    with pytest.raises(InvalidInput, match=r"not one set: texts.csv does not fit"):
        truth_read(folder, tmp_path / "out")


def make_person(error_rate: float, *, name: str = "ada") -> Person:
    return Person(name, Client("http://127.0.0.1:9", "none"), error_rate, 0.0, seed=3)


def test_people_err_as_often_as_they_are_told_to_and_always_alike() -> None:
    truth = {str(i): "cat" for i in range(10_000)}
    classes = ["cat", "dog", "owl"]

    def said(person: Person) -> list[str]:
        return [person.answer_to(key, truth=truth, classes=classes) for key in truth]

    ada, ben = said(make_person(0.02)), said(make_person(0.02, name="ben"))

    assert set(said(make_person(0.0))) == {"cat"}
    assert 140 <= sum(name != "cat" for name in ada) <= 260  # 200, four standard deviations of 14
    assert ada == said(make_person(0.02)) != ben
    assert {"dog", "owl"} < set(ada)


def test_people_together_give_no_more_answers_than_are_wanted() -> None:
    todo = Quota(25)

    assert [todo.take(10), todo.take(10), todo.take(10), todo.take(10)] == [10, 10, 5, 0]
    todo.give_back(4)
    assert (todo.take(10), todo.n_used) == (4, 25)


def test_certificate_is_held_against_the_truth_and_not_against_what_people_said() -> None:
    case = make_case(error_rate=0.04)
    other = dict(case.truth)
    key = next(row[0] for row in case.rows if row[2] == "person")
    other[key] = next(name for name in ("cat", "dog") if name != case.truth[key])

    before = held_against(case.truth, case.document, labels_of(case.rows))
    after = held_against(other, case.document, labels_of(case.rows))

    n_wrong = sum(row[2] == "machine" and row[1] != case.truth[row[0]] for row in case.rows)
    assert (before["n_wrong"], before["n_wrong_people"], before["n_promised"]) == (n_wrong, 0, 45)
    assert (after["n_wrong"], after["n_wrong_people"]) == (n_wrong + 1, 1)
    assert before["is_kept"]


def test_luck_with_the_audits_is_told_from_the_machines_merit() -> None:
    case = make_case(error_rate=0.04)
    labels = labels_of(case.rows)
    n_before = int((labels.ranks == 0).sum())
    all_right = dict(case.truth) | {
        key: name for key, name in zip(labels.keys, labels.predicted, strict=True) if name
    }

    lucky, given = (
        redrawn(all_right, case.document, labels),
        redrawn(case.truth, case.document, labels),
    )

    assert lucky is not None
    assert given is not None
    assert set(lucky.values()) == {n_before + case.document["attempt"]["stages"][0]}
    assert lucky["low"] <= given["low"] < given["high"]
    assert (
        redrawn(case.truth, case.document | {"goal": case.document["goal"] | {"promise": "machine"}}, labels)
        is None
    )


def test_service_that_does_not_answer_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("deploy.simulation.client.RETRY_SECONDS", ())

    with pytest.raises(Unavailable, match="GET /api/session"):
        Client("http://127.0.0.1:9", "none").get("session")


class Refusing(http.server.BaseHTTPRequestHandler):
    """Says no to every GET as the API does."""

    def do_GET(self) -> None:
        body = json.dumps({"code": "not_written", "message": "Ask again.", "fields": {}}).encode()
        self.send_response(409)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


def test_refusal_is_told_in_the_words_of_the_service() -> None:
    with http.server.HTTPServer(("127.0.0.1", 0), Refusing) as server:
        threading.Thread(target=server.handle_request).start()
        client = Client(f"http://127.0.0.1:{server.server_port}", "none")

        with pytest.raises(Refused, match=r"GET /api/projects was refused \(409\): Ask again\.") as refusal:
            client.get("projects")
        client.close()

    assert (refusal.value.code, refusal.value.status) == ("not_written", 409)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--second", "50", "--people", "1"], "2 people must answer some items"),
        (["--address", "http://127.0.0.1:9"], "--address and --token go together"),
        (["--breach", "cow", "0.1"], "--breach names 'cow'; the classes are ham, spam"),
        (["--setting", "holdout_share"], "write it as NAME=VALUE"),
        (["--label-column", "colour"], "has no column 'colour'; it has text, label"),
    ],
)
def test_option_that_cannot_work_is_refused_before_anything_starts(
    words: list[str], sentence: str, tmp_path: Path
) -> None:
    result = CliRunner().invoke(main, ["simulate", str(make_texts(tmp_path)), *words])

    assert result.exit_code == 1
    assert isinstance(result.exception, SystemExit)
    assert sentence in result.output


@pytest.mark.slow
def test_people_certify_digits_from_nothing_and_again_after_a_breach(tmp_path: Path) -> None:
    """All parts of Assay are started, as a user has them. One start for all of it."""
    data_dir, out = tmp_path / "data", tmp_path / "out"
    environment = {name: value for name, value in os.environ.items() if name not in OURS}
    template.fill(data_dir)

    result = subprocess.run(
        [
            *(sys.executable, "-m", "deploy.cli", "simulate", str(make_digits(tmp_path)), "--items", "900"),
            *("--item-type", "table", "--label-column", "label"),
            *("--learner", "logistic_regression", "--answers", "100", "--growth", "2", "--eps", "0.05"),
            *("--breach", "digit 3", "0.6", "--out", str(out)),
        ],
        cwd=ROOT, env=environment | {"ASSAY_DATA_DIR": str(data_dir)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    servers.stop_valkey(data_dir)
    servers.stop_postgres(data_dir)

    assert result.returncode == 0, result.stdout[-5000:] + result.stderr[-3000:]
    report = json.loads((out / "report.json").read_text())
    first, second = report["certificates"]
    for certificate in (first, second):
        assert certificate["problems"] == []
        assert certificate["is_kept"]
        assert certificate["redrawn"]["low"] <= certificate["redrawn"]["high"]
        assert certificate["counts"]["items"] == 900
    assert 100 < first["human_labels"] < 900
    assert first["human_labels"] == first["counts"]["human"]
    assert first["answers"] == first["human_labels"]  # nobody was asked twice
    assert report["breach"]["is_alarm"]
    assert len(list(out.glob("certificate-*.json"))) == 2
