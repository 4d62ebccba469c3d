"""Which of the ticks since the last one are run and which were missed, against counting them one by one."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vintagestory_api.kit.clock import to_ms
from vintagestory_api.services.schedule import Cron, Interval, Reckoning, Schedule, reckon

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
#: Around both changes of the clocks in Berlin, and far from them.
SPRING, AUTUMN, WINTER = (to_ms(datetime(2027, month, day, tzinfo=UTC)) for month, day in ((3, 28), (10, 31), (1, 15)))

schedules = st.one_of(
    st.builds(
        Interval,
        every_ms=st.integers(MINUTE, 2 * DAY).map(lambda value: value // 1000 * 1000),
        offset_ms=st.integers(0, HOUR),
    ),
    st.sampled_from(
        [
            Cron.parse("30 2 * * *", "Europe/Berlin"),
            Cron.parse("*/15 * * * *", "Europe/Berlin"),
            Cron.parse("0 5 * * 1", "America/New_York"),
            Cron.parse("7 */6 * * *"),
        ]
    ),
)
starts = st.tuples(st.sampled_from([SPRING, AUTUMN, WINTER]), st.integers(-2 * DAY, 2 * DAY)).map(sum)


def one_by_one(schedule: Schedule, since: int, until: int) -> list[int]:
    found: list[int] = []
    moment = since
    while (tick := schedule.next_after(moment)) is not None and tick <= until:
        found.append(tick)
        moment = tick
    return found


@given(schedule=schedules, since=starts, hours=st.integers(0, 72), wanted=st.integers(1, 20))
@settings(deadline=None)
def test_every_tick_is_run_or_missed_once_and_the_latest_are_run(schedule: Schedule, since: int, hours: int, wanted: int) -> None:
    now = since + hours * HOUR
    ticks = one_by_one(schedule, since, now)
    if not ticks:
        return
    tick = schedule.latest_until(now)
    assert tick == ticks[-1]
    due = reckon(schedule, since, tick, wanted=wanted)
    assert list(due.run) == ticks[-wanted:]
    assert due.missed == len(ticks) - len(due.run)
    assert due.missed_from == (ticks[0] if due.missed else None)


@given(schedule=schedules, since=starts, hours=st.integers(1, 72))
@settings(deadline=None)
def test_two_looks_see_what_one_would_have_seen(schedule: Schedule, since: int, hours: int) -> None:
    """However often the manager looks, nothing is run twice and nothing is lost."""
    end = since + hours * HOUR
    seen: list[int] = []
    last = since
    for now in (since + hours * HOUR // 3, since + hours * HOUR // 2, end):
        tick = schedule.latest_until(now)
        if tick is None or tick <= last:
            continue
        seen += reckon(schedule, last, tick, wanted=10_000).run
        last = tick
    assert seen == one_by_one(schedule, since, end)


@pytest.mark.parametrize("wanted", [1, 5])
def test_where_nothing_is_known_of_the_past_nothing_was_missed(wanted: int) -> None:
    hourly = Interval(HOUR)
    assert reckon(hourly, None, 10 * HOUR, wanted=wanted) == Reckoning((10 * HOUR,))


@given(
    expression=st.sampled_from(["30 2 * * *", "*/15 * * * *", "0 3 * * *", "7 */6 * * *", "15 2 * * 0", "* * * * *"]),
    zone=st.sampled_from(["Europe/Berlin", "America/New_York", "UTC"]),
    looks=st.lists(st.tuples(st.sampled_from(["next", "latest"]), starts), min_size=2, max_size=12),
)
@settings(deadline=None, max_examples=200)
def test_what_was_asked_before_changes_no_answer(expression: str, zone: str, looks: list[tuple[str, int]]) -> None:
    asked_before = Cron.parse(expression, zone)
    for which, moment in looks:
        fresh = Cron(expression, zone)
        if which == "next":
            assert asked_before.next_after(moment) == fresh.next_after(moment)
        else:
            assert asked_before.latest_until(moment) == fresh.latest_until(moment)
