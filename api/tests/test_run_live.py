"""A running run through HTTP: seen live, followed to its end, cancelled."""

import threading
import time
from typing import Any

import pytest

from tests.apps import App, StandInJob
from vintagestory_api.runs import router as runs_router


def test_a_running_run_is_shown_live_in_lists_and_alone(app: App, stand_in: StandInJob) -> None:
    run = app.run("mod_cache_refresh")
    live = app.until(lambda: app.get(f"/runs/{run['id']}"), lambda run: run["progress"])
    assert (live["state"], live["progress"], live["message"]) == ("running", 0.25, "a quarter done")
    assert [line["message"] for line in live["log"]] == ["mod_cache_refresh_started"]
    assert live["log"][0]["time"].endswith("Z")
    listed = app.get("/runs", state="running")["items"]
    assert [(item["id"], item["progress"]) for item in listed] == [(run["id"], 0.25)]


def test_a_log_can_be_followed_to_its_end(app: App, stand_in: StandInJob) -> None:
    run_id = app.run("mod_cache_refresh")["id"]
    first = app.get(f"/runs/{run_id}/log", wait_seconds=5)
    assert [(line["seq"], line["message"]) for line in first["items"]] == [(1, "mod_cache_refresh_started")]
    assert (first["next_after"], first["finished"]) == (1, False)

    begun = time.monotonic()
    nothing_new = app.get(f"/runs/{run_id}/log", after=1, wait_seconds=0.4)
    assert time.monotonic() - begun > 0.3
    assert nothing_new == {"items": [], "next_after": 1, "finished": False}

    threading.Timer(0.2, stand_in.end).start()
    rest = app.get(f"/runs/{run_id}/log", after=1, wait_seconds=20)
    assert rest["items"][0]["message"].startswith("mod_cache_refresh_completed")
    assert "counted=4852" in rest["items"][0]["message"]
    end = app.until(lambda: app.get(f"/runs/{run_id}/log", after=rest["next_after"]), lambda log: log["finished"])
    assert end["items"] == []
    assert time.monotonic() - begun < 19, "it did not wait on after the end"


def test_waiting_for_a_log_ends_when_the_run_does(app: App, stand_in: StandInJob) -> None:
    run_id = app.run("mod_cache_refresh")["id"]
    app.until(lambda: app.get(f"/runs/{run_id}/log"), lambda log: log["items"])
    threading.Timer(0.2, lambda: app.ask("POST", f"/runs/{run_id}/cancel")).start()
    begun = time.monotonic()
    seen: list[str] = []
    after, finished = 1, False
    while not finished:
        log = app.get(f"/runs/{run_id}/log", after=after, wait_seconds=20)
        seen += [line["message"] for line in log["items"]]
        after, finished = log["next_after"], log["finished"]
    assert time.monotonic() - begun < 19, "it did not wait on after the end"
    assert seen == ["job_cancelled cause=user stopped=True"]


def test_whoever_is_revoked_while_waiting_for_a_log_hears_nothing_more(
    app: App, stand_in: StandInJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = app.run("mod_cache_refresh")["id"]
    app.until(lambda: app.get(f"/runs/{run_id}/log"), lambda log: log["items"])
    made = app.ask("POST", "/tokens", json={"name": "soon gone", "role": "viewer"}).json()
    headers = {"Authorization": f"Bearer {made['token']}"}
    answers: list[int] = []
    is_let_in = threading.Event()
    real = runs_router._find

    async def find(*args: Any) -> Any:
        is_let_in.set()
        return await real(*args)

    monkeypatch.setattr(runs_router, "_find", find)

    def wait() -> None:
        path = f"/api/v1/runs/{run_id}/log"
        answers.append(app._client.get(path, params={"after": 1, "wait_seconds": 30}, headers=headers).status_code)

    waiting = threading.Thread(target=wait)
    waiting.start()
    assert is_let_in.wait(60)
    assert app.ask("DELETE", f"/tokens/{made['id']}").is_success
    waiting.join()
    assert answers == [401]


def test_a_running_run_can_be_cancelled(app: App, stand_in: StandInJob) -> None:
    run_id = app.run("mod_cache_refresh")["id"]
    answer = app.ask("POST", f"/runs/{run_id}/cancel")
    assert answer.status_code == 202
    assert answer.json()["id"] == run_id
    run = app.ended(run_id)
    assert (run["state"], run["reason"]) == ("cancelled", "user")


def test_every_change_leaves_a_line_in_the_audit_trail(app: App, stand_in: StandInJob) -> None:
    run_id = app.run("mod_cache_refresh")["id"]
    app.ask("POST", f"/runs/{run_id}/cancel")
    app.ask("POST", "/jobs/mod_cache_refresh/pause", json={"reason": "moving house"})
    actions = [(entry["action"], entry["who"]["name"]) for entry in app.get("/audit")["items"]]
    assert actions[:3] == [("pause_job", "admin"), ("cancel_run", "admin"), ("run_job", "admin")]
