"""What supervisors of game servers work with, and how often they look."""

from collections.abc import Callable
from dataclasses import dataclass

from vintagestory_api.events import EventBus
from vintagestory_api.kit.clock import Clock
from vintagestory_api.servers.launching import Launcher
from vintagestory_api.servers.timeline import Timeline
from vintagestory_api.services.api_settings import ApiSettings
from vintagestory_api.storage.database import Database


@dataclass(frozen=True)
class Pace:
    """How often a supervisor looks. Durations in seconds."""

    first_pause: float = 5.0
    longest_pause: float = 60.0
    probe_every: float = 60.0
    probe_timeout: float = 10.0
    look_every: float = 5.0


@dataclass(frozen=True)
class Surroundings:
    """What every supervisor works with."""

    launcher: Launcher
    database: Database
    timeline: Timeline
    clock: Clock
    bus: EventBus
    settings: Callable[[], ApiSettings]
    pace: Pace = Pace()
