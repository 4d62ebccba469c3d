"""`kill -9` of the manager at each step of an update: version, mods and world are the old ones or the new ones, all of them;
every run ends, and the server is as it is wanted."""

import json
import os
import random
import shutil
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest

from tests.faults.forked_managers import forked
from tests.managers import ManagerProcess, start_manager
from tests.servers.games import free_port, install_version
from tests.updates.updating import number_of, written_by
from vintagestory_api.servers.local_host import end_all
from vintagestory_sandbox.dotnet_root import make_dotnet_root
from vintagestory_sandbox.upstream import SandboxUpstream, start_upstream

ALL = bool(os.environ.get("VS_TEST_ALL_FAULTS"))
SECONDS = 90.0
MANAGER = (sys.executable, str(Path(__file__).with_name("updating_manager.py")))
SETTINGS = {"mod_list_refresh_interval": 0, "server_versions_refresh_interval": 0, "server_updates_interval": 0}
#: What mods of the sandbox are made for.
OLD, GOOD, CRASHES = "1.21.4", "1.21.5", "1.21.6"
OLD_MOD, NEW_MOD = "1.9.9", "1.10.0"

Kill = tuple[str, str, int]


def kills() -> list[Kill]:
    """Version, phase and steps after it; the same in every run."""
    chance = random.Random(20261126)
    most = {"planned": 12, "backing_up": 30, "stopping": 3, "switching": 30, "starting": 12, "watching": 3}
    there = [(GOOD, phase, chance.randrange(steps)) for phase, steps in most.items()]
    back = [(CRASHES, phase, after) for phase, after in (("watching", 0), ("going_back", 0))]
    back += [(CRASHES, "going_back", chance.randrange(1, 60)) for _ in range(2)]
    if ALL:
        there += [(GOOD, phase, after) for phase, steps in most.items() for after in range(steps)]
        back += [(CRASHES, "going_back", after) for after in range(1, 60, 2)]
    return there + back


class Place:
    """A data folder with one server whose state can be had again."""

    def __init__(self, folder: Path, upstream: SandboxUpstream) -> None:
        self.data_dir = folder / "data"
        self.kept = folder / "kept"
        self.upstream = upstream
        self.data_dir.mkdir()
        (self.data_dir / "api-settings.json").write_text(json.dumps(SETTINGS))
        self.dotnet = make_dotnet_root(folder / "dotnet")
        install_version(self.data_dir, OLD, refuses_newer_world=True)
        install_version(self.data_dir, GOOD)
        install_version(self.data_dir, CRASHES, crash="report", crash_after=6)
        self.id = f"fault-{os.getpid()}-{random.randrange(10**6)}"
        self.path = self.data_dir / "servers" / self.id
        self.world = self.path / "Saves" / "default.vcdbs"
        self.manager = self.start()

    def start(self) -> ManagerProcess:
        self.manager = start_manager(
            self.data_dir,
            program=MANAGER,
            launch=forked,
            upstream=self.upstream.url,
            PYTHONPATH=str(Path(__file__).parents[2]),
            DOTNET_ROOT=str(self.dotnet),
        )
        return self.manager

    def furnish(self) -> None:
        body = {"name": "Fault", "id": self.id, "version": OLD, "port": free_port()}
        assert self.manager.post("/servers", body).status == 201
        self.settle()
        self.run(
            "mods/changes", {"changes": [{"action": "install", "mod": "alpha", "version": OLD_MOD}], "allow_unfitting": True}
        )
        self.run("start")
        self.stop_all()
        shutil.copytree(self.data_dir, self.kept, symlinks=True, ignore=lambda _folder, names: {"versions"} & set(names))

    def stop_all(self) -> None:
        self.manager.kill()
        end_all(self.data_dir / "run" / "keepers", 30.0)
        shutil.rmtree(self.data_dir / "run", ignore_errors=True)

    def begin_anew(self) -> None:
        self.stop_all()
        for path in self.data_dir.iterdir():
            if path.name != "versions":
                shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
        shutil.copytree(self.kept, self.data_dir, symlinks=True, dirs_exist_ok=True)
        self.start()
        self.settle()

    def run(self, action: str, body: Any = None) -> dict[str, Any]:
        answer = self.manager.post(f"/servers/{self.id}/{action}", body)
        assert answer.status == 202, answer.json
        run = self.manager.wait_for_run(answer.json["id"], timeout=SECONDS)
        assert run["state"] == "succeeded", run
        return run

    def server(self) -> Any:
        return self.manager.get(f"/servers/{self.id}")

    def settle(self) -> None:
        """Until nobody does anything with it any more."""

        def is_settled() -> bool:
            server = self.server()
            return server["operation"] is None and server["state"] == server["wanted"]

        until(is_settled, lambda: f"the server is as it is wanted: {self.server()}")

    def killed_in(self, kill: Kill) -> bool:
        """Whether it was; else the update has ended before that step came."""
        version, phase, after = kill
        (self.data_dir / "dying.json").write_text(json.dumps({"phase": phase, "after": after}))
        with suppress(OSError):
            answer = self.manager.post(
                f"/servers/{self.id}/update", {"game_version": version, "watch_seconds": 1, "allow_unready": True}
            )
            assert answer.status == 202, answer.json
        process = self.manager.process
        until(lambda: process.poll() is not None or self.has_ended(), lambda: "the manager dies, or has done it")
        (self.data_dir / "dying.json").unlink(missing_ok=True)
        return process.poll() is not None

    def has_ended(self) -> bool:
        try:
            return self.server()["operation"] is None and self.updates()[0]["ended_at"] is not None
        except (OSError, IndexError):
            return False

    def updates(self) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = self.manager.get(f"/servers/{self.id}/updates")["items"]
        return items

    def check(self, kill: Kill) -> str:
        """Everything is old, or everything is new. The outcome."""
        until(self.has_ended, lambda: f"the update ends: {self.updates()}")
        self.settle()
        update, server = self.updates()[0], self.server()
        (mod,) = [mod["version"] for mod in self.manager.get(f"/servers/{self.id}/mods")["items"] if mod["modid"] == "alpha"]
        is_new = update["outcome"] == "updated"
        assert update["outcome"] in {"updated", "went_back", "failed"}, update
        assert not (is_new and kill[0] == CRASHES), update
        assert (server["state"], server["version"], mod) == ("running", *((GOOD, NEW_MOD) if is_new else (OLD, OLD_MOD))), update
        assert self.manager.open_runs() == []
        assert list(self.path.glob(".restore-*")) == []
        assert written_by(self.world) == number_of(GOOD if is_new else OLD), update
        outcome: str = update["outcome"]
        return outcome

    def check_world(self) -> None:
        self.stop_all()
        with closing(sqlite3.connect(self.world)) as world:
            assert world.execute("PRAGMA integrity_check").fetchone()[0] == "ok"


