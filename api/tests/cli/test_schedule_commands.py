"""`vsmanager schedules` on a manager with one server that does not run."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.apps import data_dir_where_nothing_is_due
from tests.cli.commands import Ended, words_of
from tests.cli.conftest import Run
from tests.managers import ManagerProcess, running_manager
from tests.players.conftest import add_server

FILE = """
schedules:
  - name: Night
    trigger: {kind: cron, cron: 0 5 * * *, zone: Europe/Berlin}
    conditions: {server: online}
    steps:
      - {do: announce, text: "In {minutes} min", warn_minutes: [5]}
      - {do: command, command: /time, on_failure: continue}
    finally: [{do: start}]
  - name: Often
    trigger: {kind: interval, seconds: 86400}
    steps: [{do: wait, seconds: 1}]
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, empty_database: Path) -> Iterator[ManagerProcess]:
    data_dir = data_dir_where_nothing_is_due(tmp_path_factory.mktemp("cli"), empty_database)
    path = data_dir / "vsmanager.db"
    for server_id in ("home", "away"):
        add_server(path, server_id)
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE servers SET wanted = 'stopped'")
    with running_manager(data_dir) as manager:
        yield manager
    shutil.rmtree(data_dir)


@pytest.fixture
def schedules(home: ManagerProcess, run_here: Run, tmp_path: Path) -> Iterator[Run]:
    """With the schedules of the file on the server `home`, and none on the other."""

    def run(*arguments: str) -> Ended:
        return run_here("schedules", *arguments, VS_DATA_DIR=str(home.data_dir))

    file = tmp_path / "schedules.yaml"
    file.write_text(FILE)
    assert run("apply", "home", str(file), "--remove-others").code == 0
    yield run
    for schedule in run("list", "--json").json["items"]:
        assert run("delete", schedule["id"], "--yes").code == 0


def test_schedules_are_listed_and_shown(schedules: Run) -> None:
    shown = schedules("list", "home")
    assert shown.code == 0, shown
    assert words_of(shown.out)[0] == ["SCHEDULE", "SERVER", "NAME", "NEXT RUN", "LAST RUN", "WHAT"]
    assert "Every day at 05:00 (Europe/Berlin), only if the server is online: announce 5 min before" in shown.out
    night = schedules("show", "night", "--count", "2")
    assert night.code == 0, night
    assert "command, command /time, goes on when it fails" in night.out
    assert "In any case" in night.out
    assert night.out.count("Next: ") == 2
    assert schedules("show", "night", "--json").json["name"] == "Night"
    assert "There are none yet" in schedules("list", "away").out
    missing = schedules("show", "Nothing", "--json")
    assert (missing.code, missing.problem["code"]) == (5, "schedule_not_found")


def test_a_schedule_is_run_and_told_what_it_would_do(schedules: Run) -> None:
    ran = schedules("run", "Often", "--wait")
    assert ran.code == 0, ran
    assert "succeeded" in schedules("list").out
    failed = schedules("run", "Night", "--wait")
    assert failed.code == 1, failed
    dry = schedules("dry-run", "Night")
    assert "It would be skipped: The server is not online." in dry.out
    assert "in any case: Start the server" in dry.out
    assert schedules("dry-run", "Often", "--json").json["would_run"] is True


def test_a_schedule_is_turned_off_and_on(schedules: Run) -> None:
    assert "Night is off" in schedules("disable", "Night").out
    assert schedules("show", "Night", "--json").json["enabled"] is False
    assert "Night is on. Next run: in " in schedules("enable", "Night").out
    refused = schedules("delete", "Night", "--json")
    assert (refused.code, refused.problem["code"]) == (2, "confirmation_needed")


def test_files_are_exported_and_applied(schedules: Run, tmp_path: Path) -> None:
    file = tmp_path / "exported.yaml"
    assert schedules("export", "home", str(file)).code == 0
    assert schedules("export", "home").out == file.read_text()
    assert schedules("export", "home", "--json").json["yaml"] == file.read_text()
    assert schedules("apply", "home", str(file)).out == "Everything is as the file says already.\n"
    dry = schedules("apply", "away", str(file), "--dry-run")
    assert dry.out.splitlines() == ["Night would be added", "Often would be added"]
    assert schedules("list", "away", "--json").json["items"] == []
    assert schedules("apply", "away", str(file), "--json").json["added"] == ["Night", "Often"]
    ambiguous = schedules("show", "Night", "--json")
    assert (ambiguous.code, ambiguous.problem["code"]) == (2, "wrong_usage")
    file.write_text(file.read_text().replace("0 5 * * *", "0 5 31 2 *"))
    refused = schedules("apply", "home", str(file), "--json")
    assert (refused.code, refused.problem["code"]) == (2, "invalid_schedule_text")
    assert refused.problem["errors"][0]["field"] == "schedules.0.trigger.cron"
    nothing = schedules("apply", "home", str(tmp_path / "nothing.yaml"), "--json")
    assert (nothing.code, nothing.problem["code"]) == (2, "file_unreadable")


def test_templates_are_files_to_apply(schedules: Run, tmp_path: Path) -> None:
    assert "nightly-restart" in schedules("templates").out
    file = tmp_path / "template.yaml"
    file.write_text(schedules("templates", "nightly-restart").out)
    assert schedules("apply", "away", str(file)).out == "Nightly restart added\n"
    unknown = schedules("templates", "nothing", "--json")
    assert (unknown.code, unknown.problem["code"]) == (5, "template_not_found")
