"""The settings of the world in serverconfig.json: nearly all are read only when a world is made."""

from typing import Final

from vintagestory_api.server_config.known import Group, Known
from vintagestory_api.servers.world_options import world_options

WORLD_PATH: Final = ("WorldConfig",)
ATTRIBUTES_PATH: Final = ("WorldConfig", "WorldConfiguration")
SAVE_FILE_PATH: Final = ("WorldConfig", "SaveFileLocation")
WORLD_SETTINGS: Final[list[Known]] = []

_ONLY_NEW = "Counts only when a world is made."

_world = Group(WORLD_SETTINGS, "World", WORLD_PATH)
_world.words("WorldName", "A new world", "Name of the world", _ONLY_NEW, takes_effect="new_world")
_world.words(
    "Seed", None, "Seed", f"The same seed and settings make the same land. Empty: a random one. {_ONLY_NEW}", most=100,
    takes_effect="new_world",
)  # fmt: skip
_world.words(
    "SaveFileLocation",
    None,
    "File of the world",
    "The whole path, in the folder of this server, ending in .vcdbs. Where there is no such file, the next start makes a new "
    "world; the one before stays where it is.",
    most=1000,
    is_advanced=True,
)
_world.choice(
    "PlayStyle",
    "surviveandbuild",
    "Play style",
    f"Sets many of the rules below at once, where they say nothing else. {_ONLY_NEW}",
    choices={
        "surviveandbuild": "Survive and build",
        "exploration": "Exploration",
        "wildernesssurvival": "Wilderness survival",
        "homosapiens": "Homo sapiens",
        "creativebuilding": "Creative building",
    },
    allows_others=True,
    takes_effect="new_world",
)
_world.words(
    "PlayStyleLangCode",
    "surviveandbuild-bands",
    "Play style in texts",
    f"What the game calls the play style. {_ONLY_NEW}",
    takes_effect="new_world",
    is_advanced=True,
)
_world.choice(
    "WorldType",
    "standard",
    "Kind of world",
    f"{_ONLY_NEW} Mods may add others.",
    choices={"standard": "Standard", "superflat": "Flat"},
    allows_others=True,
    takes_effect="new_world",
)
_world.switch(
    "AllowCreativeMode", True, "Creative mode can be used", f"By those whose role allows it. {_ONLY_NEW}",
    takes_effect="new_world",
)  # fmt: skip
_world.whole(
    "MapSizeY", None, "Height of the world", f"Empty: as the server has it. {_ONLY_NEW}", limits=(32, 16_384), unit="blocks",
    takes_effect="new_world", nullable=True, is_advanced=True,
)  # fmt: skip
_world.names(
    "DisabledMods", None, "Mods switched off", "As id or id@version. The page of mods is the better place.", is_advanced=True
)
_world.switch(
    "RepairMode",
    False,
    "Repair this world",
    "Starts the world only to mend it. Switch it off again afterwards.",
    is_advanced=True,
)
_world.own("CreatedByPlayerName", None, "Made by", "Written by the game.")

for _option in world_options().items:
    Group(WORLD_SETTINGS, f"World rules: {_option.group}", ATTRIBUTES_PATH).choice(
        _option.name,
        _option.default,
        _option.title,
        f"{_ONLY_NEW} Later the console changes it: /worldconfig {_option.name} VALUE.",
        choices={value: {"true": "On", "false": "Off"}.get(value, value) for value in _option.values},
        allows_others=True,
        takes_effect="new_world",
        nullable=True,
    )
