"""Updates and policies in the database. Importing this module imports SQLAlchemy: see `in_store`."""

from typing import Any, Final

import orjson
from sqlalchemy import Connection, Row, delete, func, insert, select, update

from vintagestory_api.updates.records import COLUMNS, IN_DATA, Update, from_row
from vintagestory_api.updates.schemas import UpdatePolicy
from vintagestory_api.updates.tables import update_policies, updates

#: Of each server, so many are kept.
KEPT: Final = 200


class UpdateStore:
    """The statements, on one connection and inside its transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    # Policies

    def policies(self) -> dict[str, UpdatePolicy]:
        """Those that were set, by server."""
        rows = self._connection.execute(select(update_policies.c.server_id, update_policies.c.data))
        return {server_id: UpdatePolicy.model_validate_json(data) for server_id, data in rows}

    def save_policy(self, server_id: str, policy: UpdatePolicy) -> None:
        self._connection.execute(delete(update_policies).where(update_policies.c.server_id == server_id))
        self._connection.execute(insert(update_policies).values(server_id=server_id, data=policy.model_dump_json()))

    # Updates

    def add(self, record: Update) -> None:
        self._connection.execute(insert(updates).values(_values(record)))
        mine = updates.c.server_id == record.server_id
        newest = select(updates.c.id).where(mine).order_by(updates.c.id.desc()).limit(KEPT)
        self._connection.execute(delete(updates).where(mine, updates.c.id.not_in(newest.scalar_subquery())))

    def save(self, record: Update) -> None:
        self._connection.execute(update(updates).where(updates.c.id == record.id).values(_values(record)))

    def get(self, update_id: str) -> Update | None:
        row = self._connection.execute(select(updates).where(updates.c.id == update_id)).first()
        return _record(row) if row is not None else None

    def of_server(self, server_id: str, *, limit: int, before: str | None = None) -> list[Update]:
        """Newest first; `before` is the id of the last one seen."""
        query = select(updates).where(updates.c.server_id == server_id).order_by(updates.c.id.desc()).limit(limit)
        if before is not None:
            query = query.where(updates.c.id < before)
        return [_record(row) for row in self._connection.execute(query)]

    def latest(self) -> dict[str, Update]:
        """Server → its latest update, under way or over."""
        latest = select(func.max(updates.c.id)).group_by(updates.c.server_id)
        rows = self._connection.execute(select(updates).where(updates.c.id.in_(latest.scalar_subquery())))
        return {row.server_id: _record(row) for row in rows}

    def not_ended(self) -> list[Update]:
        query = select(updates).where(updates.c.ended_at.is_(None)).order_by(updates.c.id)
        return [_record(row) for row in self._connection.execute(query)]


def _values(record: Update) -> dict[str, Any]:
    columns = {name: getattr(record, name) for name in COLUMNS}
    return columns | {"data": orjson.dumps({name: getattr(record, name) for name in IN_DATA}).decode()}


def _record(row: "Row[Any]") -> Update:
    return from_row({name: getattr(row, name) for name in COLUMNS}, orjson.loads(row.data))
