"""Health, and how the manager serves what it can when a file is broken."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.apps import App, running_app
from vintagestory_api import __version__
from vintagestory_api.jobs import DEFAULT_JOBS


def test_a_well_manager_says_so_without_secrets_and_paths(app: App, data_dir: Path) -> None:
    answer = app.ask("GET", "/healthz")
    assert answer.status_code == 200
    assert answer.json() == {
        "status": "ok",
        "version": __version__,
        "problems": [],
        "scheduler": {"status": "running", "job_count": len(DEFAULT_JOBS)},
        "servers": {},
    }
    assert str(data_dir) not in answer.text
    assert app.ask("GET", "/readyz").status_code == 200


def test_health_counts_jobs_as_settings_change(app: App) -> None:
    app.ask("PATCH", "/settings", json={"mod_list_refresh_interval": 0, "server_versions_refresh_interval": 0})
    assert app.get("/healthz")["scheduler"] == {"status": "running", "job_count": len(DEFAULT_JOBS) - 2}
    app.ask("PATCH", "/settings", json={"mod_list_refresh_interval": 3600})
    assert app.get("/healthz")["scheduler"] == {"status": "running", "job_count": len(DEFAULT_JOBS) - 1}


def test_a_paused_scheduler_is_seen(app: App) -> None:
    waker = app.manager.scheduler._waker
    assert waker is not None
    waker.pause()
    health = app.get("/healthz")
    assert (health["status"], health["scheduler"]["status"]) == ("degraded", "paused")
    assert [problem["code"] for problem in health["problems"]] == ["scheduler_not_running"]
    assert app.ask("GET", "/readyz").status_code == 503


# Settings


def test_a_broken_settings_file_degrades_and_is_mended_by_a_reset(data_dir: Path) -> None:
    path = data_dir / "api-settings.json"
    path.write_text('{"mod_list_refresh_interval": "often"}')
    with running_app(data_dir) as app:
        health = app.get("/healthz")
        assert health["status"] == "degraded"
        assert [problem["code"] for problem in health["problems"]] == ["settings_broken"]
        assert health["scheduler"] == {"status": "running", "job_count": len(DEFAULT_JOBS)}, "the defaults apply"
        assert app.get("/settings")["mod_list_refresh_interval"] == 3600

        problem = app.refused("PATCH", "/settings", 409, "settings_broken", json={"run_history_days": 7})
        assert "mod_list_refresh_interval" in problem["detail"]
        assert "reset" in problem["detail"]
        app.refused("PATCH", "/jobs/mod_cache_refresh", 409, "settings_broken", json={"interval_seconds": 60})
        assert path.read_text() == '{"mod_list_refresh_interval": "often"}'

        kept_as = app.ask("POST", "/settings/reset").json()["kept_as"]
        assert (data_dir / kept_as).read_text() == '{"mod_list_refresh_interval": "often"}'
        assert app.get("/healthz")["status"] == "ok"
        assert app.ask("PATCH", "/settings", json={"run_history_days": 7}).status_code == 200


def test_a_settings_file_that_breaks_while_the_manager_runs_is_noticed(app: App, data_dir: Path) -> None:
    app.ask("PATCH", "/settings", json={"mod_list_refresh_interval": 0})
    (data_dir / "api-settings.json").write_text("{")
    assert [problem["code"] for problem in app.get("/healthz")["problems"]] == ["settings_broken"]
    assert app.get("/settings")["mod_list_refresh_interval"] == 3600


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"mod_list_refresh_interval": -1}, ["mod_list_refresh_interval"]),
        ({"mod_list_refresh_interval": "text"}, ["mod_list_refresh_interval"]),
        ({"mod_list_refresh_interval": 10**12}, ["mod_list_refresh_interval"]),
        (
            {"server_versions_refresh_interval": 10**30, "run_history_days": -1},
            ["server_versions_refresh_interval", "run_history_days"],
        ),
        ({"nonsense": 1}, ["nonsense"]),
    ],
)
def test_a_wrong_setting_is_named_and_nothing_changes(
    app: App, data_dir: Path, body: dict[str, object], fields: list[str]
) -> None:
    problem = app.refused("PATCH", "/settings", 422, "settings_invalid", json=body)
    assert sorted(error["field"] for error in problem["errors"]) == sorted(fields)
    assert not (data_dir / "api-settings.json").exists()


# The database


def foreign_database(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE recipes (name TEXT)")
        db.commit()


def no_database(path: Path) -> None:
    path.write_bytes(b"no database at all " * 1000)


@pytest.mark.parametrize("breaks", [no_database, foreign_database])
def test_with_a_broken_database_health_answers_and_the_rest_says_what_to_do(tmp_path: Path, breaks: object) -> None:
    path = tmp_path / "vsmanager.db"
    assert callable(breaks)
    breaks(path)
    before = path.read_bytes()
    with running_app(tmp_path, token=False) as app:
        answer = app.ask("GET", "/healthz")
        assert answer.status_code == 200
        health = answer.json()
        assert health["status"] == "degraded"
        assert [problem["code"] for problem in health["problems"]] == ["database_unreadable"]
        assert "vsmanager doctor" in health["problems"][0]["message"]
        assert str(tmp_path) not in answer.text
        assert health["scheduler"]["job_count"] == 0
        assert app.ask("GET", "/readyz").status_code == 503

        speaking = App(app._client, "vsm_" + "x" * 43)
        for method, path_, body in [
            ("GET", "/jobs", None),
            ("POST", "/jobs/mod_cache_refresh/run", None),
            ("GET", "/runs", None),
            ("GET", "/settings", None),
            ("PATCH", "/settings", {"run_history_days": 7}),
            ("GET", "/tokens", None),
            ("GET", "/catalog/mods", None),
        ]:
            answer = speaking.ask(method, path_, json=body)
            assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json"), answer.text
            assert answer.json()["detail"]
            assert str(tmp_path) not in answer.text
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.glob("vsmanager.db*")] == ["vsmanager.db"]
