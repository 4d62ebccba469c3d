"""Games that end before they are ready, and starts that are refused before they begin: each says why."""

import json
import os
import shutil
import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.servers.games import LONG, VERSION, House, free_port, install_version, running_house
from vintagestory_api.servers import launching
from vintagestory_api.servers.surroundings import Pace


@pytest.fixture
def house(house: House) -> House:
    house.app.manager.servers.pace = Pace(first_pause=0.05, longest_pause=0.2)
    house.settings(crash_restart_limit=0)
    return house


def fails(house: House, server: str, words: str) -> dict[str, Any]:
    """Start it: the run, the timeline and the server say what is wrong."""
    run = house.does(server, "start", state="failed")
    assert words in run["error"]["message"], run["error"]["message"]
    assert "\n" not in run["error"]["message"]
    found = house.until(server, state="failed_to_start", operation=None)
    entry = house.entry(server, "failed_to_start")
    assert words in entry["details"]["why"]
    assert words in found["crash"]["summary"]
    assert found["wanted"] == "running"
    return entry


@pytest.mark.parametrize(
    ("switches", "words"),
    [
        ({"fail": "port"}, "port"),
        ({"fail": "config"}, "serverconfig.json"),
        ({"fail": "world"}, "malformed"),
        ({"dotnet": "missing"}, ".NET"),
        ({"crash": "abort", "crash_phase": "LoadAssets"}, "SIGABRT"),
        ({"crash": "report", "crash_phase": "LoadAssets", "crash_mod": "beams@2.0.0"}, "beams@2.0.0"),
    ],
)
def test_a_game_that_ends_before_it_is_ready_did_not_start(house: House, switches: dict[str, Any], words: str) -> None:
    server = house.create()["id"]
    house.switch(server, **switches)
    entry = fails(house, server, words)
    assert "exit_code" in entry["details"]
    house.switch(server)
    house.does(server, "start")


def test_old_files_in_the_install_are_told(house: House) -> None:
    (house.data_dir / "versions" / VERSION / "assets" / "version-1.19.0.txt").write_text("")
    fails(house, house.create()["id"], "old files")


def test_a_start_that_failed_is_tried_again_as_often_as_after_a_crash(house: House) -> None:
    house.settings(crash_restart_limit=2)
    server = house.create()["id"]
    house.switch(server, fail="port")
    house.does(server, "start", state="failed")
    assert house.entry(server, "gave_up")["details"]["crashes"] == 3
    kinds = house.kinds(server)
    assert (kinds.count("failed_to_start"), kinds.count("restart_planned")) == (3, 2)


def test_a_start_that_failed_once_comes_up_at_the_next_try(house: House) -> None:
    house.settings(crash_restart_limit=50)
    server = house.create()["id"]
    house.switch(server, fail="port")
    house.does(server, "start", state="failed")
    house.switch(server)
    house.until(server, state="running", operation=None)


@pytest.fixture
def held() -> Iterator[tuple[socket.socket, int]]:
    """A port of those that the system lends out, in the hands of another program."""
    with socket.socket() as holder:
        holder.bind(("", 0))
        holder.listen()
        yield holder, holder.getsockname()[1]


def waits_for_its_port(house: House, server: str) -> str:
    """The run of a start that has found its port taken."""
    run = house.post(server, "start")["id"]
    house.app.until(lambda: house.app.get(f"/runs/{run}")["message"] or "", lambda said: "Waiting for port" in said, LONG)
    return str(run)


