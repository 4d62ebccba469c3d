"""Watches a game that was started with something new: is it well, and which mods are not?"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from vintagestory_api.errors import ManagerError
from vintagestory_api.events import Event, EventBus, ServerTold
from vintagestory_api.kit.clock import Clock
from vintagestory_api.server_mods.modinfo import mod_key
from vintagestory_api.servers import line_events as told
from vintagestory_api.servers.commands import TooManyCommands
from vintagestory_api.servers.life import Life
from vintagestory_api.servers.server import GameServer
from vintagestory_api.servers.supervisor import Supervisor

#: Of what the log says about mods, what means that one of them does not work. Of two of the same the game takes the newer.
BAD: Final = frozenset({"missing", "wrong_version", "depends_on_broken", "blocked", "error"})

_LOOK_SECONDS = 1.0
_PROBE = "/stats"
_MAX_TROUBLES = 200
_NAMED = 5
_WORDS = {
    "missing": "needs a mod that is not there",
    "wrong_version": "needs another version of a mod",
    "depends_on_broken": "needs a mod that does not work",
    "blocked": "is blocked by the game",
    "error": "has an error",
}


class NotWell(Exception):
    """Why what is new can't stay, in words, and the mods that are to blame. `was_killed`: somebody has killed the game."""

    def __init__(self, why: str, blamed: Iterable[str] = (), *, was_killed: bool = False) -> None:
        super().__init__(why)
        self.why = why
        self.blamed = tuple(dict.fromkeys(blamed))
        self.was_killed = was_killed


class Troubles:
    """What a log says about mods, told apart from what it said before. `names`: names of files → ids."""

    def __init__(self, known: Iterable[str], names: Mapping[str, str]) -> None:
        self._known = frozenset(known)
        self._names = {name.casefold(): modid for name, modid in names.items()}
        self._new: dict[str, tuple[str, str, str]] = {}

    def key(self, mod: str, problem: str) -> str:
        return f"{mod_key(self.modid(mod))}|{problem}"

    def modid(self, mod: str) -> str:
        """The log calls a mod by its id, by id@version, or by its file."""
        name = mod.strip()
        return self._names.get(name.casefold()) or name.partition("@")[0]

    def note(self, mod: str, problem: str, text: str = "") -> bool:
        """Whether that is new, and bad."""
        key = self.key(mod, problem)
        if problem not in BAD or key in self._known or (key not in self._new and len(self._new) >= _MAX_TROUBLES):
            return False
        if key not in self._new or (text and not self._new[key][2]):
            self._new[key] = (self.modid(mod), problem, text)
        return True

    @property
    def is_empty(self) -> bool:
        return not self._new

    def not_well(self) -> NotWell:
        blamed = tuple(dict.fromkeys(modid for modid, _problem, _text in self._new.values() if modid))
        told = list(dict.fromkeys(f"{modid or 'A mod'} {_WORDS[problem]}" for modid, problem, _text in self._new.values()))
        more = f", and {len(told) - _NAMED} more" if len(told) > _NAMED else ""
        said = next((text for _modid, _problem, text in self._new.values() if text), "")
        log = f" The log says: {said[:300]}" if said else ""
        return NotWell(f"{', '.join(told[:_NAMED])}{more}.{log}", blamed)


def trouble_keys(known: Iterable[tuple[str, str]], names: Mapping[str, str]) -> tuple[str, ...]:
    """Of what a log said before, so that it is no reason to go back. Pairs of mod and problem."""
    troubles = Troubles((), names)
    return tuple(sorted({troubles.key(mod, problem) for mod, problem in known}))


def failure_since(supervisor: Supervisor, moment_ms: int | None) -> NotWell | None:
    """Its latest crash or failed start, when that came since then."""
    latest = supervisor.failures.latest
    if latest is None or moment_ms is None or latest.at < moment_ms:
        return None
    details = latest.details
    why = str(details.get("why") or details.get("summary") or "The game ended by itself.")
    return NotWell(why, (str(mod).partition("@")[0] for mod in details.get("mods") or ()))


class Watch:
    """Hears what a game tells from its start on. Use it as a context. `answers_within`: seconds that it has to answer at the end
    of the watch."""

    def __init__(self, bus: EventBus, server: GameServer, clock: Clock, troubles: Troubles, *, answers_within: float) -> None:
        self.troubles = troubles
        self._bus = bus
        self._server = server
        self._clock = clock
        self._answers_within = answers_within
        self._news = asyncio.Event()
        self._unsubscribe: Callable[[], None] = lambda: None

    def __enter__(self) -> "Watch":
        self._unsubscribe = self._bus.subscribe(self._notice)
        return self

    def __exit__(self, *_error: object) -> None:
        self._unsubscribe()

    def _notice(self, event: Event) -> None:
        if not isinstance(event, ServerTold) or event.server_id != self._server.id:
            return
        match event.what:
            case told.ModComplaint(mod=mod, problem=problem, text=text):
                if self.troubles.note(mod, problem, text):
                    self._news.set()
            case _:
                pass

    async def until_it_counts(self, life: Life, seconds: float, tell: Callable[[float, str], None]) -> None:
        """Raises `NotWell`. Returns early when somebody stops the game in an orderly way: until then it was well."""
        for mod, problem in life.mod_problems:
            self.troubles.note(mod, problem)
        began = self._clock.monotonic()
        while True:
            if not self.troubles.is_empty:
                raise self.troubles.not_well()
            if life.ended.is_set():
                await self._after_its_end(life)
                return
            if self._server.is_hung:
                raise NotWell("The game has stopped answering.")
            passed = self._clock.monotonic() - began
            if passed >= seconds:
                break
            tell(passed / seconds, f"Watching its log: {max(1, round(seconds - passed))} s left")
            await _first_of(self._news, life.ended, timeout=min(_LOOK_SECONDS, seconds - passed))
        if seconds:
            await self._see_that_it_answers(life)

    async def _after_its_end(self, life: Life) -> None:
        await life.closed.wait()
        ending = life.ending
        if life.was_killed:
            raise NotWell("Somebody killed the game while it was watched.", was_killed=True)
        if ending is not None and ending.outcome != "stopped":
            raise NotWell(ending.why, tuple(self.troubles.modid(mod) for mod in ending.mods))

    async def _see_that_it_answers(self, life: Life) -> None:
        answers = await self._answers(life)
        if life.ended.is_set():
            await self._after_its_end(life)
            return
        if not self.troubles.is_empty:
            raise self.troubles.not_well()
        if not answers:
            raise NotWell(f"The game did not answer {_PROBE} within {self._answers_within:.0f} s.")

    async def _answers(self, life: Life) -> bool:
        """Others may be at its console: that is no reason to take an update back, as long as there is time."""
        until = self._clock.monotonic() + self._answers_within
        while (left := until - self._clock.monotonic()) > 0 and not life.ended.is_set():
            try:
                asked = await self._server.commands.ask(_PROBE, is_probe=True, timeout_seconds=left)
            except TooManyCommands:
                await _first_of(life.ended, timeout=min(_LOOK_SECONDS, left))
            except ManagerError:
                return False
            else:
                return asked.echo_seq is not None
        return False


async def _first_of(*events: asyncio.Event, timeout: float) -> None:  # noqa: ASYNC109 - that is what it is
    waits = [asyncio.ensure_future(event.wait()) for event in events]
    try:
        await asyncio.wait(waits, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
