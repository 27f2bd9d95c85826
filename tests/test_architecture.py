"""What architecture.md and CONTRIBUTING.md say of the tree is so."""

from __future__ import annotations

import re

import pytest

from tests.test_docs import ROOT

PAGES = ("docs/architecture.md", "CONTRIBUTING.md")
PATH = re.compile(r"`((?:labeling|training|review|deploy|frontend|tests|docs)/[\w./-]*)`")
PACKAGES = ("labeling", "training", "review")
MOST_FILES = 19  # in one folder: training/learners, whose modules saved models name; 17 elsewhere


@pytest.mark.parametrize("page", PAGES)
def test_every_file_and_folder_that_is_named_is_there(page: str) -> None:
    named = PATH.findall((ROOT / page).read_text())
    assert len(named) > 20
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_every_room_is_in_the_picture() -> None:
    picture = (ROOT / "docs/architecture.md").read_text()
    apart = {"migrations", "management", "models", "__pycache__"}
    rooms = [
        f"{package}/{folder.name}"
        for package in PACKAGES
        for folder in (ROOT / package).iterdir()
        if folder.is_dir() and folder.name not in apart
    ]
    assert [room for room in rooms if room not in picture] == []


def test_a_room_is_small_enough_to_see_whole() -> None:
    crowded = {
        str(folder.relative_to(ROOT)): n
        for package in PACKAGES
        for folder in (ROOT / package).rglob("*")
        if folder.is_dir() and "migrations" not in folder.parts
        if (n := len(list(folder.glob("*.py")))) > 15
    }
    assert crowded == {"training/learners": MOST_FILES}
