from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.conftest import Enter

ROWS = [
    f"{i},{'great fun' if i % 2 else 'dull and slow'} film {i},{'good' if i % 2 else 'bad'}"
    for i in range(40)
]
CSV = "\n".join(["id,review,label", *ROWS[:20], *(row.rsplit(",", 1)[0] + "," for row in ROWS[20:])])

DROP = """([zone, text]) => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([text], "films.csv", { type: "text/csv" }));
    zone.dispatchEvent(new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true }));
}"""


def drop(page: Page, text: str) -> None:
    zone = page.get_by_role("button", name="Drop files or folders here").element_handle()
    page.evaluate(DROP, [zone, text])


def test_a_dropped_csv_becomes_a_project(enter: Enter) -> None:
    page, ada = enter("ada")
    page.goto("/projects/new")

    drop(page, CSV)
    expect(page.get_by_text("20 labeled, 20 unlabeled")).to_be_visible()
    expect(page.get_by_label("Role of column review")).to_have_value("text")
    expect(page.get_by_text("good (10)")).to_be_visible()
    page.get_by_label("Name").fill("Films")
    page.get_by_label("Question").fill("Is this review good?")
    page.get_by_role("button", name="Create and import").click()
    page.get_by_role("button", name="Go to the project").click(timeout=30_000)

    expect(page.get_by_role("heading", name="Films")).to_be_visible()
    expect(page.get_by_text("people: 20 (50.0%)")).to_be_visible()
    project = next(one for one in ada.get("/projects")["results"] if one["name"] == "Films")
    assert [one["name"] for one in project["classes"]] == ["bad", "good"]


def test_a_wrong_file_is_refused_in_words_and_leaves_no_project(enter: Enter) -> None:
    page, ada = enter("ada")
    n_before = len(ada.get("/projects?limit=200")["results"])
    page.goto("/projects/new")

    drop(page, "")

    expect(page.get_by_role("alert")).to_be_visible()

    page.reload()
    drop(page, "review,label\n")

    expect(page.get_by_text("No rows were found in this file.")).to_be_visible()
    expect(page.get_by_role("button", name="Create and import")).to_be_hidden()
    assert len(ada.get("/projects?limit=200")["results"]) == n_before


def test_a_project_without_items_says_on_every_page_for_answers_how_to_get_some(enter: Enter) -> None:
    page, ada = enter("ada")
    project_id = ada.make_project("bare", n_items=0)

    for path in ("", "/review", "/grid"):
        page.goto(f"/projects/{project_id}{path}")
        expect(page.get_by_text("This project has no items yet")).to_be_visible()
        page.get_by_role("link", name="Import a file").click()
        page.wait_for_url(f"**/projects/{project_id}/data")
