"""Whether servers are safe: their last good backup, what failed since, and whether they ran since."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from vintagestory_api.backups.elsewhere import Drilled, DrillFacts, Elsewhere, OffsiteFacts
from vintagestory_api.backups.in_store import in_store
from vintagestory_api.backups.records import BackupRecord
from vintagestory_api.backups.schemas import BackupState, BackupStates, BackupSummary
from vintagestory_api.backups.shelf import Shelf
from vintagestory_api.events import Event, EventBus, ServerNoted
from vintagestory_api.kit.clock import rfc3339
from vintagestory_api.servers.in_store import in_store as in_server_store
from vintagestory_api.servers.registry import Servers
from vintagestory_api.storage.database import Database

#: What shows in a timeline that the game was up.
_SIGNS_OF_LIFE: Final = (
    "started", "ready", "found_again", "stopped", "killed", "crashed", "failed_to_start", "keeper_lost",
)  # fmt: skip
_FAILED: Final = "backup_failed"


@dataclass(frozen=True)
class _Failure:
    at_ms: int
    text: str


class BackupFacts:
    """Small facts of all servers, most of them from memory after the first question."""

    def __init__(
        self,
        shelf: Shelf,
        servers: Servers,
        database: Database,
        bus: EventBus,
        elsewhere: Callable[[], Elsewhere],
        drilled: Callable[[], Drilled],
    ) -> None:
        self._shelf = shelf
        self._servers = servers
        self._database = database
        self._elsewhere = elsewhere
        self._drilled = drilled
        self._failures: dict[str, _Failure] = {}
        #: When each server was last seen to be up.
        self._alive_ms: dict[str, int] = {}
        self._read = asyncio.Lock()
        self._is_read = False
        self._unsubscribe = bus.subscribe(self._notice)

    def close(self) -> None:
        self._unsubscribe()

    async def states(self) -> BackupStates:
        """One for each server that exists."""
        await self._read_timelines()
        good, totals = await in_store(self._database, lambda store: (store.newest_good(), store.totals_by_server()))
        copies = await self._elsewhere().copies([record.id for record in good.values()])
        shown = {summary.server_id: summary for summary in await self._shelf.summaries(list(good.values()), copies)}
        offsite, drills = await self._elsewhere().facts(), await self._drilled().facts()
        items = []
        for server in self._servers.all():
            total, failure = totals.get(server.id), self._failures.get(server.id)
            away, drill = offsite.get(server.id, OffsiteFacts()), drills.get(server.id, DrillFacts())
            items.append(
                BackupState(
                    server_id=server.id,
                    last_good=shown.get(server.id),
                    last_failed_at=rfc3339(failure.at_ms) if failure else None,
                    last_failure=failure.text if failure else None,
                    count=total.count if total else 0,
                    total_bytes=total.bytes if total else 0,
                    ran_since=self._ran_since(server.id, good.get(server.id)),
                    offsite_last_good_at=away.last_good_at,
                    offsite_problem=away.problem,
                    last_drill_at=drill.at,
                    last_drill_ok=drill.ok,
                )
            )
        return BackupStates(items=items)

    async def last_good(self, server_id: str) -> BackupSummary | None:
        found = await self._newest_good(server_id)
        if found is None:
            return None
        (summary,) = await self._shelf.summaries([found], await self._elsewhere().copies([found.id]))
        return summary

    async def ran_since_last_good(self, server_id: str) -> bool:
        """Raises `ServerNotFound`."""
        self._servers.get(server_id)
        await self._read_timelines()
        return self._ran_since(server_id, await self._newest_good(server_id))

    async def _newest_good(self, server_id: str) -> BackupRecord | None:
        return await in_store(self._database, lambda store: store.newest_good(server_id).get(server_id))

    def _ran_since(self, server_id: str, good: BackupRecord | None) -> bool:
        if good is None or self._servers.get(server_id).is_running:
            return True
        return self._alive_ms.get(server_id, 0) > good.made_at

    async def _read_timelines(self) -> None:
        """Once; what comes later is heard."""
        async with self._read:
            if self._is_read:
                return
            found = await in_server_store(self._database, lambda store: store.of_kinds((*_SIGNS_OF_LIFE, _FAILED)))
            for entry in found:
                self._learn(entry.server_id, entry.kind, entry.at, str(entry.details.get("text") or ""))
            self._is_read = True

    def _notice(self, event: Event) -> None:
        if isinstance(event, ServerNoted):
            self._learn(event.server_id, event.kind, event.at_ms, str(event.details.get("text") or ""))

    def _learn(self, server_id: str, kind: str, at_ms: int, text: str) -> None:
        if kind == _FAILED:
            earlier = self._failures.get(server_id)
            if earlier is None or earlier.at_ms <= at_ms:
                self._failures[server_id] = _Failure(at_ms, text)
        elif kind in _SIGNS_OF_LIFE:
            self._alive_ms[server_id] = max(at_ms, self._alive_ms.get(server_id, 0))
