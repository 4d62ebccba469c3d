"""`vsmanager healthcheck`: 0 while the manager answers that it works, 1 for everything else."""

import json
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from tests.cli.conftest import Run
from tests.managers import NOBODY_HOME, ManagerProcess


def test_a_manager_that_works_is_healthy_by_its_folder_and_by_its_address(manager: ManagerProcess, run: Run) -> None:
    by_folder = run("healthcheck")
    assert (by_folder.code, by_folder.out.splitlines()[0], by_folder.err) == (0, "ok", "")
    assert run("healthcheck", "--url", manager.url, "--json").json["status"] == "ok"


def test_where_the_folder_tells_nothing_the_port_of_the_environment_is_asked(
    manager: ManagerProcess, run_here: Run, tmp_path: Path
) -> None:
    port = manager.url.rpartition(":")[2]
    assert run_here("healthcheck", "--data-dir", str(tmp_path), VS_PORT=port).code == 0


def test_nobody_there_is_no_health(run_here: Run, tmp_path: Path) -> None:
    ended = run_here("healthcheck", "--url", NOBODY_HOME, "--json")
    assert (ended.code, ended.problem["code"]) == (1, "manager_unreachable")
    assert run_here("healthcheck", "--data-dir", str(tmp_path), VS_PORT="9").code == 1


@pytest.mark.parametrize("address", ["no address", "ftp://127.0.0.1", "http://"])
def test_what_is_no_address_is_no_health(run_here: Run, address: str) -> None:
    assert run_here("healthcheck", "--url", address).code == 1


@pytest.mark.parametrize(
    ("status", "content"), [(503, '{"status": "ok", "problems": []}'), (200, "hello"), (200, "[]"), (200, '{"status": "ok"}')]
)
def test_another_answer_is_no_health(run_here: Run, httpserver: HTTPServer, status: int, content: str) -> None:
    httpserver.expect_request("/healthz").respond_with_data(content, status=status)
    ended = run_here("healthcheck", "--url", httpserver.url_for("").rstrip("/"))
    assert ended.code == 1
    assert ended.err.startswith("error: The manager does not answer (")


def test_what_is_wrong_with_a_manager_that_works_is_told(run_here: Run, httpserver: HTTPServer) -> None:
    told = {"status": "degraded", "problems": [{"code": "settings_unreadable", "message": "Mend the file."}]}
    httpserver.expect_request("/healthz").respond_with_data(json.dumps(told))
    ended = run_here("healthcheck", "--url", httpserver.url_for("").rstrip("/"))
    assert (ended.code, ended.out) == (0, "degraded\nsettings_unreadable: Mend the file.\n")
