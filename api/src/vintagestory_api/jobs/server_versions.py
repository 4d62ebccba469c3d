"""Once a day by default: which versions of the game exist."""

from vintagestory_api.game_versions.catalog import VersionsReport, get_game_version_catalog
from vintagestory_api.jobs.base import safe_job
from vintagestory_api.services.run_context import report_progress


@safe_job("server_versions_check")
async def check_server_versions() -> VersionsReport:
    """Bring the list of game versions up to date; each new version is published once."""
    return await get_game_version_catalog().check(report_progress)
