"""What tests of game servers share."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.servers.games import House, install_version, running_house
from tests.servers.keeping import Keeping
from vintagestory_sandbox.dotnet_root import make_dotnet_root


@pytest.fixture
async def keeping(tmp_path: Path) -> AsyncIterator[Keeping]:
    """Games that are gone when their test is."""
    found = Keeping(tmp_path)
    yield found
    await found.clean_up()


@pytest.fixture
def dotnet_root(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The manager finds the runtimes that the game wants."""
    root = make_dotnet_root(tmp_path_factory.mktemp("dotnet"))
    monkeypatch.setenv("DOTNET_ROOT", str(root))
    return root


@pytest.fixture
def house(data_dir: Path, dotnet_root: Path) -> Iterator[House]:
    """The real application with one installed version of the game; what still runs at the end is killed."""
    assert dotnet_root.exists()
    install_version(data_dir)
    # What a test adopts lies beside, and not below, the data folder of the manager.
    with running_house(data_dir, host_roots=(data_dir.parent,)) as house:
        yield house
