"""One run from claim to final state: timeout, retries, cancellation with its cause, progress on the way."""

import asyncio
import contextvars
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Literal

import structlog

from vintagestory_api.kit.clock import Clock
from vintagestory_api.services.run_context import CancelCause, RunContext, current_run
from vintagestory_api.services.run_records import RunRecord, RunState
from vintagestory_api.services.schedule import CatchUp

log = structlog.get_logger(__name__)

JobFunction = Callable[[], Awaitable[Any]]
Overlap = Literal["skip", "queue", "cancel_previous"]

#: A job that was told to stop gets this long before its run is closed without it.
STOP_GRACE_SECONDS = 10.0
_ASK_AGAIN_SECONDS = 1.0


@dataclass(frozen=True)
class JobPolicy:
    """How a job runs, apart from when. The defaults suit polling. Durations in seconds.

    `retries` counts further attempts after the first; the pause before them starts at `retry_wait_seconds` and doubles
    up to `retry_wait_max_seconds`. `start_deadline_seconds`: a tick that can't start within this time is recorded as
    missed; None starts it however late. `catch_up`: which ticks that came while the manager was away are run at its start, of
    `all` no more than the latest `catch_up_limit`; the others are recorded as missed. `overlap`: what becomes of a tick while the
    run before goes on. It is skipped; or it waits for that to end (one may wait, further ones are skipped); or it has that
    cancelled, waits until it has ended, and takes the place of one that waits. `ends_with_manager`: cancelled at once when the
    manager stops, instead of being given some seconds to end. `spread_seconds`: begin up to so much later than the tick, always
    the same for a job, where many may have the same times.
    """

    title: str = ""
    timeout_seconds: float = 600.0
    retries: int = 0
    retry_wait_seconds: float = 30.0
    retry_wait_max_seconds: float = 600.0
    start_deadline_seconds: float | None = None
    catch_up: CatchUp = "one"
    catch_up_limit: int = 10
    overlap: Overlap = "skip"
    ends_with_manager: bool = False
    spread_seconds: float = 0.0

    def wait_before(self, attempt: int) -> float:
        """Pause before attempt 2, 3, …"""
        return float(min(self.retry_wait_max_seconds, self.retry_wait_seconds * 2 ** (attempt - 2)))


