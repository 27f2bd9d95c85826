from __future__ import annotations

import re

from playwright.sync_api import Page, Route, expect

from tests.browser.client import WORDS, Client
from tests.browser.conftest import Enter, Server

STORED = "All stored"


def key_on_screen(page: Page) -> str:
    return page.get_by_test_id("item-key").inner_text()


def label_all(page: Page, keys: str) -> list[str]:
    """Press the keys one after another; returns the item that each of them answered."""
    seen = []
    for key in keys:
        seen.append(key_on_screen(page))
        page.keyboard.press(key)
    return seen


def open_review(page: Page, project_id: int) -> None:
    page.goto(f"/projects/{project_id}/review")
    expect(page.get_by_test_id("item-key")).to_be_visible()


def said(client: Client, project_id: int) -> list[tuple[str, str]]:
    names = {class_id: name for name, class_id in client.class_ids(project_id).items()}
    return [
        (answer["item_key"], names.get(answer["class_id"], "-")) for answer in client.my_answers(project_id)
    ]


def test_keys_answer_skip_and_undo(enter: Enter) -> None:
    page, ada = enter("ada")
    project_id = ada.make_queue("keys")
    open_review(page, project_id)

    first, second, third = [*label_all(page, "12"), key_on_screen(page)]
    page.keyboard.press("Space")
    fourth = key_on_screen(page)
    assert len({first, second, third, fourth}) == 4
    page.keyboard.press("z")
    assert key_on_screen(page) == third
    page.keyboard.press("Backspace")
    assert key_on_screen(page) == second
    page.keyboard.press("3")
    assert key_on_screen(page) == third
    expect(page.get_by_test_id("outbox")).to_have_text(STORED)

    assert sorted(said(ada, project_id)) == sorted([(first, "cat"), (second, "owl")])


def test_undo_reaches_answers_from_before_a_reload(enter: Enter) -> None:
    page, ada = enter("ada")
    project_id = ada.make_queue("again")
    open_review(page, project_id)
    (first,) = label_all(page, "1")
    expect(page.get_by_test_id("outbox")).to_have_text(STORED)

    page.reload()
    expect(page.get_by_role("button", name="Undo the last answer")).to_be_enabled()
    page.keyboard.press("z")
    expect(page.get_by_test_id("item-key")).to_have_text(first)

    assert said(ada, project_id) == []


def test_help_shows_the_keys_and_keys_rest_while_it_is_open(enter: Enter) -> None:
    page, ada = enter("ada")
    project_id = ada.make_queue("help")
    open_review(page, project_id)
    shown = key_on_screen(page)

    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("Undo the last answer")
    page.keyboard.press("1")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()

    assert key_on_screen(page) == shown
    assert said(ada, project_id) == []


def test_the_key_of_the_suggested_class_answers_with_it(enter: Enter, trained: int) -> None:
    """Elsewhere the key of the pre-filled class takes it off, and an empty answer is saved without a word."""
    page, ada = enter("ada")
    open_review(page, trained)
    page.locator("[data-suggested]").wait_for()

    shown = key_on_screen(page)
    suggested = page.locator("[data-suggested] span").first.inner_text()
    page.keyboard.press(str(list(WORDS).index(suggested) + 1))
    accepted = key_on_screen(page)
    guess = page.locator("[data-suggested] span").first.inner_text()
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("outbox")).to_have_text(STORED)

    assert sorted(said(ada, trained)) == sorted([(shown, suggested), (accepted, guess)])


def test_a_flag_with_a_note_goes_to_a_reviewer_once_what_is_asked_blind_is_answered(enter: Enter) -> None:
    page, ada = enter("ada")
    project_id = ada.make_queue("flags")
    open_review(page, project_id)
    flagged = key_on_screen(page)

    # Typed on at once, as people do: no letter waits for the dialog, and none answers the item.
    page.keyboard.press("f")
    page.keyboard.type("two animals, 1 of them hidden")
    note = page.get_by_label("What is the matter?")
    expect(note).to_have_value("two animals, 1 of them hidden")
    expect(note).to_have_attribute("placeholder", "Half of it is in another language")
    expect(page.get_by_role("dialog")).to_contain_text(
        "once it has been answered, a reviewer will look at it"
    )
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("item-key")).not_to_have_text(flagged)

    page.goto(f"/projects/{project_id}/adjudication?of=flags")
    expect(page.get_by_role("row", name=flagged)).to_contain_text("two animals, 1 of them hidden")
    assert said(ada, project_id) == []


