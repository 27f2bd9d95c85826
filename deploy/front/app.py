"""The RSGI application that granian runs (`assay web`): Django, with a front before it.

A thread is taken when the whole request is there, and is free when the answer is, of which long ones
(files) are then read and sent chunk by chunk.
"""

from __future__ import annotations

import asyncio
import io
import json
import logging
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from typing import IO, Any, NamedTuple

from django.conf import settings
from django.core.handlers.wsgi import WSGIRequest
from django.db import connections
from granian.rsgi import ProtocolClosed, ProtocolError  # type: ignore[attr-defined]  # not marked as given out

from deploy.front.addresses import client_address
from deploy.front.bodies import CHECKED_BYTES, SIGN_INS, Bodies, Gone, WrongLength, limit_of
from deploy.front.threads import Threads
from deploy.wsgi import application
from labeling.accounts.authentication import is_signed_in
from labeling.errors import AssayError
from labeling.web.http import error_body, foreseen_of, headers_of

logger = logging.getLogger(__name__)

N_THREADS = 8  # with those that sign in, as many as database connections (deploy/wsgi.py)
N_SIGN_IN_THREADS = 2  # to check a password takes a core for a while, and wrong ones are slowed down
MAX_SIGN_INS = 8  # of one address, waiting or being checked
N_FILE_THREADS = 4  # that read and write files of long bodies and answers
CHUNK_BYTES = 64 * 2**10  # of an answer, sent at once; an answer up to this long is sent whole
SEND_SECONDS = 60.0  # within which the client takes a chunk

Headers = list[tuple[str, str]]


class FileWrapper:
    """A file that Django answers with, in chunks as long as we send them."""

    streaming = True

    def __init__(self, file: IO[bytes], _: int = 0) -> None:
        self._file = file

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.read, b"")

    def read(self) -> bytes:
        return self._file.read(CHUNK_BYTES)

    def close(self) -> None:
        if hasattr(self._file, "close"):
            self._file.close()


class NotSignedIn(AssayError):
    """Whoever sends that much must be known."""

    status = 401
    code = "not_authenticated"


class TooManySignIns(AssayError):
    """More people of one address sign in at once than are let wait."""

    status = 429
    code = "too_many_sign_ins"


class _Rest(NamedTuple):
    """What a thread leaves to be sent."""

    status: int
    headers: Headers
    begun: bytes
    file: FileWrapper


