"""The mods of a server come back with a backup: from the backup, from the store, or not at all."""

import itertools
import json
from typing import Any

import pytest

from tests.backups.kept import archive, made, with_world
from tests.backups.putting_back import restored
from tests.server_mods.mods_of_servers import Mods
from tests.server_mods.zips import put_mod
from tests.servers.games import House
from vintagestory_api.backups.restore_mods import BackupMods, ModsBefore
from vintagestory_api.server_mods.set_states import Why

_numbers = itertools.count(1)


@pytest.fixture
def mods(house: House) -> Mods:
    found = Mods(house)
    with_world(house, found.id)
    return found


def installed(mods: Mods) -> dict[str, Any]:
    return {mod["modid"]: (mod["version"], mod["is_enabled"]) for mod in mods.listed()["items"]}


def test_the_set_is_the_one_of_the_backup_again(mods: Mods) -> None:
    mods.install("carrots")
    put_mod(mods.folder, "byhand")
    before = installed(mods)
    assert set(before) == {"carrots", "byhand"}
    backup = made(mods.house, mods.id)
    assert backup["mods"] == 2
    mods.install("carrots", "2.0.0")
    mods.install("leeks")
    (mods.folder / "byhand_1.0.0.zip").unlink()
    after = installed(mods)
    assert after != before
    run = restored(mods.house, backup, parts=["mods"])
    assert run["report"]["parts"] == ["mods"]
    assert installed(mods) == before
    newest = mods.generations()[0]
    assert newest["is_current"]
    assert "backup" in newest["why"]


def test_a_mod_that_is_a_folder_and_one_that_is_switched_off_come_back_as_they_were(mods: Mods) -> None:
    mods.install("carrots")
    mods.change({"action": "disable", "mod": "carrots"})
    folder = mods.folder / "handmade"
    folder.mkdir()
    (folder / "modinfo.json").write_text('{"type": "content", "modid": "handmade", "name": "x", "version": "0.1.0"}')
    before = installed(mods)
    backup = made(mods.house, mods.id)
    mods.change({"action": "remove", "mod": "carrots"}, {"action": "remove", "mod": "handmade"})
    assert installed(mods) == {}
    restored(mods.house, backup, parts=["mods"])
    assert installed(mods) == before
    assert (mods.folder / "handmade" / "modinfo.json").is_file()


async def test_what_waited_for_the_next_start_waits_again_when_a_restore_goes_back(mods: Mods) -> None:
    sets = mods.house.app.manager.server_mods
    server = mods.house.app.manager.servers.get(mods.id)
    mods.install("carrots")
    generations = sets.generations(server)
    for modid, actor in (("leeks", "Anna"), ("pots", "Ben")):
        planned = generations.take_stock().planned_on
        assert planned is not None
        sha256 = mods.upload(modid)["sha256"]
        entry = planned.entries[0].model_copy(
            update={"modid": modid, "name": modid, "file_name": f"{modid}.zip", "sha256": sha256}
        )
        generations.make([*planned.entries, entry], base=planned.number, why=Why(actor, f"For {actor}"), waits=True)
    restore = BackupMods(sets)
    before = await restore.before(server)
    await restore.put(server, before.entries[:0], Why(None, "From a backup"))
    assert generations.waits() is None
    restore.put_back(
        server.data_path, ModsBefore.model_validate_json(before.model_dump_json()), "2026-11-26T12:00:00Z", Why(None, "Back")
    )
    pending = mods.pending()
    assert pending is not None
    assert [(one["actor"], one["why"], one["added"]) for one in pending["changes"]] == [
        ("Anna", "For Anna", ["leeks 1.0.0"]),
        ("Ben", "For Ben", ["pots 1.0.0"]),
    ]
    assert installed(mods) == {"carrots": ("1.0.0", True)}


def test_files_that_came_by_hand_go_along_into_a_new_server(mods: Mods) -> None:
    put_mod(mods.folder, "byhand")
    backup = made(mods.house, mods.id)
    run = restored(mods.house, backup, new_server={"name": f"With mods {next(_numbers)}"})
    copy = mods.house.data_path(run["server_id"]) / "Mods"
    assert [path.name for path in copy.iterdir()] == ["byhand_1.0.0.zip"]
    assert mods.house.app.get(f"/servers/{run['server_id']}/mods")["items"][0]["modid"] == "byhand"


def test_a_mod_that_nobody_has_any_more_is_a_problem_and_can_be_left_out(mods: Mods) -> None:
    """As after the loss of the store, or on another machine."""
    mods.install("rare")
    backup = made(mods.house, mods.id)
    beside = archive(mods.house, backup).with_name(backup["file_name"].replace(".tar.zst", ".json"))
    told = json.loads(beside.read_bytes())
    told["lock"]["mods"][0] |= {"sha256": "0" * 64, "file_name": "other.zip"}
    beside.write_text(json.dumps(told))
    preview = mods.house.app.ask("POST", f"/backups/{backup['id']}/restore-preview", json={}).json()
    assert any("rare" in problem for problem in preview["problems"])
    mods.house.app.refused("POST", f"/backups/{backup['id']}/restore", 409, "restore_blocked", json={})
    restored(mods.house, backup, parts=["world", "config", "version"])
