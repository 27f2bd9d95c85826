from __future__ import annotations

import zipfile
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.conftest import Enter
from tests.labeling.import_files import image_bytes

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


def test_a_table_and_a_folder_of_images_are_dropped_together(enter: Enter, tmp_path: Path) -> None:
    page, ada = enter("ada")
    page.goto("/projects/new")
    folder = tmp_path / "pets"
    folder.mkdir()
    for number in range(4):
        (folder / f"{number}.png").write_bytes(image_bytes(60 * number, size=(40, 40)))
    page.locator("input[type=file]").last.set_input_files(folder)
    expect(page.get_by_text("pets.zip")).to_be_visible()
    expect(page.get_by_text("0 labeled, 4 unlabeled")).to_be_visible()
    page.get_by_role("button", name="Choose other files").click()

    table = tmp_path / "labels.csv"
    table.write_text("id,kind\n0,cat\n1,dog\n2,cat\n")
    with zipfile.ZipFile(tmp_path / "images.zip", "w") as archive:
        for path in sorted(folder.iterdir()):
            archive.write(path, path.name)
    page.locator("input[type=file]").first.set_input_files([table, tmp_path / "images.zip"])
    expect(page.get_by_text("images.zip")).to_be_visible()
    expect(page.get_by_text("3 labeled, 1 unlabeled")).to_be_visible()
    page.get_by_label("Name").fill("Pets together")
    page.get_by_role("button", name="Create and import").click()
    page.get_by_role("button", name="Go to the project").click(timeout=30_000)

    project = next(one for one in ada.get("/projects")["results"] if one["name"] == "Pets together")
    assert project["item_type"] == "image"