class Front:
    """One a process. `application` is a WSGI application."""

    def __init__(self, application: Callable[..., Any]) -> None:
        self._application = application

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._threads = Threads(N_THREADS, "request", loop)
        self._sign_in_threads = Threads(N_SIGN_IN_THREADS, "sign-in", loop)
        self._sign_ins: Counter[str] = Counter()
        self._file_threads = Threads(N_FILE_THREADS, "file", loop)
        self._bodies = Bodies(run=self._file_threads.run)

    async def __rsgi__(self, scope: Any, proto: Any) -> None:
        environ = make_environ(scope)
        try:
            await self._read_body(environ, scope.headers, proto)
        except Gone:
            return
        except AssayError as error:
            _refuse(proto, error)
            return
        if environ["REQUEST_METHOD"] == "POST" and environ["PATH_INFO"] in SIGN_INS:
            await self._sign_in(environ, proto)
            return
        rest = await self._threads.run(self._respond, environ, proto)
        if rest is not None:
            await self._stream(rest, proto)

    async def _sign_in(self, environ: dict[str, Any], proto: Any) -> None:
        """Those who guess wait for each other, and not the others for them."""
        address = environ["REMOTE_ADDR"]
        if self._sign_ins[address] >= MAX_SIGN_INS:
            _refuse(
                proto,
                TooManySignIns("Many sign in from your address at this moment. Try again in a few seconds."),
            )
            return
        self._sign_ins[address] += 1
        try:
            await self._sign_in_threads.run(self._respond, environ, proto)
        finally:
            self._sign_ins[address] -= 1
            if not self._sign_ins[address]:
                del self._sign_ins[address]

    async def _read_body(self, environ: dict[str, Any], headers: Any, proto: Any) -> None:
        """The whole body stands in the environ. Raises AssayError, Gone."""
        announced = headers.get("content-length")
        is_chunked = "transfer-encoding" in headers
        if not is_chunked and announced in (None, "0"):
            return
        if announced is not None and not announced.isdecimal():
            raise WrongLength("Content-Length must be a whole number of bytes.")
        length = None if is_chunked else int(announced)
        says_who = "authorization" in headers or settings.SESSION_COOKIE_NAME in environ.get(
            "HTTP_COOKIE", ""
        )
        limit = limit_of(environ["PATH_INFO"], says_who=says_who)
        if (limit if length is None else length) > CHECKED_BYTES and (length or 0) <= limit:
            await self._check_sender(environ)
        body, n_bytes = await self._bodies.read(proto, environ["REMOTE_ADDR"], length, limit)
        environ["wsgi.input"], environ["CONTENT_LENGTH"] = body, str(n_bytes)

    async def _check_sender(self, environ: dict[str, Any]) -> None:
        """Somebody with a name sends this. Raises NotSignedIn."""
        if not await self._threads.run(_is_known, environ):
            raise NotSignedIn("Only people who are signed in, or send a valid token, may send this much.")

    def _respond(self, environ: dict[str, Any], proto: Any) -> _Rest | None:
        """In a thread: Django answers. Returns what is left to be sent, if that is long."""
        try:
            return self._answer(environ, proto)
        except Exception as error:
            foreseen = foreseen_of(error)
            if foreseen is None:
                logger.exception("Nothing answered %s %s.", environ["REQUEST_METHOD"], environ["PATH_INFO"])
                _respond_json(proto, 500, error_body("server_error", "Something went wrong on our side.", {}))
            else:
                _refuse(proto, foreseen)
            return None
        finally:
            environ["wsgi.input"].close()

    def _answer(self, environ: dict[str, Any], proto: Any) -> _Rest | None:
        started: list[tuple[int, Headers]] = []

        def start_response(status: str, headers: Headers, exc_info: Any = None) -> None:
            started.append((int(status[:3]), headers))

        response = self._application(environ, start_response)
        status, headers = started[-1]
        if environ["REQUEST_METHOD"] == "HEAD" or not getattr(response, "streaming", False):
            content = b"" if environ["REQUEST_METHOD"] == "HEAD" else b"".join(response)
            proto.response_bytes(status, headers, content)
            response.close()
            return None
        if not isinstance(response, FileWrapper):
            response = _as_file(response)  # rows of the database: it is not kept waiting for a slow reader
        connections.close_all()
        try:
            first = response.read()  # here, while we can still say that the storage is away
            if first and (second := response.read()):
                return _Rest(status, headers, first + second, response)
        except BaseException:
            response.close()
            raise
        proto.response_bytes(status, headers, first)
        response.close()
        return None

    async def _stream(self, rest: _Rest, proto: Any) -> None:
        """The chunks of the file, each when the client has taken the one before."""
        chunk = rest.begun
        try:
            transport = proto.response_stream(rest.status, rest.headers)
            while chunk:
                async with asyncio.timeout(SEND_SECONDS):
                    await transport.send_bytes(chunk)
                chunk = await self._file_threads.run(rest.file.read)
        except (TimeoutError, ProtocolClosed, ProtocolError):
            logger.info("A client did not take its answer to the end.")
        finally:
            await self._file_threads.run(rest.file.close)


def _as_file(response: Any) -> FileWrapper:
    """All that the response yields, in a temporary file."""
    file = tempfile.TemporaryFile()  # noqa: SIM115  whoever sends it closes it
    try:
        file.writelines(response)
    except BaseException:
        file.close()
        raise
    finally:
        response.close()
    file.seek(0)
    return FileWrapper(file)


def make_environ(scope: Any) -> dict[str, Any]:
    """The WSGI environ of a request, but for its body."""
    host, _, port = scope.server.rpartition(":")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": scope.path.encode().decode("latin-1"),
        "QUERY_STRING": scope.query_string,
        "SERVER_NAME": host,
        "SERVER_PORT": port,
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.scheme,
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        "wsgi.file_wrapper": FileWrapper,
    }
    for name, value in scope.headers.items():
        if "_" in name:  # would pass for the header with a hyphen, which a proxy has set or taken away
            continue
        key = name.upper().replace("-", "_")
        if key not in ("CONTENT_TYPE", "CONTENT_LENGTH"):
            key = f"HTTP_{key}"
        if key in environ:
            value = f"{environ[key]}{'; ' if key == 'HTTP_COOKIE' else ','}{value}"
        environ[key] = value
    environ.pop("CONTENT_LENGTH", None)  # said again when the body is there
    environ["REMOTE_ADDR"] = client_address(
        scope.client, environ.get("HTTP_X_FORWARDED_FOR", ""), settings.ASSAY_TRUSTED_PROXIES
    )
    return environ


def _is_known(environ: dict[str, Any]) -> bool:
    try:
        return is_signed_in(WSGIRequest(environ))
    finally:
        connections.close_all()


def _refuse(proto: Any, error: AssayError) -> None:
    """The rest of the body is not read, so the connection ends here."""
    extra = [("connection", "close"), *headers_of(error).items()]
    _respond_json(proto, error.status, error_body(error.code, error.message, error.fields), extra)


def _respond_json(proto: Any, status: int, body: dict[str, object], extra: Headers | None = None) -> None:
    headers = [
        ("content-type", "application/json"),
        ("x-content-type-options", "nosniff"),
        ("cache-control", "no-store"),
        *(extra or []),
    ]
    proto.response_bytes(status, headers, json.dumps(body).encode())


front = Front(application)
