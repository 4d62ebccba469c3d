"""The configuration of one server, spoken to through HTTP."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.apps import data_dir_where_nothing_is_due
from tests.server_config.desks import Desk
from tests.servers.games import install_version, running_house
from vintagestory_sandbox.dotnet_root import make_dotnet_root


@pytest.fixture(scope="module")
def dotnet_root(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    root = make_dotnet_root(tmp_path_factory.mktemp("dotnet"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DOTNET_ROOT", str(root))
        yield root


@pytest.fixture(scope="module")
def shared_desk(dotnet_root: Path, tmp_path_factory: pytest.TempPathFactory, empty_database: Path) -> Iterator[Desk]:
    """With one server that is stopped."""
    assert dotnet_root.exists()
    data_dir = data_dir_where_nothing_is_due(tmp_path_factory.mktemp("manager"), empty_database)
    install_version(data_dir)
    with running_house(data_dir, host_roots=(data_dir.parent,)) as house:
        server = house.create("Alpha", password="opensesame")
        desk = Desk(house, server["id"])
        desk.first = (desk.folder / "serverconfig.json").read_bytes()
        (desk.folder / "servermagicnumbers.json").write_text(json.dumps({"ServerAutoSave": 300, "SpawnChunksWidth": 7}))
        yield desk


@pytest.fixture
def desk(shared_desk: Desk) -> Desk:
    """With the file as it was at first, and nothing that waits."""
    config: dict[str, Any] = json.loads(shared_desk.first)
    config["Port"] = shared_desk.house.get(shared_desk.server_id)["port"]
    shared_desk.write_by_hand(json.dumps(config, indent=2))
    return shared_desk
