"""Requests without measure, on the wire: heads that never end, bodies that are longer than said or than allowed, JSON without a
floor. Each is refused with a problem document, and the manager goes on answering others.
"""

import json
import socket
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.access.route_walk import walk_routes
from tests.apps import App, running_app
from tests.managers import ManagerProcess, running_manager
from vintagestory_api.http_connection import MAX_HEAD_BYTES
from vintagestory_api.http_guard import MAX_BODY_BYTES
from vintagestory_api.main import create_app

MEGABYTE = b"a" * 1_000_000
DEEP = b"[" * 100_000


@pytest.fixture(scope="module")
def manager(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ManagerProcess]:
    with running_manager(tmp_path_factory.mktemp("manager") / "data") as manager:
        yield manager


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    with running_app(tmp_path_factory.mktemp("data")) as app:
        yield app


def answer_to(manager: ManagerProcess, parts: Iterable[bytes]) -> tuple[int, dict[str, str], Any]:
    """Status, headers and JSON of what a client is told that sends these parts until it is told something, and then no more."""
    address = urlsplit(manager.url)
    with socket.create_connection((address.hostname or "", address.port or 0), timeout=60) as connection:
        try:
            for part in parts:
                connection.sendall(part)
        except OSError:
            pass  # refused already; the answer waits
        received = b""
        try:
            while part := connection.recv(65_536):
                received += part
        except ConnectionResetError:
            pass  # it does not want the rest
    head, _, body = received.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines)
    return int(first.split()[1]), headers, json.loads(body)


def begin(manager: ManagerProcess, method: str = "GET", path: str = "/api/v1/me") -> bytes:
    return f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nX-API-Key: {manager.token}\r\n".encode()


CHUNKED = b"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
SET = ("PATCH", "/api/v1/settings")


def endless_header() -> Iterator[bytes]:
    yield b"X-Endless: "
    for _ in range(64):
        yield MEGABYTE


def many_headers() -> Iterator[bytes]:
    for number in range(1_000_000):
        yield b"X-%d: a\r\n" % number


def endless_trailers() -> Iterator[bytes]:
    yield CHUNKED + b"2\r\n{}\r\n0\r\n"
    yield from many_headers()


def endless_chunk_extension() -> Iterator[bytes]:
    yield CHUNKED + b"2;"
    for _ in range(64):
        yield MEGABYTE


@pytest.mark.parametrize("parts", [endless_header, many_headers, endless_trailers, endless_chunk_extension])
def test_what_surrounds_a_request_ends_somewhere(manager: ManagerProcess, parts: Any) -> None:
    def request() -> Iterator[bytes]:
        yield begin(manager, *SET)
        yield from parts()

    status, headers, problem = answer_to(manager, request())
    assert (status, problem["status"], problem["code"]) == (431, 431, "headers_too_large")
    assert headers["content-type"] == "application/problem+json"
    assert headers["connection"] == "close"
    assert headers["x-content-type-options"] == "nosniff"
    assert manager.get("/me")["kind"] == "local"


def test_an_endless_address_is_refused(manager: ManagerProcess) -> None:
    def request() -> Iterator[bytes]:
        yield b"GET /api/v1/runs?job_id="
        for _ in range(64):
            yield MEGABYTE

    status, headers, problem = answer_to(manager, request())
    assert (status in {400, 431}, headers["content-type"]) == (True, "application/problem+json"), problem
    assert manager.get("/me")["kind"] == "local"


def test_headers_of_a_usual_size_arrive(manager: ManagerProcess) -> None:
    wide = b"X-Wide: " + b"a" * (MAX_HEAD_BYTES - 1_000) + b"\r\n\r\n"
    assert answer_to(manager, [begin(manager), wide])[0] == 200
    many = b"".join(b"X-%d: a\r\n" % number for number in range(2_000)) + b"\r\n"
    assert answer_to(manager, [begin(manager), many])[0] == 200