def test_unsent_answers_survive_a_reload(enter: Enter) -> None:
    page, ada = enter("ada")
    project_id = ada.make_queue("reload")
    open_review(page, project_id)

    def refuse(route: Route) -> None:
        route.abort()

    page.route("**/answers", refuse)
    seen = label_all(page, "1231")
    expect(page.get_by_test_id("outbox")).to_have_text("4 waiting")
    page.reload()
    expect(page.get_by_test_id("outbox")).to_have_text("4 waiting")
    expect(page.get_by_test_id("item-key")).to_be_visible()
    assert key_on_screen(page) not in seen
    assert said(ada, project_id) == []

    page.unroute("**/answers", refuse)
    page.keyboard.press("2")
    expect(page.get_by_test_id("outbox")).to_have_text(STORED)
    assert sorted(name for _, name in said(ada, project_id)) == ["cat", "cat", "dog", "dog", "owl"]


def test_answers_wait_for_the_next_sign_in_when_the_session_has_ended(enter: Enter) -> None:
    page, ada = enter("ada")
    project_id = ada.make_queue("session")
    open_review(page, project_id)

    page.context.clear_cookies()
    page.keyboard.press("1")
    page.get_by_label("User name").fill("ada")
    page.locator("input[type=password]").fill("ada-works-here")
    page.get_by_role("button", name="Sign in").click()

    expect(page.get_by_test_id("item-key")).to_be_visible()
    expect(page.get_by_test_id("outbox")).to_have_text(STORED)
    assert [name for _, name in said(ada, project_id)] == ["cat"]


def test_a_second_tab_does_not_show_the_same_items(enter: Enter) -> None:
    page, ada = enter("ada")
    project_id = ada.make_queue("tabs")
    open_review(page, project_id)
    other = page.context.new_page()

    other.goto(f"/projects/{project_id}/review")
    other.get_by_role("button", name="Go on in this tab").click()
    expect(other.get_by_test_id("item-key")).to_be_visible()

    expect(page.get_by_text("in another tab")).to_be_visible()


def test_answers_given_while_the_server_is_down_are_stored_exactly_once(enter: Enter, server: Server) -> None:
    page, ada = enter("ada")
    project_id = ada.make_queue("down")
    open_review(page, project_id)
    before = label_all(page, "12")

    server.stop()
    during = label_all(page, "31231")
    expect(page.get_by_test_id("outbox")).to_contain_text("waiting")
    server.start()
    after = label_all(page, "2")
    expect(page.get_by_test_id("outbox")).to_have_text(STORED, timeout=40_000)

    names = ["cat", "dog", "owl", "cat", "dog", "owl", "cat", "dog"]
    assert sorted(said(ada, project_id)) == sorted(zip(before + during + after, names, strict=True))


def test_a_flag_typed_before_its_dialog_has_come_loses_nothing(enter: Enter) -> None:
    page, ada = enter("ada")
    project_id = ada.make_queue("slow-flags")
    waiting: list[Route] = []
    page.route("**/flag-dialog*.js", lambda route: waiting.append(route))
    open_review(page, project_id)
    flagged = key_on_screen(page)

    page.keyboard.press("f")
    page.keyboard.type("1 of two")
    page.keyboard.press("Enter")  # nobody has seen it yet: not sent
    page.wait_for_timeout(100)
    while not waiting:
        page.wait_for_timeout(50)
    waiting[0].continue_()
    expect(page.get_by_label("What is the matter?")).to_have_value("1 of two")
    page.keyboard.type(" cats")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("item-key")).not_to_have_text(flagged)

    (flag,) = ada.get(f"/projects/{project_id}/flags")["results"]
    assert flag["note"] == "1 of two cats"
    assert said(ada, project_id) == []


