"""The ledger of runs: one writer thread, commits in groups, reads beside it.

The hot path is plain `sqlite3` and not an ORM: a claim costs 0.05 ms of CPU instead of several.
"""

import asyncio
import contextlib
import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import orjson
import structlog

from vintagestory_api.errors import Unavailable
from vintagestory_api.kit.clock import Clock, SystemClock
from vintagestory_api.kit.redaction import redact_value
from vintagestory_api.services.run_context import RunLine
from vintagestory_api.services.run_records import TICK_TRIGGERS, JobMemory, RunRecord
from vintagestory_api.services.schedule import LastTick
from vintagestory_api.storage.failures import advise

log = structlog.get_logger(__name__)

T = TypeVar("T")

#: Writes that arrive within this time share a commit.
GROUP_SECONDS = 0.004
#: A claim that can't be written is refused after this time, so that a tick never waits for a disk.
WRITE_TIMEOUT_SECONDS = 10.0
_RETRY_SECONDS = 2.0
_CLOSE_SECONDS = 3.0
_MAX_GROUP = 500

_COLUMNS = (
    "id", "job_id", "server_key", "trigger", "scheduled_for", "started_at", "ended_at", "state", "reason",
    "attempt", "ticks", "progress", "message", "report", "error", "log", "host",
)  # fmt: skip
_INSERT = f"INSERT OR IGNORE INTO job_runs ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))})"  # noqa: S608 - names from this file
#: Everything that may change after the claim.
_UPDATE = f"UPDATE job_runs SET {', '.join(f'{name} = ?' for name in _COLUMNS[5:])} WHERE id = ?"  # noqa: S608 - names from this file
_READ = ", ".join(name for name in _COLUMNS if name != "log")
#: Each is found at the end of its part of the index, however many there are.
_LATEST_RUNS = f"""
    SELECT {_READ} FROM job_runs WHERE id IN (
        SELECT (SELECT id FROM job_runs AS r WHERE r.job_id = asked.value ORDER BY r.job_id, r.server_key DESC, r.id DESC LIMIT 1)
        FROM json_each(?) AS asked
    )
"""  # noqa: S608 - names from this file
_DID_NOT_RUN = frozenset({"skipped", "missed"})
#: The strip of runs that each job shows.
RECENT_RUNS = 30


class LedgerUnavailable(Unavailable):
    code = "ledger_unavailable"


@dataclass(frozen=True)
class JobHistory:
    """What is recorded of one job. `latest` came to something: skipped and missed ticks don't count. `recent` are the last
    runs of any state, oldest first, without their logs. `paused_at` in UTC milliseconds."""

    latest: RunRecord | None = None
    recent: tuple[RunRecord, ...] = ()
    paused_at: int | None = None
    paused_by: str | None = None


@dataclass
class _Write:
    """One thing for the writer thread to do. `done` gets its result, or the error, after the commit, in that thread."""

    act: Callable[[sqlite3.Connection], Any]
    done: Callable[[Any, Exception | None], None]


