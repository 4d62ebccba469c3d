"""A restart for other mods, with which the game does not start: the server goes back to the mods before and runs again."""

import asyncio
from typing import Any

import pytest

from tests.server_mods.mods_of_servers import Mods
from tests.server_mods.zips import put_mod
from tests.servers.games import LONG, House
from vintagestory_api.servers.launching import CannotStart, Launcher
from vintagestory_api.servers.life import Life
from vintagestory_api.servers.supervisor import Supervisor


@pytest.fixture
def mods(house: House) -> Mods:
    """Of a running server with one mod, whose next release breaks the game."""
    mods = Mods(house)
    mods.install("pots", "1.0.0")
    house.switch(mods.id, crash="report", crash_phase="LoadGamePre", crash_with="pots@2.0.0")
    house.does(mods.id, "start")
    return mods


def kinds_since(mods: Mods, run: dict[str, Any]) -> list[str]:
    """What the timeline tells from the beginning of that run on."""
    entries = mods.house.timeline(mods.id)
    first = next(number for number, entry in enumerate(entries) if entry["run_id"] == run["id"])
    return [entry["kind"] for entry in entries[first:]]


def test_a_set_with_which_the_game_does_not_start_is_given_up_for_the_one_before(mods: Mods) -> None:
    put_mod(mods.folder, "pans", dependencies={"spoons": "1.0.0"})
    before = mods.listed()["generation"]
    sha256 = mods.upload("lids", dependencies={"game": "1.22.0", "ghosts": "1.0.0"})["sha256"]
    update = mods.upload("pots", "2.0.0")["sha256"]
    wishes = ({"action": "install", "sha256": each} for each in (sha256, update))
    run = mods.change(*wishes, when="restart", state="failed", with_dependencies=False)
    message = run["error"]["message"]
    assert run["error"]["type"] == "SetPutBack"
    assert message.startswith("The game did not start with the new set of mods (4): A critical error, in pots@2.0.0.")
    assert "The log says of lids 1.0.0: ghosts@1.0.0 - Missing." in message
    assert "The log says of pans 1.0.0: spoons@1.0.0 - Missing." in message, "that is new to the game as well"
    assert f"The server was put back to set {before} and runs again." in message
    assert message.endswith("What was changed by hand before, set 3, is in the history.")
    assert "saved the world" not in message

    mods.house.until(mods.id, state="running", operation=None)
    assert mods.files() == ["pots_1.0.0.zip"], "also what lay there by hand was not there when it ran"
    newest, tried, *_ = mods.generations()
    assert (newest["number"], newest["is_loaded"], newest["run_id"], tried["number"]) == (5, True, run["id"], 4)
    assert newest["why"] == f"Back to set {before}: the game did not start with set 4"
    entry = mods.house.entry(mods.id, "mods_put_back")
    assert (entry["run_id"], entry["details"]["failed"], entry["details"]["back_to"]) == (run["id"], 4, before)
    assert kinds_since(mods, run) == [
        "mods_changed", "stop_asked", "stopped", "started", "mods_loaded", "mod_problem", "mod_problem", "failed_to_start",
        "mods_put_back", "started", "ready",
    ]  # fmt: skip


def test_also_when_what_waited_is_loaded_by_a_restart_later(mods: Mods) -> None:
    restart = f"/servers/{mods.id}/mods/pending/restart"
    refused = mods.house.app.ask("POST", restart)
    assert (refused.status_code, refused.json()["code"]) == (409, "no_mods_wait")
    mods.install("lids")
    mods.install("pots", "2.0.0")
    run = mods.house.does(mods.id, "mods/pending/restart", {"reason": "The players agree"}, state="failed")
    assert run["error"]["message"].endswith("The server was put back to set 2 and runs again.")
    mods.house.until(mods.id, state="running", operation=None)
    assert mods.house.entry(mods.id, "stop_asked")["details"]["text"] == "The players agree"
    assert (mods.files(), mods.pending()) == (["pots_1.0.0.zip"], None)
    mods.install("lids")
    run = mods.house.does(mods.id, "mods/pending/restart", {})
    assert run["report"]["ready_after_seconds"] is not None
    assert mods.files() == ["lids_1.0.0.zip", "pots_1.0.0.zip"]


def test_when_it_had_become_ready_before_it_is_said_what_that_means_for_the_world(
    mods: Mods, monkeypatch: pytest.MonkeyPatch
) -> None:
    mods.house.switch(mods.id, crash="report", crash_with="pots@2.0.0")
    real, starts = Supervisor._until_ready, 0

    async def late(self: Supervisor, life: Life) -> None:
        nonlocal starts
        starts += 1
        if starts == 1:
            await asyncio.wait_for(life.closed.wait(), LONG)
        await real(self, life)

    monkeypatch.setattr(Supervisor, "_until_ready", late)
    run = mods.install("pots", "2.0.0", when="restart", state="failed")
    assert run["error"]["message"].startswith(
        "The game broke down with the new set of mods (3): A critical error, in pots@2.0.0."
    )
    assert "It had become ready before, so it may have saved the world with these mods." in run["error"]["message"]
    assert mods.files() == ["pots_1.0.0.zip"]


def test_a_start_that_nobody_waited_for_is_put_right_at_the_next_one(mods: Mods) -> None:
    # Slow enough to be interrupted.
    mods.house.switch(mods.id, boot_seconds=60, crash="report", crash_phase="WorldReady", crash_with="pots@2.0.0")
    sha256 = mods.upload("pots", "2.0.0")["sha256"]
    run = mods.house.post(mods.id, "mods/changes", {"changes": [{"action": "install", "sha256": sha256}], "when": "restart"})
    mods.house.entry(mods.id, "mods_loaded")
    mods.house.app.until(lambda: mods.house.get(mods.id), lambda server: (server["start_progress"] or {}).get("phase"), LONG)
    assert mods.house.app.ask("POST", f"/runs/{run['id']}/cancel").status_code in {200, 202}
    assert mods.house.app.ended(run["id"], LONG)["state"] == "cancelled"
    entry = mods.house.entry(mods.id, "mods_put_back")
    assert (entry["actor"], entry["details"]["failed"], entry["details"]["back_to"]) == (None, 3, 2)
    assert "pots@2.0.0" in entry["details"]["text"]
    mods.house.until(mods.id, state="running")
    assert mods.files() == ["pots_1.0.0.zip"]


def test_a_set_that_waits_goes_on_waiting_when_the_server_can_not_be_started(mods: Mods, monkeypatch: pytest.MonkeyPatch) -> None:
    real, checks = Launcher.check, 0

    async def refuse_once(self: Launcher, server: Any) -> None:
        nonlocal checks
        checks += 1
        if checks == 1:
            raise CannotStart("The disk of the server is full.")
        await real(self, server)

    monkeypatch.setattr(Launcher, "check", refuse_once)
    run = mods.install("pots", "1.5.0", when="restart", state="failed")
    assert "can't be started now: The disk of the server is full. The set waits for its next start." in run["error"]["message"]
    mods.house.until(mods.id, state="running", operation=None)
    assert mods.files() == ["pots_1.5.0.zip"]
    assert "mods_put_back" not in mods.house.kinds(mods.id)
