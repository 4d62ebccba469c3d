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
    """A run was claimed, moved on or ended, or a tick became a row without running.

    `ended_ms` is UTC milliseconds, None while it runs; `run` is its public form. Progress is told a few times a second at most.
    """

    job_id: str
    state: str
    ended_ms: int | None
    run: dict[str, Any]


@dataclass(frozen=True)
class JobChanged(Event):
    """A job was paused, resumed, turned on or off, or is due at other times than before."""

    job_id: str


@dataclass(frozen=True)
class SettingsChanged(Event):
    """Other settings are in force."""


@dataclass(frozen=True)
class OverviewChanged(Event):
    """An upstream, a problem, or what else needs a person is another than before."""


@dataclass(frozen=True)
class AccessChanged(Event):
    """Who may come in, or the trail of changes, is another than before."""


@dataclass(frozen=True)
class ServerChanged(Event):
    """The state, version, wanted state, operation or settings of a game server are others than before, or it is new or gone;
    or its timeline has grown."""

    server_id: str


@dataclass(frozen=True)
class ServerTold(Event):
    """A line of a game's console says that something happened (`servers.line_events`).

    `instance` names the start of the game, `seq` the line; `at_ms` is when the manager read it. A restarted manager reads again
    what an earlier one has read: `instance` and `seq` are the same then, so that nobody counts it twice.
    """

    server_id: str
    instance: str
    seq: int
    at_ms: int
    what: Any


@dataclass(frozen=True)
class StatsAnswered(Event):
    """A game has answered `/stats`: the text of its lines, without times and tags, as the game printed them."""

    server_id: str
    lines: tuple[str, ...]


@dataclass(frozen=True)
class PlayersChanged(Event):
    """Who is on, or what is known of a player, is another than before."""

    server_id: str


@dataclass(frozen=True)
class InstalledVersionsChanged(Event):
    """A version of the game was installed or removed."""


@dataclass(frozen=True)
class ServerConfigChanged(Event):
    """The configuration of a server's game, or what of it waits for the next stop, is another than before."""

    server_id: str


@dataclass(frozen=True)
class ServerModsChanged(Event):
    """The mods of a server, what waits for its next start, or what is known of updates for them, are others than before."""

    server_id: str


@dataclass(frozen=True)
class ModUpdateFound(Event):
    """A release newer than the installed one that was not known before. Published once for each server, mod and version."""

    server_id: str
    modid: str
    installed: str
    version: str


@dataclass(frozen=True)
class ServerNoted(Event):
    """Something entered the timeline of a server for the first time: `kind` and `details` as in `servers.schemas.TimelineEntry`.
    `actor` is None for the manager itself."""

    server_id: str
    kind: str
    at_ms: int
    actor: str | None
    details: dict[str, Any]


@dataclass(frozen=True)
class BackupsChanged(Event):
    """The backups of a server, their rules, or their copies elsewhere are others than before."""

    server_id: str


@dataclass(frozen=True)
class BackupMade(Event):
    """A backup of a server is complete. `world`: verified, damaged, or none where the server has no world yet."""

    server_id: str
    backup_id: str
    kind: str
    world: str
    size_bytes: int


@dataclass(frozen=True)
class SchedulesChanged(Event):
    """A schedule of a server is new, other than before, or gone; or when it is due is another."""

    server_id: str


@dataclass(frozen=True)
class UpdatesChanged(Event):
    """What could be updated on a server, what is done of itself, or an update of it is another than before."""

    server_id: str


@dataclass(frozen=True)
class UpdateEnded(Event):
    """An update of a server has ended. `outcome`: updated, went_back, failed or nothing_to_do. `is_half_done`: it failed, and
    the server has not what it had before. `was_cancelled`: somebody wanted it to fail."""

    server_id: str
    update_id: str
    outcome: str
    text: str
    is_half_done: bool = False
    was_cancelled: bool = False


@dataclass(frozen=True)
class AlertsChanged(Event):
    """An alert was raised, came again, was closed or acknowledged."""

    alert_id: str


@dataclass(frozen=True)
class NotificationsChanged(Event):
    """A target of notifications, or what became of a notification, is another than before."""


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
