"""Game servers for benchmarks: a manager's data folder with an installed version, and servers made and started over the API."""

import contextlib
import itertools
import json
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import bench_game
from processes import Api, Served, free_port, make_token, manager
from vintagestory_api.access.roles import Role
from vintagestory_api.servers.local_host import end_all
from vintagestory_sandbox.builds import unpack_build
from vintagestory_sandbox.dotnet_root import make_dotnet_root

VERSION = "1.22.7"
_NOBODY_HOME = "http://127.0.0.1:9"
_WAIT_SECONDS = 120.0


@dataclass
class Field:
    """A data folder with games; managers come and go on it."""

    data_dir: Path
    dotnet: Path
    token: str = ""
    _orders: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    @contextlib.contextmanager
    def manager(self) -> Iterator[tuple[Served, Api]]:
        with manager(self.data_dir, _NOBODY_HOME, DOTNET_ROOT=str(self.dotnet)) as served:
            self.token = self.token or make_token(self.data_dir, Role.ADMIN)
            yield served, Api(served.port, self.token)

    def make_server(self, api: Api, server_id: str) -> None:
        """Made and started; returns when it runs."""
        body = {"name": server_id, "id": server_id, "version": VERSION, "port": free_port(), "start": True}
        api.send("POST", "/api/v1/servers", body)
        wait_for(lambda: api.get(f"/api/v1/servers/{server_id}"), lambda server: server["state"] == "running", server_id)

    def order(self, server_id: str, **what: Any) -> None:
        """Tell a game what to print, now."""
        path = self.data_dir / "servers" / server_id / "bench.json"
        part = path.with_suffix(".part")
        part.write_text(json.dumps({"id": next(self._orders), **what}))
        part.replace(path)

    def keeper(self, server_id: str) -> Any:
        """What a keeper has written down."""
        return json.loads((self.data_dir / "run" / "keepers" / f"{server_id}.json").read_text())


@contextlib.contextmanager
def game_field() -> Iterator[Field]:
    """Everything that was started has ended when the block does."""
    with tempfile.TemporaryDirectory(prefix="vsmanager-bench-") as folder:
        data_dir = Path(folder) / "data"
        install = data_dir / "versions" / VERSION
        install.mkdir(parents=True)
        unpack_build(VERSION, install)
        bench_game.install(install)
        jobs_off = {"mod_list_refresh_interval": 0, "server_versions_refresh_interval": 0}
        (data_dir / "api-settings.json").write_text(json.dumps(jobs_off))
        try:
            yield Field(data_dir, make_dotnet_root(Path(folder) / "dotnet"))
        finally:
            end_all(data_dir / "run" / "keepers", 20.0)


def wait_for(ask: Any, holds: Any, what: str) -> Any:
    deadline = time.monotonic() + _WAIT_SECONDS
    while not holds(found := ask()):
        if time.monotonic() > deadline:
            raise RuntimeError(f"waited in vain for {what}: {found}")
        time.sleep(0.005)
    return found
