"""A game server as it is stored, and an entry of its timeline. Times in UTC milliseconds."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from vintagestory_api.kit.ids import uuid7
from vintagestory_api.servers.schemas import ServerSettings, TimelineKind, Wanted

Outcome = Literal["stopped", "crashed", "failed_to_start"]


@dataclass(frozen=True)
class ServerRecord:
    """`data_path` is absolute for an adopted folder, else relative to the manager's own. `setup`: what an unfinished creation or
    deletion still has to do. `instance`, `last_seq`, `outcome`: of the latest start the name, the highest known number of a
    line, and how it ended (None while it runs, and before the first start). `version_before`: what to go back to when `version`,
    which it was changed to, does not start; None once that was ready."""

    id: str
    name: str
    version: str | None
    port: int
    data_path: str
    created_at: int
    created_by: str
    wanted: Wanted = "stopped"
    settings: ServerSettings = field(default_factory=ServerSettings)
    setup: Mapping[str, Any] | None = None
    instance: str | None = None
    last_seq: int = 0
    outcome: Outcome | None = None
    deleted_at: int | None = None
    version_before: str | None = None

    @property
    def is_adopted(self) -> bool:
        return Path(self.data_path).is_absolute()

    def changed(self, **fields: Any) -> "ServerRecord":
        return replace(self, **fields)


@dataclass(frozen=True)
class Happening:
    """An entry of a timeline. Entries with `instance` and `seq` are unique for each kind, so that lines which are read for the
    second time add nothing."""

    server_id: str
    at: int
    kind: TimelineKind
    actor: str | None = None
    run_id: str | None = None
    instance: str | None = None
    seq: int | None = None
    details: Mapping[str, Any] = field(default_factory=dict)
    id: str = field(default_factory=uuid7)
