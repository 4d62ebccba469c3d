"""Measurements over a day, a week or a month, as points for a chart: evenly spaced, with nothing where nothing was measured."""

from collections.abc import Iterable, Mapping
from typing import Final

from vintagestory_api.metrics.sample import Sample
from vintagestory_api.metrics.schemas import LastDay, ResourcesNow, Series, SeriesRange, ServerLastDay

_HOUR_MS: Final = 3_600_000
#: Range → its length, and the time between two points in seconds. Some 300 points each, and never finer than what is kept.
RANGES: Final[dict[SeriesRange, tuple[int, int]]] = {
    "24h": (24 * _HOUR_MS, 300),
    "7d": (7 * 24 * _HOUR_MS, 1800),
    "30d": (30 * 24 * _HOUR_MS, 7200),
}
#: Between two points of the small charts of the last day, of which many stand below each other.
LAST_DAY_STEP_SECONDS: Final = 1800


def first_point(range_: SeriesRange, now_ms: int) -> int:
    length, step = RANGES[range_]
    return _start(length, step, now_ms)


def first_point_of_last_day(now_ms: int) -> int:
    return _start(24 * _HOUR_MS, LAST_DAY_STEP_SECONDS, now_ms)


def series(range_: SeriesRange, now_ms: int, buckets: Iterable[Sample], now: ResourcesNow) -> Series:
    """`buckets`: at most one sample for each step from `first_point` on."""
    step = RANGES[range_][1]
    at = list(range(first_point(range_, now_ms), now_ms + 1, step * 1000))
    by_start = {bucket.at: bucket for bucket in buckets}
    points = [by_start.get(start) for start in at]
    return Series(
        range=range_,
        step_seconds=step,
        at=at,
        cpu_percent=[_rounded(point.cpu_percent, 1) if point else None for point in points],
        memory_bytes=[point.memory_bytes if point else None for point in points],
        disk_bytes=[point.disk_bytes if point else None for point in points],
        tick_ms=[_rounded(point.tick_ms, 2) if point else None for point in points],
        players=[point.players if point else None for point in points],
        now=now,
    )


def last_day(now_ms: int, buckets: Mapping[str, Iterable[Sample]], tick_ms_now: Mapping[str, float | None]) -> LastDay:
    """`buckets`: of each server at most one sample for each step from `first_point_of_last_day` on. `tick_ms_now` names the
    servers, in their order."""
    at = list(range(first_point_of_last_day(now_ms), now_ms + 1, LAST_DAY_STEP_SECONDS * 1000))
    servers = []
    for server_id, tick_ms in tick_ms_now.items():
        by_start = {bucket.at: bucket for bucket in buckets.get(server_id, ())}
        points = [by_start.get(start) for start in at]
        servers.append(
            ServerLastDay(
                server_id=server_id,
                players=[point.players if point else None for point in points],
                tick_ms=[_rounded(point.tick_ms, 1) if point else None for point in points],
                tick_ms_now=_rounded(tick_ms, 1),
            )
        )
    return LastDay(step_seconds=LAST_DAY_STEP_SECONDS, at=at, servers=servers)


def _start(length_ms: int, step_seconds: int, now_ms: int) -> int:
    start = now_ms - length_ms
    return start - start % (step_seconds * 1000)


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)
