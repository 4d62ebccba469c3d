"""When a job is due, as pure functions of schedule, last tick and now."""

from datetime import UTC, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vintagestory_api.kit.clock import from_ms, to_ms
from vintagestory_api.services.schedule import (
    MAX_COUNTED_TICKS,
    Cron,
    Due,
    Interval,
    InvalidCron,
    InvalidInterval,
    LastTick,
    due_at_start,
)

HOUR, DAY = 3_600_000, 86_400_000
BERLIN = ZoneInfo("Europe/Berlin")
NOW = to_ms(datetime(2026, 11, 23, 14, 0, tzinfo=UTC))

moments = st.integers(min_value=0, max_value=to_ms(datetime(2100, 1, 1, tzinfo=UTC)))


def local(cron: Cron, start: str, count: int) -> list[str]:
    """The next ticks after a local time, as local times."""
    zone = ZoneInfo(cron.zone)
    moment: int | None = to_ms(datetime.fromisoformat(start).replace(tzinfo=zone))
    found = []
    for _ in range(count):
        assert moment is not None
        moment = cron.next_after(moment)
        assert moment is not None
        found.append(from_ms(moment).astimezone(zone).strftime("%Y-%m-%d %H:%M"))
    return found


# Intervals


def test_ticks_of_an_interval_lie_on_a_grid_that_no_restart_moves() -> None:
    first_life = Interval.for_job("mod_cache_refresh", 3600)
    second_life = Interval.for_job("mod_cache_refresh", 3600)
    tick = first_life.next_after(NOW)
    assert second_life.next_after(tick - 1) == tick
    assert second_life.next_after(tick) == tick + HOUR
    assert second_life.latest_until(tick) == tick
    assert second_life.latest_until(tick - 1) == tick - HOUR