class RunExecution:
    """Runs one claimed run. `run` is its present state; `changed` is called after every change worth storing."""

    def __init__(
        self,
        run: RunRecord,
        func: JobFunction,
        policy: JobPolicy,
        clock: Clock,
        changed: Callable[["RunExecution"], None],
        stop_grace_seconds: float = STOP_GRACE_SECONDS,
    ) -> None:
        self.context = RunContext(run.id, run.job_id, changed=self._note_change)
        self.dirty = False
        self._run = run
        self._func = func
        self._policy = policy
        self._clock = clock
        self._changed = changed
        self._stop_grace_seconds = stop_grace_seconds
        self._cancel_asked: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._work: asyncio.Task[Any] | None = None
        self._waits_for_retry = False
        self._may_retry = True
        self._told_progress: tuple[float | None, str | None] = (None, None)
        #: Nothing of it goes on any more.
        self.over = asyncio.Event()
        #: Why the attempt was told to stop; a cause that comes later changes nothing.
        self._stop_cause: CancelCause | None = None

    @property
    def run(self) -> RunRecord:
        return self._run

    @property
    def still_works(self) -> bool:
        """The run is closed, but its job would not stop and holds on."""
        return self._work is not None and not self._work.done()

    @property
    def is_waiting(self) -> bool:
        """It is claimed, and its turn has not come yet."""
        return self._run.state == "queued"

    async def wait_behind(self, other: "RunExecution") -> None:
        """Until the other has ended, or this one is told to stop."""
        over = asyncio.ensure_future(other.over.wait())
        asked: asyncio.Future[Any] = self._cancel_asked
        try:
            await asyncio.wait({over, asked}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            over.cancel()

    def begin(self) -> None:
        """Its turn has come."""
        self._run = self._run.changed(state="running", started_at=self._clock.now_ms(), message=None)
        self._changed(self)

    def close(self, state: RunState, reason: str | None, message: str | None = None) -> None:
        """It ends without having begun."""
        self._run = self._run.changed(state=state, reason=reason, ended_at=self._clock.now_ms(), message=message)
        self._changed(self)

    def cancel(self, cause: CancelCause) -> None:
        """Ask the run to stop. The first cause is the one that is recorded."""
        if self.context.cancel_cause is None and not self._run.is_final:
            self.context.cancel_cause = cause
            self.context.stop_requested.set()
            self._cancel_asked.set_result(None)

    def prepare_for_shutdown(self) -> None:
        """The manager stops: an attempt that is under way goes on, unless its policy says no, but none follows it."""
        self._may_retry = False
        if self._waits_for_retry or self.is_waiting or self._policy.ends_with_manager:
            self.cancel("shutdown")

    async def execute(self) -> RunRecord:
        """Work until the run has its final state, and return it. Only an outside cancellation is raised."""
        structlog.contextvars.bind_contextvars(job=self._run.job_id, run=self._run.id)
        if self._run.server_key:
            structlog.contextvars.bind_contextvars(server=self._run.server_key)
        current_run.set(self.context)
        attempt = 1
        try:
            while True:
                state, reason = await self._attempt()
                if state not in {"failed", "timed_out"} or not self._is_worth_a_retry(attempt):
                    break
                await self._wait_for_retry(attempt)
                if self.context.cancel_cause:
                    state, reason = "cancelled", self.context.cancel_cause
                    break
                attempt += 1
                self._run = self._run.changed(attempt=attempt, reason=None)
                self._changed(self)
        except asyncio.CancelledError:
            self.cancel("shutdown")
            if self._work:
                self._work.cancel()
            self._finish(*self._stopped_for(self._stop_cause or self.context.cancel_cause or "shutdown"))
            raise
        except Exception as error:
            # Not the job's fault but ours; the run must end all the same.
            self.context.fail(error)
            log.exception("run_execution_failed")
            state, reason = "failed", "internal_error"
        self._finish(state, reason)
        return self._run

    def snapshot(self) -> RunRecord:
        """The run with the progress and the log lines of this moment."""
        if self._run.is_final:
            return self._run
        if self.is_waiting:
            return self._run
        context = self.context
        return self._run.changed(progress=context.progress, message=context.message, log=tuple(context.lines()))

    def new_progress(self) -> RunRecord | None:
        """The run with its progress, when that is another than at the last call; without its log lines."""
        progress = (self.context.progress, self.context.message)
        if progress == self._told_progress or self._run.is_final or self.is_waiting:
            return None
        self._told_progress = progress
        return self._run.changed(progress=progress[0], message=progress[1])

    async def _attempt(self) -> tuple[str, str | None]:
        context = self.context
        context.begin_attempt()
        self._stop_cause = None
        if context.cancel_cause:
            return "cancelled", context.cancel_cause
        self._work = work = asyncio.create_task(_contained(self._func), context=contextvars.copy_context())
        await asyncio.wait({work, self._cancel_asked}, timeout=self._policy.timeout_seconds, return_when=asyncio.FIRST_COMPLETED)
        if not work.done():
            cause: CancelCause = context.cancel_cause or "timeout"
            self._stop_cause = cause
            context.stop_requested.set()
            stopped = await self._stop(work)
            if cause == "timeout":
                log.warning("job_timed_out", timeout_seconds=self._policy.timeout_seconds, stopped=stopped)
            else:
                log.info("job_cancelled", cause=cause, stopped=stopped)
            return self._stopped_for(cause, stopped=stopped)
        return self._outcome(work)

    def _stopped_for(self, cause: CancelCause, *, stopped: bool = True) -> tuple[str, str]:
        reason = cause if stopped else "did_not_stop"
        if cause != "timeout":
            return "cancelled", reason
        message = f"It did not end within {self._policy.timeout_seconds:g} s."
        self.context.error = {"type": "Timeout", "message": message, "traceback": ""}
        return "timed_out", reason

    def _outcome(self, work: asyncio.Task[Any]) -> tuple[str, str | None]:
        context = self.context
        if work.cancelled():
            # Nobody here asked for it: the job cancelled itself, or a library did.
            return "cancelled", context.cancel_cause or "by_itself"
        error = work.exception()
        if error is not None:
            context.fail(error)
            log.error("job_raised", error=context.error["message"] if context.error else "", exc_info=error)
        if context.outcome == "skipped":
            return "skipped", context.reason
        if context.outcome == "failed":
            return "failed", None
        if context.outcome == "timed_out":
            return "timed_out", "timeout"
        if context.cancel_cause and context.outcome is None:
            # It was told to stop and ended in its own way, without saying that its work is done.
            return "cancelled", context.cancel_cause
        return "succeeded", None

    async def _stop(self, work: asyncio.Task[Any]) -> bool:
        """Cancel `work` and wait for it. False when it holds on; work in threads is always waited for."""
        deadline = self._clock.monotonic() + self._stop_grace_seconds
        while not work.done():
            work.cancel()
            await asyncio.wait({work}, timeout=_ASK_AGAIN_SECONDS)
            if self._clock.monotonic() >= deadline and not self.context.unfinished:
                break
        work.add_done_callback(_look_at)
        return work.done()

    def _is_worth_a_retry(self, attempt: int) -> bool:
        context = self.context
        return (
            attempt <= self._policy.retries
            and self._may_retry
            and not context.permanent_failure
            and not context.cancel_cause
            and not self.still_works
        )

    async def _wait_for_retry(self, attempt: int) -> None:
        """Wait until the next attempt may begin, or the run is cancelled."""
        seconds = self._policy.wait_before(attempt + 1)
        log.info("job_retry_scheduled", attempt=attempt + 1, of=self._policy.retries + 1, in_seconds=seconds)
        self.context.report_progress(
            None, f"Attempt {attempt} failed; attempt {attempt + 1} of {self._policy.retries + 1} in {seconds:g} s"
        )
        self._waits_for_retry = True
        await asyncio.wait({self._cancel_asked}, timeout=seconds)
        self._waits_for_retry = False

    def _finish(self, state: str, reason: str | None) -> None:
        context = self.context
        self._run = self.snapshot().changed(
            state=state,
            reason=reason,
            ended_at=self._clock.now_ms(),
            progress=1.0 if state == "succeeded" else context.progress,
            report=context.report,
            error=None if state == "succeeded" else context.error,
        )
        self._changed(self)

    def _note_change(self) -> None:
        self.dirty = True


def _look_at(work: "asyncio.Task[Any]") -> None:
    """So that the failure of a job that was told to stop isn't reported as forgotten."""
    if not work.cancelled():
        work.exception()


async def _contained(func: JobFunction) -> Any:
    """Keep a job that tries to end the process from doing so: asyncio would let SystemExit through to the event loop."""
    try:
        return await func()
    except (SystemExit, KeyboardInterrupt) as error:
        raise RuntimeError(f"The job tried to end the manager ({type(error).__name__}).") from error
    except ExceptionGroup:
        raise
    except BaseExceptionGroup as group:
        # A mix of errors and an exit: the exit must not reach the event loop, and the errors must be seen.
        rest = group.split((Exception, asyncio.CancelledError))[1]
        if rest is not None or group.subgroup(Exception) is not None:
            raise RuntimeError(f"Several errors at once: {group.exceptions!r}") from group
        raise asyncio.CancelledError from group
