"""`vsmanager manager`: a copy beside a manager that runs, and the way back into another folder."""

from pathlib import Path

from tests.cli.commands import vsmanager
from tests.cli.conftest import Run
from tests.managers import running_manager


def test_a_copy_of_a_running_manager_is_whole_and_brings_its_users_elsewhere(run: Run, tmp_path: Path) -> None:
    made = run("users", "list", "--json")
    assert made.code == 0
    assert run("admin", "create", "Anna", "--generate").code == 0
    target = tmp_path / "copy.tar.gz"
    copied = run("manager", "backup", "--to", str(target))
    assert copied.code == 0, copied
    assert f"Written: {target}" in copied.out
    assert "Without secrets" in copied.out
    assert run("manager", "check", str(target)).out.startswith("It is whole.\nMade ")

    new = tmp_path / "new"
    back = vsmanager("manager", "restore", str(target), "--data-dir", str(new), "--json")
    assert back.json["data_dir"] == str(new)
    assert back.json["has_secrets"] is False
    with running_manager(new) as manager:
        assert "Anna" in {user["name"] for user in manager.get("/users")["items"]}
    again = vsmanager("manager", "restore", str(target), "--data-dir", str(new), "--json")
    assert (again.code, again.problem["code"]) == (1, "data_folder_not_empty")


def test_without_a_place_it_goes_into_the_data_folder(run: Run) -> None:
    told = run("manager", "backup", "--with-secrets", "--json").json
    assert Path(told["path"]).parent.name == "manager-backups"
    assert told["size_bytes"] == Path(told["path"]).stat().st_size
    assert told["has_secrets"] is True or not (Path(told["path"]).parents[1] / "secrets.json").exists()


def test_a_copy_is_not_said_to_hold_secrets_where_there_are_none(run_here: Run, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    assert run_here("admin", "create", "Anna", "--generate", "--data-dir", str(folder)).code == 0
    told = run_here("manager", "backup", "--with-secrets", "--data-dir", str(folder)).out
    assert "There are no secrets yet" in told
    assert "It holds secrets" not in told
    (folder / "secrets.json").write_text("{}")
    assert (
        "It holds secrets"
        in run_here("manager", "backup", "--with-secrets", "--data-dir", str(folder), "--to", str(tmp_path / "a.tar.gz")).out
    )


def test_what_is_no_copy_is_refused(run_here: Run, tmp_path: Path) -> None:
    bad = tmp_path / "bad.tar.gz"
    bad.write_bytes(b"hello")
    ended = run_here("manager", "restore", str(bad), "--data-dir", str(tmp_path / "new"), "--json")
    assert (ended.code, ended.problem["code"]) == (2, "manager_copy_unusable")
    assert run_here("manager", "check", str(tmp_path / "gone")).code == 1
