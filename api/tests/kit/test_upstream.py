import asyncio
import gzip
import time
import zlib
from pathlib import Path
from typing import Any

import pytest

from tests.upstreams import FakeClock, Request, answers, client_for, files_in, raw_server, replay, send, until, upstream_for
from vintagestory_api.kit.circuit import Circuit, CircuitOpen
from vintagestory_api.kit.upstream import DownloadNotWritten, Upstream, UpstreamError, user_agent


def as_is(answer: Any) -> Any:
    return answer


async def failure_of(call: Any) -> UpstreamError:
    with pytest.raises(UpstreamError) as failed:
        await call
    return failed.value


# What it asks


async def test_it_sends_exactly_the_accept_header_and_the_user_agent() -> None:
    async with upstream_for(answers("{}"), user_agent=user_agent("admin@example.org")) as (upstream, server):
        await upstream.get_json("/x", {"mods": "a@1.0.0,b@2.0.0", "q": "x&y"}, parse=as_is)
    (request,) = server.requests
    assert request.headers["accept"] == "application/json"
    assert request.headers["user-agent"].startswith("vsmanager/")
    assert "contact: admin@example.org" in request.headers["user-agent"]
    assert request.target == "/x?mods=a@1.0.0,b@2.0.0&q=x%26y"


async def test_a_new_contact_is_used_from_the_next_request_on() -> None:
    async with upstream_for(answers("{}"), user_agent="old") as (upstream, server):
        await upstream.get_json("/x", parse=as_is)
        upstream.use_user_agent(user_agent("new@example.org"))
        await upstream.get_json("/x", parse=as_is)
    old, new = (request.headers["user-agent"] for request in server.requests)
    assert old == "old"
    assert "new@example.org" in new


def test_a_contact_can_not_break_the_header() -> None:
    header = user_agent("me@example.org\r\nX-Evil: 1) (\N{SNOWMAN}")
    assert "\r" not in header
    assert "\n" not in header
    assert header.isascii()
    assert header.count("(") == header.count(")") == 1


@pytest.mark.parametrize("contact", ["", "   ", "\r\n"])
def test_an_empty_contact_reads_not_given(contact: Any) -> None:
    assert user_agent(contact).endswith("contact: not given)")


async def test_never_more_than_four_requests_at_once() -> None:
    async def slow(request: Request, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.02)
        await send(writer, b"{}")

    async with upstream_for(slow) as (upstream, server):
        await asyncio.gather(*(upstream.get_json("/x", parse=as_is) for _ in range(20)))
        assert server.most_active == 4
        assert upstream.requests_made == 20


# Answers that are none


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("", "empty"),
        (" \r\n", "empty"),
        ("not an image", "not_json"),
        ("<!DOCTYPE html><html>", "html_error"),
        ("\t\t<div>An error</div>", "html_error"),
        ("12", "not_json"),
        ('{"a": nope}', "not_json"),
        ('{"a": [1, 2', "truncated"),
        ("[" * 5_000 + "]" * 5_000, "not_json"),
        ("[" + "[]," * 70_000 + "[]]", "too_large"),
    ],
)
async def test_an_answer_that_is_no_json_is_refused_with_its_reason(body: str, reason: str) -> None:
    async with upstream_for(answers(body)) as (upstream, _):
        error = await failure_of(upstream.get_json("/x", parse=as_is))
    assert error.reason == reason
    assert "<" not in str(error)
    assert "127.0.0.1" in str(error)


async def test_an_html_error_page_is_reported_without_its_markup() -> None:
    async with upstream_for(answers("<html><b>secret</b>", status="500 Internal Server Error")) as (upstream, server):
        error = await failure_of(upstream.get_json("/x", parse=as_is))
    assert error.reason == "html_error"
    assert error.status == 500
    assert not error.permanent
    assert "secret" not in str(error)
    assert len(server.requests) == 3


