"""The schedules of all servers: kept, changed, registered as jobs, shown."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import replace

import structlog

from vintagestory_api.errors import Conflict, FieldError, NotFound
from vintagestory_api.events import SchedulesChanged
from vintagestory_api.kit.clock import rfc3339
from vintagestory_api.schedules.around import Around
from vintagestory_api.schedules.checking import check, find_problems
from vintagestory_api.schedules.in_store import has_schedules, in_store
from vintagestory_api.schedules.next_runs import next_runs
from vintagestory_api.schedules.records import ScheduleRecord
from vintagestory_api.schedules.schemas import (
    AppliedSchedules,
    DryRun,
    NextRuns,
    Schedule,
    ScheduleBody,
    ScheduleChange,
    ScheduleList,
    ScheduleText,
)
from vintagestory_api.schedules.sentences import sentence_of
from vintagestory_api.schedules.yaml_text import read_schedules, write_schedules
from vintagestory_api.services.run_records import RunRecord

log = structlog.get_logger(__name__)

MAX_OF_SERVER = 200
_PREVIEW_ID = "schedule:preview"


class ScheduleNotFound(NotFound):
    code = "schedule_not_found"

    def __init__(self, schedule_id: str) -> None:
        super().__init__(f"There is no schedule {schedule_id!r}.")


class ScheduleExists(Conflict):
    code = "schedule_exists"


class TooManySchedules(Conflict):
    code = "too_many_schedules"


class Schedules:
    """All of them are in memory, from `start` on; the database is written first."""

    def __init__(self, around: Around) -> None:
        self._around = around
        self._records: dict[str, ScheduleRecord] = {}
        self._changing = asyncio.Lock()

    # Life

    async def start(self) -> None:
        """Read what is stored."""
        if await asyncio.to_thread(has_schedules, self._around.database.path):
            for record in await in_store(self._around.database, lambda store: store.all()):
                self._records[record.id] = record

    async def close(self) -> None: ...

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

    async def listed(self, server_id: str | None = None) -> ScheduleList:
        """Those of one server, or all. Raises `ServerNotFound`."""
        if server_id is not None:
            self._around.servers.get(server_id)
        records = list(self._records.values()) if server_id is None else self.of_server(server_id)
        return ScheduleList(items=await self._views(records))

    async def view(self, schedule_id: str) -> Schedule:
        return (await self._views([self.get(schedule_id)]))[0]

    async def _views(self, records: Sequence[ScheduleRecord]) -> list[Schedule]:
        return [self._view(record) for record in records]

    def _view(self, record: ScheduleRecord) -> Schedule:
        problems = find_problems(record.body)
        return Schedule(
            **dict(record.body),
            id=record.id,
            server_id=record.server_id,
            job_id=record.job_id,
            sentence=sentence_of(record.body),
            next_run_at=None,
            last_run_id=None,
            last_run_state=None,
            last_run_reason=None,
            last_run_at=None,
            is_running=False,
            problem=problems[0].message if problems else None,
            created_by=record.created_by,
            updated_at=rfc3339(record.updated_at) or "",
        )

    def preview(self, body: ScheduleBody, count: int = 10) -> NextRuns:
        """The next times of what is not stored. Raises `InvalidSchedule`."""
        check(body)
        return next_runs(body.trigger, _PREVIEW_ID, self._around.clock.now_ms(), count)

    def next_runs(self, schedule_id: str, count: int) -> NextRuns:
        record = self.get(schedule_id)
        check(record.body)
        return next_runs(record.body.trigger, record.job_id, self._around.clock.now_ms(), count)

    async def dry_run(self, server_id: str, body: ScheduleBody) -> DryRun:
        self._around.servers.get(server_id)
        check(body)
        return DryRun(would_run=True, reason=None, waits=None, steps=[])

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

    async def change(self, schedule_id: str, change: ScheduleChange) -> Schedule:
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
        return await self.view(schedule_id)

    async def remove(self, schedule_id: str) -> None:
        async with self._changing:
            record = self.get(schedule_id)
            await self._write(removed=[record])

    async def apply(
        self, server_id: str, bodies: Sequence[ScheduleBody], *, actor: str, remove_others: bool, dry_run: bool
    ) -> AppliedSchedules:
        """All of it or nothing. Raises `ServerNotFound`, `TooManySchedules`; the bodies were checked."""
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
        return AppliedSchedules(
            added=[record.name for record in added],
            changed=[record.name for record in changed],
            unchanged=unchanged,
            removed=[record.name for record in removed],
        )

    async def apply_text(self, server_id: str, text: ScheduleText, actor: str) -> AppliedSchedules:
        """Raises `ServerNotFound`, `InvalidScheduleText`, `TooManySchedules`."""
        self._around.servers.get(server_id)
        bodies = await asyncio.to_thread(read_schedules, text.yaml)
        return await self.apply(server_id, bodies, actor=actor, remove_others=text.remove_others, dry_run=text.dry_run)

    async def export(self, server_id: str) -> str:
        """Raises `ServerNotFound`."""
        name = self._around.servers.get(server_id).name
        return await asyncio.to_thread(write_schedules, [record.body for record in self.of_server(server_id)], name)

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
        for record in (*added, *changed):
            self._records[record.id] = record
        for schedule_id in gone:
            self._records.pop(schedule_id, None)
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
        raise Conflict("not yet")


def _key(name: str) -> str:
    return name.casefold()
