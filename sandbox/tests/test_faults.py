"""Everything that can be made to go wrong."""

import socket
import time
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection, IncompleteRead, RemoteDisconnected
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.asking import Sandbox, ask_raw
from vintagestory_sandbox.upstream import SandboxError, start_upstream


def wait_for_idle(sandbox: Sandbox) -> dict[str, Any]:
    deadline = time.monotonic() + 10
    stats = sandbox.upstream.stats()
    while stats["current"]:
        assert time.monotonic() < deadline, f"requests are still being answered: {stats['current_by_upstream']}"
        time.sleep(0.01)
        stats = sandbox.upstream.stats()
    return stats


def test_latency_is_added_to_each_request_on_its_own(sandbox: Sandbox) -> None:
    sandbox.upstream.fault("latency", "/api/tags", ms=300)
    started = time.monotonic()
    with ThreadPoolExecutor(6) as threads:
        answers = list(threads.map(lambda _: sandbox.get("/api/tags"), range(6)))
    assert 0.3 <= time.monotonic() - started < 1.5
    assert {answer.status for answer in answers} == {200}
    stats = wait_for_idle(sandbox)
    assert (stats["peak"], stats["peak_by_upstream"]) == (6, {"mods": 6})


def test_latency_for_everything_is_an_option() -> None:
    with start_upstream(mods=0, latency_ms=200) as upstream:
        started = time.monotonic()
        Sandbox(upstream).get("/stable.json")
        assert time.monotonic() - started >= 0.2


def test_a_connection_can_be_closed_without_an_answer(sandbox: Sandbox) -> None:
    sandbox.upstream.fault("down", "/api/mods", times=1)
    with pytest.raises(RemoteDisconnected):
        sandbox.get("/api/mods")
    assert sandbox.get("/api/mods").status == 200


@pytest.mark.parametrize(
    ("style", "start", "content_type"),
    [
        ("nginx", b"<html>\r\n<head><title>503 Service", "text/html"),
        ("html", b"<!DOCTYPE html>", "text/html; charset=utf-8"),
        ("json", b'{"statuscode":"503"}', "application/json"),
    ],
)
def test_any_status_can_be_had_in_three_styles(sandbox: Sandbox, style: str, start: bytes, content_type: str) -> None:
    sandbox.upstream.fault("status", "/stable.json", status=503, style=style)
    answer = sandbox.get("/stable.json")
    assert (answer.status, answer.headers["content-type"]) == (503, content_type)
    assert answer.body.startswith(start)


def test_a_lost_database_is_an_error_page(sandbox: Sandbox) -> None:
    sandbox.upstream.fault("html500")
    answer = sandbox.get("/api/mods")
    assert answer.status == 500
    assert b"<b>Code:</b> 2002<br />" in answer.body


def test_an_answer_can_be_cut_off(sandbox: Sandbox) -> None:
    sandbox.upstream.fault("truncate", "/api/mods", bytes=5000)
    received = ask_raw(sandbox.url, b"GET /api/mods HTTP/1.1\r\nHost: sandbox\r\n\r\n")
    size, _, chunk = received.partition(b"\r\n\r\n")[2].partition(b"\r\n")
    assert (int(size, 16), len(chunk)) == (5000, 5002)
    with pytest.raises(IncompleteRead):
        sandbox.get("/api/mods")
    wait_for_idle(sandbox)


def test_a_cut_beyond_the_end_cuts_nothing(sandbox: Sandbox) -> None:
    sandbox.upstream.fault("truncate", "/api/mod/nope", bytes=5000)
    assert sandbox.get("/api/mod/nope").statuscode == "404"


def test_an_answer_can_be_rubbish_or_empty(sandbox: Sandbox) -> None:
    sandbox.upstream.fault("rubbish", "/api/mods", bytes=777)
    sandbox.upstream.fault("empty", "/api/tags")
    rubbish = sandbox.get("/api/mods")
    assert (rubbish.status, len(rubbish.body)) == (200, 777)
    assert rubbish.body[:1] not in {b"{", b"["}
    assert not rubbish.body.isascii()
    assert sandbox.get("/api/tags").body == b""


def test_a_huge_answer_is_streamed_until_the_client_goes_away(sandbox: Sandbox) -> None:
    sandbox.upstream.fault("huge", "/api/mods", bytes=3_000_000_000)
    place = urlsplit(sandbox.url)
    connection = HTTPConnection(place.netloc, timeout=20)
    connection.request("GET", "/api/mods")
    response = connection.getresponse()
    assert len(response.read(3_000_000)) == 3_000_000
    response.close()
    connection.close()
    wait_for_idle(sandbox)


