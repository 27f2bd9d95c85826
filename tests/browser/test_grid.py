"""The grid by real keys: mark what is wrong, confirm the rest, take the page back."""

from __future__ import annotations

import base64
import io
import json

import numpy as np
from PIL import Image
from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.client import Client, until
from tests.browser.conftest import Enter

STORED = "All stored"


def tiles(page: Page) -> Locator:
    return page.get_by_role("checkbox")


def open_grid(page: Page, project_id: int, class_name: str) -> None:
    page.goto(f"/projects/{project_id}")
    page.get_by_role("link", name="Grid", exact=True).click()
    page.get_by_label("The model says", exact=True).select_option(label=class_name)
    page.get_by_label("On a page").select_option("12")
    expect(tiles(page)).to_have_count(12)


def keys_shown(page: Page) -> list[str]:
    labels: list[str] = tiles(page).evaluate_all("all => all.map(one => one.getAttribute('aria-label'))")
    return [label.split(",")[0] for label in labels]


def said(client: Client, project_id: int) -> dict[str, tuple[str, str]]:
    """Item key -> kind and class of each answer that stands, all of them given in a grid."""
    names = {class_id: name for name, class_id in client.class_ids(project_id).items()}
    answers = client.my_answers(project_id)
    assert all(answer["seen"]["in_grid"] for answer in answers)
    return {one["item_key"]: (one["kind"], names.get(one["class_id"], "-")) for one in answers}


def test_keys_mark_what_is_wrong_confirm_the_rest_and_take_the_page_back(enter: Enter) -> None:
    page, ada = enter("ada")
    project_id = ada.make_project("grid", n_items=120, n_labeled=60, random_share=0)
    ada.train(project_id)
    open_grid(page, project_id, "cat")
    shown = keys_shown(page)

    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    expect(tiles(page).nth(1)).to_be_checked()
    expect(tiles(page).nth(1)).to_contain_text("not cat")
    page.keyboard.press("End")
    page.keyboard.press("2")
    expect(tiles(page).nth(11)).to_contain_text("dog")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("3")
    page.keyboard.press("1")  # the class suggested takes the mark off
    expect(tiles(page).nth(10)).not_to_be_checked()
    page.keyboard.press("Home")
    page.keyboard.press("Enter")
    expect(tiles(page).nth(0)).not_to_have_attribute("aria-label", shown[0])
    expect(page.get_by_test_id("outbox")).to_have_text(STORED)

    confirmed = dict.fromkeys(shown, ("label", "cat"))
    assert said(ada, project_id) == confirmed | {shown[1]: ("not_this", "-"), shown[11]: ("label", "dog")}
    assert not set(keys_shown(page)) & set(shown)

    page.keyboard.press("z")
    expect(tiles(page).nth(1)).to_contain_text("not cat")
    assert keys_shown(page) == shown
    expect(page.get_by_test_id("outbox")).to_have_text(STORED)
    assert said(ada, project_id) == {}

    page.keyboard.press("Enter")
    expect(page.get_by_test_id("outbox")).to_have_text(STORED)
    assert len(said(ada, project_id)) == 12
    assert page.evaluate("localStorage.getItem('assay-grid-size')") == "12"

    # What was marked wrong is asked on the review page, without the guess.
    page.get_by_role("link", name="One by one").click()
    expect(page.get_by_test_id("item-key")).to_have_text(shown[1])
    expect(page.get_by_text("Marked wrong")).to_be_visible()
    expect(page.locator("[data-suggested]")).to_have_count(0)


def test_the_mouse_marks_too_and_what_was_not_confirmed_is_given_back(enter: Enter) -> None:
    page, ada = enter("ada")
    project_id = ada.make_project("mouse", n_items=75, n_labeled=30, random_share=0)
    ada.train(project_id)
    before = ada.get(f"/projects/{project_id}/queue")["n_held"]
    open_grid(page, project_id, "owl")
    assert ada.get(f"/projects/{project_id}/queue")["n_held"] > before

    tiles(page).nth(2).click()
    expect(tiles(page).nth(2)).to_be_checked()
    tiles(page).nth(2).click()
    expect(tiles(page).nth(2)).not_to_be_checked()
    page.keyboard.press(".")
    expect(page.get_by_role("dialog")).to_contain_text("hoot night wing")
    page.keyboard.press("Escape")
    page.get_by_role("link", name="mouse").click()
    expect(page.get_by_role("link", name="Grid", exact=True)).to_be_visible()

    until(
        page,
        "([id, n]) => fetch(`/api/projects/${id}/queue`).then(r => r.json()).then(q => q.n_held === n)",
        arg=[project_id, before],
    )


