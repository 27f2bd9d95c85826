"""What the page translates of the server's sentences is what the server says, and every sentence of a report is among it."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SOURCES = ("training", "review", "labeling")
PLACE = "\x00"


def known_to_the_page() -> list[str]:
    """The sentences that the page says in other languages, values in braces."""
    page = (ROOT / "frontend/src/ui/server-says.ts").read_text()
    return [json.loads(text) for text in re.findall(r'^ {2}msg\((".*")\),$', page, flags=re.MULTILINE)]


def text_of(node: ast.AST) -> str | None:
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else PLACE for part in node.values)
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return re.sub(r"\{(![rs])?\}", PLACE, node.value)  # for str.format
    return None


def said_by_the_server() -> set[str]:
    """Every text of the server's code, values as PLACE."""
    texts = set()
    for folder in SOURCES:
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if (text := text_of(node)) is not None:
                    texts.add(text)
    return texts


def test_each_sentence_that_the_page_knows_is_one_of_the_server() -> None:
    templates = known_to_the_page()
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


# Every sentence of a report

REPORTS = [ROOT / "labeling/imports/rules", ROOT / "labeling/formats", ROOT / "labeling/storing/images.py"]
NO_SENTENCES = {
    "InvalidInput",
    "TooLarge",
    "ImportLayout",
    "compile",
    "match",
    "search",
    "fullmatch",
    "Example",
}
# What refuses a file, so that there is no report, or is no sentence at all.
REFUSING = {
    *("check_roles", "check_labels_wanted", "_problem_with", "_shown", "sniff_dialect", "check_encoding"),
    *("open_dataset", "check_text", "_check_entry", "_not_one_set", "open_tables", "find_names", "_too_deep"),
    *(
        "several_labels",
        "check_no_token_labels",
        "token_labels",
        "_is_bio_file",
        "_with_header",
        "_is_row_number",
    ),
    *("name_columns", "count_columns", "_listed"),
}
REFUSING_MODULES = {"refusals.py", "options.py", "names.py", "sniff.py", "encodings.py"}
# Parts of a sentence whose other parts are names.
PARTS = {
    f" and {PLACE} other spellings",
    "several choices",
    "file name",
    "field limit",
    "integer string conversion",
}
PARTS |= {"str | None"}


def sentences_of_reports() -> dict[str, str]:
    """Each text of two words or more that the modules of a report can put into it, and where it is said."""
    found: dict[str, str] = {}

    def look(node: ast.AST, path: Path) -> None:
        if isinstance(node, ast.FunctionDef) and node.name in REFUSING:
            return
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):  # a docstring
            return
        if isinstance(node, ast.Call) and called(node) in NO_SENTENCES:
            return
        if (text := text_of(node)) is not None:
            if re.search(r"[a-z]{2}[ .]", text) and " " in text.strip():
                found.setdefault(text, f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}")
            return
        for child in ast.iter_child_nodes(node):
            look(child, path)

    for place in REPORTS:
        for path in [place] if place.is_file() else sorted(place.rglob("*.py")):
            if path.name not in REFUSING_MODULES:
                look(ast.parse(path.read_text()), path)
    return found


def called(node: ast.Call) -> str:
    return str(getattr(node.func, "id", getattr(node.func, "attr", "")))


def test_each_sentence_that_a_report_can_have_is_one_that_the_page_knows() -> None:
    known = {re.sub(r"\{\w+\}", PLACE, template) for template in known_to_the_page()}
    said = sentences_of_reports()
    assert len(said) > 200
    assert {text: where for text, where in said.items() if text not in known | PARTS} == {}
    assert set(PARTS) - set(said) == set(), "said no more"