def test_a_port_that_another_program_has_is_told_before_the_start(
    house: House, held: tuple[socket.socket, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(launching, "_PORT_SECONDS", 0.5)
    holder, port = held
    server = house.create(port=port)["id"]
    fails(house, server, f"Port {port}")
    assert "started" not in house.kinds(server)
    holder.close()
    house.does(server, "start")


def test_a_port_outside_of_those_that_are_lent_out_is_not_waited_for(
    house: House, held: tuple[socket.socket, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(launching, "_PORT_SECONDS", 24 * 3600)
    monkeypatch.setattr(launching, "may_be_lent_out", lambda _port: False)
    fails(house, house.create(port=held[1])["id"], f"Port {held[1]}")


def test_a_port_that_is_taken_for_a_moment_is_waited_for(
    house: House, held: tuple[socket.socket, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(launching, "_PORT_SECONDS", LONG)
    holder, port = held
    server = house.create(port=port)["id"]
    run = waits_for_its_port(house, server)
    holder.close()
    assert house.app.ended(run, LONG)["state"] == "succeeded"
    assert "failed_to_start" not in house.kinds(server)


def test_a_start_that_waits_for_its_port_can_be_cancelled_and_does_not_begin_anew(
    house: House, held: tuple[socket.socket, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(launching, "_PORT_SECONDS", 24 * 3600)
    server = house.create(port=held[1])["id"]
    run = waits_for_its_port(house, server)
    assert house.app.ask("POST", f"/runs/{run}/cancel").status_code == 202
    assert house.app.ended(run, LONG)["state"] == "cancelled"
    # What the manager would begin by itself, it would begin when it looks.
    house.app.in_loop(house.app.manager.servers.supervisor(server).aftermath.reconcile)
    found = house.get(server)
    assert (found["operation"], found["wanted"], found["state"]) == (None, "stopped", "stopped")


def test_a_version_that_is_gone_is_told_before_the_start(house: House) -> None:
    server = house.create()["id"]
    shutil.rmtree(house.data_dir / "versions" / VERSION)
    fails(house, server, f"Version {VERSION} is not installed")


def test_a_runtime_that_is_not_there_is_told_before_the_start(house: House, dotnet_root: Path) -> None:
    server = house.create()["id"]
    shutil.rmtree(dotnet_root / "shared")
    (dotnet_root / "dotnet").unlink()
    lies_down(house, server, ".NET")
    assert "started" not in house.kinds(server)


def lies_down(house: House, server: str, words: str) -> None:
    """Its start fails once and is not tried again; everybody is told why."""
    house.settings(crash_restart_limit=2)
    assert fails(house, server, words)["details"]["stays_down"] is True
    # What the manager would begin by itself, it would begin when it looks.
    house.app.in_loop(house.app.manager.servers.supervisor(server).aftermath.reconcile)
    found = house.get(server)
    assert (found["operation"], found["crash"]["restarts_at"], found["wanted"]) == (None, None, "running")
    kinds = house.kinds(server)
    assert (kinds.count("failed_to_start"), kinds.count("restart_planned"), kinds.count("gave_up")) == (1, 0, 0)
    (item,) = [item for item in house.app.get("/overview")["attention"] if item["id"] == f"server_down:{server}"]
    assert words in item["text"]
    assert "not started again by itself" in item["text"]


def test_a_game_that_finds_no_runtime_is_not_tried_again_and_again(house: House) -> None:
    server = house.create()["id"]
    house.switch(server, dotnet="missing")
    lies_down(house, server, ".NET")
    house.switch(server)
    house.does(server, "start")
    status = house.app.manager.servers.get(server).status
    assert status is not None
    assert status.game_pid is not None
    os.kill(status.game_pid, signal.SIGKILL)
    house.entry(server, "restart_planned")


def test_a_start_without_its_version_is_tried_again_by_the_next_manager_only(data_dir: Path, dotnet_root: Path) -> None:
    assert dotnet_root.exists()
    version = install_version(data_dir)
    with running_house(data_dir) as house:
        house.app.manager.servers.pace = Pace(first_pause=0.05, longest_pause=0.2)
        server = house.create()["id"]
        version.rename(data_dir / "aside")
        lies_down(house, server, f"Version {VERSION} is not installed")
    (data_dir / "aside").rename(version)
    with running_house(data_dir, token_name="later") as house:
        house.until(server, state="running", operation=None)


def test_a_disk_below_the_games_own_limit_is_told_before_the_start(house: House) -> None:
    server = house.create()["id"]
    path = house.data_path(server) / "serverconfig.json"
    path.write_text(json.dumps({**json.loads(path.read_bytes()), "DieBelowDiskSpaceMb": 9_000_000}))
    fails(house, server, "MB left")


def test_two_servers_on_one_data_folder_do_not_run_at_the_same_time(house: House) -> None:
    """However that came about: a link that was put there by hand, for example."""
    first = house.create("First", start=True)["id"]
    second = house.create("Second")["id"]
    folder = house.data_path(second)
    folder.rename(folder.with_name("aside"))
    folder.symlink_to(house.data_path(first))
    lies_down(house, second, "same data folder")
    assert house.get(first)["state"] == "running"


def test_a_program_that_can_not_be_run_is_told(house: House) -> None:
    server = house.create()["id"]
    (house.data_dir / "versions" / VERSION / "VintagestoryServer").write_text("#!/no/such/interpreter\n")
    fails(house, server, "started")


def test_a_port_that_another_server_has_is_refused_when_it_is_chosen(house: House) -> None:
    port = free_port()
    first = house.create("First", port=port)["id"]
    body = {"name": "Second", "version": VERSION, "port": port}
    problem = house.app.refused("POST", "/servers", 409, "port_taken", json=body)
    assert problem["server_id"] == first
