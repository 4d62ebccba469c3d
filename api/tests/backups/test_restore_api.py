"""Backups that are put back, through the API of the real application."""

import asyncio
import itertools
import json
import shutil
from collections.abc import Iterator
from typing import Any

import pytest

from tests.apps import App
from tests.backups.kept import archive, backups, folder
from tests.backups.putting_back import Played, restored
from tests.backups.worlds import health
from tests.servers.games import LONG, House, install_version, running_house
from vintagestory_api.access.offline import create_token_offline
from vintagestory_api.access.roles import Role
from vintagestory_api.backups.schemas import BackupEstimate
from vintagestory_api.servers.launching import Times
from vintagestory_api.servers.supervisor import Supervisor
from vintagestory_sandbox.dotnet_root import make_dotnet_root

OLDER = "1.21.6"

_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """With a second version of the game, which never becomes ready."""
    data_dir = tmp_path_factory.mktemp("data")
    install_version(data_dir)
    install_version(data_dir, OLDER, fail="world")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DOTNET_ROOT", str(make_dotnet_root(tmp_path_factory.mktemp("dotnet"))))
        with running_house(data_dir) as house:
            yield house


@pytest.fixture
def played(house: House) -> Played:
    return Played(house, f"Played {next(_numbers)}")


def test_a_stopped_server_becomes_what_it_was_and_a_copy_of_the_present_is_kept(house: House, played: Played) -> None:
    before = played.state()
    backup = played.back_up()
    played.play_on()
    present = played.state()
    assert present != before
    preview = played.preview(backup)
    assert (preview["problems"], preview["stops_server"], preview["keeps_present"]) == ([], False, True)
    assert {change["part"] for change in preview["changes"]} >= {"world", "players", "config", "mod_config", "mod_data", "mods"}
    run = played.restore(backup, digest=preview["digest"])
    assert played.state() == before
    assert (run["report"]["backup_id"], health(played.world)) == (backup["id"], "ok")
    assert house.get(played.id)["state"] == "stopped"
    assert played.leftovers() == []
    kept = backups(house, played.id)[0]
    assert (kept["kind"], kept["world"], kept["id"]) == ("before_restore", "verified", run["report"]["present_backup_id"])
    played.restore(kept)
    assert played.state() == present
    entry = house.entry(played.id, "restored")
    assert entry["details"]["into"] == played.id
    (latest, first) = house.app.get(f"/servers/{played.id}/restores")["items"]
    assert (first["outcome"], first["backup_id"], first["run_id"]) == ("restored", backup["id"], run["id"])
    assert (latest["backup_id"], latest["backup_made_at"]) == (kept["id"], kept["made_at"])
    assert (first["actor"], first["present_backup_id"]) == (entry["actor"], kept["id"])
    assert entry["actor"]
    verified = house.app.get(f"/backups/{backup['id']}")["verified_at"]
    assert verified is not None, "it was read to its end before it was put back"
    assert house.app.ask("DELETE", f"/backups/{latest['present_backup_id']}").status_code == 204
    assert house.app.get(f"/servers/{played.id}/restores")["items"][0]["present_backup_id"] is None


def test_a_running_server_is_stopped_even_if_it_hangs_and_runs_again_with_the_old_world(
    house: House, played: Played, monkeypatch: pytest.MonkeyPatch
) -> None:
    backup = played.back_up()
    played.play_on()
    house.switch(played.id, deaf="all")
    monkeypatch.setattr(Supervisor, "times", lambda _: Times(stop_seconds=0.3, term_seconds=0.3))
    house.does(played.id, "start")
    preview = played.preview(backup)
    assert preview["stops_server"]
    assert any("runs" in warning for warning in preview["warnings"])
    played.restore(backup)
    assert house.entry(played.id, "stopped")["details"]["by"] == "SIGKILL"
    reason = house.entry(played.id, "stop_asked")["details"]["text"]
    assert reason == f"To put back the backup of {backup['made_at'][:10]} {backup['made_at'][11:16]} UTC"
    server = house.get(played.id)
    assert (server["state"], server["wanted"]) == ("running", "running")
    kept = backups(house, played.id)[0]
    assert (kept["kind"], kept["world"]) == ("before_restore", "verified")
    house.does(played.id, "stop")
    assert not played.is_played_on
    assert health(played.world) == "ok"


