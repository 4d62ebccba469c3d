"""The steps of a plan, and the set afterwards, from the mods as they became."""

import hashlib
import json
from collections.abc import Sequence
from typing import Any, Final

from vintagestory_api.mods.version import compare_mod_versions
from vintagestory_api.server_mods.choice import fit_of
from vintagestory_api.server_mods.modinfo import mod_key
from vintagestory_api.server_mods.plan import Chosen, Note, Present, Step, StepAction
from vintagestory_api.server_mods.working_set import Mod, WorkingSet

_ORDER: Final[tuple[StepAction, ...]] = (
    "release", "unpin", "remove", "disable", "install", "update", "downgrade", "enable", "pin", "hold",
)  # fmt: skip


def steps_of(working: WorkingSet) -> tuple[Step, ...]:
    steps = [step for mod in working.mods.values() for step in _steps_of_one(working, mod)]
    return tuple(sorted(steps, key=lambda step: (_ORDER.index(step.action), mod_key(step.modid), step.from_version or "")))


def _steps_of_one(working: WorkingSet, mod: Mod) -> list[Step]:
    present = mod.present
    if mod.is_removed:
        return [_step(working, mod, "remove", one) for one in _files(mod)]
    steps: list[Step] = []
    if mod.release is not None:
        steps.append(_step(working, mod, _change(mod), present))
    if mod.differs:
        steps += [_step(working, mod, "remove", other) for other in mod.others]
    if mod.is_enabled != (present is None or present.is_enabled):
        steps.append(_step(working, mod, "enable" if mod.is_enabled else "disable", present))
    if mod.is_pinned != any(one.is_pinned for one in _files(mod)):
        steps.append(_step(working, mod, "pin" if mod.is_pinned else "unpin", present))
    if mod.is_held != any(one.is_held for one in _files(mod)):
        steps.append(_step(working, mod, "hold" if mod.is_held else "release", present))
    return steps


def _change(mod: Mod) -> StepAction:
    if mod.present is None or mod.release is None:
        return "install"
    return "downgrade" if compare_mod_versions(mod.release.version, mod.present.version) == -1 else "update"


def _step(working: WorkingSet, mod: Mod, action: StepAction, file: Present | None) -> Step:
    release = mod.release if action in {"install", "update", "downgrade"} else None
    return Step(
        action=action,
        modid=working.modid_of(mod.key),
        name=working.known_name(mod.key),
        from_version=file.version if file else None,
        to_version=release.version if release else None,
        fit=fit_of(release, working.game_version) if release else None,
        side=working.side_of(mod),
        because=tuple(sorted(mod.gone_because)) or working.because.get(mod.key, ()),
        release=release,
        file_name=file.file_name if file and mod.others else None,
    )


def result_of(working: WorkingSet) -> tuple[Chosen, ...]:
    chosen = (_chosen(working, mod) for mod in working.mods.values() if mod.is_there)
    return tuple(sorted(chosen, key=lambda one: one.key))


def _chosen(working: WorkingSet, mod: Mod) -> Chosen:
    replaced = _files(mod)[:1] if mod.release is not None else ()
    return Chosen(
        modid=working.modid_of(mod.key),
        version=mod.version,
        name=working.known_name(mod.key),
        side=working.side_of(mod) or "both",
        is_enabled=mod.is_enabled,
        is_pinned=mod.is_pinned,
        is_held=mod.is_held,
        present=mod.present if mod.release is None else None,
        release=mod.release,
        replaces=replaced + mod.others if mod.differs else (),
        others=() if mod.differs else mod.others,
    )


def removed_of(working: WorkingSet) -> tuple[Present, ...]:
    gone = sorted((mod for mod in working.mods.values() if mod.is_removed), key=lambda mod: mod.key)
    return tuple(file for mod in gone for file in _files(mod))


def _files(mod: Mod) -> tuple[Present, ...]:
    return (mod.present, *mod.others) if mod.present is not None else ()


def digest_of(steps: Sequence[Step], notes: Sequence[Note], game_version: str | None) -> str:
    """The same for two plans that do the same and are blocked by the same. What may be learned in between is not in it: a file's
    check sum, a hint about mods that stay as they are."""
    told: list[Any] = [game_version]
    for step in steps:
        told.append([step.action, mod_key(step.modid), step.from_version, step.to_version, step.because, step.file_name])
        if step.release is not None:
            told.append([step.release.release_id, step.release.file_id, step.fit, step.side])
    told += [[note.code, mod_key(note.modid or "")] for note in notes if note.blocks]
    return hashlib.sha256(json.dumps(told, separators=(",", ":")).encode()).hexdigest()
