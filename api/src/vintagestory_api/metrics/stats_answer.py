"""What a game answers to `/stats`, read leniently: mods and languages change the text, and none of it is promised."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

_MAX_CHARACTERS = 20_000
_MAX_PLAYERS = 100_000

#: `12`, `12.5`, `12,5`; with groups of thousands `1,234.5`, `1.234,5`, `1 234,5`, `1'234.5`.
_GROUP = r"[\u0020\u00a0\u202f'’.,]"
_NUMBER = rf"\d{{1,3}}(?:{_GROUP}\d{{3}})+(?:[.,]\d+)?|\d+(?:[.,]\d+)?"

_PLAYERS = re.compile(rf"^players online: ({_NUMBER}) ?/ ?({_NUMBER})", re.IGNORECASE)
_QUEUE = re.compile(rf"^players in queue: ({_NUMBER})", re.IGNORECASE)
_MEMORY = re.compile(rf"^memory usage[^:]*: ({_NUMBER}) ?mb", re.IGNORECASE)
_TICK = re.compile(rf"^last \d+s average tick time: ({_NUMBER}) ?ms", re.IGNORECASE)
_TICKS = re.compile(rf"^last \d+s ticks/s: ({_NUMBER})", re.IGNORECASE)


@dataclass(frozen=True)
class StatsAnswer:
    """None for what the answer did not say, or not in a form that is known. `tick_ms` is the average of the last two seconds."""

    players: int | None = None
    players_max: int | None = None
    players_queued: int | None = None
    managed_memory_bytes: int | None = None
    tick_ms: float | None = None
    ticks_per_second: float | None = None

    @property
    def is_empty(self) -> bool:
        return self == StatsAnswer()


def read_stats_answer(lines: Iterable[str]) -> StatsAnswer:
    """The long form (one fact a line) and the compact one (joined by `;`). Never raises."""
    text = "\n".join(lines)[:_MAX_CHARACTERS]
    facts = [fact.strip() for fact in re.split(r"[;\n]", text)]
    players = _first(_PLAYERS, facts)
    queue = _first(_QUEUE, facts)
    memory = _first(_MEMORY, facts)
    tick = _first(_TICK, facts)
    ticks = _first(_TICKS, facts)
    managed = _number(memory[1]) if memory else None
    return StatsAnswer(
        players=_count(players[1]) if players else None,
        players_max=_count(players[2]) if players else None,
        players_queued=_count(queue[1]) if queue else None,
        managed_memory_bytes=None if managed is None else int(managed * 1024 * 1024),
        tick_ms=_number(tick[1]) if tick else None,
        ticks_per_second=_number(ticks[1]) if ticks else None,
    )


def _first(pattern: re.Pattern[str], facts: Iterable[str]) -> re.Match[str] | None:
    """The first one counts: names of players come after it, and could imitate other facts."""
    return next((match for fact in facts if (match := pattern.match(fact))), None)


def _count(text: str) -> int | None:
    number = _number(text)
    return None if number is None or number != int(number) or number > _MAX_PLAYERS else int(number)


def _number(text: str) -> float | None:
    """`text` in any of the usual ways to write numbers; None for what is too large to be true.

    One mark before exactly three digits could mean either: a point is taken for a decimal one, a comma for one between thousands.
    """
    text = re.sub(r"[\u0020\u00a0\u202f'’]", "", text)
    last = max(text.rfind("."), text.rfind(","))
    if last >= 0:
        whole, mark, rest = text[:last], text[last], text[last + 1 :]
        is_group = mark == "," and len(rest) == 3 and "." not in whole
        is_group = is_group or text.count(mark) > 1
        digits = re.sub(r"[.,]", "", whole)
        text = f"{digits}{rest}" if is_group else f"{digits}.{rest}"
    try:
        number = float(text)
    except ValueError:
        return None
    return number if number < 1e12 else None
