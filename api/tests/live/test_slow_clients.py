"""A client that takes nothing, on real sockets and the real server's protocol."""

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send
from uvicorn.server import ServerState

from tests.streams import messages_in
from tests.waiting import until
from vintagestory_api.access.principal import Principal
from vintagestory_api.access.roles import Role
from vintagestory_api.http_connection import HttpConnection
from vintagestory_api.live import stream as stream_module
from vintagestory_api.live.hub import LiveHub
from vintagestory_api.live.stream import EventStream

VIEWER = Principal("token", "1", "viewer", Role.VIEWER)
EVENTS = 900


class Served:
    """A hub whose streams anybody can open, and the connections that are open."""

    def __init__(self) -> None:
        self.hub = LiveHub()
        self.state = ServerState()
        self.port = 0

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        await EventStream(self.hub.subscribe(VIEWER), {}, self._may_stay)(scope, receive, send)

    async def _may_stay(self) -> bool:
        return True

    def connect(self, *, receive_buffer: int | None = None) -> socket.socket:
        client = socket.socket()
        if receive_buffer:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        client.setblocking(False)
        return client


@pytest.fixture
async def served() -> AsyncIterator[Served]:
    served = Served()
    config = uvicorn.Config(served.app, log_config=None, access_log=False, ws="none", interface="asgi3", proxy_headers=False)
    config.load()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: HttpConnection(config, served.state, {}), "127.0.0.1", 0)
    served.port = server.sockets[0].getsockname()[1]
    yield served
    served.hub.close()
    await until(lambda: not served.state.connections)
    server.close()
    await server.wait_closed()


async def test_it_is_cut_and_others_hear_everything(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream_module, "SLOW_SECONDS", 0.2)
    hub, loop = served.hub, asyncio.get_running_loop()
    request = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with served.connect(receive_buffer=4096) as hanging:
        await loop.sock_connect(hanging, ("127.0.0.1", served.port))
        await loop.sock_sendall(hanging, request)
        reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
        writer.write(request)
        await until(lambda: hub.stream_count == 2)

        received = b""

        async def read() -> None:
            nonlocal received
            while chunk := await reader.read(65_536):
                received += chunk

        reading = asyncio.create_task(read())
        for number in range(EVENTS):
            hub.publish("run", {"number": number, "message": "x" * 20_000})
            await asyncio.sleep(0)
        await until(lambda: hub.stream_count == 1)
        await until(lambda: len(served.state.connections) == 1, what="the connection itself is closed, not only given up")
        hub.publish("settings", {})
        await until(lambda: b"event: settings" in received)
        hub.close()
        await reading
        writer.close()
        await writer.wait_closed()
    # The pieces of the chunked answer, without their lengths.
    body = b"".join(part for part in received.partition(b"\r\n\r\n")[2].split(b"\r\n")[1::2])
    numbers = [message.data["number"] for message in messages_in(body) if message.event == "run"]
    assert numbers == list(range(EVENTS))
