"""What a person does with the account: another password, tokens with an end. And pages keep to the policy."""

from __future__ import annotations

from playwright.sync_api import Browser, expect

from tests.browser.client import Client
from tests.browser.conftest import Enter, Server


def test_person_changes_the_password_on_the_page(enter: Enter, server: Server, chromium: Browser) -> None:
    page, client = enter("cy")
    page.goto("/account")

    page.get_by_label("Old password").fill("a guess")
    page.get_by_label("New password").fill("cy-has-a-new-word")
    page.get_by_role("button", name="Change the password").click()
    expect(page.get_by_text("It is another one.")).to_be_visible()
    page.get_by_label("Old password").fill("cy-does-not-work-here")
    page.get_by_role("button", name="Change the password").click()

    expect(page.get_by_text("The password is changed.")).to_be_visible()
    context = chromium.new_context(base_url=server.address)
    Client(context).sign_in("cy", "cy-has-a-new-word")
    context.close()
    back = {"old_password": "cy-has-a-new-word", "new_password": "cy-does-not-work-here"}
    client.put("/password", back)  # other tests sign in with it


def test_token_says_how_long_it_is_good(enter: Enter) -> None:
    page, _ = enter("ben")
    page.goto("/account")

    page.get_by_label("What it is for").fill("a week")
    page.get_by_label("Good for how many days").fill("7")
    page.get_by_role("button", name="Make a token").click()

    expect(page.get_by_role("row", name="a week").get_by_text("good until")).to_be_visible()


def test_no_page_does_what_the_policy_forbids(enter: Enter, trained: int) -> None:
    page, _ = enter("ada")
    told: list[str] = []
    page.on(
        "console", lambda message: told.append(message.text) if "Content Security" in message.text else None
    )

    for path in (
        "/",
        "/account",
        f"/projects/{trained}",
        f"/projects/{trained}/review",
        f"/projects/{trained}/training",
        f"/projects/{trained}/data",
        f"/projects/{trained}/quality",
        f"/projects/{trained}/certificates",
        f"/projects/{trained}/settings",
        "/api/docs",
        "/admin/login/",
    ):
        page.goto(path)
        page.wait_for_load_state("networkidle")

    assert told == []
