"""From facts to a plan of an update, and what speaks against it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from vintagestory_api.game_versions.version import GameVersion
from vintagestory_api.server_mods.within import ModAfter, ModsAfter
from vintagestory_api.updates.looking import bytes_of
from vintagestory_api.updates.newest import Newest, newest
from vintagestory_api.updates.plan import Facts, NothingToUpdate, UpdateBlocked, UpdatePlanChanged, make_plan
from vintagestory_api.updates.policy import nobody_knows

ALL = [
    GameVersion.parse(text)
    for text in ("1.20.12", "1.21.5", "1.21.6", "1.22.0-pre.1", "1.22.0-rc.10", "1.22.0-rc.9", "1.22.0", "1.22.2", "1.22.10")
]


@pytest.mark.parametrize(
    ("now", "patch", "stable"),
    [
        ("1.21.5", "1.21.6", "1.22.10"),
        ("1.21.6", None, "1.22.10"),
        ("1.22.2", "1.22.10", "1.22.10"),
        ("1.22.10", None, None),
        ("1.23.0-pre.1", None, None),
        ("1.22.0-rc.9", "1.22.10", "1.22.10"),
        ("v1.21", "1.21.6", "1.22.10"),
        (None, None, None),
        ("rubbish", None, None),
    ],
)
def test_the_newest_is_found_by_number_and_never_a_pre_release(now: str | None, patch: str | None, stable: str | None) -> None:
    assert newest(now, ALL) == Newest(patch, stable)


def facts(*mods: ModAfter, **changes: Any) -> Facts:
    base = Facts(
        server_id="alpha",
        game_now="1.21.6",
        game_then="1.22.7",
        mods=ModsAfter(mods),
        is_running=True,
        should_run=True,
        is_hung=False,
        players=(),
        warn_minutes=(10, 1),
        watch_seconds=120,
        allow_unready=False,
        is_installed=True,
        bytes_needed=1_000,
        bytes_free=10**9,
    )
    return replace(base, **changes)


def mod(modid: str, fit: Any = "verified", *, pinned: bool = False, then: str | None = "1.0.0") -> ModAfter:
    return ModAfter(modid, modid.title(), "1.0.0", then, fit, is_pinned=pinned)


def said(texts: Sequence[str], *words: str) -> bool:
    return all(any(word in text for text in texts) for word in words)


def test_a_version_that_mods_dont_support_is_refused_unless_somebody_wants_it_all_the_same() -> None:
    plan = make_plan(facts(mod("old", "not"), mod("new")))
    assert said(plan.problems, "Mods don't support 1.22.7: Old.")
    with pytest.raises(UpdateBlocked):
        plan.check(None)
    plan = make_plan(facts(mod("old", "not"), allow_unready=True))
    assert not plan.problems
    assert said(plan.warnings, "Not made for 1.22.7: Old.")


def test_never_into_a_version_that_a_pinned_mod_does_not_support() -> None:
    plan = make_plan(facts(mod("old", "not", pinned=True), allow_unready=True))
    assert said(plan.problems, "Pinned or held mods don't support 1.22.7: Old.")


def test_an_update_of_mods_alone_does_not_ask_whether_others_fit() -> None:
    plan = make_plan(facts(mod("old", "not"), game_then="1.21.6"))
    assert plan.nothing_to_do
    with pytest.raises(NothingToUpdate):
        plan.check(None)


def test_what_may_go_wrong_is_said() -> None:
    plan = make_plan(
        facts(mod("odd", "unknown"), players=("Alice", "Bob"), is_hung=True, watch_seconds=0, game_then="1.22.0-rc.1")
    )
    assert said(
        plan.warnings,
        "2 players on it. They are warned 10, 1 minutes before",
        "stopped answering",
        "1.22.0-rc.1 is a pre-release",
        "Players need 1.22.0-rc.1",
        "Nobody says whether they support 1.22.0-rc.1: Odd.",
        "counts as soon as the game is ready",
    )
    assert not plan.problems


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"bytes_free": 10}, "the disk has 10 bytes left"),
        ({"no_runtime": ".NET 10 is not there."}, ".NET 10 is not there."),
        ({"not_to_be_had": "There is no version 1.22.7."}, "There is no version 1.22.7."),
        ({"no_backup": "The world lies elsewhere."}, "The world lies elsewhere."),
        ({"busy": "The server is being backed up."}, "being backed up"),
        ({"game_then": "1.20.12"}, "1.20.12 is older than 1.21.6"),
    ],
)
def test_what_speaks_against_it_is_said(changes: dict[str, Any], problem: str) -> None:
    assert said(make_plan(facts(**changes)).problems, problem)


def test_a_digest_is_that_of_what_is_changed_and_not_of_the_moment() -> None:
    plan = make_plan(facts(mod("one")))
    same = make_plan(facts(mod("one"), players=("Alice",), bytes_free=10**6, warn_minutes=(5,)))
    assert plan.digest == same.digest
    for other in (facts(mod("one"), game_then="1.22.8"), facts(mod("one", then="1.1.0")), facts(mod("one", "likely"))):
        assert make_plan(other).digest != plan.digest
    with pytest.raises(UpdatePlanChanged):
        plan.check("another")
    assert make_plan(facts(mod("one"))).key == make_plan(facts(mod("one", "likely"))).key


@pytest.mark.parametrize(
    ("text", "size"), [("40.2 MB", 40_200_000), ("1 GB", 10**9), ("512kB", 512_000), ("", None), ("many", None), ("9" * 40, None)]
)
def test_sizes_for_people_are_understood(text: str, size: int | None) -> None:
    assert bytes_of(text) == size


def test_no_update_is_made_by_itself_while_nobody_can_say_what_mods_support() -> None:
    def unasked(*mods: ModAfter, **changes: Any) -> str | None:
        return nobody_knows(make_plan(facts(*mods, **changes)))

    away = ModsAfter([mod("old", "unknown")], is_asked=False)
    assert "can't be asked" in (unasked(mods=away) or "")
    assert unasked(mods=away, game_then="1.21.6") is None, "the game stays as it is"
    assert unasked(mods=ModsAfter([], is_asked=False)) is None, "there are no mods"
    assert unasked(mod("old", "unknown")) is None, "it was asked, and does not know"
