"""A game server from its creation to its deletion, over HTTP, with the real program of the sandbox."""

from tests.servers.games import VERSION, House


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
