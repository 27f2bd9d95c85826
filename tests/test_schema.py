"""The OpenAPI schema is complete, and validates without a warning."""

from __future__ import annotations

from collections import Counter
from typing import Any

import yaml
from django.core.management import call_command
from rest_framework.test import APIClient


def test_schema_validates_without_a_warning(tmp_path: Any) -> None:
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", str(tmp_path / "schema.yml"))

    schema = yaml.safe_load((tmp_path / "schema.yml").read_text())
    operations = [op for path in schema["paths"].values() for op in path.values() if isinstance(op, dict)]
    names = Counter(operation["operationId"] for operation in operations)
    assert {name for name, n in names.items() if n > 1} == set()
    assert [operation["operationId"] for operation in operations if not operation.get("summary")] == []


def test_schema_and_its_page_are_served(ada_client: APIClient) -> None:
    assert ada_client.get("/api/schema").status_code == 200
    assert ada_client.get("/api/docs").status_code == 200
