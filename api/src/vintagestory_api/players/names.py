"""Names of players: what one can be, and when two are the same."""

import re

from vintagestory_api.errors import FieldError, Invalid

_NAME = re.compile(r"[\w-]{1,16}")


class PlayerNameInvalid(Invalid):
    code = "player_name_invalid"


def is_name(text: str) -> bool:
    """Whether the game lets anybody be called so."""
    return _NAME.fullmatch(text) is not None


def name_key(name: str) -> str:
    """The same for names that differ in nothing but capitals: the game takes them for one."""
    return name.lower()


def check_name(text: str) -> str:
    """`text`, if it can be a name. Raises `PlayerNameInvalid`."""
    if not is_name(text):
        raise PlayerNameInvalid(
            "This can't be the name of a player. Names have 1 to 16 letters, digits, `_` and `-`.",
            fields=[FieldError("name", "give 1 to 16 letters, digits, `_` and `-`")],
        )
    return text
