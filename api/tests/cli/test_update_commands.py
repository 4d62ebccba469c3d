"""`vsmanager update` on a manager with one server that does not run."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.apps import data_dir_where_nothing_is_due
from tests.cli.commands import Ended, words_of
from tests.cli.conftest import Run
from tests.managers import ManagerProcess, running_manager
from tests.servers.games import LONG, free_port, install_version
from vintagestory_sandbox.dotnet_root import make_dotnet_root
from vintagestory_sandbox.upstream import SandboxUpstream

OLD, NEW = "1.21.5", "1.21.6"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, empty_database: Path, sandbox: SandboxUpstream) -> Iterator[ManagerProcess]:
    data_dir = data_dir_where_nothing_is_due(tmp_path_factory.mktemp("cli"), empty_database)
    for version in (OLD, NEW):
        install_version(data_dir, version)
    dotnet = make_dotnet_root(tmp_path_factory.mktemp("dotnet"))
    with running_manager(data_dir, upstream=sandbox.url, DOTNET_ROOT=str(dotnet)) as manager:
        manager.run_job("server_versions_check")
        answer = manager.post("/servers", {"name": "Home", "id": f"home-{os.getpid()}", "version": OLD, "port": free_port()})
        assert answer.status == 201, answer.json
        manager.wait_for_run(answer.json["operation"]["run_id"], timeout=LONG)
        yield manager
    shutil.rmtree(data_dir)


@pytest.fixture
def update(home: ManagerProcess, run_here: Run) -> Run:
    def run(*arguments: str) -> Ended:
        return run_here("update", *arguments, VS_DATA_DIR=str(home.data_dir))

    return run


SERVER = f"home-{os.getpid()}"


def test_what_is_new_is_told_and_planned(update: Run) -> None:
    shown = update("status")
    assert shown.code == 0, shown
    assert words_of(shown.out)[0] == ["SERVER", "VERSION", "NEWEST PATCH", "NEWEST STABLE", "MOD UPDATES", "WAITS FOR"]
    assert "Newest patch" in update("status", SERVER).out
    assert update("status", SERVER, "--json").json["game_now"] in {OLD, NEW}
    planned = update("plan", SERVER, "--to", "1.20.4")
    assert planned.code == 1
    assert "In the way: 1.20.4 is older than" in planned.out
    assert update("plan", SERVER, "--json").json["nothing_to_do"]
    missing = update("plan", "nobody", "--json")
    assert (missing.code, missing.problem["code"]) == (5, "server_not_found")


def test_an_update_is_made_and_remembered(update: Run) -> None:
    refused = update("run", SERVER, "--to", NEW, "--watch", "0")
    assert refused.code == 2, refused
    done = update("run", SERVER, "--to", NEW, "--watch", "0", "--yes", "--wait")
    assert done.code == 0, done
    assert f"The game: {OLD} to {NEW}" in done.out
    assert "1. Back up the world" in done.out
    history = update("history", SERVER)
    assert words_of(history.out)[0] == ["WHEN", "BECAME", "WHAT", "BY", "WHY"]
    assert f"{OLD} to {NEW}" in history.out
    assert update("history", SERVER, "--json").json["items"][0]["outcome"] == "updated"
    again = update("run", SERVER, "--to", NEW, "--yes", "--json")
    assert (again.code, again.problem["code"]) == (1, "nothing_to_update")


def test_a_policy_is_shown_and_changed(update: Run) -> None:
    changed = update("policy", SERVER, "--game", "patch", "--window", "03:00-05:00", "--zone", "Europe/Berlin", "--warn", "5")
    assert changed.code == 0, changed
    assert "patches by itself" in changed.out
    assert "03:00-05:00 (Europe/Berlin)" in changed.out
    found = update("policy", SERVER, "--json").json
    assert (found["game"], found["mods"], found["warn_minutes"]) == ("patch", "tell", [5])
    assert update("policy", SERVER, "--window", "any", "--warn", "0", "--json").json["window"] is None
    wrong = update("policy", SERVER, "--zone", "Middle/Earth", "--json")
    assert wrong.problem["code"] == "invalid_update_policy"
    assert update("policy", SERVER, "--window", "soon").code == 2
