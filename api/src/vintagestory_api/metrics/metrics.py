"""Looks at the resources of all game servers once a minute, keeps what it finds, and warns before a game ends itself."""

import asyncio
import contextlib
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import structlog

from vintagestory_api.errors import ManagerError
from vintagestory_api.events import Event, EventBus, ServerChanged, StatsAnswered
from vintagestory_api.kit.clock import Clock
from vintagestory_api.metrics.counts import Counts
from vintagestory_api.metrics.in_store import in_store
from vintagestory_api.metrics.measured import Look, Measured, SampledServer, Servers, look_at
from vintagestory_api.metrics.processes import MachineMemory, folder_bytes, machine_memory
from vintagestory_api.metrics.sample import SAMPLE_SECONDS, Sample
from vintagestory_api.metrics.schemas import LastDay, ResourcesNow, Series, SeriesRange
from vintagestory_api.metrics.series import (
    LAST_DAY_STEP_SECONDS,
    RANGES,
    first_point,
    first_point_of_last_day,
    last_day,
    series,
)
from vintagestory_api.metrics.shortages import PACE_MS, Shortage, ShortageKind, disk_warning, hours_until, memory_warning
from vintagestory_api.metrics.stats_answer import read_stats_answer
from vintagestory_api.servers.records import Happening
from vintagestory_api.storage.database import Database

log = structlog.get_logger(__name__)

#: A game that has not been seen before is looked at twice within so many seconds, so that its use of the CPU is known soon.
_SECOND_LOOK_SECONDS: Final = 5.0
_DISKS_LOOK_SECONDS: Final = 20.0
_DISK_EVERY_MS: Final = 600_000
_DISK_OF_STOPPED_EVERY_MS: Final = 3_600_000
_HOUR_MS: Final = 3_600_000
_DAY_MS: Final = 86_400_000
#: In timelines, in the place of a start of the game: with the day it keeps an entry from being made twice.
_INSTANCE: Final = "resources"


@dataclass(frozen=True)
class ServerShortage:
    """What runs short for which server, since when (UTC milliseconds). `shared`: the same for all servers that want for the same
    disk, or for the memory of the machine; None where it is this server's alone."""

    server_id: str
    server_name: str
    shortage: Shortage
    since: int
    shared: str | None


