"""What the mods of servers need from outside: what the mod database offers, its files, what the last check for updates found."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from vintagestory_api.errors import Unavailable
from vintagestory_api.server_mods.installed import Installed
from vintagestory_api.server_mods.modinfo import ModInfo
from vintagestory_api.server_mods.plan import Offer, Pick, Release, Retraction
from vintagestory_api.server_mods.schemas import ModUpdate

#: How far it is (0 to 1, None where that can't be known), and what is done, in plain words.
Told = Callable[[float | None, str], None]


class Offers(Protocol):
    async def offers(self, modids: Sequence[str], game_version: str | None) -> list[Offer]:
        """One for each id, by the ids as given; `is_known` false for what nobody knows.

        Raises a `ManagerError` that names the mod and the cause when the mod database can't be asked.
        """
        ...

    async def retracted(self, modid: str, version: str) -> Release | None:
        """A release that is not offered, if it was taken back. Never fails: what can't be asked is not known."""
        ...


@dataclass(frozen=True, slots=True)
class Fetched:
    """A file that lies in the store now, after it was checked. `file_name` is fit for a folder."""

    sha256: str
    size_bytes: int
    file_name: str
    info: ModInfo


class ModFiles(Protocol):
    async def fetch(self, picks: Sequence[Pick], told: Told) -> list[Fetched]:
        """The files of these releases, in this order: checked against the id and version asked for, and claimed in the store.

        What the store has already is not asked for again. Raises a `ManagerError` that names the mod and the cause; what came
        before it stays in the store.
        """
        ...


@dataclass(frozen=True, slots=True)
class Known:
    """What the last check found about one installed mod. `game_versions` are those that its installed release names."""

    update: ModUpdate | None = None
    game_versions: tuple[str, ...] = ()
    retraction: Retraction | None = None
    is_gone: bool = False

    @property
    def is_retracted(self) -> bool:
        return self.retraction is not None


@dataclass(frozen=True, slots=True)
class InCatalog:
    """Where a mod is found in the catalogue."""

    catalog_id: int
    logo_url: str | None


class UpdateResults(Protocol):
    def known(self, installed: Iterable[Installed], game_version: str | None) -> Mapping[str, Known]:
        """About the mods of a server with this version of the game, by the key of the mod; empty before the first check.

        Asks nobody and does not block.
        """
        ...

    def taken_back(self, key: str) -> Mapping[str, Retraction]:
        """The versions of a mod that are known to be retracted, in small letters. Asks nobody and does not block."""
        ...

    @property
    def checked_ms(self) -> int | None:
        """When the mod database was last asked about the mods of servers, in UTC milliseconds."""
        ...


class CatalogPlaces(Protocol):
    async def places(self, modids: Iterable[str]) -> Mapping[str, InCatalog]:
        """By the key of the mod, for those that the catalogue knows. Never fails: without a catalogue it is empty."""
        ...


@dataclass(frozen=True)
class Outside:
    offers: Offers
    files: ModFiles
    updates: UpdateResults
    places: CatalogPlaces


async def offers_as_known(offers_of: Offers, modids: Sequence[str], game_version: str) -> tuple[list[Offer], str | None]:
    """Also while the mod database can't be asked about all; then with what is to be said of that."""
    if not modids:
        return [], None
    offers: list[Offer] = []
    unknown: list[str] = []
    why = ""
    try:
        offers = await offers_of.offers(modids, game_version)
    except Unavailable:
        for modid in modids:
            try:
                offers += await offers_of.offers([modid], game_version)
            except Unavailable as error:
                unknown.append(modid)
                why = error.message
    stale = [offer.modid for offer in offers if offer.is_stale]
    said = []
    if stale:
        said.append(f"The mod database can't be asked now, so this is what was known before: {', '.join(stale)}.")
    if unknown:
        said.append(f"Only what their own files say is known of {', '.join(unknown)}. {why}")
    return offers, " ".join(said) or None


class NobodyThere:
    """All of it where there is no mod database."""

    checked_ms: int | None = None

    async def offers(self, modids: Sequence[str], _game_version: str | None) -> list[Offer]:
        raise Unavailable(f"The mod database can't be asked about {', '.join(modids[:3])}.")

    async def retracted(self, _modid: str, _version: str) -> Release | None:
        return None

    async def fetch(self, picks: Sequence[Pick], _told: Told) -> list[Fetched]:
        raise Unavailable(f"The mod database can't be asked for {picks[0].modid}.")

    def known(self, _installed: Iterable[Installed], _game_version: str | None) -> Mapping[str, Known]:
        return {}

    def taken_back(self, _key: str) -> Mapping[str, Retraction]:
        return {}

    async def places(self, _modids: Iterable[str]) -> Mapping[str, InCatalog]:
        return {}
