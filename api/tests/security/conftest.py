"""What tests of this folder share."""

from collections.abc import Iterator

import pytest

from tests.security.furnished import Furnished, furnished_manager


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Furnished]:
    """For tests that leave what is in it."""
    with furnished_manager(tmp_path_factory.mktemp("furnished"), VS_LOG_LEVEL="debug") as house:
        yield house
