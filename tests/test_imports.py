"""The house's one-way imports, and what a web process must never load."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
HEAVY = {"torch", "sklearn", "pandas", "scipy", "pyarrow"}

# What granian does in a worker: load the application, with every route and the admin behind it.
WEB_PROCESS = """
import json, sys
from deploy.wsgi import application
from django.contrib import admin
from django.urls import get_resolver
admin.autodiscover()
assert get_resolver().url_patterns
import psutil
print(json.dumps({
    "modules": sorted({name.partition(".")[0] for name in sys.modules}),
    "megabytes": psutil.Process().memory_info().rss / 2**20,
}))
"""


@pytest.fixture(scope="module")
def web_process() -> dict[str, Any]:
    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", WEB_PROCESS],
        cwd=ROOT,
        env=os.environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    facts: dict[str, Any] = json.loads(result.stdout.splitlines()[-1])
    return facts


def test_web_process_loads_no_learner_library(web_process: dict[str, Any]) -> None:
    modules = web_process["modules"]
    assert isinstance(modules, list)

    assert HEAVY.isdisjoint(modules), f"A web process loads {sorted(HEAVY & set(modules))}."


def test_web_process_stays_under_150_megabytes(web_process: dict[str, Any]) -> None:
    assert web_process["megabytes"] < 150


def test_imports_run_one_way() -> None:
    linter = Path(sys.executable).with_name("lint-imports")

    result = subprocess.run(
        [str(linter), "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert result.returncode == 0, result.stdout


def test_nothing_but_the_tests_imports_the_tests() -> None:
    guilty = [
        f"{path.relative_to(ROOT)}:{number}"
        for folder in ("labeling", "training", "review", "deploy")
        for path in (ROOT / folder).rglob("*.py")
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if line.strip().startswith(("from tests", "import tests"))
    ]

    assert guilty == []
