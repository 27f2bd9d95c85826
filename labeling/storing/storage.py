"""Files in the storage, with as few requests as there can be.

A storage that speaks S3 takes three requests for each file that Django opens, and one for each piece that is
read by place. So bytes are asked for once: small files whole, large ones copied to a temporary file on disk
(TMPDIR), in pieces, and used from there.
"""

from __future__ import annotations

import io
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import IO, Any, BinaryIO, cast

from django.core.files.base import ContentFile, File
from django.core.files.storage import FileSystemStorage, default_storage

from labeling.jobs.trouble import waited

PIECE_BYTES = 2**20
BUFFER_BYTES = 2**18
MISSING = {"NoSuchKey", "404", "NotFound", "NoSuchVersion"}


@contextmanager
def stored_stream(name: str) -> Iterator[BinaryIO]:
    """The file from its first byte on, in one request. It can be read once, not sought. Raises FileNotFoundError."""
    body = _s3_body(name)
    if body is not None:
        try:
            yield cast(BinaryIO, body)
        finally:
            body.close()
        return
    with default_storage.open(name, "rb") as file:
        yield cast(BinaryIO, file)


@contextmanager
def spooled(name: str) -> Iterator[BinaryIO]:
    """The file on local disk, open for reading at any place: as it lies, or copied there in one request.

    The copy goes with the block. Raises FileNotFoundError, and OSError where the disk has no room.
    """
    if isinstance(default_storage, FileSystemStorage):
        with open(default_storage.path(name), "rb") as file:
            yield file
        return
    with tempfile.TemporaryFile(prefix="assay-spool-") as copy:
        with stored_stream(name) as stream:
            shutil.copyfileobj(stream, copy, PIECE_BYTES)
        copy.seek(0)
        yield cast(BinaryIO, copy)


def read_again(file: BinaryIO) -> BinaryIO:
    """A file of the disk once more from its start, at a place of its own; it must stay open for as long."""
    return cast(BinaryIO, io.BufferedReader(_Elsewhere(file.fileno()), BUFFER_BYTES))


class _Elsewhere(io.RawIOBase):
    """Another place in an open file. A copy without a name cannot be opened twice."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor, self._place = descriptor, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        content = os.pread(self._descriptor, len(buffer), self._place)
        buffer[: len(content)] = content
        self._place += len(content)
        return len(content)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        from_here = {
            os.SEEK_SET: 0,
            os.SEEK_CUR: self._place,
            os.SEEK_END: os.fstat(self._descriptor).st_size,
        }
        self._place = from_here[whence] + offset
        return self._place

    def tell(self) -> int:
        return self._place


def stored_bytes(name: str) -> bytes:
    """A small file whole, in one request. Raises FileNotFoundError."""
    with stored_stream(name) as stream:
        return stream.read()


def store(name: str, content: bytes | IO[bytes]) -> str:
    """The content is in the storage under this name, which nothing else has; returns the name.

    Where work is carried out the storage is waited for, so that what took hours is not lost.
    """
    n_tries = 0

    def put() -> str:
        nonlocal n_tries
        n_tries += 1
        if n_tries > 1:  # half of it may be there
            with suppress(FileNotFoundError):
                default_storage.delete(name)
        if isinstance(content, bytes):
            return default_storage.save(name, ContentFile(content))
        content.seek(0)
        return default_storage.save(name, File(content))

    return waited(put)


def is_missing(error: Exception) -> bool:
    """Whether the storage says that the file is not there; backends that ask S3 by HEAD let its own error through."""
    answer = getattr(error, "response", None)
    code = answer.get("Error", {}).get("Code") if isinstance(answer, dict) else None
    return isinstance(error, FileNotFoundError) or code in MISSING


def _s3_body(name: str) -> Any | None:
    """The body of one GET, where the storage speaks S3 and hands out the bytes as they lie there.

    It raises where the bytes end before they should.
    """
    bucket = getattr(default_storage, "bucket", None)
    if bucket is None or not hasattr(default_storage, "_normalize_name"):
        return None
    assert hasattr(default_storage, "get_object_parameters")  # of the same backend
    from boto3.s3.transfer import S3Transfer  # only where there is S3
    from botocore.exceptions import ClientError

    key = default_storage._normalize_name(name.replace("\\", "/"))
    given = default_storage.get_object_parameters(key)
    allowed = {name: value for name, value in given.items() if name in S3Transfer.ALLOWED_DOWNLOAD_ARGS}
    try:
        answer = bucket.Object(key).get(**allowed)
    except ClientError as error:
        if is_missing(error):
            raise FileNotFoundError(f"There is no file {name!r} in the storage.") from None
        raise
    if answer.get("ContentEncoding"):
        answer["Body"].close()
        return None  # packed on the way in: the backend unpacks it
    return answer["Body"]
