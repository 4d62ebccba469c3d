"""The timetable through HTTP: what is shown, and what is refused."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.apps import App, data_dir_where_nothing_is_due, running_app
from vintagestory_api.jobs import DEFAULT_JOBS

JOBS = [job.id for job in DEFAULT_JOBS]


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory, empty_database: Path) -> Iterator[App]:
    """For questions, and for requests that are refused."""
    with running_app(data_dir_where_nothing_is_due(tmp_path_factory.mktemp("data"), empty_database)) as app:
        yield app


def moment(text: str) -> datetime:
    assert text.endswith("Z")
    return datetime.fromisoformat(text)


def test_the_timetable_lists_every_job_with_its_next_run(app: App) -> None:
    answer = app.get("/jobs")
    assert set(answer) == {"items", "next_cursor"}
    jobs = {job["id"]: job for job in answer["items"]}
    assert list(jobs) == JOBS
    refresh, cleanup = jobs["mod_cache_refresh"], jobs["history_cleanup"]
    assert set(refresh) >= {
        "id", "title", "trigger", "interval_seconds", "cron", "zone", "enabled", "paused_reason", "last_run",
        "next_run_at", "health",
    }  # fmt: skip
    assert (refresh["trigger"], refresh["interval_seconds"], refresh["cron"]) == ("interval", 3600, None)
    assert (cleanup["trigger"], cleanup["interval_seconds"], cleanup["cron"]) == ("cron", None, "17 4 * * *")
    assert all(job["enabled"] and job["title"] and job["next_run_at"] for job in jobs.values())
    assert {job["health"] for job in jobs.values()} == {"never_ran"}
    assert app.get("/jobs/mod_cache_refresh") == refresh


def test_an_unknown_job_is_not_found_wherever_it_is_asked_for(app: App) -> None:
    for method, path, body in [
        ("GET", "/jobs/nope", None),
        ("GET", "/jobs/nope/preview", None),
        ("POST", "/jobs/nope/run", None),
        ("POST", "/jobs/nope/pause", {"reason": "x"}),
        ("POST", "/jobs/nope/resume", None),
        ("PATCH", "/jobs/nope", {"interval_seconds": 60}),
    ]:
        problem = app.refused(method, path, 404, "unknown_job", json=body)
        assert "nope" in problem["detail"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"reason": ""},
        {"reason": "   "},
        {"reason": 7},
        {"reason": "x" * 501},
        {"reason": "x", "until": 1},
    ],
)
def test_a_pause_without_a_sensible_reason_is_refused(app: App, body: dict[str, Any]) -> None:
    app.refused("POST", "/jobs/mod_cache_refresh/pause", 422, "invalid_request", json=body)
    assert app.get("/jobs/mod_cache_refresh")["paused_reason"] is None


def test_a_reason_that_is_no_text_is_refused_and_harms_nobody(app: App) -> None:
    body = rb'{"reason": "\ud800"}'
    app.refused("POST", "/jobs/mod_cache_refresh/pause", 422, "broken_text", content=body)
    assert app.get("/healthz")["status"] == "ok"


@pytest.mark.parametrize("wrong", [-1, 1, 59, 31_536_001, 10**12, 10**30, "often", "3600", 60.5, True, None])
def test_a_wrong_interval_is_named_and_changes_nothing(app: App, wrong: Any) -> None:
    answer = app.ask("PATCH", "/jobs/mod_cache_refresh", json={"interval_seconds": wrong})
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == ["interval_seconds"]
    assert app.get("/jobs/mod_cache_refresh")["interval_seconds"] == 3600


def test_a_job_at_fixed_times_has_no_interval_to_change(app: App) -> None:
    app.refused("PATCH", "/jobs/history_cleanup", 409, "job_has_no_interval", json={"interval_seconds": 60})


def test_a_preview_shows_the_next_times(app: App) -> None:
    items = app.get("/jobs/history_cleanup/preview", count=3)["items"]
    assert [item[10:] for item in items] == ["T04:17:00.000Z"] * 3
    assert moment(items[2]) - moment(items[0]) == timedelta(days=2)
    assert len(app.get("/jobs/mod_cache_refresh/preview")["items"]) == 10
    assert len(app.get("/jobs/mod_cache_refresh/preview", count=100)["items"]) == 100


@pytest.mark.parametrize("count", [0, -1, 101, "many", 10**30])
def test_a_preview_of_too_few_or_too_many_is_refused(app: App, count: Any) -> None:
    problem = app.refused("GET", "/jobs/mod_cache_refresh/preview", 422, "invalid_request", params={"count": count})
    assert [error["field"] for error in problem["errors"]] == ["count"]
