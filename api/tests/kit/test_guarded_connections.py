"""Connections go to the address that was looked at, also when a name means another one a moment later."""

# ruff: noqa: ASYNC109 - the library names the arguments

import ssl
from collections.abc import Iterable, Sequence
from typing import Any

import httpcore2
import httpx2
import pytest

from tests.upstreams import answers, client_for, raw_server
from vintagestory_api.kit.guarded_connections import guard
from vintagestory_api.kit.redirects import LeadsInside
from vintagestory_api.kit.upstream import Arriving, UpstreamError

PUBLIC, OTHER_PUBLIC = "93.184.216.34", "2606:4700:4700::1111"


class Names:
    """A resolver that goes on to its next answer with each question, and stays at the last one."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self._answers = list(answers)
        self.asked: list[str] = []

    async def __call__(self, host: str) -> Sequence[str]:
        self.asked.append(host)
        found = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if not found:
            raise OSError(host)
        return found


class Line(httpcore2.AsyncNetworkStream):
    """Takes a request and answers it."""

    def __init__(self, seen: list[Any]) -> None:
        self._seen = seen
        self._rest = [b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"]

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._rest.pop() if self._rest else b""

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._seen += [line for line in buffer.decode().splitlines() if line.startswith("Host:")]

    async def aclose(self) -> None:
        pass

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.AsyncNetworkStream:
        self._seen.append(("certificate of", server_hostname))
        return self


class Net(httpcore2.AsyncNetworkBackend):
    """Notes where it is connected to. `dead`: addresses where nobody answers."""

    def __init__(self, *dead: str) -> None:
        self.seen: list[Any] = []
        self._dead = dead

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        self.seen.append((host, port))
        if host in self._dead:
            raise httpcore2.ConnectTimeout
        return Line(self.seen)


async def get(url: str, net: Net, names: Names) -> None:
    client = httpx2.AsyncClient(trust_env=False)
    client._transport._pool._network_backend = net  # type: ignore[attr-defined]
    async with guard(client, "mods.example", names):
        assert (await client.get(url)).text == "ok"


async def test_the_connection_goes_to_the_address_that_was_looked_at_with_the_name_of_the_host() -> None:
    net, names = Net(), Names([PUBLIC], ["127.0.0.1"])
    await get("https://files.example/a.zip", net, names)
    assert net.seen == [(PUBLIC, 443), ("certificate of", "files.example"), "Host: files.example"]
    assert names.asked == ["files.example"]


async def test_the_next_address_is_tried_when_one_does_not_answer() -> None:
    net = Net(OTHER_PUBLIC)
    await get("http://files.example:8080/a.zip", net, Names([OTHER_PUBLIC, PUBLIC]))
    assert net.seen == [(OTHER_PUBLIC, 8080), (PUBLIC, 8080), "Host: files.example:8080"]
    with pytest.raises(httpx2.ConnectTimeout):
        await get("http://files.example/a.zip", Net(OTHER_PUBLIC, PUBLIC), Names([OTHER_PUBLIC, PUBLIC]))


async def test_the_own_host_may_be_anywhere() -> None:
    net = Net()
    await get("http://Mods.Example/", net, Names([]))
    assert net.seen[0] == ("mods.example", 80)


@pytest.mark.parametrize("found", [["127.0.0.1"], [PUBLIC, "10.0.0.1"], ["fe80::1%eth0"]])
async def test_nothing_is_connected_to_that_is_not_public(found: list[str]) -> None:
    net = Net()
    with pytest.raises(LeadsInside):
        await get("http://files.example/", net, Names(found))
    assert net.seen == []


async def test_a_name_that_nobody_knows_is_a_host_that_can_not_be_reached() -> None:
    with pytest.raises(httpx2.ConnectError):
        await get("http://files.example/", Net(), Names([]))


def test_only_a_client_that_makes_its_own_connections_is_guarded() -> None:
    client = httpx2.AsyncClient(transport=httpx2.MockTransport(lambda _request: httpx2.Response(200)))
    with pytest.raises(TypeError):
        guard(client, "mods.example")


@pytest.mark.parametrize("first", [[PUBLIC], []])
async def test_a_file_is_not_fetched_from_the_inside_when_its_name_means_another_place_by_then(first: list[str]) -> None:
    async def take(_arriving: Arriving) -> None:
        raise AssertionError("nothing is to arrive")

    async with raw_server(answers(b"secret")) as inside:
        names = Names(first, ["127.0.0.1"])
        there = inside.url.replace("127.0.0.1", "files.example")
        async with raw_server(answers(b"", status="302 Found", headers={"Location": f"{there}/a.zip"})) as site:
            upstream = client_for(site.url, resolve=names)
            with pytest.raises(UpstreamError, match="not public") as caught:
                await upstream.fetch_file("/download", take=take, max_bytes=100, total_seconds=30)
            await upstream.aclose()
        assert (caught.value.reason, caught.value.permanent) == ("redirected", True)
        assert (inside.requests, names.asked) == ([], ["files.example", "files.example"])