def test_without_a_network_everything_on_the_page_opens(enter: Enter) -> None:
    page, ada = enter("ada")
    project_id = ada.make_queue("everything")
    open_review(page, project_id)
    page.wait_for_timeout(1_500)
    page.wait_for_load_state("networkidle")

    page.context.set_offline(True)
    label_all(page, "12")
    page.get_by_role("button", name="Answers not stored yet").click()
    expect(page.get_by_role("dialog")).to_contain_text("answers waiting")
    page.keyboard.press("Escape")
    for key, said_there in (
        ("?", "Undo the last answer"),
        ("g", "Guide"),
        ("/", "Find a class"),
        ("f", "What is the matter?"),
    ):
        page.keyboard.press(key)
        expect(page.get_by_role("dialog")).to_contain_text(said_there)
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_be_hidden()
    label_all(page, "3")
    expect(page.get_by_test_id("outbox")).to_contain_text("waiting")

    page.context.set_offline(False)
    expect(page.get_by_test_id("outbox")).to_have_text(STORED)
    assert len(said(ada, project_id)) == 3


def test_a_part_that_cannot_be_loaded_yet_leaves_the_page_alive_and_comes_by_itself(enter: Enter) -> None:
    """Once the badge of waiting answers, pressed offline, ended the page for good."""
    page, ada = enter("ada")
    project_id = ada.make_queue("late-parts")
    page.route("**/assets/outbox-list*.js", lambda route: route.abort())
    page.route("**/assets/overview-page*.js", lambda route: route.abort())
    page.route("**/health", lambda route: route.abort())
    open_review(page, project_id)

    page.get_by_role("button", name="Answers not stored yet").click()
    late = page.get_by_role("dialog", name="Not loaded yet")
    expect(late).to_contain_text("opens by itself")
    late.get_by_role("button", name="Close").click()
    label_all(page, "1")
    page.get_by_role("link", name="late-parts").click()
    expect(page.get_by_text("The server cannot be reached.")).to_be_visible()
    label_all(page, "2")  # the page in hand goes on
    page.get_by_role("button", name="Answers not stored yet").click()
    expect(late).to_be_visible()

    for path in ("outbox-list*.js", "overview-page*.js"):
        page.unroute(f"**/assets/{path}")
    page.unroute("**/health")
    page.evaluate("dispatchEvent(new Event('online'))")

    expect(page).to_have_url(re.compile(rf"/projects/{project_id}$"))
    expect(page.get_by_role("heading", name="late-parts")).to_be_visible()
    expect(page.get_by_text("This page failed")).to_have_count(0)
    assert len(said(ada, project_id)) == 2


def test_words_find_a_class_in_whatever_order(enter: Enter) -> None:
    page, ada = enter("ada", viewport={"width": 1280, "height": 800})
    names = [f"{what}_{why}" for what in ("refund", "card", "transfer", "top_up", "pin", "fee", "rate") for why in ("wrong_amount", "not_showing", "late", "lost", "declined", "pending", "charged", "failed", "twice", "abroad", "limit")]  # fmt: skip
    project = ada.post("/projects", {"name": "banking", "item_type": "text", "classes": names})
    ada.post(
        f"/projects/{project['id']}/items", [{"key": f"q-{i}", "text": f"question {i}"} for i in range(5)]
    )
    ada.post(f"/projects/{project['id']}/queue/refill")
    open_review(page, project["id"])
    answered = key_on_screen(page)
    bar = page.get_by_role("group", name="Classes").bounding_box()
    assert bar is not None
    assert bar["height"] < 0.25 * 800  # of 77 classes: the item keeps the screen

    page.keyboard.press("/")
    page.keyboard.type("refund w")
    expect(page.get_by_role("group", name="Classes found").get_by_role("button")).to_have_text(
        ["refund_wrong_amount"]
    )
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("outbox")).to_have_text(STORED)

    assert said(ada, project["id"]) == [(answered, "refund_wrong_amount")]
