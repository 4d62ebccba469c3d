"""Takes stock of the folder of backups when the manager starts: what lies there and is not in the index, and what an earlier
manager left unfinished.
"""

import asyncio
import contextlib
import os
import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import orjson
import structlog

from vintagestory_api.backups.children import ArchiveBroken, read_archive_apart
from vintagestory_api.backups.in_store import in_store
from vintagestory_api.backups.names import WORK_PREFIX, Names, is_part, is_server_folder, is_work, names_of, stem_beside
from vintagestory_api.backups.records import BackupRecord
from vintagestory_api.backups.shelf import Shelf, read_manifest_file, record_of
from vintagestory_api.errors import ManagerError
from vintagestory_api.kit.ids import uuid7
from vintagestory_api.storage.database import Database

if TYPE_CHECKING:
    from vintagestory_api.backups.store import BackupStore

log = structlog.get_logger(__name__)

PUT_HERE: Final = "Somebody put it into the folder of backups, so it stays until it is unpinned."
_MAX_REMARKS_BYTES: Final = 20_000


class Stock:
    """Made when the manager starts: what is half and older than that is nobody's any more."""

    def __init__(self, shelf: Shelf, database: Database) -> None:
        self._shelf = shelf
        self._database = database
        self._began = time.time()

    async def take(self) -> list[tuple[str, Names]]:
        """Bring the index in line with what lies there, and remove what an earlier manager left unfinished.

        Returns those beside which nothing says what they hold; see `read`.
        """
        known = await in_store(self._database, lambda store: store.of_server())
        found, without_manifest = await asyncio.to_thread(self._find, known)
        await self._take_in(found)
        return without_manifest

    async def read(self, without_manifest: Sequence[tuple[str, Names]]) -> None:
        """Read those to their end, and take them in. May take long."""
        for server_id, names in without_manifest:
            await self._take_in(await self._read_one(server_id, names))

    async def _take_in(self, found: Sequence[BackupRecord]) -> None:
        if not found:
            return
        entered = await in_store(self._database, lambda store: self._enter(store, found))
        log.info("backups_found", count=len(entered))
        for server_id in {record.server_id for record in entered}:
            self._shelf.tell(server_id)

    async def _read_one(self, server_id: str, names: Names) -> list[BackupRecord]:
        """One of which only the archive is there; it holds its list of contents itself. One, or none."""
        folder = self._shelf.folder(server_id)
        work = folder / f"{WORK_PREFIX}{uuid7()}"
        try:
            await asyncio.to_thread(work.mkdir, mode=0o700)
            part = work / names.manifest
            read = await read_archive_apart(folder / names.archive, name=names.archive, only_check=True, manifest=part)
            if read.problems:
                raise ArchiveBroken(f"{names.archive} is not what was packed: {read.problems[0]}.")
            await asyncio.to_thread(part.rename, folder / names.manifest)
            mark = await asyncio.to_thread(self._shelf.mark)
        except (ManagerError, OSError) as error:
            log.warning("backup_without_manifest", server=server_id, file=names.archive, error=str(error))
            return []
        finally:
            await asyncio.to_thread(_remove, work)
        return await asyncio.to_thread(self._recognise, server_id, names, mark)

    def _enter(self, store: "BackupStore", found: Sequence[BackupRecord]) -> list[BackupRecord]:
        """One whose file was moved keeps its row; a second copy of a file that is there is none."""
        entered: list[BackupRecord] = []
        for record in found:
            earlier = store.get(record.id)
            if earlier is None:
                store.add([record])
            elif self._shelf.is_there(earlier):
                log.warning("backup_is_there_twice", file=record.file_name, server=record.server_id, known=earlier.file_name)
                continue
            else:
                pinned, note = record.pinned or earlier.pinned, record.note or earlier.note
                store.save(record.changed(pinned=pinned, note=note))
            entered.append(record)
        return entered

    def _find(self, known: Sequence[BackupRecord]) -> tuple[list[BackupRecord], list[tuple[str, Names]]]:
        """Those that are not in the index, and those beside which nothing says what they hold."""
        indexed = {(record.server_id, record.file_name) for record in known}
        found: list[BackupRecord] = []
        without: list[tuple[str, Names]] = []
        with contextlib.suppress(OSError):
            mark, root = self._shelf.mark(), self._shelf.root
            for name in sorted(os.listdir(root)):  # noqa: PTH208 - names alone
                if is_server_folder(name) and (root / name).is_dir():
                    found += self._look_through(name, indexed, without, mark)
                elif is_part(name):
                    self._remove_unfinished(root / name)
        return found, without

    def _look_through(
        self, server_id: str, indexed: set[tuple[str, str]], without: list[tuple[str, Names]], mark: str | None
    ) -> list[BackupRecord]:
        folder, found = self._shelf.folder(server_id), []
        present = self._shelf.file_names(server_id)
        stems = {names.stem for name in present if (names := names_of(name)) is not None}
        for name in sorted(present):
            beside = stem_beside(name)
            is_alone = beside is not None and beside not in stems and (server_id, Names(beside).archive) not in indexed
            if is_work(name) or is_part(name) or is_alone:
                self._remove_unfinished(folder / name)
            elif (server_id, name) not in indexed and (names := names_of(name)) is not None:
                if names.manifest in present:
                    found += self._recognise(server_id, names, mark)
                else:
                    without.append((server_id, names))
        return found

    def _remove_unfinished(self, path: Path) -> None:
        with contextlib.suppress(OSError):
            if path.lstat().st_mtime < self._began:
                log.info("unfinished_backup_removed", server=path.parent.name, file=path.name)
                _remove(path)

    def _recognise(self, server_id: str, names: Names, mark: str | None) -> list[BackupRecord]:
        """One, or none."""
        folder = self._shelf.folder(server_id)
        manifest = read_manifest_file(folder / names.manifest)
        if manifest is None:
            return []
        try:
            size = (folder / names.archive).stat().st_size
        except OSError:
            return []
        remarks = _remarks(folder / names.remarks)
        if remarks is None:
            # Made for this folder? What comes from another is somebody's, and no rule deletes it.
            is_ours = mark is not None and manifest.shelf == mark
            remarks = {} if is_ours else {"pinned": True, "note": PUT_HERE}
        return [record_of(manifest, server_id, names, size).changed(**remarks)]


def _remarks(path: Path) -> dict[str, Any] | None:
    """None where there are none."""
    try:
        with path.open("rb") as file:
            said = orjson.loads(file.read(_MAX_REMARKS_BYTES))
    except (OSError, ValueError):
        return None
    if not isinstance(said, dict):
        return None
    note, problem, verified_at = said.get("note"), said.get("problem"), said.get("verified_at")
    return {
        "pinned": said.get("pinned") is True,
        "note": note[:500] if isinstance(note, str) else None,
        "problem": problem[:500] if isinstance(problem, str) else None,
        "verified_at": verified_at if isinstance(verified_at, int) and 0 <= verified_at < 1 << 53 else None,
    }


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with contextlib.suppress(OSError):
            path.unlink()
