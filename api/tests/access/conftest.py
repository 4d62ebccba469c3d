"""A prepared database, and access on it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from vintagestory_api.access.access import Access
from vintagestory_api.kit.clock import SystemClock
from vintagestory_api.storage.database import Database, prepare_database


class MovedClock:
    """The real clock, moved forward on request."""

    def __init__(self) -> None:
        self.moved_seconds = 0.0
        self._real = SystemClock()

    def now_ms(self) -> int:
        return self._real.now_ms() + round(self.moved_seconds * 1000)

    def monotonic(self) -> float:
        return self._real.monotonic() + self.moved_seconds


@pytest.fixture
def clock() -> MovedClock:
    return MovedClock()


@pytest.fixture
def database_path(tmp_path: Path) -> Path:
    path = tmp_path / "vsmanager.db"
    prepare_database(path)
    return path


@pytest.fixture
async def database(database_path: Path) -> AsyncIterator[Database]:
    database = Database(database_path)
    yield database
    await database.aclose()


@pytest.fixture
async def access(database: Database, clock: MovedClock) -> AsyncIterator[Access]:
    access = Access.on(database, clock)
    yield access
    await access.aclose()
