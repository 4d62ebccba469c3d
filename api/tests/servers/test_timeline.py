"""The timeline: in order, once each, bounded, in pages."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from vintagestory_api.errors import Unavailable
from vintagestory_api.events import Event, EventBus, ServerChanged, ServerNoted
from vintagestory_api.servers.in_store import in_store
from vintagestory_api.servers.records import Happening, ServerRecord
from vintagestory_api.servers.store import TIMELINE_KEPT, TIMELINE_SLACK
from vintagestory_api.servers.timeline import InvalidTimelineCursor, Timeline
from vintagestory_api.storage.database import Database


@pytest.fixture
async def database(empty_database: Path, tmp_path: Path) -> AsyncIterator[Database]:
    path = tmp_path / "vsmanager.db"
    shutil.copyfile(empty_database, path)
    database = Database(path)
    for server_id in ("alpha", "beta"):
        record = ServerRecord(server_id, server_id, None, 42420, server_id, 0, "ada")
        await in_store(database, lambda store, record=record: store.add(record))  # type: ignore[misc]
    yield database
    await database.aclose()


@pytest.fixture
async def timeline(database: Database) -> AsyncIterator[Timeline]:
    timeline = Timeline(database, EventBus())
    yield timeline
    await timeline.aclose()


def happening(number: int, server: str = "alpha", **fields: Any) -> Happening:
    return Happening(server, number, "overloaded", details={"tick_ms": number}, **fields)


async def test_entries_come_in_pages_newest_first(timeline: Timeline) -> None:
    for number in range(25):
        timeline.note(happening(number))
    timeline.note(happening(99, "beta"))
    seen: list[int] = []
    cursor = ""
    while True:
        page = await timeline.page("alpha", limit=10, cursor=cursor)
        seen += [entry.details["tick_ms"] for entry in page.items]
        if page.next_cursor is None:
            break
        cursor = page.next_cursor
    assert seen == list(range(24, -1, -1))


async def test_a_line_that_is_read_again_adds_nothing(database: Database) -> None:
    told: list[Event] = []
    bus = EventBus()
    bus.subscribe(told.append)
    for _ in range(2):
        timeline = Timeline(database, bus)
        for seq in range(5):
            timeline.note(happening(seq, instance="first", seq=seq))
        await timeline.aclose()
    timeline.note(happening(5, instance="second", seq=4))
    assert len((await timeline.page("alpha", limit=200)).items) == 6
    assert [event for event in told if isinstance(event, ServerChanged)] == [ServerChanged("alpha")] * 2
    assert [event.at_ms for event in told if isinstance(event, ServerNoted)] == [0, 1, 2, 3, 4, 5]


async def test_only_the_newest_are_kept(timeline: Timeline) -> None:
    count = TIMELINE_KEPT + TIMELINE_SLACK + 500
    for number in range(count):
        timeline.note(happening(number))
    page = await timeline.page("alpha", limit=TIMELINE_KEPT * 2)
    assert page.items[0].details["tick_ms"] == count - 1
    assert TIMELINE_KEPT <= len(page.items) <= TIMELINE_KEPT + TIMELINE_SLACK


async def test_entries_of_a_server_that_is_gone_are_dropped(timeline: Timeline) -> None:
    timeline.note(happening(1, "nobody"))
    timeline.note(happening(2))
    assert len((await timeline.page("alpha", limit=10)).items) == 1


async def test_a_cursor_of_somebody_else_is_refused(timeline: Timeline) -> None:
    with pytest.raises(InvalidTimelineCursor):
        await timeline.page("alpha", limit=10, cursor="x")


async def test_what_can_not_be_written_waits(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vintagestory_api.servers.timeline._AGAIN_AFTER_SECONDS", 0.01)
    timeline = Timeline(database, EventBus())
    run = database.run
    fails = 3
    stored = asyncio.Event()

    async def full(work: Any) -> Any:
        nonlocal fails
        fails -= 1
        if fails >= 0:
            raise Unavailable("the disk is full")
        result = await run(work)
        stored.set()
        return result

    monkeypatch.setattr(database, "run", full)
    timeline.note(happening(1))
    await asyncio.wait_for(stored.wait(), 30)
    assert len((await timeline.page("alpha", limit=10)).items) == 1
    await timeline.aclose()
