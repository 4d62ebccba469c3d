"""WHEN the catalogue of mods is refreshed, and the mods of servers are checked for updates; the WHAT is in mods/catalog.py and
server_mods/update_check.py."""

import dataclasses
from typing import Any, Final

import structlog

from vintagestory_api.errors import ManagerError
from vintagestory_api.jobs.base import safe_job
from vintagestory_api.mods.catalog import get_mod_catalog
from vintagestory_api.server_mods.update_check import UpdatesChecked, find_mod_updates
from vintagestory_api.services.run_context import report_progress

log = structlog.get_logger(__name__)

#: The job of a check that somebody asks for, apart from the catalogue.
UPDATE_CHECK: Final = "mod_updates_check"

_CATALOGUE_PART = 0.9


@safe_job("mod_cache_refresh")
async def refresh_mod_cache() -> dict[str, Any]:
    """Bring the catalogue of mods in line with the mod database, then see what is new for the mods of servers.

    A check that fails is told in the report; the catalogue is refreshed all the same.
    """

    last = ""

    def tell(fraction: float | None, message: str) -> None:
        nonlocal last
        last = message
        report_progress(None if fraction is None else fraction * _CATALOGUE_PART, message)

    refreshed = await get_mod_catalog().refresh(tell)
    checked = await _check()
    report_progress(1.0, last)
    return dataclasses.asdict(refreshed) | checked


@safe_job(UPDATE_CHECK)
async def check_updates_now() -> UpdatesChecked | None:
    """Ask the mod database about the mods of all servers."""
    updates = find_mod_updates()
    return await updates.check(report_progress) if updates is not None else None


@safe_job(UPDATE_CHECK)
async def check_updates_for(server_id: str) -> UpdatesChecked | None:
    """As above, for whoever sees no more than that server."""
    updates = find_mod_updates()
    return await updates.check_for(server_id) if updates is not None else None


async def _check() -> dict[str, Any]:
    updates = find_mod_updates()
    if updates is None:
        return {}
    try:
        found = await updates.check(lambda _fraction, message: report_progress(_CATALOGUE_PART, message))
    except ManagerError as error:
        log.warning("mod_updates_not_checked", error=error.message)
        return {"updates_problem": error.message}
    except Exception:
        log.exception("mod_updates_check_broke")
        return {"updates_problem": "The check for updates broke down; the manager's log says where."}
    return {"updates_problem": found.problem} | {
        f"updates_{name}": value for name, value in dataclasses.asdict(found).items() if name != "problem"
    }
