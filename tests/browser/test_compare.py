"""The page Compare: several learners on the same labels, from the page alone."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.client import Client
from tests.browser.conftest import Enter
from tests.browser.test_looks import SCREENSHOTS

SECONDS = 1000  # milliseconds; limits are for a machine with other things to do


def choose(page: Page, *learners: str) -> None:
    """These learners and no others."""
    group = page.get_by_role("group", name="Learners")
    for box in group.get_by_role("checkbox").all():
        box.uncheck()
    for name in learners:
        group.get_by_role("checkbox", name=name, exact=True).check()


def open_compare(page: Page, ada: Client, name: str) -> int:
    project_id = ada.make_varied_project(name)
    page.goto(f"/projects/{project_id}/compare")
    expect(page.get_by_role("heading", name="New comparison")).to_be_visible()
    return project_id


def start_long_comparison(page: Page) -> None:
    choose(page, "Naive Bayes", "Random forest")
    page.get_by_label("Seeds").fill("20")
    page.get_by_role("button", name="Compare", exact=True).click()


def test_a_comparison_is_started_and_its_table_has_intervals_time_and_memory(enter: Enter) -> None:
    page, ada = enter("ada")
    open_compare(page, ada, "compared")

    choose(page, "Naive Bayes", "Nearest neighbours")
    page.get_by_label("Numbers of labels").fill("30")
    page.get_by_label("Seeds").fill("2")
    expect(page.get_by_text("4 trials")).to_be_visible()
    page.get_by_role("button", name="Compare", exact=True).click()

    card = page.get_by_role("region", name="Comparison 1")
    expect(card.get_by_role("status")).to_be_visible()
    expect(card.get_by_text("done", exact=True)).to_be_visible(timeout=400 * SECONDS)
    expect(card).to_contain_text("2 seeds; measured by cross-validation")
    for name in ("Naive Bayes", "Nearest neighbours"):
        row = card.get_by_role("row", name=name)
        cells = row.get_by_role("cell").all_inner_texts()
        assert cells[1:3] == ["30", "2"]
        for score in cells[3:7]:
            assert re.fullmatch(r"[\d.]+%?( ★)?\s+[\d.]+%? to [\d.]+%?", score), score
        assert re.search(r"\d+ ?(ms|s)|under", cells[7]), cells[7]
        assert re.fullmatch(r"\d+ MB", cells[8]), cells[8]


def test_a_running_comparison_is_cancelled_and_another_may_start(enter: Enter) -> None:
    page, ada = enter("ada")
    project_id = open_compare(page, ada, "cancelled")

    start_long_comparison(page)
    page.get_by_role("button", name="Cancel the comparison").click(timeout=100 * SECONDS)

    card = page.get_by_role("region", name="Comparison 1")
    expect(card.get_by_text("cancelled", exact=True)).to_be_visible()
    expect(page.get_by_role("heading", name="New comparison")).to_be_visible()
    (comparison,) = ada.get(f"/projects/{project_id}/comparisons")["results"]
    assert comparison["state"] == "cancelled"


def test_a_run_that_waits_says_that_a_comparison_holds_the_worker(enter: Enter) -> None:
    page, ada = enter("ada")
    project_id = open_compare(page, ada, "waiting")
    start_long_comparison(page)
    expect(page.get_by_text("1 of 40").first).to_be_visible(timeout=100 * SECONDS)

    ada.post(f"/projects/{project_id}/runs", {"learner": "naive_bayes", "n_rounds": 1})
    page.goto(f"/projects/{project_id}/training")
    SCREENSHOTS.mkdir(exist_ok=True)
    expect(page.get_by_text("Waiting for a worker, which is busy with comparison 1").first).to_be_visible()
    page.screenshot(path=SCREENSHOTS / "waiting-run.png")

    page.goto(f"/projects/{project_id}/compare")
    page.get_by_role("button", name="Cancel the comparison").click()
    page.goto(f"/projects/{project_id}/training")
    expect(page.get_by_text("done", exact=True).first).to_be_visible(timeout=100 * SECONDS)


def test_what_cannot_be_compared_is_said_beside_its_field(enter: Enter) -> None:
    page, ada = enter("ada")
    open_compare(page, ada, "refused")
    start = page.get_by_role("button", name="Compare", exact=True)

    page.get_by_label("Numbers of labels").fill("many")
    expect(page.get_by_text("Write whole numbers, such as 100, 500.")).to_be_visible()
    expect(start).to_be_disabled()
    page.get_by_label("Numbers of labels").fill("5000")
    start.click()
    expect(page.get_by_text("n_labels is 5,000; there are")).to_be_visible()
    choose(page)
    expect(start).to_be_disabled()


def test_without_labels_the_page_says_what_to_do_first(enter: Enter) -> None:
    page, ada = enter("ada")
    project_id = ada.make_project("bare", n_items=6)
    page.goto(f"/projects/{project_id}/compare")

    page.get_by_role("button", name="Compare", exact=True).click()

    expect(page.get_by_role("alert")).to_contain_text("label")
    assert ada.get(f"/projects/{project_id}/comparisons")["results"] == []


def test_a_learner_of_another_package_is_chosen_on_the_page_and_runs(enter: Enter) -> None:
    page, ada = enter("ada")
    project_id = ada.make_varied_project("own")
    page.goto(f"/projects/{project_id}/compare")
    expect(page.get_by_role("checkbox", name="Naive Bayes with unlabeled texts")).to_be_visible()

    page.goto(f"/projects/{project_id}/training")
    page.get_by_role("combobox", name="Learner").select_option("naive_bayes_em")
    page.get_by_text("Parameters of the learner").click()
    page.get_by_label("N rounds").fill("3")
    page.get_by_label("Rounds, at most").fill("1")
    page.get_by_role("button", name="Start the run").click()

    expect(page.get_by_text("Why it stopped:")).to_be_visible(timeout=400 * SECONDS)
    (run,) = ada.get(f"/projects/{project_id}/runs")["results"]
    assert run["state"] == "done"
    assert run["learner"] == "naive_bayes_em"
    assert run["params"]["n_rounds"] == 3
