"""What of the lines after a command is the game's answer to it, and whether that is a no."""

import re
from collections.abc import Sequence
from typing import Final

from vintagestory_api.servers.console_lines import ConsoleLine

#: What the game says instead of doing it, in English. In other languages, and for what nobody has seen, the files decide.
REFUSALS: Final = re.compile(
    r"No such (?:user|player|command)|No players? |No (?:group|role) '|Could not find|Can't |Can only |Cannot "
    r"|Not a valid |Invalid |Argument \d|Missing argument|Player (?:is|was) not (?:whitelisted|banned)\b"
)
_MAX_ANSWER_LINES = 20
_OWN_TYPES = frozenset({"Notification", "Warning", "Error", "Output"})


def own_lines(lines: Sequence[ConsoleLine]) -> list[str]:
    """What the game said; what players said meanwhile is none of it."""
    return [line.text for line in lines if line.type in _OWN_TYPES and line.text.strip()][:_MAX_ANSWER_LINES]


def believable_lines(lines: Sequence[ConsoleLine]) -> list[str]:
    """Of that, what can be believed: a line without a head of its own may belong to whatever was printed before it."""
    return [line.text for line in lines if line.type in _OWN_TYPES and not line.is_continuation]
