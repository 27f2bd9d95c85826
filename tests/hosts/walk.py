"""The walk: what docs/production.md says is done, then what goes wrong on a bad day, and what each came to.

Prints a line for each thing that was looked at, and the findings at the end. Exit code 1 if there are any.
Times are printed and never judged, but where a promise names seconds.
"""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import subprocess
import sys
import threading
import time
import traceback
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import psycopg
from PIL import Image
from sklearn.datasets import load_digits

from tests.hosts.hands import Hands
from tests.hosts.network import NAMES, SITE, inside
from tests.hosts.servers import (
    CONSUMER_TIMEOUT_MS,
    ROOT,
    S3,
    Postgres,
    Proxy,
    Rabbit,
    Server,
    as_ordinary_user,
    nginx_program,
    wait_for,
)

ADDRESS = f"https://{SITE}"
BUCKET = "labels"
OTHER_BUCKET = "labels-restored"
AWAY_SECONDS = float(os.environ.get("HOSTS_AWAY_SECONDS", "60"))
TABLE_MB = int(os.environ.get("HOSTS_TABLE_MB", "40"))
PASSWORD = "ada-works-on-three-hosts"
WORKERS = {"train": ["--queues", "train"], "work": ["--queues", "io,default,predict", "--concurrency", "2"]}


