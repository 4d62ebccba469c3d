"""Runs jobs when they are due, each tick once, and knows how every run ended.

APScheduler only wakes us. What is due, what was missed and what is next comes from `schedule.py`; that a tick runs
once, and what became of it, from the ledger.
"""

import asyncio
import contextvars
from collections.abc import Awaitable, Callable, Generator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import cast

import structlog

from vintagestory_api.errors import Conflict, NotFound, Unavailable
from vintagestory_api.events import EventBus, JobChanged, RunChanged
from vintagestory_api.kit.clock import Clock, SystemClock
from vintagestory_api.services.clock_watchdog import ClockWatchdog
from vintagestory_api.services.run_execution import JobFunction, JobPolicy, RunExecution
from vintagestory_api.services.run_records import JobMemory, NoLedger, RunLedger, RunRecord
from vintagestory_api.services.schedule import (
    MAX_COUNTED_TICKS,
    Cron,
    Interval,
    LastTick,
    NoTicks,
    Schedule,
    Trigger,
    due_at_start,
    reckon,
)
from vintagestory_api.services.scheduled_job import Gate, RegisteredJob, ScheduledJob, Skip
from vintagestory_api.services.waker import Waker

log = structlog.get_logger(__name__)

SHUTDOWN_SECONDS = 10.0
#: Of these, what remains for jobs that had to be cancelled, and at the very end for the ledger.
_CANCEL_SECONDS = 1.5
_FLUSH_SECONDS = 0.4
_SAVE_EVERY_SECONDS = 2.0
#: Progress is published no more often than this.
PROGRESS_EVERY_SECONDS = 0.25


class UnknownJob(NotFound, KeyError):
    code = "unknown_job"

    def __init__(self, job_id: str) -> None:
        super().__init__(f"There is no job {job_id!r} in the schedule.")


class AlreadyRunning(Conflict):
    code = "job_already_running"


class RunNotRunning(Conflict):
    code = "run_not_running"


class SchedulerStopping(Unavailable):
    code = "scheduler_stopping"


@dataclass
class _Executions:
    """What runs at this moment, or waits for its turn, by run id."""

    by_run: dict[str, RunExecution] = field(default_factory=dict)
    tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def of_job(self, job_id: str, server_key: str = "", *, waiting: bool = False) -> RunExecution | None:
        """The one that runs, or the one that waits to."""
        for found in self.by_run.values():
            if (found.run.job_id, found.run.server_key, found.is_waiting) == (job_id, server_key, waiting):
                return found
        return None

    def release(self, run_id: str) -> None:
        """Nothing of it goes on any more."""
        if (execution := self.by_run.pop(run_id, None)) is not None:
            execution.over.set()


