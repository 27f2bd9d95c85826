"""Labeling by real key presses and by touch: each kind of item, many classes, own keys, no network, a phone."""

from __future__ import annotations

import json
import random
import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.client import WORDS, Client
from tests.browser.conftest import Enter
from tests.browser.test_looks import DESK, OVERFLOW, PHONE, SCREENSHOTS, accessibility
from tests.browser.test_review import STORED, key_on_screen, label_all, open_review, said
from tests.browser.test_seeing import picture


def import_queue(page: Page, ada: Client, *, item_type: str, name: str, content: str) -> int:
    """A project of the file's items, all of them in the queue, with the classes yes and no."""
    settings = {"name": f"import {name}", "item_type": item_type, "classes": ["yes", "no"]}
    project_id = int(ada.post("/projects", settings)["id"])
    token = next(one["value"] for one in page.context.cookies() if one["name"] == "csrftoken")
    reply = page.request.post(
        "/api/uploads",
        multipart={"file": {"name": name, "mimeType": "text/plain", "buffer": content.encode()}},
        headers={"X-CSRFToken": token},
    )
    assert reply.ok, reply.text()
    ada.finish(f"/projects/{project_id}/imports", {"upload": reply.json()["upload"]})
    ada.post(f"/projects/{project_id}/queue/refill")
    return project_id


def wide_rows(n_rows: int = 200) -> str:
    """20 columns that are not in order of name; the last row is out of the ordinary."""
    names = [f"{'zyx'[i % 3]}{i}" for i in range(20)]
    rows = [[f"row-{i}", *(str((i * 7 + j) % 50) for j in range(20))] for i in range(n_rows - 1)]
    rows.append([f"row-{n_rows - 1}", "9999", *(["25"] * 19)])
    return "\n".join(",".join(row) for row in [["id", *names], *rows]) + "\n"


FILES = {
    "image": ("photos.jsonl", "\n".join(json.dumps({"id": str(i), "image": picture(i)}) for i in range(4))),
    "text": ("letters.csv", "id,text\n" + "\n".join(f"{i},A letter of number {i}." for i in range(4))),
    "table": ("rows.csv", wide_rows(4)),
    "series": (
        "curves.jsonl",
        "\n".join(json.dumps({"id": str(i), "series": [i, 2 * i, 3, 4, i]}) for i in range(4)),
    ),
}


@pytest.mark.parametrize("item_type", FILES)
def test_each_kind_of_item_is_imported_shown_and_answered_by_keys(enter: Enter, item_type: str) -> None:
    page, ada = enter("ada")
    name, content = FILES[item_type]
    project_id = import_queue(page, ada, item_type=item_type, name=name, content=content)
    open_review(page, project_id)
    item = {
        "image": page.locator("main img").first,
        "text": page.get_by_role("region", name="Text of the item"),
        "table": page.get_by_role("region", name="Features of the item"),
        "series": page.get_by_role("main").get_by_role("img").first,
    }[item_type]
    expect(item).to_be_visible()

    seen = label_all(page, "121")
    expect(item).to_be_visible()
    last = key_on_screen(page)
    page.keyboard.press("2")
    expect(page.get_by_test_id("outbox")).to_have_text(STORED)

    assert sorted(said(ada, project_id)) == sorted(
        zip([*seen, last], ["yes", "no", "yes", "no"], strict=True)
    )


def test_one_of_77_classes_is_found_by_typing_the_beginning_of_its_name(enter: Enter) -> None:
    page, ada = enter("ada")
    draw = random.Random(0)
    names = sorted({"".join(draw.choices("bcdeghijklm", k=3)) + str(i) for i in range(77)})
    project_id = int(
        ada.post("/projects", {"name": "many classes", "item_type": "text", "classes": names})["id"]
    )
    rows = [{"key": f"item-{i}", "text": f"Text number {i}"} for i in range(6)]
    ada.post(f"/projects/{project_id}/items", rows)
    ada.post(f"/projects/{project_id}/queue/refill")
    open_review(page, project_id)

    wanted = {}
    for name in (names[11], names[40], names[76]):
        shown = key_on_screen(page)
        page.keyboard.type(f"/{name}")  # at once: the field has the focus only some frames later
        expect(page.get_by_role("group", name="Classes found").get_by_role("button").first).to_have_text(name)
        page.keyboard.press("Enter")
        expect(page.get_by_test_id("item-key")).not_to_have_text(shown)
        wanted[shown] = name
    expect(page.get_by_test_id("outbox")).to_have_text(STORED)

    assert dict(said(ada, project_id)) == wanted


