import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import pytest

from tests.upstreams import FakeClock, Request, send, upstream_for
from vintagestory_api.events import Event, EventBus, GameVersionFound
from vintagestory_api.game_versions.catalog import (
    GameVersionCatalog,
    GameVersionsUnreadable,
    get_game_version_catalog,
    use_game_version_catalog,
)
from vintagestory_api.game_versions.client import VersionApi
from vintagestory_api.kit.upstream import UpstreamError


def builds(version: str, **fields: Any) -> Any:
    name = f"vs_server_linux-x64_{version}.tar.gz"
    return {
        "linuxserver": {
            "filename": name,
            "filesize": "40 MB",
            "md5": "0" * 32,
            "urls": {"cdn": f"https://c.example/{name}"},
            **fields,
        }
    }


class World:
    """A version API whose lists the test changes, and the catalogue that asks it."""

    def __init__(self, upstream: Any, path: Any) -> None:
        self.stable: dict[str, Any] = {}
        self.unstable: dict[str, Any] = {}
        self.broken: set[str] = set()
        self.path = path
        self.clock = FakeClock()
        self.upstream = upstream
        self.events: list[Event] = []
        self.start()

    def start(self) -> None:
        """A new life of the manager, on the same file."""
        bus = EventBus()
        bus.subscribe(self.events.append)
        self.catalog = GameVersionCatalog(self.path, VersionApi(self.upstream), self.clock, bus)

    def has(self, stable: Any, unstable: Any = ()) -> None:
        self.stable = {version: builds(version) for version in stable}
        self.unstable = {version: builds(version) for version in unstable}

    async def listed(self, channel: Any = None) -> Any:
        return [str(entry.version) for entry in await self.catalog.list_versions(channel)]

    @property
    def announced(self) -> Any:
        return [(event.version, event.channel) for event in self.events if isinstance(event, GameVersionFound)]


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[Any]:
    async with a_world(tmp_path / "catalog.db") as made:
        yield made


@asynccontextmanager
async def a_world(path: Any) -> AsyncIterator[Any]:
    async def handler(request: Request, writer: asyncio.StreamWriter) -> None:
        channel = request.path.strip("/").removesuffix(".json")
        if channel in made.broken:
            await send(writer, b"<html>", status="500 Internal Server Error")
        else:
            await send(writer, json.dumps(getattr(made, channel)).encode())

    async with upstream_for(handler) as (upstream, _):
        made = World(upstream, path)
        yield made


TEN = [f"1.21.{patch}" for patch in range(10)]


async def test_versions_are_listed_newest_first_by_their_own_order(world: World) -> None:
    world.has(["1.9.0", "1.21.10", "1.21.9"], ["1.22.0-pre.1", "1.22.0-rc.2", "1.22.0-rc.10"])
    await world.catalog.check()
    assert await world.listed() == ["1.22.0-rc.10", "1.22.0-rc.2", "1.22.0-pre.1", "1.21.10", "1.21.9", "1.9.0"]
    assert await world.listed("stable") == ["1.21.10", "1.21.9", "1.9.0"]


async def test_the_latest_of_each_channel_is_worked_out_here(world: World) -> None:
    world.has(["1.21.9", "1.21.10"], ["1.22.0-rc.1", "1.22.0-pre.5"])
    world.stable["1.21.9"]["linuxserver"]["latest"] = 1
    await world.catalog.check()
    entries = await world.catalog.list_versions()
    assert [(str(entry.version), entry.kind) for entry in entries if entry.latest] == [
        ("1.22.0-rc.1", "rc"),
        ("1.21.10", "stable"),
    ]


async def test_builds_are_kept_by_platform(world: World) -> None:
    world.has(["1.21.6"])
    await world.catalog.check()
    (entry,) = await world.catalog.list_versions("stable")
    (build,) = entry.builds
    assert (build.platform, build.url) == ("linuxserver", "https://c.example/vs_server_linux-x64_1.21.6.tar.gz")
    assert entry.first_seen_ms == world.clock.now_ms()


