"""Measurements are kept for long, and take little room."""

import shutil
import sqlite3
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.metrics.made_servers import DAY, HOUR, MINUTE, NOW, add_servers
from vintagestory_api.metrics.in_store import in_store
from vintagestory_api.metrics.sample import Sample
from vintagestory_api.metrics.store import SampleStore
from vintagestory_api.storage.database import Database


@pytest.fixture
def path(tmp_path: Path, empty_database: Path) -> Path:
    path = tmp_path / "vsmanager.db"
    shutil.copyfile(empty_database, path)
    add_servers(path, "one", "two")
    return path


@pytest.fixture
async def database(path: Path) -> AsyncIterator[Database]:
    database = Database(path)
    yield database
    await database.aclose()


async def save(database: Database, *samples: Sample) -> None:
    await in_store(database, lambda store: store.save(samples))


async def thin(database: Database, now: int = NOW, keep_days: int = 30) -> int:
    return await in_store(database, lambda store: store.thin(now, keep_days))


def rows(path: Path) -> list[tuple[int, int]]:
    """Step and time of each."""
    connection = sqlite3.connect(path)
    found = connection.execute("SELECT step_seconds, at FROM server_samples ORDER BY at").fetchall()
    connection.close()
    return found


def minutes(since: int, until: int, **measures: float) -> Iterator[Sample]:
    return (Sample("one", at, **measures) for at in range(since, until, MINUTE))  # type: ignore[arg-type] # numbers, all of them


async def test_a_minute_that_is_measured_twice_is_kept_once(database: Database, path: Path) -> None:
    await save(database, Sample("one", NOW, cpu_percent=None, memory_bytes=1))
    await save(database, Sample("one", NOW, cpu_percent=50, memory_bytes=2), Sample("two", NOW))
    assert len(rows(path)) == 2
    (found,) = await in_store(database, lambda store: store.buckets("one", 0, 60))
    assert (found.cpu_percent, found.memory_bytes) == (50, 2)


async def test_what_was_measured_of_a_server_that_is_gone_is_left_out(database: Database, path: Path) -> None:
    await save(database, Sample("gone", NOW), Sample("one", NOW))
    assert len(rows(path)) == 1


async def test_old_minutes_become_ten_minutes_and_then_hours(database: Database, path: Path) -> None:
    await save(database, *minutes(NOW - 3 * DAY, NOW - 3 * DAY + 2 * HOUR), *minutes(NOW - 2 * HOUR, NOW))
    await thin(database)
    steps = [step for step, _ in rows(path)]
    assert steps.count(600) in {12, 13}
    assert steps.count(60) == 120
    await thin(database, NOW + 5 * DAY)
    steps = [step for step, _ in rows(path)]
    assert steps.count(3600) in {2, 3}
    assert steps.count(600) in {12, 13}
    assert steps.count(60) == 0


async def test_thinning_again_changes_nothing(database: Database, path: Path) -> None:
    await save(database, *minutes(NOW - 9 * DAY, NOW - 8 * DAY - 18 * HOUR, cpu_percent=10))
    assert await thin(database) > 0
    before = rows(path)
    assert await thin(database) == 0
    assert rows(path) == before


async def test_what_is_put_together_is_the_average_and_the_most_players(database: Database) -> None:
    start = NOW - 3 * DAY - (NOW - 3 * DAY) % (10 * MINUTE)
    await save(
        database,
        Sample("one", start, cpu_percent=10, memory_bytes=100, disk_bytes=5, disk_free_bytes=7, tick_ms=2, players=1),
        Sample("one", start + MINUTE, cpu_percent=30, memory_bytes=301, players=4),
        Sample("two", start, cpu_percent=99),
    )
    await thin(database)
    (found,) = await in_store(database, lambda store: store.buckets("one", 0, 600))
    assert found == Sample(
        "one", start, 600, cpu_percent=20, memory_bytes=200, disk_bytes=5, disk_free_bytes=7, tick_ms=2, players=4
    )


async def test_several_servers_are_put_together_at_once(database: Database) -> None:
    start = NOW - NOW % HOUR
    await save(
        database,
        Sample("one", start, tick_ms=10, players=1),
        Sample("one", start + MINUTE, tick_ms=30, players=4),
        Sample("one", start + HOUR, tick_ms=7),
        Sample("one", start - MINUTE, tick_ms=99, players=9),
        Sample("two", start, players=2),
    )
    found = await in_store(database, lambda store: store.minutes_together(["one", "two", "three"], start, 3600))
    assert found == {
        "one": [Sample("one", start, 3600, tick_ms=20, players=4), Sample("one", start + HOUR, 3600, tick_ms=7)],
        "two": [Sample("two", start, 3600, players=2)],
    }
    assert (await in_store(database, lambda store: store.minutes_together(["two"], start, 3600))).keys() == {"two"}


async def test_a_clean_up_that_was_cut_off_leaves_everything(database: Database, path: Path) -> None:
    await save(database, *minutes(NOW - 3 * DAY, NOW - 3 * DAY + HOUR))
    before = rows(path)

    def thin_and_die(store: SampleStore) -> None:
        store.thin(NOW, 30)
        raise RuntimeError("cut off")

    with pytest.raises(RuntimeError):
        await in_store(database, thin_and_die)
    assert rows(path) == before
    await thin(database)
    assert {step for step, _ in rows(path)} == {600}


async def test_rows_that_come_late_do_not_double_what_is_there(database: Database, path: Path) -> None:
    late = NOW - 3 * DAY
    await save(database, Sample("one", late, cpu_percent=10))
    await thin(database)
    await save(database, Sample("one", late, cpu_percent=90))
    await thin(database)
    assert len(rows(path)) == 1


async def test_the_history_ends_after_so_many_days(database: Database, path: Path) -> None:
    await save(database, Sample("one", NOW - 40 * DAY), Sample("one", NOW - 20 * DAY), Sample("one", NOW))
    await thin(database, keep_days=0)
    assert len(rows(path)) == 3
    await thin(database, keep_days=30)
    assert len(rows(path)) == 2


async def test_the_history_goes_with_its_server(database: Database, path: Path) -> None:
    await save(database, Sample("one", NOW), Sample("two", NOW))
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA foreign_keys = ON")
    with connection:
        connection.execute("DELETE FROM servers WHERE id = 'one'")
    connection.close()
    assert len(rows(path)) == 1


async def test_free_space_is_told_oldest_first(database: Database) -> None:
    await save(
        database, Sample("one", NOW, disk_free_bytes=1), Sample("one", NOW - HOUR, disk_free_bytes=2), Sample("one", NOW - DAY)
    )
    assert await in_store(database, lambda store: store.free_space("one", NOW - 2 * DAY)) == [(NOW - HOUR, 2), (NOW, 1)]
