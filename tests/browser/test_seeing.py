"""Looking at an image on the review page: zoom, pan, pixel for pixel, brightness, all by keys and by pointer."""

from __future__ import annotations

import base64
import io
import json

import numpy as np
from PIL import Image
from playwright.sync_api import FloatRect, Locator, Page, expect

from tests.browser.client import Client
from tests.browser.conftest import Enter


def picture(i: int) -> str:
    """1,200 by 900 pixels of large squares, as a data URI."""
    squares = np.random.default_rng(i).integers(0, 255, (9, 12, 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(squares.repeat(100, 0).repeat(100, 1)).save(file, "PNG")
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()


def make_image_project(page: Page, ada: Client) -> int:
    """Three photographs, and a queue of them."""
    file = "\n".join(json.dumps({"id": str(i), "image": picture(i)}) for i in range(3)).encode()
    settings = {"name": "photos", "item_type": "image", "classes": ["day", "night"]}
    project_id = int(ada.post("/projects", settings)["id"])
    token = next(one["value"] for one in page.context.cookies() if one["name"] == "csrftoken")
    reply = page.request.post(
        "/api/uploads",
        multipart={"file": {"name": "photos.jsonl", "mimeType": "application/json", "buffer": file}},
        headers={"X-CSRFToken": token},
    )
    assert reply.ok, reply.text()
    ada.finish(f"/projects/{project_id}/imports", {"upload": reply.json()["upload"]})
    ada.post(f"/projects/{project_id}/queue/refill")
    return project_id


def box(image: Locator) -> FloatRect:
    found = image.bounding_box()
    assert found is not None
    return found


def test_an_image_is_zoomed_moved_and_brightened_by_keys_and_pointer(enter: Enter) -> None:
    page, ada = enter("ada")
    project_id = make_image_project(page, ada)
    page.goto(f"/projects/{project_id}/review")
    image = page.locator("main img").first
    expect(image).to_be_visible()
    fitted = box(image)

    page.keyboard.press("End")
    assert abs(box(image)["width"] - 1200) < 1
    page.keyboard.press("+")
    assert abs(box(image)["width"] - 1800) < 1
    before = box(image)["x"]
    page.keyboard.press("ArrowRight")
    assert box(image)["x"] < before
    page.keyboard.press(".")
    assert "brightness(1.2)" in (image.get_attribute("style") or "")
    expect(page.get_by_role("status")).to_contain_text("150%")
    page.keyboard.press("Home")
    assert box(image) == fitted
    assert "brightness" not in (image.get_attribute("style") or "")

    # What lies under the pointer stays there.
    x, y = fitted["x"] + fitted["width"] * 0.25, fitted["y"] + fitted["height"] * 0.25
    page.mouse.move(x, y)
    page.mouse.wheel(0, -800)
    expect(image).not_to_have_css("transform", "none")
    zoomed = box(image)
    assert abs((x - zoomed["x"]) / zoomed["width"] - 0.25) < 0.01
    assert abs((y - zoomed["y"]) / zoomed["height"] - 0.25) < 0.01
    page.mouse.down()
    page.mouse.move(x + 40, y + 30)
    page.mouse.up()
    assert abs(box(image)["x"] - zoomed["x"] - 40) < 1

    # The next item is seen whole; keys of classes answer as before.
    page.keyboard.press("1")
    expect(page.locator("main img").first).to_have_css("transform", "none")
    assert box(page.locator("main img").first) == fitted


def test_words_that_are_searched_are_lit_in_a_long_text_and_in_the_next(enter: Enter) -> None:
    page, ada = enter("ada")
    project_id = int(
        ada.post("/projects", {"name": "letters", "item_type": "text", "classes": ["a", "b"]})["id"]
    )
    text = "The parcel came late. " * 60 + "I ask for a Refund (now)! " + "Kind regards. " * 60
    ada.post(f"/projects/{project_id}/items", [{"key": f"letter-{i}", "text": text} for i in range(2)])
    ada.post(f"/projects/{project_id}/queue/refill")
    page.goto(f"/projects/{project_id}/review")
    shown = page.get_by_test_id("item-key")
    expect(shown).to_be_visible()
    first = shown.inner_text()

    page.keyboard.press("'")
    page.keyboard.type("refund (")
    expect(page.locator("mark")).to_have_text(["Refund ("])
    page.keyboard.press("Enter")
    expect(page.locator("mark")).to_be_in_viewport()
    page.keyboard.press("Escape")
    page.keyboard.press("1")
    expect(shown).not_to_have_text(first)
    expect(page.locator("mark")).to_have_text(["Refund ("])
    page.keyboard.press("'")
    page.keyboard.type("nobody wrote this")
    expect(page.locator("mark")).to_have_count(0)
    expect(page.get_by_text("none", exact=True)).to_be_visible()
