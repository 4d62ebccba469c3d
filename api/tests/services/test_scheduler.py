"""What the scheduler promises of every run: it ends, it is recorded, and it harms nobody."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Any

import pytest
from structlog.testing import capture_logs

from tests.clocks import MovableClock
from tests.waiting import ended, recorded, until, until_recorded
from vintagestory_api.errors import Conflict, Unavailable
from vintagestory_api.events import EventBus, JobChanged, RunChanged
from vintagestory_api.jobs.base import safe_job
from vintagestory_api.kit.clock import SystemClock
from vintagestory_api.logs import mask_secrets
from vintagestory_api.runs.ledger import RunsLedger
from vintagestory_api.servers.operations import recorded as as_operation
from vintagestory_api.services import executions as executions_module
from vintagestory_api.services import scheduler as scheduler_module
from vintagestory_api.services.executions import PROGRESS_EVERY_SECONDS
from vintagestory_api.services.run_context import current_run, in_thread, report_progress, should_stop
from vintagestory_api.services.run_execution import JobPolicy, RunExecution
from vintagestory_api.services.run_records import JobMemory, NoLedger, RunRecord
from vintagestory_api.services.schedule import InvalidCron, InvalidInterval, LastTick
from vintagestory_api.services.scheduler import (
    SHUTDOWN_SECONDS,
    AlreadyRunning,
    RunNotRunning,
    SchedulerService,
    SchedulerStopping,
    UnknownJob,
    get_scheduler_service,
    use_scheduler_service,
)

Start = Callable[..., SchedulerService]
LONG = 3600.0
SECRET = "vsm_abcdefghijklmnopqrstuvwxyz0123456789"


async def nothing() -> None:
    """A job without anything to do."""


async def for_ever() -> None:
    await asyncio.Event().wait()


class Stubborn:
    """A job that holds on when it is cancelled, until it is released."""

    def __init__(self) -> None:
        self.released = asyncio.Event()
        self.asked_to_stop = 0

    async def __call__(self) -> None:
        while not self.released.is_set():
            try:
                await self.released.wait()
            except asyncio.CancelledError:
                self.asked_to_stop += 1


@pytest.fixture
async def stubborn() -> AsyncIterator[Stubborn]:
    job = Stubborn()
    yield job
    job.released.set()
    await asyncio.sleep(0)


@pytest.fixture
def short_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    """Jobs that won't stop are given up after a tenth of a second."""
    monkeypatch.setattr(executions_module, "RunExecution", partial(RunExecution, stop_grace_seconds=0.1))
    monkeypatch.setattr("vintagestory_api.services.run_execution._ASK_AGAIN_SECONDS", 0.05)
    monkeypatch.setattr(executions_module, "_SAVE_EVERY_SECONDS", 0.05)


@pytest.fixture
def short_shutdown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scheduler_module, "SHUTDOWN_SECONDS", 1.0)
    monkeypatch.setattr(scheduler_module, "_CANCEL_SECONDS", 0.6)


def idle(scheduler: SchedulerService, func: Any = nothing, job_id: str = "job", **policy: Any) -> None:
    """Add a job that is run by hand only: its last tick was just now."""
    scheduler._remembered[job_id] = JobMemory(LastTick(SystemClock().now_ms(), "succeeded"))
    scheduler.add_interval_job(func, LONG, job_id, policy=JobPolicy(**policy))


# Outcomes


async def test_a_job_that_ends_well_is_recorded_with_its_report(started: Start, ledger: RunsLedger) -> None:
    scheduler = started(ledger=ledger)

    @safe_job("job")
    async def job() -> dict[str, int]:
        return {"mods": 4852}

    idle(scheduler, job)
    run = await ended(ledger, (await scheduler.run_now("job")).id)

    assert (run.state, run.reason, run.attempt, run.progress, run.error) == ("succeeded", None, 1, 1.0, None)
    assert run.report == {"mods": 4852}
    assert run.trigger == "manual"
    assert run.started_at is not None
    assert run.ended_at is not None
    assert run.started_at <= run.ended_at


@pytest.mark.parametrize("wrap", [safe_job("job"), lambda func: func], ids=["safe_job", "plain function"])
async def test_a_job_that_raises_is_recorded_as_failed(started: Start, ledger: RunsLedger, wrap: Any) -> None:
    scheduler = started(ledger=ledger)

    async def job() -> None:
        raise ZeroDivisionError("no mods to divide by")

    idle(scheduler, wrap(job))
    run = await ended(ledger, (await scheduler.run_now("job")).id)

    assert (run.state, run.reason) == ("failed", None)
    assert run.error is not None
    assert (run.error["type"], run.error["message"]) == ("ZeroDivisionError", "no mods to divide by")
    assert "in job\n" in run.error["traceback"]


@pytest.mark.parametrize(
    "wrap", [safe_job("job"), lambda work: partial(as_operation, work), lambda func: func], ids=["safe_job", "operation", "plain"]
)
async def test_a_refusal_that_people_can_act_on_is_recorded_without_a_traceback(
    started: Start, ledger: RunsLedger, wrap: Any
) -> None:
    scheduler = started(ledger=ledger)

    async def job() -> dict[str, Any]:
        raise Conflict("Port 42420 is taken. Choose another one.")

    idle(scheduler, wrap(job))
    run = await ended(ledger, (await scheduler.run_now("job")).id)

    assert run.state == "failed"
    assert run.error == {"type": "Conflict", "message": "Port 42420 is taken. Choose another one.", "traceback": ""}


class Permanent(Exception):
    permanent = True


def groups() -> list[BaseException]:
    return [
        ExceptionGroup("two", [ValueError("one"), KeyError("two")]),
        BaseExceptionGroup("exit within", [ValueError("one"), SystemExit(3)]),
        BaseExceptionGroup("interrupt within", [KeyboardInterrupt()]),
        BaseExceptionGroup("cancelled and failed", [asyncio.CancelledError(), OSError("disk")]),
        SystemExit(0),
        KeyboardInterrupt(),
        GeneratorExit(),
        StopAsyncIteration(),
    ]