@pytest.fixture(scope="module")
def upstream() -> Iterator[SandboxUpstream]:
    with start_upstream(mods=0) as upstream:
        yield upstream


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, upstream: SandboxUpstream) -> Iterator[Place]:
    found = Place(tmp_path_factory.mktemp("place"), upstream)
    try:
        found.furnish()
        yield found
    finally:
        found.stop_all()


@pytest.mark.fault
@pytest.mark.timeout(len(kills()) * 90 + 120)
def test_a_kill_at_any_step_of_an_update_leaves_all_old_or_all_new(place: Place) -> None:
    place.begin_anew()
    died = in_all = 0
    outcomes = set()
    for kill in kills():
        if place.killed_in(kill):
            died, in_all = died + 1, in_all + 1
            place.start()
        outcome = place.check(kill)
        outcomes.add(outcome)
        lost = [run for run in place.manager.runs(job_id="server_update") if run["state"] == "lost"]
        assert lost or not died
        if outcome == "updated":
            place.check_world()
            place.begin_anew()
            died = 0
    place.check_world()
    assert {"updated", "went_back", "failed"} <= outcomes
    assert in_all >= len(kills()) * 0.7


@pytest.mark.fault
def test_an_orderly_end_in_the_middle_of_the_watch_leaves_the_rest_to_the_next_manager(place: Place) -> None:
    place.begin_anew()
    answer = place.manager.post(f"/servers/{place.id}/update", {"game_version": GOOD, "watch_seconds": 5, "allow_unready": True})
    assert answer.status == 202, answer.json
    until(lambda: (place.updates() or [{"phase": ""}])[0]["phase"] == "watching", lambda: f"it is watched: {place.updates()}")
    started_at = place.server()["started_at"]
    assert place.manager.end() == 0
    place.start()
    assert place.check((GOOD, "watching", 0)) == "updated"
    assert place.server()["started_at"] == started_at


def until(holds: Callable[[], object], what: Callable[[], str]) -> None:
    deadline = time.monotonic() + SECONDS
    while True:
        with suppress(OSError):
            if holds():
                return
        assert time.monotonic() < deadline, f"did not happen: {what()}"
        time.sleep(0.05)
