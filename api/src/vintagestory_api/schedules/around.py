"""What schedules need of others, and no more."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

from vintagestory_api.events import EventBus
from vintagestory_api.kit.clock import Clock
from vintagestory_api.runs.ledger import RunsLedger
from vintagestory_api.services.run_records import RunRecord
from vintagestory_api.services.scheduler import SchedulerService
from vintagestory_api.storage.database import Database

if TYPE_CHECKING:
    from vintagestory_api.servers.registry import Servers


class WhoIsOn(Protocol):
    def online_names(self, server_id: str) -> list[str]:
        """Who is on, in the order in which they joined; nobody while the game does not run."""
        ...

    async def last_left_ms(self, server_id: str) -> int | None:
        """When the latest session that has ended did."""
        ...


class Backups(Protocol):
    async def back_up(self, server_id: str, *, actor: str, note: str | None) -> RunRecord:
        """Begin a backup. Raises `ServerBusy`."""
        ...

    async def last_good_ms(self, server_id: str) -> int | None:
        """For which moment the latest good backup tells the world; None when there is none."""
        ...

    async def ran_since_last_good(self, server_id: str) -> bool: ...


class Updates(Protocol):
    async def update(self, server_id: str, what: Literal["mods", "game"], *, actor: str) -> RunRecord | str:
        """Begin an update as the server's policy allows; where there is nothing to do, why. Raises `ServerBusy`."""
        ...


class Messages(Protocol):
    async def send_message(self, server_id: str, text: str) -> None: ...


@dataclass(frozen=True)
class Around:
    database: Database
    clock: Clock
    bus: EventBus
    ledger: RunsLedger
    servers: "Servers"
    scheduler: Callable[[], SchedulerService]
    players: WhoIsOn
    backups: Backups
    updates: Updates
    messages: Messages
