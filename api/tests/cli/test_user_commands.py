"""`vsmanager admin` and `vsmanager users`, with the manager running, stopped, and elsewhere."""

import json
import os
import pty
import re
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.commands import PROGRAM, Ended, clean_environment, idle_folder, vsmanager, words_of
from tests.cli.conftest import Run
from tests.managers import ManagerProcess, running_manager

PASSWORD = "a long password"


def on(folder: Path, *arguments: str) -> Ended:
    return vsmanager(*arguments, "--data-dir", str(folder))


def with_input(typed: str, *arguments: str) -> Ended:
    done = subprocess.run(
        [PROGRAM, *arguments], env=clean_environment(), input=typed, capture_output=True, text=True, timeout=40, check=False
    )
    return Ended(done.returncode, done.stdout, done.stderr)


def session_state(manager: ManagerProcess, name: str, password: str) -> int:
    return manager.request("POST", "/api/v1/session", {"name": name, "password": password}).status


def test_an_admin_is_made_on_a_folder_that_was_never_used_and_can_sign_in(tmp_path: Path) -> None:
    folder = idle_folder(tmp_path / "data")
    made = on(folder, "admin", "create", " Anna ", "--generate", "--json").json
    assert (made["name"], made["role"], made["is_disabled"]) == ("Anna", "admin", False)
    assert len(made["password"]) >= 20
    with running_manager(folder) as manager:
        assert session_state(manager, "anna", made["password"]) == 200
        entry = manager.get("/audit?action=create_user")["items"][0]
        assert (entry["who"]["kind"], entry["target"]) == ("command_line", {"user_id": made["id"]})
        assert made["password"] not in json.dumps(entry)


def test_only_a_generated_password_goes_to_stdout(tmp_path: Path) -> None:
    made = on(tmp_path, "admin", "create", "Anna", "--generate")
    assert len(made.out.split()) == 1
    assert "not shown again" in made.err
    assert made.out.strip() not in made.err


def test_the_password_is_read_from_the_first_line_of_standard_input(tmp_path: Path) -> None:
    made = with_input(f"{PASSWORD}\nand more\n", "admin", "create", "Anna", "--password-stdin", "--data-dir", str(tmp_path))
    assert made.code == 0, made
    assert PASSWORD not in made.out + made.err
    with running_manager(idle_folder(tmp_path)) as manager:
        assert session_state(manager, "Anna", PASSWORD) == 200


def typed_on_a_terminal(folder: Path, *lines: str) -> tuple[int, str]:
    """What `admin create` shows on a terminal where these lines are typed."""
    leader, follower = pty.openpty()
    command = [PROGRAM, "admin", "create", "Anna", "--data-dir", str(folder)]
    shown = b""
    with subprocess.Popen(
        command, env=clean_environment(), stdin=follower, stdout=follower, stderr=follower, start_new_session=True
    ) as process:
        os.close(follower)
        for prompt, line in zip((b"characters or more): ", b"Again: "), lines, strict=True):
            while prompt not in shown:
                shown += os.read(leader, 1000)
            os.write(leader, line.encode() + b"\n")
        try:
            while part := os.read(leader, 1000):
                shown += part
        except OSError:
            pass  # how a terminal ends whose programs have all ended
        process.wait(40)
    os.close(leader)
    return process.returncode, shown.decode()


def test_on_a_terminal_the_password_is_asked_for_twice_and_not_shown(tmp_path: Path) -> None:
    code, shown = typed_on_a_terminal(tmp_path / "data", PASSWORD, PASSWORD)
    assert code == 0, shown
    assert PASSWORD not in shown
    assert "can sign in" in shown
    code, shown = typed_on_a_terminal(tmp_path / "other", PASSWORD, PASSWORD + "!")
    assert code == 2, shown
    assert "two different passwords" in shown
    assert on(tmp_path / "other", "users", "list", "--json").json["items"] == []


def test_without_a_terminal_it_says_how_to_give_a_password(tmp_path: Path) -> None:
    ended = on(tmp_path, "admin", "create", "Anna", "--json")
    assert (ended.code, ended.problem["code"]) == (2, "wrong_usage")
    assert "--password-stdin or --generate" in ended.err
    both = on(tmp_path, "admin", "create", "Anna", "--password-stdin", "--generate")
    assert both.code == 2


def test_names_and_passwords_that_can_not_be_used_are_refused(tmp_path: Path) -> None:
    assert on(tmp_path, "admin", "create", "Anna", "--generate").code == 0
    taken = on(tmp_path, "admin", "create", "ANNA", "--generate", "--json")
    assert (taken.code, taken.problem["code"]) == (1, "user_name_taken")
    short = with_input("hunter2\n", "admin", "create", "Bob", "--password-stdin", "--json", "--data-dir", str(tmp_path))
    assert (short.code, short.problem["code"]) == (2, "password_too_short")
    assert "hunter2" not in short.err
    unknown = on(tmp_path, "admin", "reset-password", "nobody", "--generate", "--json")
    assert (unknown.code, unknown.problem["code"]) == (5, "user_not_found")
    assert [user["name"] for user in on(tmp_path, "users", "list", "--json").json["items"]] == ["Anna"]


