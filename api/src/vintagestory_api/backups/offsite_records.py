"""Places off the machine, and copies there, as they are stored. The store behind them is imported at its first use."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from vintagestory_api.backups.records import BackupRecord
from vintagestory_api.backups.schemas import CopyState
from vintagestory_api.kit.clock import rfc3339
from vintagestory_api.kit.ids import uuid7
from vintagestory_api.storage.database import Database

if TYPE_CHECKING:
    from vintagestory_api.backups.offsite_store import OffsiteStore

#: `removed`: its backup is deleted, and the copy is to go, too.
State = Literal["waiting", "copying", "copied", "failed", "removed"]

T = TypeVar("T")


@dataclass(frozen=True)
class TargetRecord:
    """`where`: folder or repository, without secrets. `mark`: what shows that it is still the same place: the id in the marker of
    a folder, or that of a repository. `problem`: why the last try failed; `check_problem`: what the last check found, until one
    finds all in order."""

    name: str
    kind: Literal["folder", "restic"]
    where: str
    mark: str
    created_at: int
    max_age_hours: int = 48
    has_password: bool = False
    environment: list[str] = field(default_factory=list)
    last_check_at: int | None = None
    problem: str | None = None
    check_problem: str | None = None
    id: str = field(default_factory=uuid7)

    def changed(self, **fields: Any) -> "TargetRecord":
        return replace(self, **fields)


@dataclass(frozen=True)
class CopyRecord:
    """`at`: of its state. `made_at` to `size_bytes`: of the backup, which may be deleted before its copy is. `since`: when it was
    first wanted. `is_lasting`: trying again does not help. `sha256` and `bytes`: of what lies there. `snapshot`: its id in a
    repository. `wants_check`: it is to be read back before anything relies on it alone."""

    backup_id: str
    target_id: str
    server_id: str
    state: State
    at: int
    made_at: int
    file_name: str
    size_bytes: int
    since: int
    error: str | None = None
    is_lasting: bool = False
    sha256: str = ""
    bytes: int = 0
    snapshot: str | None = None
    verified_at: int | None = None
    wants_check: bool = False

    @classmethod
    def wanted(cls, backup: BackupRecord, target_id: str, now_ms: int) -> "CopyRecord":
        return cls(
            backup_id=backup.id,
            target_id=target_id,
            server_id=backup.server_id,
            state="waiting",
            at=now_ms,
            made_at=backup.made_at,
            file_name=backup.file_name,
            size_bytes=backup.size_bytes,
            since=now_ms,
        )

    def changed(self, **fields: Any) -> "CopyRecord":
        return replace(self, **fields)

    def view(self, target_name: str) -> CopyState:
        return CopyState(
            target_id=self.target_id, target_name=target_name, state=self.state, at=rfc3339(self.at) or "", error=self.error
        )


async def in_offsite_store(database: Database, work: "Callable[[OffsiteStore], T]") -> T:
    """Do `work` on the store in one transaction, off the event loop."""
    await database.engine()  # imports SQLAlchemy in a thread, so the import below is short
    from vintagestory_api.backups.offsite_store import OffsiteStore  # noqa: PLC0415 - SQLAlchemy costs half a second; start-up must not wait

    return await database.run(lambda connection: work(OffsiteStore(connection)))
