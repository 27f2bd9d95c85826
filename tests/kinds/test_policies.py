"""A threshold policy of another package: listed with its limits, offered, checked, and obeyed by a run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from deploy.commands.policies import chosen_policy
from labeling.errors import InvalidInput
from labeling.jobs.work import WorkState
from tests.kinds.conftest import Installed
from tests.training.conftest import child_database  # noqa: F401  a fixture
from tests.training.makers import make_labeled_project, make_run
from training.models import Prediction
from training.rules.policies import InvalidPolicy, check_policy
from training.runs.services import run_inline

ROOT = Path(__file__).resolve().parents[2]
SPEC = """
from training.rules.params import Param
from training.rules.policies import PolicyKind

TOP = PolicyKind(
    name="top",
    title="The surest few",
    description="Accept so many, the surest first.",
    decide="assay_top:top",
    params=(Param("n", "int", 5, 1, 50, help="How many."),),
)
"""
RULE = """
import numpy as np


def top(*, n, confidence, **_):
    order = np.argsort(-confidence, kind="stable")[:n]
    is_accepted = np.zeros(len(confidence), dtype=bool)
    is_accepted[order] = True
    return is_accepted, np.full(len(confidence), confidence[order[-1]] if len(order) else 1.0)
"""


@pytest.fixture
def top(installed: Installed) -> None:
    installed({"assay_top_spec": SPEC, "assay_top": RULE}, {"assay.policies": {"top": "assay_top_spec:TOP"}})


@pytest.mark.django_db
def test_it_is_listed_with_its_limits(top: None, ada: User, ada_client: APIClient) -> None:
    project = make_labeled_project(owner=ada)

    listed = {one["kind"]: one for one in ada_client.get(f"/api/projects/{project.pk}/policies").data}

    assert list(listed) == ["fixed", "scheduled", "best_share", "top"]
    [n] = listed["top"]["params"]
    assert (n["name"], n["type"], n["default"], n["low"], n["high"]) == ("n", "int", 5, 1, 50)


@pytest.mark.django_db
def test_what_it_does_not_allow_is_refused(top: None, ada: User, ada_client: APIClient) -> None:
    project = make_labeled_project(owner=ada)
    start = {"learner": "naive_bayes", "policy": {"kind": "top", "n": 51}}

    answer = ada_client.post(f"/api/projects/{project.pk}/runs", start, format="json")

    assert answer.status_code == 400
    assert answer.data["fields"] == {
        "policy.n": ["n is 51; it must be a whole number from 1 to 50. The default is 5."]
    }
    with pytest.raises(InvalidPolicy, match="it must be one of fixed, scheduled, best_share, top"):
        check_policy({"kind": "luck"})


@pytest.mark.usefixtures("child_database")
def test_a_run_accepts_what_it_says(top: None, ada: User) -> None:
    project = make_labeled_project(owner=ada)

    run = run_inline(make_run(project, policy={"kind": "top", "n": 7}, n_rounds=1))

    assert run.state == WorkState.DONE, run.error_message
    predictions = Prediction.objects.filter(round=run.rounds.get())
    accepted = predictions.filter(is_accepted=True)
    assert accepted.count() == 7
    surest = predictions.order_by("-confidence").values_list("confidence", flat=True)[:7]
    assert sorted(accepted.values_list("confidence", flat=True)) == sorted(surest)


def test_the_command_line_offers_it(top: None) -> None:
    for command in ("train", "simulate"):
        code = f"from deploy.cli import main; main(['{command}', '--help'])"

        found = subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
        )

        assert "[fixed|scheduled|best_share|top]" in found.stdout
        words = " ".join(found.stdout.split())
        assert "best_share: share, balanced. top: n." in words
        assert "top: Accept so many, the surest first." in words


def test_the_command_line_reads_a_policy() -> None:
    assert chosen_policy(None, "fixed", ()) == {"kind": "fixed"}
    assert chosen_policy(0.8, "fixed", ()) == {"kind": "fixed", "threshold": 0.8}
    given = ("share=0.25", "balanced=true")
    assert chosen_policy(None, "best_share", given) == {"kind": "best_share", "share": 0.25, "balanced": True}
    with pytest.raises(InvalidInput, match="--threshold is of a fixed policy, and --policy is scheduled"):
        chosen_policy(0.8, "scheduled", ())
    with pytest.raises(InvalidInput, match="write it as NAME=VALUE"):
        chosen_policy(None, "scheduled", ("start",))
