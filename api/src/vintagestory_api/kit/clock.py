"""Time as a collaborator, so that tests need no sleep and a jump of the wall clock can be noticed."""

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


class Clock(Protocol):
    def now_ms(self) -> int:
        """Wall-clock time, integer milliseconds since the epoch, UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds that never go back and do not follow changes of the wall clock."""
        ...


class SystemClock:
    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000

    def monotonic(self) -> float:
        return time.monotonic()


def from_ms(ms: int) -> datetime:
    return _EPOCH + ms * _MILLISECOND


def to_ms(moment: datetime) -> int:
    """Whole milliseconds since the epoch, rounded down: no moment is ever placed later than it was."""
    return (moment - _EPOCH) // _MILLISECOND


def rfc3339(ms: int | None) -> str | None:
    """`2026-11-23T14:00:00.000Z` for integer UTC milliseconds; None stays None."""
    if ms is None:
        return None
    return from_ms(ms).isoformat(timespec="milliseconds").replace("+00:00", "Z")
