"""Backups that are there: listed, changed, verified, fetched, deleted by hand and by rules, and found again."""

import json
import os
import shutil
import sqlite3
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import zstandard

from tests.backups.archives_by_hand import manifest_of, tar_of
from tests.backups.kept import archive, back_up, backups, folder, made, with_world
from tests.backups.worlds import damage_world
from tests.servers.games import LONG, House, free_port
from vintagestory_api.backups.capture import sweep_from_game
from vintagestory_api.backups.names import MARKER
from vintagestory_api.backups.stock import Stock


def a_server(house: House, name: str, *, keep: int = 100) -> str:
    """With a world; it keeps so many backups."""
    server: str = house.create(name)["id"]
    with_world(house, server)
    settings(house, server, last=keep)
    return server


def settings(house: House, server: str, **rules: int) -> None:
    path = f"/servers/{server}/backup-settings"
    now = house.app.get(path)
    none = {"last": 0, "hourly": 0, "daily": 0, "weekly": 0, "monthly": 0}
    answer = house.app.ask("PUT", path, json={**now, "retention": {**none, **rules}})
    assert answer.status_code == 200, answer.text


def change_database(house: House, statement: str, rows: Sequence[tuple[Any, ...]]) -> None:
    with sqlite3.connect(house.data_dir / "vsmanager.db", timeout=30) as database:
        database.executemany(statement, rows)
    database.close()


def verify(house: House, backup: dict[str, Any], *, state: str = "succeeded") -> dict[str, Any]:
    answer = house.app.ask("POST", f"/backups/{backup['id']}/verify")
    assert answer.status_code == 202, answer.text
    run = house.app.ended(answer.json()["id"], LONG)
    assert run["state"] == state, run
    return run


def take_stock(house: House) -> None:
    """As at the start of a manager."""
    manager = house.app.manager
    stock = Stock(manager.backups.shelf, manager.database)

    async def take() -> None:
        await stock.read(await stock.take())

    house.app.in_loop(take)  # type: ignore[unused-coroutine]


def test_lists_are_paged_and_filtered_newest_first(house: House) -> None:
    server = a_server(house, "Lists")
    ids = [made(house, server, note=f"note {number} 100%")["id"] for number in range(3)]
    first = house.app.get(f"/servers/{server}/backups", limit=2)
    assert [item["id"] for item in first["items"]] == ids[:0:-1]
    assert first["total_count"] == 3
    assert first["total_bytes"] == sum(item["size_bytes"] for item in backups(house, server))
    rest = house.app.get(f"/servers/{server}/backups", limit=2, cursor=first["next_cursor"])
    assert ([item["id"] for item in rest["items"]], rest["next_cursor"]) == (ids[:1], None)
    assert [item["id"] for item in house.app.get("/backups", q="Note 1 1", server_id=server)["items"]] == [ids[1]]
    assert len(house.app.get("/backups", q="LISTS", kind="manual")["items"]) == 3
    assert house.app.get("/backups", q="100_", server_id=server)["items"] == []
    assert house.app.get("/backups", kind="schedule", server_id=server)["total_count"] == 0
    house.app.refused("GET", "/backups", 422, "invalid_cursor", params={"cursor": "x"})
    house.app.refused("GET", "/servers/nobody/backups", 404, "server_not_found")
    house.app.refused("GET", "/backups/nothing", 404, "backup_not_found")


def test_notes_and_pins_outlive_a_lost_database(house: House) -> None:
    server = a_server(house, "Remarks")
    backup = made(house, server)
    path = f"/backups/{backup['id']}"
    changed = house.app.ask("PATCH", path, json={"note": " keep it ", "pinned": True}).json()
    assert (changed["note"], changed["pinned"]) == ("keep it", True)
    assert house.app.ask("PATCH", path, json={"pinned": True}).json()["note"] == "keep it"
    house.app.refused("DELETE", path, 409, "backup_pinned")
    change_database(house, "DELETE FROM backups WHERE server_id = ?", [(server,)])
    assert backups(house, server) == []
    take_stock(house)
    (found,) = backups(house, server)
    assert found == changed
    assert house.app.get(path)["files"] == backup["files"]
    assert house.app.ask("PATCH", path, json={"note": "", "pinned": False}).json()["note"] is None
    assert house.app.ask("DELETE", path).status_code == 204
    house.app.refused("GET", path, 404, "backup_not_found")
    assert not folder(house, server).exists()


