"""serverconfig.json: how it is read and written."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.facts import facts_path
from tests.game.playing import Game, Play
from vintagestory_sandbox.game.config import default_config
from vintagestory_sandbox.game.edition import edition_of


def config_of(game: Game) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((game.data / "serverconfig.json").read_text())
    return found


def put(path: Path, text: str) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    (path / "serverconfig.json").write_text(text)
    return path


def test_it_is_completed_put_in_order_and_what_is_unknown_is_gone(play: Play, tmp_path: Path) -> None:
    data = put(
        tmp_path / "data",
        '{ /* mine */ "MaxClients": 3, ServerName: \'Valley\', "Colour": "red", '
        '"WorldConfig": {"WorldName": "W", "WorldConfiguration": {"surfacecopper": "commonish"}}, }',
    )
    game = play(data=data).ready()
    game.stop()
    config = config_of(game)
    assert list(config) == list(default_config(data, edition_of("1.22.7"), 1))
    assert (config["MaxClients"], config["ServerName"], config["ConfigVersion"]) == (3, "Valley", "1.10")
    assert config["WorldConfig"]["WorldConfiguration"] == {"surfacecopper": "commonish"}
    assert config["WorldConfig"]["SaveFileLocation"] == str(data / "Saves" / "default.vcdbs")
    assert json.loads(config["LastLaunchMods"])[0] == {"id": "game", "version": "1.22.7"}


def test_it_is_written_with_two_blanks_and_no_newline_at_its_end(play: Play) -> None:
    game = play().ready()
    text = (game.data / "serverconfig.json").read_text()
    assert text.startswith('{\n  "FileEditWarning": "",\n')
    assert text.endswith("}")
    assert '"TickTime": 33.333332,' in text


def test_a_change_of_the_file_while_it_runs_is_lost(play: Play) -> None:
    game = play().ready()
    path = game.data / "serverconfig.json"
    path.write_text(path.read_text().replace('"MaxClients": 16', '"MaxClients": 5'))
    game.stop()
    assert config_of(game)["MaxClients"] == 16


@pytest.mark.parametrize("text", ["{ broken", "[]", '{"Port": "many"}', ""])
def test_a_broken_file_is_left_alone_and_the_code_is_0(play: Play, tmp_path: Path, text: str) -> None:
    game = play(data=put(tmp_path / "data", text))
    assert game.wait() == 0
    assert "Failed to read serverconfig.json" in game.raw.decode()
    assert (tmp_path / "data" / "serverconfig.json").read_text() == text


def test_an_unknown_default_role_ends_it_with_0(play: Play, tmp_path: Path) -> None:
    game = play(data=put(tmp_path / "data", '{"DefaultRoleCode": "king"}'))
    assert game.wait() == 0
    assert "now running" not in game.raw.decode()


def test_an_unreadable_player_file_ends_it(play: Play, tmp_path: Path) -> None:
    (tmp_path / "data" / "Playerdata").mkdir(parents=True)
    (tmp_path / "data" / "Playerdata" / "playersbanned.json").write_text("{nonsense")
    game = play()
    assert game.wait() == 0
    assert "Failed reading playerdata" in game.raw.decode()


def test_genconfig_writes_a_new_file_and_ends(play: Play, tmp_path: Path) -> None:
    game = play("1.21.6", "--genconfig", data=put(tmp_path / "data", '{"MaxClients": 3}'))
    assert game.wait() == 0
    assert (config_of(game)["MaxClients"], config_of(game)["ConfigVersion"]) == (16, "1.8")
    assert not (tmp_path / "data" / "Saves").exists()


@pytest.mark.parametrize(
    ("change", "code", "clients"),
    [("{ MaxClients: 5 }", 200, 5), ("{ MaxClient: 5 }", 404, 16), ("{ MaxClients: 'many' }", 500, 16), ("{ Max", 500, 16)],
)
def test_setconfig_tells_by_its_code_how_it_went(play: Play, change: str, code: int, clients: int) -> None:
    play("1.22.7", "--genconfig").wait()
    game = play("1.22.7", f"--setconfig={change}")
    # Linux keeps the lowest eight bits.
    assert game.wait() == code % 256
    assert config_of(game)["MaxClients"] == clients


def test_withconfig_is_kept_in_the_file(play: Play) -> None:
    game = play("1.22.7", "--withconfig", "{ WorldConfig: { WorldName: 'Other' } }").ready()
    assert config_of(game)["WorldConfig"]["WorldName"] == "Other"
    assert config_of(game)["WorldConfig"]["PlayStyle"] == "surviveandbuild"


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("version", "name"),
    [
        ("1.22.7", "evistool-1.22.7-default"),
        ("1.22.7", "evistool-1.22.7-real-anonymised"),
        ("1.21.6", "darkmatter-configversion-1.8"),
        ("1.18.8", "devidian-configversion-1.5"),
    ],
)
def test_its_fields_are_those_of_a_recorded_file(version: str, name: str) -> None:
    recorded = json.loads(facts_path(f"data/configs/{name}.serverconfig.json").read_text("utf-8-sig"))
    ours = default_config(Path("/data"), edition_of(version), 1)
    assert recorded["ConfigVersion"] == ours["ConfigVersion"]
    assert set(recorded) == set(ours)
    assert list(recorded["WorldConfig"]) == list(ours["WorldConfig"])
    if version != "1.18.8":
        assert list(recorded) == list(ours)
    for theirs, role in zip(recorded["Roles"], ours["Roles"], strict=True):
        assert list(theirs) == list(role)
        same = ("Code", "PrivilegeLevel", "Name", "DefaultGameMode", "Color", "AutoGrant", "LandClaimMinSize")
        assert {key: theirs[key] for key in same} == {key: role[key] for key in same}
        if version == "1.22.7":
            assert theirs["Privileges"] == role["Privileges"]


@pytest.mark.real_data
def test_the_recorded_file_is_taken_and_kept(play: Play, tmp_path: Path) -> None:
    recorded = json.loads(facts_path("serverconfig.example.json").read_text("utf-8-sig"))
    recorded["WorldConfig"]["SaveFileLocation"] = str(tmp_path / "data" / "Saves" / "duo" / "default.vcdbs")
    recorded |= {"Ip": "127.0.0.1", "ModPaths": ["Mods", str(tmp_path / "data" / "Mods")], "DieBelowDiskSpaceMb": -1}
    game = play(data=put(tmp_path / "data", json.dumps(recorded))).ready()
    assert "Выделенный сервер now running on Port" in game.raw.decode()
    game.stop()
    kept = config_of(game)
    differing = {name for name in recorded if kept[name] != recorded[name]}
    assert list(kept) == list(recorded)
    assert differing == {"LastLaunchMods"}
    assert (game.data / "Saves" / "duo" / "default.vcdbs").exists()


@pytest.mark.real_data
def test_the_magic_numbers_are_those_of_the_recorded_file(play: Play) -> None:
    recorded = json.loads(facts_path("data/configs/devidian.servermagicnumbers.json").read_text("utf-8-sig"))
    game = play().ready()
    ours = json.loads((game.data / "servermagicnumbers.json").read_text())
    assert list(ours) == list(recorded)
    assert {name: value for name, value in ours.items() if name != "Comment"} == {
        name: value for name, value in recorded.items() if name != "Comment"
    }
