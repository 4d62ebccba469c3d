"""Makes a server's set one that it had before. Needs no network, as long as the store has kept what it is to keep."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from vintagestory_api.server_mods.fit import fit_for
from vintagestory_api.server_mods.generations import Generations
from vintagestory_api.server_mods.installed import Installed, StoreReader
from vintagestory_api.server_mods.lock_list import SetEntry
from vintagestory_api.server_mods.outside import ModFiles, Told, UpdateResults
from vintagestory_api.server_mods.plan import Note, Pick, Release, Resolution
from vintagestory_api.server_mods.plan_steps import digest_of
from vintagestory_api.server_mods.planning import Plan
from vintagestory_api.server_mods.set_steps import Item, item_of, retracted, steps_between, unfit


@dataclass(frozen=True)
class RestorePlan(Plan):
    """`lost`: what has to be fetched again where it came from."""

    entries: Sequence[SetEntry] = ()
    lost: Sequence[SetEntry] = ()


class Restorer:
    def __init__(self, reader: StoreReader, files: ModFiles, updates: UpdateResults) -> None:
        self._reader = reader
        self._files = files
        self._updates = updates

    async def plan(
        self, generations: Generations, number: int, base: Sequence[Installed], game_version: str | None
    ) -> RestorePlan:
        """Raises `GenerationNotFound`, `ModsOutOfReach`."""
        return await asyncio.to_thread(self._plan, generations, number, base, game_version)

    async def entries(self, plan: RestorePlan, told: Told) -> list[SetEntry]:
        """The set with every file of it in the store. Raises what `ModFiles` raises."""
        picks = [
            Pick(entry.modid or "", Release(entry.version or "", release_id=entry.release_id, file_id=entry.file_id))
            for entry in plan.lost
        ]
        if picks:
            await self._files.fetch(picks, told)
        return list(plan.entries)

    def _plan(self, generations: Generations, number: int, base: Sequence[Installed], game_version: str | None) -> RestorePlan:
        manifest = generations.get(number)
        lost = [entry for entry in manifest.entries if not generations.find_again(entry)]
        there = {one.entry.sha256 for one in base}
        items = [self._item(entry, there, game_version) for entry in manifest.entries]
        comes = [item for item, entry in zip(items, manifest.entries, strict=True) if entry.is_mod and entry.sha256 not in there]
        notes = [
            *(_not_kept(entry) for entry in lost),
            *unfit(items, game_version),
            *retracted(comes, self._updates.taken_back),
        ]
        steps = steps_between([item_of(one.entry) for one in base], items)
        if not steps and not notes:
            notes.append(Note("nothing_to_do", False, None, "There is nothing to do."))
        resolution = Resolution(steps, tuple(notes), (), digest_of(steps, notes, game_version))
        return RestorePlan(base, resolution, entries=manifest.entries, lost=lost)

    def _item(self, entry: SetEntry, there: set[str], game_version: str | None) -> Item:
        if not entry.is_mod or entry.sha256 in there:
            return item_of(entry)
        (found,) = self._reader.installed([entry])
        lowest = found.info.game_version if found.info else None
        return item_of(entry, fit_for(game_version, entry.game_versions, lowest=lowest))


def _not_kept(entry: SetEntry) -> Note:
    if _can_be_fetched(entry):
        message = f"The file of {entry.label} is not kept any more, and is fetched from the mod database again."
        return Note("not_kept", False, entry.modid, message)
    message = f"The file of {entry.label} is not kept any more. Install it anew, or choose another set."
    return Note("not_kept", True, entry.modid, message)


def _can_be_fetched(entry: SetEntry) -> bool:
    return entry.source == "moddb" and bool(entry.modid) and entry.file_id is not None
