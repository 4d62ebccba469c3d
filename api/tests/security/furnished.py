"""A manager in a process of its own that has one of each: something with an id for every address of its API."""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.request import ProxyHandler, Request, build_opener

from tests.managers import ManagerProcess, running_manager
from tests.server_mods.zips import mod_zip
from tests.servers.games import VERSION, free_port, install_version
from vintagestory_sandbox.dotnet_root import make_dotnet_root

SERVER = "meadow"
USER = "Anna"
PASSWORD = "a long password of Anna's"
WEBHOOK = "json://127.0.0.1:9/hook"
SCHEDULE: dict[str, Any] = {
    "name": "Nightly",
    "trigger": {"kind": "cron", "cron": "0 5 * * *", "zone": "Europe/Berlin"},
    "steps": [{"do": "save"}, {"do": "backup"}],
}

_opener = build_opener(ProxyHandler({}))


@dataclass
class Furnished:
    """`ids`: for each parameter of a path, values that name something there."""

    manager: ManagerProcess
    outside: Path
    ids: dict[str, list[str]] = field(default_factory=dict)

    @property
    def data_path(self) -> Path:
        return self.manager.data_dir / "servers" / SERVER

    def does(self, method: str, path: str, body: Any = None) -> Any:
        """The JSON of a request that has to succeed. A run that it begins has ended, well."""
        answer = self.manager.request(method, f"/api/v1{path}", body)
        assert answer.status < 300, (method, path, answer.json)
        if answer.status != 202:
            return answer.json
        run = self.manager.wait_for_run(answer.json["id"])
        assert run["state"] == "succeeded", run
        return run

    def uploads(self, path: str, content: bytes) -> Any:
        headers = {"Authorization": f"Bearer {self.manager.token}", "Content-Type": "application/octet-stream"}
        request = Request(f"{self.manager.url}/api/v1{path}", content, headers, method="PUT")
        with _opener.open(request, timeout=60) as answer:
            return json.loads(answer.read())

    def log(self) -> str:
        return self.manager.log.read_text("utf-8", "replace")

    def what_went_wrong(self, error_id: str) -> str:
        """What the manager logged of an answer with status 500."""
        found = re.search(rf"^.*{re.escape(error_id)}.*$", self.log(), re.MULTILINE)
        return found[0] if found else ""


@contextmanager
def furnished_manager(folder: Path, **environment: str) -> Iterator[Furnished]:
    """Its game has run, and stands still."""
    data_dir, outside = folder / "data", folder / "outside"
    outside.mkdir(parents=True)
    install_version(data_dir)
    said = {"DOTNET_ROOT": str(make_dotnet_root(folder / "dotnet")), "VS_HOST_ROOTS": str(outside), **environment}
    with running_manager(data_dir, **said) as manager:
        house = Furnished(manager, outside)
        house.ids = dict(_furnish(house))
        try:
            yield house
        finally:
            for server in manager.get("/servers")["items"]:
                if server["uptime_seconds"] is not None:
                    manager.wait_for_run(manager.post(f"/servers/{server['id']}/kill").json["id"])


def _furnish(house: Furnished) -> Mapping[str, list[str]]:
    here = f"/servers/{SERVER}"
    made = house.does("POST", "/servers", {"name": SERVER.title(), "version": VERSION, "port": free_port()})
    assert house.manager.wait_for_run(made["operation"]["run_id"])["state"] == "succeeded"
    house.does("POST", f"{here}/start")
    house.does("POST", f"{here}/stop")
    upload = house.uploads(f"{here}/mods/uploads/cart.zip", mod_zip("cart"))
    house.does("POST", f"{here}/mods/changes", {"changes": [{"action": "install", "sha256": upload["sha256"]}]})
    (house.data_path / "ModConfig").mkdir(exist_ok=True)
    (house.data_path / "ModConfig" / "cart.json").write_text('{"wheels": 4}\n')
    backup = house.does("POST", f"{here}/backups", {"note": "kept", "pinned": True})
    schedule = house.does("POST", f"{here}/schedules", SCHEDULE)
    target = house.does("POST", "/notification-targets", {"name": "Phone", "address": WEBHOOK})
    place = {"kind": "folder", "path": str(house.outside)}
    offsite = house.does("POST", "/offsite-targets", {"name": "Nas", "place": place})
    user = house.does("POST", "/users", {"name": USER, "role": "viewer", "password": PASSWORD})
    token = house.does("POST", "/tokens", {"name": "script", "role": "viewer"})
    return {
        "server_id": [SERVER],
        "run_id": [backup["id"]],
        "backup_id": [backup["report"]["backup_id"]],
        "schedule_id": [schedule["id"]],
        "target_id": [target["id"], offsite["id"]],
        "user_id": [user["id"]],
        "token_id": [token["id"]],
        "job_id": ["mod_cache_refresh", "history_cleanup"],
        "version": [VERSION],
        "file": ["serverconfig", "servermagicnumbers"],
        "path": ["cart.json"],
        "name": ["server-main.log", USER],
        "number": ["1"],
    }
