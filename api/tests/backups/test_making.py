"""Backups of servers that run and of those that don't, from the request to the archive."""

import asyncio
import hashlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.backups.kept import archive, back_up, backups, folder, made, unpack, with_world
from tests.backups.putting_back import restored
from tests.backups.worlds import chunks_of, damage_world, health, make_world
from tests.server_mods.mods_of_servers import Mods
from tests.servers.games import LONG, House
from vintagestory_api.backups.children import NotReadable
from vintagestory_api.backups.records import BackupRecord
from vintagestory_api.server_mods.schemas import ModTrouble
from vintagestory_api.server_mods.service import ServerMods

GAME_BACKUPS = "Backups"


@pytest.fixture(scope="module")
def running(house: House) -> str:
    """A server that runs; tests leave it so."""
    server = house.create("Running", start=True)
    return str(server["id"])


@contextmanager
def game(house: House, name: str, **switches: Any) -> Iterator[str]:
    """A server that runs and behaves so from its start on."""
    server: str = house.create(name)["id"]
    house.switch(server, **switches)
    house.does(server, "start")
    yield server
    house.app.ask("POST", f"/servers/{server}/kill")


def left_by_the_game(house: House, server_id: str) -> list[str]:
    there = house.data_path(server_id) / GAME_BACKUPS
    return names_in(there) if there.exists() else []


def names_in(there: Path) -> list[str]:
    return sorted(path.name for path in there.iterdir())


def test_a_running_server_goes_on_while_its_world_is_copied_by_the_game(house: House, running: str, tmp_path: Path) -> None:
    (house.data_path(running) / "ModConfig").mkdir(exist_ok=True)
    (house.data_path(running) / "ModConfig" / "ours.json").write_text("{}")
    before = house.get(running)["started_at"]
    backup = made(house, running, note="before the feast", pinned=True)
    assert house.get(running)["started_at"] == before
    assert (backup["world"], backup["method"], backup["kind"], backup["made_by"]) == ("verified", "genbackup", "manual", "admin")
    assert (backup["note"], backup["pinned"], backup["is_there"], backup["problem"]) == ("before the feast", True, True, None)
    assert backup["game_version"] == "1.22.7"
    assert backup["size_bytes"] == archive(house, backup).stat().st_size
    manifest = unpack(archive(house, backup), tmp_path / "unpacked")
    assert health(tmp_path / "unpacked" / "Saves" / "default.vcdbs") == "ok"
    packed = {file["path"]: file["sha256"] for file in manifest["files"]}
    assert {"Saves/default.vcdbs", "serverconfig.json", "ModConfig/ours.json", "Playerdata/playerdata.json"} <= packed.keys()
    assert not any(path.startswith(("Logs/", "Cache/", "Backups/")) for path in packed)
    for path, digest in packed.items():
        assert hashlib.sha256((tmp_path / "unpacked" / path).read_bytes()).hexdigest() == digest
    assert left_by_the_game(house, running) == []
    entry = house.entry(running, "backup_made")
    assert entry["details"]["backup_id"] == backup["id"]
    assert entry["details"]["world"] == "verified"


def test_the_archive_ends_with_the_manifest_which_lies_beside_it_too(house: House, running: str, tmp_path: Path) -> None:
    backup = made(house, running)
    manifest = unpack(archive(house, backup), tmp_path / "unpacked")
    beside = archive(house, backup).with_name(backup["file_name"].replace(".tar.zst", ".json"))
    assert json.loads(beside.read_bytes()) == manifest
    assert sorted(path.name for path in folder(house, running).iterdir() if path.name.startswith(".")) == []


def test_a_stopped_server_is_packed_as_it_lies_and_its_world_is_not_touched(house: House, tmp_path: Path) -> None:
    server = house.create("Stopped")["id"]
    world = with_world(house, server)
    before = (world.read_bytes(), world.stat().st_mtime_ns, names_in(world.parent))
    backup = made(house, server)
    assert (backup["world"], backup["method"]) == ("verified", "copy")
    assert (world.read_bytes(), world.stat().st_mtime_ns, names_in(world.parent)) == before
    unpack(archive(house, backup), tmp_path / "unpacked")
    assert (tmp_path / "unpacked" / "Saves" / "default.vcdbs").read_bytes() == before[0]


