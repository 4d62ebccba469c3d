"""What needs somebody and what is over, from events and facts alone."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from vintagestory_api.events import BackupMade, ModUpdateFound, ServerNoted, UpdateEnded
from vintagestory_api.notifications import alert_rules as rules
from vintagestory_api.notifications.alert_rules import (
    BackupFacts,
    Close,
    JobState,
    Raise,
    ServerState,
    ShortageState,
    Signal,
    Tell,
    applied,
)

NOW = 1_780_000_000_000
MINUTE, HOUR = 60_000, 3_600_000


def told(signals: Iterable[Signal]) -> list[str]:
    """`+key` for what is raised (`!` where it is critical), `-key` for what is closed, `kind` for what is only told."""
    found = []
    for signal in signals:
        if isinstance(signal, Raise):
            found.append(f"+{signal.key}{'!' if signal.severity == 'critical' else ''}")
        elif isinstance(signal, Close):
            found.append(f"-{signal.key}")
        else:
            found.append(signal.kind)
    return found


def raised(signals: Iterable[Signal]) -> list[str]:
    return [name for name in told(signals) if name.startswith("+")]


def note(kind: str, **details: Any) -> ServerNoted:
    return ServerNoted("town", kind, NOW, None, details)


# Servers


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (note("crashed", summary="A critical error, in Foo."), ["+server_crashed:town"]),
        (note("failed_to_start", why=".NET 10 is not there."), ["+server_failed_to_start:town!"]),
        (note("gave_up", crashes=4), ["+server_gave_up:town!"]),
        (note("hung"), ["+server_hung:town!"]),
        (note("answers_again"), ["-server_hung:town"]),
        (
            note("ready", after_seconds=9),
            [
                "-server_crashed:town",
                "-server_failed_to_start:town",
                "-server_gave_up:town",
                "-server_hung:town",
                "server_started",
            ],
        ),
        (note("stopped", text="It was stopped."), ["-server_hung:town", "server_stopped"]),
        (note("backup_failed", text="The disk is full."), ["+backup_failed:town"]),
        (note("backup_failed", text="It is damaged.", drill=True), ["+drill_failed:town!"]),
        (note("restore_failed", text="The disk is full. What was there before is there again."), ["restore_failed"]),
        (note("restore_failed", text="It was cancelled.", cancelled=True), []),
        (note("settings_changed"), []),
        (note("version_changed"), []),
    ],
    ids=lambda value: value.kind if isinstance(value, ServerNoted) else "",
)
def test_what_enters_a_timeline_becomes_a_signal(event: ServerNoted, expected: list[str]) -> None:
    assert told(rules.of_note(event, "Town")) == expected


def test_an_alert_says_what_happened_and_what_to_do() -> None:
    (crashed,) = rules.of_note(note("crashed", summary="A critical error, in Foo."), "Town")
    assert isinstance(crashed, Raise)
    assert crashed.title == "Town crashed"
    assert crashed.text.startswith("A critical error, in Foo. It is started again by itself")
    assert crashed.action == "/servers/town"
    (unknown,) = rules.of_note(note("failed_to_start"), "Town")
    assert isinstance(unknown, Raise)
    assert "Nobody knows why" in unknown.text


def server(**fields: Any) -> ServerState:
    defaults: dict[str, Any] = {
        "id": "town", "name": "Town", "state": "running", "is_wanted": True, "is_hung": False, "gave_up": False, "failure": None,
    }  # fmt: skip
    return ServerState(**{**defaults, **fields})


def test_a_server_that_is_well_closes_everything() -> None:
    assert raised(rules.of_server(server())) == []
    assert {name[1:] for name in told(rules.of_server(server()))} == {
        f"{kind}:town"
        for kind in ("server_crashed", "server_failed_to_start", "server_gave_up", "server_hung", "disk_low", "memory_high")
    }


def test_a_state_tells_what_no_event_told() -> None:
    assert raised(rules.of_server(server(state="crashed"))) == ["+server_crashed:town"]
    assert raised(rules.of_server(server(state="failed_to_start"))) == ["+server_failed_to_start:town!"]
    assert raised(rules.of_server(server(state="crashed", gave_up=True))) == ["+server_gave_up:town!"]
    assert raised(rules.of_server(server(is_hung=True))) == ["+server_hung:town!"]
    low = ShortageState("disk_low", True, "Only 300 MB are free.")
    assert raised(rules.of_server(server(shortages=(low,)))) == ["+disk_low:town!"]


@pytest.mark.parametrize("state", ["crashed", "failed_to_start", "stopped"])
def test_a_server_that_should_not_run_needs_nobody(state: str) -> None:
    assert raised(rules.of_server(server(state=state, is_wanted=False))) == []
    assert "-server_gave_up:town" in told(rules.of_server(server(state=state, is_wanted=False, gave_up=True)))


def test_a_start_is_no_end_of_the_trouble() -> None:
    assert not {name for name in told(rules.of_server(server(state="starting"))) if "crashed" in name or "gave_up" in name}


def test_what_was_not_measured_yet_is_not_over() -> None:
    assert "-disk_low:town" not in told(rules.of_server(server(is_settled=False)))
    assert "-server_hung:town" not in told(rules.of_server(server(is_settled=False)))
    assert "-server_hung:town" in told(rules.of_server(server(is_settled=False, state="stopped")))


# Backups, updates


def test_a_good_backup_ends_what_was_wrong_and_a_damaged_one_is_loud() -> None:
    good = BackupMade("town", "b1", "scheduled", "verified", 1000)
    assert told(rules.of_backup(good, "Town")) == ["-backup_failed:town", "-backup_damaged:town", "-backup_overdue:town"]
    damaged = BackupMade("town", "b2", "scheduled", "damaged", 1000)
    assert told(rules.of_backup(damaged, "Town")) == ["-backup_failed:town", "+backup_damaged:town!"]


def facts(**fields: Any) -> BackupFacts:
    return BackupFacts(
        **{"server_id": "town", "name": "Town", "made_at": 0, "last_good_at": NOW - 27 * HOUR, "ran_since": True, **fields}
    )


def overdue(hours: int = 26, **fields: Any) -> list[str]:
    return raised(rules.of_backup_facts(facts(**fields), overdue_hours=hours, now_ms=NOW))


def test_a_backup_is_overdue_when_the_server_ran_and_has_no_good_one_for_so_long() -> None:
    assert overdue() == ["+backup_overdue:town"]
    assert overdue(ran_since=False) == []
    assert overdue(last_good_at=NOW - 25 * HOUR) == []
    assert overdue(hours=0) == []
    assert overdue(last_good_at=None, made_at=NOW - 27 * HOUR) == ["+backup_overdue:town"]
    assert overdue(last_good_at=None, made_at=NOW - HOUR) == [], "a new server has the same time"


def test_copies_elsewhere_and_drills_are_told_of() -> None:
    assert overdue(hours=0, offsite_problem="The folder is not there.") == ["+offsite_failed:town"]
    assert overdue(hours=0, offsite_is_overdue=True) == ["+offsite_overdue:town"]
    assert overdue(hours=0, drill_failed=True) == ["+drill_failed:town!"]
    assert len(told(rules.of_backup_facts(facts(), overdue_hours=0, now_ms=NOW))) == 4, "each is closed where it does not hold"


def test_updates_tell_how_they_ended() -> None:
    def ended(outcome: str, **how: bool) -> list[str]:
        return told(rules.of_update(UpdateEnded("town", "u1", outcome, "1.22.5 to 1.22.7.", **how), "Town"))

    assert ended("updated") == ["-update_failed:town", "-update_went_back:town", "update_done"]
    assert ended("went_back") == ["-update_failed:town", "+update_went_back:town"]
    assert ended("failed") == ["+update_failed:town"]
    assert ended("failed", is_half_done=True) == ["+update_failed:town!"]
    assert ended("failed", was_cancelled=True) == [], "whoever cancels it knows"
    assert ended("nothing_to_do") == []
    assert told(rules.of_available("town", "Town", "1.22.7 is out.")) == ["+update_available:town"]
    assert told(rules.of_available("town", "Town", None)) == ["-update_available:town"]
    assert told(rules.of_mod_update(ModUpdateFound("town", "foo", "1.0.0", "1.1.0"), "Town")) == ["mod_update_available"]


# Jobs


def run(state: str, **fields: Any) -> dict[str, Any]:
    return {"state": state, "server_id": None, "error": None, **fields}


def test_a_job_that_failed_so_many_times_raises_and_one_success_ends_it() -> None:
    assert told(rules.of_run("refresh", "Refresh", run("failed"), 2, failures=3)) == []
    assert told(rules.of_run("refresh", "Refresh", run("timed_out"), 3, failures=3)) == ["+job_failing:refresh"]
    assert told(rules.of_run("refresh", "Refresh", run("succeeded"), 0, failures=3)) == ["-job_failing:refresh"]
    (alert,) = rules.of_run("refresh", "Refresh", run("failed", error={"message": "No way there."}), 3, failures=3)
    assert isinstance(alert, Raise)
    assert alert.text == "It failed 3 times in a row, the last time so: No way there."


def test_one_failed_run_of_a_schedule_is_enough() -> None:
    (alert,) = rules.of_run("schedule:s1", "Nightly restart", run("failed", server_id="town"), 1, failures=3)
    assert isinstance(alert, Raise)
    assert (alert.key, alert.server_id, alert.action) == ("schedule_failed:schedule:s1", "town", "/servers/town/schedules")
    assert told(rules.of_run("schedule:s1", "", run("succeeded"), 0, failures=3)) == ["-schedule_failed:schedule:s1"]


def job(**fields: Any) -> JobState:
    defaults: dict[str, Any] = {
        "id": "refresh", "title": "Refresh", "is_paused": False, "is_running": False, "last_tick": NOW - HOUR, "expected": NOW,
    }  # fmt: skip
    return JobState(**{**defaults, **fields})


def missed(now_ms: int = NOW + 10 * MINUTE, **fields: Any) -> list[str]:
    return told(rules.of_missed(job(**fields), grace_ms=10 * MINUTE, now_ms=now_ms))


def test_a_run_that_should_have_happened_and_did_not_is_missed_after_the_grace() -> None:
    assert missed() == ["+job_missed:refresh"]
    assert missed(last_tick=None) == ["+job_missed:refresh"]
    assert missed(NOW + 9 * MINUTE) == []
    assert missed(last_tick=NOW) == []
    assert missed(is_running=True) == []
    assert missed(is_paused=True) == []
    assert missed(expected=None) == []


def test_failures_in_a_row_are_counted_from_the_newest() -> None:
    assert rules.streak_of([]) == 0
    assert rules.streak_of(["failed", "timed_out", "lost", "succeeded", "failed"]) == 3
    assert rules.streak_of(["succeeded", "failed"]) == 0


# What becomes of a signal


def crash(**fields: Any) -> Raise:
    return Raise("server_crashed", "town", fields.pop("severity", "warning"), "Town crashed", "Why.", "town", **fields)


def test_the_first_time_is_told_and_the_next_ones_are_counted() -> None:
    first, notice = applied(crash(), None, "Town", NOW)
    assert first is not None
    assert notice is not None
    assert (first.key, first.count, notice.phase, notice.server_name) == ("server_crashed:town", 1, "new", "Town")
    second, notice = applied(crash(), first, "Town", NOW + MINUTE)
    assert second is not None
    assert (second.id, second.count, second.last_at, second.opened_at, notice) == (first.id, 2, NOW + MINUTE, NOW, None)
    same, notice = applied(crash(counts=False), second, "Town", NOW + HOUR)
    assert (same, notice) == (None, None)
    closed, notice = applied(Close(first.key), second, "Town", NOW + HOUR)
    assert closed is not None
    assert notice is not None
    assert (closed.closed_at, notice.phase, notice.more) == (NOW + HOUR, "over", 1)


def test_what_becomes_worse_is_told_again_and_must_be_seen_again() -> None:
    first, _ = applied(crash(counts=False), None, "Town", NOW)
    assert first is not None
    seen = replace(first, acknowledged_at=NOW, acknowledged_by="anna")
    worse, notice = applied(crash(severity="critical", counts=False), seen, "Town", NOW + 1)
    assert worse is not None
    assert notice is not None
    assert (worse.acknowledged_at, worse.severity, notice.severity) == (None, "critical", "critical")
    better, notice = applied(crash(counts=False), worse, "Town", NOW + 2)
    assert better is not None
    assert (better.severity, notice) == ("warning", None)


def test_closing_what_is_not_open_does_nothing_and_what_is_gone_goes_quietly() -> None:
    assert applied(Close("server_crashed:town"), None, "Town", NOW) == (None, None)
    first, _ = applied(crash(), None, None, NOW)
    closed, notice = applied(Close("server_crashed:town", quietly=True), first, None, NOW)
    assert closed is not None
    assert notice is None


def test_what_only_happened_leaves_no_alert() -> None:
    alert, notice = applied(Tell("server_started", "info", "Town is up", "", "town"), None, "Town", NOW)
    assert alert is None
    assert notice is not None
    assert (notice.phase, notice.severity) == ("once", "info")
