"""Asks the mod database about the mods of all servers together: what is newer, what was taken back, what is gone.

One question tells the newest release of every mod, one more which of the installed releases were taken back. Only mods of which
some server has an older release than the newest are asked about one by one, and only once for each new release.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

import structlog

from vintagestory_api.errors import ManagerError, Unavailable
from vintagestory_api.events import EventBus, ModUpdateFound, ServerModsChanged
from vintagestory_api.kit.clock import Clock, rfc3339
from vintagestory_api.kit.single_flight import SingleFlight
from vintagestory_api.mods import moddb_answers
from vintagestory_api.mods.catalog import ModCatalog
from vintagestory_api.mods.catalog_reads import ListedMod
from vintagestory_api.mods.moddb import ModDatabase
from vintagestory_api.mods.moddb_answers import UNKNOWN, InstallInfo
from vintagestory_api.server_mods.downloads import retraction_of
from vintagestory_api.server_mods.installed import Installed
from vintagestory_api.server_mods.offers import ModOffers, listed_mods
from vintagestory_api.server_mods.outside import Known
from vintagestory_api.server_mods.plan import Offer, Release, Retraction
from vintagestory_api.server_mods.schemas import ServerModUpdates, UpdatesReport
from vintagestory_api.server_mods.service import ServerMods
from vintagestory_api.server_mods.update_facts import (
    AllFacts,
    Facts,
    UpdateFacts,
    is_asked_about,
    is_newer,
    known_of,
    told_with,
)
from vintagestory_api.servers.registry import Servers
from vintagestory_api.servers.server import GameServer

log = structlog.get_logger(__name__)

#: Older than any release: so the answer names the newest release of every mod, also of those that are up to date.
_OLDEST: Final = "0.0.0"
Progress = Callable[[float | None, str], None]


@dataclass(frozen=True)
class ServerSet:
    """The mods of one server, with its version of the game. `problem`: why they can't be read, in words."""

    server_id: str
    game_version: str | None
    installed: Sequence[Installed] = ()
    problem: str | None = None


class Sets(Protocol):
    async def sets(self) -> list[ServerSet]:
        """Of every server. Never fails for one of them."""
        ...


class ServerSets:
    """Implements `Sets`."""

    def __init__(self, servers: Servers, mods: ServerMods) -> None:
        self._servers = servers
        self._mods = mods

    async def sets(self) -> list[ServerSet]:
        found = []
        for server in self._servers.all():
            if server.record.setup is not None:
                continue
            try:
                installed, _state = await self._mods.installed(server)
            except ManagerError as error:
                log.warning("mods_of_a_server_not_checked", server=server.id, error=error.message)
                found.append(_not_read(server, error.message))
                continue
            except Exception:
                # Whatever lies in the folder of one server: the others are checked all the same.
                log.exception("mods_of_a_server_not_checked", server=server.id)
                found.append(_not_read(server, "The log of the manager says more."))
                continue
            found.append(ServerSet(server.id, server.version, installed))
        return found


def _not_read(server: GameServer, why: str) -> ServerSet:
    return ServerSet(
        server.id, server.version, problem=f"The mods of {server.name!r} can't be read, so they were left out. {why}"
    )


@dataclass(frozen=True)
class UpdatesChecked:
    """What a check found, over all servers; `asked_singly` counts the mods that were asked about one by one. `problem`: what
    could not be learned, in words."""

    servers: int
    mods: int
    updates: int
    updates_for_other_versions: int
    retracted: int
    gone: int
    new: int
    asked_singly: int
    problem: str | None = None


@dataclass
class _Wanted:
    """One mod that some server has. `spelling`: the mod database's, where the catalogue knows it."""

    spelling: str
    listed: ListedMod | None
    entries: list[Installed] = field(default_factory=list)

    @property
    def versions(self) -> list[str]:
        return list(dict.fromkeys(one.entry.version for one in self.entries if one.entry.version))


