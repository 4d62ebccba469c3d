"""What a restore is planned from: the backup, and what is there now."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import structlog

from vintagestory_api.backups.in_store import in_store
from vintagestory_api.backups.manifest import Manifest
from vintagestory_api.backups.records import BackupRecord
from vintagestory_api.backups.restore_mods import BackupMods, ModsPlan, ServerModSets
from vintagestory_api.backups.restore_plan import ModThere, Plan, Present, make_plan
from vintagestory_api.backups.restore_present import free_bytes, read_folder
from vintagestory_api.backups.restore_words import size
from vintagestory_api.backups.schemas import BackupEstimate, BackupSummary, RestoreRequest
from vintagestory_api.backups.shelf import Shelf, read_manifest_file
from vintagestory_api.backups.space import RESERVE_BYTES, is_same_disk
from vintagestory_api.errors import Conflict, ManagerError
from vintagestory_api.kit.clock import Clock
from vintagestory_api.servers.registry import Servers
from vintagestory_api.servers.server import GameServer
from vintagestory_api.servers.setup import Setup
from vintagestory_api.storage.database import Database

log = structlog.get_logger(__name__)


class ServerOfBackupGone(Conflict):
    code = "server_of_backup_gone"


class BackupUnknown(Conflict):
    """Nothing says what is in it."""

    code = "backup_without_manifest"


class CopyOfPresent(Protocol):
    """Estimates a backup of a server; see `service.Backups.estimate`."""

    async def __call__(self, server_id: str) -> BackupEstimate: ...


class Versions(Protocol):
    """The part of `game_versions.installs.Installs` that is needed here."""

    def find(self, version: str) -> Any | None: ...

    async def check(self, version: str) -> None: ...

    async def install(self, version: str) -> Any: ...


@dataclass(frozen=True)
class Kept:
    """A backup that is to be put back, and its archive."""

    record: BackupRecord
    summary: BackupSummary
    manifest: Manifest
    path: Path

    @property
    def name(self) -> str:
        return self.record.file_name

    @property
    def moment(self) -> str:
        """When it was made, as people read it."""
        return f"{self.summary.made_at[:16].replace('T', ' ')} UTC"


@dataclass(frozen=True)
class Planned:
    kept: Kept
    present: Present
    plan: Plan


class RestoreFacts:
    """`estimate`: of a backup of the present. `players_on`: how many are on a server, None where that is not known."""

    def __init__(
        self,
        shelf: Shelf,
        servers: Servers,
        setup: Setup,
        versions: Versions,
        sets: ServerModSets,
        mods: BackupMods,
        database: Database,
        clock: Clock,
        estimate: CopyOfPresent,
        players_on: Callable[[str], int | None],
    ) -> None:
        self._shelf = shelf
        self._servers = servers
        self._setup = setup
        self._versions = versions
        self._sets = sets
        self._mods = mods
        self._database = database
        self._clock = clock
        self._estimate = estimate
        self._players_on = players_on

    async def planned(
        self, backup_id: str, wanted: RestoreRequest, into: GameServer | None = None, *, keeps_present: bool = True
    ) -> Planned:
        """`into`: the server, where it is another than that of the backup. `keeps_present`: what is there is backed up first.

        Raises `BackupNotFound`, `ServerOfBackupGone`, `BackupUnknown`, `NotInBackup`.
        """
        kept = await self.open(backup_id)
        present = await self._present(kept, wanted, into)
        problems: list[str] = []
        if keeps_present and not present.is_new:
            present, problems = await self._with_room_for_copy(present)
        return Planned(kept, present, await self._plan(kept, present, wanted, problems))

    async def open(self, backup_id: str) -> Kept:
        """Raises `BackupNotFound`, `BackupUnknown`."""
        record = await self._shelf.get(backup_id)
        manifest = await asyncio.to_thread(read_manifest_file, self._shelf.manifest_path(record))
        if manifest is None:
            raise BackupUnknown(
                "The list of contents of this backup is not beside it any more, so nobody knows what is in it. Import its file "
                "again."
            )
        (summary,) = await self._shelf.summaries([record], await self._shelf.elsewhere.copies([record.id]))
        return Kept(record, summary, manifest, self._shelf.path(record))

    async def _present(self, kept: Kept, wanted: RestoreRequest, into: GameServer | None) -> Present:
        version = kept.manifest.game_version
        installed = frozenset([version] if version is not None and self._versions.find(version) is not None else [])
        if wanted.new_server is not None:
            return await self._nothing_yet(kept, wanted.new_server.name, installed)
        server = into or self._server_of(kept.record)
        settings = await in_store(self._database, lambda store: store.settings(server.id))
        facts = await asyncio.to_thread(read_folder, server.data_path, settings.mod_data)
        return Present(
            server_id=server.id,
            name=server.name,
            version=server.version,
            is_running=server.is_running,
            players=self._players_on(server.id) if server.is_running else None,
            mods=await self._mods_of(server),
            amounts=facts.amounts,
            world_path=facts.world_path,
            world_written_ms=facts.world_written_ms,
            installed=installed,
            bytes_free=facts.bytes_free,
            mod_data=settings.mod_data,
            in_the_way=facts.in_the_way,
        )

    async def _with_room_for_copy(self, present: Present) -> tuple[Present, list[str]]:
        """And what keeps the present from being backed up: better said now than when the game is down."""
        try:
            estimate = await self._estimate(present.server_id)
        except ManagerError as error:
            return present, [f"Nothing is replaced without a copy of it, which can't be made: {error.message}"]
        data_path = self._servers.get(present.server_id).data_path
        if await asyncio.to_thread(is_same_disk, self._shelf.root, data_path):
            return replace(present, copy_bytes=estimate.bytes_needed, bytes_kept_free=RESERVE_BYTES), []
        if estimate.is_enough:
            return present, []
        needed, free = size(estimate.bytes_needed), size(estimate.bytes_free)
        return present, [
            f"The copy of what is there takes {needed}, and the disk of the backups has {free} left. Free some space there first."
        ]

    async def _nothing_yet(self, kept: Kept, name: str, installed: frozenset[str]) -> Present:
        """Of a new server. A world of unknown version was brought for a server that has one."""
        origin = self._servers.get(kept.record.server_id) if kept.record.server_id in self._servers.ids else None
        version = kept.manifest.game_version or (origin.version if origin is not None else None)
        free = await asyncio.to_thread(free_bytes, self._servers.servers_dir)
        return Present(server_id="", name=name, version=version, is_new=True, installed=installed, bytes_free=free)

    def _server_of(self, record: BackupRecord) -> GameServer:
        if record.server_id not in self._servers.ids:
            raise ServerOfBackupGone("The server of this backup is not there any more. Restore it into a new server.")
        server = self._servers.get(record.server_id)
        if server.record.setup is not None:
            raise ServerOfBackupGone(f"{server.name!r} is not set up yet. Wait for that, or restore into a new server.")
        return server

    async def _mods_of(self, server: GameServer) -> Sequence[ModThere]:
        try:
            found, _state = await self._sets.installed(server)
        except ManagerError as error:
            log.warning("mods_not_listed_for_restore", server=server.id, error=error.message)
            return []
        return [
            ModThere(one.entry.key, one.entry.label, one.entry.sha256, is_enabled=one.entry.is_loaded)
            for one in found
            if one.entry.is_mod
        ]

    async def _plan(self, kept: Kept, present: Present, wanted: RestoreRequest, in_the_way: Sequence[str]) -> Plan:
        mods = ModsPlan([], [])
        if wanted.files is None and (wanted.parts is None or "mods" in wanted.parts):
            mods = await self._mods.plan(kept.manifest, kept.manifest.game_version or present.version)
        problems = [*mods.problems, *in_the_way, *await self._problems_outside(kept, present, wanted)]
        # A backup may hold a hundred thousand files.
        return await asyncio.to_thread(
            make_plan,
            kept.summary,
            kept.manifest,
            present,
            parts=wanted.parts,
            files=wanted.files,
            made_at_ms=kept.record.made_at,
            now_ms=self._clock.now_ms(),
            notes=mods.notes,
            problems=problems,
        )

    async def _problems_outside(self, kept: Kept, present: Present, wanted: RestoreRequest) -> list[str]:
        found = []
        version = kept.manifest.game_version
        comes = present.is_new or (wanted.files is None and (wanted.parts is None or "version" in wanted.parts))
        if comes and version is not None and version not in present.installed:
            try:
                await self._versions.check(version)
            except ManagerError as error:
                found.append(f"Version {version} of the game can't be installed: {error.message}")
        if wanted.new_server is not None and wanted.new_server.port is not None:
            port = await self._setup.check_port(wanted.new_server.port)
            if not port.is_free:
                found.append(port.message)
        return found
