"""`vsmanager backup`, on a manager with a stopped server that has a world."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.backups.worlds import make_world
from tests.cli.commands import Ended, words_of
from tests.managers import ManagerProcess, running_manager
from tests.servers.games import VERSION, free_port, install_version
from vintagestory_api import cli
from vintagestory_sandbox.dotnet_root import make_dotnet_root

Run = Callable[..., Ended]
HOME = "home"


@pytest.fixture(scope="module")
def manager(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ManagerProcess]:
    folder = tmp_path_factory.mktemp("backups")
    dotnet = make_dotnet_root(folder / "dotnet")
    install_version(folder / "data")
    with running_manager(folder / "data", DOTNET_ROOT=str(dotnet)) as running:
        body = {"name": "Home", "id": HOME, "version": VERSION, "port": free_port()}
        made = running.post("/servers", body).json
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

    def run_it(*arguments: str) -> Ended:
        capsys.readouterr()
        code = cli.run(arguments)
        return Ended(code, *capsys.readouterr())

    return run_it


def created(run: Run, *options: str) -> dict[str, Any]:
    """A new backup, as lists show it."""
    ended = run("backup", "create", HOME, "--wait", "--json", *options)
    found: dict[str, Any] = run("backup", "show", ended.json["report"]["backup_id"], "--json").json
    return found


def test_one_is_made_listed_and_shown(run: Run) -> None:
    backup = created(run, "--note", "before the feast", "--pin")
    assert (backup["note"], backup["pinned"]) == ("before the feast", True)
    ended = run("backup", "list", HOME, "--search", "FEAST")
    head, row, *rest = words_of(ended.out)
    assert head == ["BACKUP", "SERVER", "OF", "MADE", "SIZE", "IS", "NOTE"]
    assert (row[0], row[1], row[-2], row[-1]) == (backup["id"], HOME, "good, pinned", "before the feast")
    assert "1 together" in " ".join(rest[-1])
    shown = run("backup", "show", backup["id"]).out
    assert "packed as the stopped game left it" in shown
    assert "before the feast" in shown
    run("backup", "change", backup["id"], "--unpin", "--note", "")
    assert run("backup", "show", backup["id"], "--json").json["pinned"] is False
    assert run("backup", "delete", backup["id"], "--yes").code == 0
    assert run("backup", "show", backup["id"]).code != 0


def test_an_empty_list_says_whether_there_is_none_or_none_like_that(run: Run) -> None:
    assert run("backup", "list", "never-there").out.strip().endswith("Make one with: vsmanager backup create never-there")
    created(run)
    assert run("backup", "list", HOME, "--search", "no such note").out.strip() == "No backup is like that."


def test_it_is_verified_and_fetched(run: Run, manager: ManagerProcess, tmp_path: Path) -> None:
    backup = created(run)
    assert run("backup", "verify", backup["id"], "--wait").code == 0
    target = tmp_path / "ours.tar.zst"
    assert run("backup", "download", backup["id"], str(target)).code == 0
    there = manager.data_dir / "backups" / HOME / backup["file_name"]
    assert target.read_bytes() == there.read_bytes()
    there.write_bytes(target.read_bytes()[:-500])
    assert run("backup", "download", backup["id"], str(tmp_path / "half")).code != 0
    assert not (tmp_path / "half").exists()
    assert run("backup", "verify", backup["id"], "--wait").code != 0


def test_rules_are_shown_changed_and_done(run: Run) -> None:
    for _ in range(3):
        created(run)
    changed = run(
        "backup", "settings", HOME, "--last", "1", "--hourly", "0", "--daily", "0", "--weekly", "0", "--monthly", "0",
        "--max-gb", "1.5", "--level", "5", "--mod-data", "ModData", "--mod-data", "Webmap", "--mod-files", "--json",
    ).json  # fmt: skip
    assert changed["retention"] == {
        "last": 1, "hourly": 0, "daily": 0, "weekly": 0, "monthly": 0, "max_bytes": 1_500_000_000, "max_count": 0,
    }  # fmt: skip
    assert (changed["compression_level"], changed["mod_data"], changed["with_mod_files"]) == (5, ["ModData", "Webmap"], True)
    shown = run("backup", "settings", HOME).out
    assert "1 last" in shown
    assert "1.5 GB" in shown
    before = run("backup", "list", HOME, "--json").json["total_count"]
    dry = run("backup", "prune", HOME, "--dry-run")
    assert f"{before - 1} would be deleted" in dry.out
    assert run("backup", "list", HOME, "--json").json["total_count"] == before
    assert run("backup", "prune", HOME).code != 0
    assert run("backup", "prune", HOME, "--yes", "--wait").code == 0
    assert run("backup", "list", HOME, "--json").json["total_count"] == 1
    assert "0 would be deleted" in run("backup", "prune", HOME).out


def test_what_is_refused_says_why(run: Run) -> None:
    ended = run("backup", "settings", HOME, "--mod-data", "../other")
    assert ended.code != 0
    assert "leads out of its folder" in ended.err
    assert run("backup", "create", "nobody").code != 0
