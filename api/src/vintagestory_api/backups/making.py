"""Makes one backup: gets the world, has everything packed, and puts the archive into its place."""

import asyncio
import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import structlog

from vintagestory_api import __version__
from vintagestory_api.backups.capture import Capture, Captured, sweep_from_game, world_place
from vintagestory_api.backups.children import run_program, until_gone
from vintagestory_api.backups.contents import CONFIG_FILES, Source, usual_sources, why_no_mod_data
from vintagestory_api.backups.in_store import in_store
from vintagestory_api.backups.mod_sources import ModsToPack, mods_to_pack
from vintagestory_api.backups.names import WORK_PREFIX, new_names
from vintagestory_api.backups.records import BackupRecord
from vintagestory_api.backups.schemas import BackupEstimate, BackupKind, BackupSettings
from vintagestory_api.backups.shelf import Shelf
from vintagestory_api.backups.space import (
    RESERVE_BYTES,
    Ratio,
    expected_bytes,
    free_bytes,
    is_same_disk,
    see_that_it_fits,
    size_of,
)
from vintagestory_api.backups.world_check import COMPANIONS
from vintagestory_api.errors import FieldError, Invalid, ManagerError, Unavailable
from vintagestory_api.events import BackupMade, EventBus
from vintagestory_api.kit.clock import Clock, rfc3339
from vintagestory_api.kit.ids import uuid7
from vintagestory_api.server_mods.service import ServerMods
from vintagestory_api.servers.operations import run_id
from vintagestory_api.servers.records import Happening
from vintagestory_api.servers.registry import Servers
from vintagestory_api.servers.server import GameServer
from vintagestory_api.servers.supervisor import ServerNotSetUp
from vintagestory_api.services.api_settings import ApiSettings
from vintagestory_api.services.run_context import report_progress
from vintagestory_api.storage.atomic import sync_folder
from vintagestory_api.storage.database import Database
from vintagestory_api.storage.failures import advise_on_disk_failure

log = structlog.get_logger(__name__)

_PACKING_STARTS, _PACKING_ENDS = 0.2, 0.97
#: In a folder for work, until it is a backup.
_ARCHIVE_PART, _MANIFEST_PART = "archive.tar.zst.part", "manifest.json.part"


class InvalidModData(Invalid):
    code = "invalid_mod_data"


class BackupNotMade(Unavailable):
    code = "backup_not_made"


class ServerFolderEmpty(Unavailable):
    code = "server_folder_empty"


