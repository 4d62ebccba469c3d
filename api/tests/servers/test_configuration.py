"""The game makes its configuration, and the manager changes what it has to and nothing else."""

import json
import os
import shutil
import stat
from pathlib import Path
from typing import Any

import pytest

from tests.facts import facts_path
from vintagestory_api.servers.configuration import (
    COPY_NAME,
    FILE_NAME,
    ConfigurationNotMade,
    FirstSettings,
    ServerConfiguration,
    make_configuration,
)
from vintagestory_api.servers.configuration_file import ConfigurationNotWritten, ConfigurationUnreadable
from vintagestory_api.servers.schemas import WorldOptions
from vintagestory_sandbox.builds import unpack_build


def write(tmp_path: Path, content: Any) -> Path:
    data = content if isinstance(content, bytes) else json.dumps(content, indent=2).encode()
    (tmp_path / FILE_NAME).write_bytes(data)
    return tmp_path


def test_unknown_settings_their_order_and_their_capitals_stay(tmp_path: Path) -> None:
    write(
        tmp_path, {"z": {"deep": [1, 2.50, None]}, "port": 42420, "ServerName": "Änne", "new2030": "x", "WorldConfig": {"q": 1}}
    )
    configuration = ServerConfiguration.read(tmp_path)
    configuration.set(42421, "Port")
    configuration.set("7", "WorldConfig", "Seed")
    configuration.set(3, "Added")
    configuration.write()
    text = (tmp_path / FILE_NAME).read_text()
    assert list(json.loads(text).items()) == [
        ("z", {"deep": [1, 2.5, None]}),
        ("port", 42421),
        ("ServerName", "Änne"),
        ("new2030", "x"),
        ("WorldConfig", {"q": 1, "Seed": "7"}),
        ("Added", 3),
    ]
    assert "Änne" in text
    assert json.loads((tmp_path / COPY_NAME).read_bytes())["port"] == 42420


@pytest.mark.real_data
def test_every_recorded_configuration_loses_nothing(tmp_path: Path) -> None:
    for path in facts_path("data/configs").glob("*serverconfig.json"):
        shutil.copyfile(path, tmp_path / FILE_NAME)
        before = json.loads(path.read_bytes())
        configuration = ServerConfiguration.read(tmp_path)
        assert configuration.port == before["Port"]
        assert configuration.server_name == before["ServerName"]
        configuration.begin_with(FirstSettings("New", 42555, world=WorldOptions(attributes={"harshWinters": "false"})))
        configuration.write()
        after = json.loads((tmp_path / FILE_NAME).read_bytes())
        assert list(after)[: len(before)] == list(before)
        changed = {name for name in after if after[name] != before.get(name)}
        assert changed <= {
            "ServerName", "Port", "MaxClients", "Password", "WelcomeMessage", "WhitelistMode", "ModPaths", "WorldConfig",
        }  # fmt: skip
        assert after["Roles"] == before["Roles"]
        assert set(before["WorldConfig"]) <= set(after["WorldConfig"])


def test_a_file_with_comments_and_trailing_commas_is_read(tmp_path: Path) -> None:
    write(tmp_path, b"\xef\xbb\xbf{ // ours\n 'Port': 42500, ServerName: \"x\", }")
    configuration = ServerConfiguration.read(tmp_path)
    assert (configuration.port, configuration.server_name) == (42500, "x")


@pytest.mark.parametrize(
    ("values", "port", "most", "disk", "memory"),
    [
        ({"Port": 42420, "MaxClients": 16, "DieBelowDiskSpaceMb": 400, "DieAboveMemoryUsageMb": 50000}, 42420, 16, 400, 50000),
        ({"Port": "42420", "MaxClients": "8", "DieBelowDiskSpaceMb": -1, "DieAboveMemoryUsageMb": 1e4}, 42420, 8, -1, 10000),
        ({"Port": 0, "MaxClients": True, "DieBelowDiskSpaceMb": "much", "DieAboveMemoryUsageMb": []}, None, None, None, None),
        ({"Port": 1e300, "MaxClients": -5, "DieBelowDiskSpaceMb": None}, None, None, None, None),
        ({}, None, None, None, None),
    ],
)
def test_what_the_manager_reads_is_a_number_or_nothing(
    tmp_path: Path, values: Any, port: Any, most: Any, disk: Any, memory: Any
) -> None:
    found = ServerConfiguration.read(write(tmp_path, values))
    assert found.port == port
    assert found.max_clients == most
    assert found.die_below_disk_space_mb == disk
    assert found.die_above_memory_usage_mb == memory


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b'"x"', b"\xff\xfe\x00", b"{}" + b" " * 2_000_001, b'{"Port": 1'],
    ids=["empty", "cut", "list", "text", "binary", "large", "cut_later"],
)
def test_a_file_that_can_not_be_read_is_named_and_stays_as_it_is(tmp_path: Path, content: bytes) -> None:
    write(tmp_path, content)
    with pytest.raises(ConfigurationUnreadable, match=FILE_NAME):
        ServerConfiguration.read(tmp_path)
    assert (tmp_path / FILE_NAME).read_bytes() == content


