"""Deletes the backups that the rules of a server don't want, and shows beforehand which those are."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import structlog

from vintagestory_api.backups.in_store import in_store
from vintagestory_api.backups.retention import Decision, Kept, decide, good_ones
from vintagestory_api.backups.schemas import CopyState, RetentionDecision, RetentionPreview, RetentionRules
from vintagestory_api.backups.shelf import BackupFolderGone, Shelf
from vintagestory_api.kit.clock import Clock
from vintagestory_api.storage.database import Database

log = structlog.get_logger(__name__)

_MOST_SHOWN: Final = 500
#: So far clocks are put right now and then.
_AHEAD_MS: Final = 600_000


@dataclass(frozen=True)
class PruneReport:
    kept: int = 0
    deleted: int = 0
    freed_bytes: int = 0

    def __add__(self, other: "PruneReport") -> "PruneReport":
        return PruneReport(self.kept + other.kept, self.deleted + other.deleted, self.freed_bytes + other.freed_bytes)

    def as_report(self) -> dict[str, Any]:
        return {"deleted": self.deleted, "kept": self.kept, "freed_bytes": self.freed_bytes}


class Pruning:
    def __init__(self, shelf: Shelf, database: Database, clock: Clock) -> None:
        self._shelf = shelf
        self._database = database
        self._clock = clock

    async def preview(self, server_id: str, rules: RetentionRules) -> RetentionPreview:
        """What `prune` would do now."""
        known = await self._known(server_id)
        decisions = await asyncio.to_thread(decide, known, rules)
        gone = [decision for decision in decisions if not decision.kept_by]
        shown = _to_show(decisions)
        records = await in_store(self._database, lambda store: store.of_ids([each.backup.id for each in shown]))
        kept_by = {each.backup.id: each.kept_by for each in shown}
        summaries = await self._shelf.summaries(records, await self._shelf.elsewhere.copies([record.id for record in records]))
        return RetentionPreview(
            kept=len(decisions) - len(gone),
            deleted=len(gone),
            freed_bytes=sum(decision.backup.size_bytes for decision in gone),
            held_back=_why_held_back(known),
            items=[RetentionDecision(backup=summary, kept_by=kept_by[summary.id]) for summary in summaries],
        )

    async def prune(self, server_id: str, rules: RetentionRules) -> PruneReport:
        """Raises `BackupFolderGone`, `BackupNotDeleted`; what was deleted before that is gone."""
        known = await self._known(server_id)
        if known and not any(backup.is_good for backup in known) and not self._shelf.folder(server_id).is_dir():
            raise BackupFolderGone(
                f"The folder {self._shelf.folder(server_id)}, which should hold {len(known)} backups, is not there. Nothing was "
                "deleted. If it lies on a disk of its own, mount that."
            )
        decisions = await asyncio.to_thread(decide, known, rules)
        gone = {decision.backup.id: decision.backup.size_bytes for decision in decisions if not decision.kept_by}
        if not gone:
            return PruneReport(kept=len(decisions))
        records = await in_store(self._database, lambda store: store.of_ids(list(gone)))
        # Somebody may have pinned one meanwhile.
        removed = await self._shelf.remove([record for record in records if not record.pinned], with_copies=True)
        freed = sum(gone[record.id] for record in removed)
        log.info("backups_pruned", server=server_id, deleted=len(removed), freed_bytes=freed)
        return PruneReport(len(decisions) - len(removed), len(removed), freed)

    async def _known(self, server_id: str) -> list[Kept]:
        """A backup that is only elsewhere is as good as one that is here. One that is nowhere any more, is not whole, or is of a
        time to come (the clock was wrong) counts for nothing."""
        found = await in_store(self._database, lambda store: store.for_rules(server_id))
        there = await self._shelf.looked(lambda: self._shelf.sizes(server_id))
        copies = await self._shelf.elsewhere.copies([backup.id for backup, _ in found])
        known = [_with_places(backup, there.get(file_name), copies.get(backup.id, ())) for backup, file_name in found]
        latest = self._clock.now_ms() + _AHEAD_MS
        known = [backup if backup.made_at <= latest else backup._replace(is_good=False) for backup in known]
        return [backup._replace(is_busy=True) if self._shelf.is_in_use(backup.id) else backup for backup in known]


def _with_places(backup: Kept, size_here: int | None, copies: Sequence[CopyState]) -> Kept:
    is_whole = size_here == backup.size_bytes
    if is_whole and not copies:
        return backup
    is_somewhere = is_whole or any(copy.state == "copied" for copy in copies)
    return backup._replace(
        is_good=backup.is_good and is_somewhere,
        size_bytes=size_here or 0,
        is_busy=any(copy.state == "copying" for copy in copies),
    )


def _to_show(decisions: Sequence[Decision]) -> list[Decision]:
    """All, as long as they are not too many; else those that stay, and the newest of those that go."""
    staying = [place for place, decision in enumerate(decisions) if decision.kept_by][: _MOST_SHOWN // 2]
    going = [place for place, decision in enumerate(decisions) if not decision.kept_by][: _MOST_SHOWN - len(staying)]
    return [decisions[place] for place in sorted([*staying, *going])]


def _why_held_back(known: Sequence[Kept]) -> str | None:
    if known and not good_ones(known):
        return "No backup with a sound world is there, so none is deleted."
    return None
