"""What was wrong or dangerous on the pages when they were used for an hour, and is not any more."""

from __future__ import annotations

import time
from typing import Any

from playwright.sync_api import expect

from tests.browser.client import WAIT_SECONDS, WORDS, Client
from tests.browser.conftest import Enter

STORED = "All stored"


def plan_of(client: Client, project_id: int, n_items: int) -> dict[str, Any]:
    """The forecast that counts so many items; the sweep makes it."""
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        try:
            plan = client.get(f"/projects/{project_id}/plan")
        except AssertionError:  # none is made yet
            plan = None
        if plan and plan["n_items"] == n_items and not plan["is_out_of_date"]:
            return dict(plan)
        time.sleep(0.5)
    raise AssertionError(f"No forecast for {n_items} items.")


def test_a_second_import_is_in_the_plan_that_the_overview_tells(enter: Enter) -> None:
    page, ada = enter("ada")
    project_id = ada.make_project("grows", n_items=40, n_labeled=20)
    first = plan_of(ada, project_id, 40)
    more = [{"key": f"more-{i}", "text": f"{WORDS['cat']} number {i}"} for i in range(400)]

    ada.post(f"/projects/{project_id}/items", more)
    page.goto(f"/projects/{project_id}")
    line = page.get_by_role("status", name="Certification")
    expect(line).to_be_visible()
    expect(line).not_to_contain_text("0 blind audits")
    second = plan_of(ada, project_id, 440)

    assert second["n_total"] > first["n_total"]
    page.reload()
    expect(line).to_contain_text("human labels")
    expect(line).not_to_contain_text("out of date")


def test_answers_wanted_are_asked_for_when_a_project_is_made_and_hold_for_what_waits(enter: Enter) -> None:
    page, ada = enter("ada")
    project_id = ada.make_queue("twice", n_items=8)

    page.goto(f"/projects/{project_id}/settings")
    page.get_by_label("Answers wanted").fill("2")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("button", name="Save")).to_be_disabled()
    page.goto(f"/projects/{project_id}/review")
    page.get_by_test_id("item-key").wait_for()
    page.keyboard.press("1")
    expect(page.get_by_test_id("outbox")).to_have_text(STORED)

    assert ada.get(f"/projects/{project_id}/progress")["n_human"] == 0  # one answer of two
    assert len(ada.my_answers(project_id)) == 1


def test_keys_of_32_digits_do_not_print_over_the_text_and_nothing_is_hidden_before_a_model(
    enter: Enter,
) -> None:
    page, ada = enter("ada", viewport={"width": 1280, "height": 800})
    project_id = ada.make_project("hashes", n_items=0)
    rows = [{"key": f"{i:032x}".replace("0", "d"), "text": f"{WORDS['dog']} number {i}"} for i in range(4)]
    ada.post(f"/projects/{project_id}/items", rows)
    ada.post(f"/projects/{project_id}/queue/refill")

    page.goto(f"/projects/{project_id}/items")
    key = page.get_by_role("link", name=rows[0]["key"])
    expect(key).to_be_visible()
    key_box, cell_box = key.bounding_box(), page.get_by_text("number 0").bounding_box()
    assert key_box is not None
    assert cell_box is not None
    assert key_box["x"] + key_box["width"] <= cell_box["x"]

    page.goto(f"/projects/{project_id}/review")
    page.get_by_test_id("item-key").wait_for()
    expect(page.get_by_text("To label", exact=True)).to_be_visible()
    expect(page.get_by_text("the model's guess is hidden")).to_have_count(0)


def test_the_guide_shows_no_label_of_a_minute_ago(enter: Enter) -> None:
    page, ada = enter("ada")
    project_id = ada.make_queue("fresh", n_items=6)
    page.goto(f"/projects/{project_id}/review")
    page.get_by_test_id("item-key").wait_for()
    page.keyboard.press("1")
    expect(page.get_by_test_id("outbox")).to_have_text(STORED)

    page.keyboard.press("g")
    expect(page.get_by_role("dialog")).to_contain_text("No example yet")
    expect(page.get_by_role("dialog").get_by_text("number")).to_have_count(0)


def test_with_labeled_rows_alone_the_review_page_says_what_to_do(enter: Enter) -> None:
    page, ada = enter("ada")
    project_id = ada.make_project("labeled", n_items=6, n_labeled=6)

    page.goto(f"/projects/{project_id}/review")

    expect(page.get_by_role("heading", name="Every item is labeled by people")).to_be_visible()
    expect(page.get_by_role("link", name="Import items or export")).to_be_visible()


def test_a_file_dropped_on_the_empty_home_becomes_a_project_and_help_is_a_click_away(enter: Enter) -> None:
    page, _ = enter("cy")
    page.goto("/")
    page.get_by_role("link", name="How it works").click()
    expect(page.get_by_role("heading", name="Questions")).to_be_visible()
    page.get_by_role("button", name="What does a certificate prove?").click()
    expect(page.get_by_text("by blind checks of items drawn at random")).to_be_visible()

    page.goto("/")
    rows = "text,label\nmeow,cat\nbark,dog\n"
    page.locator("input[type=file]").first.set_input_files(
        {"name": "pets.csv", "mimeType": "text/csv", "buffer": rows.encode()}
    )
    expect(page.get_by_role("heading", name="New project")).to_be_visible()
    expect(page.get_by_label("Answers wanted")).to_have_value("1")