@dataclass(frozen=True)
class _Learned:
    newest: Mapping[str, Release]
    infos: Mapping[tuple[str, str], InstallInfo] | None
    offers: Mapping[str, Offer]
    problem: str | None


class ModUpdates:
    """One check at a time; who asks meanwhile gets its result."""

    def __init__(
        self,
        sets: Sets,
        facts: UpdateFacts,
        moddb: ModDatabase,
        offers: ModOffers,
        catalog: ModCatalog,
        *,
        clock: Clock,
        bus: EventBus,
    ) -> None:
        self._sets = sets
        self._facts = facts
        self._moddb = moddb
        self._offers = offers
        self._catalog = catalog
        self._clock = clock
        self._bus = bus
        self._flights = SingleFlight()

    async def close(self) -> None:
        await self._flights.close()

    async def report(self) -> UpdatesReport:
        """What is known now of the mods that are there now. Asks nobody."""
        sets = [one for one in await self._sets.sets() if one.problem is None]
        return UpdatesReport(
            items=[_counts(one.server_id, self._known(one).values()) for one in sets],
            checked_at=rfc3339(self._facts.checked_ms),
        )

    async def check(self, progress: Progress = lambda _fraction, _message: None) -> UpdatesChecked:
        """Raises what the mod database raises; what was known stays then."""
        checked, _ = await self._flights.join("check", lambda: self._check(progress))
        return checked

    async def check_for(self, server_id: str) -> UpdatesChecked:
        """As `check`, telling nothing of other servers."""
        _, problem = await self._flights.join("check", lambda: self._check(lambda _fraction, _message: None))
        mine = [one for one in await self._sets.sets() if one.server_id == server_id]
        counts = [_counts(server_id, self._known(one).values()) for one in mine if one.problem is None]
        return UpdatesChecked(
            servers=len(counts),
            mods=sum(is_asked_about(installed.entry) for one in mine for installed in one.installed),
            updates=sum(one.updates for one in counts),
            updates_for_other_versions=sum(one.updates_for_other_versions for one in counts),
            retracted=sum(one.retracted for one in counts),
            gone=sum(one.gone for one in counts),
            new=0,
            asked_singly=0,
            problem=" ".join(filter(None, [*(one.problem for one in mine), problem])) or None,
        )

    async def _check(self, progress: Progress) -> tuple[UpdatesChecked, str | None]:
        """What it found, and what the mod database did not tell."""
        found_sets = await self._sets.sets()
        sets = [one for one in found_sets if one.problem is None]
        wanted = await self._wanted(sets)
        self._offers.forget()
        if wanted:
            progress(None, f"Asking about updates for {len(wanted)} mods")
        learned = await self._learn(wanted)
        before = {one.server_id: self._known(one) for one in sets}
        old = self._facts.now
        facts = {key: _remembered(each) for key, each in old.mods.items() if each.retracted}
        facts |= {key: _facts(key, mod, learned, old.mods.get(key)) for key, mod in wanted.items()}
        after = {one.server_id: known_of(facts, one.installed, one.game_version) for one in sets}
        told, found = _tell(sets, after, old.told)
        self._facts.replace(AllFacts(self._clock.now_ms(), facts, told))
        try:
            await asyncio.to_thread(self._facts.save)
        except OSError as error:
            # What was found holds for as long as this manager runs; a later one would tell it again.
            log.warning("update_facts_not_written", error=error.strerror or str(error))
        for one in sets:
            if before[one.server_id] != after[one.server_id]:
                self._bus.publish(ServerModsChanged(one.server_id))
        for event in found:
            self._bus.publish(event)
        counts = [_counts(server_id, known.values()) for server_id, known in after.items()]
        checked = UpdatesChecked(
            servers=len(sets),
            mods=len(wanted),
            updates=sum(one.updates for one in counts),
            updates_for_other_versions=sum(one.updates_for_other_versions for one in counts),
            retracted=sum(one.retracted for one in counts),
            gone=sum(one.gone for one in counts),
            new=len(found),
            asked_singly=len(learned.offers),
            problem=" ".join(filter(None, [*(one.problem for one in found_sets), learned.problem])) or None,
        )
        return checked, learned.problem

    def _known(self, one: ServerSet) -> Mapping[str, Known]:
        return self._facts.known(one.installed, one.game_version)

    async def _wanted(self, sets: Iterable[ServerSet]) -> dict[str, _Wanted]:
        """By the keys of the mods."""
        entries = [one for each in sets for one in each.installed if is_asked_about(one.entry)]
        spellings = {one.entry.key: one.entry.modid or "" for one in entries}
        listed = await listed_mods(self._catalog, spellings.values())
        wanted: dict[str, _Wanted] = {}
        for one in entries:
            key = one.entry.key
            place = listed.get(key)
            wanted.setdefault(key, _Wanted(place.modid if place is not None else spellings[key], place)).entries.append(one)
        return wanted

    # Asking

    async def _learn(self, wanted: Mapping[str, _Wanted]) -> _Learned:
        if not wanted:
            return _Learned({}, {}, {}, None)
        asking = asyncio.create_task(self._infos(wanted))
        try:
            updates = await self._moddb.updates((mod.spelling, _OLDEST) for mod in wanted.values())
            infos, problem = await asking
        finally:
            asking.cancel()
            await asyncio.wait({asking})
        releases = {asked: _release(update.release) for asked, update in updates.items()}
        newest = {key: releases[mod.spelling] for key, mod in wanted.items() if mod.spelling in releases}
        offers, offers_problem = await self._details(wanted, newest)
        return _Learned(newest, infos, offers, problem or offers_problem)

    async def _infos(self, wanted: Mapping[str, _Wanted]) -> tuple[dict[tuple[str, str], InstallInfo] | None, str | None]:
        """By key and version, or else why there is nothing."""
        try:
            return await self._installed_releases(wanted), None
        except ManagerError as error:
            return None, f"Which releases were retracted is not known: {error.message}"

    async def _installed_releases(self, wanted: Mapping[str, _Wanted]) -> dict[tuple[str, str], InstallInfo]:
        """One question takes each id once, so further versions of it are further questions."""
        found: dict[tuple[str, str], InstallInfo] = {}
        left = {key: mod.versions for key, mod in wanted.items()}
        while pairs := {key: versions[0] for key, versions in left.items() if versions}:
            answers = await self._moddb.install_information((wanted[key].spelling, version) for key, version in pairs.items())
            found |= {(key, pairs[key]): answers[wanted[key].spelling] for key in pairs if wanted[key].spelling in answers}
            left = {key: left[key][1:] for key in pairs}
        return found

    async def _details(self, wanted: Mapping[str, _Wanted], newest: Mapping[str, Release]) -> tuple[dict[str, Offer], str | None]:
        """All releases of those mods of which somebody has an older one than the newest, unless they are known since before."""
        candidates = [
            key
            for key, release in newest.items()
            if any(is_newer(release, one.entry) for one in wanted[key].entries) and not self._has_details(key, release)
        ]
        offers: dict[str, Offer] = {}
        problem: ManagerError | None = None

        async def ask(key: str) -> None:
            nonlocal problem
            if problem is not None:
                return
            mod = wanted[key]
            try:
                offers[key] = await self._offers.ask(mod.spelling, mod.listed)
            except Unavailable as error:
                problem = error

        async with asyncio.TaskGroup() as group:
            for key in candidates:
                group.create_task(ask(key))
        if problem is None:
            return offers, None
        return offers, f"Not every release of {len(candidates) - len(offers)} mods is known: {problem.message}"

    def _has_details(self, key: str, newest: Release) -> bool:
        known = self._facts.now.mods.get(key)
        return known is not None and bool(known.releases) and known.newest == newest