class Making:
    def __init__(
        self,
        shelf: Shelf,
        servers: Servers,
        server_mods: ServerMods,
        database: Database,
        *,
        clock: Clock,
        bus: EventBus,
        settings: Callable[[], ApiSettings],
    ) -> None:
        self._shelf = shelf
        self._servers = servers
        self._mods = server_mods
        self._database = database
        self._clock = clock
        self._bus = bus
        self.capture = Capture(bus, lambda: settings().backup_game_timeout_seconds)

    def check(self, server: GameServer) -> None:
        """Raises `ServerNotSetUp`."""
        if server.record.setup is not None:
            raise ServerNotSetUp(f"{server.name!r} is not set up yet, so there is nothing to back up.")

    def sweep(self) -> None:
        """Remove what games wrote for an earlier manager that did not come to pack it. Blocking."""
        for server in self._servers.all():
            if removed := sweep_from_game(server.data_path):
                log.info("backups_of_games_swept", server=server.id, files=removed)

    async def estimate(self, server: GameServer, rules: BackupSettings) -> BackupEstimate:
        """Raises `WorldElsewhere`."""
        self.check(server)
        return await self._estimated(server, rules, await mods_to_pack(self._mods, server, all_files=rules.with_mod_files))

    async def make(
        self, server: GameServer, rules: BackupSettings, *, kind: BackupKind, actor: str | None, note: str | None, pinned: bool
    ) -> BackupRecord:
        """Within an operation that holds the server. Whatever fails leaves nothing behind, and is told in the timeline."""
        try:
            record = await self._make(server, rules, kind, actor, note, pinned=pinned)
        except ManagerError as error:
            self._note_failure(server, actor, error.message)
            raise
        except OSError as error:
            advice = advise_on_disk_failure(error) or "See to the disk of the backups."
            message = f"The backup can't be written ({error.strerror}). {advice}"
            self._note_failure(server, actor, message)
            raise BackupNotMade(message) from error
        except asyncio.CancelledError:
            self._note_failure(server, actor, "It was cancelled.")
            raise
        self._tell(server, record, actor)
        return record

    async def _make(
        self, server: GameServer, rules: BackupSettings, kind: BackupKind, actor: str | None, note: str | None, *, pinned: bool
    ) -> BackupRecord:
        report_progress(0.0, "Looking how much room it takes")
        await asyncio.to_thread(_see_that_it_is_there, server)
        mods = await mods_to_pack(self._mods, server, all_files=rules.with_mod_files)
        await self._see_that_it_fits(server, rules, mods)
        backup_id = uuid7()
        folder = self._shelf.folder(server.id)
        await asyncio.to_thread(folder.mkdir, mode=0o700, exist_ok=True)
        work = folder / f"{WORK_PREFIX}{backup_id}"
        await asyncio.to_thread(work.mkdir, mode=0o700)
        try:
            async with self.capture.world_of(server, backup_id) as captured:
                made_ms = self._clock.now_ms()
                names = new_names(backup_id, kind, made_ms)
                head = {
                    "id": backup_id,
                    "server_id": server.id,
                    "server_name": server.name,
                    "made_at": rfc3339(made_ms),
                    "kind": kind,
                    "made_by": actor,
                    "manager_version": __version__,
                    "game_version": server.version,
                    "method": captured.method,
                    "world_seconds": captured.seconds,
                    "shelf": await asyncio.to_thread(self._shelf.mark),
                    "lock": mods.lock,
                    "notes": [*captured.notes, *mods.notes],
                }
                packed = await self._pack(server, rules, captured, mods, head, work)
            record = BackupRecord(
                id=backup_id,
                server_id=server.id,
                made_at=made_ms,
                kind=kind,
                file_name=names.archive,
                size_bytes=packed["archive_bytes"],
                world=packed["world"],
                server_name=server.name,
                game_version=server.version,
                mods=len((mods.lock or {}).get("mods", ())),
                unpacked_bytes=packed["bytes"],
                made_by=actor,
                pinned=pinned,
                note=note or None,
            )
            report_progress(_PACKING_ENDS, "Putting it into its place")
            await self._put(record, work)
        finally:
            await asyncio.to_thread(shutil.rmtree, work, ignore_errors=True)
        return record

    async def _put(self, record: BackupRecord, work: Path) -> None:
        """All of it or nothing, also when it is cancelled meanwhile."""
        putting = asyncio.ensure_future(self._enter(record, work))
        try:
            await asyncio.shield(putting)
        except asyncio.CancelledError:
            await until_gone(putting)
            await self._shelf.remove([record], with_copies=True)
            raise

    async def _enter(self, record: BackupRecord, work: Path) -> None:
        await asyncio.to_thread(self._put_in_place, record, work)
        try:
            await self._shelf.add(record)
        except ManagerError as error:
            raise BackupNotMade(
                f"The backup {record.file_name} is in its folder, but could not be entered in the list: {error.message} The "
                "manager does so when it starts the next time."
            ) from error

    async def _pack(
        self,
        server: GameServer,
        rules: BackupSettings,
        captured: Captured,
        mods: ModsToPack,
        head: dict[str, Any],
        work: Path,
    ) -> dict[str, Any]:
        sources = [*usual_sources(str(server.data_path), rules.mod_data), *mods.sources]
        task = {
            "archive": str(work / _ARCHIVE_PART),
            "manifest_file": str(work / _MANIFEST_PART),
            "manifest": head,
            "world": None
            if captured.source is None
            else {"source": str(captured.source), "name": captured.name, "work": str(work)},
            "sources": [asdict(source) for source in sources],
            "level": rules.compression_level,
            "threads": os.cpu_count() or 1,
        }
        return await run_program("pack_child", task, name=f"the backup of {server.name}", tell=_tell)

    def _put_in_place(self, record: BackupRecord, work: Path) -> None:
        """The archive last: with it, the backup is there. Blocking."""
        names, folder = new_names(record.id, record.kind, record.made_at), self._shelf.folder(record.server_id)
        (work / _MANIFEST_PART).rename(folder / names.manifest)
        try:
            if record.pinned or record.note:
                self._shelf.write_remarks(record)
            sync_folder(folder)
            (work / _ARCHIVE_PART).rename(folder / names.archive)
        except BaseException:
            (folder / names.manifest).unlink(missing_ok=True)
            (folder / names.remarks).unlink(missing_ok=True)
            raise
        sync_folder(folder)

    # Room

    async def _estimated(self, server: GameServer, rules: BackupSettings, mods: ModsToPack) -> BackupEstimate:
        found = await in_store(self._database, lambda store: store.newest_good(server.id).get(server.id))
        earlier = Ratio(found.size_bytes, found.unpacked_bytes) if found is not None and found.unpacked_bytes else None
        return await asyncio.to_thread(self._estimate, server, rules, mods, earlier)

    def _estimate(self, server: GameServer, rules: BackupSettings, mods: ModsToPack, earlier: Ratio | None) -> BackupEstimate:
        world = _world_bytes(server)
        others = size_of([*usual_sources(str(server.data_path), rules.mod_data), *mods.sources])
        needed = expected_bytes(world + others, earlier)
        root = self._shelf.root
        if (server.is_running or _has_journal(server)) and is_same_disk(root, server.data_path):
            needed += world
        free = free_bytes(root)
        return BackupEstimate(
            bytes_needed=needed, bytes_free=free, from_earlier=earlier is not None, is_enough=free - RESERVE_BYTES >= needed
        )

    async def _see_that_it_fits(self, server: GameServer, rules: BackupSettings, mods: ModsToPack) -> None:
        estimate = await self._estimated(server, rules, mods)
        await asyncio.to_thread(see_that_it_fits, self._shelf.root, estimate.bytes_needed)
        if server.is_running:
            world = await asyncio.to_thread(_world_bytes, server)
            await asyncio.to_thread(see_that_it_fits, server.data_path, world, "The copy of the world that the game makes for it")

    # Telling

    def _tell(self, server: GameServer, record: BackupRecord, actor: str | None) -> None:
        details = {"backup_id": record.id, "kind": record.kind, "world": record.world, "size_bytes": record.size_bytes}
        now_ms = self._clock.now_ms()
        self._servers.timeline.note(Happening(server.id, now_ms, "backup_made", actor, run_id(), details=details))
        self._bus.publish(BackupMade(server.id, record.id, record.kind, record.world, record.size_bytes))
        tell = log.error if record.world == "damaged" else log.info
        tell("backup_made", server=server.id, backup=record.id, world=record.world, size_bytes=record.size_bytes)

    def _note_failure(self, server: GameServer, actor: str | None, text: str) -> None:
        server.note("backup_failed", actor=actor, run_id=run_id(), text=text)


