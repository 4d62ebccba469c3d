"""What the backups of this machine have to know of their copies elsewhere."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from vintagestory_api.backups.records import BackupRecord
from vintagestory_api.backups.schemas import CopyState


@dataclass(frozen=True)
class OffsiteFacts:
    """Of one server. `last_good_at`: RFC 3339, of its newest backup that lies elsewhere."""

    last_good_at: str | None = None
    problem: str | None = None


class Elsewhere(Protocol):
    async def copies(self, backup_ids: Sequence[str]) -> dict[str, list[CopyState]]: ...

    async def facts(self) -> dict[str, OffsiteFacts]:
        """Server → what is known."""
        ...

    async def forget(self, removed: Sequence[BackupRecord]) -> None:
        """These were deleted, by the rules or by somebody: their copies may go, too."""
        ...

    async def bring_back(self, record: BackupRecord) -> None:
        """Have its file here again, if it is elsewhere. Raises what keeps it from being fetched."""
        ...

    async def check_known(self, target_ids: Sequence[str]) -> None:
        """Raises an error for places that nobody knows."""
        ...


class Nowhere:
    """No copies are made."""

    async def copies(self, backup_ids: Sequence[str]) -> dict[str, list[CopyState]]:  # noqa: ARG002 - nothing is known of any
        return {}

    async def facts(self) -> dict[str, OffsiteFacts]:
        return {}

    async def forget(self, removed: Sequence[BackupRecord]) -> None:
        """There is nothing to forget."""

    async def bring_back(self, record: BackupRecord) -> None:
        """It is nowhere else."""

    async def check_known(self, target_ids: Sequence[str]) -> None:
        """Whatever they are, nothing is copied there."""


@dataclass(frozen=True)
class DrillFacts:
    """Of the latest drill of one server."""

    at: str | None = None
    ok: bool | None = None


class Drilled(Protocol):
    async def facts(self) -> dict[str, DrillFacts]:
        """Server → its latest drill."""
        ...


class NeverDrilled:
    async def facts(self) -> dict[str, DrillFacts]:
        return {}
