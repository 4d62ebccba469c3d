"""Whether what was copied elsewhere is still there and still good."""

import asyncio
from dataclasses import dataclass

import structlog

from vintagestory_api.backups.offsite_records import CopyRecord, TargetRecord, in_offsite_store
from vintagestory_api.backups.offsite_run import OffsiteCopyBroken, OffsiteUnreachable
from vintagestory_api.backups.offsite_targets import OffsiteTargets
from vintagestory_api.backups.shelf import Shelf
from vintagestory_api.errors import Conflict, ManagerError
from vintagestory_api.events import BackupsChanged, EventBus
from vintagestory_api.kit.clock import Clock
from vintagestory_api.services.run_context import report_progress
from vintagestory_api.storage.database import Database

log = structlog.get_logger(__name__)


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
        """How many copies were read back: of each server the newest, and the one that was not looked at for longest."""
        async with self._targets.lock(target.id):
            try:
                place = await self._targets.place(target)
                await place.check(report_progress)
                read = await self._check_copies(target) if target.kind == "folder" else 0
            except ManagerError as error:
                is_there = not isinstance(error, OffsiteUnreachable)
                await self._targets.note(target.id, problem=error.message, checked=is_there, reachable=is_there)
                log.error("offsite_check_failed", target=target.name, error=error.message)  # noqa: TRY400 - the message says it all
                raise
        await self._targets.note(target.id, problem=None, checked=True, reachable=True)
        return read

    async def _check_copies(self, target: TargetRecord) -> int:
        copies = await in_offsite_store(self._database, lambda store: store.of_target(target.id, "copied"))
        newest: dict[str, CopyRecord] = {}
        oldest: dict[str, CopyRecord] = {}
        for copy in copies:
            newest.setdefault(copy.server_id, copy)
            other = oldest.setdefault(copy.server_id, copy)
            if (copy.verified_at or 0) < (other.verified_at or 0):
                oldest[copy.server_id] = copy
        chosen = {copy.backup_id: copy for copy in (*newest.values(), *oldest.values())}
        place, broken = await self._targets.place(target), list[str]()
        for copy in chosen.values():
            try:
                await place.verify(copy, report_progress)
            except OffsiteCopyBroken as error:
                broken.append(f"{copy.server_id}/{copy.file_name}: {error.message}")
                await self._note_broken(copy, error)
            else:
                await self._save(copy.changed(verified_at=self._clock.now_ms()))
        if broken:
            raise OffsiteCopyBroken(f"{len(broken)} of {len(chosen)} copies can't be relied on. {' '.join(broken[:3])}")
        return len(chosen)

    async def _note_broken(self, copy: CopyRecord, error: ManagerError) -> None:
        """It is copied anew, as long as the backup is here."""
        record = await in_offsite_store(self._database, lambda store: store.backups.get(copy.backup_id))
        is_here = record is not None and await asyncio.to_thread(self._shelf.is_there, record)
        now_ms = self._clock.now_ms()
        await self._save(copy.changed(state="failed", at=now_ms, error=error.message, verified_at=None, is_lasting=not is_here))

    async def _save(self, copy: CopyRecord) -> None:
        await in_offsite_store(self._database, lambda store: store.save(copy))
        self._bus.publish(BackupsChanged(copy.server_id))
