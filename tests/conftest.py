"""People and projects that tests share: Ada owns, Ben annotates, Cy is an outsider."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from labeling.models import Project


@pytest.fixture(autouse=True)
def _quick_passwords(settings: object) -> None:
    """Hashing as in production takes most of a second for each person."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


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
