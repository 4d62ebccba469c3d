"""Where a game ends itself: so little disk, or so much memory. From its `serverconfig.json`, read leniently."""

import contextlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from vintagestory_api.errors import ManagerError
from vintagestory_api.storage.guarded_paths import open_below

MB: Final = 1024 * 1024
_MAX_BYTES = 4 * MB


@dataclass(frozen=True)
class GameLimits:
    """None: the game does not look at it."""

    disk_bytes: int | None = 400 * MB
    memory_bytes: int | None = 50_000 * MB


def read_limits(data_path: Path) -> GameLimits:
    """The game's own defaults stand in for what the file does not say. Never raises. Blocking."""
    content: Any = None
    with (
        contextlib.suppress(ManagerError, OSError, ValueError, RecursionError),
        open_below(data_path, "serverconfig.json") as file,
    ):
        content = json.loads(file.read(_MAX_BYTES).decode("utf-8-sig"))
    if not isinstance(content, dict):
        return GameLimits()
    defaults = GameLimits()
    return GameLimits(
        disk_bytes=_limit(content.get("DieBelowDiskSpaceMb"), defaults.disk_bytes),
        memory_bytes=_limit(content.get("DieAboveMemoryUsageMb"), defaults.memory_bytes),
    )


def _limit(value: Any, default: int | None) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int) or value > 10**9:
        return default
    return value * MB if value > 0 else None
