"""Games that end although nobody wanted them to, and what the manager makes of that."""

import os
import signal
from typing import Any

import pytest

from tests.servers.games import House
from tests.servers.keeping import is_running
from vintagestory_api.servers.surroundings import Pace


@pytest.fixture
def house(house: House) -> House:
    house.app.manager.servers.pace = Pace(first_pause=0.05, longest_pause=0.2)
    return house


def game_pid(house: House, server_id: str) -> int:
    status = house.app.manager.servers.get(server_id).status
    assert status is not None
    assert status.game_pid is not None
    return status.game_pid


def test_a_crash_is_told_with_its_report_and_the_server_comes_back(house: House) -> None:
    server = house.create(start=True)["id"]
    house.switch(server, crash="report", crash_mod="farmlife@1.2.0")
    crashed = house.entry(server, "crashed")
    assert crashed["details"]["mods"] == ["farmlife@1.2.0"]
    assert "farmlife@1.2.0" in crashed["details"]["summary"]
    assert "NullReferenceException" in crashed["details"]["report"]
    assert crashed["actor"] is None
    house.switch(server)
    assert house.entry(server, "restart_planned")["details"]["attempt"] >= 1
    running = house.until(server, state="running", operation=None)
    assert running["wanted"] == "running"
    assert running["crash"]["mods"] == ["farmlife@1.2.0"]
    assert not running["crash"]["gave_up"]
    (run, *_) = house.app.get("/runs", server_id=server, job_id="server_start")["items"]
    assert run["trigger"] == "event"


def test_a_viewer_is_told_of_a_crash_without_its_report(house: House) -> None:
    house.settings(crash_restart_limit=0)
    server = house.create(start=True)["id"]
    house.switch(server, crash="report", crash_mod="farmlife@1.2.0")
    assert "NullReferenceException" in house.until(server, state="crashed", operation=None)["crash"]["report"]
    token = house.app.ask("POST", "/tokens", json={"name": "looks on", "role": "viewer"}).json()["token"]
    for path in ("/servers", f"/servers/{server}", f"/servers/{server}/timeline"):
        answer = house.app._client.get(f"/api/v1{path}", headers={"X-API-Key": token})
        assert answer.status_code == 200
        assert "farmlife@1.2.0" in answer.text
        assert "NullReferenceException" not in answer.text


@pytest.mark.parametrize("crash", ["thread", "abort"])
def test_crashes_without_a_report_are_crashes_too(house: House, crash: str) -> None:
    house.settings(crash_restart_limit=0)
    server = house.create(start=True)["id"]
    house.switch(server, crash=crash)
    found = house.until(server, state="crashed", operation=None)
    assert found["wanted"] == "running"
    assert found["crash"]["gave_up"]
    assert found["crash"]["summary"]
    kinds = house.kinds(server)
    assert kinds[-2:] == ["crashed", "gave_up"]


def test_it_is_given_up_after_so_many_crashes_until_somebody_starts_it(house: House) -> None:
    house.settings(crash_restart_limit=2)
    server = house.create()["id"]
    house.switch(server, crash="report", crash_after=0.1)
    house.post(server, "start")
    given_up = house.entry(server, "gave_up")
    assert given_up["details"] == {"crashes": 3, "window_seconds": 600}
    found = house.until(server, operation=None, uptime_seconds=None)
    assert (found["state"], found["wanted"], found["crash"]["restarts_at"]) == ("crashed", "running", None)
    assert found["crash"]["gave_up"]
    attention = {item["id"] for item in house.app.get("/overview")["attention"]}
    assert f"server_gave_up:{server}" in attention

    house.switch(server)
    house.does(server, "start")
    assert house.get(server)["crash"] is None
    assert f"server_gave_up:{server}" not in {item["id"] for item in house.app.get("/overview")["attention"]}


def test_starts_that_failed_no_longer_count_once_it_was_ready(house: House) -> None:
    house.settings(crash_restart_limit=50)
    server = house.create()["id"]
    house.switch(server, fail="port")
    house.post(server, "start")
    house.app.until(lambda: house.kinds(server).count("failed_to_start"), lambda failed: failed >= 2, 60)
    house.switch(server)
    house.until(server, state="running", operation=None)
    os.kill(game_pid(house, server), signal.SIGKILL)
    crashed = house.entry(server, "crashed")["id"]

    def planned_since() -> list[int]:
        entries = house.timeline(server)
        return [entry["details"]["attempt"] for entry in entries if entry["kind"] == "restart_planned" and entry["id"] > crashed]

    assert house.app.until(planned_since, bool, 60) == [1]


