"""Schedules in the database. Importing this module imports SQLAlchemy: see `in_store`."""

from collections.abc import Iterable
from typing import Any

import orjson
from pydantic import TypeAdapter
from sqlalchemy import Connection, Row, delete, insert, select, update

from vintagestory_api.schedules.records import Debt, ScheduleRecord
from vintagestory_api.schedules.schemas import ScheduleBody, Step
from vintagestory_api.schedules.tables import schedule_debts, schedules

_STEPS: TypeAdapter[tuple[Step, ...]] = TypeAdapter(tuple[Step, ...])


class ScheduleStore:
    """The statements, on one connection and inside its transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def all(self) -> list[ScheduleRecord]:
        """In the order in which they were made."""
        return [_record(row) for row in self._connection.execute(select(schedules).order_by(schedules.c.id))]

    def write(
        self, *, added: Iterable[ScheduleRecord] = (), changed: Iterable[ScheduleRecord] = (), removed: Iterable[str] = ()
    ) -> None:
        for record in added:
            self._connection.execute(insert(schedules).values(_values(record)))
        for record in changed:
            self._connection.execute(update(schedules).where(schedules.c.id == record.id).values(_values(record)))
        for schedule_id in removed:
            self._connection.execute(delete(schedules).where(schedules.c.id == schedule_id))

    def debts(self) -> list[Debt]:
        """Oldest first."""
        return [_debt(row) for row in self._connection.execute(select(schedule_debts).order_by(schedule_debts.c.since))]

    def owe(self, debt: Debt) -> None:
        values = {
            "run_id": debt.run_id,
            "schedule_id": debt.schedule_id,
            "server_id": debt.server_id,
            "name": debt.name,
            "since": debt.since,
            "attempts": debt.attempts,
            "steps": _STEPS.dump_json(debt.steps).decode(),
        }
        self._connection.execute(delete(schedule_debts).where(schedule_debts.c.run_id == debt.run_id))
        self._connection.execute(insert(schedule_debts).values(values))

    def settle(self, run_id: str) -> None:
        self._connection.execute(delete(schedule_debts).where(schedule_debts.c.run_id == run_id))


def _values(record: ScheduleRecord) -> dict[str, Any]:
    body = record.body.model_dump(mode="json", exclude={"name", "enabled"})
    return {
        "id": record.id,
        "server_id": record.server_id,
        "name": record.body.name,
        "enabled": record.body.enabled,
        "created_at": record.created_at,
        "created_by": record.created_by,
        "updated_at": record.updated_at,
        "data": orjson.dumps({"body": body, "due_since": record.due_since}).decode(),
    }


def _record(row: Row[Any]) -> ScheduleRecord:
    data = orjson.loads(row.data)
    return ScheduleRecord(
        id=row.id,
        server_id=row.server_id,
        body=ScheduleBody.model_validate({**data["body"], "name": row.name, "enabled": row.enabled}),
        created_at=row.created_at,
        created_by=row.created_by,
        updated_at=row.updated_at,
        due_since=data["due_since"],
    )


def _debt(row: Row[Any]) -> Debt:
    return Debt(
        run_id=row.run_id,
        schedule_id=row.schedule_id,
        server_id=row.server_id,
        name=row.name,
        since=row.since,
        steps=_STEPS.validate_json(row.steps),
        attempts=row.attempts,
    )
