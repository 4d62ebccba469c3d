"""The catalogue of mods: a copy of the mod database's list that is searched here and brought up to date by a job.

One process of its own takes in the list; threads answer searches. Nothing here blocks the event loop.
"""

import asyncio
import sys
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, Protocol, TypeVar

import orjson
import structlog

from vintagestory_api.errors import NotFound, Unavailable
from vintagestory_api.kit.clock import Clock
from vintagestory_api.kit.single_flight import SingleFlight
from vintagestory_api.mods.catalog_file import CatalogFile, CatalogUnreadable
from vintagestory_api.mods.catalog_reads import (
    FittingMods,
    KeptDetails,
    KnownMod,
    ListedMod,
    count_mods,
    find_mod,
    find_pointed,
    read_details,
    read_fits_of,
    read_fitting,
    read_kept,
    read_listed,
    read_tags,
)
from vintagestory_api.mods.catalog_refresh import CatalogRefresh, ListUpstream, Progress, RefreshReport
from vintagestory_api.mods.catalog_search import CatalogPage, CatalogQuery, Hits, search_catalog
from vintagestory_api.mods.folding import fold
from vintagestory_api.mods.moddb_answers import ModDetails
from vintagestory_api.mods.pointer import Pointer

T = TypeVar("T")
CatalogFit = Literal["likely", "not", "unknown"]

log = structlog.get_logger(__name__)

DAY_MS: Final = 24 * 3600 * 1000
#: How long a page waits for the mod database before it shows what is at hand.
PATIENCE_SECONDS: Final = 5.0
#: Details of the mods that were looked at last; more would fill the disk with pages nobody reads.
KEPT_DETAILS: Final = 2_000

#: Kept in memory until the catalogue changes: whole answers (30 mods of half a kilobyte each), and what further pages of a
#: listing are cut from (eight bytes a mod).
KEPT_PAGES: Final = 100
KEPT_LISTINGS: Final = 100


class CatalogUpstream(ListUpstream, Protocol):
    """What the catalogue needs of the mod database. Raises `Unavailable`, and `NotFound` for a mod it does not have."""

    async def mod_ids_fitting(self, minor: str) -> list[int]: ...
    async def mod(self, key: str | int) -> ModDetails: ...


@dataclass(frozen=True)
class ModPage:
    """One mod. `document` is a JSON object without its closing brace; `also` are other mods with the same id, as (number, name).

    `stale`: the mod database could not be asked again, so this is what it said at `fetched_at` (UTC milliseconds).
    `listed`: the mod is in the list now. `logo_url`: where browsers get its logo.
    """

    document: bytes
    fetched_at: int
    stale: bool
    listed: bool
    also: tuple[tuple[int, str], ...]
    logo_url: str | None


