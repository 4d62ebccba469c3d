"""The two founding jobs, end to end: a real manager, a real stand-in for the upstreams, everything seen through the API."""

import json
import os
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from functools import partial
from http.client import HTTPException
from pathlib import Path
from typing import Any

import pytest

from tests.facts import facts_path
from tests.managers import ManagerProcess, running_manager, start_manager
from vintagestory_api.jobs import DEFAULT_JOBS
from vintagestory_sandbox.upstream import SandboxUpstream, start_upstream

MODS = 400


@pytest.fixture
def sandbox() -> Iterator[SandboxUpstream]:
    with start_upstream(mods=MODS) as upstream:
        yield upstream


@pytest.fixture
def manager(tmp_path: Path, sandbox: SandboxUpstream) -> Iterator[ManagerProcess]:
    with running_manager(tmp_path / "data", upstream=sandbox.url) as process:
        yield process


def until(condition: Callable[[], Any], what: str, seconds: float = 30) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.05)
    return found


def first_runs(manager: ManagerProcess) -> dict[str, dict[str, Any]]:
    """The runs that a new data folder begins with, once both have ended."""
    jobs = ("mod_cache_refresh", "server_versions_check")
    begun = {job: until(partial(manager.runs, job_id=job), f"a run of {job}") for job in jobs}
    return {job: manager.wait_for_run(runs[-1]["id"]) for job, runs in begun.items()}


def content_of(catalog: Path) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(catalog)) as db:
        return db.execute("SELECT * FROM mods ORDER BY modid").fetchall()


def test_a_new_data_folder_fills_by_itself(manager: ManagerProcess, sandbox: SandboxUpstream) -> None:
    runs = first_runs(manager)

    assert {run["state"] for run in runs.values()} == {"succeeded"}
    assert {run["trigger"] for run in runs.values()} == {"startup"}
    assert runs["mod_cache_refresh"]["report"]["new"] == sandbox.mods
    assert manager.get("/catalog/mods")["total"] == sandbox.mods
    versions = manager.get("/game-versions")
    assert versions["state"] == "ready"
    newest = [item["version"] for item in versions["items"] if item["latest"]]
    assert "1.22.7" in newest
    jobs = {job["id"]: job for job in manager.get("/jobs")["items"]}
    assert jobs["mod_cache_refresh"]["health"] == "ok"
    assert jobs["mod_cache_refresh"]["last_run"]["state"] == "succeeded"
    assert jobs["mod_cache_refresh"]["next_run_at"] > runs["mod_cache_refresh"]["ended_at"]


def test_an_unchanged_refresh_asks_three_questions_and_writes_no_row(manager: ManagerProcess, sandbox: SandboxUpstream) -> None:
    first_runs(manager)
    with closing(sqlite3.connect(manager.data_dir / "cache" / "catalog.db")) as db:
        before = db.execute("PRAGMA data_version").fetchone()
        sandbox.reset()

        run = manager.run_job("mod_cache_refresh")

        assert db.execute("PRAGMA data_version").fetchone() == before
    assert run["report"]["unchanged"] == sandbox.mods
    assert sandbox.stats()["total"] <= 3
    assert manager.get("/catalog/mods?limit=1")["refreshed_at"] == run["ended_at"]


def test_new_changed_and_vanished_mods_are_counted_and_seen(manager: ManagerProcess, sandbox: SandboxUpstream) -> None:
    first_runs(manager)
    some = [item["id"] for item in manager.get("/catalog/mods?limit=3&sort=downloads")["items"]]
    assert manager.get("/catalog/mods?q=zzyzx")["total"] == 0
    sandbox.change_mods(add=[{"name": "Zzyzx Windmill"}], change=[{"modid": some[0], "name": "Renamed Qwertz"}], remove=[some[1]])

    report = manager.run_job("mod_cache_refresh")["report"]

    assert (report["new"], report["changed"], report["vanished"]) == (1, 1, 1)
    assert manager.get("/catalog/mods?q=zzyzx")["total"] == 1
    assert manager.get("/catalog/mods?q=qwertz")["items"][0]["id"] == some[0]
    assert some[1] not in [item["id"] for item in manager.get("/catalog/mods?limit=100&sort=downloads")["items"]]


