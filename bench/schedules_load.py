"""What 1,000 schedules cost while they wait and while they are due, and how long many at the same moment hold up everybody else.

Everything but the games is real: service, scheduler, ledger in a file. The servers are stopped, so that what is due is looked at,
skipped and recorded; a tenth of them has something to do. The same process without schedules is what they are compared with.
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
from types import SimpleNamespace
from typing import Any, cast

from figures import Figure, Measured
from processes import environment
from vintagestory_api.events import EventBus
from vintagestory_api.kit.clock import SystemClock
from vintagestory_api.logs import configure_logging
from vintagestory_api.runs.ledger import RunsLedger
from vintagestory_api.schedules.around import Around
from vintagestory_api.schedules.schemas import ScheduleBody
from vintagestory_api.schedules.service import Schedules
from vintagestory_api.services.scheduler import SchedulerService
from vintagestory_api.storage.database import Database, prepare_database

_SERVERS = 200
_PROBE_SECONDS = 0.005


def measure(*, quick: bool) -> Measured:
    """Half of them every five minutes by their interval, four tenths at the same moments by cron, the rest for empty servers."""
    count, seconds = (1000, 2.0) if quick else (1000, 300.0)
    told = {name: _measure(number, seconds) for name, number in (("without", 0), ("with", count))}
    added = told["with"]["cpu_percent"] - told["without"]["cpu_percent"]
    return Measured(
        [
            Figure("schedules_cpu_percent", round(added, 2), 2, "% of one core"),
            Figure("schedules_longest_turn_ms", told["with"]["longest_turn_ms"], 50, "ms"),
        ],
        told,
    )


def _measure(count: int, seconds: float) -> dict[str, Any]:
    """In a process of its own, whose log goes where nobody reads it."""
    with tempfile.NamedTemporaryFile() as found, tempfile.TemporaryFile() as log:
        command = [sys.executable, __file__, str(count), str(seconds), found.name]
        subprocess.run(command, env=environment(), stdin=subprocess.DEVNULL, stdout=log, timeout=seconds + 120, check=True)
        return dict(json.loads(Path(found.name).read_bytes()))


class _Server:
    def __init__(self, server_id: str) -> None:
        self.id = self.name = server_id
        self.state = "stopped"
        self.ready_ms = None


class _House:
    """Stopped servers, nobody on them, and whoever takes messages."""

    def __init__(self) -> None:
        self._servers = {f"server-{number}": _Server(f"server-{number}") for number in range(_SERVERS)}
        self.ids = set(self._servers)

    def get(self, server_id: str) -> _Server:
        return self._servers[server_id]

    def supervisor(self, server_id: str) -> Any:
        return SimpleNamespace(server=self._servers[server_id])

    def all(self) -> list[_Server]:
        return list(self._servers.values())

    async def taken_up(self) -> None:
        return

    def online_names(self, _server_id: str) -> list[str]:
        return []

    async def last_left_ms(self, _server_id: str) -> None:
        return

    async def send_message(self, _server_id: str, _text: str) -> None:
        return


def _body(number: int) -> ScheduleBody:
    trigger: dict[str, Any] = {"kind": "interval", "seconds": 300}
    if number % 10 in {1, 3, 5, 7}:
        trigger = {"kind": "cron", "cron": "*/5 * * * *", "zone": "Europe/Berlin"}
    elif number % 10 == 9:
        trigger = {"kind": "event", "event": "empty_for", "minutes": 10}
    conditions = {} if number % 10 == 0 else {"server": "online"}
    steps = [{"do": "notify", "text": "hello"}]
    return ScheduleBody.model_validate({"name": f"s{number}", "trigger": trigger, "conditions": conditions, "steps": steps})


async def _run(path: Path, count: int, seconds: float) -> dict[str, Any]:
    prepare_database(path)
    with closing(sqlite3.connect(path)) as db, db:
        db.executemany(
            "INSERT INTO servers (id, name, port, data_path, wanted, settings, last_seq, created_at, created_by)"
            " VALUES (?, 'x', 1, 'x', 'stopped', '{}', 0, 0, 'bench')",
            [(f"server-{number}",) for number in range(_SERVERS)],
        )
    ledger, house, bus, clock = RunsLedger(path), cast("Any", _House()), EventBus(), SystemClock()
    ledger.open()
    database = Database(path)
    scheduler = SchedulerService(ledger=ledger, clock=clock, bus=bus)
    schedules = Schedules(
        Around(
            database=database,
            clock=clock,
            bus=bus,
            ledger=ledger,
            servers=house,
            scheduler=lambda: scheduler,
            players=house,
            backups=house,
            updates=house,
            messages=house,
        )
    )
    scheduler.start()
    await schedules.start()
    for number in range(count):
        await schedules.create(f"server-{number % _SERVERS}", _body(number), "bench")
    await asyncio.sleep(1)
    turns = asyncio.create_task(_longest_turn(seconds))
    before, began = _cpu_seconds(), time.monotonic()
    await asyncio.sleep(seconds)
    cpu, took = _cpu_seconds() - before, time.monotonic() - began
    longest = await turns
    await schedules.close()
    await scheduler.shutdown()
    await database.aclose()
    await asyncio.to_thread(ledger.close)
    with closing(sqlite3.connect(path)) as db:
        states = dict(db.execute("SELECT state || ' ' || coalesce(reason, ''), sum(ticks) FROM job_runs GROUP BY 1").fetchall())
    return {"cpu_percent": round(cpu / took * 100, 2), "longest_turn_ms": round(longest * 1000, 1), "ticks": states}


async def _longest_turn(seconds: float) -> float:
    """How long the event loop worked at most before others had their turn: processor time, so that other programs don't count."""
    end, longest = time.monotonic() + seconds, 0.0
    while time.monotonic() < end:
        before = time.thread_time()
        await asyncio.sleep(_PROBE_SECONDS)
        longest = max(longest, time.thread_time() - before)
    return longest


def _cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("count", type=int)
    parser.add_argument("seconds", type=float)
    parser.add_argument("found", type=Path)
    options = parser.parse_args()
    configure_logging("info", "json")
    with tempfile.TemporaryDirectory(prefix="vsmanager-bench-") as folder:
        coroutine = _run(Path(folder) / "vsmanager.db", options.count, options.seconds)
        try:
            import uvloop  # noqa: PLC0415 - not on every platform
        except ImportError:
            told = asyncio.run(coroutine)
        else:
            told = uvloop.run(coroutine)
    options.found.write_text(json.dumps(told))


if __name__ == "__main__":
    main()
