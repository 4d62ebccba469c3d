"""The ledger of runs: a claim holds once granted, an end is never forgotten, and a dead process leaves no run open."""

import asyncio
import json
import os
import queue
import signal
import sqlite3
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from tests.clocks import FixedClock
from tests.waiting import recorded
from vintagestory_api.runs import ledger as ledger_module
from vintagestory_api.runs.ledger import RECENT_RUNS, JobHistory, LedgerUnavailable, RunsLedger
from vintagestory_api.services.run_context import RunLine
from vintagestory_api.services.run_records import RunRecord, RunState
from vintagestory_api.services.schedule import LastTick, Trigger

OpenLedger = Callable[..., RunsLedger]
DAY = 86_400_000
NOW = 1_780_000_000_000


def a_run(
    tick: int = NOW, job_id: str = "job", trigger: Trigger = "schedule", state: RunState = "running", **fields: Any
) -> RunRecord:
    fields = {"started_at": tick, "ended_at": None if state == "running" else tick, **fields}
    return RunRecord(job_id, trigger, tick, state, **fields)


def rows(path: Path, sql: str = "SELECT state FROM job_runs ORDER BY id") -> list[Any]:
    """What another connection sees."""
    with closing(sqlite3.connect(path)) as db:
        found = db.execute(sql).fetchall()
    return [row[0] if len(row) == 1 else row for row in found]


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Another program holds the database."""
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("BEGIN IMMEDIATE")
        yield
        db.execute("ROLLBACK")


@contextmanager
def run_python(script: str, *arguments: object) -> Iterator["subprocess.Popen[str]"]:
    """A process of its own, gone at the end."""
    command = [sys.executable, "-c", textwrap.dedent(script), *map(str, arguments)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def output_of(process: "subprocess.Popen[str]") -> str:
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 0, output
    return output


# Claims


async def test_a_tick_is_claimed_once(ledger: RunsLedger) -> None:
    assert await ledger.claim(a_run())
    assert not await ledger.claim(a_run())
    assert not await ledger.claim(a_run(trigger="catch_up"))
    assert await ledger.claim(a_run(NOW + 1))
    assert await ledger.claim(a_run(job_id="other"))
    assert await ledger.claim(a_run(server_key="one"))


@pytest.mark.parametrize("earlier", [-5_000, -1, 0, 1, 5_000])
async def test_a_tick_stays_claimed_whoever_prepared_the_claim_first(ledger: RunsLedger, earlier: int) -> None:
    """Two schedulers prepare their claims at about the same time; only the commit decides."""
    assert await ledger.claim(a_run(started_at=NOW))
    assert not await ledger.claim(a_run(started_at=NOW + earlier))


async def test_runs_outside_the_schedule_need_no_tick_of_their_own(ledger: RunsLedger) -> None:
    for trigger in ("manual", "event", "manual"):
        assert await ledger.claim(a_run(trigger=trigger))


async def test_of_many_who_claim_at_once_one_is_granted(open_ledger: OpenLedger) -> None:
    ledgers = [open_ledger() for _ in range(3)]
    for tick in range(NOW, NOW + 20):
        answers = await asyncio.gather(*(ledger.claim(a_run(tick)) for ledger in ledgers for _ in range(3)))
        assert answers.count(True) == 1


CLAIM_MANY = """
    import asyncio, sys
    from pathlib import Path
    from vintagestory_api.runs.ledger import RunsLedger
    from vintagestory_api.services.run_records import RunRecord

    async def main():
        ledger = RunsLedger(Path(sys.argv[1]))
        ledger.open()
        print("ready", flush=True)
        while not Path(sys.argv[2]).exists():
            await asyncio.sleep(0.001)
        ticks = range(200) if sys.argv[3] == "up" else range(199, -1, -1)
        won = [tick for tick in ticks if await ledger.claim(RunRecord("job", "schedule", tick, "running", started_at=tick))]
        print(*won)
        ledger.close()

    asyncio.run(main())
