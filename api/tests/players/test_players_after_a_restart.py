"""Who is on, when the manager was killed and came back."""

from pathlib import Path

import pytest

from tests.players.towns import answers, end_game, town_of_a_manager, until
from tests.servers.games import install_version
from vintagestory_api.kit.clock import SystemClock, rfc3339
from vintagestory_sandbox.dotnet_root import make_dotnet_root


@pytest.fixture
def data_dir(data_dir: Path) -> Path:
    install_version(data_dir)
    return data_dir


@pytest.fixture
def dotnet_root(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(make_dotnet_root(tmp_path_factory.mktemp("dotnet")))


def test_a_manager_that_was_killed_goes_on_with_the_sessions_and_reads_what_it_missed(data_dir: Path, dotnet_root: str) -> None:
    with town_of_a_manager(data_dir, dotnet_root) as town:
        town.play("0.1 join Paula; 0.2 join Quinn")
        until(lambda: town.are_on("Paula", "Quinn"))
        (before,) = town.sessions("Paula")
        town.manager.kill()
    log = town.data_path / "Logs" / "server-main.log"
    town.play("0.1 leave Quinn; 0.2 join Rudi")
    until(lambda: "Rudi" in log.read_text() and " joins." in log.read_text().partition("Name: Rudi")[2])
    with town_of_a_manager(data_dir, dotnet_root) as town:
        until(lambda: town.are_on("Paula", "Rudi"))
        (paula,) = town.sessions("Paula")
        assert (paula["joined_at"], paula["left_at"]) == (before["joined_at"], None)
        assert [session["end"] for session in town.sessions("Quinn")] == ["left"]
        until(lambda: town.manager.get("/servers/town/players")["is_exact"])
        assert town.are_on("Paula", "Rudi")
        end_game(town)
        until(lambda: town.sessions("Paula")[0]["end"])
        assert town.are_on()


def test_sessions_of_a_game_that_ended_while_the_manager_was_away_end_with_it(data_dir: Path, dotnet_root: str) -> None:
    with town_of_a_manager(data_dir, dotnet_root) as town:
        town.play("0.1 join Paula")
        until(lambda: town.are_on("Paula"))
        port = town.manager.get("/servers/town")["port"]
        town.manager.kill()
    town.play("", crash="abort")
    until(lambda: not answers(port))
    returned = rfc3339(SystemClock().now_ms())
    assert returned is not None
    with town_of_a_manager(data_dir, dotnet_root) as town:
        until(lambda: town.sessions("Paula")[0]["end"])
        (paula,) = town.sessions("Paula")
        assert paula["left_at"] <= returned
        assert paula["end"] == "server_ended"
        end_game(town)
