"""`kill -9` of the manager at each step of backups and restores: what lies on the disk is the old state or the new one, exactly;
every run ends, and the server is as it is wanted."""

import hashlib
import json
import os
import random
import shutil
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Literal

import pytest
import zstandard

from tests.backups.worlds import health, make_world
from tests.faults.forked_managers import forked
from tests.managers import ManagerProcess, start_manager
from tests.servers.games import free_port, install_version
from vintagestory_api.servers.local_host import end_all
from vintagestory_sandbox.dotnet_root import make_dotnet_root

ALL = bool(os.environ.get("VS_TEST_ALL_FAULTS"))
#: Of each task. Those with a game take longer.
KILLS: dict[str, int] = {
    "restore": 120 if ALL else 9,
    "restore a running one": 80 if ALL else 4,
    "backup": 70 if ALL else 5,
    "backup of a running one": 50 if ALL else 2,
}
KILLS_OF_NEW = 40 if ALL else 2
KILLS_WHILE_GOING_BACK = 40 if ALL else 2
VERSION, BROKEN = "1.22.7", "1.21.6"
SECONDS = 90.0
MANAGER = (sys.executable, str(Path(__file__).with_name("dying_manager.py")))
SETTINGS = {"mod_list_refresh_interval": 0, "server_versions_refresh_interval": 0}
SIDES: dict[str, int] = {"A": 40, "B": 70}

Side = Literal["A", "B"]


