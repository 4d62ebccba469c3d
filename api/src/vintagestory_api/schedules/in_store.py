"""The door from the event loop to the store of schedules, which is imported at its first use."""

import contextlib
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from vintagestory_api.storage.database import Database

if TYPE_CHECKING:
    from vintagestory_api.schedules.store import ScheduleStore

T = TypeVar("T")


async def in_store(database: Database, work: "Callable[[ScheduleStore], T]") -> T:
    """Do `work` on the store in one transaction, off the event loop."""
    await database.engine()  # imports SQLAlchemy in a thread, so the import below is short
    from vintagestory_api.schedules.store import ScheduleStore  # noqa: PLC0415 - SQLAlchemy costs half a second

    return await database.run(lambda connection: work(ScheduleStore(connection)))


def has_schedules(path: Path) -> bool:
    """Whether there is any schedule, or anything that one still has to do. Asked at start, so without SQLAlchemy. Blocking."""
    with contextlib.closing(sqlite3.connect(path, timeout=5)) as connection:
        found = connection.execute("SELECT EXISTS (SELECT 1 FROM schedules) OR EXISTS (SELECT 1 FROM schedule_debts)").fetchone()
        return bool(found[0])
