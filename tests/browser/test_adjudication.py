"""Verdicts by real keys: between people and a model, between people, and on flags."""

from __future__ import annotations

import uuid

from playwright.sync_api import Page, expect

from tests.browser.client import Client
from tests.browser.conftest import Enter

STORED = "All verdicts stored"

# Presses the key, and says which item is on screen in the next frame.
NEXT_FRAME = """
(key) => new Promise((done) => {
    document.body.dispatchEvent(new KeyboardEvent("keydown", {key, bubbles: true, cancelable: true}));
    requestAnimationFrame(() => done(document.querySelector("[data-testid=item-key]").textContent));
})
"""


def key_on_screen(page: Page) -> str:
    return page.get_by_test_id("item-key").inner_text()


def stored(page: Page) -> None:
    expect(page.get_by_test_id("verdicts")).to_have_text(STORED)


def labels(client: Client, project_id: int, item_ids: list[int]) -> dict[str, str]:
    """Item key -> class of its label by a person."""
    names = {class_id: name for name, class_id in client.class_ids(project_id).items()}
    ids = ",".join(map(str, item_ids))
    items = client.get(f"/projects/{project_id}/items?ids={ids}")["results"]
    return {item["key"]: names[item["label"]["class_id"]] for item in items if item["label"]["is_human"]}


def test_one_key_decides_between_a_person_and_the_model_and_z_walks_back(enter: Enter) -> None:
    page, ada = enter("ada")
    project_id = ada.make_project("contradicted", n_items=90, n_labeled=45, random_share=0)
    ada.train(project_id)
    items = ada.contradict(project_id, "cat", "dog", n=4)
    page.goto(f"/projects/{project_id}/adjudication")
    expect(page.get_by_text("No flag is open")).to_be_visible()
    page.get_by_role("link", name="A model disagrees 4").click()

    shown = [key_on_screen(page)]
    said = page.get_by_role("region", name="Who said what")
    expect(said.get_by_role("listitem").nth(0)).to_contain_text("ada")
    expect(said.get_by_role("listitem").nth(0)).to_contain_text("dog")
    expect(said.get_by_role("listitem").nth(1)).to_contain_text("round 1.1")
    expect(said.get_by_role("listitem").nth(1)).to_contain_text("before anybody had labeled the item")
    shown.append(page.evaluate(NEXT_FRAME, "Enter"))  # kept
    assert shown[1] != shown[0]
    page.keyboard.press("-")  # the model is right
    shown.append(key_on_screen(page))
    page.keyboard.press("3")  # neither: an owl
    shown.append(key_on_screen(page))
    page.keyboard.press("Space")  # the only one left stays
    assert key_on_screen(page) == shown[3]
    stored(page)
    assert labels(ada, project_id, items) == dict(zip(shown, ["dog", "cat", "owl", "dog"], strict=True))

    for expected in (shown[2], shown[1]):
        page.keyboard.press("z")
        expect(page.get_by_test_id("item-key")).to_have_text(expected)
    stored(page)
    assert labels(ada, project_id, items) == dict.fromkeys(shown, "dog")

    # What was kept does not come back, and can be undone after a reload.
    page.reload()
    expect(page.get_by_role("link", name="A model disagrees 3")).to_be_visible()
    expect(page.get_by_test_id("item-key")).not_to_have_text(shown[0])
    page.keyboard.press("z")
    expect(page.get_by_test_id("item-key")).to_have_text(shown[0])
    for _ in range(4):
        page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="No label stands against the model")).to_be_visible()
    stored(page)
    assert labels(ada, project_id, items) == dict.fromkeys(shown, "dog")


def test_people_who_disagree_are_settled_by_one_key_and_undone_by_another(enter: Enter) -> None:
    page, ada = enter("ada")
    (_, ben), (_, dora) = enter("ben"), enter("dora")
    project_id = ada.make_queue("disagreed", n_items=6, answers_wanted=2)
    for name in ("ben", "dora"):
        ada.post(f"/projects/{project_id}/members", {"username": name, "role": "annotator"})
    class_ids = ada.class_ids(project_id)
    for client, name in ((dora, "cat"), (ben, "owl")):
        entries = client.post(f"/projects/{project_id}/queue/claim", {"n": 6})["entries"]
        chosen = sorted(entries, key=lambda entry: entry["id"])[:2]
        answers = [
            {"key": str(uuid.uuid4()), "entry_id": entry["id"], "class_id": class_ids[name]}
            for entry in chosen
        ]
        client.post(f"/projects/{project_id}/answers", {"answers": answers})
    page.goto(f"/projects/{project_id}")
    page.get_by_role("link", name="Adjudication").click()

    first = key_on_screen(page)
    said = page.get_by_role("region", name="Who said what")
    expect(said.get_by_role("listitem").nth(0)).to_contain_text("cat")
    expect(said.get_by_role("listitem").nth(0)).to_contain_text("dora")
    expect(said.get_by_role("listitem").nth(1)).to_contain_text("owl")
    expect(said.get_by_role("listitem").nth(1)).to_contain_text("ben")
    expect(said).to_contain_text("asked without the model's guess")
    expect(page.get_by_role("button", name="Keep the label")).to_be_disabled()
    page.keyboard.press("Enter")  # there is nothing to keep
    assert key_on_screen(page) == first
    page.keyboard.press("1")
    second = key_on_screen(page)
    assert second != first
    page.keyboard.press("3")
    expect(page.get_by_role("heading", name="There is nothing to decide")).to_be_visible()
    page.keyboard.press("z")
    expect(page.get_by_test_id("item-key")).to_have_text(second)
    stored(page)

    (left,) = ada.get(f"/projects/{project_id}/disputes")["results"]
    assert left["item"]["key"] == second
    page.keyboard.press("2")
    expect(page.get_by_role("heading", name="There is nothing to decide")).to_be_visible()
    stored(page)
    humans = ada.get(f"/projects/{project_id}/items?source=human")["results"]
    names = {class_id: name for name, class_id in class_ids.items()}
    assert {item["key"]: names[item["label"]["class_id"]] for item in humans} == {first: "cat", second: "dog"}


