"""Places off the machine, and servers whose backups go there, for tests."""

import shutil
import sys
from pathlib import Path
from typing import Any

from tests.backups import restic_stand_in
from tests.backups.kept import back_up, with_world
from tests.servers.games import LONG, House

PASSWORD = "a long password of a repository"


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