def test_jobs_of_equal_interval_are_spread_over_it() -> None:
    offsets = {Interval.for_job(f"job_{number}", 3600).offset_ms // 60_000 for number in range(200)}
    assert len(offsets) > 50
    assert offsets <= set(range(60))


@given(moment=moments, every_ms=st.integers(1, 400 * DAY), offset=st.integers(0, 400 * DAY))
def test_next_and_latest_tick_of_an_interval_enclose_the_moment(moment: int, every_ms: int, offset: int) -> None:
    interval = Interval(every_ms, offset % every_ms)
    latest, following = interval.latest_until(moment), interval.next_after(moment)
    assert latest <= moment < following
    assert following - latest == every_ms
    assert (latest - interval.offset_ms) % every_ms == 0


@given(after=st.integers(0, 5_000), length=st.integers(-100, 5_000), every_ms=st.integers(1, 700), offset=st.integers(0, 699))
def test_ticks_of_an_interval_between_two_moments_are_counted_without_both_ends(
    after: int, length: int, every_ms: int, offset: int
) -> None:
    interval = Interval(every_ms, offset % every_ms)
    before = after + length
    expected = sum(1 for moment in range(after + 1, before) if (moment - interval.offset_ms) % every_ms == 0)
    assert interval.count_between(after, before) == expected


def test_a_year_of_seconds_is_counted_exactly_and_at_once() -> None:
    assert Interval(1000).count_between(NOW, NOW + 365 * DAY) == 365 * 86_400 - 1


@pytest.mark.parametrize("seconds", [0, -1, 0.0001, 1e10, float("inf"), float("nan")])
def test_an_interval_that_is_no_length_of_time_is_refused(seconds: float) -> None:
    with pytest.raises(InvalidInterval, match="the_job"):
        Interval.for_job("the_job", seconds)


def test_fractions_of_a_second_are_kept() -> None:
    assert Interval.for_job("fast", 0.25).every_ms == 250


# Cron


def test_in_autumn_a_time_that_comes_twice_runs_once() -> None:
    cron = Cron.parse("30 2 * * *", "Europe/Berlin")
    assert local(cron, "2026-10-24T12:00", 3) == ["2026-10-25 02:30", "2026-10-26 02:30", "2026-10-27 02:30"]
    # The second 02:30 of that night is nothing.
    second = to_ms(datetime(2026, 10, 25, 2, 30, tzinfo=BERLIN, fold=1))
    assert cron.next_after(second - 1) != second
    assert cron.latest_until(second) == second - HOUR


def test_in_spring_a_time_that_does_not_exist_runs_at_three() -> None:
    cron = Cron.parse("30 2 * * *", "Europe/Berlin")
    assert local(cron, "2026-03-28T12:00", 2) == ["2026-03-29 03:00", "2026-03-30 02:30"]


def test_in_spring_two_times_that_do_not_exist_run_once() -> None:
    cron = Cron.parse("0,30 2 * * *", "Europe/Berlin")
    assert local(cron, "2026-03-28T12:00", 2) == ["2026-03-29 03:00", "2026-03-30 02:00"]


def test_every_hour_stays_every_hour_across_dst() -> None:
    cron = Cron.parse("0 * * * *", "Europe/Berlin")
    night = to_ms(datetime(2026, 10, 25, 0, 0, tzinfo=BERLIN))
    ticks = [night]
    for _ in range(5):
        following = cron.next_after(ticks[-1])
        assert following is not None
        ticks.append(following)
    assert [later - earlier for earlier, later in pairwise(ticks)] == [HOUR] * 5


# 2026-11-23 is a Monday.
@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("0 0 * * 1", ["2026-11-30", "2026-12-07"]),
        ("0 0 * * MON", ["2026-11-30", "2026-12-07"]),
        ("0 0 * * 0", ["2026-11-29", "2026-12-06"]),
        ("0 0 * * 7", ["2026-11-29", "2026-12-06"]),
        ("0 0 * * sun", ["2026-11-29", "2026-12-06"]),
        ("0 0 * * 1-5", ["2026-11-24", "2026-11-25", "2026-11-26", "2026-11-27", "2026-11-30"]),
        ("0 0 * * 5-7", ["2026-11-27", "2026-11-28", "2026-11-29", "2026-12-04"]),
        ("0 0 * * FRI-MON", ["2026-11-27", "2026-11-28", "2026-11-29", "2026-11-30", "2026-12-04"]),
        ("0 0 * * 7-2", ["2026-11-24", "2026-11-29", "2026-11-30", "2026-12-01", "2026-12-06"]),
        ("0 0 13 * 5", ["2026-11-27", "2026-12-04", "2026-12-11", "2026-12-13"]),  # day of month OR day of week
        ("0 0 */10 * 1", ["2026-12-21", "2027-01-11"]),  # a star before it: AND
        ("0 0 28-2 * *", ["2026-11-28", "2026-11-29", "2026-11-30", "2026-12-01", "2026-12-02", "2026-12-28"]),
        ("0 0 1 NOV-FEB *", ["2026-12-01", "2027-01-01", "2027-02-01", "2027-11-01"]),
        ("0 0 L * *", ["2026-11-30", "2026-12-31"]),
        ("0 0 29 2 *", ["2028-02-29", "2032-02-29"]),
        ("@daily", ["2026-11-24", "2026-11-25"]),
        ("@midnight", ["2026-11-24", "2026-11-25"]),
        ("@weekly", ["2026-11-29", "2026-12-06"]),
        ("@Monthly", ["2026-12-01", "2027-01-01"]),
        ("@yearly", ["2027-01-01", "2028-01-01"]),
        ("@annually", ["2027-01-01", "2028-01-01"]),
    ],
)
def test_cron_days(expression: str, expected: list[str]) -> None:
    cron = Cron.parse(expression)
    assert local(cron, "2026-11-23T12:00", len(expected)) == [f"{day} 00:00" for day in expected]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("@hourly", ["13:00", "14:00"]),
        ("*/20 * * * *", ["12:20", "12:40", "13:00"]),
        ("0 22-2 * * *", ["22:00", "23:00", "00:00", "01:00", "02:00", "22:00"]),
        ("0 22-2/2 * * *", ["22:00", "00:00", "02:00", "22:00"]),
        ("50-10/10 13 * * *", ["13:00", "13:10", "13:50"]),
        ("  15   14 * *  * ", ["14:15"]),
        ("59 23 31 12 5", ["23:59"]),
    ],
)
def test_cron_times(expression: str, expected: list[str]) -> None:
    assert [tick[-5:] for tick in local(Cron.parse(expression), "2026-11-23T12:00", len(expected))] == expected


