"""Notices what timers can't: jumps of the wall clock, a machine that was suspended, an event loop that was blocked."""

import asyncio
from collections.abc import Callable

import structlog

from vintagestory_api.kit.clock import Clock

log = structlog.get_logger(__name__)

CHECK_EVERY_SECONDS = 1.0
#: A difference between wall clock and monotonic clock that is more than rounding and slow correction by NTP.
JUMP_SECONDS = 1.0
#: A loop that came back this much too late was blocked by somebody.
BLOCKED_SECONDS = 0.5


class ClockWatchdog:
    """`on_jump` gets the seconds that the wall clock moved beyond the time that passed (negative: set back)."""

    def __init__(self, clock: Clock, *, on_jump: Callable[[float], None], running_jobs: Callable[[], list[str]]) -> None:
        self._clock = clock
        self._on_jump = on_jump
        self._running_jobs = running_jobs
        self._task: asyncio.Task[None] | None = None
        self._wall_ms = 0
        self._monotonic = 0.0

    def start(self) -> None:
        self._take_time()
        self._task = asyncio.create_task(self._watch())

    def stop(self) -> None:
        if self._task:
            self._task.cancel()

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(CHECK_EVERY_SECONDS)
            self.check()

    def check(self) -> None:
        """Compare both clocks with what they said at the last check."""
        passed = self._clock.monotonic() - self._monotonic
        jumped = (self._clock.now_ms() - self._wall_ms) / 1000 - passed
        self._take_time()
        if abs(jumped) >= JUMP_SECONDS:
            self._on_jump(jumped)
        if passed - CHECK_EVERY_SECONDS >= BLOCKED_SECONDS:
            log.warning("event_loop_blocked", seconds=round(passed - CHECK_EVERY_SECONDS, 3), running_jobs=self._running_jobs())

    def _take_time(self) -> None:
        self._wall_ms, self._monotonic = self._clock.now_ms(), self._clock.monotonic()
