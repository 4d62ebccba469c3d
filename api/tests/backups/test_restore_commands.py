"""`vsmanager backup restore`, `restores`, `drill` and `import`, on a manager with a stopped server that has a world."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

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
    folder = tmp_path_factory.mktemp("restores")
    dotnet = make_dotnet_root(folder / "dotnet")
    install_version(folder / "data")
    with running_manager(folder / "data", DOTNET_ROOT=str(dotnet), VS_HOST_ROOTS=str(folder)) as running:
        made = running.post("/servers", {"name": "Home", "id": HOME, "version": VERSION, "port": free_port()}).json
        assert running.wait_for_run(made["operation"]["run_id"])["state"] == "succeeded"
        yield running


@pytest.fixture
def world(manager: ManagerProcess) -> Path:
    """Of the server, as it is before each test."""
    path = Path(manager.get(f"/servers/{HOME}")["data_path"]) / "Saves" / "default.vcdbs"
    path.unlink(missing_ok=True)
    return make_world(path)


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


def backed_up(run: Run) -> str:
    backup_id: str = run("backup", "create", HOME, "--wait", "--json").json["report"]["backup_id"]
    return backup_id


def test_a_restore_shows_what_it_will_do_and_asks_first(run: Run, world: Path) -> None:
    backup = backed_up(run)
    before = world.read_bytes()
    world.unlink()
    present = make_world(world, chunks=90).read_bytes()
    told = run("backup", "restore", backup, "--dry-run")
    assert (told.code, world.read_bytes()) == (0, present)
    assert "World" in told.out
    assert "A backup of what is there now is made first." in told.out
    asked = run("backup", "restore", backup)
    assert (asked.code, world.read_bytes()) == (2, present)
    assert "--yes" in asked.err
    assert run("backup", "restore", backup, "--yes", "--wait").code == 0
    assert world.read_bytes() == before
    head, row = words_of(run("backup", "restores", HOME).out)[:2]
    assert head[:3] == ["WHEN", "BACKUP", "BECAME"]
    assert row[1:3] == [backup, "restored"]


def test_only_a_part_or_a_file_or_into_a_new_server(run: Run, world: Path, manager: ManagerProcess) -> None:
    backup = backed_up(run)
    preview = run("backup", "restore", backup, "--part", "config", "--dry-run", "--json").json
    assert [change["part"] for change in preview["changes"]] == ["config"]
    preview = run("backup", "restore", backup, "--file", "Saves/default.vcdbs", "--dry-run", "--json").json
    assert [change["detail"] for change in preview["changes"]] == ["Saves/default.vcdbs"]
    assert run("backup", "restore", backup, "--port", "42999").code == 2
    ended = run("backup", "restore", backup, "--new-server", "Second home", "--yes", "--wait", "--json")
    copy = manager.get(f"/servers/{ended.json['server_id']}")
    assert (copy["name"], copy["state"]) == ("Second home", "stopped")
    assert (Path(copy["data_path"]) / "Saves" / "default.vcdbs").read_bytes() == world.read_bytes()


def test_what_stands_in_the_way_is_said_and_nothing_is_done(run: Run, world: Path, manager: ManagerProcess) -> None:
    backup = backed_up(run)
    shown = run("backup", "show", backup, "--json").json
    (manager.data_dir / "backups" / HOME / shown["file_name"]).unlink()
    refused = run("backup", "restore", backup, "--yes")
    assert refused.code != 0
    assert "not there" in refused.err
    assert run("backup", "restore", "0198c0de-0000-7000-8000-000000000000", "--yes").code != 0


def test_a_drill_is_done_from_the_command_line(run: Run, world: Path) -> None:
    backup = backed_up(run)
    assert run("backup", "drill", HOME, "--wait", "--json").json["report"]["backup_id"] == backup


def test_a_world_is_taken_over_from_here_and_from_the_manager_s_machine(
    run: Run, manager: ManagerProcess, tmp_path: Path
) -> None:
    here = make_world(tmp_path / "here.vcdbs")
    taken = run("backup", "import", HOME, str(here), "--note", "from here", "--json").json
    assert (taken["kind"], taken["note"], taken["world"]) == ("imported", "from here", "verified")
    assert "taken over replaces the one that is there" in run("backup", "restore", taken["id"], "--dry-run").out
    there = make_world(manager.data_dir.parent / "there.vcdbs")
    ended = run("backup", "import", HOME, str(there), "--there", "--wait", "--json")
    assert run("backup", "show", ended.json["report"]["backup_id"], "--json").json["kind"] == "imported"
    (tmp_path / "bad.vcdbs").write_text("no world at all")
    refused = run("backup", "import", HOME, str(tmp_path / "bad.vcdbs"))
    assert refused.code != 0
    assert "neither a backup" in refused.err
    assert run("backup", "import", HOME, str(tmp_path / "nothing.vcdbs")).code == 2
