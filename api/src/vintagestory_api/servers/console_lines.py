"""One line of a game's console, and how it is read from the raw output. Formats: facts of the game's log, 6.2."""

from dataclasses import dataclass
from typing import Literal, get_args

#: Types as the game writes them; `Output` is ours, for lines that carry none and follow none.
LineType = Literal[
    "Chat", "Event", "StoryEvent", "Build", "VerboseDebug", "Debug", "Notification", "Warning", "Error", "Fatal", "Audit",
    "Worldgen", "Output",
]  # fmt: skip
LINE_TYPES: tuple[LineType, ...] = get_args(LineType)


@dataclass(frozen=True, slots=True)
class ConsoleLine:
    """`time` is what the line says, local and without a zone (`2026-08-04T21:04:05`), None where it says none.

    `is_continuation`: the line has no head of its own and goes on with what the one before began; it carries its type.
    """

    seq: int
    time: str | None
    type: LineType
    text: str
    is_continuation: bool = False
