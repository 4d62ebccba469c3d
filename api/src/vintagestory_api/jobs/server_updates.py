"""Updates game servers by themselves, where and when that is wanted."""

from vintagestory_api.jobs.base import safe_job
from vintagestory_api.updates.acting import ActReport
from vintagestory_api.updates.service import get_updates


@safe_job("server_updates")
async def update_servers() -> ActReport:
    """Do what the policies of the servers say: at most one update is begun."""
    return await get_updates().acting.act()
