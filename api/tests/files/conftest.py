"""What tests of files share: a server's folder beside something that is nobody's business, and the application with a server."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.games import House, install_version, running_house
from vintagestory_api.files.trash import Trash
from vintagestory_api.storage.guarded_folder import GuardedFolder
from vintagestory_sandbox.dotnet_root import make_dotnet_root


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """Of the manager; nothing of it may be seen or changed."""
    folder = tmp_path / "manager"
    folder.mkdir()
    (folder / "secrets.json").write_text("SECRET")
    return folder


@pytest.fixture
def place(tmp_path: Path) -> Path:
    folder = tmp_path / "servers" / "home"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def root(place: Path) -> GuardedFolder:
    return GuardedFolder(place)


@pytest.fixture
def trash(tmp_path: Path) -> Trash:
    return Trash(tmp_path / "trash" / "home")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The real application with one installed version of the game, for all tests of a module."""
    data_dir = tmp_path_factory.mktemp("data")
    install_version(data_dir)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DOTNET_ROOT", str(make_dotnet_root(tmp_path_factory.mktemp("dotnet"))))
        with running_house(data_dir) as house:
            yield house
