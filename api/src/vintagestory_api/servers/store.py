"""Game servers and their timelines in the database. Importing this module imports SQLAlchemy: see `in_store`."""

from collections.abc import Iterable, Sequence
from typing import Any

import orjson
from sqlalchemy import Connection, Row, delete, func, insert, select, update
from sqlalchemy.dialects.sqlite import insert as insert_or_ignore

from vintagestory_api.access.tables import server_roles
from vintagestory_api.servers.records import Happening, ServerRecord
from vintagestory_api.servers.schemas import ServerSettings
from vintagestory_api.servers.tables import chat, player_sessions, players, samples, servers, timeline

#: Entries of a timeline that are kept, and how many more it takes until the oldest are deleted.
TIMELINE_KEPT, TIMELINE_SLACK = 1000, 100


class ServerStore:
    """The statements, on one connection and inside its transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def servers(self) -> list[ServerRecord]:
        """In the order in which they were made."""
        return [_record(row) for row in self._connection.execute(select(servers).order_by(servers.c.created_at, servers.c.id))]

    def add(self, record: ServerRecord) -> None:
        self._connection.execute(insert(servers).values(_values(record)))

    def save(self, record: ServerRecord) -> None:
        self._connection.execute(update(servers).where(servers.c.id == record.id).values(_values(record)))

    def remove(self, server_id: str) -> None:
        """With everything that belongs to it."""
        for table in (timeline, players, player_sessions, chat, samples):
            self._connection.execute(delete(table).where(table.c.server_id == server_id))
        # A server that gets the same id later is another one: nobody has a role on it.
        self._connection.execute(delete(server_roles).where(server_roles.c.server_id == server_id))
        self._connection.execute(delete(servers).where(servers.c.id == server_id))

    def note(self, happenings: Iterable[Happening]) -> list[Happening]:
        """Add entries to timelines, those that are there already left out; which were new. Only for servers that exist."""
        known = set(self._connection.execute(select(servers.c.id)).scalars())
        added: list[Happening] = []
        for happening in happenings:
            if happening.server_id not in known:
                continue
            values = {
                "id": happening.id,
                "server_id": happening.server_id,
                "at": happening.at,
                "kind": happening.kind,
                "actor": happening.actor,
                "run_id": happening.run_id,
                "instance": happening.instance,
                "seq": happening.seq,
                "details": orjson.dumps(dict(happening.details)).decode(),
            }
            if self._connection.execute(insert_or_ignore(timeline).values(values).on_conflict_do_nothing()).rowcount:
                added.append(happening)
        for server_id in {happening.server_id for happening in added}:
            self._drop_oldest(server_id)
        return added

    def timeline(self, server_id: str, *, limit: int, before: str | None = None) -> list[Happening]:
        """Newest first; `before` is the id of the last one seen."""
        query = select(timeline).where(timeline.c.server_id == server_id).order_by(timeline.c.id.desc()).limit(limit)
        if before is not None:
            query = query.where(timeline.c.id < before)
        return [_happening(row) for row in self._connection.execute(query)]

    def of_kinds(self, kinds: Sequence[str]) -> list[Happening]:
        """Entries of all timelines that are of these kinds, oldest first."""
        query = select(timeline).where(timeline.c.kind.in_(kinds)).order_by(timeline.c.id)
        return [_happening(row) for row in self._connection.execute(query)]

    def of_instances(self, instances: Sequence[str]) -> list[Happening]:
        """What is known of these starts, oldest first."""
        query = select(timeline).where(timeline.c.instance.in_(instances)).order_by(timeline.c.id)
        return [_happening(row) for row in self._connection.execute(query)]

    def _drop_oldest(self, server_id: str) -> None:
        mine = timeline.c.server_id == server_id
        count = self._connection.execute(select(func.count()).select_from(timeline).where(mine)).scalar_one()
        if count <= TIMELINE_KEPT + TIMELINE_SLACK:
            return
        oldest = select(timeline.c.id).where(mine).order_by(timeline.c.id.desc()).limit(1).offset(TIMELINE_KEPT - 1)
        kept_from = self._connection.execute(oldest).scalar_one()
        self._connection.execute(delete(timeline).where(mine, timeline.c.id < kept_from))


def _values(record: ServerRecord) -> dict[str, Any]:
    return {
        "id": record.id,
        "name": record.name,
        "version": record.version,
        "port": record.port,
        "data_path": record.data_path,
        "wanted": record.wanted,
        "settings": record.settings.model_dump_json(),
        "setup": None if record.setup is None else orjson.dumps(dict(record.setup)).decode(),
        "instance": record.instance,
        "last_seq": record.last_seq,
        "outcome": record.outcome,
        "created_at": record.created_at,
        "created_by": record.created_by,
        "deleted_at": record.deleted_at,
        "version_before": record.version_before,
    }


def _record(row: Row[Any]) -> ServerRecord:
    return ServerRecord(
        id=row.id,
        name=row.name,
        version=row.version,
        port=row.port,
        data_path=row.data_path,
        wanted=row.wanted,
        settings=ServerSettings.model_validate_json(row.settings),
        setup=orjson.loads(row.setup) if row.setup else None,
        instance=row.instance,
        last_seq=row.last_seq,
        outcome=row.outcome,
        created_at=row.created_at,
        created_by=row.created_by,
        deleted_at=row.deleted_at,
        version_before=row.version_before,
    )


def _happening(row: Row[Any]) -> Happening:
    return Happening(
        server_id=row.server_id,
        at=row.at,
        kind=row.kind,
        actor=row.actor,
        run_id=row.run_id,
        instance=row.instance,
        seq=row.seq,
        details=orjson.loads(row.details),
        id=row.id,
    )
