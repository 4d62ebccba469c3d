"""Runs as the API shows them."""

from typing import Any, Literal

from pydantic import BaseModel

from vintagestory_api.kit.clock import rfc3339
from vintagestory_api.services.run_context import RunLine
from vintagestory_api.services.run_records import RunRecord

State = Literal["queued", "running", "succeeded", "failed", "timed_out", "cancelled", "skipped", "missed", "lost"]

RunTrigger = Literal["schedule", "manual", "startup", "catch_up", "event"]


class RunError(BaseModel):
    type: str
    message: str
    traceback: str


class Run(BaseModel):
    """One run of a job. `ticks` counts the ticks of the schedule that it stands for; `progress` goes from 0 to 1."""

    id: str
    job_id: str
    server_id: str | None
    trigger: RunTrigger
    scheduled_for: str
    started_at: str | None
    ended_at: str | None
    state: State
    reason: str | None
    attempt: int
    ticks: int
    progress: float | None
    message: str | None
    report: dict[str, Any] | None
    error: RunError | None

    @classmethod
    def of(cls, run: RunRecord) -> "Run":
        return cls.model_validate(run.public())


class RecentRun(BaseModel):
    """A run as the strip of a job's last runs shows it."""

    id: str
    state: State
    trigger: RunTrigger
    scheduled_for: str
    started_at: str | None
    ended_at: str | None
    reason: str | None

    @classmethod
    def of(cls, run: RunRecord) -> "RecentRun":
        return cls(
            id=run.id,
            state=run.state,
            trigger=run.trigger,
            scheduled_for=rfc3339(run.scheduled_for) or "",
            started_at=rfc3339(run.started_at),
            ended_at=rfc3339(run.ended_at),
            reason=run.reason,
        )


class RunList(BaseModel):
    items: list[Run]
    next_cursor: str | None


class LogLine(BaseModel):
    """`seq` counts the lines of the run; a gap shows that lines in the middle of a long log were not kept."""

    seq: int
    time: str
    level: str
    message: str

    @classmethod
    def of(cls, line: RunLine) -> "LogLine":
        return cls(seq=line.seq, time=rfc3339(line.time_ms) or "", level=line.level, message=line.message)


class RunWithLog(Run):
    log: list[LogLine]

    @classmethod
    def of(cls, run: RunRecord) -> "RunWithLog":
        return cls.model_validate({**run.public(), "log": [LogLine.of(line) for line in run.log]})


class RunLog(BaseModel):
    """Lines later than those asked for. `next_after` continues; `finished` says that no more will come."""

    items: list[LogLine]
    next_after: int
    finished: bool
