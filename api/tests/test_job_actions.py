"""Running, pausing and changing jobs through HTTP."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.apps import App, StandInJob, running_app
from vintagestory_api.jobs import DEFAULT_JOBS, JOBS_BY_ID

JOBS = [job.id for job in DEFAULT_JOBS]


def moment(text: str) -> datetime:
    assert text.endswith("Z")
    return datetime.fromisoformat(text)


def test_a_run_now_is_accepted_and_can_be_followed(app: App, stand_in: StandInJob) -> None:
    run = app.run("mod_cache_refresh")
    assert (run["job_id"], run["state"], run["trigger"], run["attempt"]) == ("mod_cache_refresh", "running", "manual", 1)
    job = app.until(lambda: app.get("/jobs/mod_cache_refresh"), lambda job: job["running"] and job["running"]["progress"])
    assert job["running"]["id"] == job["last_run"]["id"] == run["id"]
    assert (job["running"]["progress"], job["running"]["message"]) == (0.25, "a quarter done")

    stand_in.end()
    run = app.ended(run["id"])
    assert (run["state"], run["report"], run["progress"]) == ("succeeded", {"counted": 4852}, 1.0)
    job = app.get("/jobs/mod_cache_refresh")
    assert job["running"] is None
    assert (job["last_run"]["id"], job["health"]) == (run["id"], "ok")


def test_a_second_run_at_the_same_time_is_refused_with_the_id_of_the_first(app: App, stand_in: StandInJob) -> None:
    run = app.run("mod_cache_refresh")
    problem = app.refused("POST", "/jobs/mod_cache_refresh/run", 409, "job_already_running")
    assert problem["run_id"] == run["id"]


def test_a_run_now_leaves_the_next_run_where_it_is(app: App, stand_in: StandInJob) -> None:
    before = app.get("/jobs/mod_cache_refresh")["next_run_at"]
    stand_in.end()
    app.ended(app.run("mod_cache_refresh")["id"])
    assert app.get("/jobs/mod_cache_refresh")["next_run_at"] == before


def test_a_job_without_anything_to_ask_runs_for_real(app: App) -> None:
    run = app.ended(app.run("history_cleanup")["id"])
    assert (run["state"], run["report"]) == (
        "succeeded",
        {
            "runs_deleted": 0,
            "audit_entries_deleted": 0,
            "chat_lines_deleted": 0,
            "alerts_deleted": 0,
            "notifications_deleted": 0,
        },
    )


def test_a_job_that_fails_is_shown_as_failing(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken() -> None:
        raise ConnectionError("no way to https://ada:lovelace@upstream/")

    monkeypatch.setitem(JOBS_BY_ID, "history_cleanup", replace(JOBS_BY_ID["history_cleanup"], function=broken))
    run = app.ended(app.run("history_cleanup")["id"])
    assert run["state"] == "failed"
    assert "lovelace" not in str(run)
    job = app.get("/jobs/history_cleanup")
    assert (job["health"], job["last_run"]["error"]["type"]) == ("failing", "ConnectionError")


def test_a_paused_job_says_why_and_has_no_next_run_until_it_is_resumed(app: App) -> None:
    answer = app.ask("POST", "/jobs/mod_cache_refresh/pause", json={"reason": "  the upstream moves house "})
    assert answer.status_code == 200
    job = answer.json()
    assert (job["paused_reason"], job["next_run_at"], job["health"]) == ("the upstream moves house", None, "paused")
    assert job["enabled"]

    job = app.ask("POST", "/jobs/mod_cache_refresh/resume").json()
    assert job["paused_reason"] is None
    assert job["next_run_at"]


def test_a_pause_survives_a_restart(data_dir: Path) -> None:
    with running_app(data_dir) as app:
        app.ask("POST", "/jobs/mod_cache_refresh/pause", json={"reason": "moving house"})
    with running_app(data_dir, token=False) as app:
        assert app.manager.scheduler.get_job("mod_cache_refresh").paused_reason == "moving house"


def test_a_paused_job_can_be_run_by_hand(app: App, stand_in: StandInJob) -> None:
    app.ask("POST", "/jobs/mod_cache_refresh/pause", json={"reason": "moving house"})
    stand_in.end()
    assert app.ended(app.run("mod_cache_refresh")["id"])["state"] == "succeeded"


def test_a_changed_interval_takes_effect_at_once_and_is_saved(app: App, data_dir: Path) -> None:
    before = app.get("/jobs/mod_cache_refresh/preview", count=2)["items"]
    answer = app.ask("PATCH", "/jobs/mod_cache_refresh", json={"interval_seconds": 7200})
    assert answer.status_code == 200
    assert answer.json()["interval_seconds"] == 7200
    assert app.get("/settings")["mod_list_refresh_interval"] == 7200
    assert '"mod_list_refresh_interval": 7200' in (data_dir / "api-settings.json").read_text()
    after = app.get("/jobs/mod_cache_refresh/preview", count=2)["items"]
    assert moment(before[1]) - moment(before[0]) == timedelta(hours=1)
    assert moment(after[1]) - moment(after[0]) == timedelta(hours=2)


def test_an_interval_of_0_turns_a_job_off_while_its_run_goes_on(app: App, stand_in: StandInJob) -> None:
    run = app.run("mod_cache_refresh")
    jobs_before = app.get("/healthz")["scheduler"]["job_count"]
    job = app.ask("PATCH", "/jobs/mod_cache_refresh", json={"interval_seconds": 0}).json()
    assert (job["enabled"], job["interval_seconds"], job["next_run_at"], job["health"]) == (False, 0, None, "off")
    assert job["running"]["id"] == run["id"]
    assert app.get("/healthz")["scheduler"]["job_count"] == jobs_before - 1
    assert app.get("/jobs/mod_cache_refresh/preview") == {"items": [], "next_cursor": None}
    problem = app.refused("POST", "/jobs/mod_cache_refresh/pause", 409, "job_is_off", json={"reason": "x"})
    assert "interval" in problem["detail"]

    stand_in.end()
    assert app.ended(run["id"])["state"] == "succeeded"
    job = app.ask("PATCH", "/jobs/mod_cache_refresh", json={"interval_seconds": 86_400}).json()
    assert (job["enabled"], job["interval_seconds"]) == (True, 86_400)


def test_a_file_edited_by_hand_takes_effect(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vintagestory_api.manager._SETTINGS_LOOK_SECONDS", 0.05)
    with running_app(data_dir) as app:
        (data_dir / "api-settings.json").write_text('{"mod_list_refresh_interval": 10800}')
        assert app.get("/settings")["mod_list_refresh_interval"] == 10_800
        app.until(lambda: app.get("/jobs/mod_cache_refresh"), lambda job: job["interval_seconds"] == 10_800)