def test_a_backup_that_is_sound_is_verified_and_one_that_is_not_is_told(house: House) -> None:
    server = a_server(house, "Verified")
    backup = made(house, server)
    assert backup["verified_at"] is None
    run = verify(house, backup)
    assert run["report"]["files"] == len(backup["files"])
    found = house.app.get(f"/backups/{backup['id']}")
    assert found["verified_at"] is not None
    assert [path.name for path in folder(house, server).iterdir() if path.name.startswith(".")] == []
    path = archive(house, backup)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(data)
    run = verify(house, backup, state="failed")
    assert run["error"]["message"].count(backup["file_name"]) == 1
    found = house.app.get(f"/backups/{backup['id']}")
    assert found["problem"]
    assert found["verified_at"] is None
    assert state_of(house, server)["last_good"] is None
    alert = the_alert_of(house, backup)
    assert (alert["severity"], alert["title"]) == ("critical", "Backup broken: Verified")
    assert backup["file_name"] in alert["text"]
    path.write_bytes(bytes(data[:-1]))
    verify(house, backup, state="failed")
    assert house.app.ask("DELETE", f"/backups/{backup['id']}").status_code == 204
    house.app.until(lambda: alerts_of(house, backup), lambda found: found[0]["closed_at"] is not None, LONG)
    assert len(alerts_of(house, backup)) == 1


def alerts_of(house: House, backup: dict[str, Any]) -> list[dict[str, Any]]:
    found = house.app.get("/alerts", server_id=backup["server_id"])["items"]
    return [alert for alert in found if alert["action"] == f"/backups/{backup['id']}"]


def the_alert_of(house: House, backup: dict[str, Any]) -> dict[str, Any]:
    house.app.until(lambda: alerts_of(house, backup), bool, LONG)
    (alert,) = alerts_of(house, backup)
    return alert


def state_of(house: House, server: str) -> dict[str, Any]:
    (found,) = [state for state in house.app.get("/backup-states")["items"] if state["server_id"] == server]
    return dict(found)


def test_a_file_is_fetched_whole_and_in_parts(house: House) -> None:
    server = a_server(house, "Fetched")
    backup = made(house, server)
    data = archive(house, backup).read_bytes()
    answer = house.app.ask("GET", f"/backups/{backup['id']}/download")
    assert (answer.status_code, answer.content) == (200, data)
    assert answer.headers["content-type"] == "application/zstd"
    assert f'filename="{server}-{backup["file_name"]}"' in answer.headers["content-disposition"]
    part = house.app._client.get(
        f"/api/v1/backups/{backup['id']}/download", headers={**house.app._headers, "Range": "bytes=100-199"}
    )
    assert (part.status_code, part.content) == (206, data[100:200])
    archive(house, backup).unlink()
    house.app.refused("GET", f"/backups/{backup['id']}/download", 404, "backup_file_gone")


def test_rules_are_previewed_then_done_after_each_backup(house: House) -> None:
    server = a_server(house, "Rules")
    ids = [made(house, server)["id"] for _ in range(4)]
    house.app.ask("PATCH", f"/backups/{ids[0]}", json={"pinned": True})
    path = f"/servers/{server}/backups/retention-preview"
    none = {"last": 1, "hourly": 0, "daily": 0, "weekly": 0, "monthly": 0}
    preview = house.app.ask("POST", path, json={"retention": none}).json()
    assert (preview["kept"], preview["deleted"], preview["held_back"]) == (2, 2, None)
    kept_by = {item["backup"]["id"]: item["kept_by"] for item in preview["items"]}
    assert kept_by == {ids[3]: ["newest_verified", "last"], ids[2]: [], ids[1]: [], ids[0]: ["pinned"]}
    assert preview["freed_bytes"] == sum(item["backup"]["size_bytes"] for item in preview["items"][1:3])
    assert house.app.ask("POST", path, json={}).json()["deleted"] == 0
    assert len(backups(house, server)) == 4
    settings(house, server, last=2)
    run = back_up(house, server)
    assert run["report"]["deleted"] == 2
    assert {backup["id"] for backup in backups(house, server)} == {run["report"]["backup_id"], ids[3], ids[0]}
    assert len(list(folder(house, server).glob("*.tar.zst"))) == 3
    settings(house, server, last=1)
    run = house.does(server, "backups/prune")
    assert (run["report"]["deleted"], run["report"]["kept"]) == (1, 2)


