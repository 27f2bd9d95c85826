"""The page Quality: an inspection from the page, and its candidates on their way to a reviewer."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.conftest import Enter

SECONDS = 1000  # milliseconds; limits are for a machine with other things to do


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
