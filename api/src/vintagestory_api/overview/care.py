"""What looks after each server: its last good backup, what happens next by itself, what could be updated."""

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Final

from vintagestory_api.backups.schemas import BackupState
from vintagestory_api.kit.clock import rfc3339, to_ms
from vintagestory_api.overview.schemas import BackupCare, NextAction, ServerCare
from vintagestory_api.schedules.records import ScheduleRecord
from vintagestory_api.services.scheduled_job import ScheduledJob
from vintagestory_api.updates.schemas import UpdateState

if TYPE_CHECKING:
    from vintagestory_api.manager import Manager

_HOUR_MS: Final = 3_600_000


async def cares(manager: "Manager") -> list[ServerCare]:
    """Of each server. Raises `DatabaseUnavailable`."""
    servers = manager.servers.all()
    if not servers:
        return []
    backups = {state.server_id: state for state in (await manager.backups.states()).items}
    updates = {state.server_id: state for state in (await manager.updates.states()).items}
    jobs = {job.id: job for job in manager.scheduler.get_jobs()}
    overdue_hours, now_ms = manager.notifications.settings.backup_overdue_hours, manager.clock.now_ms()
    found = []
    for server in servers:
        backup, update = backups.get(server.id), updates.get(server.id)
        if backup is None or update is None:
            continue
        good = backup.last_good
        found.append(
            ServerCare(
                server_id=server.id,
                backup=backup_care(backup, since_ms=server.record.created_at, overdue_hours=overdue_hours, now_ms=now_ms),
                last_good_backup_at=good.made_at if good is not None else None,
                next_action=next_action(manager.schedules.of_server(server.id), jobs),
                game_update=game_update(update),
                mod_updates=0 if update.policy.mods == "off" else update.mod_updates,
            )
        )
    return found


def backup_care(state: BackupState, *, since_ms: int, overdue_hours: int, now_ms: int) -> BackupCare:
    """`since_ms`: since when there is the server at all."""
    good_ms = to_ms(datetime.fromisoformat(state.last_good.made_at)) if state.last_good is not None else None
    if state.last_failed_at is not None and to_ms(datetime.fromisoformat(state.last_failed_at)) > (good_ms or 0):
        return "failed"
    age_ms = now_ms - (good_ms if good_ms is not None else since_ms)
    if overdue_hours and state.ran_since and age_ms > overdue_hours * _HOUR_MS:
        return "overdue"
    return "none" if good_ms is None else "good"


def next_action(schedules: Iterable[ScheduleRecord], jobs: dict[str, ScheduledJob]) -> NextAction | None:
    """The first of those that have a time."""
    due = [
        (job.next_run_ms, schedule)
        for schedule in schedules
        if (job := jobs.get(schedule.job_id)) is not None and job.next_run_ms is not None
    ]
    if not due:
        return None
    at, schedule = min(due, key=lambda one: one[0])
    return NextAction(schedule_id=schedule.id, name=schedule.name, at=rfc3339(at) or "")


def game_update(state: UpdateState) -> str | None:
    if state.policy.game == "off" or state.current is not None:
        return None
    return state.newest_stable if state.newest_stable is not None and not state.not_ready else state.newest_patch
