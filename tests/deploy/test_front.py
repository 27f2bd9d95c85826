"""The web server takes its time with nobody: tried with real sockets against `assay web`."""

from __future__ import annotations

import gzip
import json
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User

from deploy.front.bodies import MAX_OF_ADDRESS
from labeling.models import LoginFailure
from tests.web import LONG_FILE, Web, token_of, web_running

pytestmark = pytest.mark.django_db(transaction=True)
STALLED = (
    b"POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n%s\r\n{"
)


@pytest.fixture(scope="module")
def web(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Web]:
    with django_db_blocker.unblock():
        folder = tmp_path_factory.mktemp("web")
        with web_running(folder) as web:
            yield web


@pytest.fixture
def token(ada: User) -> dict[str, Any]:
    return {"Authorization": f"Token {token_of('ada')}"}


def stalled(web: Web, n: int, path: bytes, length: int, headers: bytes = b"") -> list[socket.socket]:
    lines = [web.open() for _ in range(n)]
    for line in lines:
        line.sendall(STALLED % (path, length, headers))
    time.sleep(0.3)  # they are there
    return lines


def close(lines: list[socket.socket]) -> None:
    for line in lines:
        line.close()


# Whoever is slow


def test_bodies_that_stall_hold_nobody_up(web: Web, token: dict[str, Any]) -> None:
    lines = stalled(web, 60, b"/api/session", 60_000)
    lines += stalled(web, 40, b"/api/session", 10_000_000)

    replies = [web.call("GET", "/api/projects", **token) for _ in range(5)]

    assert [reply.status for reply in replies] == [200] * 5
    assert web.biggest_mb() < 200
    close(lines)


def test_idle_sockets_hold_nobody_up(web: Web, token: dict[str, Any]) -> None:
    lines = [web.open() for _ in range(700)]
    for line in lines[:100]:
        line.sendall(b"POST /api/session HTTP/1.1\r\nHost: local")  # not even the headers

    assert web.call("GET", "/api/projects", **token).status == 200
    assert web.biggest_mb() < 200
    close(lines)


def test_answers_that_nobody_reads_hold_nobody_up(web: Web, token: dict[str, Any]) -> None:
    lines = [web.open() for _ in range(40)]
    for line in lines:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        line.sendall(b"GET /static/long.js HTTP/1.1\r\nHost: localhost\r\n\r\n")

    assert [web.call("GET", "/api/projects", **token).status for _ in range(3)] == [200] * 3
    assert web.biggest_mb() < 200
    close(lines)


def test_one_address_has_so_many_unfinished_bodies_and_no_more(web: Web) -> None:
    lines = stalled(web, MAX_OF_ADDRESS, b"/api/session", 60_000)

    reply = web.call("POST", "/api/session", b"{}", Content_Type="application/json")

    assert (reply.status, reply.json["code"]) == (429, "too_many_bodies")
    assert int(reply.headers["retry-after"]) > 0
    close(lines)
    time.sleep(0.5)
    assert (
        web.call("POST", "/api/session", b"{}", Content_Type="application/json").status == 403
    )  # no CSRF token


# Limits


def test_body_that_nobody_may_send_is_refused_before_it_is_read(web: Web) -> None:
    begun = time.monotonic()
    with web.open() as line:
        line.sendall(STALLED % (b"/api/session", 10_000_000, b""))
        answer = line.recv(65536)

    assert answer.startswith(b"HTTP/1.1 413 ")
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["code"] == "too_large"
    assert time.monotonic() - begun < 15  # and not when we are tired of waiting


def test_long_bodies_are_taken_from_those_whom_we_know(web: Web, token: dict[str, Any]) -> None:
    body = json.dumps({"name": "x" * 3_000_000, "item_type": "text"}).encode()

    refused = web.call(
        "POST", "/api/projects", body, Content_Type="application/json", Authorization="Token no"
    )
    read = web.call("POST", "/api/projects", body, Content_Type="application/json", **token)

    assert (refused.status, refused.json["code"]) == (401, "not_authenticated")
    assert (read.status, read.json["code"]) == (400, "invalid_input")
    assert "name" in read.json["fields"]


def test_json_of_sixty_megabytes_is_too_large(web: Web, token: dict[str, Any]) -> None:
    answer = web.send(
        STALLED % (b"/api/projects", 60_000_000, f"Authorization: {token['Authorization']}\r\n".encode())
    )

    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b'"code": "too_large"' in answer


def test_chunked_body_is_read_and_limited(web: Web, token: dict[str, Any]) -> None:
    head = (
        f"POST /api/projects HTTP/1.1\r\nHost: localhost\r\nAuthorization: {token['Authorization']}\r\n"
        "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    ).encode()
    body = b'{"name": "In parts", "item_type": "text", "classes": ["a", "b"]}'

    answer = web.send(head + b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body))

    assert answer.startswith(b"HTTP/1.1 201 "), answer
    unknown = head.replace(b"Authorization", b"X-Nothing").replace(b"/projects", b"/session")
    assert web.send(unknown + b"11170\r\n" + b"x" * 70_000 + b"\r\n").startswith(b"HTTP/1.1 413 ")


