"""The catalogue of mods: a copy of the mod database's list that is searched here and brought up to date by a job.

One process of its own takes in the list; threads answer searches. Nothing here blocks the event loop.
"""

import asyncio
import contextlib
import sqlite3
import sys
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, ParamSpec, Protocol, TypeVar

import orjson
import structlog

from vintagestory_api.errors import NotFound, Unavailable
from vintagestory_api.kit.children import run_child
from vintagestory_api.kit.clock import Clock
from vintagestory_api.kit.ids import uuid7
from vintagestory_api.kit.single_flight import SingleFlight
from vintagestory_api.mods.catalog_import import logo_address
from vintagestory_api.mods.catalog_search import CatalogPage, CatalogQuery, Hits, find_pointed_number, search_catalog
from vintagestory_api.mods.catalog_store import damaged, is_damage, open_catalog, open_catalog_for_reading, transaction
from vintagestory_api.mods.folding import fold
from vintagestory_api.mods.moddb_answers import GameVersionInfo, ModDetails, TagInfo
from vintagestory_api.mods.pointer import Pointer

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")
Progress = Callable[[float | None, str], None]
CatalogFit = Literal["likely", "not", "unknown"]

log = structlog.get_logger(__name__)

DAY_MS: Final = 24 * 3600 * 1000
#: How long a page waits for the mod database before it shows what is at hand.
PATIENCE_SECONDS: Final = 5.0
#: Size of the real list, for the progress of the first download.
USUAL_LIST_BYTES: Final = 2_200_000
#: Details of the mods that were looked at last; more would fill the disk with pages nobody reads.
KEPT_DETAILS: Final = 2_000

#: Kept in memory until the catalogue changes: whole answers (30 mods of half a kilobyte each), and what further pages of a
#: listing are cut from (eight bytes a mod).
KEPT_PAGES: Final = 100
KEPT_LISTINGS: Final = 100

_READERS: Final = 2
# A list taken for a fault, or a broken file, is the same a minute later.
_PERMANENT: Final = frozenset({"shrunk", "catalog_damaged"})


class CatalogNotRefreshed(Unavailable):
    """The new list could not be taken in; the old catalogue is whole. `reason` is the importer's code."""

    code = "catalog_not_refreshed"

    def __init__(self, message: str, *, reason: str) -> None:
        super().__init__(message, reason=reason)
        self.permanent = reason in _PERMANENT


class CatalogUnreadable(Unavailable):
    code = "catalog_unreadable"


class CatalogUpstream(Protocol):
    """What the catalogue needs of the mod database. Raises `Unavailable`, and `NotFound` for a mod it does not have."""

    async def download_list(
        self, target: Path, *, params: Mapping[str, str] | None = None, on_bytes: Callable[[int], None] | None = None
    ) -> int: ...
    async def tags(self) -> list[TagInfo]: ...
    async def game_versions(self) -> list[GameVersionInfo]: ...
    async def mod_ids_fitting(self, minor: str) -> list[int]: ...
    async def mod(self, key: str | int) -> ModDetails: ...


@dataclass(frozen=True)
class RefreshReport:
    """What a refresh found. `new` counts mods that came back, too; `changed` also those with only a new number of downloads.

    `requests` leaves out retries; `bytes` is the size of the list.
    """

    mods: int
    new: int
    changed: int
    vanished: int
    unchanged: int
    invalid: int
    tags: int
    game_versions: int
    requests: int
    bytes: int
    seconds_download: float
    seconds_import: float


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


@dataclass(frozen=True)
class ListedMod:
    """A listed mod that has a certain id. `modid` is that id as the mod database spells it."""

    catalog_id: int
    modid: str
    name: str
    logo_url: str | None


@dataclass(frozen=True)
class FittingMods:
    """Numbers of the mods with a release for one line of game versions, as of `fetched_at` (UTC milliseconds)."""

    modids: frozenset[int]
    fetched_at: int
    stale: bool


@dataclass(frozen=True)
class _Known:
    """What is stored about the mod that a key means; `item` as lists show it, empty for a mod that is not in the list."""

    modid: int
    listed: bool
    lastreleased: int
    item: dict[str, Any]
    also: tuple[tuple[int, str], ...]
    logo: str | None = None

    @property
    def logo_url(self) -> str | None:
        return logo_address(self.modid) if self.logo else None


