"""Other languages: German from the first page on, and a page from right to left with classes in Arabic and Hebrew."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.client import Client, until
from tests.browser.conftest import PASSWORDS, Enter, Server
from tests.browser.test_looks import DESK, OVERFLOW, PHONE, SCREENSHOTS, accessibility
from tests.browser.test_review import key_on_screen, open_review, said

# What the page does for a language of RIGHT_TO_LEFT, of which none is shipped yet: it sets this property.
FROM_RIGHT_TO_LEFT = """
const dir = Object.getOwnPropertyDescriptor(HTMLElement.prototype, "dir");
Object.defineProperty(HTMLHtmlElement.prototype, "dir", {
    get() { return dir.get.call(this); },
    set() { dir.set.call(this, "rtl"); },
});
"""
CLASSES = ["شكوى", "שאלה", "praise (thanks!)"]
TEXTS = [
    "وصل الطلب متأخراً ثلاثة أيام، والعلبة مكسورة (رقم 4711).",
    "מתי יגיע המשלוח? הזמנתי ב-3 במאי.",
    "Thank you, everything arrived: 5 of 5!",
    "هل يمكنني تغيير العنوان؟",
]
# Boxes of the class buttons with their key and name: [left, right of the key, left and right of the name, direction of it].
BUTTONS = """
() => [...document.querySelectorAll('[role=group][aria-label=Classes] button')].map((button) => {
    const key = button.querySelector("kbd").getBoundingClientRect(), name = button.querySelector("[dir=auto]");
    const box = name.getBoundingClientRect(), style = getComputedStyle(button);
    return {
        keyLeft: key.left, keyRight: key.right, nameLeft: box.left, nameRight: box.right,
        isCut: name.scrollWidth > name.clientWidth, direction: getComputedStyle(name).direction,
        stripeRight: parseFloat(style.borderRightWidth), stripeLeft: parseFloat(style.borderLeftWidth),
    };
})
"""


def make_letters(ada: Client, name: str) -> int:
    """A queue of letters in three scripts, whose keys are in a script of their own too."""
    project_id = int(
        ada.post("/projects", {"name": name, "item_type": "text", "classes": CLASSES, "question": "ما هذا؟"})[
            "id"
        ]
    )
    rows = [{"key": f"رسالة-{i}", "text": text} for i, text in enumerate(TEXTS)]
    ada.post(f"/projects/{project_id}/items", rows)
    ada.post(f"/projects/{project_id}/queue/refill")
    return project_id


@pytest.mark.parametrize("size", [DESK, PHONE])
def test_a_page_from_right_to_left_is_labeled_with_classes_of_any_script(
    enter: Enter, size: dict[str, int]
) -> None:
    page, ada = enter("ada", viewport=size)
    page.add_init_script(FROM_RIGHT_TO_LEFT)
    project_id = make_letters(ada, f"رسائل {size['width']}")
    open_review(page, project_id)
    texts: dict[str, str] = {}

    for hotkey in "123":
        text = page.get_by_role("region", name="Text of the item")
        key = key_on_screen(page)
        texts[key] = text.inner_text()
        is_english = texts[key].isascii()
        assert text.evaluate("(node) => getComputedStyle(node).direction") == ("ltr" if is_english else "rtl")
        assert page.get_by_test_id("item-key").evaluate("(node) => getComputedStyle(node).direction") == "rtl"
        assert page.evaluate(OVERFLOW) == 0
        page.screenshot(path=SCREENSHOTS / f"review-rtl-{hotkey}-{size['width']}.png")
        if size == DESK:  # a phone shows no keys
            buttons = page.evaluate(BUTTONS)
            assert [one["direction"] for one in buttons] == ["rtl", "rtl", "ltr"]
            for one in buttons:
                assert one["keyLeft"] >= one["nameRight"], "the key stands where reading begins"
                assert one["stripeRight"] > one["stripeLeft"], "the class's colour too"
                assert not one["isCut"]
        page.keyboard.press(hotkey)
        until(page, "(key) => document.querySelector('[data-testid=item-key]').textContent !== key", arg=key)

    expect(page.get_by_test_id("outbox")).to_have_text("All stored")
    assert sorted(said(ada, project_id)) == sorted(zip(texts, CLASSES, strict=True))
    assert set(texts.values()) < set(TEXTS)
    assert accessibility(page) == []


def test_a_page_from_right_to_left_fits_its_screen_everywhere(enter: Enter, trained: int) -> None:
    page, _ = enter("ada", viewport=PHONE)
    page.add_init_script(FROM_RIGHT_TO_LEFT)
    for name, path in {"overview": "", "items": "/items", "grid": "/grid", "data": "/data"}.items():
        page.goto(f"/projects/{trained}{path}")
        page.locator("main").first.wait_for()
        page.wait_for_load_state("networkidle")
        assert page.locator("html").get_attribute("dir") == "rtl"
        page.screenshot(path=SCREENSHOTS / f"{name}-rtl-390.png", full_page=name not in ("grid",))
        assert page.evaluate(OVERFLOW) == 0, name
        if name == "grid":
            leave(page)


def test_a_browser_in_german_is_answered_in_german_until_somebody_chooses_english(
    server: Server, chromium: Browser, trained: int
) -> None:
    context = chromium.new_context(base_url=server.address, locale="de-DE", viewport=DESK)
    context.set_default_timeout(15_000)
    page = context.new_page()
    page.goto(f"/projects/{trained}")
    expect(page.locator("html")).to_have_attribute("lang", "de")
    expect(page.get_by_role("heading", name="Bei Assay anmelden")).to_be_visible()
    picture(page, "sign-in-de")
    page.get_by_label("Benutzername").fill("ada")
    page.locator("input[type=password]").fill(PASSWORDS["ada"])
    page.get_by_role("button", name="Anmelden").click()

    expect(page.get_by_role("main").get_by_text("90 Elemente", exact=True)).to_be_visible()
    expect(page.get_by_text(re.compile(r"^Menschen: 45 \(50,0\s%\)$"))).to_be_visible()
    expect(page.get_by_role("heading", name="Labels nach Klasse")).to_be_visible()
    expect(page.get_by_role("link", name="Übersicht")).to_be_visible()
    picture(page, "overview-de")

    page.goto(f"/projects/{trained}/review")
    expect(page.get_by_role("heading", name="Review: animals")).to_be_attached()
    expect(page.get_by_role("button", name="Überspringen, für mich")).to_be_visible()
    expect(
        page.get_by_text(
            re.compile(r"Das Modell sagt (cat|dog|owl), zu \d+\s%\ssicher\.|Blind: Die Vermutung")
        )
    ).to_be_visible()
    picture(page, "review-de")
    key = key_on_screen(page)
    page.keyboard.press("1")
    expect(page.get_by_test_id("item-key")).not_to_have_text(key)
    expect(page.get_by_test_id("outbox")).to_have_text("Gespeichert")
    page.keyboard.press("z")
    expect(page.get_by_test_id("item-key")).to_have_text(key)
    expect(page.get_by_test_id("outbox")).to_have_text("Gespeichert")
    page.get_by_role("button", name="Tasten zeigen").click()
    expect(page.get_by_role("dialog").get_by_text("Vorschlag annehmen")).to_be_visible()
    picture(page, "keys-de")

    page.goto("/account")
    choice = page.get_by_role("combobox", name="Sprache")
    expect(choice).to_be_visible()
    assert choice.locator("option").evaluate_all("(all) => all.map((one) => [one.lang, one.text])") == [
        ["en", "English"],
        ["de", "Deutsch"],
    ]
    picture(page, "account-de")
    assert accessibility(page) == []
    choice.select_option("English")
    expect(page.get_by_role("heading", name="Access tokens")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.goto(f"/projects/{trained}/review")
    expect(page.get_by_role("button", name="Skip, for me")).to_be_visible()
    leave(page)
    context.close()


def test_pages_in_german_fit_a_phone(enter: Enter, trained: int) -> None:
    page, _ = enter("ada", locale="de-DE", viewport=PHONE)
    for name, path in {
        "review": "/review",
        "grid": "/grid",
        "items": "/items",
        "data": "/data",
        "adjudication": "/adjudication",
    }.items():
        page.goto(f"/projects/{trained}{path}")
        page.locator("main").first.wait_for()
        page.wait_for_load_state("networkidle")
        picture(page, f"{name}-de-390")
        assert page.evaluate(OVERFLOW) == 0, name
        if name in ("review", "grid"):
            leave(page)


def test_a_number_with_a_point_may_be_pasted_where_a_comma_begins_the_fraction(
    enter: Enter, trained: int
) -> None:
    page, _ = enter("ada", locale="de-DE", permissions=["clipboard-read", "clipboard-write"])
    page.goto(f"/projects/{trained}/settings")
    field = page.get_by_label("Zielpräzision")

    page.evaluate("navigator.clipboard.writeText(' 0.8')")
    field.select_text()
    page.keyboard.press("Control+v")

    expect(field).to_have_value("0,8")


def test_the_tab_of_a_page_is_in_sight_where_not_all_tabs_fit(enter: Enter, trained: int) -> None:
    page, _ = enter("ada", locale="de-DE", viewport=PHONE)
    page.goto(f"/projects/{trained}/settings")
    tab = page.get_by_role("link", name="Einstellungen")
    expect(tab).to_have_attribute("aria-current", "page")

    box, review = tab.bounding_box(), page.get_by_role("link", name="Review", exact=True).bounding_box()

    assert box is not None
    assert review is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= review["x"]


def leave(page: Page) -> None:
    """What is held goes back to the queue that the other tests share."""
    page.get_by_role("link", name="animals", exact=True).click()
    expect(page.get_by_role("heading", level=1, name="animals")).to_be_visible()


def picture(page: Page, name: str) -> None:
    SCREENSHOTS.mkdir(exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{name}.png")
