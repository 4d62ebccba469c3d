"""Stops that need more than a word, kills that pass everything, and one operation at a time."""

import asyncio
import sqlite3
from contextlib import closing
from typing import Any

import pytest

from tests.servers.games import House
from vintagestory_api.servers.host import Game
from vintagestory_api.servers.launching import Launcher, Times
from vintagestory_api.servers.life import Life
from vintagestory_api.servers.operations import Operations
from vintagestory_api.servers.server import GameServer
from vintagestory_api.servers.supervisor import Supervisor


def started_as(house: House, **switches: Any) -> str:
    """A running server whose game behaves so."""
    server = str(house.create()["id"])
    house.switch(server, **switches)
    house.does(server, "start")
    return server


def test_the_times_of_the_ladder_are_the_servers_own_or_the_managers(house: House) -> None:
    server = house.create()["id"]
    supervisor = house.app.manager.servers.supervisor(server)
    assert supervisor.times() == Times(180, 60)
    house.settings(server_stop_timeout_seconds=300, server_term_timeout_seconds=30)
    assert supervisor.times() == Times(300, 30)
    settings = {"stop_timeout_seconds": 20}
    assert house.app.ask("PATCH", f"/servers/{server}", json={"settings": settings}).status_code == 200
    assert supervisor.times() == Times(20, 30)


@pytest.mark.parametrize(("deaf", "by"), [("stop", "SIGTERM"), ("all", "SIGKILL")])
def test_a_game_that_does_not_listen_is_ended_all_the_same(
    house: House, monkeypatch: pytest.MonkeyPatch, deaf: str, by: str
) -> None:
    monkeypatch.setattr(Supervisor, "times", lambda _: Times(stop_seconds=0.3, term_seconds=30 if deaf == "stop" else 0.3))
    server = started_as(house, deaf=deaf)
    run = house.does(server, "stop")
    assert run["report"]["by"] == by
    assert house.entry(server, "stopped")["details"]["by"] == by
    assert house.get(server)["state"] == "stopped"


