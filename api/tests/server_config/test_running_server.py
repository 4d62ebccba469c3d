"""While a game runs, its configuration is changed by its own commands, or waits for its end, which rewrites the file."""

import json
import os
import signal
from collections.abc import Iterator
from typing import Any

import pytest

from tests.server_config.desks import Desk
from tests.servers.games import LONG, free_port
from vintagestory_api.server_config import live_changes


@pytest.fixture
def running(shared_desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """Its game runs, and nothing waits. What else is in the file is as the test before has left it."""
    monkeypatch.setattr(live_changes, "VERIFY_SECONDS", LONG)
    if shared_desk.house.get(shared_desk.server_id)["state"] != "running":
        shared_desk.house.does(shared_desk.server_id, "start")
    yield shared_desk
    for file in ("serverconfig", "servermagicnumbers"):
        assert shared_desk.app.ask("DELETE", shared_desk.path(f"{file}/pending")).status_code == 200


def pending(desk: Desk) -> dict[str, Any]:
    return {".".join(change["path"]): change["value"] for change in desk.view()["pending"]}


def test_what_has_a_command_is_in_force_at_once(running: Desk) -> None:
    running.app.until(lambda: running.house.get(running.server_id), lambda server: server["players_max"] is not None, LONG)
    done = running.change(
        (["MaxClients"], 23),
        (["ServerName"], "Hügel & Tal"),
        (["AllowPvP"], False),
        (["WhitelistMode"], 2),
        (["SpawnCapPlayerScaling"], 0.75),
        (["TickTime"], 50.0),
    )
    assert [outcome["outcome"] for outcome in done["outcomes"]] == ["live"] * 6, done["outcomes"]
    assert running.field("MaxClients")["value"] == 23
    # The game itself tells it once a minute.
    running.app.until(lambda: running.house.get(running.server_id)["players_max"], lambda most: most == 23, 30)
    config = running.config()
    assert (config["ServerName"], config["AllowPvP"], config["WhitelistMode"]) == ("Hügel & Tal", False, 2)
    assert done["config"]["pending"] == []
    assert "only players on the whitelist" in done["config"]["whitelist"]
    assert running.outcomes((["ServerAutoSave"], 900), file="servermagicnumbers") == ["live"]
    assert running.config("servermagicnumbers")["ServerAutoSave"] == 900
    version = running.app.get(running.path("serverconfig/versions"))["items"][0]
    assert (version["cause"], version["actor"]) == ("manager", "admin")


def test_what_has_none_waits_and_survives_that_the_game_rewrites_the_file(running: Desk) -> None:
    port = free_port()
    before = running.config()
    done = running.change(
        (["Port"], port),
        (["DieBelowDiskSpaceMb"], 500),
        (["WorldConfig", "WorldConfiguration", "harshWinters"], "false"),
        (["Password"], "hunter22hunter"),
        (["WelcomeMessage"], "two\nlines"),
        (["MaxClients"], 24),
    )
    assert [outcome["outcome"] for outcome in done["outcomes"]] == ["pending"] * 5 + ["live"]
    assert "takes no such value" in done["outcomes"][4]["text"]
    assert done["config"]["pending"][0]["actor"] == "admin"
    assert running.house.get(running.server_id)["config_pending"] == 5
    assert "hunter22hunter" not in json.dumps(done)
    assert running.config()["DieBelowDiskSpaceMb"] == before["DieBelowDiskSpaceMb"], "the game would write over it"
    assert running.outcomes((["MaxClientsInQueue"], 3)) == ["live"], "which rewrites the file meanwhile"
    running.house.does(running.server_id, "restart")
    server = running.house.get(running.server_id)
    assert (server["port"], server["config_pending"], server["state"]) == (port, 0, "running")
    config = running.config()
    assert (config["Port"], config["DieBelowDiskSpaceMb"], config["Password"]) == (port, 500, "hunter22hunter")
    assert config["WelcomeMessage"] == "two\nlines"
    assert config["WorldConfig"]["WorldConfiguration"] == {"harshWinters": "false"}
    assert (config["MaxClients"], config["MaxClientsInQueue"]) == (24, 3)
    assert not any("hunter22hunter" in line for line in running.house.console(running.server_id))
    assert "Port" in running.house.entry(running.server_id, "config_applied")["details"]["text"]
    assert running.view()["pending"] == []


def test_waiting_changes_are_seen_replaced_and_discarded(running: Desk) -> None:
    etag = running.view()["etag"]
    running.change((["DieBelowDiskSpaceMb"], 501), etag=etag)
    told = running.refused(409, "changed_meanwhile", (["DieBelowDiskSpaceMb"], 502), etag=etag)
    assert (told["settings"][0]["value"], told["settings"][0]["actor"]) == (501, "admin")
    running.change((["ChatRateLimitMs"], 1500), etag=etag)
    assert pending(running) == {"DieBelowDiskSpaceMb": 501, "ChatRateLimitMs": 1500}
    running.change((["DieBelowDiskSpaceMb"], 502))
    assert pending(running)["DieBelowDiskSpaceMb"] == 502
    assert running.outcomes((["DieBelowDiskSpaceMb"], running.config()["DieBelowDiskSpaceMb"])) == ["unchanged"]
    assert pending(running) == {"ChatRateLimitMs": 1500}
    answer = running.app.ask("DELETE", running.path("serverconfig/pending"), params={"path": '["ChatRateLimitMs"]'})
    assert (answer.status_code, answer.json()["pending"]) == (200, [])
    assert running.house.get(running.server_id)["config_pending"] == 0


def test_text_and_earlier_versions_wait_too(running: Desk) -> None:
    raw = running.app.get(running.path("serverconfig/text"))
    edited = raw["text"].replace(f'"ChatRateLimitMs": {running.config()["ChatRateLimitMs"]}', '"ChatRateLimitMs": 1700')
    answer = running.app.ask("PUT", running.path("serverconfig/text"), json={"text": edited, "etag": raw["etag"]})
    assert [outcome["outcome"] for outcome in answer.json()["outcomes"]] == ["pending"]
    version = running.app.get(running.path("serverconfig/versions"))["items"][0]
    answer = running.app.ask("POST", running.path(f"serverconfig/versions/{version['id']}/return"))
    assert answer.status_code == 200
    assert pending(running) == {}, "the version that is in force has no such change"


def test_a_port_that_is_gone_meanwhile_still_waits_and_is_told(running: Desk) -> None:
    port, before = free_port(), running.house.get(running.server_id)["port"]
    running.change((["Port"], port), (["ChatRateLimitMs"], 1234))
    other = running.house.create("Quick", port=port)
    running.house.does(running.server_id, "restart")
    server = running.house.get(running.server_id)
    assert (server["port"], server["config_pending"]) == (before, 1)
    assert running.config()["ChatRateLimitMs"] == 1234
    why = f"another server has port {port}"
    assert any(why in warning for warning in server["warnings"])
    told = running.house.entry(running.server_id, "config_not_applied")["details"]["text"]
    assert (why in told, "Quick" in told) == (True, False), "people who may see one server read this, too"
    assert running.app.ask("DELETE", f"/servers/{other['id']}").status_code == 202
    running.app.until(lambda: len(running.app.get("/servers")["items"]), lambda count: count == 1, LONG)
    running.house.does(running.server_id, "stop")
    assert running.house.get(running.server_id)["port"] == port
    assert running.house.get(running.server_id)["warnings"] == []


def test_a_game_that_crashes_takes_no_waiting_change_with_it(running: Desk) -> None:
    running.change((["DieBelowDiskSpaceMb"], 777))
    running.house.does(running.server_id, "kill")
    assert running.config()["DieBelowDiskSpaceMb"] == 777
    assert running.view()["pending"] == []


def test_a_game_that_refuses_leaves_the_change_for_later(running: Desk) -> None:
    before = running.house.get(running.server_id)["settings"]
    with_limit = before | {"extra_arguments": ["--maxclients", "5"]}
    assert running.app.ask("PATCH", f"/servers/{running.server_id}", json={"settings": with_limit}).status_code == 200
    running.house.does(running.server_id, "restart")
    assert running.app.ask("PATCH", f"/servers/{running.server_id}", json={"settings": before}).status_code == 200
    done = running.change((["MaxClients"], 31))
    assert done["outcomes"][0]["outcome"] == "pending"
    assert "overridden" in done["outcomes"][0]["text"]
    running.house.does(running.server_id, "stop")
    assert running.config()["MaxClients"] == 31


def test_a_game_that_hangs_is_asked_once_and_gets_the_rest_at_its_end(running: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_changes, "VERIFY_SECONDS", 0.1)
    status = running.app.manager.servers.get(running.server_id).status
    assert status is not None
    assert status.game_pid is not None
    os.kill(status.game_pid, signal.SIGSTOP)
    done = running.change((["MaxClients"], 41), (["MaxClientsInQueue"], 42), (["AllowFireSpread"], False))
    assert [outcome["outcome"] for outcome in done["outcomes"]] == ["pending"] * 3
    assert "did not answer" in done["outcomes"][0]["text"]
    assert "does not answer" in done["outcomes"][1]["text"]
    running.house.does(running.server_id, "kill")
    config = running.config()
    assert (config["MaxClients"], config["MaxClientsInQueue"], config["AllowFireSpread"]) == (41, 42, False)
