"""`vsmanager config` on a server that is stopped and then runs."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.apps import data_dir_where_nothing_is_due
from tests.cli.commands import Ended
from tests.cli.conftest import Run
from tests.players.towns import Town, end_game, town_of_a_manager
from tests.servers.games import install_version
from vintagestory_sandbox.dotnet_root import make_dotnet_root


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory, empty_database: Path) -> Iterator[Town]:
    data_dir = data_dir_where_nothing_is_due(tmp_path_factory.mktemp("town"), empty_database)
    install_version(data_dir)
    with town_of_a_manager(data_dir, str(make_dotnet_root(tmp_path_factory.mktemp("dotnet")))) as town:
        yield town
        end_game(town)


@pytest.fixture
def config(town: Town, run_here: Run) -> Run:
    def run(*arguments: str) -> Ended:
        return run_here("config", *arguments, VS_DATA_DIR=str(town.manager.data_dir))

    return run


def test_settings_are_shown_and_found(config: Run) -> None:
    shown = config("show", "town")
    assert shown.code == 0, shown
    assert "MaxClients" in shown.out
    assert "Whitelist: Off" in shown.out
    assert "harshWinters" in config("show", "town", "--search", "winters").out
    assert config("get", "town", "moddburl").out.strip() == "https://mods.vintagestory.at/"
    assert config("get", "town", "TrackedEntitiesPerClient").out.strip() == "3000"
    assert config("get", "town", "Password").out.strip() == "not set"
    nothing = config("get", "town", "NoSuchThing", "--json")
    assert (nothing.code, nothing.problem["code"]) == (5, "setting_not_found")


def test_a_running_game_takes_some_at_once_and_some_later(config: Run) -> None:
    done = config("set", "town", "AllowPvP=off", "ChatRateLimitMs=1500", "ServerAutoSave=600", "--json")
    assert done.code == 0, done
    outcomes = {outcome["path"][0]: outcome["outcome"] for outcome in done.json["outcomes"]}
    assert outcomes == {"AllowPvP": "live", "ChatRateLimitMs": "pending", "ServerAutoSave": "live"}
    waits = config("pending", "town")
    assert "ChatRateLimitMs" in waits.out
    assert "Nothing waits" not in waits.out
    assert config("pending", "town", "--discard", "--setting", "chatratelimitms").code == 0
    assert "Nothing waits" in config("pending", "town").out
    refused = config("set", "town", "MaxClients=many", "--json")
    assert (refused.code, refused.problem["code"]) == (2, "invalid_settings")
    assert config("set", "town", "MaxClients").code == 2


def test_a_password_is_never_typed_into_the_command(config: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("hunter22hunter\n"))
    done = config("set", "town", "Password", "--json")
    assert done.json["outcomes"] == [{"path": ["Password"], "outcome": "pending", "text": None}], done
    assert "(hidden)" in config("pending", "town").out
    assert config("pending", "town", "--discard").code == 0
    told = config("set", "town", "Password=hunter22", "--json")
    assert (told.code, told.problem["code"]) == (2, "wrong_usage")
    assert "hunter22" not in told.out + told.err


def test_a_script_without_a_password_takes_none_away(config: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for nothing in ("", "\n"):
        monkeypatch.setattr("sys.stdin", io.StringIO(nothing))
        told = config("set", "town", "Password", "--json")
        assert (told.code, told.problem["code"]) == (2, "wrong_usage")
        assert "set town Password=" in told.problem["detail"]
    assert "Nothing waits" in config("pending", "town").out


def test_earlier_versions_are_shown_and_brought_back(config: Run) -> None:
    assert config("set", "town", "MaxClients=17").code == 0
    assert config("set", "town", "MaxClients=18").code == 0
    listed = config("versions", "town", "--json").json["items"]
    assert "MaxClients" in config("versions", "town").out
    before = next(version for version in listed if not version["is_current"])
    assert "MaxClients" in config("diff", "town", before["id"]).out
    back = config("return", "town", before["id"])
    assert back.code == 0, back
    assert "in force" in back.out
    assert config("get", "town", "MaxClients").out.strip() == "17"
