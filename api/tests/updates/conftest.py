"""What tests of updates share: one application for all tests of a module; each makes a server of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.apps import data_dir_where_nothing_is_due
from tests.servers.games import House, running_house
from tests.updates.updating import Mods, install_versions
from vintagestory_api.updates.around import Pace
from vintagestory_sandbox.dotnet_root import make_dotnet_root
from vintagestory_sandbox.upstream import SandboxUpstream, start_upstream


@pytest.fixture(scope="module")
def upstream() -> Iterator[SandboxUpstream]:
    """Tells which versions of the game there are."""
    with start_upstream(mods=0) as upstream:
        yield upstream


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, empty_database: Path, upstream: SandboxUpstream) -> Iterator[House]:
    data_dir = data_dir_where_nothing_is_due(tmp_path_factory.mktemp("data"), empty_database)
    install_versions(data_dir)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DOTNET_ROOT", str(make_dotnet_root(tmp_path_factory.mktemp("dotnet"))))
        with running_house(data_dir, versions_url=upstream.url) as house:
            object.__setattr__(house.app.manager.updates.around, "pace", Pace(minute=0.5, again=0.05, answer=3.0))
            yield house


@pytest.fixture
def mods(house: House) -> Mods:
    """Of a mod database in this process."""
    found = Mods(house.app.manager.server_mods.store)
    found.take_the_place_in(house.app.manager)
    return found
