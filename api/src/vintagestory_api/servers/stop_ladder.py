"""How a game is brought to its end: `/stop`, then SIGTERM, then SIGKILL, each after its time."""

import asyncio

import structlog

from vintagestory_api.errors import Unavailable
from vintagestory_api.servers.host import ConsoleBusy, ConsoleClosed, Game, KeeperGone
from vintagestory_api.servers.life import Life
from vintagestory_api.services.run_context import report_progress

log = structlog.get_logger(__name__)

#: After SIGKILL there is nothing more to do but to wait for the system.
_KILLED_SECONDS = 30.0


class GameDidNotEnd(Unavailable):
    code = "game_did_not_end"


async def stop_game(life: Life, game: Game, *, stop_seconds: float, term_seconds: float) -> str:
    """Bring the game to its end, and return what it took: `/stop`, `SIGTERM` or `SIGKILL`.

    Cancelled: what was sent stays sent. Raises `GameDidNotEnd` when even SIGKILL didn't help.
    """
    report_progress(0.1, f"Told it to stop with /stop; it has {stop_seconds:g} s")
    if await _told_to_stop(life, game) and await _ends_within(life, stop_seconds):
        return _what_it_took(life, "/stop")
    report_progress(0.5, f"It goes on after /stop, so it got SIGTERM; it has {term_seconds:g} s")
    log.warning("game_gets_sigterm", instance=life.instance)
    await _signal(game, "SIGTERM")
    if await _ends_within(life, term_seconds):
        return _what_it_took(life, "SIGTERM")
    report_progress(0.9, "It goes on after SIGTERM, so it is killed")
    log.warning("game_gets_sigkill", instance=life.instance)
    return await kill_game(life, game)


async def kill_game(life: Life, game: Game) -> str:
    """SIGKILL. Raises `GameDidNotEnd`."""
    await _signal(game, "SIGKILL")
    if not await _ends_within(life, _KILLED_SECONDS):
        raise GameDidNotEnd(
            "The game was killed, but the system has not ended it yet. Its disk may not answer. Wait, then look again."
        )
    return _what_it_took(life, "SIGKILL")


async def _told_to_stop(life: Life, game: Game) -> bool:
    """Whether it knows that it has to stop."""
    if life.stop_reason is not None:
        return True
    try:
        await game.write_line("/stop")
    except (ConsoleClosed, ConsoleBusy):
        return False
    except KeeperGone:
        pass  # whoever notices that brings the game to its end
    return True


async def _signal(game: Game, name: str) -> None:
    try:
        await game.signal(name)
    except KeeperGone:
        log.warning("keeper_gone_during_stop", signal=name)


async def _ends_within(life: Life, seconds: float) -> bool:
    """Whether the end came, and was stored, in time."""
    try:
        async with asyncio.timeout(seconds):
            await life.ended.wait()
    except TimeoutError:
        return False
    await life.closed.wait()
    return True


def _what_it_took(life: Life, otherwise: str) -> str:
    """Somebody else may have done more than we asked for: a kill passes everything."""
    signals = life.status.stop_signals if life.status else ()
    return signals[-1] if signals else otherwise
