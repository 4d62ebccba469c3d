"""`kill -9`, and a full disk, at each step of changing mods: `Mods` is one whole set, and the next change works."""

import hashlib
import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.server_mods.dying import TASKS, WHY, Server, prepare

ALL = bool(os.environ.get("VS_TEST_ALL_FAULTS"))
KILLS = 200 if ALL else 20
FULL_DISKS = 200 if ALL else 20
API = Path(__file__).parents[2]

Contents = dict[str, str]


class Dying:
    """Tasks that end where they are told to."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.server_mods.dying"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=API
        )
        self._prepared: dict[str, Path] = {}
        self._count = 0

    def close(self) -> None:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait(30)

    def fresh(self, task: str) -> Path:
        """What is there before the task, anew."""
        if task not in self._prepared:
            self._prepared[task] = self.root / f"before {task}"
            prepare(self._prepared[task], task)
        self._count += 1
        folder = self.root / str(self._count)
        subprocess.run(["cp", "-a", str(self._prepared[task]), str(folder)], check=True)
        return folder

    def does(self, root: Path, task: str, at: int, how: str) -> dict[str, Any]:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps({"root": str(root), "task": task, "at": at, "how": how}) + "\n")
        self._process.stdin.flush()
        told: dict[str, Any] = json.loads(self._process.stdout.readline())
        return told


@pytest.fixture(scope="module")
def dying(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dying]:
    found = Dying(tmp_path_factory.mktemp("dying"))
    yield found
    found.close()


def contents(mods: Path) -> Contents:
    """What lies there, by name."""
    found = {}
    for path in sorted(mods.iterdir()):
        files = [path] if path.is_file() else sorted(each for each in path.rglob("*") if each.is_file())
        digest = hashlib.sha256()
        for file in files:
            digest.update(f"{file.relative_to(mods)}\0".encode())
            digest.update(file.read_bytes())
        found[path.name] = digest.hexdigest()
    return found


def whole(dying: Dying, task: str, how: str) -> tuple[int, Contents, Contents]:
    """How many steps a task has, and what lies there before it and after it, when nothing ends it."""
    root = dying.fresh(task)
    before = contents(root / "server" / "Mods")
    told = dying.does(root, task, 0, how)
    assert told["error"] is None, told
    return told["steps"], before, contents(root / "server" / "Mods")


def chosen(dying: Dying, how: str, count: int) -> list[tuple[str, int, Contents, Contents]]:
    """So many endings, spread over all tasks, and the same in every run."""
    found = []
    for task in TASKS:
        steps, before, after = whole(dying, task, how)
        assert steps > 0
        found += [(task, at, before, after) for at in range(1, steps + 1)]
    chance = random.Random(20261126)
    return found if len(found) <= count else sorted(chance.sample(found, count), key=lambda ending: ending[:2])


def check_one_set(server: Server, task: str, allowed: list[Contents]) -> None:
    assert contents(server.mods) in allowed, task
    if server.mods.is_symlink():
        number = server.mods.resolve().name
        manifest = json.loads((server.data_path / "ModGenerations" / f"{number}.json").read_bytes())
        if not task.startswith("by hand"):
            assert sorted(entry["file_name"] for entry in manifest["entries"]) == sorted(contents(server.mods))


def check_next_change(server: Server) -> None:
    """It works, and nothing is left of what was ended."""
    state = server.generations.take_stock()
    assert state.current is not None
    assert state.planned_on is not None
    wanted = [*state.planned_on.entries, server.entry("spoons")]
    made = server.generations.make(wanted, base=state.planned_on.number, why=WHY, waits=False)
    assert sorted(contents(server.mods)) == sorted(entry.file_name for entry in made.entries)
    assert not server.generations.state().is_touched
    for folder in (server.data_path, server.data_path / "ModGenerations"):
        assert not [path.name for path in folder.iterdir() if path.name.startswith(".")]
    names = {path.name for path in (server.data_path / "ModGenerations").iterdir()} - {"loaded.json", "last.json"}
    numbers = {manifest.number for manifest in server.generations.history()}
    assert names == {f"{number}{ending}" for number in numbers for ending in ("", ".json")}
    states = {manifest.number: manifest.state for manifest in server.generations.history()}
    assert states[made.number] == "done"
    assert set(states.values()) <= {"done", "joined"}


@pytest.mark.fault
@pytest.mark.timeout(KILLS * 3 + 120)
def test_a_kill_at_any_step_leaves_one_whole_set(dying: Dying) -> None:
    for task, at, before, after in chosen(dying, "killed", KILLS):
        root = dying.fresh(task)
        assert dying.does(root, task, at, "killed")["was_killed"], (task, at)
        server = Server(root)
        if task == "take over in two steps" and not server.mods.exists():
            # The one moment in which there may be none, on systems that can't exchange names: the next start mends it.
            server.generations.take_stock()
        check_one_set(server, f"{task} {at}", [before, after])
        check_next_change(server)
        shutil.rmtree(root)


@pytest.mark.fault
@pytest.mark.timeout(FULL_DISKS * 3 + 120)
def test_a_full_disk_at_any_step_leaves_one_whole_set_and_says_so(dying: Dying) -> None:
    for task, at, before, after in chosen(dying, "full", FULL_DISKS):
        root = dying.fresh(task)
        told = dying.does(root, task, at, "full")
        server = Server(root)
        if told["error"] is not None:
            assert told["error"]["code"] == "disk_full", (task, at, told)
            assert "Free some space" in told["error"]["message"]
        if server.mods.exists():
            check_one_set(server, f"{task} {at}", [before, after])
        check_next_change(server)
        shutil.rmtree(root)
