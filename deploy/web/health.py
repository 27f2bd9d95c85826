"""Is every part there? One answer for the page, for probes, and for `assay status`."""

from __future__ import annotations

import datetime as dt
import os
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.core.files.storage import FileSystemStorage, default_storage
from django.db import connections
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from deploy.backing.watched import WATCH
from deploy.worker import QUEUES, app
from deploy.workers.pulse import LOST_SECONDS
from labeling.models import Setback, WorkerPulse

WORK_OF_QUEUE = {
    "train": "training runs wait",
    "predict": "predictions wait",
    "io": "imports and exports wait",
    "default": "rounds are not published and nothing starts by itself",
}


@dataclass(frozen=True)
class Part:
    """One part of a running Assay."""

    name: str
    is_up: bool
    since: dt.datetime | None  # up: started; down: last seen, if ever
    message: str
    how_to_fix: str = ""
    to_all: str = ""  # what the message says without folders, hosts and errors of this server

    def as_json(self, *, to_admin: bool = True) -> dict[str, Any]:
        """Where the server keeps things is told to those who run it only."""
        fields = asdict(self)
        to_all = fields.pop("to_all")
        if not to_admin:
            fields["message"] = to_all
        return {"state": "up" if fields.pop("is_up") else "down", **fields}


def health_parts() -> list[Part]:
    """Every part, the ones that others need first. Takes two seconds at most where something hangs."""
    with ThreadPoolExecutor(2) as aside:
        looks = [aside.submit(_database), aside.submit(_broker)]
        storage = _storage()  # here, since what speaks S3 keeps its connections by thread
    database, broker = (look.result() for look in looks)
    parts = [database, broker, storage]
    if database.is_up:
        parts += _pulses(timezone.now())
    return parts


def _database() -> Part:
    # Not from the pool: a probe must not wait for a connection that the pool cannot get.
    parameters = connections["default"].get_connection_params()
    parameters = {**parameters, "connect_timeout": 2}
    parameters.pop("pool", None)
    where = settings.DATABASES["default"]["HOST"] or "localhost"
    try:
        if WATCH.is_away:
            raise psycopg.OperationalError("it is waited for")
        with psycopg.connect(**parameters) as connection:
            row = connection.execute("SELECT pg_postmaster_start_time()").fetchone()
    except psycopg.Error as error:
        return Part(
            name="database",
            is_up=False,
            since=None,
            message=f"PostgreSQL at {where} does not answer: {' '.join(str(error).split())}",
            how_to_fix="Start `assay up`, or the server that DATABASE_URL names.",
            to_all="The database does not answer.",
        )
    return Part(name="database", is_up=True, since=row[0] if row else None, message=f"PostgreSQL at {where}")


def _broker() -> Part:
    try:
        limits = {name: 1 for name in settings.CELERY_BROKER_TRANSPORT_OPTIONS if name.endswith("timeout")}
        with app.connection_for_write(connect_timeout=1, transport_options=limits) as connection:
            connection.ensure_connection(max_retries=1, interval_start=0, timeout=1)
            where = connection.as_uri()
    except Exception as error:  # noqa: BLE001  each transport raises its own family
        return Part(
            name="broker",
            is_up=False,
            since=None,
            message=f"The broker does not answer, so work starts a few seconds late: {error}",
            how_to_fix="Start `assay up`, or the server that ASSAY_BROKER_URL names. No work is lost.",
            to_all="The broker does not answer, so work starts a few seconds late.",
        )
    return Part(name="broker", is_up=True, since=None, message=where)


STORAGE_SECONDS = 5.0  # for which an answer of the storage is remembered: probes come often
_storage_seen: tuple[float, Part] | None = None


def _storage() -> Part:
    global _storage_seen
    if _storage_seen is None or time.monotonic() - _storage_seen[0] > STORAGE_SECONDS:
        _storage_seen = (time.monotonic(), _look_at_storage())
    return _storage_seen[1]


def _look_at_storage() -> Part:
    """Whether there is a place for files: the bucket, or a folder that we may write to."""
    bucket = getattr(default_storage, "bucket_name", None)
    where = f"bucket {bucket}" if bucket else str(getattr(default_storage, "location", "the storage"))
    try:
        if bucket:
            default_storage.bucket.meta.client.head_bucket(Bucket=bucket)  # type: ignore[attr-defined]
        elif isinstance(default_storage, FileSystemStorage):
            _check_folder(Path(default_storage.location))
        else:
            default_storage.exists("assay")
    except Exception as error:  # noqa: BLE001  each storage raises its own family
        return Part(
            name="storage",
            is_up=False,
            since=None,
            message=f"The storage ({where}) does not answer, so files are neither shown nor taken: "
            f"{' '.join(str(error).split())}",
            how_to_fix="Make the bucket or folder, or look at ASSAY_STORAGE and ASSAY_STORAGE_OPTIONS. "
            "Work that needs it waits.",
            to_all="The storage does not answer, so files are neither shown nor taken.",
        )
    return Part(name="storage", is_up=True, since=None, message=where)