@pytest.mark.parametrize("wal", [True, False])
def test_what_a_killed_game_left_in_the_journal_is_put_in_order_in_a_copy_alone(
    house: House, tmp_path: Path, *, wal: bool
) -> None:
    server = house.create("Killed")["id"]
    world = with_world(house, server, wal=wal)
    child = f"""
import os, sqlite3
world = sqlite3.connect({str(world)!r}, isolation_level=None)
world.execute("PRAGMA wal_autocheckpoint = 0")
world.execute("PRAGMA cache_size = 5")
world.execute("BEGIN IMMEDIATE")
world.executemany("INSERT INTO chunk VALUES (?, zeroblob(3000))", [(place,) for place in range(1000, 1200)])
if {wal!r}:
    world.execute("COMMIT")
os._exit(0)
"""
    subprocess.run([sys.executable, "-c", child], check=True)
    companion = world.with_name(world.name + ("-wal" if wal else "-journal"))
    assert companion.stat().st_size > 0
    before = {path.name: path.read_bytes() for path in world.parent.iterdir() if not path.name.endswith("-shm")}
    backup = made(house, server)
    assert {path.name: path.read_bytes() for path in world.parent.iterdir() if not path.name.endswith("-shm")} == before
    assert backup["world"] == "verified"
    unpack(archive(house, backup), tmp_path / "unpacked")
    packed = tmp_path / "unpacked" / "Saves" / "default.vcdbs"
    assert health(packed) == "ok"
    assert chunks_of(packed) == (250 if wal else 50)
    assert [path.name for path in (tmp_path / "unpacked" / "Saves").iterdir()] == ["default.vcdbs"]


def test_a_server_without_a_world_is_backed_up_without_one(house: House) -> None:
    server = house.create("Empty")["id"]
    backup = made(house, server)
    assert (backup["world"], backup["method"], backup["world_file"]) == ("none", None, None)
    assert [file["path"] for file in backup["files"]] == ["serverconfig.json"]


def test_a_damaged_world_is_packed_and_marked_and_told(house: House) -> None:
    server = house.create("Damaged")["id"]
    damage_world(with_world(house, server, chunks=400))
    backup = made(house, server)
    assert backup["world"] == "damaged"
    assert "damaged" in backup["problem"]
    assert any("SQLite" in note for note in backup["notes"])
    assert house.entry(server, "backup_made")["details"]["world"] == "damaged"
    state = next(state for state in house.app.get("/backup-states")["items"] if state["server_id"] == server)
    assert (state["last_good"], state["count"], state["ran_since"]) == (None, 1, True)


@pytest.mark.parametrize("place", ["Worlds/ours.vcdbs", "Saves/our\\s.vcdbs"])
def test_a_world_that_does_not_lie_where_others_do_can_be_put_back(house: House, place: str) -> None:
    server = house.create(f"Odd place {len(place)}")["id"]
    path = house.data_path(server) / "serverconfig.json"
    config = json.loads(path.read_bytes())
    world = make_world(house.data_path(server) / place)
    config["WorldConfig"]["SaveFileLocation"] = str(world)
    path.write_text(json.dumps(config))
    backup = made(house, server)
    assert (backup["world"], backup["world_file"].partition("/")[0]) == ("verified", "Saves")
    run = restored(house, backup, new_server={"name": f"Odd place again {len(place)}"})
    there = house.data_path(run["server_id"])
    assert (there / backup["world_file"]).read_bytes() == world.read_bytes()
    config = json.loads((there / "serverconfig.json").read_bytes())
    assert config["WorldConfig"]["SaveFileLocation"] == str(there / backup["world_file"])