@pytest.mark.parametrize("number", range(len(groups())), ids=lambda number: repr(groups()[number])[:40])
@pytest.mark.parametrize("wrap", [safe_job("job"), lambda func: func], ids=["safe_job", "plain"])
async def test_whatever_a_job_raises_the_next_one_runs(started: Start, ledger: RunsLedger, number: int, wrap: Any) -> None:
    scheduler = started(ledger=ledger)

    async def job() -> None:
        raise groups()[number]

    idle(scheduler, wrap(job))
    idle(scheduler, nothing, "next")
    run = await ended(ledger, (await scheduler.run_now("job")).id)
    following = await ended(ledger, (await scheduler.run_now("next")).id)

    assert run.state == "failed"
    assert run.error is not None
    assert run.error["traceback"]
    assert following.state == "succeeded"
    assert scheduler.status == "running"


async def test_a_group_of_cancellations_alone_is_a_cancellation(started: Start, ledger: RunsLedger) -> None:
    scheduler = started(ledger=ledger)

    async def job() -> None:
        raise BaseExceptionGroup("all cancelled", [asyncio.CancelledError()])

    idle(scheduler, job)
    run = await ended(ledger, (await scheduler.run_now("job")).id)
    assert (run.state, run.reason) == ("cancelled", "by_itself")


async def test_a_job_that_fails_at_every_tick_is_run_at_every_tick(started: Start, ledger: RunsLedger) -> None:
    scheduler = started(ledger=ledger)

    async def job() -> None:
        raise OSError("always")

    scheduler.add_interval_job(job, 0.05, "job")
    await until_recorded(ledger, lambda runs: [run.state for run in runs].count("failed") >= 4)


async def test_a_report_that_json_cannot_hold_is_recorded_as_text(started: Start, ledger: RunsLedger) -> None:
    scheduler = started(ledger=ledger)

    @safe_job("job")
    async def job() -> dict[Any, Any]:
        return {"big": 10**30, ("a", 1): {2: b"bytes"}, "path": "caf\udce9", "odd": object, "set": {1}}

    idle(scheduler, job)
    run = await ended(ledger, (await scheduler.run_now("job")).id)
    assert run.state == "succeeded"
    assert run.report is not None
    assert run.report["big"] == "1" + "0" * 30
    assert run.report["('a', 1)"] == {"2": "b'bytes'"}
    assert run.report["path"] == "caf?"
    assert run.report["set"] == [1]