# From answers to facts


def _facts(key: str, mod: _Wanted, learned: _Learned, old: Facts | None) -> Facts:
    newest, offer = learned.newest.get(key), learned.offers.get(key)
    releases: tuple[Release, ...] = ()
    if offer is not None:
        releases = offer.releases
    elif old is not None and old.newest == newest:
        releases = old.releases
    if releases and newest is not None and newest not in releases:
        # Another mod has the same id, or the page of this one is not public.
        releases = (newest, *releases)
    if learned.infos is None:
        retracted = dict(old.retracted) if old is not None else {}
        retracted |= _absent(mod, offer)
        is_there = newest is not None or mod.listed is not None
    else:
        infos = {version: learned.infos[key, version] for version in mod.versions if (key, version) in learned.infos}
        asked = {version.casefold() for version in infos}
        retracted = {version: why for version, why in old.retracted.items() if version not in asked} if old is not None else {}
        retracted |= {version.casefold(): retraction_of(info) for version, info in infos.items() if info.is_retracted}
        # The catalogue may be older than what the mod database says now.
        is_known = any(info.error_code != UNKNOWN for info in infos.values()) if infos else mod.listed is not None
        is_there = newest is not None or is_known
    was_there = is_there or mod.listed is not None or (old is not None and old.was_there)
    return Facts(newest, releases, retracted, is_there, was_there)


