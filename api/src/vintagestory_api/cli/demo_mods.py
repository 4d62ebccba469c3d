"""The first mods of the demo's server: an outdated one, one that needs others, and one that was put there by hand."""

import io
import json
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from vintagestory_api.cli.connection import Client, Query, segment
from vintagestory_api.cli.failures import CommandFailed
from vintagestory_api.cli.mod_plans import mods_path

_CANDIDATES, _LOOKED_AT = 60, 15
_AT_MOST_SECONDS = 20.0
_ANSWER_SECONDS = 10.0
_BY_HAND = {
    "type": "content",
    "modid": "demobyhand",
    "name": "Put there by hand",
    "authors": ["The demo"],
    "description": "A file that somebody laid into the server's folder, without asking the manager.",
    "version": "1.0.0",
    "side": "Server",
    "dependencies": {"game": ""},
}


class _NoTimeLeft(Exception):
    """The demo has to go on."""


class FirstMods:
    """`check` is called before each question and `wait_a_moment` between looks; they may raise to end everything."""

    def __init__(self, client: Client, check: Callable[[], None], wait_a_moment: Callable[[], None]) -> None:
        self._client = client
        self._check = check
        self._wait_a_moment = wait_a_moment
        self._deadline = time.monotonic() + _AT_MOST_SECONDS

    def install(self, server: dict[str, Any]) -> str:
        """What became of it, in words. Takes some seconds at most, and nothing that fails is an end."""
        path = mods_path(server["id"])
        try:
            _lay_by_hand(Path(server["data_path"]) / "Mods")
            wishes = self._wishes(path, server["version"])
            self._ended(self._send("POST", f"{path}/changes", {"changes": wishes, "why": "The demo's first mods"}))
            self._ended(self._send("POST", f"{path}/updates/check"))
            mods = self._send("GET", path)["items"]
        except _NoTimeLeft:
            return "not all could be installed in time."
        except CommandFailed as failure:
            return f"could not be installed: {failure.message}"
        except OSError as error:
            return f"could not be installed: {error.strerror or error}"
        outdated = sum(mod["update"] is not None for mod in mods)
        return f"{len(mods)} are there, {outdated} of them outdated."

    def _wishes(self, path: str, version: str) -> list[dict[str, Any]]:
        query: Query = {"game_version": version, "type": "mod", "side": "both", "sort": "downloads", "limit": _CANDIDATES}
        found = [mod for mod in self._send("GET", "/catalog/mods", query=query)["items"] if len(mod["modids"]) == 1]
        wishes: list[dict[str, Any]] = []
        for find in (self._outdated, self._with_others):
            taken = {wish["mod"] for wish in wishes}
            candidates = [mod for mod in found if mod["modids"][0] not in taken][:_LOOKED_AT]
            wishes += next(find(path, version, candidates), [])
        return wishes

    def _outdated(self, path: str, version: str, mods: list[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
        for mod in mods:
            releases = self._send("GET", f"/catalog/mods/{mod['id']}")["releases"]
            fitting = [release["version"] for release in releases if version in release["game_versions"]]
            for older in fitting[1:]:
                wish = {"action": "install", "mod": mod["modids"][0], "version": older}
                if self._plan(path, [wish])["can_be_applied"]:
                    yield [wish]

    def _with_others(self, path: str, _version: str, mods: list[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
        for mod in mods:
            wish = {"action": "install", "mod": mod["modids"][0]}
            plan = self._plan(path, [wish])
            if plan["can_be_applied"] and any(step["because"] for step in plan["steps"]):
                yield [wish]

    def _plan(self, path: str, wishes: list[dict[str, Any]]) -> Any:
        return self._send("POST", f"{path}/plan", {"changes": wishes})

    def _ended(self, run: dict[str, Any]) -> None:
        """Raises `CommandFailed` when it did not succeed."""
        while run["ended_at"] is None:
            self._wait_a_moment()
            run = self._send("GET", f"/runs/{segment(run['id'])}")
        if run["state"] != "succeeded":
            raise CommandFailed(run["error"]["message"] if run["error"] else run["state"])

    def _send(self, method: str, path: str, body: Any = None, query: Query | None = None) -> Any:
        self._check()
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise _NoTimeLeft
        return self._client.send(method, path, body, query=query, timeout_seconds=min(left + 1, _ANSWER_SECONDS))


def _lay_by_hand(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("modinfo.json", json.dumps(_BY_HAND, indent=2))
    (folder / "demobyhand_1.0.0.zip").write_bytes(data.getvalue())