@pytest.mark.parametrize(
    ("status", "reason"),
    [("404 Not Found", "not_found"), ("410 Gone", "not_found"), ("400 Bad Request", "rejected"), ("401 No", "rejected")],
)
async def test_a_refusal_is_permanent_and_not_tried_again(status: str, reason: str) -> None:
    async with upstream_for(answers('{"reason":"Missing ids."}', status=status)) as (upstream, server):
        error = await failure_of(upstream.get_json("/x", parse=as_is))
    assert (error.reason, error.permanent, len(server.requests)) == (reason, True, 1)
    assert "Missing ids" in str(error)
    assert error.answer == {"reason": "Missing ids."}


async def test_a_reason_with_markup_is_not_shown() -> None:
    async with upstream_for(answers('{"reason":"<script>x</script>"}', status="400 Bad Request")) as (upstream, _):
        assert "script" not in str(await failure_of(upstream.get_json("/x", parse=as_is)))


async def test_too_long_an_address_is_told_apart() -> None:
    async with upstream_for(answers("<html>", status="414 Request-URI Too Large")) as (upstream, _):
        assert (await failure_of(upstream.get_json("/x", parse=as_is))).reason == "too_long"


# Limits


@pytest.mark.parametrize("with_length", [True, False])
async def test_an_answer_of_two_gigabytes_is_cut_at_the_limit(with_length: Any, tmp_path: Path) -> None:
    sent = 0

    async def endless(request: Request, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        length = b"Content-Length: 2000000000\r\n" if with_length else b""
        writer.write(b"HTTP/1.1 200 OK\r\n" + length + b"Connection: close\r\n\r\n[")
        block = b'"x",' * 16_384
        for _ in range(2_000_000_000 // len(block)):
            writer.write(block)
            await writer.drain()
            sent += len(block)

    target = tmp_path / "list.json"
    async with upstream_for(endless) as (upstream, server):
        error = await failure_of(upstream.download("/x", target, max_bytes=2_000_000))
        assert error.reason == "too_large"
        assert len(server.requests) == 1
        error = await failure_of(upstream.get_json("/x", parse=as_is, max_bytes=500_000))
        assert error.reason == "too_large"
        await until(lambda: server.active == 0, "the server notices that nobody listens")
    assert sent < 40_000_000
    assert not target.exists()


@pytest.mark.parametrize("pack", [gzip.compress, zlib.compress])
async def test_a_compressed_bomb_is_counted_unpacked(pack: Any, tmp_path: Path) -> None:
    bomb = pack(b"[" + b" " * 50_000_000 + b"]")
    coding = "gzip" if pack is gzip.compress else "deflate"
    assert len(bomb) < 100_000
    async with upstream_for(answers(bomb, headers={"Content-Encoding": coding})) as (upstream, _):
        assert (await failure_of(upstream.get_json("/x", parse=as_is))).reason == "too_large"
        target = tmp_path / "bomb"
        assert (await failure_of(upstream.download("/x", target, max_bytes=5_000_000))).reason == "too_large"
        assert not target.exists()


@pytest.mark.parametrize("coding", ["br", "zstd", "gzip, gzip", "nonsense"])
async def test_packings_that_were_not_asked_for_are_refused(coding: Any) -> None:
    async with upstream_for(answers(b"{}", headers={"Content-Encoding": coding})) as (upstream, _):
        assert (await failure_of(upstream.get_json("/x", parse=as_is))).reason == "not_json"


async def test_a_gzipped_answer_is_unpacked() -> None:
    async with upstream_for(answers(gzip.compress(b'{"a":1}'), headers={"Content-Encoding": "gzip"})) as (upstream, _):
        assert await upstream.get_json("/x", parse=as_is) == {"a": 1}


async def test_rubbish_in_place_of_gzip_is_an_upstream_error() -> None:
    async with upstream_for(answers(b"{}", headers={"Content-Encoding": "gzip"})) as (upstream, _):
        assert (await failure_of(upstream.get_json("/x", parse=as_is))).reason == "truncated"


async def test_an_answer_that_drips_ends_at_the_total_limit(tmp_path: Path) -> None:
    async def drip(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n[")
        while True:
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(0.02)

    limits = {"total_timeout_seconds": 0.3, "download_timeout_seconds": 0.3, "read_timeout_seconds": 5.0}
    async with upstream_for(drip, **limits) as (upstream, server):
        began = time.monotonic()
        assert (await failure_of(upstream.get_json("/x", parse=as_is))).reason == "too_slow"
        assert (await failure_of(upstream.download("/x", tmp_path / "f", max_bytes=1_000))).reason == "too_slow"
        assert time.monotonic() - began < 20, "it would drip for ever"
        assert len(server.requests) == 2
    assert files_in(tmp_path) == []


async def test_an_upstream_that_never_answers_times_out_and_is_tried_again() -> None:
    async def silent(request: Request, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(1.0)

    async with upstream_for(silent, read_timeout_seconds=0.1) as (upstream, server):
        assert (await failure_of(upstream.get_json("/x", parse=as_is))).reason == "timeout"
        assert len(server.requests) == 3


# Retries


async def test_a_blip_is_tried_again_and_forgotten() -> None:
    async def handler(request: Request, writer: asyncio.StreamWriter) -> None:
        if len(server.requests) < 3:
            await send(writer, b"down", status="503 Service Unavailable")
        else:
            await send(writer, b'{"ok": true}')

    async with upstream_for(handler) as (upstream, server):
        assert await upstream.get_json("/x", parse=as_is) == {"ok": True}
        assert upstream.requests_made == 3
        assert upstream.circuit.snapshot()["failures"] == 0


@pytest.mark.parametrize("cut", ["length", "chunks", "json"])
async def test_a_body_cut_off_is_fetched_again(cut: Any, tmp_path: Path) -> None:
    async def handler(request: Request, writer: asyncio.StreamWriter) -> None:
        if len(server.requests) % 2 == 0:
            await send(writer, b'{"ok": true}')
        elif cut == "length":
            writer.write(b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"ok"')
        elif cut == "chunks":
            writer.write(b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"ok"\r\n')
        else:
            writer.write(b'HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{"ok"')

    async with upstream_for(handler) as (upstream, server):
        assert await upstream.get_json("/x", parse=as_is) == {"ok": True}
        target = tmp_path / "f"
        assert await upstream.download("/x", target, max_bytes=1_000, expect_json=True) == 12
        assert target.read_bytes() == b'{"ok": true}'
        assert len(server.requests) == 4


async def test_a_body_that_is_always_cut_off_leaves_no_file(tmp_path: Path) -> None:
    async with upstream_for(answers(b"[1]", headers={"Content-Length": "100"})) as (upstream, _):
        assert (await failure_of(upstream.download("/x", tmp_path / "f", max_bytes=1_000))).reason == "truncated"
    assert files_in(tmp_path) == []


async def test_nobody_listening_is_unreachable() -> None:
    async with raw_server(answers("{}")) as server:
        url = server.url
    upstream = client_for(url)
    error = await failure_of(upstream.get_json("/x", parse=as_is))
    assert error.reason == "unreachable"
    assert upstream.requests_made == 3
    await upstream.aclose()


async def test_a_server_without_tls_behind_an_https_address_is_told_as_such() -> None:
    def no_tls(reader: Any, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(no_tls, "127.0.0.1", 0)
    async with server:
        upstream = client_for(f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        assert (await failure_of(upstream.get_json("/x", parse=as_is))).reason == "tls"
        assert upstream.requests_made == 1
        await upstream.aclose()


async def test_a_connection_closed_without_a_word_is_an_upstream_error() -> None:
    async def mute(request: Request, writer: asyncio.StreamWriter) -> None:
        pass

    async with upstream_for(mute) as (upstream, _):
        assert (await failure_of(upstream.get_json("/x", parse=as_is))).reason == "truncated"


async def test_no_http_at_all_is_an_upstream_error() -> None:
    async def ssh(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-OpenSSH_9.2\r\n")

    async with upstream_for(ssh) as (upstream, _):
        assert (await failure_of(upstream.get_json("/x", parse=as_is))).reason == "truncated"


async def test_a_short_retry_after_is_waited_for() -> None:
    async def handler(request: Request, writer: asyncio.StreamWriter) -> None:
        if len(server.requests) == 1:
            await send(writer, b"", status="429 Too Many Requests", headers={"Retry-After": "1"})
        else:
            await send(writer, b"{}")

    async with upstream_for(handler, max_retry_wait_seconds=2.0) as (upstream, server):
        began = time.monotonic()
        await upstream.get_json("/x", parse=as_is)
        assert time.monotonic() - began >= 1.0


@pytest.mark.parametrize("header", ["1800", "Wed, 21 Oct 2099 07:28:00 GMT"])
async def test_a_long_retry_after_is_told_and_not_waited_for(header: Any) -> None:
    overloaded = answers(b"", status="503 Service Unavailable", headers={"Retry-After": header})
    async with upstream_for(overloaded) as (upstream, server):
        error = await failure_of(upstream.get_json("/x", parse=as_is))
    assert error.retry_after_seconds is not None
    assert error.retry_after_seconds >= 1800
    assert len(server.requests) == 1


@pytest.mark.parametrize("header", ["soon", "-5", "", "Wed, 99 Foo 2099"])
async def test_an_odd_retry_after_is_ignored(header: Any) -> None:
    overloaded = answers(b"", status="503 Service Unavailable", headers={"Retry-After": header})
    async with upstream_for(overloaded) as (upstream, server):
        assert (await failure_of(upstream.get_json("/x", parse=as_is))).retry_after_seconds is None
    assert len(server.requests) == 3


# Redirects


async def test_a_redirect_within_the_same_host_is_followed() -> None:
    async def handler(request: Request, writer: asyncio.StreamWriter) -> None:
        if request.path == "/old":
            await send(writer, b"", status="302 Found", headers={"Location": "/new place"})
        else:
            await send(writer, b'{"at": "new"}')

    async with upstream_for(handler) as (upstream, _):
        assert await upstream.get_json("/old", parse=as_is) == {"at": "new"}
        assert upstream.requests_made == 2


@pytest.mark.parametrize(
    "location",
    [
        "http://169.254.169.254/",
        "http://127.0.0.1:1/",
        "//other.example/",
        "file:///etc/passwd",
        "ftp://127.0.0.1/",
        "http://[",
        "",
    ],
)
async def test_a_redirect_to_another_place_is_refused(location: Any) -> None:
    async with upstream_for(answers(b"", status="302 Found", headers={"Location": location})) as (upstream, server):
        error = await failure_of(upstream.get_json("/x", parse=as_is))
    assert error.reason == "redirected"
    assert len(server.requests) <= 4
    assert {request.path for request in server.requests} == {"/x"}


async def test_redirects_in_a_circle_end() -> None:
    async with upstream_for(answers(b"", status="301 Moved", headers={"Location": "/x"})) as (upstream, server):
        assert (await failure_of(upstream.get_json("/x", parse=as_is))).reason == "redirected"
    assert len(server.requests) == 4


# Circuit and cancellation


def strict_circuit(clock: FakeClock) -> Circuit:
    return Circuit("The test upstream", clock=clock, failures=2, open_seconds=60)


async def test_failing_calls_open_the_circuit_and_then_nothing_is_asked() -> None:
    clock = FakeClock()
    down = answers("down", status="502 Bad Gateway")
    async with upstream_for(down, clock=clock, circuit=strict_circuit(clock)) as (upstream, server):
        for _ in range(2):
            await failure_of(upstream.get_json("/x", parse=as_is))
        assert len(server.requests) == 6
        with pytest.raises(CircuitOpen):
            await upstream.get_json("/x", parse=as_is)
        assert len(server.requests) == 6


async def test_the_trial_after_the_pause_is_a_single_request() -> None:
    clock = FakeClock()
    down = answers("down", status="502 Bad Gateway")
    async with upstream_for(down, clock=clock, circuit=strict_circuit(clock)) as (upstream, server):
        for _ in range(2):
            await failure_of(upstream.get_json("/x", parse=as_is))
        clock.advance(60)
        await failure_of(upstream.get_json("/x", parse=as_is))
        assert len(server.requests) == 7
        assert upstream.circuit.state == "open"


async def test_calls_that_come_together_after_the_pause_wait_for_the_first_of_them() -> None:
    clock = FakeClock()
    statuses = iter([*["502 Bad Gateway"] * 6, *["200 OK"] * 4])

    async def recovering(_request: Request, writer: asyncio.StreamWriter) -> None:
        await send(writer, b"{}", status=next(statuses), headers={"Content-Type": "application/json"})

    async with upstream_for(recovering, clock=clock, circuit=strict_circuit(clock)) as (upstream, _server):
        for _ in range(2):
            await failure_of(upstream.get_json("/x", parse=as_is))
        clock.advance(60)
        assert await asyncio.gather(*(upstream.get_json(f"/{number}", parse=as_is) for number in range(4))) == [{}] * 4
        assert upstream.circuit.state == "closed"


async def test_calls_that_come_together_while_it_is_still_down_ask_once() -> None:
    clock = FakeClock()
    down = answers("down", status="502 Bad Gateway")
    async with upstream_for(down, clock=clock, circuit=strict_circuit(clock)) as (upstream, server):
        for _ in range(2):
            await failure_of(upstream.get_json("/x", parse=as_is))
        clock.advance(60)
        calls = (upstream.get_json("/x", parse=as_is) for _ in range(4))
        failures = await asyncio.gather(*calls, return_exceptions=True)
        assert sorted(type(failure).__name__ for failure in failures) == [*["CircuitOpen"] * 3, "UpstreamError"]
        assert len(server.requests) == 7


async def test_a_refusal_does_not_count_as_a_failure_of_the_upstream() -> None:
    clock = FakeClock()
    async with upstream_for(answers("{}", status="404 Not Found"), circuit=strict_circuit(clock)) as (upstream, _):
        for _ in range(5):
            await failure_of(upstream.get_json("/x", parse=as_is))
        assert upstream.circuit.state == "closed"


async def test_rubbish_counts_as_a_failure_of_the_upstream() -> None:
    clock = FakeClock()
    async with upstream_for(answers("not an image"), circuit=strict_circuit(clock)) as (upstream, _):
        for _ in range(2):
            await failure_of(upstream.get_json("/x", parse=as_is))
        assert upstream.circuit.state == "open"


async def test_an_answer_that_makes_no_sense_to_the_caller_counts_as_a_failure() -> None:
    clock = FakeClock()

    async with upstream_for(answers("{}"), circuit=strict_circuit(clock)) as (upstream, _):

        def parse(answer: Any) -> None:
            raise upstream.error("wrong_shape", "sent something else.")

        for _ in range(2):
            await failure_of(upstream.get_json("/x", parse=parse))
        assert upstream.circuit.state == "open"


async def test_a_cancelled_call_ends_at_once_and_counts_as_nothing(tmp_path: Path) -> None:
    async def silent(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n[" + b"1," * 200_000)
        await writer.drain()
        await asyncio.sleep(60)

    clock = FakeClock()
    async with upstream_for(silent, circuit=strict_circuit(clock)) as (upstream, server):
        got: list[int] = []
        task = asyncio.create_task(upstream.download("/x", tmp_path / "f", max_bytes=10_000_000, on_bytes=got.append))
        await until(lambda: bool(got), "the first bytes")
        began = time.monotonic()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert time.monotonic() - began < 20
        assert len(server.requests) == 1
        assert upstream.circuit.snapshot() == {
            "name": "The test upstream",
            "state": "closed",
            "failures": 0,
            "retry_after_seconds": None,
        }
    assert files_in(tmp_path) == []


async def test_a_callers_own_timeout_stays_a_timeout() -> None:
    async def silent(request: Request, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(1.0)

    async with upstream_for(silent) as (upstream, _):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await upstream.get_json("/x", parse=as_is)


# Downloads


async def test_a_download_reports_its_bytes_and_its_size(tmp_path: Path) -> None:
    body = b"[" + b"1," * 500_000 + b"1]"
    seen: list[int] = []
    async with upstream_for(answers(body)) as (upstream, _):
        size = await upstream.download("/x", tmp_path / "f", max_bytes=2_000_000, expect_json=True, on_bytes=seen.append)
    assert size == len(body) == seen[-1]
    assert seen == sorted(seen)
    assert len(seen) > 1
    assert (tmp_path / "f").read_bytes() == body


@pytest.mark.parametrize(("body", "reason"), [("", "empty"), ("not an image", "not_json"), ("<html>", "html_error")])
async def test_a_download_that_is_no_data_is_refused(body: str, reason: str, tmp_path: Path) -> None:
    async with upstream_for(answers(body)) as (upstream, _):
        error = await failure_of(upstream.download("/x", tmp_path / "f", max_bytes=1_000, expect_json=True))
    assert error.reason == reason
    assert files_in(tmp_path) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
async def test_a_full_disk_is_no_fault_of_the_upstream(tmp_path: Path) -> None:
    target = tmp_path / "f"
    target.symlink_to("/dev/full")
    clock = FakeClock()
    async with upstream_for(answers(b"[" + b"1," * 400_000 + b"1]"), circuit=strict_circuit(clock)) as (upstream, _):
        for _ in range(3):
            target.unlink(missing_ok=True)
            target.symlink_to("/dev/full")
            with pytest.raises(DownloadNotWritten, match="No space left"):
                await upstream.download("/x", target, max_bytes=10_000_000)
        assert upstream.circuit.state == "closed"


async def test_a_missing_folder_is_no_fault_of_the_upstream(tmp_path: Path) -> None:
    async with upstream_for(answers("[]")) as (upstream, _):
        with pytest.raises(DownloadNotWritten):
            await upstream.download("/x", tmp_path / "nowhere" / "f", max_bytes=1_000)


# Secrets, construction, end


async def test_name_and_password_of_the_address_are_used_but_never_told() -> None:
    async with raw_server(answers("nope", status="500 Broken")) as server:
        upstream = client_for(server.url.replace("http://", "http://joe:hunter2@"))
        error = await failure_of(upstream.get_json("/x", parse=as_is))
        assert server.requests[0].headers["authorization"].startswith("basic ")
        await upstream.aclose()
        again = client_for("http://joe:hunter2@127.0.0.1:1")
        refused = await failure_of(again.get_json("/x", parse=as_is))
        await again.aclose()
    for text in (str(error), repr(error), str(refused), repr(refused.extra), upstream.public_url):
        assert "hunter2" not in text


@pytest.mark.parametrize("url", ["ftp://example.org", "example.org", "http://", ""])
def test_an_address_that_is_no_web_address_is_refused(url: Any) -> None:
    clock = FakeClock()
    with pytest.raises(ValueError, match="http"):
        Upstream("X", url, user_agent="x", circuit=Circuit("X", clock=clock), clock=clock)


async def test_after_the_end_nothing_is_asked() -> None:
    async with upstream_for(answers("{}")) as (upstream, server):
        await upstream.aclose()
        assert (await failure_of(upstream.get_json("/x", parse=as_is))).reason == "unreachable"
        assert server.requests == []


async def test_cookies_are_not_kept() -> None:
    async with upstream_for(answers("{}", headers={"Set-Cookie": "session=1; Path=/"})) as (upstream, server):
        for _ in range(2):
            await upstream.get_json("/x", parse=as_is)
    assert all("cookie" not in request.headers for request in server.requests)


async def test_replayed_answers_are_framed_as_their_headers_say(tmp_path: Path) -> None:
    recorded = tmp_path / "a.http"
    recorded.write_bytes(b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{"a": "' + b"x" * 20_000 + b'"}')
    async with upstream_for(replay(recorded)) as (upstream, _):
        assert await upstream.get_json("/x", parse=as_is) == {"a": "x" * 20_000}
