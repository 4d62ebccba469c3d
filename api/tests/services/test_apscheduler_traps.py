"""What APScheduler does by default, and what we promise instead. Where it is cheap, both are shown side by side."""

import asyncio
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo

import pytest
import time_machine
from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_EXECUTED
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger
from structlog.testing import capture_logs

from tests.clocks import MovableClock
from tests.waiting import ended, recorded, until, until_recorded
from vintagestory_api.jobs.base import safe_job
from vintagestory_api.kit.clock import SystemClock, from_ms, to_ms
from vintagestory_api.runs.ledger import RunsLedger
from vintagestory_api.services.run_execution import JobPolicy
from vintagestory_api.services.run_records import JobMemory, RunRecord
from vintagestory_api.services.schedule import Cron, Interval, InvalidCron, LastTick
from vintagestory_api.services.scheduler import SchedulerService

Start = Callable[..., SchedulerService]
BERLIN = ZoneInfo("Europe/Berlin")
YEAR_MS = 365 * 86_400_000


@contextmanager
def plain_scheduler() -> Iterator[AsyncIOScheduler]:
    """The library as it comes."""
    scheduler = AsyncIOScheduler(timezone=UTC)
    scheduler.start()
    try:
        yield scheduler
    finally:
        if scheduler.running:
            scheduler.shutdown(wait=False)


@contextmanager
def moved_wall_clock(seconds: float) -> Iterator[None]:
    """Moves the wall clock of the process; the monotonic clock, and with it the event loop, notices nothing."""
    with time_machine.travel(datetime.now(UTC) + timedelta(seconds=seconds), tick=True):
        yield


def idle(scheduler: SchedulerService, func: Any, job_id: str = "job") -> None:
    """Add a job whose last tick was just now and whose next is far away."""
    scheduler._remembered[job_id] = JobMemory(LastTick(SystemClock().now_ms(), "succeeded"))
    scheduler.add_interval_job(func, 3600, job_id)


def check_clocks(scheduler: SchedulerService) -> None:
    """What the watchdog does every second."""
    assert scheduler._watchdog is not None
    scheduler._watchdog.check()


async def nothing() -> None:
    pass


class Counted:
    def __init__(self) -> None:
        self.calls = 0

    # A bound method, because the library would call an object with `async __call__` in a thread and never await it.
    async def run(self) -> None:
        self.calls += 1


def next_times(trigger: Any, start: datetime, count: int) -> list[datetime]:
    found: list[datetime] = []
    moment = start
    while len(found) < count:
        following = trigger.get_next_fire_time(found[-1] if found else None, moment)
        found.append(following)
        moment = following + timedelta(microseconds=1)
    return found


def our_next_times(cron: Cron, start: datetime, count: int) -> list[datetime]:
    found: list[datetime] = []
    moment = to_ms(start)
    while len(found) < count:
        tick = cron.next_after(moment)
        assert tick is not None
        found.append(from_ms(tick))
        moment = tick
    return found


# Shutdown and cancellation


async def test_shutdown_waits_for_running_jobs(started: Start, ledger: RunsLedger) -> None:
    finished: list[str] = []

    async def job(name: str) -> None:
        await asyncio.sleep(0.2)
        finished.append(name)

    with plain_scheduler() as plain:
        plain.add_job(job, args=["plain"])
        scheduler = started(ledger=ledger)
        scheduler.add_interval_job(lambda: job("ours"), 3600, "job")
        await until(lambda: scheduler.running_of("job"))
        plain.shutdown(wait=True)
        await scheduler.shutdown(wait=True)

    await asyncio.sleep(0.3)
    assert finished == ["ours"]
    assert [run.state for run in await recorded(ledger)] == ["succeeded"]


async def test_a_cancellation_is_recorded_and_passes_through(started: Start, ledger: RunsLedger) -> None:
    scheduler = started(ledger=ledger)
    passed_through = asyncio.Event()
    job = safe_job("job")(asyncio.Event().wait)

    async def outside() -> None:
        try:
            await job()
        except asyncio.CancelledError:
            passed_through.set()
            raise

    idle(scheduler, outside)
    run = await scheduler.run_now("job")
    await asyncio.sleep(0)
    scheduler.cancel_run(run.id)
    run = await ended(ledger, run.id)
    assert passed_through.is_set()
    assert (run.state, run.reason) == ("cancelled", "user")


