"""The file of the catalogue, `cache/catalog.db`: its tables, and a whole file at every start.

Everything in it can be fetched again, so a file that can't be read is replaced, never mended. The list of game
versions lives in the same file, in tables of its own; a newer form of our tables leaves those alone.
"""

import contextlib
import os
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path

from vintagestory_api.errors import Unavailable
from vintagestory_api.storage.atomic import sync_folder

#: Raise it with every change of the tables, of the folding or of the rendered items: the tables are then made anew.
SCHEMA_VERSION = 2
#: "VSMC", so that a file of another program is told from ours.
APPLICATION_ID = 0x56534D43
BUSY_TIMEOUT_SECONDS = 20.0

#: A mod that left the list keeps its row (gone = 1), so that its page can say so; it has no rows in the other tables.
#: `item` is the mod as lists show it, rendered once when it changes. Times are integer UTC milliseconds.
_TABLES = {
    "mods": """CREATE TABLE mods (
        modid INTEGER PRIMARY KEY, assetid INTEGER NOT NULL, downloads INTEGER NOT NULL, follows INTEGER NOT NULL,
        trendingpoints INTEGER NOT NULL, comments INTEGER NOT NULL, name TEXT NOT NULL, summary TEXT NOT NULL,
        author TEXT NOT NULL, urlalias TEXT, side TEXT NOT NULL, type TEXT NOT NULL, logo TEXT,
        lastreleased INTEGER NOT NULL, name_key TEXT NOT NULL, author_key TEXT NOT NULL, row_hash BLOB NOT NULL,
        first_seen INTEGER NOT NULL, gone INTEGER NOT NULL)""",
    "mod_items": "CREATE TABLE mod_items (modid INTEGER PRIMARY KEY, item BLOB NOT NULL)",
    "mod_texts": "CREATE TABLE mod_texts (modid INTEGER PRIMARY KEY, text TEXT NOT NULL, text_hash BLOB NOT NULL)",
    "mod_modids": """CREATE TABLE mod_modids (
        modidstr_key TEXT NOT NULL, modid INTEGER NOT NULL, modidstr TEXT NOT NULL,
        PRIMARY KEY (modidstr_key, modid)) WITHOUT ROWID""",
    "mod_tags": """CREATE TABLE mod_tags (
        tag_key TEXT NOT NULL, modid INTEGER NOT NULL, PRIMARY KEY (tag_key, modid)) WITHOUT ROWID""",
    "mods_fts": """CREATE VIRTUAL TABLE mods_fts USING fts5(
        name, ids, author, tags, summary, tokenize = "trigram case_sensitive 1")""",
    "tags": "CREATE TABLE tags (tag_key TEXT PRIMARY KEY, name TEXT NOT NULL, color TEXT) WITHOUT ROWID",
    "catalog_game_versions": "CREATE TABLE catalog_game_versions (name TEXT PRIMARY KEY, tag_id INTEGER NOT NULL) WITHOUT ROWID",
    "fits": "CREATE TABLE fits (minor TEXT NOT NULL, modid INTEGER NOT NULL, PRIMARY KEY (minor, modid)) WITHOUT ROWID",
    "fit_lists": "CREATE TABLE fit_lists (minor TEXT PRIMARY KEY, fetched_at INTEGER NOT NULL) WITHOUT ROWID",
    "details": """CREATE TABLE details (
        modid INTEGER PRIMARY KEY, document BLOB NOT NULL, fetched_at INTEGER NOT NULL, lastreleased INTEGER NOT NULL)""",
}

#: Filters and sort keys are all in the indexes, so that only the rows of the page itself are read.
_INDEXES = (
    "CREATE INDEX mods_by_downloads ON mods (gone, downloads DESC, modid, side, type, author_key)",
    "CREATE INDEX mods_by_last_released ON mods (gone, lastreleased DESC, modid, side, type, author_key)",
    "CREATE INDEX mods_by_name ON mods (gone, name_key, modid, side, type, author_key)",
    """CREATE INDEX mods_listed ON mods (modid, side, type, author_key, downloads, lastreleased, name_key)
        WHERE gone = 0""",
    "CREATE INDEX mod_modids_by_mod ON mod_modids (modid)",
    "CREATE INDEX mod_tags_by_mod ON mod_tags (modid)",
)


class CatalogUnsupported(Unavailable):
    code = "catalog_unsupported"


class CatalogNotWritable(Unavailable):
    code = "catalog_not_writable"


class CatalogDamaged(Unavailable):
    code = "catalog_damaged"
    permanent = True


