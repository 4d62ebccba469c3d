"""What becomes of a server's mods when one whole set takes the place of another, as the steps of a plan. Pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from vintagestory_api.mods.version import compare_mod_versions
from vintagestory_api.server_mods.lock_list import SetEntry
from vintagestory_api.server_mods.modinfo import mod_key
from vintagestory_api.server_mods.plan import Note, Release, Retraction, Step, StepAction
from vintagestory_api.server_mods.schemas import Fit, LockEntry, ModSide


@dataclass(frozen=True, slots=True)
class Item:
    """One file of a set, as far as two sets differ in it. `content` tells whether it is the same file; empty where that is not
    known. `release` and `fit`: of what has to be brought, or laid out."""

    key: str
    modid: str
    version: str | None
    content: str
    side: ModSide
    name: str | None = None
    is_loaded: bool = True
    is_pinned: bool = False
    is_held: bool = False
    release: Release | None = None
    fit: Fit | None = None


def item_of(entry: SetEntry, fit: Fit | None = None) -> Item:
    """What is no mod is neither switched off nor pinned."""
    return Item(
        key=entry.key,
        modid=entry.modid or entry.file_name,
        version=entry.version,
        content=entry.sha256 or entry.target or "",
        side=entry.side,
        name=entry.name,
        is_loaded=entry.is_loaded or not entry.is_mod,
        is_pinned=entry.is_pinned,
        is_held=entry.is_held,
        release=Release(entry.version or "", release_id=entry.release_id, file_id=entry.file_id),
        fit=fit,
    )


def item_of_list(entry: LockEntry, name: str | None, release: Release | None, fit: Fit | None) -> Item:
    """Of a line of a list. `release`: where it has to be fetched."""
    return Item(
        key=mod_key(entry.modid) if entry.modid else f"/{entry.file_name}",
        modid=entry.modid or entry.file_name,
        version=entry.version,
        content=entry.sha256,
        side=entry.side,
        name=name,
        is_loaded=entry.is_enabled,
        is_pinned=entry.is_pinned,
        is_held=entry.is_held,
        release=release or Release(entry.version or "", release_id=entry.release_id, file_id=entry.file_id),
        fit=fit,
    )


def unfit(items: Sequence[Item], game_version: str | None) -> list[Note]:
    """Of what is made for another version of the game; it is laid out all the same."""
    why = f"is made for another version of the game, and the server has {game_version}"
    found = [item for item in items if item.fit == "not" and item.is_loaded]
    return [Note("not_fitting", False, item.modid, f"{item.name or item.modid} {item.version} {why}.") for item in found]


def retracted(items: Iterable[Item], taken_back: Callable[[str], Mapping[str, Retraction]]) -> list[Note]:
    """Of what comes and is known to be retracted, which keeps nobody from having it."""
    notes = []
    for item in items:
        why = taken_back(item.key).get((item.version or "").casefold())
        if why is not None:
            message = f"{item.name or item.modid} {item.version}, which comes with this, was {why.told}."
            notes.append(Note("retracted", False, item.modid, message))
    return notes


def steps_between(before: Sequence[Item], after: Sequence[Item]) -> tuple[Step, ...]:
    """First what comes and changes, in the order of `after`, then what goes."""
    old, new = _by_key(before), _by_key(after)
    steps: list[Step] = []
    for key, items in new.items():
        there = old.get(key, [])
        if len(items) == 1 and len(there) <= 1:
            steps += _steps_of_one(there[0] if there else None, items[0])
        else:
            # Of a mod that is there more than once, each file comes and goes by itself.
            had = {one.content for one in there}
            steps += [step for one in items if one.content not in had for step in _steps_of_one(None, one)]
    for key, items in old.items():
        comes = new.get(key, [])
        if len(items) > 1 or len(comes) != 1:
            has = {one.content for one in comes}
            steps += [_gone(one) for one in items if one.content not in has]
    return tuple(steps)


def _by_key(items: Iterable[Item]) -> dict[str, list[Item]]:
    found: dict[str, list[Item]] = {}
    for item in items:
        found.setdefault(item.key, []).append(item)
    return found


def _steps_of_one(before: Item | None, after: Item) -> Iterable[Step]:
    if before is None:
        yield _brought("install", None, after)
    elif before.content != after.content if before.content else before.version != after.version:
        goes_back = compare_mod_versions(after.version or "", before.version or "") == -1
        yield _brought("downgrade" if goes_back else "update", before, after)
    loaded, pinned, held = (before.is_loaded, before.is_pinned, before.is_held) if before else (True, False, False)
    if after.is_loaded != loaded:
        yield _marked("enable" if after.is_loaded else "disable", before, after)
    if after.is_pinned != pinned:
        yield _marked("pin" if after.is_pinned else "unpin", before, after)
    if after.is_held != held:
        yield _marked("hold" if after.is_held else "release", before, after)


def _brought(action: StepAction, before: Item | None, after: Item) -> Step:
    from_version = before.version if before else None
    return Step(action, after.modid, after.name, from_version, after.version, after.fit, after.side, release=after.release)


def _marked(action: StepAction, before: Item | None, after: Item) -> Step:
    return Step(action, after.modid, after.name, before.version if before else None, side=after.side)


def _gone(item: Item) -> Step:
    return Step("remove", item.modid, item.name, item.version, side=item.side)