def test_somebody_elses_verdict_is_told_and_stands(enter: Enter) -> None:
    page, ada = enter("ada")
    _, ben = enter("ben")
    project_id = ada.make_project(
        "raced", n_items=6, review_budget=0
    )  # nobody is asked blind what is flagged
    ada.post(f"/projects/{project_id}/members", {"username": "ben", "role": "reviewer"})
    items = ada.get(f"/projects/{project_id}/items")["results"][:2]
    for item in items:
        ada.post(f"/items/{item['id']}/flags", {"note": "hard to tell"})
    page.goto(f"/projects/{project_id}/adjudication")
    expect(page.get_by_role("region", name="Who said what")).to_contain_text("hard to tell")
    first = key_on_screen(page)
    waiting = ben.get(f"/projects/{project_id}/disputes")["results"]
    entry = next(one for one in waiting if one["item"]["key"] == first)
    owl = ben.class_ids(project_id)["owl"]
    ben.post(f"/entries/{entry['id']}/verdict", {"class_id": owl})

    page.keyboard.press("1")

    expect(page.get_by_role("alert")).to_contain_text(first)
    assert key_on_screen(page) != first
    page.keyboard.press("Enter")  # the second flag is settled, and the item stays unlabeled
    expect(page.get_by_role("heading", name="There is nothing to decide")).to_be_visible()
    stored(page)
    (labeled,) = ada.get(f"/projects/{project_id}/items?source=human")["results"]
    assert (labeled["key"], labeled["label"]["class_id"]) == (first, owl)
    page.get_by_role("link", name="All flags").click()
    expect(page.get_by_role("row", name="settled")).to_have_count(2)


def test_disputes_are_settled_by_the_weight_of_those_who_are_right_and_taken_back_by_one_key(
    enter: Enter,
) -> None:
    page, ada = enter("ada")
    (_, ben), (_, dora) = enter("ben"), enter("dora")
    project_id = ada.make_project("weighed", n_items=90, n_labeled=45, answers_wanted=2, random_share=0)
    for name in ("ben", "dora"):
        ada.post(f"/projects/{project_id}/members", {"username": name, "role": "annotator"})
    page.goto(f"/projects/{project_id}/adjudication?of=weighed")
    expect(page.get_by_role("heading", name="There is nothing to weigh yet")).to_be_visible()
    ada.train(project_id)
    dora.answer_held(project_id)
    owl = ada.class_ids(project_id)["owl"]
    entries = ben.post(f"/projects/{project_id}/queue/claim", {"n": 50})["entries"]
    answers = [{"key": str(uuid.uuid4()), "entry_id": entry["id"], "class_id": owl} for entry in entries]
    ben.post(f"/projects/{project_id}/answers", {"answers": answers})
    before = ada.get(f"/projects/{project_id}/adjudication")["n_people"]
    assert before > 20

    page.reload()
    quality = page.get_by_role("region", name="How right each person is").get_by_role("row")
    expect(quality.nth(1)).to_contain_text("dora")
    expect(quality.nth(2)).to_contain_text("ben")
    n = ada.get(f"/projects/{project_id}/weighing")["rows"][0]["n_waiting"]
    assert n > 20
    settle = page.get_by_role("button", name=f"Settle {n}").first
    settle.click()

    expect(page.get_by_role("status").filter(has_text=f"{n} disputes are settled.")).to_be_visible()
    assert ada.get(f"/projects/{project_id}/adjudication")["n_people"] == before - n
    page.get_by_role("link", name="People disagree").click()
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    page.keyboard.press("z")
    expect(page.get_by_test_id("item-key")).to_be_visible()
    stored(page)
    assert ada.get(f"/projects/{project_id}/adjudication")["n_people"] == before - n + 1


def test_the_model_is_not_shown_while_audits_are_asked(enter: Enter) -> None:
    page, ada = enter("ada")
    project_id = ada.make_project("audited", n_items=120, n_labeled=60, random_share=0)
    ada.train(project_id)
    ada.contradict(project_id, "cat", "dog", n=3)
    ada.ask_attempt(project_id, eps=0.1, n_audits=20)

    page.goto(f"/projects/{project_id}/adjudication?of=model")

    expect(page.get_by_role("heading", name="Closed while audits are asked")).to_be_visible()
    expect(page.get_by_test_id("item-key")).to_have_count(0)
    page.get_by_role("link", name="See the attempt").click()
    expect(page.get_by_role("heading", name="Certificates")).to_be_visible()