class Metrics:
    """`note` adds to the timeline of a server; `keep_days` says for how long measurements are kept (0: for ever)."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        bus: EventBus,
        servers: Servers,
        *,
        note: Callable[[Happening], None],
        keep_days: Callable[[], int],
    ) -> None:
        self._database = database
        self._clock = clock
        self._bus = bus
        self._servers = servers
        self._note_happening = note
        self._keep_days = keep_days
        self.counts = Counts(servers)
        self._measured: dict[str, Measured] = {}
        self._ready: set[str] = set()
        self._thinned_hour: int | None = None
        self._wake = asyncio.Event()
        self._stopping = threading.Event()
        self._closing = contextlib.AsyncExitStack()

    def start(self) -> None:
        """Needs a running event loop."""
        for listener in (self.counts.note, self._note):
            self._closing.callback(self._bus.subscribe(listener))
        for work in (self._sample_every_minute(), self._measure_disks_now_and_then()):
            self._closing.push_async_callback(_end, asyncio.create_task(work))

    async def close(self) -> None:
        self._stopping.set()
        await self._closing.aclose()

    # What is known

    def now(self, server_id: str) -> ResourcesNow:
        return self._of(server_id).now(self._clock.now_ms())

    def managed_memory_bytes(self, server_id: str) -> int | None:
        """What the game's own memory management holds."""
        return self._of(server_id).current_answer(self._clock.now_ms()).managed_memory_bytes

    def players_max(self, server_id: str) -> int | None:
        return self._of(server_id).answer.players_max

    def warnings(self, server_id: str) -> list[str]:
        """What runs short, in words, the urgent first."""
        found = sorted(self._of(server_id).shortages.values(), key=lambda shortage: not shortage.is_urgent)
        return [shortage.text for shortage in found]

    def shortages(self) -> list[ServerShortage]:
        return [
            ServerShortage(server.id, server.name, shortage, measured.short_since[kind], _shared(shortage, measured))
            for server in self._servers.all()
            if (measured := self._measured.get(server.id)) is not None
            for kind, shortage in measured.shortages.items()
        ]

    async def series(self, server_id: str, range_: SeriesRange) -> Series:
        """Raises `DatabaseUnavailable`."""
        now_ms = self._clock.now_ms()
        since, step = first_point(range_, now_ms), RANGES[range_][1]
        buckets = await in_store(self._database, lambda store: store.buckets(server_id, since, step))
        return series(range_, now_ms, buckets, self.now(server_id))

    async def last_day(self) -> LastDay:
        """Of all servers. Raises `DatabaseUnavailable`."""
        now_ms = self._clock.now_ms()
        since, ids = first_point_of_last_day(now_ms), [server.id for server in self._servers.all()]
        buckets = await in_store(self._database, lambda store: store.minutes_together(ids, since, LAST_DAY_STEP_SECONDS))
        return last_day(now_ms, buckets, {server_id: self.now(server_id).tick_ms for server_id in ids})

    def _of(self, server_id: str) -> Measured:
        return self._measured.get(server_id) or Measured()

    # Measuring

    async def sample(self, now_ms: int) -> None:
        """Look at every server once, keep what runs, and warn. Never raises."""
        try:
            servers = list(self._servers.all())
            self._forget_others({server.id for server in servers})
            if servers:
                places = [(server.id, _game_pid(server), server.data_path) for server in servers]
                looks, machine = await asyncio.to_thread(_look_at_all, places)
                kept = [row for server in servers if (row := self._take(server.id, looks[server.id], now_ms)) is not None]
                await self._store(kept, servers, now_ms)
                for server in servers:
                    self._warn(server, machine, now_ms)
        except Exception:
            log.exception("servers_not_measured")

    async def measure_disks(self, now_ms: int) -> None:
        """Count what the folders take that were not counted for a while, one after the other. Never raises."""
        for server in list(self._servers.all()):
            measured = self._measured.setdefault(server.id, Measured())
            every = _DISK_EVERY_MS if _game_pid(server) is not None else _DISK_OF_STOPPED_EVERY_MS
            if measured.disk_tried_at is None or now_ms - measured.disk_tried_at >= every:
                measured.disk_tried_at = now_ms
                try:
                    taken = await asyncio.to_thread(folder_bytes, server.data_path, should_stop=self._stopping.is_set)
                except Exception:
                    log.exception("folder_not_measured", server=server.id)
                    continue
                if taken is None:
                    log.info("folder_not_measured", server=server.id)
                measured.disk_bytes = taken

    def _take(self, server_id: str, look: Look, now_ms: int) -> Sample | None:
        measured = self._measured.setdefault(server_id, Measured())
        measured.note_look(look, now_ms)
        return measured.sample(server_id, now_ms)

    async def _store(self, rows: list[Sample], servers: list[SampledServer], now_ms: int) -> None:
        unread = [server.id for server in servers if not self._measured[server.id].is_history_loaded]
        hour, keep_days = now_ms // _HOUR_MS, self._keep_days()
        is_time_to_thin = hour != self._thinned_hour
        if not (rows or unread or is_time_to_thin):
            return
        try:
            if unread:
                histories = await in_store(
                    self._database, lambda store: {name: store.free_space(name, now_ms - PACE_MS) for name in unread}
                )
                for server_id, history in histories.items():
                    self._measured[server_id].load_free_space(history)
            if rows:
                await in_store(self._database, lambda store: store.save(rows))
            if is_time_to_thin:
                gone = await in_store(self._database, lambda store: store.thin(now_ms, keep_days))
                self._thinned_hour = hour
                log.debug("measurements_thinned", rows=gone)
        except ManagerError as error:
            log.warning("measurements_not_kept", error=error.message)

    def _warn(self, server: SampledServer, machine: MachineMemory, now_ms: int) -> None:
        measured = self._measured[server.id]
        found = _shortages(measured, machine, now_ms)
        before = {(kind, shortage.is_urgent) for kind, shortage in measured.shortages.items()}
        measured.shortages = found
        measured.short_since = {kind: measured.short_since.get(kind, now_ms) for kind in found}
        if before != {(kind, shortage.is_urgent) for kind, shortage in found.items()}:
            self._bus.publish(ServerChanged(server.id))
        day = now_ms // _DAY_MS
        for kind, shortage in found.items():
            if measured.noted_on.get(kind) != day:
                measured.noted_on[kind] = day
                log.warning(kind, server=server.id, warning=shortage.text)
                details = {"text": shortage.text}
                self._note_happening(Happening(server.id, now_ms, kind, instance=_INSTANCE, seq=day, details=details))

    def _forget_others(self, ids: set[str]) -> None:
        for server_id in self._measured.keys() - ids:
            del self._measured[server_id]
        self._ready &= ids

    # When

    def _note(self, event: Event) -> None:
        if isinstance(event, StatsAnswered):
            answer = read_stats_answer(event.lines)
            if not answer.is_empty:
                self._measured.setdefault(event.server_id, Measured()).note_answer(answer, self._clock.now_ms())
        elif isinstance(event, ServerChanged):
            server = next((server for server in self._servers.all() if server.id == event.server_id), None)
            is_ready = server is not None and server.state == "running"
            if is_ready and event.server_id not in self._ready:
                self._wake.set()
            (self._ready.add if is_ready else self._ready.discard)(event.server_id)

    async def _sample_every_minute(self) -> None:
        while True:
            self._wake.clear()
            await self.sample(self._clock.now_ms())
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._seconds_to_next()):
                    await self._wake.wait()

    async def _measure_disks_now_and_then(self) -> None:
        while True:
            await asyncio.sleep(_DISKS_LOOK_SECONDS)
            await self.measure_disks(self._clock.now_ms())

    def _seconds_to_next(self) -> float:
        if any(measured.use is not None and measured.cpu_percent is None for measured in self._measured.values()):
            return _SECOND_LOOK_SECONDS
        return SAMPLE_SECONDS - self._clock.now_ms() / 1000 % SAMPLE_SECONDS


