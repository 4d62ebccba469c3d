"""Once a minute every server is looked at; what is found is kept, told, and warned of."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.clocks import FixedClock
from tests.metrics.made_servers import DAY, HOUR, MINUTE, NOW, MadeServer, MadeServers, add_servers
from tests.waiting import until
from vintagestory_api.events import Event, EventBus, RunChanged, ServerChanged, StatsAnswered
from vintagestory_api.metrics import measured, metrics
from vintagestory_api.metrics.in_store import in_store
from vintagestory_api.metrics.limits import MB
from vintagestory_api.metrics.metrics import Metrics
from vintagestory_api.metrics.processes import MachineMemory, ProcessUse
from vintagestory_api.metrics.sample import Sample
from vintagestory_api.metrics.shortages import GB
from vintagestory_api.servers.records import Happening
from vintagestory_api.storage.database import Database


class World:
    """Measurements on a real database, with servers, a clock and a machine that a test sets."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.database = database
        self.folder = folder
        self.clock = FixedClock(NOW)
        self.bus = EventBus()
        self.events: list[Event] = []
        self.bus.subscribe(self.events.append)
        self.servers = MadeServers()
        self.noted: list[Happening] = []
        self.free = 500 * GB
        self.memory = MachineMemory(32 * GB, 16 * GB)
        self.use: ProcessUse | None = ProcessUse({(1, 0.0): 10.0}, 2 * GB)
        self.metrics = self.new_metrics()

    def new_metrics(self) -> Metrics:
        return Metrics(self.database, self.clock, self.bus, self.servers, note=self.noted.append, keep_days=lambda: 30)

    def add(self, server_id: str = "one", *, running: bool = True) -> MadeServer:
        folder = self.folder / server_id
        folder.mkdir()
        add_servers(self.database.path, server_id)
        server = MadeServer(server_id, folder, state="stopped")
        if running:
            server.run()
        self.servers.servers.append(server)
        return server

    async def minute(self, cpu_seconds: float = 0) -> None:
        """A minute later, after which the game has worked so much more."""
        self.clock.now += MINUTE
        if self.use is not None:
            self.use = ProcessUse({(1, 0.0): self.use.cpu_seconds[1, 0.0] + cpu_seconds}, self.use.memory_bytes)
        await self.metrics.sample(self.clock.now)

    async def kept(self, server_id: str = "one") -> list[Sample]:
        return await in_store(self.database, lambda store: store.buckets(server_id, 0, 60))

    def changes(self) -> int:
        return sum(isinstance(event, ServerChanged) for event in self.events)


