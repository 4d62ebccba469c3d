"""Another version of the game for a server, and back to the old one where the new one does not start."""

from pathlib import Path

import pytest

from tests.servers.games import LONG, VERSION, House, install_version, running_house
from vintagestory_sandbox.upstream import start_upstream

NEWER = "1.22.8"


@pytest.fixture
def house(house: House) -> House:
    install_version(house.data_dir, "1.21.6")
    house.app.get("/installed-versions")  # what was put there by hand is noticed
    return house


def test_a_stopped_server_starts_with_the_new_version(house: House) -> None:
    server = house.create()["id"]
    run = house.does(server, "version", {"version": "1.21.6"})
    assert run["report"] == {"from": VERSION, "to": "1.21.6"}
    assert house.get(server)["version"] == "1.21.6"
    assert house.entry(server, "version_changed")["details"] == {"from": VERSION, "to": "1.21.6"}
    assert house.does(server, "start")["report"]["version"] == "1.21.6"
    house.app.refused("POST", f"/servers/{server}/version", 409, "same_version", json={"version": "1.21.6"})


def test_a_running_server_is_stopped_switched_and_started(house: House) -> None:
    server = house.create(start=True)["id"]
    run = house.does(server, "version", {"version": "1.21.6"})
    assert (run["report"]["stopped_by"], run["report"]["version"]) == ("/stop", "1.21.6")
    found = house.get(server)
    assert (found["state"], found["version"]) == ("running", "1.21.6")


def break_version(data_dir: Path, version: str) -> None:
    (data_dir / "versions" / version / "assets" / "version-1.19.0.txt").write_text("")


def test_a_version_that_does_not_start_is_given_up_for_the_old_one(house: House) -> None:
    break_version(house.data_dir, "1.21.6")
    server = house.create(start=True)["id"]
    run = house.does(server, "version", {"version": "1.21.6"}, state="failed")
    assert "old files" in run["error"]["message"]
    assert f"put back to {VERSION} and runs again" in run["error"]["message"]
    found = house.until(server, state="running", operation=None)
    assert found["version"] == VERSION
    failed = house.entry(server, "version_change_failed")["details"]
    assert (failed["from"], failed["to"]) == (VERSION, "1.21.6")
    assert "restart_planned" not in house.kinds(server)


def test_a_version_that_can_not_be_had_changes_nothing(house: House) -> None:
    server = house.create(start=True)["id"]
    run = house.does(server, "version", {"version": NEWER}, state="failed")
    assert run["error"]["message"]
    found = house.get(server)
    assert (found["state"], found["version"]) == ("running", VERSION)
    assert house.kinds(server).count("stopped") == 0


def test_a_server_whose_version_can_not_be_had_is_set_up_with_another(house: House) -> None:
    body = {"name": "Beta", "version": NEWER}
    made = house.app.ask("POST", "/servers", json=body).json()
    assert (made["state"], made["version"]) == ("not_installed", NEWER)
    assert house.app.ended(made["operation"]["run_id"])["state"] == "failed"
    assert "server_not_set_up:beta" in {item["id"] for item in house.app.get("/overview")["attention"]}
    house.app.refused("POST", "/servers/beta/restart", 409, "server_not_set_up")

    house.does("beta", "version", {"version": VERSION})
    found = house.until("beta", state="stopped")
    assert found["version"] == VERSION
    house.does("beta", "start")


def test_another_version_asked_for_while_a_server_is_set_up_leaves_that_alone(house: House) -> None:
    made = house.app.ask("POST", "/servers", json={"name": "Beta", "version": NEWER}).json()
    assert house.app.ended(made["operation"]["run_id"])["state"] == "failed"
    house.until("beta", operation=None)
    at_work = house.app.manager.servers.supervisor("beta").operations.briefly("create", "Anna")
    assert house.app.in_loop(at_work.__aenter__) is None
    try:
        problem = house.app.refused("POST", "/servers/beta/version", 409, "server_busy", json={"version": VERSION})
        assert problem["operation"] == "create"
        assert house.get("beta")["version"] == NEWER
    finally:
        assert not house.app.in_loop(lambda: at_work.__aexit__(None, None, None))
    house.does("beta", "version", {"version": VERSION})


def test_a_version_that_does_not_exist_is_refused_before_anything_is_stored(data_dir: Path, dotnet_root: Path) -> None:
    assert dotnet_root.exists()
    install_version(data_dir)
    with start_upstream(mods=0) as upstream, running_house(data_dir, versions_url=upstream.url) as house:
        house.app.ended(house.app.run("server_versions_check")["id"], LONG)
        server = house.create()["id"]
        for version, status, code in (("9.9.9", 404, "game_version_not_found"), ("newest", 422, "invalid_game_version")):
            body = {"name": "Beta", "version": version}
            house.app.refused("POST", "/servers", status, code, json=body)
            house.app.refused("POST", f"/servers/{server}/version", status, code, json={"version": version})
        assert [item["id"] for item in house.app.get("/servers")["items"]] == [server]
        assert house.kinds(server) == ["created"]


def test_a_version_that_a_server_uses_can_not_be_removed(house: House) -> None:
    house.create()
    house.app.refused("DELETE", f"/installed-versions/{VERSION}", 409, "game_version_in_use")