class RunsLedger:
    """Implements `services.run_records.RunLedger` on the manager's database, and answers questions about runs."""

    def __init__(self, path: Path, clock: Clock | None = None) -> None:
        self._path = path
        self._clock = clock or SystemClock()
        self._queue: queue.SimpleQueue[_Write | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._memories: dict[str, JobMemory] = {}
        self._pending: dict[str, RunRecord] = {}
        self._pending_lock = threading.Lock()
        self._pending_queued = False
        self._readers = ThreadPoolExecutor(2, thread_name_prefix="ledger-read")
        self._local = threading.local()
        self._read_connections: list[sqlite3.Connection] = []
        self.problem: str | None = None
        self.problem_since_ms: int | None = None

    def open(self) -> int:
        """Close what an earlier process left running, read each job's memory, and start the writer.

        Only for whoever holds the lock on the data folder: then the owner of an open run is dead, and the run
        becomes `lost`. Returns how many did. Blocking. Raises `LedgerUnavailable`.
        """
        try:
            with closing(self._connect()) as db:
                lost = db.execute(
                    "UPDATE job_runs SET state = 'lost', reason = 'manager_died', ended_at = ?"
                    " WHERE state IN ('queued', 'running')",
                    (self._clock.now_ms(),),
                ).rowcount
                self._memories = _read_memories(db)
        except sqlite3.Error as error:
            raise _unavailable(error) from error
        if lost:
            log.warning("lost_runs_closed", count=lost)
        self._thread = threading.Thread(target=self._write_until_closed, name="ledger-write", daemon=True)
        self._thread.start()
        return lost

    def close(self) -> None:
        """Store what is pending and end the threads. Blocking."""
        if self._thread is not None:
            self._queue.put(None)
            self._thread.join(_CLOSE_SECONDS)
            self._thread = None
        self._readers.shutdown(wait=True)
        for db in self._read_connections:
            db.close()
        self._read_connections.clear()

    # What the scheduler asks

    def memories(self) -> Mapping[str, JobMemory]:
        return self._memories

    async def claim(self, run: RunRecord) -> bool:
        try:
            return await self._ask(lambda db: db.execute(_INSERT, _row(run)).rowcount == 1)
        except BaseException:
            # The writer may still get to it: then the row must not stay open.
            self.save(run.changed(state="cancelled", reason="not_started", ended_at=self._clock.now_ms()))
            raise

    async def add(self, run: RunRecord) -> None:
        await self._ask(lambda db: db.execute(_INSERT, _row(run)).rowcount)

    def save(self, run: RunRecord) -> None:
        with self._pending_lock:
            self._pending[run.id] = run
            queued, self._pending_queued = self._pending_queued, True
        if not queued:
            self._queue.put(_Write(self._store_pending, self._settle))

    async def flush(self) -> None:
        try:
            await self._ask(self._store_pending, self._forget_stored)
        except LedgerUnavailable as error:
            log.error("ledger_not_flushed", error=error.message, runs=len(self._pending))  # noqa: TRY400 - no stack needed

    async def set_pause(self, job_id: str, reason: str | None, actor: str) -> None:
        now = self._clock.now_ms()

        def store(db: sqlite3.Connection) -> None:
            db.execute("DELETE FROM job_states WHERE job_id = ? AND server_key = ''", (job_id,))
            if reason is not None:
                db.execute(
                    "INSERT INTO job_states (job_id, server_key, paused_reason, paused_by, paused_at) VALUES (?, '', ?, ?, ?)",
                    (job_id, reason, actor, now),
                )

        await self._ask(store)

    # What people ask

    async def get(self, run_id: str) -> RunRecord | None:
        """One run with its log lines."""

        def read(db: sqlite3.Connection) -> RunRecord | None:
            row = db.execute(f"SELECT {_READ}, log FROM job_runs WHERE id = ?", (run_id,)).fetchone()  # noqa: S608 - names from this file
            return None if row is None else _record(row)

        unstored = self._unstored()
        found = await self.read(read)
        return None if found is None else self._newest(found, unstored)

    async def list_runs(
        self,
        *,
        job_id: str | None = None,
        server_id: str | None = None,
        only_servers: Collection[str] | None = None,
        states: tuple[str, ...] = (),
        triggers: tuple[str, ...] = (),
        since_ms: int | None = None,
        before_id: str | None = None,
        limit: int = 50,
    ) -> list[RunRecord]:
        """Runs without their logs, newest first; `before_id` continues after a page that ended with that run.

        `since_ms`: those that were due then or later. `only_servers`: none of other servers, nor of the manager itself.
        """
        conditions, values = ["1"], list[Any]()
        if job_id is not None:
            conditions.append("job_id = ? AND server_key >= ''")
            values.append(job_id)
        if server_id is not None:
            conditions.append("server_key = ?")
            values.append(server_id)
        if only_servers is not None:
            conditions.append(f"server_key IN ({', '.join('?' * len(only_servers))})")
            values.extend(only_servers)
        for column, wanted in (("state", states), ("trigger", triggers)):
            if wanted:
                conditions.append(f"{column} IN ({', '.join('?' * len(wanted))})")
                values.extend(wanted)
        if since_ms is not None:
            conditions.append("scheduled_for >= ?")
            values.append(since_ms)
        if before_id is not None:
            conditions.append("id < ?")
            values.append(before_id)
        sql = f"SELECT {_READ} FROM job_runs WHERE {' AND '.join(conditions)} ORDER BY id DESC LIMIT ?"  # noqa: S608 - values are bound

        unstored = self._unstored()
        found = await self.read(lambda db: [_record(row) for row in db.execute(sql, (*values, limit))])
        return [self._newest(run, unstored) for run in found]

    async def job_histories(self, job_ids: Iterable[str]) -> dict[str, JobHistory]:
        """What is recorded of each of these jobs, read in one go along the index of runs by job."""
        wanted = list(job_ids)
        unstored = self._unstored()
        found = await self.read(lambda db: _read_histories(db, wanted))
        return {
            job_id: replace(
                history,
                latest=history.latest and self._newest(history.latest, unstored),
                recent=tuple(self._newest(run, unstored) for run in history.recent),
            )
            for job_id, history in found.items()
        }

    async def latest_runs(self, job_ids: Iterable[str]) -> dict[str, RunRecord]:
        """The newest run, of any state, of each of these jobs, whose runs all belong to one server or to none; those that never
        had one are left out."""
        if not (asked := list(job_ids)):
            return {}
        wanted = orjson.dumps(asked).decode()
        unstored = self._unstored()
        found = await self.read(lambda db: [_record(row) for row in db.execute(_LATEST_RUNS, (wanted,))])
        return {run.job_id: self._newest(run, unstored) for run in found}

    async def latest_success_ms(self, job_id: str) -> int | None:
        """When the job last ended well."""

        def read(db: sqlite3.Connection) -> int | None:
            found = db.execute(
                "SELECT ended_at FROM job_runs WHERE job_id = ? AND server_key = '' AND state = 'succeeded'"
                " ORDER BY id DESC LIMIT 1",
                (job_id,),
            ).fetchone()
            return None if found is None else int(found[0])

        return await self.read(read)

    async def prune(self, *, keep_per_job: int, keep_days: int) -> int:
        """Delete the oldest ended runs beyond `keep_per_job` of each job, and those older than `keep_days`; 0 sets
        no limit. The latest tick of each job is always kept, because the schedule goes on from it. Returns the count.
        """
        before = self._clock.now_ms() - keep_days * 86_400_000 if keep_days else 0
        marks = ", ".join("?" * len(TICK_TRIGGERS))

        def find(db: sqlite3.Connection) -> list[str]:
            rows = db.execute(
                f"""
                SELECT id FROM (
                    SELECT id, ended_at, state, row_number() OVER (PARTITION BY job_id, server_key ORDER BY id DESC) AS nth
                    FROM job_runs
                )
                WHERE state NOT IN ('queued', 'running') AND ((? > 0 AND nth > ?) OR ended_at < ?)
                  AND id NOT IN (
                      SELECT id FROM (
                          SELECT id, max(scheduled_for) FROM job_runs WHERE trigger IN ({marks}) GROUP BY job_id, server_key
                      )
                  )
                """,  # noqa: S608 - only question marks are put in
                (keep_per_job, keep_per_job, before, *TICK_TRIGGERS),
            )
            return [row[0] for row in rows]

        # Found by a reader, deleted in small parts, so that no claim waits for it.
        found = await self.read(find)
        for part in _parts(found, 500):
            sql = f"DELETE FROM job_runs WHERE id IN ({', '.join('?' * len(part))})"  # noqa: S608 - only question marks
            await self._ask(partial(_execute, sql=sql, values=part))
        return len(found)

    async def read(self, query: Callable[[sqlite3.Connection], T]) -> T:
        """Run a query in a reader thread. Raises `LedgerUnavailable` when the database can't be read."""

        if self._thread is None:
            raise LedgerUnavailable("The ledger of runs is not open.")

        def work() -> T:
            try:
                db = getattr(self._local, "db", None)
                if db is None:
                    db = self._local.db = self._connect()
                    self._read_connections.append(db)
                return query(db)
            except sqlite3.Error as error:
                raise _unavailable(error) from error

        return await asyncio.get_running_loop().run_in_executor(self._readers, work)

    def _unstored(self) -> dict[str, RunRecord]:
        """What waits to be stored, to be taken before a read: it may be stored, and forgotten, while that goes on."""
        with self._pending_lock:
            return dict(self._pending)

    def _newest(self, run: RunRecord, unstored: dict[str, RunRecord]) -> RunRecord:
        """`run` as it was saved last, stored or not: while the disk is full, nothing that has ended seems to run.

        `unstored` is what waited before `run` was read.
        """
        if run.is_final:
            return run
        return self._pending.get(run.id) or unstored.get(run.id, run)

    # The writer

    async def _ask(self, act: Callable[[sqlite3.Connection], T], after: Callable[[T], None] | None = None) -> T:
        """Have the writer thread do something, and wait until it is committed; then it calls `after`."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()

        def act_if_wanted(db: sqlite3.Connection) -> T | None:
            return None if future.done() else act(db)

        def done(result: Any, error: Exception | None) -> None:
            if error is None and after is not None and result is not None:
                after(result)
            with contextlib.suppress(RuntimeError):  # the loop was closed meanwhile
                loop.call_soon_threadsafe(_resolve, future, result, error)

        if self._thread is None:
            raise LedgerUnavailable("The ledger of runs is closed.")
        self._queue.put(_Write(act_if_wanted, done))
        try:
            return await asyncio.wait_for(future, WRITE_TIMEOUT_SECONDS)
        except TimeoutError as error:
            raise LedgerUnavailable("The ledger of runs did not answer in time: is the disk overloaded?") from error

    def _write_until_closed(self) -> None:
        db: sqlite3.Connection | None = None
        closing_down = False
        while not closing_down:
            try:
                group = [self._queue.get(timeout=_RETRY_SECONDS if self._pending else None)]
            except queue.Empty:
                group = [_Write(self._store_pending, self._settle)]
            if group[-1] is not None:
                # Not `get(timeout=…)` of what remains: with very little left, CPython 3.11 may wait for ever.
                time.sleep(GROUP_SECONDS)
            while group[-1] is not None and len(group) < _MAX_GROUP:
                try:
                    group.append(self._queue.get_nowait())
                except queue.Empty:
                    break
            closing_down = group[-1] is None
            writes = [write for write in group if write is not None]
            if closing_down:
                writes.append(_Write(self._store_pending, self._settle))
            try:
                db = db or self._connect()
            except sqlite3.Error as error:
                self._answer(writes, [], error)
                continue
            self._commit(db, writes)
        if db is not None:
            db.close()

    def _commit(self, db: sqlite3.Connection, writes: list[_Write]) -> None:
        """One transaction for all; where it fails, each write gets one of its own, so that none spoils the others."""
        results: list[Any] = []
        try:
            db.execute("BEGIN IMMEDIATE")
        except sqlite3.Error as error:
            self._answer(writes, [], error)
            return
        try:
            results = [write.act(db) for write in writes]
            db.execute("COMMIT")
        except Exception as error:  # noqa: BLE001 - the writer thread must outlive whatever a write does
            _roll_back(db)
            if len(writes) > 1:
                for write in writes:
                    self._commit(db, [write])
            else:
                self._answer(writes, [], error)
            return
        self._answer(writes, results, None)

    def _answer(self, writes: list[_Write], results: list[Any], error: Exception | None) -> None:
        if error is None:
            self.problem = self.problem_since_ms = None
        elif self.problem is None:
            self.problem, self.problem_since_ms = str(error), self._clock.now_ms()
            log.error("ledger_write_failed", error=str(error))
        for number, write in enumerate(writes):
            write.done(results[number] if results else None, error and _unavailable(error))

    def _store_pending(self, db: sqlite3.Connection) -> dict[str, RunRecord]:
        with self._pending_lock:
            self._pending_queued = False
            runs = dict(self._pending)
        for run in runs.values():
            db.execute(_UPDATE, (*_row(run)[5:], run.id))
        return runs

    def _settle(self, runs: dict[str, RunRecord] | None, error: Exception | None) -> None:
        if error is None and runs:
            self._forget_stored(runs)

    def _forget_stored(self, runs: dict[str, RunRecord]) -> None:
        """What was committed is no longer pending, unless it was saved again meanwhile."""
        with self._pending_lock:
            for run_id, run in runs.items():
                if self._pending.get(run_id) is run:
                    del self._pending[run_id]

    def _connect(self) -> sqlite3.Connection:
        db = sqlite3.connect(self._path, timeout=5, isolation_level=None, check_same_thread=False)
        db.execute("PRAGMA journal_mode = WAL")
        # A commit survives a crash of the process; the last few may go with a power cut, the file stays whole.
        db.execute("PRAGMA synchronous = NORMAL")
        return db


def _row(run: RunRecord) -> tuple[Any, ...]:
    return (
        run.id, run.job_id, run.server_key, run.trigger, run.scheduled_for, run.started_at, run.ended_at, run.state, run.reason,
        run.attempt, run.ticks, run.progress, run.message, _json(run.report), _json(run.error),
        _json([(line.seq, line.time_ms, line.level, line.message) for line in run.log] or None), run.host,
    )  # fmt: skip


def _json(value: Any) -> str | None:
    """Whatever it is: what can't be written would be tried again for ever, and everything after it."""
    try:
        return None if value is None else orjson.dumps(value, default=str, option=orjson.OPT_NON_STR_KEYS).decode()
    except TypeError:
        return orjson.dumps(redact_value(value)).decode()


def _record(row: tuple[Any, ...]) -> RunRecord:
    (run_id, job_id, server_key, trigger, scheduled_for, started_at, ended_at, state, reason,
     attempt, ticks, progress, message, report, error, host, *logs) = row  # fmt: skip
    return RunRecord(
        id=run_id,
        job_id=job_id,
        server_key=server_key,
        trigger=trigger,
        scheduled_for=scheduled_for,
        started_at=started_at,
        ended_at=ended_at,
        state=state,
        reason=reason,
        attempt=attempt,
        ticks=ticks,
        progress=progress,
        message=message,
        report=orjson.loads(report) if report else None,
        error=orjson.loads(error) if error else None,
        log=tuple(RunLine(*line) for line in orjson.loads(logs[0])) if logs and logs[0] else (),
        host=host,
    )


def _read_histories(db: sqlite3.Connection, job_ids: list[str]) -> dict[str, JobHistory]:
    def newest(of_jobs: list[str], conditions: str, count: int) -> Iterator[RunRecord]:
        rows = db.execute(
            f"""
            SELECT {_READ} FROM job_runs WHERE id IN (
                SELECT r.id FROM json_each(?) AS asked CROSS JOIN job_runs AS r ON r.id IN (
                    SELECT id FROM job_runs WHERE job_id = asked.value AND server_key = '' AND {conditions}
                    ORDER BY id DESC LIMIT ?
                )
            ) ORDER BY id
            """,  # noqa: S608 - names and conditions from this file
            (orjson.dumps(of_jobs).decode(), count),
        )
        return map(_record, rows)

    recent: dict[str, list[RunRecord]] = {job_id: [] for job_id in job_ids}
    for run in newest(job_ids, "1", RECENT_RUNS):
        recent[run.job_id].append(run)
    latest = {run.job_id: run for runs in recent.values() for run in runs if run.state not in _DID_NOT_RUN}
    # A job that was only skipped or missed lately did something before, perhaps.
    if older := [job_id for job_id, runs in recent.items() if job_id not in latest and len(runs) == RECENT_RUNS]:
        latest |= {run.job_id: run for run in newest(older, "state NOT IN ('skipped', 'missed')", 1)}
    pauses = {
        job_id: (paused_at, paused_by)
        for job_id, paused_at, paused_by in db.execute(
            "SELECT job_id, paused_at, paused_by FROM job_states WHERE server_key = '' AND paused_reason IS NOT NULL"
        )
    }
    return {job_id: JobHistory(latest.get(job_id), tuple(recent[job_id]), *pauses.get(job_id, (None, None))) for job_id in recent}


def _read_memories(db: sqlite3.Connection) -> dict[str, JobMemory]:
    marks = ", ".join("?" * len(TICK_TRIGGERS))
    rows = db.execute(
        f"""
        SELECT job_id, iif(state = 'skipped', max(scheduled_for, ended_at), scheduled_for), state, nth FROM (
            SELECT *, row_number() OVER (PARTITION BY job_id ORDER BY server_key, scheduled_for DESC) AS nth
            FROM job_runs WHERE trigger IN ({marks})
        ) WHERE nth <= 2 ORDER BY job_id, nth
        """,  # noqa: S608 - only question marks are put in
        TICK_TRIGGERS,
    ).fetchall()
    ticks: dict[str, LastTick] = {}
    for job_id, scheduled_for, state, nth in rows:
        if nth == 1:
            ticks[job_id] = LastTick(scheduled_for, state)
        elif state == "lost":
            ticks[job_id] = LastTick(ticks[job_id].scheduled_for, ticks[job_id].state, lost_before=True)
    paused = dict(db.execute("SELECT job_id, paused_reason FROM job_states WHERE server_key = '' AND paused_reason IS NOT NULL"))
    return {job_id: JobMemory(ticks.get(job_id), paused.get(job_id)) for job_id in {*ticks, *paused}}


def _execute(db: sqlite3.Connection, sql: str, values: list[str]) -> None:
    db.execute(sql, values)


def _parts(items: list[str], size: int) -> Iterator[list[str]]:
    rest = iter(items)
    while part := list(islice(rest, size)):
        yield part


def _resolve(future: "asyncio.Future[Any]", result: Any, error: Exception | None) -> None:
    if future.done():
        return
    if error is not None:
        future.set_exception(error)
    else:
        future.set_result(result)


def _roll_back(db: sqlite3.Connection) -> None:
    if db.in_transaction:
        try:
            db.execute("ROLLBACK")
        except sqlite3.Error as error:
            log.warning("ledger_rollback_failed", error=str(error))


def _unavailable(error: Exception) -> LedgerUnavailable:
    advice = advise(error) or "Run `vsmanager doctor` to see what is wrong with the data folder."
    return LedgerUnavailable(f"The ledger of runs can't be used ({error}). {advice}")


_ledger: RunsLedger | None = None


def get_runs_ledger() -> RunsLedger:
    """The ledger of the running application. Raises `LedgerUnavailable` when there is none."""
    if _ledger is None:
        raise LedgerUnavailable("The ledger of runs is not open.")
    return _ledger


def use_runs_ledger(ledger: RunsLedger | None) -> None:
    """Make `ledger` the running one; called where the application is put together."""
    global _ledger  # noqa: PLW0603 - the one accessor for what the lifespan built
    _ledger = ledger
