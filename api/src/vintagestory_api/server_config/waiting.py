"""Changes that wait for the end of a game, because it would write over them."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from vintagestory_api.kit.clock import Clock
from vintagestory_api.server_config.in_store import in_store
from vintagestory_api.server_config.records import PendingChange
from vintagestory_api.server_config.schemas import ConfigFileName
from vintagestory_api.storage.database import Database

if TYPE_CHECKING:
    from vintagestory_api.server_config.store import ConfigStore


class Waiting:
    """How many there are of each server is kept in memory, because every look at a server asks."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._counts: dict[str, int] = {}
        self._last_ms = 0

    async def open(self) -> None:
        self._counts = await in_store(self._database, lambda store: store.pending_counts())

    def servers(self) -> list[str]:
        """Those that have any."""
        return [server_id for server_id, count in self._counts.items() if count]

    def count(self, server_id: str) -> int:
        return self._counts.get(server_id, 0)

    def moment(self) -> int:
        """Now, and later than ever before, so that of two changes it is known which came first."""
        self._last_ms = max(self._clock.now_ms(), self._last_ms + 1)
        return self._last_ms

    async def of(self, server_id: str, file: ConfigFileName) -> list[PendingChange]:
        if not self.count(server_id):
            return []
        return await in_store(self._database, lambda store: store.pending(server_id, file))

    async def change(self, server_id: str, *, added: Sequence[PendingChange] = (), removed: Iterable[PendingChange] = ()) -> None:
        gone = list(removed)
        if not added and not gone:
            return

        def write(store: "ConfigStore") -> int:
            store.remove_pending(gone)
            store.put_pending(added)
            return len(store.pending(server_id))

        self._counts[server_id] = await in_store(self._database, write)


def stamp_of(changes: Iterable[PendingChange]) -> int:
    """Grows with each change that begins to wait."""
    return max((change.at for change in changes), default=0)
