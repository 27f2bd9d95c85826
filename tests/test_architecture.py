"""What architecture.md and CONTRIBUTING.md say of the tree is so."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.test_docs import ROOT

PAGES = ("docs/architecture.md", "CONTRIBUTING.md")
PATH = re.compile(r"`((?:labeling|training|review|deploy|frontend|tests|docs)/[\w./-]*)`")
PACKAGES = ("labeling", "training", "review", "deploy")
MOST_FILES = 15  # in one folder
KNOWN_TO_MODELS = {"training/learners": 19}  # saved models name its modules
MOST_LINES = 400  # of a file
MOST_OF_FUNCTION = 60
WHY_LONG = re.compile(r"long (?:since|because)", re.IGNORECASE)  # in the first lines of a file that has more


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
        if (folder / "__init__.py").exists() and folder.name not in apart
    ]
    assert [room for room in rooms if room not in picture] == []


def test_a_room_is_small_enough_to_see_whole() -> None:
    crowded = {
        str(folder.relative_to(ROOT)): n
        for package in PACKAGES
        for folder in (ROOT / package, *(ROOT / package).rglob("*"))
        if folder.is_dir() and "migrations" not in folder.parts
        if (n := len(list(folder.glob("*.py")))) > MOST_FILES
    }
    assert crowded == KNOWN_TO_MODELS


def test_a_file_is_short_enough_to_be_read_or_says_why_not() -> None:
    texts = {path: path.read_text() for path in sources()}
    long = [
        str(path.relative_to(ROOT))
        for path, text in texts.items()
        if len(text.splitlines()) > MOST_LINES and not WHY_LONG.search("".join(text.splitlines()[:10]))
    ]
    assert len(texts) > 400
    assert long == []


def test_a_function_is_short_enough_to_be_seen_whole() -> None:
    long = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
        for path in sources()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        if (node.end_lineno or 0) - node.lineno >= MOST_OF_FUNCTION
    ]
    assert long == []


def sources() -> Iterator[Path]:
    """The product's Python files but migrations, which are written once."""
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            if "migrations" not in path.parts:
                yield path
