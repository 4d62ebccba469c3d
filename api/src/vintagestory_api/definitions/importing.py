"""Brings a server here that ran under something else: its data folder is copied, checked, mended, and becomes a server of ours.

Nothing is a server before everything is there: what fails or is stopped leaves nothing behind, and the folder it came from is
never touched.
"""

import asyncio
import os
import shutil
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any, Final

import structlog

from vintagestory_api.backups.children import check_world_apart
from vintagestory_api.backups.world_check import COMPANIONS
from vintagestory_api.definitions.folder_copy import Contents, FolderNotCopied, copy_data, look_through
from vintagestory_api.errors import Conflict
from vintagestory_api.kit.ids import uuid7
from vintagestory_api.servers.configuration import ServerConfiguration
from vintagestory_api.servers.mending import look_for_lost_paths, mend
from vintagestory_api.servers.operations import recorded
from vintagestory_api.servers.ports import FIRST_PORT
from vintagestory_api.servers.registry import Servers
from vintagestory_api.servers.schemas import Adoption, AdoptionReport
from vintagestory_api.servers.setup import Setup
from vintagestory_api.services.run_context import in_thread, report_progress, to_its_end
from vintagestory_api.services.run_execution import JobPolicy
from vintagestory_api.services.run_records import RunRecord
from vintagestory_api.services.scheduler import SchedulerService
from vintagestory_api.storage.atomic import sync_file_system
from vintagestory_api.storage.game_user import GameUser

log = structlog.get_logger(__name__)

SERVER_IMPORT: Final = "server_import"
POLICY: Final = JobPolicy(title="Copy a server from elsewhere", timeout_seconds=24 * 3600.0, ends_with_manager=True)
_WORK: Final = ".import-"
#: Lies in a folder that is whole, until its server is stored.
_MARK: Final = ".vsmanager-import"


class NotImportable(Conflict):
    code = "folder_not_importable"


