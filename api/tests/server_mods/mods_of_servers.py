"""The mods of one server of the real application, spoken to through HTTP."""

import contextlib
import itertools
from collections.abc import Iterator
from typing import Any

import pytest

from tests.apps import running_app
from tests.server_mods.zips import mod_zip
from tests.servers.games import House, free_port, install_version
from vintagestory_sandbox.dotnet_root import make_dotnet_root

#: What most mods of the sandbox are made for.
SANDBOX_GAME = "1.21.6"

_numbers = itertools.count(1)


@contextlib.contextmanager
def house_on_sandbox(tmp_path_factory: pytest.TempPathFactory, mod_db_url: str) -> Iterator[House]:
    """The application with a mod database, and the version of the game that its mods are for."""
    data_dir = tmp_path_factory.mktemp("data")
    install_version(data_dir, SANDBOX_GAME)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DOTNET_ROOT", str(make_dotnet_root(tmp_path_factory.mktemp("dotnet"))))
        with running_app(data_dir, mod_db_url=mod_db_url) as app:
            yield House(app, data_dir)


class Mods:
    """Of a server that is made for it."""

    def __init__(self, house: House, **fields: Any) -> None:
        self.house = house
        self.id: str = house.create(name=f"Server {next(_numbers)}", port=_unused_port(house), **fields)["id"]
        self.folder = house.data_path(self.id) / "Mods"

    def upload(self, modid: str, version: str = "1.0.0", **fields: Any) -> dict[str, Any]:
        answer = self.house.app.ask(
            "PUT", f"/servers/{self.id}/mods/uploads/{modid}_{version}.zip", content=mod_zip(modid, version, **fields)
        )
        assert answer.status_code == 200, answer.text
        uploaded: dict[str, Any] = answer.json()
        return uploaded

    def change(self, *changes: dict[str, Any], state: str = "succeeded", **options: Any) -> dict[str, Any]:
        """The run, when it has ended as it should."""
        return self.house.does(self.id, "mods/changes", {"changes": list(changes), **options}, state=state)

    def install(
        self, modid: str, version: str = "1.0.0", *, when: str = "next_start", state: str = "succeeded", **fields: Any
    ) -> dict[str, Any]:
        """From a file that is brought along."""
        sha256 = self.upload(modid, version, **fields)["sha256"]
        return self.change({"action": "install", "sha256": sha256}, when=when, state=state)

    def plan(self, *changes: dict[str, Any], **options: Any) -> dict[str, Any]:
        answer = self.house.app.ask("POST", f"/servers/{self.id}/mods/plan", json={"changes": list(changes), **options})
        assert answer.status_code == 200, answer.text
        plan: dict[str, Any] = answer.json()
        return plan

    def plan_back(self, number: int) -> dict[str, Any]:
        """To an earlier set."""
        answer = self.house.app.ask("POST", f"/servers/{self.id}/mod-generations/{number}/plan")
        assert answer.status_code == 200, answer.text
        plan: dict[str, Any] = answer.json()
        return plan

    def listed(self) -> dict[str, Any]:
        found: dict[str, Any] = self.house.app.get(f"/servers/{self.id}/mods")
        return found

    def pending(self) -> dict[str, Any] | None:
        found: dict[str, Any] | None = self.house.app.get(f"/servers/{self.id}/mods/pending")["pending"]
        return found

    def mod(self, modid: str) -> dict[str, Any]:
        return next(mod for mod in self.listed()["items"] if mod["modid"] == modid)

    def generations(self) -> list[dict[str, Any]]:
        """Newest first."""
        items: list[dict[str, Any]] = self.house.app.get(f"/servers/{self.id}/mod-generations")["items"]
        return items

    def files(self) -> list[str]:
        return sorted(path.name for path in self.folder.iterdir()) if self.folder.exists() else []


def _unused_port(house: House) -> int:
    """Free, and of none of the servers that other tests have left behind."""
    taken = {server["port"] for server in house.app.get("/servers")["items"]}
    return next(port for port in iter(free_port, None) if port not in taken)
