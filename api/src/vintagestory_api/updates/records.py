"""An update as it is stored: what a person is told of it, and what the manager has to know to finish or undo it."""

from dataclasses import dataclass, fields, replace
from typing import Any, Literal

from vintagestory_api.kit.clock import rfc3339
from vintagestory_api.servers.schemas import Wanted
from vintagestory_api.updates.schemas import Outcome, Phase, UpdateRecord

Trigger = Literal["manual", "schedule", "policy"]


@dataclass(frozen=True)
class Update:
    """`phase` is written before what it names is begun. Times in UTC milliseconds.

    `key` tells what was to be changed: one that went back is not tried again by itself. `wanted` is what was wanted of the
    server before; `mods_from` and `mods_to` are the numbers of its sets of mods, `mods_to` once the new one is made. `has_run`:
    the game was started with what is new (at `switched_at`), so that the world may be another one than before. `played_id`: a
    backup of what was played since. `is_back`: version, mods and world are the old ones again, and are not put back once more.
    `warns`: players are to be told, or were. `known_troubles`: what the log said about mods before.
    """

    id: str
    server_id: str
    started_at: int
    trigger: Trigger
    wanted: Wanted
    watch_seconds: int
    key: str
    phase: Phase = "planned"
    run_id: str | None = None
    actor: str | None = None
    game_from: str | None = None
    game_to: str | None = None
    mods_from: int | None = None
    mods_to: int | None = None
    mods_changed: int = 0
    warns: bool = False
    has_run: bool = False
    switched_at: int | None = None
    played_id: str | None = None
    is_back: bool = False
    backup_id: str | None = None
    backup_world: str | None = None
    backup_made_at: str | None = None
    ended_at: int | None = None
    outcome: Outcome | None = None
    text: str | None = None
    blamed_mods: tuple[str, ...] = ()
    known_troubles: tuple[str, ...] = ()

    def changed(self, **changes: Any) -> "Update":
        return replace(self, **changes)

    @property
    def changes_game(self) -> bool:
        return self.game_from != self.game_to

    @property
    def should_run(self) -> bool:
        return self.wanted == "running"

    @property
    def is_switched(self) -> bool:
        """What is new may be in its place, so that ending here means going back."""
        return self.phase in {"switching", "starting", "watching", "going_back"}

    def view(self) -> UpdateRecord:
        return UpdateRecord(
            id=self.id,
            server_id=self.server_id,
            run_id=self.run_id,
            trigger=self.trigger,
            actor=self.actor,
            started_at=rfc3339(self.started_at) or "",
            ended_at=rfc3339(self.ended_at),
            phase=self.phase,
            outcome=self.outcome,
            game_from=self.game_from,
            game_to=self.game_to,
            mods_changed=self.mods_changed,
            warns=self.warns,
            backup_id=self.backup_id,
            text=self.text,
            blamed_mods=list(self.blamed_mods),
        )


#: Columns of their own; all else is in `data`.
COLUMNS = ("id", "server_id", "run_id", "started_at", "ended_at", "phase", "outcome")
IN_DATA = tuple(field.name for field in fields(Update) if field.name not in COLUMNS)
_LISTS = ("blamed_mods", "known_troubles")


def from_row(columns: dict[str, Any], data: dict[str, Any]) -> Update:
    """Fields that a later manager has added, or does not have any more, are left out."""
    known: dict[str, Any] = {name: tuple(data[name]) if name in _LISTS else data[name] for name in IN_DATA if name in data}
    return Update(**columns, **known)
