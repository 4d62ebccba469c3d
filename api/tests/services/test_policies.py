"""What becomes of ticks that come while a run goes on, or came while the manager was away."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from tests.clocks import MovableClock
from tests.waiting import ended, recorded, until, until_recorded
from vintagestory_api.kit.clock import SystemClock
from vintagestory_api.runs.ledger import RunsLedger
from vintagestory_api.services.run_context import current_run
from vintagestory_api.services.run_execution import JobPolicy, Overlap
from vintagestory_api.services.run_records import JobMemory, RunRecord
from vintagestory_api.services.schedule import CatchUp, LastTick
from vintagestory_api.services.scheduled_job import Skip
from vintagestory_api.services.scheduler import RunNotRunning, SchedulerService

Start = Callable[..., SchedulerService]
MINUTE, DAY = 60_000, 86_400_000


class Gated:
    """A job that works until it is let go; each run takes one leave."""

    def __init__(self) -> None:
        self.leaves = asyncio.Semaphore(0)
        self.began: list[str] = []
        self.at_once = 0
        self.most_at_once = 0

    async def work(self) -> None:
        run = current_run.get()
        assert run is not None
        self.began.append(run.run_id)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await self.leaves.acquire()
        finally:
            self.at_once -= 1

    def let_go(self, count: int = 1) -> None:
        for _ in range(count):
            self.leaves.release()


@pytest.fixture
async def gated() -> AsyncIterator[Gated]:
    job = Gated()
    yield job
    job.let_go(100)


def register(scheduler: SchedulerService, gated: Gated, overlap: Overlap, **policy: object) -> None:
    scheduler.add_event_job(gated.work, "job", policy=JobPolicy(overlap=overlap, **policy), server_key="home")  # type: ignore[arg-type]


async def test_a_tick_that_is_skipped_waits_for_nobody(started: Start, ledger: RunsLedger, gated: Gated) -> None:
    scheduler = started(ledger=ledger)
    register(scheduler, gated, "skip")
    scheduler.occur("job")
    await until(lambda: gated.began)
    scheduler.occur("job")
    scheduler.occur("job")
    runs = await until_recorded(ledger, lambda runs: len(runs) == 2 and runs[1].ticks == 2)
    assert [(run.state, run.reason, run.server_key) for run in runs] == [
        ("running", None, "home"),
        ("skipped", "still_running", "home"),
    ]


async def test_one_tick_waits_for_the_run_before_and_further_ones_are_skipped(
    started: Start, ledger: RunsLedger, gated: Gated
) -> None:
    scheduler = started(ledger=ledger)
    register(scheduler, gated, "queue")
    scheduler.occur("job")
    await until(lambda: gated.began)
    scheduler.occur("job")
    waiting = (await until_recorded(ledger, lambda runs: len(runs) == 2))[1]
    assert (waiting.state, waiting.started_at) == ("queued", None)
    scheduler.occur("job")
    skipped = (await until_recorded(ledger, lambda runs: len(runs) == 3))[2]
    assert (skipped.state, skipped.reason) == ("skipped", "still_running")

    gated.let_go()
    await until(lambda: len(gated.began) == 2)
    assert gated.began[1] == waiting.id
    gated.let_go()
    done = await ended(ledger, waiting.id)
    assert (done.state, done.message) == ("succeeded", None)
    assert done.started_at is not None
    assert gated.most_at_once == 1


async def test_the_run_before_is_cancelled_and_ends_before_the_next_begins(
    started: Start, ledger: RunsLedger, gated: Gated
) -> None:
    scheduler = started(ledger=ledger)
    register(scheduler, gated, "cancel_previous")
    scheduler.occur("job")
    await until(lambda: gated.began)
    scheduler.occur("job")
    await until(lambda: len(gated.began) == 2)
    first = await ended(ledger, gated.began[0])
    assert (first.state, first.reason) == ("cancelled", "replaced")
    assert gated.most_at_once == 1


async def test_of_those_that_wait_for_a_cancelled_run_the_newest_is_run(started: Start, ledger: RunsLedger) -> None:
    may_end, began = asyncio.Event(), asyncio.Event()

    async def ends_slowly() -> None:
        run = current_run.get()
        assert run is not None
        if began.is_set():
            return
        began.set()
        with run.until_done():
            while not may_end.is_set():
                try:
                    await may_end.wait()
                except asyncio.CancelledError:
                    continue
        raise asyncio.CancelledError

    scheduler = started(ledger=ledger)
    scheduler.add_event_job(ends_slowly, "job", policy=JobPolicy(overlap="cancel_previous"))
    for count in (1, 2, 3):
        scheduler.occur("job")
        await until_recorded(ledger, lambda runs, count=count: len(runs) == count)  # type: ignore[misc]
        await began.wait()
    await until_recorded(ledger, lambda runs: runs[1].is_final)
    may_end.set()
    runs = await until_recorded(ledger, lambda runs: all(run.is_final for run in runs))
    assert [(run.state, run.reason) for run in runs] == [
        ("cancelled", "replaced"),
        ("cancelled", "replaced"),
        ("succeeded", None),
    ]


async def test_a_run_that_waits_can_be_cancelled(started: Start, ledger: RunsLedger, gated: Gated) -> None:
    scheduler = started(ledger=ledger)
    register(scheduler, gated, "queue")
    scheduler.occur("job")
    await until(lambda: gated.began)
    scheduler.occur("job")
    waiting = (await until_recorded(ledger, lambda runs: len(runs) == 2))[1]
    scheduler.cancel_run(waiting.id)
    cancelled = await ended(ledger, waiting.id)
    assert (cancelled.state, cancelled.reason, cancelled.started_at) == ("cancelled", "user", None)
    with pytest.raises(RunNotRunning):
        scheduler.cancel_run(waiting.id)
    assert len(gated.began) == 1


async def test_a_run_that_waits_too_long_is_missed(started: Start, ledger: RunsLedger, gated: Gated) -> None:
    clock = MovableClock()
    scheduler = started(ledger=ledger, clock=clock)
    register(scheduler, gated, "queue", start_deadline_seconds=600)
    scheduler.occur("job")
    await until(lambda: gated.began)
    scheduler.occur("job")
    waiting = (await until_recorded(ledger, lambda runs: len(runs) == 2))[1]
    clock.move(3600)
    gated.let_go()
    missed = await ended(ledger, waiting.id)
    assert (missed.state, missed.reason) == ("missed", "start_deadline")
    assert len(gated.began) == 1


async def test_a_run_that_waits_asks_its_gate_when_its_turn_comes(started: Start, ledger: RunsLedger, gated: Gated) -> None:
    closed: list[Skip] = []

    async def gate() -> Skip | None:
        return closed[0] if closed else None

    scheduler = started(ledger=ledger)
    scheduler.add_event_job(gated.work, "job", policy=JobPolicy(overlap="queue"), gate=gate)
    scheduler.occur("job")
    await until(lambda: gated.began)
    scheduler.occur("job")
    waiting = (await until_recorded(ledger, lambda runs: len(runs) == 2))[1]
    closed.append(Skip("quiet_hours", "It is night."))
    gated.let_go()
    skipped = await ended(ledger, waiting.id)
    assert (skipped.state, skipped.reason, skipped.message) == ("skipped", "quiet_hours", "It is night.")
    scheduler.occur("job")
    third = (await until_recorded(ledger, lambda runs: len(runs) == 3))[2]
    assert (third.state, third.reason) == ("skipped", "quiet_hours")


async def test_what_waits_when_the_scheduler_stops_is_cancelled(started: Start, ledger: RunsLedger, gated: Gated) -> None:
    scheduler = started(ledger=ledger)
    register(scheduler, gated, "queue", ends_with_manager=True)
    scheduler.occur("job")
    await until(lambda: gated.began)
    scheduler.occur("job")
    await until_recorded(ledger, lambda runs: len(runs) == 2)
    await scheduler.shutdown()
    assert [(run.state, run.reason) for run in await recorded(ledger)] == [("cancelled", "shutdown")] * 2


@pytest.mark.parametrize(("catch_up", "run", "missed"), [("none", 0, 5), ("one", 1, 4), ("all", 3, 2)], ids=str)
async def test_of_the_ticks_that_came_while_the_manager_was_away_as_many_are_run_as_its_policy_says(
    started: Start, ledger: RunsLedger, catch_up: CatchUp, run: int, missed: int
) -> None:
    async def nothing() -> None: ...

    now = SystemClock().now_ms()
    every = 600_000
    schedule = SchedulerService().add_interval_job(nothing, 600, "job").schedule
    last = schedule.latest_until(now - 5 * every)
    assert last is not None
    ledger._memories = {"job": JobMemory(LastTick(last, "succeeded"))}
    scheduler = started(ledger=ledger)
    policy = JobPolicy(catch_up=catch_up, catch_up_limit=3)
    scheduler.add_interval_job(nothing, 600, "job", policy=policy, server_key="home")
    runs = await until_recorded(ledger, lambda runs: sum(found.ticks for found in runs if found.is_final) == run + missed)
    done = [found for found in runs if found.state == "succeeded"]
    assert [found.trigger for found in done] == ["catch_up"] * run
    assert [found.scheduled_for for found in done] == [last + (6 - place) * every for place in range(run, 0, -1)]
    gap = [found for found in runs if found.state == "missed"]
    assert [(found.ticks, found.reason, found.server_key) for found in gap] == [(missed, "manager_away", "home")]


async def test_a_job_that_comes_at_run_time_is_not_due_because_it_came(started: Start, ledger: RunsLedger) -> None:
    calls: list[int] = []

    async def count() -> None:
        calls.append(1)

    clock = MovableClock()
    scheduler = started(ledger=ledger, clock=clock)
    job = scheduler.add_interval_job(count, 86_400, "job", due_since=clock.now_ms())
    assert job.next_run_ms is not None
    assert job.next_run_ms > clock.now_ms()
    scheduler.add_cron_job(count, "0 0 * * *", "other", due_since=clock.now_ms())
    await asyncio.sleep(0.1)
    assert calls == []
    assert await recorded(ledger) == []


async def test_what_came_after_it_was_turned_on_and_was_missed_is_caught_up(started: Start, ledger: RunsLedger) -> None:
    async def nothing() -> None: ...

    scheduler = started(ledger=ledger)
    now = SystemClock().now_ms()
    scheduler.add_cron_job(nothing, "* * * * *", "job", due_since=now - 10 * MINUTE)
    runs = await until_recorded(ledger, lambda runs: len(runs) >= 2 and runs[1].is_final)
    assert [(run.state, run.trigger) for run in runs[:2]] == [("missed", "schedule"), ("succeeded", "catch_up")]
    assert runs[0].ticks in {9, 10}


async def test_a_tick_that_was_taken_is_not_run_by_another_life(
    started: Start, open_ledger: Callable[..., RunsLedger], gated: Gated
) -> None:
    """The claim is the row in the ledger, for jobs of servers as well."""
    ledger = open_ledger()
    schedule = SchedulerService().add_interval_job(gated.work, 600, "job").schedule
    tick = schedule.latest_until(SystemClock().now_ms())
    assert tick is not None
    assert await ledger.claim(RunRecord("job", "catch_up", tick, "running", server_key="home", started_at=tick))
    ledger._memories = {"job": JobMemory(LastTick(tick - 1, "succeeded"))}
    scheduler = started(ledger=ledger)
    scheduler.add_interval_job(gated.work, 600, "job", policy=JobPolicy(), server_key="home", due_since=tick - DAY)
    await asyncio.sleep(0.2)
    assert gated.began == []


async def test_an_event_of_a_paused_job_is_skipped_with_the_reason(started: Start, ledger: RunsLedger, gated: Gated) -> None:
    scheduler = started(ledger=ledger)
    register(scheduler, gated, "skip")
    await scheduler.pause_job("job", "moving house")
    scheduler.occur("job")
    scheduler.occur("unknown")
    (skipped,) = await until_recorded(ledger, lambda runs: runs)
    assert (skipped.state, skipped.reason, skipped.message) == ("skipped", "paused", "Paused: moving house")
    assert scheduler.get_job("job").trigger == "event"
    assert scheduler.get_job("job").next_run_ms is None


async def test_what_must_be_done_is_waited_for_when_a_run_is_cancelled(started: Start, ledger: RunsLedger) -> None:
    began, may_end = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        run = current_run.get()
        assert run is not None
        with run.until_done():
            began.set()
            stopped = None
            while not may_end.is_set():
                try:
                    await may_end.wait()
                except asyncio.CancelledError as error:
                    stopped = error
            run.report = {"tidied": True}
            if stopped is not None:
                raise stopped

    scheduler = started(ledger=ledger)
    run = await scheduler.run_now("job", work)
    await began.wait()
    scheduler.cancel_run(run.id)
    await until(lambda: (scheduler.running_run(run.id) or run).state == "running")
    may_end.set()
    done = await ended(ledger, run.id)
    assert (done.state, done.reason, done.report) == ("cancelled", "user", {"tidied": True})
