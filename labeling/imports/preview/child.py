"""The process that looks into strange files: `python -m labeling.imports.preview.child`, started by looking.py only.

It reads what to do as JSON from its standard input, sets its own limits before it opens the file, and writes
one JSON object: {"found": {...}} or {"refused": {...}}. It knows neither Django nor the database.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from labeling.errors import AssayError, InvalidInput, TooLarge
from labeling.formats.files.joined import bundle_of_files
from labeling.formats.options import options_from_json
from labeling.formats.rows import Limits
from labeling.formats.sets.dataset import open_dataset
from labeling.imports.preview.make import Preview, preview_make
from labeling.jobs.processes import collected_rarely
from labeling.web.json_reading import MAX_DEPTH

NICENESS = 5  # people who answer on the same machine come first
MAX_ROWS_BYTES = 4 * 2**20  # of JSON; a preview shows fewer rows where they are long
MAX_BYTES = 16 * 2**20  # of JSON, whole


def main() -> None:
    """Look, and say what was seen. The exit code means nothing; without an object the process died."""
    task = json.load(sys.stdin)
    set_limits(seconds=task["seconds"], n_bytes=task["n_bytes"])
    os.nice(NICENESS)
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # a print of a library cannot garble the answer
    try:
        with collected_rarely():
            text = json.dumps({"found": look(task)}, allow_nan=False)
        if len(text) > MAX_BYTES:
            raise TooLarge(
                "What is to be shown of this file takes "
                f"{len(text):,} bytes; {MAX_BYTES:,} are allowed. Has it too many columns?"
            )
    except AssayError as error:
        text = _refused(error)
    except MemoryError:
        text = _refused(
            TooLarge(
                f"Looking into this file takes more than {task['n_bytes']:,} bytes of memory, which are allowed.",
                code="look_too_large",
            )
        )
    except RecursionError:
        text = _refused(
            InvalidInput(f"The file is nested too deeply; {MAX_DEPTH} levels are allowed.", code="too_deep")
        )
    out.write(text)
    out.flush()
    os._exit(0)  # nothing is left to clear away, and unwinding after a lack of memory may hang


def set_limits(*, seconds: int, n_bytes: int) -> None:
    """This process never takes more; whatever it hangs in, the system ends it."""
    resource.setrlimit(resource.RLIMIT_AS, (n_bytes, n_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.alarm(seconds + 2)  # of the wall, should whoever started us be gone


def look(task: dict[str, Any]) -> dict[str, Any]:
    """What the task asks for: `act` is preview or resolve. Raises InvalidInput, TooLarge."""
    options, limits = options_from_json(task["options"]), Limits(**task["limits"])
    with bundle_of_files([(Path(path), name) for path, name in task["files"]]) as bundle:
        if task["act"] == "preview":
            return _as_json(preview_make(bundle, options, item_type=task["item_type"], limits=limits))
        dataset = open_dataset(bundle, options, item_type=task["item_type"], limits=limits)
        return {"options": dataset.options.as_json(), "can_be_labeled": dataset.can_be_labeled}


def _as_json(preview: Preview) -> dict[str, Any]:
    shown = asdict(preview)
    while len(shown["rows"]) > 0 and len(json.dumps(shown["rows"])) > MAX_ROWS_BYTES:
        shown["rows"] = shown["rows"][: len(shown["rows"]) // 2]
    return shown


def _refused(error: AssayError) -> str:
    return json.dumps(
        {
            "refused": {
                "status": error.status,
                "code": error.code,
                "message": error.message,
                "fields": error.fields,
            }
        }
    )


if __name__ == "__main__":
    main()
