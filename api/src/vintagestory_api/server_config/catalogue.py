"""Every setting that is known, by file and path."""

import re
from collections.abc import Sequence
from typing import Final

from vintagestory_api.server_config.known import Known, key_of
from vintagestory_api.server_config.known_game import GAME_SETTINGS
from vintagestory_api.server_config.known_numbers import NUMBER_SETTINGS
from vintagestory_api.server_config.known_upkeep import UPKEEP_SETTINGS
from vintagestory_api.server_config.known_world import WORLD_SETTINGS
from vintagestory_api.server_config.schemas import ConfigFileName

FILE_NAMES: Final[dict[ConfigFileName, str]] = {
    "serverconfig": "serverconfig.json",
    "servermagicnumbers": "servermagicnumbers.json",
}
#: Edited as a whole, in a page of their own.
ROLES_PATH: Final = ("Roles",)
PORT_PATH: Final = ("Port",)
DEFAULT_ROLE_PATH: Final = ("DefaultRoleCode",)
MOD_PATHS_PATH: Final = ("ModPaths",)

_OF_FILES: Final[dict[ConfigFileName, dict[tuple[str, ...], Known]]] = {
    "serverconfig": {known.key: known for known in (*GAME_SETTINGS, *UPKEEP_SETTINGS, *WORLD_SETTINGS)},
    "servermagicnumbers": {known.key: known for known in NUMBER_SETTINGS},
}
#: What strangers may call a secret of theirs, in a file that belongs to the game.
SECRET_NAME = re.compile(r"password|passwd|secret|token|api_?key|webhook", re.IGNORECASE)


def all_known(file: ConfigFileName) -> list[Known]:
    return list(_OF_FILES[file].values())


def find_known(file: ConfigFileName, path: Sequence[str]) -> Known | None:
    return _OF_FILES[file].get(key_of(path))


def is_secret(path: Sequence[str]) -> bool:
    """Its value is shown to nobody."""
    return any(SECRET_NAME.search(name) for name in path)


def title_of(file: ConfigFileName, path: Sequence[str]) -> str:
    if key_of(path) == ("roles",):
        return "Roles"
    known = find_known(file, path)
    return known.title if known is not None else ".".join(path)
