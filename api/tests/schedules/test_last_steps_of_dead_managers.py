"""The last steps of a run whose manager was killed, or ended, are done by the next one: no server is left down."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.managers import ManagerProcess
from tests.servers.games import install_version
from tests.servers.test_managers_come_and_go import Managers, create, running, until
from vintagestory_sandbox.dotnet_root import make_dotnet_root


@pytest.fixture
def managers(data_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Managers]:
    install_version(data_dir)
    managers = Managers(data_dir, make_dotnet_root(tmp_path_factory.mktemp("dotnet")))
    yield managers
    managers.end_all()


def runs_of(manager: ManagerProcess, schedule_id: str) -> list[dict[str, Any]]:
    """Oldest first."""
    return manager.runs(job_id=f"schedule:{schedule_id}")[::-1]


def ended_runs(manager: ManagerProcess, schedule_id: str, count: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = until(
        lambda: runs_of(manager, schedule_id), lambda runs: len(runs) == count and runs[-1]["ended_at"] is not None
    )
    return found


def due_again(manager: ManagerProcess, schedule_id: str) -> dict[str, Any]:
    """The schedule, as soon as it is registered again."""
    found: dict[str, Any] = until(lambda: manager.get(f"/schedules/{schedule_id}"), lambda seen: seen["next_run_at"])
    return found


def stopped_in_between(manager: ManagerProcess, schedule_id: str) -> None:
    """Begin a run, and return when it has stopped the server and waits."""
    run_id = manager.post(f"/schedules/{schedule_id}/run").json["id"]
    until(lambda: manager.get(f"/runs/{run_id}")["message"] or "", lambda said: said.startswith("Step 2 of 3"))
    assert manager.get("/servers/home")["state"] == "stopped"


def test_the_last_steps_are_done_by_the_next_manager(managers: Managers) -> None:
    manager = managers.start()
    server = create(manager, "Home")
    body = {
        "name": "Night",
        "trigger": {"kind": "cron", "cron": "0 5 1 1 *"},
        "catch_up": "none",
        "steps": [{"do": "stop"}, {"do": "wait", "seconds": 3600}],
        "finally": [{"do": "start"}],
    }
    schedule_id = manager.post(f"/servers/{server}/schedules", body).json["id"]
    for number, (end, state) in enumerate([(ManagerProcess.kill, "lost"), (ManagerProcess.end, "cancelled")]):
        stopped_in_between(manager, schedule_id)
        end(manager)
        manager = managers.start()
        running(manager, server)
        found = ended_runs(manager, schedule_id, 2 * number + 2)
        before, after = found[-2:]
        assert before["state"] == state
        assert (after["state"], after["trigger"], after["server_id"]) == ("succeeded", "event", server)
        assert [(step["do"], step["outcome"], step["is_finally"]) for step in after["report"]["steps"]] == [("start", "ok", True)]
        assert after["report"]["last_steps_of"] == before["id"]
        assert due_again(manager, schedule_id)["problem"] is None
    alerts = until(lambda: manager.get("/alerts?open=true")["items"], lambda found: found)
    # That its last steps were done does not make the run that died a good one.
    assert [(alert["kind"], alert["text"]) for alert in alerts if alert["job_id"] == f"schedule:{schedule_id}"] == [
        ("schedule_failed", "The manager died meanwhile. Its run tells more.")
    ]
    manager.end()
    manager = managers.start()
    running(manager, server)
    due_again(manager, schedule_id)
    assert len(runs_of(manager, schedule_id)) == 4, "what is done is not done again"
