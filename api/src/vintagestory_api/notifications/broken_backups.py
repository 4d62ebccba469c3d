"""Backups that were lost or found damaged after they had been made; pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from vintagestory_api.notifications.alert_rules import Close, Raise, Signal, key_of
from vintagestory_api.notifications.records import AlertRecord
from vintagestory_api.notifications.schemas import NoticeKind, Severity

_KIND: Final[NoticeKind] = "backup_broken"
#: Of one server; more are told of together, such as when the disk with all of them is away.
_MOST_ALONE: Final = 5


@dataclass(frozen=True)
class BrokenBackup:
    """`is_gone`: its file is not there. `is_newest`: no good one was made after it, so that nothing saves what was played."""

    backup_id: str
    file_name: str
    problem: str
    is_gone: bool
    is_newest: bool


def of_broken_backups(
    server: str, name: str, broken: Sequence[BrokenBackup], open_alerts: Mapping[str, AlertRecord]
) -> Iterator[Signal]:
    """Each is told of once, until it is whole again or deleted. It is critical until a good one is made after it."""
    raised = [_one(server, name, one) for one in broken] if len(broken) <= _MOST_ALONE else [_many(server, name, broken)]
    yield from raised
    keys = {one.key for one in raised}
    for key, alert in open_alerts.items():
        if alert.kind == _KIND and alert.server_id == server and key not in keys:
            yield Close(key, quietly=key_of(_KIND, server) in keys)


def _one(server: str, name: str, one: BrokenBackup) -> Raise:
    what = "Backup lost" if one.is_gone else "Backup broken"
    advice = "No good one was made after it: back the server up now. " if one.is_newest else ""
    back = "Put its file back, or delete it from the list." if one.is_gone else "Don't rely on it; delete it from the list."
    text = f"{one.file_name}: {one.problem} {advice}{back}"
    return Raise(
        _KIND, one.backup_id, _severity([one]), f"{what}: {name}", text, server, action=f"/backups/{one.backup_id}", counts=False
    )


def _many(server: str, name: str, broken: Sequence[BrokenBackup]) -> Raise:
    gone = sum(one.is_gone for one in broken)
    text = (
        f"{len(broken)} backups can't be put back any more; the files of {gone} of them are not there. The newest of them is "
        f"{broken[0].file_name}. Look whether the disk of the backups is there."
    )
    page = f"/servers/{server}/backups"
    return Raise(_KIND, server, _severity(broken), f"Backups lost or broken: {name}", text, server, action=page, counts=False)


def _severity(broken: Sequence[BrokenBackup]) -> Severity:
    return "critical" if any(one.is_newest for one in broken) else "warning"