def test_undo_walks_back_through_twenty_answers_with_what_was_answered(enter: Enter) -> None:
    page, ada = enter("ada")
    project_id = ada.make_queue("undo twenty")
    open_review(page, project_id)

    seen = label_all(page, "123" * 8)
    expect(page.get_by_test_id("outbox")).to_have_text(STORED)
    back = []
    for _ in range(20):
        page.keyboard.press("z")
        back.append(key_on_screen(page))
    assert back == seen[:-21:-1]
    expect(page.get_by_test_id("outbox")).to_have_text(STORED)

    assert {key for key, _ in said(ada, project_id)} == set(seen[:4])
    again = label_all(page, "3" * 20)
    expect(page.get_by_test_id("outbox")).to_have_text(STORED)
    assert again == seen[4:]
    assert {key for key, name in said(ada, project_id) if name == "owl"} == {seen[2], *again}


def test_a_key_that_a_person_chose_is_printed_works_and_comes_with_the_account(enter: Enter) -> None:
    page, ben = enter("ben")
    project_id = ben.make_queue("own keys")
    open_review(page, project_id)
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog")

    dialog.get_by_label("Change the key of Undo the last answer").click()
    page.keyboard.press("f")
    expect(dialog.get_by_role("alert")).to_contain_text("Flag with a note")
    page.keyboard.press("u")
    expect(dialog.get_by_role("alert")).to_have_count(0)
    dialog.get_by_label("Change the key of owl").click()
    page.keyboard.press("Enter")
    expect(dialog.get_by_role("alert")).to_contain_text("Accept the suggestion")
    page.keyboard.press("Space")
    expect(dialog.get_by_role("alert")).to_contain_text("Skip, for me")
    page.keyboard.press("o")
    expect(dialog.locator("kbd").get_by_text("O", exact=True)).to_be_visible()
    assert "\n".join(accessibility(page)) == ""
    page.screenshot(path=SCREENSHOTS / "own-keys-light-1280.png")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)

    expect(page.get_by_role("button", name="Undo the last answer").locator("kbd")).to_have_text("U")
    first, second = label_all(page, "oo")
    page.keyboard.press("z")  # no key any more
    assert key_on_screen(page) not in (first, second)
    page.keyboard.press("u")
    assert key_on_screen(page) == second
    expect(page.get_by_test_id("outbox")).to_have_text(STORED)
    assert said(ben, project_id) == [(first, "owl")]

    # Another computer; there the keys are set back.
    other, _ = enter("ben")
    open_review(other, project_id)
    undo = other.get_by_role("button", name="Undo the last answer")
    expect(undo.locator("kbd")).to_have_text("U")
    other.keyboard.press("?")
    other.get_by_role("button", name="Reset all keys").click()
    expect(other.get_by_role("button", name="Reset all keys")).to_be_disabled()
    other.keyboard.press("Escape")
    expect(undo.locator("kbd")).to_have_text("Z")


def test_keys_work_on_a_layout_of_another_script(enter: Enter) -> None:
    page, ada = enter("ada")
    project_id = ada.make_queue("cyrillic")
    open_review(page, project_id)

    (first,) = label_all(page, "1")
    page.evaluate("dispatchEvent(new KeyboardEvent('keydown', {key: 'я', code: 'KeyZ', bubbles: true}))")
    expect(page.get_by_test_id("item-key")).to_have_text(first)
    expect(page.get_by_test_id("outbox")).to_have_text(STORED)

    assert said(ada, project_id) == []


def test_answers_given_without_a_network_are_stored_once_it_is_back(enter: Enter) -> None:
    page, ada = enter("ada")
    project_id = ada.make_queue("offline")
    open_review(page, project_id)

    page.context.set_offline(True)
    seen = label_all(page, "12312")
    page.keyboard.press("z")
    assert key_on_screen(page) == seen[-1]
    # Four, if the fifth never tried to leave; if it did, it may have arrived, so its undo waits behind it.
    expect(page.get_by_test_id("outbox")).to_have_text(re.compile("^(4|6) waiting$"))
    assert said(ada, project_id) == []
    page.context.set_offline(False)
    expect(page.get_by_test_id("outbox")).to_have_text(STORED)

    names = ["cat", "dog", "owl", "cat"]
    assert sorted(said(ada, project_id)) == sorted(zip(seen[:4], names, strict=True))


