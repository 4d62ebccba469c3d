"""Alerts, targets and deliveries in the database. Importing this module imports SQLAlchemy: see `in_store`."""

from collections.abc import Collection, Iterable
from typing import Any

import orjson
from sqlalchemy import Connection, Row, delete, insert, or_, select
from sqlalchemy.dialects.sqlite import insert as insert_or_replace

from vintagestory_api.notifications.records import AlertRecord, Delivery, Notice, TargetRecord
from vintagestory_api.notifications.schemas import AlertSettings, TargetOptions
from vintagestory_api.notifications.tables import alerts, deliveries, settings, targets

_ALERT_DATA = ("title", "text", "action")
_TARGET_DATA = ("service", "scheme", "last_sent_at", "last_problem")
_DELIVERY_DATA = ("target_name", "more", "is_gathering", "is_under_way", "maybe_twice", "error", "title", "text")


class NotificationStore:
    """The statements, on one connection and inside its transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    # Alerts

    def open_alerts(self) -> list[AlertRecord]:
        """Oldest first."""
        query = select(alerts).where(alerts.c.closed_at.is_(None)).order_by(alerts.c.id)
        return [_alert(row) for row in self._connection.execute(query)]

    def alert(self, alert_id: str) -> AlertRecord | None:
        row = self._connection.execute(select(alerts).where(alerts.c.id == alert_id)).first()
        return None if row is None else _alert(row)

    def closed_alerts(
        self, *, server_id: str | None, before: str | None, limit: int, only_servers: Collection[str] | None = None
    ) -> list[AlertRecord]:
        """Newest first; `before` is the id of the last one seen."""
        query = select(alerts).where(alerts.c.closed_at.is_not(None)).order_by(alerts.c.id.desc()).limit(limit)
        if server_id is not None:
            query = query.where(alerts.c.server_id == server_id)
        if only_servers is not None:
            query = query.where(alerts.c.server_id.in_(only_servers))
        if before is not None:
            query = query.where(alerts.c.id < before)
        return [_alert(row) for row in self._connection.execute(query)]

    def save_alerts(self, records: Iterable[AlertRecord]) -> None:
        for record in records:
            values = {column.name: getattr(record, column.name) for column in alerts.c if column.name != "data"}
            values["data"] = _json({name: getattr(record, name) for name in _ALERT_DATA})
            self._put(alerts, values)

    def prune_alerts(self, before_ms: int) -> int:
        gone = delete(alerts).where(alerts.c.closed_at < before_ms)
        return self._connection.execute(gone).rowcount

    # Targets

    def targets(self) -> list[TargetRecord]:
        return [_target(row) for row in self._connection.execute(select(targets).order_by(targets.c.id))]

    def save_target(self, record: TargetRecord) -> None:
        data = {name: getattr(record, name) for name in _TARGET_DATA}
        data["options"] = record.options.model_dump(mode="json")
        values = {"id": record.id, "name": record.name, "created_at": record.created_at, "data": _json(data)}
        self._put(targets, values)

    def remove_target(self, target_id: str) -> None:
        self._connection.execute(delete(targets).where(targets.c.id == target_id))

    # Deliveries

    def waiting_deliveries(self) -> list[Delivery]:
        """Oldest first."""
        query = select(deliveries).where(deliveries.c.state == "waiting").order_by(deliveries.c.id)
        return [_delivery(row) for row in self._connection.execute(query)]

    def deliveries(self, *, target_id: str | None, before: str | None, limit: int) -> list[Delivery]:
        """Newest first; `before` is the id of the last one seen."""
        query = select(deliveries).order_by(deliveries.c.id.desc()).limit(limit)
        if target_id is not None:
            query = query.where(deliveries.c.target_id == target_id)
        if before is not None:
            query = query.where(deliveries.c.id < before)
        return [_delivery(row) for row in self._connection.execute(query)]

    def save_deliveries(self, records: Iterable[Delivery]) -> None:
        for record in records:
            data: dict[str, Any] = {name: getattr(record, name) for name in _DELIVERY_DATA}
            data["notices"] = [notice.stored() for notice in record.notices]
            values = {
                "id": record.id,
                "target_id": record.target_id,
                "at": record.at,
                "state": record.state,
                "attempts": record.attempts,
                "next_try_at": record.next_try_at,
                "data": _json(data),
            }
            self._put(deliveries, values)

    def prune_deliveries(self, before_ms: int, keep: int) -> int:
        """Those that wait are kept."""
        newest = select(deliveries.c.id).order_by(deliveries.c.id.desc()).limit(1).offset(keep)
        last = self._connection.execute(newest).scalar_one_or_none() or ""
        gone = delete(deliveries).where(
            deliveries.c.state != "waiting", or_(deliveries.c.at < before_ms, deliveries.c.id <= last)
        )
        return self._connection.execute(gone).rowcount

    # Settings

    def settings(self) -> AlertSettings:
        row = self._connection.execute(select(settings.c.data).where(settings.c.id == 1)).first()
        return AlertSettings() if row is None else AlertSettings.model_validate_json(row.data)

    def save_settings(self, present: AlertSettings) -> None:
        self._connection.execute(delete(settings))
        self._connection.execute(insert(settings).values(id=1, data=present.model_dump_json()))

    def _put(self, table: Any, values: dict[str, Any]) -> None:
        statement = insert_or_replace(table).values(values)
        self._connection.execute(statement.on_conflict_do_update(index_elements=["id"], set_=values))


def _json(data: dict[str, Any]) -> str:
    return orjson.dumps({name: value for name, value in data.items() if value is not None}).decode()


def _alert(row: Row[Any]) -> AlertRecord:
    data = orjson.loads(row.data)
    stored = {column.name: getattr(row, column.name) for column in alerts.c if column.name != "data"}
    return AlertRecord(**stored, **data)


def _target(row: Row[Any]) -> TargetRecord:
    data = orjson.loads(row.data)
    options = TargetOptions.model_validate(data.pop("options"))
    return TargetRecord(id=row.id, name=row.name, created_at=row.created_at, options=options, **data)


def _delivery(row: Row[Any]) -> Delivery:
    data = orjson.loads(row.data)
    notices = tuple(Notice(**{"title": "", "text": "", "at": 0, **notice}) for notice in data.pop("notices"))
    return Delivery(
        id=row.id,
        target_id=row.target_id,
        at=row.at,
        state=row.state,
        attempts=row.attempts,
        next_try_at=row.next_try_at,
        notices=notices,
        **data,
    )
