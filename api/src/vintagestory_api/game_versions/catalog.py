"""Which versions of the game exist, as last seen, kept in the file of the catalogue."""

import asyncio
import contextlib
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal, TypeVar

import structlog

from vintagestory_api.errors import Unavailable
from vintagestory_api.events import EventBus, GameVersionFound
from vintagestory_api.game_versions.client import CHANNELS, VERSION_API, Build, Channel, ChannelList, VersionApi
from vintagestory_api.game_versions.version import GameVersion, Kind
from vintagestory_api.kit.clock import Clock
from vintagestory_api.kit.upstream import UpstreamError

T = TypeVar("T")
Progress = Callable[[float | None, str], None]
State = Literal["ready", "filling", "unavailable"]

log = structlog.get_logger(__name__)

#: From so many known versions on, a list with fewer than half of them is taken for a fault of the upstream.
SHRINK_CHECK_FROM = 10
BUSY_TIMEOUT_SECONDS = 20.0

#: Our tables in the file; the mods' tables are none of our business. A version that left the list keeps its row
#: (withdrawn = 1), so that it is not found a second time when it comes back. Times are integer UTC milliseconds.
SCHEMA = """
CREATE TABLE IF NOT EXISTS game_version_channels (
    channel TEXT PRIMARY KEY, filled_at INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS game_versions (
    channel TEXT NOT NULL, version TEXT NOT NULL, first_seen INTEGER NOT NULL, announced INTEGER NOT NULL,
    withdrawn INTEGER NOT NULL, PRIMARY KEY (channel, version)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS game_version_builds (
    channel TEXT NOT NULL, version TEXT NOT NULL, platform TEXT NOT NULL, file_name TEXT NOT NULL, size_text TEXT,
    md5 TEXT, url TEXT, PRIMARY KEY (channel, version, platform)) WITHOUT ROWID;
"""


class GameVersionsUnreadable(Unavailable):
    code = "game_versions_unreadable"


@dataclass(frozen=True)
class VersionsReport:
    """What one check found. `versions` counts them by channel; at the first fill nothing counts as new."""

    versions: dict[str, int]
    new_versions: tuple[str, ...]
    changed: int
    withdrawn: int
    skipped: int
    requests: int
    first_fill: bool


@dataclass(frozen=True)
class VersionEntry:
    """One version in one channel. `latest`: the highest of its channel in the order of versions."""

    version: GameVersion
    channel: Channel
    latest: bool
    first_seen_ms: int
    builds: tuple[Build, ...]

    @property
    def kind(self) -> Kind:
        return self.version.kind


@dataclass(frozen=True)
class _Stored:
    first_seen_ms: int
    withdrawn: bool
    builds: tuple[Build, ...]


@dataclass
class _Changes:
    new: list[tuple[Channel, GameVersion]]
    changed: list[tuple[Channel, GameVersion]]
    withdrawn: list[tuple[Channel, GameVersion]]
    first_filled: list[Channel]


