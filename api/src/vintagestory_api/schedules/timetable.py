"""Schedules as jobs of the scheduler: registered, taken out, started by events, asked before each run."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial

import structlog

from vintagestory_api.errors import ManagerError, Unavailable
from vintagestory_api.schedules.around import Around
from vintagestory_api.schedules.brakes import Brake
from vintagestory_api.schedules.chain import Chains
from vintagestory_api.schedules.checking import find_problems
from vintagestory_api.schedules.conditions import reason_to_skip
from vintagestory_api.schedules.event_watch import EventWatch
from vintagestory_api.schedules.facts import FactFinder
from vintagestory_api.schedules.records import ScheduleRecord
from vintagestory_api.schedules.schemas import CronTrigger, EventTrigger, IntervalTrigger, ScheduleBody
from vintagestory_api.schedules.steps import timeout_of
from vintagestory_api.services.run_execution import JobPolicy
from vintagestory_api.services.run_records import RunRecord
from vintagestory_api.services.scheduled_job import Skip
from vintagestory_api.services.scheduler import UnknownJob

log = structlog.get_logger(__name__)

#: What a run may take besides its own time: it ends itself before, so that its last steps are done.
_SLACK_SECONDS = 600.0
#: Everybody likes 05:00.
_SPREAD_SECONDS = 3.0


def policy_of(body: ScheduleBody) -> JobPolicy:
    last_steps = sum(timeout_of(step) for step in body.finally_)
    return JobPolicy(
        title=body.name,
        timeout_seconds=body.timeout_seconds + body.conditions.defer_minutes * 60 + last_steps + _SLACK_SECONDS,
        catch_up=body.catch_up,
        catch_up_limit=body.catch_up_limit,
        overlap=body.overlap,
        ends_with_manager=True,
        spread_seconds=_SPREAD_SECONDS,
    )


class Timetable:
    """`record_of` returns a schedule as it is now, None when it is gone."""

    def __init__(
        self, around: Around, chains: Chains, facts: FactFinder, record_of: Callable[[str], ScheduleRecord | None]
    ) -> None:
        self.events = EventWatch(around, self._happened)
        self._around = around
        self._chains = chains
        self._facts = facts
        self._record_of = record_of
        self._brakes: dict[str, Brake] = {}
        #: Of schedules that are turned on and can't run as they are, why.
        self.broken: dict[str, str] = {}

    def put(self, record: ScheduleRecord) -> None:
        """Bring its job in line with it: registered while it is enabled and can run."""
        body, scheduler = record.body, self._around.scheduler()
        self.events.wait_for(record)
        self.broken.pop(record.id, None)
        if not body.enabled:
            self._take_out(record.job_id)
            return
        if problems := find_problems(body):
            log.warning("schedule_not_registered", schedule=record.id, server=record.server_id, error=problems[0].message)
            self.broken[record.id] = problems[0].message
            self._take_out(record.job_id)
            return
        func, policy, gate = self.work_of(record.id), policy_of(body), partial(self._gate, record.id)
        job_id, server_id, since = record.job_id, record.server_id, record.due_since
        match body.trigger:
            case CronTrigger(cron=cron, zone=zone):
                scheduler.add_cron_job(
                    func, cron, job_id, zone=zone, policy=policy, server_key=server_id, gate=gate, due_since=since
                )
            case IntervalTrigger(seconds=seconds):
                scheduler.add_interval_job(func, seconds, job_id, policy=policy, server_key=server_id, gate=gate, due_since=since)
            case EventTrigger():
                scheduler.add_event_job(func, job_id, policy=policy, server_key=server_id, gate=gate)

    def remove(self, record: ScheduleRecord) -> None:
        """A run of it goes on."""
        self.events.forget(record.id)
        self._brakes.pop(record.id, None)
        self.broken.pop(record.id, None)
        self._take_out(record.job_id)

    def work_of(self, schedule_id: str) -> Callable[[], Awaitable[None]]:
        return partial(self._work, schedule_id)

    def problem(self, record: ScheduleRecord) -> str | None:
        brake = self._brakes.get(record.id)
        return brake.problem(record.body, self._around.clock.now_ms()) if brake is not None else None

    def remember(self, record: ScheduleRecord, latest: RunRecord) -> None:
        """Its latest run in an earlier life."""
        if latest.trigger == "event" and latest.state not in {"skipped", "missed"}:
            self._brakes[record.id] = Brake([latest.scheduled_for])

    def _take_out(self, job_id: str) -> None:
        with suppress(UnknownJob):
            self._around.scheduler().remove_job(job_id)

    async def _work(self, schedule_id: str) -> None:
        record = self._record_of(schedule_id)
        if record is not None:
            await self._chains.run(record)

    async def _gate(self, schedule_id: str) -> Skip | None:
        """Why it does not run at this moment."""
        record = self._record_of(schedule_id)
        if record is None:
            return Skip("schedule_removed", "The schedule was removed.")
        try:
            return reason_to_skip(record.body, await self._facts.of(record.server_id, record.body.conditions))
        except Unavailable:
            raise
        except ManagerError as error:
            return Skip("server_gone", error.message)

    def _happened(self, record: ScheduleRecord) -> None:
        """What it waits for."""
        scheduler, now = self._around.scheduler(), self._around.clock.now_ms()
        brake = self._brakes.setdefault(record.id, Brake())
        is_running = scheduler.running_of(record.job_id, record.server_id) is not None
        skip = brake.reason_to_skip(record.body, now, is_running=is_running)
        if skip is None:
            brake.note_run(now)
            self.events.note_run(record.id, now)
        scheduler.occur(record.job_id, skip)