"""


def test_processes_that_race_for_ticks_share_them_without_a_double(ledger_path: Path) -> None:
    go = ledger_path.with_name("go")
    with run_python(CLAIM_MANY, ledger_path, go, "up") as one, run_python(CLAIM_MANY, ledger_path, go, "down") as other:
        for process in (one, other):
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        go.touch()
        won = [[int(tick) for tick in output_of(process).splitlines()[-1].split()] for process in (one, other)]
    assert sorted(won[0] + won[1]) == list(range(200))


async def test_a_claim_is_granted_only_after_its_commit(ledger: RunsLedger, ledger_path: Path) -> None:
    for tick in range(NOW, NOW + 20):
        run = a_run(tick)
        assert await ledger.claim(run)
        assert rows(ledger_path, f"SELECT state FROM job_runs WHERE id = '{run.id}'") == ["running"]


async def test_writes_that_come_together_share_a_commit(ledger: RunsLedger, monkeypatch: pytest.MonkeyPatch) -> None:
    groups: list[int] = []
    commit = ledger._commit

    def counted(db: sqlite3.Connection, writes: Any) -> None:
        groups.append(len(writes))
        commit(db, writes)

    monkeypatch.setattr(ledger, "_commit", counted)
    answers = await asyncio.gather(*(ledger.claim(a_run(tick)) for tick in range(NOW, NOW + 200)))
    assert all(answers)
    assert len(groups) < 20
    assert sum(groups) == 200


class WatchedQueue(queue.SimpleQueue[Any]):
    def __init__(self) -> None:
        super().__init__()
        self.timeouts: list[float | None] = []

    def get(self, block: bool = True, timeout: float | None = None) -> Any:
        if block:
            self.timeouts.append(timeout)
        return super().get(block, timeout)


async def test_the_writer_never_waits_for_a_tiny_rest_of_time(ledger_path: Path) -> None:
    """CPython 3.11 can wait for ever in `SimpleQueue.get` when almost nothing is left of its timeout."""
    ledger = RunsLedger(ledger_path)
    watched = ledger._queue = WatchedQueue()
    ledger.open()
    for tick in range(NOW, NOW + 20):
        await asyncio.gather(ledger.claim(a_run(tick)), ledger.claim(a_run(tick, job_id="other")))
    await asyncio.to_thread(ledger.close)
    assert watched.timeouts
    assert all(timeout is None or timeout >= 1 for timeout in watched.timeouts)


async def test_one_bad_write_spoils_no_other_of_its_group(ledger: RunsLedger) -> None:
    good, bad = a_run(NOW), a_run(NOW + 1, reason=object())
    answers = await asyncio.gather(ledger.claim(good), ledger.claim(bad), return_exceptions=True)
    assert answers[0] is True
    assert isinstance(answers[1], LedgerUnavailable)
    assert [run.id for run in await recorded(ledger)] == [good.id]


async def test_a_claim_costs_little(ledger: RunsLedger) -> None:
    await ledger.claim(a_run(NOW))
    begun = time.process_time()
    await asyncio.gather(*(ledger.claim(a_run(NOW + number)) for number in range(1, 501)))
    assert (time.process_time() - begun) / 500 < 0.002


# When the disk or the database does not do its part


async def test_a_held_database_refuses_claims_in_time_and_leaves_no_open_row(
    ledger: RunsLedger, ledger_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger_module, "WRITE_TIMEOUT_SECONDS", 0.2)
    await ledger.claim(a_run(NOW))
    with held(ledger_path):
        begun = time.monotonic()
        with pytest.raises(LedgerUnavailable, match="did not answer in time"):
            await ledger.claim(a_run(NOW + 1))
        assert time.monotonic() - begun < 1
    monkeypatch.setattr(ledger_module, "WRITE_TIMEOUT_SECONDS", 10.0)
    assert await ledger.claim(a_run(NOW + 2))
    await ledger.flush()
    assert rows(ledger_path, f"SELECT state FROM job_runs WHERE scheduled_for = {NOW + 1}") in ([], ["cancelled"])
    assert ledger.problem is None


async def test_nobody_s_patience_is_a_problem_of_the_ledger(ledger: RunsLedger, ledger_path: Path) -> None:
    """A claim that its caller gave up is no failure of the disk, so health stays well."""
    with capture_logs() as logs:
        with held(ledger_path):
            claim = asyncio.create_task(ledger.claim(a_run()))
            await asyncio.sleep(0.05)
            claim.cancel()
            with pytest.raises(asyncio.CancelledError):
                await claim
        await ledger.flush()
    assert ledger.problem is None
    assert logs == []
    assert "running" not in rows(ledger_path)


def max_pages(db: sqlite3.Connection) -> None:
    """As a full disk does: no page more than there are."""
    db.execute(f"PRAGMA max_page_count = {db.execute('PRAGMA page_count').fetchone()[0]}")


async def test_a_full_disk_refuses_claims_and_keeps_ends_until_there_is_space(
    ledger: RunsLedger, ledger_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger_module, "_RETRY_SECONDS", 0.05)
    run = a_run()
    assert await ledger.claim(run)
    await ledger._ask(max_pages)
    lines = tuple(RunLine(number, NOW, "info", "x" * 1000) for number in range(100))
    ended = run.changed(state="succeeded", ended_at=NOW + 5, log=lines)
    ledger.save(ended)

    await ledger.flush()
    assert "full" in str(ledger.problem)
    with pytest.raises(LedgerUnavailable, match=r"disk is full\. Free some space"):
        await ledger.claim(a_run(NOW + 1, message="y" * 100_000))
    assert rows(ledger_path) == ["running"], "it can't be stored"
    for seen in (await ledger.get(run.id), (await ledger.list_runs())[0], (await ledger.job_histories(["job"]))["job"].latest):
        assert seen is not None
        assert seen.state == "succeeded", "but nobody is told that it still runs"

    with pytest.raises(LedgerUnavailable):
        await ledger._ask(lambda db: db.execute("SELECT nonsense"))
    await asyncio.sleep(0.1)
    await ledger._ask(lambda db: db.execute("PRAGMA max_page_count = 1000000").fetchone())
    await ledger.flush()
    assert ledger.problem is None
    assert rows(ledger_path) == ["succeeded"]
    stored = await ledger.get(run.id)
    assert stored is not None
    assert len(stored.log) == 100
    assert ledger._pending == {}


FILL_THE_DISK = """
    import asyncio, resource, signal, sys
    from pathlib import Path
    from vintagestory_api.runs.ledger import LedgerUnavailable, RunsLedger
    from vintagestory_api.services.run_records import RunRecord

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

    async def main():
        ledger = RunsLedger(Path(sys.argv[1]))
        ledger.open()
        first = RunRecord("job", "schedule", 1, "running", started_at=1)
        assert await ledger.claim(first)
        resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, resource.RLIM_INFINITY))
        for tick in range(2, 1000):
            try:
                await ledger.claim(RunRecord("job", "schedule", tick, "running", started_at=tick, message="x" * 20_000))
            except LedgerUnavailable as error:
                print("refused", tick, error)
                break
        ledger.save(first.changed(state="succeeded", ended_at=2))
        await ledger.flush()
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        assert await ledger.claim(RunRecord("job", "schedule", 5000, "running", started_at=5000))
        await ledger.flush()
        ledger.close()

    asyncio.run(main())
