"""What is kept out before the application sees it, and what is added to each answer."""

import socket
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
import structlog
from fastapi import FastAPI, Request, WebSocket
from fastapi.responses import JSONResponse, StreamingResponse
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from vintagestory_api import http_guard
from vintagestory_api.http_guard import MAX_BODY_BYTES, HttpGuard, InvalidTrustedProxies
from vintagestory_api.problems import install_problem_handlers

PEER = "192.0.2.1"


def guarded(**options: Any) -> FastAPI:
    app = FastAPI()
    install_problem_handlers(app)
    app.add_middleware(HttpGuard, **options)

    @app.api_route("/who", methods=["GET", "POST", "DELETE", "OPTIONS"])
    async def who(request: Request) -> dict[str, Any]:
        return {"client": request.client.host if request.client else None}

    @app.post("/echo")
    async def echo(request: Request) -> int:
        return len(await request.body())

    @app.post("/typed")
    async def typed(body: dict[str, Any]) -> int:
        return len(body)

    @app.get("/own")
    async def own() -> JSONResponse:
        return JSONResponse({}, headers={"Cache-Control": "max-age=60", "Content-Security-Policy": "default-src 'self'"})

    @app.get("/broken")
    async def broken() -> None:
        raise ZeroDivisionError

    @app.get("/half")
    async def half() -> StreamingResponse:
        async def parts() -> AsyncIterator[bytes]:
            yield b"first"
            raise ZeroDivisionError

        return StreamingResponse(parts())

    @app.websocket("/ws")
    async def ws(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.send_text("hello")
        await websocket.close()

    return app


async def ask(
    method: str, path: str, *, headers: Any = None, content: Any = None, peer: str = PEER, **options: Any
) -> httpx2.Response:
    transport = httpx2.ASGITransport(guarded(**options), raise_app_exceptions=True, client=(peer, 4321))
    async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080") as client:
        return await client.request(method, path, headers=headers, content=content)


OWN = socket.gethostname()


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1:8080",
        "localhost",
        "LocalHost:80",
        "manager.localhost",
        "[::1]:8080",
        "192.168.7.9",
        "[fd00::2]",
        "nas:8080",
        OWN,
        f"{OWN}.",
    ],
)
async def test_addresses_and_local_names_are_answered(host: str) -> None:
    assert (await ask("GET", "/who", headers={"Host": host})).status_code == 200


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("evil.example.org", 421),
        ("127.0.0.1.evil.example.org", 421),
        ("localhost.evil.example.org", 421),
        ("localhosts.net", 421),
        ("vs.example.org.evil.net", 421),
        ("vs.example.org@evil.net", 421),
        ("", 400),
        (":80", 400),
        ("127.0.0.1:port", 400),
        ("127.0.0.1:123456", 400),
        ("[::1", 400),
        ("[::1]x", 400),
        ("a" * 5_000, 400),
        ("bücher.example".encode(), 400),
    ],
)
async def test_other_names_are_refused(host: str | bytes, status: int) -> None:
    answer = await ask("GET", "/who", headers={"Host": host}, allowed_hosts=["vs.example.org"])
    assert (answer.status_code, answer.json()["code"]) == (status, "host_not_allowed")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_configured_names_are_answered() -> None:
    allowed = ["VS.example.org:443", "*.games.example.org"]
    for host, status in {
        "vs.example.org": 200,
        "vs.example.org:8443": 200,
        "eu.games.example.org": 200,
        "games.example.org": 421,
        "evilgames.example.org": 421,
    }.items():
        assert (await ask("GET", "/who", headers={"Host": host}, allowed_hosts=allowed)).status_code == status, host


@pytest.mark.parametrize("name", ["Host", "Origin", "Content-Length"])
async def test_a_header_that_may_be_there_once_is_refused_twice(name: str) -> None:
    headers = [("Host", "127.0.0.1"), (name, "127.0.0.1"), (name, "127.0.0.1")]
    assert (await ask("POST", "/who", headers=headers)).status_code == 400