class Unprintable(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no text")


@pytest.mark.parametrize("error", [Unprintable(), ValueError("lone \ud800 surrogate"), ValueError("x" * 10_000_000)])
async def test_an_error_with_an_impossible_text_is_recorded(started: Start, ledger: RunsLedger, error: Exception) -> None:
    scheduler = started(ledger=ledger)

    @safe_job("job")
    async def job() -> None:
        raise error

    idle(scheduler, job)
    run = await ended(ledger, (await scheduler.run_now("job")).id)
    assert run.state == "failed"
    assert run.error is not None
    assert run.error["type"] == type(error).__name__
    assert 0 < len(run.error["message"]) <= 2_000
    assert len(run.error["traceback"]) < 20_000


async def test_secrets_in_the_text_of_an_error_are_masked_in_the_record_and_in_the_logs(
    started: Start, ledger: RunsLedger
) -> None:
    scheduler = started(ledger=ledger)

    @safe_job("job")
    async def job() -> None:
        report_progress(0.5, f"asking with {SECRET}")
        raise ConnectionError(f"GET https://user:hunter22@host/ failed, Authorization: Bearer {SECRET}, password='two words'")

    idle(scheduler, job)
    with capture_logs(processors=[mask_secrets]) as logs:
        run = await ended(ledger, (await scheduler.run_now("job")).id)

    assert run.error is not None
    written = f"{run.error} {run.message} {logs}"
    assert "ConnectionError" in written
    for secret in (SECRET, "hunter22", "two words"):
        assert secret not in written
    assert "@host/" in run.error["message"]


# Timeout, cancellation, shutdown


async def test_a_job_that_hangs_past_its_timeout_is_cancelled_and_recorded_as_timed_out(
    started: Start, ledger: RunsLedger
) -> None:
    scheduler = started(ledger=ledger)
    idle(scheduler, for_ever, timeout_seconds=0.05)
    run = await ended(ledger, (await scheduler.run_now("job")).id)
    assert (run.state, run.reason) == ("timed_out", "timeout")
    assert run.error is not None
    assert run.error["message"] == "It did not end within 0.05 s."
    assert scheduler.running_job_ids() == []


async def test_a_run_cancelled_by_a_person_keeps_that_cause(started: Start, ledger: RunsLedger) -> None:
    scheduler = started(ledger=ledger)
    idle(scheduler, for_ever)
    run = await scheduler.run_now("job")
    await asyncio.sleep(0)
    assert scheduler.cancel_run(run.id).id == run.id
    run = await ended(ledger, run.id)
    assert (run.state, run.reason) == ("cancelled", "user")


async def test_a_run_cancelled_before_it_began_never_calls_its_job(started: Start, ledger: RunsLedger) -> None:
    scheduler = started(ledger=ledger)
    called = False

    async def job() -> None:
        nonlocal called
        called = True

    idle(scheduler, job)
    run = await scheduler.run_now("job")
    scheduler.cancel_run(run.id)
    assert (await ended(ledger, run.id)).state == "cancelled"
    assert not called


async def test_a_run_that_is_over_at_shutdown_keeps_its_cause(started: Start, ledger: RunsLedger, short_shutdown: None) -> None:
    scheduler = started(ledger=ledger)
    idle(scheduler, for_ever)
    run = await scheduler.run_now("job")
    await asyncio.sleep(0)
    await scheduler.shutdown()
    run = await ended(ledger, run.id)
    assert (run.state, run.reason) == ("cancelled", "shutdown")


async def test_the_first_cause_is_the_one_that_is_recorded(started: Start, ledger: RunsLedger, stubborn: Stubborn) -> None:
    scheduler = started(ledger=ledger)
    idle(scheduler, stubborn, "timed", timeout_seconds=0.05)
    run = await scheduler.run_now("timed")
    await until(lambda: stubborn.asked_to_stop)
    scheduler.cancel_run(run.id)
    stubborn.released.set()
    run = await ended(ledger, run.id)
    assert (run.state, run.reason) == ("timed_out", "timeout")


async def test_a_person_s_cancellation_stays_theirs_when_the_manager_stops_meanwhile(
    started: Start, ledger: RunsLedger, stubborn: Stubborn, short_shutdown: None
) -> None:
    scheduler = started(ledger=ledger)
    idle(scheduler, stubborn)
    run = await scheduler.run_now("job")
    await asyncio.sleep(0)
    scheduler.cancel_run(run.id)
    await until(lambda: stubborn.asked_to_stop)
    await scheduler.shutdown()
    run = await ended(ledger, run.id)
    assert (run.state, run.reason) == ("cancelled", "user")


async def test_cancelling_what_does_not_run_is_refused(started: Start, ledger: RunsLedger) -> None:
    scheduler = started(ledger=ledger)
    idle(scheduler)
    run = await ended(ledger, (await scheduler.run_now("job")).id)
    for run_id in (run.id, "no-such-run"):
        with pytest.raises(RunNotRunning):
            scheduler.cancel_run(run_id)


async def test_a_run_ends_only_when_its_thread_has(started: Start, ledger: RunsLedger) -> None:
    scheduler = started(ledger=ledger)
    may_end, saw_the_flag = threading.Event(), threading.Event()

    def work() -> None:
        while not should_stop():
            time.sleep(0.002)
        saw_the_flag.set()
        may_end.wait(10)

    async def job() -> None:
        await in_thread(work)

    idle(scheduler, job, timeout_seconds=0.05)
    run = await scheduler.run_now("job")
    try:
        await until(saw_the_flag.is_set)
        assert scheduler.running_of("job") is not None, "its thread still works"
        with pytest.raises(AlreadyRunning):
            await scheduler.run_now("job")
    finally:
        may_end.set()
    run = await ended(ledger, run.id)
    assert (run.state, run.reason) == ("timed_out", "timeout")
    assert scheduler.running_of("job") is None


async def test_a_thread_s_result_and_errors_come_back(started: Start, ledger: RunsLedger) -> None:
    scheduler = started(ledger=ledger)

    def work(fail: bool) -> str:
        if fail:
            raise LookupError("in the thread")
        report_progress(0.25, "a quarter")
        return "from the thread"

    async def job() -> None:
        assert await in_thread(work, fail=False) == "from the thread"
        await in_thread(work, fail=True)

    idle(scheduler, job)
    run = await ended(ledger, (await scheduler.run_now("job")).id)
    assert run.error is not None
    assert run.error["message"] == "in the thread"
    assert (run.progress, run.message) == (0.25, "a quarter")


@pytest.mark.usefixtures("short_grace")
async def test_a_job_that_will_not_stop_is_closed_and_blocks_only_itself(
    started: Start, ledger: RunsLedger, stubborn: Stubborn
) -> None:
    scheduler = started(ledger=ledger)
    idle(scheduler, stubborn, timeout_seconds=0.05)
    idle(scheduler, nothing, "other")
    run = await ended(ledger, (await scheduler.run_now("job")).id)

    assert (run.state, run.reason) == ("timed_out", "did_not_stop")
    with pytest.raises(AlreadyRunning):
        await scheduler.run_now("job")
    with pytest.raises(RunNotRunning):
        scheduler.cancel_run(run.id)
    assert (await ended(ledger, (await scheduler.run_now("other")).id)).state == "succeeded"

    stubborn.released.set()
    await until(lambda: scheduler.running_job_ids() == [], what="it is forgotten when it ended at last")


@pytest.mark.usefixtures("short_shutdown")
async def test_shutdown_ends_within_its_limit_even_when_a_job_will_not(
    started: Start, ledger: RunsLedger, stubborn: Stubborn
) -> None:
    scheduler = started(ledger=ledger)
    idle(scheduler, stubborn)
    run = await scheduler.run_now("job")
    await asyncio.sleep(0)
    begun = time.monotonic()
    await scheduler.shutdown()
    assert time.monotonic() - begun < 20, "the job itself would never end"
    assert scheduler.status == "stopped"
    run = await ended(ledger, run.id)
    assert (run.state, run.reason) == ("cancelled", "shutdown")


# Retries


class Flaky:
    """Fails some times, then succeeds."""

    def __init__(self, failures: int, error: type[Exception] = ConnectionError) -> None:
        self.failures = failures
        self.error = error
        self.calls: list[float] = []

    async def __call__(self) -> None:
        self.calls.append(time.monotonic())
        if len(self.calls) <= self.failures:
            raise self.error(f"attempt {len(self.calls)}")


async def test_retries_back_off_and_raise_the_attempt_in_the_same_row(started: Start, ledger: RunsLedger) -> None:
    scheduler = started(ledger=ledger)
    flaky = Flaky(2)
    idle(scheduler, safe_job("job")(flaky), retries=3, retry_wait_seconds=0.1)
    run = await ended(ledger, (await scheduler.run_now("job")).id)

    assert (run.state, run.attempt, run.error) == ("succeeded", 3, None)
    assert len(await recorded(ledger)) == 1
    first_pause, second_pause = flaky.calls[1] - flaky.calls[0], flaky.calls[2] - flaky.calls[1]
    assert 0.1 <= first_pause < 0.2 <= second_pause < 0.6


async def test_after_the_last_attempt_the_run_has_failed(started: Start, ledger: RunsLedger) -> None:
    scheduler = started(ledger=ledger)
    flaky = Flaky(99)
    idle(scheduler, flaky, retries=2, retry_wait_seconds=0.01)
    run = await ended(ledger, (await scheduler.run_now("job")).id)
    assert (run.state, run.attempt, len(flaky.calls)) == ("failed", 3, 3)
    assert run.error is not None
    assert run.error["message"] == "attempt 3"


@pytest.mark.parametrize("wrap", [safe_job("job"), lambda func: func], ids=["safe_job", "plain"])
async def test_a_permanent_failure_is_not_tried_again(started: Start, ledger: RunsLedger, wrap: Any) -> None:
    scheduler = started(ledger=ledger)
    flaky = Flaky(1, Permanent)
    idle(scheduler, wrap(flaky.__call__), retries=5, retry_wait_seconds=0.01)
    run = await ended(ledger, (await scheduler.run_now("job")).id)
    assert (run.state, run.attempt) == ("failed", 1)


async def test_a_timed_out_attempt_is_tried_again(started: Start, ledger: RunsLedger) -> None:
    scheduler = started(ledger=ledger)
    calls = 0

    async def job() -> None:
        nonlocal calls
        calls += 1
        if calls == 1:
            await for_ever()

    idle(scheduler, job, timeout_seconds=0.05, retries=1, retry_wait_seconds=0.01)
    run = await ended(ledger, (await scheduler.run_now("job")).id)
    assert (run.state, run.reason, run.attempt) == ("succeeded", None, 2)


async def test_a_retry_begins_with_a_clean_slate(started: Start, ledger: RunsLedger) -> None:
    scheduler = started(ledger=ledger)
    seen: list[Any] = []

    @safe_job("job")
    async def job() -> None:
        run = current_run.get()
        assert run is not None
        seen.append((run.error, run.progress, should_stop()))
        report_progress(0.9, "nearly")
        if len(seen) == 1:
            raise OSError("first")

    idle(scheduler, job, retries=1, retry_wait_seconds=0.01)
    await ended(ledger, (await scheduler.run_now("job")).id)
    assert seen == [(None, None, False)] * 2


async def test_between_two_attempts_a_run_says_so_and_can_be_cancelled(started: Start, ledger: RunsLedger) -> None:
    scheduler = started(ledger=ledger)
    idle(scheduler, Flaky(99), retries=2, retry_wait_seconds=30)
    run = await scheduler.run_now("job")
    await until(lambda: "attempt 2 of 3 in 30 s" in ((scheduler.running_run(run.id) or run).message or ""))
    scheduler.cancel_run(run.id)
    run = await ended(ledger, run.id)
    assert (run.state, run.reason, run.attempt) == ("cancelled", "user", 1)
    assert run.error is not None, "what the first attempt failed of is worth knowing"


@pytest.mark.parametrize("fails_after", [0.0, 0.2], ids=["already waiting", "fails while the manager stops"])
async def test_shutdown_does_not_wait_for_a_retry(started: Start, ledger: RunsLedger, fails_after: float) -> None:
    scheduler = started(ledger=ledger)

    async def job() -> None:
        await asyncio.sleep(fails_after)
        raise OSError("no")

    idle(scheduler, job, retries=2, retry_wait_seconds=30)
    run = await scheduler.run_now("job")
    await asyncio.sleep(0.05)
    begun = time.monotonic()
    await scheduler.shutdown()
    assert time.monotonic() - begun < 20, "the retry would come after 30 s"
    run = await ended(ledger, run.id)
    assert (run.state, run.reason) == (("failed", None) if fails_after else ("cancelled", "shutdown"))


def test_the_pause_before_a_retry_doubles_up_to_its_limit() -> None:
    policy = JobPolicy(retry_wait_seconds=30, retry_wait_max_seconds=100)
    assert [policy.wait_before(attempt) for attempt in (2, 3, 4, 50)] == [30, 60, 100, 100]


# Ticks


async def test_a_job_that_never_ran_runs_at_once_and_then_on_its_grid(started: Start, ledger: RunsLedger) -> None:
    scheduler = started(ledger=ledger)
    scheduler.add_interval_job(nothing, 0.2, "job")
    schedule = scheduler.get_job("job").schedule
    runs = await until_recorded(ledger, lambda runs: len(runs) >= 3)
    assert [run.trigger for run in runs[:3]] == ["startup", "schedule", "schedule"]
    assert all(schedule.latest_until(run.scheduled_for) == run.scheduled_for for run in runs)


async def test_a_tick_during_a_run_is_skipped_and_further_ones_share_its_row(started: Start, ledger: RunsLedger) -> None:
    scheduler = started(ledger=ledger)
    may_end = asyncio.Event()

    async def job() -> None:
        await may_end.wait()

    scheduler.add_interval_job(job, 0.05, "job")
    runs = await until_recorded(ledger, lambda runs: runs and runs[-1].ticks >= 4)
    may_end.set()
    skipped = [run for run in runs if run.state == "skipped"]
    assert [run.reason for run in skipped] == ["still_running"]
    assert skipped[0].message == f"{skipped[0].ticks} ticks skipped"
    # A machine that is busy for longer than a twentieth of a second also misses ticks.
    assert [run.state for run in runs if run.state not in {"skipped", "missed"}] == ["running"]


async def test_a_reason_to_skip_is_recorded_in_place_of_the_run(started: Start, ledger: RunsLedger) -> None:
    scheduler = started(ledger=ledger, skip_reason=lambda job_id: "upstream_open_circuit" if job_id == "job" else None)
    scheduler.add_interval_job(nothing, LONG, "job")
    scheduler.add_interval_job(nothing, LONG, "other")
    runs = await until_recorded(ledger, lambda runs: runs)
    assert [(run.state, run.reason) for run in runs] == [("skipped", "upstream_open_circuit")]
    assert [run.state for run in await until_recorded(ledger, lambda runs: runs and runs[0].is_final, "other")] == ["succeeded"]


async def test_a_job_that_finds_its_circuit_open_is_recorded_as_skipped(started: Start, ledger: RunsLedger) -> None:
    class CircuitOpen(Unavailable):
        code = "upstream_open_circuit"

    scheduler = started(ledger=ledger)

    @safe_job("job")
    async def job() -> None:
        raise CircuitOpen("not now")

    idle(scheduler, job, retries=3)
    run = await ended(ledger, (await scheduler.run_now("job")).id)
    assert (run.state, run.reason) == ("skipped", "upstream_open_circuit")


async def test_a_tick_that_starts_too_late_is_recorded_as_missed(started: Start, ledger: RunsLedger) -> None:
    scheduler = started(ledger=ledger)
    ran = False

    async def job() -> None:
        nonlocal ran
        ran = True

    # Never ran, so it is due at once; but its tick was up to an hour ago.
    clock = MovableClock()
    tick = SchedulerService().add_interval_job(job, LONG, "job").schedule.latest_until(clock.now_ms())
    assert tick is not None
    clock.moved_ms += tick + 60_000 - clock.now_ms()
    scheduler = started(ledger=ledger, clock=clock)
    scheduler.add_interval_job(job, LONG, "job", policy=JobPolicy(start_deadline_seconds=30))
    runs = await until_recorded(ledger, lambda runs: runs)
    assert [(run.state, run.reason, run.ticks) for run in runs] == [("missed", "start_deadline", 1)]
    assert not ran


async def test_missed_ticks_are_one_row_with_a_count_and_one_run(
    started: Start, ledger: RunsLedger, open_ledger: Callable[..., RunsLedger]
) -> None:
    first = started(ledger=ledger)
    first.add_interval_job(nothing, 60, "job")
    (run,) = await until_recorded(ledger, lambda runs: runs and runs[0].is_final)
    await first.shutdown()

    clock = MovableClock()
    clock.move(600)
    second = started(ledger=open_ledger(), clock=clock)
    second.add_interval_job(nothing, 60, "job")
    _, missed, caught_up = await until_recorded(ledger, lambda runs: len(runs) == 3 and runs[2].is_final)
    assert (missed.state, missed.reason) == ("missed", "manager_away")
    assert missed.scheduled_for == run.scheduled_for + 60_000
    assert missed.ticks == (caught_up.scheduled_for - run.scheduled_for) // 60_000 - 1
    assert missed.ticks in {8, 9, 10}
    assert missed.message == f"{missed.ticks} ticks were missed"
    assert (caught_up.state, caught_up.trigger) == ("succeeded", "catch_up")


@pytest.mark.parametrize("how", ["shorter interval", "was off"])
async def test_no_tick_was_missed_where_none_was_planned(started: Start, ledger: RunsLedger, how: str) -> None:
    """After a change of the interval, and after having been off, a job runs at once; but nothing was missed."""
    clock = MovableClock()
    scheduler = started(ledger=ledger, clock=clock)
    every = 86_400.0 if how == "shorter interval" else 60.0
    scheduler.add_interval_job(nothing, every, "job")
    await until_recorded(ledger, lambda runs: runs and runs[0].is_final)
    if how == "was off":
        scheduler.remove_job("job")
    clock.move(7_200)
    scheduler.add_interval_job(nothing, 60, "job")
    runs = await until_recorded(ledger, lambda runs: len(runs) >= 2 and runs[-1].is_final)
    assert [run.state for run in runs] == ["succeeded", "succeeded"]


async def test_what_was_off_at_start_has_missed_nothing_when_it_is_turned_on(started: Start, ledger: RunsLedger) -> None:
    ledger._memories = {"job": JobMemory(LastTick(SystemClock().now_ms() - 7 * 86_400_000, "succeeded"))}
    scheduler = started(ledger=ledger)
    with pytest.raises(UnknownJob):
        scheduler.remove_job("job")
    scheduler.add_interval_job(nothing, 3600, "job")
    runs = await until_recorded(ledger, lambda runs: runs and runs[-1].is_final)
    assert [run.state for run in runs] == ["succeeded"]


async def test_a_run_that_was_lost_is_repeated_once(started: Start, open_ledger: Callable[..., RunsLedger]) -> None:
    dead = open_ledger()
    schedule = SchedulerService().add_interval_job(nothing, LONG, "job").schedule
    tick = schedule.latest_until(SystemClock().now_ms())
    assert tick is not None
    assert await dead.claim(RunRecord("job", "schedule", tick, "running", started_at=tick))

    ledger = open_ledger()
    scheduler = started(ledger=ledger)
    scheduler.add_interval_job(nothing, LONG, "job")
    runs = await until_recorded(ledger, lambda runs: len(runs) == 2 and runs[-1].is_final)
    assert [(run.state, run.reason, run.trigger) for run in runs] == [
        ("lost", "manager_died", "schedule"),
        ("succeeded", None, "catch_up"),
    ]
    await scheduler.shutdown()

    again = started(ledger=open_ledger())
    again.add_interval_job(nothing, LONG, "job")
    await asyncio.sleep(0.1)
    assert len(await recorded(ledger)) == 2


async def test_without_catch_up_a_job_waits_for_its_next_tick(started: Start, ledger: RunsLedger) -> None:
    """And what it missed is told at once, not only at that tick."""
    now = SystemClock().now_ms()
    ledger._memories = {"job": JobMemory(LastTick(now - 30 * 86_400_000, "succeeded"))}
    scheduler = started(ledger=ledger)
    job = scheduler.add_interval_job(nothing, LONG, "job", policy=JobPolicy(catch_up="none"))
    (missed,) = await until_recorded(ledger, lambda runs: runs)
    assert (missed.state, missed.reason) == ("missed", "manager_away")
    assert missed.ticks == job.schedule.count_between(now - 30 * 86_400_000, now + 1)
    assert job.next_run_ms == job.schedule.next_after(now)


async def test_after_what_was_missed_without_catch_up_the_next_tick_runs(started: Start, ledger: RunsLedger) -> None:
    now = SystemClock().now_ms()
    ledger._memories = {"job": JobMemory(LastTick(now - 10_000, "succeeded"))}
    scheduler = started(ledger=ledger)
    scheduler.add_interval_job(nothing, 0.5, "job", policy=JobPolicy(catch_up="none"))
    runs = await until_recorded(ledger, lambda runs: len(runs) >= 2 and runs[1].is_final)
    missed, regular = runs[:2]
    assert (missed.state, regular.state, regular.trigger) == ("missed", "succeeded", "schedule")


async def test_nothing_runs_when_its_claim_cannot_be_stored(started: Start) -> None:
    class Full(NoLedger):
        asked = 0

        async def claim(self, run: RunRecord) -> bool:
            self.asked += 1
            raise Unavailable("The disk is full.")

    full = Full()
    scheduler = started(ledger=full)
    calls = Flaky(0)
    scheduler.add_interval_job(calls, 0.05, "job")
    with capture_logs() as logs:
        await until(lambda: full.asked >= 3)
        with pytest.raises(Unavailable, match="disk is full"):
            await scheduler.run_now("job")
    assert calls.calls == []
    assert scheduler.running_job_ids() == []
    assert any(entry["event"] == "run_not_recorded" and "disk is full" in entry["error"] for entry in logs)


# Run now


async def test_run_now_while_running_is_refused_with_the_id_of_the_run(started: Start, ledger: RunsLedger) -> None:
    scheduler = started(ledger=ledger)
    idle(scheduler, for_ever)
    run = await scheduler.run_now("job")
    with pytest.raises(AlreadyRunning) as refused:
        await scheduler.run_now("job")
    assert refused.value.extra == {"run_id": run.id}


async def test_of_twenty_who_ask_at_once_one_gets_a_run(started: Start, ledger: RunsLedger) -> None:
    scheduler = started(ledger=ledger)
    idle(scheduler, for_ever)
    answers = await asyncio.gather(*(scheduler.run_now("job") for _ in range(20)), return_exceptions=True)
    (run,) = [answer for answer in answers if isinstance(answer, RunRecord)]
    refusals = [answer for answer in answers if isinstance(answer, AlreadyRunning)]
    assert len(refusals) == 19
    assert {refusal.extra["run_id"] for refusal in refusals} == {run.id}


async def test_a_run_now_does_not_move_the_grid(started: Start, ledger: RunsLedger) -> None:
    scheduler = started(ledger=ledger)
    idle(scheduler)
    before = scheduler.get_job("job").next_run_ms
    await ended(ledger, (await scheduler.run_now("job")).id)
    assert scheduler.get_job("job").next_run_ms == before
    assert ledger.memories() == {}


async def test_a_job_that_is_not_in_the_schedule_can_be_run_when_its_function_is_given(
    started: Start, ledger: RunsLedger
) -> None:
    scheduler = started(ledger=ledger)
    run = await ended(ledger, (await scheduler.run_now("off", nothing, trigger="event")).id)
    assert (run.state, run.trigger) == ("succeeded", "event")
    with pytest.raises(UnknownJob):
        await scheduler.run_now("off")


async def test_a_job_runs_once_for_each_server(started: Start, ledger: RunsLedger) -> None:
    scheduler = started(ledger=ledger)
    first = await scheduler.run_now("server_start", for_ever, server_key="alpha")
    second = await scheduler.run_now("server_start", for_ever, server_key="beta")
    with pytest.raises(AlreadyRunning) as refused:
        await scheduler.run_now("server_start", for_ever, server_key="alpha")
    assert refused.value.extra == {"run_id": first.id}
    assert scheduler.running_of("server_start") is None
    running = scheduler.running_of("server_start", "beta")
    assert running is not None
    assert (running.id, running.public()["server_id"]) == (second.id, "beta")
    assert [run.id for run in await ledger.list_runs(server_id="alpha")] == [first.id]


async def test_nothing_is_run_by_a_scheduler_that_does_not_run(started: Start) -> None:
    scheduler = SchedulerService()
    scheduler.add_interval_job(nothing, LONG, "job")
    with pytest.raises(SchedulerStopping, match="Try again"):
        await scheduler.run_now("job")


# Pause


async def test_a_paused_job_skips_its_ticks_into_one_row_and_can_be_run_by_hand(started: Start, ledger: RunsLedger) -> None:
    scheduler = started(ledger=ledger)
    idle(scheduler)
    scheduler.add_interval_job(nothing, 0.05, "job")
    await scheduler.pause_job("job", "the upstream moves house", actor="ada")
    runs = await until_recorded(ledger, lambda runs: runs and runs[-1].state == "skipped" and runs[-1].ticks >= 4)
    assert [run.reason for run in runs if run.state == "skipped"] == ["paused"]
    assert scheduler.get_job("job").paused_reason == "the upstream moves house"
    assert scheduler.get_job("job").next_run_ms is None
    assert (await ended(ledger, (await scheduler.run_now("job")).id)).state == "succeeded"

    await scheduler.resume_job("job")
    assert scheduler.get_job("job").next_run_ms is not None
    count = len(await recorded(ledger))
    await until_recorded(ledger, lambda runs: [run for run in runs[count:] if run.state == "succeeded"])


async def test_a_skipped_tick_says_why_the_job_is_paused(started: Start, ledger: RunsLedger) -> None:
    scheduler = SchedulerService(ledger=ledger)
    scheduler.add_interval_job(nothing, LONG, "job")
    await scheduler.pause_job("job", "moving house")
    started(scheduler)
    assert [run.message for run in await until_recorded(ledger, lambda runs: runs)] == ["Paused: moving house"]


async def test_a_pause_and_its_reason_survive_a_restart(started: Start, open_ledger: Callable[..., RunsLedger]) -> None:
    first = started(ledger=open_ledger())
    idle(first)
    await first.pause_job("job", "moving house")
    await first.shutdown()

    second = SchedulerService(ledger=open_ledger())
    second.add_interval_job(nothing, LONG, "job")
    assert second.get_job("job").paused_reason == "moving house"
    await second.resume_job("job")

    third = SchedulerService(ledger=open_ledger())
    third.add_interval_job(nothing, LONG, "job")
    assert third.get_job("job").paused_reason is None


async def test_a_pause_survives_a_change_of_the_interval_and_being_off(started: Start, ledger: RunsLedger) -> None:
    scheduler = started(ledger=ledger)
    idle(scheduler)
    await scheduler.pause_job("job", "moving house")
    scheduler.add_interval_job(nothing, 60, "job")
    scheduler.remove_job("job")
    scheduler.add_interval_job(nothing, 120, "job")
    assert scheduler.get_job("job").paused_reason == "moving house"


# Changes while running


async def test_a_job_taken_out_goes_on_with_its_run_and_starts_no_other(started: Start, ledger: RunsLedger) -> None:
    scheduler = started(ledger=ledger)
    may_end = asyncio.Event()

    async def job() -> None:
        await may_end.wait()

    scheduler.add_interval_job(job, 0.1, "job")
    await until(lambda: scheduler.running_of("job"))
    scheduler.remove_job("job")
    assert scheduler.get_jobs() == []
    running = scheduler.running_of("job")
    assert running is not None
    await asyncio.sleep(0.25)
    may_end.set()
    assert (await ended(ledger, running.id)).state == "succeeded"
    assert [run for run in await recorded(ledger) if run.id != running.id and run.state != "skipped"] == []


async def test_a_new_interval_takes_effect_at_once(started: Start, ledger: RunsLedger) -> None:
    scheduler = started(ledger=ledger)
    calls = Flaky(0)
    idle(scheduler, calls)
    await asyncio.sleep(0.05)
    assert calls.calls == []
    scheduler.add_interval_job(calls, 0.05, "job")
    await until(lambda: len(calls.calls) >= 3)


async def test_adding_the_same_again_changes_nothing(started: Start) -> None:
    scheduler = started()
    idle(scheduler)
    before = scheduler.get_job("job")
    scheduler.add_interval_job(nothing, LONG, "job")
    assert scheduler.get_job("job") == before


async def test_a_known_id_replaces_the_job(started: Start) -> None:
    scheduler = started()
    idle(scheduler)
    scheduler.add_cron_job(nothing, "17 4 * * *", "job", zone="Europe/Berlin")
    (job,) = scheduler.get_jobs()
    assert (job.trigger, job.cron, job.zone, job.interval_seconds) == ("cron", "17 4 * * *", "Europe/Berlin", None)


def test_what_makes_no_sense_is_refused_at_once() -> None:
    scheduler = SchedulerService()
    with pytest.raises(UnknownJob):
        scheduler.remove_job("nobody")
    with pytest.raises(KeyError):
        scheduler.get_job("nobody")
    with pytest.raises(InvalidCron):
        scheduler.add_cron_job(nothing, "0 0 31 2 *", "job")
    with pytest.raises(InvalidInterval):
        scheduler.add_interval_job(nothing, seconds=0, job_id="job")
    assert scheduler.get_jobs() == []


async def test_pausing_an_unknown_job_is_refused(started: Start) -> None:
    scheduler = started()
    with pytest.raises(UnknownJob):
        await scheduler.pause_job("nobody", "why not")
    with pytest.raises(UnknownJob):
        await scheduler.resume_job("nobody")


# What a run says of itself


async def test_progress_and_log_lines_of_a_run_are_seen_while_it_runs(started: Start, ledger: RunsLedger) -> None:
    scheduler = started(ledger=ledger)
    may_end = asyncio.Event()

    async def job() -> None:
        run = current_run.get()
        assert run is not None
        run.add_line("info", "first line")
        report_progress(0.4, "two of five")
        await may_end.wait()

    idle(scheduler, job)
    run = await scheduler.run_now("job")
    await until(lambda: (scheduler.running_run(run.id) or run).progress == 0.4)
    live = scheduler.running_run(run.id)
    assert live is not None
    assert (live.state, live.message) == ("running", "two of five")
    assert [(line.seq, line.level, line.message) for line in live.log] == [(1, "info", "first line")]
    may_end.set()
    run = await ended(ledger, run.id)
    assert [line.message for line in run.log] == ["first line"]
    assert scheduler.running_run(run.id) is None


async def test_what_a_run_said_is_stored_while_it_runs(
    started: Start, ledger: RunsLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(executions_module, "_SAVE_EVERY_SECONDS", 0.05)
    scheduler = started(ledger=ledger)

    async def job() -> None:
        report_progress(0.4, "two of five")
        await for_ever()

    idle(scheduler, job)
    run = await scheduler.run_now("job")
    deadline = time.monotonic() + 30
    while (stored := await ledger.read(lambda db: db.execute("SELECT progress, state FROM job_runs").fetchone())) != (
        0.4,
        "running",
    ):
        assert time.monotonic() < deadline, stored
        await asyncio.sleep(0.02)
    scheduler.cancel_run(run.id)


@pytest.mark.parametrize(("given", "kept"), [(0.5, 0.5), (7, 1.0), (-1, 0.0), (None, None)])
async def test_progress_stays_between_0_and_1(started: Start, given: float | None, kept: float | None) -> None:
    scheduler = started()

    async def job() -> None:
        report_progress(given, "so far")
        await for_ever()

    idle(scheduler, job)
    run = await scheduler.run_now("job")
    await until(lambda: (scheduler.running_run(run.id) or run).message == "so far")
    live = scheduler.running_run(run.id)
    assert live is not None
    assert live.progress == kept


async def test_a_long_log_keeps_its_first_and_its_latest_lines(started: Start, ledger: RunsLedger) -> None:
    scheduler = started(ledger=ledger)

    async def job() -> None:
        run = current_run.get()
        assert run is not None
        for number in range(1, 1001):
            run.add_line("info", str(number) * 1000)

    idle(scheduler, job)
    run = await ended(ledger, (await scheduler.run_now("job")).id)
    assert [line.seq for line in run.log] == [*range(1, 101), *range(601, 1001)]
    assert max(len(line.message) for line in run.log) == 2_000


async def test_every_change_of_a_run_is_an_event(started: Start) -> None:
    bus = EventBus()
    changes: list[RunChanged] = []
    bus.subscribe(lambda event: changes.append(event) if isinstance(event, RunChanged) else None)
    scheduler = started(bus=bus)
    idle(scheduler, Flaky(1), retries=1, retry_wait_seconds=0.01)
    await scheduler.run_now("job")
    await until(lambda: changes and changes[-1].state == "succeeded")
    steps = [(change.state, change.run["attempt"]) for change in changes]
    assert list(dict.fromkeys(steps)) == [("running", 1), ("running", 2), ("succeeded", 2)]


async def test_progress_is_told_a_few_times_a_second_and_the_last_state_always(started: Start) -> None:
    bus = EventBus()
    changes: list[RunChanged] = []
    bus.subscribe(lambda event: changes.append(event) if isinstance(event, RunChanged) else None)
    scheduler = started(bus=bus)
    steps = 400

    @safe_job("job")
    async def busy() -> None:
        for step in range(steps):
            report_progress(step / steps, f"step {step}")
            await asyncio.sleep(0.002)

    begun = time.monotonic()
    idle(scheduler, busy)
    await scheduler.run_now("job")
    await until(lambda: changes and changes[-1].state == "succeeded")
    took = time.monotonic() - begun
    shown = [change.run["progress"] for change in changes if change.state == "running"]
    assert shown == sorted(shown, key=lambda progress: progress or 0)
    assert 2 <= len(shown) <= 2 + took / PROGRESS_EVERY_SECONDS
    assert changes[-1].run["progress"] == 1.0
    assert changes[-1].run["message"] == f"step {steps - 1}"


async def test_what_changes_when_a_job_is_due_is_an_event(started: Start) -> None:
    bus = EventBus()
    changes: list[JobChanged] = []
    bus.subscribe(lambda event: changes.append(event) if isinstance(event, JobChanged) else None)
    scheduler = started(bus=bus)

    def told() -> list[str]:
        """The jobs whose change was told since the last call."""
        told, changes[:] = [change.job_id for change in changes], []
        return told

    scheduler.add_interval_job(nothing, LONG, "job")
    assert told() == ["job"]
    scheduler.add_interval_job(nothing, LONG, "job")
    assert told() == [], "nothing is another than before"
    scheduler.add_interval_job(nothing, 2 * LONG, "job")
    assert told() == ["job"]
    await scheduler.pause_job("job", "moving house")
    assert told() == ["job"]
    await scheduler.resume_job("job")
    assert told() == ["job"]
    scheduler.remove_job("job")
    assert told() == ["job"]
    with pytest.raises(UnknownJob):
        scheduler.remove_job("job")
    assert told() == []


async def test_a_tick_that_is_skipped_is_an_event_too(started: Start) -> None:
    bus = EventBus()
    changes: list[RunChanged] = []
    bus.subscribe(lambda event: changes.append(event) if isinstance(event, RunChanged) else None)
    scheduler = started(bus=bus, skip_reason=lambda _job_id: "no_wish")
    scheduler.add_interval_job(nothing, 0.05, "job")
    await until(lambda: len(changes) >= 3)
    assert {(change.state, change.run["reason"]) for change in changes} == {("skipped", "no_wish")}
    assert len({change.run["id"] for change in changes}) == 1, "ticks skipped for the same reason share a row"
    assert changes[2].run["ticks"] == 3


async def test_a_run_starts_outside_the_context_of_whoever_woke_the_scheduler(started: Start, ledger: RunsLedger) -> None:
    """A run that changes the timetable must not leave its mark on the ticks that follow."""
    scheduler = started(ledger=ledger)
    seen: list[Any] = []

    async def changes_the_timetable() -> None:
        scheduler.add_interval_job(ticking, 0.05, "ticking")

    def reason(job_id: str) -> None:
        if job_id == "ticking":
            seen.append(current_run.get())

    async def ticking() -> None:
        pass

    scheduler._ticks._skip_reason = reason
    idle(scheduler, changes_the_timetable)
    await scheduler.run_now("job")
    await until(lambda: len(seen) >= 3)
    assert set(seen) == {None}


# Life


async def test_without_a_database_jobs_run_all_the_same() -> None:
    scheduler = SchedulerService()
    calls = Flaky(0)
    scheduler.add_interval_job(calls, 0.05, "job")
    scheduler.start()
    await until(lambda: len(calls.calls) >= 3)
    await scheduler.shutdown()


async def test_shutdown_stops_ticks_at_once_even_when_nobody_awaits_it() -> None:
    scheduler = SchedulerService()
    calls = Flaky(0)
    scheduler.add_interval_job(calls, 0.05, "job")
    scheduler.start()
    await until(lambda: calls.calls)
    with capture_logs() as logs:
        scheduler.shutdown(wait=True)
        assert not scheduler.is_running
        so_far = len(calls.calls)
        await asyncio.sleep(0.2)
    assert len(calls.calls) == so_far
    assert scheduler.status == "stopped"
    assert [entry["event"] for entry in logs].count("scheduler_stopped") == 1


def test_a_shutdown_that_is_never_awaited_leaves_nothing_behind() -> None:
    """Neither a warning nor a hanging loop; warnings fail the test."""

    async def brief() -> SchedulerService:
        scheduler = SchedulerService()
        scheduler.add_interval_job(nothing, LONG, "job")
        scheduler.start()
        scheduler.shutdown()
        return scheduler

    with capture_logs() as logs:
        assert asyncio.run(brief()).status == "stopped"
    assert [entry["event"] for entry in logs] == ["scheduler_started", "scheduler_stopped"]


async def test_shutdown_before_start_and_shutdown_twice_are_nothing() -> None:
    scheduler = SchedulerService()
    await scheduler.shutdown()
    assert scheduler.status == "stopped"
    scheduler.start()
    scheduler.start()
    await scheduler.shutdown()
    await scheduler.shutdown()
    assert scheduler.status == "stopped"


async def test_shutdown_without_waiting_cancels_what_runs(started: Start, ledger: RunsLedger) -> None:
    scheduler = started(ledger=ledger)
    idle(scheduler, for_ever)
    run = await scheduler.run_now("job")
    await asyncio.sleep(0)
    begun = time.monotonic()
    await scheduler.shutdown(wait=False)
    assert time.monotonic() - begun < 20, "the job itself would never end"
    assert (await ended(ledger, run.id)).reason == "shutdown"


async def test_a_run_that_ends_with_the_manager_is_not_waited_for(started: Start, ledger: RunsLedger) -> None:
    scheduler = started(ledger=ledger, policies={"server_start": JobPolicy(ends_with_manager=True)})
    run = await scheduler.run_now("server_start", for_ever, server_key="alpha")
    await asyncio.wait_for(scheduler.shutdown(), SHUTDOWN_SECONDS / 2)
    found = await ended(ledger, run.id)
    assert (found.state, found.reason) == ("cancelled", "shutdown")


async def test_whoever_gives_up_waiting_for_a_shutdown_does_not_stop_it(started: Start) -> None:
    scheduler = started()
    may_end = asyncio.Event()

    async def job() -> None:
        await may_end.wait()

    idle(scheduler, job)
    await scheduler.run_now("job")
    await asyncio.sleep(0)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(scheduler.shutdown(), 0.05)
    assert scheduler.status == "stopping"
    with pytest.raises(SchedulerStopping):
        scheduler.start()
    may_end.set()
    await scheduler.shutdown()
    assert scheduler.status == "stopped"


async def test_the_same_service_starts_again_and_goes_on(started: Start, ledger: RunsLedger) -> None:
    scheduler = started(ledger=ledger)
    calls = Flaky(0)
    scheduler.add_interval_job(calls, 0.1, "job")
    await until(lambda: calls.calls)
    await scheduler.shutdown()
    so_far = len(calls.calls)

    scheduler.start()
    assert scheduler.status == "running"
    assert [job.id for job in scheduler.get_jobs()] == ["job"]
    await until(lambda: len(calls.calls) >= so_far + 2)


async def test_a_ledger_that_hangs_does_not_hold_up_the_shutdown() -> None:
    class Hanging(NoLedger):
        async def flush(self) -> None:
            await asyncio.Event().wait()

    scheduler = SchedulerService(ledger=Hanging())
    scheduler.start()
    await asyncio.wait_for(scheduler.shutdown(), 2)


async def test_start_and_stop_are_logged(started: Start) -> None:
    with capture_logs() as logs:
        scheduler = started()
        await scheduler.shutdown()
    assert [entry["event"] for entry in logs] == ["scheduler_started", "scheduler_stopped"]


def test_the_accessor_answers_for_the_running_service_and_refuses_before() -> None:
    scheduler = SchedulerService()
    use_scheduler_service(scheduler)
    try:
        assert get_scheduler_service() is scheduler
    finally:
        use_scheduler_service(None)
    with pytest.raises(Unavailable, match="not started"):
        get_scheduler_service()
