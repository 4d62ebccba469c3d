"""Keeps what is stored of one game server."""

import asyncio
from typing import Any

import structlog

from vintagestory_api.errors import ManagerError
from vintagestory_api.events import ServerNoted
from vintagestory_api.servers.in_store import in_store
from vintagestory_api.servers.records import Happening, ServerRecord
from vintagestory_api.servers.schemas import Wanted
from vintagestory_api.servers.server import GameServer
from vintagestory_api.servers.surroundings import Surroundings

log = structlog.get_logger(__name__)

_ATTEMPTS, _AGAIN_SECONDS = 3, 1.0


class RecordKeeper:
    """Changes are stored in the order in which they were made."""

    def __init__(self, server: GameServer, around: Surroundings) -> None:
        self._server = server
        self._around = around
        self._saving = asyncio.Lock()

    async def want(self, wanted: Wanted) -> None:
        if self._server.record.wanted != wanted:
            await self.save(wanted=wanted)

    async def save(self, **changes: Any) -> None:
        """Change the record, and store it."""
        self._server.record = self._server.record.changed(**changes)
        await self._save_now()
        self._server.changed()

    async def save_surely(self, changes: dict[str, Any], *happenings: Happening) -> None:
        """Change the record, and store it together with what happened. What can't be stored now is tried again; then the timeline
        alone goes on trying."""
        self._server.record = self._server.record.changed(**changes)
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                added = await self._save_now(*happenings)
            except ManagerError as error:
                log.warning("end_not_stored", server=self._server.id, attempt=attempt, error=error.message)
            except Exception:
                log.exception("end_not_stored", server=self._server.id, attempt=attempt)
            else:
                for new in added:
                    self._around.bus.publish(ServerNoted(new.server_id, new.kind, new.at, new.actor, dict(new.details)))
                return
            await asyncio.sleep(_AGAIN_SECONDS)
        for happening in happenings:
            self._around.timeline.note(happening)

    async def _save_now(self, *happenings: Happening) -> list[Happening]:
        """Which of the happenings were new."""
        async with self._saving:
            record: ServerRecord = self._server.record

            def store(store: Any) -> list[Happening]:
                store.save(record)
                added: list[Happening] = store.note(happenings)
                return added

            return await in_store(self._around.database, store)
