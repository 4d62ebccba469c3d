"""Alerts as people see and page through them."""

from vintagestory_api.errors import NotFound, Unavailable
from vintagestory_api.kit.clock import rfc3339
from vintagestory_api.notifications.records import AlertRecord
from vintagestory_api.notifications.schemas import Alert
from vintagestory_api.notifications.service import InvalidCursor, checked_cursor


class AlertNotFound(NotFound):
    code = "alert_not_found"

    def __init__(self, alert_id: str) -> None:
        super().__init__(f"There is no alert {alert_id!r}. Old ones are deleted after a while.")


class AlertsBusy(Unavailable):
    code = "alerts_busy"

    def __init__(self) -> None:
        super().__init__("Alerts can't be read or stored at the moment. Is the disk full? Run: vsmanager doctor")


def view(alert: AlertRecord) -> Alert:
    return Alert(
        id=alert.id,
        kind=alert.kind,
        severity=alert.severity,
        server_id=alert.server_id,
        job_id=alert.job_id,
        title=alert.title,
        text=alert.text,
        opened_at=rfc3339(alert.opened_at) or "",
        last_at=rfc3339(alert.last_at) or "",
        count=alert.count,
        closed_at=rfc3339(alert.closed_at),
        acknowledged_at=rfc3339(alert.acknowledged_at),
        acknowledged_by=alert.acknowledged_by,
        action=alert.action,
    )


def cursor_after(alert: AlertRecord) -> str:
    return f"{'over' if alert.closed_at is not None else 'open'}.{alert.id}"


def read_cursor(cursor: str) -> tuple[str, str | None]:
    """Which part of the list, and the id after which it goes on. Raises `InvalidCursor`."""
    if not cursor:
        return "open", None
    part, _, alert_id = cursor.partition(".")
    if part not in {"open", "over"}:
        checked_cursor(cursor)
        raise InvalidCursor("This cursor is none of ours. Leave it out to start from the newest.")
    return part, checked_cursor(alert_id)
