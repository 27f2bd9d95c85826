"""Taking away on the page: an import undone, an item deleted, and the list of what is gone."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.conftest import Enter


def test_an_import_is_undone_by_its_button_and_stands_in_the_list_of_what_was_removed(enter: Enter) -> None:
    page, ada = enter("ada")
    project_id = ada.make_project("Undone", n_items=5, review_budget=0)
    ada.import_file(
        project_id, "wrong.csv", "id,text\n" + "".join(f"w{i},a wrong text {i}\n" for i in range(7))
    )
    page.goto(f"/projects/{project_id}/data")
    row = page.get_by_role("row", name=re.compile(r"^wrong\.csv"))
    expect(page.get_by_role("heading", name="Removed")).to_be_hidden()

    row.get_by_role("button", name="Undo").click()
    dialog = page.get_by_role("dialog", name="Undo the import of wrong.csv?")
    expect(dialog).to_contain_text("7 items that it added go")
    dialog.get_by_role("button", name="Keep as it is").click()
    expect(dialog).to_be_hidden()
    assert ada.get(f"/projects/{project_id}/progress")["n_items"] == 12

    row.get_by_role("button", name="Undo").click()
    dialog.get_by_role("button", name="Undo the import").click()
    expect(row).to_contain_text("Undone, 7 items gone", timeout=30_000)
    gone = page.get_by_role("table", name="Removed").get_by_role("row").filter(has_text="Import of wrong.csv")
    expect(gone).to_contain_text(re.compile("7.*0 items.*ada"))
    assert ada.get(f"/projects/{project_id}/progress")["n_items"] == 5


def test_an_item_is_deleted_by_its_button_and_with_peoples_work_only_when_asked_twice(enter: Enter) -> None:
    page, ada = enter("ada")
    project_id = ada.make_project("Deleted", n_items=6, review_budget=0)
    first, second = ada.get(f"/projects/{project_id}/items?limit=2")["results"]
    class_id = next(iter(ada.class_ids(project_id).values()))
    ada.post(f"/projects/{project_id}/labels", [{"item_id": second["id"], "class_id": class_id}])

    page.goto(f"/projects/{project_id}/items/{first['id']}")
    page.get_by_role("button", name="Delete the item").click()
    page.get_by_role("button", name="Delete it").click()
    page.wait_for_url(f"**/projects/{project_id}/items")

    page.goto(f"/projects/{project_id}/items/{second['id']}")
    page.get_by_role("button", name="Delete the item").click()
    dialog = page.get_by_role("dialog", name="Delete this item?")
    dialog.get_by_role("button", name="Delete it").click()
    expect(dialog.get_by_role("alert")).to_be_visible()
    assert ada.get(f"/items/{second['id']}")["id"] == second["id"]
    dialog.get_by_role("button", name="Delete it with their work").click()
    page.wait_for_url(f"**/projects/{project_id}/items")

    assert ada.get(f"/projects/{project_id}/progress")["n_items"] == 4
    page.goto(f"/projects/{project_id}/data")
    table = page.get_by_role("table", name="Removed")
    for item in (first, second):
        expect(table.get_by_role("row").filter(has_text=f"Item {item['key']}")).to_contain_text("ada")
