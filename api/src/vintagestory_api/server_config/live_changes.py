"""Settings that the game takes while it runs: one command to its console each, done when its answer or its file says so."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

from vintagestory_api.errors import ManagerError
from vintagestory_api.kit.clock import Clock
from vintagestory_api.server_config.applying import value_at
from vintagestory_api.server_config.differences import MISSING, is_same
from vintagestory_api.server_config.documents import Document
from vintagestory_api.server_config.known import Known
from vintagestory_api.servers.console_answers import REFUSALS, believable_lines
from vintagestory_api.servers.server import GameServer

#: For so long the file is waited for.
VERIFY_SECONDS = 4.0
_LOOK_EVERY_SECONDS = 0.1
_MAX_TEXT_BYTES = 800
_SHOWN_LENGTH = 200
_MODES: Final = {0: "default", 1: "off", 2: "on"}
#: Steps a second are whole numbers to the command, and so exact enough.
_SAME_TICK_MS = 0.001


@dataclass(frozen=True)
class Attempt:
    """`text`: why it was not done, in words. `is_silent`: the game answered nothing at all."""

    is_done: bool
    text: str | None = None
    is_silent: bool = False


def command_for(known: Known, value: Any) -> str | None:
    """None for what can't be said to the console, or must not: the game prints every command into its log."""
    if known.command is None or known.type == "secret":
        return None
    said = _said(known, value)
    return None if said is None else f"/serverconfig {known.command} {said}"


async def change_live(
    server: GameServer, known: Known, value: Any, read: Callable[[], Awaitable[Document]], clock: Clock
) -> Attempt:
    """Send the command and wait for what becomes of it. `read` reads the file."""
    command = command_for(known, value)
    if server.state != "running":
        return Attempt(False, f"The game is {server.state} at the moment.")
    if command is None:
        return Attempt(False, "The game's command takes no such value.")
    before = value_at((await read()).values, known.path)
    try:
        asked = await server.commands.ask(command)
    except ManagerError as error:
        return Attempt(False, error.message)
    heads = believable_lines(asked.lines)
    confirmed = any(re.match(rf"{known.command} set to ", line, re.IGNORECASE) for line in heads)
    refusal = next((line for line in heads if REFUSALS.match(line)), None)
    if refusal is not None and not confirmed:
        return Attempt(False, f"The game refused it now: {refusal[:_SHOWN_LENGTH]}")
    in_file = await _look(known, value, before, read, clock)
    if in_file is None and not confirmed:
        said = f"It answered: {heads[0][:_SHOWN_LENGTH]}" if heads else "It did not answer in time."
        return Attempt(False, f"The game was asked to, and whether it did can't be told. {said}", is_silent=not heads)
    return Attempt(True) if in_file is not False else Attempt(False, "The game took something else than that.")


async def _look(known: Known, value: Any, before: Any, read: Callable[[], Awaitable[Document]], clock: Clock) -> bool | None:
    """Wait for the file: whether it has the value then; None where it stays as it was."""
    deadline = clock.monotonic() + VERIFY_SECONDS
    while True:
        now = value_at((await read()).values, known.path)
        if _is_as_wanted(known, now, value):
            return True
        if not is_same_or_missing(now, before):
            return False
        if clock.monotonic() > deadline:
            return None
        await asyncio.sleep(_LOOK_EVERY_SECONDS)


def is_same_or_missing(one: Any, other: Any) -> bool:
    if one is MISSING or other is MISSING:
        return one is other
    return is_same(one, other)


def _is_as_wanted(known: Known, now: Any, value: Any) -> bool:
    if known.command == "tickrate":
        return isinstance(now, int | float) and not isinstance(now, bool) and abs(now - value) < _SAME_TICK_MS
    return now is not MISSING and is_same(now, value)


def _said(known: Known, value: Any) -> str | None:
    said: str | None = None
    match value:
        case bool():
            said = "on" if value else "off"
        case int() if known.command == "whitelistmode":
            said = _MODES.get(value)
        case int() | float() if known.command == "tickrate":
            rate = round(1000 / value) if value else 0
            said = str(rate) if rate and abs(1000 / rate - value) < _SAME_TICK_MS else None
        case int():
            said = str(value)
        case float() if round(value, 10) == value:
            said = f"{value:.10f}".rstrip("0").rstrip(".")
        case str() if value and value == value.strip() and value.isprintable() and len(value.encode()) <= _MAX_TEXT_BYTES:
            said = value
        case _:
            pass
    return said
