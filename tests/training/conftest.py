"""What tests of runs share: the tiny dataset, and children that find the test database."""

from __future__ import annotations

import os
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.db import connection


@pytest.fixture
def child_database(monkeypatch: pytest.MonkeyPatch, transactional_db: None) -> None:
    """Child processes read DATABASE_URL: let it name this test's database."""
    parts = urlsplit(os.environ["DATABASE_URL"])
    name = connection.settings_dict["NAME"]
    monkeypatch.setenv("DATABASE_URL", urlunsplit(parts._replace(path=f"/{name}")))