async def test_the_first_fill_announces_nothing(world: World) -> None:
    world.has(TEN, ["1.22.0-rc.1"])
    report = await world.catalog.check()
    assert world.announced == []
    assert report.versions == {"stable": 10, "unstable": 1}
    assert report.new_versions == ()
    assert report.first_fill
    assert report.requests == 2


async def test_a_new_version_is_announced_once(world: World) -> None:
    world.has(TEN)
    await world.catalog.check()
    world.has([*TEN, "1.22.0"], ["1.22.1-rc.1"])
    report = await world.catalog.check()
    assert report.new_versions == ("1.22.1-rc.1", "1.22.0")
    await world.catalog.check()
    world.start()
    await world.catalog.check()
    assert sorted(world.announced) == [("1.22.0", "stable"), ("1.22.1-rc.1", "unstable")]


async def test_a_version_in_both_channels_is_announced_for_each(world: World) -> None:
    world.has(TEN)
    await world.catalog.check()
    world.has([*TEN, "1.22.0"], ["1.22.0"])
    report = await world.catalog.check()
    assert sorted(world.announced) == [("1.22.0", "stable"), ("1.22.0", "unstable")]
    assert report.new_versions == ("1.22.0",)


async def test_what_an_earlier_life_stored_but_did_not_announce_is_announced(world: World) -> None:
    world.has(TEN)
    await world.catalog.check()
    with closing(sqlite3.connect(world.path)) as connection, connection:
        connection.execute("UPDATE game_versions SET announced = 0 WHERE version = '1.21.9'")
    world.start()
    await world.catalog.check()
    assert world.announced == [("1.21.9", "stable")]


@pytest.fixture
def writes(tmp_path: Path) -> Iterator[Any]:
    """Asks whether anything was committed to the file since the last time."""
    with closing(sqlite3.connect(tmp_path / "catalog.db")) as connection:
        seen = None

        def changed() -> Any:
            nonlocal seen
            before, seen = seen, connection.execute("PRAGMA data_version").fetchone()
            return before != seen

        yield changed


async def test_nothing_changed_writes_no_row(world: World, writes: Any) -> None:
    world.has(TEN, ["1.22.0-rc.1"])
    await world.catalog.check()
    assert writes()
    world.clock.advance(86_400)
    report = await world.catalog.check()
    await world.listed()
    assert not writes()
    assert (report.changed, report.withdrawn, report.first_fill) == (0, 0, False)


async def test_a_changed_build_is_counted_and_taken_over(world: World) -> None:
    world.has(TEN)
    await world.catalog.check()
    world.stable["1.21.3"] = builds("1.21.3", md5="f" * 32)
    world.stable["1.21.4"] = {}
    report = await world.catalog.check()
    assert report.changed == 2
    by_version = {str(entry.version): entry.builds for entry in await world.catalog.list_versions()}
    assert by_version["1.21.3"][0].md5 == "f" * 32
    assert by_version["1.21.4"] == ()
    assert world.announced == []


async def test_a_withdrawn_version_is_not_listed_and_not_announced_again_when_it_returns(world: World) -> None:
    world.has(TEN)
    await world.catalog.check()
    world.has(TEN[:-1])
    assert (await world.catalog.check()).withdrawn == 1
    assert "1.21.9" not in await world.listed()
    assert (await world.catalog.check()).withdrawn == 0
    world.has(TEN)
    assert (await world.catalog.check()).changed == 1
    assert "1.21.9" in await world.listed()
    assert world.announced == []


@pytest.mark.parametrize("channel", ["stable", "unstable"])
async def test_when_one_channel_fails_nothing_changes(world: World, channel: Any, writes: Any) -> None:
    world.has(TEN, ["1.22.0-rc.1"])
    await world.catalog.check()
    assert writes()
    world.has([*TEN, "1.22.0"], ["1.22.0-rc.1", "1.22.0-rc.2"])
    world.broken = {channel}
    with pytest.raises(UpstreamError):
        await world.catalog.check()
    assert not writes()
    assert world.announced == []
    assert await world.catalog.state() == "ready"


