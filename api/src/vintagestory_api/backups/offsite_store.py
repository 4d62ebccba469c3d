"""Places off the machine, and copies there, in the database. Importing this module imports SQLAlchemy: see `in_offsite_store`."""

from collections.abc import Iterable, Sequence
from typing import Any

import orjson
from sqlalchemy import Connection, Row, delete, func, select, update
from sqlalchemy.dialects.sqlite import insert

from vintagestory_api.backups.offsite_records import CopyRecord, TargetRecord
from vintagestory_api.backups.offsite_tables import offsite_copies as copies
from vintagestory_api.backups.offsite_tables import offsite_targets as targets
from vintagestory_api.backups.records import BackupRecord
from vintagestory_api.backups.store import BackupStore
from vintagestory_api.backups.tables import backup_settings, backups

_TARGET_DATA = (
    "kind",
    "where",
    "mark",
    "max_age_hours",
    "has_password",
    "environment",
    "last_check_at",
    "problem",
    "check_problem",
)
_COPY_DATA = (
    "made_at", "file_name", "size_bytes", "since", "error", "is_lasting", "sha256", "bytes", "snapshot", "verified_at",
    "wants_check",
)  # fmt: skip
_AT_ONCE = 500


_made_at = func.json_extract(copies.c.data, "$.made_at")
_verified_at = func.json_extract(copies.c.data, "$.verified_at")
_wants_check = func.json_extract(copies.c.data, "$.wants_check") == 1


