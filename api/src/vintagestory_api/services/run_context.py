"""What a running job can say about itself: log lines, progress, outcome, and whether it should stop."""

import asyncio
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Literal, ParamSpec, TypeVar

from vintagestory_api.errors import ManagerError
from vintagestory_api.kit.redaction import redact, text_of

P = ParamSpec("P")
R = TypeVar("R")

#: `replaced`: the next run of the job takes its place.
CancelCause = Literal["timeout", "user", "shutdown", "replaced"]

#: A run keeps its first and its latest lines; what falls out between is counted.
FIRST_LINES, LATEST_LINES, LINE_LENGTH = 100, 400, 2_000
TRACEBACK_LENGTH = 16_000


@dataclass(frozen=True)
class RunLine:
    seq: int
    time_ms: int
    level: str
    message: str


@dataclass
class RunContext:
    """One run while it runs. Safe to use from the job's threads."""

    run_id: str
    job_id: str
    progress: float | None = None
    message: str | None = None
    outcome: Literal["succeeded", "failed", "timed_out", "skipped"] | None = None
    reason: str | None = None
    report: dict[str, Any] | None = None
    error: dict[str, str] | None = None
    permanent_failure: bool = False
    cancel_cause: CancelCause | None = None
    stop_requested: threading.Event = field(default_factory=threading.Event)
    #: So many parts of its work are not to be cut off: they are waited for.
    unfinished: int = 0
    changed: Callable[[], None] = lambda: None
    _first: list[RunLine] = field(default_factory=list)
    _latest: deque[RunLine] = field(default_factory=lambda: deque(maxlen=LATEST_LINES))
    _seq: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add_line(self, level: str, message: str) -> None:
        """Keep one log line with the run. `message` must be free of secrets already."""
        if len(message) > LINE_LENGTH:
            message = message[: LINE_LENGTH - 1] + "…"
        with self._lock:
            self._seq += 1
            line = RunLine(self._seq, time.time_ns() // 1_000_000, level, message)
            if len(self._first) < FIRST_LINES:
                self._first.append(line)
            else:
                self._latest.append(line)
        self.changed()

    def lines(self, after: int = 0) -> list[RunLine]:
        with self._lock:
            return [line for line in (*self._first, *self._latest) if line.seq > after]

    def report_progress(self, fraction: float | None, message: str) -> None:
        """`fraction` from 0 to 1, or None where the end is not known; `message` is one line in plain words."""
        self.progress = None if fraction is None else min(1.0, max(0.0, fraction))
        self.message = redact(message)[:LINE_LENGTH]
        self.changed()

    def begin_attempt(self) -> None:
        self.outcome = self.report = self.error = self.reason = None
        self.permanent_failure = False
        self.progress = self.message = None
        self.stop_requested.clear()

    def succeed(self, report: dict[str, Any] | None) -> None:
        self.outcome, self.report = "succeeded", report

    def fail(self, error: BaseException) -> None:
        self.outcome, self.error = "failed", describe_error(error)
        # An error that says so of itself is not worth a second attempt.
        self.permanent_failure = bool(getattr(error, "permanent", False))

    def skip(self, reason: str) -> None:
        self.outcome, self.reason = "skipped", reason

    def time_out(self, message: str) -> None:
        """The job itself has ended because its time was over."""
        self.outcome = "timed_out"
        self.error = {"type": "Timeout", "message": redact(message)[:LINE_LENGTH], "traceback": ""}

    @contextmanager
    def until_done(self) -> Iterator[None]:
        """What goes on in the block is waited for when the run is cancelled, however long it takes."""
        self.unfinished += 1
        try:
            yield
        finally:
            self.unfinished -= 1


current_run: ContextVar[RunContext | None] = ContextVar("current_run", default=None)


def report_progress(fraction: float | None, message: str) -> None:
    """Tell how far the current run is; does nothing outside a run."""
    if run := current_run.get():
        run.report_progress(fraction, message)


def should_stop() -> bool:
    """For work in a thread: True once the current run was cancelled or timed out, so the thread should end."""
    run = current_run.get()
    return run is not None and run.stop_requested.is_set()


async def in_thread(func: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Run `func` in a thread. When the run is cancelled, `should_stop()` turns True there, and this call
    ends, with the cancellation, only when the thread has: no run is over while its thread still works.
    """
    run = current_run.get()
    if run is None:
        return await asyncio.to_thread(func, *args, **kwargs)
    with run.until_done():
        thread = asyncio.ensure_future(asyncio.to_thread(func, *args, **kwargs))
        cancelled: asyncio.CancelledError | None = None
        while not thread.done():
            try:
                await asyncio.wait({thread})
            except asyncio.CancelledError as error:
                run.stop_requested.set()
                cancelled = error
        if cancelled is not None:
            if not thread.cancelled():
                thread.exception()  # looked at, so that it isn't reported as forgotten
            raise cancelled
        return thread.result()


async def to_its_end(work: asyncio.Future[Any]) -> None:
    """Wait for what must not be cut off, whoever wants this to stop; how it ends is for others to look at."""
    while not work.done():
        with suppress(asyncio.CancelledError):
            await asyncio.wait({work})
    if not work.cancelled():
        work.exception()


def describe_error(error: BaseException) -> dict[str, str]:
    """Type, message and traceback of an error as text, bounded and without secrets. What a person can act on has no traceback."""
    message = text_of(error)[:TRACEBACK_LENGTH]
    trace = "" if isinstance(error, ManagerError) else "".join(traceback.format_exception(error))
    if len(trace) > TRACEBACK_LENGTH:
        trace = trace[: TRACEBACK_LENGTH // 2] + "\n…\n" + trace[-TRACEBACK_LENGTH // 2 :]
    return {"type": type(error).__name__, "message": redact(message)[:LINE_LENGTH], "traceback": redact(trace)}
