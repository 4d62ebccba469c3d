"""Backups and their rules in the database. Importing this module imports SQLAlchemy: see `in_store`."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Connection, Row, Select, delete, func, insert, or_, select, tuple_, update
from sqlalchemy.dialects.sqlite import insert as insert_or_ignore

from vintagestory_api.backups.records import BackupFilter, BackupRecord
from vintagestory_api.backups.retention import Kept
from vintagestory_api.backups.schemas import BackupSettings
from vintagestory_api.backups.tables import backup_settings, backups

#: What was brought from elsewhere says nothing of what this server has played, so it never makes that safe.
_IS_GOOD = backups.c.world.in_(("verified", "none")) & backups.c.problem.is_(None) & (backups.c.kind != "imported")
_BEST_FIRST = ((backups.c.world == "verified").desc(), backups.c.made_at.desc(), backups.c.id.desc())
_IN_DATA = ("server_name", "game_version", "mods", "unpacked_bytes", "made_by")


@dataclass(frozen=True)
class BackupTotals:
    count: int
    bytes: int


class BackupStore:
    """The statements, on one connection and inside its transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, backup_id: str) -> BackupRecord | None:
        row = self._connection.execute(select(backups).where(backups.c.id == backup_id)).first()
        return _record(row) if row is not None else None

    def page(self, wanted: BackupFilter, *, limit: int, before: tuple[int, str] | None = None) -> list[BackupRecord]:
        """Newest first; `before` are moment and id of the last one seen."""
        query = _filtered(select(backups), wanted).order_by(backups.c.made_at.desc(), backups.c.id.desc()).limit(limit)
        if before is not None:
            query = query.where(tuple_(backups.c.made_at, backups.c.id) < before)
        return [_record(row) for row in self._connection.execute(query)]

    def of_server(self, server_id: str | None = None) -> list[BackupRecord]:
        """All of one server, or all, newest first."""
        query = select(backups).order_by(backups.c.made_at.desc(), backups.c.id.desc())
        if server_id is not None:
            query = query.where(backups.c.server_id == server_id)
        return [_record(row) for row in self._connection.execute(query)]

    def totals(self, wanted: BackupFilter) -> BackupTotals:
        query = _filtered(select(func.count(), func.coalesce(func.sum(backups.c.size_bytes), 0)).select_from(backups), wanted)
        count, size = self._connection.execute(query).one()
        return BackupTotals(int(count), int(size))

    def totals_by_server(self) -> dict[str, BackupTotals]:
        query = select(backups.c.server_id, func.count(), func.sum(backups.c.size_bytes)).group_by(backups.c.server_id)
        return {server_id: BackupTotals(int(count), int(size)) for server_id, count, size in self._connection.execute(query)}

    def newest_good(self, server_id: str | None = None) -> dict[str, BackupRecord]:
        """Server → its newest backup that counts; one without a world only where none has one."""
        place = func.row_number().over(partition_by=backups.c.server_id, order_by=_BEST_FIRST).label("place")
        ranked = select(backups.c.id, place).where(_IS_GOOD)
        if server_id is not None:
            ranked = ranked.where(backups.c.server_id == server_id)
        first = ranked.subquery()
        query = select(backups).join(first, backups.c.id == first.c.id).where(first.c.place == 1)
        return {row.server_id: _record(row) for row in self._connection.execute(query)}

    def good_ones(self, server_id: str, *, limit: int) -> list[BackupRecord]:
        """Those that count, in the order in which they would be chosen."""
        query = select(backups).where(backups.c.server_id == server_id, _IS_GOOD).order_by(*_BEST_FIRST).limit(limit)
        return [_record(row) for row in self._connection.execute(query)]

    def for_rules(self, server_id: str) -> list[tuple[Kept, str]]:
        """What deciding on all of a server needs, and the name of the file; nothing more, because there may be thousands."""
        columns = (
            backups.c.id, backups.c.made_at, backups.c.size_bytes, backups.c.world, backups.c.pinned, backups.c.problem,
            backups.c.file_name, backups.c.kind,
        )  # fmt: skip
        query = select(*columns).where(backups.c.server_id == server_id)
        return [
            (Kept(backup_id, made_at, size, world, pinned, problem is None and kind != "imported"), file_name)
            for backup_id, made_at, size, world, pinned, problem, file_name, kind in self._connection.execute(query)
        ]

    def of_ids(self, ids: Sequence[str]) -> list[BackupRecord]:
        """Newest first."""
        found: list[BackupRecord] = []
        for start in range(0, len(ids), 500):
            query = select(backups).where(backups.c.id.in_(ids[start : start + 500]))
            found += [_record(row) for row in self._connection.execute(query)]
        return sorted(found, key=lambda record: (record.made_at, record.id), reverse=True)

    def add(self, records: Iterable[BackupRecord]) -> None:
        """Those that are there already stay as they are."""
        for record in records:
            self._connection.execute(insert_or_ignore(backups).values(_values(record)).on_conflict_do_nothing())

    def save(self, record: BackupRecord) -> None:
        self._connection.execute(update(backups).where(backups.c.id == record.id).values(_values(record)))

    def remove(self, ids: Sequence[str]) -> None:
        for start in range(0, len(ids), 500):
            self._connection.execute(delete(backups).where(backups.c.id.in_(ids[start : start + 500])))

    # Rules

    def settings(self, server_id: str) -> BackupSettings:
        """Those that are stored, or else the usual ones."""
        query = select(backup_settings.c.data).where(backup_settings.c.server_id == server_id)
        found = self._connection.execute(query).scalar_one_or_none()
        return BackupSettings() if found is None else BackupSettings.model_validate_json(found)

    def save_settings(self, server_id: str, settings: BackupSettings) -> None:
        self._connection.execute(delete(backup_settings).where(backup_settings.c.server_id == server_id))
        self._connection.execute(insert(backup_settings).values(server_id=server_id, data=settings.model_dump_json()))


def _filtered(query: "Select[Any]", wanted: BackupFilter) -> "Select[Any]":
    if wanted.server_id is not None:
        query = query.where(backups.c.server_id == wanted.server_id)
    if wanted.only_servers is not None:
        query = query.where(backups.c.server_id.in_(wanted.only_servers))
    if wanted.kind is not None:
        query = query.where(backups.c.kind == wanted.kind)
    if wanted.text:
        columns = (backups.c.note, backups.c.file_name, func.json_extract(backups.c.data, "$.server_name"))
        query = query.where(or_(*(column.icontains(wanted.text, autoescape=True) for column in columns)))
    return query


def _values(record: BackupRecord) -> dict[str, Any]:
    return {
        "id": record.id,
        "server_id": record.server_id,
        "made_at": record.made_at,
        "kind": record.kind,
        "file_name": record.file_name,
        "size_bytes": record.size_bytes,
        "world": record.world,
        "pinned": record.pinned,
        "note": record.note,
        "verified_at": record.verified_at,
        "problem": record.problem,
        "data": orjson.dumps({name: getattr(record, name) for name in _IN_DATA}).decode(),
    }


def _record(row: "Row[Any]") -> BackupRecord:
    data = orjson.loads(row.data)
    return BackupRecord(
        id=row.id,
        server_id=row.server_id,
        made_at=row.made_at,
        kind=row.kind,
        file_name=row.file_name,
        size_bytes=row.size_bytes,
        world=row.world,
        pinned=row.pinned,
        note=row.note,
        verified_at=row.verified_at,
        problem=row.problem,
        **{name: data[name] for name in _IN_DATA if name in data},
    )