def prepare_catalog(path: Path) -> None:
    """Make sure that `path` holds a catalogue that can be read. Called once at start, before anything else opens the file.

    A file that can't be read, or that an earlier life found damaged, is replaced by an empty catalogue (`catalog_rebuilt`
    is logged). Raises `CatalogUnsupported` where Python's SQLite lacks full-text search, `CatalogNotWritable` where the
    folder or the disk does not let us.
    """
    check_full_text_search()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _sweep(path)
        reason = _why_unreadable(path)
        if reason is not None:
            _replace(path)
            import structlog  # noqa: PLC0415 - the importer's process uses this module without logging

            structlog.get_logger(__name__).warning("catalog_rebuilt", reason=reason)
        _damage_marker(path).unlink(missing_ok=True)
        open_catalog(path).close()
    except (OSError, sqlite3.OperationalError) as error:
        raise CatalogNotWritable(
            f"{path.name} in the folder {path.parent.name!r} of the data folder can't be opened for writing ({error}). "
            "Check the folder's owner and permissions and the free disk space, then start again."
        ) from error


def open_catalog(path: Path) -> sqlite3.Connection:
    """A connection that may write, in autocommit mode; usable from any thread, by one at a time.

    Creates our tables where they are missing, and makes them anew where they are of another form.
    """
    connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_SECONDS, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        if _schema_version(connection) != SCHEMA_VERSION:
            with transaction(connection):
                if _schema_version(connection) != SCHEMA_VERSION:
                    _create_tables(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def open_catalog_for_reading(path: Path) -> sqlite3.Connection:
    """A read-only connection; usable from any thread, by one at a time."""
    uri = f"{path.absolute().as_uri()}?mode=ro"
    return sqlite3.connect(uri, uri=True, timeout=BUSY_TIMEOUT_SECONDS, isolation_level=None, check_same_thread=False)


@contextlib.contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All of it or nothing."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def check_full_text_search() -> None:
    """Raises `CatalogUnsupported` where Python's SQLite can't search texts by trigrams (FTS5, SQLite 3.34)."""
    connection = sqlite3.connect(":memory:")
    try:
        has_fts5 = connection.execute("SELECT 1 FROM pragma_module_list WHERE name = 'fts5'").fetchone() is not None
    finally:
        connection.close()
    if not has_fts5 or sqlite3.sqlite_version_info < (3, 34):
        raise CatalogUnsupported(
            f"The catalogue of mods needs SQLite 3.34 or newer with FTS5; this Python has {sqlite3.sqlite_version}"
            f"{'' if has_fts5 else ' without FTS5'}. Start vsmanager with another Python, such as your distribution's."
        )


def is_damage(error: sqlite3.Error) -> bool:
    """Whether `error` says that the file itself is broken, not that it is busy or that the disk is full."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


def damaged(path: Path) -> CatalogDamaged:
    """Remember that the file is broken, so that the next start replaces it (now, other connections have it open)."""
    with contextlib.suppress(OSError):
        _damage_marker(path).touch()
    return CatalogDamaged("The catalogue's file is damaged. Restart the manager: it then makes a new one and fills it again.")


def _sweep(path: Path) -> None:
    """Remove what killed lives left half done."""
    for pattern in ("catalog-*.part", f".{path.name}.*.part*"):
        for leftover in path.parent.glob(pattern):
            leftover.unlink(missing_ok=True)


def _damage_marker(path: Path) -> Path:
    return path.with_name(f"{path.name}.damaged")


def _schema_version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _create_tables(connection: sqlite3.Connection) -> None:
    for table in _TABLES:
        connection.execute(f"DROP TABLE IF EXISTS {table}")
    for statement in (*_TABLES.values(), *_INDEXES):
        connection.execute(statement)
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


def _why_unreadable(path: Path) -> str | None:
    """What keeps the file from being read, or None. Looks at the header and the list of tables; the rest is
    checked by the importer, in its own process, so that a start takes no longer with a large catalogue."""
    if not path.exists():
        return None
    if _damage_marker(path).exists():
        return "found damaged earlier"
    try:
        connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_SECONDS, isolation_level=None)
        try:
            application_id = connection.execute("PRAGMA application_id").fetchone()[0]
            if application_id not in {0, APPLICATION_ID}:
                return "a file of another program"
            names = {row[0] for row in connection.execute("SELECT name FROM sqlite_master")}
            if _schema_version(connection) == SCHEMA_VERSION:
                if missing := _TABLES.keys() - names:
                    return f"tables missing: {', '.join(sorted(missing))}"
                for table in _TABLES:
                    connection.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone()  # noqa: S608 - our own table names
        finally:
            connection.close()
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.OperationalError) and not is_damage(error) and "no such column" not in str(error):
            raise  # busy, no permission, disk full: replacing the file would help nobody
        return str(error)
    return None


def _replace(path: Path) -> None:
    """Put an empty catalogue in the place of `path` in one step; a kill leaves the old file or the new one."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    os.close(handle)
    fresh = Path(name)
    try:
        open_catalog(fresh).close()
        # Leftovers of the old file's log would be played into the new file.
        for suffix in ("-wal", "-shm", "-journal"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
        fresh.replace(path)
    except BaseException:
        for suffix in ("", "-wal", "-shm"):
            fresh.with_name(fresh.name + suffix).unlink(missing_ok=True)
        raise
    sync_folder(path.parent)