def test_upload_is_taken_in_with_little_memory(web: Web, token: dict[str, Any], tmp_path: Path) -> None:
    rows = b"id,text\n" + b"".join(b"%d,%s\n" % (i, b"word " * 200) for i in range(60_000))  # 60 MB
    boundary = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n'
    before = web.biggest_mb()

    reply = web.call(
        "POST",
        "/api/uploads",
        boundary + rows + b"\r\n--b--\r\n",
        Content_Type="multipart/form-data; boundary=b",
        **token,
    )

    assert reply.status == 201, reply.content
    assert reply.json["n_bytes"] == len(rows)
    assert web.biggest_mb() - before < 30


# What comes in


def test_header_with_an_underscore_does_not_pass_for_another(
    django_db_setup: None, tmp_path: Path, ada: User
) -> None:
    with web_running(tmp_path, ASSAY_TRUSTED_PROXIES="127.0.0.1") as web:
        wrong = json.dumps({"username": "ada", "password": "guess"}).encode()
        first = web.call("GET", "/api/session")
        cookie = first.headers["set-cookie"].partition(";")[0]
        headers = {
            "Cookie": cookie,
            "X_CSRFToken": cookie.partition("=")[2],
            "Content_Type": "application/json",
        }

        web.call("POST", "/api/session", wrong, X_Forwarded_For="9.9.9.9, 192.0.2.7", **headers)
        answer = web.send(
            b"POST /api/session HTTP/1.1\r\nHost: localhost\r\nX_Forwarded_For: 192.0.2.8\r\n"
            + b"".join(f"{n.replace('_', '-')}: {v}\r\n".encode() for n, v in headers.items())
            + f"Content-Length: {len(wrong)}\r\nConnection: close\r\n\r\n".encode()
            + wrong
        )

        assert answer.startswith(b"HTTP/1.1 400 "), answer
        assert set(LoginFailure.objects.values_list("address", flat=True)) == {"192.0.2.7", "127.0.0.1"}


@pytest.mark.parametrize(
    ("path", "status"),
    [("/api/%ff%fe", 404), ("/api/%00", 404), ("/api/projects/%C3%A9", 404), ("/api/projects/1%2f2", 404)],
)
def test_strange_paths_lead_nowhere(web: Web, path: str, status: int) -> None:
    reply = web.call("GET", path)

    assert (reply.status, reply.json["code"]) == (status, "not_found")


@pytest.mark.parametrize(
    "raw",
    [
        b"FOO /api/projects HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"POST /api/session HTTP/1.1\r\nHost: localhost\r\nContent-Length: abc\r\n\r\n",
        b"POST /api/session HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nContent-Length: 5\r\n\r\nabc",
        b"GET /api/projects HTTP/1.1\r\nHost: evil.example\r\n\r\n",
        b"GET /api/projects HTTP/1.1\r\nHost: a b\r\n\r\n",
        b"OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"CONNECT localhost:1 HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /api/projects HTTP/1.1\r\nHost: localhost\r\nAuthorization: Token \xff\xfe\r\n\r\n",
        b"GET /api/projects HTTP/1.1\r\nHost: localhost\r\nCookie: sessionid=\xff\xfe\r\n\r\n",
        b"nonsense\r\n\r\n",
    ],
)
def test_what_is_no_good_request_gets_a_4xx_and_no_html(web: Web, raw: bytes) -> None:
    answer = web.send(raw)

    assert answer.startswith(b"HTTP/1.1 4") or answer.startswith(b"HTTP/1.1 204"), answer
    assert b"<" not in answer, answer


# What goes out


def test_long_file_arrives_whole_and_a_part_of_it_when_asked(web: Web) -> None:

    whole, part, head = (
        web.call("GET", "/static/long.js"),
        web.call("GET", "/static/long.js", Range="bytes=100-199"),
        web.call("HEAD", "/static/long.js"),
    )

    assert whole.status == 200
    assert whole.content == LONG_FILE
    assert int(whole.headers["content-length"]) == len(LONG_FILE)
    assert (part.status, part.content) == (206, whole.content[100:200])
    assert (head.status, head.content) == (200, b"")


def test_long_json_that_is_read_is_compressed(web: Web) -> None:
    plain = web.call("GET", "/api/schema?format=json")
    short = web.call("GET", "/api/schema?format=json", Accept_Encoding="gzip")

    assert short.headers["content-encoding"] == "gzip"
    assert gzip.decompress(short.content) == plain.content
    assert len(short.content) < len(plain.content) / 4


def test_a_request_under_way_is_answered_before_the_web_stops(
    django_db_setup: None, tmp_path: Path, token: dict[str, Any]
) -> None:
    with web_running(tmp_path) as web:
        body = b'{"name": "Late", "item_type": "text"}'
        with web.open() as line:
            head = f"POST /api/projects HTTP/1.1\r\nHost: localhost\r\nAuthorization: {token['Authorization']}\r\n"
            head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
            line.sendall(head.encode() + body[:5])
            time.sleep(0.3)
            web.process.send_signal(signal.SIGTERM)
            time.sleep(0.3)
            line.sendall(body[5:])
            assert line.recv(65536).startswith(b"HTTP/1.1 201 ")
        assert web.process.wait(20) == 0
