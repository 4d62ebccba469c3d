"""Measurements as points of a chart."""

import pytest

from tests.metrics.made_servers import HOUR, MINUTE, NOW
from vintagestory_api.metrics.measured import Measured
from vintagestory_api.metrics.sample import DETAIL_MS, Sample, thin_before
from vintagestory_api.metrics.schemas import SeriesRange
from vintagestory_api.metrics.series import (
    LAST_DAY_STEP_SECONDS,
    RANGES,
    first_point,
    first_point_of_last_day,
    last_day,
    series,
)

NOTHING = Measured().now(NOW)


@pytest.mark.parametrize("range_", ["24h", "7d", "30d"])
def test_a_range_has_some_hundred_points_evenly_spaced_up_to_now(range_: SeriesRange) -> None:
    found = series(range_, NOW, [], NOTHING)
    assert 280 <= len(found.at) <= 500
    assert {later - earlier for earlier, later in zip(found.at, found.at[1:], strict=False)} == {found.step_seconds * 1000}
    assert NOW - found.at[-1] < found.step_seconds * 1000
    assert found.at[0] <= NOW - RANGES[range_][0]
    assert {len(found.cpu_percent), len(found.memory_bytes), len(found.disk_bytes), len(found.tick_ms), len(found.players)} == {
        len(found.at)
    }


def test_nothing_measured_is_nothing_drawn_so_that_a_downtime_is_seen() -> None:
    start = first_point("24h", NOW)
    buckets = [Sample("one", start, 300, cpu_percent=12.34, players=2), Sample("one", start + 600_000, 300, tick_ms=1.23456)]
    found = series("24h", NOW, buckets, NOTHING)
    assert found.cpu_percent[:4] == [12.3, None, None, None]
    assert found.players[:2] == [2, None]
    assert found.tick_ms[:4] == [None, None, 1.23, None]
    assert set(found.memory_bytes) == {None}


def test_what_is_older_than_the_range_or_later_than_now_is_left_out() -> None:
    start = first_point("7d", NOW)
    found = series(
        "7d", NOW, [Sample("one", start - 1_800_000, 1800, players=9), Sample("one", NOW + HOUR, 1800, players=9)], NOTHING
    )
    assert set(found.players) == {None}


@pytest.mark.parametrize("range_", ["24h", "7d"])
def test_no_range_is_finer_than_what_is_kept(range_: SeriesRange) -> None:
    """Whatever the time is, the rows that a range is drawn from have not been put together to coarser ones yet."""
    length, step = RANGES[range_]
    finest = max(kept for kept in DETAIL_MS if kept <= step)
    assert DETAIL_MS[finest] >= length
    for minute in range(0, 24 * 60, 7):
        now = NOW + minute * MINUTE
        assert thin_before(now, finest) <= now - length


def test_the_last_day_of_several_servers_has_few_points_and_nothing_where_nothing_was_measured() -> None:
    start = first_point_of_last_day(NOW)
    step = LAST_DAY_STEP_SECONDS
    buckets = {"one": [Sample("one", start, step, players=3, tick_ms=1.26), Sample("one", start + step * 2000, step, players=0)]}
    found = last_day(NOW, buckets, {"two": None, "one": 33.333})
    assert 48 <= len(found.at) <= 50
    assert found.at[0] <= NOW - 24 * HOUR
    assert 0 <= NOW - found.at[-1] < step * 1000
    two, one = found.servers
    assert (two.server_id, two.tick_ms_now, set(two.players), set(two.tick_ms)) == ("two", None, {None}, {None})
    assert (one.server_id, one.tick_ms_now) == ("one", 33.3)
    assert one.players[:4] == [3, None, 0, None]
    assert one.tick_ms[:3] == [1.3, None, None]
    assert {len(one.players), len(one.tick_ms), len(two.players), len(two.tick_ms)} == {len(found.at)}


def test_the_last_day_is_drawn_from_minutes_that_have_not_been_put_together_yet() -> None:
    for minute in range(0, 24 * 60, 7):
        now = NOW + minute * MINUTE
        assert thin_before(now, 60) <= first_point_of_last_day(now)
