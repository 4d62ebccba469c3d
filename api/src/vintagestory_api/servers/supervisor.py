"""Brings one game server to the state that is wanted, and keeps it there."""

import asyncio
import contextlib
import contextvars
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import structlog

from vintagestory_api.errors import Conflict, ManagerError
from vintagestory_api.servers.aftermath import Aftermath
from vintagestory_api.servers.commands import ServerNotRunning
from vintagestory_api.servers.endings import failed_start
from vintagestory_api.servers.hang_watch import HangWatch
from vintagestory_api.servers.host import Game, KeeperGone
from vintagestory_api.servers.launching import Times
from vintagestory_api.servers.life import Life
from vintagestory_api.servers.operations import OperationKind, Operations, run_id
from vintagestory_api.servers.record_keeper import RecordKeeper
from vintagestory_api.servers.records import Happening
from vintagestory_api.servers.schemas import Wanted
from vintagestory_api.servers.server import GameServer
from vintagestory_api.servers.stop_ladder import GameDidNotEnd, kill_game, stop_game
from vintagestory_api.servers.surroundings import Surroundings
from vintagestory_api.services.run_context import current_run, report_progress
from vintagestory_api.services.run_records import RunRecord
from vintagestory_api.services.schedule import Trigger

log = structlog.get_logger(__name__)

_BEGIN_AGAIN_SECONDS = 5.0
_PROGRESS_SECONDS = 0.5


class ServerRuns(Conflict):
    code = "server_running"


class ServerNotSetUp(Conflict):
    code = "server_not_set_up"


class StartFailed(Conflict):
    code = "start_failed"


class Overtaken(Conflict):
    code = "overtaken"


class OutOfReach(Conflict):
    """It runs, and can't be spoken to."""

    code = "server_out_of_reach"