class GameVersionCatalog:
    """Each call opens the file for itself, in a thread, so nothing holds on to a file that is replaced."""

    def __init__(self, db_path: Path, api: VersionApi, clock: Clock, bus: EventBus) -> None:
        self._db_path = db_path
        self._api = api
        self._clock = clock
        self._bus = bus
        self._checking = asyncio.Lock()
        self._last_check_failed = False
        self._latest: dict[Channel, str] | None = None
        self._changes = 0

    async def check(self, progress: Progress = lambda _fraction, _message: None) -> VersionsReport:
        """Bring the list in line with both channels, in one transaction, and publish `GameVersionFound` for what is new.

        When either channel fails nothing changes. Raises `UpstreamError`, `CircuitOpen` and `GameVersionsUnreadable`.
        """
        async with self._checking:
            try:
                report = await self._check()
            except Exception:
                self._last_check_failed = True
                raise
            self._last_check_failed = False
            known = sum(report.versions.values())
            news = ", ".join(report.new_versions) or "none"
            progress(1.0, f"{known} versions, read for the first time" if report.first_fill else f"{known} versions; new: {news}")
            return report

    async def list_versions(self, channel: Channel | None = None) -> list[VersionEntry]:
        """Newest first, by the order of versions and not by date."""
        return await self._in_thread(lambda connection: _entries(connection, channel))

    async def latest(self) -> dict[Channel, str]:
        """The newest version of each channel that has one; looked up once after each check."""
        if self._latest is not None:
            return self._latest
        changes = self._changes
        found = await self._in_thread(_latest_versions)
        if changes == self._changes:
            self._latest = found
        return found

    async def state(self) -> State:
        """`filling` before the first list came, `unavailable` when it could not be fetched."""
        if await self._in_thread(_filled_channels):
            return "ready"
        return "unavailable" if self._last_check_failed else "filling"

    async def _check(self) -> VersionsReport:
        requests_before = self._api.upstream.requests_made
        lists = {channel: await self._api.channel(channel) for channel in CHANNELS}
        now_ms = self._clock.now_ms()
        changes = await self._in_thread(lambda connection: _store(connection, lists, now_ms))
        self._latest, self._changes = None, self._changes + 1
        await self._announce()
        new = [version for channel, version in changes.new if channel not in changes.first_filled]
        return VersionsReport(
            versions={channel: len(found.versions) for channel, found in lists.items()},
            new_versions=tuple(dict.fromkeys(str(version) for version in sorted(new, reverse=True))),
            changed=len(changes.changed),
            withdrawn=len(changes.withdrawn),
            skipped=sum(found.skipped for found in lists.values()),
            requests=self._api.upstream.requests_made - requests_before,
            first_fill=bool(changes.first_filled),
        )

    async def _announce(self) -> None:
        """Publish what was stored and not announced yet, also by an earlier life that ended in between."""
        for channel, version in await self._in_thread(_unannounced):
            log.info("game_version_found", version=version, channel=channel)
            self._bus.publish(GameVersionFound(version=version, channel=channel))
            await self._in_thread(partial(_mark_announced, channel=channel, version=version))

    async def _in_thread(self, work: Callable[[sqlite3.Connection], T]) -> T:
        return await asyncio.to_thread(self._with_connection, work)

    def _with_connection(self, work: Callable[[sqlite3.Connection], T]) -> T:
        try:
            with contextlib.closing(
                sqlite3.connect(self._db_path, timeout=BUSY_TIMEOUT_SECONDS, isolation_level=None)
            ) as connection:
                connection.execute("PRAGMA journal_mode = WAL")
                connection.executescript(SCHEMA)
                return work(connection)
        except sqlite3.Error as error:
            raise GameVersionsUnreadable(
                f"The list of game versions in {self._db_path.name} can't be read or written ({error}). Check the free disk "
                "space and the owner of the data folder; a damaged file is replaced when the manager restarts."
            ) from error


def _store(connection: sqlite3.Connection, lists: dict[Channel, ChannelList], now_ms: int) -> _Changes:
    with _transaction(connection):
        filled = _filled_channels(connection)
        changes = _Changes([], [], [], [channel for channel in CHANNELS if channel not in filled])
        for channel, found in lists.items():
            stored = _stored(connection, channel)
            _refuse_rubbish(channel, found, stored)
            _compare(channel, found, stored, changes)
        _write(connection, lists, changes, now_ms)
    return changes


def _refuse_rubbish(channel: Channel, found: ChannelList, stored: dict[GameVersion, _Stored]) -> None:
    known = sum(not entry.withdrawn for entry in stored.values())
    count = len(found.versions)
    if (channel == "stable" and count == 0) or (known >= SHRINK_CHECK_FROM and count * 2 < known):
        raise UpstreamError(
            f"{VERSION_API} lists {count} {channel} versions where {known} are known, which is not believed. "
            "The known list is kept; try again later.",
            upstream=VERSION_API,
            reason="shrunk",
        )


def _compare(channel: Channel, found: ChannelList, stored: dict[GameVersion, _Stored], changes: _Changes) -> None:
    for version, builds in found.versions.items():
        known = stored.get(version)
        if known is None:
            changes.new.append((channel, version))
        elif known.withdrawn or known.builds != builds:
            changes.changed.append((channel, version))
    changes.withdrawn += [
        (channel, version) for version, known in stored.items() if version not in found.versions and not known.withdrawn
    ]