@pytest.mark.parametrize(
    "expression",
    [
        "", "* * * *", "* * * * * *", "@reboot", "@often", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * 32 * *", "* * * 13 *",
        "* * * * 8", "* * * * FUN", "0 0 31 2 *", "0 0 30 2 *", "0 0 31 4,6,9,11 *", "*/0 * * * *", "5-1/0 * * * *",
        "60-5 * * * *", "0 24-2 * * *", "0 0 32-2 * *", "0 0 25-0 * *", "0 0 * 13-2 *", "0 0 * * 8-2", "-1 * * * *",
        "1,,2 * * * *", "a b c d e", "٣ * * * *", "1/2/3 * * * *", "9" * 5000 + " * * * *", "? * * * *",
    ],
)  # fmt: skip
def test_a_cron_expression_that_can_never_be_or_is_none_is_refused_at_once(expression: str) -> None:
    with pytest.raises(InvalidCron, match="five fields"):
        Cron.parse(expression)


@pytest.mark.parametrize("zone", ["Mars/Olympus", "", "../etc/passwd", "/etc/passwd", "Europe", "Europe/Berlin\0"])
def test_a_zone_that_does_not_exist_is_refused_with_an_example(zone: str) -> None:
    with pytest.raises(InvalidCron, match="IANA name such as"):
        Cron.parse("0 0 * * *", zone)


def test_what_is_refused_is_a_value_error_too() -> None:
    with pytest.raises(ValueError, match="can't be used"):
        Cron.parse("never")


crons = st.sampled_from(
    ["30 2 * * *", "0 3 * * *", "0,30 2 * * *", "*/7 * * * *", "15 */2 * * *", "*/15 2 * * *", "0 0 * * *", "45 1-3 * * *"]
)
zones = st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Santiago", "UTC"])
# Three days around the changes of the clocks in Berlin, New York, Lord Howe and Santiago.
changes = st.sampled_from(
    [(2026, 3, 29), (2026, 10, 25), (2026, 3, 8), (2026, 11, 1), (2026, 4, 5), (2026, 10, 4), (2026, 9, 6), (2026, 4, 4)]
)


@given(expression=crons, zone=zones, day=changes, offset=st.integers(-DAY, 2 * DAY))
@settings(deadline=None)
def test_looking_back_agrees_with_looking_ahead_around_dst(
    expression: str, zone: str, day: tuple[int, int, int], offset: int
) -> None:
    cron = Cron.parse(expression, zone)
    moment = to_ms(datetime(*day, tzinfo=UTC)) + offset
    following = cron.next_after(moment)
    assert following is not None
    assert following > moment
    assert cron.latest_until(following) == following
    latest = cron.latest_until(moment)
    assert latest is not None
    assert latest <= moment
    assert cron.next_after(latest) == following
    assert cron.next_after(latest - 1) == latest
    assert cron.count_between(latest, following) == 0
    assert cron.count_between(latest - 1, following) == 1


@given(expression=crons, zone=zones, day=changes)
@settings(deadline=None)
def test_ticks_are_the_same_wherever_one_starts_to_look(expression: str, zone: str, day: tuple[int, int, int]) -> None:
    cron = Cron.parse(expression, zone)
    start = to_ms(datetime(*day, tzinfo=UTC)) - DAY
    ticks: list[int] = []
    moment = start
    while (tick := cron.next_after(moment)) is not None and tick < start + 3 * DAY:
        ticks.append(tick)
        moment = tick
    assert ticks == sorted(set(ticks))
    assert cron.count_between(start, start + 3 * DAY) == len(ticks)


