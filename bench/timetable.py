"""A scheduler with many jobs on a ledger in a file, for some time; a process of its own. Prints what it found as JSON.

The jobs do nothing, but they are wrapped, logged, claimed and recorded as those of the manager are.
"""

import argparse
import asyncio
import json
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import Any

from figures import spread
from processes import environment
from vintagestory_api.jobs.base import safe_job
from vintagestory_api.logs import configure_logging
from vintagestory_api.runs.ledger import RunsLedger
from vintagestory_api.services.run_context import current_run
from vintagestory_api.services.scheduler import SchedulerService
from vintagestory_api.storage.database import prepare_database


def run_timetable(*, jobs: int, every_seconds: float, seconds: float, warm_up_seconds: float) -> dict[str, Any]:
    """Run the timetable in a process of its own and return what it found. Its log goes where nobody reads it, to a file.

    The first ticks of new jobs are all due at once; what is measured begins after `warm_up_seconds`.
    """
    command = [sys.executable, __file__, str(jobs), str(every_seconds), str(seconds), str(warm_up_seconds)]
    with tempfile.NamedTemporaryFile() as found, tempfile.TemporaryFile() as log:
        subprocess.run(
            [*command, found.name],
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=log,
            timeout=seconds + 60,
            check=True,
        )
        return dict(json.loads(Path(found.name).read_bytes()))


async def _run(database: Path, jobs: int, every_seconds: float, seconds: float, warm_up_seconds: float) -> dict[str, Any]:
    prepare_database(database)
    ledger = RunsLedger(database)
    ledger.open()
    scheduler = SchedulerService(ledger=ledger)
    begun: dict[str, int] = {}

    def add(number: int) -> None:
        @safe_job(f"job_{number}")
        async def work() -> dict[str, int]:
            if run := current_run.get():
                begun[run.run_id] = time.time_ns() // 1_000
            return {"number": number}

        scheduler.add_interval_job(work, every_seconds, f"job_{number}")

    for number in range(jobs):
        add(number)
    scheduler.start()
    await asyncio.sleep(warm_up_seconds)
    cpu_before, started = _cpu_seconds(), time.time_ns() // 1_000_000
    await asyncio.sleep(seconds)
    cpu, ended = _cpu_seconds() - cpu_before, time.time_ns() // 1_000_000
    await scheduler.shutdown()
    await asyncio.to_thread(ledger.close)
    return _tell(database, begun, started, ended, jobs, every_seconds) | {"cpu_percent": round(cpu / seconds * 100, 2)}


def _tell(database: Path, begun: dict[str, int], started: int, ended: int, jobs: int, every_seconds: float) -> dict[str, Any]:
    with closing(sqlite3.connect(database)) as connection:
        rows = connection.execute(
            "SELECT id, scheduled_for, started_at, ended_at, state FROM job_runs WHERE scheduled_for BETWEEN ? AND ?",
            (started, ended),
        ).fetchall()
    expected = jobs * (ended - started) / 1000 / every_seconds
    ran = [row for row in rows if row[4] == "succeeded"]
    return {
        "jobs": jobs,
        "every_seconds": every_seconds,
        "seconds": (ended - started) / 1000,
        "runs_expected": round(expected),
        "runs_recorded": len(ran),
        "runs_not_succeeded": len(rows) - len(ran),
        "lateness_ms": spread([row[2] - row[1] for row in ran]),
        "job_begun_ms": spread([begun[row[0]] / 1000 - row[1] for row in ran]),
        "ended_ms": spread([row[3] - row[1] for row in ran]),
    }


def _cpu_seconds() -> float:
    """Of all threads of this process, in the system's part, too."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("jobs", type=int)
    parser.add_argument("every_seconds", type=float)
    parser.add_argument("seconds", type=float)
    parser.add_argument("warm_up_seconds", type=float)
    parser.add_argument("found", type=Path)
    options = parser.parse_args()
    configure_logging("info", "json")
    with tempfile.TemporaryDirectory(prefix="vsmanager-bench-") as folder:
        coroutine = _run(
            Path(folder) / "vsmanager.db", options.jobs, options.every_seconds, options.seconds, options.warm_up_seconds
        )
        try:
            import uvloop  # noqa: PLC0415 - not on every platform
        except ImportError:
            told = asyncio.run(coroutine)
        else:
            told = uvloop.run(coroutine)
    options.found.write_text(json.dumps(told))


if __name__ == "__main__":
    main()
