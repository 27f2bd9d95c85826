"""Trouble: what PostgreSQL, the storage or the disk says while it is away, told from what is wrong for good.

Trouble is waited for and never counted. `waited(act)` does `act` again, from its start, until nothing is away
any more; so `act` is one transaction, or otherwise the same when it is done twice. Only work that somebody
carries out waits (`working_on`): a request, or anything else, gets the error at once.
"""

from __future__ import annotations

import errno
import functools
import logging
import random
import re
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, NamedTuple, ParamSpec, TypeVar

import psycopg
from django.core.files.storage import default_storage
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from labeling.jobs.work import Work, work_beat

logger = logging.getLogger(__name__)

FIRST_PAUSE_SECONDS = 0.5
MOST_PAUSE_SECONDS = 10.0
TELL_SECONDS = 1.0  # between two looks at the row while waiting: a cancellation is heard
MAX_REASON = 120  # characters
WAITING = "Waiting for"  # as waiting_sentence begins

P = ParamSpec("P")
T = TypeVar("T")


class Trouble(NamedTuple):
    """What is away, and what it said last."""

    what: str  # as it stands in a sentence: "the database"
    reason: str


# Of PostgreSQL's classes of errors: connections, resources (disk, memory, connections), operators, the system.
# https://www.postgresql.org/docs/current/errcodes-appendix.html
DATABASE_CLASSES = {"08", "53", "57", "58"}
DATABASE_CODES = {
    "25006",
    "40001",
    "40P01",
    "55P03",
}  # a standby; somebody else was first; a lock not had in time
DATABASE_FOR_GOOD = {"57014", "57P04"}  # a statement that took too long, a database that was dropped

NETWORK = {
    errno.ECONNREFUSED,
    errno.ECONNRESET,
    errno.EHOSTDOWN,
    errno.EHOSTUNREACH,
    errno.ENETDOWN,
    errno.ENETRESET,
    errno.ENETUNREACH,
    errno.ENOTCONN,
    errno.EPIPE,
    errno.ESTALE,  # of a network file system whose server was restarted
    errno.ETIMEDOUT,
}
NO_ROOM = {errno.ENOSPC, errno.EDQUOT}

# What a storage that speaks S3 answers when its settings are wrong, or not yet right: a person mends them.
S3_SETTINGS = {
    "AccessDenied",
    "AllAccessDisabled",
    "AuthorizationHeaderMalformed",
    "ExpiredToken",
    "InvalidAccessKeyId",
    "InvalidToken",
    "NoSuchBucket",
    "PermanentRedirect",
    "RequestTimeTooSkewed",
    "SignatureDoesNotMatch",
}
S3_BUSY = {"RequestTimeout", "RequestTimeoutException", "SlowDown", "Throttling", "ThrottlingException"}
# Of libraries that a storage may speak through: whatever they raise came from the network or from settings.
# (module, names of its exceptions); looked up among what is loaded, so that nothing is imported for it.
STORAGE_ERRORS = {
    "botocore.exceptions": (
        "HTTPClientError",
        "IncompleteReadError",
        "NoCredentialsError",
        "PartialCredentialsError",
        "CredentialRetrievalError",
        "ConnectionError",
    ),
    "boto3.exceptions": ("S3UploadFailedError", "RetriesExceededError"),
    "s3transfer.exceptions": ("RetriesExceededError", "S3DownloadFailedError"),
    "urllib3.exceptions": ("HTTPError",),
    "requests.exceptions": ("ConnectionError", "Timeout", "ChunkedEncodingError"),
    "azure.core.exceptions": ("ServiceRequestError", "ServiceResponseError", "IncompleteReadError"),
    "google.api_core.exceptions": ("ServerError", "TooManyRequests", "RetryError"),
}


def trouble_of(error: BaseException) -> Trouble | None:
    """The trouble that the error, or what caused it, tells of; None if waiting would change nothing."""
    seen: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        if getattr(cause, "is_for_good", False):
            return None
        found = _of_database(cause) or _of_storage(cause) or _of_system(cause)
        if found is not None:
            return found
        cause = cause.__cause__
    return None


def took_too_long(error: BaseException) -> bool:
    """A statement was stopped at its limit."""
    return getattr(error.__cause__, "sqlstate", "") == "57014"


