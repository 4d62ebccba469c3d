"""Data folders of servers that were moved, or put back on another machine: the game goes on with the world that lies in them."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.backups.worlds import make_world
from tests.servers.games import House, install_version, running_house
from vintagestory_sandbox.dotnet_root import make_dotnet_root


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    data_dir = tmp_path_factory.mktemp("data")
    install_version(data_dir)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DOTNET_ROOT", str(make_dotnet_root(tmp_path_factory.mktemp("dotnet"))))
        with running_house(data_dir) as house:
            yield house


def moved_from(old: Path, house: House, name: str) -> str:
    """A server whose configuration names what it did in another data folder."""
    server_id: str = house.create(name)["id"]
    data = house.data_path(server_id)
    make_world(data / "Saves" / "default.vcdbs", chunks=20)
    config = read(data)
    config["WorldConfig"]["SaveFileLocation"] = str(old / "Saves" / "default.vcdbs")
    config["ModPaths"] = ["Mods", str(old / "Mods")]
    (data / "serverconfig.json").write_text(json.dumps(config))
    return server_id


def read(data: Path) -> dict[str, Any]:
    config: dict[str, Any] = json.loads((data / "serverconfig.json").read_text())
    return config


def test_the_game_goes_on_with_the_world_that_came_along(house: House, tmp_path: Path) -> None:
    old = tmp_path / "manager" / "servers" / "home"
    server_id = moved_from(old, house, "Home")
    house.does(server_id, "start")
    house.does(server_id, "stop")
    data = house.data_path(server_id)
    config = read(data)
    assert config["WorldConfig"]["SaveFileLocation"] == str(data / "Saves" / "default.vcdbs")
    assert config["ModPaths"] == ["Mods", str(data / "Mods")]
    assert not old.exists()


def test_no_game_goes_on_in_the_old_folder_where_that_is_still_there(house: House, tmp_path: Path) -> None:
    old = tmp_path / "old"
    make_world(old / "Saves" / "default.vcdbs", chunks=20)
    before = (old / "Saves" / "default.vcdbs").read_bytes()
    server_id = moved_from(old, house, "Twice")
    run = house.does(server_id, "start", state="failed")
    assert f"outside of the server's folder: {old}" in run["error"]["message"]
    assert (old / "Saves" / "default.vcdbs").read_bytes() == before
    old.rename(tmp_path / "put aside")
    house.does(server_id, "start")
    house.does(server_id, "stop")


def test_where_several_worlds_came_along_and_none_is_meant_nothing_is_started(house: House, tmp_path: Path) -> None:
    server_id = moved_from(tmp_path / "gone", house, "Several")
    saves = house.data_path(server_id) / "Saves"
    (saves / "default.vcdbs").rename(saves / "one.vcdbs")
    make_world(saves / "two.vcdbs", chunks=20)
    run = house.does(server_id, "start", state="failed")
    assert "one.vcdbs, two.vcdbs" in run["error"]["message"]
