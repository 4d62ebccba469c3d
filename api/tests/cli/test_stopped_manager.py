"""Without a running manager: a clear message, and what works on the data folder itself."""

import json
import os
import re
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.commands import PROGRAM, Ended, clean_environment, idle_folder, vsmanager, words_of
from tests.cli.conftest import Run
from tests.managers import running_manager, start_manager
from vintagestory_api.cli import offline
from vintagestory_api.storage.data_folder import DataFolder
from vintagestory_api.storage.database import DatabaseOutOfDate


def on(folder: Path, *arguments: str) -> Ended:
    return vsmanager(*arguments, "--data-dir", str(folder))


@pytest.mark.parametrize(
    "arguments",
    [
        ["jobs", "list"],
        ["jobs", "run", "mod_cache_refresh"],
        ["runs", "list"],
        ["runs", "follow", "mod_cache_refresh"],
        ["catalog", "search", "x"],
        ["versions"],
        ["audit", "list"],
    ],
)
def test_commands_that_need_the_manager_say_that_it_is_not_running(run_here: Run, tmp_path: Path, arguments: list[str]) -> None:
    ended = run_here(*arguments, "--json", "--data-dir", str(tmp_path))
    assert ended.code == 3
    assert f"The manager is not running on the data folder {tmp_path}" in ended.err
    assert ended.problem["code"] == "manager_unreachable"
    assert list(tmp_path.iterdir()) == []


def leave_info(folder: Path, pid: int, *, mode: int = 0o600) -> Path:
    run = folder / "run"
    run.mkdir(parents=True)
    info = run / "manager.json"
    info.write_text(json.dumps({"pid": pid, "url": "http://127.0.0.1:9", "token": "vsm_x", "upstreams": {}}))
    info.chmod(mode)
    return info


def test_what_a_killed_manager_left_is_not_believed(tmp_path: Path) -> None:
    with running_manager(idle_folder(tmp_path / "data")) as manager:
        manager.kill()
    assert (tmp_path / "data" / "run" / "manager.json").exists()
    ended = on(tmp_path / "data", "jobs", "list")
    assert ended.code == 3
    assert "is not running" in ended.err


def test_a_broken_info_file_counts_as_not_running(run_here: Run, tmp_path: Path) -> None:
    for content in (b"", b"[]", b'{"pid": "x"}', b"\xff"):
        info = leave_info(tmp_path / content.hex(), os.getpid())
        info.write_bytes(content)
        assert run_here("jobs", "list", "--data-dir", str(tmp_path / content.hex())).code == 3


def test_an_info_file_that_others_could_have_written_is_not_trusted(tmp_path: Path) -> None:
    leave_info(tmp_path, os.getpid(), mode=0o666)
    ended = on(tmp_path, "jobs", "list", "--json")
    assert ended.code == 4
    assert ended.problem["code"] == "manager_file_not_trusted"


def test_an_info_file_that_is_a_link_is_not_trusted(tmp_path: Path) -> None:
    elsewhere = leave_info(tmp_path / "elsewhere", os.getpid())
    (tmp_path / "data" / "run").mkdir(parents=True)
    (tmp_path / "data" / "run" / "manager.json").symlink_to(elsewhere)
    assert on(tmp_path / "data", "jobs", "list").code == 4


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_an_info_file_of_another_user_is_not_trusted(tmp_path: Path) -> None:
    os.chown(leave_info(tmp_path, os.getpid()), 65534, 65534)
    ended = on(tmp_path, "jobs", "list")
    assert ended.code == 4
    assert "another user" in ended.err


