"""What is read from a game's answer to /stats, whatever it looks like."""

import random
import string

import pytest

from vintagestory_api.metrics.stats_answer import StatsAnswer, read_stats_answer

MB = 1024 * 1024

LONG = """\
Version: 1.20.7
Uptime: 0 days, 1 hours, 2 minutes, 3 seconds
Players online: 2 / 16 (Fighter199, MKRhere)
Players in queue: 1 / 5
Memory usage Managed/Total: 1234Mb / 2345 Mb
Last 2s Average Tick Time: 3.42 ms
Last 2s Ticks/s: 30.1
Last 10 ticks (ms): 3, 3, 4, 3, 3, 3, 3, 3, 3, 3
Loaded chunks: 9216
Loaded entities: 412 (60 active)
Network TCP: 12.5 Packets/s or 3.1 Kb/s
Network UDP: 36 Packets/s or 5 Kb/s"""

READ = StatsAnswer(
    players=2, players_max=16, players_queued=1, managed_memory_bytes=1234 * MB, tick_ms=3.42, ticks_per_second=30.1
)


def test_the_long_form_is_one_fact_a_line() -> None:
    assert read_stats_answer(LONG.splitlines()) == READ


def test_the_compact_form_is_one_line() -> None:
    assert read_stats_answer([LONG.replace("\n", "; ")]) == READ
    assert read_stats_answer([LONG.replace("\n", ";")]) == READ


def test_the_long_form_may_come_as_one_text() -> None:
    assert read_stats_answer([LONG]) == READ


@pytest.mark.parametrize(
    ("text", "tick_ms"),
    [("3,42", 3.42), ("3.42", 3.42), ("1,234.5", 1234.5), ("1.234,5", 1234.5), ("1 234,5", 1234.5), ("1\u00a0234,5", 1234.5),
     ("1\u202f234,5", 1234.5), ("1'234.5", 1234.5), ("1’234.5", 1234.5), ("12", 12), ("0.125", 0.125), ("1,234", 1234)],
)  # fmt: skip
def test_numbers_are_read_as_any_language_writes_them(text: str, tick_ms: float) -> None:
    assert read_stats_answer([f"Last 2s Average Tick Time: {text} ms"]).tick_ms == tick_ms


@pytest.mark.parametrize("text", ["1,234Mb / 2,345 Mb", "1.234.567Mb / 2.345.678 Mb", "1 234Mb / 2 345 Mb"])
def test_memory_is_read_with_its_groups(text: str) -> None:
    found = read_stats_answer([f"Memory usage Managed/Total: {text}"]).managed_memory_bytes
    assert found in {1234 * MB, 1_234_567 * MB}


def test_an_empty_server_has_no_names() -> None:
    found = read_stats_answer(["Players last online: 12 seconds ago", "Players online: 0 / 16"])
    assert (found.players, found.players_max, found.players_queued) == (0, 16, None)


@pytest.mark.parametrize(
    "lines",
    [[], [""], ["Players online: many / few"], ["Players online:"], ["No such command exists"], ["players online: 1.5 / 2.5"],
     ["Last 2s Average Tick Time: NaN ms"], ["Players online: 99999999999999999999 / 1"],
     ["Memory usage Managed/Total: " + "9" * 400 + "Mb"]],
)  # fmt: skip
def test_what_is_not_understood_is_not_known(lines: list[str]) -> None:
    found = read_stats_answer(lines)
    assert found.players is None
    assert found.managed_memory_bytes is None
    assert found.tick_ms is None


def test_no_answer_makes_it_fail() -> None:
    chance = random.Random(4)
    for _ in range(300):
        alphabet = string.printable + "\u00a0\u202f’\ud83d\0"
        noise = "".join(chance.choice(alphabet) for _ in range(chance.randrange(60)))
        place = chance.randrange(len(LONG))
        read_stats_answer((LONG[:place] + noise + LONG[place:]).splitlines())
    read_stats_answer(["Players online: 1 / 2 (" + "x," * 500_000])
