"""What updates need of others, and no more."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from vintagestory_api.backups.schemas import BackupEstimate, BackupKind, BackupPart, BackupSummary
from vintagestory_api.backups.shelf import Shelf
from vintagestory_api.events import EventBus
from vintagestory_api.game_versions.catalog import VersionEntry
from vintagestory_api.game_versions.client import Channel
from vintagestory_api.game_versions.runtime import Runtime
from vintagestory_api.kit.clock import Clock
from vintagestory_api.server_mods.service import ServerMods
from vintagestory_api.servers.registry import Servers
from vintagestory_api.storage.database import Database
from vintagestory_api.updates.announcing import MINUTE_SECONDS


class Versions(Protocol):
    """The part of `game_versions.installs.Installs` that is needed here."""

    def find(self, version: str) -> Any | None: ...

    async def check(self, version: str) -> None: ...

    async def install(self, version: str) -> Any: ...

    async def runtime_of(self, version: str) -> Runtime: ...

    async def free_bytes(self) -> int: ...


class VersionList(Protocol):
    """The part of `game_versions.catalog.GameVersionCatalog` that is needed here."""

    async def list_versions(self, channel: Channel | None = None) -> list[VersionEntry]: ...


class Backups(Protocol):
    """The part of `backups.service.Backups` that is needed here."""

    shelf: Shelf

    async def estimate(self, server_id: str) -> BackupEstimate: ...

    async def make_within(
        self, server_id: str, *, kind: BackupKind, actor: str | None, note: str | None = None
    ) -> BackupSummary: ...


class Restores(Protocol):
    """The part of `backups.restoring.Restores` that is needed here."""

    async def put_back_within(
        self, server_id: str, backup_id: str, *, parts: Sequence[BackupPart] | None = None, actor: str | None = None
    ) -> None: ...


@dataclass(frozen=True)
class Pace:
    """Durations in seconds."""

    minute: float = MINUTE_SECONDS
    #: Between two tries to hold a server that something else holds.
    again: float = 0.5
    #: Time for a game to answer at the end of its watch: one that saves a large world, or makes new land, may take its time.
    answer: float = 60.0


@dataclass(frozen=True)
class Around:
    """`players`: names of those who are on a server."""

    database: Database
    clock: Clock
    bus: EventBus
    servers: Servers
    mods: ServerMods
    versions: Versions
    version_list: VersionList
    backups: Backups
    restores: Restores
    players: Callable[[str], Sequence[str]]
    pace: Pace = field(default_factory=Pace)
