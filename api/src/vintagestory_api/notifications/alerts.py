"""What needs somebody: raised once, counted when it comes again, closed when it is over, acknowledged by people.

Events come in as they happen; once a minute everything that can be seen is compared with what is open, so that a manager that
was away raises what it has missed, and nothing twice. All of it goes one after the other through one task, which stores an alert
together with the messages that tell of it.
"""

import asyncio
import contextlib
import contextvars
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import structlog

from vintagestory_api.errors import NotFound, Unavailable
from vintagestory_api.events import (
    AlertsChanged,
    BackupMade,
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
from vintagestory_api.kit.clock import Clock, rfc3339
from vintagestory_api.notifications import alert_rules as rules
from vintagestory_api.notifications.alert_rules import Close, Raise, ServerState, Signal, Tell, key_of
from vintagestory_api.notifications.around import Around
from vintagestory_api.notifications.in_store import in_store
from vintagestory_api.notifications.job_watch import JobWatch
from vintagestory_api.notifications.outbox import DELIVERIES_KEPT, Outbox
from vintagestory_api.notifications.records import AlertRecord, Notice, TargetRecord
from vintagestory_api.notifications.schemas import Alert, AlertList
from vintagestory_api.notifications.service import InvalidCursor, checked_cursor
from vintagestory_api.runs.ledger import RunsLedger
from vintagestory_api.servers.line_events import PlayerJoined, PlayerLeft
from vintagestory_api.storage.database import Database

if TYPE_CHECKING:
    from vintagestory_api.notifications.store import NotificationStore

log = structlog.get_logger(__name__)

CHECK_SECONDS: Final = 60.0
_STORE_AGAIN_SECONDS: Final = 2.0
_CLOSE_SECONDS: Final = 2.0
_ANSWER_SECONDS: Final = 10.0
_MAX_QUEUED: Final = 5000
#: Before this time has passed, what is not seen may only not have been measured yet.
_SETTLE_MS: Final = 600_000
#: After a start the lines of games are read again: who joins so soon may have joined before.
_QUIET_START_MS: Final = 30_000
_DAY_MS: Final = 86_400_000
DELIVERIES_KEPT_DAYS: Final = 30

Read = Callable[[], Awaitable[Iterable[Signal]]]


class AlertNotFound(NotFound):
    code = "alert_not_found"

    def __init__(self, alert_id: str) -> None:
        super().__init__(f"There is no alert {alert_id!r}. Old ones are deleted after a while.")


class AlertsBusy(Unavailable):
    code = "alerts_busy"


class Alerts:
    def __init__(
        self, database: Database, clock: Clock, bus: EventBus, ledger: RunsLedger, outbox: Outbox, around: Around
    ) -> None:
        self._database = database
        self._clock = clock
        self._bus = bus
        self._outbox = outbox
        self._around = around
        self._open: dict[str, AlertRecord] = {}
        self._queue: asyncio.Queue[Read] = asyncio.Queue()
        #: Ids of servers that are to be looked at; in the queue once.
        self._changed_servers: set[str] = set()
        self._jobs = JobWatch(ledger, clock, around)
        self._started_ms = clock.now_ms()
        self._tasks: list[asyncio.Task[None]] = []
        self._is_open = asyncio.Event()
        self._unsubscribe: Callable[[], None] = lambda: None
        #: Called when other alerts are open than before.
        self.on_change: Callable[[], None] = lambda: None
        outbox.gave_up = self._note_not_delivered
        outbox.arrived = self._note_delivered

    # Life

    def listen(self) -> None:
        """From here on nothing is missed; it is worked on once `start` has read what is open."""
        self._started_ms = self._clock.now_ms()
        self._unsubscribe = self._bus.subscribe(self._note)

    async def start(self) -> None:
        """Raises `DatabaseUnavailable`."""
        found = await in_store(self._database, lambda store: store.open_alerts())
        self._open = {alert.key: alert for alert in found}
        self._queue_up(lambda: self._jobs.what_died(self._started_ms))
        self._queue_up(self._told("manager_started", "The manager has started", "It looks after the game servers again."))
        self._tasks = [
            asyncio.create_task(work, context=contextvars.Context()) for work in (self._work(), self._look_now_and_then())
        ]
        self._is_open.set()
        self._tell(found)

    async def close(self) -> None:
        """What came in before is stored, as far as that can be done quickly."""
        self._unsubscribe()
        self._unsubscribe = lambda: None
        if self._tasks:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._queue.join(), _CLOSE_SECONDS)
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
        self._tasks = []

    async def settled(self) -> None:
        """Everything that was told so far is stored."""
        await self._queue.join()

    # What people ask

    @property
    def open_alerts(self) -> list[AlertRecord]:
        """Oldest first."""
        return sorted(self._open.values(), key=lambda alert: alert.id)

    @property
    def is_critical(self) -> bool:
        return any(alert.severity == "critical" for alert in self._open.values())

    async def page(self, *, is_open: bool | None, server_id: str | None, limit: int, cursor: str) -> AlertList:
        """Open ones first, then those that are over, the newest first in each. Raises `InvalidCursor`, `AlertsBusy`."""
        part, before = _read_cursor(cursor)
        await self._opened()
        found: list[AlertRecord] = []
        mine = [alert for alert in reversed(self.open_alerts) if server_id in {None, alert.server_id}]
        if is_open is not False and part == "open":
            found = [alert for alert in mine if before is None or alert.id < before]
        if is_open is not True and len(found) <= limit:
            after = before if part == "over" else None
            found += await in_store(
                self._database,
                lambda store: store.closed_alerts(server_id=server_id, before=after, limit=limit + 1 - len(found)),
            )
        page = found[:limit]
        more = len(found) > limit
        return AlertList(
            items=[_view(alert) for alert in page],
            next_cursor=f"{'over' if page[-1].closed_at is not None else 'open'}.{page[-1].id}" if more else None,
            open_count=len(mine),
        )

    async def acknowledge(self, alert_id: str, *, by: str) -> Alert:
        """Raises `AlertNotFound`, `AlertsBusy`. One that is acknowledged already, or over, stays as it is."""
        await self._opened()
        result: asyncio.Future[Alert] = asyncio.get_running_loop().create_future()

        async def acknowledge() -> Iterable[Signal]:
            try:
                alert = await self._acknowledge(alert_id, by)
            except Exception as error:  # noqa: BLE001 - told to whoever asked
                if not result.done():
                    result.set_exception(error)
            else:
                if not result.done():
                    result.set_result(alert)
            return ()

        self._queue_up(acknowledge)
        try:
            return await asyncio.wait_for(result, _ANSWER_SECONDS)
        except TimeoutError:
            raise _busy() from None

    async def _acknowledge(self, alert_id: str, by: str) -> Alert:
        alert = next((alert for alert in self._open.values() if alert.id == alert_id), None)
        if alert is None:
            alert = await in_store(self._database, lambda store: store.alert(alert_id))
            if alert is None:
                raise AlertNotFound(alert_id)
        if alert.closed_at is None and alert.acknowledged_at is None:
            seen = replace(alert, acknowledged_at=self._clock.now_ms(), acknowledged_by=by)
            await in_store(self._database, lambda store: store.save_alerts([seen]))
            self._open[seen.key] = alert = seen
            self._tell([seen])
        return _view(alert)

    async def _opened(self) -> None:
        """Raises `AlertsBusy`, `DatabaseUnavailable`."""
        if self._is_open.is_set():
            return
        await self._database.engine()
        try:
            await asyncio.wait_for(self._is_open.wait(), _ANSWER_SECONDS)
        except TimeoutError:
            raise _busy() from None

    async def prune(self, *, keep_days: int) -> tuple[int, int]:
        """Delete alerts that are over for longer (0: none), and what was sent long ago. How many alerts and deliveries."""
        now_ms = self._clock.now_ms()

        def prune(store: "NotificationStore") -> tuple[int, int]:
            alerts = store.prune_alerts(now_ms - keep_days * _DAY_MS) if keep_days else 0
            return alerts, store.prune_deliveries(now_ms - DELIVERIES_KEPT_DAYS * _DAY_MS, DELIVERIES_KEPT)

        return await in_store(self._database, prune)

    # What comes in

    def _note(self, event: Event) -> None:
        match event:
            case RunChanged():
                self._note_run(event)
            case JobChanged():
                self._jobs.forget_times(event.job_id)
                self._queue_up(lambda: self._of_changed_job(event.job_id))
            case ServerNoted():
                self._queue_rules(event.server_id, lambda name: rules.of_note(event, name))
            case ServerChanged():
                self._note_server(event.server_id)
            case BackupMade():
                self._queue_rules(event.server_id, lambda name: rules.of_backup(event, name))
            case UpdateEnded():
                self._queue_rules(event.server_id, lambda name: rules.of_update(event, name))
            case ModUpdateFound():
                self._queue_rules(event.server_id, lambda name: rules.of_mod_update(event, name))
            case ServerTold(what=PlayerJoined() | PlayerLeft()):
                self._note_player(event)
            case _:
                pass

    def _note_run(self, event: RunChanged) -> None:
        if signals := self._jobs.note(event, self._open):
            self._queue_up(_ready(signals))
        if event.ended_ms is not None and event.run.get("started_at") is not None:
            self._queue_up(lambda: self._jobs.of_run(event))

    def _note_server(self, server_id: str) -> None:
        if server_id in self._changed_servers:
            return
        self._changed_servers.add(server_id)

        async def look() -> Iterable[Signal]:
            self._changed_servers.discard(server_id)
            return [signal for server in self._servers() if server.id == server_id for signal in rules.of_server(server)]

        self._queue_up(look)

    def _note_player(self, event: ServerTold) -> None:
        if self._clock.now_ms() - self._started_ms < _QUIET_START_MS:
            return
        has_joined = isinstance(event.what, PlayerJoined)
        player = event.what.name

        def tell(name: str) -> Iterable[Signal]:
            title = f"{player} {'joined' if has_joined else 'left'} {name}"
            kind: Any = "player_joined" if has_joined else "player_left"
            return [Tell(kind, "info", title, "", event.server_id, f"/servers/{event.server_id}/players")]

        self._queue_rules(event.server_id, tell)

    def _note_not_delivered(self, target: TargetRecord, problem: str) -> None:
        text = f"Messages to it were given up after several tries: {problem} Test it on the page of notifications."
        title = f"Can't notify {target.name}"
        raised = Raise("notification_failed", target.id, "warning", title, text, action="/notifications")
        self._queue_up(_ready([raised]))

    def _note_delivered(self, target: TargetRecord) -> None:
        if (key := key_of("notification_failed", target.id)) in self._open:
            self._queue_up(_ready([Close(key)]))

    def _queue_rules(self, server_id: str, make: Callable[[str], Iterable[Signal]]) -> None:
        async def read() -> Iterable[Signal]:
            name = self._name_of(server_id)
            return list(make(name)) if name is not None else []

        self._queue_up(read)

    def _told(self, kind: Any, title: str, text: str) -> Read:
        return _ready([Tell(kind, "info", title, text)])

    def _queue_up(self, read: Read) -> None:
        if self._queue.qsize() < _MAX_QUEUED:
            self._queue.put_nowait(read)
        else:
            log.warning("alerts_queue_full")

    # What follows from it

    async def _work(self) -> None:
        while True:
            read = await self._queue.get()
            try:
                signals = list(await read())
                if signals:
                    await self._apply(signals)
            except Exception:
                log.exception("alert_not_handled")
            finally:
                self._queue.task_done()

    async def _apply(self, signals: Sequence[Signal]) -> None:
        """Store what has changed, with the messages about it; tried again until it is stored."""
        now_ms = self._clock.now_ms()
        names = {server.id: server.name for server in self._around.servers()}
        present = dict(self._open)
        changed: dict[str, AlertRecord] = {}
        notices: list[Notice] = []
        for signal in signals:
            key = "" if isinstance(signal, Tell) else signal.key
            server_id = (
                present[key].server_id if isinstance(signal, Close) and key in present else getattr(signal, "server_id", None)
            )
            alert, notice = rules.applied(signal, present.get(key), names.get(server_id or ""), now_ms)
            if alert is not None:
                changed[alert.id] = alert
                if alert.closed_at is None:
                    present[key] = alert
                else:
                    del present[key]
            if notice is not None:
                notices.append(notice)
        if not changed and not notices:
            return
        # Closed ones first: at most one of a key may be open.
        rows = sorted(changed.values(), key=lambda alert: alert.closed_at is None)
        while True:
            try:
                await self._outbox.put(notices, (lambda store: store.save_alerts(rows)) if rows else None)
            except Exception as error:  # noqa: BLE001 - whatever is wrong with the disk or the database: it is tried again
                log.warning("alerts_not_stored", error=str(error))
                await asyncio.sleep(_STORE_AGAIN_SECONDS)
            else:
                break
        self._open = present
        for alert in rows:
            log.info("alert_closed" if alert.closed_at else "alert_raised", key=alert.key, count=alert.count)
        if rows:
            self._tell(rows)

    def _tell(self, changed: Iterable[AlertRecord]) -> None:
        for alert in changed:
            self._bus.publish(AlertsChanged(alert.id))
        self.on_change()

    # Looking

    async def _look_now_and_then(self) -> None:
        while True:
            await asyncio.sleep(CHECK_SECONDS)
            self.look_now()

    def look_now(self) -> None:
        """Compare everything that can be seen with what is open."""
        for read in (self._of_all_servers, self._of_all_jobs, self._of_backups, self._of_updates, self._remind):
            self._queue_up(read)

    async def _of_all_servers(self) -> Iterable[Signal]:
        servers = self._servers()
        ids = {server.id for server in servers}
        gone = [Close(key, quietly=True) for key, alert in self._open.items() if alert.server_id and alert.server_id not in ids]
        return [*gone, *(signal for server in servers for signal in rules.of_server(server))]

    async def _of_all_jobs(self) -> Iterable[Signal]:
        return self._jobs.look(self._open)

    async def _of_changed_job(self, job_id: str) -> Iterable[Signal]:
        return self._jobs.of_changed_job(job_id, self._open)

    async def _of_backups(self) -> Iterable[Signal]:
        hours, now_ms = self._around.settings().backup_overdue_hours, self._clock.now_ms()
        facts = await self._around.backups()
        return [signal for fact in facts for signal in rules.of_backup_facts(fact, overdue_hours=hours, now_ms=now_ms)]

    async def _of_updates(self) -> Iterable[Signal]:
        found: list[Signal] = []
        for server_id, words in (await self._around.updates()).items():
            name = self._name_of(server_id)
            if name is not None:
                found += rules.of_available(server_id, name, words)
        return found

    async def _remind(self) -> Iterable[Signal]:
        """Who wants it is told again of what is still open and was not acknowledged."""
        now_ms = self._clock.now_ms()
        names = {server.id: server.name for server in self._around.servers()}
        notices = [
            rules.notice_of(alert, "still", names.get(alert.server_id or ""), now_ms)
            for alert in self.open_alerts
            if alert.acknowledged_at is None
        ]
        await self._outbox.put(notices)
        return ()

    def _servers(self) -> list[ServerState]:
        is_settled = self._clock.now_ms() - self._started_ms >= _SETTLE_MS
        return [replace(server, is_settled=is_settled) for server in self._around.servers()]

    def _name_of(self, server_id: str) -> str | None:
        return next((server.name for server in self._around.servers() if server.id == server_id), None)


