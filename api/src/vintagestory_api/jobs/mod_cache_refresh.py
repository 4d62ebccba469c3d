"""WHEN the catalogue of mods is refreshed; the WHAT is in mods/catalog.py."""

from vintagestory_api.jobs.base import safe_job
from vintagestory_api.mods.catalog import RefreshReport, get_mod_catalog
from vintagestory_api.services.run_context import report_progress


@safe_job("mod_cache_refresh")
async def refresh_mod_cache() -> RefreshReport:
    """Bring the catalogue of mods in line with the mod database."""
    return await get_mod_catalog().refresh(report_progress)
