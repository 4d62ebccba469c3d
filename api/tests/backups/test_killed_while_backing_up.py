"""A manager that is killed while it packs one backup and copies another elsewhere: nothing half is taken for a backup or for a
copy, nothing goes on without it, and the next one finishes what it began.
"""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.backups.going_away import PASSWORD, make_stand_in, processes_with
from tests.backups.worlds import health, make_world
from tests.managers import ManagerProcess, running_manager, start_manager
from tests.servers.games import LONG, VERSION, free_port, install_version
from vintagestory_sandbox.dotnet_root import make_dotnet_root


def until(holds: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + LONG
    while not holds():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.01)


def with_server(manager: ManagerProcess) -> Path:
    """A stopped server that takes a while to pack, where that is wanted; its data folder."""
    made = manager.post("/servers", {"name": "Home", "version": VERSION, "port": free_port()}).json
    assert manager.wait_for_run(made["operation"]["run_id"])["state"] == "succeeded"
    folder = Path(manager.get("/servers/home")["data_path"])
    make_world(folder / "Saves" / "default.vcdbs", chunks=300)
    (folder / "ModData").mkdir()
    (folder / "ModData" / "noise.bin").write_bytes(os.urandom(6_000_000))
    return folder


def change_settings(manager: ManagerProcess, **changes: Any) -> None:
    settings = manager.get("/servers/home/backup-settings")
    changed = manager.request("PUT", "/api/v1/servers/home/backup-settings", {**settings, **changes})
    assert changed.status == 200, changed.json


def programs(data_dir: Path) -> list[int]:
    """Those that have a file below the folder of backups open."""
    found = []
    for links in Path("/proc").glob("[0-9]*/fd"):
        try:
            opened = [os.readlink(link) for link in links.iterdir()]  # noqa: PTH115 - of the kernel
        except OSError:
            continue
        if any(path.startswith(str(data_dir / "backups")) for path in opened):
            found.append(int(links.parent.name))
    return found


def is_backing_up(repository: Path) -> bool:
    """restic has the archive on its way, and does not take it."""
    found = processes_with(str(repository))
    return any(b"backup" in Path(f"/proc/{pid}/cmdline").read_bytes() for pid in found if Path(f"/proc/{pid}").exists())


def copy_of(manager: ManagerProcess, backup_id: str) -> dict[str, Any]:
    (copy,) = manager.get(f"/backups/{backup_id}")["copies"]
    return dict(copy)


@pytest.mark.timeout(300)
def test_what_is_half_is_removed_and_what_was_begun_is_done_by_the_next_one(tmp_path: Path) -> None:
    data_dir, repository, programs_dir = tmp_path / "data", tmp_path / "mnt" / "repository", tmp_path / "bin"
    for folder in (repository.parent, programs_dir):
        folder.mkdir()
    install_version(data_dir)
    environment: dict[str, Any] = {
        "DOTNET_ROOT": str(make_dotnet_root(tmp_path / "dotnet")),
        "VS_HOST_ROOTS": str(repository.parent),
        "PATH": f"{make_stand_in(programs_dir)}:{os.environ['PATH']}",
    }
    manager = start_manager(data_dir, **environment)
    try:
        home = with_server(manager)
        place = {"kind": "restic", "repository": str(repository), "password": PASSWORD}
        target = manager.post("/offsite-targets", {"name": "Cloud", "place": place}).json["id"]
        change_settings(manager, targets=[target], compression_level=1)
        (repository / "hangs").write_text("")
        whole = manager.wait_for_run(manager.post("/servers/home/backups", {}).json["id"], timeout=LONG)
        first = whole["report"]["backup_id"]
        until(lambda: is_backing_up(repository), "the copy")
        copying = next(run for run in manager.runs(state="running") if run["job_id"] == "offsite_copy")
        change_settings(manager, compression_level=19)
        packing: dict[str, Any] = manager.post("/servers/home/backups", {}).json
        backups = data_dir / "backups" / "home"
        until(lambda: list(backups.glob(".work-*/archive.tar.zst.part")), "the beginning of the archive")
        world = (home / "Saves" / "default.vcdbs").read_bytes()
    finally:
        os.kill(manager.process.pid, signal.SIGKILL)
        manager.process.wait()
    until(lambda: not programs(data_dir), "the end of the program that packs")
    until(lambda: not processes_with(str(repository)), "the end of restic")
    assert [path.name for path in backups.glob("*.tar.zst")] == [whole["report"]["file_name"]]
    (repository / "hangs").unlink()
    with running_manager(data_dir, **environment) as manager:
        assert [manager.get(f"/runs/{run['id']}")["state"] for run in (packing, copying)] == ["lost", "lost"]
        until(lambda: not list(backups.glob(".work-*")), "the removal of what is half")
        assert [backup["id"] for backup in manager.get("/backups")["items"]] == [first]
        until(lambda: copy_of(manager, first)["state"] == "copied", "the copy")
        assert len(list(repository.glob("snapshots/*.json"))) == 1
        change_settings(manager, compression_level=1)
        again = manager.wait_for_run(manager.post("/servers/home/backups", {"note": "again"}).json["id"], timeout=LONG)
        assert again["state"] == "succeeded", again
        (backup, _) = manager.get("/servers/home/backups")["items"]
        assert (backup["id"], backup["world"]) == (again["report"]["backup_id"], "verified")
    assert (home / "Saves" / "default.vcdbs").read_bytes() == world
    assert health(home / "Saves" / "default.vcdbs") == "ok"
