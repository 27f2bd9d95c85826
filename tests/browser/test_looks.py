"""Every page, light and dark and on a phone. The pictures go to tests/browser/screenshots, to be looked at."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.browser.client import Client
from tests.browser.conftest import Enter

SCREENSHOTS = Path(__file__).parent / "screenshots"
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 860}
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture(scope="module")
def made() -> dict[str, int]:
    """What the first look makes, the others look at again."""
    return {}


def addresses(ada: Client, made: dict[str, int]) -> dict[str, str]:
    if not made:
        project_id = ada.make_project(
            "looks", n_items=90, n_labeled=45, question="Which animal is this about?"
        )
        run = ada.train(project_id)
        machine = ada.get(f"/projects/{project_id}/items?source=machine&limit=1")["results"]
        made.update(project=project_id, round=run["rounds"][0]["id"], item=machine[0]["id"])
    project = f"/projects/{made['project']}"
    return {
        "projects": "/",
        "new-project": "/projects/new",
        "overview": project,
        "review": f"{project}/review",
        "training": f"{project}/training",
        "round": f"{project}/rounds/{made['round']}",
        "items": f"{project}/items",
        "item": f"{project}/items/{made['item']}",
        "disputes": f"{project}/disputes",
        "publications": f"{project}/publications",
        "data": f"{project}/data",
        "settings": f"{project}/settings",
        "account": "/account",
        "health": "/parts",
    }


@pytest.mark.parametrize(("scheme", "size"), [("light", DESK), ("dark", DESK), ("light", PHONE)])
def test_every_page_loads_and_fits_its_screen(
    enter: Enter, made: dict[str, int], scheme: str, size: dict[str, int]
) -> None:
    page, ada = enter("ada", color_scheme=scheme, viewport=size)
    SCREENSHOTS.mkdir(exist_ok=True)

    for name, address in addresses(ada, made).items():
        page.goto(address)
        settle(page)
        page.screenshot(path=SCREENSHOTS / f"{name}-{scheme}-{size['width']}.png", full_page=name != "review")
        assert page.evaluate(OVERFLOW) == 0, f"{name} is wider than {size['width']} pixels"
        assert page.get_by_text("could not be loaded").count() == 0, name


def settle(page: Page) -> None:
    """Until no part of the page says that it is loading, and charts are drawn."""
    page.locator("main").first.wait_for()
    page.wait_for_function("!document.querySelector('[aria-label^=\"Loading\"], .mantine-Skeleton-root')")


def test_the_review_page_needs_little_javascript(enter: Enter) -> None:
    """At most 200 kB compressed before the first item shows."""
    page, ada = enter("ada")
    project_id = ada.make_queue("light")
    sizes: dict[str, int] = {}
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    urls: dict[str, str] = {}
    session.on("Network.responseReceived", lambda e: urls.update({e["requestId"]: e["response"]["url"]}))
    session.on("Network.loadingFinished", lambda e: sizes.update({e["requestId"]: e["encodedDataLength"]}))

    page.goto(f"/projects/{project_id}/review")
    page.get_by_test_id("item-key").wait_for()

    scripts = [size for request, size in sizes.items() if re.search(r"\.js$", urls.get(request, ""))]
    assert len(scripts) > 1
    assert sum(scripts) < 200_000
