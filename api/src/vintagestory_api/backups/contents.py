"""What belongs into a backup, and which part of it a path is. Standard library only."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from vintagestory_api.backups.manifest import UnsafePath, safe_path

if TYPE_CHECKING:
    from vintagestory_api.backups.schemas import BackupPart

SAVES: Final = "Saves"
PLAYERS: Final = "Playerdata"
MOD_CONFIG: Final = "ModConfig"
MODS: Final = "Mods"
CONFIG_FILES: Final = ("serverconfig.json", "servermagicnumbers.json")
#: Mods that are switched off lie here in the archive; the game does not look into it.
DISABLED_MODS: Final = f"{MODS}/.disabled"

#: No folders with data of mods: packed anyway, made anew by the game, or of ours.
NEVER: Final = frozenset(
    {
        "saves", "playerdata", "modconfig", "mods", "serverconfig.json", "servermagicnumbers.json", "serverconfig.json.bak",
        "logs", "cache", "backups", "backupsaves", "oldsaves", "modgenerations", "modsbyserver", "macros", "manifest.json",
    }
)  # fmt: skip
_PARTS: Final[dict[str, "BackupPart"]] = {
    SAVES: "world",
    PLAYERS: "players",
    MOD_CONFIG: "mod_config",
    MODS: "mods",
    **dict.fromkeys(CONFIG_FILES, "config"),
}


def part_of(path: str) -> "BackupPart":
    """Of a path in an archive. What is none of the known folders was chosen as data of mods."""
    return _PARTS.get(path.partition("/")[0], "mod_data")


@dataclass(frozen=True)
class Source:
    """A file or folder to be packed. `root`: the folder that `path` lies in, and must not lead out of; `name`: in the archive.
    `leaves_out`: endings of names of files that are left out. `may_be_shared`: files may have a second name elsewhere."""

    root: str
    path: str
    name: str
    leaves_out: tuple[str, ...] = ()
    may_be_shared: bool = False


#: Worlds, and what SQLite has beside them. The one that is in use is packed on its own, the others are not.
WORLD_FILES: Final = (".vcdbs", ".vcdbs-journal", ".vcdbs-wal", ".vcdbs-shm")


def usual_sources(data_path: str, mod_data: Sequence[str]) -> list[Source]:
    """What is packed of every server besides its world and its mods."""
    return [
        *(Source(data_path, name, name) for name in CONFIG_FILES),
        Source(data_path, PLAYERS, PLAYERS),
        Source(data_path, MOD_CONFIG, MOD_CONFIG),
        Source(data_path, SAVES, SAVES, leaves_out=WORLD_FILES),
        *(Source(data_path, path, path) for path in mod_data),
    ]


def name_of_world(place: str) -> str:
    """How a world that lies there, below the server's folder, is called in an archive, from which it comes back into `Saves`."""
    name = place if place.startswith(f"{SAVES}/") else f"{SAVES}/{place.rpartition('/')[2]}"
    if not name.endswith(WORLD_FILES[0]):
        name += WORLD_FILES[0]
    try:
        return safe_path(name)
    except UnsafePath:
        return f"{SAVES}/default{WORLD_FILES[0]}"


def why_no_mod_data(path: str) -> str | None:
    """Why this can't be a folder with data of mods; None for one that can."""
    try:
        is_plain = safe_path(path) == path
    except UnsafePath as error:
        return f"{path!r} {error}"
    top = path.partition("/")[0]
    if not is_plain:
        return f"{path!r} is not written plainly: leave out slashes at its ends and single dots"
    if top.lower() in NEVER or top.startswith("."):
        return f"{top!r} is packed anyway, or made anew by the game"
    return None
