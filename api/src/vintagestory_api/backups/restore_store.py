"""Restores and drills in the database. Importing this module imports SQLAlchemy: see `restore_records`."""

from typing import Any

import orjson
from sqlalchemy import Connection, Row, delete, func, insert, select, update

from vintagestory_api.backups.restore_records import Undertaking
from vintagestory_api.backups.restore_tables import restores

#: Of each server and kind, so many are kept.
KEPT = 200
_IN_DATA = ("backup_id", "text", "actor", "present_backup_id")


class RestoreStore:
    """The statements, on one connection and inside its transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, undertaking: Undertaking) -> None:
        self._connection.execute(insert(restores).values(_values(undertaking)))
        mine = (restores.c.server_id == undertaking.server_id) & (restores.c.phase == undertaking.kind)
        newest = select(restores.c.id).where(mine).order_by(restores.c.id.desc()).limit(KEPT)
        self._connection.execute(delete(restores).where(mine, restores.c.id.not_in(newest.scalar_subquery())))

    def save(self, undertaking: Undertaking) -> None:
        self._connection.execute(update(restores).where(restores.c.id == undertaking.id).values(_values(undertaking)))

    def remove(self, undertaking_id: str) -> None:
        self._connection.execute(delete(restores).where(restores.c.id == undertaking_id))

    def get(self, undertaking_id: str) -> Undertaking | None:
        row = self._connection.execute(select(restores).where(restores.c.id == undertaking_id)).first()
        return _undertaking(row) if row is not None else None

    def of_server(self, server_id: str, *, limit: int) -> list[Undertaking]:
        """Its restores, newest first."""
        mine = (restores.c.server_id == server_id) & (restores.c.phase == "restore")
        query = select(restores).where(mine).order_by(restores.c.id.desc()).limit(limit)
        return [_undertaking(row) for row in self._connection.execute(query)]

    def not_ended(self) -> list[Undertaking]:
        query = select(restores).where(restores.c.ended_at.is_(None)).order_by(restores.c.id)
        return [_undertaking(row) for row in self._connection.execute(query)]

    def latest_drills(self) -> dict[str, Undertaking]:
        """Server → its latest drill that has ended."""
        ended = (restores.c.phase == "drill") & restores.c.ended_at.is_not(None)
        latest = select(func.max(restores.c.id)).where(ended).group_by(restores.c.server_id)
        query = select(restores).where(restores.c.id.in_(latest.scalar_subquery()))
        return {row.server_id: _undertaking(row) for row in self._connection.execute(query)}


def _values(undertaking: Undertaking) -> dict[str, Any]:
    return {
        "id": undertaking.id,
        "server_id": undertaking.server_id,
        "run_id": undertaking.run_id,
        "started_at": undertaking.started_at,
        "ended_at": undertaking.ended_at,
        "phase": undertaking.kind,
        "outcome": undertaking.outcome,
        "data": orjson.dumps({name: getattr(undertaking, name) for name in _IN_DATA}).decode(),
    }


def _undertaking(row: "Row[Any]") -> Undertaking:
    data = orjson.loads(row.data)
    return Undertaking(
        id=row.id,
        server_id=row.server_id,
        backup_id=data["backup_id"],
        started_at=row.started_at,
        kind=row.phase,
        run_id=row.run_id,
        ended_at=row.ended_at,
        outcome=row.outcome,
        text=data["text"],
        actor=data.get("actor"),
        present_backup_id=data.get("present_backup_id"),
    )