def _see_that_it_is_there(server: GameServer) -> None:
    """An empty place must not become a backup of nothing. Raises `ServerFolderEmpty`. Blocking."""
    places = (server.data_path / CONFIG_FILES[0], server.data_path / world_place(server.data_path))
    if not any(place.exists() for place in places):
        raise ServerFolderEmpty(
            f"The folder of {server.name!r}, {server.data_path}, holds neither a configuration nor a world, so there is nothing "
            "to back up. If it lies on a disk of its own, mount that."
        )


def check_mod_data(paths: Sequence[str]) -> None:
    """Raises `InvalidModData`."""
    problems = [FieldError(f"mod_data.{place}", why) for place, path in enumerate(paths) if (why := why_no_mod_data(path))]
    if problems:
        raise InvalidModData(
            "Folders with data of mods are named below the server's folder, such as ModData. "
            + "; ".join(problem.message for problem in problems)
            + ".",
            fields=problems,
        )


def _world_bytes(server: GameServer) -> int:
    return size_of([Source(str(server.data_path), world_place(server.data_path), "")])


def _has_journal(server: GameServer) -> bool:
    place = server.data_path / world_place(server.data_path)
    return any(place.with_name(place.name + ending).exists() for ending in COMPANIONS)


def _tell(fraction: float | None, text: str) -> None:
    span = _PACKING_ENDS - _PACKING_STARTS
    report_progress(None if fraction is None else _PACKING_STARTS + span * fraction, text)
