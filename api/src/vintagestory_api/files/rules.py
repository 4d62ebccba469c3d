"""What the files of a game are to the game and to the manager, and what may be done with them here. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from vintagestory_api.errors import Conflict, Forbidden
from vintagestory_api.files.schemas import FileMark
from vintagestory_api.storage.guarded_folder import shown_path

WORLD_ENDINGS: Final = (".vcdbs", ".vcdbs-journal", ".vcdbs-wal", ".vcdbs-shm")
_CONFIG: Final = "serverconfig"


class KeptByManager(Forbidden):
    """It is looked after elsewhere; `where` names the tab of the server's page."""

    code = "kept_by_manager"


class GameWrites(Conflict):
    """The running game would overwrite it, or be harmed."""

    code = "game_writes"


@dataclass(frozen=True)
class Rule:
    """`where`: the tab that does it better. `is_open`: its content may be shown. `can_change`: by whom it may be changed."""

    mark: FileMark | None = None
    where: str | None = None
    is_open: bool = True
    can_change: bool = True
    can_change_running: bool = True

    def note(self, *, is_up: bool) -> str | None:
        if self.mark is None:
            return None
        return f"{_NOTES[self.mark]} {_RUNNING}" if is_up and not self.can_change_running else _NOTES[self.mark]


_RUNNING: Final = "The server runs, so it can't be changed now: stop it first."
_NOTES: Final[dict[FileMark, str]] = {
    "config": "It holds the server's password, so it is not shown here. The Config tab shows and changes everything else in it.",
    "magic_numbers": "The game reads it at its start and writes it at its end. The Config tab changes it in any case.",
    "players": "The game keeps this in memory and writes it again and again. The Players tab changes it while the server runs.",
    "world": "The world, in which the game writes all the time. The World & backups tab saves it and puts it back.",
    "logs": "The game writes here. The Logs tab shows it by time and kind.",
    "cache": "The game unpacks mods here and makes it anew at each start.",
    "backups": "The game puts copies of the world here.",
    "mod_data": "Mods write here while the game runs, and may overwrite what you change.",
    "mod_config": "Mods read it at the start of the game. Some write it again at its end.",
    "mods": "The Mods tab installs and removes mods, and can go back.",
    "manager": "The manager keeps this, and makes it anew.",
}
_FREE: Final = Rule()
_CONFIG_RULE: Final = Rule("config", "config", is_open=False, can_change=False)
_MANAGERS: Final = Rule("manager", "mods", is_open=False, can_change=False)
_OF_GAME: Final[dict[str, Rule]] = {
    "servermagicnumbers.json": Rule("magic_numbers", "config", can_change_running=False),
    "playerdata": Rule("players", "players", can_change_running=False),
    "saves": Rule("world", "backups", can_change_running=False),
    "logs": Rule("logs", "logs", can_change_running=False),
    "cache": Rule("cache", None, can_change_running=False),
    "backups": Rule("backups", "backups", can_change_running=False),
    "backupsaves": Rule("backups", "backups", can_change_running=False),
    "oldsaves": Rule("backups", "backups", can_change_running=False),
    "moddata": Rule("mod_data"),
    "modconfig": Rule("mod_config", "mods/config"),
    "mods": Rule("mods", "mods", can_change_running=False),
}
_WORLD_ELSEWHERE: Final = Rule("world", "backups", can_change_running=False)


def rule_of(parts: Sequence[str], *, is_link: bool = False) -> Rule:
    """Of a path below the server's folder. The game's own letter case is not relied on."""
    if not parts:
        return _FREE
    top = parts[0].casefold()
    if top == "modgenerations" or top.startswith((".restore-", ".mods.")) or (top == "mods" and is_link):
        return _MANAGERS
    name = parts[-1].casefold()
    if (name.startswith(_CONFIG) and ".json" in name) or name.startswith(f".{_CONFIG}"):
        return _CONFIG_RULE
    if name.endswith(WORLD_ENDINGS):
        return _WORLD_ELSEWHERE
    return _OF_GAME.get(top, _FREE)


def see_that_it_may_be_opened(parts: Sequence[str], rule: Rule, *, is_up: bool) -> None:
    """Raises `KeptByManager`, `GameWrites`."""
    if not rule.is_open:
        raise _kept(parts, rule)
    if is_up and rule.mark == "world" and parts[-1].casefold().endswith(WORLD_ENDINGS):
        raise GameWrites(
            "The game is writing this world, so a copy of it would be half old and half new. Make a backup and download that, "
            "or stop the server first.",
            where=rule.where,
        )


def see_that_it_may_be_changed(parts: Sequence[str], rule: Rule, *, is_up: bool) -> None:
    """Raises `KeptByManager`, `GameWrites`."""
    if not rule.can_change:
        raise _kept(parts, rule)
    if is_up and not rule.can_change_running:
        raise GameWrites(f"{shown_path(parts)}: {rule.note(is_up=True)}", where=rule.where)


def is_configuration(data: bytes) -> bool:
    """Whether these are the beginnings of a serverconfig.json, whatever it is called: a copy of it holds the password, too."""
    lower = data.replace(b"\0", b"").lower()
    return b'"password"' in lower and b'"maxclients"' in lower and b'"worldconfig"' in lower


def refuse_configuration(parts: Sequence[str]) -> None:
    """Raises `KeptByManager`."""
    raise KeptByManager(
        f"{shown_path(parts)} is a copy of serverconfig.json, which holds the server's password, so it is not shown here. "
        "Look into the Config tab, which keeps earlier versions, too.",
        where="config",
    )


def _kept(parts: Sequence[str], rule: Rule) -> KeptByManager:
    return KeptByManager(f"{shown_path(parts)}: {rule.note(is_up=False)}", where=rule.where)