class Place:
    """A data folder with one server, and a backup of it in each of two states."""

    def __init__(self, folder: Path) -> None:
        self.data_dir = folder / "data"
        self.data_dir.mkdir()
        (self.data_dir / "api-settings.json").write_text(json.dumps(SETTINGS))
        self.dotnet = make_dotnet_root(folder / "dotnet")
        install_version(self.data_dir, VERSION)
        install_version(self.data_dir, BROKEN, fail="world")
        self.id = f"fault-{os.getpid()}-{random.randrange(10**6)}"
        self.path = self.data_dir / "servers" / self.id
        self.world = self.path / "Saves" / "default.vcdbs"
        self.backups: dict[str, str] = {}
        self.states: dict[str, dict[str, str]] = {}
        self.manager = self.start()

    def furnish(self) -> None:
        body = {"name": "Fault", "id": self.id, "version": VERSION, "port": free_port()}
        assert self.manager.post("/servers", body).status == 201
        self.settle()
        for side in SIDES:
            self.become(side)
            self.states[side] = self.state()
            run = self.run("backups", {"pinned": True})  # or rules delete it, after so many others
            assert run["state"] == "succeeded", run
            self.backups[side] = run["report"]["backup_id"]

    def keep_broken(self) -> None:
        """A backup of the state B, with a version that does not start."""
        self.become("B")
        assert self.run("version", {"version": BROKEN})["state"] == "succeeded"
        self.backups["broken"] = self.run("backups", {"pinned": True})["report"]["backup_id"]
        assert self.run("version", {"version": VERSION})["state"] == "succeeded"

    def start(self) -> ManagerProcess:
        self.manager = start_manager(
            self.data_dir,
            program=MANAGER,
            launch=forked,
            PYTHONPATH=str(Path(__file__).parents[2]),
            DOTNET_ROOT=str(self.dotnet),
        )
        return self.manager

    def become(self, side: str) -> None:
        """By hand."""
        for top in ("Saves", "ModConfig", "Playerdata"):
            shutil.rmtree(self.path / top, ignore_errors=True)
        make_world(self.world, chunks=SIDES[side])
        with closing(sqlite3.connect(self.world)) as world, world:
            world.execute("CREATE TABLE side AS SELECT ? AS name", (side,))
        for name in ("ModConfig/one.json", f"ModConfig/only-{side}.json", f"Playerdata/{side}/notes.json"):
            (self.path / name).parent.mkdir(exist_ok=True, parents=True)
            (self.path / name).write_text(json.dumps(side))

    def state(self, folder: Path | None = None) -> dict[str, str]:
        home = folder or self.path
        return {
            path.relative_to(home).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for top in ("Saves", "ModConfig", "Playerdata")
            for path in (home / top).rglob("*")
            if path.is_file()
        }

    def side(self) -> str:
        """Which of the two states it is in, also after it was played: never a mix."""
        found = {json.loads((self.path / "ModConfig" / "one.json").read_text())}
        found |= {path.stem.removeprefix("only-") for path in (self.path / "ModConfig").glob("only-*.json")}
        with closing(sqlite3.connect(self.world)) as world:
            found.add(world.execute("SELECT name FROM side").fetchone()[0])
        assert len(found) == 1, f"a mix: {found}"
        return str(found.pop())

    def die_at(self, task: str, at: int) -> None:
        (self.data_dir / "steps.json").unlink(missing_ok=True)
        (self.data_dir / "dying.json").write_text(json.dumps({"task": task, "at": at}))

    def begin(self, action: str, body: Any = None) -> str | None:
        """The run; None when the manager did not even come to answer."""
        path = f"/servers/{self.id}/{action}" if not action.startswith("/") else action
        try:
            answer = self.manager.post(path, body)
        except OSError:
            return None
        assert answer.status == 202, answer.json
        run_id: str = answer.json["id"]
        return run_id

    def run(self, action: str, body: Any = None) -> dict[str, Any]:
        run_id = self.begin(action, body)
        assert run_id is not None
        return self.manager.wait_for_run(run_id, timeout=SECONDS)

    def server(self, server_id: str | None = None) -> Any:
        return self.manager.get(f"/servers/{server_id or self.id}")

    def settle(self, server_id: str | None = None) -> None:
        """Until nobody does anything with it any more."""

        def is_settled() -> bool:
            server = self.server(server_id)
            return server["operation"] is None and server["state"] == server["wanted"]

        until(is_settled, lambda: f"the server is as it is wanted: {self.server(server_id)}")

    def others(self) -> list[str]:
        return [server["id"] for server in self.manager.get("/servers")["items"] if server["id"] != self.id]

    def remove(self, server_id: str) -> None:
        answer = self.manager.request("DELETE", f"/api/v1/servers/{server_id}?delete_files=true")
        assert answer.status == 202, answer.json
        assert self.manager.wait_for_run(answer.json["id"], timeout=SECONDS)["state"] == "succeeded"

    def until_killed(self) -> bool:
        """Whether it was; else what it did has ended before its step came."""
        steps = self.data_dir / "steps.json"
        until(lambda: self.manager.process.poll() is not None or steps.exists(), lambda: "the manager dies, or has done it")
        return self.manager.process.poll() is not None

    def check(self, *, old: str, new: str, is_exact: bool) -> None:
        """After a kill and the start of the next manager."""
        self.settle()
        restores = self.data_dir / "restores"
        leftovers: Callable[[], list[Path]] = lambda: [*self.path.glob(".restore-*"), *restores.glob("*"), *parts()]  # noqa: E731
        folder = self.data_dir / "backups" / self.id
        parts: Callable[[], list[Path]] = lambda: [*folder.glob(".work-*")]  # noqa: E731
        until(lambda: not leftovers(), lambda: f"nothing is left over: {leftovers()}")
        until(
            lambda: all(one["ended_at"] for one in self.manager.get(f"/servers/{self.id}/restores")["items"]), lambda: "all end"
        )
        assert self.manager.open_runs() == []
        if is_exact:
            assert self.state() in (self.states[old], self.states[new])
        else:
            assert self.run("stop")["state"] == "succeeded"
            assert self.side() in {old, new}
        assert health(self.world) == "ok"
        self.check_backups(folder)

    def check_backups(self, folder: Path) -> None:
        """Each that is listed can be read to its end, and each that can is listed."""
        listed = {one["file_name"] for one in self.manager.get(f"/servers/{self.id}/backups?limit=200")["items"]}
        assert listed == {path.name for path in folder.glob("*.tar.zst")}
        for name in listed:
            with (folder / name).open("rb") as packed:
                assert zstandard.ZstdDecompressor().stream_reader(packed).readall()

    def clean_up(self) -> None:
        self.manager.kill()
        end_all(self.data_dir / "run" / "keepers", 10.0)


def until(holds: Callable[[], bool], what: Callable[[], str]) -> None:
    deadline = time.monotonic() + SECONDS
    while not holds():
        assert time.monotonic() < deadline, what()
        time.sleep(0.05)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    found = Place(tmp_path_factory.mktemp("restoring"))
    try:
        found.furnish()
        yield found
    finally:
        found.clean_up()


@pytest.mark.fault
@pytest.mark.timeout(sum(KILLS.values()) * 30 + 300)
@pytest.mark.parametrize("task", KILLS)
def test_a_kill_at_any_step_leaves_the_old_state_or_the_new_one(place: Place, task: str) -> None:
    chance = random.Random(f"20261126 {task}")
    kind, runs = task.partition(" ")[0], task.endswith("running one")
    old: Side = "A"
    prepare(place, old, runs=runs)
    steps, old = count_steps(place, kind, old, runs=runs)
    chosen = sorted(chance.sample(range(1, steps + 1), min(KILLS[task], steps)))
    for at in chosen:
        new: Side = old if kind == "backup" else ("B" if old == "A" else "A")
        prepare(place, old, runs=runs)
        place.die_at(kind, at)
        run_id = begin(place, kind, new)
        if place.until_killed():
            place.start()
            if run_id is not None:
                assert place.manager.wait_for_run(run_id)["state"] == "lost", at
        place.die_at("nothing", 0)
        place.check(old=old, new=new, is_exact=not runs)
        old = "A" if place.side() == "A" else "B"


