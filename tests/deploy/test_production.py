"""A half-set production does not start, and a whole one is strict."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
WHOLE = {
    "ASSAY_PRODUCTION": "1",
    "DATABASE_URL": "postgresql://assay:p%40ss@db.example.org:5433/labels?sslmode=require",
    "ASSAY_BROKER_URL": "amqp://assay:secret@broker.example.org//",
    "ASSAY_SECRET_KEY": "x" * 50,
    "ASSAY_ALLOWED_HOSTS": "labels.example.org",
}


def settings_print(expression: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    clean = {name: os.environ[name] for name in ("PATH", "ASSAY_DATA_DIR") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-c", f"from deploy import settings; print({expression})"],
        cwd=ROOT,
        env=clean | environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    "missing", ["DATABASE_URL", "ASSAY_BROKER_URL", "ASSAY_SECRET_KEY", "ASSAY_ALLOWED_HOSTS"]
)
def test_production_refuses_to_start_without(missing: str) -> None:
    result = settings_print("1", {name: value for name, value in WHOLE.items() if name != missing})

    assert result.returncode != 0
    assert f"these are not: {missing}." in result.stderr


def test_whole_production_sends_cookies_over_https_only() -> None:
    result = settings_print(
        "settings.SESSION_COOKIE_SECURE, settings.CSRF_COOKIE_SECURE, settings.SECURE_HSTS_SECONDS > 0,"
        "settings.SECURE_SSL_REDIRECT, settings.DEBUG",
        WHOLE,
    )

    assert result.stdout.split() == ["True", "True", "True", "True", "False"], result.stderr


def test_database_url_is_taken_apart() -> None:
    result = settings_print("settings.DATABASES['default']", WHOLE)

    assert all(
        part in result.stdout
        for part in ("'db.example.org'", "'5433'", "'p@ss'", "'labels'", "'sslmode': 'require'")
    ), result.stderr


def test_options_of_redis_are_not_given_to_another_broker() -> None:
    options = settings_print("settings.CELERY_BROKER_TRANSPORT_OPTIONS", WHOLE).stdout.strip()

    assert options == "{'connect_timeout': 2, 'write_timeout': 2}"  # RabbitMQ's own


def test_storage_takes_its_options_from_the_environment() -> None:
    result = settings_print(
        "settings.STORAGES['default']",
        WHOLE
        | {
            "ASSAY_STORAGE": "storages.backends.s3.S3Storage",
            "ASSAY_STORAGE_OPTIONS": '{"bucket_name": "labels"}',
        },
    )

    assert "'bucket_name': 'labels'" in result.stdout, result.stderr


HALF_SET = {"ASSAY_SECRET_KEY": "short", "ASSAY_ALLOWED_HOSTS": "*"}


def assay(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {name: os.environ[name] for name in ("PATH", "ASSAY_DATA_DIR") if name in os.environ}
    return subprocess.run(
        [sys.executable, *words],
        cwd=ROOT,
        env=clean | WHOLE | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    "words",
    [
        ["-m", "deploy.cli", "web", "--port", "1"],
        ["-m", "deploy.cli", "worker"],
        ["-m", "deploy.cli", "scheduler"],
        ["manage.py", "check"],
        ["manage.py", "check", "--deploy"],
    ],
    ids=lambda words: " ".join(words[-2:]),
)
def test_no_part_starts_with_a_short_key_or_any_host(words: list[str]) -> None:
    result = assay(*words, **HALF_SET)

    assert result.returncode != 0
    assert "ASSAY_SECRET_KEY has 5 characters" in result.stderr
    assert "ASSAY_ALLOWED_HOSTS contains *" in result.stderr


def test_checks_are_there_before_anybody_asked_for_a_route() -> None:
    result = assay(
        "-c",
        "import django; django.setup(); from django.core.checks import run_checks;"
        "print(sorted(found.id for found in run_checks() if found.id.startswith('assay.E')))",
        DJANGO_SETTINGS_MODULE="deploy.settings",
        **HALF_SET,
    )

    assert result.stdout.strip() == "['assay.E001', 'assay.E002']", result.stderr


@pytest.mark.parametrize("word", ["10.0.0.0/33", "proxy", "10.0.0.1,nonsense"])
def test_trusted_proxies_are_addresses(word: str) -> None:
    result = settings_print("1", {"ASSAY_TRUSTED_PROXIES": word})

    assert result.returncode != 0
    assert "use networks such as 10.0.0.0/8" in result.stderr