@dataclass(frozen=True)
class _Kept:
    document: bytes
    fetched_at: int
    lastreleased: int


class ModCatalog:
    """`path` has been through `prepare_catalog`. Close it before the event loop ends."""

    def __init__(self, path: Path, moddb: CatalogUpstream, clock: Clock, python: str = sys.executable) -> None:
        self.clock = clock
        self._path = path
        self._moddb = moddb
        self._python = python
        self._flights = SingleFlight()
        self._readers = ThreadPoolExecutor(_READERS, thread_name_prefix="catalog-reader")
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="catalog-writer")
        self._own = threading.local()
        self._connections: list[sqlite3.Connection] = []
        self._connections_lock = threading.Lock()
        self._list_bytes = USUAL_LIST_BYTES
        self._pages: OrderedDict[CatalogQuery, CatalogPage] = OrderedDict()
        self._hits: OrderedDict[CatalogQuery, Hits] = OrderedDict()
        self._changes = 0
        self._count: int | None = None

    async def close(self) -> None:
        """Give up what is under way and close the file."""
        await self._flights.close()
        for executor in (self._readers, self._writer):
            await asyncio.to_thread(executor.shutdown, cancel_futures=True)
        while self._connections:
            self._connections.pop().close()

    # Refresh

    async def refresh(self, progress: Progress = lambda _fraction, _message: None) -> RefreshReport:
        """Bring the catalogue in line with the mod database. Calls at the same time share one refresh.

        Everything is fetched before anything is written, in one transaction. Raises `CatalogNotRefreshed` and what the
        mod database raises; the old catalogue is whole then.
        """
        return await self._flights.join("refresh", lambda: self._refresh(progress))

    async def _refresh(self, progress: Progress) -> RefreshReport:
        name = f"catalog-{uuid7()}"
        list_file, extra_file = (self._path.with_name(f"{name}.{kind}.part") for kind in ("list", "extra"))
        try:
            started = self.clock.monotonic()
            size = await self._download(list_file, progress)
            progress(0.6, "Asking for tags and game versions")
            tags = await self._moddb.tags()
            versions = await self._moddb.game_versions()
            extra = {
                "tags": [{"name": tag.name, "color": tag.color} for tag in tags],
                "game_versions": [{"name": version.name, "tag_id": str(version.tag_id)} for version in versions],
            }
            await self._in_writer(extra_file.write_bytes, orjson.dumps(extra))
            downloaded = self.clock.monotonic()
            progress(0.7, f"Comparing {size / 1_000_000:.1f} MB with the catalogue")
            report = await self._import(list_file, extra_file)
            imported = self.clock.monotonic()
        finally:
            for file in (list_file, extra_file):
                with contextlib.suppress(OSError):
                    file.unlink(missing_ok=True)
        self._list_bytes = size
        progress(1.0, f"{report['mods']} mods: {report['new']} new, {report['changed']} changed, {report['vanished']} vanished")
        counts = {
            key: report[key] for key in ("mods", "new", "changed", "vanished", "unchanged", "invalid", "tags", "game_versions")
        }
        return RefreshReport(
            **counts,
            requests=3,
            bytes=size,
            seconds_download=round(downloaded - started, 3),
            seconds_import=round(imported - downloaded, 3),
        )

    async def _download(self, target: Path, progress: Progress) -> int:
        said = 0.0
        expected = self._list_bytes

        def on_bytes(received: int) -> None:
            nonlocal said
            fraction = 0.6 * min(1.0, received / expected)
            if fraction - said >= 0.05:
                said = fraction
                progress(fraction, f"Downloading the list of mods: {received / 1_000_000:.1f} MB")

        progress(0.0, "Downloading the list of mods")
        return await self._moddb.download_list(target, on_bytes=on_bytes)

    async def _import(self, list_file: Path, extra_file: Path) -> dict[str, int]:
        # -I: whatever lies in the working folder or in PYTHONPATH has no part in it.
        arguments = ("-I", "-m", "vintagestory_api.mods.catalog_import", str(list_file), str(self._path), str(extra_file))
        try:
            ended = await run_child((self._python, *arguments))
        except OSError as error:
            raise CatalogNotRefreshed(f"The importer can't be started: {error.strerror}.", reason="not_started") from error
        finally:
            self._forget_pages()
        try:
            report = orjson.loads(ended.output)
        except orjson.JSONDecodeError:
            report = None
        if ended.code == 0 and isinstance(report, dict) and "mods" in report:
            return report
        if isinstance(report, dict) and isinstance(report.get("error"), dict):
            raise CatalogNotRefreshed(str(report["error"].get("message")), reason=str(report["error"].get("code")))
        last_words = ended.complaint.decode("utf-8", "replace").strip().rpartition("\n")[2][:300]
        raise CatalogNotRefreshed(
            f"The importer ended with {ended.code} before it was done ({last_words or 'it said nothing'}). "
            "The old catalogue stays; the next refresh tries again.",
            reason="importer_ended",
        )

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
        page, hits = await self._in_reader(search_catalog, query, self._hits.get(listing))
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
        found = await self._in_reader(_count_mods)
        if changes == self._changes:
            self._count = found
        return found

    async def tags(self) -> list[dict[str, Any]]:
        """The mod database's tags with the number of mods that have them, by name."""
        return await self._in_reader(_read_tags)

    # Which mods fit a game version

    async def fitting(self, minor: str) -> FittingMods:
        """The mods for a line of game versions like `1.21`, from a list that is fetched at first use and kept for a day.

        Raises `Unavailable` when it can't be fetched and there is no older copy, `TimeoutError` when that takes too long.
        """
        stored = await self._in_reader(_read_fitting, minor)
        if stored is None or not self._is_fresh(stored.fetched_at):
            try:
                await self._fetch_fitting(minor)
            except (TimeoutError, Unavailable):
                if stored is None:
                    raise
                return stored
            stored = await self._in_reader(_read_fitting, minor)
        if stored is None:
            raise CatalogUnreadable("The catalogue was emptied at this very moment. Try again.")
        return FittingMods(stored.modids, stored.fetched_at, stale=False)

    async def _fetch_fitting(self, minor: str) -> None:
        async def fetch() -> None:
            stored = await self._in_reader(_read_fitting, minor)
            if stored is not None and self._is_fresh(stored.fetched_at):
                return  # somebody else's fetch ended between our looking and our asking
            modids = await self._moddb.mod_ids_fitting(minor)
            try:
                await self._in_writer(self._write_fitting, minor, modids, self.clock.now_ms())
            finally:
                self._forget_pages()
            log.info("fitting_mods_fetched", minor=minor, mods=len(modids))

        await self._flights.join(("fitting", minor), fetch, wait_seconds=PATIENCE_SECONDS)

    def _write_fitting(self, minor: str, modids: list[int], now_ms: int) -> None:
        with self._writing() as connection:
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
        known = await self._in_reader(_find_mod, key)
        kept = await self._in_reader(_read_details, known.modid) if known is not None else None

        def page(shown: _Kept, *, stale: bool) -> ModPage:
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

        def find(connection: sqlite3.Connection) -> bytes | None:
            known = _find_mod(connection, key)
            kept = _read_details(connection, known.modid) if known is not None else None
            return kept.document + b"}" if kept is not None else None

        return await self._in_reader(find)

    async def listed(self, modids: Iterable[str]) -> dict[str, ListedMod]:
        """The listed mods with these ids, by the ids as given; of several with the same id, the most downloaded."""
        wanted = {modid: fold(modid) for modid in modids}
        found = await self._in_reader(_read_listed, sorted(set(wanted.values()))) if wanted else {}
        return {modid: found[key] for modid, key in wanted.items() if key in found}

    async def find_pointed(self, pointer: Pointer) -> ListedMod | None:
        """The listed mod that a link or id means; its `modid` is "" where the list gives none. Asks nobody."""
        return await self._in_reader(_find_pointed, pointer)

    async def fits_of(self, minor: str, modids: Iterable[int]) -> dict[int, CatalogFit]:
        """Whether mods have a release for a line of game versions like `1.21`, from the list that is kept of it.

        It is fetched at first use and kept for a day; where it can't be had, or not soon, all are `unknown`.
        """
        wanted = list(modids)
        fetched_at, fitting = await self._in_reader(_read_fits_of, minor, wanted)
        if not self._is_fresh(fetched_at):
            try:
                await self._fetch_fitting(minor)
            except (TimeoutError, Unavailable) as error:
                log.info("fits_not_fetched", minor=minor, error=str(error))
            else:
                fetched_at, fitting = await self._in_reader(_read_fits_of, minor, wanted)
        if fetched_at is None:
            return dict.fromkeys(wanted, "unknown")
        return {modid: "likely" if modid in fitting else "not" for modid in wanted}

    async def logo_source(self, key: str) -> str | None:
        """Where the mod database says that a mod's logo lies, by the mod's number or one of its ids; None for none."""
        known = await self._in_reader(_find_mod, key)
        return known.logo if known is not None else None

    async def _fetch_details(self, key: str, known: _Known | None) -> _Kept:
        from vintagestory_api.mods.catalog_details import render_details  # noqa: PLC0415 - not needed to start

        mod = await self._moddb.mod(key if known is None else known.modid)
        if known is not None and mod.mod_id != known.modid:
            raise Unavailable(f"The mod database answered with another mod than number {known.modid}. Try again later.")
        document = await asyncio.to_thread(render_details, mod, known.item if known is not None else {})
        kept = _Kept(
            document, self.clock.now_ms(), max(mod.last_released_ms or 0, known.lastreleased if known is not None else 0)
        )
        await self._in_writer(self._write_details, mod.mod_id, kept)
        return kept

    def _write_details(self, modid: int, kept: _Kept) -> None:
        with self._writing() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO details (modid, document, fetched_at, lastreleased) VALUES (?, ?, ?, ?)",
                (modid, kept.document, kept.fetched_at, kept.lastreleased),
            )
            connection.execute(
                "DELETE FROM details WHERE modid IN (SELECT modid FROM details ORDER BY fetched_at DESC LIMIT -1 OFFSET ?)",
                (KEPT_DETAILS,),
            )

    # Threads and connections

    def _is_fresh(self, fetched_at: int | None) -> bool:
        # A copy from the future was made while the clock was wrong.
        return fetched_at is not None and 0 <= self.clock.now_ms() - fetched_at < DAY_MS

    async def _in_reader(self, work: Callable[..., R], *args: Any) -> R:
        def read() -> R:
            try:
                return work(self._reading(), *args)
            except sqlite3.Error as error:
                raise self._unreadable(error) from error

        return await asyncio.get_running_loop().run_in_executor(self._readers, read)

    async def _in_writer(self, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        def write() -> R:
            try:
                return work(*args, **kwargs)
            except sqlite3.Error as error:
                raise self._unreadable(error) from error
            except OSError as error:
                advice = "Check the free disk space and the folder's permissions."
                raise CatalogUnreadable(f"The cache folder can't be written: {error.strerror}. {advice}") from error

        return await asyncio.get_running_loop().run_in_executor(self._writer, write)

    def _reading(self) -> sqlite3.Connection:
        """This thread's connection."""
        connection: sqlite3.Connection | None = getattr(self._own, "connection", None)
        if connection is None:
            connection = self._own.connection = open_catalog_for_reading(self._path)
            with self._connections_lock:
                self._connections.append(connection)
        return connection

    @contextlib.contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        connection = open_catalog(self._path)
        try:
            with transaction(connection):
                yield connection
        finally:
            connection.close()

    def _unreadable(self, error: sqlite3.Error) -> Unavailable:
        if is_damage(error):
            return damaged(self._path)
        log.warning("catalog_unreadable", error=str(error))
        return CatalogUnreadable(f"The catalogue can't be used right now ({error}). Check the free disk space, then try again.")


def _find_mod(connection: sqlite3.Connection, key: str) -> _Known | None:
    """The mod that `key` means: a number first, then an id, then the number of a mod that is not in the list now."""
    columns = "m.modid, m.gone, m.lastreleased, m.name, m.logo"
    number = int(key) if key.isascii() and key.isdigit() and len(key) <= 18 else -1
    numbered = connection.execute(f"SELECT {columns} FROM mods m WHERE m.modid = ?", (number,)).fetchall()  # noqa: S608 - fixed columns
    rows = [row for row in numbered if not row[1]]
    if not rows:
        rows = (
            connection.execute(
                f"""SELECT {columns} FROM mod_modids i JOIN mods m USING (modid)
            WHERE i.modidstr_key = ? ORDER BY m.downloads DESC, m.modid""",  # noqa: S608 - fixed columns
                (fold(key),),
            ).fetchall()
            or numbered
        )
    if not rows:
        seen = connection.execute("SELECT modid FROM details WHERE modid = ?", (number,)).fetchone()
        return _Known(seen[0], listed=False, lastreleased=0, item={}, also=()) if seen is not None else None
    modid, gone, lastreleased, _, logo = rows[0]
    item = connection.execute("SELECT item FROM mod_items WHERE modid = ?", (modid,)).fetchone()
    return _Known(
        modid=modid,
        listed=not gone,
        lastreleased=lastreleased,
        item=orjson.loads(item[0]) if item is not None else {},
        also=tuple((row[0], row[3]) for row in rows[1:]),
        logo=logo,
    )


def _read_listed(connection: sqlite3.Connection, keys: list[str]) -> dict[str, ListedMod]:
    """By the folded id."""
    # The plus keeps SQLite from walking all mods in the order of their downloads, and looking for the ids at each.
    rows = connection.execute(
        """SELECT i.modidstr_key, m.modid, i.modidstr, m.name, m.logo IS NOT NULL
        FROM json_each(?) k CROSS JOIN mod_modids i ON i.modidstr_key = k.value CROSS JOIN mods m USING (modid)
        WHERE m.gone = 0 ORDER BY +m.downloads, m.modid DESC""",
        (orjson.dumps(keys).decode(),),
    )
    return {
        key: ListedMod(modid, text, name, logo_address(modid) if has_logo else None) for key, modid, text, name, has_logo in rows
    }


def _find_pointed(connection: sqlite3.Connection, pointer: Pointer) -> ListedMod | None:
    number = find_pointed_number(connection, pointer)
    row = connection.execute("SELECT name, logo IS NOT NULL FROM mods WHERE modid = ?", (number,)).fetchone()
    if number is None or row is None:
        return None
    ids = [text for (text,) in connection.execute("SELECT modidstr FROM mod_modids WHERE modid = ? ORDER BY modidstr", (number,))]
    named = [text for text in ids if fold(text) == fold(pointer.value)]
    return ListedMod(number, next(iter(named or ids), ""), row[0], logo_address(number) if row[1] else None)


def _read_fits_of(connection: sqlite3.Connection, minor: str, modids: list[int]) -> tuple[int | None, frozenset[int]]:
    row = connection.execute("SELECT fetched_at FROM fit_lists WHERE minor = ?", (minor,)).fetchone()
    if row is None:
        return None, frozenset()
    found = connection.execute(
        "SELECT f.modid FROM json_each(?) k CROSS JOIN fits f ON f.minor = ? AND f.modid = k.value",
        (orjson.dumps(modids).decode(), minor),
    )
    return row[0], frozenset(modid for (modid,) in found)


def _read_details(connection: sqlite3.Connection, modid: int) -> _Kept | None:
    row = connection.execute("SELECT document, fetched_at, lastreleased FROM details WHERE modid = ?", (modid,)).fetchone()
    return None if row is None else _Kept(*row)


def _read_fitting(connection: sqlite3.Connection, minor: str) -> FittingMods | None:
    row = connection.execute("SELECT fetched_at FROM fit_lists WHERE minor = ?", (minor,)).fetchone()
    if row is None:
        return None
    modids = frozenset(modid for (modid,) in connection.execute("SELECT modid FROM fits WHERE minor = ?", (minor,)))
    return FittingMods(modids, row[0], stale=True)


def _count_mods(connection: sqlite3.Connection) -> int:
    return int(connection.execute("SELECT count(*) FROM mods INDEXED BY mods_listed WHERE gone = 0").fetchone()[0])


def _read_tags(connection: sqlite3.Connection) -> list[dict[str, Any]]:
    rows = connection.execute(
        """SELECT t.name, t.color, (SELECT count(*) FROM mod_tags m WHERE m.tag_key = t.tag_key)
        FROM tags t ORDER BY t.tag_key"""
    )
    return [{"name": name, "color": color, "mods": mods} for name, color, mods in rows]


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
