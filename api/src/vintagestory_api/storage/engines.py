"""SQLAlchemy engines on the manager's database. Importing this module imports SQLAlchemy, so it is imported late."""

from pathlib import Path
from typing import Any

from sqlalchemy import URL, Engine, create_engine, event
from sqlalchemy.pool import NullPool, QueuePool

from vintagestory_api.storage.database import BUSY_TIMEOUT_SECONDS

_POOL_TIMEOUT_SECONDS = 10


def pooled_engine(path: Path, connections: int) -> Engine:
    """For as many threads, which take turns with them; foreign keys enforced, waiting up to five seconds for a lock."""
    engine = create_engine(
        URL.create("sqlite", database=str(path)),
        connect_args={"timeout": BUSY_TIMEOUT_SECONDS, "check_same_thread": False},
        poolclass=QueuePool,
        pool_size=connections,
        max_overflow=0,
        pool_timeout=_POOL_TIMEOUT_SECONDS,
    )
    event.listen(engine, "connect", _set_up)
    return engine


def blocking_engine(path: Path) -> Engine:
    """For programs that seldom need it; connections are closed after use."""
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
