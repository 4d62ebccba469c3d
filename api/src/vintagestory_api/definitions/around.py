"""What definitions need of others, and no more."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from vintagestory_api.backups.service import Backups
from vintagestory_api.events import EventBus
from vintagestory_api.kit.clock import Clock
from vintagestory_api.notifications.service import Notifications
from vintagestory_api.runs.ledger import RunsLedger
from vintagestory_api.schedules.service import Schedules
from vintagestory_api.server_config.service import ServerConfigs
from vintagestory_api.server_mods.service import ServerMods
from vintagestory_api.servers.registry import Servers
from vintagestory_api.servers.setup import Setup
from vintagestory_api.services.scheduler import SchedulerService
from vintagestory_api.updates.service import Updates


class Installs(Protocol):
    """The part of `game_versions.installs.Installs` that is needed here."""

    def find(self, version: str) -> Any | None: ...

    async def check(self, version: str) -> None: ...


class Places(Protocol):
    """The places for copies of backups, by their ids."""

    async def known(self) -> Mapping[str, Any]: ...


@dataclass(frozen=True)
class Around:
    """`folder`: where it is kept what is being applied."""

    folder: Path
    clock: Clock
    bus: EventBus
    scheduler: Callable[[], SchedulerService]
    ledger: RunsLedger
    servers: Servers
    setup: Setup
    installs: Installs
    configs: ServerConfigs
    mods: ServerMods
    schedules: Schedules
    backups: Backups
    places: Places
    updates: Updates
    notifications: Notifications
