"""The manager's database: made and brought up to date at start, then reached through one lazy engine."""

import asyncio
import contextlib
import os
import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import structlog

from vintagestory_api.errors import Unavailable
from vintagestory_api.storage.failures import advise

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

log = structlog.get_logger(__name__)

#: The newest revision in migrations/versions. A constant, so that a start with nothing to migrate imports no Alembic.
HEAD_REVISION = "0005"
COPIES_KEPT = 3
BUSY_TIMEOUT_SECONDS = 5.0

_CONNECTIONS = 4  # each is a thread; the ledger, the busiest writer, has its own
_FILE_HEADER = b"SQLite format 3\x00"

T = TypeVar("T")


class DatabaseUnreadable(Unavailable):
    code = "database_unreadable"


class DatabaseTooNew(Unavailable):
    code = "database_too_new"


class DatabaseOutOfDate(Unavailable):
    code = "database_out_of_date"


class DatabaseUnavailable(Unavailable):
    code = "database_unavailable"


class MigrationFailed(Unavailable):
    code = "database_migration_failed"


def prepare_database(path: Path, *, may_migrate: bool = True) -> None:
    """Make sure that `path` holds the database in the form this version of the program knows.

    Blocking; a few milliseconds at most when there is nothing to do. A missing or empty file is filled; an older one is copied
    (`<name>.before-<revision>-<time>`, the last three stay) and migrated in one transaction.
    Raises `DatabaseUnreadable`, `DatabaseTooNew`, `MigrationFailed`, `DatabaseUnavailable`; and `DatabaseOutOfDate` instead of
    creating or migrating when `may_migrate` is false. After any of them the file is as it was.
    """
    revision = read_revision(path)
    if revision == HEAD_REVISION:
        return
    if revision is None:
        if not may_migrate:
            raise DatabaseOutOfDate(f"There is no database at {path} yet. Start the manager once (vsmanager serve) to make it.")
        _create(path)
    else:
        _migrate(path, revision, may_migrate=may_migrate)


def read_revision(path: Path) -> str | None:
    """The revision the database is at; None when there is no file, or one without any table (a creation that was cut off)."""
    try:
        with path.open("rb") as file:
            header = file.read(len(_FILE_HEADER))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _unreadable(path, f"it can't be opened ({error.strerror})") from error
    if not header:
        return None
    if header != _FILE_HEADER:
        raise _unreadable(path, "it is no SQLite database")
    try:
        with contextlib.closing(_connect(path)) as connection:
            tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            if not tables:
                return None
            if "alembic_version" not in tables:
                raise _unreadable(path, "it is a database of another program")
            rows = connection.execute("SELECT version_num FROM alembic_version").fetchall()
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
            raise DatabaseUnavailable(
                f"The database {path} is held by another program. End that program, then try again.", retry_after_seconds=5
            ) from error
        raise _unreadable(path, f"SQLite says: {error}") from error
    if len(rows) != 1:
        raise _unreadable(path, "it does not say which version it has")
    return str(rows[0][0])


def find_damage(path: Path) -> list[str]:
    """What SQLite's quick check finds wrong, at most ten lines; empty for a sound database. Reads the whole file."""
    try:
        with contextlib.closing(_connect(path)) as connection:
            found = [str(line) for (line,) in connection.execute("PRAGMA quick_check(10)")]
    except sqlite3.Error as error:
        return [str(error)]
    return [] if found == ["ok"] else found


def _create(path: Path) -> None:
    from vintagestory_api.storage import upgrade  # noqa: PLC0415 - Alembic costs half a second, needed only here

    try:
        # Before SQLite makes it: the file holds secrets, and its -wal and -shm take over its mode.
        with contextlib.suppress(FileExistsError):
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        upgrade.upgrade_to_head(path)
    except Exception as error:
        raise DatabaseUnavailable(
            f"The database {path} can't be made. {advise(error) or error}", retry_after_seconds=60
        ) from error
    log.info("database_created", revision=HEAD_REVISION)


def _migrate(path: Path, revision: str, *, may_migrate: bool) -> None:
    from vintagestory_api.storage import upgrade  # noqa: PLC0415 - Alembic costs half a second, needed only here

    if revision not in upgrade.known_revisions():
        raise DatabaseTooNew(
            f"The database {path} was written by a newer version of the manager (revision {revision}, this one knows "
            f"{HEAD_REVISION}). Install that version again, or put back a copy made before the upgrade "
            f"({path.name}.before-…, in the same folder)."
        )
    if not may_migrate:
        raise DatabaseOutOfDate(
            f"The database {path} has to be brought up to date (revision {revision}, needed {HEAD_REVISION}). "
            "Restart the manager (vsmanager serve): it does that at its start."
        )
    try:
        copy = _copy_before(path, revision)
    except (OSError, sqlite3.Error) as error:
        raise MigrationFailed(
            f"The database {path} was not migrated, because the copy to fall back on can't be made. {advise(error) or error}"
        ) from error
    try:
        upgrade.upgrade_to_head(path)
    except Exception as error:
        raise MigrationFailed(
            f"The database {path} can't be brought from revision {revision} to {HEAD_REVISION}; it is unchanged. "
            f"{advise(error) or error} Go on with the former version of the manager, or report this."
        ) from error
    log.info("database_migrated", from_revision=revision, to_revision=HEAD_REVISION, copy=copy.name)
    _drop_old_copies(path)


