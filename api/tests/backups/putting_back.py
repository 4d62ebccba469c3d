"""Restores of a house, through its API and its folders."""

import hashlib
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from tests.backups.kept import made, with_world
from tests.servers.games import LONG, House


class Played:
    """A server with a world, player data and configuration, stopped; and what lies in its folder."""

    def __init__(self, house: House, name: str, **fields: Any) -> None:
        self.house = house
        self.id: str = house.create(name=name, **fields)["id"]
        self.data_path = house.data_path(self.id)
        with_world(house, self.id)
        self.write("Playerdata/playerdata.json", '[{"PlayerUID": "a"}]')
        self.write("ModConfig/carrots/carrots.json", '{"size": 1}')
        self.write("ModData/carrots/data.bin", "data of carrots")

    @property
    def world(self) -> Path:
        return self.data_path / "Saves" / "default.vcdbs"

    def write(self, path: str, text: str) -> None:
        (self.data_path / path).parent.mkdir(parents=True, exist_ok=True)
        (self.data_path / path).write_text(text)

    def play_on(self) -> None:
        """Everything is another than before."""
        self.world.unlink()
        with_world(self.house, self.id, chunks=80)
        with closing(sqlite3.connect(self.world)) as world, world:
            world.execute("CREATE TABLE played_on (x)")
        self.write("Playerdata/playerdata.json", '[{"PlayerUID": "b"}]')
        self.write("Playerdata/more.json", "{}")
        self.write("ModConfig/carrots/carrots.json", '{"size": 2}')
        self.write("ModData/carrots/data.bin", "other data")

    @property
    def is_played_on(self) -> bool:
        """Its world is the later one, however far a game has come with it since, and also if that was killed meanwhile."""
        with closing(sqlite3.connect(self.world)) as world:
            return world.execute("SELECT 1 FROM sqlite_master WHERE name = 'played_on'").fetchone() is not None

    def state(self) -> dict[str, str]:
        """What a restore is about, by its contents."""
        found = {}
        for top in ("Saves", "Playerdata", "ModConfig", "ModData"):
            for path in sorted((self.data_path / top).rglob("*")):
                if path.is_file():
                    found[path.relative_to(self.data_path).as_posix()] = hashlib.sha256(path.read_bytes()).hexdigest()
        return found

    def back_up(self, **wanted: Any) -> dict[str, Any]:
        return made(self.house, self.id, **wanted)

    def preview(self, backup: dict[str, Any], **wanted: Any) -> dict[str, Any]:
        answer = self.house.app.ask("POST", f"/backups/{backup['id']}/restore-preview", json=wanted)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def restore(self, backup: dict[str, Any], *, state: str = "succeeded", **wanted: Any) -> dict[str, Any]:
        return restored(self.house, backup, state=state, **wanted)

    def leftovers(self) -> list[str]:
        """What restores left in its folder, and in the manager's."""
        found = [path.name for path in self.data_path.iterdir() if path.name.startswith(".restore")]
        restores = self.house.data_dir / "restores"
        return found + ([path.name for path in restores.iterdir()] if restores.is_dir() else [])


def restored(house: House, backup: dict[str, Any], *, state: str = "succeeded", **wanted: Any) -> dict[str, Any]:
    """The run of a restore, when it has ended as it should."""
    answer = house.app.ask("POST", f"/backups/{backup['id']}/restore", json=wanted)
    assert answer.status_code == 202, answer.text
    run: dict[str, Any] = house.app.ended(answer.json()["id"], LONG)
    assert run["state"] == state, run
    return run
