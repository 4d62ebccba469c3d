"""A manager that is killed while it applies a definition: what was begun is recorded, and the next one goes on with it."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.managers import ManagerProcess
from tests.servers.games import VERSION, free_port, install_version
from tests.servers.test_managers_come_and_go import Managers, until
from vintagestory_sandbox.dotnet_root import make_dotnet_root

TEXT = """
format: vsmanager.server/1
server: {id: home, name: Home, version: %s, port: %d, password: hush-hush}
world: {world_name: Woods}
schedules:
- name: Nightly
  trigger: {kind: cron, cron: 0 5 * * *}
  steps: [{do: save}]
backups: {drill_days: 0}
updates: {game: patch}
"""


@pytest.fixture
def managers(data_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Managers]:
    install_version(data_dir)
    managers = Managers(data_dir, make_dotnet_root(tmp_path_factory.mktemp("dotnet")))
    yield managers
    managers.end_all()


def begin(manager: ManagerProcess, text: str) -> str:
    plan = manager.post("/definitions/plan", {"yaml": text})
    assert plan.status == 200, plan.json
    begun = manager.post("/definitions/apply", {"yaml": text, "digest": plan.json["digest"]})
    assert begun.status == 202, begun.json
    return str(begun.json["id"])


def applying(manager: ManagerProcess) -> list[dict[str, Any]]:
    """Oldest first."""
    return manager.runs(job_id="definition_apply")[::-1]


def at_once(_manager: ManagerProcess, _run_id: str) -> bool:
    return True


def when_the_server_is_there(manager: ManagerProcess, run_id: str) -> bool:
    return bool(manager.get("/servers")["items"]) or has_ended(manager, run_id)


def when_it_is_made(manager: ManagerProcess, run_id: str) -> bool:
    return any(server["state"] == "stopped" for server in manager.get("/servers")["items"]) or has_ended(manager, run_id)


def has_ended(manager: ManagerProcess, run_id: str) -> bool:
    return manager.get(f"/runs/{run_id}")["ended_at"] is not None


@pytest.mark.parametrize("moment", [at_once, when_the_server_is_there, when_it_is_made, has_ended])
def test_the_next_manager_goes_on_with_it(
    managers: Managers, data_dir: Path, moment: Callable[[ManagerProcess, str], bool]
) -> None:
    manager = managers.start()
    text = TEXT % (VERSION, free_port())
    run_id = begin(manager, text)
    until(lambda: moment(manager, run_id), bool)
    manager.kill()

    manager = managers.start()
    before = until(lambda: manager.get(f"/runs/{run_id}"), lambda run: run["ended_at"])
    assert before["state"] in {"lost", "succeeded"}
    until(lambda: list((data_dir / "definitions").iterdir()), lambda left: not left)  # they hold the password
    # Where all was done and only the end of the run was not stored yet, there is nothing to go on with.
    for again in until(lambda: applying(manager), lambda found: all(run["ended_at"] for run in found))[1:]:
        assert (again["state"], again["server_id"]) == ("succeeded", "home"), again
        assert {one["outcome"] for one in again["report"]["parts"]} <= {"done", "same"}
    server = manager.get("/servers/home")
    assert (server["state"], server["version"]) == ("stopped", VERSION)
    assert [one["name"] for one in manager.get("/servers/home/schedules")["items"]] == ["Nightly"]
    assert manager.get("/servers/home/backup-settings")["drill_days"] == 0
    assert [one["id"] for one in manager.get("/servers")["items"]] == ["home"]
    plan = manager.post("/definitions/plan", {"yaml": text}).json
    assert not plan["has_changes"], plan


def test_what_managers_die_of_again_and_again_is_given_up_and_told(managers: Managers, data_dir: Path) -> None:
    folder = data_dir / "definitions"
    folder.mkdir(mode=0o700, parents=True)
    text = TEXT % (VERSION, free_port())
    facts = {"server_id": "home", "yaml": text, "actor": "admin", "tries": 3}
    (folder / "home.applying.json").write_text(json.dumps(facts))
    (folder / "broken.applying.json").write_text("{")
    manager = managers.start()
    (run,) = until(lambda: applying(manager), lambda found: found and found[-1]["ended_at"])
    assert (run["state"], run["server_id"]) == ("failed", "home")
    assert "died 3 times" in run["error"]["message"]
    assert manager.get("/servers")["items"] == []
    until(lambda: list(folder.iterdir()), lambda found: not found)
