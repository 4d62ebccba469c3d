"""Whether what was copied elsewhere is still there and still good."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import structlog

from vintagestory_api.backups.offsite_places import Place
from vintagestory_api.backups.offsite_records import CopyRecord, TargetRecord, in_offsite_store
from vintagestory_api.backups.offsite_run import OffsiteCopyBroken, OffsiteUnreachable
from vintagestory_api.backups.offsite_targets import OffsiteTargets
from vintagestory_api.backups.shelf import Shelf
from vintagestory_api.errors import Conflict, ManagerError
from vintagestory_api.events import BackupsChanged, EventBus
from vintagestory_api.kit.clock import Clock
from vintagestory_api.services.run_context import report_progress
from vintagestory_api.storage.database import Database

if TYPE_CHECKING:
    from vintagestory_api.backups.offsite_store import OffsiteStore

log = structlog.get_logger(__name__)

_GONE: Final = "The copy is not there any more, or not whole."


class OffsiteCheckFailed(Conflict):
    code = "offsite_check_failed"


@dataclass(frozen=True)
class OffsiteCheckReport:
    places: int
    copies_read: int


class OffsiteChecking:
    def __init__(self, shelf: Shelf, targets: OffsiteTargets, database: Database, *, clock: Clock, bus: EventBus) -> None:
        self._shelf = shelf
        self._targets = targets
        self._database = database
        self._clock = clock
        self._bus = bus

    async def check_all(self) -> OffsiteCheckReport:
        """Raises `OffsiteCheckFailed` when one of them is not in order, after all."""
        targets, read, failures = list((await self._targets.known()).values()), 0, list[str]()
        for target in targets:
            try:
                read += await self.check(target)
            except ManagerError as error:
                failures.append(f"{target.name}: {error.message}")
        if failures:
            raise OffsiteCheckFailed(f"{len(failures)} of {len(targets)} places are not in order. {' '.join(failures)}")
        return OffsiteCheckReport(len(targets), read)

    async def check(self, target: TargetRecord) -> int:
        """How many copies were read back."""
        async with self._targets.lock(target.id):
            try:
                place = await self._targets.place(target)
                await place.check(report_progress)
                read = await self._check_copies(target, place)
            except ManagerError as error:
                is_there = not isinstance(error, OffsiteUnreachable)
                await self._targets.note(target.id, problem=error.message, checked=is_there, reachable=is_there)
                log.error("offsite_check_failed", target=target.name, error=error.message)  # noqa: TRY400 - the message says it all
                raise
        await self._targets.note(target.id, problem=None, checked=True, reachable=True)
        return read

    async def _check_copies(self, target: TargetRecord, place: Place) -> int:
        copies = await in_offsite_store(self._database, lambda store: store.of_target(target.id, "copied"))
        gone = {copy.backup_id: copy for copy in await place.missing(copies)}
        broken = [await self._note_broken(copy, _GONE) for copy in gone.values()]
        # A repository has been read by restic.
        chosen = _chosen([copy for copy in copies if copy.backup_id not in gone]) if target.kind == "folder" else []
        for copy in chosen:
            try:
                await place.verify(copy, report_progress)
            except OffsiteCopyBroken as error:
                broken.append(await self._note_broken(copy, error.message))
            else:
                await self._save(copy.changed(verified_at=self._clock.now_ms()))
        if broken:
            raise OffsiteCopyBroken(f"{len(broken)} of {len(copies)} copies can't be relied on. {' '.join(broken[:3])}")
        return len(chosen)

    async def _note_broken(self, copy: CopyRecord, why: str) -> str:
        """It is copied anew, as long as the backup is here. What is to be said of it."""
        record = await in_offsite_store(self._database, lambda store: store.backups.get(copy.backup_id))
        is_here = record is not None and await asyncio.to_thread(self._shelf.is_there, record)
        now_ms = self._clock.now_ms()
        await self._save(copy.changed(state="failed", at=now_ms, error=why, verified_at=None, is_lasting=not is_here))
        return f"{copy.server_id}/{copy.file_name}: {why}"

    async def _save(self, copy: CopyRecord) -> None:
        """One whose backup was deleted meanwhile is to go."""

        def save(store: "OffsiteStore") -> None:
            store.save(copy if store.backups.get(copy.backup_id) is not None else copy.changed(state="removed"))

        await in_offsite_store(self._database, save)
        self._bus.publish(BackupsChanged(copy.server_id))


def _chosen(copies: Sequence[CopyRecord]) -> list[CopyRecord]:
    """Of each server the newest, and the one that was not looked at for longest."""
    newest: dict[str, CopyRecord] = {}
    oldest: dict[str, CopyRecord] = {}
    for copy in copies:
        newest.setdefault(copy.server_id, copy)
        other = oldest.setdefault(copy.server_id, copy)
        if (copy.verified_at or 0) < (other.verified_at or 0):
            oldest[copy.server_id] = copy
    return list({copy.backup_id: copy for copy in (*newest.values(), *oldest.values())}.values())