def test_twenty_clients_asking_for_a_cold_catalogue_cause_one_refresh(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "api-settings.json").write_text(json.dumps({"mod_list_refresh_interval": 0}))
    with (
        start_upstream(mods=MODS, latency_ms=150) as sandbox,
        running_manager(tmp_path / "data", upstream=sandbox.url) as manager,
    ):
        until(lambda: manager.runs(job_id="server_versions_check", state="succeeded"), "the version check")
        sandbox.reset()

        with ThreadPoolExecutor(20) as clients:
            answers = list(clients.map(lambda _number: manager.get("/catalog/mods"), range(20)))

        assert {answer["state"] for answer in answers} == {"filling"}
        until(lambda: manager.get("/catalog/mods")["state"] == "ready", "a filled catalogue")
        assert sandbox.stats()["paths"]["/api/mods"] == 1
        assert [run["trigger"] for run in manager.runs(job_id="mod_cache_refresh")] == ["event"]


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "down"},
        {"kind": "html500"},
        {"kind": "rubbish", "bytes": 5000},
        {"kind": "empty"},
        {"kind": "not_an_image"},
        {"kind": "truncate", "bytes": 60_000},
        {"kind": "huge", "bytes": 2_000_000_000},
    ],
    ids=lambda fault: str(fault["kind"]),
)
def test_an_upstream_that_fails_half_way_leaves_the_old_catalogue_whole(
    manager: ManagerProcess, sandbox: SandboxUpstream, fault: dict[str, Any]
) -> None:
    first_runs(manager)
    catalog = manager.data_dir / "cache" / "catalog.db"
    before = content_of(catalog)
    sandbox.change_mods(add=[{"name": "Never Seen"}])
    sandbox.fault(fault.pop("kind"), "/api/mods", **fault)

    started = manager.post("/jobs/mod_cache_refresh/run").json
    state = until(lambda: next_attempt_or_end(manager, started["id"]), "the end of the first attempt", 60)

    assert state["state"] != "succeeded"
    assert content_of(catalog) == before
    answer = manager.get("/catalog/mods")
    assert answer["total"] == sandbox.mods - 1
    assert answer["data_age_seconds"] >= 0
    assert manager.request("GET", "/healthz").status == 200
    assert list((manager.data_dir / "cache").glob("*.part")) == []


def next_attempt_or_end(manager: ManagerProcess, run_id: str) -> dict[str, Any] | None:
    run: dict[str, Any] = manager.get(f"/runs/{run_id}")
    failed = run["ended_at"] is not None or (run["message"] or "").startswith("Attempt 1 failed")
    return run if failed else None


def test_a_new_game_version_is_noticed_once(manager: ManagerProcess, sandbox: SandboxUpstream) -> None:
    first_runs(manager)
    sandbox.add_version("1.22.8")

    reports = [manager.run_job("server_versions_check")["report"] for _ in range(2)]

    assert [report["new_versions"] for report in reports] == [["1.22.8"], []]
    newest = manager.get("/game-versions?channel=stable")["items"][0]
    assert (newest["version"], newest["latest"]) == ("1.22.8", True)


def test_an_open_circuit_skips_ticks_and_says_so(manager: ManagerProcess, sandbox: SandboxUpstream) -> None:
    first_runs(manager)
    sandbox.fault("html500", "/")
    for _ in range(3):
        answer = manager.post("/jobs/server_versions_check/run").json
        until(partial(next_attempt_or_end, manager, answer["id"]), "a failed attempt", 60)
        manager.post(f"/runs/{answer['id']}/cancel")
        manager.wait_for_run(answer["id"])

    states = {item["id"]: item["state"] for item in manager.get("/upstreams")["items"]}
    assert states["version_api"] == "open"
    skipped = manager.run_job("server_versions_check")
    assert (skipped["state"], skipped["reason"]) == ("skipped", "upstream_open_circuit")


def test_an_interval_takes_effect_at_once_and_0_takes_the_job_out(manager: ManagerProcess) -> None:
    first_runs(manager)

    changed = manager.request("PATCH", "/api/v1/settings", {"mod_list_refresh_interval": 60})
    assert changed.status == 200
    assert manager.get("/jobs/mod_cache_refresh")["interval_seconds"] == 60

    manager.request("PATCH", "/api/v1/settings", {"mod_list_refresh_interval": 0})
    job = manager.get("/jobs/mod_cache_refresh")
    assert (job["enabled"], job["health"], job["next_run_at"]) == (False, "off", None)
    assert manager.request("GET", "/healthz").json["scheduler"] == {"status": "running", "job_count": len(DEFAULT_JOBS) - 1}


