"""Changes that wait, and former versions, in the database. Importing this module imports SQLAlchemy: see `in_store`."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select
from sqlalchemy.dialects.sqlite import insert as insert_or_replace

from vintagestory_api.server_config.records import PendingChange, VersionRecord
from vintagestory_api.server_config.schemas import ConfigFileName
from vintagestory_api.server_config.tables import pending, versions

#: Of one file of one server.
VERSIONS_KEPT, BYTES_KEPT = 50, 10_000_000


class ConfigStore:
    """The statements, on one connection and inside its transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    # What waits

    def pending(self, server_id: str, file: ConfigFileName | None = None) -> list[PendingChange]:
        """Oldest first."""
        query = select(pending).where(pending.c.server_id == server_id).order_by(pending.c.at, pending.c.path)
        if file is not None:
            query = query.where(pending.c.file == file)
        return [_pending(row) for row in self._connection.execute(query)]

    def put_pending(self, changes: Iterable[PendingChange]) -> None:
        """Each in the place of an earlier one of the same setting, whose `before` stays."""
        for change in changes:
            values = {
                "server_id": change.server_id,
                "file": change.file,
                "path": json.dumps(change.path),
                "value": json.dumps(change.value),
                "before": json.dumps(change.before),
                "actor": change.actor,
                "at": change.at,
            }
            statement = insert_or_replace(pending).values(values)
            newer = {name: values[name] for name in ("value", "actor", "at")}
            self._connection.execute(statement.on_conflict_do_update(index_elements=["server_id", "file", "path"], set_=newer))

    def remove_pending(self, changes: Iterable[PendingChange]) -> None:
        """Those that are still as they are given: a newer change of the same setting stays."""
        for change in changes:
            mine = (
                (pending.c.server_id == change.server_id)
                & (pending.c.file == change.file)
                & (pending.c.path == json.dumps(change.path))
                & (pending.c.at == change.at)
            )
            self._connection.execute(delete(pending).where(mine))

    def pending_counts(self) -> dict[str, int]:
        query = select(pending.c.server_id, func.count()).group_by(pending.c.server_id)
        return {row[0]: row[1] for row in self._connection.execute(query)}

    # Versions

    def latest(self, server_id: str, file: ConfigFileName) -> VersionRecord | None:
        found = self.versions(server_id, file, limit=1)
        return found[0] if found else None

    def versions(self, server_id: str, file: ConfigFileName, *, limit: int, before: str | None = None) -> list[VersionRecord]:
        """Newest first; `before` is the id of the last one seen."""
        query = select(versions).where(versions.c.server_id == server_id, versions.c.file == file)
        if before is not None:
            query = query.where(versions.c.id < before)
        return [_version(row) for row in self._connection.execute(query.order_by(versions.c.id.desc()).limit(limit))]

    def version(self, server_id: str, file: ConfigFileName, version_id: str) -> VersionRecord | None:
        mine = (versions.c.server_id == server_id) & (versions.c.file == file) & (versions.c.id == version_id)
        row = self._connection.execute(select(versions).where(mine)).first()
        return None if row is None else _version(row)

    def with_content(self, server_id: str, file: ConfigFileName, sha256: str) -> VersionRecord | None:
        mine = (versions.c.server_id == server_id) & (versions.c.file == file) & (versions.c.sha256 == sha256)
        row = self._connection.execute(select(versions).where(mine).limit(1)).first()
        return None if row is None else _version(row)

    def add_version(self, version: VersionRecord) -> bool:
        """False when the latest one says the same. An older one that says the same gives way; so do the oldest of too many."""
        latest = self.latest(version.server_id, version.file)
        if latest is not None and latest.sha256 == version.sha256:
            return False
        mine = (versions.c.server_id == version.server_id) & (versions.c.file == version.file)
        self._connection.execute(delete(versions).where(mine, versions.c.sha256 == version.sha256))
        self._connection.execute(
            insert(versions).values(
                id=version.id,
                server_id=version.server_id,
                file=version.file,
                at=version.at,
                actor=version.actor,
                cause=version.cause,
                sha256=version.sha256,
                content=version.content,
            )
        )
        sizes = select(versions.c.id, func.length(versions.c.content)).where(mine).order_by(versions.c.id.desc())
        total = 0
        for number, (version_id, size) in enumerate(self._connection.execute(sizes).all()):
            total += size
            if number and (number >= VERSIONS_KEPT or total > BYTES_KEPT):
                self._connection.execute(delete(versions).where(versions.c.id == version_id))
        return True


def _pending(row: Row[Any]) -> PendingChange:
    path: Sequence[str] = json.loads(row.path)
    return PendingChange(
        server_id=row.server_id,
        file=row.file,
        path=tuple(path),
        value=json.loads(row.value),
        before=json.loads(row.before) if row.before else {},
        actor=row.actor,
        at=row.at,
    )


def _version(row: Row[Any]) -> VersionRecord:
    return VersionRecord(row.id, row.server_id, row.file, row.at, row.actor, row.cause, row.sha256, row.content)
