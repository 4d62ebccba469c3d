"""Fetching from addresses that strangers chose. The servers are on loopback, where one port is allowed."""

import asyncio
import ipaddress
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.upstreams import FakeClock, Handler, RawServer, Request, answers, raw_server, send
from tests.waiting import until
from vintagestory_api.errors import Unavailable
from vintagestory_api.kit.addresses import is_public
from vintagestory_api.kit.circuit import CircuitOpen
from vintagestory_api.kit.public_fetch import FetchFailed, FetchRefused, PublicFetcher, loopback_port

INSIDE = [
    "127.0.0.1", "127.8.9.10", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "192.0.0.8",
    "192.88.99.1",
    "198.18.0.1", "203.0.113.5", "224.0.0.1", "240.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fec0::1", "fc00::1",
    "fd12::3", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a00:1",
    "64:ff9b:1::1", "2002:7f00:1::", "2002:c0a8:101::1", "2001:0:7f00:1::", "2001:db8::1",
]  # fmt: skip
OUTSIDE = ["8.8.8.8", "185.15.59.224", "2606:4700::1111", "2a02:26f0::1", "64:ff9b::808:808", "2002:808:808::1", "::ffff:8.8.8.8"]


class Names:
    """A name service that answers as told, and counts."""

    def __init__(self, **addresses: Sequence[str]) -> None:
        self.addresses = addresses
        self.asked: list[str] = []

    async def __call__(self, host: str) -> Sequence[str]:
        self.asked.append(host)
        try:
            return self.addresses[host.replace(".", "_")]
        except KeyError:
            raise OSError("unknown name") from None


@asynccontextmanager
async def fetcher(**options: Any) -> AsyncIterator[PublicFetcher]:
    made = PublicFetcher(
        **{"accept": "image/png", "max_bytes": 1_000, "user_agent": lambda: "test", "clock": FakeClock(), **options}
    )
    try:
        yield made
    finally:
        await made.aclose()


@asynccontextmanager
async def site(handler: Handler, **options: Any) -> AsyncIterator[tuple[PublicFetcher, RawServer]]:
    async with raw_server(handler) as server, fetcher(own_port=loopback_port(server.url), **options) as made:
        yield made, server


async def refusal(call: Any) -> str:
    with pytest.raises(FetchRefused) as refused:
        await call
    return refused.value.reason