class OffsiteStore:
    """The statements, on one connection and inside its transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.backups = BackupStore(connection)

    # Targets

    def targets(self) -> list[TargetRecord]:
        """In the order in which they were made."""
        return [_target(row) for row in self._connection.execute(select(targets).order_by(targets.c.id))]

    def save_target(self, target: TargetRecord) -> None:
        values = {
            "id": target.id,
            "name": target.name,
            "created_at": target.created_at,
            "data": orjson.dumps({name: getattr(target, name) for name in _TARGET_DATA}).decode(),
        }
        self._connection.execute(insert(targets).values(values).on_conflict_do_update(["id"], set_=values))

    def remove_target(self, target_id: str) -> None:
        """With what is known of its copies, and from the rules of all servers."""
        self._connection.execute(delete(targets).where(targets.c.id == target_id))
        self.forget_copies(target_id)
        for server_id in self.servers_of(target_id):
            rules = self.backups.settings(server_id)
            left = [one for one in rules.targets if one != target_id]
            self.backups.save_settings(server_id, rules.model_copy(update={"targets": left}))

    def servers_of(self, target_id: str) -> list[str]:
        """Whose backups are to be copied there."""
        return [server_id for server_id, wanted in self.wanted().items() if target_id in wanted]

    def wanted(self) -> dict[str, list[str]]:
        """Server → the places its backups are copied to, where there are any."""
        found = func.json_extract(backup_settings.c.data, "$.targets")
        rows = self._connection.execute(select(backup_settings.c.server_id, found).where(found.is_not(None), found != "[]"))
        return {server_id: orjson.loads(listed) for server_id, listed in rows}

    # Copies

    def get(self, backup_id: str, target_id: str) -> CopyRecord | None:
        query = select(copies).where(copies.c.backup_id == backup_id, copies.c.target_id == target_id)
        row = self._connection.execute(query).first()
        return _copy(row) if row is not None else None

    def of_backups(self, ids: Sequence[str]) -> list[CopyRecord]:
        """Without those that are to go."""
        found: list[CopyRecord] = []
        for start in range(0, len(ids), _AT_ONCE):
            query = select(copies).where(copies.c.backup_id.in_(ids[start : start + _AT_ONCE]), copies.c.state != "removed")
            found += [_copy(row) for row in self._connection.execute(query)]
        return found

    def of_target(self, target_id: str, *states: str, server_id: str | None = None) -> list[CopyRecord]:
        """In these states; of the newest backup first."""
        query = select(copies).where(copies.c.target_id == target_id, copies.c.state.in_(states))
        if server_id is not None:
            query = query.where(copies.c.server_id == server_id)
        return sorted((_copy(row) for row in self._connection.execute(query)), key=lambda copy: copy.made_at, reverse=True)

    def to_check(self, target_id: str) -> list[CopyRecord]:
        """Copies that are to be read back before anything relies on them alone."""
        query = select(copies).where(copies.c.target_id == target_id, copies.c.state == "copied", _wants_check)
        return [_copy(row) for row in self._connection.execute(query)]

    def want_checks(self, server_id: str, target_id: str) -> None:
        """Of all copies that nobody has read back."""
        mine = (copies.c.server_id == server_id) & (copies.c.target_id == target_id) & (copies.c.state == "copied")
        query = select(copies).where(mine, _verified_at.is_(None), ~_wants_check)
        self.save(*(_copy(row).changed(wants_check=True) for row in self._connection.execute(query).all()))

    def failed(self) -> list[CopyRecord]:
        return [_copy(row) for row in self._connection.execute(select(copies).where(copies.c.state == "failed"))]

    def save(self, *records: CopyRecord) -> None:
        for record in records:
            values = _values(record)
            statement = insert(copies).values(values)
            self._connection.execute(statement.on_conflict_do_update(["backup_id", "target_id"], set_=values))

    def remove(self, records: Iterable[CopyRecord]) -> None:
        for record in records:
            mine = (copies.c.backup_id == record.backup_id) & (copies.c.target_id == record.target_id)
            self._connection.execute(delete(copies).where(mine))

    def forget_copies(self, target_id: str) -> None:
        self._connection.execute(delete(copies).where(copies.c.target_id == target_id))

    def give_up_copying(self) -> None:
        """What an earlier manager was at is to be done anew. What it did for a place that was removed meanwhile is forgotten."""
        self._connection.execute(delete(copies).where(copies.c.target_id.not_in(select(targets.c.id))))
        self._connection.execute(update(copies).where(copies.c.state == "copying").values(state="waiting"))

    def mark_removed(self, ids: Sequence[str], now_ms: int) -> set[str]:
        """The copies of these are to go; what was never copied is forgotten at once. The places that this is about."""
        found = self.of_backups(ids)
        self.remove(copy for copy in found if not copy.sha256)
        gone = [copy.changed(state="removed", at=now_ms) for copy in found if copy.sha256]
        self.save(*gone)
        return {copy.target_id for copy in gone}

    def newest_copied(self, target_id: str | None = None) -> dict[tuple[str, str], int]:
        """(server, place) → when the newest good backup that lies there was made."""
        query = (
            select(copies.c.server_id, copies.c.target_id, func.max(backups.c.made_at))
            .join(backups, backups.c.id == copies.c.backup_id)
            .where(copies.c.state == "copied", backups.c.world.in_(("verified", "none")), backups.c.problem.is_(None))
            .group_by(copies.c.server_id, copies.c.target_id)
        )
        if target_id is not None:
            query = query.where(copies.c.target_id == target_id)
        return {(server, target): int(made) for server, target, made in self._connection.execute(query)}

    def first_wanted(self) -> dict[tuple[str, str], int]:
        """(server, place) → since when something of it is to be copied there."""
        since = func.min(func.json_extract(copies.c.data, "$.since"))
        query = select(copies.c.server_id, copies.c.target_id, since).group_by(copies.c.server_id, copies.c.target_id)
        return {(server, target): int(moment) for server, target, moment in self._connection.execute(query)}

    def not_copied(self, server_id: str, target_id: str) -> list[BackupRecord]:
        """What is newer than everything that was ever wanted there; where nothing was, the newest alone. Oldest first."""
        mine = (copies.c.server_id == server_id) & (copies.c.target_id == target_id)
        newest = self._connection.execute(select(func.max(_made_at)).where(mine)).scalar()
        if newest is None:
            good = self.backups.newest_good(server_id).get(server_id)
            return [good] if good is not None else []
        known = select(copies.c.backup_id).where(mine)
        query = select(backups.c.id).where(
            backups.c.server_id == server_id, backups.c.made_at >= newest, backups.c.id.not_in(known)
        )
        return self.backups.of_ids(list(self._connection.execute(query).scalars()))[::-1]


def _values(record: CopyRecord) -> dict[str, Any]:
    return {
        "backup_id": record.backup_id,
        "target_id": record.target_id,
        "server_id": record.server_id,
        "state": record.state,
        "at": record.at,
        "data": orjson.dumps({name: getattr(record, name) for name in _COPY_DATA}).decode(),
    }


def _copy(row: "Row[Any]") -> CopyRecord:
    data = orjson.loads(row.data)
    return CopyRecord(
        backup_id=row.backup_id,
        target_id=row.target_id,
        server_id=row.server_id,
        state=row.state,
        at=row.at,
        **{name: data[name] for name in _COPY_DATA if name in data},
    )


def _target(row: "Row[Any]") -> TargetRecord:
    data = orjson.loads(row.data)
    fields = {name: data[name] for name in _TARGET_DATA if name in data}
    return TargetRecord(id=row.id, name=row.name, created_at=row.created_at, **fields)
