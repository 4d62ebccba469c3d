"""Reads a backup to its end, to see whether it is still what was packed."""

import asyncio
import shutil
from typing import Any

import structlog

from vintagestory_api.backups.children import CHOOSE_ANOTHER, ArchiveBroken, ArchiveRefused, read_archive_apart
from vintagestory_api.backups.names import WORK_PREFIX
from vintagestory_api.backups.shelf import Shelf
from vintagestory_api.backups.space import see_that_it_fits
from vintagestory_api.errors import Conflict
from vintagestory_api.kit.clock import Clock
from vintagestory_api.kit.ids import uuid7
from vintagestory_api.services.run_context import report_progress

log = structlog.get_logger(__name__)


class BackupDamaged(Conflict):
    code = "backup_damaged"
    permanent = True


class Verifying:
    def __init__(self, shelf: Shelf, clock: Clock) -> None:
        self._shelf = shelf
        self._clock = clock

    async def verify(self, backup_id: str) -> dict[str, Any]:
        """Compare each file with its check sum, and check the world. What comes of it is kept with the backup.

        Raises `BackupNotFound`, `BackupFileGone`, `NoRoom`, `BackupDamaged`, and what `read_archive_apart` raises.
        """
        with self._shelf.using(backup_id):
            return await self._verify(backup_id)

    async def _verify(self, backup_id: str) -> dict[str, Any]:
        archive = await self._shelf.here(await self._shelf.get(backup_id))
        record = await self._shelf.get(backup_id)  # one that was fetched may be packed anew
        work = self._shelf.folder(record.server_id) / f"{WORK_PREFIX}{uuid7()}"
        await asyncio.to_thread(see_that_it_fits, self._shelf.root, record.unpacked_bytes)
        await asyncio.to_thread(work.mkdir, mode=0o700)
        problem: str | None = None
        report: dict[str, Any] = {"backup_id": backup_id}
        try:
            read = await read_archive_apart(
                archive, name=record.file_name, target=work, only_check=True, check_world=True, tell=report_progress
            )
        except (ArchiveBroken, ArchiveRefused) as error:
            problem = f"It{error.message.removeprefix(record.file_name).removesuffix(CHOOSE_ANOTHER)}"
        else:
            report |= {"files": read.files, "bytes": read.bytes, "check_seconds": read.check_seconds}
            size = (await asyncio.to_thread(archive.stat)).st_size
            if size != record.size_bytes:
                problem = f"It has {size:,} bytes, and had {record.size_bytes:,} when it was made."
            elif read.problems:
                problem = f"It is not what was packed: {'; '.join(read.problems[:3])}."
            elif read.damage and record.world != "damaged":
                problem = f"Its world is damaged: {read.damage[0]}."
        finally:
            await asyncio.to_thread(shutil.rmtree, work, ignore_errors=True)
        # Somebody may have pinned it meanwhile.
        record = (await self._shelf.get(backup_id)).changed(problem=problem)
        record = record.changed(verified_at=None if problem else self._clock.now_ms())
        await self._shelf.save(record)
        if problem is not None:
            log.error("backup_does_not_verify", backup=record.id, server=record.server_id, problem=problem)
            raise BackupDamaged(f"{record.file_name} can't be relied on. {problem} Make another backup.")
        return report | {"world": record.world}
