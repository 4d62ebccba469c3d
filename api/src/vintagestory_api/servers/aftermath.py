"""What is done when a game has ended or could not be started: that is stored, and what should run is started again."""

import asyncio
from collections.abc import Callable
from typing import Any

import structlog

from vintagestory_api.servers.crash import Ending, GiveUp, Restart, RestartRules
from vintagestory_api.servers.crash_report import CrashReport
from vintagestory_api.servers.endings import end_entry, read_ending
from vintagestory_api.servers.failures import Failures
from vintagestory_api.servers.host import KeeperGone
from vintagestory_api.servers.launching import Times
from vintagestory_api.servers.life import Life
from vintagestory_api.servers.operations import Operations, run_id
from vintagestory_api.servers.record_keeper import RecordKeeper
from vintagestory_api.servers.records import Happening
from vintagestory_api.servers.server import GameServer
from vintagestory_api.servers.surroundings import Surroundings

log = structlog.get_logger(__name__)


class Aftermath:
    """Of one server. `start` begins a start of the manager itself; `times` tells those of the stop ladder."""

    def __init__(
        self,
        server: GameServer,
        operations: Operations,
        record: RecordKeeper,
        around: Surroundings,
        *,
        start: Callable[[], None],
        times: Callable[[], Times],
    ) -> None:
        self.failures = Failures()
        #: False while an operation decides itself what follows a failed start.
        self.plans_restarts = True
        self.is_over = False
        self._server = server
        self._operations = operations
        self._record = record
        self._around = around
        self._start = start
        self._times = times
        self._timer: asyncio.TimerHandle | None = None
        operations.freed = self.reconcile

    # Ends

    async def close(self, life: Life) -> None:
        """Its game has ended: read why, store that, let the keeper go, and see what follows."""
        await life.launched.wait()
        if life.ending is not None:
            return
        ending, report = await read_ending(self._server, life)
        await self.end(life, ending, report)

    async def recover(self, life: Life) -> None:
        """Its keeper is gone: end the game, which nobody watches any more, and see what follows."""
        self._server.note("keeper_lost", instance=life.instance, seq=self._server.console.last_seq)
        life.launched.set()
        try:
            found = await self._around.launcher.host.end_orphan(self._server.id, self._times().term_seconds)
        except Exception:
            log.exception("orphan_not_ended", server=self._server.id)
            found = False
        if life.ended.is_set():
            return
        life.ended.set()
        life.game = None
        why = "Its keeper was gone, so it was ended." if found else "Neither its keeper nor its game were there any more."
        wanted_end = life.asked or self._server.record.wanted == "stopped"
        # A machine that lost its power leaves neither of them behind.
        is_shutdown = life.was_found_ended and not found
        by = "SIGTERM" if found else None
        await self.end(life, Ending("stopped", why, by, is_wanted=wanted_end, is_shutdown=is_shutdown), None)

    async def end(self, life: Life, ending: Ending, report: CrashReport | None) -> None:
        life.ending = ending
        life.ended.set()
        server = self._server
        happening = end_entry(server, life, ending, report, self._around.clock.now_ms())
        self.failures.note(happening, is_wanted=ending.is_wanted)
        changes: dict[str, Any] = {"outcome": ending.outcome, "last_seq": max(server.record.last_seq, server.console.last_seq)}
        if ending.is_wanted and not life.asked:
            changes["wanted"] = "stopped"
        back = self._put_back(happening)
        try:
            await self._follow()
            await self._store(changes, happening, back)
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
            self.failures.start_at_once(self._around.clock.now_ms())
        elif not ending.is_wanted:
            self._plan(life, ending)
        if not life.was_found_ended:
            self.reconcile()

    async def _follow(self) -> None:
        for follow in self._around.launcher.after_end:
            try:
                await follow(self._server)
            except Exception:
                log.exception("end_not_followed", server=self._server.id)

    def _put_back(self, end: Happening) -> Happening | None:
        """Where the version that it was changed to did not start, and no operation sees to that any more: what there is to tell
        about going back to the version before."""
        record = self._server.record
        is_ours = self.plans_restarts and not self.is_over and record.wanted == "running"
        if end.kind != "failed_to_start" or record.version_before is None or not is_ours:
            return None
        log.warning("version_change_goes_back", server=record.id, wanted=record.version, back_to=record.version_before)
        told = {"text": end.details["why"], "from": record.version_before, "to": record.version}
        return Happening(record.id, end.at, "version_change_failed", run_id=run_id(), instance=end.instance, details=told)

    async def note_failed_start(self, ending: Ending) -> None:
        now = self._around.clock.now_ms()
        details: dict[str, Any] = {"why": ending.why, "stays_down": True} if ending.is_lasting else {"why": ending.why}
        failed = Happening(self._server.id, now, "failed_to_start", run_id=run_id(), details=details)
        self.failures.note(failed)
        back = self._put_back(failed)
        await self._store({"outcome": "failed_to_start"}, failed, back)
        self._server.changed()
        if back is not None:
            self.failures.start_at_once(now)
        else:
            self._plan(None, ending)

    # What follows

    def _plan(self, life: Life | None, ending: Ending) -> None:
        """After an end that nobody asked for."""
        server = self._server
        if server.record.wanted != "running" or not self.plans_restarts or self.is_over:
            return
        if ending.is_shutdown and life is not None and life.was_found_ended:
            return  # it is started like others that should run
        settings, pace = self._around.settings(), self._around.pace
        rules = RestartRules(
            settings.crash_restart_limit, settings.crash_restart_window_seconds, pace.first_pause, pace.longest_pause
        )
        comes_back = server.settings.restart_after_crash
        instance, seq = (life.instance, server.console.last_seq) if life else (None, None)
        match self.failures.judge(ending, self._around.clock.now_ms(), rules, comes_back=comes_back):
            case Restart(after_seconds=seconds, attempt=attempt):
                server.note("restart_planned", instance=instance, seq=seq, in_seconds=seconds, attempt=attempt)
                self.look_again_in(seconds)
            case GiveUp(failures=failures, window_seconds=window):
                server.note("gave_up", instance=instance, seq=seq, crashes=failures, window_seconds=window)
            case None:
                log.warning("server_stays_down", server=server.id, why=ending.why)
        server.changed()

    def look_again_in(self, seconds: float) -> None:
        self._stop_looking()
        self._timer = asyncio.get_running_loop().call_later(seconds, self.reconcile)

    def reconcile(self) -> None:
        """See whether something has to be done for what is wanted, and begin it."""
        server, record = self._server, self._server.record
        if self.is_over or self._operations.held is not None or record.setup is not None or record.deleted_at is not None:
            return
        if server.life is not None:
            return
        if record.wanted != "running" or self.failures.gave_up or self.is_left_down:
            return
        restarts_at = self.failures.restarts_at_ms
        if restarts_at is not None and (wait := restarts_at - self._around.clock.now_ms()) > 0:
            self.look_again_in(wait / 1000)
            return
        self._start()

    @property
    def wants_a_start(self) -> bool:
        """It doesn't run, and should."""
        is_left = self.failures.gave_up or self.is_left_down
        return self._server.life is None and self._server.record.wanted == "running" and not is_left

    @property
    def is_left_down(self) -> bool:
        """It ended although nobody asked for that, and does not come back by itself."""
        return self.failures.leave_down(self._server.record)

    def forget_failures(self) -> None:
        """Somebody cares for it: count anew."""
        self.failures.forget()
        self._stop_looking()

    def stop(self) -> None:
        """Do nothing more: somebody else sees to this server, or nobody."""
        self.is_over = True
        self._stop_looking()

    def _stop_looking(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    async def _store(self, changes: dict[str, Any], end: Happening, back: Happening | None) -> None:
        """Together, so that an end that is read again after a kill of the manager is the same. `back`: it goes back to the
        version before."""
        await self._around.timeline.flush()
        if back is None:
            await self._record.save_surely(changes, end)
            return
        version = {"version": self._server.record.version_before, "version_before": None}
        await self._record.save_surely({**changes, **version}, end, back)