def test_a_cancel_after_the_stop_lets_the_game_run_again_with_what_was_there(
    house: House, played: Played, monkeypatch: pytest.MonkeyPatch
) -> None:
    backup = played.back_up()
    played.play_on()
    house.does(played.id, "start")

    async def hang(*_: Any, **__: Any) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(house.app.manager.backups, "make_within", hang)
    run = house.app.ask("POST", f"/backups/{backup['id']}/restore", json={}).json()
    house.until(played.id, state="stopped")
    house.app.refused("POST", f"/backups/{backup['id']}/restore", 409, "server_busy", json={})
    assert house.app.ask("POST", f"/runs/{run['id']}/cancel").status_code == 202
    assert house.app.ended(run["id"], LONG)["state"] == "cancelled"
    house.until(played.id, state="running", wanted="running", operation=None)
    house.does(played.id, "stop")
    assert played.is_played_on
    assert played.leftovers() == []
    (restore,) = house.app.get(f"/servers/{played.id}/restores")["items"]
    assert (restore["outcome"], restore["text"]) == ("failed", "It was cancelled, and what was there stays.")


def test_the_configuration_keeps_the_port_and_the_places_of_this_server(house: House, played: Played) -> None:
    backup = played.back_up()
    path = played.data_path / "serverconfig.json"
    first = json.loads(path.read_bytes())
    path.write_text(json.dumps({**first, "ServerName": "Changed since", "Port": 1}))
    played.restore(backup, parts=["config"])
    config = json.loads(path.read_bytes())
    assert (config["ServerName"], config["Port"]) == (first["ServerName"], house.get(played.id)["port"])
    assert config["WorldConfig"]["SaveFileLocation"] == str(played.world)
    assert config["ServerIdentifier"] == first["ServerIdentifier"]


def test_the_configuration_of_another_server_does_not_take_the_identity_of_this_one(house: House, played: Played) -> None:
    path = played.data_path / "serverconfig.json"
    mine = json.loads(path.read_bytes())
    path.write_text(json.dumps({**mine, "ServerIdentifier": "of the other server", "ServerName": "The other"}))
    backup = played.back_up()
    path.write_text(json.dumps(mine))
    played.restore(backup, parts=["config"])
    config = json.loads(path.read_bytes())
    assert (config["ServerIdentifier"], config["ServerName"]) == (mine["ServerIdentifier"], "The other")


def test_a_world_that_lies_elsewhere_in_the_server_s_folder_comes_back_there(played: Played) -> None:
    there = played.data_path / "Worlds" / "ours.vcdbs"
    there.parent.mkdir()
    played.world.rename(there)
    path = played.data_path / "serverconfig.json"
    config = json.loads(path.read_bytes())
    config["WorldConfig"]["SaveFileLocation"] = str(there)
    path.write_text(json.dumps(config))
    before = there.read_bytes()
    backup = played.back_up()
    there.write_bytes(b"something else")
    assert played.preview(backup, parts=["world"])["problems"] == []
    played.restore(backup, parts=["world"])
    assert there.read_bytes() == before
    assert not played.world.exists()


def test_a_link_in_the_way_is_told_before_the_game_is_stopped(house: House, played: Played) -> None:
    backup = played.back_up()
    elsewhere = played.data_path.with_name(f"{played.id} players")
    (played.data_path / "Playerdata").rename(elsewhere)
    (played.data_path / "Playerdata").symlink_to(elsewhere)
    assert any("Playerdata of this server is a link" in problem for problem in played.preview(backup)["problems"])
    house.app.refused("POST", f"/backups/{backup['id']}/restore", 409, "restore_blocked", json={})
    assert played.preview(backup, parts=["world"])["problems"] == []


def test_without_room_for_a_copy_of_the_present_nothing_is_begun(
    house: House, played: Played, monkeypatch: pytest.MonkeyPatch
) -> None:
    backup = played.back_up()
    estimate = house.app.get(f"/servers/{played.id}/backups/estimate")
    facts, full = house.app.manager.restores._facts, BackupEstimate(**{**estimate, "bytes_free": 1000, "is_enough": False})

    async def estimated(_server_id: str) -> BackupEstimate:
        return full

    monkeypatch.setattr(facts, "_estimate", estimated)
    monkeypatch.setattr("vintagestory_api.backups.restore_facts.is_same_disk", lambda *_: False)
    (problem,) = played.preview(backup)["problems"]
    assert "the disk of the backups has 1.0 kB left" in problem
    monkeypatch.setattr("vintagestory_api.backups.restore_facts.is_same_disk", lambda *_: True)
    preview = played.preview(backup)
    assert (preview["bytes_needed"] > full.bytes_needed, preview["problems"]) == (True, [])


def test_a_part_leaves_the_others_alone(played: Played) -> None:
    backup = played.back_up()
    before = played.state()
    played.play_on()
    present = played.state()
    played.restore(backup, parts=["players"])
    players = {path: digest for path, digest in before.items() if path.startswith("Playerdata/")}
    assert played.state() == {
        **{path: digest for path, digest in present.items() if not path.startswith("Playerdata/")},
        **players,
    }


def test_single_files_come_back_alone(played: Played) -> None:
    backup = played.back_up()
    before = played.state()
    played.play_on()
    present = played.state()
    file = "ModConfig/carrots/carrots.json"
    played.restore(backup, files=[file])
    assert played.state() == {**present, file: before[file]}


