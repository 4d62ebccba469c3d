"""What alerts ask of the rest of the manager."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from vintagestory_api.notifications.alert_rules import BackupFacts, BrokenSchedule, ServerState
from vintagestory_api.notifications.broken_backups import BrokenBackup
from vintagestory_api.notifications.schemas import AlertSettings
from vintagestory_api.services.scheduler import SchedulerService


@dataclass(frozen=True)
class Around:
    """`servers` as they are now; `backups`: facts about each server; `broken_backups`: id of a server → those that can't be put
    back any more, newest first, without servers of which nobody can say;
    `updates`: id of a server → what could be installed there, in words, None where nothing is; `schedule_title`: of
    the schedule that has this job id, None where there is none (any more); `broken_schedules`: those that are turned on and can't
    run as they are."""

    servers: Callable[[], Sequence[ServerState]]
    scheduler: Callable[[], SchedulerService]
    settings: Callable[[], AlertSettings]
    backups: Callable[[], Awaitable[Sequence[BackupFacts]]]
    broken_backups: Callable[[], Awaitable[Mapping[str, Sequence[BrokenBackup]]]]
    updates: Callable[[], Awaitable[dict[str, str | None]]]
    schedule_title: Callable[[str], str | None]
    broken_schedules: Callable[[], Sequence[BrokenSchedule]]
