"""A backup as it is stored, and as the API shows it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from vintagestory_api.backups.schemas import BackupKind, BackupSummary, CopyState, WorldState
from vintagestory_api.kit.clock import rfc3339

VANISHED = "Its file is not there any more."
OTHER_SIZE = "Its file has {now:,} bytes, and had {then:,} when it was made: it is damaged, or was not copied to its end."
DAMAGED = "Its world was damaged already when it was packed."


@dataclass(frozen=True)
class BackupFilter:
    """`text`: in the note, the name of the server, or that of the file. `only_servers`: those of no others."""

    server_id: str | None = None
    kind: str | None = None
    text: str = ""
    only_servers: frozenset[str] | None = None


@dataclass(frozen=True)
class BackupRecord:
    """`made_at` and `verified_at` in UTC milliseconds. `made_by`: None for the manager itself. `mods`: how many its lock list
    names. `unpacked_bytes`: what is in it, together."""

    id: str
    server_id: str
    made_at: int
    kind: BackupKind
    file_name: str
    size_bytes: int
    world: WorldState
    server_name: str
    game_version: str | None = None
    mods: int = 0
    unpacked_bytes: int = 0
    made_by: str | None = None
    pinned: bool = False
    note: str | None = None
    verified_at: int | None = None
    problem: str | None = None

    def changed(self, **changes: Any) -> "BackupRecord":
        return replace(self, **changes)

    def summary(self, *, size_there: int | None, copies: Sequence[CopyState] = ()) -> BackupSummary:
        """`size_there`: of its file; None where there is none. One that lies only elsewhere is in order."""
        problem = self.problem or (DAMAGED if self.world == "damaged" else None)
        if size_there is None:
            problem = problem if any(copy.state == "copied" for copy in copies) else VANISHED
        elif size_there != self.size_bytes:
            problem = OTHER_SIZE.format(now=size_there, then=self.size_bytes)
        return BackupSummary(
            id=self.id,
            server_id=self.server_id,
            server_name=self.server_name,
            made_at=rfc3339(self.made_at) or "",
            kind=self.kind,
            file_name=self.file_name,
            size_bytes=self.size_bytes,
            world=self.world,
            game_version=self.game_version,
            mods=self.mods,
            pinned=self.pinned,
            note=self.note,
            verified_at=rfc3339(self.verified_at),
            problem=problem,
            is_there=size_there is not None,
            made_by=self.made_by,
            copies=list(copies),
        )