def test_on_a_phone_items_are_labeled_skipped_and_taken_back_by_touch(enter: Enter) -> None:
    page, ada = enter("ada", viewport=PHONE, has_touch=True, is_mobile=True)
    project_id = ada.make_queue("touch")
    open_review(page, project_id)
    classes = page.get_by_role("group", name="Classes")
    for name in WORDS:
        box = classes.get_by_role("button", name=name).bounding_box()
        assert box is not None
        assert box["height"] >= 44  # of a fingertip: WCAG 2.5.5

    answered = []
    for name in ("owl", "cat", "dog"):
        answered.append((key_on_screen(page), name))
        classes.get_by_role("button", name=name).tap()
        expect(page.get_by_test_id("item-key")).not_to_have_text(answered[-1][0])
    skipped = key_on_screen(page)
    page.get_by_role("button", name="Skip, for me").tap()
    expect(page.get_by_test_id("item-key")).not_to_have_text(skipped)
    page.get_by_role("button", name="Undo the last answer").tap()
    expect(page.get_by_test_id("item-key")).to_have_text(skipped)
    assert page.evaluate(OVERFLOW) == 0
    expect(page.get_by_test_id("outbox")).to_have_text(STORED)

    assert sorted(said(ada, project_id)) == sorted(answered)


def test_wide_rows_are_filtered_and_pinned_and_their_unusual_values_are_lit(enter: Enter) -> None:
    page, ada = enter("ada", viewport=DESK)
    project_id = import_queue(page, ada, item_type="table", name="wide.csv", content=wide_rows())
    items = ada.get(f"/projects/{project_id}/items?search=row-199")["results"]
    open_review(page, project_id)
    headers = page.get_by_role("region", name="Features of the item").get_by_role("rowheader")
    expect(headers).to_have_text([f"{'zyx'[i % 3]}{i}" for i in range(20)])

    page.get_by_label("Keep x17 on top").click()
    expect(headers.first).to_have_text("x17")
    page.keyboard.press("'")
    page.keyboard.type("Z1")
    expect(headers).to_have_text(["x17", "z12", "z15", "z18"])
    page.keyboard.press("Escape")
    shown = key_on_screen(page)
    page.keyboard.press("1")
    expect(page.get_by_test_id("item-key")).not_to_have_text(shown)
    expect(headers).to_have_text(["x17", "z12", "z15", "z18"])
    page.reload()
    expect(headers).to_have_count(20)
    expect(headers.first).to_have_text("x17")

    page.goto(f"/projects/{project_id}/items/{items[0]['id']}")
    expect(page.locator("mark")).to_have_text(["9999"])
    expect(page.get_by_text("high: under 1% of rows are above")).to_be_visible()
    SCREENSHOTS.mkdir(exist_ok=True)
    page.screenshot(path=SCREENSHOTS / "table-row-light-1280.png", full_page=True)


@pytest.mark.parametrize(("scheme", "size"), [("light", DESK), ("dark", DESK), ("dark", PHONE)])
def test_what_the_model_thinks_is_drawn_as_bars_that_add_up(
    enter: Enter, trained: int, scheme: str, size: dict[str, int]
) -> None:
    page, _ = enter("ada", color_scheme=scheme, viewport=size)
    open_review(page, trained)
    bars = page.get_by_role("complementary", name="What the model thinks").get_by_role("listitem")
    expect(bars).to_have_count(3)
    texts = bars.all_inner_texts()

    shares = [float(text.split("\n")[1].strip("<%")) for text in texts]
    assert {text.split("\n")[0] for text in texts} == set(WORDS)
    assert shares == sorted(shares, reverse=True)
    assert abs(sum(shares) - 100) <= 3
    assert page.locator("[data-suggested] span").first.inner_text() == texts[0].split("\n")[0]
    page.keyboard.press("/")
    found = page.get_by_role("group", name="Classes found").get_by_role("button")
    expect(found).to_have_count(3)  # the dialog comes after the first items
    assert [text.split("\n")[0] for text in found.all_inner_texts()] == [
        text.split("\n")[0] for text in texts
    ]
    page.keyboard.press("Escape")
    assert accessibility(page) == []
    page.screenshot(path=SCREENSHOTS / f"bars-{scheme}-{size['width']}.png")


def test_a_blind_item_shows_no_bars_and_the_search_tells_nothing(enter: Enter) -> None:
    page, ada = enter("ada")
    project_id = ada.make_project("blind bars", n_items=60, n_labeled=30, random_share=1)
    ada.train(project_id)
    open_review(page, project_id)

    expect(page.get_by_text("Blind: the model's guess is hidden.")).to_be_visible()
    expect(page.get_by_role("complementary")).to_have_count(0)
    page.keyboard.press("/")
    found = page.get_by_role("group", name="Classes found").get_by_role("button")
    expect(found).to_have_text(list(WORDS))