class ServerImports:
    def __init__(
        self, servers: Servers, setup: Setup, *, scheduler: Callable[[], SchedulerService], user: GameUser | None = None
    ) -> None:
        self._servers = servers
        self._setup = setup
        self._scheduler = scheduler
        self._user = user
        #: Folders that this manager makes: what an earlier one left is looked for while imports may be under way already.
        self._made: set[Path] = set()

    async def sweep(self) -> None:
        """Delete what an earlier manager was copying and made no server of."""
        ours = {server.data_path.name for server in self._servers.all() if not server.record.is_adopted}
        await asyncio.to_thread(self._sweep, ours)

    def _sweep(self, ours: Collection[str]) -> None:
        folders = self._servers.servers_dir
        for mark in folders.glob(f"*/{_MARK}"):
            if mark.parent in self._made:
                continue
            if mark.parent.name in ours:
                mark.unlink(missing_ok=True)
            else:
                log.info("half_import_swept", folder=mark.parent.name)
                shutil.rmtree(mark.parent, ignore_errors=True)
        for folder in folders.glob(f"{_WORK}*"):
            if folder in self._made:
                continue
            log.info("half_import_swept", folder=folder.name)
            shutil.rmtree(folder, ignore_errors=True)

    async def begin(self, adoption: Adoption, report: AdoptionReport, actor: str) -> RunRecord:
        """`report` is that of the folder that `adoption` names. Raises `NotImportable`, `ServerExists`, `PortTaken`,
        `AlreadyRunning`; all else becomes the run's error."""
        if report.copy_problems or report.data_path is None:
            problems = report.copy_problems or report.problems
            raise NotImportable(f"{report.path} can't be copied. {' '.join(problems)}", problems=problems)
        is_there = report.install_path is not None and report.version == adoption.version
        await self._setup.check_new(adoption.id, adoption.port, None if is_there else adoption.version)

        async def work() -> dict[str, Any]:
            return await self._import(adoption, report, actor)

        return await self._scheduler().run_now(SERVER_IMPORT, lambda: recorded(work), policy=POLICY, beside_others=True)

    async def _import(self, adoption: Adoption, report: AdoptionReport, actor: str) -> dict[str, Any]:
        source = Path(report.data_path or report.path)
        target = self._servers.servers_dir / f"{_WORK}{uuid7()}"
        placed: list[Path] = []
        self._made.add(target)
        await asyncio.to_thread(target.mkdir, mode=0o700)
        try:
            contents = await self._copied(source, target, has_install=report.install_path == str(source))
            await self._check_worlds(target)
            report_progress(0.92, "Putting it into its place")
            final, notes = await in_thread(self._put_in_place, adoption, source, target, placed)
        except BaseException:
            await _removed(target, *placed)
            raise
        try:
            supervisor = await self._setup.adopt(
                adoption,
                final,
                adoption.port or report.port or FIRST_PORT,
                actor,
                version_there=report.version if report.install_path else None,
                install=Path(report.install_path) if report.install_path else None,
                is_own=True,
            )
        except BaseException:
            if not any(server.data_path == final for server in self._servers.all()):
                await _removed(final)
            raise
        await asyncio.to_thread((final / _MARK).unlink, missing_ok=True)
        left_out = [f"{name} was left out: it is a link, or no plain file" for name in contents.left_out]
        if contents.left_out_count > len(left_out):
            left_out.append(f"and {contents.left_out_count - len(left_out)} more like it")
        return {
            "server_id": supervisor.server.id,
            "files": contents.files,
            "size_bytes": contents.size_bytes,
            "notes": [*notes, *left_out],
        }

    async def _copied(self, source: Path, target: Path, *, has_install: bool) -> Contents:
        report_progress(0.0, "Looking through the folder")
        expected = await in_thread(look_through, source, has_install=has_install)

        def tell(fraction: float) -> None:
            report_progress(0.02 + 0.75 * fraction, f"Copying {expected.files:,} files")

        done = await in_thread(copy_data, source, target, expected, tell, has_install=has_install)
        if (done.files, done.size_bytes) != (expected.files, expected.size_bytes):
            raise FolderNotCopied(
                f"The folder was changed while it was copied: it had {expected.files:,} files, and {done.files:,} came. Stop "
                "what uses it, then try again."
            )
        return done

    async def _check_worlds(self, target: Path) -> None:
        """In programs of their own: a world that is made to break its reader breaks only that."""
        worlds = await in_thread(lambda: sorted((target / "Saves").glob("*.vcdbs")))
        for number, world in enumerate(worlds):
            report_progress(0.78 + 0.14 * number / len(worlds), f"Checking the world {world.name}")
            has_journal = any(world.with_name(world.name + ending).exists() for ending in COMPANIONS)
            if damage := await check_world_apart(world, finish=has_journal):
                raise FolderNotCopied(
                    f"Its world {world.name} is damaged: {damage[0]}. Nothing was taken over. Bring a sound copy of it back "
                    "there, from a backup, or take the folder over where it lies and let the game repair it."
                )

    def _put_in_place(self, adoption: Adoption, source: Path, target: Path, placed: list[Path]) -> tuple[Path, list[str]]:
        """Under the name of its server, with paths that lead there; that name is in `placed` as soon as it has it. Blocking."""
        configuration = ServerConfiguration.read(target)
        final = self._setup.free_folder(adoption.id or self._setup.free_id(adoption.name))
        # As the game wrote it there: paths into the old folder are known by that.
        told = ServerConfiguration(source, configuration.values)
        mending = look_for_lost_paths(told, source, final)
        if mending.problem is not None:
            raise FolderNotCopied(mending.problem)
        mend(configuration, mending)
        configuration.write()
        for name in ("Saves", "Mods"):
            (target / name).mkdir(exist_ok=True, mode=0o700)
        (target / _MARK).touch()
        sync_file_system(target)
        self._made.add(final)
        os.rename(target, final)  # noqa: PTH104 - never onto a folder that holds something
        placed.append(final)
        if self._user is not None and self._user.is_other:
            self._user.take(final)
        return final, list(mending.notes)


async def _removed(*folders: Path) -> None:
    def remove() -> None:
        for folder in folders:
            shutil.rmtree(folder, ignore_errors=True)

    await to_its_end(asyncio.ensure_future(asyncio.to_thread(remove)))
