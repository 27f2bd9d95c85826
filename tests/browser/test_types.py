from __future__ import annotations

import subprocess
from pathlib import Path

from django.core.management import call_command

from tests.browser.conftest import ROOT

FRONTEND = ROOT / "frontend"


def test_the_generated_types_are_those_of_the_api(tmp_path: Path) -> None:
    schema, types = tmp_path / "openapi.yaml", tmp_path / "schema.d.ts"
    call_command("spectacular", "--file", str(schema))

    command: list[str | Path] = [FRONTEND / "node_modules/.bin/openapi-typescript", schema, "--output", types]
    subprocess.run(command, cwd=FRONTEND, check=True, capture_output=True)

    assert types.read_text() == (FRONTEND / "src/api/schema.d.ts").read_text(), "Run `make types`."
