"""How a job is doing, from what is recorded of it."""

from typing import Literal

from vintagestory_api.runs.ledger import JobHistory
from vintagestory_api.services.schedule import Interval
from vintagestory_api.services.scheduled_job import ScheduledJob

JobHealth = Literal["ok", "failing", "late", "never_ran", "paused", "off"]

FAILED_STATES = frozenset({"failed", "timed_out", "lost"})
#: Beyond two intervals, so much more is allowed before a job counts as late.
_GRACE_MS = 60_000


def job_health(registered: ScheduledJob | None, history: JobHistory, now_ms: int) -> JobHealth:
    if registered is None:
        return "off"
    if registered.paused_reason is not None:
        return "paused"
    if history.latest is None:
        return "never_ran"
    if history.latest.state in FAILED_STATES:
        return "failing"
    due_at = late_since(registered, history)
    return "late" if due_at is not None and now_ms > due_at else "ok"


def late_since(registered: ScheduledJob, history: JobHistory) -> int | None:
    """From which moment on the job counts as late, in UTC milliseconds; None where that can't be said."""
    latest, schedule = history.latest, registered.schedule
    if latest is None or registered.running is not None or not isinstance(schedule, Interval):
        return None
    return (latest.ended_at or latest.scheduled_for) + 2 * schedule.every_ms + _GRACE_MS


def failing_since(history: JobHistory) -> int | None:
    """When the first of the failures ended that came one after the other up to now, as far back as `history.recent` goes."""
    since = None
    for run in reversed(history.recent):
        if run.state in FAILED_STATES:
            since = run.ended_at or run.scheduled_for
        elif run.is_final and run.state not in {"skipped", "missed"}:
            break
    return since
