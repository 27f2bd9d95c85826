"""Where the database, the broker and the secrets are: computed from URLs or from the data directory.

Settings import this file, so it starts nothing and connects to nothing (deploy/backing/servers.py does).
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

MAX_SOCKET_PATH = 100  # bytes; the kernel allows 107 and PostgreSQL adds a name of its own


# Statements that people wait for are prepared (labeling/database/hot.py): Django turns that off, and psycopg would
# else prepare what is used this often by itself. One plan for all values, or PostgreSQL would make a new one
# for each call, which takes longer than the statement.
# A statement whose client is gone ends after some seconds: a worker that was killed must not hold locks for long.
_PREPARED = {
    "prepare_threshold": 10**9,
    "options": "-c plan_cache_mode=force_generic_plan -c client_connection_check_interval=5000",
    # A server, or a network, that is gone without a word is noticed within half a minute.
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 4,
    "tcp_user_timeout": 30_000,  # milliseconds
}


# Who waits for a request is told within two seconds that the server is away, also where its host is gone
# without a word. Unlike a limit on statements this ends none that the server still works on.
_SOON = {
    "connect_timeout": 2,
    "tcp_user_timeout": 2000,
    "keepalives_idle": 5,
    "keepalives_interval": 1,
    "keepalives_count": 2,
}


def data_secret(data_dir: Path) -> str:
    """The secret key of this data directory, made at first use; one for now if there is no such directory.

    So whoever asks for help in any folder does not leave a data directory there.
    """
    if not data_dir.is_dir():
        return secrets.token_urlsafe(50)
    path = data_dir / "secret_key"
    if not path.exists():
        # Written beside and linked into place: of two first starts at once, both read one key.
        beside = data_dir / f"secret_key.{os.getpid()}"
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(50))
        try:
            os.link(beside, path)
        except FileExistsError:
            pass
        finally:
            beside.unlink()
    return path.read_text()


def keep_private(data_dir: Path) -> None:
    """Others neither list nor read the data directory; whom we let pass through (deploy/backing/servers.py) still may."""
    with contextlib.suppress(FileNotFoundError, PermissionError):  # not there yet, or not ours
        for folder in (data_dir, data_dir / "storage"):
            folder.chmod(folder.stat().st_mode & 0o711)


def database_settings(url: str, data_dir: Path, *, pool_size: int) -> dict[str, Any]:
    """Django's DATABASES entry from a postgresql:// URL, or for the embedded server.

    `pool_size` 0 means one connection a thread and no pool: for workers, which fork.
    """
    parts = urlsplit(url or embedded_database_url(data_dir))
    if parts.scheme not in ("postgres", "postgresql"):
        raise ImproperlyConfigured(
            f"DATABASE_URL begins with {parts.scheme!r}; use postgresql://user:password@host:port/name."
        )
    query = dict(parse_qsl(parts.query))
    host = query.pop("host", parts.hostname or "")
    # It gives up soon and begins anew with the next request: else it would ask a server that was away for an
    # hour only every few minutes.
    pool = {"pool": _pool(pool_size), **_SOON} if pool_size else {}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": str(parts.port or ""),
        "CONN_HEALTH_CHECKS": True,  # a pool must not hand out what a restarted server has cut
        "OPTIONS": {**_PREPARED, **pool, **query},
    }


def _pool(max_size: int) -> dict[str, Any]:
    from deploy.backing.watched import POOL_SECONDS, WATCH, WatchedConnection

    return {
        "min_size": 1,
        "max_size": max_size,
        "timeout": POOL_SECONDS,
        "reconnect_timeout": 1.0,
        "reconnect_failed": WATCH.refused,
        "connection_class": WatchedConnection,
    }


def storage_options(backend: str, options: dict[str, Any], *, seconds: int) -> dict[str, Any]:
    """The options of the storage, which is waited for so long and asked twice; unless they say something else.

    Of the backends that are used far away only S3's takes a limit; it takes it as an object.
    """
    if not backend.startswith("storages.backends.s3") or "client_config" in options:
        return options
    from botocore.config import Config  # of the extra s3

    limits = Config(
        connect_timeout=min(2, seconds),
        read_timeout=seconds,
        retries={"total_max_attempts": 1 if seconds <= 2 else 3},
        signature_version=options.get("signature_version"),
    )
    return {**options, "client_config": limits}


def postgres_folder(data_dir: Path) -> Path:
    return data_dir / "postgres"


def postgres_socket_folder(data_dir: Path) -> Path:
    """The folder of the embedded PostgreSQL's socket: its data folder, or a short one where that is too long."""
    return _short(postgres_folder(data_dir), "/.s.PGSQL.5432")


def valkey_socket(data_dir: Path) -> Path:
    """The embedded Valkey's socket."""
    return _short(data_dir / "valkey", "/valkey.sock") / "valkey.sock"


def embedded_database_url(data_dir: Path) -> str:
    """Where the embedded PostgreSQL of this data directory listens, or would if it were up."""
    return f"postgresql://postgres@/assay?host={quote(str(postgres_socket_folder(data_dir)))}"


def broker_url(url: str, data_dir: Path) -> str:
    """The broker's URL: the one given, or the embedded Valkey's socket."""
    return url or f"redis+socket://{quote(str(valkey_socket(data_dir)))}"


def broker_options(url: str) -> dict[str, Any]:
    """What the transport of `url` should know."""
    if url.startswith(("amqp", "pyamqp")):
        return {"connect_timeout": 2, "write_timeout": 2}  # seconds
    if not url.startswith(("redis", "valkey", "sentinel")):
        return {}
    return {
        "socket_connect_timeout": 2,
        "socket_timeout": 5,  # one that is there and does not answer is away, too
        "socket_keepalive": True,
        "health_check_interval": 20,
    }


def _short(folder: Path, name: str) -> Path:
    """`folder`, or where a socket's path would be too long, a folder under /tmp that belongs to it alone."""
    if len(os.fsencode(f"{folder}{name}")) <= MAX_SOCKET_PATH:
        return folder
    digest = hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"assay-{digest}"
