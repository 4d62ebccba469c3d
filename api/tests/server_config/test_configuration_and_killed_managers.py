"""A change that waits is in the file after the next stop, exactly once, whenever the manager was killed."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.players.towns import answers, end_game, town_of_a_manager, until
from tests.server_config.desks import Desk
from tests.servers.games import install_version
from vintagestory_api.errors import Unavailable
from vintagestory_api.server_config.waiting import Waiting
from vintagestory_api.servers import configuration_file
from vintagestory_sandbox.dotnet_root import make_dotnet_root


def in_database(data_dir: Path, words: bytes) -> bool:
    return any(words in path.read_bytes() for path in data_dir.glob("vsmanager.db*"))


def test_a_change_waits_while_no_manager_is_there(data_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    install_version(data_dir)
    dotnet_root = str(make_dotnet_root(tmp_path_factory.mktemp("dotnet")))
    with town_of_a_manager(data_dir, dotnet_root) as town:
        path = "/servers/town/config/serverconfig"
        body = {
            "etag": town.manager.get(path)["etag"],
            "changes": [{"path": ["ChatRateLimitMs"], "value": 4321}, {"path": ["Password"], "value": "hunter22hunter"}],
        }
        assert town.manager.request("PATCH", f"/api/v1{path}", body).status == 200
        port = town.manager.get("/servers/town")["port"]
        assert not in_database(data_dir, b"hunter22hunter")
        town.manager.kill()
    config = town.data_path / "serverconfig.json"
    assert json.loads(config.read_bytes())["ChatRateLimitMs"] == 1000
    town.play("", crash="abort")
    until(lambda: not answers(port))
    with town_of_a_manager(data_dir, dotnet_root) as town:
        until(lambda: town.manager.get("/servers/town")["config_pending"] == 0)
        written = json.loads(config.read_bytes())
        assert (written["ChatRateLimitMs"], written["Password"]) == (4321, "hunter22hunter")
        assert town.manager.get("/servers/town/config/serverconfig")["pending"] == []
        end_game(town)
        assert "hunter22hunter" not in town.manager.log.read_text()
        assert not in_database(data_dir, b"hunter22hunter")
        assert b"hunter22hunter" not in (data_dir / "secrets.json").read_bytes(), "it is in the file now"
    with closing(sqlite3.connect(data_dir / "vsmanager.db")) as database:
        assert database.execute("SELECT count(*) FROM server_config_pending").fetchone() == (0,)


def test_what_is_in_the_file_and_not_yet_forgotten_is_written_again(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.house.does(desk.server_id, "start")
    desk.change((["ChatRateLimitMs"], 2222))
    change = Waiting.change

    async def killed(*_arguments: object, **_more: object) -> None:
        raise Unavailable("The manager is killed here.")

    monkeypatch.setattr(Waiting, "change", killed)
    desk.house.does(desk.server_id, "stop")
    assert desk.config()["ChatRateLimitMs"] == 2222
    assert desk.house.get(desk.server_id)["config_pending"] == 1
    monkeypatch.setattr(Waiting, "change", change)
    desk.house.does(desk.server_id, "start")
    assert desk.config()["ChatRateLimitMs"] == 2222
    assert desk.house.get(desk.server_id)["config_pending"] == 0
    desk.house.does(desk.server_id, "stop")


def test_no_game_starts_unnoticed_with_the_old_values(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.house.does(desk.server_id, "start")
    desk.change((["ChatRateLimitMs"], 3333))

    def full(*_arguments: object, **_more: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(configuration_file, "write_atomically", full)
        desk.house.does(desk.server_id, "stop")
        assert "No space left" in desk.house.get(desk.server_id)["warnings"][0]
        assert "No space left" in desk.house.entry(desk.server_id, "config_not_applied")["details"]["text"]
        run = desk.house.does(desk.server_id, "start", state="failed")
        assert "configuration wait" in json.dumps(run)
        desk.house.does(desk.server_id, "stop")
    assert desk.config()["ChatRateLimitMs"] != 3333
    desk.house.does(desk.server_id, "start")
    assert desk.config()["ChatRateLimitMs"] == 3333
    assert desk.house.get(desk.server_id)["warnings"] == []
    desk.house.does(desk.server_id, "stop")