def test_a_damaged_backup_keeps_the_good_one_before_it(house: House) -> None:
    server = a_server(house, "Spoilt", keep=1)
    good = made(house, server)
    damage_world(house.data_path(server) / "Saves" / "default.vcdbs")
    for _ in range(2):
        assert back_up(house, server)["report"]["world"] == "damaged"
    found = backups(house, server)
    assert good["id"] in {backup["id"] for backup in found}
    assert state_of(house, server)["last_good"]["id"] == good["id"]
    assert len(found) == 3


def test_a_folder_that_vanished_is_told_and_nothing_is_pruned(house: House) -> None:
    server = a_server(house, "Vanished", keep=1)
    backup = made(house, server)
    aside = house.data_dir / "aside"
    folder(house, server).rename(aside)
    (seen,) = backups(house, server)
    assert (seen["is_there"], seen["problem"]) == (False, "Its file is not there any more.")
    assert "is not there" in house.does(server, "backups/prune", state="failed")["error"]["message"]
    assert [each["id"] for each in backups(house, server)] == [backup["id"]]
    aside.rename(folder(house, server))
    assert backups(house, server)[0]["is_there"]


def test_the_folder_of_all_backups_is_not_taken_for_an_empty_place(house: House) -> None:
    server = a_server(house, "Unmounted")
    made(house, server)
    root, aside = house.data_dir / "backups", house.data_dir / "mounted"
    root.rename(aside)
    try:
        house.app.refused("POST", f"/servers/{server}/backups", 503, "backup_folder_gone", json={})
        root.mkdir()
        problem = house.app.refused("POST", f"/servers/{server}/backups", 503, "backup_folder_gone", json={})
        assert "should hold some" in problem["detail"]
        house.app.refused("POST", f"/servers/{server}/backups/prune", 503, "backup_folder_gone")
        (root / MARKER).touch()
        made(house, server)
    finally:
        shutil.rmtree(root)
        aside.rename(root)


