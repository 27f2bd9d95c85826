"""Every page, light and dark and on a phone. The pictures go to tests/browser/screenshots, to be looked at."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, Response, ViewportSize

from tests.browser.client import Client, until
from tests.browser.conftest import Enter

SCREENSHOTS = Path(__file__).parent / "screenshots"
PHONE: ViewportSize = {"width": 390, "height": 844}
DESK: ViewportSize = {"width": 1280, "height": 860}
AXE = Path(__file__).parents[2] / "frontend/node_modules/axe-core/axe.min.js"
# WCAG 2.2 A and AA, and what axe holds to be good practice. Each violation in a line, with the elements concerned.
VIOLATIONS = """
async () => (await axe.run(document, {resultTypes: ["violations"]})).violations.map(
    (found) => `${found.id} (${found.impact}): ${found.help}; ` + found.nodes.slice(0, 5).map((node) =>
        `${node.html.slice(0, 200)} [${[...node.any, ...node.all, ...node.none].map((check) => check.message).join("; ").slice(0, 200)}]`
    ).join(" | "))
"""
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def addresses(
    ada: Client, project_id: int, examined_id: int, certified_id: int, twice_id: int
) -> dict[str, str]:
    (round,) = ada.get(f"/projects/{project_id}/rounds")["results"]
    item = ada.get(f"/projects/{project_id}/items?source=machine&limit=1")["results"][0]
    project = f"/projects/{project_id}"
    cat = ada.class_ids(twice_id)["cat"]
    (certificate,) = ada.get(f"/projects/{certified_id}/certificates")["results"]
    return {
        "projects": "/",
        "new-project": "/projects/new",
        "overview": project,
        "review": f"{project}/review",
        "grid": f"{project}/grid",
        "training": f"{project}/training",
        "round": f"{project}/rounds/{round['id']}",
        "compare": f"/projects/{examined_id}/compare",
        "compare-empty": f"{project}/compare",
        "quality": f"/projects/{examined_id}/quality",
        "quality-empty": f"{project}/quality",
        "items": f"{project}/items",
        "item": f"{project}/items/{item['id']}",
        "adjudication": f"/projects/{twice_id}/adjudication",
        "adjudication-model": f"/projects/{twice_id}/adjudication?of=model",
        "adjudication-weighed": f"/projects/{twice_id}/adjudication?of=weighed",
        "adjudication-flags": f"/projects/{twice_id}/adjudication?of=flags",
        "adjudication-empty": f"{project}/adjudication",
        "runs": f"/projects/{twice_id}/training",
        "runs-compare": f"/projects/{twice_id}/runs/compare?left_class={cat}&right_class={cat}",
        "publications": f"{project}/publications",
        "certificates": f"/projects/{certified_id}/certificates",
        "certificates-none": f"{project}/certificates",
        "certificate": f"/projects/{certified_id}/certificates/{certificate['id']}",
        "data": f"{project}/data",
        "settings": f"{project}/settings",
        "account": "/account",
        "health": "/parts",
    }


@pytest.mark.parametrize(("scheme", "size"), [("light", DESK), ("dark", DESK), ("light", PHONE)])
def test_every_page_loads_fits_its_screen_and_is_accessible(
    enter: Enter,
    trained: int,
    examined: int,
    certified: int,
    trained_twice: int,
    scheme: str,
    size: dict[str, int],
) -> None:
    page, ada = enter("ada", color_scheme=scheme, viewport=size)
    SCREENSHOTS.mkdir(exist_ok=True)
    violations: list[str] = []

    for name, address in addresses(ada, trained, examined, certified, trained_twice).items():
        page.goto(address)
        settle(page)
        page.screenshot(
            path=SCREENSHOTS / f"{name}-{scheme}-{size['width']}.png",
            full_page=name not in ("review", "grid"),
        )
        assert page.evaluate(OVERFLOW) == 0, f"{name} is wider than {size['width']} pixels"
        assert page.get_by_text("could not be loaded").count() == 0, name
        violations += [f"{name}: {found}" for found in accessibility(page)]
    assert violations == [], "\n".join(violations)


def accessibility(page: Page) -> list[str]:
    """What axe (Deque) finds wrong with the page as it stands."""
    page.evaluate(AXE.read_text())  # the page's policy forbids a script in the page
    found: list[str] = page.evaluate(VIOLATIONS)
    return found


def settle(page: Page) -> None:
    """Until no part of the page says that it is loading, and charts are drawn."""
    page.locator("main").first.wait_for()
    until(page, "!document.querySelector('[aria-label^=\"Loading\"], .mantine-Skeleton-root')")


def test_the_review_page_needs_little_javascript(enter: Enter) -> None:
    """At most 200 kB compressed before the first item shows."""
    page, ada = enter("ada")
    project_id = ada.make_queue("light")
    scripts: list[int] = []

    def weigh(response: Response) -> None:
        if response.url.endswith(".js"):
            scripts.append(int(response.headers["content-length"]))

    page.on("response", weigh)
    page.goto(f"/projects/{project_id}/review")
    page.get_by_test_id("item-key").wait_for()

    assert len(scripts) > 1
    assert sum(scripts) < 200_000


def test_what_every_page_waits_for_is_asked_for_once_and_before_its_scripts_have_run(enter: Enter) -> None:
    """The Link header has the browser ask, and the page's own requests are answered by that."""
    page, ada = enter("ada")
    project_id = ada.make_queue("light")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(urlsplit(request.url).path))

    page.goto(f"/projects/{project_id}/review")
    page.get_by_test_id("item-key").wait_for()

    first, second = "/api/session", f"/api/projects/{project_id}"
    assert (asked.count(first), asked.count(second)) == (1, 1)
    script_run = next(place for place, path in enumerate(asked) if "review-page" in path)
    assert max(asked.index(first), asked.index(second)) < script_run
