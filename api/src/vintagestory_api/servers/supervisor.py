"""Brings one game server to the state that is wanted, and keeps it there."""

import asyncio
import contextlib
import contextvars
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any

import structlog

from vintagestory_api.errors import Conflict, ManagerError
from vintagestory_api.events import EventBus, StatsAnswered
from vintagestory_api.kit.clock import Clock, rfc3339
from vintagestory_api.servers.commands import ServerNotRunning
from vintagestory_api.servers.crash import Ending, Failure, GiveUp, History, Restart, RestartRules, decide, read_end
from vintagestory_api.servers.crash_report import CrashReport, read_crash_report
from vintagestory_api.servers.host import ConsoleBusy, ConsoleClosed, Game, KeeperGone
from vintagestory_api.servers.in_store import in_store
from vintagestory_api.servers.launching import Launcher, Times, WillNotStart
from vintagestory_api.servers.life import Life
from vintagestory_api.servers.operations import OperationKind, Operations
from vintagestory_api.servers.records import Happening, ServerRecord
from vintagestory_api.servers.schemas import Wanted
from vintagestory_api.servers.server import GameServer
from vintagestory_api.servers.stop_ladder import GameDidNotEnd, kill_game, stop_game
from vintagestory_api.servers.timeline import Timeline
from vintagestory_api.services.api_settings import ApiSettings
from vintagestory_api.services.run_context import current_run, report_progress
from vintagestory_api.services.run_records import RunRecord
from vintagestory_api.services.schedule import Trigger
from vintagestory_api.storage.database import Database

log = structlog.get_logger(__name__)

_STORE_ATTEMPTS, _STORE_AGAIN_SECONDS = 3, 1.0
_BEGIN_AGAIN_SECONDS = 5.0
_PROGRESS_SECONDS = 0.5
_LAST_ERRORS = 50
_PROBE = "/stats"


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


@dataclass(frozen=True)
class Pace:
    """How often a supervisor looks. Durations in seconds."""

    first_pause: float = 5.0
    longest_pause: float = 60.0
    probe_every: float = 60.0
    probe_timeout: float = 10.0
    look_every: float = 5.0


@dataclass(frozen=True)
class Surroundings:
    """What every supervisor works with."""

    launcher: Launcher
    database: Database
    timeline: Timeline
    clock: Clock
    bus: EventBus
    settings: Callable[[], ApiSettings]
    pace: Pace = Pace()


