"""Backups outlive their server. When another is made under the same id, its rules must not delete what is left of the first."""

import asyncio
import contextvars
from typing import Final

import structlog

from vintagestory_api.backups.in_store import in_store
from vintagestory_api.backups.shelf import Shelf
from vintagestory_api.errors import ManagerError
from vintagestory_api.events import Event, EventBus, ServerNoted
from vintagestory_api.storage.database import Database

log = structlog.get_logger(__name__)

OF_EARLIER: Final = "Of an earlier server of this name, so it stays until it is unpinned."


class EarlierServers:
    """Pins the backups that are there when a server is made."""

    def __init__(self, shelf: Shelf, database: Database, bus: EventBus) -> None:
        self._shelf = shelf
        self._database = database
        self._tasks: set[asyncio.Task[None]] = set()
        self._unsubscribe = bus.subscribe(self._notice)

    async def close(self) -> None:
        self._unsubscribe()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=2.0)

    def _notice(self, event: Event) -> None:
        if isinstance(event, ServerNoted) and event.kind == "created":
            task = asyncio.create_task(self._pin(event.server_id, event.at_ms), context=contextvars.Context())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _pin(self, server_id: str, made_ms: int) -> None:
        try:
            for record in await in_store(self._database, lambda store: store.of_server(server_id)):
                if record.made_at < made_ms and not record.pinned:
                    await self._shelf.save(record.changed(pinned=True, note=record.note or OF_EARLIER))
        except ManagerError as error:
            log.warning("earlier_backups_not_pinned", server=server_id, error=error.message)