def test_no_file_and_a_link_out_of_the_folder_are_refused(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    with pytest.raises(ConfigurationUnreadable, match="There is no"):
        ServerConfiguration.read(folder)
    (tmp_path / "outside.json").write_text("{}")
    (folder / FILE_NAME).symlink_to(tmp_path / "outside.json")
    with pytest.raises(ConfigurationUnreadable, match="link"):
        ServerConfiguration.read(folder)


def test_the_rights_of_the_file_stay(tmp_path: Path) -> None:
    write(tmp_path, {"Port": 1})
    (tmp_path / FILE_NAME).chmod(0o664)
    configuration = ServerConfiguration.read(tmp_path)
    configuration.write()
    assert stat.S_IMODE((tmp_path / FILE_NAME).stat().st_mode) == 0o664
    assert stat.S_IMODE((tmp_path / COPY_NAME).stat().st_mode) == 0o600


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_the_owner_of_the_file_stays(tmp_path: Path) -> None:
    write(tmp_path, {"Port": 1})
    os.chown(tmp_path / FILE_NAME, 65534, 65534)
    ServerConfiguration.read(tmp_path).write()
    assert {(tmp_path / name).stat().st_uid for name in (FILE_NAME, COPY_NAME)} == {65534}


def test_a_file_that_can_not_be_written_stays_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    configuration = ServerConfiguration.read(write(tmp_path, {"Port": 1}))
    configuration.set(2, "Port")

    def full(self: Path, target: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(ConfigurationNotWritten, match="No space left"):
        configuration.write()
    assert json.loads((tmp_path / FILE_NAME).read_bytes()) == {"Port": 1}


# Made by the game


@pytest.fixture(scope="module")
def game(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder: Path = tmp_path_factory.mktemp("game")
    unpack_build("1.22.7", folder)
    return folder


ENVIRONMENT = {"PATH": os.environ["PATH"], "HOME": "/nonexistent"}


async def test_a_new_server_begins_with_what_was_chosen_and_the_games_own_rest(tmp_path: Path, game: Path) -> None:
    data = tmp_path / "data"
    configuration = await make_configuration([str(game / "VintagestoryServer")], game, ENVIRONMENT, data)
    assert configuration.port == 42420
    world = WorldOptions(
        world_name="Home",
        seed="4711",
        play_style="exploration",
        map_size_y=384,
        attributes={"deathPunishment": "keep", "modthing": "1"},
    )
    settings = FirstSettings(
        "My server", 42460, max_players=5, password="hush", welcome_message="Hello {0}", whitelist=True, world=world
    )
    configuration.begin_with(settings)
    configuration.write()
    written = json.loads((data / FILE_NAME).read_bytes())
    expected = {
        "ServerName": "My server", "Port": 42460, "MaxClients": 5, "Password": "hush", "WelcomeMessage": "Hello {0}",
        "WhitelistMode": 2, "MapSizeY": 384, "ModPaths": ["Mods", str(data / "Mods")], "DieBelowDiskSpaceMb": 400,
    }  # fmt: skip
    assert {name: written[name] for name in expected} == expected
    expected = {
        "Seed": "4711", "WorldName": "Home", "PlayStyle": "exploration", "PlayStyleLangCode": "exploration-bands",
        "WorldType": "standard", "MapSizeY": 384, "WorldConfiguration": {"deathPunishment": "keep", "modthing": "1"},
        "SaveFileLocation": str(data / "Saves" / "default.vcdbs"),
    }  # fmt: skip
    assert {name: written["WorldConfig"][name] for name in expected} == expected


async def test_without_a_whitelist_everybody_may_join(tmp_path: Path) -> None:
    configuration = ServerConfiguration.read(write(tmp_path, {"WhitelistMode": 0, "Password": "old"}))
    configuration.begin_with(FirstSettings("x", 1))
    assert (configuration.get("WhitelistMode"), configuration.get("Password")) == (1, None)


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("echo 'You must install .NET'; exit 150", "You must install .NET"),
        ("exit 0", "There is no serverconfig.json"),
        ("echo '{' > \"$2/serverconfig.json\"", "can't be read"),
        ("sleep 60 & sleep 60", "did not end within"),
    ],
    ids=["no_dotnet", "nothing", "half", "hangs"],
)
async def test_a_game_that_makes_none_is_said_and_an_earlier_file_is_put_back(tmp_path: Path, script: str, said: str) -> None:
    program = tmp_path / "game.sh"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    data = tmp_path / "data"
    data.mkdir()
    write(data, {"Port": 7})
    with pytest.raises(ConfigurationNotMade, match=said):
        await make_configuration([str(program)], tmp_path, ENVIRONMENT, data, timeout_seconds=1.0)
    assert json.loads((data / FILE_NAME).read_bytes()) == {"Port": 7}


async def test_a_program_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationNotMade, match="could not be started"):
        await make_configuration([str(tmp_path / "nothing")], tmp_path, ENVIRONMENT, tmp_path / "data")
