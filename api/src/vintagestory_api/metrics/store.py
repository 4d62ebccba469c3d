"""Measurements in the database. Importing this module imports SQLAlchemy: see `in_store`."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Connection, and_, cast, delete, func, insert, literal, select

from vintagestory_api.metrics.sample import COARSEST_STEP, DETAIL_MS, SAMPLE_SECONDS, Sample, thin_before
from vintagestory_api.servers.tables import samples, servers

_DAY_MS = 86_400_000


class SampleStore:
    """The statements, on one connection and inside its transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def save(self, measured: Iterable[Sample]) -> None:
        """A later measurement of the same minute replaces the earlier one; one of a server that is gone is left out."""
        by_key = {(sample.server_id, sample.step_seconds, sample.at): sample for sample in measured}
        wanted = {server_id for server_id, _, _ in by_key}
        known = set(self._connection.scalars(select(servers.c.id).where(servers.c.id.in_(wanted))))
        kept = [sample for sample in by_key.values() if sample.server_id in known]
        for sample in kept:
            self._connection.execute(
                delete(samples).where(
                    samples.c.server_id == sample.server_id,
                    samples.c.step_seconds == sample.step_seconds,
                    samples.c.at == sample.at,
                )
            )
        if kept:
            self._connection.execute(insert(samples), [asdict(sample) for sample in kept])

    def thin(self, now_ms: int, keep_days: int) -> int:
        """Put one row in the place of many where they are old, and delete what is older than `keep_days` (0: nothing is).

        Returns how many rows went. Doing it again changes nothing.
        """
        gone = 0
        for step, coarser in zip(DETAIL_MS, [*list(DETAIL_MS)[1:], COARSEST_STEP], strict=True):
            old = and_(samples.c.step_seconds == step, samples.c.at < thin_before(now_ms, step))
            self._add_coarser(old, coarser)
            gone += self._connection.execute(delete(samples).where(old)).rowcount
        if keep_days:
            gone += self._connection.execute(delete(samples).where(samples.c.at < now_ms - keep_days * _DAY_MS)).rowcount
        return gone

    def buckets(self, server_id: str, since_ms: int, step_seconds: int) -> list[Sample]:
        """What was measured from `since_ms` on, oldest first, at most one sample a step; steps without any are left out."""
        start = _start_of(step_seconds)
        query = (
            select(start.label("at"), *_together())
            .where(samples.c.server_id == server_id, samples.c.at >= since_ms)
            .group_by(start)
            .order_by(start)
        )
        rows = self._connection.execute(query).mappings()
        return [Sample(server_id=server_id, step_seconds=step_seconds, **row) for row in rows]

    def minutes_together(self, server_ids: Iterable[str], since_ms: int, step_seconds: int) -> dict[str, list[Sample]]:
        """Players and tick time of each of these servers, from rows of single minutes: only as far back as `thin` leaves them."""
        start = _start_of(step_seconds)
        query = (
            select(samples.c.server_id, start.label("at"), _MOST_PLAYERS, _MEAN_TICK)
            .where(
                samples.c.server_id.in_(list(server_ids)),
                samples.c.step_seconds == SAMPLE_SECONDS,
                samples.c.at >= since_ms,
            )
            .group_by(samples.c.server_id, start)
        )
        found: dict[str, list[Sample]] = {}
        for row in self._connection.execute(query).mappings():
            found.setdefault(row["server_id"], []).append(Sample(step_seconds=step_seconds, **row))
        return found

    def free_space(self, server_id: str, since_ms: int) -> list[tuple[int, int]]:
        """When, and how many bytes were free, oldest first."""
        query = (
            select(samples.c.at, samples.c.disk_free_bytes)
            .where(samples.c.server_id == server_id, samples.c.at >= since_ms, samples.c.disk_free_bytes.is_not(None))
            .order_by(samples.c.at)
        )
        return [(at, free) for at, free in self._connection.execute(query)]

    def _add_coarser(self, old: ColumnElement[bool], step_seconds: int) -> None:
        start = _start_of(step_seconds)
        present = samples.alias()
        is_there = (
            select(present.c.at)
            .where(present.c.server_id == samples.c.server_id, present.c.step_seconds == step_seconds, present.c.at == start)
            .exists()
        )
        coarser = (
            select(samples.c.server_id, literal(step_seconds), start, *_together())
            .where(old, ~is_there)
            .group_by(samples.c.server_id, start)
        )
        columns = ["server_id", "step_seconds", "at", *_MEASURES]
        self._connection.execute(insert(samples).from_select(columns, coarser))


_MEAN_TICK = func.avg(samples.c.tick_ms).label("tick_ms")
_MOST_PLAYERS = func.max(samples.c.players).label("players")
_MEASURES = ("cpu_percent", "memory_bytes", "disk_bytes", "disk_free_bytes", "tick_ms", "players")


def _start_of(step_seconds: int) -> ColumnElement[int]:
    return samples.c.at - samples.c.at % (step_seconds * 1000)


def _together() -> list[ColumnElement[Any]]:
    """The measures of several rows as those of one, in the order of `_MEASURES`."""
    whole = [
        cast(func.avg(samples.c[name]), BigInteger).label(name) for name in ("memory_bytes", "disk_bytes", "disk_free_bytes")
    ]
    return [
        func.avg(samples.c.cpu_percent).label("cpu_percent"),
        *whole,
        _MEAN_TICK,
        _MOST_PLAYERS,
    ]
