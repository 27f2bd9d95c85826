"""The pages of certificates: an attempt asked for, audited on the review page, certified, printed, revoked."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.client import WORDS, right_class
from tests.browser.conftest import ROOT, Enter

SECONDS = 1000  # milliseconds; limits are for a machine with other things to do
N_AUDITS = 40


def looks(entry: dict[str, Any]) -> str:
    """All of an entry that is not the item itself."""
    item = {name: value for name, value in entry["item"].items() if name not in ("id", "key", "text")}
    rest = {name: value for name, value in entry.items() if name not in ("id", "lease_until", "item")}
    return json.dumps(rest | item, sort_keys=True)


def ask_on_page(page: Page, project_id: int) -> None:
    page.goto(f"/projects/{project_id}/certificates")
    form = page.get_by_role("region", name="New attempt")
    form.get_by_label("Wrong, at most").fill("10")
    form.get_by_label("Audits", exact=True).fill(str(N_AUDITS))
    form.get_by_label("Second answers").fill("5")
    form.get_by_role("button", name="Ask for the attempt").click()


def answer_on_page(page: Page, project_id: int, n: int) -> None:
    """Rightly, by keys; nothing on the page tells one blind entry from another."""
    page.goto(f"/projects/{project_id}/review")
    seen = set()
    for _ in range(n):
        expect(page.get_by_text("Blind: the model's guess is hidden.")).to_be_visible()
        assert page.locator("[data-suggested]").count() == 0
        seen.add(page.locator("[title*='to measure']").inner_text())
        before = page.get_by_test_id("item-key").inner_text()
        text = page.locator("main").inner_text()
        page.keyboard.press(str(list(WORDS).index(right_class(text)) + 1))
        expect(page.get_by_test_id("item-key")).not_to_have_text(before)
    expect(page.get_by_test_id("outbox")).to_have_text("All stored")
    assert {one.lower() for one in seen} == {"blind"}


def test_an_attempt_is_asked_for_audited_certified_printed_and_revoked(enter: Enter, tmp_path: Path) -> None:
    page, ada = enter("ada", accept_downloads=True)
    project_id = ada.make_project("proven", n_items=150, n_labeled=60, random_share=0, target_precision=0.95)
    _, ben = enter("ben")
    ada.post(f"/projects/{project_id}/members", {"username": "ben", "role": "annotator"})
    ada.train(project_id)

    ask_on_page(page, project_id)
    attempt = page.get_by_role("region", name="Attempt 1")
    expect(attempt).to_contain_text(re.compile(r"0 of \d\d"), timeout=100 * SECONDS)
    expect(attempt).to_contain_text("at most 10% of all labels wrong, with 95% confidence")
    expect(page.get_by_role("region", name="New attempt")).to_be_hidden()

    answer_on_page(page, project_id, 4)
    entries = ada.answer_held(project_id, n=20)
    assert len({looks(entry) for entry in entries}) == 1, "an audit must look as any other blind entry"
    page.goto(f"/projects/{project_id}")
    expect(page.get_by_role("status", name="Certification")).to_contain_text("Attempt 1 is under way")
    certificate = ada.certify(project_id, ben)

    page.get_by_role("link", name="Certificates", exact=True).first.click()
    listed = page.get_by_role("region", name="Certificate 1")
    expect(listed).to_contain_text(certificate["sentence"])
    expect(listed).to_contain_text("valid")
    cost = page.get_by_role("region", name="What it would cost")
    expect(cost).to_contain_text("Certificate 1 is valid. Ask for another attempt for a stricter goal")
    listed.get_by_role("link", name="Certificate 1").click()
    sheet = page.get_by_role("article", name="Certificate 1")
    expect(sheet).to_contain_text(certificate["sentence"])
    expect(sheet).to_contain_text(certificate["people_sentence"])
    expect(sheet.get_by_role("heading", level=2).first).to_have_text("What it rests on")
    check_files(page, tmp_path)
    check_print(page)

    page.get_by_label("More audits now").fill("6")
    page.get_by_role("button", name="Ask for more audits").click()
    expect(page.get_by_text("6 audits more wait in the queue, blind.")).to_be_visible()
    expect(page.get_by_text("No audit is counted yet.")).to_be_visible()

    page.get_by_role("button", name="Revoke").click()
    page.get_by_label("Reason").fill("The owls were ravens.")
    page.get_by_role("button", name="Revoke it").click()
    expect(sheet.get_by_role("alert")).to_contain_text("The owls were ravens.")
    expect(page.get_by_role("button", name="Ask for more audits")).to_be_hidden()
    page.get_by_role("link", name="Overview").click()
    expect(page.get_by_role("status", name="Certification")).to_contain_text("The owls were ravens.")


def check_files(page: Page, folder: Path) -> None:
    """What the page hands out is what `assay verify` accepts."""
    files = []
    for name in ("Certificate, JSON", "Labels, CSV"):
        with page.expect_download() as waiting:
            page.get_by_role("link", name=name).click()
        files.append(folder / waiting.value.suggested_filename)
        waiting.value.save_as(files[-1])
    assert [file.name for file in files] == ["certificate-1.json", "certificate-1-labels.csv"]
    command = [sys.executable, "-m", "deploy.cli", "verify", *map(str, files)]
    checked = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def check_print(page: Page) -> None:
    """On paper: the certificate and every audit, and nothing to click."""
    rows = page.get_by_role("article").locator("tbody tr:has(td:nth-child(6))")
    assert rows.count() == N_AUDITS
    expect(rows.last).to_be_hidden()
    page.emulate_media(media="print", color_scheme="dark")
    expect(rows.last).to_be_visible()
    for name in ("Print or save as PDF", "Revoke", "Ask for more audits"):
        expect(page.get_by_role("button", name=name)).to_be_hidden()
    expect(page.get_by_role("navigation")).to_be_hidden()
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert background == "rgb(255, 255, 255)"
    assert page.pdf(format="A4").startswith(b"%PDF")
    page.emulate_media(media="screen", color_scheme="light")
    page.get_by_role("button", name="Show all").click()
    expect(rows.last).to_be_visible()


def test_an_abandoned_attempt_keeps_its_reason_and_what_it_spent(enter: Enter, certified: int) -> None:
    page, ada = enter("ada")
    ask_on_page(page, certified)
    attempt = page.get_by_role("region", name="Attempt 2")
    expect(attempt).to_contain_text(re.compile(r"0 of \d\d"), timeout=100 * SECONDS)

    attempt.get_by_role("button", name="Abandon").click()
    expect(page.get_by_role("dialog")).to_contain_text("Its share of the risk stays spent")
    page.get_by_label("Reason").fill("The classes must change.")
    page.get_by_role("button", name="Abandon it").click()

    before = page.get_by_role("region", name="Attempts before")
    expect(before).to_contain_text("The classes must change.")
    last, _ = ada.get(f"/projects/{certified}/attempts")["results"]
    assert last["delta"] == pytest.approx(0.1 * 0.05 * 2 / 3)
    expect(before.get_by_role("row", name="abandoned")).to_contain_text("0.3333%")
    expect(page.get_by_role("region", name="New attempt")).to_be_visible()


def test_a_goal_out_of_range_is_refused_beside_its_field(enter: Enter, certified: int) -> None:
    page, ada = enter("ada")
    page.goto(f"/projects/{certified}/certificates")
    form = page.get_by_role("region", name="New attempt")

    form.get_by_label("Wrong, at most").fill("80")
    form.get_by_role("button", name="Ask for the attempt").click()

    field = form.get_by_label("Wrong, at most")
    expect(field).to_have_attribute("aria-invalid", "true")
    assert not any(one["eps"] == 0.8 for one in ada.get(f"/projects/{certified}/attempts")["results"])


def test_a_price_of_the_plan_goes_into_the_form(enter: Enter, certified: int) -> None:
    page, _ = enter("ada")
    page.goto(f"/projects/{certified}/certificates")
    prices = page.get_by_role("table")

    prices.get_by_role("button", name="At most 5% wrong with 90% confidence").click(timeout=100 * SECONDS)

    form = page.get_by_role("region", name="New attempt")
    expect(form.get_by_label("Wrong, at most")).to_have_value("5%")
    expect(form.get_by_label("Confidence")).to_have_value("90%")
    expect(form).to_contain_text("At most 5% of all labels wrong, with 90% confidence.")


def test_a_project_without_items_says_what_to_do_first(enter: Enter) -> None:
    page, ada = enter("ada")
    project_id = ada.make_project("nothing-yet", n_items=0)

    page.goto(f"/projects/{project_id}/certificates")

    expect(page.get_by_text("There is no forecast yet")).to_be_visible()
    expect(page.get_by_role("link", name="Import items")).to_be_visible()
    page.get_by_role("button", name="Ask for the attempt").click()
    expect(page.get_by_role("alert")).to_contain_text("nothing to certify")