def _look_at_all(places: Iterable[tuple[str, int | None, Path]]) -> tuple[dict[str, Look], MachineMemory]:
    return {server_id: look_at(game_pid, data_path) for server_id, game_pid, data_path in places}, machine_memory()


def _game_pid(server: SampledServer) -> int | None:
    status = server.status
    return status.game_pid if status is not None and status.is_running else None


def _shared(shortage: Shortage, measured: Measured) -> str | None:
    if shortage.kind == "disk_low":
        return None if measured.device is None else f"disk-{measured.device}"
    return "memory" if shortage.is_of_machine else None


def _shortages(measured: Measured, machine: MachineMemory, now_ms: int) -> dict[ShortageKind, Shortage]:
    limits, free = measured.limits, measured.disk_free_bytes
    hours_left = None
    if limits.disk_bytes is not None and free is not None:
        hours_left = hours_until(limits.disk_bytes, free, measured.free_space, now_ms)
    used = measured.use.memory_bytes if measured.use is not None else None
    found = (
        disk_warning(limits, free, hours_left, was_said="disk_low" in measured.shortages),
        memory_warning(limits, used, machine, was_said="memory_high" in measured.shortages),
    )
    return {shortage.kind: shortage for shortage in found if shortage is not None}


async def _end(task: "asyncio.Task[None]") -> None:
    task.cancel()
    await asyncio.wait([task])
