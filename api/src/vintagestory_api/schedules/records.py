"""A schedule as it is stored. Times in UTC milliseconds."""

from dataclasses import dataclass, field, replace
from typing import Any

from vintagestory_api.kit.ids import uuid7
from vintagestory_api.schedules.schemas import ScheduleBody, Step

JOB_PREFIX = "schedule:"


@dataclass(frozen=True)
class ScheduleRecord:
    """`due_since`: when it was turned on, or got the trigger that it has. What would have been due before was not missed."""

    server_id: str
    body: ScheduleBody
    created_at: int
    created_by: str
    updated_at: int
    due_since: int
    id: str = field(default_factory=uuid7)

    @property
    def job_id(self) -> str:
        return JOB_PREFIX + self.id

    @property
    def name(self) -> str:
        return self.body.name

    def changed(self, **fields: Any) -> "ScheduleRecord":
        return replace(self, **fields)


@dataclass(frozen=True)
class Debt:
    """The `finally` steps of a run that has not done them yet. `attempts`: so often they were begun anew."""

    run_id: str
    schedule_id: str
    server_id: str
    name: str
    since: int
    steps: tuple[Step, ...]
    attempts: int = 0

    @property
    def job_id(self) -> str:
        return JOB_PREFIX + self.schedule_id
