"""`vsmanager offsite`, on a manager with a stopped server that has a world."""

import io
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.backups.going_away import make_stand_in
from tests.backups.worlds import make_world
from tests.cli.commands import Ended, words_of
from tests.managers import ManagerProcess, running_manager
from tests.servers.games import LONG, VERSION, free_port, install_version
from vintagestory_api import cli
from vintagestory_sandbox.dotnet_root import make_dotnet_root

Run = Callable[..., Ended]
HOME = "home"


@pytest.fixture(scope="module")
def mounts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("mnt")


@pytest.fixture(scope="module")
def manager(tmp_path_factory: pytest.TempPathFactory, mounts: Path) -> Iterator[ManagerProcess]:
    folder = tmp_path_factory.mktemp("offsite")
    dotnet = make_dotnet_root(folder / "dotnet")
    programs = make_stand_in(tmp_path_factory.mktemp("bin"))
    install_version(folder / "data")
    path = f"{programs}:{os.environ['PATH']}"
    with running_manager(folder / "data", DOTNET_ROOT=str(dotnet), VS_HOST_ROOTS=str(mounts), PATH=path) as running:
        made = running.post("/servers", {"name": "Home", "id": HOME, "version": VERSION, "port": free_port()}).json
        assert running.wait_for_run(made["operation"]["run_id"])["state"] == "succeeded"
        make_world(Path(running.get(f"/servers/{HOME}")["data_path"]) / "Saves" / "default.vcdbs")
        yield running


@pytest.fixture
def run(manager: ManagerProcess, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command in this process."""
    for name in list(os.environ):
        if name.startswith("VS_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("VS_DATA_DIR", str(manager.data_dir))

    def run_it(*arguments: str, stdin: str = "") -> Ended:
        capsys.readouterr()
        monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
        code = cli.run(arguments)
        return Ended(code, *capsys.readouterr())

    return run_it


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + LONG
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_folder_is_added_used_tested_checked_and_removed(run: Run, mounts: Path) -> None:
    assert "Nothing is copied" in run("offsite", "list").out
    nas = mounts / "nas"
    nas.mkdir()
    assert run("offsite", "add-folder", "The NAS", str(nas), "--max-age", "24").code == 0
    used = run("offsite", "use", HOME, "the nas", "--only-there")
    assert (used.code, "The NAS" in used.out, "only until" in used.out) == (0, True, True)
    assert run("offsite", "test", "The NAS").code == 0
    assert run("offsite", "check", "The NAS", "--wait").code == 0
    head, row = words_of(run("offsite", "list").out)[:2]
    assert head[:2] == ["PLACE", "WHERE"]
    assert row[:3] == ["The NAS", str(nas), HOME]
    changed = run("offsite", "change", "The NAS", "--name", "NAS", "--max-age", "72", "--json").json
    assert (changed["name"], changed["max_age_hours"]) == ("NAS", 72)
    moved = nas.rename(mounts / "moved")
    assert run("offsite", "change", "NAS", "--where", str(moved), "--json").json["where"] == str(moved)
    assert run("offsite", "change", "NAS", "--password-stdin", stdin="x\n").code == 2
    nas = moved
    (nas / ".vsmanager-offsite").unlink()
    failed = run("offsite", "test", "NAS")
    assert (failed.code, "mounted" in failed.err) == (1, True)
    assert run("offsite", "remove", "NAS", "--yes").code == 0
    assert run("offsite", "use", HOME, "--json").json == {"targets": [], "keep_local": False}
    assert run("offsite", "use", HOME, "--keep-here", "--json").json["keep_local"] is True
    assert run("offsite", "test", "NAS").code == 5


def test_a_repository_is_added_with_secrets_that_are_no_arguments(
    run: Run, mounts: Path, manager: ManagerProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a key that is a secret")
    repository = str(mounts / "repository")
    command = ("offsite", "add-restic", "Cloud", repository, "--env", "AWS_ACCESS_KEY_ID", "--password-stdin", "--json")
    made = run(*command, stdin="its password\n").json
    assert (made["where"], made["environment"], made["has_password"]) == (repository, ["AWS_ACCESS_KEY_ID"], True)
    assert run("offsite", "add-restic", "Other", repository, "--env", "B2_NOT_SET", "--password-stdin", stdin="x\n").code == 2
    wrong = run("offsite", "add-restic", "Other", repository, "--password-stdin", stdin="wrong password\n")
    assert (wrong.code, "password" in wrong.err) == (2, True)
    assert run("offsite", "change", "Cloud", "--password-stdin", stdin="wrong password\n").code == 2
    assert run("offsite", "change", "Cloud", "--password-stdin", stdin="its password\n").code == 0
    monkeypatch.setenv("B2_ACCOUNT_ID", "another secret")
    assert run("offsite", "change", "Cloud", "--env", "B2_ACCOUNT_ID", "--json").json["environment"] == ["B2_ACCOUNT_ID"]
    assert run("offsite", "remove", "Cloud", "--yes", "--json").code == 0


def test_a_backup_that_lies_only_there_is_fetched(run: Run, mounts: Path, manager: ManagerProcess) -> None:
    shelf = mounts / "shelf"
    shelf.mkdir()
    run("offsite", "add-folder", "Shelf", str(shelf))
    run("offsite", "use", HOME, "Shelf", "--only-there")
    backup = run("backup", "create", HOME, "--wait", "--json").json["report"]["backup_id"]
    wait_until(lambda: not manager.get(f"/backups/{backup}")["is_there"])
    assert "good, only elsewhere" in run("backup", "list", HOME).out
    assert run("offsite", "remove", "Shelf", "--yes").code == 1
    assert run("offsite", "fetch", backup, "--wait").code == 0
    assert manager.get(f"/backups/{backup}")["is_there"] is True
    assert run("offsite", "use", HOME, "--nowhere", "--keep-here").code == 0
    assert run("offsite", "remove", "Shelf", "--yes", "--force").code == 0
