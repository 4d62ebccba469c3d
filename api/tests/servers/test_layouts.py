"""Folders that other tools and images leave: the data folder in them is found, and what they come from is said."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from vintagestory_api.game_versions.installs import version_of_install
from vintagestory_api.servers.adoption import Surroundings, inspect
from vintagestory_api.servers.configuration import ServerConfiguration
from vintagestory_api.servers.layouts import find_layout
from vintagestory_api.servers.mending import look_for_lost_paths, mend
from vintagestory_api.servers.schemas import AdoptionReport
from vintagestory_sandbox.builds import unpack_build


def make_data(folder: Path, home: str | None = None, *worlds: str, **config: Any) -> Path:
    """A data folder whose game called itself `home` when it ran: in a container, or elsewhere."""
    home = home or str(folder)
    (folder / "Saves").mkdir(parents=True)
    (folder / "Mods").mkdir()
    for world in worlds or ("default.vcdbs",):
        (folder / "Saves" / world).write_bytes(b"world")
    values = {
        "ServerName": "Old friends",
        "Port": 42425,
        "ModPaths": ["Mods", f"{home}/Mods"],
        "WorldConfig": {"SaveFileLocation": f"{home}/Saves/default.vcdbs"},
        **config,
    }
    (folder / "serverconfig.json").write_text(json.dumps(values))
    return folder


def look(folder: Path) -> AdoptionReport:
    return inspect(folder, Surroundings(Path("/nonexistent"), {}, version_of_install, lambda _version: True))


@pytest.mark.parametrize(
    ("below", "home", "source"),
    [
        ("", "/data/server-file", "PepeCitron"),
        ("server-file", "/data/server-file", "PepeCitron"),
        ("vs", "/gamedata/vs", "Devidian"),
        ("gamedata", "/gamedata", "renorris"),
        ("server-data", "/home/vintagestory/server-data", "indifferentbroccoli"),
        ("data", "/srv/gameserver/data/vs", "quartzar"),
        ("_data", "/data", "nyaarium"),
        ("data", "/home/container/data", "Pelican"),
        ("vintage-story/data", "/home/amp/.ampdata/instances/VS01/vintage-story/data", "AMP"),
        ("serverfiles/data/vintsserver", "/home/vintsserver/serverfiles/data/vintsserver", "LinuxGSM"),
        ("data", "/var/vintagestory/data", "server.sh"),
    ],
)
def test_images_and_tools_are_told_apart_by_where_their_game_ran(tmp_path: Path, below: str, home: str, source: str) -> None:
    data = make_data(tmp_path / "volume" / below, home)
    report = look(tmp_path / "volume")
    assert (report.data_path, report.problems) == (str(data), [])
    assert source in (report.source or "")
    assert (report.server_name, report.port, [world.file for world in report.worlds]) == ("Old friends", 42425, ["default.vcdbs"])
    assert any(f"{home}/Saves/default.vcdbs" in note for note in report.notes)


def test_an_install_beside_its_data_is_found(tmp_path: Path) -> None:
    for number, server in enumerate(("vintage-story/server", ".")):
        volume = tmp_path / str(number)
        (volume / server).mkdir(parents=True)
        unpack_build("1.22.7", volume / server)
        below = "vintage-story/data" if server != "." else "data"
        data = make_data(volume / below, "/home/container/data")
        report = look(volume)
        assert (report.kind, report.version, report.data_path) == ("both", "1.22.7", str(data))
        assert report.install_path == str((volume / server).resolve())


def test_of_several_data_folders_nobody_chooses(tmp_path: Path) -> None:
    one, two = make_data(tmp_path / "serverfiles" / "data" / "one"), make_data(tmp_path / "serverfiles" / "data" / "two")
    (tmp_path / "lgsm").mkdir()
    report = look(tmp_path)
    assert (report.kind, report.source, report.data_path) == ("nothing", "LinuxGSM", None)
    assert str(one) in report.problems[0]
    assert str(two) in report.problems[0]


def test_a_tool_that_keeps_no_data_says_where_it_lies(tmp_path: Path) -> None:
    data = make_data(tmp_path / "elsewhere")
    tool = tmp_path / "evistool"
    (tool / "data").mkdir(parents=True)
    (tool / "eViSTool.Agent").touch()
    (tool / "data" / "agent.json").write_text(json.dumps({"profiles": [{"name": "a", "dataPath": str(data)}]}))
    report = look(tool)
    assert (report.source, report.data_path) == ("eViSTool", None)
    assert str(data) in report.problems[0]


def test_links_and_pipes_lead_nowhere(tmp_path: Path) -> None:
    data = make_data(tmp_path / "real")
    volume = tmp_path / "volume"
    volume.mkdir()
    (volume / "data").symlink_to(data)
    assert find_layout(volume).data is None
    (volume / "data").unlink()
    (volume / "data").mkdir()
    os.mkfifo(volume / "data" / "serverconfig.json")
    os.mkfifo(volume / "agent.json")
    os.mkfifo(volume / "server.sh")
    assert find_layout(volume).data is None


def test_a_search_does_not_go_on_for_ever(tmp_path: Path) -> None:
    deep = tmp_path
    for number in range(12):
        deep = deep / str(number)
    make_data(deep / "data")
    assert find_layout(tmp_path).data is None


# Paths that lead to where the folder was


def mended(folder: Path, data_path: Path | None = None) -> ServerConfiguration:
    configuration = ServerConfiguration.read(folder)
    mend(configuration, look_for_lost_paths(configuration, folder, data_path or folder))
    return configuration


def test_paths_of_a_container_are_mended(tmp_path: Path) -> None:
    data = make_data(tmp_path / "data", "/data/server-file")
    found = mended(data)
    assert found.get("WorldConfig", "SaveFileLocation") == str(data / "Saves" / "default.vcdbs")
    assert found.get("ModPaths") == ["Mods", str(data / "Mods")]
    assert mended(data, Path("/new/place")).get("ModPaths") == ["Mods", "/new/place/Mods"]


def test_the_only_world_that_is_there_is_the_one_that_is_meant(tmp_path: Path) -> None:
    data = make_data(tmp_path / "data", "/data", "other.vcdbs")
    assert mended(data).get("WorldConfig", "SaveFileLocation") == str(data / "Saves" / "other.vcdbs")


def test_which_of_several_worlds_is_meant_is_not_guessed(tmp_path: Path) -> None:
    data = make_data(tmp_path / "data", "/data", "one.vcdbs", "two.vcdbs")
    assert "one.vcdbs, two.vcdbs" in look(data).problems[0]
    assert mended(data).get("WorldConfig", "SaveFileLocation") == "/data/Saves/default.vcdbs"


def test_what_is_right_stays_as_it_is(tmp_path: Path) -> None:
    data = make_data(tmp_path / "data")
    shared = ["Mods", str(data / "Mods"), "/mnt/not-mounted/Mods"]
    (data / "serverconfig.json").write_text(json.dumps({"ModPaths": shared}))
    assert not look_for_lost_paths(ServerConfiguration.read(data), data, data).is_needed
    new = {"WorldConfig": {"SaveFileLocation": str(data / "Saves" / "to-be-made.vcdbs")}}
    (data / "serverconfig.json").write_text(json.dumps(new))
    assert not look_for_lost_paths(ServerConfiguration.read(data), data, data).is_needed


@pytest.mark.parametrize(
    "config",
    [
        {"ModPaths": "Mods"},
        {"ModPaths": [None, 7, {"a": 1}, "/\x00", "/" + "a" * 5_000]},
        {"WorldConfig": []},
        {"WorldConfig": {"SaveFileLocation": "/a\nb/Saves/x.vcdbs"}},
        {"WorldConfig": {"SaveFileLocation": "/" + "../" * 200 + "etc/passwd"}},
        {"ServerName": 7, "Port": "many"},
    ],
)
def test_whatever_stands_in_a_configuration_is_looked_at_without_harm(tmp_path: Path, config: dict[str, Any]) -> None:
    data = make_data(tmp_path / "data", "/data", **config)
    report = look(data)
    assert report.data_path == str(data)


@pytest.mark.parametrize("name", [b"bad\xff", b"bad\nname", b"bad\x1b[31m"])
def test_names_that_can_not_be_printed_are_told_and_do_no_harm(tmp_path: Path, name: bytes) -> None:
    volume = tmp_path / "volume"
    data = make_data(volume / "data")
    (data / "Saves" / os.fsdecode(name + b".vcdbs")).write_bytes(b"world")
    make_data(volume / os.fsdecode(name))
    report = look(volume)
    assert report.data_path == str(data)
    assert [world.file for world in report.worlds] == ["default.vcdbs"]
    assert any("can't be printed" in problem for problem in report.problems)
    assert report.model_dump_json().isascii()
