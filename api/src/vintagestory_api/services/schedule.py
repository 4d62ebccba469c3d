"""When a job is due: pure functions of (schedule, last tick, now), so tests need no clock.

All moments are integer UTC milliseconds. A tick is a moment at which a schedule says "now".
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from itertools import islice
from typing import Literal, Protocol
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from vintagestory_api.errors import Invalid
from vintagestory_api.kit.clock import from_ms, to_ms

Trigger = Literal["schedule", "manual", "startup", "catch_up", "event"]
#: Which of the ticks that came while the manager was away are run afterwards: none, the latest, or all up to a limit.
CatchUp = Literal["none", "one", "all"]

#: Ticks of a cron expression are counted one by one, so only up to here.
MAX_COUNTED_TICKS = 2_000
_DAY_MS = 86_400_000
_LOOK_BACK_MS = (3_600_000, _DAY_MS, 8 * _DAY_MS, 63 * _DAY_MS, 400 * _DAY_MS, 4_000 * _DAY_MS)


class InvalidCron(Invalid, ValueError):
    code = "invalid_cron"


class NoSuchZone(InvalidCron):
    """An IANA name that this machine does not know, or does not know any more."""


class InvalidInterval(Invalid, ValueError):
    code = "invalid_interval"


def part_of(whole_ms: int, job_id: str) -> int:
    """A part of a time that is always the same for a job, and another for other jobs."""
    digest = hashlib.blake2b(job_id.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") % whole_ms


class Schedule(Protocol):
    def next_after(self, moment: int) -> int | None:
        """The first tick later than `moment`; None when there is none."""
        ...

    def latest_until(self, moment: int) -> int | None:
        """The last tick at or before `moment`; None when there was none."""
        ...

    def count_between(self, after: int, before: int) -> int:
        """How many ticks lie strictly between the two moments; `MAX_COUNTED_TICKS` may mean more."""
        ...


@dataclass(frozen=True)
class Interval:
    """Ticks at `n × every_ms + offset_ms` since the epoch: the grid stays where it is across restarts, and
    the offset, made from the job's id, keeps jobs of equal interval apart.
    """

    every_ms: int
    offset_ms: int = 0

    @classmethod
    def for_job(cls, job_id: str, seconds: float) -> "Interval":
        every_ms = round(seconds * 1000) if 0 < seconds < 1e10 else 0
        if every_ms < 1:
            raise InvalidInterval(f"The interval of {job_id} is {seconds!r} s; give more than 0 seconds and less than 317 years.")
        return cls(every_ms, part_of(every_ms, job_id))

    def next_after(self, moment: int) -> int:
        return (moment - self.offset_ms) // self.every_ms * self.every_ms + self.offset_ms + self.every_ms

    def latest_until(self, moment: int) -> int:
        return (moment - self.offset_ms) // self.every_ms * self.every_ms + self.offset_ms

    def count_between(self, after: int, before: int) -> int:
        first = self.next_after(after)
        return 0 if first >= before else (before - 1 - first) // self.every_ms + 1


@dataclass(frozen=True)
class Cron:
    """A five-field cron expression in an IANA time zone, with the rules of Debian's cron (also across DST)."""

    expression: str
    zone: str = "UTC"
    #: The latest answer: after the first moment of each pair comes the second, and nothing in between.
    _seen: list[tuple[int, int]] = field(default_factory=list, compare=False, repr=False)

    @classmethod
    def parse(cls, expression: str, zone: str = "UTC") -> "Cron":
        """Check expression and zone; raises `InvalidCron` that says what is wrong."""
        cron = cls(" ".join(expression.split()), zone)
        try:
            next(cron._ticks_from(0))
        except InvalidCron:
            raise
        except (CronSimError, ValueError, StopIteration) as error:
            raise InvalidCron(
                f"The cron expression {expression!r} can't be used: {str(error) or 'it never comes true'}. "
                "It has five fields: minute, hour, day of month, month, day of week."
            ) from error
        return cron

    def next_after(self, moment: int) -> int | None:
        if self._seen and self._seen[0][0] <= moment < self._seen[0][1]:
            return self._seen[0][1]
        tick = next(self._ticks_from(moment), None)
        self._seen[:] = [(moment, tick)] if tick is not None else []
        return tick

    def latest_until(self, moment: int) -> int | None:
        # Mostly it is the one that was next before.
        known = self._seen[0][1] if self._seen else None
        if known is not None and known <= moment:
            following = self.next_after(known)
            if following is None or following > moment:
                return known
        # Walked forwards only, so that looking back agrees with looking ahead at every change of the clocks.
        for span in _LOOK_BACK_MS:
            latest = None
            for tick in self._ticks_from(moment - span):
                if tick > moment:
                    break
                latest = tick
            if latest is not None:
                return latest
        return None

    def count_between(self, after: int, before: int) -> int:
        count = 0
        for tick in islice(self._ticks_from(after), MAX_COUNTED_TICKS):
            if tick >= before:
                break
            count += 1
        return count

    def _ticks_from(self, moment: int) -> Iterator[int]:
        fields = plain_fields(self.expression)
        # cronsim treats datetime.timezone.utc as free of DST and takes a shorter way.
        zone: tzinfo = UTC if self.zone == "UTC" else _zone(self.zone)
        for tick in CronSim(fields, from_ms(moment).astimezone(zone)):
            at = to_ms(tick.astimezone(UTC))
            if at > moment:
                yield at