@pytest.mark.parametrize("address", INSIDE)
def test_what_leads_inside_is_not_public(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", OUTSIDE)
def test_what_is_on_the_internet_is_public(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", INSIDE)
async def test_nothing_inside_is_asked_by_number_or_by_name(address: str) -> None:
    names = Names(logo_example=[address], mixed_example=["8.8.8.8", address])
    literal = f"[{address}]" if ":" in address else address
    async with fetcher(resolve=names) as made:
        assert await refusal(made.fetch(f"http://{literal}/x.png")) == "not_public"
        assert await refusal(made.fetch("https://logo.example/x.png")) == "not_public"
        assert await refusal(made.fetch("https://mixed.example/x.png")) == "not_public", "one address inside is enough"


@pytest.mark.parametrize("host", ["127.1", "2130706433", "0x7f.1", "localhost"])
async def test_odd_ways_to_write_loopback_are_looked_through(host: str) -> None:
    async with fetcher() as made:
        assert await refusal(made.fetch(f"http://{host}/x.png")) == "not_public"


async def test_public_addresses_are_only_asked_on_the_ports_of_the_web() -> None:
    async with fetcher() as made:
        for port in (0, 22, 25, 6379, 8080, 99_999):
            assert await refusal(made.fetch(f"http://8.8.8.8:{port}/x.png")) == "not_public"


@pytest.mark.parametrize(
    "url",
    [
        "", "x.png", "//logo.example/x.png", "ftp://logo.example/x", "file:///etc/passwd", "data:image/png;base64,AA", "http://",
        "http://user:secret@logo.example/x.png", "javascript:alert(1)", "http://[::1/x", "http://" + "a" * 70 + ".example/x",
        "http://logo..example/x",
    ],
)  # fmt: skip
async def test_an_address_that_makes_no_sense_is_refused(url: str) -> None:
    async with fetcher() as made:
        assert await refusal(made.fetch(url)) == "bad_address"


async def test_a_name_that_nobody_knows_has_failed_for_now() -> None:
    async with fetcher(resolve=Names()) as made:
        with pytest.raises(FetchFailed, match="not known"):
            await made.fetch("https://logo.example/x.png")


async def test_the_connection_goes_to_the_address_that_was_looked_at() -> None:
    names = Names(logo_example=["127.0.0.1"])
    async with site(answers(b"picture"), resolve=names) as (made, server):
        port = urlsplit(server.url).port
        assert await made.fetch(f"http://logo.example:{port}/a%20b.png?c=d") == b"picture"
    (request,) = server.requests
    assert request.target == "/a%20b.png?c=d"
    assert request.headers["host"] == f"logo.example:{port}"
    assert (request.headers["accept"], request.headers["accept-encoding"]) == ("image/png", "identity")
    assert request.headers["user-agent"] == "test"
    assert names.asked == ["logo.example"], "a second look could find another address"


async def test_of_several_addresses_the_next_is_tried() -> None:
    async with site(answers(b"picture"), resolve=Names(logo_example=["127.0.0.9", "127.0.0.1"])) as (made, server):
        assert await made.fetch(f"http://logo.example:{urlsplit(server.url).port}/") == b"picture"


async def test_only_the_one_port_of_loopback_is_allowed() -> None:
    async with site(answers(b"a")) as (made, _), raw_server(answers(b"secret")) as other:
        assert await refusal(made.fetch(f"{other.url}/x.png")) == "not_public"
        assert other.requests == []


@pytest.mark.parametrize(
    ("url", "port"),
    [
        ("http://127.0.0.1:4567", 4567), ("http://localhost:80/", 80), ("https://[::1]", 443), ("http://sandbox.localhost", 80),
        ("https://mods.vintagestory.at", None), ("http://192.168.1.5:4567", None), ("http://localhost.example:1", None),
    ],
)  # fmt: skip
def test_the_own_port_is_that_of_a_mod_database_on_this_machine(url: str, port: int | None) -> None:
    assert loopback_port(url) == port


def redirect_to(where: Callable[[Request], str | None]) -> Handler:
    async def handler(request: Request, writer: asyncio.StreamWriter) -> None:
        there = where(request)
        if there is None:
            await send(writer, b"picture")
        else:
            await send(writer, b"", status="302 Found", headers={"Location": there})

    return handler


async def test_redirects_are_followed_a_few_times() -> None:
    async with site(redirect_to(lambda request: {"/a": "/b", "/b": "c"}.get(request.path))) as (made, server):
        assert await made.fetch(f"{server.url}/a") == b"picture"
        assert [request.path for request in server.requests] == ["/a", "/b", "/c"]
        server.requests.clear()
    async with site(redirect_to(lambda request: request.path)) as (made, server):
        assert await refusal(made.fetch(f"{server.url}/a")) == "redirected"
        assert len(server.requests) == 4


@pytest.mark.parametrize(
    ("there", "reason"),
    [
        ("http://10.0.0.1/x.png", "not_public"),
        ("http://127.0.0.1:22/", "not_public"),
        ("http://inside.example/", "not_public"),
        ("//169.254.169.254/latest/meta-data", "not_public"),
        ("file:///etc/passwd", "bad_address"),
        ("http://user:x@127.0.0.1/", "bad_address"),
        ("http://[::1", "bad_address"),
    ],
)
async def test_a_redirect_is_looked_at_like_any_address(there: str, reason: str) -> None:
    async with site(redirect_to(lambda _: there), resolve=Names(inside_example=["192.168.0.1"])) as (made, server):
        assert await refusal(made.fetch(f"{server.url}/x.png")) == reason
        assert len(server.requests) == 1


async def endless(request: Request, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
    while True:
        writer.write(b"x" * 500)
        await writer.drain()


async def promising(request: Request, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n")
    await writer.drain()
    await asyncio.sleep(60)


@pytest.mark.parametrize("handler", [answers(b"x" * 1_001), endless, promising])
async def test_more_than_may_be_is_refused_before_it_is_read(handler: Handler) -> None:
    async with site(handler) as (made, server):
        assert await refusal(made.fetch(f"{server.url}/x.png")) == "too_large"


async def test_as_much_as_may_be_is_taken() -> None:
    async with site(answers(b"x" * 1_000)) as (made, server):
        assert len(await made.fetch(f"{server.url}/x.png")) == 1_000


async def test_a_packed_answer_is_refused() -> None:
    async with site(answers(b"x", headers={"Content-Encoding": "gzip"})) as (made, server):
        assert await refusal(made.fetch(f"{server.url}/x.png")) == "packed"


@pytest.mark.parametrize("status", ["404 Not Found", "410 Gone", "403 Forbidden", "204 No Content", "206 Partial Content"])
async def test_an_answer_that_will_stay_the_same_is_final(status: str) -> None:
    async with site(answers(b"", status=status)) as (made, server):
        assert await refusal(made.fetch(f"{server.url}/x.png")) == "status"


@pytest.mark.parametrize("status", ["500 Oops", "503 Busy", "429 Slower", "408 Timeout"])
async def test_trouble_of_the_host_passes(status: str) -> None:
    async with site(answers(b"", status=status)) as (made, server):
        with pytest.raises(FetchFailed, match=status[:3]):
            await made.fetch(f"{server.url}/x.png")


async def broken_off(request: Request, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
    await writer.drain()


async def garbled(request: Request, writer: asyncio.StreamWriter) -> None:
    writer.write(b"SSH-2.0-OpenSSH_9.9\r\n")
    await writer.drain()


@pytest.mark.parametrize("handler", [broken_off, garbled])
async def test_a_broken_answer_has_failed(handler: Handler) -> None:
    async with site(handler) as (made, server):
        with pytest.raises(FetchFailed):
            await made.fetch(f"{server.url}/x.png")


async def dripping(request: Request, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.05)


async def test_an_answer_that_drips_is_given_up() -> None:
    async with site(dripping, total_timeout_seconds=0.5) as (made, server):
        with pytest.raises(FetchFailed, match="did not finish"):
            await made.fetch(f"{server.url}/x.png")


async def test_a_host_that_keeps_failing_is_left_alone_and_others_are_not() -> None:
    clock = FakeClock()
    names = Names(good_example=["127.0.0.1"], bad_example=["127.0.0.1"])

    async def handler(request: Request, writer: asyncio.StreamWriter) -> None:
        await send(writer, b"", status="500 Oops" if request.headers["host"].startswith("bad") else "200 OK")

    async with site(handler, resolve=names, clock=clock) as (made, server):
        port = urlsplit(server.url).port
        for _ in range(3):
            with pytest.raises(FetchFailed):
                await made.fetch(f"http://bad.example:{port}/")
        with pytest.raises(CircuitOpen):
            await made.fetch(f"http://bad.example:{port}/")
        assert len(server.requests) == 3
        assert await made.fetch(f"http://good.example:{port}/") == b""
        clock.advance(61)
        with pytest.raises(FetchFailed):
            await made.fetch(f"http://bad.example:{port}/")


async def test_only_so_many_are_fetched_at_once() -> None:
    gate = asyncio.Event()

    async def handler(request: Request, writer: asyncio.StreamWriter) -> None:
        await gate.wait()
        await send(writer, b"picture")

    async with site(handler, max_concurrency=2) as (made, server):
        fetches = [asyncio.create_task(made.fetch(f"{server.url}/{number}")) for number in range(6)]
        await until(lambda: server.active == 2, what="two are asked for")
        gate.set()
        assert await asyncio.gather(*fetches) == [b"picture"] * 6
        assert server.most_active == 2


async def test_nothing_is_fetched_after_the_end() -> None:
    async with fetcher() as made:
        await made.aclose()
        with pytest.raises(Unavailable, match="stopping"):
            await made.fetch("http://8.8.8.8/")


async def test_an_environment_with_a_proxy_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    async with raw_server(answers(b"from the proxy")) as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        async with site(answers(b"picture")) as (made, server):
            assert await made.fetch(f"{server.url}/x.png") == b"picture"
        assert proxy.requests == []
