"""The schedules of all servers: kept, changed, registered as jobs, shown."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

import structlog

from vintagestory_api.errors import Conflict, FieldError, Invalid, NotFound
from vintagestory_api.events import Event, JobChanged, RunChanged, SchedulesChanged, ServerChanged
from vintagestory_api.kit.clock import rfc3339
from vintagestory_api.schedules.around import Around
from vintagestory_api.schedules.chain import Chains
from vintagestory_api.schedules.checking import check, check_trigger, find_problems
from vintagestory_api.schedules.debts import Debts
from vintagestory_api.schedules.dry_run import dry_run
from vintagestory_api.schedules.facts import FactFinder
from vintagestory_api.schedules.in_store import has_schedules, in_store
from vintagestory_api.schedules.next_runs import next_runs
from vintagestory_api.schedules.records import JOB_PREFIX, Debt, ScheduleRecord
from vintagestory_api.schedules.schemas import (
    AppliedSchedules,
    DryRun,
    NextRuns,
    Schedule,
    ScheduleBody,
    ScheduleChange,
    ScheduleDraft,
    ScheduleList,
    SchedulePreview,
    ScheduleText,
    Sentences,
)
from vintagestory_api.schedules.sentences import sentences_of
from vintagestory_api.schedules.timetable import Timetable, policy_of
from vintagestory_api.schedules.yaml_text import read_schedules, write_schedules
from vintagestory_api.services.run_records import RunRecord
from vintagestory_api.services.scheduled_job import ScheduledJob
from vintagestory_api.services.scheduler import UnknownJob

log = structlog.get_logger(__name__)

MAX_OF_SERVER = 200
_PREVIEW_ID = "schedule:preview"
_ID = re.compile(r"[0-9a-f-]{36}", re.ASCII)
#: So many are registered, or put together, in one turn of the event loop.
_AT_ONCE = 20


class ScheduleNotFound(NotFound):
    code = "schedule_not_found"

    def __init__(self, schedule_id: str) -> None:
        super().__init__(f"There is no schedule {schedule_id!r}.")


class ScheduleExists(Conflict):
    code = "schedule_exists"


class InvalidScheduleCursor(Invalid):
    code = "invalid_cursor"


class TooManySchedules(Conflict):
    code = "too_many_schedules"


class Schedules:
    """All of them are in memory, from `start` on; the database is written first."""

    def __init__(self, around: Around) -> None:
        self._around = around
        self._records: dict[str, ScheduleRecord] = {}
        self._changing = asyncio.Lock()
        self._facts = FactFinder(around)
        self._chains = Chains(around, self._facts)
        self._debts = Debts(around, self._chains)
        self._timetable = Timetable(around, self._chains, self._facts, self._records.get)
        #: Words and problem of a schedule, as long as it is what it is.
        self._told: dict[str, tuple[ScheduleRecord, Sentences, str | None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._unsubscribe: Callable[[], None] = lambda: None

    # Life

    async def start(self) -> None:
        """Read what is stored. What is due begins when it is known which games run."""
        debts: list[Debt] = []
        if await asyncio.to_thread(has_schedules, self._around.database.path):
            records, debts = await in_store(self._around.database, lambda store: (store.all(), store.debts()))
            self._records.update((record.id, record) for record in records)
        self._unsubscribe = self._around.bus.subscribe(self._hear)
        self._keep(self._take_up(debts))

    async def close(self) -> None:
        """Runs are left to the scheduler, which ends them next; the last steps that they owe are done by the next manager."""
        self._unsubscribe()
        for task in tuple(self._tasks):
            task.cancel()
        await self._timetable.events.close()
        await self._chains.close()

    async def _take_up(self, debts: Sequence[Debt]) -> None:
        await self._around.servers.taken_up()
        latest = await self._around.ledger.latest_runs([record.job_id for record in self._records.values()])
        fired_at: dict[str, int] = {}
        for run in latest.values():
            record = self._records.get(run.job_id.removeprefix(JOB_PREFIX))
            if record is not None and run.trigger == "event":
                self._timetable.remember(record, run)
                fired_at[record.id] = run.scheduled_for
        for record in self._records.values():
            self._timetable.events.wait_for(record)
        await self._timetable.events.start(fired_at)
        owing = {debt.schedule_id for debt in debts}
        for debt in debts:
            self._keep(self._pay(debt))
        for place, record in enumerate(tuple(self._records.values())):
            if record.id not in owing and record.id in self._records:
                self._timetable.put(self._records[record.id])
            if place % _AT_ONCE == _AT_ONCE - 1:
                await asyncio.sleep(0)
        self._tell({record.server_id for record in self._records.values()})

    async def _pay(self, debt: Debt) -> None:
        """Then the schedule goes on."""
        await self._debts.pay(debt)
        if (record := self._records.get(debt.schedule_id)) is not None:
            self._timetable.put(record)
            self._tell({record.server_id})

    def _hear(self, event: Event) -> None:
        match event:
            case ServerChanged(server_id=server_id) if server_id not in self._around.servers.ids:
                if gone := self.of_server(server_id):
                    self._keep(self._forget(gone))
            case RunChanged(job_id=job_id, ended_ms=ended_ms) if job_id.startswith(JOB_PREFIX):
                record = self._records.get(job_id.removeprefix(JOB_PREFIX))
                if record is not None and (ended_ms is not None or event.run["progress"] is None):
                    self._tell([record.server_id])
            case JobChanged(job_id=job_id) if job_id.startswith(JOB_PREFIX):
                record = self._records.get(job_id.removeprefix(JOB_PREFIX))
                if record is not None:
                    self._tell([record.server_id])

    async def _forget(self, records: Sequence[ScheduleRecord]) -> None:
        """With their server, which took them out of the database already, as far as that goes."""
        async with self._changing:
            await self._write(removed=[record for record in records if record.id in self._records])

    def _keep(self, work: Awaitable[None]) -> None:
        async def kept() -> None:
            try:
                await work
            except Exception:
                log.exception("schedules_task_failed")

        task = asyncio.create_task(kept())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # Asking

    def get(self, schedule_id: str) -> ScheduleRecord:
        """Raises `ScheduleNotFound`."""
        try:
            return self._records[schedule_id]
        except KeyError:
            raise ScheduleNotFound(schedule_id) from None

    def of_server(self, server_id: str) -> list[ScheduleRecord]:
        """In the order in which they were made."""
        return [record for record in self._records.values() if record.server_id == server_id]

    async def page(self, *, limit: int, cursor: str, only_servers: Collection[str] | None = None) -> ScheduleList:
        """Of all servers, or of `only_servers`, in the order in which they were made. Raises `InvalidScheduleCursor`."""
        after = _read_cursor(cursor)
        wanted = (one for one in self._records.values() if only_servers is None or one.server_id in only_servers)
        found = sorted((record for record in wanted if record.id > after), key=lambda record: record.id)
        page = found[:limit]
        return ScheduleList(items=await self._views(page), next_cursor=page[-1].id if len(found) > limit else None)

    async def listed(self, server_id: str) -> ScheduleList:
        """All of one server. Raises `ServerNotFound`."""
        self._around.servers.get(server_id)
        return ScheduleList(items=await self._views(self.of_server(server_id)))

    async def view(self, schedule_id: str) -> Schedule:
        return (await self._views([self.get(schedule_id)]))[0]

    async def _views(self, records: Sequence[ScheduleRecord]) -> list[Schedule]:
        if not records:
            return []
        latest = await self._around.ledger.latest_runs([record.job_id for record in records])
        views = []
        for place, record in enumerate(records, 1):
            views.append(self._view(record, latest))
            if place % _AT_ONCE == 0:
                await asyncio.sleep(0)
        return views

    def _view(self, record: ScheduleRecord, latest: Mapping[str, RunRecord]) -> Schedule:
        scheduler = self._around.scheduler()
        try:
            job: ScheduledJob | None = scheduler.get_job(record.job_id)
        except UnknownJob:
            job = None
        running = scheduler.running_of(record.job_id, record.server_id)
        run = running or latest.get(record.job_id)
        sentences, problem = self._tell_of(record)
        return Schedule(
            **dict(record.body),
            **dict(sentences),
            id=record.id,
            server_id=record.server_id,
            job_id=record.job_id,
            next_run_at=rfc3339(job.next_run_ms) if job is not None else None,
            last_run_id=run.id if run else None,
            last_run_state=run.state if run else None,
            last_run_reason=run.reason if run else None,
            last_run_at=rfc3339(run.ended_at or run.started_at or run.scheduled_for) if run else None,
            is_running=running is not None,
            problem=problem or self._problem_now(record, job),
            created_by=record.created_by,
            updated_at=rfc3339(record.updated_at) or "",
        )

    def _tell_of(self, record: ScheduleRecord) -> tuple[Sentences, str | None]:
        known = self._told.get(record.id)
        if known is None or known[0] is not record:
            problems = find_problems(record.body)
            known = self._told[record.id] = (record, sentences_of(record.body), problems[0].message if problems else None)
        return known[1:]

    def _problem_now(self, record: ScheduleRecord, job: ScheduledJob | None) -> str | None:
        if job is not None and job.paused_reason is not None:
            return f"It is paused: {job.paused_reason} Turn it off and on again to let it run."
        return self._timetable.problem(record)

    def broken(self) -> list[tuple[ScheduleRecord, str]]:
        """Those that are turned on and can't run as they are, and why."""
        return [(self._records[known], why) for known, why in self._timetable.broken.items() if known in self._records]

    def preview(self, draft: ScheduleDraft, count: int = 10) -> SchedulePreview:
        """Words and next times of what is not stored. Raises `InvalidSchedule`."""
        check_trigger(draft)
        due = next_runs(draft.trigger, _PREVIEW_ID, self._around.clock.now_ms(), count)
        return SchedulePreview(**dict(due), **dict(sentences_of(draft)))

    def next_runs(self, schedule_id: str, count: int) -> NextRuns:
        """Raises `ScheduleNotFound`, `InvalidSchedule`."""
        record = self.get(schedule_id)
        check(record.body)
        return next_runs(record.body.trigger, record.job_id, self._around.clock.now_ms(), count)

    async def dry_run(self, server_id: str, body: ScheduleBody) -> DryRun:
        """Raises `ServerNotFound`, `InvalidSchedule`."""
        held = self._around.servers.supervisor(server_id).operations.held
        check(body)
        by = f" ({held.actor})" if held is not None and held.actor else ""
        words = f"Waits first until another operation has ended: {held.kind}{by}." if held is not None else None
        return dry_run(body, await self._facts.of(server_id, body.conditions), held_by=words)

    # Changing

    async def create(self, server_id: str, body: ScheduleBody, actor: str) -> Schedule:
        """Raises `ServerNotFound`, `InvalidSchedule`, `ScheduleExists`, `TooManySchedules`."""
        self._around.servers.get(server_id)
        check(body)
        async with self._changing:
            self._check_name(server_id, body.name)
            self._check_count(server_id, 1)
            record = self._new(server_id, body, actor)
            await self._write(added=[record])
        return await self.view(record.id)

    async def change(self, schedule_id: str, change: ScheduleChange, actor: str) -> Schedule:
        """Raises `ScheduleNotFound`, `InvalidSchedule`, `ScheduleExists`."""
        async with self._changing:
            record = self.get(schedule_id)
            body = change.body or record.body
            if change.enabled is not None:
                body = body.model_copy(update={"enabled": change.enabled})
            if change.body is not None or body.enabled:
                check(body, "body." if change.body is not None else "")
            self._check_name(record.server_id, body.name, but=schedule_id)
            await self._write(changed=[self._changed(record, body)])
            await self._resume(record, body, actor)
        return await self.view(schedule_id)

    async def _resume(self, before: ScheduleRecord, body: ScheduleBody, actor: str) -> None:
        """Turning a schedule on ends a pause that its failures brought."""
        if body.enabled and not before.body.enabled:
            with suppress(UnknownJob):
                if self._around.scheduler().get_job(before.job_id).paused_reason is not None:
                    await self._around.scheduler().resume_job(before.job_id, actor=actor)

    async def remove(self, schedule_id: str) -> None:
        """Raises `ScheduleNotFound`."""
        async with self._changing:
            await self._write(removed=[self.get(schedule_id)])

    async def apply_text(self, server_id: str, text: ScheduleText, actor: str) -> AppliedSchedules:
        """All of it or nothing. Raises `ServerNotFound`, `InvalidScheduleText`, `TooManySchedules`."""
        self._around.servers.get(server_id)
        bodies = await asyncio.to_thread(read_schedules, text.yaml)
        return await self.apply(server_id, bodies, actor, remove_others=text.remove_others, dry_run=text.dry_run)

    async def apply(
        self, server_id: str, bodies: Sequence[ScheduleBody], actor: str, *, remove_others: bool, dry_run: bool = False
    ) -> AppliedSchedules:
        """All of it or nothing; no two of them have one name. Raises `ServerNotFound`, `TooManySchedules`."""
        self._around.servers.get(server_id)
        async with self._changing:
            known = {_key(record.name): record for record in self.of_server(server_id)}
            wanted = {_key(body.name): body for body in bodies}
            added = [self._new(server_id, body, actor) for key, body in wanted.items() if key not in known]
            kept = [(known[key], body) for key, body in wanted.items() if key in known]
            changed = [self._changed(record, body) for record, body in kept if record.body != body]
            unchanged = [body.name for record, body in kept if record.body == body]
            removed = [record for key, record in known.items() if key not in wanted] if remove_others else []
            self._check_count(server_id, len(added) - len(removed))
            if not dry_run:
                await self._write(added=added, changed=changed, removed=removed)
                for record, body in kept:
                    await self._resume(record, body, actor)
        return AppliedSchedules(
            added=[record.name for record in added],
            changed=[record.name for record in changed],
            unchanged=unchanged,
            removed=[record.name for record in removed],
        )

    async def export(self, server_id: str) -> str:
        """Raises `ServerNotFound`."""
        title = f"Schedules of {self._around.servers.get(server_id).name}."
        return await asyncio.to_thread(write_schedules, [record.body for record in self.of_server(server_id)], title)

    def _new(self, server_id: str, body: ScheduleBody, actor: str) -> ScheduleRecord:
        now = self._around.clock.now_ms()
        return ScheduleRecord(server_id, body, created_at=now, created_by=actor, updated_at=now, due_since=now)

    def _changed(self, record: ScheduleRecord, body: ScheduleBody) -> ScheduleRecord:
        now = self._around.clock.now_ms()
        is_due_anew = body.enabled and (not record.body.enabled or body.trigger != record.body.trigger)
        return replace(record, body=body, updated_at=now, due_since=now if is_due_anew else record.due_since)

    async def _write(
        self,
        *,
        added: Sequence[ScheduleRecord] = (),
        changed: Sequence[ScheduleRecord] = (),
        removed: Sequence[ScheduleRecord] = (),
    ) -> None:
        gone = [record.id for record in removed]
        await in_store(self._around.database, lambda store: store.write(added=added, changed=changed, removed=gone))
        for record in removed:
            self._records.pop(record.id, None)
            self._told.pop(record.id, None)
            self._timetable.remove(record)
        for place, record in enumerate((*added, *changed), 1):
            self._records[record.id] = record
            self._timetable.put(record)
            if place % _AT_ONCE == 0:
                await asyncio.sleep(0)
        self._tell({record.server_id for record in (*added, *changed, *removed)})

    def _tell(self, server_ids: Iterable[str]) -> None:
        for server_id in server_ids:
            self._around.bus.publish(SchedulesChanged(server_id))

    def _check_name(self, server_id: str, name: str, *, but: str | None = None) -> None:
        if any(_key(record.name) == _key(name) and record.id != but for record in self.of_server(server_id)):
            raise ScheduleExists(
                f"This server has a schedule {name!r} already. Choose another name.",
                fields=[FieldError("name", "another schedule of this server has this name")],
            )

    def _check_count(self, server_id: str, more: int) -> None:
        if more > 0 and len(self.of_server(server_id)) + more > MAX_OF_SERVER:
            raise TooManySchedules(f"A server can have {MAX_OF_SERVER} schedules at most. Remove some first.")

    # Acting

    async def run_now(self, schedule_id: str) -> RunRecord:
        """Its steps, whatever its conditions say. Raises `ScheduleNotFound`, `AlreadyRunning`, `SchedulerStopping`."""
        record = self.get(schedule_id)
        work: Callable[[], Awaitable[Any]] = self._timetable.work_of(schedule_id)
        return await self._around.scheduler().run_now(
            record.job_id, work, server_key=record.server_id, policy=policy_of(record.body)
        )


def _read_cursor(text: str) -> str:
    if text and _ID.fullmatch(text) is None:
        raise InvalidScheduleCursor(
            "This cursor is none of ours. Leave it out to start from the first schedule.",
            fields=[FieldError("cursor", "give the next_cursor of the page before")],
        )
    return text


def _key(name: str) -> str:
    return name.casefold()
