"""Warns players before an update, as long as any are on."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

import structlog

from vintagestory_api.errors import ManagerError
from vintagestory_api.kit.clock import Clock
from vintagestory_api.servers.server import GameServer
from vintagestory_api.services.run_context import report_progress

log = structlog.get_logger(__name__)

MINUTE_SECONDS: Final = 60.0
_LOOK_SECONDS = 1.0


async def warn_players(
    server: GameServer,
    minutes: Sequence[int],
    players: Callable[[str], Sequence[str]],
    clock: Clock,
    *,
    minute_seconds: float = MINUTE_SECONDS,
) -> None:
    """Say it at each of these `minutes` before the update, and return when it may begin: then, or when nobody is on any more."""
    left = sorted(set(minutes), reverse=True)
    if not left:
        return
    begins = clock.monotonic() + left[0] * minute_seconds
    while players(server.id) and server.is_running:
        now = clock.monotonic()
        if left and now >= begins - left[0] * minute_seconds:
            await _say(server, left.pop(0))
            continue
        if now >= begins:
            return
        rest = begins - now
        report_progress(None, f"Players are on: {_time(rest, minute_seconds)} until the update")
        await asyncio.sleep(min(_LOOK_SECONDS * minute_seconds / MINUTE_SECONDS, rest))


async def _say(server: GameServer, minutes: int) -> None:
    told = "1 minute" if minutes == 1 else f"{minutes} minutes"
    try:
        await server.commands.ask(f"/announce The server is updated in {told}, and is gone for a moment then.")
    except ManagerError as error:
        log.warning("update_not_announced", server=server.id, error=error.message)


def _time(seconds: float, minute_seconds: float) -> str:
    minutes = max(1, round(seconds / minute_seconds))
    return "1 minute" if minutes == 1 else f"{minutes} minutes"
