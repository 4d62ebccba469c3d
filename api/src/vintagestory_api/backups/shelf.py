"""Backups as files in their folder and as rows of the database, which is only their index.

The files are the truth: a lost database finds them again, and a backup whose file has vanished is shown as such until somebody
removes it from the list. A backup is complete when its archive has its name: what lies beside is written before.
"""

import asyncio
import contextlib
import os
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import orjson
import structlog

from vintagestory_api.backups.children import ArchiveBroken, read_archive_apart
from vintagestory_api.backups.elsewhere import Elsewhere, Nowhere
from vintagestory_api.backups.in_store import in_store
from vintagestory_api.backups.manifest import MAX_MANIFEST_BYTES, Manifest, ManifestUnreadable, decode_manifest
from vintagestory_api.backups.names import MARKER, WORK_PREFIX, Names, is_server_folder, is_work, names_of, stem_beside
from vintagestory_api.backups.records import BackupRecord
from vintagestory_api.backups.schemas import BackupSummary, CopyState
from vintagestory_api.errors import ManagerError, NotFound, Unavailable
from vintagestory_api.events import BackupsChanged, EventBus
from vintagestory_api.kit.clock import to_ms
from vintagestory_api.kit.ids import uuid7
from vintagestory_api.storage.atomic import write_atomically
from vintagestory_api.storage.database import Database

if TYPE_CHECKING:
    from vintagestory_api.backups.store import BackupStore

log = structlog.get_logger(__name__)

_MAX_REMARKS_BYTES: Final = 20_000


class BackupNotFound(NotFound):
    code = "backup_not_found"


class BackupFileGone(NotFound):
    code = "backup_file_gone"


class BackupFolderGone(Unavailable):
    code = "backup_folder_gone"


class BackupNotDeleted(Unavailable):
    code = "backup_not_deleted"