@contextmanager
def for_good() -> Iterator[None]:
    """Whatever is raised inside is no trouble, though it may look so: a learner may speak to servers of its own."""
    try:
        yield
    except Exception as error:
        error.is_for_good = True  # type: ignore[attr-defined]
        raise


def _of_database(error: BaseException) -> Trouble | None:
    if isinstance(error, psycopg.Error):
        state = error.sqlstate
        if state is None:
            is_trouble = isinstance(error, psycopg.OperationalError | psycopg.InterfaceError)
        else:
            is_trouble = state in DATABASE_CODES or (
                state[:2] in DATABASE_CLASSES and state not in DATABASE_FOR_GOOD
            )
    else:
        # Django's own, of a connection that it knows to be closed; others have psycopg's as their cause.
        is_trouble = isinstance(error, InterfaceError | OperationalError) and error.__cause__ is None
    return Trouble("the database", _short(error)) if is_trouble else None


def _of_storage(error: BaseException) -> Trouble | None:
    response = getattr(error, "response", None)
    if isinstance(response, dict) and "ResponseMetadata" in response:  # botocore's ClientError
        code = str(response.get("Error", {}).get("Code", ""))
        status = int(response["ResponseMetadata"].get("HTTPStatusCode", 0))
        is_trouble = (
            code in S3_SETTINGS | S3_BUSY
            or status in (HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS)
            or status >= HTTPStatus.INTERNAL_SERVER_ERROR
        )
        return Trouble(storage_called(), _short(error)) if is_trouble else None
    for module, names in STORAGE_ERRORS.items():
        loaded = sys.modules.get(module)
        kinds = tuple(kind for name in names if (kind := getattr(loaded, name, None)) is not None)
        if kinds and isinstance(error, kinds):
            return Trouble(storage_called(), _short(error))
    return None


def _of_system(error: BaseException) -> Trouble | None:
    if not isinstance(error, OSError):
        return None
    if error.errno in NO_ROOM:
        return Trouble("room on the disk", _short(error))
    if isinstance(error, ConnectionError | TimeoutError) or error.errno in NETWORK:
        return Trouble(storage_called(), _short(error))
    return None


def storage_called() -> str:
    """The storage as sentences name it, so that whoever mends the settings knows which one."""
    bucket = getattr(default_storage, "bucket_name", None)
    return f"the storage (bucket {bucket})" if bucket else "the storage"


def _short(error: BaseException) -> str:
    said = " ".join(str(error).split()) or type(error).__name__
    return said if len(said) <= MAX_REASON else f"{said[: MAX_REASON - 1]}…"


# Waiting


@dataclass(frozen=True)
class _Doing:
    work: Work
    note: Callable[[str], object] | None


_doing: ContextVar[_Doing | None] = ContextVar("doing", default=None)


@contextmanager
def working_on(work: Work, *, note: Callable[[str], object] | None = None) -> Iterator[None]:
    """Inside, this thread carries the work out, and waits where there is trouble.

    Its row says what is waited for, and `note` is told afterwards in a sentence (a line of a run's log).
    """
    token = _doing.set(_Doing(work, note))
    try:
        yield
    finally:
        _doing.reset(token)


def waited(act: Callable[[], T]) -> T:
    """What `act` returns, which is done again from its start for as long as something is away.

    Raises what else `act` raises, and WorkCancelled and WorkLost while it waits. Within a transaction, and
    where no work is carried out, trouble is raised too: the transaction is what can be done again.
    """
    doing = _doing.get()
    if doing is None or connection.in_atomic_block:
        return act()
    wait: _Wait | None = None
    while True:
        try:
            result = act()
        except Exception as error:
            trouble = trouble_of(error)
            if trouble is None:
                raise
            wait = wait or _Wait(doing)
            wait.pause(trouble)
        else:
            if wait is not None:
                wait.over()
            return result


def patient(function: Callable[P, T]) -> Callable[P, T]:
    """The function, `waited` for."""

    @functools.wraps(function)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> T:
        return waited(lambda: function(*args, **kwargs))

    return wrapped


def told(work: Work, **progress: Any) -> bool:
    """`work_beat`, but nobody waits for news: while the database is away they are dropped. False if they were.

    So a fit goes on over a restart of the database. Raises WorkLost and WorkCancelled.
    """
    if connection.in_atomic_block:
        work_beat(work, **progress)
        return True
    try:
        work_beat(work, **progress)
    except Exception as error:
        trouble = trouble_of(error)
        if trouble is None:
            raise
        connection.close()
        logger.warning("%s is away, and the work goes on: %s", trouble.what, trouble.reason)
        return False
    return True


