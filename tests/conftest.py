"""People and projects that tests share: Ada owns, Ben annotates, Cy is an outsider."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.contrib.auth.models import User
from django.db import connection
from django.test import TransactionTestCase
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient
from whitenoise.base import WhiteNoise

from labeling.jobs import setbacks
from labeling.models import Project
from tests.template import template_name

KEPT_TABLES = (
    "django_migrations",
    "django_content_type",
    "auth_permission",
)  # the same after every migration
EMPTY_TABLES = f"""
DO $$
DECLARE name text;
BEGIN
    SET LOCAL session_replication_role = replica;  -- no trigger keeps a row
    FOR name IN SELECT format('%I', tablename) FROM pg_tables
        WHERE schemaname = 'public' AND tablename NOT IN {KEPT_TABLES}
    LOOP
        EXECUTE 'DELETE FROM ' || name;
    END LOOP;
END $$
"""


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """The test database is a copy of one that all workers share; migrating each would take ten seconds."""
    if name := template_name():
        connection.settings_dict["TEST"]["TEMPLATE"] = name


@pytest.fixture(scope="session", autouse=True)
def _quick_emptying() -> None:
    """After a test whose transactions were real.

    Django truncates sixty tables, which are small files, and makes every permission again: ten times the work.
    """

    def empty(case: TransactionTestCase) -> None:
        with connection.cursor() as cursor:
            cursor.execute(EMPTY_TABLES)

    TransactionTestCase._fixture_teardown = empty  # type: ignore[attr-defined]  # private


@pytest.fixture(scope="session", autouse=True)
def _front_end_found_once() -> None:
    """Each test client has middleware of its own, which would look at every file of the front end."""
    look = WhiteNoise.update_files_dictionary
    found: dict[str, Any] = {}
    front_end = f"{django_settings.WHITENOISE_ROOT}/"

    def update(self: WhiteNoise, root: str, prefix: str) -> None:
        if root != front_end:
            return look(self, root, prefix)
        if not found:
            others, self.files = self.files, found
            look(self, root, prefix)
            self.files = others
        self.files.update(found)
        return None

    WhiteNoise.update_files_dictionary = update


@pytest.fixture(autouse=True)
def _quick_passwords(settings: Settings) -> None:
    """Hashing as in production takes most of a second for each person."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def _no_fault_is_let_rest(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Workers note a fault and go on (labeling/jobs/setbacks.py). A test that made one by mistake must hear of it."""
    noted: list[str] = []
    note = setbacks.setback_note

    def heard(task: str, of_id: int, error: Exception) -> None:
        noted.append(f"{task}({of_id}): {error!r}")
        note(task, of_id, error)

    monkeypatch.setattr(setbacks, "setback_note", heard)
    yield
    assert request.node.get_closest_marker("setbacks") is not None or noted == []


@pytest.fixture
def ada(db: None) -> User:
    return User.objects.create_user("ada", password="ada-works-here")


@pytest.fixture
def ben(db: None) -> User:
    return User.objects.create_user("ben", password="ben-works-here")


@pytest.fixture
def cy(db: None) -> User:
    return User.objects.create_user("cy", password="cy-does-not-work-here")


def client_of(user: User) -> APIClient:
    client = APIClient()
    client.force_authenticate(user)
    return client


@pytest.fixture
def ada_client(ada: User) -> APIClient:
    return client_of(ada)


@pytest.fixture
def ben_client(ben: User) -> APIClient:
    return client_of(ben)


@pytest.fixture
def cy_client(cy: User) -> APIClient:
    return client_of(cy)


@pytest.fixture
def project(ada: User, ben: User) -> Project:
    """A text project with three classes; Ada owns it and Ben annotates."""
    from tests.makers import make_project

    return make_project(owner=ada, annotators=[ben])
