"""A manager that is killed in the middle of a backup: nothing half is taken for one, and the next one finds all in order."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.backups.worlds import health, make_world
from tests.managers import ManagerProcess, running_manager, start_manager
from tests.servers.games import LONG, VERSION, free_port, install_version
from vintagestory_sandbox.dotnet_root import make_dotnet_root


def until(holds: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + LONG
    while not holds():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.01)


def with_server(manager: ManagerProcess, data_dir: Path) -> Path:
    """A stopped server that takes a while to pack; its data folder."""
    made = manager.post("/servers", {"name": "Home", "version": VERSION, "port": free_port()}).json
    assert manager.wait_for_run(made["operation"]["run_id"])["state"] == "succeeded"
    folder = Path(manager.get("/servers/home")["data_path"])
    make_world(folder / "Saves" / "default.vcdbs", chunks=300)
    (folder / "ModData").mkdir()
    (folder / "ModData" / "noise.bin").write_bytes(os.urandom(15_000_000))
    pack_at(manager, 19)
    assert data_dir in folder.parents
    return folder


def pack_at(manager: ManagerProcess, level: int) -> None:
    settings = manager.get("/servers/home/backup-settings")
    changed = manager.request("PUT", "/api/v1/servers/home/backup-settings", {**settings, "compression_level": level})
    assert changed.status == 200


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


def test_what_is_half_is_removed_and_the_next_backup_is_whole(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    install_version(data_dir)
    dotnet = str(make_dotnet_root(tmp_path / "dotnet"))
    manager = start_manager(data_dir, DOTNET_ROOT=dotnet)
    try:
        folder = with_server(manager, data_dir)
        run: dict[str, Any] = manager.post("/servers/home/backups", {}).json
        backups = data_dir / "backups" / "home"
        until(lambda: list(backups.glob(".work-*/archive.tar.zst.part")), "the beginning of the archive")
        world = (folder / "Saves" / "default.vcdbs").read_bytes()
    finally:
        os.kill(manager.process.pid, signal.SIGKILL)
        manager.process.wait()
    until(lambda: not programs(data_dir), "the end of the program that packs")
    assert list(backups.glob("*.tar.zst")) == []
    with running_manager(data_dir, DOTNET_ROOT=dotnet) as manager:
        assert manager.get(f"/runs/{run['id']}")["state"] == "lost"
        until(lambda: not list(backups.glob(".work-*")), "the removal of what is half")
        assert manager.get("/backups")["items"] == []
        pack_at(manager, 1)
        again = manager.post("/servers/home/backups", {"note": "again"}).json
        ended = manager.wait_for_run(again["id"], timeout=LONG)
        assert ended["state"] == "succeeded", ended
        (backup,) = manager.get("/servers/home/backups")["items"]
        assert (backup["id"], backup["world"]) == (ended["report"]["backup_id"], "verified")
    assert (folder / "Saves" / "default.vcdbs").read_bytes() == world
    assert health(folder / "Saves" / "default.vcdbs") == "ok"
