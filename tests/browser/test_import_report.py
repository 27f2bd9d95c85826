"""What the page says of a file before and after it is imported."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.conftest import Enter
from tests.browser.test_new_project import drop

REVIEWS = [
    f"{i},it {'worked' if i % 2 else 'broke'} within {i} days,{'Good' if i % 2 else 'Bad'}" for i in range(30)
]


def table(*rows: str, header: str = "id,review,label") -> str:
    return "\n".join([header, *rows]) + "\n"


def into_new_project(page: Page, name: str) -> None:
    page.get_by_role("textbox", name="Name").fill(name)
    page.get_by_role("button", name="Create and import").click()


def test_a_file_without_labels_is_no_silent_success(enter: Enter) -> None:
    page, _ = enter("ada")
    page.goto("/projects/new")

    drop(page, table(*(row.rsplit(",", 1)[0] for row in REVIEWS), header="id,review"))

    warning = page.get_by_role("alert").filter(has_text="0 labels found")
    expect(warning).to_be_visible(timeout=30_000)
    into_new_project(page, "Without labels")
    expect(page.get_by_role("button", name="Go to the project")).to_be_visible(timeout=30_000)
    expect(warning).to_be_visible()
    expect(page.get_by_text("30 rows = 30 items + 0 repeats + 0 left out")).to_be_visible()


def test_rows_that_are_left_out_are_counted_with_their_reason_and_can_be_taken_home(enter: Enter) -> None:
    page, _ = enter("ada")
    page.goto("/projects/new")

    drop(page, table(*REVIEWS, "31,,Good", "32,   ,Bad", "0,it broke within 0 days,Bad"))

    sum_of_rows = page.get_by_text("33 rows = 30 items + 1 repeat + 2 left out")
    expect(sum_of_rows).to_be_visible(timeout=30_000)
    expect(page.get_by_role("row", name="2 rows The text is empty.")).to_be_visible()
    into_new_project(page, "With problems")
    expect(page.get_by_role("button", name="Go to the project")).to_be_visible(timeout=30_000)
    expect(sum_of_rows).to_be_visible()
    expect(page.get_by_role("cell", name="row 31", exact=True)).to_be_visible()
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Download as CSV").click()
    lines = waiting.value.path().read_text().splitlines()
    assert lines[0].endswith("file,row,field,message")
    assert [line.split(",")[:2] for line in lines[1:]] == [["films.csv", "31"], ["films.csv", "32"]]
    page.get_by_role("button", name="How the file was read, and why").click()
    expect(page.get_by_role("rowheader", name="review")).to_be_visible()


def test_what_is_not_sure_is_asked_with_the_likeliest_answer_chosen(enter: Enter) -> None:
    page, ada = enter("ada")
    page.goto("/projects/new")

    drop(page, table(*REVIEWS, *(f"{i},it worked again after {i} days,good" for i in range(40, 45))))

    who = page.get_by_label("Were the labels given by people or by a machine?")
    expect(who).to_have_value("person")
    join = page.get_by_label("Are these names one class")
    expect(join).to_have_value("Good", timeout=30_000)
    who.select_option("machine")
    expect(who).to_have_value("machine")
    into_new_project(page, "Joined")
    page.get_by_role("button", name="Go to the project").click(timeout=30_000)

    expect(page.get_by_role("heading", name="Joined")).to_be_visible()
    project = next(one for one in ada.get("/projects")["results"] if one["name"] == "Joined")
    assert [one["name"] for one in project["classes"]] == ["Bad", "Good"]
    done = ada.get(f"/projects/{project['id']}/imports")["results"][0]
    assert done["report"]["labels"] == {"person": 0, "machine": 35, "none": 0}
