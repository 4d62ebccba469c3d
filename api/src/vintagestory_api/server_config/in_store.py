"""The door from the event loop to the store of configurations, which is imported at its first use."""

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from vintagestory_api.storage.database import Database

if TYPE_CHECKING:
    from vintagestory_api.server_config.store import ConfigStore

T = TypeVar("T")


async def in_store(database: Database, work: "Callable[[ConfigStore], T]") -> T:
    """Do `work` on the store in one transaction, off the event loop."""
    await database.engine()  # imports SQLAlchemy in a thread, so the import below is short
    from vintagestory_api.server_config.store import ConfigStore  # noqa: PLC0415 - SQLAlchemy costs half a second

    return await database.run(lambda connection: work(ConfigStore(connection)))
