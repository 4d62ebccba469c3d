"""SQLAlchemy engines on the manager's database. Importing this module imports SQLAlchemy, so it is imported late."""

from pathlib import Path
from typing import Any

from sqlalchemy import URL, Engine, create_engine, event
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool, NullPool

from vintagestory_api.storage.database import BUSY_TIMEOUT_SECONDS

_CONNECTIONS = 4  # each is a thread; the ledger, the busiest writer, has its own
_POOL_TIMEOUT_SECONDS = 10


def async_engine(path: Path) -> AsyncEngine:
    """An engine for the event loop (aiosqlite), foreign keys enforced, waiting up to five seconds for a lock."""
    engine = create_async_engine(
        URL.create("sqlite+aiosqlite", database=str(path)),
        connect_args={"timeout": BUSY_TIMEOUT_SECONDS},
        poolclass=AsyncAdaptedQueuePool,
        pool_size=_CONNECTIONS,
        max_overflow=0,
        pool_timeout=_POOL_TIMEOUT_SECONDS,
    )
    event.listen(engine.sync_engine, "connect", _set_up)
    return engine


def blocking_engine(path: Path) -> Engine:
    """The same for programs without an event loop; connections are closed after use."""
    engine = create_engine(
        URL.create("sqlite", database=str(path)), connect_args={"timeout": BUSY_TIMEOUT_SECONDS}, poolclass=NullPool
    )
    event.listen(engine, "connect", _set_up)
    return engine


def _set_up(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute("PRAGMA synchronous = NORMAL")  # with WAL: safe against crashes, the last moments may go in a power cut
    cursor.close()
