"""The part of APScheduler that we use: it wakes us, and decides nothing."""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol, cast

from apscheduler.jobstores.base import JobLookupError
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.schedulers.base import STATE_PAUSED, STATE_RUNNING
from apscheduler.triggers.base import BaseTrigger

from vintagestory_api.kit.clock import Clock
from vintagestory_api.services.schedule import Schedule, part_of

#: APScheduler must never hold a tick back; whether a job may overlap is decided, and recorded, elsewhere.
_MANY_INSTANCES = 1_000_000


class _Library(Protocol):
    state: int

    def start(self) -> None: ...
    def pause(self) -> None: ...
    def shutdown(self, wait: bool = True) -> None: ...
    def add_job(self, func: Callable[..., Any], **options: Any) -> Any: ...
    def remove_job(self, job_id: str) -> None: ...


class Waker:
    """`tick` is called with the id of each job that is due, from a task of the library's own."""

    def __init__(self, clock: Clock, tick: Callable[[str], Any]) -> None:
        self._clock = clock
        self._tick = tick
        self._library = cast("_Library", AsyncIOScheduler(timezone=UTC))
        self._library.start()

    @property
    def status(self) -> str:
        """`running`, `paused` or `stopped`."""
        return {STATE_RUNNING: "running", STATE_PAUSED: "paused"}.get(self._library.state, "stopped")

    def pause(self) -> None:
        self._library.pause()

    def stop(self) -> None:
        self._library.shutdown(wait=False)

    def wake(self, job_id: str, schedule: Schedule, at: int | None, *, spread_ms: int = 0) -> None:
        """At that moment, then at each tick of the schedule; None: never. Each time up to `spread_ms` later, always the same for
        a job: so that many that are due at the same moment don't hold up everybody else."""
        if at is None:
            self.forget(job_id)
            return
        delay = part_of(spread_ms, job_id) if spread_ms else 0
        self._library.add_job(
            self._tick,
            trigger=_NextTick(schedule, self._clock, delay),
            next_run_time=_library_time(at + delay, self._clock),
            args=[job_id],
            id=job_id,
            replace_existing=True,
            misfire_grace_time=None,
            coalesce=True,
            max_instances=_MANY_INSTANCES,
        )

    def forget(self, job_id: str) -> None:
        with suppress(JobLookupError):
            self._library.remove_job(job_id)


class _NextTick(BaseTrigger):  # type: ignore[misc] # APScheduler has no type information
    """Always the first tick after now: a job that slept for a year is woken once, not once for each missed tick."""

    def __init__(self, schedule: Schedule, clock: Clock, delay_ms: int = 0) -> None:
        self._schedule = schedule
        self._clock = clock
        self._delay_ms = delay_ms

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime | None:  # noqa: ARG002 - see above
        tick = self._schedule.next_after(self._clock.now_ms())
        return None if tick is None else _library_time(tick + self._delay_ms, self._clock)


def _library_time(moment: int, clock: Clock) -> datetime:
    """When APScheduler's own clock will show what `clock` shows at `moment`; rounded up, so that it never wakes us early."""
    return datetime.now(UTC) + timedelta(milliseconds=moment - clock.now_ms())
