"""What an operation that does more than change mods needs of them: what they would be, their files, and the new set."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vintagestory_api.errors import Unavailable
from vintagestory_api.server_mods.choice import fit_of, fit_of_present
from vintagestory_api.server_mods.installed import Installed
from vintagestory_api.server_mods.lock_list import Manifest, SetEntry
from vintagestory_api.server_mods.outside import Outside, Told
from vintagestory_api.server_mods.plan import Chosen, Note, Offer, Present, Step
from vintagestory_api.server_mods.planning import Plan, Planner
from vintagestory_api.server_mods.schemas import Fit, ModChange, ModChanges
from vintagestory_api.server_mods.set_states import Why
from vintagestory_api.servers.server import GameServer
from vintagestory_api.services.run_context import in_thread

if TYPE_CHECKING:
    from vintagestory_api.server_mods.service import ServerMods

_CHANGES = frozenset({"install", "update", "downgrade", "remove", "enable", "disable"})


@dataclass(frozen=True)
class ModAfter:
    """One mod that the game would load. `now` is None for one that would come, `then` for one that would go. `fit`: of what it
    would be, for the version of the game that there would be."""

    modid: str
    name: str | None
    now: str | None
    then: str | None
    fit: Fit
    is_pinned: bool = False
    note: str | None = None

    @property
    def changes(self) -> bool:
        return self.now != self.then


@dataclass(frozen=True)
class ModsAfter:
    """`plan` is None where the mods stay as they are. `is_asked`: the mod database has told about all of them. `waits`: another
    set waits for the next start, and is what this one starts from."""

    mods: Sequence[ModAfter]
    plan: Plan | None = None
    is_asked: bool = True
    waits: bool = False

    @property
    def steps(self) -> list[Step]:
        return [step for step in self.plan.resolution.steps if step.action in _CHANGES] if self.plan is not None else []

    @property
    def blocking(self) -> list[Note]:
        return [note for note in self.plan.resolution.notes if note.blocks] if self.plan is not None else []

    @property
    def digest(self) -> str:
        return self.plan.resolution.digest if self.plan is not None and self.steps else ""

    @property
    def bytes_to_fetch(self) -> int:
        return sum(step.release.size_bytes or 0 for step in self.steps if step.release is not None)


class ModsWithin:
    """Of `ServerMods`."""

    def __init__(self, mods: "ServerMods", planner: Planner, outside: Outside) -> None:
        self._mods = mods
        self._planner = planner
        self._outside = outside

    async def look(self, server: GameServer, game_version: str | None, *, update: bool, told: Told) -> ModsAfter:
        """What the mods would be with this version of the game. Changes nothing. Raises what planning raises."""
        items, state = await self._mods.installed(server, planned=True)
        if update and items:
            return await self._updated(items, game_version, told, waits=state.waits is not None)
        loaded = [one.present for one in items if one.entry.is_mod and one.entry.is_loaded]
        offers, is_asked = await self._offers([one.modid for one in loaded], game_version)
        mods = [
            ModAfter(
                one.modid,
                one.name,
                one.version or None,
                one.version or None,
                fit_of_present(one, offers.get(one.key), game_version),
                is_pinned=one.is_pinned or one.is_held,
            )
            for one in loaded
        ]
        return ModsAfter(mods, None, is_asked, state.waits is not None)

    async def entries(self, server: GameServer, seen: ModsAfter, game_version: str | None, told: Told) -> "NewSet | None":
        """Have every file of what was planned in the store; None where the mods stay as they are. What lies in `Mods` by hand
        becomes a set before. Raises `PlanChanged`, `PlanBlocked`, and what fetching raises."""
        base = (await in_thread(self._mods.generations(server).take_stock)).planned_on
        if base is None or seen.plan is None:
            return None
        installed = await in_thread(self._mods.reader.installed, base.entries)
        plan = await self._planner.plan(installed, _update_all(), game_version, told)
        plan.check(seen.plan.resolution.digest)
        if not seen.steps:
            return None
        return NewSet(base.number, await self._planner.entries(plan, told))

    async def current(self, server: GameServer) -> Manifest | None:
        """The set that lies in `Mods`, after what was done there by hand has become one."""
        return (await in_thread(self._mods.generations(server).take_stock)).current

    async def make(self, server: GameServer, new: "NewSet", why: Why) -> Manifest:
        """Put it in its place, while the game is down. Raises what `Generations.make` raises; then nothing has changed."""
        made = await in_thread(self._mods.generations(server).make, new.entries, base=new.base, why=why, waits=False)
        self._mods.tell(server.id)
        return made

    async def go_back(self, server: GameServer, number: int, why: Why) -> Manifest:
        """Make an earlier set the present one again, while the game is down; its files are in the store."""
        generations = self._mods.generations(server)
        manifest = await in_thread(generations.get, number)
        state = await in_thread(generations.take_stock)
        base = state.planned_on.number if state.planned_on is not None else number
        made = await in_thread(generations.make, manifest.entries, base=base, why=why, waits=False)
        self._mods.tell(server.id)
        return made

    async def names(self, server: GameServer) -> Mapping[str, str]:
        """Names of files, in small letters, → ids of the mods in them: the log calls a mod now this, now that."""
        items, _state = await self._mods.installed(server)
        return {one.entry.file_name.casefold(): one.entry.modid for one in items if one.entry.modid}

    async def _updated(self, items: Sequence[Installed], game_version: str | None, told: Told, *, waits: bool) -> ModsAfter:
        plan = await self._planner.plan(items, _update_all(), game_version, told)
        result = [one for one in plan.resolution.result if one.is_enabled]
        offers, is_asked = await self._offers([one.modid for one in result if one.present is not None], game_version)
        before = {one.present.key: one.present for one in items if one.entry.is_mod and one.entry.is_loaded}
        notes = {(note.modid or "").casefold(): note.message for note in plan.resolution.notes}
        mods = [_after(one, before.get(one.key), offers, game_version, notes) for one in result]
        gone = {one.key for one in before.values()} - {one.key for one in result}
        mods += [ModAfter(before[key].modid, before[key].name, before[key].version, None, "unknown") for key in sorted(gone)]
        return ModsAfter(mods, plan, is_asked, waits)

    async def _offers(self, modids: Iterable[str], game_version: str | None) -> tuple[dict[str, Offer], bool]:
        wanted = list(modids)
        if not wanted:
            return {}, True
        try:
            found = await self._outside.offers.offers(wanted, game_version)
        except Unavailable:
            return {}, False
        return {offer.key: offer for offer in found}, not any(offer.is_stale for offer in found)


@dataclass(frozen=True)
class NewSet:
    """`base` is the number of the set that it was planned on."""

    base: int
    entries: Sequence[SetEntry]


def _update_all() -> ModChanges:
    return ModChanges(changes=[ModChange(action="update")], allow_unfitting=False)


def _after(
    chosen: Chosen, before: Present | None, offers: Mapping[str, Offer], game_version: str | None, notes: Mapping[str, str]
) -> ModAfter:
    present = chosen.present
    if chosen.release is not None:
        fit = fit_of(chosen.release, game_version)
    elif present is not None:
        fit = fit_of_present(present, offers.get(present.key), game_version)
    else:
        fit = "unknown"
    return ModAfter(
        chosen.modid,
        chosen.name,
        before.version or None if before is not None else None,
        chosen.version or None,
        fit,
        is_pinned=chosen.is_pinned or chosen.is_held,
        note=notes.get(chosen.modid.casefold()),
    )