@pytest.mark.parametrize("left", [0, 1, 4])
async def test_a_list_that_shrank_to_less_than_half_is_not_believed(world: World, left: int) -> None:
    world.has(TEN)
    await world.catalog.check()
    world.has(TEN[:left])
    with pytest.raises(UpstreamError, match="not believed") as refused:
        await world.catalog.check()
    assert refused.value.reason == "shrunk"
    assert len(await world.listed()) == 10


async def test_a_list_with_half_its_versions_is_believed(world: World) -> None:
    world.has(TEN)
    await world.catalog.check()
    world.has(TEN[:5])
    assert (await world.catalog.check()).withdrawn == 5


async def test_an_empty_stable_list_is_never_believed(world: World) -> None:
    world.has([], ["1.22.0-rc.1"])
    with pytest.raises(UpstreamError):
        await world.catalog.check()
    assert await world.listed() == []


async def test_an_empty_unstable_list_is_fine_and_its_first_version_is_news(world: World) -> None:
    world.has(TEN)
    await world.catalog.check()
    world.has(TEN, ["1.22.0-pre.1"])
    await world.catalog.check()
    assert world.announced == [("1.22.0-pre.1", "unstable")]


async def test_the_state_tells_filling_unavailable_and_ready(world: World) -> None:
    assert await world.catalog.state() == "filling"
    world.broken = {"stable"}
    with pytest.raises(UpstreamError):
        await world.catalog.check()
    assert await world.catalog.state() == "unavailable"
    world.broken = set()
    world.has(TEN)
    await world.catalog.check()
    assert await world.catalog.state() == "ready"


async def test_skipped_entries_are_counted(world: World) -> None:
    world.has(TEN)
    world.stable["latest"] = "1.21.9"
    assert (await world.catalog.check()).skipped == 1


async def test_checks_at_the_same_time_do_not_announce_twice(world: World) -> None:
    world.has(TEN)
    await world.catalog.check()
    world.has([*TEN, "1.22.0"])
    await asyncio.gather(*(world.catalog.check() for _ in range(5)))
    assert world.announced == [("1.22.0", "stable")]


async def test_other_tables_of_the_file_are_left_alone(world: World) -> None:
    with closing(sqlite3.connect(world.path)) as connection, connection:
        connection.execute("CREATE TABLE mods (modid INTEGER)")
        connection.execute("INSERT INTO mods VALUES (1)")
        connection.execute("PRAGMA user_version = 7")
    world.has(TEN)
    await world.catalog.check()
    with closing(sqlite3.connect(world.path)) as connection:
        assert connection.execute("SELECT modid FROM mods").fetchall() == [(1,)]
        assert connection.execute("PRAGMA user_version").fetchone() == (7,)


async def test_reading_does_not_wait_for_another_writer_of_the_file(world: World) -> None:
    world.has(TEN)
    await world.catalog.check()
    with closing(sqlite3.connect(world.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        async with asyncio.timeout(2):
            assert len(await world.listed()) == 10
        other.execute("ROLLBACK")


async def test_a_damaged_file_is_a_clear_error(tmp_path: Path) -> None:
    path = tmp_path / "catalog.db"
    path.write_bytes(b"not a database" * 1_000)
    async with a_world(path) as world:
        world.has(TEN)
        with pytest.raises(GameVersionsUnreadable, match="restarts"):
            await world.catalog.check()
        with pytest.raises(GameVersionsUnreadable):
            await world.catalog.list_versions()
    assert path.read_bytes().startswith(b"not a database")


async def test_without_a_running_application_the_accessor_says_so() -> None:
    use_game_version_catalog(None)
    with pytest.raises(GameVersionsUnreadable, match="not running"):
        get_game_version_catalog()
