"""The door from the event loop to the store of game servers, which is imported at its first use."""

import contextlib
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from vintagestory_api.storage.database import Database

if TYPE_CHECKING:
    from vintagestory_api.servers.store import ServerStore

T = TypeVar("T")


async def in_store(database: Database, work: "Callable[[ServerStore], T]") -> T:
    """Do `work` on the store in one transaction, off the event loop."""
    await database.engine()  # imports SQLAlchemy in a thread, so the import below is short
    from vintagestory_api.servers.store import ServerStore  # noqa: PLC0415 - SQLAlchemy costs half a second; start-up must not wait

    return await database.run(lambda connection: work(ServerStore(connection)))


def has_servers(path: Path) -> bool:
    """Whether there is any game server. Asked at start, so without SQLAlchemy; the database has to be prepared. Blocking."""
    with contextlib.closing(sqlite3.connect(path, timeout=5)) as connection:
        return connection.execute("SELECT 1 FROM servers LIMIT 1").fetchone() is not None
