"""A finished run leaves a candidate: shown beside what stands, published by one button that says what it replaces."""

from __future__ import annotations

import time
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.client import WAIT_SECONDS, Client
from tests.browser.conftest import Enter
from tests.browser.test_looks import SCREENSHOTS


def run_to_its_end(ada: Client, project_id: int, learner: str, threshold: float = 0.5) -> dict[str, Any]:
    """The newest round, once its run is over and the project's rule, if there is one, has judged it."""
    policy = {"kind": "fixed", "threshold": threshold}
    run = ada.post(f"/projects/{project_id}/runs", {"learner": learner, "n_rounds": 1, "policy": policy})
    is_judged = ada.get(f"/projects/{project_id}")["publishing"] == "by_hand"
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        run = ada.get(f"/runs/{run['id']}")
        assert run["state"] not in ("failed", "cancelled"), run
        round = run["rounds"][-1] if run["rounds"] else None
        if not run["is_open"] and round and (is_judged or round["state"] != "ready" or round["held_back"]):
            return dict(round)
        time.sleep(0.2)
    raise AssertionError(run)


@pytest.fixture
def varied(enter: Enter) -> tuple[Page, Client, int]:
    """A project of various texts that publishes by hand, with some items held out; nothing is trained yet."""
    page, ada = enter("ada")
    project_id = ada.make_varied_project("candidates")
    ada.patch(f"/projects/{project_id}", {"publishing": "by_hand"})
    return page, ada, project_id


def test_a_candidate_waits_beside_what_stands_until_one_button_publishes_it(
    varied: tuple[Page, Client, int],
) -> None:
    page, ada, project_id = varied
    first = run_to_its_end(ada, project_id, "logistic_regression")
    assert first["state"] == "ready"
    assert ada.get(f"/projects/{project_id}/progress")["n_machine"] == 0
    page.goto(f"/projects/{project_id}")
    expect(
        page.get_by_text("None. A finished round is a candidate until somebody publishes it.")
    ).to_be_visible()
    page.get_by_role("link", name="Decide on the candidate, round 1.1").click()

    panel = page.get_by_role("region", name="Candidate: round 1.1")
    expect(panel.get_by_text("No machine label stands now.")).to_be_visible()
    panel.get_by_role("button", name="Publish this round").click()
    expect(page.get_by_role("dialog")).to_contain_text("No machine label stands now.")
    page.get_by_role("button", name="Yes, let them stand").click()
    expect(panel).to_be_hidden()
    n_first = ada.get(f"/projects/{project_id}/progress")["n_machine"]
    assert n_first > 0

    run_to_its_end(ada, project_id, "naive_bayes", 0.9)
    page.reload()
    panel = page.get_by_role("region", name="Candidate: round 2.1")
    expect(panel.get_by_role("row", name="run 1, round 1, which stands")).to_be_visible()
    expect(panel.get_by_text("labels gained")).to_be_visible()
    assert ada.get(f"/projects/{project_id}/progress")["n_machine"] == n_first
    page.screenshot(path=SCREENSHOTS / "candidate.png", full_page=True)
    panel.get_by_role("button", name="Publish this round").click()
    expect(page.get_by_role("dialog")).to_contain_text("of run 1, round 1 are retired")
    page.screenshot(path=SCREENSHOTS / "candidate-dialog.png")
    page.get_by_role("button", name="Yes, let them stand").click()
    expect(panel).to_be_hidden()
    assert ada.get(f"/projects/{project_id}/progress")["publication"]["source_name"] == "run 2, round 1"

    # The way back is the same button.
    page.goto(f"/projects/{project_id}/rounds/{first['id']}")
    page.get_by_role("button", name="Publish this round again").click()
    expect(page.get_by_role("dialog")).to_contain_text("of run 2, round 1 are retired")
    page.get_by_role("button", name="Yes, let them stand").click()
    expect(page.get_by_text("These labels stand now")).to_be_visible()


def test_what_somebody_else_published_meanwhile_is_not_replaced_unseen(
    varied: tuple[Page, Client, int],
) -> None:
    page, ada, project_id = varied
    first = run_to_its_end(ada, project_id, "logistic_regression")
    second = run_to_its_end(ada, project_id, "naive_bayes")
    page.goto(f"/projects/{project_id}/training")
    panel = page.get_by_role("region", name="Candidate: round 2.1")
    panel.get_by_role("button", name="Publish this round").click()
    ada.post(f"/rounds/{first['id']}/publish")

    page.get_by_role("button", name="Yes, let them stand").click()

    expect(page.get_by_role("dialog")).to_contain_text("is not what stood when you looked")
    expect(page.get_by_role("dialog")).to_contain_text("of run 1, round 1 are retired")
    assert ada.get(f"/rounds/{second['id']}")["state"] == "ready"
    page.get_by_role("button", name="Yes, let them stand").click()
    expect(panel).to_be_hidden()
    assert ada.get(f"/rounds/{second['id']}")["state"] == "published"


def test_a_round_that_is_held_back_says_why_and_the_setting_says_who_publishes(
    varied: tuple[Page, Client, int],
) -> None:
    page, ada, project_id = varied
    page.goto(f"/projects/{project_id}/settings")
    page.get_by_label("Publishing a finished round").select_option("by_itself")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("button", name="Save")).to_be_disabled()
    assert run_to_its_end(ada, project_id, "logistic_regression")["state"] == "published"

    held = run_to_its_end(ada, project_id, "naive_bayes", 1.0)

    assert held["held_back"]["reason"] == "nothing"
    page.goto(f"/projects/{project_id}/training")
    panel = page.get_by_role("region", name="Candidate: round 2.1")
    expect(panel.get_by_text("Held back: it is sure of no item")).to_be_visible()
    expect(page.get_by_role("row", name="2.1 candidate Held back: it is sure of no item")).to_be_visible()
    page.screenshot(path=SCREENSHOTS / "candidate-held-back.png", full_page=True)
