"""A console that is followed while the manager is killed, started anew, and stopped."""

import contextlib
import json
import signal
import time
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from tests.cli.commands import idle_folder
from tests.managers import STOP_SECONDS, ManagerProcess, start_manager
from tests.servers.games import LONG, free_port, install_version
from vintagestory_sandbox.dotnet_root import make_dotnet_root

#: All of them have room in what is kept of a console.
LINES = 10_000
RATE = 3_000


def follow(manager: ManagerProcess, after: int) -> ClientConnection:
    answer = manager.post("/servers/alpha/console/ticket")
    assert answer.status == 200, answer.json
    address = f"ws{manager.url.removeprefix('http')}/api/v1/servers/alpha/console/ws?ticket={answer.json['ticket']}&after={after}"
    return connect(address, proxy=None, max_size=None, open_timeout=LONG, close_timeout=1)


def hear(connection: ClientConnection, lines: list[dict[str, Any]], text: str) -> int:
    """Gather lines until one holds that text; how many were dropped meanwhile."""
    deadline = time.monotonic() + LONG
    dropped = 0
    while time.monotonic() < deadline:
        frame = json.loads(connection.recv(timeout=LONG))
        lines += frame["lines"]
        dropped += frame["dropped"]
        if any(text in line["text"] for line in frame["lines"]):
            return int(dropped)
    raise AssertionError(f"{text!r} did not come")


def test_no_line_is_missed_over_a_killed_manager_and_a_stop_ends_every_connection(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data_dir = idle_folder(tmp_path / "data")
    monkeypatch.setenv("DOTNET_ROOT", str(make_dotnet_root(tmp_path / "dotnet")))
    install_version(data_dir)
    manager = start_manager(data_dir)
    try:
        made = manager.post("/servers", {"name": "Alpha", "version": "1.22.7", "port": free_port()})
        assert made.status == 201, made.json
        assert manager.wait_for_run(made.json["operation"]["run_id"])["state"] == "succeeded"
        assert manager.wait_for_run(manager.post("/servers/alpha/start").json["id"])["state"] == "succeeded"
        lines: list[dict[str, Any]] = []
        with follow(manager, 0) as connection:
            hear(connection, lines, "now running on Port")
            switches = {"speed": 1, "players": 0, "flood_lines": LINES, "flood_rate": RATE, "flood_bytes": 60}
            (data_dir / "servers" / "alpha" / "vss.json").write_text(json.dumps(switches))
            hear(connection, lines, "[flood] line 2000 of")
            manager.kill()
        manager = start_manager(data_dir)
        with follow(manager, lines[-1]["seq"]) as connection:
            assert hear(connection, lines, f"[flood] line {LINES} of") == 0
            seqs = [line["seq"] for line in lines]
            assert seqs == list(range(seqs[0], seqs[0] + len(seqs)))
            numbers = [int(line["text"].split()[2]) for line in lines if line["text"].startswith("[flood]")]
            assert numbers == list(range(1, LINES + 1))

            manager.process.send_signal(signal.SIGTERM)
            with contextlib.suppress(ConnectionClosed):
                while True:
                    connection.recv(timeout=LONG)
            assert connection.close_code == 1001
        assert manager.process.wait(STOP_SECONDS) == 0
        manager = start_manager(data_dir)
        assert manager.get("/servers/alpha")["id"] == "alpha"
    finally:
        if manager.process.poll() is None:
            manager.post("/servers/alpha/kill")
            deadline = time.monotonic() + LONG
            while manager.get("/servers/alpha")["uptime_seconds"] is not None and time.monotonic() < deadline:
                time.sleep(0.05)
            manager.kill()
