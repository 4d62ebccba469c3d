"""Restores the newest backup of servers for practice, so that nobody finds out too late that it can't be."""

from vintagestory_api.backups.drill import DrillReport, get_drills
from vintagestory_api.jobs.base import safe_job


@safe_job("restore_drill")
async def run_restore_drills() -> DrillReport:
    """Restore beside, and check, what the rules of the servers say."""
    return await get_drills().drill_due()
