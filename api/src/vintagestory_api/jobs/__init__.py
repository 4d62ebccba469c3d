"""The timetable: every default job, and the one place where they are registered."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import structlog

from vintagestory_api.backups.importing import BACKUP_IMPORT
from vintagestory_api.backups.offsite import OFFSITE_CHECK_ONE, OFFSITE_COPY, OFFSITE_FETCH
from vintagestory_api.backups.service import PRUNE, VERIFY
from vintagestory_api.jobs.backup_cleanup import clean_up_backups
from vintagestory_api.jobs.history_cleanup import clean_history
from vintagestory_api.jobs.manager_backup import back_up_manager
from vintagestory_api.jobs.mod_cache_refresh import UPDATE_CHECK, refresh_mod_cache
from vintagestory_api.jobs.offsite_check import check_offsite_places
from vintagestory_api.jobs.restore_drill import run_restore_drills
from vintagestory_api.jobs.server_updates import update_servers
from vintagestory_api.jobs.server_versions import check_server_versions
from vintagestory_api.services.api_settings import ApiSettings, get_api_settings
from vintagestory_api.services.run_execution import JobPolicy
from vintagestory_api.services.scheduler import SchedulerService, UnknownJob

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class PeriodicJob:
    """One row of the timetable: an interval from the settings (`interval_setting`), or a cron expression."""

    id: str
    function: Callable[[], Awaitable[Any]]
    interval_setting: str | None = None
    cron: str | None = None
    zone: str = "UTC"
    #: A cron job is registered while this says so.
    wanted: Callable[[ApiSettings], bool] = lambda _settings: True
    #: While the circuit of this upstream is open, ticks are skipped.
    upstream: str | None = None
    policy: JobPolicy = field(default_factory=JobPolicy)

    def interval_seconds(self, settings: ApiSettings) -> int:
        """Seconds between two ticks; 0 means that the job is off."""
        return int(getattr(settings, self.interval_setting)) if self.interval_setting else 0


DEFAULT_JOBS = (
    PeriodicJob(
        "mod_cache_refresh",
        refresh_mod_cache,
        interval_setting="mod_list_refresh_interval",
        upstream="mod_database",
        policy=JobPolicy(title="Refresh the mod catalogue", timeout_seconds=300, retries=2, retry_wait_seconds=30),
    ),
    PeriodicJob(
        "server_versions_check",
        check_server_versions,
        interval_setting="server_versions_refresh_interval",
        upstream="version_api",
        policy=JobPolicy(title="Check for new game versions", timeout_seconds=120, retries=2, retry_wait_seconds=30),
    ),
    PeriodicJob(
        "history_cleanup",
        clean_history,
        cron="17 4 * * *",
        wanted=lambda settings: any(
            (
                settings.run_history_per_job,
                settings.run_history_days,
                settings.audit_history_days,
                settings.chat_history_days,
                settings.alert_history_days,
            )
        ),
        policy=JobPolicy(title="Clean up the history of runs, changes and chat", timeout_seconds=600),
    ),
    PeriodicJob(
        "backup_cleanup",
        clean_up_backups,
        cron="23 * * * *",
        policy=JobPolicy(title="Clean up backups", timeout_seconds=3600),
    ),
    PeriodicJob(
        "manager_backup",
        back_up_manager,
        cron="37 3 * * *",
        wanted=lambda settings: settings.manager_backups_kept > 0,
        policy=JobPolicy(title="Copy what the manager itself knows", timeout_seconds=1800),
    ),
    PeriodicJob(
        "restore_drill",
        run_restore_drills,
        cron="41 4 * * *",
        policy=JobPolicy(title="Restore the newest backups for practice", timeout_seconds=12 * 3600),
    ),
    PeriodicJob(
        "offsite_check",
        check_offsite_places,
        cron="29 5 * * 0",
        policy=JobPolicy(title="Check the copies of backups elsewhere", timeout_seconds=24 * 3600, ends_with_manager=True),
    ),
    PeriodicJob(
        "server_updates",
        update_servers,
        interval_setting="server_updates_interval",
        policy=JobPolicy(title="Update game servers by themselves", timeout_seconds=1800),
    ),
)

#: Of jobs that are only run when somebody asks.
EVENT_POLICIES = {
    UPDATE_CHECK: JobPolicy(title="Check the mods of servers for updates", timeout_seconds=120),
    VERIFY: JobPolicy(title="Verify a backup", timeout_seconds=12 * 3600, ends_with_manager=True),
    PRUNE: JobPolicy(title="Delete backups that no rule keeps", timeout_seconds=3600, ends_with_manager=True),
    OFFSITE_COPY: JobPolicy(title="Copy a backup elsewhere", timeout_seconds=13 * 3600, ends_with_manager=True),
    OFFSITE_CHECK_ONE: JobPolicy(title="Check copies of backups", timeout_seconds=24 * 3600, ends_with_manager=True),
    OFFSITE_FETCH: JobPolicy(title="Fetch a backup back", timeout_seconds=13 * 3600, ends_with_manager=True),
    BACKUP_IMPORT: JobPolicy(title="Take over a backup from elsewhere", timeout_seconds=12 * 3600),
}

JOBS_BY_ID = {job.id: job for job in DEFAULT_JOBS}


def register_default_jobs(scheduler: SchedulerService) -> None:
    """Bring the scheduler in line with the settings: jobs that are on are registered, jobs that are off are not.

    Called at start and after every change of the settings.
    """
    settings = get_api_settings()
    count = 0
    for job in DEFAULT_JOBS:
        if job.cron is not None and job.wanted(settings):
            scheduler.add_cron_job(job.function, job.cron, job.id, zone=job.zone)
            log.info("job_registered", job_id=job.id, cron=job.cron, zone=job.zone)
        elif seconds := job.interval_seconds(settings):
            scheduler.add_interval_job(job.function, seconds=seconds, job_id=job.id)
            log.info("job_registered", job_id=job.id, interval_seconds=seconds)
        else:
            with suppress(UnknownJob):
                scheduler.remove_job(job.id)
            continue
        count += 1
    log.info("default_jobs_registered", count=count)
