"""Whether a run may begin, waits, or is skipped; pure functions of the conditions and the facts of the moment."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time
from zoneinfo import ZoneInfo

from vintagestory_api.kit.clock import from_ms
from vintagestory_api.schedules.cron_words import listed
from vintagestory_api.schedules.schemas import Conditions, CronTrigger, QuietHours, ScheduleBody
from vintagestory_api.servers.schemas import ServerState
from vintagestory_api.services.scheduled_job import Skip

_MINUTE_MS = 60_000
_MOST_NAMES = 3


@dataclass(frozen=True)
class Facts:
    """Of one server. `ran_since_backup`, `played_since_backup`: None where nobody can tell, which keeps no run from beginning."""

    now_ms: int
    state: ServerState
    online: tuple[str, ...] = ()
    ran_since_backup: bool | None = None
    played_since_backup: bool | None = None

    @property
    def is_online(self) -> bool:
        return self.state == "running"

    @property
    def is_offline(self) -> bool:
        return self.state not in {"running", "starting", "stopping"}


def reason_to_skip(body: ScheduleBody, facts: Facts) -> Skip | None:
    """What speaks against a run at this moment, apart from players for whom it would wait."""
    return _of_server(body.conditions, facts) or _of_time(body, facts) or _of_backups(body.conditions, facts)


def _of_server(conditions: Conditions, facts: Facts) -> Skip | None:
    if conditions.server == "online" and not facts.is_online:
        return Skip("server_offline", "The server is not online.")
    if conditions.server == "offline" and not facts.is_offline:
        return Skip("server_online", "The server is not offline.")
    if conditions.only_empty and facts.online and not conditions.defer_minutes:
        return Skip("players_online", f"{names(facts.online)} {_are(facts.online)} on.")
    return None


def _of_time(body: ScheduleBody, facts: Facts) -> Skip | None:
    quiet = body.conditions.quiet_hours
    if quiet is not None and is_quiet(quiet, zone_of(body), facts.now_ms):
        return Skip("quiet_hours", f"From {quiet.begin} to {quiet.end} it does not run.")
    return None


def _of_backups(conditions: Conditions, facts: Facts) -> Skip | None:
    if conditions.players_since_backup and facts.played_since_backup is False:
        return Skip("nothing_new", "Nobody was on since the last backup.")
    if conditions.ran_since_backup and facts.ran_since_backup is False:
        return Skip("nothing_new", "The server did not run since the last backup.")
    return None


def waits_until(conditions: Conditions, facts: Facts, began_ms: int) -> int | None:
    """Until when a run that began then waits at most for players to leave; None when it does not wait (any more)."""
    until = began_ms + conditions.defer_minutes * _MINUTE_MS
    return until if facts.online and facts.now_ms < until else None


def after_waiting(conditions: Conditions, facts: Facts) -> Skip | None:
    """Players are still on when the time to wait is over."""
    if facts.online and (conditions.only_empty or conditions.defer_then == "skip") and conditions.defer_minutes:
        return Skip("players_online", f"{names(facts.online)} did not leave within {conditions.defer_minutes} min.")
    return None


def waiting_words(online: Sequence[str], until_ms: int, zone: str) -> str:
    """`Waits for Anna to leave, at most until 05:30`."""
    until = from_ms(until_ms).astimezone(ZoneInfo(zone))
    return f"Waits for {names(online)} to leave, at most until {until:%H:%M}"


def zone_of(body: ScheduleBody) -> str:
    """In which the times of its conditions are meant."""
    if body.conditions.zone is not None:
        return body.conditions.zone
    return body.trigger.zone if isinstance(body.trigger, CronTrigger) else "UTC"


def is_quiet(quiet: QuietHours, zone: str, now_ms: int) -> bool:
    now = from_ms(now_ms).astimezone(ZoneInfo(zone)).time().replace(second=0, microsecond=0)
    begin, end = _clock_time(quiet.begin), _clock_time(quiet.end)
    return begin <= now < end if begin <= end else now >= begin or now < end


def names(online: Sequence[str]) -> str:
    """`Anna`, `Anna and Ben`, `Anna, Ben and 4 others`."""
    if len(online) <= _MOST_NAMES:
        return listed(list(online)) if online else "nobody"
    return listed([*online[: _MOST_NAMES - 1], f"{len(online) - _MOST_NAMES + 1} others"])


def _are(online: Sequence[str]) -> str:
    return "is" if len(online) == 1 else "are"


def _clock_time(text: str) -> time:
    return datetime.strptime(text, "%H:%M").time()  # noqa: DTZ007 - a time of day has no zone
