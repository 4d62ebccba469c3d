"""Keeps schedules that wait for events from running away: at most once in a time, not because of what they do themselves, and
never in a circle. Pure but for what it remembers."""

from collections import deque
from collections.abc import Iterable
from typing import Final

from vintagestory_api.schedules.checking import MOVING_STEPS
from vintagestory_api.schedules.schemas import EventName, EventTrigger, ScheduleBody
from vintagestory_api.services.scheduled_job import Skip

_MINUTE_MS: Final = 60_000
#: A schedule that moves the server, or backs it up, runs no more often than this because of events.
MAX_RUNS, WITHIN_MINUTES = 5, 30
_BRAKED: Final = MOVING_STEPS | {"backup"}
#: What the steps of a schedule may cause: while it runs, it is taken for its own doing.
_OWN_DOING: Final[frozenset[EventName]] = frozenset(
    {"server_ready", "server_stopped", "server_crashed", "last_player_left", "empty_for", "backup_made", "backup_failed"}
)


class Brake:
    """Of one schedule."""

    def __init__(self, began_ms: Iterable[int] = ()) -> None:
        self._began: deque[int] = deque(began_ms, maxlen=MAX_RUNS)

    def note_run(self, now_ms: int) -> None:
        self._began.append(now_ms)

    def reason_to_skip(self, body: ScheduleBody, now_ms: int, *, is_running: bool) -> Skip | None:
        """Why it does not run although what it waits for has happened."""
        trigger = body.trigger
        if not isinstance(trigger, EventTrigger):
            return None
        if is_running and trigger.event in _OWN_DOING:
            return Skip("own_doing", "It is running, so this is taken for its own doing.")
        if self._began and now_ms - self._began[-1] < trigger.wait_minutes * _MINUTE_MS:
            return Skip("too_soon", f"It runs at most once in {trigger.wait_minutes} min.")
        if (until := self.braked_until(body, now_ms)) is not None:
            minutes = max(1, round((until - now_ms) / _MINUTE_MS))
            return Skip("too_often", f"{_RAN_AWAY} It may run again in {minutes} min.")
        return None

    def braked_until(self, body: ScheduleBody, now_ms: int) -> int | None:
        """Until when it is held back; None while it is not."""
        if len(self._began) < MAX_RUNS or not any(step.do in _BRAKED for step in (*body.steps, *body.finally_)):
            return None
        until = self._began[0] + WITHIN_MINUTES * _MINUTE_MS
        return until if now_ms < until else None

    def problem(self, body: ScheduleBody, now_ms: int) -> str | None:
        if not isinstance(body.trigger, EventTrigger) or self.braked_until(body, now_ms) is None:
            return None
        return f"{_RAN_AWAY} It is held back for a while. If its steps cause what it waits for, give it another trigger."


_RAN_AWAY = f"It ran {MAX_RUNS} times within {WITHIN_MINUTES} minutes because of events."
