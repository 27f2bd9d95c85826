"""The page Quality: an inspection from the page, and its candidates on their way to a reviewer."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.client import WRONG
from tests.browser.conftest import Enter

SECONDS = 1000  # milliseconds; limits are for a machine with other things to do


def test_an_inspection_shows_every_tool_and_sends_a_candidate_to_the_queue_with_its_reason(
    enter: Enter,
) -> None:
    page, ada = enter("ada")
    project_id = ada.make_varied_project("inspected")
    page.goto(f"/projects/{project_id}/quality")
    expect(page.get_by_text("Nothing was inspected yet")).to_be_visible()

    page.get_by_role("button", name="Inspect data and labels").click()
    expect(page.get_by_role("application", name="Map of the items")).to_be_visible(timeout=400 * SECONDS)
    expect(page.get_by_role("button", name="Inspect data and labels")).to_be_visible()

    errors = page.get_by_role("region", name="Possible label errors")
    likeliest = errors.get_by_role("row").nth(1)  # which of the wrong ones are held out, is drawn anew
    key = likeliest.get_by_role("link").inner_text()
    assert key in {f"inspected-{i:03}" for i in (*WRONG, 1, 60)}
    duplicates = page.get_by_role("region", name="Near duplicates")
    expect(duplicates).to_contain_text("inspected-001")
    expect(duplicates).to_contain_text("inspected-060")
    drift = page.get_by_role("region", name="Labeled items against the pool")
    expect(drift).to_contain_text("Told apart in")
    expect(drift.get_by_role("row", name="words")).to_be_visible()
    expect(page.get_by_role("img", name="accuracy on the training labels")).to_be_visible()

    send = errors.get_by_role("button", name="to the queue")
    expect(send).to_be_disabled()
    errors.get_by_role("checkbox", name=f"Choose {key}").check()
    send.click()
    expect(errors.get_by_role("status")).to_contain_text("1 item went on top of the queue")
    page.get_by_role("link", name="Adjudication").click()
    expect(page.get_by_text("Possible label error: labeled")).to_be_visible()
    (flag,) = ada.get(f"/projects/{project_id}/flags")["results"]
    assert "Possible label error" in flag["note"]


def test_a_region_of_the_map_is_drawn_by_pointer_and_by_keyboard_and_queued_or_labeled(
    enter: Enter, examined: int
) -> None:
    page, ada = enter("ada")
    (inspection,) = ada.get(f"/projects/{examined}/inspections")["results"]
    points = ada.get(f"/inspections/{inspection['id']}/map")
    n_open = sum(source != 2 for source in points["sources"])
    page.goto(f"/projects/{examined}/quality")
    board = page.get_by_role("application", name="Map of the items")
    board.scroll_into_view_if_needed()
    box = board.bounding_box()
    assert box

    # By pointer: around everything.
    corners = [(2, 2), (box["width"] - 2, 2), (box["width"] - 2, box["height"] - 2), (2, box["height"] - 2)]
    page.mouse.move(box["x"] + 2, box["y"] + 2)
    page.mouse.down()
    for x, y in corners[1:]:
        page.mouse.move(box["x"] + x, box["y"] + y, steps=4)
    page.mouse.up()
    region = page.get_by_role("region", name="Items of the region")
    expect(region.get_by_text(f"{len(points['x'])} items in the region")).to_be_visible()
    expect(region.get_by_role("link")).to_have_count(24)

    # What the legend hides is not chosen.
    page.get_by_role("group", name="Shown on the map").get_by_role("button", name="person").click()
    expect(region.get_by_text(f"{n_open} items in the region")).to_be_visible()
    region.get_by_role("button", name=f"Send {n_open} items to the queue").click()
    expect(region.get_by_text("wait in the queue now")).to_be_visible()
    assert ada.get(f"/projects/{examined}/queue")["n_open"] >= n_open
    page.keyboard.press("Escape")
    region.get_by_role("button", name="Let go").click()
    expect(region).to_be_hidden()
    page.get_by_role("group", name="Shown on the map").get_by_role("button", name="person").click()

    # By keyboard: three corners around the left upper half, around at least one item.
    board.focus()
    for keys in (
        ["Shift+ArrowUp"] * 20 + ["Shift+ArrowLeft"] * 40,
        ["Shift+ArrowDown"] * 20,
        ["Shift+ArrowRight"] * 40,
    ):
        for key in keys:
            board.press(key)
        board.press("Space")
    board.press("Enter")
    expect(region).to_be_visible()
    label = region.get_by_label("Label them")
    label.select_option(label="owl")
    before = ada.get(f"/projects/{examined}/progress")["n_human"]
    button = region.get_by_role("button", name="owl")
    n_chosen = int(button.inner_text().split()[1])
    button.click()
    page.get_by_role("button", name="Yes, label them").click()
    expect(region.get_by_text("Labeled.")).to_be_visible()
    assert ada.get(f"/projects/{examined}/progress")["n_human"] == before + n_chosen


def test_a_running_inspection_is_cancelled(enter: Enter) -> None:
    page, ada = enter("ada")
    project_id = ada.make_varied_project("stopped")
    page.goto(f"/projects/{project_id}/quality")

    page.get_by_role("button", name="Inspect data and labels").click()
    page.get_by_role("button", name="Cancel the inspection").click()

    expect(page.get_by_text("cancelled", exact=True)).to_be_visible()
    (inspection,) = ada.get(f"/projects/{project_id}/inspections")["results"]
    assert inspection["state"] == "cancelled"
    expect(page.get_by_role("button", name="Inspect data and labels")).to_be_visible()