def test_a_huge_answer_has_the_size_it_was_told(sandbox: Sandbox) -> None:
    sandbox.upstream.fault("huge", "/api/mods", bytes=1_000_000)
    answer = sandbox.get("/api/mods")
    assert len(answer.body) == 1_000_000
    assert answer.json["mods"] == []


def test_an_answer_can_drip(sandbox: Sandbox) -> None:
    whole = sandbox.get("/api/tags").body
    sandbox.upstream.fault("drip", "/api/tags", bytes_per_second=len(whole) * 3)
    started = time.monotonic()
    assert sandbox.get("/api/tags").body == whole
    assert time.monotonic() - started > 0.25


def test_an_answer_can_stay_away(sandbox: Sandbox) -> None:
    sandbox.upstream.fault("hang", "/api/tags")
    place = urlsplit(sandbox.url)
    with socket.create_connection((place.hostname or "", place.port or 0), timeout=0.3) as connection:
        connection.sendall(b"GET /api/tags HTTP/1.1\r\nHost: sandbox\r\n\r\n")
        with pytest.raises(TimeoutError):
            connection.recv(1)
        assert sandbox.upstream.stats()["current"] == 1
    assert wait_for_idle(sandbox)["peak"] == 1


def test_an_answer_can_be_no_image_or_elsewhere(sandbox: Sandbox) -> None:
    sandbox.upstream.fault("not_an_image", "/api/tags")
    sandbox.upstream.fault("redirect", "/api/mods", location="/api/tags?from=mods")
    assert sandbox.get("/api/tags").body == b"not an image"
    moved = sandbox.get("/api/mods")
    assert (moved.status, moved.headers["location"]) == (302, "/api/tags?from=mods")


def test_readonly_refuses_only_what_writes(sandbox: Sandbox) -> None:
    sandbox.upstream.fault("readonly")
    assert sandbox.get("/api/tags").statuscode == "200"
    answer = sandbox.get("/api/v2/mods", method="POST")
    assert (answer.status, answer.headers["retry-after"]) == (503, "1800")


def test_a_fault_happens_so_many_times_after_so_many_requests(sandbox: Sandbox) -> None:
    sandbox.upstream.fault("status", "/api/tags", times=2, after=1, status=502)
    assert [sandbox.get("/api/tags").status for _ in range(4)] == [200, 502, 502, 200]


def test_a_fault_can_be_for_one_query(sandbox: Sandbox) -> None:
    sandbox.upstream.fault("status", "/api/mods", query="gameversion=1.21", status=500)
    assert sandbox.get("/api/mods?gameversion=1.21").status == 500
    assert sandbox.get("/api/mods?gameversion=1.20").status == 200


def test_slowness_and_failure_add_up(sandbox: Sandbox) -> None:
    sandbox.upstream.fault("latency", ms=150)
    sandbox.upstream.fault("status", status=500)
    started = time.monotonic()
    assert sandbox.get("/api/tags").status == 500
    assert time.monotonic() - started >= 0.15


def test_a_reset_forgets_all_faults(sandbox: Sandbox) -> None:
    sandbox.upstream.fault("down")
    sandbox.upstream.reset()
    assert sandbox.get("/api/tags").status == 200


def test_a_reset_lets_go_on_what_is_late(sandbox: Sandbox) -> None:
    sandbox.upstream.fault("latency", "/api/tags", ms=600_000)
    with ThreadPoolExecutor(1) as threads:
        answer = threads.submit(sandbox.get, "/api/tags")
        deadline = time.monotonic() + 30
        while not sandbox.upstream.stats()["current"]:
            assert time.monotonic() < deadline, "the request did not arrive"
        sandbox.upstream.reset()
        assert answer.result(30).status == 200


def test_faults_leave_the_control_api_alone(sandbox: Sandbox) -> None:
    sandbox.upstream.fault("down")
    assert sandbox.upstream.stats()["total"] == 0


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("explode", {}),
        ("latency", {"ms": -1}),
        ("latency", {"ms": "10"}),
        ("status", {"status": 99}),
        ("status", {"style": "poem"}),
        ("drip", {"bytes_per_second": 0}),
        ("down", {"colour": "red"}),
    ],
)
def test_a_wrong_rule_is_refused(sandbox: Sandbox, kind: str, options: dict[str, Any]) -> None:
    with pytest.raises(SandboxError, match="refused"):
        sandbox.upstream.fault(kind, **options)