def _check_folder(folder: Path) -> None:
    """Raises OSError unless files can be written there, or will be once it is made."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    if not os.access(folder, os.W_OK | os.X_OK):
        raise PermissionError(f"{folder} may not be written to")


def _pulses(now: dt.datetime) -> list[Part]:
    """A part for each queue, up if a living worker listens to it, and one for the scheduler."""
    pulses = list(WorkerPulse.objects.order_by("started_at"))
    parts = [
        _listeners(
            name=f"worker {queue}",
            pulses=[pulse for pulse in pulses if queue in pulse.queues],
            now=now,
            when_missing=f"No worker listens to the queue {queue}: {WORK_OF_QUEUE[queue]}.",
            how_to_fix=f"Start `assay up`, or `assay worker --queues {queue}` on any host.",
        )
        for queue in QUEUES
    ]
    return [
        *parts,
        _with_setbacks(
            _listeners(
                name="scheduler",
                pulses=[pulse for pulse in pulses if pulse.kind == "scheduler"],
                now=now,
                when_missing="No scheduler runs: leases do not run out, and lost doorbells are not rung again.",
                how_to_fix="Start `assay up`, or `assay scheduler` on one host.",
            )
        ),
    ]


def _with_setbacks(part: Part) -> Part:
    """The part names the tasks that failed by a fault of their own and rest: it rings for them again."""
    failing = Setback.objects.order_by("-next_at").values_list("task", "of_id", "n")
    n_failing = failing.count()
    if not n_failing:
        return part
    named = ", ".join(f"{task}({of_id or ''}) {n:,} times" for task, of_id, n in failing[:3])
    sentence = f"{n_failing:,} tasks fail and are tried again with growing pauses, such as {named}."
    return replace(
        part,
        message=f"{part.message}. {sentence}",
        how_to_fix=part.how_to_fix or "Look at the worker's log for why.",
    )


def _listeners(
    *, name: str, pulses: list[WorkerPulse], now: dt.datetime, when_missing: str, how_to_fix: str
) -> Part:
    lost = now - dt.timedelta(seconds=LOST_SECONDS)
    present = [pulse for pulse in pulses if pulse.stopped_at is None and pulse.seen_at >= lost]
    living = [pulse for pulse in present if not pulse.problem]
    if living:
        names = ", ".join(pulse.name for pulse in living)
        return Part(name=name, is_up=True, since=min(pulse.started_at for pulse in living), message=names)
    to_all = when_missing
    wedged = [f"{pulse.name} is there and does not work: {pulse.problem}" for pulse in present]
    if wedged:
        when_missing = " ".join([when_missing, *wedged, "It is restarted by itself if that lasts."])
    last_seen = max((pulse.seen_at for pulse in pulses), default=None)
    return Part(
        name=name, is_up=False, since=last_seen, message=when_missing, how_to_fix=how_to_fix, to_all=to_all
    )


class PartOutput(serializers.Serializer[Part]):
    name = serializers.CharField()
    state = serializers.ChoiceField(choices=[("up", "Up"), ("down", "Down")])
    since = serializers.DateTimeField(allow_null=True, help_text="Up: started. Down: last seen, if ever.")
    message = serializers.CharField(
        allow_blank=True, help_text="Folders, hosts and errors of the server only for admins."
    )
    how_to_fix = serializers.CharField(allow_blank=True)


class HealthOutput(serializers.Serializer[Any]):
    status = serializers.ChoiceField(choices=[("ok", "All parts are up"), ("degraded", "A part is down")])
    parts = PartOutput(many=True, required=False, help_text="Only for people who are signed in.")


class HealthView(APIView):
    """Whether all parts are up: 200 or 503. Who is signed in sees each part, and admins where it is."""

    permission_classes = [AllowAny]

    def perform_authentication(self, request: Request) -> None:
        """Not before we know that the database answers."""

    @extend_schema(
        operation_id="health_show",
        summary="Is everything up; to those signed in, part by part",
        tags=["health"],
        responses={200: HealthOutput, 503: HealthOutput},
    )
    def get(self, request: Request) -> Response:
        parts = health_parts()
        is_ok = all(part.is_up for part in parts)
        body: dict[str, Any] = {"status": "ok" if is_ok else "degraded"}
        if parts[0].is_up and request.user.is_authenticated:
            to_admin = bool(getattr(request.user, "is_staff", False))
            body["parts"] = [part.as_json(to_admin=to_admin) for part in parts]
        return Response(body, status=200 if is_ok else 503)