class Shelf:
    """`root` holds one folder for each server. What blocks says so."""

    def __init__(self, root: Path, database: Database, bus: EventBus) -> None:
        self.root = root
        self._database = database
        self._bus = bus
        self._in_use: Counter[str] = Counter()
        self.elsewhere: Elsewhere = Nowhere()

    # Use

    @contextlib.contextmanager
    def using(self, backup_id: str) -> Iterator[None]:
        """Nobody deletes its file meanwhile: rules keep it, and deleting it by hand is refused."""
        self._in_use[backup_id] += 1
        try:
            yield
        finally:
            self._in_use[backup_id] -= 1
            if not self._in_use[backup_id]:
                del self._in_use[backup_id]

    def is_in_use(self, backup_id: str) -> bool:
        return backup_id in self._in_use

    # Places

    def folder(self, server_id: str) -> Path:
        return self.root / server_id

    def path(self, record: BackupRecord) -> Path:
        return self.folder(record.server_id) / record.file_name

    def is_there(self, record: BackupRecord) -> bool:
        """Blocking."""
        with contextlib.suppress(OSError):
            return self.path(record).is_file()
        return False

    def file_names(self, server_id: str) -> set[str]:
        """What lies in the folder of a server; nothing where there is none. Blocking."""
        try:
            return set(os.listdir(self.folder(server_id)))  # noqa: PTH208 - names alone, of thousands
        except OSError:
            return set()

    async def see_that_it_is_there(self) -> None:
        """Raises `BackupFolderGone` when backups should lie in the folder, and it is not the one that it was."""
        known = await in_store(self._database, lambda store: bool(store.totals_by_server()))
        await asyncio.to_thread(self._see_that_it_is_there, is_in_use=known)

    def _see_that_it_is_there(self, *, is_in_use: bool) -> None:
        marker = self.root / MARKER
        if marker.exists():
            return
        if not self.root.is_dir():
            raise BackupFolderGone(
                f"The folder of the backups, {self.root}, is not there. If it lies on a disk of its own, mount that; try again."
            )
        if is_in_use and not any(is_server_folder(name) for name in os.listdir(self.root)):  # noqa: PTH208 - names alone
            raise BackupFolderGone(
                f"The folder of the backups, {self.root}, is empty, and should hold some. If it lies on a disk of its own, mount "
                f"that. If they are gone for good, make the file {marker}; then try again."
            )
        try:
            marker.write_bytes(b"")
        except OSError as error:
            raise BackupFolderGone(
                f"The folder of the backups, {self.root}, can't be written ({error.strerror}). See to its disk and its rights."
            ) from error

    # Asking

    async def get(self, backup_id: str) -> BackupRecord:
        """Raises `BackupNotFound`."""
        found = await in_store(self._database, lambda store: store.get(backup_id))
        if found is None:
            raise BackupNotFound(f"There is no backup {backup_id[:40]!r}.")
        return found

    async def file(self, record: BackupRecord) -> Path:
        """Raises `BackupFileGone`."""
        if not await asyncio.to_thread(self.is_there, record):
            raise BackupFileGone(
                f"The file of this backup, {record.file_name}, is not in the folder of backups any more. Put it back there, or "
                "delete the backup from the list."
            )
        return self.path(record)

    async def here(self, record: BackupRecord) -> Path:
        """Its file, which is fetched back where it lies only elsewhere. Raises `BackupFileGone`, and what keeps it from that."""
        await self.elsewhere.bring_back(record)
        return await self.file(record)

    async def summaries(
        self, records: Sequence[BackupRecord], copies: dict[str, list[CopyState]] | None = None
    ) -> list[BackupSummary]:
        def look() -> dict[str, set[str]]:
            return {server_id: self.file_names(server_id) for server_id in {record.server_id for record in records}}

        there = await asyncio.to_thread(look)
        return [
            record.summary(is_there=record.file_name in there[record.server_id], copies=(copies or {}).get(record.id, ()))
            for record in records
        ]

    def manifest_path(self, record: BackupRecord) -> Path:
        """Of its list of contents, as it lies beside it."""
        names = names_of(record.file_name)
        return self.folder(record.server_id) / (names.manifest if names else record.file_name)

    async def manifest(self, record: BackupRecord) -> Manifest | None:
        """What it holds; None where nothing beside it tells."""
        return await asyncio.to_thread(read_manifest_file, self.manifest_path(record))

    # Changing

    def tell(self, server_id: str) -> None:
        self._bus.publish(BackupsChanged(server_id))

    async def add(self, record: BackupRecord) -> None:
        """Its files are there."""
        await in_store(self._database, lambda store: store.add([record]))
        self.tell(record.server_id)

    async def save(self, record: BackupRecord) -> None:
        """What people or a check said of it, beside its archive and in the index."""
        if await asyncio.to_thread(self.is_there, record):
            await asyncio.to_thread(self.write_remarks, record)
        await in_store(self._database, lambda store: store.save(record))
        self.tell(record.server_id)

    async def remove(self, records: Sequence[BackupRecord]) -> None:
        """Their files and rows. Raises `BackupNotDeleted` for the first that can't be removed; those before it are gone."""
        removed: list[BackupRecord] = []
        try:
            for record in records:
                await asyncio.to_thread(self._remove_files, record)
                removed.append(record)
        finally:
            if removed:
                ids = [record.id for record in removed]
                await in_store(self._database, lambda store: store.remove(ids))
                for server_id in {record.server_id for record in removed}:
                    self.tell(server_id)

    def _remove_files(self, record: BackupRecord) -> None:
        names = names_of(record.file_name)
        if names is None:
            return
        folder = self.folder(record.server_id)
        try:
            # The archive last: while it is there, the backup is.
            for name in (names.archive, names.remarks, names.manifest):
                (folder / name).unlink(missing_ok=True)
            with contextlib.suppress(OSError):
                folder.rmdir()
        except OSError as error:
            raise BackupNotDeleted(
                f"The backup {record.file_name} can't be deleted ({error.strerror}). See to the folder of the backups."
            ) from error

    def write_remarks(self, record: BackupRecord) -> None:
        """Blocking. Raises `BackupFolderGone`."""
        if (names := names_of(record.file_name)) is None:
            return
        data = {"pinned": record.pinned, "note": record.note, "verified_at": record.verified_at, "problem": record.problem}
        try:
            write_atomically(self.folder(record.server_id) / names.remarks, orjson.dumps(data))
        except OSError as error:
            raise BackupFolderGone(
                f"The folder of the backups, {self.root}, can't be written ({error.strerror}). Nothing was changed."
            ) from error

    # Taking stock

    async def take_stock(self) -> list[tuple[str, Names]]:
        """Bring the index in line with what lies there, and remove what an earlier manager left unfinished.

        Returns those beside which nothing says what they hold; see `read_again`.
        """
        known = await in_store(self._database, lambda store: store.of_server())
        found, without_manifest = await asyncio.to_thread(self._find, known)
        await self._take_in(found)
        return without_manifest

    async def read_again(self, without_manifest: Sequence[tuple[str, Names]]) -> None:
        """Read those to their end, and take them in. May take long."""
        for server_id, names in without_manifest:
            await self._take_in(await self._read_one(server_id, names))

    async def _take_in(self, found: Sequence[BackupRecord]) -> None:
        if not found:
            return
        entered = await in_store(self._database, lambda store: self._enter(store, found))
        log.info("backups_found", count=len(entered))
        for server_id in {record.server_id for record in entered}:
            self.tell(server_id)

    async def _read_one(self, server_id: str, names: Names) -> list[BackupRecord]:
        """One of which only the archive is there; it holds its list of contents itself. One, or none."""
        folder = self.folder(server_id)
        work = folder / f"{WORK_PREFIX}{uuid7()}"
        try:
            await asyncio.to_thread(work.mkdir, mode=0o700)
            part = work / names.manifest
            read = await read_archive_apart(folder / names.archive, name=names.archive, only_check=True, manifest=part)
            if read.problems:
                raise ArchiveBroken(f"{names.archive} is not what was packed: {read.problems[0]}.")
            await asyncio.to_thread(part.rename, folder / names.manifest)
        except (ManagerError, OSError) as error:
            log.warning("backup_without_manifest", server=server_id, file=names.archive, error=str(error))
            return []
        finally:
            await asyncio.to_thread(_remove, work)
        return await asyncio.to_thread(self._recognise, server_id, names)

    def _enter(self, store: "BackupStore", found: Sequence[BackupRecord]) -> list[BackupRecord]:
        """One whose file was moved keeps its row; a second copy of a file that is there is none."""
        entered: list[BackupRecord] = []
        for record in found:
            earlier = store.get(record.id)
            if earlier is None:
                store.add([record])
            elif self.is_there(earlier):
                log.warning("backup_is_there_twice", file=record.file_name, server=record.server_id, known=earlier.file_name)
                continue
            else:
                store.save(record)
            entered.append(record)
        return entered

    def _find(self, known: Sequence[BackupRecord]) -> tuple[list[BackupRecord], list[tuple[str, Names]]]:
        """Those that are not in the index, and those beside which nothing says what they hold."""
        indexed = {(record.server_id, record.file_name) for record in known}
        found: list[BackupRecord] = []
        without: list[tuple[str, Names]] = []
        with contextlib.suppress(OSError):
            for name in sorted(os.listdir(self.root)):  # noqa: PTH208 - names alone
                if is_server_folder(name) and (self.root / name).is_dir():
                    found += self._look_through(name, indexed, without)
        return found, without

    def _look_through(
        self, server_id: str, indexed: set[tuple[str, str]], without: list[tuple[str, Names]]
    ) -> list[BackupRecord]:
        folder, found = self.folder(server_id), []
        present = self.file_names(server_id)
        stems = {names.stem for name in present if (names := names_of(name)) is not None}
        for name in sorted(present):
            beside = stem_beside(name)
            if is_work(name) or (
                beside is not None and beside not in stems and (server_id, Names(beside).archive) not in indexed
            ):
                log.info("unfinished_backup_removed", server=server_id, file=name)
                _remove(folder / name)
            elif (server_id, name) not in indexed and (names := names_of(name)) is not None:
                if names.manifest in present:
                    found += self._recognise(server_id, names)
                else:
                    without.append((server_id, names))
        return found

    def _recognise(self, server_id: str, names: Names) -> list[BackupRecord]:
        """One, or none."""
        folder = self.folder(server_id)
        manifest = read_manifest_file(folder / names.manifest)
        if manifest is None:
            return []
        try:
            size = (folder / names.archive).stat().st_size
        except OSError:
            return []
        return [record_of(manifest, server_id, names, size).changed(**_remarks(folder / names.remarks))]


def record_of(manifest: Manifest, server_id: str, names: Names, size_bytes: int) -> BackupRecord:
    """Of a backup that lies in the folder of `server_id`, whatever server it was made of."""
    return BackupRecord(
        id=manifest.id,
        server_id=server_id,
        made_at=to_ms(datetime.fromisoformat(manifest.made_at)),
        kind=names.kind,
        file_name=names.archive,
        size_bytes=size_bytes,
        world=manifest.world,
        server_name=manifest.server_name,
        game_version=manifest.game_version,
        mods=manifest.mods,
        unpacked_bytes=manifest.unpacked_bytes,
        made_by=manifest.made_by,
    )


def read_manifest_file(path: Path) -> Manifest | None:
    """None where there is none, or none that can be read. Blocking."""
    try:
        with path.open("rb") as file:
            return decode_manifest(file.read(MAX_MANIFEST_BYTES + 1))
    except OSError:
        return None
    except ManifestUnreadable as error:
        log.warning("backup_manifest_unreadable", file=path.name, error=error.message)
        return None


def _remarks(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            said = orjson.loads(file.read(_MAX_REMARKS_BYTES))
    except (OSError, ValueError):
        return {}
    if not isinstance(said, dict):
        return {}
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
