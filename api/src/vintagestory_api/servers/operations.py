"""One operation at a time on each game server: each is a run that can be followed, and named to whoever comes too late."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Literal

import structlog

from vintagestory_api.errors import Conflict, ManagerError
from vintagestory_api.events import Event, EventBus, RunChanged, ServerChanged
from vintagestory_api.kit.clock import Clock
from vintagestory_api.services.run_context import current_run
from vintagestory_api.services.run_execution import JobPolicy
from vintagestory_api.services.run_records import RunRecord
from vintagestory_api.services.schedule import Trigger
from vintagestory_api.services.scheduler import SchedulerService

log = structlog.get_logger(__name__)

OperationKind = Literal[
    "create", "start", "stop", "restart", "kill", "version", "change", "mods", "backup", "restore", "update", "delete"
]  # fmt: skip

#: Longer than any of them takes: the stop ladder alone may be set to two hours.
_HOURS = 3600.0
#: So long whoever comes next waits for an operation that is done but for its record.
_RECORD_SECONDS = 15.0


def _policy(title: str, hours: float) -> JobPolicy:
    return JobPolicy(title=title, timeout_seconds=hours * _HOURS, ends_with_manager=True)


#: Job id → how its runs run.
OPERATION_POLICIES: dict[str, JobPolicy] = {
    "server_create": _policy("Create a game server", 12),
    "server_start": _policy("Start a game server", 4),
    "server_stop": _policy("Stop a game server", 3),
    "server_restart": _policy("Restart a game server", 7),
    "server_kill": _policy("Kill a game server", 1),
    "server_version": _policy("Change the version of a game server", 24),
    "server_mods": _policy("Change the mods of a game server", 12),
    "server_backup": _policy("Back up a game server", 12),
    "server_restore": _policy("Restore a game server", 24),
    "server_update": _policy("Update a game server", 24),
    "server_delete": _policy("Delete a game server", 4),
    "version_install": _policy("Install a version of the game", 12),
    "version_remove": _policy("Remove a version of the game", 1),
}

_DOING = {
    "create": "being created",
    "start": "being started",
    "stop": "being stopped",
    "restart": "being restarted",
    "kill": "being killed",
    "version": "changing its version",
    "change": "being changed",
    "mods": "having its mods changed",
    "backup": "being backed up",
    "restore": "being restored",
    "update": "being updated",
    "delete": "being deleted",
}


class ServerBusy(Conflict):
    code = "server_busy"


@dataclass
class Held:
    """What holds the server. `actor`: who asked for it, None for the manager itself. `run_id` is empty until it is claimed.

    `is_done`: its work has returned. `shows`: what people see as its end, before its work returns.
    """

    kind: OperationKind
    actor: str | None
    since_ms: int
    run_id: str = ""
    is_done: bool = False
    shows: asyncio.Event | None = None
    claimed: asyncio.Event = field(default_factory=asyncio.Event)
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def is_about_to_end(self) -> bool:
        return self.is_done or (self.shows is not None and self.shows.is_set())


Work = Callable[[], Awaitable[dict[str, Any]]]


class Operations:
    """Of one server. An operation begins as a run of the job `server_<kind>` and holds the server until that run has ended."""

    def __init__(self, server_id: str, scheduler: Callable[[], SchedulerService], clock: Clock, bus: EventBus) -> None:
        self._server_id = server_id
        self._scheduler = scheduler
        self._clock = clock
        self._bus = bus
        self._held: Held | None = None
        #: Called when the server is free again.
        self.freed: Callable[[], None] = lambda: None
        self._unsubscribe = bus.subscribe(self._notice)

    @property
    def held(self) -> Held | None:
        return self._held

    def close(self) -> None:
        self._unsubscribe()

    async def begin(
        self,
        kind: OperationKind,
        work: Work,
        *,
        actor: str | None,
        trigger: Trigger = "manual",
        check: Callable[[], None] = lambda: None,
    ) -> RunRecord:
        """Start `work` as a run; what it returns is the run's report. `check` may refuse it, when nobody holds the server.

        Raises `ServerBusy` with the holder's kind, run and actor, and what `check` and `SchedulerService.run_now` raise.
        """
        await self._outlast_what_is_over()
        if self._held is not None:
            held = self._held
            await held.claimed.wait()
            raise _busy(held)
        check()
        held = self._held = Held(kind, actor, self._clock.now_ms())
        try:
            run = await self._run(kind, lambda: _until_done(held, work), trigger)
            held.run_id = run.id
        except BaseException:
            self._let_go(held)
            raise
        finally:
            held.claimed.set()
        self._bus.publish(ServerChanged(self._server_id))
        return run

    async def begin_beside(self, kind: OperationKind, work: Work, trigger: Trigger = "manual") -> RunRecord:
        """Start `work` as a run whoever holds the server, without holding it. Raises what `SchedulerService.run_now` raises."""
        return await self._run(kind, work, trigger)

    @contextlib.asynccontextmanager
    async def briefly(self, kind: OperationKind, actor: str | None) -> AsyncIterator[None]:
        """Hold the server for a moment, without a run. Raises `ServerBusy`."""
        await self._outlast_what_is_over()
        if self._held is not None:
            raise _busy(self._held)
        held = self._held = Held(kind, actor, self._clock.now_ms())
        held.claimed.set()
        try:
            yield
        finally:
            self._let_go(held)
            self.freed()

    def ends_with(self, shows: asyncio.Event) -> None:
        """What holds the server has only words left to say once that is set, which people see: they may act on it at once."""
        if self._held is not None:
            self._held.shows = shows

    async def _outlast_what_is_over(self) -> None:
        """Whoever sees a server run, and stops it, must not be told that it is being started: only the record is missing yet."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_RECORD_SECONDS):
                while self._held is not None and self._held.is_about_to_end:
                    await self._held.ended.wait()

    def _let_go(self, held: Held) -> None:
        self._held = None
        held.ended.set()

    async def _run(self, kind: OperationKind, work: Work, trigger: Trigger) -> RunRecord:
        return await self._scheduler().run_now(
            f"server_{kind}", lambda: recorded(work), trigger=trigger, server_key=self._server_id
        )

    def _notice(self, event: Event) -> None:
        if not isinstance(event, RunChanged) or event.ended_ms is None:
            return
        if self._held is not None and self._held.run_id and event.run["id"] == self._held.run_id:
            self._let_go(self._held)
            self._bus.publish(ServerChanged(self._server_id))
            self.freed()


async def _until_done(held: Held, work: Work) -> dict[str, Any]:
    try:
        return await work()
    finally:
        held.is_done = True


def _busy(held: Held) -> ServerBusy:
    by = f" by {held.actor}" if held.actor else ""
    return ServerBusy(
        f"The server is {_DOING[held.kind]}{by} at the moment. Wait for that, or cancel it, then try again.",
        operation=held.kind,
        run_id=held.run_id or None,
        actor=held.actor,
    )


async def recorded(work: Work) -> None:
    """Hand the outcome to the run. What a person can act on needs no traceback in the log."""
    run = current_run.get()
    try:
        report = await work()
    except ManagerError as error:
        if run is not None:
            run.fail(error)
        log.warning("operation_failed", error=error.message)
        return
    if run is not None:
        run.succeed(report)
    log.info("operation_completed", **report)


def run_id() -> str | None:
    """Of the operation that is under way."""
    run = current_run.get()
    return None if run is None else run.run_id