@pytest.mark.parametrize("wrong", [-5, "soon", 10**12, 1.5, True, None, 59])
def test_a_wrong_setting_is_refused_by_name_and_changes_nothing(manager: ManagerProcess, wrong: Any) -> None:
    before = manager.get("/settings")

    answer = manager.request(
        "PATCH", "/api/v1/settings", {"server_versions_refresh_interval": 120, "mod_list_refresh_interval": wrong}
    )

    assert answer.status == 422
    assert answer.json["code"] == "settings_invalid"
    assert [field["field"] for field in answer.json["errors"]] == ["mod_list_refresh_interval"]
    assert manager.get("/settings") == before


def test_what_a_change_of_settings_said_is_in_the_audit_trail(manager: ManagerProcess) -> None:
    manager.request("PATCH", "/api/v1/settings", {"mod_list_refresh_interval": 120})

    entry = manager.get("/audit?limit=1")["items"][0]

    assert (entry["action"], entry["result"]) == ("change_settings", "ok")
    assert entry["details"] == {"mod_list_refresh_interval": 120}


def test_sigterm_ends_the_manager_with_0_while_a_client_waits_and_a_job_runs(
    manager: ManagerProcess, sandbox: SandboxUpstream
) -> None:
    first_runs(manager)
    sandbox.fault("hang", "/api/mods")
    run_id = manager.post("/jobs/mod_cache_refresh/run").json["id"]
    waiting = threading.Thread(target=lambda: wait_for_lines(manager, run_id), daemon=True)
    waiting.start()

    assert manager.end() == 0

    with closing(sqlite3.connect(manager.data_dir / "vsmanager.db")) as db:
        assert db.execute("SELECT state, reason FROM job_runs WHERE id = ?", (run_id,)).fetchone() == ("cancelled", "shutdown")


def wait_for_lines(manager: ManagerProcess, run_id: str) -> None:
    with suppress(OSError, HTTPException, ValueError):  # cut off, as it should be
        manager.request("GET", f"/api/v1/runs/{run_id}/log?after=1000&wait_seconds=30")


def test_a_second_manager_on_the_same_folder_is_refused_with_what_to_do(manager: ManagerProcess) -> None:
    second = start_manager(manager.data_dir, wait=False)

    assert second.process.wait(20) == 1
    assert "Another vsmanager" in second.log.read_text()
    assert manager.request("GET", "/healthz").status == 200


def test_a_port_in_use_is_refused_with_what_to_do(manager: ManagerProcess, tmp_path: Path) -> None:
    second = start_manager(tmp_path / "other", wait=False, VS_PORT=manager.url.rsplit(":", 1)[1])

    assert second.process.wait(20) == 1
    assert "is in use by another program" in second.log.read_text()


def test_a_data_folder_that_cannot_be_written_is_refused_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")

    log = tmp_path / "out.log"
    env = {**os.environ, "VS_DATA_DIR": str(tmp_path / "file" / "data"), "VS_PORT": "0"}
    with log.open("wb") as output:
        code = subprocess.call(
            [Path(sys.executable).with_name("vsmanager"), "serve"], env=env, stdout=output, stderr=output, timeout=30
        )

    assert code == 1
    assert "VS_DATA_DIR" in log.read_text()


@pytest.mark.real_data
def test_the_same_run_works_on_the_real_list(tmp_path: Path) -> None:
    real = facts_path("data/modlist-export.json")
    with start_upstream(mod_list=real) as sandbox, running_manager(tmp_path / "data", upstream=sandbox.url) as manager:
        runs = first_runs(manager)

        assert runs["mod_cache_refresh"]["report"]["mods"] == 4852
        assert manager.get("/catalog/mods")["total"] == 4852
        assert manager.get("/catalog/mods?q=smithing")["total"] > 0
        assert manager.get("/catalog/mods?side=server")["total"] == 509
        assert manager.run_job("mod_cache_refresh")["report"]["unchanged"] == 4852
