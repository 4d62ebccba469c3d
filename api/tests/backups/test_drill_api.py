"""The newest backup of a server is restored for practice, beside, and nothing of that stays."""

import itertools
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.backups.kept import archive, backups
from tests.backups.putting_back import Played
from tests.servers.games import LONG, House
from vintagestory_api.kit.ids import uuid7

_numbers = itertools.count(1)


@pytest.fixture
def played(house: House) -> Played:
    return Played(house, f"Drilled {next(_numbers)}")


def drill(played: Played, *, state: str = "succeeded") -> dict[str, Any]:
    return played.house.does(played.id, "backups/drill", state=state)


def backup_state(played: Played) -> dict[str, Any]:
    items = played.house.app.get("/backup-states")["items"]
    found: dict[str, Any] = next(item for item in items if item["server_id"] == played.id)
    return found


def spoil(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(data)


def test_a_drill_takes_the_newest_backup_and_leaves_nothing_behind(house: House, played: Played) -> None:
    played.back_up()
    newest = played.back_up()
    before = played.state()
    run = drill(played)
    assert (run["job_id"], run["report"]["backup_id"]) == ("restore_drill", newest["id"])
    assert run["report"]["files"] == len(newest["files"])
    state = backup_state(played)
    assert (state["last_drill_ok"], state["last_drill_at"] is not None) == (True, True)
    assert backups(house, played.id)[0]["verified_at"] is not None
    assert played.state() == before
    assert played.leftovers() == []


def test_a_backup_that_can_not_be_restored_is_loud_and_counts_no_more(house: House, played: Played) -> None:
    older = played.back_up()
    newest = played.back_up()
    spoil(archive(house, newest))
    run = drill(played, state="failed")
    assert newest["file_name"] in run["error"]["message"]
    assert backup_state(played)["last_drill_ok"] is False
    listed = {backup["id"]: backup for backup in backups(house, played.id)}
    assert listed[newest["id"]]["problem"] is not None
    assert listed[older["id"]]["problem"] is None
    assert "for practice" in house.entry(played.id, "backup_failed")["details"]["text"]
    assert drill(played)["report"]["backup_id"] == older["id"]
    assert played.leftovers() == []


def test_a_drill_that_could_not_be_done_says_nothing_of_the_backup_and_is_done_again_the_next_day(
    house: House, played: Played
) -> None:
    newest = played.back_up()
    folder = house.data_dir / "restores"
    for left in folder.iterdir() if folder.is_dir() else ():
        left.unlink()
    if folder.is_dir():
        folder.rmdir()
    folder.write_text("in the way")
    run = drill(played, state="failed")
    assert "can't be made" in run["error"]["message"]
    assert (backup_state(played)["last_drill_ok"], backups(house, played.id)[0]["problem"]) == (False, None)
    folder.unlink()
    assert house.app.ask("DELETE", f"/backups/{newest['id']}").status_code == 204
    other = played.back_up()
    house.app.ended(house.app.run("restore_drill")["id"], LONG)
    assert backup_state(played)["last_drill_ok"] is True
    assert backups(house, played.id)[0]["id"] == other["id"]
    assert played.leftovers() == []


def test_what_a_killed_drill_left_is_removed_and_one_that_is_under_way_is_left_alone(house: House) -> None:
    folder = house.data_dir / "restores"
    left, under_way = folder / "drill-0198c0de-0000-7000-8000-00000000000b", folder / f"drill-{uuid7()}"
    for each in (left, under_way):
        each.mkdir(parents=True)
        (each / "world.vcdbs").write_text("unpacked")
    house.app.manager.drills.sweep()
    assert (left.exists(), under_way.exists()) == (False, True)
    shutil.rmtree(under_way)


def test_a_server_without_a_backup_has_nothing_to_practise(house: House, played: Played) -> None:
    house.app.refused("POST", f"/servers/{played.id}/backups/drill", 409, "no_backup_to_drill")


def test_the_daily_job_drills_those_whose_turn_it_is(house: House, played: Played) -> None:
    played.back_up()
    never = Played(house, f"Never {next(_numbers)}")
    never.back_up()
    rules = house.app.get(f"/servers/{never.id}/backup-settings")
    answer = house.app.ask("PUT", f"/servers/{never.id}/backup-settings", json={**rules, "drill_days": 0})
    assert answer.status_code == 200, answer.text
    run = house.app.ended(house.app.run("restore_drill")["id"], LONG)
    assert (run["state"], run["report"]["failed"]) == ("succeeded", 0), run
    assert run["report"]["drilled"] >= 1
    assert backup_state(played)["last_drill_ok"] is True
    assert backup_state(never)["last_drill_at"] is None
    again = house.app.ended(house.app.run("restore_drill")["id"], LONG)
    assert again["report"]["drilled"] == 0
