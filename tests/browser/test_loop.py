"""Train, look, relabel, take home: by the page alone."""

from __future__ import annotations

import csv
from pathlib import Path

from playwright.sync_api import expect

from tests.browser.conftest import Enter


def test_a_run_is_started_watched_and_published(enter: Enter) -> None:
    page, ada = enter("ada")
    project_id = ada.make_project("loop", n_items=60, n_labeled=24)
    page.goto(f"/projects/{project_id}/training")

    page.get_by_role("combobox", name="Learner").select_option("logistic_regression")
    page.get_by_role("slider").press("ArrowLeft")
    expect(page.get_by_text("Threshold: 0.94")).to_be_visible()
    page.get_by_label("Rounds, at most").fill("2")
    page.get_by_role("button", name="Start the run").click()
    expect(page.get_by_role("heading", name="Run 1")).to_be_visible()
    expect(page.get_by_text("Why it stopped:")).to_be_visible(timeout=60_000)
    expect(page.get_by_role("log")).to_contain_text("Round 1")

    page.get_by_role("link", name="1.1").click()
    expect(page.get_by_role("heading", name="Round 1.1")).to_be_visible()
    expect(page.get_by_role("group", name="Histogram of the model's confidence")).to_be_visible()
    page.get_by_role("link", name="Publications").click()
    expect(page.get_by_text("stands now")).to_be_visible()
    assert ada.get(f"/projects/{project_id}/progress")["n_machine"] > 0


def test_a_reviewer_relabels_and_the_history_tells(enter: Enter, trained: int) -> None:
    page, _ = enter("ada")
    page.goto(f"/projects/{trained}/items?source=machine")
    row = page.get_by_role("row", name="animals-").first
    key = row.get_by_role("link").inner_text()

    row.get_by_label(f"Relabel {key}").select_option(label="owl")
    expect(page.get_by_role("row", name=key)).to_be_hidden()
    page.goto(f"/projects/{trained}/items?search={key}")
    page.get_by_role("link", name=key).click()

    expect(page.get_by_text("ada said so; no machine can replace it.")).to_be_visible()
    expect(page.get_by_text("ada labeled it owl")).to_be_visible()
    expect(page.get_by_text("run 1, round 1 predicted")).to_be_visible()


def test_an_export_is_made_and_downloaded(enter: Enter, tmp_path: Path) -> None:
    page, ada = enter("ada")
    project_id = ada.make_project("export", n_items=12, n_labeled=6)
    page.goto(f"/projects/{project_id}/data")

    page.get_by_role("button", name="Export", exact=True).click()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click(timeout=30_000)
    download.value.save_as(tmp_path / "export.csv")

    with (tmp_path / "export.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 12
    assert sum(row["label"] == "cat" for row in rows) == 2


def test_a_class_in_use_cannot_be_deleted_and_the_page_says_why(enter: Enter) -> None:
    page, ada = enter("ada")
    project_id = ada.make_project("classes", n_items=6, n_labeled=3)
    page.goto(f"/projects/{project_id}/settings")

    page.get_by_role("button", name="Delete class cat").click()

    expect(page.get_by_role("alert")).to_be_visible()
    assert list(ada.class_ids(project_id)) == ["cat", "dog", "owl"]
