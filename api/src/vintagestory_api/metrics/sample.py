"""One measurement of one server, and how long which measurements are kept."""

from dataclasses import dataclass
from typing import Final

SAMPLE_SECONDS: Final = 60
#: Step in seconds → for how long rows of that step are kept before the next step takes their place.
DETAIL_MS: Final = {60: 24 * 3_600_000, 600: 7 * 24 * 3_600_000}
COARSEST_STEP: Final = 3600
_HOUR_MS: Final = 3_600_000


@dataclass(frozen=True)
class Sample:
    """What was measured in the `step_seconds` from `at` on (UTC milliseconds). None: not known. Players: the most at one time."""

    server_id: str
    at: int
    step_seconds: int = SAMPLE_SECONDS
    cpu_percent: float | None = None
    memory_bytes: int | None = None
    disk_bytes: int | None = None
    disk_free_bytes: int | None = None
    tick_ms: float | None = None
    players: float | None = None


def minute_of(now_ms: int) -> int:
    return now_ms - now_ms % (SAMPLE_SECONDS * 1000)


def thin_before(now_ms: int, step_seconds: int) -> int:
    """Rows of this step that are older make room for coarser ones: at least what `DETAIL_MS` says, in whole hours."""
    moment = now_ms - DETAIL_MS[step_seconds]
    return moment - moment % _HOUR_MS
