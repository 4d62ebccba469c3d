"""Runs jobs when they are due, each tick once, and knows how every run ended.

APScheduler only wakes us. What is due, what was missed and what is next comes from `schedule.py`; that a tick runs
once, and what became of it, from the ledger.
"""

import asyncio
import contextvars
from collections.abc import Awaitable, Callable, Generator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol, cast

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.schedulers.base import STATE_PAUSED, STATE_RUNNING
from apscheduler.triggers.base import BaseTrigger

from vintagestory_api.errors import Conflict, NotFound, Unavailable
from vintagestory_api.events import EventBus, JobChanged, RunChanged
from vintagestory_api.kit.clock import Clock, SystemClock, from_ms
from vintagestory_api.services.clock_watchdog import ClockWatchdog
from vintagestory_api.services.run_execution import JobFunction, JobPolicy, RunExecution
from vintagestory_api.services.run_records import JobMemory, NoLedger, RunLedger, RunRecord
from vintagestory_api.services.schedule import MAX_COUNTED_TICKS, Cron, Interval, LastTick, Schedule, Trigger, due_at_start

log = structlog.get_logger(__name__)

SHUTDOWN_SECONDS = 10.0
#: Of these, what remains for jobs that had to be cancelled, and at the very end for the ledger.
_CANCEL_SECONDS = 1.5
_FLUSH_SECONDS = 0.4
_SAVE_EVERY_SECONDS = 2.0
#: Progress is published no more often than this.
PROGRESS_EVERY_SECONDS = 0.25
#: APScheduler must never hold a tick back; whether a job may overlap is decided, and recorded, here.
_MANY_INSTANCES = 1_000_000


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


@dataclass(frozen=True)
class ScheduledJob:
    """A registered job as others see it. Times are integer UTC milliseconds."""

    id: str
    title: str
    schedule: Schedule
    paused_reason: str | None
    running: RunRecord | None
    next_run_ms: int | None

    @property
    def trigger(self) -> str:
        return "interval" if isinstance(self.schedule, Interval) else "cron"

    @property
    def interval_seconds(self) -> float | None:
        return self.schedule.every_ms / 1000 if isinstance(self.schedule, Interval) else None

    @property
    def cron(self) -> str | None:
        return self.schedule.expression if isinstance(self.schedule, Cron) else None

    @property
    def zone(self) -> str | None:
        return self.schedule.zone if isinstance(self.schedule, Cron) else None

    @property
    def next_run_time(self) -> datetime | None:
        return None if self.next_run_ms is None else from_ms(self.next_run_ms)


@dataclass
class _Job:
    id: str
    func: JobFunction
    schedule: Schedule
    policy: JobPolicy
    last_tick: LastTick | None
    paused_reason: str | None
    wake_at: int | None = None
    first_trigger: Trigger | None = None
    #: When, in this life, its schedule was changed or it was turned on: none of its ticks was missed before.
    began_at: int | None = None
    latest_skip: RunRecord | None = None


class _Waker(Protocol):
    """The part of APScheduler that we use."""

    state: int

    def start(self) -> None: ...
    def pause(self) -> None: ...
    def shutdown(self, wait: bool = True) -> None: ...
    def add_job(self, func: Callable[..., Any], **options: Any) -> Any: ...
    def remove_job(self, job_id: str) -> None: ...


class _NextTick(BaseTrigger):  # type: ignore[misc] # APScheduler has no type information
    """Always the first tick after now: a job that slept for a year is woken once, not once for each missed tick."""

    def __init__(self, schedule: Schedule, clock: Clock) -> None:
        self._schedule = schedule
        self._clock = clock

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime | None:  # noqa: ARG002 - see above
        tick = self._schedule.next_after(self._clock.now_ms())
        return None if tick is None else _as_waker_time(tick, self._clock)


def _as_waker_time(moment: int, clock: Clock) -> datetime:
    """When APScheduler's own clock will show what `clock` shows at `moment`; rounded up, so that it never wakes us early."""
    return datetime.now(UTC) + timedelta(milliseconds=moment - clock.now_ms())


