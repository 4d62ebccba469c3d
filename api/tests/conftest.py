"""What several folders of tests share: an empty database, a ledger on it, schedulers that are always shut down."""

import asyncio
import logging
import shutil
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog

from tests.apps import App, StandInJob, data_dir_where_nothing_is_due, running_app
from vintagestory_api.logs import configure_logging
from vintagestory_api.runs.ledger import RunsLedger
from vintagestory_api.services.scheduler import SchedulerService
from vintagestory_api.storage.database import prepare_database


@pytest.fixture(autouse=True)
def _log_as_the_manager_does() -> Iterator[None]:
    """As JSON, without pictures of tracebacks; what pytest hung into the standard library's logging stays."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    configure_logging("info", "json")
    root.handlers = handlers
    root.setLevel(level)
    yield
    structlog.contextvars.clear_contextvars()


@pytest.fixture(autouse=True)
def _do_not_wait_for_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody cuts the power during a test; the kills of processes that are tested need no flushed disk."""
    connect = RunsLedger._connect

    def connect_in_haste(self: RunsLedger) -> sqlite3.Connection:
        db = connect(self)
        db.execute("PRAGMA synchronous = OFF")
        return db

    monkeypatch.setattr(RunsLedger, "_connect", connect_in_haste)


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made once, because making it takes longer than most tests. Only to be copied."""
    path = tmp_path_factory.mktemp("template") / "vsmanager.db"
    prepare_database(path)
    return path


@pytest.fixture
def ledger_path(empty_database: Path, tmp_path: Path) -> Path:
    path = tmp_path / "ledger.db"
    shutil.copyfile(empty_database, path)
    return path


@pytest.fixture
def open_ledger(ledger_path: Path) -> Iterator[Callable[..., RunsLedger]]:
    """Opens ledgers on one file, by default; closes them all at the end."""
    opened: list[RunsLedger] = []

    def open_one(path: Path = ledger_path, **options: Any) -> RunsLedger:
        ledger = RunsLedger(path, **options)
        opened.append(ledger)
        ledger.open()
        return ledger

    yield open_one
    for ledger in opened:
        ledger.close()


@pytest.fixture
def ledger(open_ledger: Callable[..., RunsLedger]) -> RunsLedger:
    return open_ledger()


@pytest.fixture
async def started(open_ledger: Callable[..., RunsLedger]) -> AsyncIterator[Callable[..., SchedulerService]]:
    """Starts schedulers, and shuts them down at the end, before the ledgers are closed."""
    schedulers: list[SchedulerService] = []

    def start(scheduler: SchedulerService | None = None, **options: Any) -> SchedulerService:
        scheduler = scheduler or SchedulerService(**options)
        schedulers.append(scheduler)
        scheduler.start()
        return scheduler

    yield start
    await asyncio.gather(*(scheduler.shutdown(wait=False) for scheduler in schedulers))


@pytest.fixture
def data_dir(tmp_path: Path, empty_database: Path) -> Path:
    """Of a manager that has nothing due."""
    return data_dir_where_nothing_is_due(tmp_path, empty_database)


@pytest.fixture
def app(data_dir: Path) -> Iterator[App]:
    """The real application on a data folder of its own. Only one can run at a time."""
    with running_app(data_dir) as app:
        yield app


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> Iterator[StandInJob]:
    """What `mod_cache_refresh` does when it is run by hand; ends with the test."""
    job = StandInJob()
    job.take_the_place_of("mod_cache_refresh", monkeypatch)
    yield job
    job.end()
