"""Who gets which notice, and when."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from vintagestory_api.kit.clock import to_ms
from vintagestory_api.notifications.records import Notice
from vintagestory_api.notifications.schemas import Rule, TargetOptions
from vintagestory_api.notifications.timing import (
    PER_HOUR,
    PER_HOUR_CRITICAL,
    SAME_AGAIN_MS,
    TRY_AGAIN_MINUTES,
    Told,
    after_quiet_hours,
    is_wanted,
    release_at,
    try_again_at,
)
from vintagestory_api.notifications.wording import compose
from vintagestory_api.schedules.schemas import QuietHours

NOW = 1_780_000_000_000
MINUTE, HOUR = 60_000, 3_600_000


def notice(kind: Any = "server_crashed", severity: Any = "warning", **fields: Any) -> Notice:
    return Notice(kind, severity, "A title", "A text", NOW, server_id=fields.pop("server_id", "our-world"), **fields)


def options(**fields: Any) -> TargetOptions:
    return TargetOptions(**fields)


# Who


def test_by_default_only_what_needs_somebody_is_told() -> None:
    for kind in ("server_started", "player_joined", "update_available", "manager_started"):
        assert not is_wanted(options(), notice(kind, "info"))
    assert is_wanted(options(), notice())
    assert is_wanted(options(), notice("server_gave_up", "critical"))


def test_a_rule_lets_through_kind_server_and_severity_together() -> None:
    rule = Rule(kinds=["server_crashed"], servers=["our-world"], min_severity="critical")
    assert is_wanted(options(rules=[rule]), notice(severity="critical"))
    assert not is_wanted(options(rules=[rule]), notice(severity="warning"))
    assert not is_wanted(options(rules=[rule]), notice("server_hung", "critical"))
    assert not is_wanted(options(rules=[rule]), notice(severity="critical", server_id="other"))
    assert is_wanted(options(rules=[rule, Rule()]), notice("server_hung", "critical")), "one rule of several is enough"
    assert not is_wanted(options(rules=[]), notice(severity="critical"))


def test_kinds_that_are_named_are_wanted_however_light_they_are() -> None:
    assert is_wanted(options(rules=[Rule(kinds=["player_joined"])]), notice("player_joined", "info"))
    assert not is_wanted(options(rules=[Rule(kinds=["player_joined"], min_severity="warning")]), notice("player_joined", "info"))


def test_what_is_over_is_told_to_who_wants_it() -> None:
    assert is_wanted(options(), notice(phase="over"))
    assert not is_wanted(options(told_when_over=False), notice(phase="over"))
    assert not is_wanted(options(enabled=False), notice(severity="critical"))


def test_messages_of_schedules_go_to_all_who_hear_of_that_server() -> None:
    assert is_wanted(options(), notice("message", "info"))
    assert is_wanted(options(rules=[Rule(kinds=["server_hung"])]), notice("message", "info"))
    assert not is_wanted(options(rules=[Rule(servers=["other"])]), notice("message", "info"))


def test_a_zone_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValidationError, match="no time zone"):
        options(zone="Europe/Atlantis")
    with pytest.raises(ValidationError, match="no time zone"):
        options(zone="../../etc/passwd")


# When


def test_a_first_notice_leaves_at_once() -> None:
    assert release_at(options(), notice(), [], NOW) == NOW


def test_a_digest_gathers_what_is_not_critical() -> None:
    assert release_at(options(digest_minutes=30), notice(), [], NOW) == NOW + 30 * MINUTE
    assert release_at(options(digest_minutes=30), notice(severity="critical"), [], NOW) == NOW
    over = notice(severity="critical", phase="over")
    assert release_at(options(digest_minutes=30), over, [], NOW) == NOW + 30 * MINUTE


def test_the_same_thing_again_is_gathered_for_a_while() -> None:
    told = [Told(NOW - MINUTE, frozenset({("server_crashed", "our-world")}))]
    assert release_at(options(), notice(), told, NOW) == NOW - MINUTE + SAME_AGAIN_MS
    assert release_at(options(), notice(severity="critical"), told, NOW) == NOW - MINUTE + SAME_AGAIN_MS
    assert release_at(options(), notice(server_id="other"), told, NOW) == NOW
    assert release_at(options(), notice("server_hung"), told, NOW) == NOW
    long_ago = [Told(NOW - SAME_AGAIN_MS, frozenset({("server_crashed", "our-world")}))]
    assert release_at(options(), notice(), long_ago, NOW) == NOW


def test_no_target_gets_more_than_so_many_messages_in_an_hour() -> None:
    told = [Told(NOW - (PER_HOUR - number) * MINUTE, frozenset()) for number in range(PER_HOUR)]
    assert release_at(options(), notice(), told[1:], NOW) == NOW
    assert release_at(options(), notice(), told, NOW) == told[0].at + HOUR
    assert release_at(options(), notice(severity="critical"), told, NOW) == NOW, "what is critical has some in reserve"
    many = [Told(NOW - MINUTE, frozenset()) for _ in range(PER_HOUR_CRITICAL)]
    assert release_at(options(), notice(severity="critical"), many, NOW) == NOW - MINUTE + HOUR


def berlin(*when: int) -> int:
    return to_ms(datetime(*when, tzinfo=ZoneInfo("Europe/Berlin")))  # type: ignore[arg-type,misc] # mypy takes the zone for one of them


def test_what_is_put_off_does_not_come_in_quiet_hours() -> None:
    quiet = options(zone="Europe/Berlin", quiet_hours=QuietHours(begin="22:00", end="07:00"))
    now, morning = berlin(2026, 11, 26, 21, 50), berlin(2026, 11, 27, 7, 0)
    many = [Told(now - MINUTE, frozenset()) for _ in range(PER_HOUR)]
    assert release_at(quiet, notice(), [], now) == now
    assert release_at(quiet, notice(), many, now) == morning
    assert release_at(options(), notice(), many, now) == now - MINUTE + HOUR


def test_a_zone_that_is_gone_keeps_no_message() -> None:
    gone = options().model_copy(update={"zone": "Europe/Atlantis", "quiet_hours": QuietHours(begin="22:00", end="07:00")})
    at = to_ms(datetime(2026, 11, 26, 23, 0, tzinfo=UTC))
    assert release_at(gone, notice(), [], at) == at + 8 * HOUR
    assert "23:00" in compose([replace(notice(), at=at), notice()], zone="Europe/Atlantis")[1]


@pytest.mark.parametrize(
    ("quiet", "at", "until"),
    [
        (("22:00", "07:00"), (2026, 11, 26, 23, 30), (2026, 11, 27, 7, 0)),
        (("22:00", "07:00"), (2026, 11, 27, 6, 59), (2026, 11, 27, 7, 0)),
        (("22:00", "07:00"), (2026, 11, 27, 7, 0), (2026, 11, 27, 7, 0)),
        (("22:00", "07:00"), (2026, 11, 26, 12, 0), (2026, 11, 26, 12, 0)),
        (("12:00", "13:30"), (2026, 11, 26, 12, 15), (2026, 11, 26, 13, 30)),
        (("22:00", "07:00"), (2026, 10, 24, 23, 0), (2026, 10, 25, 7, 0)),  # the night in which clocks are set back
        (("22:00", "07:00"), (2026, 3, 28, 23, 0), (2026, 3, 29, 7, 0)),  # and that in which they are set forward
        (("22:00", "07:00"), (2026, 12, 31, 23, 0), (2027, 1, 1, 7, 0)),
    ],
)
def test_quiet_hours_end_by_the_clock_on_the_wall(quiet: tuple[str, str], at: tuple[int, ...], until: tuple[int, ...]) -> None:
    hours = QuietHours(begin=quiet[0], end=quiet[1])
    assert after_quiet_hours(hours, "Europe/Berlin", berlin(*at)) == berlin(*until)


def test_quiet_hours_hold_up_all_but_what_is_critical() -> None:
    night = berlin(2026, 11, 26, 23, 0)
    quiet = options(quiet_hours=QuietHours(begin="22:00", end="07:00"), zone="Europe/Berlin", digest_minutes=10)
    assert release_at(quiet, notice(), [], night) == berlin(2026, 11, 27, 7, 0)
    assert release_at(quiet, notice(severity="critical"), [], night) == night


def test_tries_come_after_ever_longer_pauses_and_then_end() -> None:
    pauses = []
    attempts = 1
    while (again := try_again_at(attempts, NOW)) is not None:
        pauses.append((again - NOW) // MINUTE)
        attempts += 1
    assert tuple(pauses) == TRY_AGAIN_MINUTES == (1, 5, 15, 60)
