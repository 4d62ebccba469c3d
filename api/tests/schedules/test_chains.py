"""Runs of schedules step by step, with the clock in the hands of the test."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.players.conftest import add_server
from tests.schedules.towers import Tower
from tests.waiting import until
from vintagestory_api.errors import Conflict
from vintagestory_api.schedules import chain, event_watch, run_waiting, steps
from vintagestory_api.schedules.chain import MAX_ATTEMPTS
from vintagestory_api.schedules.in_store import in_store
from vintagestory_api.schedules.records import Debt
from vintagestory_api.schedules.schemas import NotifyStep, ScheduleBody, ScheduleChange, StartStep
from vintagestory_api.servers.line_events import AutosaveFailed, WorldSaved
from vintagestory_api.servers.operations import Held

MINUTE = 60.0


@pytest.fixture
async def tower(empty_database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Tower]:
    path = tmp_path / "vsmanager.db"
    shutil.copyfile(empty_database, path)
    add_server(path, "home")
    for module in (chain, steps, run_waiting, event_watch):
        monkeypatch.setattr(module, "LOOK_SECONDS", 0.01)
    tower = Tower(path)
    await tower.open()
    yield tower
    await tower.close()


def outcomes(report: dict[str, Any] | None) -> list[tuple[str, str]]:
    assert report is not None
    return [(step["do"], step["outcome"]) for step in report["steps"]]


STARTS_AT_LAST: dict[str, Any] = {"finally": [{"do": "start"}]}
ANNOUNCE = {"do": "announce", "text": "{server} restarts in {minutes} min", "warn_minutes": [1, 10, 5, 5]}


async def test_warnings_come_so_long_before_the_next_step(tower: Tower) -> None:
    record = await tower.add(ANNOUNCE, {"do": "save"})
    tower.server.tells["/autosavenow"] = WorldSaved(3)
    tower.comes("Anna")
    run = await tower.schedules.run_now(record.id)
    said = tower.server.said
    await until(lambda: said == ["/announce Home restarts in 10 min"])
    await tower.says(run.id, "min")
    for moved, expected in ((5, 5), (4, 1)):
        tower.clock.move(moved * MINUTE)
        await until(lambda expected=expected: said[-1] == f"/announce Home restarts in {expected} min")  # type: ignore[misc]
    assert len(said) == 3
    tower.clock.move(MINUTE)
    (ended,) = await tower.until_runs(record, 1)
    assert outcomes(ended.report) == [("announce", "ok"), ("save", "ok")]
    assert said[-1] == "/autosavenow"


async def test_warnings_end_when_nobody_is_there_to_read_them(tower: Tower) -> None:
    record = await tower.add(ANNOUNCE)
    tower.comes("Anna")
    run = await tower.schedules.run_now(record.id)
    await until(lambda: tower.server.said)
    tower.clock.move(3 * MINUTE)
    await tower.says(run.id, "7 min")
    tower.goes("Anna")
    (ended,) = await tower.until_runs(record, 1)
    assert ended.report is not None
    (step,) = ended.report["steps"]
    assert step["outcome"] == "ok"
    assert step["note"].startswith("All have left, so ")


async def test_a_clock_that_jumps_over_warnings_says_the_latest(tower: Tower) -> None:
    record = await tower.add(ANNOUNCE)
    tower.comes("Anna")
    await tower.schedules.run_now(record.id)
    await until(lambda: tower.server.said)
    tower.clock.move(9.5 * MINUTE)
    await until(lambda: len(tower.server.said) == 2)
    assert tower.server.said[-1] == "/announce Home restarts in 1 min"
    tower.clock.move(MINUTE)
    await tower.until_runs(record, 1)


async def test_what_the_game_does_not_take_is_a_failed_step(tower: Tower) -> None:
    tower.comes("Anna")
    tower.server.takes_commands = False
    record = await tower.add(
        {"do": "announce", "text": "hello", "on_failure": "continue"},
        {"do": "command", "command": "/time", "on_failure": "continue"},
        {"do": "save"},
    )
    await tower.schedules.run_now(record.id)
    (ended,) = await tower.until_runs(record, 1)
    assert outcomes(ended.report) == [("announce", "failed"), ("command", "failed"), ("save", "failed")]
    assert ended.error is not None
    assert ended.error["message"].endswith("So did 2 more.")


async def test_a_world_that_can_not_be_saved_is_a_failed_step(tower: Tower) -> None:
    tower.server.tells["/autosavenow"] = AutosaveFailed("Unable to autosave: the disk is full")
    record = await tower.add({"do": "save"})
    await tower.schedules.run_now(record.id)
    (ended,) = await tower.until_runs(record, 1)
    assert ended.error is not None
    assert ended.error["message"].endswith("failed: The game could not save: Unable to autosave: the disk is full")


async def test_a_game_that_ends_before_it_has_saved_is_not_waited_for(tower: Tower) -> None:
    record = await tower.add({"do": "save"})
    await tower.schedules.run_now(record.id)
    await until(lambda: tower.server.said == ["/autosavenow"])
    tower.becomes("crashed")
    (ended,) = await tower.until_runs(record, 1)
    assert ended.error is not None
    assert ended.error["message"].endswith("failed: Home ended before it said that its world is saved.")


async def test_an_operation_that_fails_fails_its_step_in_its_own_words(tower: Tower) -> None:
    tower.supervisor.fails_with = Conflict("The port is taken.")
    record = await tower.add({"do": "start"}, {"do": "save"})
    await tower.schedules.run_now(record.id)
    (ended,) = await tower.until_runs(record, 1)
    assert outcomes(ended.report) == [("start", "failed"), ("save", "left_out")]
    assert ended.error is not None
    assert "The start failed: The port is taken." in ended.error["message"]


async def test_a_step_that_waits_for_a_busy_server_may_be_cancelled(tower: Tower) -> None:
    tower.supervisor.operations.held = Held("backup", "Ada", 0)
    record = await tower.add({"do": "stop"})
    run = await tower.schedules.run_now(record.id)
    await tower.says(run.id, "waits: The server is being backed up by Ada at the moment")
    tower.scheduler.cancel_run(run.id)
    (ended,) = await tower.until_runs(record, 1)
    assert (ended.state, ended.reason) == ("cancelled", "user")
    assert outcomes(ended.report) == [("stop", "cancelled")]


async def test_steps_that_take_too_long_together_time_out_and_the_last_ones_are_done(tower: Tower) -> None:
    record = await tower.add({"do": "wait", "seconds": 3600}, {"do": "save"}, finally_=[{"do": "start"}])
    hasty: ScheduleBody = record.body.model_copy(update={"timeout_seconds": 0})
    tower.schedules._records[record.id] = record.changed(body=hasty)
    await tower.schedules.run_now(record.id)
    (ended,) = await tower.until_runs(record, 1)
    assert (ended.state, ended.reason) == ("timed_out", "timeout")
    assert outcomes(ended.report) == [("wait", "cancelled"), ("save", "left_out"), ("start", "ok")]
    assert tower.supervisor.started == 1
    assert await in_store(tower.database, lambda store: store.debts()) == []


async def test_a_wait_until_nobody_is_on_ends_with_the_last_player_or_its_time(tower: Tower) -> None:
    record = await tower.add({"do": "wait", "seconds": 600, "until_empty": True})
    tower.comes("Anna")
    run = await tower.schedules.run_now(record.id)
    await tower.says(run.id, "waits for Anna to leave")
    tower.goes("Anna")
    (first,) = await tower.until_runs(record, 1)
    assert first.report is not None
    assert first.report["steps"][0]["note"] == "Nobody is on."
    tower.comes("Ben")
    run = await tower.schedules.run_now(record.id)
    await tower.says(run.id, "waits for Ben to leave")
    tower.clock.move(600)
    second = (await tower.until_runs(record, 2))[1]
    assert second.report is not None
    assert second.report["steps"][0]["note"] == "The time is over; still on: Ben."


@pytest.mark.parametrize(("then", "state"), [("run", "succeeded"), ("skip", "skipped")])
async def test_who_does_not_leave_is_waited_for_no_longer_than_allowed(tower: Tower, then: str, state: str) -> None:
    conditions = {"defer_minutes": 30, "defer_then": then}
    record = await tower.add({"do": "notify", "text": "done"}, conditions=conditions)
    tower.comes("Anna")
    tower.scheduler.occur(record.job_id)
    await until(lambda: tower.scheduler.running_of(record.job_id, "home"))
    running = tower.scheduler.running_of(record.job_id, "home")
    assert running is not None
    await tower.says(running.id, "Waits for Anna to leave, at most until ")
    tower.clock.move(31 * MINUTE)
    (ended,) = await tower.until_runs(record, 1)
    assert ended.state == state
    assert (ended.reason == "players_online") == (then == "skip")
    assert tower.messages == (["home: done"] if then == "run" else [])


async def test_what_changed_while_it_waited_is_looked_at_again(tower: Tower) -> None:
    record = await tower.add({"do": "save"}, conditions={"defer_minutes": 30, "server": "online"})
    tower.comes("Anna")
    tower.scheduler.occur(record.job_id)
    await until(lambda: tower.scheduler.running_of(record.job_id, "home"))
    running = tower.scheduler.running_of(record.job_id, "home")
    assert running is not None
    await tower.says(running.id, "Waits for Anna")
    tower.online.clear()
    tower.becomes("stopped")
    (ended,) = await tower.until_runs(record, 1)
    assert (ended.state, ended.reason) == ("skipped", "server_offline")


# Nobody for a while


EMPTY = {"kind": "event", "event": "empty_for", "minutes": 10}


async def test_nobody_for_a_while_counts_once_and_again_after_somebody_was_there(tower: Tower) -> None:
    record = await tower.add({"do": "notify", "text": "empty"}, trigger=EMPTY)
    await until(lambda: tower.schedules._timetable.events._of("home").empty_since)
    tower.clock.move(11 * MINUTE)
    await tower.until_runs(record, 1)
    tower.clock.move(11 * MINUTE)
    tower.comes("Anna")
    await until(lambda: tower.schedules._timetable.events._of("home").empty_since is None)
    tower.clock.move(60 * MINUTE)
    tower.goes("Anna")
    tower.clock.move(11 * MINUTE)
    assert len(await tower.until_runs(record, 2)) == 2
    tower.clock.move(11 * MINUTE)
    tower.becomes("stopped")
    tower.clock.move(11 * MINUTE)
    tower.becomes("running")
    await until(lambda: tower.schedules._timetable.events._of("home").empty_since)
    tower.clock.move(9 * MINUTE)
    tower.schedules._timetable.events.look_for_empty_servers()
    assert len(await tower.until_runs(record, 2)) == 2


@pytest.mark.parametrize("had_run", [True, False])
async def test_a_stretch_without_players_goes_on_over_a_restart_of_the_manager(tower: Tower, had_run: bool) -> None:
    record = await tower.add({"do": "notify", "text": "empty"}, trigger=EMPTY)
    tower.server.ready_ms = tower.clock.now_ms()
    await until(lambda: tower.schedules._timetable.events._of("home").empty_since)
    if had_run:
        tower.clock.move(11 * MINUTE)
        await tower.until_runs(record, 1)
    ready = tower.server.ready_ms
    tower.last_left = ready
    await tower.restart(away_seconds=11 * MINUTE)
    await tower.until_runs(record, 1)
    tower.clock.move(11 * MINUTE)
    await until(lambda: tower.schedules._timetable.events._of("home").empty_since)
    assert len(await tower.until_runs(record, 1)) == 1


# Managers that come and go


async def test_what_was_missed_is_caught_up_as_the_schedule_says(tower: Tower) -> None:
    hourly = {"kind": "interval", "seconds": 3600}
    records = {
        mode: await tower.add({"do": "notify", "text": mode}, name=mode, trigger=hourly, catch_up=mode, catch_up_limit=2)
        for mode in ("none", "one", "all")
    }
    assert tower.messages == [], "what is new is not due at once"
    await tower.restart(away_seconds=4 * 3600)
    expected = {"none": (0, 4), "one": (1, 3), "all": (2, 2)}
    for mode, record in records.items():
        ran, missed = expected[mode]
        runs = await tower.until_runs(record, ran + 1)
        assert [run.state for run in runs] == ["missed"] + ["succeeded"] * ran
        assert (runs[0].ticks, runs[0].reason) == (missed, "manager_away")
    assert sorted(tower.messages) == ["home: all", "home: all", "home: one"]


async def test_what_was_turned_off_has_missed_nothing(tower: Tower) -> None:
    hourly = {"kind": "interval", "seconds": 3600}
    record = await tower.add({"do": "notify", "text": "x"}, trigger=hourly, catch_up="all", enabled=False)
    await tower.restart(away_seconds=4 * 3600)
    await tower.schedules.change(record.id, ScheduleChange(enabled=True), "ada")
    assert await tower.runs(record) == []
    assert tower.messages == []


async def test_last_steps_that_never_end_are_given_up(tower: Tower) -> None:
    record = await tower.add({"do": "notify", "text": "x"})
    debt = Debt("run", record.id, "home", record.name, 0, (StartStep(do="start"),), attempts=MAX_ATTEMPTS)
    await in_store(tower.database, lambda store: store.owe(debt))
    await tower.restart()
    (ended,) = await tower.until_runs(record, 1)
    assert ended.state == "failed"
    assert ended.error is not None
    assert "were begun 3 times and never ended" in ended.error["message"]
    assert await in_store(tower.database, lambda store: store.debts()) == []
    assert tower.supervisor.started == 0


async def test_a_server_that_somebody_stops_meanwhile_stays_down(tower: Tower) -> None:
    record = await tower.add(ANNOUNCE, {"do": "start"}, **STARTS_AT_LAST)
    tower.comes("Anna")
    run = await tower.schedules.run_now(record.id)
    await tower.says(run.id, "min")
    tower.server.wanted = "stopped"
    tower.becomes("stopped")
    (ended,) = await tower.until_runs(record, 1)
    assert outcomes(ended.report) == [("announce", "ok"), ("start", "not_needed"), ("start", "not_needed")]
    assert ended.report is not None
    assert "Somebody has stopped the server meanwhile" in ended.report["steps"][1]["note"]
    assert tower.supervisor.started == 0


async def test_a_server_that_the_schedule_itself_stopped_is_started_again(tower: Tower) -> None:
    stops = await tower.add({"do": "stop"}, **STARTS_AT_LAST)
    await tower.schedules.run_now(stops.id)
    await tower.until_runs(stops, 1)
    assert tower.supervisor.started == 1
    says = await tower.add({"do": "command", "command": "/stop"}, name="Says", **STARTS_AT_LAST)
    await tower.schedules.run_now(says.id)
    (ended,) = await tower.until_runs(says, 1)
    assert outcomes(ended.report) == [("command", "ok"), ("start", "ok")]
    assert tower.supervisor.started == 2


async def test_last_steps_of_several_runs_are_done_one_after_the_other(tower: Tower) -> None:
    record = await tower.add({"do": "notify", "text": "x"})
    for number in range(3):
        debt = Debt(f"run{number}", record.id, "home", record.name, number, (NotifyStep(do="notify", text=f"last {number}"),))
        await in_store(tower.database, lambda store, debt=debt: store.owe(debt))  # type: ignore[misc]
    await tower.restart()
    runs = await tower.until_runs(record, 3)
    assert [run.state for run in runs] == ["succeeded"] * 3
    assert sorted(tower.messages) == ["home: last 0", "home: last 1", "home: last 2"]
    assert await in_store(tower.database, lambda store: store.debts()) == []


async def test_last_steps_of_a_schedule_that_is_gone_are_done_all_the_same(tower: Tower) -> None:
    record = await tower.add({"do": "notify", "text": "x"})
    debt = Debt("run", record.id, "home", record.name, 0, (StartStep(do="start"),))
    await in_store(tower.database, lambda store: store.owe(debt))
    await tower.schedules.remove(record.id)
    await tower.restart()
    (ended,) = await tower.until_runs(record, 1)
    assert (ended.state, ended.trigger, tower.supervisor.started) == ("succeeded", "event", 1)


async def test_schedules_of_a_server_that_is_gone_are_no_more(tower: Tower) -> None:
    record = await tower.add({"do": "save"})
    tower.servers.ids.clear()
    tower.becomes("stopped")
    await until(lambda: not tower.schedules.of_server("home"))
    await until(lambda: record.job_id not in {job.id for job in tower.scheduler.get_jobs()})
    tower.servers.ids.add("home")
    await tower.restart()
    assert tower.schedules.of_server("home") == []
