"""Where the configuration of one server is edited."""

import json
from pathlib import Path
from typing import Any

from tests.servers.games import House


class Desk:
    def __init__(self, house: House, server_id: str) -> None:
        self.house = house
        self.app = house.app
        self.server_id = server_id
        self.folder: Path = house.data_path(server_id)
        self.first = b""

    def path(self, rest: str = "serverconfig") -> str:
        return f"/servers/{self.server_id}/config/{rest}"

    def view(self, file: str = "serverconfig") -> dict[str, Any]:
        found: dict[str, Any] = self.app.get(self.path(file))
        return found

    def field(self, *path: str, file: str = "serverconfig") -> dict[str, Any]:
        fields: list[dict[str, Any]] = self.view(file)["fields"]
        return next(field for field in fields if field["path"] == list(path))

    def body(self, *changes: tuple[list[str], Any], etag: str | None = None, file: str = "serverconfig") -> dict[str, Any]:
        return {
            "etag": etag or self.view(file)["etag"],
            "changes": [{"path": path, "value": value} for path, value in changes],
        }

    def change(self, *changes: tuple[list[str], Any], etag: str | None = None, file: str = "serverconfig") -> dict[str, Any]:
        answer = self.app.ask("PATCH", self.path(file), json=self.body(*changes, etag=etag, file=file))
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def outcomes(self, *changes: tuple[list[str], Any], file: str = "serverconfig") -> list[str]:
        return [str(outcome["outcome"]) for outcome in self.change(*changes, file=file)["outcomes"]]

    def refused(self, status: int, code: str, *changes: tuple[list[str], Any], etag: str | None = None) -> dict[str, Any]:
        return self.app.refused("PATCH", self.path(), status, code, json=self.body(*changes, etag=etag))

    def config(self, file: str = "serverconfig") -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.folder / f"{file}.json").read_text())
        return found

    def write_by_hand(self, text: str) -> None:
        part = self.folder / "serverconfig.part"
        part.write_text(text)
        part.replace(self.folder / "serverconfig.json")