def test_who_asked_for_a_stop_is_stored_before_the_game_hears_of_it(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    server = started_as(house)
    stored: list[bool] = []
    take_down = Supervisor._take_down

    async def looked(supervisor: Supervisor, life: Life) -> str:
        with closing(sqlite3.connect(house.data_dir / "vsmanager.db")) as database:
            asked = "SELECT count(*) FROM server_timeline WHERE server_id = ? AND kind = 'stop_asked'"
            stored.append(bool(database.execute(asked, (server,)).fetchone()[0]))
        return await take_down(supervisor, life)

    monkeypatch.setattr(Supervisor, "_take_down", looked)
    house.does(server, "stop")
    assert stored == [True]


def test_a_kill_passes_a_stop_that_takes_long(house: House) -> None:
    server = started_as(house, deaf="all")
    stop = house.post(server, "stop")
    house.until(server, state="stopping")
    kill = house.does(server, "kill")
    assert kill["report"] == {"by": "SIGKILL"}
    stopped = house.app.ended(stop["id"], 60)
    assert (stopped["state"], stopped["report"]["by"]) == ("succeeded", "SIGKILL")
    found = house.until(server, operation=None)
    assert (found["state"], found["wanted"]) == ("stopped", "stopped")
    assert house.entry(server, "killed")["details"]["by"] == "SIGKILL"


def test_a_kill_during_a_start_ends_both(house: House) -> None:
    server = house.create()["id"]
    house.switch(server, boot_seconds=2000)
    start = house.post(server, "start")
    house.until(server, state="starting")
    house.does(server, "kill")
    run = house.app.ended(start["id"], 60)
    assert (run["state"], run["error"]["type"]) == ("failed", "Overtaken")
    found = house.until(server, operation=None)
    assert (found["state"], found["wanted"], found["crash"]) == ("stopped", "stopped", None)


def test_a_second_operation_is_refused_with_who_holds_the_server(house: House) -> None:
    server = house.create()["id"]
    house.switch(server, boot_seconds=2000)
    run = house.post(server, "start")
    house.until(server, state="starting")
    for action in ("start", "stop", "restart"):
        problem = house.app.refused("POST", f"/servers/{server}/{action}", 409, "server_busy")
        assert (problem["run_id"], problem["operation"], problem["actor"]) == (run["id"], "start", "admin")
        assert "being started by admin" in problem["detail"]
    house.app.refused("DELETE", f"/servers/{server}", 409, "server_busy")
    operation = house.get(server)["operation"]
    assert (operation["kind"], operation["run_id"], operation["actor"]) == ("start", run["id"], "admin")


def test_a_server_that_is_seen_to_run_can_be_stopped_at_once(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """The game may be ready before the manager is done with launching it."""
    server = str(house.create()["id"])
    launch, outlast = Launcher.launch, Operations._outlast_what_is_over
    may_go_on = asyncio.Event()

    async def slow_launch(launcher: Launcher, of: GameServer, life: Life) -> Game:
        game = await launch(launcher, of, life)
        await may_go_on.wait()
        return game

    async def noticed(operations: Operations) -> None:
        may_go_on.set()
        await outlast(operations)

    monkeypatch.setattr(Launcher, "launch", slow_launch)
    house.post(server, "start")
    house.until(server, state="running")
    monkeypatch.setattr(Operations, "_outlast_what_is_over", noticed)
    house.does(server, "stop")


def test_a_start_that_is_cancelled_lets_the_game_go_on(house: House) -> None:
    server = house.create()["id"]
    house.switch(server, boot_seconds=40)
    run = house.post(server, "start")
    house.until(server, state="starting")
    assert house.app.ask("POST", f"/runs/{run['id']}/cancel").status_code == 202
    assert house.app.ended(run["id"])["state"] == "cancelled"
    assert house.until(server, state="running")["operation"] is None


def test_what_does_not_fit_the_state_is_refused(house: House) -> None:
    server = house.create()["id"]
    house.app.refused("POST", f"/servers/{server}/stop", 409, "server_not_running")
    house.app.refused("POST", f"/servers/{server}/kill", 409, "server_not_running")
    house.does(server, "start")
    house.app.refused("POST", f"/servers/{server}/start", 409, "server_running")
    house.app.refused("DELETE", f"/servers/{server}", 409, "server_running")
    house.app.refused("PATCH", f"/servers/{server}", 409, "server_has_to_be_stopped", json={"port": 43210})
    for action in ("start", "stop", "kill", "restart"):
        house.app.refused("POST", f"/servers/nobody/{action}", 404, "server_not_found")


def test_two_starts_at_once_make_one(house: House) -> None:
    server = house.create()["id"]
    first = house.app.ask("POST", f"/servers/{server}/start")
    second = house.app.ask("POST", f"/servers/{server}/start")
    assert {first.status_code, second.status_code} == {202, 409}
    assert house.app.ended(first.json()["id"], 60)["state"] == "succeeded"


@pytest.mark.parametrize(("first", "second", "seen"), [("start", "stop", "running"), ("stop", "start", "stopped")])
def test_what_is_asked_for_as_soon_as_the_state_shows_is_done(
    house: House, monkeypatch: pytest.MonkeyPatch, first: str, second: str, seen: str
) -> None:
    """The run of the operation before ends a moment later; here it ends only when the next was asked for."""
    server = house.create(start=first == "stop")["id"]
    house.until(server, operation=None)
    supervisor = house.app.manager.servers.supervisor(server)
    asked = asyncio.Event()
    work, ask = getattr(supervisor, f"_{first}"), getattr(supervisor, second)

    async def work_until_asked(*arguments: Any) -> Any:
        report = await work(*arguments)
        async with asyncio.timeout(60):
            await asked.wait()
        return report

    async def ask_at_once(*arguments: Any) -> Any:
        asked.set()
        return await ask(*arguments)

    monkeypatch.setattr(supervisor, f"_{first}", work_until_asked)
    monkeypatch.setattr(supervisor, second, ask_at_once)
    house.post(server, first)
    assert house.until(server, state=seen)["operation"]["kind"] == first
    house.does(server, second)