@dataclass(frozen=True)
class NoTicks:
    """Of a job that waits for events."""

    def next_after(self, moment: int) -> int | None:  # noqa: ARG002 - none
        return None

    def latest_until(self, moment: int) -> int | None:  # noqa: ARG002 - none
        return None

    def count_between(self, after: int, before: int) -> int:  # noqa: ARG002 - none
        return 0


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise NoSuchZone(f"There is no time zone {name!r}. Give an IANA name such as Europe/Berlin or UTC.") from error


_MACROS = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
#: Field → (lowest, highest value, names), for ranges that go round, such as 22-2 or FRI-MON.
_FIELDS: tuple[tuple[int, int, tuple[str, ...], int], ...] = (
    (0, 59, (), 0),
    (0, 23, (), 0),
    (1, 31, (), 0),
    (1, 12, _MONTHS, 1),
    (0, 6, _DAYS, 0),
)
_RANGE = re.compile(r"(\w{1,3})-(\w{1,3})(?:/(\d{1,2}))?", re.ASCII)


def plain_fields(expression: str) -> str:
    """The expression without macros and wrap-around ranges, which cronsim does not know."""
    fields = _MACROS.get(expression.lower(), expression).upper().split()
    if len(fields) != len(_FIELDS):
        raise CronSimError(f"it has {len(fields)} fields")
    return " ".join(_unwrap(field, *limits) for field, limits in zip(fields, _FIELDS, strict=True))


def _unwrap(field: str, low: int, high: int, names: tuple[str, ...], first: int) -> str:
    def value(text: str) -> int | None:
        if text in names:
            return names.index(text) + first
        return int(text) if text.isdigit() else None

    top = 7 if names is _DAYS else high  # 7 is Sunday, too
    terms = []
    for term in field.split(","):
        match = _RANGE.fullmatch(term)
        start, end = (value(match[1]), value(match[2])) if match else (None, None)
        if match is None or start is None or end is None or start <= end or start > top or end < low:
            terms.append(term)
            continue
        around = [*range(start, high + 1), *range(low, end + 1)]
        step = int(match[3] or 1)
        terms.append(",".join(map(str, around[::step])) if step else term)
    return ",".join(terms)


@dataclass(frozen=True)
class LastTick:
    """What the ledger remembers of a job's schedule: its latest tick and how that run ended."""

    scheduled_for: int
    state: str
    #: The run before that one was lost as well: then it is not repeated again, lest it takes the manager down each time.
    lost_before: bool = False


@dataclass(frozen=True)
class Due:
    at: int
    trigger: Trigger


def due_at_start(schedule: Schedule, last: LastTick | None, now: int, *, catch_up: bool) -> Due | None:
    """Whether a job must run as soon as it is registered, and why; None when its next tick is early enough.

    A job with an interval that never ran is due at once. One that missed ticks, or whose latest run was lost,
    is due once (`catch_up`). A cron job that never ran waits for its time.
    """
    latest = schedule.latest_until(now)
    if latest is None:
        return None
    if last is None:
        return Due(latest, "startup") if isinstance(schedule, Interval) else None
    if not catch_up:
        return None
    if last.state == "lost" and not last.lost_before:
        return Due(max(latest, last.scheduled_for + 1), "catch_up")
    if isinstance(schedule, Interval):
        # A changed interval moves the grid; what counts is that a whole interval went by.
        return Due(latest, "catch_up") if now - last.scheduled_for >= schedule.every_ms and latest > last.scheduled_for else None
    return Due(latest, "catch_up") if latest > last.scheduled_for else None


@dataclass(frozen=True)
class Reckoning:
    """What became of the ticks since the last one: those to run now, oldest first, and how many were missed, from which on."""

    run: tuple[int, ...]
    missed: int = 0
    missed_from: int | None = None


def reckon(schedule: Schedule, since: int | None, tick: int, *, wanted: int = 1) -> Reckoning:
    """`tick` is due; `since` was the last one before, None where nothing is known. Of the ticks from then on the latest `wanted`
    are run, and those before are missed."""
    if since is None:
        return Reckoning((tick,))
    run = [tick]
    while len(run) < wanted:
        before = schedule.latest_until(run[0] - 1)
        if before is None or before <= since:
            break
        run.insert(0, before)
    missed = schedule.count_between(since, run[0])
    return Reckoning(tuple(run), missed, (schedule.next_after(since) or tick) if missed else None)