# Lateness, suspension, jumps of the clock


async def test_a_blocked_loop_loses_no_job(started: Start, ledger: RunsLedger) -> None:
    on_time = Counted()
    scheduler = started(ledger=ledger)
    jobs = [f"job_{number}" for number in range(20)]
    with plain_scheduler() as plain:
        for job_id in jobs:
            scheduler._remembered[job_id] = JobMemory(LastTick(SystemClock().now_ms(), "succeeded"))
            scheduler.add_interval_job(nothing, 1.0, job_id)
            plain.add_job(on_time.run, "date", run_date=datetime.now(UTC) + timedelta(seconds=0.3), id=job_id)
        begun = SystemClock().now_ms()
        time.sleep(1.5)  # noqa: ASYNC251 - it is the point to block
        over = SystemClock().now_ms()
        for job_id in jobs:
            runs = await until_recorded(ledger, lambda runs: [run for run in runs if run.state == "succeeded"], job_id)
            first = next(run for run in runs if run.state == "succeeded")
            assert begun < first.scheduled_for <= (first.started_at or 0)
            assert (first.started_at or 0) < over + 500, "at once, and not only at its next tick"
    assert on_time.calls == 0, "by default, all of them are dropped"


async def test_after_a_suspension_of_an_hour_due_jobs_run(started: Start, ledger: RunsLedger) -> None:
    by_default, half_hourly, daily = Counted(), Counted(), Counted()
    scheduler = started(ledger=ledger)
    scheduler._remembered = {
        job_id: JobMemory(LastTick(SystemClock().now_ms(), "succeeded")) for job_id in ("half_hourly", "daily")
    }
    scheduler.add_interval_job(half_hourly.run, 1800, "half_hourly")
    scheduler._remembered["daily"] = JobMemory(LastTick(SystemClock().now_ms(), "succeeded"))
    far = Interval.for_job("daily", 10 * 365 * 86_400)
    assert far.next_after(SystemClock().now_ms()) > SystemClock().now_ms() + 7_200_000
    scheduler.add_interval_job(daily.run, 10 * 365 * 86_400, "daily")
    with plain_scheduler() as plain:
        plain.add_job(by_default.run, "interval", seconds=1800, misfire_grace_time=None)
        await asyncio.sleep(0.05)
        with moved_wall_clock(3600), capture_logs() as logs:
            check_clocks(scheduler)
            runs = await until_recorded(ledger, lambda runs: [run for run in runs if run.state == "succeeded"], "half_hourly")
            assert by_default.calls == 0, "by default it sleeps on"
    assert half_hourly.calls == 1
    assert daily.calls == 0
    assert [run.trigger for run in runs if run.state == "succeeded"] == ["catch_up"]
    assert [round(entry["seconds"]) for entry in logs if entry["event"] == "clock_jumped"] == [3600]


async def test_a_small_step_of_the_clock_is_no_jump(started: Start) -> None:
    clock = MovableClock()
    scheduler = started(clock=clock)
    with capture_logs() as logs:
        clock.move(0.5)
        check_clocks(scheduler)
        clock.move(-0.5)
        check_clocks(scheduler)
    assert logs == []


