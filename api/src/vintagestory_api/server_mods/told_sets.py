"""What is told of sets of mods: of one in the history, of those that wait for a start, and of a change that has ended."""

from collections.abc import Callable, Mapping
from typing import Any

from vintagestory_api.server_mods.lock_list import Manifest, diff
from vintagestory_api.server_mods.schemas import PendingChange, WaitingChange
from vintagestory_api.server_mods.set_states import State, Waits
from vintagestory_api.servers.server import GameServer


def facts_of(server: GameServer, manifest: Manifest, state: State, has_file: Callable[[str], bool]) -> dict[str, Any]:
    """The fields of a `Generation`. Blocks, as far as `has_file` does: it says whether the store has a file."""
    loaded = state.loaded
    is_loaded = loaded is not None and loaded.generation == manifest.number and loaded.instance == server.instance
    return {
        "number": manifest.number,
        "at": manifest.at,
        "actor": manifest.actor,
        "why": manifest.why,
        "run_id": manifest.run_id,
        "mods": len(manifest.mods),
        "is_current": state.current is not None and state.current.number == manifest.number,
        "is_loaded": is_loaded and server.is_running,
        "is_joined": manifest.state == "joined",
        "can_be_restored": all(
            entry.kind == "link" or entry.file_id is not None or has_file(entry.sha256) for entry in manifest.entries
        ),
        "diff": manifest.diff,
    }


def pending_change(waits: Waits) -> PendingChange:
    found = diff(waits.current.entries if waits.current else [], waits.planned.entries)
    return PendingChange(
        generation=waits.planned.number,
        changes=[_waiting_change(manifest) for manifest in waits.sets],
        added=found.added,
        updated=found.updated + found.changed,
        removed=found.removed,
    )


def _waiting_change(made: Manifest) -> WaitingChange:
    told = (made.told or made.diff).model_dump()
    return WaitingChange(generation=made.number, at=made.at, actor=made.actor, why=made.why, **told)


def report_of(made: Manifest, *, waits: bool) -> dict[str, Any]:
    return {"generation": made.number, "waits": waits, **made.diff.model_dump()}


def report_unchanged(made: Manifest, base: Manifest) -> dict[str, Any]:
    """The set was there already. `discarded`: another one waited for the next start, and does not any more."""
    discarded = {"discarded": base.number} if made.number != base.number else {}
    return {"generation": made.number, "changed": False, **discarded}


def outcome(report: Mapping[str, Any]) -> str:
    if "discarded" in report:
        return "The mods stay as they are; what waited for the next start is forgotten"
    if "added" not in report:
        return "Nothing had to be changed"
    counts = [f"{len(report[kind])} {kind}" for kind in ("added", "updated", "removed", "changed") if report[kind]]
    told = ", ".join(counts) or "no other files"
    return f"Mods: {told}; from the next start on" if report["waits"] else f"Mods: {told}"