async def test_many_host_names_do_not_fill_the_memory() -> None:
    guard = HttpGuard(guarded())
    for number in range(1_000):
        guard._check({"headers": [(b"host", b"%d.example.org" % number)]})
    assert len(guard._host_answers) <= 256


async def test_a_body_up_to_one_megabyte_arrives() -> None:
    assert (await ask("POST", "/echo", content=b"x" * MAX_BODY_BYTES)).json() == MAX_BODY_BYTES


@pytest.mark.parametrize("path", ["/echo", "/typed"])
async def test_a_larger_body_is_refused_whether_announced_or_not(path: str) -> None:
    headers = {"Content-Type": "application/json"}
    announced = await ask("POST", path, content=b"x" * (MAX_BODY_BYTES + 1), headers=headers)
    sent = 0

    async def parts() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(1_000):
            sent += 65_536
            yield b"x" * 65_536

    streamed = await ask("POST", path, content=parts(), headers=headers)
    for answer in (announced, streamed):
        assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")
        assert answer.headers["connection"] == "close"
    assert sent < 2 * MAX_BODY_BYTES


async def test_a_body_announced_as_too_large_is_not_read() -> None:
    read = 0

    async def parts() -> AsyncIterator[bytes]:
        nonlocal read
        read += 1
        yield b"x"

    answer = await ask("POST", "/echo", content=parts(), headers={"Content-Length": str(MAX_BODY_BYTES + 1)})
    assert (answer.status_code, read) == (413, 0)


@pytest.mark.parametrize("length", ["-1", "abc", "1e9", "9" * 30])
async def test_a_length_that_is_no_number_or_absurd_is_refused(length: str) -> None:
    assert (await ask("POST", "/echo", headers={"Content-Length": length}, content=b"")).status_code in {400, 413}


async def test_each_answer_tells_browsers_what_they_may_not_do() -> None:
    for path in ("/who", "/nowhere", "/broken"):
        headers = (await ask("GET", path)).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cache-control"] == "no-store"
        assert headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"


async def test_an_answer_may_bring_its_own_rules() -> None:
    headers = (await ask("GET", "/own")).headers
    assert headers.get_list("cache-control") == ["max-age=60"]
    assert headers.get_list("content-security-policy") == ["default-src 'self'"]
    assert headers["x-content-type-options"] == "nosniff"


CROSS_SITE: list[dict[str, str]] = [
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "cross-site", "Origin": "http://127.0.0.1:8080"},
    {"Origin": "https://evil.example.org"},
    {"Origin": "null"},
    {"Origin": "http://127.0.0.1:9090"},
    {"Origin": "https://evil.example.org", "X-Forwarded-Host": "evil.example.org"},
]
SAME_SITE: list[dict[str, str]] = [
    {},
    {"Sec-Fetch-Site": "same-origin"},
    {"Sec-Fetch-Site": "same-origin", "Origin": "http://other-name"},
    {"Sec-Fetch-Site": "none"},
    {"Origin": "http://127.0.0.1:8080"},
]


@pytest.mark.parametrize("headers", CROSS_SITE)
async def test_a_page_of_another_site_can_change_nothing(headers: dict[str, str]) -> None:
    for method in ("POST", "DELETE"):
        answer = await ask(method, "/who", headers=headers, trusted_proxies=["10.0.0.1"])
        assert (answer.status_code, answer.json()["code"]) == (403, "cross_site_request")
    assert (await ask("GET", "/who", headers=headers)).status_code == 200


@pytest.mark.parametrize("headers", SAME_SITE)
async def test_programs_and_our_own_pages_can_change_things(headers: dict[str, str]) -> None:
    assert (await ask("POST", "/who", headers=headers)).status_code == 200


async def test_our_own_page_behind_a_proxy_that_changes_the_host_can_change_things() -> None:
    headers = {"Origin": "https://vs.example.org", "X-Forwarded-Host": "vs.example.org", "X-Forwarded-For": "203.0.113.7"}
    assert (await ask("POST", "/who", headers=headers, peer="10.0.0.1", trusted_proxies=["10.0.0.1"])).status_code == 200


