"""Drills: the newest backup of a server is restored beside, looked at whole, and removed again."""

from vintagestory_api.backups.restoring import RestoreNotPossible
from vintagestory_api.servers.registry import Servers
from vintagestory_api.services.run_records import RunRecord


class Drills:
    def __init__(self, servers: Servers) -> None:
        self._servers = servers

    async def start(self, server_id: str) -> RunRecord:
        self._servers.get(server_id)
        raise RestoreNotPossible("Drills are not there yet.")
