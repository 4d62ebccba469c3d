"""A service that takes messages, and a database, for each test its own."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.notifications.receivers import Receiver, receiver
from vintagestory_api.storage.database import Database


@pytest.fixture
def service() -> Iterator[Receiver]:
    with receiver() as state:
        yield state


@pytest.fixture
async def database(ledger_path: Path) -> AsyncIterator[Database]:
    database = Database(ledger_path)
    yield database
    await database.aclose()