"""


def test_a_disk_that_takes_no_more_bytes_refuses_and_recovers(ledger_path: Path) -> None:
    with run_python(FILL_THE_DISK, ledger_path) as process:
        assert output_of(process).count("refused") == 1
    assert rows(ledger_path, "SELECT state FROM job_runs WHERE scheduled_for = 1") == ["succeeded"]
    assert rows(ledger_path, "SELECT state FROM job_runs WHERE scheduled_for = 5000") == ["running"]
    assert rows(ledger_path, "PRAGMA integrity_check") == ["ok"]


async def test_a_record_that_json_cannot_hold_blocks_nobody(ledger: RunsLedger, ledger_path: Path) -> None:
    odd, plain = a_run(NOW), a_run(NOW + 1)
    assert await ledger.claim(odd)
    assert await ledger.claim(plain)
    ledger.save(odd.changed(state="succeeded", report={"big": 10**40, "lone": "\ud800", (1, 2): object()}))
    ledger.save(plain.changed(state="succeeded"))
    await ledger.flush()
    assert rows(ledger_path) == ["succeeded", "succeeded"]
    stored = await ledger.get(odd.id)
    assert stored is not None
    assert stored.report is not None
    assert stored.report["lone"] == "?"


def test_a_file_that_is_no_database_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "vsmanager.db"
    path.write_bytes(b"this is no database" * 100)
    with pytest.raises(LedgerUnavailable, match="put a copy of it back"):
        RunsLedger(path).open()
    assert path.read_bytes() == b"this is no database" * 100


def test_a_ledger_that_was_not_opened_touches_nothing(tmp_path: Path) -> None:
    ledger = RunsLedger(tmp_path / "vsmanager.db")
    with pytest.raises(LedgerUnavailable):
        asyncio.run(ledger.list_runs())
    with pytest.raises(LedgerUnavailable):
        asyncio.run(ledger.claim(a_run()))
    assert list(tmp_path.iterdir()) == []


async def test_a_closed_ledger_refuses(ledger: RunsLedger) -> None:
    await asyncio.to_thread(ledger.close)
    with pytest.raises(LedgerUnavailable):
        await ledger.claim(a_run())
    with pytest.raises(LedgerUnavailable):
        await ledger.get("x")


# What a run becomes


async def test_a_run_comes_back_as_it_was_saved(ledger: RunsLedger) -> None:
    run = a_run()
    assert await ledger.claim(run)
    saved = run.changed(
        state="failed",
        reason="because",
        attempt=3,
        progress=0.5,
        message="halfway – “ünïcode” 🎮",
        ended_at=NOW + 1234,
        report={"new": 3, "names": ["a", "b"], "nested": {"deep": None}},
        error={"type": "OSError", "message": "no", "traceback": "Traceback\n  …"},
        log=(RunLine(1, NOW, "info", "one"), RunLine(7, NOW + 1, "error", "seven")),
    )
    ledger.save(saved)
    await ledger.flush()
    assert await ledger.get(run.id) == saved
    assert await ledger.list_runs() == [saved.changed(log=())]


async def test_an_end_that_is_stored_while_someone_reads_is_what_they_are_told(
    ledger: RunsLedger, ledger_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = a_run()
    assert await ledger.claim(run)
    ended = run.changed(state="failed", ended_at=NOW, error={"type": "Oops", "message": "no", "traceback": ""})

    async def ask(question: Callable[[], Any]) -> Any:
        """The answer, when the writer stores the end between the question's read and its answer."""
        with monkeypatch.context() as patch, ExitStack() as holding:
            holding.enter_context(held(ledger_path))
            ledger.save(ended)
            read = ledger.read

            async def read_and_let_the_writer_on(query: Callable[[sqlite3.Connection], Any]) -> Any:
                found = await read(query)
                holding.close()
                await ledger.flush()
                return found

            patch.setattr(ledger, "read", read_and_let_the_writer_on)
            answer = await question()
        with closing(sqlite3.connect(ledger_path)) as db, db:
            db.execute("UPDATE job_runs SET state = 'running', ended_at = NULL, error = NULL")
        return answer

    assert await ask(lambda: ledger.get(run.id)) == ended
    assert await ask(ledger.list_runs) == [ended]
    history = (await ask(lambda: ledger.job_histories([run.job_id])))[run.job_id]
    assert (history.latest, history.recent) == (ended, (ended,))