def test_users_are_listed_in_words(tmp_path: Path) -> None:
    on(tmp_path, "admin", "create", "Anna", "--generate")
    head, row = words_of(on(tmp_path, "users", "list").out)
    assert head == ["NAME", "ROLE", "MADE", "LAST SIGNED IN", "STATE", "SECOND FACTOR", "ID"]
    assert (row[0], row[1], row[3], row[4]) == ("Anna", "admin", "–", "can sign in")


def test_a_running_manager_knows_new_passwords_at_once_and_says_who_is_disabled(tmp_path: Path) -> None:
    folder = idle_folder(tmp_path / "data")
    with running_manager(folder) as manager:
        first = on(folder, "admin", "create", "Anna", "--generate").out.strip()
        assert session_state(manager, "Anna", first) == 200
        second = on(folder, "admin", "reset-password", "anna", "--generate").out.strip()
        assert session_state(manager, "Anna", first) == 401
        assert session_state(manager, "Anna", second) == 200
        user = manager.post("/users", {"name": "Bob", "role": "viewer", "password": PASSWORD}).json
        manager.request("PATCH", f"/api/v1/users/{user['id']}", {"is_disabled": True})
        reset = on(folder, "admin", "reset-password", "Bob", "--generate")
        assert "is disabled" in reset.err
        listed = on(folder, "users", "list", "--json").json["items"]
        assert [(found["name"], found["is_disabled"]) for found in listed] == [("Anna", False), ("Bob", True)]
        assert listed == manager.get("/users")["items"]
        session_state(manager, "nobody", PASSWORD)
        told = on(folder, "audit", "list").out
        assert re.search(r"\(unknown\) +sign_in +wrong_credentials", told)
        assert re.search(r"\(command line\) +set_user_password +ok", told)


@pytest.mark.parametrize("as_json", [False, True])
def test_a_manager_elsewhere_is_asked_with_a_token(run_here: Run, manager: ManagerProcess, as_json: bool) -> None:
    name = f"far away {as_json}"
    more = ["--json"] if as_json else []
    env = {"VS_URL": manager.url, "VS_TOKEN": manager.token}
    assert run_here("admin", "create", name, "--generate", *more, **env).code == 0
    reset = run_here("admin", "reset-password", name.upper(), "--generate", *more, **env)
    password = reset.json["password"] if as_json else reset.out.strip()
    assert session_state(manager, name, password) == 200
    assert name in run_here("users", "list", *more, **env).out
    assert run_here("admin", "reset-password", "nobody", "--generate", **env).code == 5


def test_roles_on_single_servers_are_given_and_taken_away(tmp_path: Path) -> None:
    folder = idle_folder(tmp_path / "data")
    for name in ("Anna", "Berta"):
        on(folder, "admin", "create", name, "--generate")
    with closing(sqlite3.connect(folder / "vsmanager.db")) as db, db:
        db.execute(
            "INSERT INTO servers (id, name, port, version, data_path, wanted, settings, last_seq, created_at, created_by)"
            " VALUES ('home', 'Our home', 42420, '1.22.7', ?, 'stopped', '{}', 0, 0, 'test')",
            (str(tmp_path),),
        )
    given = on(folder, "users", "set-roles", "berta", "--role", "none", "--on", "Our home=operator", "--json").json
    assert (given["role"], given["server_roles"]) == ("none", [{"server_id": "home", "role": "operator"}])
    assert "operator on home" in on(folder, "users", "list").out
    assert on(folder, "users", "set-roles", "Anna", "--role", "none", "--on", "home=admin").code != 0, "the last admin stays"
    assert on(folder, "users", "set-roles", "Berta", "--on", "nowhere=viewer").code != 0
    assert on(folder, "users", "set-roles", "Berta").code == 2
    made = on(folder, "token", "create", "--name", "bot", "--role", "none", "--on", "home=viewer", "--json").json
    assert made["server_roles"] == [{"server_id": "home", "role": "viewer"}]
    assert "viewer on home" in on(folder, "token", "list").out
    with running_manager(folder) as manager:
        there = {"VS_URL": manager.url, "VS_TOKEN": manager.token}
        changed = vsmanager("users", "set-roles", "Berta", "--on", "home=viewer", "--json", env=there).json
        assert changed["server_roles"] == [{"server_id": "home", "role": "viewer"}]
        assert vsmanager("users", "set-roles", "Berta", "--nowhere", "--json", env=there).json["server_roles"] == []
        assert manager.request("GET", "/api/v1/servers", token=made["token"]).json["items"][0]["id"] == "home"
        assert manager.request("GET", "/api/v1/jobs", token=made["token"]).status == 403
