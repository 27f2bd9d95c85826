"""Bodies of requests, read in full before a thread is taken: within limits of size, time and number.

What is small stays in memory, the rest goes to a temporary file. A body that is refused is not read further.
"""

from __future__ import annotations

import asyncio
import io
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO, Any

from django.conf import settings

from labeling.errors import AssayError, TooLarge

SPOOL_BYTES = 64 * 2**10  # of a body in memory; the rest goes to a file
WRITE_BYTES = 256 * 2**10  # to the file at once
UNKNOWN_BYTES = 64 * 2**10  # from somebody who does not say who they are: signing in takes less
CHECKED_BYTES = 2**20  # above this we look who it is before we read
MULTIPART_BYTES = 2**20  # around the file of an upload
# A body has so many seconds, and one more for every so many bytes that came: what stalls or trickles is given up.
GRACE_SECONDS = 20.0
BYTES_PER_SECOND = 500
MAX_OF_ADDRESS = 64  # unfinished bodies of one address, in this process
MAX_UNFINISHED = 512  # of all

SIGN_INS = frozenset({"/api/session", "/admin/login/"})
UPLOADS = "/api/uploads"


class Gone(Exception):
    """The client left before it had sent everything."""


class TooSlow(AssayError):
    """The body did not come in time."""

    status = 408
    code = "too_slow"


class TooManyBodies(AssayError):
    """This address sends too many bodies at once."""

    status = 429
    code = "too_many_bodies"


class WrongLength(AssayError):
    """The header Content-Length is no number."""

    code = "invalid_length"


class Busy(AssayError):
    """Everybody together sends too many bodies at once."""

    status = 503
    code = "busy"


def limit_of(path: str, *, says_who: bool) -> int:
    """Bytes that a body sent to `path` may have; `says_who`: a token or a session comes with it."""
    if not says_who or path in SIGN_INS:
        return UNKNOWN_BYTES
    if path == UPLOADS:
        return settings.ASSAY_MAX_UPLOAD_BYTES + MULTIPART_BYTES
    return settings.DATA_UPLOAD_MAX_MEMORY_SIZE


@dataclass
class Bodies:
    """Reads bodies, and counts those that are unfinished."""

    # Writes to files go through this, since a disk may make us wait: run(function, *arguments) -> awaitable
    run: Callable[..., Any]
    _n_of: Counter[str] = field(default_factory=Counter)
    _n_unfinished: int = 0

    async def read(self, proto: Any, address: str, length: int | None, limit: int) -> tuple[IO[bytes], int]:
        """The body and its length in bytes. `length`: as the client announced it; None for a chunked one.

        Raises TooLarge, TooSlow, TooManyBodies, Busy, Gone.
        """
        if length is not None and length > limit:
            raise too_large(length, limit)
        with self._counted(address):
            try:
                if length is not None and length <= SPOOL_BYTES:
                    return await _read_small(proto, length)
                return await self._read_large(proto, length, limit)
            except TimeoutError:
                raise TooSlow(
                    f"The body did not come within {GRACE_SECONDS:.0f} seconds and one more for every "
                    f"{BYTES_PER_SECOND} bytes, so we stopped waiting. Send it again over a steadier connection."
                ) from None

    @contextmanager
    def _counted(self, address: str) -> Iterator[None]:
        if self._n_of[address] >= MAX_OF_ADDRESS:
            raise TooManyBodies(
                f"{MAX_OF_ADDRESS} requests from your address are sending at this moment, and no more are "
                "taken until one of them is complete. Try again in a few seconds."
            )
        if self._n_unfinished >= MAX_UNFINISHED:
            raise Busy("Too many requests are being sent at this moment. Try again in a few seconds.")
        self._n_of[address] += 1
        self._n_unfinished += 1
        try:
            yield
        finally:
            self._n_unfinished -= 1
            self._n_of[address] -= 1
            if not self._n_of[address]:
                del self._n_of[address]

    async def _read_large(self, proto: Any, length: int | None, limit: int) -> tuple[IO[bytes], int]:
        file: IO[bytes] = tempfile.SpooledTemporaryFile(max_size=SPOOL_BYTES)  # noqa: SIM115
        try:
            n_bytes = await self._copy(proto, file, limit)
            if length is not None and n_bytes < length:
                raise Gone
        except BaseException:
            file.close()
            raise
        file.seek(0)
        return file, n_bytes

    async def _copy(self, proto: Any, file: IO[bytes], limit: int) -> int:
        begun = asyncio.get_running_loop().time()
        n_bytes, waiting, n_waiting = 0, [], 0
        async with asyncio.timeout(GRACE_SECONDS) as patience:
            async for chunk in proto:
                n_bytes += len(chunk)
                if n_bytes > limit:
                    raise too_large(n_bytes, limit)
                waiting.append(chunk)
                n_waiting += len(chunk)
                if n_waiting >= WRITE_BYTES or n_bytes <= SPOOL_BYTES:
                    await self._write(file, waiting, n_bytes)
                    waiting, n_waiting = [], 0
                patience.reschedule(begun + GRACE_SECONDS + n_bytes / BYTES_PER_SECOND)
        await self._write(file, waiting, n_bytes)
        return n_bytes

    async def _write(self, file: IO[bytes], chunks: list[bytes], n_bytes: int) -> None:
        if n_bytes <= SPOOL_BYTES:
            file.writelines(chunks)  # to memory
        elif chunks:
            await self.run(file.write, b"".join(chunks))


async def _read_small(proto: Any, length: int) -> tuple[IO[bytes], int]:
    async with asyncio.timeout(GRACE_SECONDS + length / BYTES_PER_SECOND):
        content = await proto()
    if len(content) < length:
        raise Gone
    return io.BytesIO(content), length


def too_large(n_bytes: int, limit: int) -> TooLarge:
    if limit == UNKNOWN_BYTES:
        advice = "Sign in, or send your token, if it is meant for more than signing in."
    elif limit == settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
        advice = "Send it in parts, or as a file to /api/uploads."
    else:
        advice = "Import it from a path on the server with `assay import`, or raise ASSAY_MAX_UPLOAD_BYTES."
    return TooLarge(f"The body has {n_bytes:,} bytes or more; {limit:,} are allowed here. {advice}")
