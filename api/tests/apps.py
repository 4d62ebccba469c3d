"""The real application in this process, spoken to through HTTP; its upstreams are not there."""

import asyncio
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import httpx2
import pytest
from starlette.testclient import TestClient

from vintagestory_api.access.offline import create_token_offline
from vintagestory_api.access.roles import Role
from vintagestory_api.config import ProcessSettings
from vintagestory_api.jobs import DEFAULT_JOBS, JOBS_BY_ID
from vintagestory_api.jobs.base import safe_job
from vintagestory_api.kit.clock import SystemClock
from vintagestory_api.main import create_app
from vintagestory_api.manager import Manager
from vintagestory_api.runs.ledger import RunsLedger
from vintagestory_api.services.run_context import report_progress
from vintagestory_api.services.run_records import RunRecord

T = TypeVar("T")

NOBODY_HOME = "http://127.0.0.1:9"


class App:
    """Speaks as an admin. What is asked for lies below /api/v1, unless it begins with the host's root names."""

    def __init__(self, client: TestClient, token: str | None) -> None:
        self._client = client
        self._headers = {"X-API-Key": token} if token else {}

    def ask(self, method: str, path: str, **options: Any) -> httpx2.Response:
        path = path if path in {"/healthz", "/readyz", "/openapi.json"} else f"/api/v1{path}"
        answer: httpx2.Response = self._client.request(method, path, headers=self._headers, **options)
        return answer

    def get(self, path: str, **query: Any) -> Any:
        """The JSON of what has to be there."""
        answer = self.ask("GET", path, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def refused(self, method: str, path: str, status: int, code: str, **options: Any) -> dict[str, Any]:
        """The problem document of a request that has to be refused so."""
        answer = self.ask(method, path, **options)
        assert answer.headers["content-type"] == "application/problem+json"
        problem: dict[str, Any] = answer.json()
        assert (answer.status_code, problem["status"], problem["code"]) == (status, status, code), problem
        assert problem["detail"]
        return problem

    def run(self, job_id: str) -> dict[str, Any]:
        answer = self.ask("POST", f"/jobs/{job_id}/run")
        assert answer.status_code == 202, answer.text
        run: dict[str, Any] = answer.json()
        return run

    def ended(self, run_id: str, seconds: float = 10) -> dict[str, Any]:
        run: dict[str, Any] = self.until(lambda: self.get(f"/runs/{run_id}"), lambda run: run["ended_at"] is not None, seconds)
        return run

    def until(self, ask: Callable[[], Any], holds: Callable[[Any], object], seconds: float = 10) -> Any:
        deadline = time.monotonic() + seconds
        while not holds(answer := ask()):
            assert time.monotonic() < deadline, f"did not happen within {seconds} s: {answer}"
            time.sleep(0.01)
        return answer

    def in_loop(self, work: Callable[[], T]) -> T:
        """What `work` returns, done in the application's event loop."""
        assert self._client.portal
        return self._client.portal.call(work)

    @property
    def manager(self) -> Manager:
        app: Any = self._client.app
        manager: Manager = app.state.manager
        return manager


@contextmanager
def running_app(data_dir: Path, *, token: bool = True, token_name: str = "admin", **others: Any) -> Iterator[App]:
    """`others`: of the process settings."""
    settings = ProcessSettings(data_dir=data_dir, **{"mod_db_url": NOBODY_HOME, "versions_url": NOBODY_HOME, **others})
    with TestClient(create_app(settings), base_url="http://127.0.0.1", raise_server_exceptions=False) as client:
        secret = create_token_offline(data_dir / "vsmanager.db", token_name, Role.ADMIN, "test") if token else None
        yield App(client, secret)


def data_dir_where_nothing_is_due(folder: Path, empty_database: Path) -> Path:
    """All jobs had their tick just now, so none of them asks an upstream unless a test tells it to."""
    folder.mkdir(exist_ok=True)
    path = folder / "vsmanager.db"
    shutil.copyfile(empty_database, path)
    now = SystemClock().now_ms()

    async def note_ticks() -> None:
        for job in DEFAULT_JOBS:
            await ledger.add(
                RunRecord(job.id, "schedule", now - 1000, "skipped", started_at=None, ended_at=now, reason="made_for_a_test")
            )

    ledger = RunsLedger(path)
    ledger.open()
    try:
        asyncio.run(note_ticks())
    finally:
        ledger.close()
    return folder


class StandInJob:
    """Takes the place of a job's function: begins, reports progress, and ends when it is told to."""

    def __init__(self) -> None:
        self._may_end = threading.Event()

    def end(self) -> None:
        self._may_end.set()

    def take_the_place_of(self, job_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
        @safe_job(job_id)
        async def work() -> dict[str, int]:
            report_progress(0.25, "a quarter done")
            while not self._may_end.is_set():  # noqa: ASYNC110 - the test sets it from another thread
                await asyncio.sleep(0.005)
            return {"counted": 4852}

        monkeypatch.setitem(JOBS_BY_ID, job_id, replace(JOBS_BY_ID[job_id], function=work))