async def test_closing_stores_what_was_saved_last(open_ledger: OpenLedger, ledger_path: Path) -> None:
    ledger = open_ledger()
    runs = [a_run(tick) for tick in range(NOW, NOW + 50)]
    await asyncio.gather(*map(ledger.claim, runs))
    for run in runs:
        ledger.save(run.changed(progress=0.5))
        ledger.save(run.changed(state="succeeded", ended_at=NOW))
    await asyncio.to_thread(ledger.close)
    assert rows(ledger_path) == ["succeeded"] * 50


async def test_a_tick_that_is_known_stays_as_it_is_when_it_is_noted_as_missed(ledger: RunsLedger, ledger_path: Path) -> None:
    await ledger.claim(a_run())
    await ledger.add(a_run(state="missed", started_at=None))
    assert rows(ledger_path) == ["running"]


async def test_saves_of_several_threads_all_arrive(ledger: RunsLedger, ledger_path: Path) -> None:
    runs = [a_run(tick) for tick in range(NOW, NOW + 40)]
    await asyncio.gather(*map(ledger.claim, runs))

    def save(some: list[RunRecord]) -> None:
        for run in some:
            ledger.save(run.changed(state="succeeded"))

    threads = [threading.Thread(target=save, args=[runs[part::4]]) for part in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        await asyncio.to_thread(thread.join)
    await ledger.flush()
    assert rows(ledger_path) == ["succeeded"] * 40


# After a death


async def test_open_runs_of_a_dead_process_become_lost_and_no_other(open_ledger: OpenLedger, ledger_path: Path) -> None:
    dead = open_ledger()
    await dead.claim(a_run(NOW))
    await dead.claim(a_run(NOW + 1, state="queued"))
    await dead.add(a_run(NOW + 2, state="succeeded"))
    with capture_logs() as logs:
        heir = RunsLedger(ledger_path, FixedClock(NOW + 99))
        assert heir.open() == 2
        heir.close()
    assert rows(ledger_path, "SELECT state, reason, ended_at FROM job_runs ORDER BY scheduled_for") == [
        ("lost", "manager_died", NOW + 99),
        ("lost", "manager_died", NOW + 99),
        ("succeeded", None, NOW + 2),
    ]
    assert [(entry["event"], entry["count"]) for entry in logs] == [("lost_runs_closed", 2)]


RUN_UNTIL_KILLED = """
    import asyncio, sys
    from pathlib import Path
    from vintagestory_api.runs.ledger import RunsLedger
    from vintagestory_api.services.scheduler import SchedulerService

    async def main():
        ledger = RunsLedger(Path(sys.argv[1]))
        ledger.open()
        scheduler = SchedulerService(ledger=ledger)
        for number in range(20):
            scheduler.add_interval_job(lambda: asyncio.sleep(0.02), 0.05, f"job_{number}")
        scheduler.add_interval_job(lambda: asyncio.sleep(60), 3600, "long")
        scheduler.start()
        await asyncio.sleep(0.2)
        print("running", flush=True)
        await asyncio.sleep(60)

    asyncio.run(main())
"""


@pytest.mark.parametrize("after_seconds", [0.0, 0.15, 0.4])
async def test_a_kill_in_the_middle_of_many_runs_leaves_a_whole_ledger(ledger_path: Path, after_seconds: float) -> None:
    with run_python(RUN_UNTIL_KILLED, ledger_path) as process:
        assert process.stdout is not None
        while (line := await asyncio.to_thread(process.stdout.readline)) != "running\n":
            assert line, "it ended too early"
        await asyncio.sleep(after_seconds)
        os.kill(process.pid, signal.SIGKILL)

    ledger = RunsLedger(ledger_path)
    assert ledger.open() >= 1
    states = rows(ledger_path, "SELECT DISTINCT state FROM job_runs")
    assert {"lost", "succeeded"} <= set(states)
    assert "running" not in states
    assert rows(ledger_path, "PRAGMA integrity_check") == ["ok"]
    assert (ledger.memories()["long"].last_tick or LastTick(0, "")).state == "lost"
    ticks = rows(ledger_path, "SELECT job_id, scheduled_for FROM job_runs WHERE state != 'missed'")
    assert len(ticks) == len(set(ticks))
    await asyncio.to_thread(ledger.close)


# What a new life remembers


async def test_each_job_s_latest_tick_is_remembered(open_ledger: OpenLedger) -> None:
    ledger = open_ledger()
    await ledger.add(a_run(NOW, state="succeeded"))
    await ledger.add(a_run(NOW + 1000, state="failed", trigger="catch_up"))
    await ledger.add(a_run(NOW + 5000, state="succeeded", trigger="manual"))
    await ledger.add(a_run(NOW + 9000, state="succeeded", server_key="one"))
    await ledger.add(a_run(NOW + 7, job_id="other", state="missed", trigger="startup"))
    memories = open_ledger().memories()
    assert {job_id: memory.last_tick for job_id, memory in memories.items()} == {
        "job": LastTick(NOW + 1000, "failed"),
        "other": LastTick(NOW + 7, "missed"),
    }


async def test_a_skip_that_stands_for_many_ticks_is_remembered_with_its_last(open_ledger: OpenLedger) -> None:
    ledger = open_ledger()
    skip = a_run(NOW, state="skipped", reason="paused")
    await ledger.add(skip)
    ledger.save(skip.changed(ended_at=NOW + 60_000, ticks=7))
    await ledger.flush()
    memory = open_ledger().memories()["job"]
    assert memory.last_tick == LastTick(NOW + 60_000, "skipped")


@pytest.mark.parametrize(("states", "lost_before"), [(["succeeded", "running"], False), (["lost", "running"], True)])
async def test_a_run_lost_twice_in_a_row_is_remembered_as_such(
    open_ledger: OpenLedger, states: list[RunState], lost_before: bool
) -> None:
    ledger = open_ledger()
    for number, state in enumerate(states):
        await ledger.add(a_run(NOW + number, state=state))
    assert open_ledger().memories()["job"].last_tick == LastTick(NOW + 1, "lost", lost_before=lost_before)


async def test_pauses_are_remembered_with_who_and_why(open_ledger: OpenLedger, ledger_path: Path) -> None:
    ledger = open_ledger(clock=FixedClock(NOW))
    await ledger.set_pause("job", "moving house", "ada")
    await ledger.set_pause("job", "still moving", "bob")
    await ledger.set_pause("other", "for a day", "ada")
    await ledger.set_pause("other", None, "ada")
    assert rows(ledger_path, "SELECT * FROM job_states") == [("job", "", "still moving", "bob", NOW)]
    memories = open_ledger().memories()
    assert {job_id: memory.paused_reason for job_id, memory in memories.items()} == {"job": "still moving"}


# Questions


@pytest.fixture
async def history(ledger: RunsLedger) -> RunsLedger:
    """Three jobs, thirty runs; every third failed."""
    for number in range(30):
        state: RunState = "failed" if number % 3 == 0 else "succeeded"
        await ledger.add(a_run(NOW + number, job_id=f"job_{number % 3 + number // 3 % 2}", state=state))
    return ledger


async def test_runs_are_listed_newest_first(history: RunsLedger) -> None:
    found = await history.list_runs(limit=500)
    assert [run.scheduled_for for run in found] == [*range(NOW + 29, NOW - 1, -1)]


async def test_filters_go_together(history: RunsLedger) -> None:
    found = await history.list_runs(job_id="job_1", states=("failed", "lost"))
    assert found
    assert {(run.job_id, run.state) for run in found} == {("job_1", "failed")}
    assert await history.list_runs(job_id="nobody") == []
    assert await history.list_runs(states=("lost",)) == []


@pytest.mark.parametrize("size", [1, 7, 30, 31])
async def test_pages_hold_every_run_once(history: RunsLedger, size: int) -> None:
    seen: list[RunRecord] = []
    cursor: str | None = None
    while page := await history.list_runs(before_id=cursor, limit=size):
        assert len(page) <= size
        seen += page
        cursor = page[-1].id
    assert seen == await history.list_runs(limit=500)


async def test_the_latest_run_of_a_job_leaves_out_what_did_not_run(ledger: RunsLedger) -> None:
    await ledger.add(a_run(NOW, state="failed"))
    await ledger.add(a_run(NOW + 1, state="skipped"))
    await ledger.add(a_run(NOW + 2, state="missed"))
    histories = await ledger.job_histories(["job", "nobody"])
    assert {job_id: history.latest and history.latest.state for job_id, history in histories.items()} == {
        "job": "failed",
        "nobody": None,
    }


async def test_a_jobs_recent_runs_are_its_last_thirty_oldest_first(ledger: RunsLedger) -> None:
    for number in range(RECENT_RUNS + 5):
        await ledger.add(a_run(NOW + number, state="skipped" if number % 2 else "succeeded"))
        await ledger.add(a_run(NOW + number, job_id="other", state="missed"))
    histories = await ledger.job_histories(["job", "other", "nobody"])
    assert list(histories) == ["job", "other", "nobody"]
    assert [run.scheduled_for for run in histories["job"].recent] == [*range(NOW + 5, NOW + RECENT_RUNS + 5)]
    assert {run.state for run in histories["job"].recent} == {"skipped", "succeeded"}
    assert {run.job_id for run in histories["other"].recent} == {"other"}
    assert histories["nobody"] == JobHistory()


async def test_what_came_to_something_is_found_behind_any_number_of_ticks_that_did_not(ledger: RunsLedger) -> None:
    await ledger.add(a_run(NOW, state="succeeded"))
    await ledger.add(a_run(NOW + 1, state="failed"))
    for number in range(2, RECENT_RUNS + 10):
        await ledger.add(a_run(NOW + number, state="skipped"))
    history = (await ledger.job_histories(["job"]))["job"]
    assert history.latest is not None
    assert (history.latest.state, history.latest.scheduled_for) == ("failed", NOW + 1)
    assert {run.state for run in history.recent} == {"skipped"}


async def test_a_jobs_history_is_read_along_an_index(ledger: RunsLedger) -> None:
    for number in range(RECENT_RUNS + 1):
        await ledger.add(a_run(NOW + number, state="skipped"))
    plans: list[str] = []

    def explain(db: sqlite3.Connection) -> None:
        db.set_trace_callback(plans.append)
        ledger_module._read_histories(db, ["job"])
        db.set_trace_callback(None)
        for sql in [sql for sql in plans if "job_runs" in sql]:
            steps = [row[3] for row in db.execute(f"EXPLAIN QUERY PLAN {sql}")]
            assert not [step for step in steps if step.startswith("SCAN") and "json_each" not in step and "asked" not in step], (
                steps
            )

    await ledger.read(explain)
    assert plans


async def test_a_pause_is_remembered_with_its_time_and_who_did_it(open_ledger: OpenLedger) -> None:
    ledger = open_ledger(clock=FixedClock(NOW))
    await ledger.set_pause("job", "holidays", "ada")
    history = (await ledger.job_histories(["job"]))["job"]
    assert (history.paused_at, history.paused_by) == (NOW, "ada")
    await ledger.set_pause("job", None, "ada")
    assert (await ledger.job_histories(["job"]))["job"] == JobHistory()


async def test_runs_are_filtered_by_what_started_them_and_by_when_they_were_due(history: RunsLedger) -> None:
    await history.add(a_run(NOW + 100, trigger="manual", state="succeeded"))
    assert [run.trigger for run in await history.list_runs(triggers=("manual", "event"))] == ["manual"]
    found = await history.list_runs(since_ms=NOW + 28)
    assert [run.scheduled_for - NOW for run in found] == [100, 29, 28]


async def test_when_a_job_last_ended_well_is_known(ledger: RunsLedger) -> None:
    await ledger.add(a_run(NOW, state="succeeded", ended_at=NOW + 5))
    await ledger.add(a_run(NOW + 10, state="failed"))
    assert await ledger.latest_success_ms("job") == NOW + 5
    assert await ledger.latest_success_ms("nobody") is None


async def test_reading_waits_for_no_writer(ledger: RunsLedger, ledger_path: Path) -> None:
    await ledger.add(a_run(state="succeeded"))
    with held(ledger_path):
        assert len(await asyncio.wait_for(ledger.list_runs(), 1)) == 1


# Retention


async def test_pruning_keeps_the_newest_of_each_job(open_ledger: OpenLedger, ledger_path: Path) -> None:
    ledger = open_ledger(clock=FixedClock(NOW))
    for number in range(10):
        await ledger.add(a_run(NOW + number, state="succeeded"))
        await ledger.add(a_run(NOW + number, job_id="other", state="succeeded"))
    assert await ledger.prune(keep_per_job=3, keep_days=0) == 14
    assert rows(ledger_path, "SELECT job_id, scheduled_for FROM job_runs ORDER BY 1, 2") == [
        (job_id, NOW + number) for job_id in ("job", "other") for number in (7, 8, 9)
    ]


async def test_pruning_by_age_keeps_each_job_s_latest_tick_and_what_runs(open_ledger: OpenLedger, ledger_path: Path) -> None:
    ledger = open_ledger(clock=FixedClock(NOW))
    await ledger.add(a_run(NOW - 100 * DAY, state="succeeded"))
    await ledger.add(a_run(NOW - 99 * DAY, state="succeeded"))
    await ledger.add(a_run(NOW - 98 * DAY, state="succeeded", trigger="manual"))
    await ledger.claim(a_run(NOW - 97 * DAY, job_id="other", trigger="manual"))
    await ledger.add(a_run(NOW - 5 * DAY, job_id="other", state="succeeded", trigger="manual"))
    assert await ledger.prune(keep_per_job=0, keep_days=90) == 2
    assert rows(ledger_path, "SELECT job_id, (scheduled_for - 1780000000000) / 86400000, state FROM job_runs ORDER BY 2") == [
        ("job", -99, "succeeded"),
        ("other", -97, "running"),
        ("other", -5, "succeeded"),
    ]


async def test_pruning_without_limits_deletes_nothing(history: RunsLedger, ledger_path: Path) -> None:
    assert await history.prune(keep_per_job=0, keep_days=0) == 0
    assert len(rows(ledger_path)) == 30


async def test_claims_go_on_while_thousands_of_rows_are_pruned(ledger: RunsLedger) -> None:
    await asyncio.gather(*(ledger.add(a_run(number, state="succeeded")) for number in range(5_000)))
    pruning = asyncio.create_task(ledger.prune(keep_per_job=10, keep_days=0))
    slowest = 0.0
    number = 0
    while not pruning.done():
        number += 1
        begun = time.monotonic()
        assert await ledger.claim(a_run(NOW + number))
        slowest = max(slowest, time.monotonic() - begun)
    assert await pruning >= 4_980
    assert slowest < 1


def test_the_public_form_of_a_run_has_the_fields_that_scripts_rely_on() -> None:
    public = a_run(NOW, state="failed", reason="because").public()
    assert set(public) >= {
        "id", "job_id", "server_id", "trigger", "scheduled_for", "started_at", "ended_at", "state", "reason", "attempt",
        "progress", "message", "report", "error",
    }  # fmt: skip
    assert public["scheduled_for"] == "2026-05-28T20:26:40.000Z"
    assert public["server_id"] is None
    assert json.loads(json.dumps(public)) == public
