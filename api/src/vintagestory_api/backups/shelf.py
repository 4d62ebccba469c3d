"""Backups as files in their folder and as rows of the database, which is only their index.

The files are the truth: a lost database finds them again, and a backup whose file has vanished is shown as such until somebody
removes it from the list. A backup is complete when its archive has its name: what lies beside is written before.
"""

import asyncio
import contextlib
import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final, TypeVar

import orjson
import structlog

from vintagestory_api.backups.elsewhere import Elsewhere, Nowhere
from vintagestory_api.backups.in_store import in_store
from vintagestory_api.backups.manifest import MAX_MANIFEST_BYTES, Manifest, ManifestUnreadable, decode_manifest
from vintagestory_api.backups.names import MARKER, Names, is_server_folder, names_of
from vintagestory_api.backups.records import BackupRecord
from vintagestory_api.backups.schemas import BackupSummary, CopyState
from vintagestory_api.errors import NotFound, Unavailable
from vintagestory_api.events import BackupsChanged, EventBus
from vintagestory_api.kit.clock import to_ms
from vintagestory_api.kit.ids import uuid7
from vintagestory_api.kit.slow_disks import DiskHangs, Looks
from vintagestory_api.storage.atomic import write_atomically
from vintagestory_api.storage.database import Database

log = structlog.get_logger(__name__)

T = TypeVar("T")

#: So long a disk may take to wake up.
_LOOK_SECONDS: Final = 20.0
_MAX_MARK_BYTES: Final = 64


class BackupNotFound(NotFound):
    code = "backup_not_found"


def no_such_backup(backup_id: str) -> BackupNotFound:
    return BackupNotFound(f"There is no backup {backup_id[:40]!r}.")


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
        #: Their files may be gone already, their rows not yet.
        self._going: set[str] = set()
        self._looks = Looks(_LOOK_SECONDS)
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

    def is_being_removed(self, backup_id: str) -> bool:
        return backup_id in self._going

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

    def is_whole(self, record: BackupRecord) -> bool:
        """As far as its size tells. Blocking."""
        return self._size_of(record) == record.size_bytes

    def file_names(self, server_id: str) -> set[str]:
        """What lies in the folder of a server; nothing where there is none. Blocking."""
        try:
            return set(os.listdir(self.folder(server_id)))  # noqa: PTH208 - names alone, of thousands
        except OSError:
            return set()

    def sizes(self, server_id: str) -> dict[str, int]:
        """Of the files in the folder of a server; nothing where there is none. Blocking."""
        found: dict[str, int] = {}
        with contextlib.suppress(OSError), os.scandir(self.folder(server_id)) as entries:
            for entry in entries:
                with contextlib.suppress(OSError):
                    found[entry.name] = entry.stat().st_size
        return found

    def _size_of(self, record: BackupRecord) -> int | None:
        try:
            return self.path(record).stat().st_size
        except OSError:
            return None

    async def looked(self, work: Callable[[], T]) -> T:
        """What `work` finds in these folders, however long their disk hangs. Raises `BackupFolderGone`."""
        try:
            return await self._looks.look(work)
        except DiskHangs:
            raise BackupFolderGone(
                f"The folder of the backups, {self.root}, does not answer. See to its disk, or to the machine that it lies on."
            ) from None

    async def see_that_it_is_there(self) -> None:
        """Raises `BackupFolderGone` when backups should lie in the folder, and it is not the one that it was."""
        known = await in_store(self._database, lambda store: bool(store.totals_by_server()))
        await self.looked(lambda: self._see_that_it_is_there(is_in_use=known))

    def _see_that_it_is_there(self, *, is_in_use: bool) -> None:
        marker = self.root / MARKER
        try:
            if self.mark() is not None:
                return
            if not self.root.is_dir():
                raise BackupFolderGone(
                    f"The folder of the backups, {self.root}, is not there. If it lies on a disk of its own, mount that. Then "
                    "try again."
                )
            names = os.listdir(self.root)  # noqa: PTH208 - names alone
            if is_in_use and not marker.exists() and not any(is_server_folder(name) for name in names):
                raise BackupFolderGone(
                    f"The folder of the backups, {self.root}, is empty, and should hold some. If it lies on a disk of its own, "
                    f"mount that. If they are gone for good, make the file {marker}; then try again."
                )
            write_atomically(marker, uuid7().encode())
        except OSError as error:
            raise BackupFolderGone(
                f"The folder of the backups, {self.root}, can't be read or written ({error.strerror}). See to its disk and its "
                "rights."
            ) from error

    def mark(self) -> str | None:
        """Tells this folder from others of its kind; backups that were made in it name it. Blocking. Raises `OSError`."""
        try:
            with (self.root / MARKER).open("rb") as file:
                return file.read(_MAX_MARK_BYTES).decode(errors="replace").strip() or None
        except (FileNotFoundError, NotADirectoryError):
            return None

    # Asking

    async def get(self, backup_id: str) -> BackupRecord:
        """Raises `BackupNotFound`."""
        found = await in_store(self._database, lambda store: store.get(backup_id))
        if found is None:
            raise no_such_backup(backup_id)
        return found

    async def file(self, record: BackupRecord) -> Path:
        """Raises `BackupFileGone`."""
        if not await self.looked(lambda: self.is_there(record)):
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
        """Also while the folder does not answer, which is told."""
        try:
            sizes = await self.looked(lambda: [self._size_of(record) for record in records])
            hangs = None
        except BackupFolderGone as error:
            sizes, hangs = [None] * len(records), error.message
        found = [
            record.summary(size_there=size, copies=(copies or {}).get(record.id, ()))
            for record, size in zip(records, sizes, strict=True)
        ]
        return [summary.model_copy(update={"problem": hangs}) for summary in found] if hangs else found

    def manifest_path(self, record: BackupRecord) -> Path:
        """Of its list of contents, as it lies beside it."""
        names = names_of(record.file_name)
        return self.folder(record.server_id) / (names.manifest if names else record.file_name)

    async def manifest(self, record: BackupRecord) -> Manifest | None:
        """What it holds; None where nothing beside it tells."""
        return await self.looked(lambda: read_manifest_file(self.manifest_path(record)))

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

    async def remove(self, records: Sequence[BackupRecord], *, with_copies: bool = False) -> list[BackupRecord]:
        """Their files and rows, and what is known of their copies; those that are in use stay. Returns those that are gone.

        Raises `BackupNotDeleted` for the first that can't be removed; those before it are gone.
        """
        removed: list[BackupRecord] = []
        try:
            for record in records:
                if not self.is_in_use(record.id):
                    self._going.add(record.id)
                    await asyncio.to_thread(self._remove_files, record)
                    removed.append(record)
            return removed
        finally:
            try:
                await self._forget(removed, with_copies=with_copies)
            finally:
                self._going -= {record.id for record in records}

    async def _forget(self, removed: Sequence[BackupRecord], *, with_copies: bool) -> None:
        if not removed:
            return
        ids = [record.id for record in removed]
        # Before, or a manager that dies in between would never have its copies removed; after, for one begun meanwhile.
        if with_copies:
            await self.elsewhere.forget(removed)
        await in_store(self._database, lambda store: store.remove(ids))
        if with_copies:
            await self.elsewhere.forget(removed)
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
