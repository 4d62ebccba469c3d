"""A manager in a process of its own, killed or ended while games run, and what the next one makes of them."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.managers import ManagerProcess, start_manager
from tests.servers.games import LONG, VERSION, free_port, install_version
from tests.servers.keeping import is_running


class Managers:
    """One after the other on the same data folder."""

    def __init__(self, data_dir: Path, dotnet_root: Path) -> None:
        self._data_dir = data_dir
        self._dotnet_root = dotnet_root
        self._present: ManagerProcess | None = None

    def start(self) -> ManagerProcess:
        self._present = start_manager(self._data_dir, DOTNET_ROOT=str(self._dotnet_root))
        return self._present

    def end_all(self) -> None:
        if self._present is None:
            return
        if self._present.process.poll() is not None:
            self.start()
        manager = self._present
        for server in manager.get("/servers")["items"]:
            manager.post(f"/servers/{server['id']}/kill")
            manager.post(f"/servers/{server['id']}/stop")
        until(lambda: states(manager), lambda found: "running" not in found.values() and "starting" not in found.values())
        manager.end()


@pytest.fixture
def managers(data_dir: Path, dotnet_root: Path) -> Iterator[Managers]:
    install_version(data_dir)
    managers = Managers(data_dir, dotnet_root)
    yield managers
    managers.end_all()


def until(ask: Callable[[], Any], holds: Callable[[Any], object]) -> Any:
    deadline = time.monotonic() + LONG
    while not holds(answer := ask()):
        assert time.monotonic() < deadline, f"did not happen: {answer}"
        time.sleep(0.02)
    return answer


def states(manager: ManagerProcess) -> dict[str, str]:
    found: dict[str, str] = manager.request("GET", "/healthz").json["servers"]
    return found


def create(manager: ManagerProcess, name: str, *, start: bool = True) -> str:
    body = {"name": name, "version": VERSION, "port": free_port(), "start": start}
    made = manager.post("/servers", body)
    assert made.status == 201, made.json
    run = manager.wait_for_run(made.json["operation"]["run_id"])
    assert run["state"] == "succeeded", run
    return str(made.json["id"])


def running(manager: ManagerProcess, server: str) -> dict[str, Any]:
    found: dict[str, Any] = until(
        lambda: manager.get(f"/servers/{server}"), lambda seen: seen["state"] == "running" and seen["operation"] is None
    )
    return found


def timeline(manager: ManagerProcess, server: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = manager.get(f"/servers/{server}/timeline?limit=200")["items"]
    return items[::-1]


def kinds(manager: ManagerProcess, server: str) -> list[str]:
    return [entry["kind"] for entry in timeline(manager, server)]


def console(manager: ManagerProcess, server: str) -> list[dict[str, Any]]:
    lines: list[dict[str, Any]] = manager.get(f"/servers/{server}/console?limit=5000&probes=true")["lines"]
    return lines


def told(line: dict[str, Any]) -> tuple[int, str | None, str, bool]:
    return line["seq"], line["time"], line["text"], line["is_probe"]


def keeper_state(manager: ManagerProcess, server: str) -> tuple[int, int]:
    """The process numbers of keeper and game."""
    import json  # noqa: PLC0415

    state = json.loads((manager.data_dir / "run" / "keepers" / f"{server}.json").read_bytes())
    return state["keeper_pid"], state["game_pid"]


def test_a_killed_manager_leaves_games_running_and_the_next_finds_everything(managers: Managers) -> None:
    manager = managers.start()
    server = create(manager, "Alpha")
    before = running(manager, server)
    assert manager.get(f"/servers/{server}/command-hints")["is_learned"]
    assert manager.post(f"/servers/{server}/commands", {"command": "/time"}).status == 200
    lines = console(manager, server)
    asked = {line["text"]: line["is_probe"] for line in lines if line["text"].startswith("Handling Console Command")}
    assert (asked["Handling Console Command /help"], asked["Handling Console Command /time"]) == (True, False)
    manager.kill()

    manager = managers.start()
    after = running(manager, server)
    assert (after["started_at"], after["ready_at"]) == (before["started_at"], before["ready_at"])
    until(lambda: kinds(manager, server), lambda found: "found_again" in found)
    assert kinds(manager, server) == ["created", "start_asked", "started", "ready", "found_again"]
    again = console(manager, server)
    assert [told(line) for line in again[: len(lines)]] == [told(line) for line in lines]
    seqs = [line["seq"] for line in again]
    assert seqs == list(range(seqs[0], seqs[0] + len(seqs)))

    stop = manager.post(f"/servers/{server}/stop")
    assert manager.wait_for_run(stop.json["id"])["report"]["by"] == "/stop"


def test_a_manager_that_ends_leaves_games_running(managers: Managers) -> None:
    manager = managers.start()
    server = create(manager, "Alpha")
    _, game = keeper_state(manager, server)
    assert manager.end() == 0
    assert is_running(game)
    manager = managers.start()
    running(manager, server)
    assert keeper_state(manager, server)[1] == game


@pytest.mark.parametrize(("is_killed", "state"), [(True, "lost"), (False, "cancelled")])
def test_a_start_that_the_manager_did_not_see_to_its_end_is_taken_up(managers: Managers, is_killed: bool, state: str) -> None:
    manager = managers.start()
    server = create(manager, "Alpha", start=False)
    (manager.data_dir / "servers" / server / "vss.json").write_text('{"speed": 1, "boot_seconds": 3, "players": 0}')
    run = manager.post(f"/servers/{server}/start").json
    until(lambda: states(manager), lambda found: found[server] == "starting")
    if is_killed:
        manager.kill()
    else:
        assert manager.end() == 0
    manager = managers.start()
    assert manager.get(f"/runs/{run['id']}")["state"] == state
    running(manager, server)
    ready = [entry for entry in timeline(manager, server) if entry["kind"] == "ready"]
    assert len(ready) == 1
    assert ready[0]["details"]["after_seconds"] > 2


def test_a_stop_that_the_manager_did_not_see_to_its_end_is_gone_on_with(managers: Managers) -> None:
    manager = managers.start()
    server = create(manager, "Alpha", start=False)
    (manager.data_dir / "servers" / server / "vss.json").write_text('{"speed": 1, "boot_seconds": 0.3, "shutdown_seconds": 2}')
    manager.wait_for_run(manager.post(f"/servers/{server}/start").json["id"])
    manager.post(f"/servers/{server}/stop")
    until(lambda: states(manager), lambda found: found[server] == "stopping")
    manager.kill()
    manager = managers.start()
    until(lambda: states(manager), lambda found: found[server] == "stopped")
    assert manager.get(f"/servers/{server}")["wanted"] == "stopped"
    assert kinds(manager, server).count("stopped") == 1
    assert "crashed" not in kinds(manager, server)


def test_a_game_that_crashed_while_nobody_looked_is_told_once_and_started_again(managers: Managers) -> None:
    manager = managers.start()
    server = create(manager, "Alpha")
    _, game = keeper_state(manager, server)
    manager.kill()
    os.kill(game, signal.SIGSEGV)
    until(lambda: is_running(game), lambda found: not found)
    manager = managers.start()
    until(lambda: kinds(manager, server), lambda found: found.count("ready") == 2)
    assert kinds(manager, server).count("crashed") == 1
    running(manager, server)


def test_after_a_restart_of_the_machine_what_should_run_runs_again(managers: Managers) -> None:
    manager = managers.start()
    wanted, unwanted = create(manager, "Wanted"), create(manager, "Unwanted", start=False)
    keeper, game = keeper_state(manager, wanted)
    manager.kill()
    for pid in (keeper, game):
        os.kill(pid, signal.SIGKILL)
    until(lambda: is_running(keeper) or is_running(game), lambda found: not found)
    for path in (manager.data_dir / "run" / "keepers").iterdir():
        path.unlink()  # as on a machine whose temporary folders are empty
    manager = managers.start()
    running(manager, wanted)
    assert states(manager)[unwanted] == "stopped"
    assert kinds(manager, wanted).count("ready") == 2
    assert "gave_up" not in kinds(manager, wanted)


def test_a_machine_that_shuts_down_in_order_is_told_from_a_keeper_that_was_lost(managers: Managers) -> None:
    manager = managers.start()
    server = create(manager, "Alpha")
    keeper, game = keeper_state(manager, server)
    manager.kill()
    os.kill(keeper, signal.SIGTERM)
    until(lambda: is_running(keeper) or is_running(game), lambda found: not found)
    manager = managers.start()
    until(lambda: kinds(manager, server), lambda found: found.count("ready") == 2)
    assert "keeper_lost" not in kinds(manager, server)
    (stopped,) = [entry for entry in timeline(manager, server) if entry["kind"] == "stopped"]
    assert (stopped["details"]["by"], stopped["details"]["exit_code"]) == ("/stop", 0)
    assert "restart_planned" not in kinds(manager, server), "it is no failure, so it comes back at once"
    running(manager, server)


def test_a_server_that_should_not_come_back_stays_down_after_an_end_from_outside(managers: Managers) -> None:
    manager = managers.start()
    server = create(manager, "Alpha")
    assert manager.request("PATCH", f"/api/v1/servers/{server}", {"settings": {"restart_after_crash": False}}).status == 200
    _, game = keeper_state(manager, server)
    manager.kill()
    os.kill(game, signal.SIGTERM)
    until(lambda: is_running(game), lambda found: not found)
    for _ in range(2):  # the manager that finds it, and the one after that
        manager = managers.start()
        found = until(
            partial(manager.get, f"/servers/{server}"), lambda seen: "does not come back by itself" in " ".join(seen["warnings"])
        )
        assert (found["state"], found["wanted"], found["operation"]) == ("stopped", "running", None)
        assert manager.end() == 0
    manager = managers.start()
    assert kinds(manager, server).count("started") == 1


def test_a_game_whose_keeper_died_with_the_manager_is_ended_and_started_again(managers: Managers) -> None:
    manager = managers.start()
    server = create(manager, "Alpha")
    keeper, game = keeper_state(manager, server)
    manager.kill()
    os.kill(keeper, signal.SIGKILL)
    manager = managers.start()
    until(lambda: kinds(manager, server), lambda found: found.count("ready") == 2)
    assert not is_running(game)
    assert "keeper_lost" in kinds(manager, server)
    running(manager, server)


def test_a_creation_that_was_cut_off_goes_on(managers: Managers) -> None:
    manager = managers.start()
    made = manager.post("/servers", {"name": "Alpha", "version": VERSION, "port": free_port(), "start": True})
    manager.kill()
    assert made.status == 201
    manager = managers.start()
    running(manager, "alpha")
    assert kinds(manager, "alpha").count("created") == 1
    actors = {entry["kind"]: entry["actor"] for entry in timeline(manager, "alpha")}
    assert actors["start_asked"] == actors["created"] is not None


@pytest.mark.parametrize("is_killed", [True, False])
def test_a_new_version_that_does_not_start_is_given_up_by_the_next_manager_too(managers: Managers, *, is_killed: bool) -> None:
    manager = managers.start()
    slow_to_fail = {"speed": 1, "boot_seconds": 3, "crash": "abort", "crash_phase": "WorldReady"}
    install_version(manager.data_dir, "1.21.6", **slow_to_fail)
    manager.get("/installed-versions")
    server = create(manager, "Alpha")
    manager.post(f"/servers/{server}/version", {"version": "1.21.6"})
    until(lambda: manager.get(f"/servers/{server}"), lambda found: (found["version"], found["state"]) == ("1.21.6", "starting"))
    if is_killed:
        manager.kill()
    else:
        assert manager.end() == 0

    manager = managers.start()
    until(lambda: manager.get(f"/servers/{server}"), lambda found: found["version"] == VERSION)
    running(manager, server)
    (failed,) = [entry for entry in timeline(manager, server) if entry["kind"] == "version_change_failed"]
    assert (failed["details"]["from"], failed["details"]["to"]) == (VERSION, "1.21.6")
    found = kinds(manager, server)
    assert (found.count("failed_to_start"), found.count("ready")) == (1, 2)
    assert "restart_planned" not in found
    assert "version_changed" not in found


def test_a_new_version_that_was_ready_once_is_kept_by_the_next_manager(managers: Managers) -> None:
    manager = managers.start()
    install_version(manager.data_dir, "1.21.6", speed=1, boot_seconds=3)
    manager.get("/installed-versions")
    server = create(manager, "Alpha")
    manager.post(f"/servers/{server}/version", {"version": "1.21.6"})
    until(lambda: manager.get(f"/servers/{server}"), lambda found: (found["version"], found["state"]) == ("1.21.6", "starting"))
    assert manager.request("DELETE", f"/api/v1/installed-versions/{VERSION}").status == 409
    manager.kill()
    manager = managers.start()
    running(manager, server)
    removed = until(lambda: manager.request("DELETE", f"/api/v1/installed-versions/{VERSION}"), lambda found: found.status != 409)
    assert removed.status < 300
    assert manager.get(f"/servers/{server}")["version"] == "1.21.6"
