"""What happened, told to whoever listens. Domains publish; notifications, metrics and pages listen."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import structlog

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Event:
    """Base of all events; subclasses are frozen dataclasses named in the past tense."""


@dataclass(frozen=True)
class GameVersionFound(Event):
    """A version of the game that the version list did not hold before. Published once for each version and channel."""

    version: str
    channel: str


@dataclass(frozen=True)
class RunChanged(Event):
    """A run was claimed, moved on or ended. `ended_ms` is UTC milliseconds, None while it runs; `run` is its public form."""

    job_id: str
    state: str
    ended_ms: int | None
    run: dict[str, Any]


Listener = Callable[[Event], None]


class EventBus:
    """Delivers each event to every listener, in the publishing call. A listener that fails hurts nobody else."""

    def __init__(self) -> None:
        self._listeners: list[Listener] = []

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Add a listener; the returned function takes it away again."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def publish(self, event: Event) -> None:
        for listener in tuple(self._listeners):
            try:
                listener(event)
            except Exception:
                log.exception("event_listener_failed", event_kind=type(event).__name__)
