"""Servers that ran elsewhere are copied into the manager's folder, or refused; the folder they come from stays as it is."""

import asyncio
import hashlib
import json
import threading
from pathlib import Path
from typing import Any

import pytest

from tests.backups.worlds import damage_world, make_world
from tests.servers.games import LONG, VERSION, House, free_port, install_version, running_house
from vintagestory_api.errors import Unavailable
from vintagestory_api.servers.in_store import in_store
from vintagestory_api.services.run_context import current_run
from vintagestory_sandbox.builds import unpack_build
from vintagestory_sandbox.dotnet_root import make_dotnet_root


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """What is imported lies beside the data folder of the manager."""
    data_dir = tmp_path_factory.mktemp("importing") / "data"
    data_dir.mkdir()
    install_version(data_dir)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DOTNET_ROOT", str(make_dotnet_root(tmp_path_factory.mktemp("dotnet"))))
        with running_house(data_dir, host_roots=(data_dir.parent,)) as house:
            yield house


@pytest.fixture
def volume(house: House, request: pytest.FixtureRequest) -> Path:
    """As the Docker image of PepeCitron leaves it."""
    folder: Path = house.data_dir.parent / str(request.node.name)
    make_world(folder / "Saves" / "default.vcdbs", chunks=50)
    for name in ("Mods", "Logs", "Playerdata"):
        (folder / name).mkdir()
    (folder / "Mods" / "one.zip").write_bytes(b"no zip")
    (folder / "Logs" / "server-main.log").write_text(f"[Notification] Game Version: v{VERSION} (Stable)\n")
    (folder / "serverconfig.json").write_text(
        json.dumps(
            {
                "ServerName": "Old friends",
                "Port": free_port(),
                "Unknown": {"kept": [1, 2]},
                "ModPaths": ["Mods", "/data/server-file/Mods"],
                "WorldConfig": {"SaveFileLocation": "/data/server-file/Saves/default.vcdbs"},
            }
        )
    )
    return folder


