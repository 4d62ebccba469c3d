"""A prepared database, and access on it."""

import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.access.sites import Site
from vintagestory_api.access import passwords
from vintagestory_api.access.access import Access
from vintagestory_api.kit.clock import SystemClock
from vintagestory_api.storage.database import Database
from vintagestory_api.storage.secrets_file import SecretsFile


class MovedClock:
    """The real clock, moved forward on request."""

    def __init__(self) -> None:
        self.moved_seconds = 0.0
        self._real = SystemClock()

    def now_ms(self) -> int:
        return self._real.now_ms() + round(self.moved_seconds * 1000)

    def monotonic(self) -> float:
        return self._real.monotonic() + self.moved_seconds


@pytest.fixture(autouse=True)
def _cheap_passwords(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What makes guessing slow would make the tests slow, too. Those about the costs themselves undo this."""
    monkeypatch.setattr(passwords, "TIME_COST", 1)
    monkeypatch.setattr(passwords, "MEMORY_KIB", 8)
    monkeypatch.setattr(passwords, "LANES", 1)
    passwords._hasher.cache_clear()
    yield
    passwords._hasher.cache_clear()


@pytest.fixture
def clock() -> MovedClock:
    return MovedClock()


@pytest.fixture
def database_path(tmp_path: Path, empty_database: Path) -> Path:
    path = tmp_path / "vsmanager.db"
    shutil.copyfile(empty_database, path)
    return path


@pytest.fixture
async def database(database_path: Path) -> AsyncIterator[Database]:
    database = Database(database_path)
    yield database
    await database.aclose()


@pytest.fixture
async def access(database: Database, clock: MovedClock) -> AsyncIterator[Access]:
    access = Access.on(database, clock, SecretsFile(database.path.with_name("secrets.json")))
    yield access
    await access.aclose()


@pytest.fixture
def site(access: Access) -> Site:
    return Site(access)