def test_the_grid_rests_while_people_answer_blind(enter: Enter) -> None:
    page, ada = enter("ada")
    project_id = ada.make_project("several", n_items=12, answers_wanted=3)

    page.goto(f"/projects/{project_id}/grid")

    expect(page.get_by_role("alert")).to_contain_text("all of them blind")


def picture(i: int) -> str:
    """A data address of an image that is dark on the left or on the right."""
    draw = np.random.default_rng(i)
    pixels = draw.integers(0, 60, size=(12, 12), dtype=np.uint8)
    pixels[:, (i % 2) * 6 : (i % 2) * 6 + 6] += 150
    file = io.BytesIO()
    Image.fromarray(pixels).resize((48, 48)).save(file, "PNG")
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()


def open_page_of_12(page: Page, project_id: int) -> None:
    page.goto(f"/projects/{project_id}/grid")
    page.get_by_label("On a page").select_option("12")
    expect(tiles(page)).to_have_count(12)


def test_only_pictures_that_were_loaded_and_in_sight_are_confirmed(enter: Enter) -> None:
    """Of twelve, one comes late, one never, and some are below the fold: those stay."""
    page, ada = enter("ada", viewport={"width": 420, "height": 420})
    rows = [
        {"id": f"p-{i:02}", "image": picture(i)} | ({"label": ["left", "right"][i % 2]} if i < 20 else {})
        for i in range(60)
    ]
    project = ada.post(
        "/projects",
        {
            "name": "pictures",
            "item_type": "image",
            "classes": ["left", "right"],
            "random_share": 0,
            "publishing": "by_itself",
        },
    )
    ada.import_file(project["id"], "pictures.jsonl", "\n".join(map(json.dumps, rows)))
    ada.train(project["id"])
    held_back: list[Route] = []
    is_broken = {"first"}
    # Its pictures are in no cache of the other.
    first_look, _ = enter("ada", viewport={"width": 420, "height": 420})
    open_page_of_12(first_look, project["id"])
    pictures = tiles(first_look).locator("img").evaluate_all("all => all.map(one => one.src)")
    first_look.close()

    def answer(route: Route) -> None:
        if route.request.url == pictures[0] and is_broken:
            route.abort()
        elif route.request.url == pictures[1]:
            held_back.append(route)
        else:
            route.continue_()

    page.route("**/thumbnail", answer)
    open_page_of_12(page, project["id"])
    confirm = page.get_by_role("button", name="Confirm", exact=False)
    expect(page.get_by_text("Not loaded")).to_be_visible()
    until(
        page,
        "document.querySelectorAll('[role=checkbox] img').length === 11 && "
        "[...document.querySelectorAll('[role=checkbox] img')].filter(one => one.complete).length === 10",
    )
    stage = tiles(page).first.locator("xpath=../..").bounding_box()
    assert stage is not None
    bottom = stage["y"] + stage["height"]
    boxes = [one.bounding_box() for one in tiles(page).all()]
    in_sight = [place for place, box in enumerate(boxes) if box and box["y"] + box["height"] / 2 < bottom]
    assert 2 < len(in_sight) < 12, f"some must be below the fold: {stage}, {boxes}"
    shown = keys_shown(page)
    expect(confirm).to_contain_text(f"Confirm {len(in_sight) - 2}")
    expect(page.get_by_test_id("unseen")).to_contain_text(str(12 - len(in_sight) + 2))

    page.keyboard.press("Enter")
    expect(page.get_by_test_id("outbox")).to_have_text(STORED)

    assert set(said(ada, project["id"])) == {shown[place] for place in in_sight[2:]}
    assert keys_shown(page)[:2] == shown[:2]

    held_back[0].continue_()
    is_broken.clear()
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_text("Not loaded")).to_have_count(0)
    page.keyboard.press("Home")
    expect(confirm).to_be_enabled()
    until(page, "[...document.querySelectorAll('[role=checkbox] img')].every(one => one.complete)")
    page.wait_for_timeout(500)  # the page hears that a picture is there a moment after the picture is
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("outbox")).to_have_text(STORED)
    assert set(shown[:2]) <= set(said(ada, project["id"]))
