"""All of a restore that can go wrong, done while nothing has changed yet: the backup is verified while it is unpacked beside, its
version of the game is installed, its mods are brought, and the configuration is made fit."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog

from vintagestory_api.backups.children import CHOOSE_ANOTHER, ArchiveBroken, ArchiveRefused, read_archive_apart
from vintagestory_api.backups.restore_arrange import Home, arrange
from vintagestory_api.backups.restore_facts import Kept, Versions
from vintagestory_api.backups.restore_mods import BackupMods
from vintagestory_api.backups.restore_plan import Plan
from vintagestory_api.backups.restore_swap import Staging
from vintagestory_api.backups.shelf import Shelf
from vintagestory_api.errors import Conflict, ManagerError
from vintagestory_api.kit.clock import Clock
from vintagestory_api.server_mods.lock_list import SetEntry
from vintagestory_api.services.run_context import in_thread, report_progress

log = structlog.get_logger(__name__)


class BackupNotSound(Conflict):
    code = "backup_damaged"


@dataclass(frozen=True)
class Ready:
    """`names` of what lies beside are exchanged; `entries` is the set of mods, None where that stays."""

    names: list[str]
    entries: list[SetEntry] | None


class Preparation:
    def __init__(self, versions: Versions, mods: BackupMods, shelf: Shelf, clock: Clock) -> None:
        self._versions = versions
        self._mods = mods
        self._shelf = shelf
        self._clock = clock

    async def prepare(
        self, kept: Kept, plan: Plan, staging: Staging, home: Home, version: str | None, mods_there: Sequence[SetEntry]
    ) -> Ready:
        """`version`: of the game that will load it.

        Raises `BackupNotSound`, what unpacking, installing and the mod database raise, `NotSwapped`, `ConfigurationUnreadable`.
        """
        await in_thread(staging.make)
        with staging.held() as unpacked:
            return await self._fill(kept, plan, unpacked, home, version, mods_there)

    async def _fill(
        self, kept: Kept, plan: Plan, unpacked: Path, home: Home, version: str | None, mods_there: Sequence[SetEntry]
    ) -> Ready:
        await self._unpack(kept, plan, unpacked)
        if plan.version is not None and self._versions.find(plan.version) is None:
            report_progress(0.6, f"Installing version {plan.version} of the game")
            await self._versions.install(plan.version)
        entries = None
        if plan.brings_mods:
            entries = await self._mods.bring(kept.manifest, unpacked, version, mods_there, tell_between(0.65, 0.8))
        names = await in_thread(arrange, unpacked, plan, kept.manifest.world_file, home)
        return Ready(names, entries)

    async def _unpack(self, kept: Kept, plan: Plan, target: Path) -> None:
        """What is found on the way is kept with the backup, as after a verification."""
        backup_id, brings_world = kept.record.id, plan.world_to is not None
        try:
            reading = await read_archive_apart(
                await self._shelf.here(kept.record),
                name=kept.name,
                target=target,
                paths=list(plan.files) if plan.files is not None else None,
                parts=None if plan.files is not None else list(plan.parts),
                check_world=brings_world,
                tell=tell_between(0.0, 0.6),
            )
        except (ArchiveBroken, ArchiveRefused) as error:
            await self._found_broken(backup_id, f"It{error.message.removeprefix(kept.name).removesuffix(CHOOSE_ANOTHER)}")
            raise
        wrong: str | None = None
        if reading.problems:
            wrong = reading.problems[0]
            await self._found_broken(backup_id, f"It is not what was packed: {'; '.join(reading.problems[:3])}.")
        elif brings_world and reading.damage:
            wrong = f"its world is damaged: {reading.damage[0]}"
            await self._found_broken(backup_id, f"Its world is damaged: {reading.damage[0]}.")
        if wrong is not None:
            raise BackupNotSound(f"{kept.name} is not as it was made, so nothing was changed: {wrong}.{CHOOSE_ANOTHER}")
        if brings_world or kept.record.world == "none":
            await self._remark(backup_id, verified_at=self._clock.now_ms(), problem=None)

    async def _found_broken(self, backup_id: str, problem: str) -> None:
        log.error("backup_does_not_verify", backup=backup_id, problem=problem)
        await self._remark(backup_id, verified_at=None, problem=problem)

    async def _remark(self, backup_id: str, **remarks: Any) -> None:
        """What can't be noted down is no reason not to restore."""
        try:
            await self._shelf.save((await self._shelf.get(backup_id)).changed(**remarks))
        except ManagerError as error:
            log.warning("backup_not_remarked", backup=backup_id, error=error.message)


def tell_between(start: float, end: float) -> Callable[[float | None, str], None]:
    """Progress of one step among others."""

    def tell(fraction: float | None, message: str) -> None:
        report_progress(start + (end - start) * (fraction or 0.0), message or "Reading the backup")

    return tell
