"""A run as it is recorded, and what the scheduler asks of whoever records it."""

import socket
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Protocol

from vintagestory_api.kit.clock import rfc3339
from vintagestory_api.kit.ids import uuid7
from vintagestory_api.services.run_context import RunLine
from vintagestory_api.services.schedule import LastTick, Trigger

RunState = Literal["queued", "running", "succeeded", "failed", "timed_out", "cancelled", "skipped", "missed", "lost"]

RUN_STATES: tuple[RunState, ...] = (
    "queued", "running", "succeeded", "failed", "timed_out", "cancelled", "skipped", "missed", "lost",
)  # fmt: skip
FINAL_STATES = frozenset(RUN_STATES) - {"queued", "running"}
#: Triggers whose runs stand for a tick of the schedule; only these are unique per tick.
TICK_TRIGGERS = ("schedule", "startup", "catch_up")

HOST = socket.gethostname()


@dataclass(frozen=True)
class RunRecord:
    """One row of the ledger. Times are integer UTC milliseconds; `server_key` is '' where no server is meant.

    `ticks` counts the ticks of the schedule that the row stands for: more than one for a gap that was missed,
    or for ticks that were skipped one after the other for the same reason.
    """

    job_id: str
    trigger: Trigger
    scheduled_for: int
    state: RunState
    id: str = field(default_factory=uuid7)
    server_key: str = ""
    started_at: int | None = None
    ended_at: int | None = None
    reason: str | None = None
    attempt: int = 1
    ticks: int = 1
    progress: float | None = None
    message: str | None = None
    report: dict[str, Any] | None = None
    error: dict[str, str] | None = None
    log: tuple[RunLine, ...] = ()
    host: str = HOST

    @property
    def is_final(self) -> bool:
        return self.state in FINAL_STATES

    def changed(self, **fields: Any) -> "RunRecord":
        return replace(self, **fields)

    def public(self) -> dict[str, Any]:
        """The run as the API shows it, without its log."""
        return {
            "id": self.id,
            "job_id": self.job_id,
            "server_id": self.server_key or None,
            "trigger": self.trigger,
            "scheduled_for": rfc3339(self.scheduled_for),
            "started_at": rfc3339(self.started_at),
            "ended_at": rfc3339(self.ended_at),
            "state": self.state,
            "reason": self.reason,
            "attempt": self.attempt,
            "ticks": self.ticks,
            "progress": self.progress,
            "message": self.message,
            "report": self.report,
            "error": self.error,
        }


@dataclass(frozen=True)
class JobMemory:
    """What outlives a restart of the manager, for one job."""

    last_tick: LastTick | None = None
    paused_reason: str | None = None


class RunLedger(Protocol):
    """Where runs are recorded. `claim` is the only question; the others tell."""

    def memories(self) -> Mapping[str, JobMemory]:
        """What is known of each job from earlier lives, read when the ledger was opened."""
        ...

    async def claim(self, run: RunRecord) -> bool:
        """Record the run and thereby take its tick; False when that tick was taken before.

        Returns after the row is safely stored. Raises `Unavailable` when it can't be.
        """
        ...

    async def add(self, run: RunRecord) -> None:
        """Record something that did not run (skipped, missed); a tick that is known already stays as it is."""
        ...

    def save(self, run: RunRecord) -> None:
        """Store the run's present state soon; a final state is kept and tried again until it is stored."""
        ...

    async def flush(self) -> None:
        """Wait until what was saved so far is stored, or can't be."""
        ...

    async def set_pause(self, job_id: str, reason: str | None, actor: str) -> None:
        """Remember that a job is paused, and why; None ends the pause."""
        ...


class NoLedger:
    """Records nothing. Claims hold within this process, so that a tick still runs once."""

    def __init__(self) -> None:
        self._latest: dict[tuple[str, str], int] = {}

    def memories(self) -> Mapping[str, JobMemory]:
        return {}

    async def claim(self, run: RunRecord) -> bool:
        if run.trigger in TICK_TRIGGERS:
            key = (run.job_id, run.server_key)
            if self._latest.get(key) == run.scheduled_for:
                return False
            self._latest[key] = run.scheduled_for
        return True

    async def add(self, run: RunRecord) -> None: ...

    def save(self, run: RunRecord) -> None: ...

    async def flush(self) -> None: ...

    async def set_pause(self, job_id: str, reason: str | None, actor: str) -> None: ...