def test_a_token_is_made_on_a_folder_that_was_never_used(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "data"
    made = on(folder, "token", "create", "--role", "admin", "--name", "me", "--json").json
    assert re.fullmatch(r"vsm_[A-Za-z0-9_-]{43}", made["token"])
    assert (made["name"], made["role"]) == ("me", "admin")
    with running_manager(idle_folder(folder)) as manager:
        assert manager.request("GET", "/api/v1/me", token=made["token"]).json["role"] == "admin"
        audit = manager.get("/audit?action=create_token")["items"]
        assert audit[0]["target"]["token_id"] == made["id"]


def test_only_the_secret_of_a_new_token_goes_to_stdout(tmp_path: Path) -> None:
    made = on(tmp_path, "token", "create", "--role", "viewer", "--name", "script")
    assert re.fullmatch(r"vsm_[A-Za-z0-9_-]{43}\n", made.out)
    assert "not shown again" in made.err


def test_tokens_are_listed_without_their_secrets_and_revoked_by_name_or_id(tmp_path: Path) -> None:
    first = on(tmp_path, "token", "create", "--role", "viewer", "--name", "first", "--json").json
    on(tmp_path, "token", "create", "--role", "operator", "--name", "second")
    listed = on(tmp_path, "token", "list")
    assert [row[:2] for row in words_of(listed.out)[1:]] == [["first", "viewer"], ["second", "operator"]]
    assert first["token"] not in listed.out
    assert on(tmp_path, "token", "revoke", first["id"], "--json").json["revoked_at"]
    assert on(tmp_path, "token", "revoke", "second").code == 0
    assert on(tmp_path, "token", "revoke", "second").code == 5
    assert len(on(tmp_path, "token", "list", "--revoked", "--json").json["items"]) == 2


def test_a_token_name_that_is_taken_or_unusable_is_refused(tmp_path: Path) -> None:
    assert on(tmp_path, "token", "create", "--role", "viewer", "--name", "one").code == 0
    taken = on(tmp_path, "token", "create", "--role", "viewer", "--name", "one", "--json")
    assert (taken.code, taken.problem["code"]) == (1, "token_name_taken")
    assert on(tmp_path, "token", "create", "--role", "viewer", "--name", " ").code == 2


def test_tokens_made_at_the_same_time_on_a_new_folder_are_all_made(tmp_path: Path) -> None:
    commands = [
        subprocess.Popen(
            [PROGRAM, "token", "create", "--role", "viewer", "--name", f"n{number}", "--data-dir", str(tmp_path / "data")],
            env=clean_environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for number in range(2)
    ]
    for command in commands:
        _, err = command.communicate(timeout=60)
        assert command.returncode == 0, err.decode()
    assert len(on(tmp_path / "data", "token", "list", "--json").json["items"]) == 2


def test_a_manager_that_starts_waits_for_a_command_that_makes_the_database(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / "data")
    folder.prepare()
    folder.lock()
    manager = start_manager(folder.root, wait=False)
    try:
        with pytest.raises(subprocess.TimeoutExpired):
            manager.process.wait(2)
        folder.unlock()
        manager.wait_until_serving()
    finally:
        folder.unlock()
        manager.kill()


def test_a_database_is_never_made_while_another_process_holds_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(offline, "WAIT_FOR_DATABASE_SECONDS", 0.3)
    folder = DataFolder(tmp_path)
    folder.prepare()
    folder.lock()
    try:
        with pytest.raises(DatabaseOutOfDate):
            offline.prepared_database(tmp_path)
    finally:
        folder.unlock()
    assert not folder.database.exists()


def test_a_damaged_database_is_named_and_left_alone(tmp_path: Path) -> None:
    database = tmp_path / "vsmanager.db"
    database.write_bytes(b"no database at all" * 100)
    ended = on(tmp_path, "token", "list")
    assert ended.code == 1
    assert "can't be read" in ended.err
    assert database.read_bytes() == b"no database at all" * 100


def test_settings_are_changed_on_the_file_and_take_effect_at_the_next_start(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    assert on(folder, "settings", "list", "--json").json["mod_list_refresh_interval"] == 3600
    changed = on(folder, "settings", "set", "mod_list_refresh_interval", "0", "--json").json
    assert changed["mod_list_refresh_interval"] == 0
    with running_manager(folder) as manager:
        assert "mod_cache_refresh" not in {job["id"] for job in manager.get("/jobs")["items"] if job["enabled"]}
        entry = manager.get("/audit?action=change_settings")["items"][0]
        assert entry["details"] == {"mod_list_refresh_interval": 0}
        assert entry["who"]["kind"] == "command_line"


def test_a_wrong_setting_is_refused_with_the_reason_and_nothing_is_written(tmp_path: Path) -> None:
    on(tmp_path, "settings", "set", "run_history_days", "7")
    before = (tmp_path / "api-settings.json").read_bytes()
    for key, value in (("mod_list_refresh_interval", "5"), ("run_history_days", "1000000000000"), ("run_history_days", "x")):
        ended = on(tmp_path, "settings", "set", key, value, "--json")
        assert ended.code == 2
        assert ended.problem["errors"][0]["field"] == key
    assert (tmp_path / "api-settings.json").read_bytes() == before


def test_a_broken_settings_file_is_kept_when_it_is_reset(tmp_path: Path) -> None:
    (tmp_path / "api-settings.json").write_text("{broken")
    listed = on(tmp_path, "settings", "list")
    assert listed.code == 0
    assert "warning: " in listed.err
    refused = on(tmp_path, "settings", "set", "run_history_days", "7")
    assert (refused.code, "reset" in refused.err) == (1, True)
    answer = on(tmp_path, "settings", "reset", "--json").json
    assert (tmp_path / answer["kept_as"]).read_text() == "{broken"
    assert on(tmp_path, "settings", "set", "run_history_days", "7").code == 0


def test_a_change_that_the_audit_trail_can_not_take_is_told(tmp_path: Path) -> None:
    (tmp_path / "vsmanager.db").write_bytes(b"rubbish" * 100)
    ended = on(tmp_path, "settings", "set", "run_history_days", "7", "--json")
    assert ended.json["run_history_days"] == 7
    assert "could not be added to the audit trail" in ended.err


def test_offline_changes_are_audited_once(tmp_path: Path) -> None:
    on(tmp_path, "settings", "set", "run_history_days", "7")
    on(tmp_path, "settings", "set", "run_history_days", "nonsense")
    with closing(sqlite3.connect(tmp_path / "vsmanager.db")) as connection:
        assert connection.execute("SELECT action, result FROM audit").fetchall() == [("change_settings", "ok")]
