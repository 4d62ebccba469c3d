"""What is done of itself, and when."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from vintagestory_api.kit.clock import to_ms
from vintagestory_api.schedules.schemas import QuietHours
from vintagestory_api.updates.newest import Newest
from vintagestory_api.updates.open_ends import OpenEnds
from vintagestory_api.updates.policy import (
    InvalidUpdatePolicy,
    Moment,
    check_policy,
    is_told,
    is_within,
    waits_for,
    was_tried,
    wishes,
)
from vintagestory_api.updates.records import Update
from vintagestory_api.updates.schemas import UpdatePolicy

BOTH = Newest("1.21.7", "1.22.7")
DAY = 86_400_000


def policy(**fields: Any) -> UpdatePolicy:
    return UpdatePolicy.model_validate(fields)


def at(hour: int, minute: int = 0) -> int:
    return to_ms(datetime(2026, 11, 26, hour, minute, tzinfo=UTC))


@pytest.mark.parametrize(
    ("fields", "mod_updates", "wanted"),
    [
        ({"game": "off", "mods": "off"}, 3, []),
        ({"game": "tell", "mods": "tell"}, 3, []),
        ({"game": "patch", "mods": "off"}, 3, [("1.21.7", "none")]),
        ({"game": "stable", "mods": "off"}, 3, [("1.22.7", "none"), ("1.21.7", "none")]),
        ({"game": "stable", "mods": "fitting"}, 3, [("1.22.7", "fitting"), ("1.21.7", "fitting"), (None, "fitting")]),
        ({"game": "off", "mods": "fitting"}, 3, [(None, "fitting")]),
        ({"game": "off", "mods": "fitting"}, 0, []),
    ],
)
def test_wishes_follow_from_the_policy(fields: dict[str, Any], mod_updates: int, wanted: list[tuple[str | None, str]]) -> None:
    found = wishes(policy(**fields), BOTH, mod_updates)
    assert [(wish.game_version, wish.mods) for wish in found] == wanted
    assert not any(wish.allow_unready for wish in found)


def test_what_is_left_to_people_is_told() -> None:
    assert (
        is_told(policy(game="tell"), BOTH, 2) == "There is version 1.21.7 and version 1.22.7 of the game and updates of 2 mods."
    )
    assert is_told(policy(game="patch", mods="off"), BOTH, 2) == "There is version 1.22.7 of the game."
    assert is_told(policy(game="off", mods="tell"), BOTH, 1) == "There is an update of 1 mod."
    assert is_told(policy(game="stable", mods="fitting"), BOTH, 2) is None
    assert is_told(policy(game="off", mods="off"), BOTH, 2) is None


@pytest.mark.parametrize(
    ("begin", "end", "now", "within"),
    [
        ("03:00", "05:00", at(3), True),
        ("03:00", "05:00", at(5), False),
        ("22:00", "02:00", at(23), True),
        ("22:00", "02:00", at(1, 59), True),
        ("22:00", "02:00", at(12), False),
        ("04:00", "04:00", at(12), True),
    ],
)
def test_windows_go_over_midnight(begin: str, end: str, now: int, within: bool) -> None:
    assert is_within(QuietHours(begin=begin, end=end), "UTC", now) is within


def test_a_window_is_in_its_own_zone() -> None:
    window = QuietHours(begin="03:00", end="05:00")
    assert not is_within(window, "Europe/Berlin", at(4))
    assert is_within(window, "Europe/Berlin", at(2))


@pytest.mark.parametrize("zone", ["Middle/Earth", "../../etc/passwd", "", "/etc/localtime", "Europe"])
def test_a_zone_that_does_not_exist_is_refused(zone: str) -> None:
    with pytest.raises(InvalidUpdatePolicy):
        check_policy(policy(zone=zone))


def test_it_waits_for_players_windows_and_whatever_holds_the_server() -> None:
    window = {"begin": "03:00", "end": "05:00"}
    assert waits_for(policy(window=window), Moment(at(12), 0)) == "it is not between 03:00 and 05:00 (UTC)"
    assert waits_for(policy(), Moment(at(12), 2)) == "2 players are on"
    assert waits_for(policy(with_players=True), Moment(at(12), 2)) is None
    assert waits_for(policy(), Moment(at(12), 0, "The server is busy.")) == "The server is busy."
    assert waits_for(policy(), Moment(at(12), 0)) is None


def past(outcome: Any, *, key: str = "same", ended: int = at(12)) -> Update:
    return Update("1", "alpha", ended - 1000, "policy", "running", 0, key, outcome=outcome, ended_at=ended, phase="done")


def test_what_went_back_is_never_tried_again_by_itself_and_what_failed_not_at_once() -> None:
    assert "went back" in (was_tried("same", [past("went_back")], at(12) + 300 * DAY) or "")
    assert "less than a day ago" in (was_tried("same", [past("failed")], at(12) + DAY - 1) or "")
    assert was_tried("same", [past("failed")], at(12) + DAY) is None
    assert was_tried("other", [past("went_back"), past("failed")], at(12)) is None
    assert was_tried("same", [past("updated")], at(12)) is None


def test_what_a_deleted_server_left_holds_up_no_other() -> None:
    around: Any = SimpleNamespace(servers=SimpleNamespace(takes_over=[], ids={"alpha"}))
    ends = OpenEnds(around)
    ends._left = {"gone": past(None)}
    assert not ends.is_any
    ends._left["alpha"] = past(None)
    assert ends.is_any
