"""The project's first page: what it shows of labels over time, rounds and people."""

from __future__ import annotations

import uuid

from playwright.sync_api import expect

from tests.browser.conftest import Enter


def test_the_dashboard_shows_labels_over_time_rounds_and_people(enter: Enter) -> None:
    page, ada = enter("ada")
    project_id = ada.make_project("dashboard", n_items=60, n_labeled=30)
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
    page.get_by_text("Share of each").click()
    expect(page.get_by_role("img", name="Labels by class, of people and of the model")).to_be_visible()
    last = ada.get(f"/projects/{project_id}/timeline")[-1]
    progress = ada.get(f"/projects/{project_id}/progress")
    assert {name: last[name] for name in ("n_items", "n_human", "n_machine")} == {
        name: progress[name] for name in ("n_items", "n_human", "n_machine")
    }
