"""Which backups lie here of those that lie elsewhere: fetched back when they are needed, removed where nothing is to be kept."""

import asyncio
import contextlib
import shutil
import time
from pathlib import Path
from typing import Final

import structlog

from vintagestory_api.backups.children import read_archive_apart
from vintagestory_api.backups.names import WORK_PREFIX
from vintagestory_api.backups.offsite_records import CopyRecord, TargetRecord, in_offsite_store
from vintagestory_api.backups.offsite_targets import OffsiteTargets
from vintagestory_api.backups.records import BackupRecord
from vintagestory_api.backups.schemas import BackupSettings
from vintagestory_api.backups.shelf import BackupFileGone, Shelf
from vintagestory_api.backups.space import see_that_it_fits
from vintagestory_api.errors import ManagerError
from vintagestory_api.events import BackupsChanged, EventBus
from vintagestory_api.kit.ids import uuid7
from vintagestory_api.servers.registry import Servers
from vintagestory_api.services.run_context import in_thread, report_progress
from vintagestory_api.storage.atomic import sync_folder
from vintagestory_api.storage.database import Database

log = structlog.get_logger(__name__)

#: So long a backup stays that was fetched back, where backups lie only elsewhere.
_STAYS_SECONDS: Final = 24 * 3600.0
_ARCHIVE_PART, _MANIFEST_PART = "archive.tar.zst.part", "manifest.json.part"


class OffsiteHere:
    def __init__(self, shelf: Shelf, servers: Servers, targets: OffsiteTargets, database: Database, bus: EventBus) -> None:
        self._shelf = shelf
        self._servers = servers
        self._targets = targets
        self._database = database
        self._bus = bus
        self._stays_until: dict[str, float] = {}

    async def bring_back(self, record: BackupRecord) -> None:
        """Have the file of a backup here again, as it was copied. Does nothing where it is here and whole.

        Raises `BackupFileGone` when there is no copy, `NoRoom`, and what the places raise.
        """
        with self._shelf.using(record.id):
            if await asyncio.to_thread(self._shelf.is_whole, record):
                return
            known = await self._targets.known()
            found = await in_offsite_store(self._database, lambda store: store.of_backups([record.id]))
            copies = [copy for copy in found if copy.state == "copied" and copy.target_id in known]
            if not copies and await asyncio.to_thread(self._shelf.is_there, record):
                return
            if not copies:
                raise BackupFileGone(
                    f"The file of this backup, {record.file_name}, is not in the folder of backups any more, and there is no "
                    "copy elsewhere. Put it back there, or delete the backup from the list."
                )
            problem: ManagerError | None = None
            for copy in sorted(copies, key=lambda copy: known[copy.target_id].kind != "folder"):
                try:
                    await self._fetch(record, copy, known[copy.target_id])
                except ManagerError as error:
                    log.warning("backup_not_fetched", backup=record.id, target=known[copy.target_id].name, error=error.message)
                    problem = error
                else:
                    return
            if problem is not None:
                raise problem

    async def _fetch(self, record: BackupRecord, copy: CopyRecord, target: TargetRecord) -> None:
        folder = self._shelf.folder(record.server_id)
        work = folder / f"{WORK_PREFIX}{uuid7()}"
        await in_thread(see_that_it_fits, self._shelf.root, record.size_bytes, "The backup that is fetched back")
        await in_thread(work.mkdir, mode=0o700, parents=True)
        try:
            place = await self._targets.place(target)
            await place.get(copy, work / _ARCHIVE_PART, lambda fraction, text: _tell(target, fraction, text))
            if not await in_thread(self._shelf.manifest_path(record).exists):
                await read_archive_apart(
                    work / _ARCHIVE_PART, name=record.file_name, only_check=True, manifest=work / _MANIFEST_PART
                )
            size = await in_thread(self._put_in_place, record, work)
        finally:
            await in_thread(shutil.rmtree, work, ignore_errors=True)
        self._stays_until[record.id] = time.monotonic() + _STAYS_SECONDS
        # Packed anew, where only what is in it was kept.
        await self._shelf.save((await self._shelf.get(record.id)).changed(size_bytes=size))
        log.info("backup_fetched", target=target.name, server=record.server_id, backup=record.id)

    def _put_in_place(self, record: BackupRecord, work: Path) -> int:
        """Its size. Blocking."""
        part = work / _ARCHIVE_PART
        size = part.stat().st_size
        if (work / _MANIFEST_PART).exists():
            (work / _MANIFEST_PART).rename(self._shelf.manifest_path(record))
        part.rename(self._shelf.path(record))
        sync_folder(self._shelf.folder(record.server_id))
        return size

    async def release(self, server_id: str, rules: BackupSettings) -> None:
        """Remove the files here of what lies, verified, at all places of a server that keeps nothing here."""
        known = await self._targets.known()
        wanted = {target_id for target_id in rules.targets if target_id in known}
        if not wanted or server_id not in self._servers.ids or self._servers.supervisor(server_id).operations.held is not None:
            return
        records = await in_offsite_store(self._database, lambda store: store.backups.of_server(server_id))
        names = await asyncio.to_thread(self._shelf.file_names, server_id)
        here = [record for record in records if record.file_name in names and not self._stays(record.id)]
        copies = await in_offsite_store(self._database, lambda store: store.of_backups([record.id for record in here]))
        verified: dict[str, set[str]] = {}
        for copy in copies:
            if copy.state == "copied" and copy.verified_at is not None:
                verified.setdefault(copy.backup_id, set()).add(copy.target_id)
        gone = [record for record in here if wanted <= verified.get(record.id, set())]
        for record in gone:
            await asyncio.to_thread(self._unlink, record)
        if gone:
            log.info("backups_only_elsewhere", server=server_id, count=len(gone))
            self._bus.publish(BackupsChanged(server_id))

    def _stays(self, backup_id: str) -> bool:
        return self._shelf.is_in_use(backup_id) or self._stays_until.get(backup_id, 0.0) > time.monotonic()

    def _unlink(self, record: BackupRecord) -> None:
        """The archive alone: what is known of it stays here."""
        with contextlib.suppress(OSError):
            self._shelf.path(record).unlink()


def _tell(target: TargetRecord, fraction: float | None, text: str) -> None:
    report_progress(fraction, text or f"Fetching it from {target.name}")