def test_an_empty_folder_is_no_backup_of_nothing(house: House, tmp_path: Path) -> None:
    server = house.create("Unmounted")["id"]
    there = house.data_path(server)
    there.rename(tmp_path / "unplugged")
    there.mkdir()
    assert "If it lies on a disk of its own, mount that" in back_up(house, server, state="failed")["error"]["message"]
    there.rmdir()
    (tmp_path / "unplugged").rename(there)
    assert made(house, server)["world"] == "none"


def test_a_world_outside_of_the_server_folder_is_not_touched(house: House, tmp_path: Path) -> None:
    server = house.create("Elsewhere")["id"]
    path = house.data_path(server) / "serverconfig.json"
    config = json.loads(path.read_bytes())
    config["WorldConfig"]["SaveFileLocation"] = str(tmp_path / "world.vcdbs")
    path.write_text(json.dumps(config))
    run = back_up(house, server, state="failed")
    assert "outside of its data folder" in run["error"]["message"]
    assert house.entry(server, "backup_failed")["details"]["text"] == run["error"]["message"]
    assert backups(house, server) == []
    link = house.data_path(server) / "Saves"
    link.mkdir(exist_ok=True)
    (tmp_path / "world.vcdbs").write_bytes(b"elsewhere")
    (link / "default.vcdbs").symlink_to(tmp_path / "world.vcdbs")
    config["WorldConfig"]["SaveFileLocation"] = str(link / "default.vcdbs")
    path.write_text(json.dumps(config))
    assert "outside of its data folder" in back_up(house, server, state="failed")["error"]["message"]


def test_links_and_pipes_are_left_out_and_told(house: House, tmp_path: Path) -> None:
    server = house.create("Linked")["id"]
    (tmp_path / "secret.txt").write_text("secret")
    data = house.data_path(server) / "ModData"
    data.mkdir()
    (data / "good.txt").write_text("good")
    (data / "link.txt").symlink_to(tmp_path / "secret.txt")
    (data / "folder").symlink_to(tmp_path)
    os.mkfifo(data / "pipe")
    backup = made(house, server)
    assert {file["path"] for file in backup["files"]} == {"serverconfig.json", "ModData/good.txt"}
    assert sum("left out" in note for note in backup["notes"]) == 3


def test_mods_put_there_by_hand_are_packed_and_the_others_are_listed(house: House) -> None:
    server = house.create("Modded")["id"]
    mods = house.data_path(server) / "Mods"
    mods.mkdir(exist_ok=True)
    (mods / "byhand.cs").write_text("// a mod")
    (mods / "ctl\x01name.cs").write_text("// another")
    backup = made(house, server)
    assert "Mods/byhand.cs" in {file["path"] for file in backup["files"] if file["part"] == "mods"}
    assert any("names that can't be packed" in note and "name.cs" in note for note in backup["notes"])