@pytest.mark.parametrize(
    "request_of",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"GET\r\n\r\n",
        b"PATCH /api/v1/settings HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
        b"PATCH /api/v1/settings HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"PATCH /api/v1/settings HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET /api/v1/me HTTP/1.1\r\nHost: 127.0.0.1\r\nX-A: a\x00b\r\n\r\n",
        b"GET /api/v1/me HTTP/1.1\r\nHost: 127.0.0.1\r\nX-A: a\nX-B b\r\n\r\n",
    ],
    ids=["tls", "no_http", "two_lengths", "length_and_chunks", "broken_chunk", "zero_byte", "no_colon"],
)
def test_what_can_be_read_in_two_ways_is_not_read(manager: ManagerProcess, request_of: bytes) -> None:
    status, headers, problem = answer_to(manager, [request_of])
    assert (status, problem["code"], headers["content-type"]) == (400, "bad_request", "application/problem+json")


def test_a_body_sent_in_chunks_is_read_up_to_the_limit_only(manager: ManagerProcess) -> None:
    sent = 0

    def request() -> Iterator[bytes]:
        nonlocal sent
        yield begin(manager, *SET) + CHUNKED
        for _ in range(200):
            sent += len(MEGABYTE)
            yield b"%x\r\n" % len(MEGABYTE) + MEGABYTE + b"\r\n"

    status, headers, problem = answer_to(manager, request())
    assert (status, problem["code"], headers["connection"]) == (413, "body_too_large", "close")
    assert sent < 100 * MAX_BODY_BYTES


def test_a_body_that_is_longer_than_said_ends_where_it_was_said(manager: ManagerProcess) -> None:
    wanted, behind = b'{"log_level": "info"}', b'{"log_level": "debug"}'
    head = b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(wanted)
    before = manager.get("/settings")
    status, _, _ = answer_to(manager, [begin(manager, *SET) + head + wanted + behind])
    assert status in {200, 422}
    assert manager.get("/settings") == before


def bodies() -> list[tuple[str, str]]:
    """Method and path of every operation that takes JSON."""
    app = create_app()
    paths = app.openapi()["paths"]
    found = [(route, paths[route.path][route.method.lower()].get("requestBody", {})) for route in walk_routes(app)]
    return [(route.method, route.path) for route, body in found if "application/json" in body.get("content", {})]


def sends(app: App, method: str, path: str, content: Any) -> tuple[int, str]:
    headers = {**app._headers, "Content-Type": "application/json"}
    path = path.replace("{", "").replace("}", "")
    answer = app._client.request(method, path, content=content, headers=headers)
    if answer.status_code < 400:
        return answer.status_code, ""
    assert answer.headers["content-type"] == "application/problem+json", (method, path)
    return answer.status_code, answer.json()["code"]


def test_no_operation_takes_a_body_without_measure(manager: ManagerProcess) -> None:
    """Without a length, which could be looked at before."""

    def request(method: str, path: str) -> Iterator[bytes]:
        yield begin(manager, method, path.replace("{", "").replace("}", "")) + CHUNKED
        for _ in range(20):
            yield b"%x\r\n" % len(MEGABYTE) + MEGABYTE + b"\r\n"

    operations = bodies()
    assert len(operations) > 40
    for method, path in operations:
        status, _, problem = answer_to(manager, request(method, path))
        assert status in {404, 413, 422} or problem["code"] == "malformed_json", (method, path, problem)


def test_no_operation_falls_over_json_that_has_no_floor_or_is_none(app: App) -> None:
    absurd = [
        DEEP,
        b'{"a":' * 50_000,
        b'{"name": ' + DEEP,
        b"1" * 100_000,
        b'{"a": ' + b"9" * 5_000 + b"}",
        b"NaN",
        b"\xff{}",
        b"",
    ]
    for method, path in bodies():
        for body in absurd:
            told = sends(app, method, path, body)
            assert told[0] in {200, 400, 401, 403, 404, 409, 422, 429}, (method, path, body[:20], told)
