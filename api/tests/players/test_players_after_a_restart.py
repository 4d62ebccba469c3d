"""Who is on, when the manager was killed and came back."""

import json
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.managers import ManagerProcess, running_manager
from tests.servers.games import LONG, QUICK, VERSION, free_port, install_version
from vintagestory_api.kit.clock import SystemClock, rfc3339
from vintagestory_sandbox.dotnet_root import make_dotnet_root


class Town:
    """One server of a manager in a process of its own, and the people on it."""

    def __init__(self, manager: ManagerProcess, server_id: str) -> None:
        self.manager = manager
        self.server_id = server_id

    @property
    def data_path(self) -> Path:
        return self.manager.data_dir / "servers" / self.server_id

    def play(self, script: str, **switches: Any) -> None:
        part = self.data_path / "vss.part"
        part.write_text(json.dumps({**QUICK, "script": script, **switches}))
        part.replace(self.data_path / "vss.json")

    def players(self) -> dict[str, dict[str, Any]]:
        found = self.manager.get(f"/servers/{self.server_id}/players")
        return {player["name"]: player for player in found["items"]}

    def sessions(self, name: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.manager.get(f"/servers/{self.server_id}/players/{name}/sessions")["items"]
        return found

    def are_on(self, *names: str) -> bool:
        return sorted(name for name, player in self.players().items() if player["is_online"]) == sorted(names)


def until(holds: Callable[[], object]) -> None:
    deadline = time.monotonic() + LONG
    while not holds():
        assert time.monotonic() < deadline, "did not happen in time"
        time.sleep(0.05)


@pytest.fixture
def data_dir(data_dir: Path) -> Path:
    install_version(data_dir)
    return data_dir


@pytest.fixture
def dotnet_root(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(make_dotnet_root(tmp_path_factory.mktemp("dotnet")))


@contextmanager
def town_of_a_manager(data_dir: Path, dotnet_root: str) -> Iterator[Town]:
    """With a server that runs. The game stays when the manager goes."""
    with running_manager(data_dir, DOTNET_ROOT=dotnet_root) as manager:
        if not manager.get("/servers")["items"]:
            answer = manager.post("/servers", {"name": "Town", "version": VERSION, "port": free_port(), "start": True})
            assert manager.wait_for_run(answer.json["operation"]["run_id"])["state"] == "succeeded"
        yield Town(manager, "town")


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def end_game(town: Town) -> None:
    if town.manager.get("/servers/town")["state"] not in {"stopped", "crashed"}:
        town.manager.wait_for_run(town.manager.post("/servers/town/kill").json["id"])


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
