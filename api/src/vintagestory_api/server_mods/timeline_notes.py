"""What the timeline of a server tells of its mods."""

from collections.abc import Sequence
from typing import Any

from vintagestory_api.server_mods.lock_list import Manifest, SetEntry, diff
from vintagestory_api.servers.life import Life
from vintagestory_api.servers.schemas import TimelineKind
from vintagestory_api.servers.server import GameServer


def note_new_set(
    server: GameServer, made: Manifest, before: Sequence[SetEntry], *, back_to: int | None, said: str | None, waits: bool
) -> None:
    """`before`: what the change started from. `back_to`: the earlier set that it is; `said`: why, in the words of who made it;
    `waits`: for the next start."""
    details: dict[str, Any] = {
        "set": made.number,
        **({} if back_to is None else {"back_to": back_to}),
        **counts(before, made.entries),
    }
    if waits:
        details["waits"] = True
    if said:
        details["text"] = said
    kind: TimelineKind = "mods_changed" if back_to is None else "mods_restored"
    server.note(kind, actor=made.actor, run_id=made.run_id, **details)


def note_by_hand(server: GameServer, made: Manifest, before: Sequence[SetEntry]) -> None:
    server.note("mods_by_hand", set=made.number, **counts(before, made.entries))


def note_discarded(server: GameServer, number: int, actor: str, run_id: str | None) -> None:
    server.note("mods_discarded", actor=actor, run_id=run_id, set=number)


def note_loaded(server: GameServer, life: Life, made: Manifest) -> None:
    """A set that waited is loaded by this start of the game."""
    server.note("mods_loaded", instance=life.instance, seq=0, run_id=made.run_id, set=made.number)


def note_put_back(server: GameServer, put: Manifest, failed: int, back_to: int, *, actor: str | None, text: str) -> None:
    """The game did not start with the set `failed`, for the reason in `text`."""
    server.note("mods_put_back", actor=actor, run_id=put.run_id, set=put.number, failed=failed, back_to=back_to, text=text)


def counts(before: Sequence[SetEntry], after: Sequence[SetEntry]) -> dict[str, Any]:
    """How many mods differ, by how; those of which there is none are left out."""
    found = diff(before, after)
    numbers = {
        "installed": len(found.added),
        "updated": len(found.updated),
        "removed": len(found.removed),
        "changed": len(found.changed),
    }
    return {name: number for name, number in numbers.items() if number}
