"""Copies what the manager itself knows, once a day."""

from vintagestory_api.jobs.base import safe_job
from vintagestory_api.manager_copies.service import CopyReport, get_manager_copies
from vintagestory_api.services.api_settings import get_api_settings


@safe_job("manager_backup")
async def back_up_manager() -> CopyReport:
    """Into the manager's own folder, as many as the settings say."""
    return await get_manager_copies().make(keep=get_api_settings().manager_backups_kept)
