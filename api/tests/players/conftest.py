"""Players on a database of their own, listening to servers that are made up."""

import json
import shutil
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.clocks import MovableClock
from tests.players.stand_ins import StandInServer, StandInServers
from vintagestory_api.events import EventBus
from vintagestory_api.players.players import Players
from vintagestory_api.storage.database import Database


class House:
    """One server called `home`, what its console tells, and players that listen. `restart` is a new manager on the same data."""

    def __init__(self, path: Path, folder: Path) -> None:
        self.path = path
        self.clock = MovableClock()
        self.bus = EventBus()
        self.servers = StandInServers(self.bus)
        self.server = self.servers.add(StandInServer("home", folder))
        self.players = self._new()

    def _new(self) -> Players:
        self.database = Database(self.path)
        return Players(self.database, self.clock, self.bus, self.servers)  # type: ignore[arg-type] # a stand-in

    async def open(self) -> None:
        await self.players.start()

    async def close(self) -> None:
        await self.players.close()
        await self.database.aclose()

    async def restart(self) -> None:
        await self.close()
        self.players = self._new()
        await self.open()

    async def die_and_restart(self) -> None:
        """A new manager, after one that was killed: what was not stored is gone."""
        self.players._unsubscribe()
        for task in tuple(self.players._tasks):
            task.cancel()
        assert self.players._writing._task is not None
        self.players._writing._task.cancel()
        await self.database.aclose()
        self.players = self._new()
        await self.open()

    def prints(self, *lines: str, at_ms: int | None = None, first_seq: int | None = None) -> int:
        return self.servers.prints(self.server, *lines, at_ms=at_ms or self.clock.now_ms(), first_seq=first_seq)

    def rows(self, sql: str) -> list[tuple[object, ...]]:
        with closing(sqlite3.connect(self.path)) as db:
            return db.execute(sql).fetchall()


def add_server(path: Path, server_id: str) -> None:
    with closing(sqlite3.connect(path)) as db, db:
        db.execute(
            "INSERT INTO servers (id, name, port, data_path, wanted, settings, last_seq, created_at, created_by)"
            " VALUES (?, ?, 42420, 'x', 'running', '{}', 0, 0, 'test')",
            (server_id, server_id),
        )


@pytest.fixture
async def house(empty_database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    path = tmp_path / "vsmanager.db"
    shutil.copyfile(empty_database, path)
    add_server(path, "home")
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setattr("vintagestory_api.players.players.LOOK_EVERY_SECONDS", 0.02)
    house = House(path, folder)
    await house.open()
    yield house
    await house.close()


Write = Callable[[str, object], None]


@pytest.fixture
def write(house: House) -> Write:
    """Writes a file below the server's folder: text as it is, anything else as JSON."""

    def write_it(name: str, content: object) -> None:
        path = house.server.data_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")

    return write_it