@pytest.fixture
async def world(tmp_path: Path, empty_database: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    path = tmp_path / "vsmanager.db"
    shutil.copyfile(empty_database, path)
    database = Database(path)
    world = World(database, tmp_path)
    monkeypatch.setattr(measured, "process_use", lambda _pid: world.use)
    monkeypatch.setattr(measured, "free_bytes", lambda _folder: world.free)
    monkeypatch.setattr(metrics, "machine_memory", lambda: world.memory)
    yield world
    await world.metrics.close()
    await database.aclose()


async def test_each_minute_of_a_game_is_kept(world: World) -> None:
    world.add()
    await world.minute()
    await world.minute(cpu_seconds=30)
    first, second = await world.kept()
    assert second.at - first.at == MINUTE
    assert first.at % MINUTE == 0
    assert (first.cpu_percent, second.cpu_percent) == (None, 50)
    assert (second.memory_bytes, second.disk_free_bytes) == (2 * GB, 500 * GB)


async def test_a_stopped_server_leaves_a_gap_but_its_disk_is_known(world: World) -> None:
    server = world.add()
    await world.minute()
    server.stop()
    world.use = None
    await world.minute()
    now = world.metrics.now("one")
    assert len(await world.kept()) == 1
    assert (now.cpu_percent, now.memory_bytes, now.players, now.tick_ms) == (None, None, None, None)
    assert now.disk_free_bytes == 500 * GB


async def test_another_game_is_not_compared_with_the_one_before(world: World) -> None:
    world.add()
    await world.minute()
    world.use = ProcessUse({(2, 5.0): 3.0}, GB)
    await world.metrics.sample(world.clock.now + MINUTE)
    assert world.metrics.now("one").cpu_percent is None


async def test_what_the_game_answers_is_kept_while_it_is_fresh(world: World) -> None:
    world.add()
    world.metrics.start()
    world.bus.publish(StatsAnswered("one", ("Players online: 3 / 16 (a, b, c)", "Last 2s Average Tick Time: 4.5 ms")))
    world.bus.publish(StatsAnswered("one", ("Memory usage Managed/Total: 700Mb / 900 Mb; Players online: 3 / 16",)))
    world.bus.publish(StatsAnswered("one", ("No such command exists",)))
    await world.minute()
    assert world.metrics.managed_memory_bytes("one") == 700 * MB
    assert (world.metrics.now("one").players, world.metrics.players_max("one")) == (3, 16)
    assert (await world.kept())[-1].players == 3
    await world.minute()
    await world.minute()
    assert world.metrics.now("one").players is None, "a game that has stopped answering is not shown as if it had"
    assert world.metrics.players_max("one") == 16


async def test_a_server_that_nobody_has_measured_is_not_known(world: World) -> None:
    now = world.metrics.now("nowhere")
    assert now.at is None
    assert now.cpu_percent is None
    assert world.metrics.warnings("nowhere") == []


async def test_what_was_known_of_a_server_goes_with_it(world: World) -> None:
    world.add()
    world.free = GB
    await world.minute()
    assert world.metrics.shortages()
    world.servers.servers.clear()
    await world.minute()
    assert world.metrics.shortages() == []
    assert world.metrics.now("one").at is None


async def test_servers_that_want_for_the_same_thing_are_told_apart_from_those_that_do_not(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.add("one")
    world.add("two")
    world.add("other")
    monkeypatch.setattr(measured, "device_of", lambda folder: 7 if folder.name == "other" else 3)
    world.free = GB
    world.memory = MachineMemory(8 * GB, 100 * MB)
    await world.minute()
    shared = {(short.server_id, short.shortage.kind): short.shared for short in world.metrics.shortages()}
    assert shared == {
        ("one", "disk_low"): "disk-3",
        ("two", "disk_low"): "disk-3",
        ("other", "disk_low"): "disk-7",
        ("one", "memory_high"): "memory",
        ("two", "memory_high"): "memory",
        ("other", "memory_high"): "memory",
    }


async def test_a_series_has_what_was_kept(world: World) -> None:
    world.add()
    for _ in range(11):
        await world.minute(cpu_seconds=6)
    found = await world.metrics.series("one", "24h")
    assert [value for value in found.cpu_percent if value is not None] == [10, 10, 10]
    assert found.now.memory_bytes == 2 * GB


async def test_the_last_day_has_every_server_and_what_is_so_now(world: World) -> None:
    world.add()
    world.add("two", running=False)
    world.bus.subscribe(world.metrics._note)
    world.bus.publish(StatsAnswered("one", ("Players online: 3 / 16", "Last 2s Average Tick Time: 41.27 ms")))
    for _ in range(2):
        await world.minute()
    one, two = (await world.metrics.last_day()).servers
    assert [value for value in one.players if value is not None] == [3]
    assert [value for value in one.tick_ms if value is not None] == [41.3]
    assert (one.server_id, one.tick_ms_now) == ("one", 41.3)
    assert (two.server_id, two.tick_ms_now, set(two.players)) == ("two", None, {None})


async def test_old_measurements_are_thinned_once_an_hour(world: World) -> None:
    world.add()
    start = NOW - 3 * DAY - NOW % HOUR
    old = [Sample("one", start + number * MINUTE, cpu_percent=1) for number in range(30)]
    await in_store(world.database, lambda store: store.save(old))
    await world.minute()
    assert len(await world.kept()) == 4
    assert await in_store(world.database, lambda store: store.thin(world.clock.now, 30)) == 0


async def test_folders_are_counted_every_ten_minutes_and_of_stopped_servers_every_hour(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: list[str] = []

    def count(folder: Path, **_: Any) -> int:
        counted.append(folder.name)
        return 123

    monkeypatch.setattr(metrics, "folder_bytes", count)
    world.add("one")
    world.add("two", running=False)
    for minute in range(0, 121, 5):
        await world.metrics.measure_disks(NOW + minute * MINUTE)
    assert counted.count("one") == 13
    assert counted.count("two") == 3
    assert world.metrics.now("one").disk_bytes == 123


async def test_a_disk_that_runs_short_is_told_of_once_a_day(world: World) -> None:
    world.add()
    await world.minute()
    assert world.metrics.warnings("one") == []
    changes = world.changes()
    world.free = 1200 * MB
    for _ in range(3):
        await world.minute()
    (warning,) = world.metrics.warnings("one")
    assert warning.startswith("Only 1.2 GB of disk space are free.")
    assert world.changes() == changes + 1
    (entry,) = world.noted
    assert (entry.kind, entry.details) == ("disk_low", {"text": warning})
    (told,) = world.metrics.shortages()
    assert (told.server_id, told.server_name, told.since) == ("one", "A server", NOW + 2 * MINUTE)
    world.clock.now += DAY
    await world.minute()
    assert len(world.noted) == 2
    world.free = 900 * GB
    await world.minute()
    assert world.metrics.warnings("one") == []


async def test_a_new_manager_notes_the_same_day_under_the_same_key(world: World) -> None:
    """By which the timeline knows that it has this entry already."""
    world.add()
    world.free = GB
    await world.minute()
    await world.metrics.close()
    world.metrics = world.new_metrics()
    await world.minute()
    first, second = world.noted
    assert (first.instance, first.seq, first.kind) == (second.instance, second.seq, second.kind)
    assert first.instance


async def test_the_pace_at_which_a_disk_fills_outlives_the_manager(world: World) -> None:
    world.add()
    since = NOW - 20 * HOUR
    history = [Sample("one", since + hour * HOUR, disk_free_bytes=(40 - hour) * GB) for hour in range(20)]
    await in_store(world.database, lambda store: store.save(history))
    world.free = 20 * GB
    await world.minute()
    (warning,) = world.metrics.warnings("one")
    assert "At the pace of the last hours that is in about 20 hours." in warning


async def test_the_game_s_own_limits_count(world: World) -> None:
    server = world.add()
    (server.data_path / "serverconfig.json").write_text('{"DieAboveMemoryUsageMb": 2200, "DieBelowDiskSpaceMb": -1}')
    world.free = 1
    await world.minute()
    (warning,) = world.metrics.warnings("one")
    assert warning.startswith("The game takes 2.0 GB of memory. Above 2.1 GB it ends itself")
    now = world.metrics.now("one")
    assert (now.memory_limit_bytes, now.disk_limit_bytes) == (2200 * MB, None)


async def test_what_is_urgent_is_said_first(world: World) -> None:
    world.add()
    world.free = 500 * MB
    world.memory = MachineMemory(8 * GB, 300 * MB)
    await world.minute()
    assert [warning.split()[0] for warning in world.metrics.warnings("one")] == ["Only", "The"]
    world.free, world.memory = GB, MachineMemory(8 * GB, 10 * MB)
    await world.minute()
    assert [warning.split()[0] for warning in world.metrics.warnings("one")] == ["The", "Only"]


async def test_a_database_that_fails_stops_neither_measuring_nor_warning(world: World) -> None:
    world.add()
    world.free = GB
    world.database.refuse("Not now.")
    await world.minute()
    assert world.metrics.now("one").memory_bytes == 2 * GB
    assert world.metrics.warnings("one")


async def test_a_server_that_has_just_become_ready_is_looked_at_at_once(world: World) -> None:
    server = world.add(running=False)
    world.use = None
    world.metrics.start()
    await until(lambda: world.metrics.now("one").at is not None)
    world.use = ProcessUse({(1, 0.0): 1.0}, GB)
    server.run()
    world.bus.publish(ServerChanged("one"))
    await until(lambda: world.metrics.now("one").memory_bytes == GB)


async def test_it_ends_while_it_measures(world: World) -> None:
    world.add()
    world.metrics.start()
    await asyncio.sleep(0)
    await asyncio.wait_for(world.metrics.close(), 30)


def states(server: MadeServer, bus: EventBus, *names: Any) -> None:
    for name in names:
        server.state = name
        bus.publish(ServerChanged(server.id))


async def test_starts_crashes_and_runs_are_counted(world: World) -> None:
    server = world.add(running=False)
    world.metrics.start()
    states(
        server, world.bus, "stopped", "starting", "starting", "running", "crashed", "crashed", "starting", "running", "stopping"
    )
    counts = world.metrics.counts
    assert (counts.starts["one"], counts.crashes["one"]) == (2, 1)
    for ended in (None, 5, 6):
        world.bus.publish(RunChanged("refresh", "succeeded" if ended else "running", ended, {}))
    assert counts.runs == {("refresh", "succeeded"): 2}
    world.servers.servers.clear()
    world.bus.publish(ServerChanged("one"))
    assert counts.starts == {}
