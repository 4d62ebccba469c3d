"""Which jobs and schedules fail again and again, and which should have run and did not."""

import contextlib
import sqlite3
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final

from vintagestory_api.events import RunChanged
from vintagestory_api.kit.clock import Clock
from vintagestory_api.notifications import alert_rules as rules
from vintagestory_api.notifications.alert_rules import Close, JobState, Signal, key_of
from vintagestory_api.notifications.around import Around
from vintagestory_api.notifications.records import AlertRecord
from vintagestory_api.runs.ledger import RunsLedger
from vintagestory_api.services.scheduler import UnknownJob

if TYPE_CHECKING:
    from vintagestory_api.services.scheduled_job import ScheduledJob

_STREAK_READ: Final = 1000
#: What the ledger has closed as lost since then, it has closed at this start of the manager.
_BEFORE_THE_START_MS: Final = 60_000


class JobWatch:
    """`what_died`, `of_run` and `of_changed_job` are called one after the other; `note` at once, when a run is told of."""

    def __init__(self, ledger: RunsLedger, clock: Clock, around: Around) -> None:
        self._ledger = ledger
        self._clock = clock
        self._around = around
        self._streaks: dict[str, int] = {}
        #: Job → when it was noted that ticks were missed, and in which words, until the job runs again.
        self._missed: dict[str, tuple[int, str, str | None]] = {}
        #: Job → when it is due next, as seen in the latest look.
        self._expected: dict[str, int] = {}

    def note(self, event: RunChanged, open_alerts: Mapping[str, AlertRecord]) -> list[Signal]:
        """Ticks were missed, or the job runs (or has a reason not to), so that no run is missing any more."""
        if event.state == "missed":
            words = str(event.run.get("message") or "It did not run")
            self._missed[event.job_id] = (self._clock.now_ms(), words, event.run.get("server_id"))
        elif event.run.get("started_at") is not None or event.state == "skipped":
            key, was_missed = key_of("job_missed", event.job_id), self._missed.pop(event.job_id, None) is not None
            if was_missed or key in open_alerts:
                return [Close(key)]
        return []

    def forget_times(self, job_id: str) -> None:
        """It is due at other times now, or paused."""
        self._expected.pop(job_id, None)

    def look(self, open_alerts: Mapping[str, AlertRecord]) -> Iterable[Signal]:
        """Which ticks nothing came of, and which alerts are about jobs that are gone."""
        now_ms = self._clock.now_ms()
        grace_ms = self._around.settings().missed_grace_seconds * 1000
        registered = {job.id: job for job in self._around.scheduler().get_jobs()}
        found: list[Signal] = []
        for job in registered.values():
            expected = self._expected.get(job.id)
            is_paused, is_running = job.paused_reason is not None, job.running is not None
            state = JobState(job.id, job.title, is_paused, is_running, job.last_tick_ms, expected)
            found += rules.of_missed(state, grace_ms=grace_ms, now_ms=now_ms)
            if expected is None or (job.last_tick_ms or 0) >= expected:
                self._expect(job)
        for job_id, (at, words, server_id) in self._missed.items():
            if now_ms - at >= grace_ms:
                found.append(rules.missed(job_id, self._title(job_id, registered.get(job_id)), server_id, f"{words}."))
        found += rules.of_broken_schedules(self._around.broken_schedules(), open_alerts)
        for key, alert in open_alerts.items():
            about = alert.job_id
            if about is not None and about not in registered and self._around.schedule_title(about) is None:
                found.append(Close(key, quietly=True))
        return found

    def _expect(self, job: "ScheduledJob") -> None:
        if job.next_run_ms is None:
            self._expected.pop(job.id, None)
        else:
            self._expected[job.id] = job.next_run_ms

    def of_changed_job(self, job_id: str, open_alerts: Mapping[str, AlertRecord]) -> Iterable[Signal]:
        """Somebody resumed it, perhaps."""
        key = key_of("job_paused", job_id)
        if key not in open_alerts:
            return ()
        job = self._job(job_id)
        if job is not None and job.paused_reason is not None:
            return ()
        self._streaks[job_id] = 0
        return [Close(key)]

    async def of_run(self, event: RunChanged) -> Iterable[Signal]:
        """A run has ended; a job that failed too often is paused."""
        job_id, job = event.job_id, self._job(event.job_id)
        if job is None and self._around.schedule_title(job_id) is None:
            return ()
        if event.state in {"cancelled", "skipped"} or _is_only_an_end(event):
            return ()
        settings = self._around.settings()
        streak = await self._streak(job_id, event)
        title = self._title(job_id, job)
        found = list(rules.of_run(job_id, title, event.run, streak, failures=settings.failures))
        if settings.pause_after and streak >= settings.pause_after and job is not None and job.paused_reason is None:
            reason = f"It failed {streak} times in a row."
            with contextlib.suppress(UnknownJob):
                await self._around.scheduler().pause_job(job_id, reason, "the manager")
                found.append(rules.paused(job_id, title, streak, event.run.get("server_id")))
        return found

    async def _streak(self, job_id: str, event: RunChanged) -> int:
        """Failures in a row up to this run; from the ledger the first time, then counted."""
        before = self._streaks.get(job_id)
        if before is None:
            run_id = str(event.run["id"])

            def read(db: sqlite3.Connection) -> int:
                rows = db.execute(
                    "SELECT state FROM job_runs WHERE job_id = ? AND server_key >= '' AND id < ? AND started_at IS NOT NULL"
                    " AND state NOT IN ('cancelled', 'skipped', 'running', 'queued') ORDER BY id DESC LIMIT ?",
                    (job_id, run_id, _STREAK_READ),
                )
                return rules.streak_of(state for (state,) in rows)

            before = await self._ledger.read(read)
        streak = before + 1 if event.state in rules.FAILED_STATES else 0
        self._streaks[job_id] = streak
        return streak

    async def what_died(self, started_ms: int) -> Iterable[Signal]:
        """Runs of schedules that were cut off when an earlier manager died, and ticks that nobody ran: no event told of them."""
        since, job_ids = started_ms - _BEFORE_THE_START_MS, [job.id for job in self._around.scheduler().get_jobs()]

        def read(db: sqlite3.Connection) -> tuple[list[tuple[str, str]], list[tuple[str, str, str]]]:
            lost = db.execute(
                "SELECT job_id, server_key FROM job_runs WHERE state = 'lost' AND ended_at >= ? AND job_id LIKE ?",
                (since, f"{rules.SCHEDULE_PREFIX}%"),
            ).fetchall()
            missed = []
            for job_id in job_ids:
                row = db.execute(
                    "SELECT state, message, server_key FROM job_runs WHERE job_id = ? AND server_key >= ''"
                    " ORDER BY id DESC LIMIT 1",
                    (job_id,),
                ).fetchone()
                if row is not None and row[0] == "missed":
                    missed.append((job_id, str(row[1] or "It did not run"), str(row[2])))
            return lost, missed

        lost, missed = await self._ledger.read(read)
        for job_id, words, server_key in missed:
            self._missed.setdefault(job_id, (self._clock.now_ms(), words, server_key or None))
        found: list[Signal] = []
        for job_id, server_key in lost:
            run = {"state": "lost", "server_id": server_key or None}
            found += rules.of_run(job_id, self._title(job_id, self._job(job_id)), run, 1, failures=1)
        return found

    def _job(self, job_id: str) -> "ScheduledJob | None":
        try:
            return self._around.scheduler().get_job(job_id)
        except UnknownJob:
            return None

    def _title(self, job_id: str, job: "ScheduledJob | None") -> str:
        return self._around.schedule_title(job_id) or (job.title if job is not None else job_id)


def _is_only_an_end(event: RunChanged) -> bool:
    """A schedule has done the last steps of a run that died, as it should: that run failed all the same."""
    return event.state == "succeeded" and bool((event.run.get("report") or {}).get("last_steps_of"))
