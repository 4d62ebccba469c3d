"""Hears on the bus what schedules wait for, and finds out what no event tells: who has joined, who has left, and since when
nobody is on."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

import structlog

from vintagestory_api.events import (
    BackupMade,
    Event,
    GameVersionFound,
    ModUpdateFound,
    PlayersChanged,
    ServerChanged,
    ServerNoted,
)
from vintagestory_api.schedules.around import Around
from vintagestory_api.schedules.records import ScheduleRecord
from vintagestory_api.schedules.schemas import EventName, EventTrigger

log = structlog.get_logger(__name__)

#: How exact `empty_for` is.
LOOK_SECONDS = 5.0
_MINUTE_MS = 60_000
_OF_TIMELINE: Mapping[str, EventName] = {
    "ready": "server_ready",
    "stopped": "server_stopped",
    "killed": "server_stopped",
    "crashed": "server_crashed",
    "backup_failed": "backup_failed",
}

#: Called with each schedule that waited for what has happened.
Happened = Callable[[ScheduleRecord], None]


def empty_is_due(empty_since: int, minutes: int, now: int, *, armed_since: int, fired_at: int | None) -> bool:
    """Whether nobody has been on for so long, for the first time in this stretch. `armed_since`: since when the schedule waits;
    `fired_at`: when it ran last because of that."""
    if fired_at is not None and fired_at >= empty_since:
        return False
    return now - max(empty_since, armed_since) >= minutes * _MINUTE_MS


@dataclass
class _Watched:
    """One server: who was on at the last look, since when nobody is, and which schedules have had this stretch."""

    online: set[str] = field(default_factory=set)
    empty_since: int | None = None


class EventWatch:
    def __init__(self, around: Around, happened: Happened) -> None:
        self._around = around
        self._happened = happened
        self._waiting: dict[tuple[str, EventName], dict[str, ScheduleRecord]] = {}
        self._fired_at: dict[str, int] = {}
        self._watched: dict[str, _Watched] = {}
        self._unsubscribe: Callable[[], None] = lambda: None
        self._looking: asyncio.Task[None] | None = None

    async def start(self, fired_at: Mapping[str, int]) -> None:
        """Begin where an earlier manager ended: who is on is no news, and a stretch without players goes on. `fired_at`: when
        schedules ran last because of an event."""
        self._fired_at.update(fired_at)
        for server in self._around.servers.all():
            watched = self._of(server.id)
            watched.online = set(self._around.players.online_names(server.id))
            if server.state == "running" and not watched.online and self._concerns_players(server.id):
                last_left = await self._around.players.last_left_ms(server.id)
                watched.empty_since = max(server.ready_ms or 0, last_left or 0) or self._around.clock.now_ms()
        self._unsubscribe = self._around.bus.subscribe(self._hear)
        self._looking = asyncio.create_task(self._look())

    async def close(self) -> None:
        self._unsubscribe()
        if self._looking is not None:
            self._looking.cancel()

    def wait_for(self, record: ScheduleRecord) -> None:
        """From now on, or with what it is now."""
        self.forget(record.id)
        if isinstance(record.body.trigger, EventTrigger) and record.body.enabled:
            self._waiting.setdefault((record.server_id, record.body.trigger.event), {})[record.id] = record

    def forget(self, schedule_id: str) -> None:
        for key, records in tuple(self._waiting.items()):
            records.pop(schedule_id, None)
            if not records:
                del self._waiting[key]

    def note_run(self, schedule_id: str, now_ms: int) -> None:
        self._fired_at[schedule_id] = now_ms

    # What happens

    def _hear(self, event: Event) -> None:
        match event:
            case ServerNoted(server_id=server_id, kind=kind) if kind in _OF_TIMELINE:
                self._tell(server_id, _OF_TIMELINE[kind])
            case BackupMade(server_id=server_id):
                self._tell(server_id, "backup_made")
            case ModUpdateFound(server_id=server_id):
                self._tell(server_id, "mod_update_found")
            case GameVersionFound(channel="stable"):
                for server_id in self._around.servers.ids:
                    self._tell(server_id, "game_version_found")
            case PlayersChanged(server_id=server_id) | ServerChanged(server_id=server_id):
                self._look_at_players(server_id)

    def _tell(self, server_id: str, name: EventName) -> None:
        for record in tuple(self._waiting.get((server_id, name), {}).values()):
            self._happened(record)

    def _look_at_players(self, server_id: str) -> None:
        if server_id not in self._around.servers.ids:
            self._watched.pop(server_id, None)
            return
        if not self._concerns_players(server_id):
            return
        watched = self._of(server_id)
        before, now = watched.online, set(self._around.players.online_names(server_id))
        watched.online = now
        is_up = self._around.servers.get(server_id).state == "running"
        if now or not is_up:
            watched.empty_since = None
        elif watched.empty_since is None:
            watched.empty_since = self._around.clock.now_ms()
        if now - before:
            self._tell(server_id, "player_joined")
        if before and not now and is_up:
            self._tell(server_id, "last_player_left")

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                self.look_for_empty_servers()
            except Exception:
                log.exception("empty_servers_not_looked_at")

    def look_for_empty_servers(self) -> None:
        now = self._around.clock.now_ms()
        for (server_id, name), records in tuple(self._waiting.items()):
            if name != "empty_for":
                continue
            self._look_at_players(server_id)
            since = self._of(server_id).empty_since
            for record in tuple(records.values()):
                if since is not None and self._is_due(record, since, now):
                    self._fired_at[record.id] = now
                    self._happened(record)

    def _is_due(self, record: ScheduleRecord, empty_since: int, now: int) -> bool:
        minutes = getattr(record.body.trigger, "minutes", None) or 1
        fired_at = self._fired_at.get(record.id)
        return empty_is_due(empty_since, minutes, now, armed_since=record.due_since, fired_at=fired_at)

    def _concerns_players(self, server_id: str) -> bool:
        return any((server_id, name) in self._waiting for name in _PLAYER_EVENTS)

    def _of(self, server_id: str) -> _Watched:
        return self._watched.setdefault(server_id, _Watched())


_PLAYER_EVENTS: Iterable[EventName] = ("player_joined", "last_player_left", "empty_for")
