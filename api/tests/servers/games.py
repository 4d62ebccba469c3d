"""The real application with installs of the sandbox's game server, spoken to through HTTP."""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.apps import App, running_app
from vintagestory_sandbox.builds import unpack_build

VERSION = "1.22.7"
#: Whoever waits for something that takes moments: machines of others may be slow.
LONG = 60.0
QUICK: dict[str, Any] = {"speed": 20, "boot_seconds": 4, "shutdown_seconds": 1, "players": 0}


def install_version(data_dir: Path, version: str = VERSION, **switches: Any) -> Path:
    """As if somebody had put it there by hand. `switches` tell the program how to behave."""
    folder = data_dir / "versions" / version
    folder.mkdir(parents=True)
    unpack_build(version, folder)
    (folder / "vss.json").write_text(json.dumps({**QUICK, **switches}))
    return folder


_given: set[int] = set()


def free_port() -> int:
    """None of those that the manager gives to servers by itself, and none twice: a server that is stopped has its port, too."""
    while True:
        with socket.socket() as probe:
            probe.bind(("", 0))
            port: int = probe.getsockname()[1]
        if not 42_000 <= port < 43_000 and port not in _given:
            _given.add(port)
            return port


class House:
    """Game servers of an application."""

    def __init__(self, app: App, data_dir: Path) -> None:
        self.app = app
        self.data_dir = data_dir
        self.kills_at_the_end = True

    def create(self, name: str = "Alpha", **fields: Any) -> dict[str, Any]:
        """A server that is set up, stopped unless it was to be started."""
        body = {"name": name, "version": VERSION, "port": free_port(), **fields}
        answer = self.app.ask("POST", "/servers", json=body)
        assert answer.status_code == 201, answer.text
        server: dict[str, Any] = answer.json()
        run = self.app.ended(server["operation"]["run_id"], LONG)
        assert run["state"] == "succeeded", run
        return self.get(server["id"])

    def get(self, server_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.app.get(f"/servers/{server_id}")
        return found

    def post(self, server_id: str, action: str, body: Any = None) -> dict[str, Any]:
        """The run that was begun."""
        answer = self.app.ask("POST", f"/servers/{server_id}/{action}", json=body)
        assert answer.status_code == 202, answer.text
        run: dict[str, Any] = answer.json()
        return run

    def does(self, server_id: str, action: str, body: Any = None, *, state: str = "succeeded") -> dict[str, Any]:
        """The run, when it has ended as it should."""
        run = self.app.ended(self.post(server_id, action, body)["id"], LONG)
        assert run["state"] == state, (run, self.console(server_id)[-20:])
        return run

    def until(self, server_id: str, **fields: Any) -> dict[str, Any]:
        """The server, when all these fields have these values."""
        found: dict[str, Any] = self.app.until(
            lambda: self.get(server_id), lambda server: all(server[name] == value for name, value in fields.items()), LONG
        )
        return found

    def timeline(self, server_id: str) -> list[dict[str, Any]]:
        """Oldest first."""
        items: list[dict[str, Any]] = self.app.get(f"/servers/{server_id}/timeline", limit=200)["items"]
        return items[::-1]

    def kinds(self, server_id: str) -> list[str]:
        return [entry["kind"] for entry in self.timeline(server_id)]

    def entry(self, server_id: str, kind: str) -> dict[str, Any]:
        """The latest of that kind, as soon as there is one."""
        found: dict[str, Any] = self.app.until(
            lambda: [entry for entry in self.timeline(server_id) if entry["kind"] == kind], bool, LONG
        )[-1]
        return found

    def console(self, server_id: str) -> list[str]:
        server = self.app.manager.servers.get(server_id)
        return [str(line["text"]) for line in self.app.in_loop(lambda: server.console.page(limit=5000, probes=True)).lines]

    def switch(self, server_id: str, **switches: Any) -> None:
        """Tell the game of this server how to behave, from its next start on or at once."""
        path = self.data_path(server_id) / "vss.json"
        part = path.with_suffix(".part")
        part.write_text(json.dumps({**QUICK, **switches}))
        part.replace(path)

    def data_path(self, server_id: str) -> Path:
        return Path(self.get(server_id)["data_path"])

    def settings(self, **values: Any) -> None:
        assert self.app.ask("PATCH", "/settings", json=values).status_code == 200


@contextmanager
def running_house(data_dir: Path, **settings: Any) -> Iterator[House]:
    """Games that still run at the end are killed. `settings` of the process."""
    with running_app(data_dir, **settings) as app:
        house = House(app, data_dir)
        try:
            yield house
        finally:
            for server in app.get("/servers")["items"] if house.kills_at_the_end else ():
                if app.ask("POST", f"/servers/{server['id']}/kill").status_code == 202:
                    house.until(server["id"], uptime_seconds=None, started_at=None)