def sums(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def copy(house: House, volume: Path, *, state: str = "succeeded", **fields: Any) -> dict[str, Any]:
    body = {"path": str(volume), "name": "Old friends", "version": VERSION, **fields}
    answer = house.app.ask("POST", "/adoptions/copy", json=body)
    assert answer.status_code == 202, answer.text
    run = house.app.ended(answer.json()["id"], LONG)
    assert run["state"] == state, run
    return run


def servers_and_folders(house: House) -> tuple[list[str], list[str]]:
    servers = [server["id"] for server in house.app.get("/servers")["items"]]
    return servers, sorted(path.name for path in (house.data_dir / "servers").iterdir())


def test_a_volume_of_a_container_becomes_a_server(house: House, volume: Path) -> None:
    found = house.app.ask("POST", "/adoptions/inspect", json={"path": str(volume)}).json()
    assert "PepeCitron" in found["source"]
    before = sums(volume)
    run = copy(house, volume, port=found["port"])
    assert sums(volume) == before
    server = house.get(run["report"]["server_id"])
    server = house.until(server["id"], state="stopped", operation=None)
    data = Path(server["data_path"])
    assert (server["is_adopted"], server["version"], server["port"]) == (False, VERSION, found["port"])
    assert data.parent == house.data_dir / "servers"
    config = json.loads((data / "serverconfig.json").read_text())
    assert config["WorldConfig"]["SaveFileLocation"] == str(data / "Saves" / "default.vcdbs")
    assert config["ModPaths"] == ["Mods", str(data / "Mods")]
    assert config["Unknown"] == {"kept": [1, 2]}
    assert (data / "Saves" / "default.vcdbs").read_bytes() == (volume / "Saves" / "default.vcdbs").read_bytes()
    assert run["report"]["files"] == 3
    assert not list(data.glob(".vsmanager*"))
    house.does(server["id"], "start")
    house.does(server["id"], "stop")


def test_an_install_that_lies_with_its_data_is_copied_as_a_version(house: House, volume: Path) -> None:
    panel = volume.parent / "panel"
    panel.mkdir()
    unpack_build("1.21.6", panel)
    volume.rename(panel / "data")
    run = copy(house, panel, name="Panel", version="1.21.6", port=free_port())
    server = house.until(run["report"]["server_id"], state="stopped", operation=None)
    assert server["version"] == "1.21.6"
    assert (house.data_dir / "versions" / "1.21.6" / "assets").is_dir()
    assert not (Path(server["data_path"]) / "assets").exists()


def test_a_damaged_world_is_told_and_nothing_stays(house: House, volume: Path) -> None:
    damage_world(volume / "Saves" / "default.vcdbs")
    before = servers_and_folders(house)
    run = copy(house, volume, state="failed")
    assert "default.vcdbs is damaged" in run["error"]["message"]
    assert servers_and_folders(house) == before


def test_what_leads_out_of_the_folder_is_refused_and_nothing_stays(house: House, volume: Path) -> None:
    world = volume / "Saves" / "default.vcdbs"
    world.rename(volume.parent / "stolen.vcdbs")
    world.symlink_to(volume.parent / "stolen.vcdbs")
    before = servers_and_folders(house)
    for way, code in (("", "folder_not_adoptable"), ("/copy", "folder_not_importable")):
        body = {"path": str(volume), "name": "X", "version": VERSION, "port": free_port()}
        problem = house.app.refused("POST", f"/adoptions{way}", 409, code, json=body)
        assert f"lies outside of it, at {volume.parent / 'stolen.vcdbs'}" in problem["problems"][0]
    world.unlink()
    (volume.parent / "stolen.vcdbs").rename(world)
    (volume / "Playerdata").rename(volume.parent / "stolen")
    (volume / "Playerdata").symlink_to(volume.parent / "stolen")
    run = copy(house, volume, state="failed", port=free_port())
    assert "is a link" in run["error"]["message"]
    assert servers_and_folders(house) == before


def test_a_broken_configuration_is_refused_at_once(house: House, volume: Path) -> None:
    (volume / "serverconfig.json").write_text('{"Port": ')
    body = {"path": str(volume), "name": "X", "version": VERSION}
    problem = house.app.refused("POST", "/adoptions/copy", 409, "folder_not_importable", json=body)
    assert "can't be read" in problem["problems"][0]


def test_a_copy_that_is_cancelled_leaves_nothing(house: House, volume: Path) -> None:
    for number in range(3_000):
        (volume / "Mods" / f"{number}.json").write_text("x")
    before = servers_and_folders(house)
    body = {"path": str(volume), "name": "Cancelled", "version": VERSION, "port": free_port()}
    run_id = house.app.ask("POST", "/adoptions/copy", json=body).json()["id"]
    assert house.app.ask("POST", f"/runs/{run_id}/cancel").status_code in {200, 202}
    run = house.app.ended(run_id, LONG)
    assert run["state"] in {"cancelled", "failed"}, run
    house.app.until(lambda: servers_and_folders(house), lambda found: found == before, LONG)


def test_what_a_killed_manager_was_copying_is_swept(house: House) -> None:
    servers = house.data_dir / "servers"
    for name in (".import-half", "orphan"):
        (servers / name).mkdir()
    (servers / "orphan" / ".vsmanager-import").touch()
    kept = house.create("Kept", port=free_port())
    mark = Path(kept["data_path"]) / ".vsmanager-import"
    mark.touch()
    manager = house.app.manager
    swept: Any = house.app.in_loop(manager.server_imports.sweep)
    assert swept is None
    assert not (servers / ".import-half").exists()
    assert not (servers / "orphan").exists()
    assert not mark.exists()
    assert (Path(kept["data_path"]) / "serverconfig.json").exists()


def test_what_is_being_copied_is_not_taken_for_what_an_earlier_manager_left(
    house: House, volume: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    imports, setup = house.app.manager.server_imports, house.app.manager.setup
    seen: list[str] = []

    def sweeping(work: Any) -> Any:
        async def first_sweep(*args: Any, **options: Any) -> Any:
            await imports.sweep()
            seen.append(work.__name__)
            return await work(*args, **options)

        return first_sweep

    monkeypatch.setattr(imports, "_check_worlds", sweeping(imports._check_worlds))
    monkeypatch.setattr(setup, "adopt", sweeping(setup.adopt))
    run = copy(house, volume, port=free_port())
    server = house.until(run["report"]["server_id"], state="stopped", operation=None)
    assert seen == ["_check_worlds", "adopt"]
    assert (Path(server["data_path"]) / "Saves" / "default.vcdbs").is_file()


def test_a_copy_stays_with_the_server_that_was_made_of_it_also_when_nobody_can_go_on_with_it(
    house: House, volume: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(*_args: Any, **_options: Any) -> None:
        raise Unavailable("The run can't be recorded: the disk is full.")

    monkeypatch.setattr(house.app.manager.setup, "finish", full)
    run = copy(house, volume, state="failed", id="half-made", port=free_port())
    assert "disk is full" in run["error"]["message"]
    assert (house.data_path("half-made") / "Saves" / "default.vcdbs").is_file()


@pytest.mark.parametrize("moment", ["placed", "stored"])
def test_a_copy_that_is_cancelled_at_its_very_end_leaves_nothing(
    house: House, volume: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    imports, app = house.app.manager.server_imports, house.app
    runs: list[str] = []
    is_asked = threading.Event()
    real_import, real_put, real_store = imports._import, imports._put_in_place, in_store

    async def known(*args: Any) -> Any:
        run = current_run.get()
        assert run is not None
        runs.append(run.run_id)
        return await real_import(*args)

    def cancel() -> None:
        app.manager.scheduler.cancel_run(runs[0])
        is_asked.set()

    def placed(*args: Any) -> Any:
        found = real_put(*args)
        if moment == "placed":
            loop.call_soon_threadsafe(cancel)
            assert is_asked.wait(LONG)
        return found

    async def stored(*args: Any) -> Any:
        found = await real_store(*args)
        if moment == "stored" and not is_asked.is_set():
            cancel()
        return found

    async def running_loop() -> asyncio.AbstractEventLoop:
        return asyncio.get_running_loop()

    loop: Any = app.in_loop(running_loop)
    before = servers_and_folders(house)
    monkeypatch.setattr(imports, "_import", known)
    monkeypatch.setattr(imports, "_put_in_place", placed)
    monkeypatch.setattr("vintagestory_api.servers.setup.in_store", stored)
    copy(house, volume, state="cancelled", id="cut-off", port=free_port())
    assert is_asked.is_set()
    assert servers_and_folders(house) == before