def test_a_folder_that_hangs_keeps_nobody_waiting(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """As one on another machine, which is gone."""
    server = a_server(house, "Hanging")
    backup = made(house, server)
    shelf, answers = house.app.manager.backups.shelf, threading.Event()
    size_of, mark = shelf._size_of, shelf.mark
    monkeypatch.setattr(shelf, "_size_of", lambda record: size_of(record) if answers.wait(LONG) else None)
    monkeypatch.setattr(shelf, "mark", lambda: mark() if answers.wait(LONG) else None)
    monkeypatch.setattr(shelf._looks, "limit_seconds", 0.2)
    try:
        for _ in range(12):  # more than there are threads
            (seen,) = backups(house, server)
            assert "does not answer" in seen["problem"]
        assert state_of(house, server)["last_good"] is None
        house.app.refused("GET", f"/backups/{backup['id']}", 503, "backup_folder_gone")
        house.app.refused("POST", f"/servers/{server}/backups", 503, "backup_folder_gone", json={})
        house.app.refused("POST", f"/servers/{server}/backups/retention-preview", 503, "backup_folder_gone", json={})
    finally:
        answers.set()
    monkeypatch.setattr(shelf._looks, "limit_seconds", LONG)
    house.app.until(lambda: backups(house, server)[0]["problem"], lambda problem: problem is None, LONG)
    assert state_of(house, server)["last_good"]["id"] == backup["id"]


def test_what_a_killed_manager_left_is_removed_and_nothing_else(house: House) -> None:
    server = a_server(house, "Sweeps")
    backup = made(house, server)
    work = folder(house, server) / ".work-019ac0de-0000-7000-8000-000000000001"
    work.mkdir()
    (work / "archive.tar.zst.part").write_bytes(b"half")
    (folder(house, server) / "mine.txt").write_text("mine")
    lost = folder(house, server) / "2026-01-01T00-00-00Z-manual-0badf00d.json"
    lost.write_text("{}")
    half = archive(house, backup).with_name(f".{backup['file_name'].replace('.tar.zst', '.remarks.json')}.x7_k2abc.part")
    half.write_text("{")
    (house.data_dir / "backups" / f".{MARKER}.x7_k2abc.part").write_text("0")
    from_game = house.data_path(server) / "Backups"
    from_game.mkdir()
    (from_game / "vsmanager-019ac0de-0000-7000-8000-000000000001.vcdbs").write_bytes(b"x")
    (from_game / "default-2026-11-26_10-00-00.vcdbs").write_bytes(b"by hand")
    sweep_from_game(house.data_path(server))
    take_stock(house)
    assert {path.name for path in from_game.iterdir()} == {"default-2026-11-26_10-00-00.vcdbs"}
    names = {path.name for path in folder(house, server).iterdir()}
    assert names == {"mine.txt", backup["file_name"], backup["file_name"].replace(".tar.zst", ".json")}
    assert not any(path.name.endswith(".part") for path in (house.data_dir / "backups").iterdir())
    assert [each["id"] for each in backups(house, server)] == [backup["id"]]


def test_what_is_being_written_while_stock_is_taken_stays(house: House) -> None:
    server = a_server(house, "Younger")
    backup = made(house, server)
    work = folder(house, server) / ".work-019ac0de-0000-7000-8000-000000000002"
    work.mkdir()
    os.utime(work, (time.time() + 3600,) * 2)
    take_stock(house)
    assert work.exists()
    work.rmdir()
    assert [each["id"] for each in backups(house, server)] == [backup["id"]]


def test_what_somebody_puts_into_the_folder_is_pinned_so_that_no_rule_deletes_it(house: House) -> None:
    """Also a backup that bears such a name: of another manager, say."""
    server = a_server(house, "Foreign", keep=1)
    backup = made(house, server)
    there = folder(house, server)
    foreign = there / "2020-01-01T00-00-00Z-manual-00000001.tar.zst"
    manifest = manifest_of({"serverconfig.json": b"{}"}, id="019ac0de-0000-7000-8000-f00000000001", shelf="another")
    foreign.write_bytes(zstandard.compress(tar_of({"serverconfig.json": b"{}"}, manifest=manifest)))
    take_stock(house)
    (newer, older) = backups(house, server)
    assert (newer["id"], newer["pinned"]) == (backup["id"], False)
    assert (older["pinned"], older["file_name"]) == (True, foreign.name)
    assert "Somebody put it into the folder" in older["note"]
    made(house, server)
    assert [each["id"] for each in backups(house, server)][1:] == [older["id"]]
    assert house.app.ask("PATCH", f"/backups/{older['id']}", json={"pinned": False}).status_code == 200
    change_database(house, "DELETE FROM backups WHERE server_id = ?", [(server,)])
    take_stock(house)
    assert [each["pinned"] for each in backups(house, server)] == [False, False], "what was said of it is known from its folder"
    assert house.does(server, "backups/prune")["report"]["deleted"] == 1
    assert not foreign.exists()


def test_links_are_removed_and_what_they_lead_to_stays(house: House, tmp_path: Path) -> None:
    server = a_server(house, "Linked", keep=1)
    backup = made(house, server)
    elsewhere = tmp_path / "elsewhere.tar.zst"
    archive(house, backup).rename(elsewhere)
    archive(house, backup).symlink_to(elsewhere)
    assert backups(house, server)[0]["is_there"] is True
    made(house, server)
    assert backup["id"] not in {each["id"] for each in backups(house, server)}
    assert elsewhere.stat().st_size == backup["size_bytes"]


def test_one_that_is_not_whole_any_more_is_told_and_another_counts_in_its_place(house: House) -> None:
    server = a_server(house, "Cut off", keep=1)
    settings(house, server, last=2)
    older, newer = made(house, server), made(house, server)
    assert state_of(house, server)["last_good"]["id"] == newer["id"]
    data = archive(house, newer).read_bytes()
    archive(house, newer).write_bytes(data[:-1])
    assert "was not copied to its end" in house.app.get(f"/backups/{newer['id']}")["problem"]
    assert state_of(house, server)["last_good"]["id"] == older["id"]
    settings(house, server, last=1)
    house.does(server, "backups/prune")
    assert older["id"] in {each["id"] for each in backups(house, server)}
    archive(house, newer).unlink()
    assert state_of(house, server)["last_good"]["id"] == older["id"]
    archive(house, older).unlink()
    state = state_of(house, server)
    assert (state["last_good"], state["ran_since"]) == (None, True), "there is nothing to go back to, so a backup is due"
    house.app.manager.alerts.look_now()
    alert = the_alert_of(house, older)
    assert (alert["severity"], alert["title"]) == ("critical", "Backup lost: Cut off")
    assert "is not there any more" in alert["text"]


def test_a_backup_of_a_time_to_come_stands_for_no_other(house: House) -> None:
    """It was made while the clock was wrong."""
    server = a_server(house, "Clock", keep=1)
    wrong = made(house, server)
    assert state_of(house, server)["ran_since"] is False
    ahead = house.app.manager.clock.now_ms() + 86_400_000
    change_database(house, "UPDATE backups SET made_at = ? WHERE server_id = ?", [(ahead, server)])
    assert state_of(house, server)["ran_since"] is True
    right = made(house, server)
    assert {backup["id"] for backup in backups(house, server)} == {wrong["id"], right["id"]}
    newer = made(house, server)
    assert {backup["id"] for backup in backups(house, server)} == {wrong["id"], newer["id"]}


def test_one_server_whose_backups_can_not_be_pruned_holds_up_no_other(house: House) -> None:
    first, second = a_server(house, "A bad one"), a_server(house, "Another good one")
    backup = made(house, first)
    made(house, second)
    kept = made(house, second)
    settings(house, second, last=1)
    aside = house.data_dir / "aside"
    folder(house, first).rename(aside)
    run = house.app.ended(house.app.run("backup_cleanup")["id"], LONG)
    assert (run["state"], "A bad one" in run["error"]["message"]) == ("failed", True)
    assert [each["id"] for each in backups(house, second)] == [kept["id"]]
    aside.rename(folder(house, first))
    assert [each["id"] for each in backups(house, first)] == [backup["id"]]


def test_what_is_pinned_while_others_are_deleted_stays(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    server = a_server(house, "Meanwhile")
    first, second, third = (made(house, server) for _ in range(3))
    settings(house, server, last=1)
    pruning = house.app.manager.backups._pruning
    known = pruning._known

    async def known_and_pinned(server_id: str) -> Any:
        found = await known(server_id)
        record = await house.app.manager.backups.shelf.get(first["id"])
        await house.app.manager.backups.shelf.save(record.changed(pinned=True))
        return found

    monkeypatch.setattr(pruning, "_known", known_and_pinned)
    report = house.does(server, "backups/prune")["report"]
    assert (report["deleted"], report["kept"]) == (1, 2)
    assert {each["id"] for each in backups(house, server)} == {first["id"], third["id"]}
    assert second["id"] not in {each["id"] for each in backups(house, server)}


def test_a_second_copy_of_a_file_is_no_second_backup(house: House) -> None:
    server = a_server(house, "Twice")
    backup = made(house, server)
    there = folder(house, server)
    for ending in (".tar.zst", ".json"):
        name = backup["file_name"].replace(".tar.zst", ending)
        shutil.copyfile(there / name, there / name.replace("Z-manual", "Z-schedule"))
    take_stock(house)
    assert [each["file_name"] for each in backups(house, server)] == [backup["file_name"]]
    (there / backup["file_name"]).unlink()
    take_stock(house)
    assert [each["kind"] for each in backups(house, server)] == ["schedule"]


def test_a_manifest_of_a_stranger_is_left_alone(house: House) -> None:
    server = a_server(house, "Strange")
    backup = made(house, server)
    there = folder(house, server)
    for stem, text in (("2026-01-01T00-00-00Z-manual-00000001", "{"), ("2026-01-01T00-00-00Z-manual-00000002", "null")):
        (there / f"{stem}.tar.zst").write_bytes(b"x")
        (there / f"{stem}.json").write_text(text)
    take_stock(house)
    assert [each["id"] for each in backups(house, server)] == [backup["id"]]


def test_an_archive_that_lies_there_alone_is_read_for_what_it_holds(house: House) -> None:
    server = a_server(house, "Alone")
    backup = made(house, server)
    beside = archive(house, backup).with_name(backup["file_name"].replace(".tar.zst", ".json"))
    said = beside.read_bytes()
    beside.unlink()
    assert "list of contents" in house.app.get(f"/backups/{backup['id']}")["notes"][0]
    change_database(house, "DELETE FROM backups WHERE server_id = ?", [(server,)])
    other = archive(house, backup).with_name("2026-01-01T00-00-00Z-manual-00000003.tar.zst")
    other.write_bytes(archive(house, backup).read_bytes()[:1000])
    take_stock(house)
    assert house.app.get(f"/backups/{backup['id']}") == backup
    assert beside.read_bytes() == said
    assert len(backups(house, server)) == 1


def test_what_is_being_read_is_not_deleted(house: House) -> None:
    server = a_server(house, "Busy")
    backup, newer = made(house, server), made(house, server)
    with house.app.manager.backups.shelf.using(backup["id"]):
        house.app.refused("DELETE", f"/backups/{backup['id']}", 409, "backup_in_use")
        settings(house, server, last=1)
        assert house.does(server, "backups/prune")["report"]["deleted"] == 0
    assert house.does(server, "backups/prune")["report"]["deleted"] == 1
    assert [each["id"] for each in backups(house, server)] == [newer["id"]]


def test_backups_outlive_their_server(house: House) -> None:
    server = a_server(house, "Mortal")
    backup = made(house, server)
    answer = house.app.ask("DELETE", f"/servers/{server}", params={"delete_files": True})
    assert house.app.ended(answer.json()["id"], LONG)["state"] == "succeeded"
    (found,) = house.app.get("/backups", server_id=server)["items"]
    assert (found["id"], found["server_name"], found["is_there"]) == (backup["id"], "Mortal", True)
    again: str = house.create("Mortal")["id"]
    assert again == server
    path = f"/backups/{backup['id']}"
    pinned = house.app.until(lambda: house.app.get(path), lambda found: found["pinned"], LONG)
    assert "an earlier server" in pinned["note"], "the rules of the new one don't delete it"
    assert house.app.ask("PATCH", path, json={"pinned": False}).status_code == 200
    assert house.app.ask("DELETE", f"/backups/{backup['id']}").status_code == 204


def test_whether_a_server_ran_since_its_last_good_backup(house: House) -> None:
    server = a_server(house, "Ran")

    def ran() -> bool:
        return bool(state_of(house, server)["ran_since"])

    assert ran()
    made(house, server)
    assert not ran()
    house.does(server, "start")
    assert ran()
    house.does(server, "stop")
    assert ran()
    made(house, server)
    assert not ran()


def test_rooms_are_estimated_from_the_last_one_and_too_little_is_refused(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    server = a_server(house, "Room")
    world = (house.data_path(server) / "Saves" / "default.vcdbs").stat().st_size
    estimate = house.app.get(f"/servers/{server}/backups/estimate")
    assert estimate["bytes_needed"] >= world
    assert (estimate["from_earlier"], estimate["is_enough"]) == (False, True)
    made(house, server)
    assert house.app.get(f"/servers/{server}/backups/estimate")["from_earlier"]
    monkeypatch.setattr("vintagestory_api.backups.space.free_bytes", lambda _folder: 500_500_000)
    run = back_up(house, server, state="failed")
    assert "500 MB are free" in run["error"]["message"], "with so little left, the game would end itself"
    assert len(backups(house, server)) == 1
    failure = state_of(house, server)
    assert failure["last_failure"] == run["error"]["message"]


def test_settings_are_kept_and_bad_folders_refused(house: House) -> None:
    server = house.create("Settings")["id"]
    path = f"/servers/{server}/backup-settings"
    usual = house.app.get(path)
    assert (usual["mod_data"], usual["compression_level"], usual["retention"]["last"]) == (["ModData"], 3, 10)
    wanted = {**usual, "mod_data": ["ModData", "Webmap/tiles"], "compression_level": 7}
    assert house.app.ask("PUT", path, json=wanted).json() == wanted
    assert house.app.get(path) == wanted
    for bad in ("../other", "/etc", "Logs", "Saves/x", "ModGenerations", ".ssh", "a//b", "a\\b", "serverconfig.json"):
        problem = house.app.refused("PUT", path, 422, "invalid_mod_data", json={**usual, "mod_data": [bad]})
        assert problem["errors"][0]["field"] == "mod_data.0"
    assert house.app.get(path) == wanted


def test_a_server_that_is_not_set_up_has_nothing_to_back_up(house: House) -> None:
    body = {"name": "Unmade", "version": "9.9.9", "port": free_port()}
    server = house.app.ask("POST", "/servers", json=body).json()
    house.app.ended(server["operation"]["run_id"], LONG)
    house.app.refused("POST", f"/servers/{server['id']}/backups", 409, "server_not_set_up", json={})


def test_the_job_prunes_all_servers(house: House) -> None:
    first, second = a_server(house, "First"), a_server(house, "Second")
    for server in (first, second):
        for _ in range(2):
            made(house, server)
        settings(house, server, last=1)
    run = house.app.ended(house.app.run("backup_cleanup")["id"], LONG)
    assert run["state"] == "succeeded", run
    assert run["report"]["deleted"] >= 2
    assert len(backups(house, first)) == len(backups(house, second)) == 1


def test_prometheus_hears_of_backups(house: House) -> None:
    server = a_server(house, "Measured")
    backup = made(house, server)
    text = house.app._client.get("/metrics", headers=house.app._headers).text
    assert f'vsmanager_backups{{server="{server}"}} 1.0' in text
    assert f'vsmanager_backup_last_good_bytes{{server="{server}"}} {float(backup["size_bytes"])}' in text
    assert f'vsmanager_backup_last_good_age_seconds{{server="{server}"}}' in text


def test_thousands_of_backups_can_be_previewed(house: House) -> None:
    server = house.create("Many")["id"]
    now = house.app.manager.clock.now_ms()
    rows = [
        (
            f"019ac0de-0000-7000-8000-{place:012}", server, now - place * 3_600_000, "schedule",
            f"2026-01-01T00-00-00Z-schedule-{place:08x}.tar.zst", 10, "verified", 0, json.dumps({"server_name": "Many"}),
        )
        for place in range(3_000)
    ]  # fmt: skip
    change_database(
        house,
        "INSERT INTO backups (id, server_id, made_at, kind, file_name, size_bytes, world, pinned, data) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        rows,
    )
    folder(house, server).mkdir()
    for row in rows:
        (folder(house, server) / str(row[4])).write_bytes(b"0123456789")
    preview = house.app.ask("POST", f"/servers/{server}/backups/retention-preview", json={}).json()
    assert preview["kept"] + preview["deleted"] == 3_000
    assert 40 < preview["kept"] < 60
    assert len(preview["items"]) == 500
    assert preview["items"][0]["kept_by"][0] == "newest_verified"
    shutil.rmtree(folder(house, server))
    change_database(house, "DELETE FROM backups WHERE server_id = ?", [(server,)])