async def test_the_watchdog_looks_by_itself(started: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vintagestory_api.services.clock_watchdog.CHECK_EVERY_SECONDS", 0.05)
    clock = MovableClock()
    with capture_logs() as logs:
        started(clock=clock)
        clock.move(-60)
        await until(lambda: [entry for entry in logs if entry["event"] == "clock_jumped"])


async def test_a_blocked_loop_is_told_of_with_the_jobs_that_ran(started: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vintagestory_api.services.clock_watchdog.BLOCKED_SECONDS", -1.0)
    scheduler = started()
    idle(scheduler, asyncio.Event().wait)
    await scheduler.run_now("job")
    with capture_logs() as logs:
        check_clocks(scheduler)
    assert [entry["running_jobs"] for entry in logs if entry["event"] == "event_loop_blocked"] == [["job"]]


async def test_after_the_clock_was_set_back_jobs_go_on_at_their_pace(started: Start, ledger: RunsLedger) -> None:
    by_default = Counted()
    scheduler = started(ledger=ledger)
    scheduler.add_interval_job(nothing, 0.2, "job")
    with plain_scheduler() as plain:
        plain.add_job(by_default.run, "interval", seconds=0.2, misfire_grace_time=None)
        await until(lambda: by_default.calls >= 2)
        before = await until_recorded(ledger, lambda runs: len(runs) >= 3)
        with moved_wall_clock(-600):
            check_clocks(scheduler)
            calls_before, begun = by_default.calls, time.monotonic()
            await until_recorded(ledger, lambda runs: len(runs) >= len(before) + 5)
            took = time.monotonic() - begun
            assert by_default.calls <= calls_before + 1, "by default the next one comes in ten minutes"
    assert 0.6 < took < 60


def is_one_more_than(count: int) -> Callable[[list[RunRecord]], bool]:
    return lambda runs: len(runs) == count + 1 and runs[-1].is_final


async def test_minutes_that_come_a_second_time_after_the_clock_was_set_back_run_again(started: Start, ledger: RunsLedger) -> None:
    """The same moments come twice; the ledger must not take the second for the first."""
    clock = MovableClock()
    scheduler = started(ledger=ledger, clock=clock)
    scheduler.add_interval_job(nothing, 60, "job")
    runs = await until_recorded(ledger, lambda runs: runs and runs[-1].is_final)
    for move in (60, 60, 60, -180, 60, 60):
        clock.move(move)
        check_clocks(scheduler)
        runs = await until_recorded(ledger, is_one_more_than(len(runs) if move > 0 else len(runs) - 1))
    assert [run.state for run in runs] == ["succeeded"] * 6
    grid = scheduler.get_job("job").schedule
    ticks = [grid.latest_until(run.scheduled_for) for run in runs]
    assert ticks[4:] == ticks[1:3]


# Long absences and restarts


async def test_a_job_stale_for_a_year_wakes_at_once_without_listing_its_ticks(started: Start, ledger: RunsLedger) -> None:
    with plain_scheduler() as plain:
        hour_ago = datetime.now(UTC) - timedelta(hours=1)
        job = plain.add_job(nothing, "interval", seconds=1, coalesce=True, misfire_grace_time=None)
        job.next_run_time = hour_ago
        assert len(job._get_run_times(datetime.now(UTC))) >= 3600, "by default, each one is made"

    ledger._memories = {"job": JobMemory(LastTick(SystemClock().now_ms() - YEAR_MS, "succeeded"))}
    scheduler = started(ledger=ledger)
    begun = time.monotonic()
    scheduler.add_interval_job(nothing, 1.0, "job")
    runs = await until_recorded(ledger, lambda runs: [run for run in runs if run.state == "succeeded"])
    assert time.monotonic() - begun < 20, "making each tick takes more than a minute"
    assert runs[0].state == "missed"
    assert runs[0].ticks == pytest.approx(365 * 86_400, abs=3)
    assert runs[1].trigger == "catch_up"


async def test_restarts_do_not_reset_an_interval(open_ledger: Callable[..., RunsLedger]) -> None:
    by_default, ours = Counted(), Counted()
    for _ in range(6):
        ledger = open_ledger()
        scheduler = SchedulerService(ledger=ledger)
        scheduler.add_interval_job(ours.run, 0.6, "job")
        scheduler.start()
        with plain_scheduler() as plain:
            plain.add_job(by_default.run, "interval", seconds=0.6)
            await asyncio.sleep(0.3)
        await scheduler.shutdown()
    assert by_default.calls == 0
    assert 3 <= ours.calls <= 5


async def test_a_restart_within_the_interval_runs_nothing_again(open_ledger: Callable[..., RunsLedger]) -> None:
    calls = Counted()
    for _ in range(3):
        scheduler = SchedulerService(ledger=open_ledger())
        scheduler.add_interval_job(calls.run, 3600, "job")
        scheduler.start()
        await until(lambda: calls.calls)
        await asyncio.sleep(0.05)
        await scheduler.shutdown()
    assert calls.calls == 1


# Cron

MONDAY_NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("expression", "by_default", "ours"),
    [
        ("0 0 * * 0", "Mon", "Sun"),
        ("0 0 * * 1", "Tue", "Mon"),
        ("0 0 * * 1-5", "Tue Wed Thu Fri Sat", "Tue Wed Thu Fri Mon"),
        ("0 0 * * 7", None, "Sun"),
        ("@daily", None, "Tue Wed"),
        ("0 0 * * 5-1", None, "Fri Sat Sun Mon Fri"),
    ],
)
def test_days_of_the_week_are_those_of_cron(expression: str, by_default: str | None, ours: str) -> None:
    def days(times: list[datetime]) -> str:
        return " ".join(f"{moment:%a}" for moment in times)

    count = len(ours.split())
    assert days(our_next_times(Cron.parse(expression), MONDAY_NOON, count)) == ours
    if by_default is None:
        with pytest.raises(ValueError, match=r".+"):
            CronTrigger.from_crontab(expression, timezone=UTC)
    else:
        assert days(next_times(CronTrigger.from_crontab(expression, timezone=UTC), MONDAY_NOON, count)) == by_default


def test_day_of_month_or_day_of_week_is_enough() -> None:
    expression = "0 0 13 * 5"
    default = next_times(CronTrigger.from_crontab("0 0 13 * fri", timezone=UTC), MONDAY_NOON, 1)
    assert default == [datetime(2027, 8, 13, tzinfo=UTC)], "by default, Friday the 13th"
    assert our_next_times(Cron.parse(expression), MONDAY_NOON, 1) == [datetime(2026, 11, 27, tzinfo=UTC)]


def test_the_31st_of_february_is_refused_and_not_silently_never() -> None:
    assert CronTrigger.from_crontab("0 0 31 2 *", timezone=UTC).get_next_fire_time(None, MONDAY_NOON) is None
    with pytest.raises(InvalidCron):
        Cron.parse("0 0 31 2 *")


def test_in_autumn_a_nightly_job_runs_once() -> None:
    evening = datetime(2026, 10, 24, 18, 0, tzinfo=UTC)
    default = next_times(CronTrigger.from_crontab("30 2 * * *", timezone=BERLIN), evening, 2)
    assert [moment.astimezone(BERLIN).day for moment in default] == [25, 25], "by default, twice in that night"
    ours = our_next_times(Cron.parse("30 2 * * *", "Europe/Berlin"), evening, 2)
    assert [moment.astimezone(BERLIN).day for moment in ours] == [25, 26]


def test_in_spring_a_nightly_job_is_shown_at_a_time_that_exists() -> None:
    evening = datetime(2026, 3, 28, 18, 0, tzinfo=UTC)
    (default,) = next_times(CronTrigger.from_crontab("30 2 * * *", timezone=BERLIN), evening, 1)
    assert f"{default:%H:%M}" == "02:30", "by default, shown at a time that no clock will show"
    (ours,) = our_next_times(Cron.parse("30 2 * * *", "Europe/Berlin"), evening, 1)
    assert f"{ours.astimezone(BERLIN):%d. %H:%M}" == "29. 03:00"


def test_wall_clock_work_stays_at_its_hour_through_the_year() -> None:
    ours = our_next_times(Cron.parse("17 4 * * *", "Europe/Berlin"), MONDAY_NOON, 300)
    assert {f"{moment.astimezone(BERLIN):%H:%M}" for moment in ours} == {"04:17"}
    default = next_times(IntervalTrigger(days=1, start_date=ours[0], timezone=UTC), MONDAY_NOON, 300)
    assert {f"{moment.astimezone(BERLIN):%H:%M}" for moment in default} == {"04:17", "05:17"}


# One tick, one run


async def test_two_schedulers_on_one_ledger_run_each_tick_once(started: Start, ledger_path: Any) -> None:
    ledgers = [RunsLedger(ledger_path), RunsLedger(ledger_path)]
    for ledger in ledgers:
        ledger.open()
    calls = Counted()
    schedulers = [started(ledger=ledger) for ledger in ledgers]
    for scheduler in schedulers:
        scheduler.add_interval_job(calls.run, 0.1, "job")
    await until(lambda: calls.calls >= 12, seconds=20)
    for scheduler in schedulers:
        await scheduler.shutdown()
    runs = [run for run in await recorded(ledgers[0]) if run.state == "succeeded"]
    for ledger in ledgers:
        await asyncio.to_thread(ledger.close)

    ticks = [run.scheduled_for for run in runs]
    assert len(ticks) == len(set(ticks)) == calls.calls
    schedule = schedulers[0].get_job("job").schedule
    assert all(schedule.latest_until(tick) == tick for tick in ticks)


async def test_an_overlap_is_recorded_and_not_only_logged(started: Start, ledger: RunsLedger) -> None:
    scheduler = started(ledger=ledger)
    scheduler.add_interval_job(asyncio.Event().wait, 0.05, "job")
    runs = await until_recorded(ledger, lambda runs: [run for run in runs if run.state == "skipped"])
    assert [run.reason for run in runs if run.state == "skipped"] == ["still_running"]
    assert len([run for run in runs if run.state == "running"]) == 1


async def test_equal_intervals_are_spread_and_keep_their_period(started: Start, ledger: RunsLedger) -> None:
    scheduler = started(ledger=ledger)
    now = SystemClock().now_ms()
    offsets = set()
    for number in range(100):
        scheduler._remembered[f"job_{number}"] = JobMemory(LastTick(now, "succeeded"))
        job = scheduler.add_interval_job(nothing, 60, f"job_{number}")
        first = job.schedule.next_after(now)
        assert first is not None
        assert job.schedule.next_after(first) == first + 60_000, "jitter would lengthen it"
        offsets.add((first - now) // 1000)
    assert len(offsets) > 30


async def test_a_closure_can_be_a_job_because_nothing_is_pickled(started: Start, ledger: RunsLedger) -> None:
    scheduler = started(ledger=ledger)
    scheduler.add_interval_job(lambda: asyncio.sleep(0), 3600, "job")
    runs = await until_recorded(ledger, lambda runs: runs and runs[0].is_final)
    assert runs[0].state == "succeeded"


# What is shown and believed


async def test_the_next_run_is_known_before_the_start_and_a_pause_is_no_impossible_time(ledger: RunsLedger) -> None:
    plain = AsyncIOScheduler(timezone=UTC)
    assert not hasattr(plain.add_job(nothing, "interval", seconds=60), "next_run_time")

    scheduler = SchedulerService(ledger=ledger)
    job = scheduler.add_interval_job(nothing, 60, "job")
    assert job.next_run_time is not None
    assert timedelta(0) <= job.next_run_time - datetime.now(UTC) <= timedelta(seconds=61)
    paused = await scheduler.pause_job("job", "for a test")
    assert (paused.next_run_time, paused.paused_reason) == (None, "for a test")


async def test_a_paused_scheduler_does_not_count_as_running(started: Start) -> None:
    scheduler = started()
    waker = scheduler._waker
    assert waker is not None
    waker.pause()
    says_it_runs: bool = cast("AsyncIOScheduler", waker._library).running
    assert says_it_runs, "by default"
    assert (scheduler.is_running, scheduler.status) == (False, "paused")


async def test_a_swallowed_failure_is_seen_as_a_failure(started: Start, ledger: RunsLedger) -> None:
    events: list[int] = []

    @safe_job("job")
    async def job() -> None:
        raise OSError("no")

    with plain_scheduler() as plain:
        plain.add_listener(lambda event: events.append(event.code), EVENT_JOB_EXECUTED | EVENT_JOB_ERROR)
        plain.add_job(job)
        await until(lambda: events)
    assert events == [EVENT_JOB_EXECUTED], "by default, a success"

    scheduler = started(ledger=ledger)
    scheduler.add_interval_job(job, 3600, "job", policy=JobPolicy())
    runs = await until_recorded(ledger, lambda runs: runs and runs[0].is_final)
    assert [run.state for run in runs] == ["failed"]


def test_the_library_s_own_words_about_each_job_stay_out_of_the_log() -> None:
    from vintagestory_api.logs import configure_logging  # noqa: PLC0415 - only here

    configure_logging("info", "json")
    assert not logging.getLogger("apscheduler.scheduler").isEnabledFor(logging.INFO)