@pytest.mark.fault
@pytest.mark.timeout(KILLS_OF_NEW * 60 + 300)
def test_a_kill_at_any_step_of_a_restore_into_a_new_server_ends_with_a_whole_one(place: Place) -> None:
    prepare(place, "A", runs=False)
    identity = identity_of(place.path)
    place.die_at("restore", 0)
    place.run(f"/backups/{place.backups['B']}/restore", {"new_server": {"name": "Counted"}})
    steps: int = json.loads((place.data_dir / "steps.json").read_text())
    assert steps > 5
    (counted,) = place.others()
    place.remove(counted)
    for at in random.Random(f"20261126 {KILLS_OF_NEW}").sample(range(1, steps + 1), min(KILLS_OF_NEW, steps)):
        place.die_at("restore", at)
        place.begin(f"/backups/{place.backups['B']}/restore", {"new_server": {"name": f"New {at}"}})
        died = place.until_killed()
        place.die_at("nothing", 0)
        if died:
            place.start()
        (new,) = place.others()
        place.settle(new)
        server = place.server(new)
        folder = Path(server["data_path"])
        assert (server["version"], place.state(folder)) == (VERSION, place.states["B"]), at
        assert health(folder / "Saves" / "default.vcdbs") == "ok"
        assert identity_of(folder) not in {identity, None, ""}
        assert (place.state(), identity_of(place.path)) == (place.states["A"], identity)
        until(lambda: not [*folder.glob(".restore-*")], lambda: f"nothing is left over: {at}")  # noqa: B023 - called at once
        assert place.manager.open_runs() == []
        place.remove(new)


@pytest.mark.fault
@pytest.mark.timeout(KILLS_WHILE_GOING_BACK * 60 + 300)
def test_a_kill_at_any_step_of_a_restore_that_goes_back_leaves_the_old_state(place: Place) -> None:
    prepare(place, "A", runs=False)
    place.keep_broken()
    place.become("A")
    prepare(place, "A", runs=True)
    place.die_at("restore", 0)
    counted = place.run(f"/backups/{place.backups['broken']}/restore", {})
    assert (counted["state"], "there again, and runs" in counted["error"]["message"]) == ("failed", True), counted
    steps: int = json.loads((place.data_dir / "steps.json").read_text())
    for at in random.Random(f"back {KILLS_WHILE_GOING_BACK}").sample(range(1, steps + 1), min(KILLS_WHILE_GOING_BACK, steps)):
        place.die_at("restore", at)
        place.begin(f"/backups/{place.backups['broken']}/restore", {})
        died = place.until_killed()
        place.die_at("nothing", 0)
        if died:
            place.start()
        place.settle()
        assert (place.server()["state"], place.server()["version"]) == ("running", VERSION), at
        place.check(old="A", new="A", is_exact=False)
        assert place.run("start")["state"] == "succeeded"


def identity_of(folder: Path) -> Any:
    return json.loads((folder / "serverconfig.json").read_bytes())["ServerIdentifier"]


def prepare(place: Place, side: str, *, runs: bool) -> None:
    if place.server()["state"] == "running" and not runs:
        assert place.run("stop")["state"] == "succeeded"
    if runs:
        if place.server()["state"] != "running":
            place.become(side)
            assert place.run("start")["state"] == "succeeded"
    elif place.state() != place.states[side]:
        place.become(side)


def begin(place: Place, kind: str, new: str) -> str | None:
    if kind == "backup":
        return place.begin("backups", {})
    return place.begin(f"/backups/{place.backups[new]}/restore", {})


def count_steps(place: Place, kind: str, old: Side, *, runs: bool) -> tuple[int, Side]:
    """How many there are when nothing ends it, and what is there then."""
    new: Side = old if kind == "backup" else ("B" if old == "A" else "A")
    place.die_at(kind, 0)
    run_id = begin(place, kind, new)
    assert run_id is not None
    run = place.manager.wait_for_run(run_id, timeout=SECONDS)
    assert run["state"] == "succeeded", run
    until((place.data_dir / "steps.json").exists, lambda: "the steps are counted")
    steps: int = json.loads((place.data_dir / "steps.json").read_text())
    assert steps > 5
    if runs:
        assert place.run("stop")["state"] == "succeeded"
    assert place.side() == new
    return steps, new
