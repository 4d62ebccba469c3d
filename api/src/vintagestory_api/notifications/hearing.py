"""Hears what happens, and hands on what is to be said of it, in the order in which it happened."""

from collections.abc import Callable, Iterable
from typing import Any, Final

from vintagestory_api.events import (
    BackupMade,
    BackupsChanged,
    Event,
    EventBus,
    JobChanged,
    ModUpdateFound,
    RunChanged,
    ServerChanged,
    ServerNoted,
    ServerTold,
    UpdateEnded,
)
from vintagestory_api.kit.clock import Clock
from vintagestory_api.notifications import alert_rules as rules
from vintagestory_api.notifications.alert_rules import Close, Raise, Signal, Tell, key_of
from vintagestory_api.notifications.job_watch import JobWatch
from vintagestory_api.notifications.looking import Looking, OpenAlerts, Read, ready
from vintagestory_api.notifications.outbox import Outbox
from vintagestory_api.notifications.records import TargetRecord
from vintagestory_api.servers.line_events import PlayerJoined, PlayerLeft

#: After a start the lines of games are read again: who joins so soon may have joined before.
_QUIET_START_MS: Final = 30_000


class Hearing:
    """`put`: takes what is to be read, one after the other."""

    def __init__(
        self, bus: EventBus, clock: Clock, jobs: JobWatch, looking: Looking, open_alerts: OpenAlerts, put: Callable[[Read], None]
    ) -> None:
        self._bus = bus
        self._clock = clock
        self._jobs = jobs
        self._looking = looking
        self._open_alerts = open_alerts
        self._put = put
        #: Ids of servers that are to be looked at; in the queue once.
        self._changed_servers: set[str] = set()
        #: The same for backups.
        self._backups_changed = False
        self._unsubscribe: Callable[[], None] = lambda: None

    def begin(self, outbox: Outbox) -> None:
        self._unsubscribe = self._bus.subscribe(self._note)
        outbox.gave_up = self._note_not_delivered
        outbox.arrived = self._note_delivered

    def end(self) -> None:
        self._unsubscribe()
        self._unsubscribe = lambda: None

    def _note(self, event: Event) -> None:
        match event:
            case RunChanged():
                self._note_run(event)
            case JobChanged():
                self._jobs.forget_times(event.job_id)
                self._put(lambda: self._of_changed_job(event.job_id))
            case ServerNoted():
                self._put_rules(event.server_id, lambda name: rules.of_note(event, name))
            case ServerChanged():
                self._note_server(event.server_id)
            case BackupMade():
                self._put_rules(event.server_id, lambda name: rules.of_backup(event, name))
            case BackupsChanged():
                self._note_backups()
            case UpdateEnded():
                self._put_rules(event.server_id, lambda name: rules.of_update(event, name))
            case ModUpdateFound():
                self._put_rules(event.server_id, lambda name: rules.of_mod_update(event, name))
            case ServerTold(what=PlayerJoined() | PlayerLeft()):
                self._note_player(event)
            case _:
                pass

    def _note_run(self, event: RunChanged) -> None:
        if signals := self._jobs.note(event, self._open_alerts()):
            self._put(ready(signals))
        if event.ended_ms is not None and event.run.get("started_at") is not None:
            self._put(lambda: self._jobs.of_run(event))

    async def _of_changed_job(self, job_id: str) -> Iterable[Signal]:
        return self._jobs.of_changed_job(job_id, self._open_alerts())

    def _note_server(self, server_id: str) -> None:
        if server_id in self._changed_servers:
            return
        self._changed_servers.add(server_id)

        async def look() -> Iterable[Signal]:
            self._changed_servers.discard(server_id)
            found = [server for server in self._looking.servers() if server.id == server_id]
            return [signal for server in found for signal in rules.of_server(server)]

        self._put(look)

    def _note_backups(self) -> None:
        if self._backups_changed:
            return
        self._backups_changed = True

        async def look() -> Iterable[Signal]:
            self._backups_changed = False
            return await self._looking.broken_backups()

        self._put(look)

    def _note_player(self, event: ServerTold) -> None:
        if self._clock.now_ms() - self._looking.started_ms < _QUIET_START_MS:
            return
        has_joined = isinstance(event.what, PlayerJoined)
        player = event.what.name

        def tell(name: str) -> Iterable[Signal]:
            title = f"{player} {'joined' if has_joined else 'left'} {name}"
            kind: Any = "player_joined" if has_joined else "player_left"
            return [Tell(kind, "info", title, "", event.server_id, f"/servers/{event.server_id}/players")]

        self._put_rules(event.server_id, tell)

    def _note_not_delivered(self, target: TargetRecord, problem: str) -> None:
        text = f"Messages to it were given up after several tries: {problem} Test it on the page of notifications."
        title = f"Can't notify {target.name}"
        raised = Raise("notification_failed", target.id, "warning", title, text, action="/notifications")
        self._put(ready([raised]))

    def _note_delivered(self, target: TargetRecord) -> None:
        if (key := key_of("notification_failed", target.id)) in self._open_alerts():
            self._put(ready([Close(key)]))

    def _put_rules(self, server_id: str, make: Callable[[str], Iterable[Signal]]) -> None:
        async def read() -> Iterable[Signal]:
            name = self._looking.name_of(server_id)
            return list(make(name)) if name is not None else []

        self._put(read)