def _remembered(facts: Facts) -> Facts:
    """Of a mod that no server has any more: what was taken back, for who goes back to it."""
    return Facts(retracted=facts.retracted, was_there=facts.was_there)


def _absent(mod: _Wanted, offer: Offer | None) -> dict[str, Retraction]:
    """Where nobody tells of retractions: releases that came from the mod database, and that it does not name any more."""
    if offer is None or not offer.releases:
        return {}
    there = {release.version.strip().casefold() for release in offer.releases}
    came = {(one.entry.version or "").casefold() for one in mod.entries if one.entry.source == "moddb" and one.entry.version}
    return dict.fromkeys(came - there, Retraction())


def _release(found: moddb_answers.Release) -> Release:
    return Release(found.version, found.game_versions, release_id=found.release_id, file_id=found.file_id)


def _tell(
    sets: Iterable[ServerSet],
    known: Mapping[str, Mapping[str, Known]],
    told: Mapping[str, Mapping[str, tuple[str, ...]]],
) -> tuple[dict[str, dict[str, tuple[str, ...]]], list[ModUpdateFound]]:
    """What was told with what is to be told, and that. Updates that don't fit the game, and those of held mods, are no news."""
    # Of a server whose mods can't be read this time, nothing is forgotten.
    now = {server_id: dict(mods) for server_id, mods in told.items()}
    found: list[ModUpdateFound] = []
    for one in sets:
        mods = now.setdefault(one.server_id, {})
        for each in one.installed:
            entry = each.entry
            about = known[one.server_id].get(entry.key)
            if about is None or about.update is None or about.update.fit == "not" or entry.is_held:
                continue
            version = about.update.version
            if version not in mods.get(entry.key, ()):
                mods[entry.key] = told_with(mods.get(entry.key, ()), version)
                found.append(ModUpdateFound(one.server_id, entry.modid or entry.key, entry.version or "", version))
    return now, found


def _counts(server_id: str, known: Iterable[Known]) -> ServerModUpdates:
    counted = ServerModUpdates(server_id=server_id, updates=0, updates_for_other_versions=0, retracted=0, gone=0)
    for about in known:
        if about.update is not None and about.update.fit == "not":
            counted.updates_for_other_versions += 1
        elif about.update is not None:
            counted.updates += 1
        counted.retracted += about.is_retracted
        counted.gone += about.is_gone
    return counted


_mod_updates: ModUpdates | None = None


def use_mod_updates(updates: ModUpdates | None) -> None:
    """Make this one the answer of `find_mod_updates`; None forgets it."""
    global _mod_updates  # noqa: PLW0603 - jobs have no other way to what the manager built
    _mod_updates = updates


def find_mod_updates() -> ModUpdates | None:
    """The running manager's; None outside of one, and where the database can't be read."""
    return _mod_updates
