"""The history of runs through HTTP: lists and their pages, one run with its log."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.apps import App, data_dir_where_nothing_is_due, running_app
from vintagestory_api.jobs import DEFAULT_JOBS
from vintagestory_api.runs.ledger import RunsLedger
from vintagestory_api.services.run_context import RunLine
from vintagestory_api.services.run_records import RunRecord, RunState

NOW = 1_780_000_000_000


def data_dir_with_a_history(folder: Path, empty_database: Path) -> Path:
    """With 25 older runs: five jobs, every other failed."""
    data_dir = data_dir_where_nothing_is_due(folder, empty_database)
    ledger = RunsLedger(data_dir / "vsmanager.db")
    ledger.open()

    async def add() -> None:
        for number in range(25):
            state: RunState = "failed" if number % 2 else "succeeded"
            error = {"type": "OSError", "message": "no", "traceback": "Traceback"} if number % 2 else None
            await ledger.add(
                RunRecord(
                    f"job_{number % 5}", "schedule", NOW + number, state,
                    started_at=NOW + number, ended_at=NOW + number + 1, error=error, log=(RunLine(1, NOW, "info", "one line"),),
                )
            )  # fmt: skip

    asyncio.run(add())
    ledger.close()
    return data_dir


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory, empty_database: Path) -> Iterator[App]:
    """For questions, and for requests that are refused."""
    with running_app(data_dir_with_a_history(tmp_path_factory.mktemp("data"), empty_database)) as app:
        yield app


def test_runs_are_listed_newest_first(app: App) -> None:
    answer = app.get("/runs")
    assert set(answer) == {"items", "next_cursor"}
    old = [run["scheduled_for"] for run in answer["items"] if run["job_id"].startswith("job_")]
    assert len(old) == 25
    assert old == sorted(old, reverse=True)
    assert answer["next_cursor"] is None
    assert set(answer["items"][0]) >= {
        "id", "job_id", "server_id", "trigger", "scheduled_for", "started_at", "ended_at", "state", "reason", "attempt",
        "progress", "message", "report", "error",
    }  # fmt: skip
    assert "log" not in answer["items"][0]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"job_id": "job_3"}, {("job_3", "failed"), ("job_3", "succeeded")}),
        ({"job_id": "job_3", "state": "failed"}, {("job_3", "failed")}),
        ({"job_id": "job_1", "state": ["failed", "succeeded"]}, {("job_1", "failed"), ("job_1", "succeeded")}),
        ({"state": "lost"}, set()),
        ({"job_id": "job_3", "trigger": "schedule"}, {("job_3", "failed"), ("job_3", "succeeded")}),
        ({"job_id": "job_3", "trigger": ["manual", "schedule"], "state": "failed"}, {("job_3", "failed")}),
        ({"trigger": ["manual", "event", "catch_up"]}, set()),
        ({"job_id": "job_3", "since": "2026-05-28T20:26:40.023Z"}, {("job_3", "failed")}),
        ({"job_id": "job_3", "since": "2026-05-28T22:26:40.023+02:00"}, {("job_3", "failed")}),
        ({"job_id": "job_3", "since": "2026-05-28T20:26:40.024Z"}, set()),
        ({"job_id": "nobody"}, set()),
        ({"job_id": "' OR 1=1 --"}, set()),
    ],
)
def test_runs_are_filtered_and_filters_go_together(app: App, query: dict[str, Any], expected: set[tuple[str, str]]) -> None:
    items = app.get("/runs", **query)["items"]
    assert {(run["job_id"], run["state"]) for run in items} == expected


def test_empty_filters_are_none(app: App) -> None:
    assert app.get("/runs", job_id="", state="", trigger="", since="", cursor="") == app.get("/runs")


@pytest.mark.parametrize("limit", [1, 7, 200])
def test_pages_hold_every_run_once(app: App, limit: int) -> None:
    seen: list[str] = []
    cursor: str | None = None
    while True:
        page = app.get("/runs", limit=limit, **({"cursor": cursor} if cursor else {}))
        assert len(page["items"]) <= limit
        seen += [run["id"] for run in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == [run["id"] for run in app.get("/runs", limit=200)["items"]]
    assert len(seen) == len(set(seen)) == 25 + len(DEFAULT_JOBS)


@pytest.mark.parametrize(
    ("query", "code", "field"),
    [
        ({"cursor": "x"}, "invalid_cursor", "cursor"),
        ({"cursor": "' OR 1=1 --"}, "invalid_cursor", "cursor"),
        ({"limit": 0}, "invalid_request", "limit"),
        ({"limit": 201}, "invalid_request", "limit"),
        ({"limit": "all"}, "invalid_request", "limit"),
        ({"state": "done"}, "invalid_request", "state.0"),
        ({"trigger": "magic"}, "invalid_request", "trigger.0"),
        ({"since": "yesterday"}, "invalid_request", "since"),
        ({"since": "2026-05-28T20:26:40"}, "invalid_request", "since"),
    ],
)
def test_a_wrong_question_is_refused_with_the_name_of_the_field(app: App, query: dict[str, Any], code: str, field: str) -> None:
    problem = app.refused("GET", "/runs", 422, code, params=query)
    assert [error["field"] for error in problem["errors"]] == [field]


def test_one_run_comes_with_its_log_and_its_error(app: App) -> None:
    listed = app.get("/runs", job_id="job_3", state="failed", limit=1)["items"][0]
    run = app.get(f"/runs/{listed['id']}")
    assert {key: value for key, value in run.items() if key != "log"} == listed
    assert run["error"] == {"type": "OSError", "message": "no", "traceback": "Traceback"}
    assert run["log"] == [{"seq": 1, "time": "2026-05-28T20:26:40.000Z", "level": "info", "message": "one line"}]


@pytest.mark.parametrize("run_id", ["no-such-run", "01a20ae0-6cf1-7000-87d7-243f5770bbab", "%ff", "%00", "x" * 5000])
def test_an_unknown_run_is_not_found(app: App, run_id: str) -> None:
    app.refused("GET", f"/runs/{run_id}", 404, "run_not_found")
    app.refused("GET", f"/runs/{run_id}/log", 404, "run_not_found")
    app.refused("POST", f"/runs/{run_id}/cancel", 404, "run_not_found")


@pytest.mark.parametrize(
    "query", [{"after": -1}, {"after": "x"}, {"wait_seconds": 31}, {"wait_seconds": "nan"}, {"wait_seconds": -1}]
)
def test_a_log_is_not_waited_for_longer_than_half_a_minute(app: App, query: dict[str, Any]) -> None:
    run = app.get("/runs", limit=1)["items"][0]
    app.refused("GET", f"/runs/{run['id']}/log", 422, "invalid_request", params=query)


def test_a_run_that_has_ended_cannot_be_cancelled(app: App) -> None:
    run = app.get("/runs", job_id="job_1", limit=1)["items"][0]
    app.refused("POST", f"/runs/{run['id']}/cancel", 409, "run_not_running")
    assert app.get(f"/runs/{run['id']}")["state"] == run["state"]
