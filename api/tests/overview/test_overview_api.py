"""The overview through HTTP, on a running application."""

import sqlite3
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.apps import App, StandInJob, data_dir_where_nothing_is_due, running_app
from tests.metrics.made_servers import add_servers
from tests.overview.past_runs import add_runs, ended
from vintagestory_api.access.offline import create_token_offline
from vintagestory_api.access.roles import Role
from vintagestory_api.jobs import DEFAULT_JOBS
from vintagestory_api.metrics.schemas import LastDay
from vintagestory_api.overview.schemas import Overview

DAY = 86_400_000


def attention(app: App) -> dict[str, dict[str, Any]]:
    return {item["id"]: item for item in app.get("/overview")["attention"]}


def test_a_fresh_manager_is_well_and_says_what_it_does_not_know(app: App) -> None:
    overview = app.get("/overview")
    Overview.model_validate(overview)
    assert overview["status"] == "ok"
    jobs = len(DEFAULT_JOBS)
    assert overview["jobs"] == {
        "total": jobs, "ok": 0, "failing": 0, "late": 0, "paused": 0, "off": 0, "never_ran": jobs, "running": 0,
    }  # fmt: skip
    assert overview["scheduler"] == {"status": "running", "job_count": jobs}
    assert [upstream["id"] for upstream in overview["upstreams"]] == ["mod_database", "version_api"]
    assert [upstream["data_updated_at"] for upstream in overview["upstreams"]] == [None, None]
    assert overview["catalog"] == {"mods": 0, "updated_at": None}
    assert overview["game_versions"] == {"latest_stable": None, "latest_unstable": None, "updated_at": None}
    assert overview["started_at"].endswith("Z")
    assert [item["id"] for item in overview["attention"]] == ["no_contact"]


def test_only_admins_are_asked_for_a_contact_and_only_until_there_is_one(app: App, data_dir: Path) -> None:
    secret = create_token_offline(data_dir / "vsmanager.db", "reader", Role.VIEWER, "test")
    admin, app._headers = app._headers, {"X-API-Key": secret}
    assert attention(app) == {}
    app._headers = admin
    assert "no_contact" in attention(app)
    assert app.ask("PATCH", "/settings", json={"upstream_contact": "ada@example.org"}).status_code == 200
    assert attention(app) == {}


def test_failing_runs_need_somebody_until_one_succeeds(tmp_path: Path, empty_database: Path) -> None:
    data_dir = data_dir_where_nothing_is_due(tmp_path, empty_database)
    now = 1_780_000_000_000
    error = {"type": "OSError", "message": "No route.", "traceback": "x"}
    add_runs(
        data_dir,
        ended("mod_cache_refresh", "succeeded", now - DAY),
        ended("mod_cache_refresh", "failed", now - 5_000, error=error),
        ended("mod_cache_refresh", "failed", now, error=error),
    )
    with running_app(data_dir) as app:
        overview = app.get("/overview")
        assert (overview["status"], overview["jobs"]["failing"]) == ("needs_attention", 1)
        item = overview["attention"][0]
        assert (item["id"], item["severity"], item["text"]) == ("job_failing:mod_cache_refresh", "bad", "No route.")
        assert item["since"] == "2026-05-28T20:26:35.000Z"
        assert item["action"] == {"kind": "run_job", "target": "mod_cache_refresh"}
        assert overview["catalog"]["updated_at"] == overview["upstreams"][0]["data_updated_at"] == "2026-05-27T20:26:40.000Z"


def test_a_pause_is_seen_with_who_did_it_and_a_run_while_it_runs(app: App, stand_in: StandInJob) -> None:
    assert app.ask("POST", "/jobs/server_versions_check/pause", json={"reason": "moving house"}).status_code == 200
    run = app.run("mod_cache_refresh")
    overview = app.get("/overview")
    assert (overview["jobs"]["paused"], overview["jobs"]["running"], overview["status"]) == (1, 1, "ok")
    item = attention(app)["job_paused:server_versions_check"]
    assert item["text"].startswith("Paused by ")
    assert item["text"].endswith(": moving house")
    assert item["since"] is not None
    stand_in.end()
    app.ended(run["id"], 30)
    assert app.get("/overview")["jobs"]["running"] == 0
    assert app.ask("POST", "/jobs/server_versions_check/resume").status_code == 200
    assert "job_paused:server_versions_check" not in attention(app)


def test_a_broken_settings_file_can_be_reset_from_here(app: App, data_dir: Path) -> None:
    (data_dir / "api-settings.json").write_text("{")
    item = attention(app)["problem:settings_broken"]
    assert (item["severity"], item["action"]) == ("bad", {"kind": "reset_settings", "target": "settings"})
    assert app.ask("POST", "/settings/reset").status_code == 200
    assert "problem:settings_broken" not in attention(app)


def test_an_upstream_that_is_left_alone_is_told(app: App) -> None:
    for _ in range(3):
        app.manager.upstreams["version_api"].circuit.failure()
    item = attention(app)["upstream:version_api"]
    assert (item["severity"], item["action"]) == ("warn", {"kind": "page", "target": "/jobs/server_versions_check"})
    assert item["since"] is not None
    app.manager.upstreams["version_api"].circuit.success()
    assert "upstream:version_api" not in attention(app)


def test_a_job_that_is_off_counts_as_off(app: App) -> None:
    assert app.ask("PATCH", "/jobs/mod_cache_refresh", json={"interval_seconds": 0}).status_code == 200
    overview = app.get("/overview")
    assert (overview["jobs"]["off"], overview["scheduler"]["job_count"]) == (1, len(DEFAULT_JOBS) - 1)


def test_a_catalogue_that_can_not_be_read_hides_nothing_else(app: App) -> None:
    def fail(*_: object) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    app.manager.catalog._file.reading = fail  # type: ignore[assignment, method-assign]
    overview = app.get("/overview")
    assert overview["catalog"]["mods"] is None
    assert overview["status"] == "ok"


def test_the_strip_shows_a_run_while_it_runs(app: App, stand_in: StandInJob) -> None:
    run = app.run("mod_cache_refresh")
    newest = app.get("/jobs/mod_cache_refresh")["recent_runs"][-1]
    assert (newest["id"], newest["state"], newest["ended_at"]) == (run["id"], "running", None)
    stand_in.end()
    app.ended(run["id"], 30)
    assert app.get("/jobs/mod_cache_refresh")["recent_runs"][-1]["state"] != "running"


def test_every_default_job_is_counted(app: App) -> None:
    assert app.get("/overview")["jobs"]["total"] == len(DEFAULT_JOBS)


def test_the_last_day_of_all_servers_comes_in_one_answer(tmp_path: Path, empty_database: Path) -> None:
    data_dir = data_dir_where_nothing_is_due(tmp_path, empty_database)
    add_servers(data_dir / "vsmanager.db", "one", "two")
    with running_app(data_dir) as app:
        found = app.get("/overview/last-day")
        LastDay.model_validate(found)
        assert [server["server_id"] for server in found["servers"]] == ["one", "two"]
        assert {len(server["players"]) for server in found["servers"]} == {len(found["at"])}


@pytest.mark.parametrize("path", ["/overview", "/overview/last-day", "/overview/servers"])
def test_nobody_without_a_token_sees_it(app: App, path: str) -> None:
    app._headers = {}
    answer: httpx2.Response = app.ask("GET", path)
    assert answer.status_code == 401
