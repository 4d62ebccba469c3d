"""Schedules of the sandbox's game, from the trigger to the last step."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.apps import data_dir_where_nothing_is_due
from tests.schedules.evenings import ON_DEMAND, Evenings
from tests.servers.games import LONG, install_version, running_house
from vintagestory_sandbox.dotnet_root import make_dotnet_root


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, empty_database: Path) -> Iterator[Evenings]:
    data_dir = data_dir_where_nothing_is_due(tmp_path_factory.mktemp("schedules"), empty_database)
    install_version(data_dir)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DOTNET_ROOT", str(make_dotnet_root(tmp_path_factory.mktemp("dotnet"))))
        with running_house(data_dir) as house:
            yield Evenings(house, house.create("Home")["id"])


@pytest.fixture
def evenings(home: Evenings) -> Iterator[Evenings]:
    """One server for all tests, which runs; schedules of a test go with it."""
    if home.house.get(home.server_id)["state"] != "running":
        home.house.does(home.server_id, "start")
    home.is_alone()
    yield home
    for schedule in home.app.get("/schedules")["items"]:
        assert home.app.ask("DELETE", f"/schedules/{schedule['id']}").status_code == 204


def outcomes(steps: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(step["do"], step["outcome"]) for step in steps]


def test_each_step_ends_when_its_thing_is_done(evenings: Evenings) -> None:
    schedule_id = evenings.schedule(
        "Nightly",
        {"do": "announce", "text": "Restart in {minutes} min", "warn_minutes": [30, 5]},
        {"do": "command", "command": "/time", "expect": "SERVER time"},
        {"do": "save"},
        {"do": "backup", "note": "before the restart"},
        {"do": "restart"},
        {"do": "start"},
        {"do": "notify", "text": "{server} is up"},
        {"do": "wait", "seconds": 1},
        {"do": "wait", "seconds": 60, "until_empty": True},
    )
    steps = evenings.done(schedule_id)
    assert outcomes(steps) == [
        ("announce", "not_needed"),
        ("command", "ok"),
        ("save", "ok"),
        ("backup", "ok"),
        ("restart", "ok"),
        ("start", "not_needed"),
        ("notify", "ok"),
        ("wait", "ok"),
        ("wait", "ok"),
    ]
    assert steps[0]["note"] == "Nobody was on, so nobody was told."
    backup = evenings.app.get(f"/runs/{steps[3]['run_id']}")
    assert (backup["job_id"], backup["state"], backup["trigger"]) == ("server_backup", "succeeded", "schedule")
    made = evenings.app.get(f"/backups/{backup['report']['backup_id']}")
    assert (made["kind"], made["note"]) == ("schedule", "before the restart")
    assert evenings.app.get(f"/runs/{steps[4]['run_id']}")["job_id"] == "server_restart"
    view = evenings.view(schedule_id)
    assert (view["last_run_state"], view["is_running"], view["problem"]) == ("succeeded", False, None)
    entry = evenings.house.entry(evenings.server_id, "stop_asked")
    assert entry["actor"] == "schedule Nightly"


def test_a_step_that_fails_stops_the_chain_but_not_its_last_steps(evenings: Evenings) -> None:
    schedule_id = evenings.schedule(
        "Fails",
        {"do": "command", "command": "/time", "expect": "never said", "on_failure": "continue"},
        {"do": "save"},
        {"do": "command", "command": "/time", "expect": "nor this"},
        {"do": "stop"},
        **{"finally": [{"do": "command", "command": "/time", "expect": "nothing like it"}, {"do": "start"}]},
    )
    run = evenings.app.ended(evenings.begin(schedule_id), LONG)
    assert (run["state"], run["error"]["type"], run["error"]["traceback"]) == ("failed", "ChainFailed", "")
    assert run["error"]["message"].startswith('Step 1 (Send /time, and expect "never said" in its answer) failed: The answer')
    assert outcomes(run["report"]["steps"]) == [
        ("command", "failed"),
        ("save", "ok"),
        ("command", "failed"),
        ("stop", "left_out"),
        ("command", "failed"),
        ("start", "not_needed"),
    ]
    assert [step["is_finally"] for step in run["report"]["steps"]] == [False] * 4 + [True] * 2


def test_a_step_waits_for_whoever_holds_the_server_and_says_who(evenings: Evenings) -> None:
    schedule_id = evenings.schedule("Waits", {"do": "restart"})
    evenings.house.switch(evenings.server_id, speed=1, boot_seconds=4, shutdown_seconds=1)
    by_hand = evenings.house.post(evenings.server_id, "restart")
    run_id = evenings.begin(schedule_id)
    said = evenings.says(run_id, "waits: The server is being restarted by admin at the moment")
    assert said["message"].startswith("Step 1 of 1: Restart the server")
    evenings.house.switch(evenings.server_id)
    assert evenings.app.ended(by_hand["id"], LONG)["state"] == "succeeded"
    assert evenings.app.ended(run_id, LONG)["state"] == "succeeded"


def test_a_step_that_takes_too_long_has_failed(evenings: Evenings) -> None:
    schedule_id = evenings.schedule("Slow", {"do": "restart", "timeout_seconds": 1})
    evenings.house.switch(evenings.server_id, speed=1, boot_seconds=6, shutdown_seconds=1)
    (step,) = evenings.done(schedule_id, state="failed")
    assert (step["outcome"], step["note"]) == ("timed_out", "It was not done within 1 s.")
    evenings.house.switch(evenings.server_id)
    assert evenings.app.ended(step["run_id"], LONG)["state"] == "succeeded", "a restart is left to its end"


def test_what_should_come_last_is_done_after_a_cancellation(evenings: Evenings) -> None:
    last = [{"do": "stop"}, {"do": "start"}]
    schedule_id = evenings.schedule("Cancelled", {"do": "wait", "seconds": 3600}, {"do": "save"}, **{"finally": last})
    run_id = evenings.begin(schedule_id)
    evenings.says(run_id, "Step 1 of 4: Wait 1 h")
    assert evenings.app.ask("POST", f"/schedules/{schedule_id}/run").status_code == 409
    assert evenings.app.ask("POST", f"/runs/{run_id}/cancel").status_code == 202
    run = evenings.app.ended(run_id, LONG)
    assert (run["state"], run["reason"]) == ("cancelled", "user")
    assert outcomes(run["report"]["steps"]) == [("wait", "cancelled"), ("save", "left_out"), ("stop", "ok"), ("start", "ok")]
    assert evenings.house.get(evenings.server_id)["state"] == "running"


def test_a_run_waits_for_players_to_leave_and_says_for_whom(evenings: Evenings) -> None:
    schedule_id = evenings.schedule("Polite", {"do": "save"}, conditions={"defer_minutes": 30})
    evenings.comes("Anna")
    evenings.something_happens()
    (running,) = evenings.app.until(lambda: evenings.runs(schedule_id), bool, LONG)
    evenings.says(running["id"], "Waits for Anna to leave, at most until ")
    evenings.something_happens()
    skipped = evenings.app.until(lambda: evenings.runs(schedule_id), lambda runs: len(runs) == 2, LONG)[1]
    assert (skipped["state"], skipped["reason"]) == ("skipped", "still_running")
    evenings.play("leave Anna")
    run = evenings.app.ended(running["id"], LONG)
    assert (run["state"], run["trigger"]) == ("succeeded", "event")

    evenings.comes("Ben")
    evenings.something_happens()
    waiting = evenings.app.until(lambda: evenings.runs(schedule_id), lambda runs: len(runs) == 3, LONG)[2]
    evenings.says(waiting["id"], "Waits for Ben")
    evenings.app.ask("POST", f"/runs/{waiting['id']}/cancel")
    cancelled = evenings.app.ended(waiting["id"], LONG)
    assert (cancelled["state"], cancelled["reason"], cancelled["report"]) == ("cancelled", "user", None)
    steps = evenings.done(schedule_id)
    assert outcomes(steps) == [("save", "ok")], "who asks for it is not kept waiting"
    evenings.play("leave Ben")


def test_players_read_what_is_announced(evenings: Evenings) -> None:
    schedule_id = evenings.schedule("Says", {"do": "announce", "text": "Hello from {server}"})
    evenings.comes("Cora")
    assert outcomes(evenings.done(schedule_id)) == [("announce", "ok")]
    assert any("announced: Hello from Home" in line for line in evenings.house.console(evenings.server_id))
    evenings.play("leave Cora")
    evenings.until("Cora", is_online=False)


def test_what_is_not_to_be_done_now_is_skipped_with_the_reason(evenings: Evenings) -> None:
    empty = evenings.schedule("Empty", {"do": "save"}, conditions={"only_empty": True})
    offline = evenings.schedule("Offline", {"do": "start"}, conditions={"server": "offline"})
    quiet = evenings.schedule("Quiet", {"do": "save"}, conditions={"quiet_hours": {"begin": "00:00", "end": "23:59"}})
    evenings.comes("Dora")
    evenings.something_happens()
    reasons = {}
    for schedule_id in (empty, offline, quiet):
        (run,) = evenings.until_runs(schedule_id, 1)
        reasons[schedule_id] = (run["state"], run["reason"], run["server_id"])
    assert reasons[empty] == ("skipped", "players_online", evenings.server_id)
    assert reasons[offline] == ("skipped", "server_online", evenings.server_id)
    assert reasons[quiet][0] == "skipped" or reasons[quiet][0] == "succeeded", "from 23:59 to midnight it is not quiet"
    assert evenings.view(empty)["last_run_reason"] == "players_online"
    evenings.play("leave Dora")
    evenings.until("Dora", is_online=False)


def test_backups_are_made_only_if_somebody_was_on(evenings: Evenings) -> None:
    evenings.house.does(evenings.server_id, "backups", {})
    schedule_id = evenings.schedule("Backups", {"do": "backup"}, conditions={"players_since_backup": True})
    evenings.something_happens()
    (skipped,) = evenings.until_runs(schedule_id, 1)
    assert (skipped["state"], skipped["reason"]) == ("skipped", "nothing_new")
    evenings.comes("Emil")
    evenings.play("leave Emil")
    evenings.until("Emil", is_online=False)
    evenings.something_happens()
    assert evenings.until_runs(schedule_id, 2)[1]["state"] == "succeeded"


def test_events_of_the_server_start_schedules(evenings: Evenings) -> None:
    joined = evenings.schedule(
        "Joined", {"do": "command", "command": "/time"}, trigger={"kind": "event", "event": "player_joined"}
    )
    left = evenings.schedule("Left", {"do": "save"}, trigger={"kind": "event", "event": "last_player_left"})
    back = evenings.schedule("Back", {"do": "start"}, trigger={"kind": "event", "event": "server_stopped"})
    made = evenings.schedule(
        "Made",
        {"do": "command", "command": "/time"},
        trigger={"kind": "event", "event": "backup_made", "wait_minutes": 60},
    )
    evenings.comes("Fay")
    assert evenings.until_runs(joined, 1)[0]["state"] == "succeeded"
    assert evenings.runs(left) == []
    evenings.play("leave Fay")
    assert evenings.until_runs(left, 1)[0]["trigger"] == "event"
    evenings.house.does(evenings.server_id, "backups", {})
    assert evenings.until_runs(made, 1)[0]["state"] == "succeeded"
    evenings.house.does(evenings.server_id, "backups", {})
    assert evenings.until_runs(made, 2)[1]["reason"] == "too_soon"
    evenings.house.does(evenings.server_id, "stop")
    assert evenings.until_runs(back, 1)[0]["state"] == "succeeded"
    assert evenings.house.get(evenings.server_id)["state"] == "running"


def test_a_restart_when_the_server_is_ready_does_not_go_in_a_circle(evenings: Evenings) -> None:
    schedule_id = evenings.schedule(
        "Circle", {"do": "restart"}, trigger={"kind": "event", "event": "server_ready"}, overlap="queue"
    )
    evenings.house.does(evenings.server_id, "restart")
    runs = evenings.until_runs(schedule_id, 2)
    assert sorted((run["state"], run["reason"]) for run in runs) == [("skipped", "own_doing"), ("succeeded", None)]


def test_a_dry_run_says_what_would_be_done_and_does_nothing(evenings: Evenings) -> None:
    steps = [
        {"do": "announce", "text": "x", "warn_minutes": [10]},
        {"do": "stop"},
        {"do": "command", "command": "/time"},
        {"do": "save"},
        {"do": "start"},
        {"do": "start"},
    ]
    body = {"name": "x", "trigger": ON_DEMAND, "steps": steps, "finally": [{"do": "notify", "text": "x"}]}
    path = f"/servers/{evenings.server_id}/schedules/dry-run"
    answer = evenings.app.ask("POST", path, json=body)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert (told["would_run"], told["reason"], told["waits"]) == (True, None, None)
    assert [(step["do"], step["ok"], step["note"]) for step in told["steps"]] == [
        ("announce", True, "Nobody is on, so nobody is told and no time is lost."),
        ("stop", None, None),
        ("command", False, "The server does not run then, so it takes no commands."),
        ("save", True, "The server does not run then: nothing to save."),
        ("start", None, None),
        ("start", True, "It runs already."),
        ("notify", None, None),
    ]
    offline = {**body, "conditions": {"server": "offline"}}
    told = evenings.app.ask("POST", path, json=offline).json()
    assert (told["would_run"], told["reason"]) == (False, "The server is not offline.")
    assert evenings.house.get(evenings.server_id)["state"] == "running"
    assert evenings.app.get(f"/servers/{evenings.server_id}/schedules")["items"] == []


def test_schedules_go_with_their_server(evenings: Evenings) -> None:
    other = evenings.house.create("Other")["id"]
    body = {"name": "x", "trigger": {"kind": "interval", "seconds": 60}, "steps": [{"do": "save"}]}
    made = evenings.app.ask("POST", f"/servers/{other}/schedules", json=body).json()
    jobs = {job.id for job in evenings.app.manager.scheduler.get_jobs()}
    assert made["job_id"] in jobs
    deleted = evenings.app.ask("DELETE", f"/servers/{other}", params={"delete_files": True}).json()
    assert evenings.app.ended(deleted["id"], LONG)["state"] == "succeeded"
    evenings.app.until(lambda: evenings.app.get("/schedules")["items"], lambda items: not items, LONG)
    assert made["job_id"] not in {job.id for job in evenings.app.manager.scheduler.get_jobs()}
    evenings.app.refused("GET", f"/schedules/{made['id']}", 404, "schedule_not_found")
    evenings.app.refused("GET", f"/servers/{other}/schedules", 404, "server_not_found")
