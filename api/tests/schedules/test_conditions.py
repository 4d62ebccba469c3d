"""Whether a run may begin, as pure functions of conditions and facts; and what keeps events from going in a circle."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vintagestory_api.kit.clock import to_ms
from vintagestory_api.schedules.brakes import MAX_RUNS, WITHIN_MINUTES, Brake
from vintagestory_api.schedules.conditions import (
    Facts,
    after_waiting,
    is_quiet,
    names,
    reason_to_skip,
    waiting_words,
    waits_until,
)
from vintagestory_api.schedules.event_watch import empty_is_due
from vintagestory_api.schedules.schemas import QuietHours, ScheduleBody
from vintagestory_api.servers.schemas import ServerState

MINUTE = 60_000
NOON = to_ms(datetime(2026, 11, 26, 12, 0, tzinfo=ZoneInfo("Europe/Berlin")))


def body(conditions: dict[str, Any], **fields: Any) -> ScheduleBody:
    trigger = {"kind": "cron", "cron": "0 5 * * *", "zone": "Europe/Berlin"}
    return ScheduleBody.model_validate(
        {"name": "It", "trigger": trigger, "conditions": conditions, "steps": [{"do": "save"}], **fields}
    )


def facts(state: ServerState = "running", *online: str, **others: Any) -> Facts:
    return Facts(NOON, state, online, **others)


@pytest.mark.parametrize(
    ("conditions", "known", "reason"),
    [
        ({}, facts("crashed"), None),
        ({"server": "online"}, facts("running"), None),
        ({"server": "online"}, facts("starting"), "server_offline"),
        ({"server": "online"}, facts("stopped"), "server_offline"),
        ({"server": "offline"}, facts("crashed"), None),
        ({"server": "offline"}, facts("stopping"), "server_online"),
        ({"only_empty": True}, facts("running"), None),
        ({"only_empty": True}, facts("running", "Anna"), "players_online"),
        ({"only_empty": True, "defer_minutes": 5}, facts("running", "Anna"), None),
        ({"quiet_hours": {"begin": "12:00", "end": "13:00"}}, facts(), "quiet_hours"),
        ({"quiet_hours": {"begin": "11:00", "end": "12:00"}}, facts(), None),
        ({"quiet_hours": {"begin": "11:00", "end": "12:00"}, "zone": "UTC"}, facts(), "quiet_hours"),
        ({"ran_since_backup": True}, facts(ran_since_backup=False), "nothing_new"),
        ({"ran_since_backup": True}, facts(ran_since_backup=True), None),
        ({"ran_since_backup": True}, facts(ran_since_backup=None), None),
        ({"players_since_backup": True}, facts(played_since_backup=False), "nothing_new"),
        ({"players_since_backup": True}, facts(played_since_backup=None), None),
    ],
)
def test_a_run_is_skipped_with_the_reason(conditions: dict[str, Any], known: Facts, reason: str | None) -> None:
    skip = reason_to_skip(body(conditions), known)
    assert (skip.reason if skip else None) == reason
    assert skip is None or skip.message


def test_quiet_hours_may_go_over_midnight_and_follow_the_clocks() -> None:
    quiet = QuietHours(begin="22:00", end="06:00")
    berlin = ZoneInfo("Europe/Berlin")
    for hour, minute, expected in ((21, 59, False), (22, 0, True), (0, 0, True), (5, 59, True), (6, 0, False)):
        for month in (1, 7):
            assert is_quiet(quiet, "Europe/Berlin", to_ms(datetime(2026, month, 5, hour, minute, 30, tzinfo=berlin))) is expected


def test_a_run_waits_for_players_no_longer_than_it_may() -> None:
    conditions = body({"defer_minutes": 30}).conditions
    anna = facts("running", "Anna")
    assert waits_until(conditions, anna, NOON) == NOON + 30 * MINUTE
    assert waits_until(conditions, anna, NOON - 30 * MINUTE) is None
    assert waits_until(conditions, facts("running"), NOON) is None
    assert after_waiting(conditions, anna) is None
    for stricter in ({"defer_minutes": 30, "defer_then": "skip"}, {"defer_minutes": 30, "only_empty": True}):
        skip = after_waiting(body(stricter).conditions, anna)
        assert skip is not None
        assert (skip.reason, skip.message) == ("players_online", "Anna did not leave within 30 min.")
        assert after_waiting(body(stricter).conditions, facts("running")) is None


def test_it_says_for_whom_it_waits() -> None:
    assert waiting_words(["Anna"], NOON, "Europe/Berlin") == "Waits for Anna to leave, at most until 12:00"
    assert names(["Anna", "Ben", "Cora"]) == "Anna, Ben and Cora"
    assert names(["Anna", "Ben", "Cora", "Dora", "Emil"]) == "Anna, Ben and 3 others"


# Nobody for so long


def test_a_stretch_without_players_counts_once() -> None:
    ten = 10 * MINUTE
    assert not empty_is_due(NOON, 10, NOON + ten - 1, armed_since=0, fired_at=None)
    assert empty_is_due(NOON, 10, NOON + ten, armed_since=0, fired_at=None)
    assert not empty_is_due(NOON, 10, NOON + 5 * ten, armed_since=0, fired_at=NOON + ten)
    assert empty_is_due(NOON + 2 * ten, 10, NOON + 3 * ten, armed_since=0, fired_at=NOON + ten), "somebody was on meanwhile"


def test_a_schedule_that_is_new_waits_its_time_itself() -> None:
    assert not empty_is_due(NOON, 10, NOON + 60 * MINUTE, armed_since=NOON + 55 * MINUTE, fired_at=None)
    assert empty_is_due(NOON, 10, NOON + 65 * MINUTE, armed_since=NOON + 55 * MINUTE, fired_at=None)


@given(changes=st.lists(st.integers(1, 40 * MINUTE), max_size=20))
def test_every_long_stretch_runs_once_however_often_it_is_looked_at(changes: list[int]) -> None:
    """Somebody comes, and leaves at once, after each of these times; `fired_at` is what the ledger remembers."""
    moment, fired = 0, list[int]()
    for length in changes:
        empty_since = moment
        for now in range(moment, moment + length, MINUTE // 2):
            if empty_is_due(empty_since, 10, now, armed_since=0, fired_at=fired[-1] if fired else None):
                fired.append(now)
        moment += length
        of_stretch = [at for at in fired if at >= empty_since]
        assert len(of_stretch) == (1 if length > 10 * MINUTE + MINUTE // 2 else len(of_stretch))
        assert all(at >= empty_since + 10 * MINUTE for at in of_stretch)
        assert len(of_stretch) <= 1


# Brakes


def on_event(event: str, do: str = "restart", wait_minutes: int = 0) -> ScheduleBody:
    trigger = {"kind": "event", "event": event, "wait_minutes": wait_minutes}
    step = {"do": do} if do != "command" else {"do": do, "command": "/time"}
    return body({}, trigger=trigger, steps=[step])


def test_what_a_schedule_causes_itself_does_not_start_it() -> None:
    brake = Brake()
    skip = brake.reason_to_skip(on_event("server_ready"), NOON, is_running=True)
    assert skip is not None
    assert skip.reason == "own_doing"
    assert brake.reason_to_skip(on_event("server_ready"), NOON, is_running=False) is None
    assert brake.reason_to_skip(on_event("player_joined"), NOON, is_running=True) is None


def test_it_runs_at_most_once_in_its_time() -> None:
    brake = Brake()
    greeting = on_event("player_joined", "command", wait_minutes=10)
    assert brake.reason_to_skip(greeting, NOON, is_running=False) is None
    brake.note_run(NOON)
    skip = brake.reason_to_skip(greeting, NOON + 10 * MINUTE - 1, is_running=False)
    assert skip is not None
    assert skip.reason == "too_soon"
    assert brake.reason_to_skip(greeting, NOON + 10 * MINUTE, is_running=False) is None


def test_two_schedules_that_cause_each_other_are_held_back() -> None:
    stop, start = on_event("server_ready", "stop"), on_event("server_stopped", "start")
    brakes = {"stop": Brake(), "start": Brake()}
    now, runs = NOON, 0
    for _ in range(1_000):
        now += 30_000
        for name, circle in (("stop", stop), ("start", start)):
            if brakes[name].reason_to_skip(circle, now, is_running=False) is None:
                brakes[name].note_run(now)
                runs += 1
    assert runs <= 2 * MAX_RUNS * (1_000 * 30_000 // (WITHIN_MINUTES * MINUTE) + 1)
    problem = brakes["stop"].problem(stop, now)
    assert problem is not None
    assert "held back" in problem
    assert brakes["stop"].problem(stop, now + WITHIN_MINUTES * MINUTE) is None


def test_what_moves_nothing_is_not_held_back() -> None:
    brake, greeting = Brake(), on_event("player_joined", "command")
    for _ in range(50):
        assert brake.reason_to_skip(greeting, NOON, is_running=False) is None
        brake.note_run(NOON)
