"""What was committed is on the disk when somebody waits for that."""

import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import text

from vintagestory_api.storage.database import Database, DatabaseUnavailable


@pytest.fixture
async def database(tmp_path: Path, empty_database: Path) -> AsyncIterator[Database]:
    path = tmp_path / "vsmanager.db"
    shutil.copyfile(empty_database, path)
    found = Database(path)
    yield found
    await found.aclose()


async def test_the_log_is_flushed_and_the_database_left_alone(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    await database.reach_disk()
    await database.run(lambda connection: connection.execute(text("CREATE TABLE one (id INTEGER)")))
    opened: list[str] = []
    flushed: list[str] = []
    really_open, really_sync = os.open, os.fsync

    def open_and_tell(path: str | Path, *arguments: int) -> int:
        opened.append(Path(path).name)
        return really_open(path, *arguments)

    def sync_and_tell(handle: int) -> None:
        flushed.append(Path(f"/proc/self/fd/{handle}").readlink().name)
        really_sync(handle)

    monkeypatch.setattr(os, "open", open_and_tell)
    monkeypatch.setattr(os, "fsync", sync_and_tell)
    await database.reach_disk()
    assert flushed == ["vsmanager.db-wal"]
    # To close it would drop the locks of SQLite.
    assert "vsmanager.db" not in opened


async def test_a_disk_that_fails_is_told(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    await database.run(lambda connection: connection.execute(text("CREATE TABLE one (id INTEGER)")))

    def fail(_handle: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(DatabaseUnavailable, match="Input/output error"):
        await database.reach_disk()