@dataclass
class _Executions:
    """What runs at this moment, by run id."""

    by_run: dict[str, RunExecution] = field(default_factory=dict)
    tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def of_job(self, job_id: str, server_key: str = "") -> RunExecution | None:
        wanted = (job_id, server_key)
        return next((found for found in self.by_run.values() if (found.run.job_id, found.run.server_key) == wanted), None)


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
        self._jobs: dict[str, _Job] = {}
        self._remembered: dict[str, JobMemory] = dict(self._ledger.memories())
        self._were_off: set[str] = set()
        #: Until then the wall clock shows times for the second time, after it was set back so often.
        self._repeats_until = 0
        self._set_backs = 0
        self._running = _Executions()
        self._waker: _Waker | None = None
        self._watchdog: ClockWatchdog | None = None
        self._followers: list[asyncio.Task[None]] = []
        self._drain: asyncio.Future[None] | None = None

    # Life

    @property
    def is_running(self) -> bool:
        return self._waker is not None and self._waker.state == STATE_RUNNING

    @property
    def status(self) -> str:
        """`running`, `paused`, `stopping` or `stopped`."""
        if self._drain is not None and not self._drain.done():
            return "stopping"
        if self._waker is None:
            return "stopped"
        return {STATE_RUNNING: "running", STATE_PAUSED: "paused"}.get(self._waker.state, "stopped")

    def start(self) -> None:
        """Begin to run jobs. Needs a running event loop. Jobs that were added before are scheduled now.

        Raises `SchedulerStopping` while a shutdown is under way.
        """
        if self.is_running:
            return
        if self.status == "stopping":
            raise SchedulerStopping("The scheduler is still stopping. Wait for that, then start it again.")
        waker = cast("_Waker", AsyncIOScheduler(timezone=UTC))
        waker.start()
        self._drain, self._waker = None, waker
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
        self._waker.shutdown(wait=False)
        self._waker = None
        log.info("scheduler_stopped")

    # Jobs

    def add_interval_job(
        self, func: JobFunction, seconds: float, job_id: str, *, policy: JobPolicy | None = None
    ) -> ScheduledJob:
        """Run `func` every `seconds`; a job of this id is replaced, and a run of it goes on.

        Raises `InvalidInterval` when `seconds` is no positive number.
        """
        return self._add(job_id, func, Interval.for_job(job_id, seconds), policy)

    def add_cron_job(
        self, func: JobFunction, cron_expression: str, job_id: str, *, zone: str = "UTC", policy: JobPolicy | None = None
    ) -> ScheduledJob:
        """Run `func` at the times of a cron expression, in an IANA time zone. Raises `InvalidCron`."""
        return self._add(job_id, func, Cron.parse(cron_expression, zone), policy)

    def remove_job(self, job_id: str) -> None:
        """Take a job out of the schedule; a run of it goes on. Raises `UnknownJob`."""
        self._were_off.add(job_id)
        job = self._job(job_id)
        self._remembered[job_id] = JobMemory(job.last_tick, job.paused_reason)
        del self._jobs[job_id]
        if self._waker is not None:
            self._waker.remove_job(job_id)
        self._bus.publish(JobChanged(job_id))

    def get_jobs(self) -> list[ScheduledJob]:
        return [self._view(job) for job in self._jobs.values()]

    def get_job(self, job_id: str) -> ScheduledJob:
        return self._view(self._job(job_id))

    @property
    def job_count(self) -> int:
        return len(self._jobs)

    def _add(self, job_id: str, func: JobFunction, schedule: Schedule, policy: JobPolicy | None) -> ScheduledJob:
        known = self._jobs.get(job_id)
        if known is not None and known.func is func and known.schedule == schedule and policy is None:
            return self._view(known)
        memory = JobMemory(known.last_tick, known.paused_reason) if known else self._remembered.get(job_id, JobMemory())
        job = _Job(
            id=job_id,
            func=func,
            schedule=schedule,
            policy=policy or self._policies.get(job_id) or JobPolicy(),
            last_tick=memory.last_tick,
            paused_reason=memory.paused_reason,
            began_at=self._clock.now_ms() if known or job_id in self._were_off else None,
        )
        self._jobs[job_id] = job
        if self._waker is not None:
            self._schedule_first(job)
        self._bus.publish(JobChanged(job_id))
        return self._view(job)

    def _job(self, job_id: str) -> _Job:
        try:
            return self._jobs[job_id]
        except KeyError:
            raise UnknownJob(job_id) from None

    def _view(self, job: _Job) -> ScheduledJob:
        return ScheduledJob(
            id=job.id,
            title=job.policy.title or job.id,
            schedule=job.schedule,
            paused_reason=job.paused_reason,
            running=self.running_of(job.id),
            next_run_ms=None if job.paused_reason is not None else self._next_run_ms(job),
        )

    def _next_run_ms(self, job: _Job) -> int | None:
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
    ) -> RunRecord:
        """Start a run now, apart from the schedule; returns it as soon as it is recorded.

        `func` allows a job that isn't in the schedule. Runs of one job for different servers (`server_key`) may run at the same
        time, and so may those of one that runs `beside_others`. Raises `AlreadyRunning` (with the run's id), `UnknownJob`,
        `SchedulerStopping`, or `Unavailable` when the run can't be recorded.
        """
        job = self._jobs.get(job_id)
        if job is None and func is None:
            raise UnknownJob(job_id)
        if not self.is_running:
            raise SchedulerStopping("The scheduler does not run jobs at the moment. Try again when the manager has started.")
        if not beside_others and (running := self._running.of_job(job_id, server_key)):
            raise AlreadyRunning(f"{job_id} is running already. Wait for it, or cancel it first.", run_id=running.run.id)
        now = self._clock.now_ms()
        run = RunRecord(job_id, trigger, scheduled_for=now, state="running", started_at=now, server_key=server_key)
        policy = job.policy if job else self._policies.get(job_id, JobPolicy())
        execution = self._prepare(run, func or cast("_Job", job).func, policy)
        try:
            await self._ledger.claim(run)
        except BaseException:
            del self._running.by_run[run.id]
            raise
        self._launch(execution)
        return run

    def cancel_run(self, run_id: str) -> RunRecord:
        """Ask a running run to stop. Raises `RunNotRunning`."""
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

    def _schedule_first(self, job: _Job) -> None:
        now = self._clock.now_ms()
        due = due_at_start(job.schedule, job.last_tick, now, catch_up=job.policy.catch_up)
        job.first_trigger = due.trigger if due else None
        self._wake(job, now if due else job.schedule.next_after(now))

    def _reschedule_all(self, jumped_seconds: float) -> None:
        """After a jump of the wall clock: what is due by the new time runs now, the rest waits for its next tick."""
        log.warning("clock_jumped", seconds=round(jumped_seconds, 3))
        now = self._clock.now_ms()
        self._note_set_back(now - round(jumped_seconds * 1000))
        for job in self._jobs.values():
            overdue = job.wake_at is not None and job.wake_at <= now and job.policy.catch_up
            if overdue:
                job.first_trigger = job.first_trigger or "catch_up"
            self._wake(job, now if overdue else job.schedule.next_after(now))
            self._bus.publish(JobChanged(job.id))

    def _note_set_back(self, reached: int) -> None:
        """The wall clock was at `reached` before. If that is yet to come again, ticks until then are others than before."""
        if reached > self._clock.now_ms():
            self._set_backs += 1
            self._repeats_until = max(self._repeats_until, reached)

    def _wake(self, job: _Job, at: int | None) -> None:
        job.wake_at = at
        if self._waker is None:
            return
        self._waker.add_job(
            self._tick,
            trigger=_NextTick(job.schedule, self._clock),
            next_run_time=None if at is None else _as_waker_time(at, self._clock),
            args=[job.id],
            id=job.id,
            replace_existing=True,
            misfire_grace_time=None,
            coalesce=True,
            max_instances=_MANY_INSTANCES,
        )

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
        self._keep(asyncio.create_task(self._handle_tick(job, tick, trigger, since), context=contextvars.Context()))

    async def _handle_tick(self, job: _Job, tick: int, trigger: Trigger, since: int | None) -> None:
        if not self.is_running:
            return
        try:
            if since is not None and (missed := job.schedule.count_between(since, tick)):
                await self._note_missed(job, job.schedule.next_after(since) or tick, missed, "manager_away")
            if tick <= self._repeats_until:
                tick += self._set_backs  # milliseconds: another key in the ledger than the tick of the first time
            late = (self._clock.now_ms() - tick) / 1000
            deadline = job.policy.start_deadline_seconds
            if deadline is not None and late > deadline:
                await self._note_missed(job, tick, 1, "start_deadline")
            elif reason := self._reason_to_skip(job):
                await self._note_skip(job, tick, trigger, reason)
            else:
                job.latest_skip = None
                await self._claim_and_run(job, tick, trigger)
        except Unavailable as error:
            log.error("run_not_recorded", job=job.id, error=error.message)  # noqa: TRY400 - the message says it all

    def _reason_to_skip(self, job: _Job) -> str | None:
        if job.paused_reason is not None:
            return "paused"
        if self._running.of_job(job.id):
            return "still_running"
        return self._skip_reason(job.id)

    async def _claim_and_run(self, job: _Job, tick: int, trigger: Trigger) -> None:
        run = RunRecord(job.id, trigger, scheduled_for=tick, state="running", started_at=self._clock.now_ms())
        execution = self._prepare(run, job.func, job.policy)
        claimed = False
        try:
            claimed = await self._ledger.claim(run)
        finally:
            if not claimed:
                del self._running.by_run[run.id]
        if claimed:
            await self._run(execution)

    async def _note_missed(self, job: _Job, tick: int, count: int, reason: str) -> None:
        now = self._clock.now_ms()
        at_least = "at least " if count == MAX_COUNTED_TICKS and isinstance(job.schedule, Cron) else ""
        message = "1 tick was missed" if count == 1 else f"{at_least}{count} ticks were missed"
        log.warning("job_ticks_missed", job=job.id, count=count, reason=reason)
        run = RunRecord(job.id, "schedule", tick, "missed", ended_at=now, reason=reason, ticks=count, message=message)
        await self._ledger.add(run)
        self._publish(run)

    async def _note_skip(self, job: _Job, tick: int, trigger: Trigger, reason: str) -> None:
        """Ticks skipped one after the other for the same reason share a row."""
        now = self._clock.now_ms()
        latest = job.latest_skip
        if latest is not None and latest.reason == reason:
            ticks = latest.ticks + 1
            job.latest_skip = latest.changed(ended_at=now, ticks=ticks, message=f"{ticks} ticks skipped")
            self._ledger.save(job.latest_skip)
            self._publish(job.latest_skip)
            return
        message = f"Paused: {job.paused_reason}" if reason == "paused" else None
        job.latest_skip = RunRecord(job.id, trigger, tick, "skipped", ended_at=now, reason=reason, message=message)
        log.info("job_skipped", job=job.id, reason=reason)
        await self._ledger.add(job.latest_skip)
        self._publish(job.latest_skip)

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
                self._running.by_run.pop(execution.run.id, None)

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
                    self._running.by_run.pop(run_id, None)
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