class Pauses:
    """Seconds to wait before each next try: longer and longer up to a bound, and never the same for two."""

    def __init__(self) -> None:
        self._longest = FIRST_PAUSE_SECONDS

    def next(self) -> float:
        seconds = random.uniform(self._longest / 2, self._longest)
        self._longest = min(MOST_PAUSE_SECONDS, 2 * self._longest)
        return seconds


def waiting_sentence(trouble: Trouble, since: str) -> str:
    """What a row says meanwhile; it fits in Work.step_name."""
    return f"Waiting for {trouble.what} since {since} UTC: {trouble.reason}"[:200]


def tried(act: Callable[[], object], rows: QuerySet[Any]) -> bool:
    """`act` is done; or something is away, `state_reason` of the rows says so, and the next sweep tries again.

    For short steps that no row of work stands for: nobody is kept waiting in between. False if something is away.
    Raises what `act` raises where it is no trouble, or where the database takes no word of it.
    """
    try:
        act()
    except Exception as error:
        trouble = trouble_of(error)
        if trouble is None or not _say_tried(trouble, rows):
            raise
        return False
    waits_no_more(rows)
    return True


def waits_no_more(rows: QuerySet[Any]) -> None:
    """What these rows waited for is there again. A row that somebody is at is left to them."""
    waiting = rows.filter(state_reason__startswith=f"{WAITING} ")
    with transaction.atomic():
        held = waiting.select_for_update(skip_locked=True, of=("self",)).values_list("pk", flat=True)
        rows.model._default_manager.filter(pk__in=list(held)).update(state_reason="")


def _say_tried(trouble: Trouble, rows: QuerySet[Any]) -> bool:
    """False if the database is away, too."""
    if not connection.in_atomic_block:
        connection.close()  # it may be broken without knowing
    now = f"{timezone.now():%H:%M}"
    begins = re.compile(f"{WAITING} {re.escape(trouble.what)} since (..:..) UTC")
    try:
        with transaction.atomic():
            for row in rows.select_for_update(skip_locked=True, of=("self",)):
                said = begins.match(row.state_reason)
                sentence = waiting_sentence(trouble, said[1] if said else now)
                logger.warning("%s %s: %s", type(row).__name__, row.pk, sentence)
                rows.model._default_manager.filter(pk=row.pk).update(state_reason=sentence)
    except Exception as error:
        if trouble_of(error) is None:
            raise
        return False
    return True


class _Wait:
    """One wait, however many tries it takes."""

    def __init__(self, doing: _Doing) -> None:
        self._doing = doing
        self._began = time.monotonic()
        self._since = f"{timezone.now():%H:%M}"
        self._pauses = Pauses()
        self._step_name: str | None = None  # what the row said before
        self._last: Trouble | None = None

    def pause(self, trouble: Trouble) -> None:
        """Until the next try. Raises WorkCancelled and WorkLost."""
        if trouble != self._last:
            logger.warning("%s", waiting_sentence(trouble, self._since))
        self._last = trouble
        connection.close()  # it may be broken without knowing
        until = time.monotonic() + self._pauses.next()
        while (left := until - time.monotonic()) > 0:
            time.sleep(min(left, TELL_SECONDS))
            self._say(waiting_sentence(trouble, self._since))

    def over(self) -> None:
        seconds = time.monotonic() - self._began
        assert self._last is not None
        sentence = f"Waited {seconds:.0f} s for {self._last.what}: {self._last.reason}"
        logger.warning("%s", sentence)
        if self._step_name is not None:
            self._say(self._step_name)
        elif self._doing.note is None:
            self._say(sentence)  # of the database, which could not be written while it was away
        if self._doing.note is not None:
            try:
                self._doing.note(sentence)
            except Exception as error:
                if trouble_of(error) is None:
                    raise
                connection.close()  # gone again: the log has the sentence

    def _say(self, sentence: str) -> None:
        work = self._doing.work
        try:
            if self._step_name is None:
                rows = type(work)._default_manager.filter(pk=work.pk)
                self._step_name = rows.values_list("step_name", flat=True).first() or ""
            work_beat(work, step_name=sentence)
        except Exception as error:
            if trouble_of(error) is None:
                raise
            connection.close()
