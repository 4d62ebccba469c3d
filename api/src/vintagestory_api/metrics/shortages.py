"""What to say before a game ends itself for want of disk or memory: pure functions of what was measured."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from vintagestory_api.metrics.limits import MB, GameLimits
from vintagestory_api.metrics.processes import MachineMemory

ShortageKind = Literal["disk_low", "memory_high"]

GB: Final = 1024 * MB
_HOUR_MS: Final = 3_600_000
#: The pace at which the disk fills is taken from so long a time, and not from less than the second one.
PACE_MS: Final = 24 * _HOUR_MS
_LEAST_PACE_MS: Final = 6 * _HOUR_MS

_DISK_MARGIN: Final = GB
_WARN_HOURS_AHEAD: Final = 48
#: Below the limit and so much, or with so few hours to go, it is urgent.
_URGENT_MARGIN: Final = 200 * MB
_URGENT_HOURS: Final = 6
_MEMORY_SHARE: Final = 0.85
_URGENT_MEMORY_SHARE: Final = 0.95
_MACHINE_SHARE: Final = 0.06
_MACHINE_LEAST: Final = 256 * MB
#: What was said stays said until there is this much more room, so that it does not come and go.
_EASE: Final = 1.1


@dataclass(frozen=True)
class Shortage:
    """`is_of_machine`: what all programs of the machine share is short, not what this game may take."""

    kind: ShortageKind
    is_urgent: bool
    text: str
    is_of_machine: bool = False


def hours_until(limit: int, free: int, history: Sequence[tuple[int, int]], now_ms: int) -> float | None:
    """When free space reaches `limit` at the pace of the last day; None when it does not shrink, or too little is known.

    `history`: when (UTC milliseconds), and how many bytes were free, oldest first.
    """
    recent = [(at, was_free) for at, was_free in history if now_ms - PACE_MS <= at <= now_ms]
    if not recent or now_ms - recent[0][0] < _LEAST_PACE_MS:
        return None
    hours = (now_ms - recent[0][0]) / _HOUR_MS
    pace = (recent[0][1] - free) / hours
    return max(0.0, (free - limit) / pace) if pace > 0 else None


def disk_warning(limits: GameLimits, free: int | None, hours_left: float | None, *, was_said: bool = False) -> Shortage | None:
    """Early: a gigabyte before the game's limit, or two days before it at the present pace."""
    limit = limits.disk_bytes
    if limit is None or free is None:
        return None
    ease = _EASE if was_said else 1
    is_near = free < (limit + _DISK_MARGIN) * ease
    is_soon = hours_left is not None and hours_left < _WARN_HOURS_AHEAD * ease
    if not (is_near or is_soon):
        return None
    if free < limit:
        rest = f"That is below {size(limit)}, where the game ends itself (DieBelowDiskSpaceMb in serverconfig.json)."
    else:
        rest = f"Below {size(limit)} the game ends itself (DieBelowDiskSpaceMb in serverconfig.json)."
        if hours_left is not None and is_soon:
            rest += f" At the pace of the last hours that is in about {_hours(hours_left)}."
    is_urgent = free < limit + _URGENT_MARGIN or (hours_left is not None and hours_left < _URGENT_HOURS)
    left = size(free - free % (10 * MB))
    text = f"Only {left} of disk space are free. {rest} Delete old backups or logs there, or enlarge the disk."
    return Shortage("disk_low", is_urgent, text)


def memory_warning(limits: GameLimits, used: int | None, machine: MachineMemory, *, was_said: bool = False) -> Shortage | None:
    """The game's own limit, and before it the end of the machine's memory."""
    if used is None:
        return None
    ease = _EASE if was_said else 1
    limit = limits.memory_bytes
    if limit is not None and used > _MEMORY_SHARE * limit / ease:
        text = (
            f"The game takes {size(used)} of memory. Above {size(limit)} it ends itself (DieAboveMemoryUsageMb in "
            "serverconfig.json). Restart it at a quiet moment, look for a mod that takes more and more, or raise the limit if "
            "the machine has more."
        )
        return Shortage("memory_high", used > _URGENT_MEMORY_SHARE * limit, text)
    least = max(_MACHINE_LEAST, _MACHINE_SHARE * machine.total_bytes)
    if machine.available_bytes < least * ease:
        text = (
            f"The machine has only {size(machine.available_bytes)} of its {size(machine.total_bytes)} of memory left. When "
            "nothing is left, the system ends the largest program, without saving the world. Restart a game at a quiet moment, "
            "end other programs, or give the machine more memory."
        )
        return Shortage("memory_high", machine.available_bytes < least / 2, text, is_of_machine=True)
    return None


def size(count: int) -> str:
    """`1.4 GB`, `380 MB`: as the game counts, 1 MB being 1024 × 1024 bytes."""
    if count >= GB:
        return f"{count / GB:.1f} GB"
    return f"{count // MB} MB"


def _hours(hours: float) -> str:
    if hours < 1:
        return "an hour"
    return f"{hours:.0f} hours" if hours < 36 else f"{hours / 24:.0f} days"
