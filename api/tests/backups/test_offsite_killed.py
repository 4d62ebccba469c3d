"""A manager that is killed while it copies elsewhere: nothing goes on without it, and the next one finishes what it began."""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.backups.going_away import PASSWORD, make_stand_in, processes_with
from tests.backups.worlds import make_world
from tests.managers import ManagerProcess, running_manager
from tests.servers.games import LONG, VERSION, free_port, install_version
from vintagestory_sandbox.dotnet_root import make_dotnet_root

HOME = "home"


def test_a_copy_that_a_kill_cuts_off_is_made_by_the_next_manager(tmp_path: Path) -> None:
    mounts, programs, repository = tmp_path / "mnt", tmp_path / "bin", tmp_path / "mnt" / "repository"
    for folder in (mounts, programs):
        folder.mkdir()
    install_version(tmp_path / "data")
    environment = {
        "DOTNET_ROOT": str(make_dotnet_root(tmp_path / "dotnet")),
        "VS_HOST_ROOTS": str(mounts),
        "PATH": f"{make_stand_in(programs)}:{os.environ['PATH']}",
    }
    with running_manager(tmp_path / "data", **environment) as manager:
        made = manager.post("/servers", {"name": "Home", "id": HOME, "version": VERSION, "port": free_port()}).json
        assert manager.wait_for_run(made["operation"]["run_id"])["state"] == "succeeded"
        make_world(Path(manager.get(f"/servers/{HOME}")["data_path"]) / "Saves" / "default.vcdbs")
        place = {"kind": "restic", "repository": str(repository), "password": PASSWORD}
        target = manager.post("/offsite-targets", {"name": "Cloud", "place": place}).json["id"]
        rules = manager.get(f"/servers/{HOME}/backup-settings")
        answer = manager.request("PUT", f"/api/v1/servers/{HOME}/backup-settings", {**rules, "targets": [target]})
        assert answer.status == 200, answer.json
        (repository / "hangs").write_text("")
        run = manager.wait_for_run(manager.post(f"/servers/{HOME}/backups", {}).json["id"])
        backup = run["report"]["backup_id"]
        wait_for(lambda: backing_up(repository))
        copying = next(run for run in manager.runs(state="running") if run["job_id"] == "offsite_copy")
        manager.kill()
    wait_for(lambda: not processes_with(str(repository)))
    (repository / "hangs").unlink()
    with running_manager(tmp_path / "data", **environment) as manager:
        wait_for(lambda: copy_of(manager, backup)["state"] == "copied")
        assert manager.get(f"/runs/{copying['id']}")["state"] == "lost"
        assert len(list(repository.glob("snapshots/*.json"))) == 1


def backing_up(repository: Path) -> bool:
    """restic has the archive on its way, and does not take it."""
    found = processes_with(str(repository))
    return any(b"backup" in Path(f"/proc/{pid}/cmdline").read_bytes() for pid in found if Path(f"/proc/{pid}").exists())


def copy_of(manager: ManagerProcess, backup_id: str) -> dict[str, Any]:
    (copy,) = manager.get(f"/backups/{backup_id}")["copies"]
    return dict(copy)


def wait_for(holds: Callable[[], object]) -> None:
    deadline = time.monotonic() + LONG
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)
