"""What tests of definitions share."""

from collections.abc import Iterator

import pytest

from tests.servers.games import House, install_version, running_house
from vintagestory_sandbox.dotnet_root import make_dotnet_root


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The real application with one installed version of the game, for all tests of a module: each makes servers of its own."""
    data_dir = tmp_path_factory.mktemp("data")
    install_version(data_dir)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DOTNET_ROOT", str(make_dotnet_root(tmp_path_factory.mktemp("dotnet"))))
        with running_house(data_dir) as house:
            yield house
