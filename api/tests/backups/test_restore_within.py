"""What an update that goes back needs: a backup put back inside an operation, while the game is down."""

import asyncio
import itertools
import json
from typing import Any

import pytest

from tests.backups.kept import backups
from tests.backups.putting_back import Played
from tests.servers.games import LONG, House
from vintagestory_api.backups.restore_journal import Journals
from vintagestory_api.errors import ManagerError

_numbers = itertools.count(1)


@pytest.fixture
def played(house: House) -> Played:
    return Played(house, f"Within {next(_numbers)}")


def put_back(played: Played, backup: dict[str, Any], **options: Any) -> dict[str, Any]:
    """Within the run of an update."""
    manager = played.house.app.manager

    async def begin() -> str:
        async def work() -> dict[str, Any]:
            await manager.restores.put_back_within(played.id, backup["id"], **options)
            return {}

        supervisor = manager.servers.supervisor(played.id)
        return (await supervisor.operate("update", work, actor=None)).id

    run_id: Any = played.house.app.in_loop(begin)
    run: dict[str, Any] = played.house.app.ended(run_id, LONG)
    return run


def test_a_backup_is_put_back_without_a_start_and_without_another_backup(house: House, played: Played) -> None:
    before = played.state()
    backup = played.back_up()
    played.play_on()
    run = put_back(played, backup)
    assert (run["state"], run["job_id"]) == ("succeeded", "server_update")
    assert played.state() == before
    assert house.get(played.id)["state"] == "stopped"
    assert [one["id"] for one in backups(house, played.id)] == [backup["id"]]
    assert played.leftovers() == []
    assert house.app.get(f"/servers/{played.id}/restores")["items"][0]["outcome"] == "restored"


def test_only_what_was_asked_for(played: Played) -> None:
    backup = played.back_up()
    before = played.state()
    played.play_on()
    present = played.state()
    assert put_back(played, backup, parts=["world"])["state"] == "succeeded"
    assert played.state() == {**present, "Saves/default.vcdbs": before["Saves/default.vcdbs"]}


def test_what_fails_in_the_middle_leaves_what_was_there(house: House, played: Played, monkeypatch: pytest.MonkeyPatch) -> None:
    backup = played.back_up()
    played.play_on()
    present = played.state()
    mods = house.app.manager.restores._mods

    async def fail(*_: Any) -> int:
        raise ManagerError("The disk is full, says the test.")

    monkeypatch.setattr(mods, "put", fail)
    run = put_back(played, backup)
    assert run["state"] == "failed"
    assert "says the test" in run["error"]["message"]
    assert "What was there before is there again" in run["error"]["message"]
    assert played.state() == present
    assert played.leftovers() == []


def test_a_state_that_can_not_be_mended_keeps_the_game_from_starting_until_it_can(
    house: House, played: Played, monkeypatch: pytest.MonkeyPatch
) -> None:
    backup = played.back_up()
    played.play_on()
    present = played.state()
    mods = house.app.manager.restores._mods

    async def fail(*_: Any) -> int:
        # Somebody takes the folder of the restore away at the worst moment.
        (staging,) = played.data_path.glob(".restore-*")
        staging.rename(played.data_path / "taken-away")
        raise ManagerError("It could not be put.")

    with monkeypatch.context() as patch:
        patch.setattr(mods, "put", fail)
        assert put_back(played, backup)["state"] == "failed"
    run = house.does(played.id, "start", state="failed")
    assert "interrupted" in run["error"]["message"]
    (journal,) = Journals(house.data_dir / "restores").all()
    (played.data_path / "taken-away").rename(played.data_path / f".restore-{journal.id}")
    house.does(played.id, "start")
    house.does(played.id, "stop")
    state = played.state()
    assert {path: digest for path, digest in state.items() if not path.startswith("Saves/") and path in present} == {
        path: digest for path, digest in present.items() if not path.startswith("Saves/")
    }
    assert json.loads((played.data_path / "ModConfig/carrots/carrots.json").read_text()) == {"size": 2}
    assert played.leftovers() == []


def test_what_lies_aside_of_a_restore_that_nobody_can_read_of_is_kept_and_nothing_is_started(
    house: House, played: Played
) -> None:
    restore_id = "0198c0de-0000-7000-8000-00000000000a"
    file = house.data_dir / "restores" / f"{restore_id}.json"
    file.parent.mkdir(exist_ok=True)
    file.write_text('{"half of')
    played.write(f".restore-{restore_id}/old/Saves/default.vcdbs", "all that there is")
    manager = house.app.manager

    async def sweep() -> None:
        await manager.restores.sweep()

    _: Any = house.app.in_loop(sweep)
    assert (played.data_path / f".restore-{restore_id}/old/Saves/default.vcdbs").exists()
    run = house.does(played.id, "start", state="failed")
    assert file.name in run["error"]["message"]
    assert f".restore-{restore_id}/old" in run["error"]["message"]
    file.unlink()
    _ = house.app.in_loop(sweep)
    assert played.leftovers() == []


def test_a_restore_that_is_cancelled_changes_nothing(house: House, played: Played, monkeypatch: pytest.MonkeyPatch) -> None:
    backup = played.back_up()
    played.play_on()
    present = played.state()
    preparation = house.app.manager.restores._preparation

    async def wait_for_ever(*_: Any) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(preparation, "prepare", wait_for_ever)
    answer = house.app.ask("POST", f"/backups/{backup['id']}/restore", json={})
    run_id = answer.json()["id"]
    house.app.until(lambda: house.app.get(f"/servers/{played.id}/restores")["items"], bool, LONG)
    assert house.app.ask("POST", f"/runs/{run_id}/cancel").status_code == 202
    assert house.app.ended(run_id, LONG)["state"] == "cancelled"
    assert played.state() == present
    assert played.leftovers() == []
    assert house.app.get(f"/servers/{played.id}/restores")["items"][0]["outcome"] == "failed"
