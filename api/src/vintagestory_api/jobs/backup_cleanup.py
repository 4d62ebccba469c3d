"""Deletes the backups that the rules of their servers don't want to be kept any more."""

from vintagestory_api.backups.pruning import PruneReport
from vintagestory_api.backups.service import get_backups
from vintagestory_api.jobs.base import safe_job


@safe_job("backup_cleanup")
async def clean_up_backups() -> PruneReport:
    """Of all servers that exist. After each backup the same is done for its server."""
    return await get_backups().clean_up()
