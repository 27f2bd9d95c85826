"""Parameters of every type, and secrets, which no row, file, log or answer may hold."""

from __future__ import annotations

import logging
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection
from rest_framework.test import APIClient

from deploy.logs import SecretlessFormatter
from labeling.jobs.work import WorkState
from labeling.secrets import HIDDEN, Secret, hide_secrets, secret_names
from tests.kinds.conftest import Installed
from tests.training.conftest import child_database  # noqa: F401  a fixture
from tests.training.makers import make_labeled_project, make_run
from training.comparisons.rules.trial import Outcome
from training.learners import create
from training.learners.errors import LearnerError
from training.learners.saving import load, save
from training.rules.params import Param
from training.runs.services import run_inline

TOKEN = "tk-4711-nobody-may-read-this"
MODULE = """
import sys
import warnings

from sklearn.linear_model import LogisticRegression

from labeling.errors import InvalidInput


class Asking(LogisticRegression):
    '''Stands for a model behind an address: it sends the token, and says so where it should not.'''

    def __init__(self, address="", token=None, leak="log", random_state=0):
        super().__init__(random_state=random_state)
        self.address, self.token, self.leak = address, token, leak

    def fit(self, X, y, sample_weight=None):
        sent = self.token.reveal()
        assert sent, "a learner is handed what it can reveal"
        print(f"GET {self.address}?token={sent}", file=sys.stderr, flush=True)
        if self.leak == "error":
            raise InvalidInput(f"401 for {self.address}?token={sent}")
        if self.leak == "model":
            warnings.warn(f"slow: {self.address}?token={sent}")
        return super().fit(X, y)
"""
SPECS = """
from training.learners.catalogue import LearnerSpec, Param

ASKING = LearnerSpec(
    name="asking",
    title="Asking",
    description="Asks a model elsewhere.",
    item_types=("text",),
    params=(
        Param("address", "text", "https://example.org/v1", low=8, high=200, help="Where it is."),
        Param("token", "secret", "", help="What it is sent."),
        Param("leak", "choice", "log", choices=("log", "error", "model"), help="Where it says too much."),
    ),
    factory="assay_asking:Asking",
    is_dense=True,
    trusted_types=("assay_asking.Asking",),
)
"""


@pytest.fixture
def asking(installed: Installed, monkeypatch: pytest.MonkeyPatch) -> None:
    """An installed learner with a text, a choice and a secret, and a server that has the secret."""
    monkeypatch.setenv("ASSAY_LEARNER_SECRET_MODEL", TOKEN)
    installed(
        {"assay_asking": MODULE, "assay_asking_spec": SPECS},
        {"assay.learners": {"asking": "assay_asking_spec:ASKING"}},
    )


# What each type allows


@pytest.mark.parametrize(
    ("param", "value", "sentence"),
    [
        (Param("address", "text", ""), 7, "address is 7; it must be a text of 0 to 100,000 characters"),
        (Param("address", "text", ""), "a\x00b", "none of them NUL"),
        (Param("address", "text", "", low=3), "ab", "a text of 3 to 100,000 characters"),
        (Param("address", "text", "", high=3), "abcd", "a text of 0 to 3 characters"),
        (
            Param("kernel", "choice", "rbf", choices=("rbf", "linear")),
            ["rbf"],
            "it must be one of rbf, linear",
        ),
        (Param("share", "float", 0.3, 0.0, 0.9, is_above_low=True), 0, "a number above 0 and at most 0.9"),
    ],
)
def test_what_a_type_does_not_allow_is_refused_in_a_sentence(param: Param, value: Any, sentence: str) -> None:
    problem = param.problem(value)

    assert problem is not None
    assert sentence in problem


@pytest.mark.parametrize(
    ("param", "value"),
    [
        (Param("address", "text", ""), "1e400"),
        (Param("address", "text", ""), "https://example.org/völlig/egal"),
        (Param("kernel", "choice", "rbf", choices=("rbf", "linear")), "linear"),
        (Param("share", "float", 0.3, 0.0, 0.9, is_above_low=True), 0.9),
        (Param("token", "secret", ""), ""),
    ],
)
def test_what_a_type_allows_is_kept_as_it_is(param: Param, value: str) -> None:
    assert param.problem(value) is None
    assert param.cast(value) == value


# Secrets


def test_a_secret_has_a_name_that_the_environment_or_a_file_gives_a_value(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "token").write_text(f"{TOKEN}-of-a-file\n")
    monkeypatch.setenv("ASSAY_LEARNER_SECRET_FILED_FILE", str(tmp_path / "token"))
    monkeypatch.setenv("ASSAY_LEARNER_SECRET_MODEL", TOKEN)

    assert secret_names() == ["FILED", "MODEL"]
    assert Secret("MODEL").reveal() == TOKEN
    assert Secret("FILED").reveal() == f"{TOKEN}-of-a-file"
    assert Secret("").reveal() == Secret("OTHER").reveal() == ""
    assert hide_secrets(f"{TOKEN}-of-a-file, {TOKEN}") == f"{HIDDEN}, {HIDDEN}"
    assert TOKEN not in repr(Secret("MODEL"))


