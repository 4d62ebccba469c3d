"""Which files of mods go into a backup."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import structlog

from vintagestory_api.backups.contents import DISABLED_MODS, MODS, Source
from vintagestory_api.errors import ManagerError
from vintagestory_api.server_mods.lock_list import SetEntry
from vintagestory_api.server_mods.service import ServerMods
from vintagestory_api.servers.server import GameServer

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class ModsToPack:
    """`lock`: the list of all mods, as a `LockList`; None where it can't be had."""

    lock: dict[str, Any] | None = None
    sources: list[Source] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


async def mods_to_pack(mods: ServerMods, server: GameServer, *, all_files: bool) -> ModsToPack:
    """The list, and the files that nobody could download again: those put there by hand. With `all_files` every one."""
    try:
        lock = await mods.lock_list(server.id, None)
        items, _state = await mods.installed(server)
        folder = mods.generations(server).mods_folder()
    except ManagerError as error:
        log.warning("mods_not_listed_for_backup", server=server.id, error=error.message)
        note = f"The list of mods could not be had, so the folder of mods was packed as it lies there: {error.message}"
        return ModsToPack(sources=[Source(str(server.data_path), MODS, MODS)], notes=[note])
    found = ModsToPack(lock=lock.model_dump(mode="json"))
    wanted = [one.entry for one in items if all_files or one.entry.source == "hand"]
    found.sources.extend(_sources(mods, folder, wanted))
    links = [entry.file_name for entry in wanted if entry.kind == "link"]
    if links:
        found.notes.append(f"Links among the mods are not followed, so they are not in it: {', '.join(links[:10])}")
    return found


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
