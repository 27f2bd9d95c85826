"""A database that version 0.1.0 left is brought to today's version, and nothing it proved or had begun is lost."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pytest

from deploy.backing.servers import postgres_program
from deploy.simulation.client import Client
from tests.running import ROOT, Running, eventually, running_product

OLD = Path(__file__).parent / "0.1.0"
CERTIFIED, ANIMALS = 1, 2  # projects
# One start for all of it, since a start takes seconds.
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("upgrade")]

TOKENS = {
    "ada": "f34cafd81dd9a684e00befb0e367ef3ed4a957b3df4b2160f73a138b30fb9b08",
    "ben": "49319bbba09f82b3f2fe08a5e017e61cad4431e0e48ffd92b47a7f522624de86",
}
WORDS = {"cat": "purr whisker meow", "dog": "bark fetch wag", "owl": "hoot night wing"}


@pytest.fixture(scope="module")
def upgraded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The whole of Assay on the old database and the old storage."""
    folder = tmp_path_factory.mktemp("upgrade")
    shutil.copytree(OLD / "storage", folder / "data" / "storage")
    server = os.environ["DATABASE_URL"]
    name = f"upgraded_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    url = server.replace("/assay?", f"/{name}?", 1)
    assert url != server
    load: list[str | Path] = [
        postgres_program("psql"),
        "--quiet",
        "--no-psqlrc",
        "--set=ON_ERROR_STOP=1",
        url,
    ]
    subprocess.run(
        load,
        input=gzip.decompress((OLD / "database.sql.gz").read_bytes()),
        check=True,
        stdout=subprocess.DEVNULL,
    )
    try:
        with running_product(folder, DATABASE_URL=url) as product:
            yield product
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def people(upgraded: Running) -> Iterator[tuple[Client, Client]]:
    """(ada, ben): the owner and an annotator of the animals, as the old version knew them."""
    with (
        closing(Client(upgraded.address, TOKENS["ada"])) as ada,
        closing(Client(upgraded.address, TOKENS["ben"])) as ben,
    ):
        yield ada, ben


def answer_all(clients: list[Client], project_id: int) -> None:
    """What the queue hands out to each is answered rightly."""
    classes = {one["name"]: one["id"] for one in clients[0].get(f"projects/{project_id}")["classes"]}
    for client in clients:
        entries = client.post(f"projects/{project_id}/queue/claim", {"n": 20})["entries"]
        answers = [
            {
                "key": str(uuid.uuid4()),
                "entry_id": entry["id"],
                "kind": "label",
                "class_id": next(
                    classes[name] for name, text in WORDS.items() if text in entry["item"]["text"]
                ),
            }
            for entry in entries
        ]
        if answers:
            client.post(f"projects/{project_id}/answers", {"answers": answers})


def verified(product: Running, document: Path, labels: Path) -> Any:
    result = product.assay("verify", str(document), str(labels), "--json")
    return json.loads(result.stdout)


def test_certificate_of_the_old_version_still_stands_downloads_as_it_was_and_is_accepted(
    upgraded: Running, tmp_path: Path
) -> None:
    # The files that were handed out then.
    found = verified(upgraded, OLD / "certificate.json", OLD / "labels.csv")
    assert found["is_good"], found

    # What the upgraded service hands out now.
    token = subprocess.run(
        [sys.executable, "-c", _TOKEN_OF_SIMULATED], cwd=ROOT, env=upgraded.environment,
        capture_output=True, text=True, check=True,
    ).stdout.strip()  # fmt: skip
    document, labels = tmp_path / "certificate.json", tmp_path / "labels.csv"
    with closing(Client(upgraded.address, token)) as owner:
        certificates = owner.get(f"projects/{CERTIFIED}/certificates")["results"]
        assert [one["revoked_at"] for one in certificates] == [None]
        owner.download(f"certificates/{certificates[0]['id']}/document", document)
        owner.download(f"certificates/{certificates[0]['id']}/labels", labels)
        progress = owner.get(f"projects/{CERTIFIED}/progress")
        beside = owner.get(
            f"rounds/{owner.get(f'projects/{CERTIFIED}/rounds')['results'][-1]['id']}/beside-standing"
        )
        # As before, rounds publish themselves; the certified labels name the round that they were taken from.
        assert owner.get(f"projects/{CERTIFIED}")["publishing"] == "by_itself"
    assert progress["publication"]["taken_from_id"] is not None
    assert beside["standing"]["round_id"] is not None
    assert json.loads(document.read_bytes()) == json.loads((OLD / "certificate.json").read_bytes())
    assert labels.read_bytes() == (OLD / "labels.csv").read_bytes()
    assert (progress["n_items"], progress["n_human"], progress["n_machine"]) == (600, 187, 413)


def test_attempt_that_the_old_version_had_begun_is_finished_and_its_certificate_accepted(
    upgraded: Running, people: tuple[Client, Client], tmp_path: Path
) -> None:
    ada, ben = people
    old_answers = ada.get(f"projects/{ANIMALS}/answers/mine")["results"]
    assert len(old_answers) == 8

    deadline = time.monotonic() + 120
    while not (written := _written(ada)):
        assert time.monotonic() < deadline, ada.get(f"projects/{ANIMALS}/attempts")
        answer_all([ada, ben], ANIMALS)
        time.sleep(0.3)

    document, labels = tmp_path / "certificate.json", tmp_path / "labels.csv"
    ada.download(f"certificates/{written['id']}/document", document)
    ada.download(f"certificates/{written['id']}/labels", labels)
    found = verified(upgraded, document, labels)
    assert found["is_good"], found
    assert json.loads(document.read_bytes())["counts"]["items"] == 90


def test_old_project_trains_on_and_its_old_model_is_loaded(people: tuple[Client, Client]) -> None:
    from training.learners.saving import load

    model = load(OLD / "storage/artifacts/project-2/round-5")
    assert list(model.predict_proba(np.array(["purr whisker meow"], dtype=object)).argmax(axis=1)) == [
        list(model.classes_).index("cat")
    ]

    ada, _ = people
    settings = {
        "learner": "logistic_regression", "n_rounds": 1, "policy": {"kind": "fixed", "threshold": 0.5},
    }  # fmt: skip
    run = ada.post(f"projects/{ANIMALS}/runs", settings)
    eventually(lambda: not ada.get(f"runs/{run['id']}")["is_open"])
    run = ada.get(f"runs/{run['id']}")
    assert (run["state"], len(run["rounds"])) == ("done", 1), run
    numbers = [one["number"] for one in ada.get(f"projects/{ANIMALS}/runs")["results"]]
    assert sorted(numbers) == [1, 2, 3]


def _written(client: Client) -> Any:
    certificates = client.get(f"projects/{ANIMALS}/certificates")["results"]
    return next((one for one in certificates if one["sentence"]), None)


# The people of a play can sign in by no password.
_TOKEN_OF_SIMULATED = """
import django
django.setup()
from django.contrib.auth.models import User
from labeling.accounts.services import token_create
print(token_create(user=User.objects.get(username="simulated-1"), name="upgrade")[1])
"""
