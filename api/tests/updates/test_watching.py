"""What a log says about mods, told apart from what it said before; and whether the game answers at the end."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from vintagestory_api.events import EventBus
from vintagestory_api.kit.clock import SystemClock
from vintagestory_api.servers.commands import ServerNotRunning, TooManyCommands
from vintagestory_api.updates import watching
from vintagestory_api.updates.watching import BAD, NotWell, Troubles, Watch, trouble_keys

NAMES = {"Alpha_1.0.0.zip": "alpha", "alpha_1.1.0.zip": "alpha"}


def test_a_mod_is_known_by_its_id_its_full_name_and_its_file() -> None:
    known = trouble_keys([("Alpha_1.0.0.zip", "error")], NAMES)
    troubles = Troubles(known, NAMES)
    assert not any(troubles.note(name, "error") for name in ("alpha", "ALPHA", "alpha@1.1.0", "alpha_1.1.0.zip"))
    assert troubles.is_empty


def test_what_is_new_is_blamed_once_with_the_words_of_the_log() -> None:
    troubles = Troubles(trouble_keys([("alpha", "missing")], {}), {})
    assert not troubles.note("alpha", "missing", "beta@2.0.0 - Missing")
    assert troubles.note("alpha", "error", "An exception was thrown")
    assert troubles.note("alpha@1.1.0", "error", "An exception was thrown again")
    found = troubles.not_well()
    assert found.blamed == ("alpha",)
    assert found.why == "alpha has an error. The log says: An exception was thrown"


def test_two_files_of_one_mod_are_no_reason_to_go_back() -> None:
    assert "duplicate" not in BAD
    troubles = Troubles((), {})
    assert not troubles.note("alpha", "duplicate", "Multiple mods share the mod ID 'alpha'")


def test_a_flood_of_complaints_stays_bounded() -> None:
    troubles = Troubles((), {})
    for number in range(10_000):
        troubles.note(f"mod{number}", "error", "x" * 500)
    found = troubles.not_well()
    assert len(found.blamed) == 200
    assert len(found.why) < 1_000


@pytest.mark.parametrize("problem", sorted(BAD))
def test_every_bad_problem_has_words(problem: str) -> None:
    troubles = Troubles((), {})
    troubles.note("alpha", problem)
    assert troubles.not_well().why.startswith("alpha ")


class Console:
    """`refusals`: what it raises before it answers; with `echo` None it never does."""

    def __init__(self, *refusals: Exception, echo: int | None = 7) -> None:
        self.refusals = list(refusals)
        self.echo = echo
        self.asked = 0

    async def ask(self, command: str, *, is_probe: bool, timeout_seconds: float) -> Any:
        assert (command, is_probe) == ("/stats", True)
        assert timeout_seconds > 0
        self.asked += 1
        if self.refusals:
            raise self.refusals.pop(0)
        return SimpleNamespace(echo_seq=self.echo)


async def watched(console: Console, *, answers_within: float = 30.0) -> None:
    server: Any = SimpleNamespace(id="home", commands=console, is_hung=False)
    life: Any = SimpleNamespace(mod_problems=set(), ended=asyncio.Event())
    with Watch(EventBus(), server, SystemClock(), Troubles((), {}), answers_within=answers_within) as watch:
        await watch.until_it_counts(life, 0.01, lambda _fraction, _words: None)


async def test_a_console_that_others_use_is_no_reason_to_go_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "_LOOK_SECONDS", 0.01)
    busy = Console(TooManyCommands("Others wait."), TooManyCommands("Others wait."))
    await watched(busy)
    assert busy.asked == 3
    with pytest.raises(NotWell, match="did not answer /stats"):
        await watched(Console(*[TooManyCommands("Others wait.")] * 10_000), answers_within=0.1)
    with pytest.raises(NotWell, match="did not answer /stats"):
        await watched(Console(ServerNotRunning("It is gone.")))
    with pytest.raises(NotWell, match="did not answer /stats"):
        await watched(Console(echo=None))
