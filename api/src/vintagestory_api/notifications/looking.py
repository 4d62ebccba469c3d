"""Compares everything that can be seen with the open alerts, so that a manager that was away raises what it has missed."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import replace
from typing import Final

from vintagestory_api.kit.clock import Clock
from vintagestory_api.notifications import alert_rules as rules
from vintagestory_api.notifications.alert_rules import Close, ServerState, Signal
from vintagestory_api.notifications.around import Around
from vintagestory_api.notifications.broken_backups import of_broken_backups
from vintagestory_api.notifications.job_watch import JobWatch
from vintagestory_api.notifications.outbox import Outbox
from vintagestory_api.notifications.records import AlertRecord

#: Before this time has passed, what is not seen may only not have been measured yet.
_SETTLE_MS: Final = 600_000

#: Finds out what there is to say, when its turn has come.
Read = Callable[[], Awaitable[Iterable[Signal]]]
OpenAlerts = Callable[[], Mapping[str, AlertRecord]]


def ready(signals: list[Signal]) -> Read:
    async def read() -> Iterable[Signal]:
        return signals

    return read


class Looking:
    """`open_alerts`: by key, at the moment of the call. `started_ms`: since when the manager watches."""

    def __init__(self, clock: Clock, around: Around, jobs: JobWatch, outbox: Outbox, open_alerts: OpenAlerts) -> None:
        self.started_ms = clock.now_ms()
        self._clock = clock
        self._around = around
        self._jobs = jobs
        self._outbox = outbox
        self._open_alerts = open_alerts

    @property
    def reads(self) -> tuple[Read, ...]:
        """One after the other, a look at everything."""
        return (self._of_all_servers, self._of_all_jobs, self._of_backups, self.broken_backups, self._of_updates, self._remind)

    def servers(self) -> list[ServerState]:
        is_settled = self._clock.now_ms() - self.started_ms >= _SETTLE_MS
        return [replace(server, is_settled=is_settled) for server in self._around.servers()]

    def name_of(self, server_id: str) -> str | None:
        return next((server.name for server in self._around.servers() if server.id == server_id), None)

    async def _of_all_servers(self) -> Iterable[Signal]:
        servers, open_alerts = self.servers(), self._open_alerts()
        ids = {server.id for server in servers}
        gone = [Close(key, quietly=True) for key, alert in open_alerts.items() if alert.server_id and alert.server_id not in ids]
        return [*gone, *(signal for server in servers for signal in rules.of_server(server))]

    async def _of_all_jobs(self) -> Iterable[Signal]:
        return self._jobs.look(self._open_alerts())

    async def _of_backups(self) -> Iterable[Signal]:
        hours, now_ms = self._around.settings().backup_overdue_hours, self._clock.now_ms()
        facts = await self._around.backups()
        return [signal for fact in facts for signal in rules.of_backup_facts(fact, overdue_hours=hours, now_ms=now_ms)]

    async def broken_backups(self) -> Iterable[Signal]:
        found: list[Signal] = []
        for server_id, broken in (await self._around.broken_backups()).items():
            if (name := self.name_of(server_id)) is not None:
                found += of_broken_backups(server_id, name, broken, self._open_alerts())
        return found

    async def _of_updates(self) -> Iterable[Signal]:
        found: list[Signal] = []
        for server_id, words in (await self._around.updates()).items():
            name = self.name_of(server_id)
            if name is not None:
                found += rules.of_available(server_id, name, words)
        return found

    async def _remind(self) -> Iterable[Signal]:
        """Who wants it is told again of what is still open and was not acknowledged."""
        now_ms = self._clock.now_ms()
        names = {server.id: server.name for server in self._around.servers()}
        notices = [
            rules.notice_of(alert, "still", names.get(alert.server_id or ""), now_ms)
            for alert in sorted(self._open_alerts().values(), key=lambda alert: alert.id)
            if alert.acknowledged_at is None
        ]
        await self._outbox.put(notices)
        return ()
