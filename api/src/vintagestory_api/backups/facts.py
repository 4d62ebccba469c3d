"""Whether servers are safe: their last good backup, what failed since, and whether they ran since."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from vintagestory_api.backups.elsewhere import Drilled, DrillFacts, Elsewhere, OffsiteFacts
from vintagestory_api.backups.in_store import in_store
from vintagestory_api.backups.records import BackupRecord
from vintagestory_api.backups.schemas import BackupState, BackupStates, BackupSummary
from vintagestory_api.backups.shelf import Shelf
from vintagestory_api.events import Event, EventBus, ServerNoted
from vintagestory_api.kit.clock import Clock, rfc3339
from vintagestory_api.servers.in_store import in_store as in_server_store
from vintagestory_api.servers.registry import Servers
from vintagestory_api.storage.database import Database

#: What shows in a timeline that the game was up.
_SIGNS_OF_LIFE: Final = (
    "started", "ready", "found_again", "stopped", "killed", "crashed", "failed_to_start", "keeper_lost",
)  # fmt: skip
_FAILED: Final = "backup_failed"
#: For one that is there, where files have vanished.
_MOST_LOOKED_AT: Final = 500


@dataclass(frozen=True)
class _Failure:
    at_ms: int
    text: str


@dataclass(frozen=True)
class _Good:
    made_at: int
    summary: BackupSummary


@dataclass(frozen=True)
class BrokenBackup:
    """One that can't be put back any more. `is_newest`: no good one was made after it."""

    summary: BackupSummary
    is_newest: bool


#: By server.
BrokenBackups = dict[str, list[BrokenBackup]]


class BackupFacts:
    """Small facts of all servers, most of them from memory after the first question."""

    def __init__(
        self,
        shelf: Shelf,
        servers: Servers,
        database: Database,
        clock: Clock,
        bus: EventBus,
        elsewhere: Callable[[], Elsewhere],
        drilled: Callable[[], Drilled],
    ) -> None:
        self._shelf = shelf
        self._servers = servers
        self._database = database
        self._clock = clock
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
        totals = await in_store(self._database, lambda store: store.totals_by_server())
        good = await self._good()
        offsite, drills = await self._elsewhere().facts(), await self._drilled().facts()
        items = []
        for server in self._servers.all():
            total, failure, newest = totals.get(server.id), self._failures.get(server.id), good.get(server.id)
            away, drill = offsite.get(server.id, OffsiteFacts()), drills.get(server.id, DrillFacts())
            items.append(
                BackupState(
                    server_id=server.id,
                    last_good=newest.summary if newest else None,
                    last_failed_at=rfc3339(failure.at_ms) if failure else None,
                    last_failure=failure.text if failure else None,
                    count=total.count if total else 0,
                    total_bytes=total.bytes if total else 0,
                    ran_since=self._ran_since(server.id, newest),
                    offsite_last_good_at=away.last_good_at,
                    offsite_problem=away.problem,
                    last_drill_at=drill.at,
                    last_drill_ok=drill.ok,
                )
            )
        return BackupStates(items=items)

    async def last_good(self, server_id: str) -> BackupSummary | None:
        found = (await self._good(server_id)).get(server_id)
        return found.summary if found else None

    async def ran_since_last_good(self, server_id: str) -> bool:
        """Raises `ServerNotFound`."""
        self._servers.get(server_id)
        await self._read_timelines()
        return self._ran_since(server_id, (await self._good(server_id)).get(server_id))

    async def broken(self) -> BrokenBackups:
        """Server → its backups that were lost, or were found damaged after they had been made, newest first.

        Raises `BackupFolderGone` while the folder does not answer, so that nobody can say.
        """
        found: BrokenBackups = {server_id: [] for server_id in self._servers.ids}
        known = await in_store(self._database, lambda store: store.of_server())
        mine = [record for record in known if record.server_id in found and record.world != "damaged"]
        sizes = await self._shelf.looked(lambda: _sizes(self._shelf, mine))
        suspects = [record for record in mine if record.problem is not None or sizes.get(record.id) != record.size_bytes]
        suspects = [record for record in suspects if not self._shelf.is_being_removed(record.id)]
        copies = await self._elsewhere().copies([record.id for record in suspects])
        good = await self._good()
        # One that was deleted or packed anew meanwhile is not what was looked at.
        still = set(await in_store(self._database, lambda store: store.of_ids([record.id for record in suspects])))

        def tell_apart() -> BrokenBackups:
            for record in suspects:
                summary = record.summary(size_there=sizes.get(record.id), copies=copies.get(record.id, ()))
                if record in still and summary.problem is not None:
                    newest = good.get(record.server_id)
                    is_newest = record.kind != "imported" and (newest is None or record.made_at > newest.made_at)
                    found[record.server_id].append(BrokenBackup(summary, is_newest))
            return found

        return await asyncio.to_thread(tell_apart)  # thousands of them, where their disk is away

    async def _good(self, server_id: str | None = None) -> dict[str, _Good]:
        """Server → its newest backup that could be put back: its file is here and whole, or a copy is elsewhere."""
        newest = await in_store(self._database, lambda store: store.newest_good(server_id))
        good = {found.summary.server_id: found for found in await self._there(list(newest.values()))}
        for missing in newest.keys() - good.keys():
            if there := await self._there(await self._earlier(missing)):
                good[missing] = there[0]
        return good

    async def _earlier(self, server_id: str) -> list[BackupRecord]:
        return await in_store(self._database, lambda store: store.good_ones(server_id, limit=_MOST_LOOKED_AT))

    async def _there(self, records: Sequence[BackupRecord]) -> list[_Good]:
        copies = await self._elsewhere().copies([record.id for record in records])
        shown = await self._shelf.summaries(records, copies)
        return [
            _Good(record.made_at, summary)
            for record, summary in zip(records, shown, strict=True)
            if summary.problem is None or any(copy.state == "copied" for copy in summary.copies)
        ]

    def _ran_since(self, server_id: str, good: _Good | None) -> bool:
        if good is None or self._servers.get(server_id).is_running:
            return True
        # A clock that was wrong must not keep a server from being backed up until that time has come.
        return good.made_at > self._clock.now_ms() or self._alive_ms.get(server_id, 0) > good.made_at

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


def _sizes(shelf: Shelf, records: Sequence[BackupRecord]) -> dict[str, int]:
    """Of those whose file is there, by the id of the backup. Blocking."""
    there = {server_id: shelf.sizes(server_id) for server_id in {record.server_id for record in records}}
    return {record.id: size for record in records if (size := there[record.server_id].get(record.file_name)) is not None}
