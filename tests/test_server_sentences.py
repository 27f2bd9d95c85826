"""What the page translates of the server's sentences is what the server says."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SOURCES = ("training", "review", "labeling")
PLACE = "\x00"


def said_by_the_server() -> set[str]:
    """Every text of the server's code, values as PLACE."""
    texts = set()
    for folder in SOURCES:
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    texts.add(node.value)
                elif isinstance(node, ast.JoinedStr):
                    parts = [part.value if isinstance(part, ast.Constant) else PLACE for part in node.values]
                    texts.add("".join(map(str, parts)))
    return texts


def test_each_sentence_that_the_page_knows_is_one_of_the_server() -> None:
    page = (ROOT / "frontend/src/ui/server-says.ts").read_text()
    templates = re.findall(r'^ {2}msg\("(.*)"\),$', page, flags=re.MULTILINE)
    assert len(templates) > 20
    said = said_by_the_server()

    def is_said(template: str) -> bool:
        wanted = re.sub(r"\{\w+\}", PLACE, template)
        if wanted in said:
            return True
        # Two texts that are joined: each end is one of the server's.
        starts = {wanted[: len(text)] for text in said if len(text) > 15 and wanted.startswith(text)}
        return any(wanted[len(start) :].strip() in {text.strip() for text in said} for start in starts)

    assert [template for template in templates if not is_said(template)] == []
