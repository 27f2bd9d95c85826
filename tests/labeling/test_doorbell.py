"""The doorbell rings tasks by name, so nothing but a test would see a name that no worker knows."""

from __future__ import annotations

import ast

from celery import current_app

from tests.test_docs import ROOT


def names_rung() -> dict[str, str]:
    """Every text that is handed to `ring` or `ring_all` in the product -> where."""
    found = {}
    for app in ("labeling", "training", "review"):
        for path in (ROOT / app).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if not isinstance(node, ast.Call) or getattr(node.func, "id", "") not in ("ring", "ring_all"):
                    continue
                for text in ast.walk(node.args[0]):
                    if isinstance(text, ast.Constant) and str(text.value).count(".") == 2:
                        found[str(text.value)] = str(path.relative_to(ROOT))
    return found


def test_every_bell_that_is_rung_is_a_task_of_the_workers() -> None:
    current_app.loader.import_default_modules()
    rung = names_rung()
    assert len(rung) > 10
    assert {name: where for name, where in rung.items() if name not in current_app.tasks} == {}
