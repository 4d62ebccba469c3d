"""The real application on real sockets in the test's own event loop, with a server whose console the test feeds."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import orjson
from fastapi import FastAPI
from websockets.asyncio.client import ClientConnection, connect

from tests.apps import NOBODY_HOME
from tests.waiting import until
from vintagestory_api.access.offline import create_token_offline
from vintagestory_api.access.roles import Role
from vintagestory_api.config import ProcessSettings
from vintagestory_api.main import create_app
from vintagestory_api.manager import Manager
from vintagestory_api.server import listen, server_of
from vintagestory_api.servers.console import Console
from vintagestory_api.servers.host import Output
from vintagestory_api.servers.records import ServerRecord
from vintagestory_api.servers.server import GameServer
from vintagestory_api.servers.socket import ConsoleSockets

SERVER = "home"
HEAD = "4.8.2026 13:47:25 [Server Notification] "


def numbered(first: int, count: int, text: str = "") -> Output:
    return Output(first, "".join(f"{HEAD}line {number}{text}\n" for number in range(first, first + count)).encode())


class Served:
    def __init__(self, app: FastAPI, port: int, data_dir: Path) -> None:
        self.app = app
        self.port = port
        self.data_dir = data_dir
        self.token = self.new_token("operator", Role.OPERATOR)

    @property
    def manager(self) -> Manager:
        manager: Manager = self.app.state.manager
        return manager

    @property
    def sockets(self) -> ConsoleSockets:
        sockets: ConsoleSockets = self.app.state.console_sockets
        return sockets

    def server(self, server_id: str = SERVER) -> GameServer:
        return self.manager.servers.get(server_id)

    @property
    def console(self) -> Console:
        return self.server().console

    def add_server(self, server_id: str) -> None:
        self.manager.servers.add(ServerRecord(server_id, server_id.title(), "1.22.7", 42420, server_id, 0, "test"))

    def new_token(self, name: str, role: Role) -> str:
        return create_token_offline(self.data_dir / "vsmanager.db", name, role, "test")

    async def ask(self, method: str, path: str, *, token: str | None = None, **options: Any) -> httpx2.Response:
        headers = {"Authorization": f"Bearer {token or self.token}"}
        async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{self.port}", headers=headers, timeout=60) as client:
            return await client.request(method, f"/api/v1{path}", **options)

    async def ticket(self, server_id: str = SERVER, token: str | None = None) -> str:
        answer = await self.ask("POST", f"/servers/{server_id}/console/ticket", token=token)
        assert answer.status_code == 200, answer.text
        ticket: str = answer.json()["ticket"]
        return ticket

    def address(self, ticket: str, after: int = 0, server_id: str = SERVER) -> str:
        return f"ws://127.0.0.1:{self.port}/api/v1/servers/{server_id}/console/ws?ticket={ticket}&after={after}"

    @asynccontextmanager
    async def following(self, after: int = 0, *, token: str | None = None, **options: Any) -> AsyncIterator[ClientConnection]:
        options = {"compression": None, "max_size": None, "open_timeout": 60, "close_timeout": 1, "proxy": None, **options}
        async with connect(self.address(await self.ticket(token=token), after), **options) as connection:
            yield connection


class Heard:
    """What a client has got so far."""

    def __init__(self) -> None:
        self.lines: list[dict[str, Any]] = []
        self.dropped = 0

    @property
    def seqs(self) -> list[int]:
        return [line["seq"] for line in self.lines]

    async def listen(self, connection: ClientConnection, until_seq: int, seconds: float = 60) -> "Heard":
        """Until the line of that number has come."""
        async with asyncio.timeout(seconds):
            while not self.lines or self.lines[-1]["seq"] < until_seq:
                message = await connection.recv()
                assert isinstance(message, str)
                frame = orjson.loads(message)
                assert set(frame) == {"lines", "dropped"}
                self.lines += frame["lines"]
                self.dropped += frame["dropped"]
        return self


@asynccontextmanager
async def served_app(data_dir: Path, **settings: Any) -> AsyncIterator[Served]:
    """The application with one server, `home`, which does not run."""
    app = create_app(ProcessSettings(data_dir=data_dir, mod_db_url=NOBODY_HOME, versions_url=NOBODY_HOME, **settings))
    server = server_of(app)
    listener = listen("127.0.0.1", 0)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        await until(lambda: server.started or serving.done())
        served = Served(app, listener.getsockname()[1], data_dir)
        served.add_server(SERVER)
        yield served
    finally:
        server.should_exit = True
        await serving
