"""Updates of game servers of the real application: versions of the game that do well and badly, and mods that do."""

import itertools
import json
import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, TypeVar

from tests.backups.worlds import make_world
from tests.server_mods.mod_databases import ModDatabase, read_modinfo_of
from tests.server_mods.zips import mod_zip
from tests.servers.games import LONG, House, free_port, install_version
from vintagestory_api.manager import Manager
from vintagestory_api.server_mods.outside import Fetched
from vintagestory_api.server_mods.plan import Pick
from vintagestory_api.server_mods.planning import Planner
from vintagestory_api.updates.in_store import in_store

#: What servers begin with; it does not load a world of a later one.
OLD = "1.22.3"
#: Is ready, and then does nothing any more.
HANGS = "1.22.4"
GOOD = "1.22.5"
#: Is ready, and then breaks down.
CRASHES = "1.22.6"
#: Loads the world, and does not become ready.
BROKEN = "1.22.7"

T = TypeVar("T")

_numbers = itertools.count(1)


def install_versions(data_dir: Path) -> None:
    install_version(data_dir, OLD, refuses_newer_world=True)
    install_version(data_dir, HANGS, hang=True)
    install_version(data_dir, GOOD)
    install_version(data_dir, CRASHES, crash="report", crash_after=6, crash_mod="alpha@1.0.0")
    install_version(data_dir, BROKEN, fail="port")


class Mods(ModDatabase):
    """`breaks`: mod and version → so many seconds after the start it throws an exception."""

    def forget(self) -> None:
        super().forget()
        self.breaks: dict[tuple[str, str], float] = {}

    def take_the_place_in(self, manager: Manager) -> None:
        mods = manager.server_mods
        mods._planner = planner = Planner(mods.reader, mods.uploads, self, self)
        mods.within._planner, mods.within._outside = planner, self.outside

    def _fetch(self, pick: Pick) -> Fetched:
        found = super()._fetch(pick)
        version = pick.release.version
        after = self.breaks.get((pick.modid, version))
        if after is None:
            return found
        with self.store.new_part() as part:
            part.write(mod_zip(pick.modid, version, sandboxError=after))
            stored = part.keep()
        return Fetched(stored.sha256, stored.size_bytes, found.file_name, read_modinfo_of(pick.modid, version, {}))


class Updating:
    """One server, with the old version of the game."""

    def __init__(self, house: House, mods: Sequence[str] = (), *, start: bool = True, **switches: Any) -> None:
        self.house = house
        self.app = house.app
        self.id: str = house.create(name=f"Server {next(_numbers)}", version=OLD, port=_unused_port(house))["id"]
        self.path = house.data_path(self.id)
        self.world = self.path / "Saves" / "default.vcdbs"
        if switches:
            house.switch(self.id, **switches)
        for modid in mods:
            changes = [{"action": "install", "mod": modid, "version": "1.0.0"}]
            house.does(self.id, "mods/changes", {"changes": changes})
        if start:
            house.does(self.id, "start")
        else:
            make_world(self.world)
            with closing(sqlite3.connect(self.world)) as connection:
                connection.execute(f"PRAGMA user_version = {number_of(OLD)}")

    def plan(self, **wanted: Any) -> dict[str, Any]:
        answer = self.app.ask("POST", f"/servers/{self.id}/update/plan", json=wanted)
        assert answer.status_code == 200, answer.text
        plan: dict[str, Any] = answer.json()
        return plan

    def update(self, *, state: str = "succeeded", **wanted: Any) -> dict[str, Any]:
        """The run, when it has ended as it should."""
        return self.house.does(self.id, "update", {"watch_seconds": 1, **wanted}, state=state)

    def begin(self, **wanted: Any) -> str:
        run_id: str = self.house.post(self.id, "update", {"watch_seconds": 1, **wanted})["id"]
        return run_id

    def refused(self, code: str, status: int = 409, **wanted: Any) -> dict[str, Any]:
        return self.app.refused("POST", f"/servers/{self.id}/update", status, code, json=wanted)

    def policy(self, **policy: Any) -> dict[str, Any]:
        answer = self.app.ask("PUT", f"/servers/{self.id}/update-policy", json={"watch_seconds": 1, **policy})
        assert answer.status_code == 200, answer.text
        state: dict[str, Any] = answer.json()
        return state

    def act(self) -> dict[str, Any]:
        """The report of the job, when the updates that it has begun have ended."""
        run = self.app.ended(self.app.run("server_updates")["id"], LONG)
        assert run["state"] == "succeeded", run
        self.app.until(lambda: self.house.get(self.id), lambda server: server["operation"] is None, LONG)
        report: dict[str, Any] = run["report"]
        return report

    def state(self) -> dict[str, Any]:
        found: dict[str, Any] = self.app.get(f"/servers/{self.id}/update")
        return found

    def history(self) -> list[dict[str, Any]]:
        """Newest first."""
        items: list[dict[str, Any]] = self.app.get(f"/servers/{self.id}/updates")["items"]
        return items

    def awaited(self, work: Callable[[], Awaitable[T]]) -> T:
        """What it comes to in the event loop of the application."""
        assert self.app._client.portal
        return self.app._client.portal.call(work)

    def backups(self) -> list[dict[str, Any]]:
        """Newest first."""
        items: list[dict[str, Any]] = self.app.get(f"/servers/{self.id}/backups")["items"]
        return items

    def leave_open(self, update_id: str, **changes: Any) -> None:
        """As if the manager had died when its record was so, and come back."""
        updates = self.app.manager.updates

        async def come_back() -> None:
            (past,) = [one for one in await updates.past(self.id, limit=50) if one.id == update_id]
            left = past.changed(ended_at=None, outcome=None, **changes)
            await in_store(updates.around.database, lambda store: store.save(left))
            await updates.recover()
            assert updates._ends._takes_over(updates.around.servers.supervisor(self.id))

        self.awaited(come_back)

    @property
    def server(self) -> dict[str, Any]:
        return self.house.get(self.id)

    def mods(self) -> dict[str, str]:
        items = self.app.get(f"/servers/{self.id}/mods")["items"]
        return {mod["modid"]: mod["version"] for mod in items}

    def written_by(self) -> int:
        return written_by(self.world)

    def looks(self) -> tuple[str, str, int, dict[str, str]]:
        """State, version, what wrote the world, and mods."""
        server = self.server
        return server["state"], server["version"], self.written_by(), self.mods()


def written_by(world: Path) -> int:
    """1022007 for 1.22.7."""
    with closing(sqlite3.connect(f"file:{world}?mode=ro", uri=True)) as connection:
        return int(connection.execute("PRAGMA user_version").fetchone()[0])


def number_of(version: str) -> int:
    major, minor, patch = map(int, version.split("."))
    return major * 1_000_000 + minor * 1_000 + patch


def _unused_port(house: House) -> int:
    taken = {server["port"] for server in house.app.get("/servers")["items"]}
    return next(port for port in iter(free_port, None) if port not in taken)


def text_of(document: Any) -> str:
    return json.dumps(document)