def test_configuration_of_mods_comes_back_while_the_game_runs(house: House, played: Played) -> None:
    backup = played.back_up()
    played.play_on()
    house.does(played.id, "start")
    started = house.get(played.id)["started_at"]
    preview = played.preview(backup, files=["ModConfig/carrots/carrots.json"])
    assert not preview["stops_server"]
    assert any("next time" in warning for warning in preview["warnings"])
    played.restore(backup, files=["ModConfig/carrots/carrots.json"])
    assert json.loads((played.data_path / "ModConfig/carrots/carrots.json").read_text()) == {"size": 1}
    server = house.get(played.id)
    assert (server["state"], server["started_at"]) == ("running", started)
    house.does(played.id, "stop")


def test_what_comes_back_has_the_rights_of_what_was_there(played: Played) -> None:
    (played.data_path / "Playerdata/playerdata.json").chmod(0o640)
    (played.data_path / "Playerdata").chmod(0o750)
    backup = played.back_up()
    played.restore(backup, parts=["players", "mod_config"])
    modes = {path: (played.data_path / path).stat().st_mode & 0o777 for path in ("Playerdata", "Playerdata/playerdata.json")}
    assert modes == {"Playerdata": 0o750, "Playerdata/playerdata.json": 0o640}
    owner = played.data_path.stat()
    found = (played.data_path / "ModConfig/carrots/carrots.json").stat()
    assert (found.st_uid, found.st_gid) == (owner.st_uid, owner.st_gid)


def test_a_server_that_has_lost_its_folder_gets_it_back(house: House, played: Played) -> None:
    before = played.state()
    backup = played.back_up()
    shutil.rmtree(played.data_path)
    played.restore(backup)
    assert played.state() == before
    assert [one["id"] for one in backups(house, played.id)] == [backup["id"]]


def test_a_preview_that_is_out_of_date_is_refused(house: House, played: Played) -> None:
    backup = played.back_up()
    preview = played.preview(backup)
    house.does(played.id, "start")
    refused = {"json": {"digest": preview["digest"]}}
    house.app.refused("POST", f"/backups/{backup['id']}/restore", 409, "restore_changed", **refused)
    house.does(played.id, "stop")
    played.restore(backup, digest=played.preview(backup)["digest"])


def test_a_damaged_archive_changes_nothing(house: House, played: Played) -> None:
    backup = played.back_up()
    path = archive(house, backup)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(data)
    played.play_on()
    present = played.state()
    house.does(played.id, "start")
    started = house.get(played.id)["started_at"]
    run = played.restore(backup, state="failed")
    message = run["error"]["message"]
    assert "not as it was made" in message or "can't be read to its end" in message
    assert house.get(played.id)["started_at"] == started, "the game was not even stopped"
    house.does(played.id, "stop")
    assert {path: digest for path, digest in played.state().items() if "default.vcdbs" not in path} == {
        path: digest for path, digest in present.items() if "default.vcdbs" not in path
    }
    assert played.leftovers() == []
    assert house.app.get(f"/servers/{played.id}/restores")["items"][0]["outcome"] == "failed"
    found = house.app.get(f"/backups/{backup['id']}")
    assert (found["verified_at"], bool(found["problem"])) == (None, True), "so that it counts no more, and an alert is raised"
    (problem,) = played.preview(backup)["problems"]
    assert problem == f"{found['problem']} Choose another backup."
    assert (problem.count("damaged"), problem.count("nother"), "zstd" in problem) == (1, 1, False)


def test_a_vanished_archive_is_a_problem_of_the_preview(house: House, played: Played) -> None:
    backup = played.back_up()
    archive(house, backup).unlink()
    preview = played.preview(backup)
    assert any("not there" in problem for problem in preview["problems"])
    house.app.refused("POST", f"/backups/{backup['id']}/restore", 409, "restore_blocked", json={})


def test_what_is_not_in_a_backup_is_refused(house: House, played: Played) -> None:
    backup = played.back_up()
    wishes: list[dict[str, list[str]]] = [
        {"files": ["../../etc/passwd"]}, {"files": ["Saves/other.vcdbs"]}, {"files": []}, {"parts": []},
    ]  # fmt: skip
    for wanted in wishes:
        house.app.refused("POST", f"/backups/{backup['id']}/restore-preview", 422, "not_in_backup", json=wanted)
    house.app.refused("POST", f"/backups/{backup['id']}/restore", 422, "invalid_request", json={"parts": ["world"], "files": []})
    house.app.refused("POST", "/backups/0198c0de-0000-7000-8000-000000000000/restore", 404, "backup_not_found", json={})


# Versions