class Supervisor:
    """Of one server. Every change of what is wanted, and every restart, goes through `operations`."""

    def __init__(self, server: GameServer, operations: Operations, around: Surroundings) -> None:
        self.server = server
        self.operations = operations
        self._record = RecordKeeper(server, around)
        self.aftermath = Aftermath(
            server, operations, self._record, around, start=lambda: self.keep(self._begin("start")), times=self.times
        )
        self.failures = self.aftermath.failures
        self._around = around
        self._hangs = HangWatch(server, around)
        self._tasks: set[asyncio.Task[None]] = set()
        server.on_end = lambda life: self.keep(self.aftermath.close(life))
        server.on_lost = lambda life: self.keep(self.aftermath.recover(life))

    # What people ask

    async def start(self, actor: str | None, *, trigger: Trigger = "manual") -> RunRecord:
        """Raises `ServerRuns`, `ServerNotSetUp`, `ServerBusy`."""

        def check() -> None:
            self._check_set_up()
            life = self.server.life
            if life is not None and life.ready_ms is not None and not life.is_stopping:
                raise ServerRuns(f"{self.server.name!r} runs already.")

        return await self.operate("start", lambda: self._start(actor), actor=actor, trigger=trigger, check=check)

    async def stop(self, actor: str | None, reason: str | None = None, *, trigger: Trigger = "manual") -> RunRecord:
        """Raises `ServerNotRunning` for one that neither runs nor is wanted to, and `ServerBusy`."""

        def check() -> None:
            if self.server.life is None and self.server.record.wanted == "stopped":
                raise ServerNotRunning(f"{self.server.name!r} does not run.")

        return await self.operate("stop", lambda: self._stop(actor, reason), actor=actor, trigger=trigger, check=check)

    async def restart(self, actor: str | None, reason: str | None = None, *, trigger: Trigger = "manual") -> RunRecord:
        """Raises `ServerNotSetUp`, `ServerBusy`."""
        return await self.operate(
            "restart", lambda: self._restart(actor, reason), actor=actor, trigger=trigger, check=self._check_set_up
        )

    async def kill(self, actor: str | None) -> RunRecord:
        """Whoever holds the server. Raises `ServerNotRunning`, and `AlreadyRunning` for a second kill."""
        if self.server.life is None:
            raise ServerNotRunning(f"{self.server.name!r} does not run.")
        return await self.operations.begin_beside("kill", lambda: self._kill(actor))

    async def operate(
        self,
        kind: OperationKind,
        work: Callable[[], Awaitable[dict[str, Any]]],
        *,
        actor: str | None,
        trigger: Trigger = "manual",
        check: Callable[[], None] = lambda: None,
    ) -> RunRecord:
        """Another operation, while which nothing is started by itself. Raises `ServerBusy`, and what `check` raises."""
        return await self.operations.begin(kind, work, actor=actor, trigger=trigger, check=check)

    def _check_set_up(self) -> None:
        if self.server.record.setup is not None:
            raise ServerNotSetUp(
                f"{self.server.name!r} is not set up yet. Its creation goes on by itself, or can be tried again with a change of "
                "its version."
            )

    def forget_failures(self) -> None:
        """Somebody cares for it: count anew."""
        self.aftermath.forget_failures()

    # The work of the operations

    async def _start(self, actor: str | None) -> dict[str, Any]:
        self.server.note("start_asked", actor=actor, run_id=run_id())
        if actor is not None:
            self.forget_failures()
        await self.want("running")
        return await self.bring_up()

    async def _stop(self, actor: str | None, reason: str | None) -> dict[str, Any]:
        self.forget_failures()
        await self.want("stopped")
        if (life := self.server.life) is not None:
            self.operations.ends_with(life.closed)
        return await self.bring_down(actor, reason)

    async def _restart(self, actor: str | None, reason: str | None) -> dict[str, Any]:
        if actor is not None:
            self.forget_failures()
        await self.want("running")
        down = await self.bring_down(actor, reason, then="start") if self.server.life is not None else {}
        up = await self.bring_up()
        return {**up, **{f"stop_{key}": value for key, value in down.items()}}

    async def _kill(self, actor: str | None) -> dict[str, Any]:
        life = self.server.life
        if life is None:
            raise ServerNotRunning(f"{self.server.name!r} has ended by itself.")
        self.forget_failures()
        life.asked = life.was_killed = True
        self.server.note("stop_asked", actor=actor, run_id=run_id(), instance=life.instance, kill=True)
        self.server.changed()
        await self.want("stopped")
        if (game := await self._game_of(life)) is not None:
            await kill_game(life, game)
        await life.closed.wait()
        return {"by": "SIGKILL"}

    async def bring_up(self) -> dict[str, Any]:
        """Start the game if it isn't up, and wait until players can join. Raises `CannotStart`, `StartFailed`, `Overtaken`."""
        if (life := self.server.life) is not None and life.is_stopping:
            report_progress(None, "Waiting for its end")
            await life.closed.wait()
        if (life := self.server.life) is not None:
            self.operations.ends_with(life.ready)
        else:
            life = await self._launch()
        await self._until_ready(life)
        await self._around.timeline.flush()
        return {"version": life.version, "port": self.server.port, "ready_after_seconds": life.ready_after_seconds}

    async def bring_down(self, actor: str | None, reason: str | None, **details: Any) -> dict[str, Any]:
        """Stop the game, and wait until it has ended. Raises `GameDidNotEnd`, `Overtaken`."""
        life = self.server.life
        if life is None:
            return {"by": None}
        told: dict[str, Any] = {"text": reason} if reason else {}
        self.server.note("stop_asked", actor=actor, run_id=run_id(), instance=life.instance, **told, **details)
        # Or the next manager, were this one killed now, would take the end for that of somebody at the console.
        await self._around.timeline.flush()
        life.asked = True
        self.server.changed()
        by = await self._take_down(life)
        if life.was_killed and details:
            raise Overtaken("It was killed meanwhile, so it was not started again.")
        return {"by": by, "exit_code": life.status.exit_code if life.status else None}

    async def _take_down(self, life: Life) -> str:
        game = await self._game_of(life)
        if game is None:
            return "SIGTERM"
        times = self.times()
        return await stop_game(life, game, stop_seconds=times.stop_seconds, term_seconds=times.term_seconds)

    async def _game_of(self, life: Life) -> Game | None:
        """The game once it is launched or found; None when its keeper was gone, and it has been ended. Raises `OutOfReach`."""
        await life.launched.wait()
        if life.problem is not None:
            raise OutOfReach(life.problem)
        if life.game is None:
            await life.closed.wait()
        return life.game

    async def _launch(self) -> Life:
        report_progress(0.0, "Looking whether it can start")
        server = self.server
        self.failures.begin_start()
        try:
            await self._around.launcher.check(server)
            life = self._around.launcher.new_life(server)
            await self.save(instance=life.instance, last_seq=life.first_seq - 1, outcome=None)
        except asyncio.CancelledError:
            if (run := current_run.get()) is not None and run.cancel_cause == "user":
                await self.want("stopped")  # or else it would be started again at once
            raise
        except Exception as error:
            await self.aftermath.note_failed_start(failed_start(error, "An error inside the manager; its log says more."))
            raise
        server.note("started", run_id=run_id(), instance=life.instance, at_ms=life.started_ms, version=server.version)
        server.begin_life(life)
        # Before it is launched: its lines may say that it is ready while its keeper is still being spoken to.
        self.operations.ends_with(life.ready)
        launching = asyncio.ensure_future(self._around.launcher.launch(server, life))
        try:
            life.game = await asyncio.shield(launching)
        except asyncio.CancelledError:
            # The game is launched all the same, and has to be known to whoever takes leave of it.
            with contextlib.suppress(Exception):
                life.game = await launching
            raise
        except Exception as error:
            await self.aftermath.end(life, failed_start(error, f"It could not be launched ({error})."), None)
            raise
        finally:
            life.launched.set()
        self.keep(self._watch(life))
        return life

    async def _until_ready(self, life: Life) -> None:
        while not (life.ready.is_set() or life.closed.is_set()):
            phase = f"Starting: {life.phase}" if life.phase else "Starting"
            report_progress(life.progress, phase)
            await _first_of(life.ready, life.closed, timeout=_PROGRESS_SECONDS)
        if life.ready.is_set() and not life.closed.is_set():
            return
        await life.closed.wait()
        if life.was_killed:
            raise Overtaken("It was killed before it was ready.")
        why = life.ending.why if life.ending else "It ended."
        raise StartFailed(f"{self.server.name!r} did not become ready. {why}")

    async def _watch(self, life: Life) -> None:
        await _first_of(life.ready, life.ended)
        if life.ready.is_set():
            is_up = not life.ended.is_set()
            self.failures.settle(is_up=is_up)
            if is_up:
                self.server.changed()
            if self.server.record.version_before is not None:
                await self.save(version_before=None)
        await self._hangs.watch(life)

    # What the manager begins by itself

    async def _begin(self, kind: OperationKind) -> None:
        """An operation of the manager itself; the next look follows when it is over."""
        if self.operations.held is not None or self.aftermath.is_over:
            return
        try:
            match kind:
                case "stop":
                    await self.stop(None, trigger="event")
                case "restart":
                    await self.restart(None, trigger="event")
                case _:
                    self.failures.restarts_at_ms = None
                    await self.start(None, trigger="event")
        except (ServerRuns, ServerNotRunning) as error:
            log.debug("nothing_to_begin", server=self.server.id, kind=kind, error=error.message)
        except ManagerError as error:
            log.warning("operation_not_begun", server=self.server.id, kind=kind, error=error.message)
            if not self.aftermath.is_over:
                self.aftermath.look_again_in(_BEGIN_AGAIN_SECONDS)

    # Taking up what an earlier manager left

    async def attach(self, happenings: Iterable[Happening]) -> None:
        """Take up the game that an earlier manager started. `happenings`: what is known of this start."""
        server = self.server
        life = Life(server.record.instance or "", self._around.clock.now_ms(), last_output=self._around.clock.monotonic())
        known = list(happenings)
        life.take_up(known)
        server.console.take_up(server.record.last_seq + 1)
        server.begin_life(life)
        try:
            game = await self._around.launcher.host.attach(server.id, server)
        except KeeperGone as error:
            log.warning("keeper_does_not_answer", server=server.id, error=error.message)
            game = None
        except Exception as error:
            log.exception("server_out_of_reach", server=server.id)
            life.problem = str(error) or "Its keeper can't be spoken to; the log of the manager says more."
            life.launched.set()
            server.changed()
            return
        if game is None:
            await self._take_leave(life)
            return
        life.game = game
        if game.status.instance != life.instance:
            log.warning("other_instance_found", server=server.id)
            life.instance = game.status.instance
            await self.save(instance=life.instance, outcome=None)
        if not known:
            life.started_ms = game.status.started_ms
        life.launched.set()
        if not life.ended.is_set():
            server.note("found_again", instance=life.instance)
            self.keep(self._watch(life))
        server.changed()

    async def _take_leave(self, life: Life) -> None:
        """Nobody keeps it any more. A keeper that was told to end, as when the machine shuts down, wrote how its game ended."""
        life.was_found_ended = True
        host = self._around.launcher.host
        status = await host.last_status(self.server.id)
        if status is None or status.instance != life.instance or "/stop" not in status.stop_signals:
            await self.aftermath.recover(life)
            return
        life.status = status
        life.launched.set()
        life.ended.set()
        await host.end_orphan(self.server.id, self.times().term_seconds)  # what its keeper left on disk
        await self.aftermath.close(life)

    def take_up(self) -> None:
        """The manager has started: go on with what an earlier one was about to do, and see to what is wanted."""
        life = self.server.life
        if life is not None and life.asked and not life.ended.is_set():
            self.keep(self._begin("stop" if self.server.record.wanted == "stopped" else "restart"))
        else:
            self.aftermath.reconcile()

    async def note_lost(self) -> None:
        """Neither keeper nor game are there any more, as after a restart of the machine."""
        server = self.server
        server.note("keeper_lost", instance=server.record.instance, text="Neither its keeper nor its game were there any more.")
        await self.save(outcome="stopped")
        server.changed()

    # The record

    def times(self) -> Times:
        """Of the stop ladder: the server's own, or the manager's."""
        own, general = self.server.settings, self._around.settings()
        return Times(
            stop_seconds=own.stop_timeout_seconds or general.server_stop_timeout_seconds,
            term_seconds=own.term_timeout_seconds or general.server_term_timeout_seconds,
        )

    async def want(self, wanted: Wanted) -> None:
        await self._record.want(wanted)

    async def save(self, **changes: Any) -> None:
        """Change the record, and store it."""
        await self._record.save(**changes)

    # Life of the supervisor

    def keep(self, work: Any) -> None:
        """Let it be done in the background, as long as the manager lives."""
        # In a context of its own: it is no part of the operation or the request that began it.
        task = asyncio.create_task(work, context=contextvars.Context())
        self._tasks.add(task)
        task.add_done_callback(self._forget)

    def _forget(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.error("supervision_failed", server=self.server.id, exc_info=error)

    async def stop_for_shutdown(self) -> None:
        """End the game because the manager has to, as the first process of a container; what is wanted stays."""
        self.aftermath.stop()
        life = self.server.life
        if life is None or life.game is None:
            return
        life.asked = True
        self.server.note("stop_asked", instance=life.instance, text="The manager ends, and nothing would be left to run it.")
        await self._around.timeline.flush()
        try:
            await self._take_down(life)
        except GameDidNotEnd as error:
            log.error("game_left_behind", server=self.server.id, error=error.message)  # noqa: TRY400 - the message says it all

    async def close(self) -> None:
        """Leave the game to its keeper."""
        self.aftermath.stop()
        self.operations.close()
        for task in tuple(self._tasks):
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=2.0)
        life = self.server.life
        if life is not None and life.game is not None:
            try:
                await life.game.detach()
            except KeeperGone:
                log.debug("keeper_gone_at_detach", server=self.server.id)


async def _first_of(*events: asyncio.Event, timeout: float | None = None) -> None:  # noqa: ASYNC109 - that is what it is
    """Return when one of them is set, or the time is up."""
    waits = [asyncio.ensure_future(event.wait()) for event in events]
    try:
        await asyncio.wait(waits, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