def test_the_servers_own_key_is_no_secret_of_a_learner(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSAY_SECRET_KEY", "k" * 50)

    assert Param("token", "secret", "").problem("KEY") is not None
    assert Secret("KEY").reveal() == ""


def test_who_types_the_secret_itself_does_not_read_it_in_the_refusal(
    asking: None, ada: User, ada_client: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = make_labeled_project(owner=ada)
    start = {"learner": "asking", "params": {"token": TOKEN, "address": 5}}

    answer = ada_client.post(f"/api/projects/{project.pk}/runs", start, format="json")

    assert answer.status_code == 400
    assert answer.data["fields"].keys() == {"params.token", "params.address"}
    assert "There are: MODEL." in answer.data["fields"]["params.token"][0]
    assert TOKEN not in answer.content.decode()


def test_the_log_hides_a_secret_even_in_a_traceback(asking: None) -> None:
    try:
        raise RuntimeError(f"401 for {TOKEN}")
    except RuntimeError:
        record = logging.LogRecord("x", logging.ERROR, "", 0, "sent %s", (TOKEN,), sys.exc_info())

    line = SecretlessFormatter("%(message)s").format(record)

    assert TOKEN not in line
    assert f"sent {HIDDEN}" in line
    assert f"RuntimeError: 401 for {HIDDEN}" in line
    logging_settings: Any = settings.LOGGING
    assert logging_settings["formatters"]["line"]["()"] == "deploy.logs.SecretlessFormatter"


def test_a_trial_that_failed_does_not_tell_a_secret(asking: None) -> None:
    told = Outcome(error=f"401 for {TOKEN}").as_json()

    assert told["error"] == f"401 for {HIDDEN}"


def test_a_model_that_would_hold_a_secret_is_not_saved(asking: None, tmp_path: Path) -> None:
    X, y = ["purr meow", "bark wag"] * 5, np.array([0, 1] * 5)
    quiet = create("asking", item_type="text", token="MODEL").fit(X, y)
    loud = create("asking", item_type="text", token="MODEL", leak="model").fit(X, y)

    save(quiet, tmp_path / "quiet")
    with pytest.raises(LearnerError, match="holds the value of a secret"):
        save(loud, tmp_path / "loud")

    assert load(tmp_path / "quiet").classifier_.token == Secret("MODEL")
    assert not (tmp_path / "loud").exists()


@pytest.mark.usefixtures("child_database")
@pytest.mark.parametrize("leak", ["log", "error"])
def test_a_run_uses_a_secret_and_leaves_it_nowhere(
    asking: None,
    ada: User,
    ada_client: APIClient,
    capfd: pytest.CaptureFixture[str],
    leak: str,
) -> None:
    project = make_labeled_project(owner=ada)

    run = run_inline(make_run(project, learner="asking", params={"token": "MODEL", "leak": leak}, n_rounds=1))

    if leak == "log":
        assert run.state == WorkState.DONE, run.error_message
    else:
        assert run.error_message == f"401 for https://example.org/v1?token={HIDDEN}"
    assert f"?token={HIDDEN}" in capfd.readouterr().err, (
        "the learner's own line came through, without the secret"
    )
    assert run.params == {"address": "https://example.org/v1", "token": "MODEL", "leak": leak}
    assert rows_with(TOKEN) == []
    assert rows_with('"token": "MODEL"') != [], "the search finds what is there"
    assert files_with(TOKEN) == []
    for address in (
        f"runs/{run.pk}",
        f"runs/{run.pk}/log",
        f"projects/{project.pk}/runs",
        "learners?item_type=text",
    ):
        answer = ada_client.get(f"/api/{address}")
        assert answer.status_code == 200, address
        assert TOKEN not in answer.content.decode()


def rows_with(text: str) -> list[str]:
    """Tables of the database with a row that holds the text in any column."""
    with connection.cursor() as cursor:
        found = []
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT 1 FROM "{table}" AS each WHERE each::text LIKE %s LIMIT 1', [f"%{text}%"])
            # JSON within a row's text has its quotes doubled.
            if cursor.fetchone() is None:
                doubled = text.replace('"', '""')
                cursor.execute(
                    f'SELECT 1 FROM "{table}" AS each WHERE each::text LIKE %s LIMIT 1', [f"%{doubled}%"]
                )
                if cursor.fetchone() is None:
                    continue
            found.append(table)
        return found


def files_with(text: str) -> list[str]:
    """Files of the storage that hold the text, packed or not."""
    found = []
    for path in Path(settings.MEDIA_ROOT).rglob("*"):
        if path.is_file():
            contents = [path.read_bytes()]
            if zipfile.is_zipfile(path):
                with zipfile.ZipFile(path) as archive:
                    contents += [archive.read(name) for name in archive.namelist()]
            if any(text.encode() in content for content in contents):
                found.append(path.name)
    return found
