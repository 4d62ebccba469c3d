"""What the mod database offers of some mods: asked one by one, and remembered for some minutes."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import orjson
import structlog

from vintagestory_api.errors import ManagerError, NotFound, Unavailable
from vintagestory_api.kit.clock import Clock
from vintagestory_api.kit.single_flight import SingleFlight
from vintagestory_api.mods import moddb_answers
from vintagestory_api.mods.catalog import ModCatalog
from vintagestory_api.mods.catalog_reads import ListedMod
from vintagestory_api.mods.moddb import ModDatabase
from vintagestory_api.server_mods.downloads import retraction_of
from vintagestory_api.server_mods.modinfo import mod_key
from vintagestory_api.server_mods.outside import InCatalog
from vintagestory_api.server_mods.plan import Offer, Release, Retraction
from vintagestory_api.server_mods.schemas import ModSide

log = structlog.get_logger(__name__)

#: Plans are looked at, changed and then done: within this time nobody is asked twice.
FRESH_SECONDS: Final = 300.0
#: What nobody knows may be published any moment.
FRESH_UNKNOWN_SECONDS: Final = 60.0
_REMEMBERED: Final = 1_000

_SIDES: Final[Mapping[str, ModSide]] = {"both": "both", "server": "server", "client": "client"}


class ModNotAsked(Unavailable):
    """The mod database can't be asked about a mod, and there is no older copy of what it said."""

    code = "mod_database_unavailable"


@dataclass(frozen=True, slots=True)
class _Remembered:
    offer: Offer
    until: float


class ModOffers:
    """Implements `outside.Offers`. `retracted` tells which versions of a mod (by its key) are known to be taken back, and why."""

    def __init__(
        self,
        moddb: ModDatabase,
        catalog: ModCatalog,
        clock: Clock,
        retracted: Callable[[str], Mapping[str, Retraction]] = lambda _key: {},
    ) -> None:
        self._moddb = moddb
        self._catalog = catalog
        self._clock = clock
        self._retracted = retracted
        self._remembered: OrderedDict[str, _Remembered] = OrderedDict()
        self._flights = SingleFlight()

    async def close(self) -> None:
        await self._flights.close()

    async def offers(self, modids: Sequence[str], _game_version: str | None) -> list[Offer]:
        """Four are asked about at once. Raises `ModNotAsked`."""
        wanted = list(modids)
        listed = await listed_mods(self._catalog, wanted)
        tasks = [asyncio.create_task(self._offer(modid, listed.get(mod_key(modid)))) for modid in wanted]
        try:
            return list(await asyncio.gather(*tasks))
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def retracted(self, modid: str, version: str) -> Release | None:
        try:
            infos = await self._moddb.install_information([(modid, version)])
        except ManagerError as error:
            log.warning("retraction_not_asked", modid=modid, version=version, error=error.message)
            return None
        info = infos.get(modid)
        if info is None or not info.is_retracted:
            return None
        return _retracted(version, retraction_of(info))

    async def ask(self, modid: str, listed: ListedMod | None) -> Offer:
        """What the mod database says now or has said some minutes ago. Raises what it raises."""
        key = mod_key(modid)
        known = self._remembered.get(key)
        if known is not None and self._clock.monotonic() < known.until:
            return replace(known.offer, modid=modid)
        return await self._flights.join(key, lambda: self._ask(modid, listed))

    def forget(self) -> None:
        """Something may have been published since."""
        self._remembered.clear()

    async def _offer(self, modid: str, listed: ListedMod | None) -> Offer:
        try:
            offer = await self.ask(modid, listed)
        except Unavailable as error:
            older = await self._from_catalog(modid)
            if older is None:
                raise ModNotAsked(
                    f"What there is of {modid} is not known: {error.message}", retry_after_seconds=error.retry_after_seconds
                ) from error
            offer = older
        return self._with_retracted(offer)

    async def _ask(self, modid: str, listed: ListedMod | None) -> Offer:
        # An id of digits alone means the mod with that number there; the catalogue knows the number of the mod with that id.
        key: str | int = listed.catalog_id if listed is not None and modid.strip().isdigit() else modid
        try:
            offer = offer_of(modid, await self._moddb.mod(key))
        except NotFound:
            offer = Offer(modid, is_known=False)
        until = self._clock.monotonic() + (FRESH_SECONDS if offer.is_known else FRESH_UNKNOWN_SECONDS)
        self._remembered[mod_key(modid)] = _Remembered(offer, until)
        self._remembered.move_to_end(mod_key(modid))
        if len(self._remembered) > _REMEMBERED:
            self._remembered.popitem(last=False)
        return offer

    async def _from_catalog(self, modid: str) -> Offer | None:
        """What was kept when somebody last looked at the mod's page."""
        try:
            document = await self._catalog.kept_details(modid)
        except ManagerError:
            return None
        return None if document is None else _offer_of_document(modid, orjson.loads(document))

    def _with_retracted(self, offer: Offer) -> Offer:
        """With the releases that the mod database does not tell of any more, because they were taken back."""
        there = {release.version.strip().casefold() for release in offer.releases}
        more = tuple(
            _retracted(version, retraction) for version, retraction in self._retracted(offer.key).items() if version not in there
        )
        return replace(offer, releases=(*offer.releases, *more), is_known=offer.is_known or bool(more)) if more else offer


def _retracted(version: str, why: Retraction) -> Release:
    return Release(version, is_retracted=True, retraction_reason=why.reason, is_by_moderator=why.by_moderator)


def offer_of(modid: str, mod: moddb_answers.ModDetails) -> Offer:
    """The releases of one id; a mod may have several. What has no file can't be had."""
    key = mod_key(modid)
    releases = tuple(
        Release(one.version, one.game_versions, release_id=one.release_id, file_id=one.file_id)
        for one in mod.releases
        if one.file_id is not None and one.mod_id_str is not None and mod_key(one.mod_id_str) == key
    )
    is_its_id = any(one.mod_id_str is not None and mod_key(one.mod_id_str) == key for one in mod.releases)
    return Offer(modid, mod.name, _SIDES.get(mod.side), releases, is_known=is_its_id)


def _offer_of_document(modid: str, document: Mapping[str, Any]) -> Offer | None:
    key = mod_key(modid)
    releases = tuple(
        Release(str(one["version"]), tuple(one["game_versions"]), release_id=one["id"], file_id=one["file_id"])
        for one in document["releases"]
        if one["file_id"] is not None and mod_key(one["modid"] or "") == key
    )
    if not releases:
        return None
    return Offer(modid, str(document["name"]), _SIDES.get(str(document["side"])), releases, is_stale=True)


async def listed_mods(catalog: ModCatalog, modids: Iterable[str]) -> dict[str, ListedMod]:
    """Where mods are found in the catalogue, by their keys. Without a catalogue, nowhere."""
    try:
        found = await catalog.listed(modids)
    except ManagerError as error:
        log.warning("mods_not_looked_up", error=error.message)
        return {}
    return {mod_key(modid): listed for modid, listed in found.items()}


class CatalogIndex:
    """Implements `outside.CatalogPlaces`."""

    def __init__(self, catalog: ModCatalog) -> None:
        self._catalog = catalog

    async def places(self, modids: Iterable[str]) -> Mapping[str, InCatalog]:
        found = await listed_mods(self._catalog, modids)
        return {key: InCatalog(one.catalog_id, one.logo_url) for key, one in found.items()}
