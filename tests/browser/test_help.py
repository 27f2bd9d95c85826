"""What helps those who answer: the guide, nearest labeled items, and the words that weigh most."""

from __future__ import annotations

import time

import pytest
from playwright.sync_api import ViewportSize, expect

from tests.browser.client import WAIT_SECONDS, WORDS, Client
from tests.browser.conftest import Enter
from tests.browser.test_looks import DESK, OVERFLOW, PHONE, SCREENSHOTS, accessibility
from tests.browser.test_review import key_on_screen, open_review

GUIDE = "Guide"


def explained_queue(ada: Client, name: str) -> int:
    """A text project whose model has filled the queue, with nothing asked blind, and whose worker has explained it."""
    project_id = ada.make_project(name, n_items=60, n_labeled=30, random_share=0)
    ada.train(project_id)
    claimed = ada.post(f"/projects/{project_id}/queue/claim", {"n": 20})["entries"]
    ids = ",".join(str(one["item"]["id"]) for one in claimed)
    deadline = time.monotonic() + WAIT_SECONDS
    while not ada.get(f"/projects/{project_id}/queue/explanations?items={ids}"):
        assert time.monotonic() < deadline, "no worker explained the queue"
        time.sleep(0.3)
    return project_id


@pytest.mark.parametrize(("scheme", "size"), [("light", DESK), ("dark", DESK), ("light", PHONE)])
def test_the_weightiest_words_are_lit_and_the_nearest_labeled_items_stand_beside(
    enter: Enter, scheme: str, size: ViewportSize
) -> None:
    page, ada = enter("ada", color_scheme=scheme, viewport=size)
    project_id = explained_queue(ada, f"explained {scheme} {size['width']}")
    open_review(page, project_id)

    lit = page.get_by_role("region", name="Text of the item").locator("[data-strength]")
    expect(lit.first).to_be_visible()
    assert set(lit.all_inner_texts()) <= {word for words in WORDS.values() for word in words.split()}
    help_ = page.get_by_role("complementary", name="What may help")
    if size is DESK:
        expect(help_.get_by_role("heading", name="Nearest that people labeled")).to_be_visible()
        assert {text.split()[0] for text in help_.get_by_role("listitem").all_inner_texts() if text}
        expect(help_.get_by_role("link")).to_have_count(4)
    assert not page.evaluate(OVERFLOW)
    assert accessibility(page) == []
    before = key_on_screen(page)
    page.keyboard.press("1")
    expect(page.get_by_test_id("item-key")).not_to_have_text(before)
    expect(lit.first).to_be_visible()
    page.screenshot(path=SCREENSHOTS / f"help-{scheme}-{size['width']}.png")


def test_the_guide_shows_instructions_descriptions_keys_and_examples(enter: Enter) -> None:
    page, ada = enter("ada")
    project_id = ada.make_project("guided", n_items=12, n_labeled=6)
    page.goto(f"/projects/{project_id}/settings")
    page.get_by_label("Instructions").fill("Read it twice.\nThen say which animal it is about.")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("button", name="Save")).to_be_disabled()
    name = next(iter(ada.class_ids(project_id)))
    page.get_by_label(f"Description of {name}").fill("All that purrs.")
    page.get_by_label(f"Description of {name}").blur()
    labeled = ada.get(f"/projects/{project_id}/items?source=human")["results"]
    page.goto(f"/projects/{project_id}/items/{labeled[0]['id']}")
    page.get_by_role("button", name="Show it in the guide").click()
    expect(page.get_by_role("button", name="Take it out of the guide")).to_be_visible()

    ada.post(f"/projects/{project_id}/queue/refill")
    open_review(page, project_id)
    before = key_on_screen(page)
    page.keyboard.press("g")
    guide = page.get_by_role("dialog", name=GUIDE)
    expect(guide.get_by_text("Read it twice.")).to_be_visible()
    expect(guide.get_by_text("All that purrs.")).to_be_visible()
    expect(guide.get_by_text(labeled[0]["text"])).to_be_visible()
    assert accessibility(page) == []
    page.screenshot(path=SCREENSHOTS / "guide.png")

    page.keyboard.press("1")
    page.keyboard.press("Escape")
    expect(guide).to_be_hidden()
    assert key_on_screen(page) == before, "keys answer nothing while the guide is open"


def test_a_project_without_instructions_says_who_writes_them(enter: Enter) -> None:
    page, ada = enter("ada")
    project_id = ada.make_queue("without a guide")
    open_review(page, project_id)
    page.get_by_role("button", name="Guide").click()

    guide = page.get_by_role("dialog", name=GUIDE)
    expect(
        guide.get_by_text("Nobody has written instructions yet. Write them in the settings")
    ).to_be_visible()
    expect(guide.get_by_text("No example yet").first).to_be_visible()