class SchedulerService:
    """The timetable of the manager. Without a ledger it still runs jobs, but records nothing."""

    def __init__(
        self,
        *,
        ledger: RunLedger | None = None,
        policies: Mapping[str, JobPolicy] | None = None,
        skip_reason: Callable[[str], str | None] = lambda _job_id: None,
        clock: Clock | None = None,
        bus: EventBus | None = None,
    ) -> None:
        """`policies` tells how the jobs of these ids run. `skip_reason` is asked before each tick: a reason it returns
        is recorded instead of a run.
        """
        self._ledger: RunLedger = ledger or NoLedger()
        self._policies = dict(policies or {})
        self._skip_reason = skip_reason
        self._clock = clock or SystemClock()
        self._bus = bus or EventBus()
        self._jobs: dict[str, RegisteredJob] = {}
        self._remembered: dict[str, JobMemory] = dict(self._ledger.memories())
        self._were_off: set[str] = set()
        #: Until then the wall clock shows times for the second time, after it was set back so often.
        self._repeats_until = 0
        self._set_backs = 0
        self._running = _Executions()
        self._waker: Waker | None = None
        self._watchdog: ClockWatchdog | None = None
        self._followers: list[asyncio.Task[None]] = []
        self._drain: asyncio.Future[None] | None = None

    # Life

    @property
    def is_running(self) -> bool:
        return self._waker is not None and self._waker.status == "running"

    @property
    def status(self) -> str:
        """`running`, `paused`, `stopping` or `stopped`."""
        if self._drain is not None and not self._drain.done():
            return "stopping"
        if self._waker is None:
            return "stopped"
        return self._waker.status

    def start(self) -> None:
        """Begin to run jobs. Needs a running event loop. Jobs that were added before are scheduled now.

        Raises `SchedulerStopping` while a shutdown is under way.
        """
        if self.is_running:
            return
        if self.status == "stopping":
            raise SchedulerStopping("The scheduler is still stopping. Wait for that, then start it again.")
        self._drain, self._waker = None, Waker(self._clock, self._tick)
        self._note_set_back(
            max((memory.last_tick.scheduled_for for memory in self._remembered.values() if memory.last_tick), default=0)
        )
        self._watchdog = ClockWatchdog(self._clock, on_jump=self._reschedule_all, running_jobs=self.running_job_ids)
        self._watchdog.start()
        self._followers = [asyncio.create_task(self._save_changes()), asyncio.create_task(self._tell_progress())]
        for job in self._jobs.values():
            self._schedule_first(job)
        log.info("scheduler_started", jobs=len(self._jobs))

    def shutdown(self, wait: bool = True) -> Awaitable[None]:
        """Stop all ticks at once. What is returned need not be awaited; it ends when running jobs have, at most 10 s
        later; what remains then is cancelled, reason `shutdown`. With `wait=False` they are cancelled at once.
        """
        if self._drain is not None:
            return asyncio.shield(self._drain)
        if self._waker is None:
            return _Nothing()
        self._waker.pause()
        if self._watchdog:
            self._watchdog.stop()
        if not self._running.tasks:
            self._stop_waker()
        self._drain = asyncio.ensure_future(self._end(SHUTDOWN_SECONDS if wait else _CANCEL_SECONDS))
        # Whoever waits and is cancelled doesn't end the end.
        return asyncio.shield(self._drain)

    async def _end(self, seconds: float) -> None:
        for execution in self._running.by_run.values():
            execution.prepare_for_shutdown()
        if seconds > _CANCEL_SECONDS and self._running.tasks:
            log.info("scheduler_waits_for_jobs", jobs=self.running_job_ids())
            await asyncio.wait(self._running.tasks, timeout=seconds - _CANCEL_SECONDS)
        for execution in tuple(self._running.by_run.values()):
            execution.cancel("shutdown")
        if self._running.tasks:
            await asyncio.wait(self._running.tasks, timeout=(_CANCEL_SECONDS - _FLUSH_SECONDS) / 2)
        for task in tuple(self._running.tasks):
            task.cancel()
        if self._running.tasks:
            await asyncio.wait(self._running.tasks, timeout=(_CANCEL_SECONDS - _FLUSH_SECONDS) / 2)
        with suppress(TimeoutError):
            await asyncio.wait_for(self._ledger.flush(), _FLUSH_SECONDS)
        self._stop_waker()

    def _stop_waker(self) -> None:
        if self._waker is None:
            return
        for follower in self._followers:
            follower.cancel()
        self._waker.stop()
        self._waker = None
        log.info("scheduler_stopped")

    # Jobs

    def add_interval_job(
        self,
        func: JobFunction,
        seconds: float,
        job_id: str,
        *,
        policy: JobPolicy | None = None,
        server_key: str = "",
        gate: Gate | None = None,
        due_since: int | None = None,
    ) -> ScheduledJob:
        """Run `func` every `seconds`; a job of this id is replaced, and a run of it goes on.

        `server_key`: whose runs they are. `gate` is asked before each tick runs. `due_since`: before then nothing was due, so
        nothing was missed; for jobs that come and go, and that must not run just because they came.
        Raises `InvalidInterval` when `seconds` is no positive number.
        """
        return self._add(Interval.for_job(job_id, seconds), due_since, policy, RegisteredJob(job_id, func, server_key, gate))

    def add_cron_job(
        self,
        func: JobFunction,
        cron_expression: str,
        job_id: str,
        *,
        zone: str = "UTC",
        policy: JobPolicy | None = None,
        server_key: str = "",
        gate: Gate | None = None,
        due_since: int | None = None,
    ) -> ScheduledJob:
        """Run `func` at the times of a cron expression, in an IANA time zone; the rest as above. Raises `InvalidCron`."""
        return self._add(Cron.parse(cron_expression, zone), due_since, policy, RegisteredJob(job_id, func, server_key, gate))

    def add_event_job(
        self,
        func: JobFunction,
        job_id: str,
        *,
        policy: JobPolicy | None = None,
        server_key: str = "",
        gate: Gate | None = None,
    ) -> ScheduledJob:
        """Run `func` when `occur` says so; the rest as above."""
        return self._add(NoTicks(), None, policy, RegisteredJob(job_id, func, server_key, gate))

    def remove_job(self, job_id: str) -> None:
        """Take a job out of the schedule; a run of it goes on. Raises `UnknownJob`."""
        self._were_off.add(job_id)
        job = self._job(job_id)
        self._remembered[job_id] = JobMemory(job.last_tick, job.paused_reason)
        del self._jobs[job_id]
        if self._waker is not None:
            self._waker.forget(job_id)
        self._bus.publish(JobChanged(job_id))

    def get_jobs(self) -> list[ScheduledJob]:
        return [self._view(job) for job in self._jobs.values()]

    def get_job(self, job_id: str) -> ScheduledJob:
        return self._view(self._job(job_id))

    @property
    def job_count(self) -> int:
        return len(self._jobs)

    def _add(self, schedule: Schedule, due_since: int | None, policy: JobPolicy | None, job: RegisteredJob) -> ScheduledJob:
        known = self._jobs.get(job.id)
        if known is not None and known.func is job.func and known.schedule == schedule and policy is None:
            return self._view(known)
        memory = JobMemory(known.last_tick, known.paused_reason) if known else self._remembered.get(job.id, JobMemory())
        job.schedule = schedule
        job.policy = policy or self._policies.get(job.id) or JobPolicy()
        job.last_tick, job.paused_reason = memory.last_tick, memory.paused_reason
        if due_since is None:
            job.began_at = self._clock.now_ms() if known or job.id in self._were_off else None
        elif job.last_tick is None or job.last_tick.scheduled_for < due_since:
            job.last_tick = LastTick(due_since, "registered")
        self._jobs[job.id] = job
        if self._waker is not None:
            self._schedule_first(job)
        self._bus.publish(JobChanged(job.id))
        return self._view(job)

    def _job(self, job_id: str) -> RegisteredJob:
        try:
            return self._jobs[job_id]
        except KeyError:
            raise UnknownJob(job_id) from None

    def _view(self, job: RegisteredJob) -> ScheduledJob:
        return ScheduledJob(
            id=job.id,
            title=job.policy.title or job.id,
            schedule=job.schedule,
            paused_reason=job.paused_reason,
            running=self.running_of(job.id, job.server_key),
            next_run_ms=None if job.paused_reason is not None else self._next_run_ms(job),
            last_tick_ms=job.last_tick.scheduled_for if job.last_tick else None,
        )

    def _next_run_ms(self, job: RegisteredJob) -> int | None:
        now = self._clock.now_ms()
        if job.wake_at is not None and job.wake_at > now:
            return job.wake_at
        return job.schedule.next_after(now)

    # People

    async def run_now(
        self,
        job_id: str,
        func: JobFunction | None = None,
        *,
        trigger: Trigger = "manual",
        server_key: str = "",
        beside_others: bool = False,
        policy: JobPolicy | None = None,
    ) -> RunRecord:
        """Start a run now, apart from the schedule; returns it as soon as it is recorded.

        `func` allows a job that isn't in the schedule. Runs of one job for different servers (`server_key`) may run at the same
        time, and so may those of one that runs `beside_others`. `policy` takes the place of the job's own.
        Raises `AlreadyRunning` (with the run's id), `UnknownJob`, `SchedulerStopping`, or `Unavailable` when the run can't be
        recorded.
        """
        job = self._jobs.get(job_id)
        if job is None and func is None:
            raise UnknownJob(job_id)
        server_key = server_key or (job.server_key if job else "")
        if not self.is_running:
            raise SchedulerStopping("The scheduler does not run jobs at the moment. Try again when the manager has started.")
        if not beside_others and (running := self._running.of_job(job_id, server_key)):
            raise AlreadyRunning(f"{job_id} is running already. Wait for it, or cancel it first.", run_id=running.run.id)
        now = self._clock.now_ms()
        run = RunRecord(job_id, trigger, scheduled_for=now, state="running", started_at=now, server_key=server_key)
        policy = policy or (job.policy if job else self._policies.get(job_id, JobPolicy()))
        execution = self._prepare(run, func or cast("RegisteredJob", job).func, policy)
        try:
            await self._ledger.claim(run)
        except BaseException:
            self._running.release(run.id)
            raise
        self._launch(execution)
        return run

    def cancel_run(self, run_id: str) -> RunRecord:
        """Ask a run that runs, or waits for its turn, to stop. Raises `RunNotRunning`."""
        execution = self._running.by_run.get(run_id)
        if execution is None or execution.run.is_final:
            raise RunNotRunning("This run is not running, so there is nothing to cancel.")
        execution.cancel("user")
        return execution.snapshot()

    async def pause_job(self, job_id: str, reason: str, actor: str = "") -> ScheduledJob:
        """Skip the job's ticks until it is resumed, also after a restart. A run of it goes on; run-now still works."""
        job = self._job(job_id)
        await self._ledger.set_pause(job_id, reason, actor)
        job.paused_reason = reason
        log.info("job_paused", job=job_id, reason=reason)
        self._bus.publish(JobChanged(job_id))
        return self._view(job)

    async def resume_job(self, job_id: str, actor: str = "") -> ScheduledJob:
        job = self._job(job_id)
        await self._ledger.set_pause(job_id, None, actor)
        job.paused_reason = None
        log.info("job_resumed", job=job_id)
        self._bus.publish(JobChanged(job_id))
        return self._view(job)

    def running_run(self, run_id: str) -> RunRecord | None:
        """The live state of a run that is running, its log lines included."""
        execution = self._running.by_run.get(run_id)
        return execution.snapshot() if execution else None

    def running_of(self, job_id: str, server_key: str = "") -> RunRecord | None:
        """The live state of the job's run, if one is running."""
        execution = self._running.of_job(job_id, server_key)
        return execution.snapshot() if execution and not execution.run.is_final else None

    def running_job_ids(self) -> list[str]:
        return [execution.run.job_id for execution in self._running.by_run.values()]

    # Ticks

    def _schedule_first(self, job: RegisteredJob) -> None:
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
            self._keep(asyncio.create_task(self._note_absence(job, first, missed), context=contextvars.Context()))

    async def _note_absence(self, job: RegisteredJob, first: int, count: int) -> None:
        try:
            await self._note_missed(job, first, count, "manager_away")
        except Unavailable as error:
            log.error("missed_ticks_not_recorded", job=job.id, error=error.message)  # noqa: TRY400 - the message says it all

    def _reschedule_all(self, jumped_seconds: float) -> None:
        """After a jump of the wall clock: what is due by the new time runs now, the rest waits for its next tick."""
        log.warning("clock_jumped", seconds=round(jumped_seconds, 3))
        now = self._clock.now_ms()
        self._note_set_back(now - round(jumped_seconds * 1000))
        for job in self._jobs.values():
            overdue = job.wake_at is not None and job.wake_at <= now and job.policy.catch_up != "none"
            if overdue:
                job.first_trigger = job.first_trigger or "catch_up"
            self._wake(job, now if overdue else job.schedule.next_after(now))
            self._bus.publish(JobChanged(job.id))

    def _note_set_back(self, reached: int) -> None:
        """The wall clock was at `reached` before. If that is yet to come again, ticks until then are others than before."""
        if reached > self._clock.now_ms():
            self._set_backs += 1
            self._repeats_until = max(self._repeats_until, reached)

    def _wake(self, job: RegisteredJob, at: int | None) -> None:
        job.wake_at = at
        if self._waker is not None:
            self._waker.wake(job.id, job.schedule, at, spread_ms=round(job.policy.spread_seconds * 1000))

    async def _tick(self, job_id: str) -> None:
        """APScheduler calls this at each tick; the work goes to a task of ours, which its shutdown does not cancel."""
        job = self._jobs.get(job_id)
        if job is None or not self.is_running:
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
        self._keep(asyncio.create_task(self._handle_ticks(job, tick, trigger, since), context=contextvars.Context()))

    async def _handle_ticks(self, job: RegisteredJob, tick: int, trigger: Trigger, since: int | None) -> None:
        all_of_them = trigger == "catch_up" and job.policy.catch_up == "all"
        due = reckon(job.schedule, since, tick, wanted=job.policy.catch_up_limit if all_of_them else 1)
        try:
            if due.missed_from is not None and self.is_running:
                await self._note_missed(job, due.missed_from, due.missed, "manager_away")
            for moment in due.run:
                await self._handle_tick(job, moment, trigger)
        except Unavailable as error:
            log.error("run_not_recorded", job=job.id, error=error.message)  # noqa: TRY400 - the message says it all

    async def _handle_tick(self, job: RegisteredJob, tick: int, trigger: Trigger) -> None:
        if not self.is_running:
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
        if job is not None and self.is_running:
            self._keep(asyncio.create_task(self._handle_event(job, skip), context=contextvars.Context()))

    async def _handle_event(self, job: RegisteredJob, skip: Skip | None) -> None:
        try:
            if skip is not None:
                await self._note_skip(job, self._clock.now_ms(), "event", skip)
            else:
                await self._run_or_skip(job, self._clock.now_ms(), "event")
        except Unavailable as error:
            log.error("run_not_recorded", job=job.id, error=error.message)  # noqa: TRY400 - the message says it all

    async def _run_or_skip(self, job: RegisteredJob, tick: int, trigger: Trigger) -> None:
        skip = self._reason_to_skip(job)
        if skip is None and job.gate is not None:
            skip = await job.gate() or self._reason_to_skip(job)
        if skip is not None:
            await self._note_skip(job, tick, trigger, skip)
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
        execution = self._prepare(run, job.func, job.policy)
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
        await self._run(execution)

    async def _has_its_turn(self, job: RegisteredJob, execution: RunExecution) -> bool:
        """Wait for the run before to end. False when this one has ended meanwhile, without having begun."""
        self._publish(execution.run)
        skip: Skip | None = None
        try:
            while (before := self._running.of_job(job.id, job.server_key)) and execution.context.cancel_cause is None:
                if job.policy.overlap == "cancel_previous":
                    before.cancel("replaced")
                await execution.wait_behind(before)
                skip = await job.gate() if job.gate is not None else None
            cause = execution.context.cancel_cause or (None if self.is_running else "shutdown")
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
        self._publish(run)

    async def _note_skip(self, job: RegisteredJob, tick: int, trigger: Trigger, skip: Skip) -> None:
        """Ticks skipped one after the other for the same reason share a row."""
        now = self._clock.now_ms()
        latest = job.latest_skip
        if latest is not None and latest.reason == skip.reason:
            ticks = latest.ticks + 1
            job.latest_skip = latest.changed(ended_at=now, ticks=ticks, message=f"{ticks} ticks skipped")
            self._ledger.save(job.latest_skip)
            self._publish(job.latest_skip)
            return
        run = RunRecord(job.id, trigger, tick, "skipped", server_key=job.server_key, ended_at=now)
        job.latest_skip = run = run.changed(reason=skip.reason, message=skip.message)
        log.info("job_skipped", job=job.id, reason=skip.reason)
        await self._ledger.add(run)
        self._publish(run)

    # Runs

    def _prepare(self, run: RunRecord, func: JobFunction, policy: JobPolicy) -> RunExecution:
        """Counted as running before the claim is asked for, so that two callers can't both get through."""
        execution = RunExecution(run, func, policy, self._clock, self._run_changed)
        self._running.by_run[run.id] = execution
        return execution

    def _launch(self, execution: RunExecution) -> None:
        self._keep(asyncio.create_task(self._run(execution)))

    def _keep(self, task: "asyncio.Task[None]") -> None:
        self._running.tasks.add(task)
        task.add_done_callback(self._forget)

    def _forget(self, task: "asyncio.Task[None]") -> None:
        self._running.tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.error("tick_failed", exc_info=error)

    async def _run(self, execution: RunExecution) -> None:
        self._publish(execution.run)
        try:
            await self._execute(execution)
        finally:
            if not execution.still_works:
                self._running.release(execution.run.id)

    async def _execute(self, execution: RunExecution) -> None:
        run = await execution.execute()
        job = self._jobs.get(run.job_id)
        if job and job.last_tick and job.last_tick.scheduled_for == run.scheduled_for:
            job.last_tick = LastTick(run.scheduled_for, run.state)

    def _run_changed(self, execution: RunExecution) -> None:
        self._ledger.save(execution.snapshot())
        self._publish(execution.run)

    def _publish(self, run: RunRecord) -> None:
        self._bus.publish(RunChanged(run.job_id, run.state, run.ended_at, run.public()))

    async def _tell_progress(self) -> None:
        """Many steps in a short time are told as one; the end of a run is told at once, by whoever ends it."""
        while True:
            await asyncio.sleep(PROGRESS_EVERY_SECONDS)
            for execution in tuple(self._running.by_run.values()):
                if (run := execution.new_progress()) is not None:
                    self._publish(run)

    async def _save_changes(self) -> None:
        """What a run said of itself is stored while it runs, so that a killed manager leaves its trace."""
        while True:
            await asyncio.sleep(_SAVE_EVERY_SECONDS)
            for run_id, execution in tuple(self._running.by_run.items()):
                if execution.run.is_final and not execution.still_works:
                    self._running.release(run_id)
                elif execution.dirty and not execution.run.is_final:
                    execution.dirty = False
                    self._ledger.save(execution.snapshot())


_service: SchedulerService | None = None


def get_scheduler_service() -> SchedulerService:
    """The scheduler of the running application. Raises `Unavailable` before it was built."""
    if _service is None:
        raise Unavailable("The scheduler has not started yet.")
    return _service


def use_scheduler_service(service: SchedulerService | None) -> None:
    """Make `service` the running one; called where the application is put together."""
    global _service  # noqa: PLW0603 - the one accessor for what the lifespan built
    _service = service


class _Nothing:
    """An awaitable that is over already, for a scheduler that was not started."""

    def __await__(self) -> Generator[None, None, None]:
        yield from ()
