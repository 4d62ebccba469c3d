"""What happened to each game server and why, written in the background in the order in which it was told."""

import asyncio
import contextvars
import uuid

import structlog

from vintagestory_api.errors import FieldError, Invalid
from vintagestory_api.events import EventBus, ServerChanged, ServerNoted
from vintagestory_api.kit.clock import rfc3339
from vintagestory_api.servers.in_store import in_store
from vintagestory_api.servers.records import Happening
from vintagestory_api.servers.schemas import TimelineEntry, TimelinePage
from vintagestory_api.storage.database import Database

log = structlog.get_logger(__name__)

#: While the database can't be written, so many entries wait; then the oldest are dropped.
_MAX_WAITING = 2000
_AGAIN_AFTER_SECONDS = 2.0
_LOOK_SECONDS = 0.1


class InvalidTimelineCursor(Invalid):
    code = "invalid_cursor"


class Timeline:
    """Entries are unique for each start, line and kind: what is read for the second time adds nothing."""

    def __init__(self, database: Database, bus: EventBus) -> None:
        self._database = database
        self._bus = bus
        self._waiting: list[Happening] = []
        self._writing: asyncio.Task[None] | None = None
        self._fails = False

    def note(self, happening: Happening) -> None:
        """Store it soon, and tell that the timeline has grown."""
        self._waiting.append(happening)
        if len(self._waiting) > _MAX_WAITING:
            del self._waiting[0]
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write(), context=contextvars.Context())

    async def flush(self) -> None:
        """Wait until what was noted so far is stored, or can't be."""
        while self._waiting and not self._fails and self._writing is not None and not self._writing.done():
            await asyncio.wait({self._writing}, timeout=_LOOK_SECONDS)

    async def aclose(self) -> None:
        await self.flush()
        if self._writing is not None:
            self._writing.cancel()

    async def page(self, server_id: str, *, limit: int, cursor: str = "") -> TimelinePage:
        """Newest first. Raises `InvalidTimelineCursor`."""
        before = _checked(cursor) if cursor else None
        await self.flush()
        found = await in_store(self._database, lambda store: store.timeline(server_id, limit=limit + 1, before=before))
        page = found[:limit]
        return TimelinePage(items=[_entry(item) for item in page], next_cursor=page[-1].id if len(found) > limit else None)

    async def _write(self) -> None:
        while self._waiting:
            batch = self._waiting[:200]
            try:
                added = await in_store(self._database, lambda store, batch=batch: store.note(batch))  # type: ignore[misc]
            except Exception as error:  # noqa: BLE001 - whatever is wrong with the disk or the database: it is tried again
                self._fails = True
                log.warning("timeline_not_written", error=str(error), waiting=len(self._waiting))
                await asyncio.sleep(_AGAIN_AFTER_SECONDS)
                continue
            self._fails = False
            stored = {happening.id for happening in batch}
            self._waiting = [happening for happening in self._waiting if happening.id not in stored]
            for server_id in {happening.server_id for happening in added}:
                self._bus.publish(ServerChanged(server_id))
            for new in added:
                self._bus.publish(ServerNoted(new.server_id, new.kind, new.at, new.actor, dict(new.details)))


def _entry(happening: Happening) -> TimelineEntry:
    return TimelineEntry(
        id=happening.id,
        at=rfc3339(happening.at) or "",
        kind=happening.kind,
        actor=happening.actor,
        run_id=happening.run_id,
        details=dict(happening.details),
    )


def _checked(cursor: str) -> str:
    try:
        return str(uuid.UUID(cursor))
    except ValueError:
        raise InvalidTimelineCursor(
            "This cursor is none of ours. Leave it out to start from the newest entry.",
            fields=[FieldError("cursor", "give the next_cursor of the page before")],
        ) from None
