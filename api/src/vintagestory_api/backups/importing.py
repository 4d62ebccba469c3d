"""Takes over backups from elsewhere: those of another manager, and bare worlds."""

from collections.abc import AsyncIterator
from pathlib import Path

from vintagestory_api.backups.restoring import RestoreNotPossible
from vintagestory_api.backups.schemas import BackupSummary
from vintagestory_api.servers.registry import Servers
from vintagestory_api.services.run_records import RunRecord


class BackupImports:
    def __init__(self, servers: Servers) -> None:
        self._servers = servers

    async def take_upload(
        self, server_id: str, file_name: str, blocks: AsyncIterator[bytes], actor: str, *, note: str | None = None
    ) -> BackupSummary:
        self._servers.get(server_id)
        raise RestoreNotPossible("Imports are not there yet.", file_name=file_name, actor=actor, note=note, blocks=str(blocks))

    async def take_file(self, server_id: str, path: Path, actor: str, *, note: str | None = None) -> RunRecord:
        self._servers.get(server_id)
        raise RestoreNotPossible("Imports are not there yet.", path=str(path), actor=actor, note=note)