def test_counting_ticks_of_a_cron_expression_ends_somewhere() -> None:
    assert Cron.parse("* * * * *").count_between(NOW, NOW + 365 * DAY) == MAX_COUNTED_TICKS


def test_a_rare_cron_tick_is_found_when_looking_back() -> None:
    assert Cron.parse("0 0 29 2 *").latest_until(NOW) == to_ms(datetime(2024, 2, 29, tzinfo=UTC))


# Due at start

HOURLY = Interval(HOUR, 7)
NIGHTLY = Cron.parse("17 4 * * *")
TICK = HOURLY.latest_until(NOW)
NIGHT = to_ms(datetime(2026, 11, 23, 4, 17, tzinfo=UTC))


@pytest.mark.parametrize(
    ("last", "expected"),
    [
        pytest.param(None, Due(TICK, "startup"), id="never ran"),
        pytest.param(LastTick(TICK, "succeeded"), None, id="ran at the latest tick"),
        pytest.param(LastTick(TICK, "failed"), None, id="failed at the latest tick"),
        pytest.param(LastTick(NOW - HOUR + 1, "succeeded"), None, id="less than an interval ago"),
        pytest.param(LastTick(TICK - HOUR, "succeeded"), Due(TICK, "catch_up"), id="one tick missed"),
        pytest.param(LastTick(TICK - 900 * HOUR, "succeeded"), Due(TICK, "catch_up"), id="many ticks missed: once"),
        pytest.param(LastTick(TICK, "lost"), Due(TICK + 1, "catch_up"), id="lost at the latest tick: repeated"),
        pytest.param(LastTick(TICK, "lost", lost_before=True), None, id="lost twice: not repeated again"),
        pytest.param(LastTick(TICK - HOUR, "lost", lost_before=True), Due(TICK, "catch_up"), id="lost twice, and a tick missed"),
        pytest.param(LastTick(NOW + 3 * HOUR, "succeeded"), None, id="the clock was set back"),
    ],
)
def test_what_an_interval_owes_at_start(last: LastTick | None, expected: Due | None) -> None:
    assert due_at_start(HOURLY, last, NOW, catch_up=True) == expected


@pytest.mark.parametrize(
    ("last", "expected"),
    [
        pytest.param(None, None, id="never ran: waits for its time"),
        pytest.param(LastTick(NIGHT, "succeeded"), None, id="ran last night"),
        pytest.param(LastTick(NIGHT - DAY, "succeeded"), Due(NIGHT, "catch_up"), id="missed last night"),
        pytest.param(LastTick(NIGHT, "lost"), Due(NIGHT + 1, "catch_up"), id="lost last night: repeated"),
    ],
)
def test_what_a_cron_job_owes_at_start(last: LastTick | None, expected: Due | None) -> None:
    assert due_at_start(NIGHTLY, last, NOW, catch_up=True) == expected


@pytest.mark.parametrize("last", [LastTick(TICK - 9 * HOUR, "succeeded"), LastTick(TICK, "lost")])
def test_without_catch_up_nothing_is_owed_but_the_first_run(last: LastTick) -> None:
    assert due_at_start(HOURLY, last, NOW, catch_up=False) is None
    assert due_at_start(HOURLY, None, NOW, catch_up=False) == Due(TICK, "startup")


def test_a_changed_interval_is_due_only_when_a_whole_one_went_by() -> None:
    """Its grid lies elsewhere; a tick of the new grid soon after the last run is none that was missed."""
    changed = Interval(2 * HOUR, (NOW - 1) % (2 * HOUR))
    assert changed.latest_until(NOW) == NOW - 1
    assert due_at_start(changed, LastTick(NOW - HOUR, "succeeded"), NOW, catch_up=True) is None
    due = due_at_start(changed, LastTick(NOW - 2 * HOUR, "succeeded"), NOW, catch_up=True)
    assert due is not None
    assert due.trigger == "catch_up"