def test_uploaded_mods_and_those_that_the_mod_database_takes_back_are_always_packed(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    mods = Mods(house)
    for modid in ("ours", "off", "fetched", "retracted"):
        mods.install(modid)
    mods.change({"action": "disable", "mod": "off"})
    # As if these two came from the mod database, which has taken back the one.
    from_there = {"fetched", "retracted"}
    installed = ServerMods.installed
    listed = ServerMods.listed

    async def as_fetched(self: ServerMods, *args: Any, **options: Any) -> Any:
        items, state = await installed(self, *args, **options)
        return [
            replace(one, entry=one.entry.model_copy(update={"source": "moddb"})) if one.entry.modid in from_there else one
            for one in items
        ], state

    async def as_told(self: ServerMods, server_id: str) -> Any:
        found = await listed(self, server_id)
        for mod in found.items:
            if mod.modid == "retracted":
                mod.troubles.append(ModTrouble(code="retracted", message="Its author has retracted this release."))
        return found

    monkeypatch.setattr(ServerMods, "installed", as_fetched)
    monkeypatch.setattr(ServerMods, "listed", as_told)
    backup = made(house, mods.id)
    packed = {file["path"].rpartition("/")[2] for file in backup["files"] if file["part"] == "mods"}
    assert packed == {"ours_1.0.0.zip", "off_1.0.0.zip", "retracted_1.0.0.zip"}
    assert backup["mods"] == 4
    (off,) = [mod["sha256"] for mod in backup_lock(house, backup) if mod["modid"] == "off"]
    house.app.manager.server_mods.store.path(off).unlink()
    assert any("off_1.0.0.zip" in note for note in made(house, mods.id)["notes"])


def backup_lock(house: House, backup: dict[str, Any]) -> list[dict[str, Any]]:
    beside = archive(house, backup).with_name(backup["file_name"].replace(".tar.zst", ".json"))
    found: list[dict[str, Any]] = json.loads(beside.read_bytes())["lock"]["mods"]
    return found


def test_mods_that_can_not_be_listed_are_packed_as_they_lie_there(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    mods = Mods(house)
    mods.install("ours")
    assert mods.folder.is_symlink()

    async def fail(*_args: Any) -> None:
        raise NotReadable("The list is not readable.")

    monkeypatch.setattr(ServerMods, "lock_list", fail)
    backup = made(house, mods.id)
    assert [file["path"] for file in backup["files"] if file["part"] == "mods"] == ["Mods/ours_1.0.0.zip"]
    assert any("The list is not readable." in note for note in backup["notes"])


def test_a_server_that_is_held_is_not_backed_up(house: House) -> None:
    server = house.create("Held")["id"]
    house.switch(server, boot_seconds=60)
    run = house.post(server, "start")
    problem = house.app.refused("POST", f"/servers/{server}/backups", 409, "server_busy", json={})
    assert problem["operation"] == "start"
    house.app.ask("POST", f"/runs/{run['id']}/cancel")
    house.app.ended(run["id"], LONG)
    if house.app.ask("POST", f"/servers/{server}/kill").status_code == 202:  # there was a game already
        house.until(server, state="stopped")


# What games do


def test_a_game_that_ignores_the_request_is_given_up_on_soon(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vintagestory_api.backups.capture._ANSWER_SECONDS", 0.5)
    monkeypatch.setattr("vintagestory_api.backups.capture._NO_SIGN_SECONDS", 1.0)
    with game(house, "Ignores", backup_trouble="ignored") as server:
        run = back_up(house, server, state="failed")
        assert "neither a word nor a file came of it" in run["error"]["message"]
        monkeypatch.setattr(house.app.manager.backups.capture, "limit_seconds", lambda: 0.5)
        assert "did not finish its backup within" in back_up(house, server, state="failed")["error"]["message"]
        assert left_by_the_game(house, server) == []
        assert house.get(server)["state"] == "running"


def test_a_game_that_never_finishes_is_given_up_on(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vintagestory_api.backups.capture._QUIET_SECONDS", 1_000.0)
    monkeypatch.setattr("vintagestory_api.backups.capture._STALLED_SECONDS", 1.0)
    with game(house, "Never", backup_trouble="never") as server:
        assert "nothing more came of it" in back_up(house, server, state="failed")["error"]["message"]
        assert left_by_the_game(house, server) == []
        monkeypatch.setattr("vintagestory_api.backups.capture._BUSY_SECONDS", 0.0)
        assert "makes a backup already" in back_up(house, server, state="failed")["error"]["message"]


def test_a_game_in_hosted_mode_refuses(house: House) -> None:
    server = house.create("Hosted")["id"]
    path = house.data_path(server) / "serverconfig.json"
    config = json.loads(path.read_bytes())
    config["HostedMode"] = True
    path.write_text(json.dumps(config))
    house.does(server, "start")
    run = back_up(house, server, state="failed")
    assert "hosted mode" in run["error"]["message"]
    house.does(server, "kill")


def test_a_game_that_tears_its_copy_makes_a_damaged_backup(house: House) -> None:
    with game(house, "Tears", backup_trouble="torn") as server:
        assert made(house, server)["world"] == "damaged"


def test_a_game_that_speaks_another_language_is_understood_by_its_file(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vintagestory_api.backups.capture._QUIET_SECONDS", 1.0)
    with game(house, "Mute", backup_trouble="mute") as server:
        backup = made(house, server)
    assert (backup["world"], backup["method"]) == ("verified", "genbackup")


def test_a_game_that_can_not_save_is_backed_up_as_it_last_saved(house: House) -> None:
    with game(house, "Unsaved", autosave_fails=True) as server:
        backup = made(house, server)
    assert backup["world"] == "verified"
    assert any("could not save" in note for note in backup["notes"])


def test_a_game_that_is_killed_meanwhile_leaves_its_world_which_is_packed(house: House) -> None:
    with game(house, "Ends", backup_seconds=20_000) as server:
        run = house.post(server, "backups", {})
        house.app.until(lambda: left_by_the_game(house, server), bool, LONG)
        house.does(server, "kill")
        run = house.app.ended(run["id"], LONG)
    assert run["state"] == "succeeded", run
    backup = house.app.get(f"/backups/{run['report']['backup_id']}")
    assert (backup["world"], backup["method"]) == ("verified", "copy")
    assert any("The game ended" in note for note in backup["notes"])
    assert left_by_the_game(house, server) == []


def test_a_backup_that_is_cancelled_leaves_nothing(house: House) -> None:
    with game(house, "Cancelled", backup_seconds=20_000) as server:
        run = house.post(server, "backups", {})
        house.app.until(lambda: left_by_the_game(house, server), bool, LONG)
        assert house.app.ask("POST", f"/runs/{run['id']}/cancel").status_code == 202
        assert house.app.ended(run["id"], LONG)["state"] == "cancelled"
        assert left_by_the_game(house, server) == []
        assert list(folder(house, server).iterdir()) == []
        assert house.get(server)["state"] == "running"


def test_a_game_that_is_still_at_a_backup_that_was_cancelled_is_waited_for(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vintagestory_api.backups.capture._BUSY_LOOK_SECONDS", 0.2)
    with game(house, "Still at it", backup_seconds=50) as server:
        run = house.post(server, "backups", {})
        house.app.until(lambda: left_by_the_game(house, server), bool, LONG)
        assert house.app.ask("POST", f"/runs/{run['id']}/cancel").status_code == 202
        assert house.app.ended(run["id"], LONG)["state"] == "cancelled"
        assert made(house, server)["world"] == "verified"


@pytest.mark.parametrize("step", ["_put_in_place", "add"])
def test_a_backup_that_is_cancelled_as_it_gets_its_name_is_none(house: House, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    server = house.create(f"Late {step}")["id"]
    with_world(house, server)
    earlier = made(house, server)
    begun, go_on = threading.Event(), threading.Event()
    making, shelf = house.app.manager.backups._making, house.app.manager.backups.shelf
    put, add = making._put_in_place, shelf.add

    def put_slowly(record: BackupRecord, work: Path) -> None:
        begun.set()
        assert go_on.wait(LONG)
        put(record, work)

    async def add_slowly(record: BackupRecord) -> None:
        begun.set()
        assert await asyncio.to_thread(go_on.wait, LONG)
        await add(record)

    if step == "add":
        monkeypatch.setattr(shelf, "add", add_slowly)
    else:
        monkeypatch.setattr(making, "_put_in_place", put_slowly)
    run = house.post(server, "backups", {})
    assert begun.wait(LONG)
    assert house.app.ask("POST", f"/runs/{run['id']}/cancel").status_code == 202
    go_on.set()
    assert house.app.ended(run["id"], LONG)["state"] == "cancelled"
    assert [backup["id"] for backup in backups(house, server)] == [earlier["id"]]
    assert len(names_in(folder(house, server))) == 2
    assert house.get(server)["operation"] is None
