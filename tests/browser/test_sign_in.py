from __future__ import annotations

from playwright.sync_api import Browser, expect

from tests.browser.conftest import PASSWORDS, Enter, Server


def test_signing_in_leads_back_to_the_place_that_was_asked_for(server: Server, chromium: Browser) -> None:
    page = chromium.new_page(base_url=server.address)
    page.goto("/account")

    page.get_by_label("User name").fill("ada")
    page.locator("input[type=password]").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_be_visible()

    page.locator("input[type=password]").fill(PASSWORDS["ada"])
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Access tokens")).to_be_visible()

    page.get_by_role("button", name="ada").click()
    page.get_by_role("menuitem", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in to Assay")).to_be_visible()
    page.context.close()


def test_somebody_without_projects_is_told_what_to_do(enter: Enter) -> None:
    page, _ = enter("cy")

    page.goto("/")

    expect(page.get_by_text("You have no project yet")).to_be_visible()
    expect(page.get_by_role("link", name="New project").first).to_be_visible()


def test_an_outsider_sees_no_project_and_no_item(enter: Enter) -> None:
    _, ada = enter("ada")
    project_id = ada.make_project("secret", n_items=3)
    item_id = ada.get(f"/projects/{project_id}/items")["results"][0]["id"]
    page, _ = enter("cy")

    for path in ("", "/items", f"/items/{item_id}", "/training", "/settings"):
        page.goto(f"/projects/{project_id}{path}")
        expect(page.get_by_text("There is no such page")).to_be_visible()
    page.goto(f"/projects/{project_id}/review")
    expect(page.get_by_role("alert")).to_contain_text("There is no project")
