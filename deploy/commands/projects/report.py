"""The report of an import as the command line tells it: to people in lines, to programs as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from labeling.errors import AssayError

SHOWN_PROBLEMS = 20
SHOWN_CLASSES = 50
DELIMITERS = {"\t": "tabs", ",": "commas", ";": "semicolons", "|": "bars", " ": "spaces"}
COUNTED = {
    "n_sealed": ("label is sealed", "labels are sealed"),
    "n_duplicate_content": ("row repeats the content of another", "rows repeat the content of another"),
    "n_label_conflicts": (
        "row contradicts a label; the label that stood was kept",
        "rows contradict a label; the label that stood was kept",
    ),
    "n_problems": ("problem", "problems"),
}


def error_json(error: AssayError) -> str:
    """What was refused and why, in the shape that the API has."""
    return json.dumps(
        {"code": error.code, "message": error.message, "fields": error.fields}, ensure_ascii=False, indent=2
    )


def nothing_taken(report: Mapping[str, Any]) -> bool:
    """Whether every row was left out, so that there is nothing to import."""
    return bool(report["n_rows"] > 0 and report["n_rows"] == report["n_dropped"])


def report_text(report: Mapping[str, Any]) -> str:
    """The report in lines: what was understood, what came of it, what was left out, problems by row."""
    return "\n".join(_lines(report))


def _lines(report: Mapping[str, Any]) -> Iterator[str]:
    yield _understood(report)
    width = max((len(column["name"]) for column in report["columns"]), default=0)
    for column in report["columns"]:
        why = f"  ({column['why'].rstrip('.')})" if column["why"] else ""
        yield f"  {column['name']:<{width}}  {column['role']}{why}"
    if report["classes"]:
        classes = [f"{found['name']} {found['n']:,}" for found in report["classes"]]
        more = f" and {len(classes) - SHOWN_CLASSES:,} more" if len(classes) > SHOWN_CLASSES else ""
        yield f"Classes: {', '.join(classes[:SHOWN_CLASSES])}{more}."
    verb = "would be added" if report.get("dry_run") else "added"
    yield (
        f"{report['n_rows']:,} rows: {report['n_items_added']:,} items and {report['n_labels_added']:,} labels "
        f"{verb}, {report['n_known']:,} known already."
    )
    labels = report["labels"]
    yield (
        f"Labels: {labels['person']:,} by people, {labels['machine']:,} by machines; "
        f"{labels['none']:,} items without one."
    )
    for name, (one, many) in COUNTED.items():
        if report[name]:
            yield f"{report[name]:,} {one if report[name] == 1 else many}."
    for left in report["dropped"]:
        yield f"Left out: {left['n']:,} {left['what']}: {left['why']}"
    yield from report["notes"]
    in_order = sorted(report["problems"], key=lambda problem: problem["row"] or 0)
    for problem in in_order[:SHOWN_PROBLEMS]:
        where = "" if problem["row"] is None else f"row {problem['row']}: "
        file = f"{problem['file']}, " if problem["file"] != report["file"] else ""
        yield f"  {file}{where}{problem['message']}"
    if "import_id" in report:
        yield f"This was import {report['import_id']}; `assay undo-import {report['import_id']}` takes it back."


def _understood(report: Mapping[str, Any]) -> str:
    layout = f" as {report['layout']} writes it" if report["layout"] else ""
    parts = [f"{report['file']}: {report['format']}{layout}"]
    if report["encoding"]:
        parts.append(report["encoding"])
    if report["delimiter"]:
        parts.append(f"columns between {DELIMITERS.get(report['delimiter'], repr(report['delimiter']))}")
    return f"{', '.join(parts)}; items are of type {report['item_type']}."
