"""Places off the machine, and servers whose backups go there, for tests."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.backups import restic_stand_in
from tests.backups.kept import back_up, with_world
from tests.servers.games import LONG, House, install_version, running_house
from vintagestory_api.backups.offsite_records import in_offsite_store
from vintagestory_api.backups.offsite_store import OffsiteStore
from vintagestory_sandbox.dotnet_root import make_dotnet_root

PASSWORD = "a long password of a repository"
ONLY_THE_LAST = {"last": 1, "hourly": 0, "daily": 0, "weekly": 0, "monthly": 0}


class Away:
    """One place, and the servers that copy to it."""

    def __init__(self, house: House, name: str, place: dict[str, Any]) -> None:
        self.house = house
        answer = house.app.ask("POST", "/offsite-targets", json={"name": name, "place": place})
        assert answer.status_code == 201, answer.text
        self.made: dict[str, Any] = answer.json()
        self.id: str = self.made["id"]

    def server(self, name: str, **rules: Any) -> str:
        """A stopped one with a world, whose backups are copied here."""
        server: str = self.house.create(name)["id"]
        with_world(self.house, server)
        self.rules(server, **{"targets": [self.id], **rules})
        return server

    def rules(self, server_id: str, **rules: Any) -> None:
        path = f"/servers/{server_id}/backup-settings"
        answer = self.house.app.ask("PUT", path, json={**self.house.app.get(path), **rules})
        assert answer.status_code == 200, answer.text

    def view(self) -> dict[str, Any]:
        (found,) = [one for one in self.house.app.get("/offsite-targets")["items"] if one["id"] == self.id]
        return dict(found)

    def test(self) -> dict[str, Any]:
        answer = self.house.app.ask("POST", f"/offsite-targets/{self.id}/test")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def check(self, *, state: str = "succeeded") -> dict[str, Any]:
        answer = self.house.app.ask("POST", f"/offsite-targets/{self.id}/check")
        assert answer.status_code == 202, answer.text
        run = self.house.app.ended(answer.json()["id"], LONG)
        assert run["state"] == state, run
        return run

    def back_up(self, server_id: str, **wanted: Any) -> str:
        """The id of a new backup."""
        backup: str = back_up(self.house, server_id, **wanted)["report"]["backup_id"]
        return backup

    def copy(self, backup_id: str, state: str) -> dict[str, Any]:
        """The copy here, when it is in this state."""
        found: dict[str, Any] = self.house.app.until(
            lambda: self.copy_now(backup_id), lambda copy: copy and copy["state"] == state, LONG
        )
        return found

    def copy_now(self, backup_id: str) -> dict[str, Any] | None:
        copies = self.house.app.get(f"/backups/{backup_id}")["copies"]
        return next((copy for copy in copies if copy["target_id"] == self.id), None)

    def until_only_there(self, backup_id: str) -> None:
        self.house.app.until(lambda: self.house.app.get(f"/backups/{backup_id}"), lambda backup: not backup["is_there"], LONG)

    def state_of(self, server_id: str) -> dict[str, Any]:
        items = self.house.app.get("/backup-states")["items"]
        found: dict[str, Any] = next(item for item in items if item["server_id"] == server_id)
        return found


@contextmanager
def at_home(tmp_path_factory: pytest.TempPathFactory, **environment: str) -> Iterator[tuple[House, Path]]:
    """A manager, and a folder for repositories."""
    data_dir, mounts = tmp_path_factory.mktemp("data"), tmp_path_factory.mktemp("mnt")
    install_version(data_dir)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DOTNET_ROOT", str(make_dotnet_root(tmp_path_factory.mktemp("dotnet"))))
        for name, value in environment.items():
            patch.setenv(name, value)
        with running_house(data_dir, host_roots=(mounts,)) as house:
            yield house, mounts


def in_repository(house: House, repository: Path) -> Away:
    return Away(house, repository.name, {"kind": "restic", "repository": str(repository), "password": PASSWORD})


def ask_restic(away: Away, *arguments: str) -> bytes:
    """What restic says, as somebody asks it who has no manager; without a lock, because the manager may have one."""
    environment = {**os.environ, "RESTIC_REPOSITORY": away.made["where"], "RESTIC_PASSWORD": PASSWORD}
    return subprocess.run(["restic", "--no-lock", *arguments], env=environment, check=True, capture_output=True).stdout


def snapshots(away: Away) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(ask_restic(away, "snapshots", "--json"))
    return found


def change_copies(house: House, backup_id: str, **changes: Any) -> None:
    """What is known of the copies of a backup, as a manager left it that did not come to note more."""

    def change(store: OffsiteStore) -> None:
        store.save(*(copy.changed(**changes) for copy in store.of_backups([backup_id])))

    async def work() -> None:
        await in_offsite_store(house.app.manager.database, change)

    house.app.in_loop(work)  # type: ignore[unused-coroutine]


def make_stand_in(folder: Path) -> Path:
    """A `restic` for the PATH; the arguments of its calls are in `calls` beside it."""
    program = folder / "restic"
    text = Path(restic_stand_in.__file__).read_text()
    program.write_text(f"#!{sys.executable}\n{text}")
    program.chmod(0o755)
    return folder


def has_restic() -> bool:
    return shutil.which("restic") is not None


def processes_with(text: str) -> list[str]:
    """Whose environment names it."""
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            if f"RESTIC_REPOSITORY={text}\0".encode() in path.read_bytes():
                found.append(path.parent.name)
        except OSError:
            continue
    return found
