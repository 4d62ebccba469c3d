"""What is known of newer versions and mods without asking anybody."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from vintagestory_api.errors import ManagerError
from vintagestory_api.game_versions.version import GameVersion
from vintagestory_api.server_mods.installed import Installed
from vintagestory_api.server_mods.service import ServerMods
from vintagestory_api.server_mods.update_facts import UpdateFacts
from vintagestory_api.servers.server import GameServer
from vintagestory_api.updates.newest import Newest, newest

_MOST_NAMED = 100


@dataclass(frozen=True)
class Known:
    """`mod_updates`: newer releases that fit its present version. `not_ready`: names of mods that don't support
    `newest.stable`."""

    newest: Newest = field(default_factory=Newest)
    mod_updates: int = 0
    not_ready: Sequence[str] = ()


async def known_of(server: GameServer, stable: Sequence[GameVersion], mods: ServerMods, facts: UpdateFacts) -> Known:
    found = newest(server.version, stable)
    if server.record.setup is not None:
        return Known()
    try:
        items, _state = await mods.installed(server)
    except (ManagerError, OSError):
        return Known(found)
    updates = facts.known(items, server.version)
    fitting = sum(one.update is not None and one.update.fit in {"verified", "likely"} for one in updates.values())
    return Known(found, fitting, _not_ready(items, facts, found.stable))


def _not_ready(items: Sequence[Installed], facts: UpdateFacts, version: str | None) -> list[str]:
    """Those of which the files themselves, or the last check, say that no release is made for that version."""
    if version is None:
        return []
    loaded = [one for one in items if one.entry.is_mod and one.entry.is_loaded]
    found = [one.entry.name or one.entry.modid or one.entry.file_name for one in loaded if facts.speaks_against(one, version)]
    return sorted(found, key=str.casefold)[:_MOST_NAMED]
