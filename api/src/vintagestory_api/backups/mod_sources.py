"""Which files of mods go into a backup."""

import asyncio
import os
from collections.abc import Container, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import structlog

from vintagestory_api.backups.contents import DISABLED_MODS, MODS, Source
from vintagestory_api.errors import ManagerError
from vintagestory_api.server_mods.file_names import shown_name
from vintagestory_api.server_mods.lock_list import SetEntry
from vintagestory_api.server_mods.misnamed import misnamed
from vintagestory_api.server_mods.schemas import InstalledModList
from vintagestory_api.server_mods.service import ServerMods
from vintagestory_api.servers.server import GameServer

log = structlog.get_logger(__name__)

#: Troubles of a mod that its file can't be fetched with.
_TAKEN_BACK: Final = frozenset({"retracted", "gone"})


@dataclass(frozen=True)
class ModsToPack:
    """`lock`: the list of all mods, as a `LockList`; None where it can't be had."""

    lock: dict[str, Any] | None = None
    sources: list[Source] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


async def mods_to_pack(mods: ServerMods, server: GameServer, *, all_files: bool) -> ModsToPack:
    """The list, and the files that nobody could download again: uploaded, put there by hand, or not given out any more, as far as
    that is known. With `all_files` every one."""
    try:
        lock = await mods.lock_list(server.id, None)
        items, _state = await mods.installed(server)
        taken_back = _taken_back(await mods.listed(server.id))
        folder = await asyncio.to_thread(mods.generations(server).mods_folder)
    except ManagerError as error:
        log.warning("mods_not_listed_for_backup", server=server.id, error=error.message)
        note = f"The list of mods could not be had, so the folder of mods was packed as it lies there: {error.message}"
        return ModsToPack(sources=[await asyncio.to_thread(_as_it_lies_there, mods, server)], notes=[note])
    found = ModsToPack(lock=lock.model_dump(mode="json"))
    wanted = [one.entry for one in items if all_files or not _can_be_fetched(one.entry, taken_back)]
    found.sources.extend(_sources(mods, folder, wanted))
    lost = await asyncio.to_thread(_lost, mods, wanted)
    if lost:
        found.notes.append(f"The files of these mods, which are switched off, are not kept any more: {', '.join(lost[:10])}")
    links = [entry.file_name for entry in wanted if entry.kind == "link"]
    if links:
        found.notes.append(f"Links among the mods are not followed, so they are not in it: {', '.join(links[:10])}")
    if nameless := await asyncio.to_thread(_misnamed, folder):
        found.notes.append(f"Mods with names that can't be packed are not in it: {', '.join(nameless[:10])}. Give them others.")
    return found


def _misnamed(folder: Path) -> list[str]:
    """As they can be shown. Blocking."""
    try:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError:
        return []
    try:
        return [shown_name(name) for name in misnamed(handle)]
    finally:
        os.close(handle)


def _lost(mods: ServerMods, entries: Iterable[SetEntry]) -> list[str]:
    """Those that lie nowhere but in the store, and are not there. Blocking."""
    return [one.file_name for one in entries if not one.is_enabled and one.sha256 and not mods.store.has(one.sha256)]


def _can_be_fetched(entry: SetEntry, taken_back: Container[str]) -> bool:
    return entry.source == "moddb" and bool(entry.modid) and entry.file_name not in taken_back


def _taken_back(listed: InstalledModList) -> set[str]:
    """Names of files that the mod database gave once, and does not give any more."""
    return {mod.file_name for mod in listed.items if any(trouble.code in _TAKEN_BACK for trouble in mod.troubles)}


def _as_it_lies_there(mods: ServerMods, server: GameServer) -> Source:
    """`Mods` itself, or the folder that it is a link to."""
    try:
        folder = mods.generations(server).mods_folder()
    except ManagerError:
        folder = server.data_path / MODS
    place = folder.relative_to(server.data_path).as_posix()
    return Source(str(server.data_path), place, MODS, may_be_shared=place != MODS)


def _sources(mods: ServerMods, folder: Path, entries: Iterable[SetEntry]) -> Iterable[Source]:
    for entry in entries:
        if entry.kind == "link":
            continue
        if entry.is_enabled:
            yield Source(str(folder), entry.file_name, f"{MODS}/{entry.file_name}", may_be_shared=True)
        elif entry.sha256 and entry.kind != "folder":
            stored = mods.store.path(entry.sha256)
            yield Source(str(stored.parent), stored.name, f"{DISABLED_MODS}/{entry.file_name}", may_be_shared=True)
        elif entry.sha256:
            # As the store has it: the files of the folder, packed into one.
            stored = mods.store.path(entry.sha256)
            yield Source(str(stored.parent), stored.name, f"{DISABLED_MODS}/{entry.file_name}.packed", may_be_shared=True)
