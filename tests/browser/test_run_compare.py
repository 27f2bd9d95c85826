"""Two runs side by side, from the training page on, by keyboard."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.client import Client
from tests.browser.conftest import Enter


def open_compare(page: Page, project_id: int) -> None:
    page.goto(f"/projects/{project_id}/training")
    runs = page.get_by_role("region", name="Runs")
    expect(runs.get_by_text("No run is chosen")).to_be_visible()
    for number in (2, 1):
        runs.get_by_role("checkbox", name=f"Choose run {number}").focus()
        page.keyboard.press("Space")
    runs.get_by_role("link", name="Compare the two").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Runs side by side")).to_be_visible()


def two_rounds(ada: Client, project_id: int) -> tuple[int, int]:
    left, right = (round["id"] for round in ada.get(f"/projects/{project_id}/rounds")["results"])
    return left, right


def test_what_differs_in_settings_comes_first_and_all_are_there_on_demand(
    enter: Enter, trained_twice: int
) -> None:
    page, ada = enter("ada")
    n_human = ada.get(f"/projects/{trained_twice}/rounds")["results"][0]["n_human"]
    open_compare(page, trained_twice)
    settings = page.get_by_role("region", name="Settings")

    row = settings.get_by_role("row", name="learner")
    expect(row).to_contain_text("logistic regression")
    expect(row).to_contain_text("naive bayes")
    expect(settings.get_by_role("row", name="policy: threshold")).to_contain_text("0.9")
    expect(settings.get_by_role("row", name="seed")).to_have_count(0)
    settings.get_by_role("switch").focus()
    page.keyboard.press("Space")
    expect(settings.get_by_role("row", name="seed")).to_have_count(1)

    results = page.get_by_role("region", name="Results")
    expect(results.get_by_role("row", name="Coverage")).to_be_visible()
    expect(results.get_by_role("row", name="Human labels trained on")).to_contain_text(str(n_human))
    expect(results.get_by_text("These labels stand now")).to_be_visible()
    expect(results.get_by_role("button", name="Publish this round again")).to_be_visible()
    for chart in ("Accuracy on the holdout", "Coverage", "Human labels"):
        expect(page.get_by_role("img", name=f"{chart} over rounds")).to_be_visible()


def test_the_table_counts_pseudo_labels_and_a_cell_opens_its_items(enter: Enter, trained_twice: int) -> None:
    page, ada = enter("ada")
    left, right = two_rounds(ada, trained_twice)
    diff = ada.get(f"/projects/{trained_twice}/rounds/diff?left={left}&right={right}")
    assert diff["cells"], "the two rounds accepted nothing"
    open_compare(page, trained_twice)
    panel = page.get_by_role("region", name="Pseudo-labels against each other")
    expect(panel).to_contain_text(f"Same class in both{diff['n_same']}")
    names = {class_id: name for name, class_id in ada.class_ids(trained_twice).items()} | {
        None: "not accepted"
    }
    table = panel.get_by_role("grid")
    for cell in diff["cells"]:
        says = f"round 1.1 {names[cell['left_id']]}, round 2.1 {names[cell['right_id']]}: {cell['n']} item"
        expect(table.get_by_role("link", name=says)).to_have_count(1)

    first = table.get_by_role("link").first
    first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")

    items = panel.get_by_role("region", name="Items of the cell")
    n = int(first.inner_text().replace(",", ""))
    expect(items.get_by_role("row")).to_have_count(n + 1)
    expect(items.get_by_role("row").nth(1)).to_contain_text("%")
    assert "left_class=" in page.url
    page.reload()  # the cell is part of the address
    expect(items.get_by_role("row")).to_have_count(n + 1)


def test_another_round_is_chosen_on_the_page(enter: Enter, trained_twice: int) -> None:
    page, ada = enter("ada")
    runs = ada.get(f"/projects/{trained_twice}/runs")["results"]
    page.goto(f"/projects/{trained_twice}/runs/compare")

    page.get_by_label("Run on the right").select_option(label="Run 1")

    expect(page.get_by_text("Left and right are one round")).to_be_visible()
    assert f"right={runs[1]['id']}" in page.url
