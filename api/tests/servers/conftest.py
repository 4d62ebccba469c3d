"""What tests of game servers share."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.servers.keeping import Keeping


@pytest.fixture
async def keeping(tmp_path: Path) -> AsyncIterator[Keeping]:
    """Games that are gone when their test is."""
    found = Keeping(tmp_path)
    yield found
    await found.clean_up()
