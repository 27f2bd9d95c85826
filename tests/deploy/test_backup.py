"""A backup put back on another instance is the same instance: what was proven, drawn and learned is there."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import subprocess
import sys
import tarfile
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pytest
from click.testing import CliRunner

from deploy.backing import database
from deploy.backing.database import check_version
from deploy.backing.servers import postgres_program
from deploy.cli import main
from deploy.simulation.client import Client
from labeling.errors import Unavailable
from tests.running import ROOT, eventually, running_product

OLD = ROOT / "tests" / "upgrade" / "0.1.0"  # an instance with a certificate, a model and work under way
ADA = "f34cafd81dd9a684e00befb0e367ef3ed4a957b3df4b2160f73a138b30fb9b08"
ANIMALS = 2  # a project

pytestmark = pytest.mark.xdist_group("backup")


@pytest.fixture(scope="module")
def databases() -> Iterator[list[str]]:
    """URLs of three new databases on the suite's server: one for what is backed up, two for what comes of it."""
    server = os.environ["DATABASE_URL"]
    with ExitStack() as stack:
        connection = stack.enter_context(psycopg.connect(server, autocommit=True))
        urls = []
        for _ in range(3):
            name = f"backup_{uuid.uuid4().hex[:12]}"
            connection.execute(f"CREATE DATABASE {name}")
            stack.callback(connection.execute, f"DROP DATABASE {name} WITH (FORCE)")
            urls.append(server.replace("/assay?", f"/{name}?", 1))
        yield urls


def assay(url: str, data: Path, *words: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "deploy.cli", *map(str, words)], cwd=ROOT, capture_output=True, text=True, check=False,
        env={**os.environ, "DATABASE_URL": url, "ASSAY_DATA_DIR": str(data)},
    )  # fmt: skip


@pytest.fixture(scope="module")
def backup(databases: list[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup of the old instance."""
    folder = tmp_path_factory.mktemp("backup")
    shutil.copytree(OLD / "storage", folder / "old" / "storage")
    (folder / "old" / "storage" / "blobs" / "ab").mkdir(parents=True)
    (folder / "old" / "storage" / "blobs" / "ab" / "cd").write_bytes(b"an image")
    load: list[str | Path] = [
        postgres_program("psql"),
        "--quiet",
        "--no-psqlrc",
        "--set=ON_ERROR_STOP=1",
        databases[0],
    ]
    sql = gzip.decompress((OLD / "database.sql.gz").read_bytes())
    subprocess.run(load, input=sql, check=True, stdout=subprocess.DEVNULL)
    made = assay(databases[0], folder / "old", "backup", folder / "assay.backup")
    assert made.returncode == 0, made.stderr
    return folder / "assay.backup"


def test_a_backup_is_for_its_owner_only_and_names_what_it_holds(backup: Path) -> None:
    assert backup.stat().st_mode & 0o077 == 0
    with tarfile.open(backup) as tar:
        names = tar.getnames()
    assert names[:2] == ["assay.json", "database.dump"]
    assert names[-1] == "end.json"
    assert "storage/blobs/ab/cd" in names
    assert not backup.with_name("assay.backup.part").exists()


@pytest.mark.slow
def test_what_is_restored_serves_exports_trains_and_proves(
    backup: Path, databases: list[str], tmp_path: Path
) -> None:
    restored = assay(databases[1], tmp_path / "data", "restore", backup)
    assert restored.returncode == 0, restored.stderr
    assert (tmp_path / "data/storage/blobs/ab/cd").read_bytes() == b"an image"
    again = assay(databases[1], tmp_path / "data", "restore", backup)
    assert again.returncode == 1
    assert "not empty" in again.stderr

    with (
        running_product(tmp_path, DATABASE_URL=databases[1]) as product,
        closing(Client(product.address, ADA)) as ada,
    ):
        # Audits of its attempt are being answered, so no file is written for those who may be asked; here for the host's.
        exported = product.assay(
            "export", str(ANIMALS), "--format", "csv", "--out", str(tmp_path / "exported.csv")
        )
        assert exported.returncode == 0, exported.stderr
        assert (tmp_path / "exported.csv").read_text().count("\n") > 1
        settings = {"learner": "naive_bayes", "n_rounds": 1, "policy": {"kind": "fixed", "threshold": 0.5}}
        run = ada.post(f"projects/{ANIMALS}/runs", settings)["id"]
        eventually(lambda: not ada.get(f"runs/{run}")["is_open"])
        assert ada.get(f"runs/{run}")["state"] == "done"
        missing = product.assay("orphans", "--missing")
        # Of what is kept in tests/upgrade, one model only is kept with its files.
        assert "4 files are missing" in missing.stdout
        assert "round-5/" not in missing.stdout
        labels, document = tmp_path / "labels.csv", tmp_path / "certificate.json"
        product_url = psycopg.connect(databases[1])
        with closing(product_url):
            [(written,)] = product_url.execute("SELECT document FROM review_certificate LIMIT 1").fetchall()
        document.write_text(json.dumps(written))
        labels.write_bytes((OLD / "labels.csv").read_bytes())
        assert product.assay("verify", str(document), str(labels)).returncode == 0

    from training.learners.saving import load

    model = load(tmp_path / "data/storage/artifacts/project-2/round-5")
    assert model.predict_proba(np.array(["purr whisker meow"], dtype=object)).shape == (1, 3)


def test_a_backup_that_was_cut_off_is_refused_before_anything_is_written(
    backup: Path, databases: list[str], tmp_path: Path
) -> None:
    whole = backup.read_bytes()
    for name, content, said in (
        ("half", whole[: len(whole) // 2], "damaged"),
        ("no-end", whole[: whole.rindex(b"end.json") // 512 * 512] + bytes(1024), "cut off"),
        ("other", b"PK\x03\x04 something else" * 100, "no backup of Assay"),
    ):
        path = tmp_path / name
        path.write_bytes(content)
        result = assay(databases[2], tmp_path / "data", "restore", path)
        assert result.returncode == 1
        assert said in result.stderr or "cut off" in result.stderr, (name, result.stderr)
    with closing(psycopg.connect(databases[2])) as connection:
        [(n,)] = connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchall()
    assert n == 0


def test_without_files_the_storage_is_left_to_its_own_backup(
    backup: Path, databases: list[str], tmp_path: Path
) -> None:
    made = assay(databases[0], backup.parent / "old", "backup", "--without-files", tmp_path / "only.backup")

    assert made.returncode == 0, made.stderr
    assert "without files" in made.stdout
    with tarfile.open(tmp_path / "only.backup") as tar:
        assert tar.getnames() == ["assay.json", "database.dump", "end.json"]


@pytest.mark.parametrize("number", [150004, 140011, 90624])
def test_an_old_postgresql_is_refused_in_a_sentence(number: int) -> None:
    with pytest.raises(Unavailable, match="Assay needs 16 or newer"):
        check_version(number)


@pytest.mark.parametrize("command", [["setup"], ["web"], ["worker"], ["scheduler"]])
def test_no_part_starts_on_an_old_postgresql(
    db: None, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    monkeypatch.setattr(database, "OLDEST", 99)

    result = CliRunner().invoke(main, command)

    assert result.exit_code == 1
    assert "Assay needs 99 or newer" in result.output


def test_a_server_that_does_not_answer_is_not_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(**_: Any) -> None:
        raise psycopg.OperationalError("away")

    monkeypatch.setattr(psycopg, "connect", away)

    database.require_postgres()