def test_the_cause_of_an_earlier_crash_is_not_named_for_a_later_end(house: House) -> None:
    server = house.create(start=True)["id"]
    os.kill(game_pid(house, server), signal.SIGKILL)
    house.app.until(lambda: house.kinds(server).count("ready"), lambda ready: ready == 2, 60)
    running = house.until(server, state="running", operation=None)
    assert "SIGKILL" in running["crash"]["summary"], "its page still tells what went wrong last"
    house.settings(crash_restart_limit=0)
    os.kill(game_pid(house, server), signal.SIGTERM)
    house.entry(server, "gave_up")
    house.until(server, state="stopped", operation=None)
    attention = house.app.get("/overview")["attention"]
    (left,) = [item for item in attention if item["id"] == f"server_gave_up:{server}"]
    assert "SIGKILL" not in left["text"]
    assert "from outside the manager" in left["text"]


def test_a_server_that_should_not_come_back_by_itself_stays_down(house: House) -> None:
    server = house.create(start=True)["id"]
    settings: dict[str, Any] = {"restart_after_crash": False}
    assert house.app.ask("PATCH", f"/servers/{server}", json={"settings": settings}).status_code == 200
    house.switch(server, crash="abort")
    found = house.until(server, state="crashed", operation=None)
    assert found["crash"]["restarts_at"] is None
    assert "restart_planned" not in house.kinds(server)
    assert f"server_down:{server}" in {item["id"] for item in house.app.get("/overview")["attention"]}


def test_somebody_who_types_stop_in_the_console_wants_it_stopped(house: House) -> None:
    server = house.create(start=True)["id"]
    answer = house.app.ask("POST", f"/servers/{server}/commands", json={"command": "/stop"})
    assert answer.status_code in {200, 202}, answer.text
    found = house.until(server, state="stopped", operation=None)
    assert (found["wanted"], found["crash"]) == ("stopped", None)
    entry = house.entry(server, "stopped")
    assert entry["details"]["by"] == "/stop"
    assert "Somebody" in entry["details"]["text"]


def test_a_game_that_is_ended_from_outside_is_started_again(house: House) -> None:
    server = house.create(start=True)["id"]
    os.kill(game_pid(house, server), signal.SIGTERM)
    assert house.entry(server, "stopped")["details"]["by"] == "SIGTERM"
    house.entry(server, "restart_planned")
    assert house.until(server, state="running", operation=None)["wanted"] == "running"


def test_a_stopped_server_that_should_run_says_what_becomes_of_it(house: House) -> None:
    house.settings(crash_restart_limit=0)
    server = house.create(start=True)["id"]
    assert house.get(server)["warnings"] == []
    os.kill(game_pid(house, server), signal.SIGTERM)
    house.entry(server, "gave_up")
    found = house.until(server, state="stopped", operation=None)
    assert found["wanted"] == "running"
    assert any("left alone" in warning for warning in found["warnings"])
    house.does(server, "stop")
    assert house.get(server)["warnings"] == []


def test_a_game_that_is_ended_from_outside_stays_down_where_it_should_not_come_back(house: House) -> None:
    server = house.create(start=True)["id"]
    settings: dict[str, Any] = {"restart_after_crash": False}
    assert house.app.ask("PATCH", f"/servers/{server}", json={"settings": settings}).status_code == 200
    os.kill(game_pid(house, server), signal.SIGTERM)
    found = house.until(server, state="stopped", operation=None, uptime_seconds=None)
    assert found["wanted"] == "running"
    assert any("does not come back by itself" in warning for warning in found["warnings"])
    assert f"server_down:{server}" in {item["id"] for item in house.app.get("/overview")["attention"]}
    assert house.kinds(server)[-1] == "stopped"
    # What the manager would begin by itself, it would begin when it looks.
    house.app.in_loop(house.app.manager.servers.supervisor(server).aftermath.reconcile)
    assert house.get(server)["operation"] is None
    house.does(server, "start")
    assert house.get(server)["warnings"] == []


def test_a_game_that_is_killed_from_outside_has_crashed(house: House) -> None:
    house.settings(crash_restart_limit=0)
    server = house.create(start=True)["id"]
    os.kill(game_pid(house, server), signal.SIGKILL)
    found = house.until(server, state="crashed", operation=None)
    assert "killed from outside" in found["crash"]["summary"]


def test_a_keeper_that_is_killed_costs_a_restart_and_leaves_no_game_behind(house: House) -> None:
    server = house.create(start=True)["id"]
    pid = game_pid(house, server)
    status = house.app.manager.servers.get(server).status
    assert status is not None
    os.kill(status.keeper_pid, signal.SIGKILL)
    house.entry(server, "keeper_lost")
    house.until(server, state="running", operation=None)
    house.app.until(lambda: house.kinds(server).count("ready"), lambda ready: ready == 2, 60)
    house.until(server, state="running", operation=None)
    assert game_pid(house, server) != pid
    assert not is_running(pid)
