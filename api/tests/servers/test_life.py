"""A game server from its creation to its deletion, over HTTP, with the real program of the sandbox."""

from pathlib import Path

import pytest

from tests.servers.games import VERSION, House, install_version, running_house
from tests.servers.keeping import is_running


def test_a_server_is_created_started_restarted_stopped_and_deleted(house: House) -> None:
    server = house.create("My World!", max_players=5)
    assert (server["id"], server["state"], server["wanted"], server["version"]) == ("my-world", "stopped", "stopped", VERSION)

    run = house.does("my-world", "start")
    assert run["server_id"] == "my-world"
    assert run["report"]["version"] == VERSION
    running = house.get("my-world")
    assert (running["state"], running["wanted"], running["operation"]) == ("running", "running", None)
    assert running["ready_after_seconds"] == run["report"]["ready_after_seconds"] > 0
    assert house.app.get("/healthz")["servers"] == {"my-world": "running"}

    run = house.does("my-world", "restart", {"reason": "new mods"})
    assert run["report"]["stop_by"] == "/stop"

    run = house.does("my-world", "stop", {"reason": "bed time"})
    assert run["report"] == {"by": "/stop", "exit_code": 0}
    stopped = house.get("my-world")
    assert (stopped["state"], stopped["wanted"], stopped["uptime_seconds"]) == ("stopped", "stopped", None)

    assert house.kinds("my-world") == [
        "created",
        "start_asked", "started", "ready",
        "stop_asked", "stopped", "started", "ready",
        "stop_asked", "stopped",
    ]  # fmt: skip
    ready, stop = house.entry("my-world", "ready"), house.entry("my-world", "stop_asked")
    assert ready["details"]["after_seconds"] > 0
    assert (stop["actor"], stop["details"]["text"]) == ("admin", "bed time")
    assert house.app.get("/runs", server_id="my-world", job_id="server_start")["items"][0]["server_id"] == "my-world"


def test_the_first_process_of_a_container_stops_its_games_and_the_next_starts_them(
    data_dir: Path, dotnet_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert dotnet_root.exists()
    install_version(data_dir)
    monkeypatch.setattr("vintagestory_api.servers.registry.is_first_process", lambda: True)
    with running_house(data_dir) as house:
        server = house.create(start=True)["id"]
        status = house.app.manager.servers.get(server).status
        assert status is not None
        house.kills_at_the_end = False
    assert not is_running(status.game_pid or 0)
    monkeypatch.undo()
    monkeypatch.setenv("DOTNET_ROOT", str(dotnet_root))
    with running_house(data_dir, token_name="the next") as house:
        assert house.until(server, state="running", operation=None)["wanted"] == "running"
        assert house.kinds(server) == [
            "created", "start_asked", "started", "ready", "stop_asked", "stopped",
            "start_asked", "started", "ready",
        ]  # fmt: skip
        actors = [entry["actor"] for entry in house.timeline(server) if entry["kind"] == "start_asked"]
        assert actors == ["admin", None], "by who had it made, and then by the manager itself"
        assert house.entry(server, "stopped")["details"]["by"] == "/stop"
