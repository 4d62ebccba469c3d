"""What the browser tests visit: a manager with a filled catalogue on the stand-ins, a game server, and a user of each role."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from playwright.sync_api import StorageState

from tests.managers import MANAGER, ManagerProcess, launched, start_manager
from vintagestory_sandbox.dotnet_root import make_dotnet_root
from vintagestory_sandbox.upstream import SandboxUpstream, start_upstream

Role = Literal["viewer", "operator", "admin"]
ROLES: tuple[Role, ...] = ("viewer", "operator", "admin")

#: Of all texts that people of outside can choose. It must never become more than text.
MARKUP = "<img src=x onerror=document.title='broken-in'><b>bold</b>"
MODS = 150
GAME_VERSION = "1.22.7"
FIRST_JOBS = ("mod_cache_refresh", "server_versions_check")


def password_of(name: str) -> str:
    return f"the long password of {name}"


@dataclass
class House:
    """`most_loaded_mod` is the id of the mod with the most downloads; where there is markup, every text of it holds some."""

    manager: ManagerProcess
    upstream: SandboxUpstream
    environment: Mapping[str, str] = field(default_factory=dict)
    most_loaded_mod: str = ""
    sessions: dict[Role, StorageState] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return self.manager.url

    def add_user(self, name: str, role: Role) -> str:
        """Make a user; their id."""
        answer = self.manager.post("/users", {"name": name, "role": role, "password": password_of(name)})
        assert answer.status == 201, answer.json
        return str(answer.json["id"])

    def remove_user(self, user_id: str) -> None:
        answer = self.manager.request("DELETE", f"/api/v1/users/{user_id}")
        assert answer.status == 204, answer.json

    def end_sessions(self, user_id: str) -> None:
        answer = self.manager.request("DELETE", f"/api/v1/users/{user_id}/sessions")
        assert answer.status == 204, answer.json

    def add_server(self, name: str, **fields: Any) -> str:
        """Make a game server, and wait until it is set up, and started if that is asked for; its id."""
        answer = self.manager.post("/servers", {"name": name, "version": GAME_VERSION, **fields})
        assert answer.status == 201, answer.json
        run = self.manager.wait_for_run(answer.json["operation"]["run_id"])
        assert run["state"] == "succeeded", run
        return str(answer.json["id"])

    def tell_game(self, server_id: str, **switches: Any) -> None:
        """What the stand-in of the game does from its next start on, or at once where it can."""
        file = self.manager.data_dir / "servers" / server_id / "vss.json"
        # At once: the game looks several times a second.
        part = file.with_suffix(".part")
        part.write_text(json.dumps(switches), encoding="utf-8")
        part.replace(file)

    def end_games(self) -> None:
        """Games outlive their manager, but not their house."""
        for server in self.manager.get("/servers")["items"]:
            if server["uptime_seconds"] is not None:
                kill = self.manager.post(f"/servers/{server['id']}/kill")
                if kill.status == 202:
                    self.manager.wait_for_run(kill.json["id"])

    @contextmanager
    def trouble(self, kind: str, path: str = "/", **options: Any) -> Iterator[None]:
        """Let the services that the manager asks go wrong in one way, for as long as the block lasts."""
        self.upstream.fault(kind, path, **options)
        try:
            yield
        finally:
            self.upstream.reset()

    def restart(self, *, between: Callable[[], object] = lambda: None, program: Sequence[str] = MANAGER) -> None:
        """End the manager and start it, or another one, at the same address; `between` is called while it is away."""
        manager = self.manager
        port = manager.url.rsplit(":", 1)[1]
        manager.end()
        try:
            between()
        finally:
            self.manager = start_manager(
                manager.data_dir,
                upstream=self.upstream.url,
                wait=True,
                program=program,
                launch=launched,
                VS_PORT=port,
                **self.environment,
            )


@contextmanager
def open_house(folder: Path, *, mods: int = MODS, with_markup: bool = True) -> Iterator[House]:
    """A house whose data is below `folder`."""
    with start_upstream(mods=mods, handmade=with_markup) as upstream:
        if with_markup:
            upstream.change_mods(add=[{"name": MARKUP, "author": MARKUP, "summary": MARKUP, "downloads": 10_000_000}])
        data_dir = folder / "data"
        environment = {"DOTNET_ROOT": str(make_dotnet_root(folder / "dotnet"))}
        manager = start_manager(data_dir, upstream=upstream.url, wait=True, launch=launched, **environment)
        house = House(manager, upstream, environment)
        try:
            for job_id in FIRST_JOBS:
                manager.run_job(job_id)
            house.most_loaded_mod = str(manager.get("/catalog/mods?sort=downloads&limit=1")["items"][0]["id"])
            for role in ROLES:
                house.add_user(role, role)
            yield house
        finally:
            if house.manager.process.poll() is None:
                house.end_games()
                house.manager.end()
