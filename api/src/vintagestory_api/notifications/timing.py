"""Which notices go to a target, and when: pure functions, so that nobody has to wait for a night to try quiet hours."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from vintagestory_api.kit.clock import from_ms, to_ms
from vintagestory_api.notifications.records import Notice
from vintagestory_api.notifications.schemas import Rule, Severity, TargetOptions
from vintagestory_api.notifications.wording import zone_or_utc
from vintagestory_api.schedules.schemas import QuietHours

_MINUTE: Final = 60_000
_HOUR: Final = 3_600_000
#: Messages to one target within an hour; then one summary. What is critical may use some more.
PER_HOUR: Final = 20
PER_HOUR_CRITICAL: Final = 30
#: What happens again on the same server so soon after it was told is gathered.
SAME_AGAIN_MS: Final = 5 * _MINUTE
#: Minutes until the next try, after the first failure, the second, and so on; then it is given up.
TRY_AGAIN_MINUTES: Final = (1, 5, 15, 60)

_WEIGHTS: Final[dict[Severity, int]] = {"info": 0, "warning": 1, "critical": 2}


@dataclass(frozen=True)
class Told:
    """What went to a target within the last hour: when, and the kinds with their servers."""

    at: int
    about: frozenset[tuple[str, str | None]]


def is_wanted(options: TargetOptions, notice: Notice) -> bool:
    """Whether the rules of a target let a notice through. A test and a message of a schedule go to all that are enabled."""
    if not options.enabled or (notice.phase == "over" and not options.told_when_over):
        return False
    if notice.kind in {"message", "test"}:
        return not any(rule.servers for rule in options.rules) or any(_is_of_server(rule, notice) for rule in options.rules)
    return any(_lets_through(rule, notice) for rule in options.rules)


def _lets_through(rule: Rule, notice: Notice) -> bool:
    if rule.kinds and notice.kind not in rule.kinds:
        return False
    return _is_of_server(rule, notice) and _WEIGHTS[notice.severity] >= _WEIGHTS[rule.min_severity]


def _is_of_server(rule: Rule, notice: Notice) -> bool:
    return not rule.servers or notice.server_id in rule.servers


def release_at(options: TargetOptions, notice: Notice, told: Sequence[Told], now_ms: int) -> int:
    """When the message that holds this notice may leave; `now_ms`: at once."""
    is_urgent = notice.is_urgent
    at = now_ms if is_urgent else now_ms + options.digest_minutes * _MINUTE
    about = (notice.kind, notice.server_id)
    if notice.kind != "message" and (same := [one.at for one in told if about in one.about and now_ms - one.at < SAME_AGAIN_MS]):
        at = max(at, max(same) + SAME_AGAIN_MS)
    limit = PER_HOUR_CRITICAL if is_urgent else PER_HOUR
    recent = sorted(one.at for one in told if now_ms - one.at < _HOUR)
    if len(recent) >= limit:
        at = max(at, recent[-limit] + _HOUR)
    # Last, so that nothing that is put off for another reason falls into them.
    return at if is_urgent else not_quiet_at(options, at)


def not_quiet_at(options: TargetOptions, at_ms: int) -> int:
    """The first moment from then on at which what is not urgent may be sent."""
    return at_ms if options.quiet_hours is None else after_quiet_hours(options.quiet_hours, options.zone, at_ms)


def after_quiet_hours(quiet: QuietHours, zone: str, at_ms: int) -> int:
    """`at_ms`, or the end of the quiet hours that it lies in."""
    moment = from_ms(at_ms).astimezone(zone_or_utc(zone))
    begin, end = _minutes(quiet.begin), _minutes(quiet.end)
    present = moment.hour * 60 + moment.minute
    is_quiet = begin <= present < end if begin <= end else present >= begin or present < end
    if not is_quiet:
        return at_ms
    last = datetime(moment.year, moment.month, moment.day, end // 60, end % 60, tzinfo=moment.tzinfo)
    if end <= present:
        last = _next_day(last)
    # A clock that is set back meanwhile must not put the end before the beginning.
    return max(to_ms(last), at_ms)


def try_again_at(attempts: int, now_ms: int) -> int | None:
    """None: it has been tried often enough."""
    if attempts > len(TRY_AGAIN_MINUTES):
        return None
    return now_ms + TRY_AGAIN_MINUTES[attempts - 1] * _MINUTE


def _next_day(moment: datetime) -> datetime:
    day = moment.date() + timedelta(days=1)
    return datetime(day.year, day.month, day.day, moment.hour, moment.minute, tzinfo=moment.tzinfo)


def _minutes(clock_time: str) -> int:
    hours, _, minutes = clock_time.partition(":")
    return int(hours) * 60 + int(minutes)