@pytest.mark.parametrize(
    ("peer", "forwarded", "seen"),
    [
        ("10.0.0.1", "203.0.113.7", "203.0.113.7"),
        ("10.0.0.1", "6.6.6.6, 203.0.113.7", "203.0.113.7"),
        ("10.0.0.1", "6.6.6.6, 203.0.113.7, 10.0.0.2", "203.0.113.7"),
        ("::ffff:10.0.0.1", "203.0.113.7", "203.0.113.7"),
        ("10.0.0.1", "203.0.113.7:5555", "203.0.113.7"),
        ("10.0.0.1", "[2001:db8::7]:5555", "2001:db8::7"),
        ("10.0.0.1", "nonsense", "10.0.0.1"),
        ("10.0.0.1", "6.6.6.6, <script>", "10.0.0.1"),
        ("10.0.0.1", "10.0.0.3", "10.0.0.3"),
        ("192.0.2.1", "203.0.113.7", "192.0.2.1"),
        ("192.0.2.1", "10.0.0.1", "192.0.2.1"),
    ],
)
async def test_the_clients_address_is_taken_from_trusted_proxies_only(peer: str, forwarded: str, seen: str) -> None:
    answer = await ask("GET", "/who", headers={"X-Forwarded-For": forwarded}, peer=peer, trusted_proxies=["10.0.0.0/8"])
    assert answer.json() == {"client": seen}


async def test_several_forwarded_headers_are_read_as_one() -> None:
    headers = [("X-Forwarded-For", "6.6.6.6"), ("X-Forwarded-For", "203.0.113.7")]
    answer = await ask("GET", "/who", headers=headers, peer="10.0.0.1", trusted_proxies=["10.0.0.1"])
    assert answer.json() == {"client": "203.0.113.7"}


def test_a_trusted_proxy_that_is_no_address_is_refused_at_start() -> None:
    with pytest.raises(InvalidTrustedProxies, match=r"'proxy\.example\.org' is no address"):
        HttpGuard(guarded(), trusted_proxies=["10.0.0.1", "proxy.example.org"])


async def test_an_error_of_the_application_becomes_an_answer_and_goes_no_further() -> None:
    answer = await ask("GET", "/broken")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")


async def test_an_error_in_the_middle_of_an_answer_cuts_it_off() -> None:
    with pytest.raises(ZeroDivisionError):
        await ask("GET", "/half")


async def test_requests_are_logged_without_their_query_when_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = structlog.testing.LogCapture()
    everything = structlog.make_filtering_bound_logger(0)
    monkeypatch.setattr(http_guard, "log", structlog.wrap_logger(None, processors=[kept], wrapper_class=everything))
    await ask("GET", "/who?token=vsm_secret", log_requests=True)
    await ask("GET", "/who?token=vsm_secret")
    (line,) = kept.entries
    assert (line["event"], line["method"], line["path"], line["status"]) == ("request_answered", "GET", "/who", 200)
    assert line["log_level"] == "debug"
    assert line["took_ms"] >= 0
    assert "secret" not in str(line)


@pytest.mark.parametrize(
    ("headers", "welcome"),
    [
        ({"Host": "127.0.0.1"}, True),
        ({"Host": "127.0.0.1", "Origin": "http://127.0.0.1"}, True),
        ({"Host": "127.0.0.1", "Origin": "https://evil.example.org"}, False),
        ({"Host": "evil.example.org"}, False),
    ],
)
def test_a_websocket_needs_the_same_host_and_origin(headers: dict[str, str], welcome: bool) -> None:
    with TestClient(guarded(), base_url="http://127.0.0.1") as client:
        if welcome:
            with client.websocket_connect("/ws", headers=headers) as connection:
                assert connection.receive_text() == "hello"
        else:
            with pytest.raises(WebSocketDisconnect), client.websocket_connect("/ws", headers=headers):
                pass
