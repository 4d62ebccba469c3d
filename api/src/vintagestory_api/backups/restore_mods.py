"""The mods of a server, put back as the lock list of a backup says: a new set, or the set from before."""

import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from pydantic import BaseModel, ValidationError

from vintagestory_api.backups.contents import DISABLED_MODS, MODS
from vintagestory_api.backups.manifest import Manifest
from vintagestory_api.errors import Conflict, ManagerError
from vintagestory_api.server_mods.generations import Generations
from vintagestory_api.server_mods.importing import Importer
from vintagestory_api.server_mods.installed import Installed, StoreReader
from vintagestory_api.server_mods.lock_list import SetEntry
from vintagestory_api.server_mods.schemas import ImportedList, LockEntry, LockList
from vintagestory_api.server_mods.set_folders import SetFolders
from vintagestory_api.server_mods.set_states import State, Why
from vintagestory_api.server_mods.store import ModStore
from vintagestory_api.servers.server import GameServer
from vintagestory_api.services.run_context import in_thread
from vintagestory_api.storage.open_folders import open_folder

_HELD = ".disabled"
_PACKED = ".packed"


class ModsNotReadable(Conflict):
    code = "backup_mods_unreadable"


class WaitingBefore(BaseModel):
    """A set that waited for the next start, and whose change it was."""

    entries: list[SetEntry]
    why: str
    actor: str | None


class ModsBefore(BaseModel):
    """The set that a server had, and those that waited for its next start, in the order in which they were made."""

    entries: list[SetEntry]
    waiting: list[WaitingBefore] = []


@dataclass(frozen=True)
class ModsPlan:
    """What is to be said of getting the mods of a backup; `problems`: why they can't be had."""

    notes: list[str]
    problems: list[str]


class ServerModSets(Protocol):
    """The part of `server_mods.service.ServerMods` that is needed here."""

    importer: Importer
    reader: StoreReader
    store: ModStore

    def generations(self, server: GameServer) -> Generations: ...

    async def installed(self, server: GameServer) -> tuple[list[Installed], State]: ...


class BackupMods:
    def __init__(self, sets: ServerModSets) -> None:
        self._sets = sets

    async def plan(self, manifest: Manifest, version: str | None) -> ModsPlan:
        """Whether all its mods can be had: from the backup itself, from the store, or from the mod database."""
        if manifest.lock is None:
            return ModsPlan([], [])
        try:
            lock = lock_of(manifest)
        except ModsNotReadable as error:
            return ModsPlan([], [error.message])
        brought = {file.sha256 for file in manifest.files if file.part == "mods"}
        names = {_top_name(file.path) for file in manifest.files if file.part == "mods" and file.change != "vanished"}
        missing = [entry for entry in lock.mods if entry.sha256 not in brought and entry.file_name not in names]
        try:
            plan = await self._sets.importer.plan([], ImportedList(lock=lock.model_copy(update={"mods": missing})), version)
        except ManagerError as error:
            return ModsPlan([f"Whether all its mods can be had is not known: {error.message}"], [])
        notes = plan.resolution.notes
        return ModsPlan(
            [note.message for note in notes if not note.blocks and note.code != "nothing_to_do"],
            [note.message for note in notes if note.blocks],
        )

    async def bring(
        self,
        manifest: Manifest,
        unpacked: Path,
        version: str | None,
        base: Sequence[SetEntry],
        tell: Callable[[float | None, str], None],
    ) -> list[SetEntry]:
        """The set of the lock list, with every file of it in the store: from below `unpacked`, or fetched. What lies among the
        mods of `base` and is none stays.

        Raises `ModsNotReadable`, `PlanBlocked`, and what the mod database raises.
        """
        brought = await in_thread(self._take_into_store, unpacked)
        if manifest.lock is None:
            # Nobody could tell what is what when it was packed: they come back as they lay there.
            return [*brought.values(), *(entry for entry in base if not entry.is_enabled)]
        lock = _with_sums(lock_of(manifest), brought)
        there = await in_thread(self._sets.reader.installed, base)
        plan = await self._sets.importer.plan(there, ImportedList(lock=lock), version)
        plan.check(None)
        return await self._sets.importer.entries(plan, tell)

    def _take_into_store(self, unpacked: Path) -> dict[str, SetEntry]:
        """What the archive held, by name."""
        folders, found = SetFolders(self._sets.store), dict[str, SetEntry]()
        disabled, mods = unpacked / DISABLED_MODS, unpacked / MODS
        if disabled.is_dir():
            # Beside, or it would be taken for a mod itself.
            disabled.rename(unpacked / _HELD)
            disabled = unpacked / _HELD
        for folder in (disabled, mods):
            if folder.is_dir():
                with open_folder(folder) as handle:
                    found |= {entry.file_name: entry for entry in folders.read(handle, [])}
        return found

    async def before(self, server: GameServer) -> ModsBefore:
        """What lies there by hand becomes a set first. Raises what `Generations.take_stock` raises."""
        return await in_thread(self._before, self._sets.generations(server))

    def _before(self, generations: Generations) -> ModsBefore:
        state = generations.take_stock()
        current = state.current.entries if state.current is not None else []
        waiting = state.waits.sets if state.waits is not None else ()
        return ModsBefore(
            entries=current,
            waiting=[WaitingBefore(entries=one.entries, why=one.why, actor=one.actor) for one in waiting],
        )

    async def put(self, server: GameServer, entries: Sequence[SetEntry], why: Why) -> int:
        """Make it the set of the server, which does not run; its number."""
        return await in_thread(_make, self._sets.generations(server), entries, why)

    def put_back(self, data_path: Path, before: ModsBefore, now: str, why: Why) -> None:
        """Blocking. Raises what `Generations.make` raises. The servers need not be open yet."""
        generations = Generations(data_path, self._sets.store, now=lambda: now)
        _make(generations, before.entries, why)
        for waiting in before.waiting:
            base = generations.take_stock().planned_on
            reason = Why(waiting.actor, waiting.why)
            with contextlib.suppress(ManagerError):
                generations.make(waiting.entries, base=base.number if base else 0, why=reason, waits=True)


def lock_of(manifest: Manifest) -> LockList:
    """Raises `ModsNotReadable`."""
    try:
        return LockList.model_validate(manifest.lock)
    except ValidationError:
        raise ModsNotReadable("The list of mods in this backup can't be read. Leave the mods out.") from None


def _top_name(path: str) -> str:
    """Of a mod in an archive: a folder by its own name, and one that is switched off as it was packed."""
    name = path.removeprefix(f"{DISABLED_MODS}/").removeprefix(f"{MODS}/").partition("/")[0]
    return name.removesuffix(_PACKED) if path.startswith(f"{DISABLED_MODS}/") else name


def _with_sums(lock: LockList, brought: Mapping[str, SetEntry]) -> LockList:
    """What was packed by hand counts as it was packed, whatever the list says of it."""
    sums = {entry.sha256 for entry in brought.values()}

    def summed(entry: LockEntry) -> LockEntry:
        found = brought.get(entry.file_name)
        if found is None or entry.sha256 in sums:
            return entry
        return entry.model_copy(update={"sha256": found.sha256, "size_bytes": found.size_bytes})

    return lock.model_copy(update={"mods": [summed(entry) for entry in lock.mods]})


def _make(generations: Generations, entries: Sequence[SetEntry], why: Why) -> int:
    base = generations.take_stock().planned_on
    return generations.make(entries, base=base.number if base else 0, why=why, waits=False).number
