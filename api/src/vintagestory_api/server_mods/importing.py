"""Makes a server's set that of a list which was written elsewhere, from the store and the mod database. The list is doubted."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from vintagestory_api.server_mods.choice import fit_of, release_named
from vintagestory_api.server_mods.file_names import is_plain_name
from vintagestory_api.server_mods.fit import fit_for
from vintagestory_api.server_mods.installed import Installed, StoreReader
from vintagestory_api.server_mods.lock_list import SetEntry, describe, entry_kind, with_free_names
from vintagestory_api.server_mods.mod_archive import kind_of
from vintagestory_api.server_mods.modinfo import Problem, mod_key
from vintagestory_api.server_mods.outside import ModFiles, Offers, Told, UpdateResults
from vintagestory_api.server_mods.plan import Note, Offer, Pick, Release, Resolution
from vintagestory_api.server_mods.plan_steps import digest_of
from vintagestory_api.server_mods.planning import Plan, PlanBlocked, fetched_entry, with_retracted
from vintagestory_api.server_mods.schemas import ImportedList, LockEntry, ModKind
from vintagestory_api.server_mods.set_steps import Item, item_of, item_of_list, retracted, steps_between, unfit
from vintagestory_api.server_mods.store import ModStore, NotInStore

_MARKS: Final = ("is_enabled", "is_pinned", "is_held")


@dataclass(frozen=True)
class _Wanted:
    """One line of the list: the file that the store has, or else the release to fetch."""

    entry: LockEntry
    kept: Installed | None
    release: Release | None

    @property
    def key(self) -> str:
        return mod_key(self.entry.modid) if self.entry.modid else f"/{self.entry.file_name}"

    def item(self, game_version: str | None) -> Item:
        if self.kept is None:
            return item_of_list(self.entry, None, self.release, fit_of(self.release, game_version) if self.release else None)
        lowest = self.kept.info.game_version if self.kept.info else None
        return item_of_list(
            self.entry, self.kept.entry.name, None, fit_for(game_version, self.entry.game_versions, lowest=lowest)
        )


@dataclass(frozen=True)
class ImportPlan(Plan):
    wanted: Sequence[_Wanted] = ()
    replace: bool = True


class Importer:
    def __init__(self, store: ModStore, reader: StoreReader, offers: Offers, files: ModFiles, updates: UpdateResults) -> None:
        self._store = store
        self._reader = reader
        self._offers = offers
        self._files = files
        self._updates = updates

    async def plan(self, base: Sequence[Installed], imported: ImportedList, game_version: str | None) -> ImportPlan:
        """Raises what `Offers` raises."""
        notes: list[Note] = []
        kept = await asyncio.to_thread(lambda: [self._from_store(entry) for entry in imported.lock.mods])
        missing = [entry for entry, found in zip(imported.lock.mods, kept, strict=True) if found is None]
        offers = await self._offers_of(missing, game_version)
        wanted: list[_Wanted] = []
        for entry, found in zip(imported.lock.mods, kept, strict=True):
            release = None
            if isinstance(found, Note):
                notes.append(found)
                continue
            if found is None:
                chosen = _release_of(entry, offers)
                if isinstance(chosen, Note):
                    notes.append(chosen)
                    continue
                release = chosen
            wanted.append(_Wanted(entry, found, release))
        present = [item_of(one.entry) for one in base if one.entry.is_mod]
        listed = [one.item(game_version) for one in wanted]
        there = {one.content for one in present}
        notes += retracted((one for one in listed if one.content not in there), self._updates.taken_back)
        if not imported.replace:
            keys = {one.key for one in listed}
            listed += [item for item in present if item.key not in keys]
        steps = steps_between(present, listed)
        notes += unfit(listed, game_version)
        if not steps and not notes:
            notes.append(Note("nothing_to_do", False, None, "There is nothing to do."))
        resolution = Resolution(steps, tuple(notes), (), digest_of(steps, notes, game_version))
        return ImportPlan(base, resolution, wanted=wanted, replace=imported.replace)

    async def _offers_of(self, missing: Sequence[LockEntry], game_version: str | None) -> dict[str, Offer]:
        """By the key of the mod; with what the list names and was taken back."""
        versions: dict[str, list[str]] = {}
        for entry in missing:
            if entry.source == "moddb" and entry.modid:
                versions.setdefault(mod_key(entry.modid), []).append(entry.version or "")
        asked = sorted({entry.modid for entry in missing if entry.source == "moddb" and entry.modid})
        offers = await self._offers.offers(asked, game_version) if asked else []
        told = await asyncio.gather(*(with_retracted(self._offers, offer, filter(None, versions[offer.key])) for offer in offers))
        return {offer.key: offer for offer in told}

    async def entries(self, plan: ImportPlan, told: Told) -> list[SetEntry]:
        """The set as the list says, with every file of it in the store. Raises `PlanBlocked`, and what `ModFiles` raises."""
        to_fetch = [one for one in plan.wanted if one.release is not None]
        picks = [Pick(one.entry.modid or "", one.release) for one in to_fetch if one.release is not None]
        files = await self._files.fetch(picks, told) if picks else []
        fetched: dict[str, SetEntry] = {}
        for one, pick, file in zip(to_fetch, picks, files, strict=True):
            if file.sha256 != one.entry.sha256:
                raise PlanBlocked(
                    f"The mod database has another file for {one.entry.modid} {one.entry.version} than the list was made with. "
                    "Nothing was done. Take the mod out of the list, or upload the file that is meant."
                )
            fetched[one.key] = fetched_entry(file, pick.release)
        listed = {one.key for one in plan.wanted}
        stays = [one.entry for one in plan.base if not one.entry.is_mod or (not plan.replace and one.entry.key not in listed)]
        comes = [_marked(one.kept.entry if one.kept else fetched[one.key], one.entry) for one in plan.wanted]
        return with_free_names([*stays, *comes])

    def _from_store(self, entry: LockEntry) -> Installed | Note | None:
        """None where the store does not have it."""
        name = entry.file_name
        if not is_plain_name(name):
            return Note("unreadable", True, entry.modid, "The list names a file whose name can't be used.")
        try:
            if not self._store.claim(entry.sha256):
                return None
        except NotInStore:
            return Note("unreadable", True, entry.modid, f"The list gives no check sum for {name}.")
        kind: ModKind = kind_of(name) or "folder"
        found = self._reader.read(entry.sha256, kind, name)
        if isinstance(found, Problem):
            return Note("unreadable", False, entry.modid, f"{name} is left out, because it can't be used. {found.message}")
        facts = SetEntry(
            **entry.model_dump(exclude={"modid", "version", "size_bytes"}),
            modid=None,
            version=None,
            size_bytes=self._store.path(entry.sha256).stat().st_size,
            kind="folder" if kind == "folder" else entry_kind(name),
        )
        return Installed(describe(found, facts), found.info)


def _release_of(entry: LockEntry, offers: dict[str, Offer]) -> Release | Note:
    label = f"{entry.modid or entry.file_name} {entry.version or ''}".strip()
    if entry.source == "hand" and not entry.modid:
        message = (
            f"{label} is left out: it was put there by hand where the list was made, does not say which mod it is, and its file "
            "is not here. Where it is needed, put it into Mods by hand."
        )
        return Note("unreadable", False, None, message)
    if entry.source != "moddb" or not entry.modid:
        message = f"{label} did not come from the mod database where the list was made. Upload its file {entry.file_name} first."
        return Note("not_found", True, entry.modid, message)
    offer = offers.get(mod_key(entry.modid))
    if offer is None or not offer.is_known:
        return Note("not_found", True, entry.modid, f"{entry.modid} is not in the mod database.")
    release = next((one for one in offer.releases if one.release_id == entry.release_id is not None), None)
    release = release or release_named(offer, entry.version or "")
    if release is None:
        message = f"The mod database does not have {label}, or not any more. Upload its file first, or take it out of the list."
        return Note("no_release", True, entry.modid, message)
    if release.is_retracted:
        message = f"{label} was {release.retraction.told}. Upload its file first, or take it out of the list."
        return Note("retracted", True, entry.modid, message)
    return release


def _marked(entry: SetEntry, marks: LockEntry) -> SetEntry:
    return entry.model_copy(update={name: getattr(marks, name) for name in _MARKS})
