"""What stands on the host `infra`: PostgreSQL, RabbitMQ, an S3 server behind a log, nginx with TLS."""

from __future__ import annotations

import contextlib
import os
import pwd
import re
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from deploy.backing.servers import SERVER_USER, postgres_program
from deploy.up import die_with_parent
from tests.hosts.network import NAMES, SITE, inside

ROOT = Path(__file__).resolve().parent.parent.parent
INFRA = NAMES["infra"]
RABBIT = Path("/usr/lib/rabbitmq/bin")
CONSUMER_TIMEOUT_MS = int(os.environ.get("HOSTS_PATIENCE_MS", "60000"))  # of RabbitMQ


@dataclass
class Server:
    """A process on a host, and its log."""

    name: str
    command: list[str]
    log: Path
    environment: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with open(self.log, "ab") as file:
            self.process = subprocess.Popen(
                self.command, cwd=ROOT, env={**os.environ, **self.environment}, stdin=subprocess.DEVNULL,
                stdout=file, stderr=file, start_new_session=True, preexec_fn=die_with_parent,
            )  # fmt: skip

    def send(self, number: int) -> None:
        if self.is_running and self.process:
            os.killpg(self.process.pid, number)

    def stop(self, number: int = signal.SIGTERM, seconds: float = 30) -> float:
        """Seconds that it took. Killed, with what it started, when the time is up."""
        began = time.monotonic()
        if self.process is None:
            return 0.0
        if self.is_running:
            self.process.send_signal(number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(seconds)
        took = time.monotonic() - began
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.process = None
        return took

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None


def as_ordinary_user(command: list[str]) -> list[str]:
    """As nobody. May read everything, since the interpreter of a developer often lies in a closed folder."""
    rights = "+dac_read_search"
    keep = [
        "--inh-caps",
        f"-all,{rights}",
        "--ambient-caps",
        f"-all,{rights}",
        "--bounding-set",
        f"-all,{rights}",
    ]
    return ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", *keep, *command]


class Postgres:
    """The server that we ship, over TCP, with a password."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.log = folder / "postgres", folder / "postgres.log"
        self.password = secrets.token_urlsafe(12).replace("-", "x").replace("_", "y")
        self.server: Server | None = None

    def url(self, database: str = "assay") -> str:
        return f"postgresql://assay:{self.password}@{INFRA}:5432/{database}"

    def make(self) -> None:
        user = self._user()
        self.folder.mkdir(mode=0o700)
        os.chown(self.folder, user.pw_uid, user.pw_gid)
        secret = self.folder.parent / "password"
        secret.write_text(self.password)
        os.chown(secret, user.pw_uid, user.pw_gid)
        subprocess.run(
            [*self._as_user("initdb"), "-D", str(self.folder), "-U", "assay", "-A", "scram-sha-256",
             "--pwfile", str(secret), "-E", "UTF8", "--locale=C.UTF-8"],
            check=True, stdout=subprocess.DEVNULL, cwd="/",
        )  # fmt: skip
        secret.unlink()
        with open(self.folder / "pg_hba.conf", "w") as file:
            file.write("host all all 10.77.0.0/24 scram-sha-256\nlocal all all scram-sha-256\n")

    def start(self) -> None:
        command = [
            *self._as_user("postgres"), "-D", str(self.folder), "-c", f"listen_addresses={INFRA}",
            "-c", f"unix_socket_directories={self.folder}", "-c", "max_connections=200", "-c", "jit=off",
        ]  # fmt: skip
        self.server = Server("postgres", inside("infra", command), self.log)
        self.server.start()

    def stop(self) -> None:
        if self.server:
            self.server.stop(signal.SIGINT)  # as `systemctl restart` does it: connections are cut

    def _user(self) -> pwd.struct_passwd:
        try:
            return pwd.getpwnam(SERVER_USER)
        except KeyError:
            subprocess.run(["useradd", "--system", "--no-create-home", SERVER_USER], check=True)
            return pwd.getpwnam(SERVER_USER)

    def _as_user(self, program: str) -> list[str]:
        user = self._user()
        return [
            "setpriv", "--reuid", str(user.pw_uid), "--regid", str(user.pw_gid), "--clear-groups",
            str(postgres_program(program)),
        ]  # fmt: skip


class Rabbit:
    def __init__(self, folder: Path) -> None:
        self.folder = folder / "rabbitmq"
        self.folder.mkdir()
        config = self.folder / "rabbitmq.conf"
        config.write_text(
            f"listeners.tcp.1 = {INFRA}:5672\nloopback_users = none\ndefault_user = assay\ndefault_pass = assay\n"
            f"consumer_timeout = {CONSUMER_TIMEOUT_MS}\nlog.console = true\n"
        )
        advanced = self.folder / "advanced.config"
        advanced.write_text("[{rabbit, [{channel_tick_interval, 5000}]}].\n")  # how often it looks
        self.environment = {
            "RABBITMQ_NODENAME": "assay@localhost", "RABBITMQ_CONFIG_FILE": str(config), "HOME": str(self.folder),
            "RABBITMQ_MNESIA_BASE": str(self.folder / "data"), "RABBITMQ_LOG_BASE": str(self.folder / "log"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.folder / "plugins"), "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_ADVANCED_CONFIG_FILE": str(advanced),
            "ERL_CRASH_DUMP": str(self.folder / "crash"),
            "RABBITMQ_PID_FILE": str(self.folder / "pid"),
        }  # fmt: skip
        (self.folder / "plugins").write_text("[].\n")
        command = inside("infra", [RABBIT / "rabbitmq-server"])
        self.server = Server("rabbitmq", command, folder / "rabbitmq.log", self.environment)
        self.url = f"amqp://assay:assay@{INFRA}:5672//"

    def ctl(self, *words: str) -> str:
        return subprocess.run(
            inside("infra", [RABBIT / "rabbitmqctl", "--quiet", "--timeout", "20", *words]),
            env={**os.environ, **self.environment}, capture_output=True, text=True, check=False,
        ).stdout  # fmt: skip

    def stop(self) -> None:
        self.server.stop(signal.SIGTERM, 30)
        subprocess.run(inside("infra", ["epmd", "-kill"]), capture_output=True, check=False)


class S3:
    """moto, behind an nginx that logs each request and can be away."""

    def __init__(self, folder: Path, nginx: str) -> None:
        self.access_log = folder / "s3-access.log"
        config = folder / "s3.conf"
        config.write_text(
            f"pid {folder}/s3.pid; daemon off; error_log {folder}/s3-error.log;\nuser root;\n"
            "events { worker_connections 1024; }\nhttp {\n"
            "  log_format s3 '$request_method $status $bytes_sent $request_uri';\n"
            f"  access_log {self.access_log} s3;\n"
            f"  server {{ listen {INFRA}:9000; client_max_body_size 0; proxy_request_buffering off;\n"
            "    location / { proxy_pass http://127.0.0.1:5000; proxy_http_version 1.1;\n"
            "      proxy_set_header Host $http_host; proxy_read_timeout 600s; } }\n}\n"
        )
        moto = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", "5000"]
        self.moto = Server("moto", inside("infra", moto), folder / "moto.log")
        self.gate = Server("s3", inside("infra", [nginx, "-c", config]), folder / "s3.log")
        self.url = f"http://{INFRA}:9000"

    def options(self, bucket: str) -> dict[str, str]:
        return {
            "bucket_name": bucket, "endpoint_url": self.url, "access_key": "assay", "secret_key": "assay",
            "region_name": "us-east-1",
        }  # fmt: skip

    def bucket(self, name: str) -> Any:
        import boto3

        return boto3.resource(
            "s3", endpoint_url=self.url, aws_access_key_id="assay", aws_secret_access_key="assay",
            region_name="us-east-1",
        ).Bucket(name)  # fmt: skip

    def requests(self, key: str = "") -> list[tuple[str, int]]:
        """(method, bytes sent) of each request for keys that contain `key`, so far."""
        if not self.access_log.exists():
            return []
        rows = (line.split(" ", 3) for line in self.access_log.read_text().splitlines())
        return [(row[0], int(row[2])) for row in rows if len(row) == 4 and key in row[3]]


class Proxy:
    """nginx with the configuration that we ship; only names, files and addresses are put in."""

    def __init__(self, folder: Path, nginx: str, web: str) -> None:
        certificate, key = folder / "site.pem", folder / "site.key"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={SITE}",
             "-addext", f"subjectAltName=DNS:{SITE}", "-keyout", str(key), "-out", str(certificate)],
            check=True, capture_output=True,
        )  # fmt: skip
        shipped = (ROOT / "deploy" / "nginx.conf").read_text()
        site = re.sub(r"/etc/ssl/\S+\.pem", str(certificate), shipped)
        site = re.sub(r"/etc/ssl/\S+\.key", str(key), site).replace(
            "server 127.0.0.1:8000", f"server {web}:8000"
        )
        config = folder / "proxy.conf"
        config.write_text(
            f"pid {folder}/proxy.pid; daemon off; error_log {folder}/proxy-error.log;\nuser root;\n"
            f"events {{ worker_connections 1024; }}\nhttp {{\n access_log {folder}/proxy-access.log;\n"
            f" client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxied;\n{site}\n}}\n"
        )
        self.certificate = certificate
        self.server = Server("proxy", inside("infra", [nginx, "-c", config]), folder / "proxy.log")


def wait_for(is_so: Callable[[], object], what: str, seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while True:
        try:
            if is_so():
                return
        except OSError:
            pass
        if time.monotonic() > deadline:
            raise TimeoutError(f"After {seconds:.0f} s: {what}")
        time.sleep(0.3)


def nginx_program() -> str:
    found = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if not found:
        raise SystemExit("nginx is not installed. On Debian: apt-get install nginx-light")
    return found
