"""Looks whether what was copied elsewhere is still there and still good, so that nobody finds out too late that it is not."""

from vintagestory_api.backups.offsite import OffsiteCheckReport, get_offsite
from vintagestory_api.jobs.base import safe_job


@safe_job("offsite_check")
async def check_offsite_places() -> OffsiteCheckReport:
    """Have repositories checked, and read samples of copies in folders."""
    return await get_offsite().check_all()
