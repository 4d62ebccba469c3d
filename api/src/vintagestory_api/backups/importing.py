"""Takes over backups from elsewhere: those of another manager, and bare worlds, which are packed into a backup of their own.

What comes is a stranger's: it is copied first, read to its end by a program of its own, and becomes a backup only when
everything in it is in order. Whatever is wrong with it is said, and nothing of it stays.
"""

import asyncio
import contextlib
import os
import shutil
import stat
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

import structlog

from vintagestory_api import __version__
from vintagestory_api.backups.children import check_world_apart, read_archive_apart, run_program
from vintagestory_api.backups.contents import part_of
from vintagestory_api.backups.manifest import Manifest, UnsafePath, safe_path
from vintagestory_api.backups.names import ENDING, WORK_PREFIX, new_names
from vintagestory_api.backups.records import BackupRecord
from vintagestory_api.backups.restore_prepare import tell_between
from vintagestory_api.backups.schemas import BackupSummary, WorldState
from vintagestory_api.backups.shelf import BackupNotFound, Shelf, read_manifest_file, record_of
from vintagestory_api.backups.space import RESERVE_BYTES, NoRoom, free_bytes, see_that_it_fits
from vintagestory_api.backups.world_check import COMPANIONS, HEADER
from vintagestory_api.errors import Conflict, Invalid
from vintagestory_api.kit.clock import Clock, rfc3339
from vintagestory_api.kit.ids import uuid7
from vintagestory_api.servers.operations import recorded
from vintagestory_api.servers.registry import Servers
from vintagestory_api.servers.server import GameServer
from vintagestory_api.services.run_context import in_thread, report_progress, should_stop
from vintagestory_api.services.run_records import RunRecord
from vintagestory_api.services.scheduler import SchedulerService
from vintagestory_api.storage.atomic import sync_folder

log = structlog.get_logger(__name__)

BACKUP_IMPORT: Final = "backup_import"

_WORLD_ENDING: Final = ".vcdbs"
_ZSTD_MAGIC: Final = b"\x28\xb5\x2f\xfd"
_BLOCK_BYTES: Final = 1 << 20
_LOOK_EVERY_BYTES: Final = 64 << 20
_NO_DISK = frozenset({28, 122})
_ARCHIVE_PART, _MANIFEST_PART = "archive.tar.zst.part", "manifest.json.part"


class NoBackupOfOurs(Invalid):
    """The file is neither a backup nor a world, or one that nobody should take over."""

    code = "backup_refused"
    permanent = True


class BackupIsThere(Conflict):
    code = "backup_is_there"


@dataclass(frozen=True)
class _Incoming:
    """A file in a folder for work. `name`: how whoever brought it calls it. `written_ms`: when it was last written, None where
    nobody knows."""

    path: Path
    name: str
    work: Path
    written_ms: int | None = None

    @property
    def has_journal(self) -> bool:
        """What was not closed properly came with what belongs to it. Blocking."""
        return any(self.path.with_name(self.path.name + ending).exists() for ending in COMPANIONS)