class Walk:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.findings: list[str] = []
        self.postgres = Postgres(folder)
        self.rabbit = Rabbit(folder)
        self.s3 = S3(folder, nginx_program())
        self.proxy = Proxy(folder, nginx_program(), NAMES["a"])
        self.parts: dict[tuple[str, str], Server] = {}
        self.hands = Hands(ADDRESS, "")
        self.project = 0

    # What it stands on

    def environment(self, host: str, *, database: str = "assay", bucket: str = BUCKET) -> dict[str, str]:
        return {
            "ASSAY_PRODUCTION": "1",
            "DATABASE_URL": self.postgres.url(database),
            "ASSAY_BROKER_URL": self.rabbit.url,
            "ASSAY_SECRET_KEY": "k" * 60,
            "ASSAY_ALLOWED_HOSTS": SITE,
            "ASSAY_TRUSTED_ORIGINS": ADDRESS,
            "ASSAY_TRUSTED_PROXIES": NAMES["infra"],
            "ASSAY_STORAGE": "storages.backends.s3.S3Storage",
            "ASSAY_STORAGE_OPTIONS": json.dumps(self.s3.options(bucket)),
            "ASSAY_DATA_DIR": str(self.folder / host),
            "HOME": str(self.folder / host),
            "PYTHONDONTWRITEBYTECODE": "1",
        }

    def assay(self, host: str, *words: object, **where: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "deploy.cli", *map(str, words)]
        return subprocess.run(
            inside(host, as_ordinary_user(command)), cwd=ROOT,
            env={**os.environ, **self.environment(host, **where)}, capture_output=True, text=True, check=False,
        )  # fmt: skip

    def part(self, host: str, name: str, *words: str, **where: str) -> Server:
        command = [sys.executable, "-m", "deploy.cli", *words]
        server = Server(
            name, inside(host, as_ordinary_user(command)), self.folder / f"{host}-{name}.log",
            self.environment(host, **where),
        )  # fmt: skip
        server.start()
        self.parts[host, name] = server
        return server

    def worker(self, host: str, name: str) -> Server:
        return self.part(host, name, "worker", *WORKERS[name])

    def rows(self, sql: str, *values: object, database: str = "assay") -> list[tuple[Any, ...]]:
        with psycopg.connect(self.postgres.url(database), autocommit=True) as connection:
            return connection.execute(sql, values or None).fetchall()

    def start_servers(self) -> None:
        self.postgres.make()
        self.postgres.start()
        self.rabbit.server.start()
        self.s3.moto.start()
        self.s3.gate.start()
        self.proxy.server.start()
        for host in "abc":
            (self.folder / host).mkdir()
            os.chown(self.folder / host, 65534, 65534)
        wait_for(lambda: self._database_answers("postgres"), "PostgreSQL does not answer")
        with psycopg.connect(self.postgres.url("postgres"), autocommit=True) as connection:
            connection.execute("CREATE DATABASE assay")
            connection.execute("CREATE DATABASE restored")
        wait_for(lambda: "assay" in self.rabbit.ctl("list_users"), "RabbitMQ does not answer")
        os.environ["SSL_CERT_FILE"] = str(self.proxy.certificate)

    def _database_answers(self, database: str) -> bool:
        try:
            psycopg.connect(self.postgres.url(database), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def stop_all(self) -> None:
        for server in self.parts.values():
            server.stop(seconds=10)
        self.proxy.server.stop()
        self.s3.gate.stop()
        self.s3.moto.stop(seconds=3)
        self.rabbit.stop()
        self.postgres.stop()

    # What it says

    def say(self, text: str) -> None:
        print(f"{time.strftime('%H:%M:%S')}   {text}", flush=True)

    def hold(self, is_so: object, what: str, detail: object = "") -> bool:
        """The promise `what` is kept, or it is a finding."""
        shown = f"{what}{f': {detail}' if detail != '' else ''}"
        print(f"{time.strftime('%H:%M:%S')} {'ok' if is_so else 'NO'} {shown}", flush=True)
        if not is_so:
            self.findings.append(shown)
        return bool(is_so)

    def run(self, only: list[str]) -> int:
        steps = [step for step in STEPS if not only or step.__name__ in (*only, "begin")]
        try:
            for step in steps:
                print(f"\n== {step.__name__}: {(step.__doc__ or '').splitlines()[0]}", flush=True)
                try:
                    step(self)
                except Exception as error:  # noqa: BLE001  a step that breaks is a finding, and the walk goes on
                    traceback.print_exc()
                    self.hold(False, f"{step.__name__} broke", f"{type(error).__name__}: {error}"[:600])
                    if step is begin:
                        break
        finally:
            self.stop_all()
        print(
            f"\n{len(self.findings)} findings" + "".join(f"\n- {each}" for each in self.findings), flush=True
        )
        return 1 if self.findings else 0

    # What steps share

    def make_images(self, name: str, n: int) -> int:
        """A project of that many digits, the first 300 labeled; returns its id."""
        path = write_digits(self.folder / f"{name}.zip", n)
        project = self.hands.post("/projects", {"name": name, "item_type": "image", "classes": []})["id"]
        upload = self.hands.upload(path)
        body = {"upload": upload, "options": {"label_first": min(300, n)}}
        work = self.hands.ended(f"/imports/{self.hands.post(f'/projects/{project}/imports', body)['id']}")
        assert work["state"] == "done", work
        return int(project)

    def start_run(
        self, project: int, *, learner: str = "simple_cnn", n_rounds: int = 2, **params: object
    ) -> int:
        body = {
            "learner": learner, "params": params, "n_rounds": n_rounds,
            "policy": {"kind": "fixed", "threshold": 0.9},
        }  # fmt: skip
        return int(self.hands.post(f"/projects/{project}/runs", body)["id"])

    def run_when(
        self, run: int, is_so: Callable[[dict[str, Any]], object], what: str, seconds: float = 300
    ) -> dict[str, Any]:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            status, said = self.hands.once("GET", f"/runs/{run}")
            if status == 200 and is_so(said):
                return dict(said)
            time.sleep(0.3)
        raise TimeoutError(f"After {seconds:.0f} s: {what}: {said}")

    def holder(self, table: str, pk: int) -> str:
        """The host whose worker holds the work, by the parts' process ids; empty: nobody."""
        worker, state = self.rows(f"SELECT worker, state FROM {table} WHERE id = %s", pk)[0]
        pid = int(worker.rsplit(":", 1)[1].split("/")[0]) if state == "running" and ":" in worker else 0
        for (host, _), part in self.parts.items():
            if part.is_running and part.process and pid in _family(part.process.pid):
                return host
        return ""

    def ended_well(self, run: int, what: str) -> None:
        work = self.hands.ended(f"/runs/{run}", seconds=900)
        deaths = self.rows("SELECT n_deaths, attempt FROM training_run WHERE id = %s", run)[0]
        self.hold(
            work["state"] == "done",
            f"{what}: the run is done",
            (work["state"], work["error_message"], deaths),
        )


def _family(pid: int) -> set[int]:
    try:
        return {pid, *(child.pid for child in psutil.Process(pid).children(recursive=True))}
    except psutil.NoSuchProcess:
        return {pid}


def write_digits(path: Path, n: int) -> Path:
    digits = load_digits()
    with zipfile.ZipFile(path, "w") as archive:
        for i in range(n):
            pixels = (digits.images[i % 1797] * 15).astype("uint8")
            pixels[0, 0] = i // 1797  # so that each is an image of its own
            stream = io.BytesIO()
            Image.fromarray(pixels).save(stream, "PNG")
            archive.writestr(f"{digits.target[i % 1797]}/{i:05}.png", stream.getvalue())
    return path


def write_table(path: Path, megabytes: int) -> int:
    """Texts of about a kilobyte; returns the rows."""
    n = megabytes * 1024
    with open(path, "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "text"])
        for i in range(n):
            writer.writerow([f"row-{i}", f"number {i} " + "what people wrote about it, " * 35])
    return n


@contextmanager
def memory_of(parts: list[Server]) -> Iterator[list[float]]:
    """The most memory in MB that any process of these parts held while inside, in a list of one."""
    most, is_over = [0.0], threading.Event()

    def watch() -> None:
        while not is_over.wait(0.3):
            for part in parts:
                for pid in _family(part.process.pid) if part.process else ():
                    try:
                        most[0] = max(most[0], psutil.Process(pid).memory_info().rss / 2**20)
                    except psutil.NoSuchProcess:
                        continue

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield most
    finally:
        is_over.set()
        thread.join()


# The steps, in order


def begin(walk: Walk) -> None:
    """Servers, tables, bucket, first user, parts."""
    walk.start_servers()
    first = walk.assay("a", "setup")
    walk.hold(first.returncode == 0, "assay setup makes the tables", (first.stdout + first.stderr)[-300:])
    again = walk.assay("a", "setup")
    walk.hold(again.returncode == 0, "assay setup twice does no harm")
    web = walk.part("a", "web", "web", "--host", "0.0.0.0", "--workers", "2")
    walk.part("a", "scheduler", "scheduler")
    for host in "bc":
        for name in WORKERS:
            walk.worker(host, name)
    made = walk.assay("a", "user", "add", "--admin", "ada", "--password", PASSWORD)
    walk.hold(made.returncode == 0, "the first user is made", made.stdout + made.stderr)
    walk.hands = Hands(ADDRESS, walk.assay("a", "token", "ada").stdout.strip())
    wait_for(lambda: walk.hands.once("GET", "/session")[0] == 200, "The site does not answer")
    uid = psutil.Process(max(_family(web.process.pid))).uids().real if web.process else 0
    walk.hold(uid == 65534, "parts run as an ordinary user", uid)
    before = walk.hands.once("GET", "/health")
    walk.say(f"before the bucket is there: /health {before[0]}")
    status, said = upload_without_bucket(walk)
    named = isinstance(said, dict) and ("storage" in str(said).lower() or "bucket" in str(said).lower())
    walk.hold(status == 503 and named, "a missing bucket is said to be missing", (status, said))
    walk.s3.bucket(BUCKET).create()
    walk.s3.bucket(OTHER_BUCKET).create()
    wait_for(lambda: walk.hands.once("GET", "/health")[0] == 200, f"not healthy: {walk.hands.get('/health')}")
    walk.hands.strange.clear()


def upload_without_bucket(walk: Walk) -> tuple[int, Any]:
    from deploy.simulation.client import Refused

    path = walk.folder / "small.csv"
    path.write_text("text\nhello\n")
    try:
        walk.hands.upload(path)
    except Refused as refused:
        return refused.status, {"message": refused.message}
    return 200, None


def probes(walk: Walk) -> None:
    """/health by address, as a probe asks; the proxy's ways."""
    for path in ("/health", "/api/health"):
        try:
            with urllib.request.urlopen(f"http://{NAMES['a']}:8000{path}", timeout=10) as reply:
                status = reply.status
        except urllib.error.HTTPError as error:
            status = error.code
        walk.hold(status in (200, 503), f"{path} by address answers", status)
    request = urllib.request.Request(f"http://{NAMES['a']}:8000/", headers={"X-Forwarded-Proto": "https"})
    with urllib.request.urlopen(request, timeout=10) as reply:
        walk.hold(reply.status == 200, "the page by address, as Kubernetes asks for it", reply.status)
    log = (walk.folder / "a-web.log").read_text()
    walk.hold(
        "Traceback" not in log,
        "no traceback in the web's log so far",
        log[-400:] if "Traceback" in log else "",
    )
    request = urllib.request.Request(f"{ADDRESS}/api/schema?format=json", headers={"Accept-Encoding": "gzip"})
    with urllib.request.urlopen(request) as reply:
        walk.hold(reply.headers.get("Content-Encoding") == "gzip", "JSON comes compressed", len(reply.read()))


def table(walk: Walk) -> None:
    """A table from the storage: read once, in little memory."""
    path = walk.folder / "table.csv"
    n_rows, size = write_table(path, TABLE_MB), 0
    size = path.stat().st_size
    project = walk.hands.post("/projects", {"name": "Table", "item_type": "text", "classes": ["a", "b"]})[
        "id"
    ]
    upload = walk.hands.upload(path)
    workers = [part for (_, name), part in walk.parts.items() if name == "work"]
    begun = len(walk.s3.requests(upload))
    status, said = walk.hands.once("POST", "/previews", {"upload": upload})
    walk.hold(status == 200, "its preview is answered", status if status == 200 else (status, said))
    with memory_of(workers) as most:
        body = {"upload": upload}
        work = walk.hands.ended(f"/imports/{walk.hands.post(f'/projects/{project}/imports', body)['id']}")
    gets = [sent for method, sent in walk.s3.requests(upload)[begun:] if method == "GET"]
    walk.hold(
        work["state"] == "done" and work["n_items_added"] == n_rows,
        "the import is done",
        work["error_message"],
    )
    walk.hold(
        sum(gets) < 3.5 * size, f"a file of {size / 1e6:.0f} MB is read once by each who needs it",
        f"{len(gets)} GETs, {sum(gets) / 1e6:.0f} MB",
    )  # fmt: skip
    walk.hold(most[0] < 300, "a worker imports it in little memory", f"{most[0]:.0f} MB at most")
    walk.hands.once("DELETE", f"/projects/{project}")


def images(walk: Walk) -> None:
    """Images into the storage and out of it, in few requests."""
    begun = len(walk.s3.requests())
    walk.project = walk.make_images("Digits", 1_797)
    requests = [method for method, _ in walk.s3.requests()[begun:]]
    walk.hold(
        len(requests) < 1.2 * 1_797, "importing 1,797 images takes one request each",
        {method: requests.count(method) for method in set(requests)},
    )  # fmt: skip
    begun = len(walk.s3.requests("blobs/"))
    run = walk.start_run(walk.project, learner="logistic_regression", n_rounds=1)
    walk.ended_well(run, "the first run")
    reads = [method for method, _ in walk.s3.requests("blobs/")[begun:]]
    walk.hold(
        len(reads) < 2.2 * 1_797, "packing them takes one request each, on each of two hosts",
        {method: reads.count(method) for method in set(reads)},
    )  # fmt: skip


def killed(walk: Walk) -> None:
    """The worker that trains is killed; the other host goes on."""
    run = walk.start_run(walk.project, n_rounds=3)
    walk.run_when(
        run, lambda said: said["state"] == "running" and said["step_name"], "the run does not start"
    )
    host = walk.holder("training_run", run)
    walk.hold(host in ("b", "c"), "a worker of B or C has it", host)
    walk.parts[host, "train"].stop(signal.SIGKILL, seconds=0)
    walk.run_when(
        run,
        lambda said: walk.holder("training_run", run) not in ("", host) or not said["is_open"],
        "nobody takes it over",
    )
    walk.worker(host, "train")
    walk.ended_well(run, f"{host} killed")


def database(walk: Walk) -> None:
    """PostgreSQL is away for ten seconds while a run fits and people ask."""
    run = walk.start_run(walk.project, n_rounds=3)
    walk.run_when(
        run, lambda said: said["state"] == "running" and said["step_name"], "the run does not start"
    )
    walk.hands.strange.clear()
    walk.hands.slowest_503 = 0.0
    walk.hands.statuses.clear()
    walk.postgres.stop()
    away = time.monotonic()
    while time.monotonic() - away < 10:
        walk.hands.once("GET", f"/projects/{walk.project}")
        time.sleep(0.2)
    walk.postgres.start()
    wait_for(
        lambda: walk.hands.once("GET", f"/projects/{walk.project}")[0] == 200,
        "the site does not come back",
        60,
    )
    walk.hold(
        not walk.hands.strange, "requests meanwhile are answered 503 in our shape", walk.hands.strange[:3]
    )
    walk.hold(
        walk.hands.slowest_503 < 2.5,
        "within two seconds",
        f"{walk.hands.slowest_503:.1f} s, {walk.hands.statuses}",
    )
    walk.ended_well(run, "PostgreSQL away")
    deaths, _ = walk.rows("SELECT n_deaths, attempt FROM training_run WHERE id = %s", run)[0]
    walk.hold(deaths == 0, "it is counted as nobody's death", deaths)


def storage(walk: Walk) -> None:
    """S3 is away while a run stores its model and an export its file."""
    run = walk.start_run(walk.project, n_rounds=1)
    walk.run_when(
        run, lambda said: said["state"] == "running" and said["step_name"], "the run does not start"
    )
    export = walk.hands.post(f"/projects/{walk.project}/exports", {"format": "images"})["id"]
    time.sleep(0.5)
    walk.s3.gate.stop(signal.SIGKILL, 0)
    walk.hands.strange.clear()
    walk.hands.slowest_503 = 0.0
    away, parts = time.monotonic(), []
    while time.monotonic() - away < AWAY_SECONDS:
        status, said = walk.hands.once("GET", "/health")
        parts = (
            [p["name"] for p in (said or {}).get("parts", []) if p["state"] == "down"]
            if status == 503
            else []
        )
        item = walk.rows("SELECT max(id) FROM labeling_item WHERE project_id = %s", walk.project)[0][0]
        walk.hands.once("GET", f"/items/{item}/image")
        time.sleep(2)
    walk.hold("storage" in parts, "/health says that the storage is down", parts)
    walk.hold(
        not walk.hands.strange, "images meanwhile are answered 503 in our shape", walk.hands.strange[:3]
    )
    shown = walk.rows("SELECT state, step_name, n_deaths FROM training_run WHERE id = %s", run)[0]
    walk.say(f"after {AWAY_SECONDS:.0f} s without it: run {shown}")
    walk.s3.gate.start()
    walk.ended_well(run, "S3 away")
    work = walk.hands.ended(f"/exports/{export}")
    walk.hold(work["state"] == "done", "S3 away: the export is done", (work["state"], work["error_message"]))
    deaths = [
        walk.rows(f"SELECT n_deaths FROM {name} WHERE id = %s", pk)[0][0]
        for name, pk in (("training_run", run), ("labeling_export", export))
    ]
    walk.hold(deaths == [0, 0], "it is counted as nobody's death", deaths)


def broker(walk: Walk) -> None:
    """RabbitMQ loses patience with long tasks, and restarts."""
    run = walk.start_run(walk.project, n_rounds=4)
    began = time.monotonic()
    walk.run_when(
        run, lambda said: said["state"] == "running" and said["step_name"], "the run does not start"
    )
    work = walk.hands.ended(f"/runs/{run}", seconds=900)
    took = time.monotonic() - began
    walk.hold(
        work["state"] == "done",
        f"a run of {took:.0f} s, longer than RabbitMQ waits, is done",
        work["error_message"],
    )
    if took < CONSUMER_TIMEOUT_MS / 1000 + 10:
        walk.say(f"it took only {took:.0f} s, so RabbitMQ's patience was not tried")
    walk.ended_well(
        walk.start_run(walk.project, learner="naive_bayes", n_rounds=1), "the next one, after that"
    )
    log = (walk.folder / "rabbitmq.log").read_text()
    walk.hold(
        "delivery acknowledgement on channel" not in log, "RabbitMQ closed no channel for lack of patience"
    )
    walk.rabbit.server.stop(signal.SIGTERM, 20)
    run = walk.start_run(walk.project, learner="naive_bayes", n_rounds=1)
    time.sleep(5)
    walk.rabbit.server.start()
    walk.ended_well(run, "asked for while RabbitMQ was away")


def drained(walk: Walk) -> None:
    """Every host's workers are stopped, as an upgrade stops them, three times during one import."""
    path = write_digits(walk.folder / "many.zip", 12_000)
    project = walk.hands.post("/projects", {"name": "Many", "item_type": "image", "classes": []})["id"]
    upload = walk.hands.upload(path)
    pk = walk.hands.post(f"/projects/{project}/imports", {"upload": upload})["id"]
    slowest = 0.0
    for _ in range(3):
        deadline = time.monotonic() + 120
        while not (host := walk.holder("labeling_import", pk)) and time.monotonic() < deadline:
            time.sleep(0.3)
        if not host:
            walk.say(
                f"the import is {walk.rows('SELECT state FROM labeling_import WHERE id = %s', pk)[0][0]}"
            )
            break
        time.sleep(3)
        slowest = max(slowest, walk.parts[host, "work"].stop(signal.SIGTERM, 30))
        walk.worker(host, "work")
    work = walk.hands.ended(f"/imports/{pk}", seconds=900)
    deaths, attempt = walk.rows("SELECT n_deaths, attempt FROM labeling_import WHERE id = %s", pk)[0]
    walk.hold(slowest < 29, "a worker with an import stops within 30 s", f"{slowest:.0f} s at most")
    walk.hold(work["state"] == "done", "the import is done", (work["state"], work["error_message"]))
    walk.hold(deaths == 0, "no drain counts as a death", f"{deaths} deaths, {attempt} attempts")
    walk.hands.once("DELETE", f"/projects/{project}")


def sign_in(walk: Walk) -> None:
    """Somebody tries passwords through the proxy; the administrator signs in from elsewhere."""
    tried = [sign_in_from("c", PASSWORD + "-not", f"203.0.113.{i}") for i in range(110)]
    walk.say(f"110 wrong ones from C: { ({code: tried.count(code) for code in set(tried)}) }")
    walk.hold("429" in tried, "guessing is slowed down", tried[-1])
    right = sign_in_from("client", PASSWORD, "198.51.100.1")
    walk.hold(right in ("200", "204"), "the right password from another address is not locked out", right)


def sign_in_from(host: str, password: str, pretended: str) -> str:
    """The status of a sign-in from that host that pretends, in a header, to come from elsewhere."""
    script = (
        f"jar=$(mktemp); curl -sk -c $jar -o /dev/null {ADDRESS}/api/session; "
        f'curl -sk -b $jar -o /dev/null -w "%{{http_code}}" {ADDRESS}/api/session -H "Content-Type: application/json" '
        f'-H "Referer: {ADDRESS}/" -H "X-CSRFToken: $(grep csrftoken $jar | cut -f7)" '
        f'-H "X-Forwarded-For: {pretended}" '
        f"""-d '{{"username": "ada", "password": "{password}"}}'; rm $jar"""
    )
    return subprocess.run(
        inside(host, ["sh", "-c", script]), capture_output=True, text=True, check=False
    ).stdout


def backup(walk: Walk) -> None:
    """A backup is taken, and put back as another instance."""
    project = walk.hands.make_project("Proven", n_items=90, n_labeled=30)
    walk.hands.train(project)
    walk.hands.ask_attempt(project, promise="dataset", eps=0.2, confidence=0.8)
    certificate = walk.hands.certify(project)
    old = walk.hands.get(f"/projects/{walk.project}/rounds")["results"][0]["id"]
    file = walk.folder / "a" / "assay.backup"
    made = walk.assay("a", "backup", file)
    if not walk.hold(made.returncode == 0, "assay backup", (made.stdout + made.stderr)[-400:]):
        return
    where = {"database": "restored", "bucket": OTHER_BUCKET}
    put_back = walk.assay("a", "restore", file, **where)
    if not walk.hold(put_back.returncode == 0, "assay restore", (put_back.stdout + put_back.stderr)[-400:]):
        return
    missing = walk.assay("a", "orphans", "--missing", **where)
    walk.hold(missing.returncode == 0, "every file of it is there", missing.stdout[-300:])
    port = "8001"
    walk.part("a", "web-2", "web", "--host", "0.0.0.0", "--port", port, "--workers", "1", **where)
    walk.part("a", "scheduler-2", "scheduler", **where)
    walk.parts["a", "scheduler"].stop()  # one broker for both: the second's bells must not be the first's
    for host in "bc":
        for name in WORKERS:
            walk.parts[host, name].stop(seconds=30)
    walk.part("b", "work-2", "worker", **where)
    site = RestoredHands(f"http://{NAMES['a']}:{port}", walk.hands.token)
    wait_for(lambda: site.once("GET", "/session")[0] == 200, "the restored instance does not answer")
    item = site.get(f"/projects/{walk.project}/items?limit=1")["results"][0]["id"]
    walk.hold(site.once("GET", f"/items/{item}/image")[0] == 200, "its images are served")
    export = site.post(f"/projects/{walk.project}/exports", {"format": "csv"})["id"]
    walk.hold(site.ended(f"/exports/{export}")["state"] == "done", "it exports")
    body = {"learner": "naive_bayes", "n_rounds": 1, "policy": {"kind": "fixed", "threshold": 0.9}}
    run = site.post(f"/projects/{walk.project}/runs", body)["id"]
    ended = site.ended(f"/runs/{run}")
    walk.hold(ended["state"] == "done", "it trains", (ended["state"], ended["error_message"]))
    walk.hold(site.status_of(f"/rounds/{old}/model") == 200, "an old model can be loaded")
    files = {name: walk.folder / name for name in ("certificate.json", "labels.csv")}
    site.save(f"/certificates/{certificate['id']}/document", files["certificate.json"])
    site.save(f"/certificates/{certificate['id']}/labels", files["labels.csv"])
    verified = walk.assay("a", "verify", *files.values())
    walk.hold(verified.returncode == 0, "its certificate is accepted", verified.stdout[-300:])
    for key in (("a", "web-2"), ("a", "scheduler-2"), ("b", "work-2")):
        walk.parts.pop(key).stop()
    walk.part("a", "scheduler", "scheduler")
    for host in "bc":
        for name in WORKERS:
            walk.worker(host, name)


class RestoredHands(Hands):
    """Straight to the web process, as the proxy would."""

    def once(self, method: str, path: str, body: object = None, **headers: str) -> tuple[int, Any]:
        return super().once(method, path, body, **{"X-Forwarded-Proto": "https", "Host": SITE, **headers})

    def open(self, path: str) -> Any:
        headers = {"Authorization": f"Token {self.token}", "X-Forwarded-Proto": "https", "Host": SITE}
        return urllib.request.urlopen(urllib.request.Request(f"{self.address}/api{path}", headers=headers))

    def status_of(self, path: str) -> int:
        try:
            with self.open(path) as reply:
                return int(reply.status)
        except urllib.error.HTTPError as error:
            return error.code

    def save(self, path: str, file: Path) -> None:
        with self.open(path) as reply:
            file.write_bytes(reply.read())


def deleted(walk: Walk) -> None:
    """The projects are deleted; nothing is left, anywhere."""
    projects = [row["id"] for row in walk.hands.get("/projects?limit=100")["results"]]
    walk.say(f"{len(list(walk.s3.bucket(BUCKET).objects.all()))} files before")
    for project in projects:
        walk.hold(
            walk.hands.once("DELETE", f"/projects/{project}")[0] == 204, f"project {project} is deleted"
        )
    shown = walk.hands.get("/deletions")["results"]
    walk.say(f"being deleted: {[(row['name'], row['n_items_left'], row['n_files_left']) for row in shown]}")
    deadline = time.monotonic() + 300
    while (left := walk.hands.get("/deletions")["results"]) and time.monotonic() < deadline:
        time.sleep(1)
    walk.hold(not left, "every deletion ends", left)
    keys = [each.key for each in walk.s3.bucket(BUCKET).objects.all()]
    unused = [row[0] for row in walk.rows("SELECT stored_name FROM labeling_upload")]
    keys = [key for key in keys if key not in unused]  # sent, and never imported: they go after a week
    walk.hold(not keys, "the bucket is empty", keys[:5])
    counts = walk.rows(
        "SELECT (SELECT count(*) FROM labeling_project), (SELECT count(*) FROM labeling_item), "
        "(SELECT count(*) FROM labeling_blob), (SELECT count(*) FROM labeling_label), "
        "(SELECT count(*) FROM training_prediction), (SELECT count(*) FROM training_run), "
        "(SELECT count(*) FROM labeling_leftover WHERE due_at < now())"
    )[0]
    walk.hold(not any(counts), "no row is left", counts)
    deadline = time.monotonic() + 90
    while (caches := _caches(walk)) and time.monotonic() < deadline:
        time.sleep(2)
    walk.hold(not caches, "the caches of every host are empty", caches)


def _caches(walk: Walk) -> list[str]:
    return [str(path) for host in "abc" for path in (walk.folder / host).glob("cache/packed/*")]


STEPS: list[Callable[[Walk], None]] = [
    begin, probes, table, images, killed, database, storage, broker, drained, sign_in, backup, deleted,
]  # fmt: skip


def main() -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # what was started is stopped
    return Walk(Path(sys.argv[1])).run(sys.argv[2:])


if __name__ == "__main__":
    sys.exit(main())
