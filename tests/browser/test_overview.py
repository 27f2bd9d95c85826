"""The project's first page: what it shows of labels over time, rounds and people."""

from __future__ import annotations

import uuid

from playwright.sync_api import expect

from tests.browser.client import right_class
from tests.browser.conftest import Enter, Server
from tests.browser.test_looks import SCREENSHOTS
from tests.browser.test_review import open_review


def test_the_dashboard_shows_labels_over_time_rounds_and_people(enter: Enter) -> None:
    page, ada = enter("ada")
    project_id = ada.make_project("dashboard", n_items=60, n_labeled=30, random_share=1.0)
    ada.post(f"/projects/{project_id}/members", {"username": "ben", "role": "viewer"})
    ada.train(project_id)
    entries = ada.post(f"/projects/{project_id}/queue/claim", {"n": 8})["entries"]
    class_id = ada.class_ids(project_id)["owl"]
    answers = [
        {
            "key": str(uuid.uuid4()),
            "entry_id": entry["id"],
            "kind": "label",
            "class_id": class_id,
            "seconds": 1.5,
        }
        for entry in entries
    ]
    ada.post(f"/projects/{project_id}/answers", {"answers": answers})

    page.goto(f"/projects/{project_id}")

    expect(page.get_by_role("img", name="Items by whose label stands, over time")).to_be_visible()
    expect(page.get_by_role("img", name="Coverage and human labels over 1 rounds")).to_be_visible()
    people = page.get_by_role("region", name="People")
    expect(people.get_by_role("row", name="ada")).to_contain_text("1.5 (1.5 to 1.5)")
    expect(people.get_by_role("row", name="ada")).to_contain_text(str(len(answers)))
    # Viewers are never asked, so they need not wait until the answers can no longer be taken back.
    viewer_page, viewer = enter("ben")
    viewer_page.goto(f"/projects/{project_id}")
    standing = viewer_page.get_by_role("region", name="Whose machine labels stand")
    found = viewer.get(f"/projects/{project_id}/people")["machine_wrong"]
    assert found["n"] > 1
    expect(standing).to_contain_text(f"By {found['n']} blind answers to items drawn at random about")
    expect(standing).to_contain_text("With the help of how sure the model was")
    page.get_by_text("Share of each").click()
    expect(page.get_by_role("img", name="Labels by class, of people and of the model")).to_be_visible()
    last = ada.get(f"/projects/{project_id}/timeline")[-1]
    progress = ada.get(f"/projects/{project_id}/progress")
    assert {name: last[name] for name in ("n_items", "n_human", "n_machine")} == {
        name: progress[name] for name in ("n_items", "n_human", "n_machine")
    }


def test_gold_is_asked_from_the_page_and_says_how_often_each_person_is_right(
    enter: Enter, server: Server
) -> None:
    page, ada = enter("ada")
    project_id = ada.make_project("gold", n_items=9, n_labeled=9)
    ada.post(f"/projects/{project_id}/members", {"username": "ben", "role": "annotator"})
    page.goto(f"/projects/{project_id}")
    people = page.get_by_role("region", name="People")
    people.get_by_label("Gold items").fill("4")
    people.get_by_role("button", name="Ask", exact=True).click()
    expect(people.get_by_role("status")).to_contain_text("4 items wait for each who may answer.")

    ben_page, ben = enter("ben")
    open_review(ben_page, project_id)
    class_ids = list(ada.class_ids(project_id))
    for n in range(3):
        text = ben_page.get_by_role("region", name="Text of the item").inner_text()
        right = class_ids.index(right_class(text))
        shown = ben_page.get_by_test_id("item-key").inner_text()
        ben_page.keyboard.press(str((right + (n == 0)) % 3 + 1))  # the first one wrong
        expect(ben_page.get_by_test_id("item-key")).not_to_have_text(shown)
    expect(ben_page.get_by_test_id("outbox")).to_have_text("All stored")

    page.reload()
    row = people.get_by_role("row", name="ben")
    expect(row).to_contain_text("3")
    expect(row).not_to_contain_text("66.7%")  # ada may still be asked, and it would tell her something
    people.get_by_role("button", name="Ask no more gold").click()
    expect(people.get_by_role("status")).to_contain_text("4 items were taken out of the queue.")
    server.let_answers_settle()
    page.reload()
    expect(row).to_contain_text("66.7% of 3")
    assert ben.get(f"/projects/{project_id}/queue")["n_open"] == 0
    page.screenshot(path=SCREENSHOTS / "gold.png")
