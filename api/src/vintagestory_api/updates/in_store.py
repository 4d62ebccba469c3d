"""The door from the event loop to the store of updates, which is imported at its first use."""

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from vintagestory_api.storage.database import Database

if TYPE_CHECKING:
    from vintagestory_api.updates.store import UpdateStore

T = TypeVar("T")


async def in_store(database: Database, work: "Callable[[UpdateStore], T]") -> T:
    """Do `work` on the store in one transaction, off the event loop."""
    await database.engine()  # imports SQLAlchemy in a thread, so the import below is short
    from vintagestory_api.updates.store import UpdateStore  # noqa: PLC0415 - SQLAlchemy costs half a second; start-up must not wait

    return await database.run(lambda connection: work(UpdateStore(connection)))
