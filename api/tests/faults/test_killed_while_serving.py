"""`kill -9` of manager, keeper or game at random moments: the server runs again, its world is there, nothing is left over."""

import json
import os
import random
import signal
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.faults.forked_managers import forked
from tests.managers import ManagerProcess, start_manager
from tests.servers.games import free_port, install_version
from vintagestory_api.servers.local_host import end_all
from vintagestory_api.servers.processes import MARKER
from vintagestory_sandbox.dotnet_root import make_dotnet_root

KILLS = 200 if os.environ.get("VS_TEST_ALL_FAULTS") else 20
#: Each kill comes so long after the server was seen running, or after the kill before: in the middle of what that began.
LONGEST_WAIT_SECONDS = 1.5
RUNNING_SECONDS = 60.0
VERSION = "1.22.7"
HASTY_MANAGER = (sys.executable, str(Path(__file__).with_name("hasty_manager.py")))
SETTINGS = {
    "mod_list_refresh_interval": 0,
    "server_versions_refresh_interval": 0,
    "crash_restart_limit": 100,
    "crash_restart_window_seconds": 60,
}


class Place:
    """A data folder with one server, whose manager, keeper and game get killed."""

    def __init__(self, folder: Path) -> None:
        self.data_dir = folder / "data"
        self.server_id = f"fault-{os.getpid()}-{random.randrange(10**6)}"  # found among all processes of the machine
        self.world = self.data_dir / "servers" / self.server_id / "Saves" / "default.vcdbs"
        self.dotnet = make_dotnet_root(folder / "dotnet")
        self.manager: ManagerProcess | None = None

    def start(self) -> ManagerProcess:
        self.manager = start_manager(
            self.data_dir,
            program=HASTY_MANAGER,
            launch=forked,
            PYTHONPATH=str(Path(__file__).parents[2]),
            DOTNET_ROOT=str(self.dotnet),
        )
        return self.manager

    @property
    def serving(self) -> ManagerProcess:
        assert self.manager is not None
        return self.manager

    def server(self) -> Any:
        return self.serving.get(f"/servers/{self.server_id}")

    def kill(self, victim: str) -> None:
        """Where it has no process at this moment, the manager takes its place."""
        pid = None if victim == "manager" else self.keeper_state().get(f"{victim}_pid")
        if pid is None or pid not in self.processes():
            self.serving.kill()
            self.start()
        else:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def keeper_state(self) -> dict[str, Any]:
        try:
            state: dict[str, Any] = json.loads((self.data_dir / "run" / "keepers" / f"{self.server_id}.json").read_text())
        except (OSError, ValueError):
            return {}
        return state

    def processes(self) -> dict[int, str | None]:
        """Number → which start it belongs to; None for keepers."""
        found: dict[int, str | None] = {}
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                command = process.cmdline()
                if process.status() == psutil.STATUS_ZOMBIE:
                    continue
                if command[-1:] == [self.server_id]:
                    found[process.pid] = None
                elif any(f"/{self.server_id}" in part for part in command):
                    found[process.pid] = process.environ().get(MARKER, "")
        return found

    def runs_alone(self) -> bool:
        """It runs, with one keeper, and there is no process of an earlier start."""
        server, state = self.server(), self.keeper_state()
        if server["state"] != "running" or server["operation"] is not None:
            return False
        processes = self.processes()
        keepers = [pid for pid, instance in processes.items() if instance is None]
        starts = {instance for instance in processes.values() if instance is not None}
        return keepers == [state.get("keeper_pid")] and starts == {state.get("instance")}

    def clean_up(self) -> None:
        if self.manager is not None:
            self.manager.kill()
        end_all(self.data_dir / "run" / "keepers", 10.0)
        for pid in self.processes():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


@contextmanager
def place_in(folder: Path) -> Iterator[Place]:
    place = Place(folder)
    place.data_dir.mkdir()
    (place.data_dir / "api-settings.json").write_text(json.dumps(SETTINGS))
    # A child that holds the pipe, and outlives its parent unless somebody sees to it.
    install_version(place.data_dir, VERSION, boot_seconds=4, shutdown_seconds=1, children=1)
    try:
        yield place
    finally:
        place.clean_up()


@pytest.mark.fault
@pytest.mark.timeout(KILLS * 15 + 120)
def test_the_server_runs_again_after_every_kill(tmp_path: Path) -> None:
    chance = random.Random(20261126)  # the same kills in every run
    with place_in(tmp_path) as place:
        create(place)
        kills = 0
        while kills < KILLS:
            for _ in range(min(chance.choice([1, 1, 2, 3]), KILLS - kills)):
                time.sleep(chance.uniform(0, LONGEST_WAIT_SECONDS))
                place.kill(chance.choice(["manager", "keeper", "game"]))
                kills += 1
            until(place, place.runs_alone, f"the server runs again after {kills} kills")
            assert place.world.exists()
        stop_and_check(place)


def create(place: Place) -> None:
    """A server whose world holds a proof that it is never made anew."""
    manager = place.start()
    body = {"name": "Fault", "id": place.server_id, "version": VERSION, "port": free_port(), "start": True}
    answer = manager.post("/servers", body)
    assert answer.status == 201, answer.json
    until(place, place.runs_alone, "the server runs for the first time")
    run(place, "stop")
    with closing(sqlite3.connect(place.world)) as world, world:
        world.execute("CREATE TABLE proof (text TEXT)")
    run(place, "start")


def stop_and_check(place: Place) -> None:
    run(place, "stop")
    assert place.server()["state"] == "stopped"
    until(place, lambda: place.processes() == {}, "no process is left")
    assert list((place.data_dir / "run" / "keepers").iterdir()) == []
    unfinished = [one for one in place.serving.runs(server_id=place.server_id) if one["ended_at"] is None]
    assert unfinished == []
    assert place.serving.end() == 0
    with closing(sqlite3.connect(place.world)) as world:
        assert world.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert world.execute("SELECT count(*) FROM proof").fetchone() == (0,)
    with closing(sqlite3.connect(place.data_dir / "vsmanager.db")) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert db.execute("SELECT count(*) FROM job_runs WHERE state IN ('running', 'queued')").fetchone() == (0,)


def run(place: Place, action: str) -> None:
    answer = place.serving.post(f"/servers/{place.server_id}/{action}")
    assert answer.status == 202, answer.json
    ended = place.serving.wait_for_run(answer.json["id"])
    assert ended["state"] == "succeeded", ended


def until(place: Place, holds: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + RUNNING_SECONDS
    while not holds():
        if time.monotonic() > deadline:
            items = place.serving.get(f"/servers/{place.server_id}/timeline?limit=15")["items"]
            timeline = "\n".join(f"{item['at']} {item['kind']} {item['details']}" for item in items)
            facts = {"server": place.server()["state"], "keeper": place.keeper_state(), "processes": place.processes()}
            raise AssertionError(f"did not happen: {what}\n{facts}\n{timeline}\n{place.serving.log.read_text()[-3000:]}")
        time.sleep(0.05)