def test_a_game_that_does_not_start_with_it_brings_everything_back(house: House) -> None:
    played = Played(house, "Goes back", version=OLDER)
    backup = played.back_up()
    house.does(played.id, "version", {"version": "1.22.7"})
    played.play_on()
    house.does(played.id, "start")
    preview = played.preview(backup)
    (change,) = [change for change in preview["changes"] if change["part"] == "version"]
    assert (change["now"], change["then"]) == ("1.22.7", OLDER)
    run = played.restore(backup, state="failed")
    assert "did not start" in run["error"]["message"]
    assert "runs" in run["error"]["message"]
    server = house.get(played.id)
    assert (server["state"], server["wanted"], server["version"]) == ("running", "running", "1.22.7")
    house.does(played.id, "stop")
    assert played.is_played_on
    assert json.loads((played.data_path / "ModConfig/carrots/carrots.json").read_text()) == {"size": 2}
    assert played.leftovers() == []
    (restore, *_) = house.app.get(f"/servers/{played.id}/restores")["items"]
    assert restore["outcome"] == "put_back"
    assert "did not start" in house.entry(played.id, "restore_failed")["details"]["text"]


def test_the_world_of_a_newer_game_needs_that_game(house: House, played: Played) -> None:
    backup = played.back_up()
    house.does(played.id, "version", {"version": OLDER})
    preview = played.preview(backup, parts=["world", "players"])
    assert any("older game" in problem for problem in preview["problems"])
    house.app.refused("POST", f"/backups/{backup['id']}/restore", 409, "restore_blocked", json={"parts": ["world"]})
    assert played.preview(backup)["problems"] == []
    played.restore(backup)
    assert house.get(played.id)["version"] == "1.22.7"


# Into a new server


def test_a_new_server_is_made_of_a_backup_with_an_identity_of_its_own(house: House, played: Played) -> None:
    before = played.state()
    backup = played.back_up()
    first = json.loads((played.data_path / "serverconfig.json").read_bytes())
    name = f"Copy {next(_numbers)}"
    preview = played.preview(backup, new_server={"name": name})
    assert (preview["is_new"], preview["into"], preview["problems"]) == (True, name, [])
    run = restored(house, backup, new_server={"name": name}, start=True)
    server = house.get(run["server_id"])
    assert server["id"] != played.id
    assert (server["state"], server["version"]) == ("running", "1.22.7")
    house.does(server["id"], "stop")
    copy = house.data_path(server["id"])
    config = json.loads((copy / "serverconfig.json").read_bytes())
    assert config["ServerIdentifier"] not in {first["ServerIdentifier"], None, ""}
    assert (config["Port"], config["ServerName"]) == (server["port"], name)
    assert server["port"] != house.get(played.id)["port"]
    assert config["WorldConfig"]["SaveFileLocation"] == str(copy / "Saves" / "default.vcdbs")
    assert str(copy / "Mods") in config["ModPaths"]
    assert health(copy / "Saves" / "default.vcdbs") == "ok"
    assert (copy / "ModConfig/carrots/carrots.json").read_text() == '{"size": 1}'
    assert played.state() == before, "the one that was backed up is untouched"
    assert house.app.get(f"/servers/{server['id']}/restores")["items"][0]["outcome"] == "restored"


def test_a_server_that_is_gone_comes_back_as_a_new_one(house: House, played: Played) -> None:
    before = played.state()
    backup = played.back_up()
    answer = house.app.ask("DELETE", f"/servers/{played.id}", params={"delete_files": True})
    assert answer.status_code == 202, answer.text
    house.app.ended(answer.json()["id"], 60)
    assert folder(house, played.id).is_dir()
    house.app.refused("POST", f"/backups/{backup['id']}/restore-preview", 409, "server_of_backup_gone", json={})
    run = restored(house, backup, new_server={"name": f"Back {next(_numbers)}"})
    played.id = run["server_id"]
    played.data_path = house.data_path(played.id)
    assert played.state() == before


def test_only_an_admin_makes_a_new_server(house: House, played: Played) -> None:
    backup = played.back_up()
    secret = create_token_offline(house.data_dir / "vsmanager.db", "operator", Role.OPERATOR, "test")
    operator = App(house.app._client, secret)
    operator.refused("POST", f"/backups/{backup['id']}/restore", 403, "role_too_low", json={"new_server": {"name": "Mine"}})
    answer = operator.ask("POST", f"/backups/{backup['id']}/restore", json={"parts": ["players"]})
    assert answer.status_code == 202
    assert house.app.ended(answer.json()["id"], 60)["state"] == "succeeded"


def test_a_port_that_is_taken_is_a_problem(house: House, played: Played) -> None:
    backup = played.back_up()
    port = house.get(played.id)["port"]
    preview: dict[str, Any] = played.preview(backup, new_server={"name": "Copy", "port": port})
    assert any(str(port) in problem for problem in preview["problems"])
