"""A manager in a process of its own, with one server whose game stays when the manager goes."""

import json
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.managers import ManagerProcess, running_manager
from tests.servers.games import LONG, QUICK, VERSION, free_port


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
