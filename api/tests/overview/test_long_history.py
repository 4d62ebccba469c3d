"""Jobs with more runs than their strip shows."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.apps import App, data_dir_where_nothing_is_due, running_app
from tests.overview.past_runs import add_runs, ended
from tests.waiting import wait_until
from vintagestory_api.runs.ledger import RunsLedger
from vintagestory_api.services.run_records import RunState


@pytest.fixture(scope="module")
def busy_app(tmp_path_factory: pytest.TempPathFactory, empty_database: Path) -> Iterator[App]:
    data_dir = data_dir_where_nothing_is_due(tmp_path_factory.mktemp("data"), empty_database)
    states: list[RunState] = ["succeeded", "skipped", "failed", "missed"]
    add_runs(
        data_dir,
        *(ended("mod_cache_refresh", states[number % 4], 1_780_000_000_000 + number * 10, reason="x") for number in range(50)),
    )
    with running_app(data_dir) as app:
        yield app


def test_a_job_shows_its_last_thirty_runs_newest_last(busy_app: App) -> None:
    jobs = {job["id"]: job for job in busy_app.get("/jobs")["items"]}
    recent = jobs["mod_cache_refresh"]["recent_runs"]
    listed = busy_app.get("/runs", job_id="mod_cache_refresh", limit=30)["items"]
    fields = ("id", "state", "trigger", "scheduled_for", "started_at", "ended_at", "reason")
    assert recent == [{name: run[name] for name in fields} for run in reversed(listed)]
    assert {run["state"] for run in recent} == {"succeeded", "skipped", "failed", "missed"}
    assert busy_app.get("/jobs/mod_cache_refresh")["recent_runs"] == recent
    assert len(jobs["history_cleanup"]["recent_runs"]) == 1


def test_the_overview_reads_a_fixed_number_of_rows(busy_app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    read = RunsLedger.read

    async def counted(ledger: RunsLedger, query: Any) -> Any:
        asked.append(query)
        return await read(ledger, query)

    monkeypatch.setattr(RunsLedger, "read", counted)

    def was_read_once() -> bool:
        asked.clear()
        busy_app.get("/overview")
        return len(asked) == 1

    wait_until(was_read_once, "an overview that reads once, when nothing else does")
    monkeypatch.setattr(busy_app.manager.catalog._file, "in_reader", None)
    monkeypatch.setattr(busy_app.manager.versions, "_in_thread", None)
    assert busy_app.get("/overview")["catalog"]["mods"] == 0, "what was counted is kept"
