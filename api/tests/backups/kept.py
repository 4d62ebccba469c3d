"""Backups of a house, through its API and its folder."""

import json
import subprocess
from pathlib import Path
from typing import Any

import zstandard

from tests.backups.worlds import make_world
from tests.servers.games import House


def with_world(house: House, server_id: str, **options: Any) -> Path:
    """Give a server that is stopped a world."""
    return make_world(house.data_path(server_id) / "Saves" / "default.vcdbs", **options)


def back_up(house: House, server_id: str, *, state: str = "succeeded", **wanted: Any) -> dict[str, Any]:
    """The run, when it has ended as it should."""
    return house.does(server_id, "backups", wanted, state=state)


def made(house: House, server_id: str, **wanted: Any) -> dict[str, Any]:
    """A new backup, with what it holds."""
    run = back_up(house, server_id, **wanted)
    found: dict[str, Any] = house.app.get(f"/backups/{run['report']['backup_id']}")
    return found


def backups(house: House, server_id: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = house.app.get(f"/servers/{server_id}/backups")["items"]
    return found


def folder(house: House, server_id: str) -> Path:
    return house.data_dir / "backups" / server_id


def archive(house: House, backup: dict[str, Any]) -> Path:
    return folder(house, backup["server_id"]) / str(backup["file_name"])


def unpack(path: Path, target: Path) -> dict[str, Any]:
    """With the tools that everybody has, as far as they are there; what its list of contents says."""
    target.mkdir()
    plain = target.with_suffix(".tar")
    with path.open("rb") as packed, plain.open("wb") as file:
        zstandard.ZstdDecompressor().copy_stream(packed, file)
    subprocess.run(["tar", "-xf", str(plain), "-C", str(target)], check=True)
    plain.unlink()
    manifest: dict[str, Any] = json.loads((target / "manifest.json").read_bytes())
    return manifest