class Supervisor:
    """Of one server. Every change of what is wanted, and every restart, goes through `operations`."""

    def __init__(self, server: GameServer, operations: Operations, around: Surroundings) -> None:
        self.server = server
        self.operations = operations
        self.gave_up = False
        self.restarts_at_ms: int | None = None
        #: The latest crash or failed start, also while it is up again.
        self.latest_failure: Happening | None = None
        #: The latest end that nobody asked for, until it is ready again.
        self.latest_end: Happening | None = None
        #: It was ended from outside, and its settings said that it does not come back by itself.
        self.was_left_down = False
        #: Its latest start failed, and so would the next. A new manager tries once: much may have been put right since.
        self.needs_a_person = False
        #: False while an operation decides itself what follows a failed start.
        self.plans_restarts = True
        self.is_over = False
        self._around = around
        self._history = History()
        self._saving = asyncio.Lock()
        self._timer: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        server.on_end = lambda life: self.keep(self._close(life))
        server.on_lost = lambda life: self.keep(self.recover(life))
        operations.freed = self.reconcile

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
        life = self.server.life or await self._launch()
        self.operations.ends_with(life.ready)
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
        server, self.restarts_at_ms = self.server, None
        self.was_left_down = self.needs_a_person = False
        try:
            await self._around.launcher.check(server)
            life = self._around.launcher.new_life(server)
            await self.save(instance=life.instance, last_seq=life.first_seq - 1, outcome=None)
        except asyncio.CancelledError:
            if (run := current_run.get()) is not None and run.cancel_cause == "user":
                await self.want("stopped")  # or else it would be started again at once
            raise
        except Exception as error:
            await self._note_failed_start(_failed_start(error, "An error inside the manager; its log says more."))
            raise
        server.note("started", run_id=run_id(), instance=life.instance, at_ms=life.started_ms, version=server.version)
        server.begin_life(life)
        launching = asyncio.ensure_future(self._around.launcher.launch(server, life))
        try:
            life.game = await asyncio.shield(launching)
        except asyncio.CancelledError:
            # The game is launched all the same, and has to be known to whoever takes leave of it.
            with contextlib.suppress(Exception):
                life.game = await launching
            raise
        except Exception as error:
            await self._end(life, _failed_start(error, f"It could not be launched ({error})."), None)
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

    # Ends

    async def _close(self, life: Life) -> None:
        """Its game has ended: read why, store that, let the keeper go, and see what follows."""
        await life.launched.wait()
        if life.ending is not None:
            return
        status = life.status
        report = await self._crash_report(life)
        if report is not None and not life.crash_reported:
            life.crash_reported = True
        if report is not None and not life.mods:
            life.mods = report.mods
        # Of a game that was up, errors that it logged mean something only when it says itself that one ended it.
        trouble = self._last_trouble(life) if life.ready_ms is None or life.thread is not None else None
        wanted_stopped = self.server.record.wanted == "stopped"
        facts = life.end_facts(trouble, self._last_line(life), wanted_stopped=wanted_stopped)
        ending = read_end(facts)
        log.info("game_ended", server=self.server.id, outcome=ending.outcome, why=ending.why, exit_code=facts.exit_code)
        await self._end(life, ending, report, exit_code=status.exit_code if status else None)

    async def _crash_report(self, life: Life) -> CrashReport | None:
        try:
            return await asyncio.to_thread(read_crash_report, self.server.logs_path, life.started_ms)
        except Exception:
            log.exception("crash_report_not_read", server=self.server.id)
            return None

    async def recover(self, life: Life) -> None:
        """Its keeper is gone: end the game, which nobody watches any more, and see what follows."""
        self.server.note("keeper_lost", instance=life.instance, seq=self.server.console.last_seq)
        life.launched.set()
        try:
            found = await self._around.launcher.host.end_orphan(self.server.id, self.times().term_seconds)
        except Exception:
            log.exception("orphan_not_ended", server=self.server.id)
            found = False
        if life.ended.is_set():
            return
        life.ended.set()
        life.game = None
        why = "Its keeper was gone, so it was ended." if found else "Neither its keeper nor its game were there any more."
        wanted_end = life.asked or self.server.record.wanted == "stopped"
        # A machine that lost its power leaves neither of them behind.
        is_shutdown = life.was_found_ended and not found
        by = "SIGTERM" if found else None
        await self._end(life, Ending("stopped", why, by, is_wanted=wanted_end, is_shutdown=is_shutdown), None)

    async def _end(self, life: Life, ending: Ending, report: CrashReport | None, *, exit_code: int | None = None) -> None:
        life.ending = ending
        life.ended.set()
        server = self.server
        happening = self._end_entry(life, ending, report, exit_code)
        if ending.outcome != "stopped":
            self.latest_failure = happening
        self.latest_end = None if ending.is_wanted else happening
        changes: dict[str, Any] = {"outcome": ending.outcome, "last_seq": max(server.record.last_seq, server.console.last_seq)}
        if ending.is_wanted and not life.asked:
            changes["wanted"] = "stopped"
        back = self._put_back(happening)
        try:
            await self._store_end(changes, happening, back)
            if life.game is not None:
                await life.game.release()
        except KeeperGone:
            log.debug("keeper_gone_before_release", server=server.id)
        except asyncio.CancelledError:
            # The manager ends: its keeper waits, and tells the end to the next one again.
            if life.game is not None:
                await life.game.detach()
            raise
        except Exception:
            log.exception("end_not_noted", server=server.id)
        finally:
            server.end_life()
        if back is not None:
            self._start_at_once()
        elif not ending.is_wanted:
            self._plan(life, ending)
        if not life.was_found_ended:
            self.reconcile()

    def _end_entry(self, life: Life, ending: Ending, report: CrashReport | None, exit_code: int | None) -> Happening:
        details: dict[str, Any]
        match ending.outcome:
            case "crashed":
                details = {"summary": ending.why, "mods": list(ending.mods), "report": report.text if report else None}
            case "failed_to_start":
                details = {"why": ending.why, "mods": list(ending.mods), "report": report.text if report else None}
                if ending.is_lasting:
                    details["stays_down"] = True
            case "stopped":
                details = {"by": ending.by, "text": ending.why}
                if not (ending.is_wanted or ending.is_shutdown or self.server.settings.restart_after_crash):
                    details["stays_down"] = True
        return Happening(
            server_id=self.server.id,
            at=self._around.clock.now_ms(),
            kind="killed" if ending.outcome == "stopped" and life.was_killed else ending.outcome,
            instance=life.instance,
            seq=self.server.console.last_seq,
            details={**details, "exit_code": exit_code},
        )

    def _put_back(self, end: Happening) -> Happening | None:
        """Where the version that it was changed to did not start, and no operation sees to that any more: what there is to tell
        about going back to the version before."""
        record = self.server.record
        is_ours = self.plans_restarts and not self.is_over and record.wanted == "running"
        if end.kind != "failed_to_start" or record.version_before is None or not is_ours:
            return None
        log.warning("version_change_goes_back", server=record.id, wanted=record.version, back_to=record.version_before)
        told = {"text": end.details["why"], "from": record.version_before, "to": record.version}
        return Happening(record.id, end.at, "version_change_failed", run_id=run_id(), instance=end.instance, details=told)

    def _start_at_once(self) -> None:
        """As soon as whatever holds it has ended."""
        self._history.forget()
        self.gave_up, self.restarts_at_ms = False, self._around.clock.now_ms()

    async def _store_end(self, changes: dict[str, Any], happening: Happening, back: Happening | None = None) -> None:
        """Together, so that an end that is read again after a kill of the manager is the same. `back`: it goes back to the
        version before."""
        if back is not None:
            changes = {**changes, "version": self.server.record.version_before, "version_before": None}
        happenings = [happening] if back is None else [happening, back]
        await self._around.timeline.flush()
        self.server.record = self.server.record.changed(**changes)
        for attempt in range(1, _STORE_ATTEMPTS + 1):
            try:
                await self._save_now(*happenings)
            except ManagerError as error:
                log.warning("end_not_stored", server=self.server.id, attempt=attempt, error=error.message)
            except Exception:
                log.exception("end_not_stored", server=self.server.id, attempt=attempt)
            else:
                return
            await asyncio.sleep(_STORE_AGAIN_SECONDS)
        for told in happenings:
            self._around.timeline.note(told)

    async def _note_failed_start(self, ending: Ending) -> None:
        now = self._around.clock.now_ms()
        details: dict[str, Any] = {"why": ending.why, "stays_down": True} if ending.is_lasting else {"why": ending.why}
        failed = Happening(self.server.id, now, "failed_to_start", run_id=run_id(), details=details)
        self.latest_failure = self.latest_end = failed
        back = self._put_back(failed)
        await self._store_end({"outcome": "failed_to_start"}, failed, back)
        self.server.changed()
        if back is not None:
            self._start_at_once()
        else:
            self._plan(None, ending)

    def _last_trouble(self, life: Life) -> str | None:
        """The last error that it logged, for a start that failed without saying why in any known way."""
        found = self.server.console.page(last=_LAST_ERRORS, types=("Fatal", "Error")).lines
        texts = [line["text"] for line in found if line["seq"] >= life.first_seq and not line.get("is_continuation")]
        return texts[-1] if texts else None

    def _last_line(self, life: Life) -> str | None:
        found = self.server.console.page(last=_LAST_ERRORS).lines
        return next((line["text"] for line in reversed(found) if line["seq"] >= life.first_seq and line["text"].strip()), None)

    # What follows

    def _plan(self, life: Life | None, ending: Ending) -> None:
        """After an end that nobody asked for."""
        server = self.server
        if server.record.wanted != "running" or not self.plans_restarts or self.is_over:
            return
        now = self._around.clock.now_ms()
        self._history.note_end(ending, now)
        if ending.is_shutdown and life is not None and life.was_found_ended:
            return  # it is started like others that should run
        if not (server.settings.restart_after_crash or ending.is_shutdown):
            self.was_left_down = ending.outcome == "stopped"
            server.changed()
            return
        if ending.is_lasting:
            log.warning("start_not_tried_again", server=server.id, why=ending.why)
            self.needs_a_person = True
            server.changed()
            return
        settings, pace = self._around.settings(), self._around.pace
        rules = RestartRules(
            settings.crash_restart_limit, settings.crash_restart_window_seconds, pace.first_pause, pace.longest_pause
        )
        instance, seq = (life.instance, server.console.last_seq) if life else (None, None)
        match decide(self._history.failures, now, rules):
            case Restart(after_seconds=seconds, attempt=attempt):
                self.restarts_at_ms = now + round(seconds * 1000)
                server.note("restart_planned", instance=instance, seq=seq, in_seconds=seconds, attempt=attempt)
                self._wake_in(seconds)
            case GiveUp(failures=failures, window_seconds=window):
                self.gave_up = True
                server.note("gave_up", instance=instance, seq=seq, crashes=failures, window_seconds=window)
        server.changed()

    def _wake_in(self, seconds: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(seconds, self.reconcile)

    def reconcile(self) -> None:
        """See whether something has to be done for what is wanted, and begin it."""
        server, record = self.server, self.server.record
        if self.is_over or self.operations.held is not None or record.setup is not None or record.deleted_at is not None:
            return
        if server.life is not None:
            return
        if record.wanted != "running" or self.gave_up or self.is_left_down:
            return
        wait = 0 if self.restarts_at_ms is None else self.restarts_at_ms - self._around.clock.now_ms()
        if wait > 0:
            self._wake_in(wait / 1000)
            return
        self.keep(self._begin("start"))

    async def _begin(self, kind: OperationKind) -> None:
        """An operation of the manager itself; the next look follows when it is over."""
        if self.operations.held is not None or self.is_over:
            return
        try:
            match kind:
                case "stop":
                    await self.stop(None, trigger="event")
                case "restart":
                    await self.restart(None, trigger="event")
                case _:
                    self.restarts_at_ms = None
                    await self.start(None, trigger="event")
        except (ServerRuns, ServerNotRunning) as error:
            log.debug("nothing_to_begin", server=self.server.id, kind=kind, error=error.message)
        except ManagerError as error:
            log.warning("operation_not_begun", server=self.server.id, kind=kind, error=error.message)
            if not self.is_over:
                self._wake_in(_BEGIN_AGAIN_SECONDS)

    @property
    def wants_a_start(self) -> bool:
        """It doesn't run, and should."""
        is_left = self.gave_up or self.is_left_down
        return self.server.life is None and self.server.record.wanted == "running" and not is_left

    @property
    def is_left_down(self) -> bool:
        """It ended although nobody asked for that, and does not come back by itself: by its settings, or because it could not."""
        if self.needs_a_person:
            return True
        ended = self.was_left_down or self.server.record.outcome in {"crashed", "failed_to_start"}
        return ended and self.restarts_at_ms is None and not self.server.settings.restart_after_crash

    def forget_failures(self) -> None:
        """Somebody cares for it: count anew."""
        self._history.forget()
        self.gave_up, self.restarts_at_ms, self.latest_failure = False, None, None
        self.latest_end, self.was_left_down, self.needs_a_person = None, False, False
        if self._timer is not None:
            self._timer.cancel()

    # Taking up what an earlier manager left

    def remember(self, happenings: Iterable[Happening]) -> None:
        """Failures and what was done about them, oldest first."""
        for happening in happenings:
            match happening.kind:
                case "crashed" | "failed_to_start" as kind:
                    self._history.note(Failure(happening.at, kind))
                    self.latest_failure = self.latest_end = happening
                case "start_asked" if happening.actor is not None:
                    self.forget_failures()
                case "started":
                    self.gave_up = self.was_left_down = False
                case "stopped":
                    self.latest_end = happening
                    self.was_left_down = bool(happening.details.get("stays_down"))
                case "ready":
                    self._history.settle_starts()
                    self.latest_end = None
                case "gave_up":
                    self.gave_up = True
                case _:
                    pass

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
            await self.recover(life)
            return
        life.status = status
        life.launched.set()
        life.ended.set()
        await host.end_orphan(self.server.id, self.times().term_seconds)  # what its keeper left on disk
        await self._close(life)

    def take_up(self) -> None:
        """The manager has started: go on with what an earlier one was about to do, and see to what is wanted."""
        life = self.server.life
        if life is not None and life.asked and not life.ended.is_set():
            self.keep(self._begin("stop" if self.server.record.wanted == "stopped" else "restart"))
        else:
            self.reconcile()

    async def note_lost(self) -> None:
        """Neither keeper nor game are there any more, as after a restart of the machine."""
        server = self.server
        server.note("keeper_lost", instance=server.record.instance, text="Neither its keeper nor its game were there any more.")
        await self.save(outcome="stopped")
        server.changed()

    # Hangs

    async def _watch(self, life: Life) -> None:
        """Ask it for its figures once a minute, which also shows whether it still answers."""
        await _first_of(life.ready, life.ended)
        if life.ready.is_set():
            self._history.settle_starts()
            if not life.ended.is_set():
                self.latest_end = None
                self.server.changed()
            if self.server.record.version_before is not None:
                await self.save(version_before=None)
        around, clock = self._around, self._around.clock
        answered_at = asked_at = clock.monotonic()
        while not life.ended.is_set():
            await asyncio.sleep(around.pace.look_every)
            if life.is_stopping or life.ended.is_set():
                continue
            now = clock.monotonic()
            if now - asked_at >= around.pace.probe_every:
                asked_at = now
                if await self._answers():
                    answered_at = clock.monotonic()
                    self._note_answer(life)
                now = clock.monotonic()
            allowed = around.settings().server_hang_after_seconds
            if allowed and asked_at > answered_at and now - max(answered_at, life.last_output) > allowed:
                self._note_hang(life, round(now - answered_at))

    async def _answers(self) -> bool:
        try:
            timeout = self._around.pace.probe_timeout
            asked = await self.server.commands.ask(_PROBE, is_probe=True, timeout_seconds=timeout)
        except (ConsoleClosed, ConsoleBusy, KeeperGone):
            return False
        except ManagerError as error:
            log.debug("probe_not_sent", server=self.server.id, error=error.message)
            return False
        if asked.echo_seq is None:
            return False
        self._around.bus.publish(StatsAnswered(self.server.id, tuple(line.text for line in asked.lines)))
        return True

    def _note_hang(self, life: Life, seconds: int) -> None:
        server = self.server
        if server.is_hung:
            return
        server.is_hung, server.hung_since_ms = True, self._around.clock.now_ms() - seconds * 1000
        server.note("hung", instance=life.instance, text=f"It has not answered for {seconds} s.")
        log.warning("server_hangs", server=server.id, seconds=seconds)
        server.changed()

    def _note_answer(self, life: Life) -> None:
        server = self.server
        if server.is_hung:
            server.is_hung, server.hung_since_ms = False, None
            server.note("answers_again", instance=life.instance)
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
        if self.server.record.wanted != wanted:
            await self.save(wanted=wanted)

    async def save(self, **changes: Any) -> None:
        """Change the record, and store it."""
        self.server.record = self.server.record.changed(**changes)
        await self._save_now()
        self.server.changed()

    async def _save_now(self, *happenings: Happening) -> None:
        async with self._saving:
            record: ServerRecord = self.server.record

            def store(store: Any) -> None:
                store.save(record)
                store.note(happenings)

            await in_store(self._around.database, store)

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
        self.is_over = True
        life = self.server.life
        if life is None or life.game is None:
            return
        life.asked = True
        self.server.note("stop_asked", instance=life.instance, text="The manager ends, and nothing would be left to run it.")
        try:
            await self._take_down(life)
        except GameDidNotEnd as error:
            log.error("game_left_behind", server=self.server.id, error=error.message)  # noqa: TRY400 - the message says it all

    async def close(self) -> None:
        """Leave the game to its keeper."""
        self.is_over = True
        self.operations.close()
        if self._timer is not None:
            self._timer.cancel()
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

    @property
    def restarts_at(self) -> str | None:
        return rfc3339(self.restarts_at_ms)


async def _first_of(*events: asyncio.Event, timeout: float | None = None) -> None:  # noqa: ASYNC109 - that is what it is
    """Return when one of them is set, or the time is up."""
    waits = [asyncio.ensure_future(event.wait()) for event in events]
    try:
        await asyncio.wait(waits, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()


def _failed_start(error: Exception, otherwise: str) -> Ending:
    """Of a start that came to no game. `otherwise`: why, where the error has no words for people."""
    why = error.message if isinstance(error, ManagerError) else otherwise
    return Ending("failed_to_start", why, is_lasting=isinstance(error, WillNotStart))


def run_id() -> str | None:
    """Of the operation that is under way."""
    run = current_run.get()
    return None if run is None else run.run_id
