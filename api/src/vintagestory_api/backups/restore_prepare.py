"""All of a restore that can go wrong, done while nothing has changed yet: the backup is verified while it is unpacked beside, its
version of the game is installed, its mods are brought, and the configuration is made fit."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from vintagestory_api.backups.children import read_archive_apart
from vintagestory_api.backups.records import BackupRecord
from vintagestory_api.backups.restore_arrange import Home, arrange
from vintagestory_api.backups.restore_facts import Kept, Versions
from vintagestory_api.backups.restore_mods import BackupMods
from vintagestory_api.backups.restore_plan import Plan
from vintagestory_api.backups.restore_swap import Staging
from vintagestory_api.errors import Conflict
from vintagestory_api.server_mods.lock_list import SetEntry
from vintagestory_api.services.run_context import in_thread, report_progress


class BackupNotSound(Conflict):
    code = "backup_damaged"


@dataclass(frozen=True)
class Ready:
    """`names` of what lies beside are exchanged; `entries` is the set of mods, None where that stays."""

    names: list[str]
    entries: list[SetEntry] | None


class Preparation:
    """`here`: has the archive of a backup here, wherever it lies."""

    def __init__(self, versions: Versions, mods: BackupMods, here: Callable[[BackupRecord], Awaitable[Path]]) -> None:
        self._versions = versions
        self._mods = mods
        self._here = here

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
        reading = await read_archive_apart(
            await self._here(kept.record),
            name=kept.name,
            target=target,
            paths=list(plan.files) if plan.files is not None else None,
            parts=None if plan.files is not None else list(plan.parts),
            check_world=plan.world_to is not None,
            tell=tell_between(0.0, 0.6),
        )
        problems = list(reading.problems)
        if plan.world_to is not None and reading.damage:
            problems.append(f"its world is damaged: {reading.damage[0]}")
        if problems:
            raise BackupNotSound(
                f"{kept.name} is not as it was made, so nothing was changed: {problems[0]}. Choose another backup."
            )


def tell_between(start: float, end: float) -> Callable[[float | None, str], None]:
    """Progress of one step among others."""

    def tell(fraction: float | None, message: str) -> None:
        report_progress(start + (end - start) * (fraction or 0.0), message or "Reading the backup")

    return tell
