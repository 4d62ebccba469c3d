"""Keeps the store of mods' files from growing for ever: what no kept set of any server needs is removed."""

import asyncio
from collections.abc import Callable
from typing import Final

import structlog

from vintagestory_api.errors import ManagerError
from vintagestory_api.server_mods.generations import Generations
from vintagestory_api.server_mods.store import ModStore
from vintagestory_api.server_mods.uploads import Uploads
from vintagestory_api.servers.registry import Servers
from vintagestory_api.servers.server import GameServer

log = structlog.get_logger(__name__)

_FIRST_AFTER_SECONDS: Final = 60.0
_EVERY_SECONDS: Final = 6 * 3600.0


class StoreSweeps:
    """`generations`: those of a server."""

    def __init__(
        self, store: ModStore, uploads: Uploads, servers: Servers, generations: Callable[[GameServer], Generations]
    ) -> None:
        self._store = store
        self._uploads = uploads
        self._servers = servers
        self._generations = generations

    async def now_and_then(self) -> None:
        await asyncio.sleep(_FIRST_AFTER_SECONDS)
        while True:
            await self.sweep()
            await asyncio.sleep(_EVERY_SECONDS)

    async def sweep(self) -> None:
        """Remove from the store what no kept set of any server needs. Where one can't be read, nothing is removed."""
        # A server of our own without a folder, because it is being made or deleted, needs nothing; an adopted one whose folder is
        # not there may lie on a disk that comes back.
        servers = [server for server in self._servers.all() if server.record.is_adopted or server.data_path.is_dir()]
        all_generations = [self._generations(server) for server in servers]

        def sweep() -> None:
            needed: set[str] = set()
            try:
                for generations in all_generations:
                    needed |= generations.needed()
                self._store.prune(needed)
                self._uploads.forget_lost()
            except (ManagerError, OSError) as error:
                log.info("mods_store_not_pruned", error=str(error))

        await asyncio.to_thread(sweep)
