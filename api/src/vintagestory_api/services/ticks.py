"""Ticks of jobs: each becomes a run, a skip with its reason, or one that was missed, and none of them twice.

What is due, what was missed and what is next comes from `schedule.py`; that a tick runs once, and what became of it, from the
ledger.
"""

import asyncio
import contextvars
from collections.abc import Callable, Mapping

import structlog

from vintagestory_api.errors import Unavailable
from vintagestory_api.events import EventBus, JobChanged
from vintagestory_api.kit.clock import Clock
from vintagestory_api.services.executions import Executions
from vintagestory_api.services.run_execution import RunExecution
from vintagestory_api.services.run_records import RunLedger, RunRecord
from vintagestory_api.services.schedule import MAX_COUNTED_TICKS, Cron, LastTick, Trigger, due_at_start, reckon
from vintagestory_api.services.scheduled_job import RegisteredJob, Skip
from vintagestory_api.services.waker import Waker

log = structlog.get_logger(__name__)


class Ticks:
    """Of the jobs in `jobs`, which others add to and take out of. `waker`: None while nobody is to be woken. `skip_reason`: asked
    before each tick."""

    def __init__(
        self,
        jobs: Mapping[str, RegisteredJob],
        running: Executions,
        ledger: RunLedger,
        clock: Clock,
        bus: EventBus,
        *,
        waker: Callable[[], Waker | None],
        is_running: Callable[[], bool],
        skip_reason: Callable[[str], str | None],
    ) -> None:
        self._jobs = jobs
        self._running = running
        self._ledger = ledger
        self._clock = clock
        self._bus = bus
        self._waker = waker
        self._is_running = is_running
        self._skip_reason = skip_reason
        #: Until then the wall clock shows times for the second time, after it was set back so often.
        self._repeats_until = 0
        self._set_backs = 0

    # When

    def schedule_first(self, job: RegisteredJob) -> None:
        now = self._clock.now_ms()
        due = due_at_start(job.schedule, job.last_tick, now, catch_up=job.policy.catch_up != "none")
        job.first_trigger = due.trigger if due else None
        if due is None and job.policy.catch_up == "none":
            self._pass_over(job, now)
        self._wake(job, now if due else job.schedule.next_after(now))

    def _pass_over(self, job: RegisteredJob, now: int) -> None:
        """What came while the manager was away is not run, and told at once."""
        latest, last = job.schedule.latest_until(now), job.last_tick
        if latest is None or last is None or latest <= last.scheduled_for:
            return
        since = max(last.scheduled_for, job.began_at or 0)
        missed = job.schedule.count_between(since, latest + 1)
        job.last_tick = LastTick(latest, "missed")
        if missed:
            first = job.schedule.next_after(since) or latest
            self._running.keep(asyncio.create_task(self._note_absence(job, first, missed), context=contextvars.Context()))

    async def _note_absence(self, job: RegisteredJob, first: int, count: int) -> None:
        try:
            await self._note_missed(job, first, count, "manager_away")
        except Unavailable as error:
            log.error("missed_ticks_not_recorded", job=job.id, error=error.message)  # noqa: TRY400 - the message says it all

    def reschedule_all(self, jumped_seconds: float) -> None:
        """After a jump of the wall clock: what is due by the new time runs now, the rest waits for its next tick."""
        log.warning("clock_jumped", seconds=round(jumped_seconds, 3))
        now = self._clock.now_ms()
        self.note_set_back(now - round(jumped_seconds * 1000))
        for job in self._jobs.values():
            overdue = job.wake_at is not None and job.wake_at <= now and job.policy.catch_up != "none"
            if overdue:
                job.first_trigger = job.first_trigger or "catch_up"
            self._wake(job, now if overdue else job.schedule.next_after(now))
            self._bus.publish(JobChanged(job.id))

    def note_set_back(self, reached: int) -> None:
        """The wall clock was at `reached` before. If that is yet to come again, ticks until then are others than before."""
        if reached > self._clock.now_ms():
            self._set_backs += 1
            self._repeats_until = max(self._repeats_until, reached)

    def _wake(self, job: RegisteredJob, at: int | None) -> None:
        job.wake_at = at
        if (waker := self._waker()) is not None:
            waker.wake(job.id, job.schedule, at, spread_ms=round(job.policy.spread_seconds * 1000))

    async def tick(self, job_id: str) -> None:
        """APScheduler calls this at each tick; the work goes to a task of ours, which its shutdown does not cancel."""
        job = self._jobs.get(job_id)
        if job is None or not self._is_running():
            return
        now = self._clock.now_ms()
        tick = job.schedule.latest_until(now)
        if tick is None:
            return
        job.wake_at = job.schedule.next_after(now)
        last = job.last_tick.scheduled_for if job.last_tick else None
        if last is not None and last > now:
            last = None  # the clock was set back: ticks of a time that has not come yet say nothing about this one
        trigger, job.first_trigger = job.first_trigger or "schedule", None
        if last is not None and tick <= last:
            if trigger == "schedule":
                return
            tick = last + 1
        since = None if last is None else max(last, job.began_at or last)
        job.last_tick = LastTick(tick, "running")
        # In a context of its own: APScheduler calls from that of whoever woke it, which may be a request or a run.
        self._running.keep(asyncio.create_task(self._handle_ticks(job, tick, trigger, since), context=contextvars.Context()))

    async def _handle_ticks(self, job: RegisteredJob, tick: int, trigger: Trigger, since: int | None) -> None:
        all_of_them = trigger == "catch_up" and job.policy.catch_up == "all"
        due = reckon(job.schedule, since, tick, wanted=job.policy.catch_up_limit if all_of_them else 1)
        try:
            if due.missed_from is not None and self._is_running():
                await self._note_missed(job, due.missed_from, due.missed, "manager_away")
            for moment in due.run:
                await self._handle_tick(job, moment, trigger)
        except Unavailable as error:
            log.error("run_not_recorded", job=job.id, error=error.message)  # noqa: TRY400 - the message says it all

    async def _handle_tick(self, job: RegisteredJob, tick: int, trigger: Trigger) -> None:
        if not self._is_running():
            return
        if tick <= self._repeats_until:
            tick += self._set_backs  # milliseconds: another key in the ledger than the tick of the first time
        if self._is_too_late(job, tick):
            await self._note_missed(job, tick, 1, "start_deadline")
        else:
            await self._run_or_skip(job, tick, trigger)

    def _is_too_late(self, job: RegisteredJob, tick: int) -> bool:
        deadline = job.policy.start_deadline_seconds
        return deadline is not None and (self._clock.now_ms() - tick) / 1000 > deadline

    def occur(self, job_id: str, skip: Skip | None = None) -> None:
        """What the job waits for has happened: run it, unless something speaks against that. With `skip` it is only recorded, and
        why it does not run. Unknown jobs are left alone."""
        job = self._jobs.get(job_id)
        if job is not None and self._is_running():
            self._running.keep(asyncio.create_task(self._handle_event(job, skip), context=contextvars.Context()))

    async def _handle_event(self, job: RegisteredJob, skip: Skip | None) -> None:
        try:
            if skip is not None:
                await self.note_skip(job, self._clock.now_ms(), "event", skip)
            else:
                await self._run_or_skip(job, self._clock.now_ms(), "event")
        except Unavailable as error:
            log.error("run_not_recorded", job=job.id, error=error.message)  # noqa: TRY400 - the message says it all

    async def _run_or_skip(self, job: RegisteredJob, tick: int, trigger: Trigger) -> None:
        skip = self._reason_to_skip(job)
        if skip is None and job.gate is not None:
            skip = await job.gate() or self._reason_to_skip(job)
        if skip is not None:
            await self.note_skip(job, tick, trigger, skip)
            return
        job.latest_skip = None
        await self._claim_and_run(job, tick, trigger)

    def _reason_to_skip(self, job: RegisteredJob) -> Skip | None:
        if job.paused_reason is not None:
            return Skip("paused", f"Paused: {job.paused_reason}")
        if self._running.of_job(job.id, job.server_key):
            one_waits = self._running.of_job(job.id, job.server_key, waiting=True) is not None
            if job.policy.overlap == "skip" or (job.policy.overlap == "queue" and one_waits):
                return Skip("still_running")
        reason = self._skip_reason(job.id)
        return None if reason is None else Skip(reason)

    async def _claim_and_run(self, job: RegisteredJob, tick: int, trigger: Trigger) -> None:
        now = self._clock.now_ms()
        run = RunRecord(job.id, trigger, scheduled_for=tick, state="running", started_at=now, server_key=job.server_key)
        waits = self._running.of_job(job.id, job.server_key) is not None
        if waits:
            run = run.changed(state="queued", started_at=None, message="Waits for the end of the run before")
        earlier = self._running.of_job(job.id, job.server_key, waiting=True)
        execution = self._running.prepare(run, job.func, job.policy)
        claimed = False
        try:
            claimed = await self._ledger.claim(run)
        finally:
            if not claimed:
                self._running.release(run.id)
        if not claimed:
            return
        if waits:
            if earlier is not None:
                earlier.cancel("replaced")
            if not await self._has_its_turn(job, execution):
                return
        await self._running.run(execution)

    async def _has_its_turn(self, job: RegisteredJob, execution: RunExecution) -> bool:
        """Wait for the run before to end. False when this one has ended meanwhile, without having begun."""
        self._running.publish(execution.run)
        skip: Skip | None = None
        try:
            while (before := self._running.of_job(job.id, job.server_key)) and execution.context.cancel_cause is None:
                if job.policy.overlap == "cancel_previous":
                    before.cancel("replaced")
                await execution.wait_behind(before)
                skip = await job.gate() if job.gate is not None else None
            cause = execution.context.cancel_cause or (None if self._is_running() else "shutdown")
            if cause is not None:
                execution.close("cancelled", cause)
            elif self._is_too_late(job, execution.run.scheduled_for):
                execution.close("missed", "start_deadline", "The run before took too long.")
            elif skip is not None:
                execution.close("skipped", skip.reason, skip.message)
            else:
                execution.begin()
        except asyncio.CancelledError:
            execution.close("cancelled", "shutdown")
            raise
        finally:
            if execution.run.is_final:
                self._running.release(execution.run.id)
        return not execution.run.is_final

    async def _note_missed(self, job: RegisteredJob, tick: int, count: int, reason: str) -> None:
        now = self._clock.now_ms()
        at_least = "at least " if count == MAX_COUNTED_TICKS and isinstance(job.schedule, Cron) else ""
        message = "1 tick was missed" if count == 1 else f"{at_least}{count} ticks were missed"
        log.warning("job_ticks_missed", job=job.id, count=count, reason=reason)
        run = RunRecord(
            job.id,
            "schedule",
            tick,
            "missed",
            server_key=job.server_key,
            ended_at=now,
            reason=reason,
            ticks=count,
            message=message,
        )
        await self._ledger.add(run)
        self._running.publish(run)

    async def note_skip(self, job: RegisteredJob, tick: int, trigger: Trigger, skip: Skip) -> None:
        """Ticks skipped one after the other for the same reason share a row."""
        now = self._clock.now_ms()
        latest = job.latest_skip
        if latest is not None and latest.reason == skip.reason:
            ticks = latest.ticks + 1
            job.latest_skip = latest.changed(ended_at=now, ticks=ticks, message=f"{ticks} ticks skipped")
            self._ledger.save(job.latest_skip)
            self._running.publish(job.latest_skip)
            return
        run = RunRecord(job.id, trigger, tick, "skipped", server_key=job.server_key, ended_at=now)
        job.latest_skip = run = run.changed(reason=skip.reason, message=skip.message)
        log.info("job_skipped", job=job.id, reason=skip.reason)
        await self._ledger.add(run)
        self._running.publish(run)

    def note_end(self, run: RunRecord) -> None:
        """A run has ended: its job remembers how."""
        job = self._jobs.get(run.job_id)
        if job and job.last_tick and job.last_tick.scheduled_for == run.scheduled_for:
            job.last_tick = LastTick(run.scheduled_for, run.state)
