"""What a learner drew, on its round's page: beside real items, marked, measured, and on a phone."""

from __future__ import annotations

import base64
import io
import json
import time

import numpy as np
from PIL import Image
from playwright.sync_api import Locator, Page, ViewportSize, expect

from tests.browser.client import WAIT_SECONDS, Client, until
from tests.browser.conftest import Enter

CLASSES = ("dark", "bright")
N_LABELED, N_ITEMS = 24, 60
SETTINGS = {
    "learner": "generated_cnn",
    "params": {"n_generator_steps": 20, "n_generated": 5, "n_steps": 10, "batch_size": 16},
    "n_rounds": 1,
    "policy": {"kind": "fixed", "threshold": 0.5},
}
PHONE: ViewportSize = {"width": 390, "height": 844}
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
IS_DRAWN = "image => image.complete && image.naturalWidth > 0"


def picture(i: int) -> str:
    """Dark (even) or bright (odd) noise, as a data URI."""
    pixels = np.random.default_rng(i).integers(0, 100, (12, 12), dtype=np.uint8) + np.uint8(150 * (i % 2))
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()


def make_image_project(page: Page, ada: Client, name: str) -> int:
    rows = [
        {"id": str(i), "image": picture(i)} | ({"label": CLASSES[i % 2]} if i < N_LABELED else {})
        for i in range(N_ITEMS)
    ]
    file = "\n".join(map(json.dumps, rows)).encode()
    project = ada.post("/projects", {"name": name, "item_type": "image", "classes": CLASSES})
    token = next(one["value"] for one in page.context.cookies() if one["name"] == "csrftoken")
    reply = page.request.post(
        "/api/uploads",
        multipart={"file": {"name": "noise.jsonl", "mimeType": "application/json", "buffer": file}},
        headers={"X-CSRFToken": token},
    )
    assert reply.ok, reply.text()
    ada.finish(f"/projects/{project['id']}/imports", {"upload": reply.json()["upload"]})
    return int(project["id"])


def train(ada: Client, project_id: int) -> int:
    """One round to its end; returns its id."""
    run = ada.post(f"/projects/{project_id}/runs", SETTINGS)
    deadline = time.monotonic() + WAIT_SECONDS
    while run["is_open"] and time.monotonic() < deadline:
        time.sleep(0.3)
        run = ada.get(f"/runs/{run['id']}")
    assert run["state"] == "done", run
    (round,) = ada.get(f"/projects/{project_id}/rounds")["results"]
    return int(round["id"])


def expect_images(images: Locator, n: int) -> None:
    """So many, and each has come and shows something."""
    expect(images).to_have_count(n)
    for image in images.all():
        image.scroll_into_view_if_needed()
        until(image.page, IS_DRAWN, image.element_handle())


def test_generated_images_stand_marked_beside_real_ones_at_a_desk_and_on_a_phone(enter: Enter) -> None:
    page, ada = enter("ada")
    project_id = make_image_project(page, ada, "noise")
    round_id = train(ada, project_id)

    page.goto(f"/projects/{project_id}/rounds/{round_id}")
    panel = page.get_by_role("region", name="Generated images")
    expect(panel).to_contain_text("A classifier that was trained to tell generated images from real ones")
    expect(panel).to_contain_text("Generated images are no items")
    for mark in ("Real", "Generated"):
        expect(panel.get_by_text(mark, exact=True)).to_have_count(len(CLASSES))
    generated = panel.get_by_role("img", name="Generated image")
    real = panel.get_by_role("link", name="Item ")
    shown = [item_id for one in ada.get(f"/rounds/{round_id}/generated") for item_id in one["item_ids"]]
    expect_images(generated, 10 * len(CLASSES))
    expect_images(real.locator("img"), len(shown))

    page.set_viewport_size(PHONE)
    until(page, f"{OVERFLOW} === 0")  # charts follow the new width a frame later
    for image in [*generated.all(), *real.all()]:
        box = image.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= PHONE["width"]

    real.first.click()
    expect(page).to_have_url(f"/projects/{project_id}/items/{shown[0]}")
    assert len(ada.get(f"/projects/{project_id}/items?limit=200")["results"]) == N_ITEMS