def _write(connection: sqlite3.Connection, lists: dict[Channel, ChannelList], changes: _Changes, now_ms: int) -> None:
    """Only what changed: without a change no row is written."""
    connection.executemany(
        "INSERT INTO game_version_channels (channel, filled_at) VALUES (?, ?)",
        [(channel, now_ms) for channel in changes.first_filled],
    )
    connection.executemany(
        "INSERT INTO game_versions (channel, version, first_seen, announced, withdrawn) VALUES (?, ?, ?, ?, 0)",
        # At the first fill everything is new, so nothing is news.
        [(channel, str(version), now_ms, channel in changes.first_filled) for channel, version in changes.new],
    )
    connection.executemany("UPDATE game_versions SET withdrawn = 0 WHERE channel = ? AND version = ?", _keys(changes.changed))
    connection.executemany("UPDATE game_versions SET withdrawn = 1 WHERE channel = ? AND version = ?", _keys(changes.withdrawn))
    connection.executemany("DELETE FROM game_version_builds WHERE channel = ? AND version = ?", _keys(changes.changed))
    connection.executemany(
        "INSERT INTO game_version_builds (channel, version, platform, file_name, size_text, md5, url)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        [
            (channel, str(version), build.platform, build.file_name, build.size_text, build.md5, build.url)
            for channel, version in (*changes.new, *changes.changed)
            for build in lists[channel].versions[version]
        ],
    )


def _keys(versions: Sequence[tuple[Channel, GameVersion]]) -> list[tuple[str, str]]:
    return [(channel, str(version)) for channel, version in versions]


def _stored(connection: sqlite3.Connection, channel: Channel) -> dict[GameVersion, _Stored]:
    builds: dict[str, list[Build]] = {}
    for version, *columns in connection.execute(
        "SELECT version, platform, file_name, size_text, md5, url FROM game_version_builds WHERE channel = ? ORDER BY platform",
        (channel,),
    ):
        builds.setdefault(version, []).append(Build(*columns))
    rows = connection.execute("SELECT version, first_seen, withdrawn FROM game_versions WHERE channel = ?", (channel,))
    return {
        GameVersion.parse(version): _Stored(first_seen, bool(withdrawn), tuple(builds.get(version, ())))
        for version, first_seen, withdrawn in rows
    }


def _entries(connection: sqlite3.Connection, only: Channel | None) -> list[VersionEntry]:
    entries = []
    for channel in CHANNELS:
        if only not in {None, channel}:
            continue
        listed = {version: entry for version, entry in _stored(connection, channel).items() if not entry.withdrawn}
        newest = max(listed, default=None)
        entries += [
            VersionEntry(version, channel, version == newest, entry.first_seen_ms, entry.builds)
            for version, entry in listed.items()
        ]
    return sorted(entries, key=lambda entry: entry.version, reverse=True)


def _latest_versions(connection: sqlite3.Connection) -> dict[Channel, str]:
    rows = connection.execute("SELECT channel, version FROM game_versions WHERE withdrawn = 0").fetchall()
    latest: dict[Channel, GameVersion] = {}
    for channel, text in rows:
        version = GameVersion.parse(text)
        if channel not in latest or version > latest[channel]:
            latest[channel] = version
    return {channel: str(version) for channel, version in latest.items()}


def _filled_channels(connection: sqlite3.Connection) -> set[str]:
    return {row[0] for row in connection.execute("SELECT channel FROM game_version_channels")}


def _unannounced(connection: sqlite3.Connection) -> list[tuple[Channel, str]]:
    rows = connection.execute("SELECT channel, version FROM game_versions WHERE announced = 0 AND withdrawn = 0").fetchall()
    return sorted(rows, key=lambda row: GameVersion.parse(row[1]))


def _mark_announced(connection: sqlite3.Connection, channel: str, version: str) -> None:
    connection.execute("UPDATE game_versions SET announced = 1 WHERE channel = ? AND version = ?", (channel, version))


@contextlib.contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All of it or nothing."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


class _Current:
    catalog: GameVersionCatalog | None = None


def use_game_version_catalog(catalog: GameVersionCatalog | None) -> None:
    """Set by the composition root; None when the application ends."""
    _Current.catalog = catalog


def get_game_version_catalog() -> GameVersionCatalog:
    """The catalogue of the running application: jobs have a fixed signature, so they ask here."""
    if _Current.catalog is None:
        raise GameVersionsUnreadable("The manager is not running, so there is no list of game versions. Start it first.")
    return _Current.catalog
