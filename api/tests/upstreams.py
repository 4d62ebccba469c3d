"""Upstreams for tests: raw sockets that answer byte for byte as told, and clients that don't wait."""

import asyncio
import contextlib
import gzip
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from vintagestory_api.kit.circuit import Circuit
from vintagestory_api.kit.clock import SystemClock
from vintagestory_api.kit.upstream import Upstream


class FakeClock:
    """Time that moves when it is told to."""

    def __init__(self, now_ms: int = 1_750_000_000_000) -> None:
        self.wall_ms = now_ms
        self.seconds = 0.0

    def now_ms(self) -> int:
        return self.wall_ms

    def monotonic(self) -> float:
        return self.seconds

    def advance(self, seconds: float) -> None:
        self.seconds += seconds
        self.wall_ms += round(seconds * 1000)


@dataclass
class Request:
    target: str
    headers: dict[str, str]

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, str]:
        return {key: values[0] for key, values in parse_qs(urlsplit(self.target).query, keep_blank_values=True).items()}


Handler = Callable[[Request, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class RawServer:
    """Counts what it is asked. `handler` writes whatever it likes; the connection is closed after it."""

    handler: Handler
    url: str = ""
    requests: list[Request] = field(default_factory=list)
    active: int = 0
    most_active: int = 0
    tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self.serve(reader, writer))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            headers = dict(line.lower().split(": ", 1) for line in head[1:] if ": " in line)
            request = Request(head[0].split(" ")[1], headers)
            self.requests.append(request)
            self.active += 1
            self.most_active = max(self.most_active, self.active)
            try:
                await self.handler(request, writer)
            finally:
                self.active -= 1
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


@contextlib.asynccontextmanager
async def raw_server(handler: Handler) -> AsyncIterator[RawServer]:
    running = RawServer(handler)
    server = await asyncio.start_server(running.connected, "127.0.0.1", 0, limit=1_000_000)
    running.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield running
    finally:
        server.close()
        for task in running.tasks:
            task.cancel()
        await asyncio.gather(*running.tasks, return_exceptions=True)


def answers(body: bytes | str, *, status: str = "200 OK", headers: dict[str, str] | None = None) -> Handler:
    """Always the same whole answer."""
    data = body.encode() if isinstance(body, str) else body

    async def handler(request: Request, writer: asyncio.StreamWriter) -> None:
        await send(writer, data, status=status, headers=headers)

    return handler


async def send(
    writer: asyncio.StreamWriter, body: bytes, *, status: str = "200 OK", headers: dict[str, str] | None = None
) -> None:
    fields = {"Content-Type": "application/json", "Content-Length": str(len(body)), "Connection": "close", **(headers or {})}
    head = f"HTTP/1.1 {status}\r\n" + "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    writer.write(head.encode() + b"\r\n" + body)
    await writer.drain()


def replay(recorded: Path) -> Handler:
    """One recorded answer: status line, headers and body verbatim. Bodies were recorded without their chunks, so they
    get new ones where the headers promise them; an empty recording closes the connection without a word."""
    raw = recorded.read_bytes()
    if recorded.suffix == ".gz":
        raw = gzip.decompress(raw)
    head, _, body = raw.partition(b"\r\n\r\n")
    if b"\r\ntransfer-encoding: chunked" in head.lower():
        pieces = [body[start : start + 8_000] for start in range(0, len(body), 8_000)]
        body = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"

    async def handler(request: Request, writer: asyncio.StreamWriter) -> None:
        if raw:
            writer.write(head + b"\r\n\r\n" + body)
            await writer.drain()

    return handler


def client_for(url: str, **settings: Any) -> Upstream:
    """An upstream that retries at once and has a circuit that hardly ever opens."""
    clock = settings.pop("clock", SystemClock())
    circuit = settings.pop("circuit", Circuit("The test upstream", clock=clock, failures=1_000))
    return Upstream(
        "The test upstream",
        url,
        **{
            "user_agent": "test",
            "circuit": circuit,
            "clock": clock,
            "retry_wait_seconds": 0.001,
            "max_retry_wait_seconds": 0.05,
            "connect_timeout_seconds": 2.0,
            **settings,
        },
    )


@contextlib.asynccontextmanager
async def upstream_for(handler: Handler, **settings: Any) -> AsyncIterator[tuple[Upstream, RawServer]]:
    async with raw_server(handler) as server:
        upstream = client_for(server.url, **settings)
        try:
            yield upstream, server
        finally:
            await upstream.aclose()


def files_in(folder: Path) -> list[Path]:
    return list(folder.iterdir())


async def until(condition: Callable[[], bool], what: str, seconds: float = 5.0) -> None:
    """Wait for `condition`; fails with `what` after `seconds`."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    while not condition():
        assert loop.time() < deadline, f"waited {seconds} s in vain for: {what}"
        await asyncio.sleep(0.005)
