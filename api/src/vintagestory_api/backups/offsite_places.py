"""A place off the machine, as whoever copies there sees it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from vintagestory_api.backups.offsite_records import CopyRecord
from vintagestory_api.backups.offsite_run import Tell


@dataclass(frozen=True)
class Stored:
    """What lies there now. `is_verified`: it was read back and compared."""

    sha256: str
    bytes: int
    snapshot: str | None
    is_verified: bool


class Place(Protocol):
    """Each raises what `run_offsite` raises."""

    async def look(self) -> str:
        """See that it is there, and can be used; what was found, in words."""
        ...

    async def put(self, copy: CopyRecord, archive: Path, tell: Tell) -> Stored: ...

    async def verify(self, copy: CopyRecord, tell: Tell) -> None:
        """Read a copy to its end."""
        ...

    async def get(self, copy: CopyRecord, target: Path, tell: Tell) -> None:
        """Write the archive to `target`, which is not there yet, as far as it is what was copied."""
        ...

    async def remove(self, copies: Sequence[CopyRecord]) -> None: ...

    async def missing(self, copies: Sequence[CopyRecord]) -> list[CopyRecord]:
        """Those that are not there any more, or not whole, as far as that is seen without reading them."""
        ...

    async def check(self, tell: Tell) -> None:
        """Whether the place itself is in order, beyond single copies."""
        ...