class ModCatalog:
    """`path` has been through `prepare_catalog`. Close it before the event loop ends."""

    def __init__(self, path: Path, moddb: CatalogUpstream, clock: Clock, python: str = sys.executable) -> None:
        self.clock = clock
        self._file = CatalogFile(path)
        self._moddb = moddb
        self._refresh = CatalogRefresh(self._file, moddb, clock, self._forget_pages, python)
        self._flights = SingleFlight()
        self._pages: OrderedDict[CatalogQuery, CatalogPage] = OrderedDict()
        self._hits: OrderedDict[CatalogQuery, Hits] = OrderedDict()
        self._changes = 0
        self._count: int | None = None

    async def close(self) -> None:
        """Give up what is under way and close the file."""
        await self._flights.close()
        await self._file.close()

    # Refresh

    async def refresh(self, progress: Progress = lambda _fraction, _message: None) -> RefreshReport:
        """Bring the catalogue in line with the mod database. Calls at the same time share one refresh.

        Everything is fetched before anything is written, in one transaction. Raises `CatalogNotRefreshed` and what the
        mod database raises; the old catalogue is whole then.
        """
        return await self._flights.join("refresh", lambda: self._refresh.run(progress))

    # Search

    async def search(self, query: CatalogQuery) -> CatalogPage:
        """One page. For a game version whose list was never fetched, waits a while for it; `fits_fetched_at` None says
        that it is still on its way. Raises `InvalidQuery`, and `Unavailable` when that list can't be had."""
        page = await self._page(query)
        if query.minor is None or not page.filled or self._is_fresh(page.fits_fetched_at):
            return page
        try:
            await self._fetch_fitting(query.minor)
        except TimeoutError:
            return page
        except Unavailable:
            if page.fits_fetched_at is None:
                raise
            return page
        return await self._page(query)

    async def _page(self, query: CatalogQuery) -> CatalogPage:
        """From memory when the same was asked since the catalogue last changed."""
        if (known := self._pages.get(query)) is not None:
            self._pages.move_to_end(query)
            return known
        changes, listing = self._changes, query.listing
        page, hits = await self._file.in_reader(search_catalog, query, self._hits.get(listing))
        if hits is not None and changes == self._changes:
            _keep(self._hits, listing, hits, KEPT_LISTINGS)
            _keep(self._pages, query, page, KEPT_PAGES)
        return page

    def _forget_pages(self) -> None:
        """Something in the file changed, or may have."""
        self._changes += 1
        self._pages.clear()
        self._hits.clear()
        self._count = None

    async def count(self) -> int:
        """How many mods are listed; counted once after each change."""
        if self._count is not None:
            return self._count
        changes = self._changes
        found = await self._file.in_reader(count_mods)
        if changes == self._changes:
            self._count = found
        return found

    async def tags(self) -> list[dict[str, Any]]:
        """The mod database's tags with the number of mods that have them, by name."""
        return await self._file.in_reader(read_tags)

    # Which mods fit a game version

    async def fitting(self, minor: str) -> FittingMods:
        """The mods for a line of game versions like `1.21`, from a list that is fetched at first use and kept for a day.

        Raises `Unavailable` when it can't be fetched and there is no older copy, `TimeoutError` when that takes too long.
        """
        stored = await self._file.in_reader(read_fitting, minor)
        if stored is None or not self._is_fresh(stored.fetched_at):
            try:
                await self._fetch_fitting(minor)
            except (TimeoutError, Unavailable):
                if stored is None:
                    raise
                return stored
            stored = await self._file.in_reader(read_fitting, minor)
        if stored is None:
            raise CatalogUnreadable("The catalogue was emptied at this very moment. Try again.")
        return FittingMods(stored.modids, stored.fetched_at, stale=False)

    async def _fetch_fitting(self, minor: str) -> None:
        async def fetch() -> None:
            stored = await self._file.in_reader(read_fitting, minor)
            if stored is not None and self._is_fresh(stored.fetched_at):
                return  # somebody else's fetch ended between our looking and our asking
            modids = await self._moddb.mod_ids_fitting(minor)
            try:
                await self._file.in_writer(self._write_fitting, minor, modids, self.clock.now_ms())
            finally:
                self._forget_pages()
            log.info("fitting_mods_fetched", minor=minor, mods=len(modids))

        await self._flights.join(("fitting", minor), fetch, wait_seconds=PATIENCE_SECONDS)

    def _write_fitting(self, minor: str, modids: list[int], now_ms: int) -> None:
        with self._file.writing() as connection:
            connection.execute("DELETE FROM fits WHERE minor = ?", (minor,))
            # In one statement: a row at a time would take the interpreter's lock thousands of times.
            connection.execute(
                "INSERT OR IGNORE INTO fits (minor, modid) SELECT ?, value FROM json_each(?)",
                (minor, orjson.dumps(modids).decode()),
            )
            connection.execute("INSERT OR REPLACE INTO fit_lists (minor, fetched_at) VALUES (?, ?)", (minor, now_ms))

    # Details of one mod

    async def details(self, key: str) -> ModPage:
        """One mod by its number or by one of its ids, in any letter case; of several with the same id, the most downloaded.

        Fetched when first asked for, and again after a day or a new release. Raises `NotFound` for a mod that neither the
        catalogue nor the mod database has, and `Unavailable` when it can't be fetched and there is no older copy.
        """
        known = await self._file.in_reader(find_mod, key)
        kept = await self._file.in_reader(read_details, known.modid) if known is not None else None

        def page(shown: KeptDetails, *, stale: bool) -> ModPage:
            if known is None:
                return ModPage(shown.document, shown.fetched_at, stale, listed=False, also=(), logo_url=None)
            return ModPage(shown.document, shown.fetched_at, stale, known.listed, known.also, known.logo_url)

        if kept is not None and known is not None and self._is_fresh(kept.fetched_at) and known.lastreleased <= kept.lastreleased:
            return page(kept, stale=False)
        flight = ("details", known.modid if known is not None else fold(key))
        # With a copy at hand nobody waits long for a newer one.
        wait_seconds = None if kept is None else PATIENCE_SECONDS
        try:
            fetched = await self._flights.join(flight, lambda: self._fetch_details(key, known), wait_seconds=wait_seconds)
        except (TimeoutError, Unavailable, NotFound):
            if kept is None:
                raise
            return page(kept, stale=True)
        return page(fetched, stale=False)

    async def kept_details(self, key: str) -> bytes | None:
        """What was kept of a mod's page when it was last looked at, as a JSON object. Asks nobody."""
        return await self._file.in_reader(read_kept, key)

    async def listed(self, modids: Iterable[str]) -> dict[str, ListedMod]:
        """The listed mods with these ids, by the ids as given; of several with the same id, the most downloaded."""
        wanted = {modid: fold(modid) for modid in modids}
        found = await self._file.in_reader(read_listed, sorted(set(wanted.values()))) if wanted else {}
        return {modid: found[key] for modid, key in wanted.items() if key in found}

    async def find_pointed(self, pointer: Pointer) -> ListedMod | None:
        """The listed mod that a link or id means; its `modid` is "" where the list gives none. Asks nobody."""
        return await self._file.in_reader(find_pointed, pointer)

    async def fits_of(self, minor: str, modids: Iterable[int]) -> dict[int, CatalogFit]:
        """Whether mods have a release for a line of game versions like `1.21`, from the list that is kept of it.

        It is fetched at first use and kept for a day; where it can't be had, or not soon, all are `unknown`.
        """
        wanted = list(modids)
        fetched_at, fitting = await self._file.in_reader(read_fits_of, minor, wanted)
        if not self._is_fresh(fetched_at):
            try:
                await self._fetch_fitting(minor)
            except (TimeoutError, Unavailable) as error:
                log.info("fits_not_fetched", minor=minor, error=str(error))
            else:
                fetched_at, fitting = await self._file.in_reader(read_fits_of, minor, wanted)
        if fetched_at is None:
            return dict.fromkeys(wanted, "unknown")
        return {modid: "likely" if modid in fitting else "not" for modid in wanted}

    async def logo_source(self, key: str) -> str | None:
        """Where the mod database says that a mod's logo lies, by the mod's number or one of its ids; None for none."""
        known = await self._file.in_reader(find_mod, key)
        return known.logo if known is not None else None

    async def _fetch_details(self, key: str, known: KnownMod | None) -> KeptDetails:
        from vintagestory_api.mods.catalog_details import render_details  # noqa: PLC0415 - not needed to start

        mod = await self._moddb.mod(key if known is None else known.modid)
        if known is not None and mod.mod_id != known.modid:
            raise Unavailable(f"The mod database answered with another mod than number {known.modid}. Try again later.")
        document = await asyncio.to_thread(render_details, mod, known.item if known is not None else {})
        kept = KeptDetails(
            document, self.clock.now_ms(), max(mod.last_released_ms or 0, known.lastreleased if known is not None else 0)
        )
        await self._file.in_writer(self._write_details, mod.mod_id, kept)
        return kept

    def _write_details(self, modid: int, kept: KeptDetails) -> None:
        with self._file.writing() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO details (modid, document, fetched_at, lastreleased) VALUES (?, ?, ?, ?)",
                (modid, kept.document, kept.fetched_at, kept.lastreleased),
            )
            connection.execute(
                "DELETE FROM details WHERE modid IN (SELECT modid FROM details ORDER BY fetched_at DESC LIMIT -1 OFFSET ?)",
                (KEPT_DETAILS,),
            )

    def _is_fresh(self, fetched_at: int | None) -> bool:
        # A copy from the future was made while the clock was wrong.
        return fetched_at is not None and 0 <= self.clock.now_ms() - fetched_at < DAY_MS


def _keep(kept: OrderedDict[CatalogQuery, T], query: CatalogQuery, value: T, at_most: int) -> None:
    """What was kept longest without being asked for makes room."""
    kept[query] = value
    kept.move_to_end(query)
    if len(kept) > at_most:
        kept.popitem(last=False)


_catalog: ModCatalog | None = None


def use_mod_catalog(catalog: ModCatalog | None) -> None:
    """Tell jobs which catalogue they work on. Called by the application as it starts and stops."""
    global _catalog  # noqa: PLW0603 - a job's function has no arguments, so this is its way to the object built at start
    _catalog = catalog


def get_mod_catalog() -> ModCatalog:
    if _catalog is None:
        raise Unavailable("The catalogue of mods is not open: the manager is starting or stopping. Try again.")
    return _catalog
