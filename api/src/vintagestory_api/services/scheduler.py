"""Runs jobs when they are due, each tick once, and knows how every run ended.

APScheduler only wakes us. `ticks.py` decides what becomes of each tick, `executions.py` sees runs to their end.
"""

import asyncio
from collections.abc import Awaitable, Callable, Generator, Mapping
from contextlib import suppress
from typing import cast

import structlog

from vintagestory_api.errors import Conflict, NotFound, Unavailable
from vintagestory_api.events import EventBus, JobChanged
from vintagestory_api.kit.clock import Clock, SystemClock
from vintagestory_api.services.clock_watchdog import ClockWatchdog
from vintagestory_api.services.executions import Executions
from vintagestory_api.services.run_execution import JobFunction, JobPolicy
from vintagestory_api.services.run_records import JobMemory, NoLedger, RunLedger, RunRecord
from vintagestory_api.services.schedule import (
    Cron,
    Interval,
    LastTick,
    NoTicks,
    Schedule,
    Trigger,
)
from vintagestory_api.services.scheduled_job import Gate, RegisteredJob, ScheduledJob, Skip
from vintagestory_api.services.ticks import Ticks
from vintagestory_api.services.waker import Waker

log = structlog.get_logger(__name__)

SHUTDOWN_SECONDS = 10.0
#: Of these, what remains for jobs that had to be cancelled, and at the very end for the ledger.
_CANCEL_SECONDS = 1.5
_FLUSH_SECONDS = 0.4


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
        self._clock = clock or SystemClock()
        self._bus = bus or EventBus()
        self._jobs: dict[str, RegisteredJob] = {}
        self._remembered: dict[str, JobMemory] = dict(self._ledger.memories())
        self._were_off: set[str] = set()
        self._waker: Waker | None = None
        self._running = Executions(self._ledger, self._clock, self._bus)
        self._ticks = Ticks(
            self._jobs,
            self._running,
            self._ledger,
            self._clock,
            self._bus,
            waker=lambda: self._waker,
            is_running=lambda: self.is_running,
            skip_reason=skip_reason,
        )
        self._running.ended = self._ticks.note_end
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
        self._drain, self._waker = None, Waker(self._clock, self._ticks.tick)
        self._ticks.note_set_back(
            max((memory.last_tick.scheduled_for for memory in self._remembered.values() if memory.last_tick), default=0)
        )
        self._watchdog = ClockWatchdog(self._clock, on_jump=self._ticks.reschedule_all, running_jobs=self.running_job_ids)
        self._watchdog.start()
        self._followers = [asyncio.create_task(self._running.save_changes()), asyncio.create_task(self._running.tell_progress())]
        for job in self._jobs.values():
            self._ticks.schedule_first(job)
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
            self._ticks.schedule_first(job)
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
        execution = self._running.prepare(run, func or cast("RegisteredJob", job).func, policy)
        try:
            await self._ledger.claim(run)
        except BaseException:
            self._running.release(run.id)
            raise
        self._running.launch(execution)
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
        return self._running.job_ids

    def occur(self, job_id: str, skip: Skip | None = None) -> None:
        """What the job waits for has happened: run it, unless something speaks against that. With `skip` it is only recorded, and
        why it does not run. Unknown jobs are left alone."""
        self._ticks.occur(job_id, skip)


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