class BackupImports:
    """`ready`: waits until what an earlier manager left in the folder of backups is cleared away; see `service.Backups.ready`."""

    def __init__(
        self,
        shelf: Shelf,
        servers: Servers,
        *,
        clock: Clock,
        scheduler: Callable[[], SchedulerService],
        ready: Callable[[], Awaitable[None]],
    ) -> None:
        self._shelf = shelf
        self._ready = ready
        self._servers = servers
        self._clock = clock
        self._scheduler = scheduler

    async def take_upload(
        self, server_id: str, file_name: str, blocks: AsyncIterator[bytes], actor: str, *, note: str | None = None
    ) -> BackupSummary:
        """Raises `ServerNotFound`, `NoBackupOfOurs`, `BackupIsThere`, `NoRoom`, `BackupFolderGone`, and what reading an archive
        raises."""
        server = self._servers.get(server_id)
        _check_name(file_name)
        async with self._work(server) as work:
            incoming = _Incoming(work / "incoming", file_name, work)
            await _write(incoming.path, blocks)
            record = await self._take(server, incoming, actor, note)
        (summary,) = await self._shelf.summaries([record])
        return summary

    async def take_file(self, server_id: str, path: Path, actor: str, *, note: str | None = None) -> RunRecord:
        """`path` is one that the caller may read. Raises `ServerNotFound`, `NoBackupOfOurs`, and what `run_now` raises; all else
        becomes the run's error."""
        server = self._servers.get(server_id)
        _check_name(path.name)

        async def work() -> dict[str, Any]:
            async with self._work(server) as folder:
                report_progress(0.0, "Copying it")
                target = folder / "incoming"
                incoming = _Incoming(target, path.name, folder, await in_thread(_copy, path, target))
                record = await self._take(server, incoming, actor, note)
            return {"backup_id": record.id, "file_name": record.file_name, "size_bytes": record.size_bytes, "world": record.world}

        return await self._scheduler().run_now(BACKUP_IMPORT, lambda: recorded(work), server_key=server_id)

    @contextlib.asynccontextmanager
    async def _work(self, server: GameServer) -> AsyncIterator[Path]:
        """A folder beside the backups of the server, which the start of the manager removes, too."""
        await self._ready()
        folder = self._shelf.folder(server.id)
        work = folder / f"{WORK_PREFIX}{uuid7()}"
        await asyncio.to_thread(work.mkdir, mode=0o700, parents=True)
        try:
            yield work
        finally:
            await asyncio.to_thread(shutil.rmtree, work, ignore_errors=True)

    async def _take(self, server: GameServer, incoming: _Incoming, actor: str, note: str | None) -> BackupRecord:
        match await asyncio.to_thread(_kind_of, incoming.path):
            case "archive":
                record = await self._take_archive(server, incoming)
            case "world":
                record = await self._take_world(server, incoming, actor)
            case _:
                raise NoBackupOfOurs(
                    f"{incoming.name} is neither a backup of the manager (.tar.zst) nor a world of the game (.vcdbs), whatever "
                    "its name says. Nothing was taken over."
                )
        # Rules count what this server has played; what somebody brought stays until somebody deletes it.
        record = record.changed(note=note or None, pinned=True)
        report_progress(0.98, "Putting it into its place")
        await in_thread(self._put_in_place, record, incoming.work)
        await self._shelf.add(record)
        log.info("backup_imported", server=server.id, backup=record.id, size_bytes=record.size_bytes)
        return record

    async def _take_archive(self, server: GameServer, incoming: _Incoming) -> BackupRecord:
        target = incoming.work / "world"
        await in_thread(target.mkdir, mode=0o700)
        manifest_part = incoming.work / _MANIFEST_PART
        reading = await read_archive_apart(
            incoming.path,
            name=incoming.name,
            target=target,
            only_check=True,
            check_world=True,
            manifest=manifest_part,
            max_bytes=max(1, await in_thread(free_bytes, incoming.work) - RESERVE_BYTES),
            tell=tell_between(0.3, 0.95),
        )
        if not reading.has_manifest:
            raise NoBackupOfOurs(
                f"{incoming.name} is an archive, but no backup that the manager has made. Nothing was taken over."
            )
        if reading.problems:
            raise NoBackupOfOurs(f"{incoming.name} is not as it was made: {reading.problems[0]}. Nothing was taken over.")
        manifest = await in_thread(read_manifest_file, manifest_part)
        if manifest is None:
            raise NoBackupOfOurs(f"The list of contents of {incoming.name} can't be read. Nothing was taken over.")
        if (odd := next((file.path for file in manifest.files if file.part != part_of(file.path)), None)) is not None:
            raise NoBackupOfOurs(
                f"The list of contents of {incoming.name} takes {odd} for something else. Nothing was taken over."
            )
        await self._see_that_it_is_new(manifest)
        await in_thread(incoming.path.rename, incoming.work / _ARCHIVE_PART)
        problem = None
        if reading.damage and manifest.world != "damaged":
            problem = f"Its world is damaged: {reading.damage[0]}"
        # What counts is what was found, not what it says of itself.
        world: WorldState = "none" if manifest.world_file is None else "damaged" if reading.damage else "verified"
        return (await in_thread(self._record, server, manifest, incoming.work)).changed(world=world, problem=problem)

    async def _take_world(self, server: GameServer, incoming: _Incoming, actor: str) -> BackupRecord:
        """Packed like any other backup, which holds nothing but the world."""
        report_progress(0.3, "Checking the world")
        if not await in_thread(lambda: incoming.has_journal) and (damage := await check_world_apart(incoming.path)):
            raise _damaged(incoming, damage)
        size = await in_thread(lambda: incoming.path.stat().st_size)
        await in_thread(see_that_it_fits, incoming.work, size, "Packing the world")
        manifest_part, in_order = incoming.work / _MANIFEST_PART, incoming.work / "in-order"
        await in_thread(in_order.mkdir, mode=0o700)
        head = {
            "id": uuid7(),
            "server_id": server.id,
            "server_name": server.name,
            "made_at": rfc3339(min(incoming.written_ms or self._clock.now_ms(), self._clock.now_ms())),
            "kind": "imported",
            "made_by": actor,
            "manager_version": __version__,
            "game_version": None,
            "method": "copy",
            "world_seconds": None,
            "lock": None,
            "notes": [f"From the bare world {incoming.name}"],
        }
        task = {
            "archive": str(incoming.work / _ARCHIVE_PART),
            "manifest_file": str(manifest_part),
            "manifest": head,
            "world": {"source": str(incoming.path), "name": f"Saves/{_world_name(incoming.name)}", "work": str(in_order)},
            "sources": [],
            "level": 3,
            "threads": os.cpu_count() or 1,
        }
        await run_program("pack_child", task, name=incoming.name, tell=tell_between(0.5, 0.95))
        manifest = await in_thread(read_manifest_file, manifest_part)
        if manifest is None:
            raise NoBackupOfOurs(f"{incoming.name} could not be packed. Try again.")
        if manifest.world == "damaged":
            raise _damaged(incoming, manifest.damage)
        return await in_thread(self._record, server, manifest, incoming.work)

    def _record(self, server: GameServer, manifest: Manifest, work: Path) -> BackupRecord:
        now_ms = self._clock.now_ms()
        found = record_of(manifest, server.id, new_names(manifest.id, "imported", now_ms), (work / _ARCHIVE_PART).stat().st_size)
        made_at = min(found.made_at, now_ms)  # clocks of others may be ahead
        names = new_names(manifest.id, "imported", made_at)
        return found.changed(file_name=names.archive, kind="imported", made_at=made_at, verified_at=now_ms)

    async def _see_that_it_is_new(self, manifest: Manifest) -> None:
        try:
            known = await self._shelf.get(manifest.id)
        except BackupNotFound:
            return
        if not await asyncio.to_thread(self._shelf.is_there, known):
            await self._shelf.remove([known])
            return
        raise BackupIsThere(
            f"This backup is in the list already: it is {known.file_name} of {known.server_name!r}, made on "
            f"{rfc3339(known.made_at)}. Restore that one, into its server or into a new one."
        )

    def _put_in_place(self, record: BackupRecord, work: Path) -> None:
        """The archive last: with it, the backup is there. Blocking."""
        folder, names = self._shelf.folder(record.server_id), new_names(record.id, "imported", record.made_at)
        with (work / _ARCHIVE_PART).open("rb") as archive:
            os.fsync(archive.fileno())
        (work / _MANIFEST_PART).rename(folder / names.manifest)
        try:
            self._shelf.write_remarks(record)
            sync_folder(folder)
            (work / _ARCHIVE_PART).rename(folder / names.archive)
        except BaseException:
            (folder / names.manifest).unlink(missing_ok=True)
            (folder / names.remarks).unlink(missing_ok=True)
            raise
        sync_folder(folder)


