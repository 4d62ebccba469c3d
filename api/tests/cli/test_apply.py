"""`vsmanager apply`, `servers export` and `servers adopt` on a manager with one server that does not run."""

import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.apps import data_dir_where_nothing_is_due
from tests.backups.worlds import make_world
from tests.cli.commands import Ended
from tests.cli.conftest import Run
from tests.managers import ManagerProcess, running_manager
from tests.players.conftest import add_server
from tests.servers.games import free_port

FILE = """
format: vsmanager.server/1
server: {id: home, name: %s}
updates: {game: off}
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, empty_database: Path) -> Iterator[ManagerProcess]:
    data_dir = data_dir_where_nothing_is_due(tmp_path_factory.mktemp("cli"), empty_database)
    add_server(data_dir / "vsmanager.db", "home")
    with closing(sqlite3.connect(data_dir / "vsmanager.db")) as db, db:
        db.execute("UPDATE servers SET wanted = 'stopped', version = '1.22.7'")
    with running_manager(data_dir, VS_HOST_ROOTS=str(tmp_path_factory.getbasetemp())) as manager:
        yield manager
    shutil.rmtree(data_dir)


@pytest.fixture
def run(home: ManagerProcess, run_here: Run) -> Run:
    def run(*arguments: str) -> Ended:
        return run_here(*arguments, VS_DATA_DIR=str(home.data_dir))

    return run


def test_a_plan_tells_by_its_exit_code_whether_there_is_something_to_do(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "home.yaml"
    file.write_text(FILE % "Castle")
    ended = run("apply", str(file), "--plan")
    assert ended.code == 6
    assert "~ name:" in ended.out
    assert "~ game: tell → off" in ended.out
    unasked = run("apply", str(file))
    assert (unasked.code, "--yes" in unasked.err) == (2, True)
    assert run("servers", "show", "home", "--json").json["name"] != "Castle"
    assert run("apply", str(file), "--yes").code == 0
    assert run("servers", "show", "home", "--json").json["name"] == "Castle"
    again = run("apply", str(file), "--plan")
    assert (again.code, "There is nothing to do" in again.out) == (0, True)
    assert run("apply", str(file)).code == 0
    as_json = run("apply", str(file), "--plan", "--json")
    assert (as_json.code, as_json.json["has_changes"]) == (0, False)


def test_what_is_wrong_with_a_file_is_told_with_its_line(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "home.yaml"
    file.write_text("format: vsmanager.server/1\nserver: {id: home}\nbogus: 1\n")
    ended = run("apply", str(file), "--plan")
    assert (ended.code, "Line 3, bogus: is not known here" in ended.err) == (2, True)
    file.write_text("format: vsmanager.server/1\nserver: {id: Home!, port: many}\n")
    ended = run("apply", str(file), "--plan")
    assert "server.id: has to be of small letters, digits and dashes" in ended.err
    assert ended.err.count("server.port") == 1, "once, with its line"
    file.write_bytes(b"\xff\xfe")
    assert run("apply", str(file)).code == 2
    file.write_bytes(b"#" * 1_000_001)
    assert run("apply", str(file)).code == 2
    assert run("apply", str(tmp_path / "nowhere.yaml")).code == 2


def test_what_can_not_be_done_ends_a_plan_as_failed(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "home.yaml"
    file.write_text("format: vsmanager.server/1\nserver: {id: home, version: not-a-version}\n")
    ended = run("apply", str(file), "--plan")
    assert (ended.code, "can't be applied" in ended.err) == (1, True), ended
    assert "nothing to do" not in ended.out.lower()


def test_a_name_that_is_no_setting_is_in_the_way_and_what_no_file_sets_is_told(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "home.yaml"
    file.write_text(
        "format: vsmanager.server/1\nserver: {id: home}\nconfiguration: {serverconfig: {ServerNam: x, WhitelistMod: 1}}\n"
    )
    ended = run("apply", str(file), "--plan")
    assert (ended.code, "serverconfig.ServerNam is no setting" in ended.out, "nothing to do" in ended.out.lower()) == (
        1,
        True,
        False,
    ), ended
    file.write_text("format: vsmanager.server/1\nserver: {id: home}\nconfiguration: {serverconfig: {Password: x}}\n")
    ended = run("apply", str(file), "--plan")
    assert (ended.code, "is left alone" in ended.out, "is as the file says" in ended.out) == (0, True, False), ended


def test_an_export_is_printed_or_written(run: Run, tmp_path: Path) -> None:
    printed = run("servers", "export", "home")
    assert (printed.code, "format: vsmanager.server/1" in printed.out) == (0, True), printed.err
    out = tmp_path / "out.yaml"
    assert run("servers", "export", "home", "-o", str(out)).code == 0
    assert out.read_text() == printed.out
    assert "# Left out:" in printed.out
    assert run("apply", str(out), "--plan").code == 0
    assert run("servers", "export", "nobody").code == 5


def test_a_folder_of_a_container_is_recognised_and_copied(run: Run, tmp_path: Path) -> None:
    volume = tmp_path / "volume"
    make_world(volume / "Saves" / "default.vcdbs", chunks=20)
    config = {"ServerName": "Old", "Port": free_port(), "WorldConfig": {"SaveFileLocation": "/gamedata/vs/Saves/default.vcdbs"}}
    (volume / "serverconfig.json").write_text(json.dumps(config))
    looked = run("servers", "adopt", str(volume), "--inspect")
    assert (looked.code, "the Docker image of Devidian" in looked.out) == (0, True), looked
    copied = run("servers", "adopt", str(volume), "--copy", "--version", "1.22.7", "--wait", "--json")
    assert copied.code == 0, copied.err
    server = run("servers", "show", copied.json["report"]["server_id"], "--json").json
    assert (server["name"], server["is_adopted"]) == ("Old", False)
    (volume / "ModConfig").mkdir()
    (volume / "ModConfig" / "out.json").symlink_to("/etc/hostname")
    arguments = ("--copy", "--version", "1.22.7", "--id", "again", "--port", str(free_port()), "--wait")
    told = run("servers", "adopt", str(volume), *arguments).out
    assert "The server again is there." in told
    assert "ModConfig/out.json was left out" in told
