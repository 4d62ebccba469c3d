"""What needs somebody: raised once, counted when it comes again, closed when it is over, acknowledged by people.

Events come in as they happen; once a minute everything that can be seen is compared with what is open, so that a manager that
was away raises what it has missed, and nothing twice. All of it goes one after the other through one task, which stores an alert
together with the messages that tell of it.
"""

import asyncio
import contextlib
import contextvars
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import structlog

from vintagestory_api.errors import Unavailable
from vintagestory_api.events import AlertsChanged, EventBus
from vintagestory_api.kit.clock import Clock
from vintagestory_api.notifications import alert_rules as rules
from vintagestory_api.notifications.alert_rules import Close, Signal, Tell
from vintagestory_api.notifications.alert_views import AlertNotFound, AlertsBusy, cursor_after, read_cursor, view
from vintagestory_api.notifications.around import Around
from vintagestory_api.notifications.hearing import Hearing
from vintagestory_api.notifications.in_store import in_store
from vintagestory_api.notifications.job_watch import JobWatch
from vintagestory_api.notifications.looking import Looking, Read, ready
from vintagestory_api.notifications.outbox import DELIVERIES_KEPT, Outbox
from vintagestory_api.notifications.records import AlertRecord, Notice
from vintagestory_api.notifications.schemas import Alert, AlertList
from vintagestory_api.runs.ledger import RunsLedger
from vintagestory_api.storage.database import Database

if TYPE_CHECKING:
    from vintagestory_api.notifications.store import NotificationStore

log = structlog.get_logger(__name__)

CHECK_SECONDS: Final = 60.0
_STORE_AGAIN_SECONDS: Final = 2.0
_CLOSE_SECONDS: Final = 2.0
_ANSWER_SECONDS: Final = 10.0
_MAX_QUEUED: Final = 5000
_DAY_MS: Final = 86_400_000
DELIVERIES_KEPT_DAYS: Final = 30


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
        self._jobs = JobWatch(ledger, clock, around)
        self._looking = Looking(clock, around, self._jobs, outbox, lambda: self._open)
        self._hearing = Hearing(bus, clock, self._jobs, self._looking, lambda: self._open, self._queue_up)
        self._tasks: list[asyncio.Task[None]] = []
        self._is_open = asyncio.Event()
        #: Called when other alerts are open than before.
        self.on_change: Callable[[], None] = lambda: None

    # Life

    def listen(self) -> None:
        """From here on nothing is missed; it is worked on once `start` has read what is open."""
        self._looking.started_ms = self._clock.now_ms()
        self._hearing.begin(self._outbox)

    async def start(self) -> None:
        """Raises `DatabaseUnavailable`."""
        found = await in_store(self._database, lambda store: store.open_alerts())
        self._open = {alert.key: alert for alert in found}
        self._queue_up(lambda: self._jobs.what_died(self._looking.started_ms))
        text = "It looks after the game servers again."
        self._queue_up(ready([Tell("manager_started", "info", "The manager has started", text)]))
        self._tasks = [
            asyncio.create_task(work, context=contextvars.Context()) for work in (self._work(), self._look_now_and_then())
        ]
        self._is_open.set()
        self._tell(found)

    async def close(self) -> None:
        """What came in before is stored, as far as that can be done quickly."""
        self._hearing.end()
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

    async def page(
        self,
        *,
        is_open: bool | None,
        server_id: str | None,
        limit: int,
        cursor: str,
        only_servers: Collection[str] | None = None,
    ) -> AlertList:
        """Open ones first, then those that are over, the newest first in each. `only_servers`: none of other servers, nor of the
        manager itself. Raises `InvalidCursor`, `AlertsBusy`."""
        part, before = read_cursor(cursor)
        await self._opened()
        found: list[AlertRecord] = []
        mine = [
            alert
            for alert in reversed(self.open_alerts)
            if server_id in {None, alert.server_id} and _is_among(alert, only_servers)
        ]
        if is_open is not False and part == "open":
            found = [alert for alert in mine if before is None or alert.id < before]
        if is_open is not True and len(found) <= limit:
            after = before if part == "over" else None
            found += await in_store(
                self._database,
                lambda store: store.closed_alerts(
                    server_id=server_id, only_servers=only_servers, before=after, limit=limit + 1 - len(found)
                ),
            )
        page = found[:limit]
        more = len(found) > limit
        return AlertList(
            items=[view(alert) for alert in page],
            next_cursor=cursor_after(page[-1]) if more else None,
            open_count=len(mine),
        )

    async def acknowledge(
        self, alert_id: str, *, by: str, check: Callable[[str | None], None] = lambda _server_id: None
    ) -> Alert:
        """Raises `AlertNotFound`, `AlertsBusy`, and what `check` raises for the server of the alert. One that is acknowledged
        already, or over, stays as it is."""
        await self._opened()
        result: asyncio.Future[Alert] = asyncio.get_running_loop().create_future()

        async def acknowledge() -> Iterable[Signal]:
            try:
                alert = await self._acknowledge(alert_id, by, check)
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
            raise AlertsBusy from None

    async def _acknowledge(self, alert_id: str, by: str, check: Callable[[str | None], None]) -> Alert:
        alert = next((alert for alert in self._open.values() if alert.id == alert_id), None)
        if alert is None:
            alert = await in_store(self._database, lambda store: store.alert(alert_id))
            if alert is None:
                raise AlertNotFound(alert_id)
        check(alert.server_id)
        if alert.closed_at is None and alert.acknowledged_at is None:
            seen = replace(alert, acknowledged_at=self._clock.now_ms(), acknowledged_by=by)
            await in_store(self._database, lambda store: store.save_alerts([seen]))
            self._open[seen.key] = alert = seen
            self._tell([seen])
        return view(alert)

    async def _opened(self) -> None:
        """Raises `AlertsBusy`, `DatabaseUnavailable`."""
        if self._is_open.is_set():
            return
        await self._database.engine()
        try:
            await asyncio.wait_for(self._is_open.wait(), _ANSWER_SECONDS)
        except TimeoutError:
            raise AlertsBusy from None

    async def prune(self, *, keep_days: int) -> tuple[int, int]:
        """Delete alerts that are over for longer (0: none), and what was sent long ago. How many alerts and deliveries."""
        now_ms = self._clock.now_ms()

        def prune(store: "NotificationStore") -> tuple[int, int]:
            alerts = store.prune_alerts(now_ms - keep_days * _DAY_MS) if keep_days else 0
            return alerts, store.prune_deliveries(now_ms - DELIVERIES_KEPT_DAYS * _DAY_MS, DELIVERIES_KEPT)

        return await in_store(self._database, prune)

    # What follows from what comes in

    def _queue_up(self, read: Read) -> None:
        if self._queue.qsize() < _MAX_QUEUED:
            self._queue.put_nowait(read)
        else:
            log.warning("alerts_queue_full")

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

    async def _look_now_and_then(self) -> None:
        while True:
            await asyncio.sleep(CHECK_SECONDS)
            self.look_now()

    def look_now(self) -> None:
        """Compare everything that can be seen with what is open."""
        for read in self._looking.reads:
            self._queue_up(read)


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


def _is_among(alert: AlertRecord, only_servers: Collection[str] | None) -> bool:
    return only_servers is None or alert.server_id in only_servers