def _check_name(name: str) -> None:
    if not name.lower().endswith((ENDING, _WORLD_ENDING)):
        raise NoBackupOfOurs(f"Choose a backup of the manager (…{ENDING}) or a world of the game (…{_WORLD_ENDING}).")


def _world_name(name: str) -> str:
    """Of the world in the archive: the name it came with, where that can be one."""
    try:
        path = safe_path(name)
    except UnsafePath:
        return f"default{_WORLD_ENDING}"
    is_plain = "/" not in path and not path.startswith(".") and path.endswith(_WORLD_ENDING) and len(path) > len(_WORLD_ENDING)
    return path if is_plain else f"default{_WORLD_ENDING}"


def _kind_of(path: Path) -> str | None:
    with path.open("rb") as file:
        start = file.read(len(HEADER))
    if start.startswith(_ZSTD_MAGIC):
        return "archive"
    return "world" if start == HEADER else None


async def _write(path: Path, blocks: AsyncIterator[bytes]) -> None:
    with await asyncio.to_thread(path.open, "xb") as file:
        waiting: list[bytes] = []
        size = unlooked = 0
        async for block in blocks:
            waiting.append(block)
            size += len(block)
            if size < _BLOCK_BYTES:
                continue
            await asyncio.to_thread(_append, file, waiting, looks=unlooked == 0)
            unlooked = (unlooked + size) if unlooked + size < _LOOK_EVERY_BYTES else 0
            waiting, size = [], 0
        await asyncio.to_thread(_append, file, waiting, looks=True)


