"""A job in the timetable: as the scheduler keeps it, and as others see it. Times are integer UTC milliseconds."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from vintagestory_api.kit.clock import from_ms
from vintagestory_api.services.run_execution import JobFunction, JobPolicy
from vintagestory_api.services.run_records import RunRecord
from vintagestory_api.services.schedule import Cron, Interval, LastTick, NoTicks, Schedule, Trigger


class Skip(NamedTuple):
    """Why a tick does not run: a short name, and a sentence where that is worth one."""

    reason: str
    message: str | None = None


#: Asked before a tick of a job runs; what it returns is recorded instead of a run.
Gate = Callable[[], Awaitable[Skip | None]]


@dataclass(frozen=True)
class ScheduledJob:
    """A registered job as others see it."""

    id: str
    title: str
    schedule: Schedule
    paused_reason: str | None
    running: RunRecord | None
    next_run_ms: int | None
    last_tick_ms: int | None = None

    @property
    def trigger(self) -> str:
        if isinstance(self.schedule, NoTicks):
            return "event"
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
class RegisteredJob:
    id: str
    func: JobFunction
    server_key: str = ""
    gate: Gate | None = None
    schedule: Schedule = field(default_factory=NoTicks)
    policy: JobPolicy = field(default_factory=JobPolicy)
    last_tick: LastTick | None = None
    paused_reason: str | None = None
    wake_at: int | None = None
    first_trigger: Trigger | None = None
    #: When, in this life, its schedule was changed or it was turned on: none of its ticks was missed before.
    began_at: int | None = None
    latest_skip: RunRecord | None = None