def _copy_before(path: Path, revision: str) -> Path:
    stamp = time.strftime("%Y%m%dT%H%M%S", time.gmtime()) + f".{time.time_ns() // 1_000 % 1_000_000:06}Z"
    copy = path.with_name(f"{path.name}.before-{revision}-{stamp}")
    part = copy.with_name(f".{copy.name}.part")
    try:
        os.close(os.open(part, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600))
        with contextlib.closing(_connect(path)) as source, contextlib.closing(_connect(part)) as target:
            source.backup(target)
        part.replace(copy)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    return copy


def _drop_old_copies(path: Path) -> None:
    copies = sorted(path.parent.glob(f"{path.name}.before-*"), key=lambda copy: copy.name.rsplit("-", 1)[1])
    for copy in copies[:-COPIES_KEPT]:
        with contextlib.suppress(OSError):
            copy.unlink()


def _connect(path: Path) -> sqlite3.Connection:
    # mode=rw: never makes a file that is not there.
    uri = path.absolute().as_uri() + "?mode=rw"
    return sqlite3.connect(uri, uri=True, timeout=BUSY_TIMEOUT_SECONDS, isolation_level=None)


def _unreadable(path: Path, why: str) -> DatabaseUnreadable:
    return DatabaseUnreadable(
        f"The database {path} can't be read: {why}. Put back a copy of it ({path.name}.before-… in the same folder, or from a "
        "backup), or move it aside: the manager then starts with an empty one, without history, tokens and audit."
    )


class Database:
    """Gives access to the database in transactions. SQLAlchemy is imported, and the file opened, at the first use."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._engine: Engine | None = None
        self._threads = ThreadPoolExecutor(_CONNECTIONS, thread_name_prefix="database")
        self._opening = asyncio.Lock()
        self._refusal: str | None = None
        self._running: set[asyncio.Future[Any]] = set()

    def refuse(self, message: str) -> None:
        """Answer every use with `DatabaseUnavailable` from now on: the file can't be read, or belongs to another program."""
        self._refusal = message

    async def engine(self) -> "Engine":
        """The engine; the first call imports SQLAlchemy in a thread, so that the event loop goes on."""
        if self._refusal is not None:
            raise DatabaseUnavailable(self._refusal, retry_after_seconds=60)
        if self._engine is None:
            async with self._opening:
                if self._engine is None:
                    self._engine = await asyncio.to_thread(_make_engine, self.path)
        return self._engine

    async def run(self, work: "Callable[[Connection], T]") -> T:
        """Do `work` in one transaction, off the event loop; committed when it returns, rolled back when it raises.

        A caller that is cancelled meanwhile leaves it to its end.
        """
        engine = await self.engine()
        transaction = asyncio.get_running_loop().run_in_executor(self._threads, _transact, engine, work)
        self._running.add(transaction)
        transaction.add_done_callback(self._forget)
        return await asyncio.shield(transaction)

    async def reach_disk(self) -> None:
        """Return when what was committed so far survives a power cut, too. Raises `DatabaseUnavailable`."""
        try:
            await asyncio.to_thread(_sync, self.path)
        except OSError as error:
            raise DatabaseUnavailable(
                f"The database can't be written to the disk ({error.strerror}). See to the disk of the manager's data folder."
            ) from error

    def _forget(self, transaction: "asyncio.Future[Any]") -> None:
        self._running.discard(transaction)
        if not transaction.cancelled():
            transaction.exception()  # whoever asked may be gone, so that nobody else looks at it

    async def aclose(self) -> None:
        """What is under way is waited for, as long as a lock may hold it up."""
        if self._running:
            await asyncio.wait(self._running, timeout=BUSY_TIMEOUT_SECONDS)
        if self._engine is not None:
            await asyncio.to_thread(self._engine.dispose)
            self._engine = None
        self._threads.shutdown(wait=False)


def _transact(engine: "Engine", work: "Callable[[Connection], T]") -> T:
    with engine.begin() as connection:
        return work(connection)


def _sync(path: Path) -> None:
    # A commit lies in the log of SQLite until that is brought over, which waits for the disk by itself. The database itself is
    # not to be opened here: closing it would drop the locks that SQLite has on it.
    with contextlib.suppress(FileNotFoundError):
        handle = os.open(path.with_name(f"{path.name}-wal"), os.O_RDWR)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _make_engine(path: Path) -> "Engine":
    from vintagestory_api.storage.engines import pooled_engine  # noqa: PLC0415 - imports SQLAlchemy

    return pooled_engine(path, _CONNECTIONS)
