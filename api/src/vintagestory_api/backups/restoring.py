"""Puts backups back: onto their server, into a new one, as a whole or in parts."""

from vintagestory_api.backups.schemas import RestoreList, RestorePreview, RestoreRequest
from vintagestory_api.errors import Unavailable
from vintagestory_api.servers.registry import Servers
from vintagestory_api.services.run_records import RunRecord
from vintagestory_api.storage.database import Database


class RestoreNotPossible(Unavailable):
    code = "restore_not_possible"


class Restores:
    def __init__(self, database: Database, servers: Servers) -> None:
        self._database = database
        self._servers = servers

    async def preview(self, backup_id: str, wanted: RestoreRequest) -> RestorePreview:
        raise RestoreNotPossible("Restores are not there yet.", backup_id=backup_id, digest=wanted.digest)

    async def restore(self, backup_id: str, wanted: RestoreRequest, actor: str) -> RunRecord:
        raise RestoreNotPossible("Restores are not there yet.", backup_id=backup_id, digest=wanted.digest, actor=actor)

    async def list(self, server_id: str, *, limit: int) -> RestoreList:
        self._servers.get(server_id)
        return RestoreList(items=[][:limit])
