"""A round's page by hand: the threshold explorer, and charts that open the items behind them."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.client import Client
from tests.browser.conftest import Enter


def make_round(ada: Client, name: str) -> tuple[int, dict[str, Any]]:
    """A project with a holdout and a round; the round as the API tells it."""
    project_id = ada.make_varied_project(name)
    run = ada.train(project_id)
    return project_id, ada.get(f"/rounds/{run['rounds'][-1]['id']}")


def shown(page: Page) -> str:
    return page.get_by_test_id("outcome").inner_text()


def test_dragging_the_threshold_tells_at_once_what_it_would_accept(enter: Enter) -> None:
    page, ada = enter("ada")
    project_id, round = make_round(ada, "explored")
    table = {row["threshold"]: row for row in round["metrics"]["thresholds"]}
    requests: list[str] = []
    page.goto(f"/projects/{project_id}/rounds/{round['id']}")
    panel = page.get_by_role("region", name="Threshold explorer")
    slider = panel.get_by_role("slider", name="Threshold")
    expect(slider).to_be_visible()
    page.on("request", lambda request: requests.append(request.url))

    slider.focus()
    slider.press("Home")
    expect(slider).to_have_attribute("aria-valuenow", "0.5")
    assert f"{table[0.5]['n_accepted']} of {round['metrics']['n_pool']} accepted" in shown(page)
    for _ in range(7):
        slider.press("ArrowRight")
    expect(slider).to_have_attribute("aria-valuenow", "0.57")
    row = table[0.57]
    assert f"{row['n_accepted']} of {round['metrics']['n_pool']} accepted" in shown(page)
    assert re.search(rf"To people\s+{round['metrics']['n_pool'] - row['n_accepted']}\b", shown(page))

    box = slider.locator("xpath=ancestor::*[contains(@class, 'mantine-Slider-root')]").bounding_box()
    assert box
    thumb = slider.bounding_box()
    assert thumb
    page.mouse.move(thumb["x"] + thumb["width"] / 2, thumb["y"] + thumb["height"] / 2)
    page.mouse.down()
    for step in range(1, 11):
        page.mouse.move(box["x"] + box["width"] * step / 10, thumb["y"] + 5)
    page.mouse.up()
    expect(slider).to_have_attribute("aria-valuenow", "0.99")
    assert f"{table[0.99]['n_accepted']} of" in shown(page)
    expect(panel.get_by_role("table", name="By class").get_by_role("row")).to_have_count(4)
    assert not [url for url in requests if "/api/rounds" in url]  # all of it in the browser


def test_a_cell_of_the_confusion_matrix_opens_its_items_by_mouse_and_by_keyboard(enter: Enter) -> None:
    page, ada = enter("ada")
    project_id, round = make_round(ada, "confused")
    confusion = round["metrics"]["holdout"]["confusion"]
    page.goto(f"/projects/{project_id}/rounds/{round['id']}")
    grid = page.get_by_role("grid", name="Confusion matrix of 3 classes")

    grid.get_by_label(re.compile("Truth cat, said cat")).focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    expect(grid.get_by_label(re.compile("Truth dog, said dog"))).to_be_focused()
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", name="Items of a round")).to_be_visible()
    expect(page.get_by_role("row", name="confused-")).to_have_count(confusion[1][1])
    expect(page.get_by_label("People said")).to_have_value(str(ada.class_ids(project_id)["dog"]))
    page.go_back()
    grid.get_by_label(re.compile("Truth owl, said owl")).click()
    expect(page.get_by_role("row", name="confused-")).to_have_count(confusion[2][2])


def test_a_bar_of_the_histogram_opens_its_items(enter: Enter) -> None:
    page, ada = enter("ada")
    project_id, round = make_round(ada, "barred")
    counts = round["metrics"]["confidence_histogram"]["counts"]
    page.goto(f"/projects/{project_id}/rounds/{round['id']}")
    bars = page.get_by_role("group", name="Histogram of the model's confidence").get_by_role("link")
    expect(bars).to_have_count(sum(n > 0 for n in counts))

    bars.first.click()

    lowest = next(n for n in counts if n > 0)
    expect(page.get_by_role("row", name="barred-")).to_have_count(lowest)
    expect(page.get_by_label("Of", exact=True)).to_have_value("pool")