def _busy() -> AlertsBusy:
    return AlertsBusy("Alerts can't be read or stored at the moment. Is the disk full? Run: vsmanager doctor")


def _ready(signals: list[Signal]) -> Read:
    async def read() -> Iterable[Signal]:
        return signals

    return read


def _view(alert: AlertRecord) -> Alert:
    return Alert(
        id=alert.id,
        kind=alert.kind,
        severity=alert.severity,
        server_id=alert.server_id,
        job_id=alert.job_id,
        title=alert.title,
        text=alert.text,
        opened_at=rfc3339(alert.opened_at) or "",
        last_at=rfc3339(alert.last_at) or "",
        count=alert.count,
        closed_at=rfc3339(alert.closed_at),
        acknowledged_at=rfc3339(alert.acknowledged_at),
        acknowledged_by=alert.acknowledged_by,
        action=alert.action,
    )


def _read_cursor(cursor: str) -> tuple[str, str | None]:
    """Which part of the list, and the id after which it goes on."""
    if not cursor:
        return "open", None
    part, _, alert_id = cursor.partition(".")
    if part not in {"open", "over"}:
        checked_cursor(cursor)
        raise InvalidCursor("This cursor is none of ours. Leave it out to start from the newest.")
    return part, checked_cursor(alert_id)


_alerts: Alerts | None = None


def get_alerts() -> Alerts:
    """Those of the running application. Raises `Unavailable` when there are none."""
    if _alerts is None:
        raise Unavailable("Alerts are not there yet: the manager has just started.")
    return _alerts


def use_alerts(alerts: Alerts | None) -> None:
    """Make `alerts` the running ones; called where the application is put together."""
    global _alerts  # noqa: PLW0603 - the one accessor for what the lifespan built
    _alerts = alerts