def _append(file: BinaryIO, blocks: list[bytes], *, looks: bool) -> None:
    if looks:
        see_that_it_fits(Path(file.name).parent, sum(map(len, blocks)), "The file")
    try:
        file.write(b"".join(blocks))
        file.flush()
    except OSError as error:
        raise _not_written(error) from error


def _copy(source: Path, target: Path) -> int:
    """With what SQLite has beside a world that was not closed properly: without that it may be torn. When it was written, in
    milliseconds. Blocking. Raises `NoBackupOfOurs`, `NoRoom`."""
    written_ms = _copy_file(source, target)
    for ending in COMPANIONS if source.name.lower().endswith(_WORLD_ENDING) else ():
        if (beside := source.with_name(source.name + ending)).exists():
            _copy_file(beside, target.with_name(target.name + ending))
    return written_ms


def _copy_file(source: Path, target: Path) -> int:
    try:
        # Not blocking: a pipe instead of a file would keep us for ever.
        handle = os.open(source, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise NoBackupOfOurs(f"{source.name} can't be read ({error.strerror}).") from None
    with os.fdopen(handle, "rb") as file, target.open("xb") as copy:
        state = os.fstat(handle)
        if not stat.S_ISREG(state.st_mode):
            raise NoBackupOfOurs(f"{source.name} is no plain file.")
        see_that_it_fits(target.parent, state.st_size, "The file")
        done = 0
        while (block := file.read(_BLOCK_BYTES)) and not should_stop():
            try:
                copy.write(block)
            except OSError as error:
                raise _not_written(error) from error
            done += len(block)
            report_progress(0.3 * min(1.0, done / max(1, state.st_size)), "Copying it")
    return state.st_mtime_ns // 1_000_000


def _damaged(incoming: _Incoming, damage: Sequence[str]) -> NoBackupOfOurs:
    why = damage[0] if damage else "it is damaged"
    return NoBackupOfOurs(f"{incoming.name} can't be used: {why}. Nothing was taken over.")


def _not_written(error: OSError) -> NoRoom:
    why = "the disk is full" if error.errno in _NO_DISK else (error.strerror or str(error))
    return NoRoom(f"The file can't be written beside the backups: {why}. Free some space, then try again.")
