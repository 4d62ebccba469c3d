"""What is said to need a person, and in which order."""

from typing import Any

import pytest

from vintagestory_api.jobs.job_health import job_health
from vintagestory_api.overview.attention import (
    Action,
    AlertFacts,
    Attention,
    JobFacts,
    ServerFacts,
    ShortageFacts,
    UpstreamFacts,
    find_attention,
)
from vintagestory_api.runs.ledger import JobHistory
from vintagestory_api.services.run_records import RunRecord, RunState
from vintagestory_api.services.schedule import Interval
from vintagestory_api.services.scheduled_job import ScheduledJob

NOW = 1_780_000_000_000
HOUR = 3_600_000
DAY = 24 * HOUR


def run(state: RunState, ended_at: int, **fields: Any) -> RunRecord:
    return RunRecord("refresh", "schedule", ended_at - 5, state, started_at=ended_at - 5, ended_at=ended_at, **fields)


def history(*runs: RunRecord, **fields: Any) -> JobHistory:
    """Of these runs, oldest first."""
    latest = [run for run in runs if run.state not in {"skipped", "missed"}]
    return JobHistory(latest[-1] if latest else None, runs, **fields)


def job(past: JobHistory, *, paused: str | None = None, off: bool = False, running: RunRecord | None = None) -> JobFacts:
    scheduled = ScheduledJob("refresh", "Refresh", Interval(HOUR, 0), paused, running, None)
    registered = None if off else scheduled
    return JobFacts("refresh", "Refresh", job_health(registered, past, NOW), registered, past, "mod_database")


def upstream(*, updated_at: int | None = NOW, failing: bool = False) -> UpstreamFacts:
    return UpstreamFacts(
        "mod_database", "The mod database", failing, 3 if failing else 0, NOW - 7 if failing else None, updated_at
    )


def found(*jobs: JobFacts, **given: Any) -> list[Attention]:
    defaults: dict[str, Any] = {
        "problems": [], "problems_since": {}, "upstreams": [upstream()], "contact_is_missing": False, "now_ms": NOW,
    }  # fmt: skip
    return find_attention(jobs=jobs, **{**defaults, **given})


WELL = history(run("succeeded", NOW - 60_000))


def test_nothing_needs_anybody_while_all_is_well() -> None:
    assert found(job(WELL)) == []
    assert found(job(history(run("succeeded", NOW - HOUR), run("cancelled", NOW)))) == []
    assert found(job(history())) == [], "a job that never ran is about to"


@pytest.mark.parametrize(
    ("state", "text"),
    [("failed", "The last run failed."), ("timed_out", "took too long"), ("lost", "The manager died")],
)
def test_a_failing_job_says_since_when_and_can_be_run(state: RunState, text: str) -> None:
    past = history(
        run("failed", NOW - 9 * HOUR), run("succeeded", NOW - 4 * HOUR), run("failed", NOW - 3 * HOUR),
        run("skipped", NOW - HOUR), run("missed", NOW - HOUR), run(state, NOW - 60_000),
    )  # fmt: skip
    (item,) = found(job(past))
    assert (item.id, item.severity, item.since) == ("job_failing:refresh", "bad", NOW - 3 * HOUR)
    assert item.action == Action("run_job", "refresh")
    assert item.title == "Failed: Refresh"
    assert text in item.text


def test_a_failing_job_says_why_but_not_for_ever() -> None:
    error = {"type": "UpstreamError", "message": "The mod database can't be reached.", "traceback": "…"}
    assert found(job(history(run("failed", NOW, error=error))))[0].text == "The mod database can't be reached."
    long = {"type": "X", "message": "x" * 5_000, "traceback": ""}
    assert len(found(job(history(run("failed", NOW, error=long))))[0].text) == 501


def test_a_job_is_late_after_two_intervals_and_a_minute() -> None:
    assert found(job(history(run("succeeded", NOW - 2 * HOUR - 60_000)))) == []
    late = history(run("succeeded", NOW - 2 * HOUR - 61_000))
    (item,) = found(job(late))
    assert (item.id, item.severity, item.since) == ("job_late:refresh", "warn", NOW - 1_000)
    assert found(job(late, running=run("running", NOW))) == [], "it is at it"


def test_a_pause_is_only_mentioned_and_can_be_ended() -> None:
    (item,) = found(job(history(run("failed", NOW), paused_at=NOW - DAY, paused_by="ada"), paused="holidays"))
    assert item == Attention(
        "job_paused:refresh", "info", "Paused: Refresh", "Paused by ada: holidays", NOW - DAY, Action("resume_job", "refresh")
    )


def test_an_upstream_that_fails_is_told_with_its_job() -> None:
    (item,) = found(job(WELL), upstreams=[upstream(failing=True, updated_at=NOW - 30 * DAY)])
    assert (item.id, item.severity, item.since) == ("upstream:mod_database", "warn", NOW - 7)
    assert item.title == "The mod database does not answer"
    assert item.action == Action("page", "/jobs/refresh")


@pytest.mark.parametrize("facts", [job(WELL), job(WELL, off=True), job(WELL, paused="x"), job(history())])
def test_data_of_more_than_a_week_ago_are_old_whatever_the_job_is(facts: JobFacts) -> None:
    def ids(updated_at: int | None) -> list[str]:
        return [item.id for item in found(facts, upstreams=[upstream(updated_at=updated_at)]) if item.severity != "info"]

    assert ids(NOW - 7 * DAY) == []
    assert ids(NOW - 7 * DAY - 1) == ["stale:mod_database"]
    assert ids(None) == []


def test_a_job_that_is_meant_to_run_rarely_brings_no_old_data() -> None:
    past = history(run("succeeded", NOW - 40 * DAY))
    monthly = ScheduledJob("refresh", "Refresh", Interval(30 * DAY, 0), None, None, None)
    facts = JobFacts("refresh", "Refresh", job_health(monthly, past, NOW), monthly, past, "mod_database")
    assert found(facts, upstreams=[upstream(updated_at=NOW - 40 * DAY)]) == []


def test_one_trouble_is_told_once() -> None:
    failing = history(run("failed", NOW - DAY))
    assert [item.id for item in found(job(failing), upstreams=[upstream(updated_at=NOW - 30 * DAY)])] == ["job_failing:refresh"]


def test_problems_of_the_manager_come_with_what_can_be_done() -> None:
    problems = [
        {"code": "settings_broken", "message": "Mend it."},
        {"code": "ledger_unavailable", "message": "Free some space."},
        {"code": "something_new", "message": "Look."},
    ]
    items = {item.id: item for item in found(problems=problems, problems_since={"ledger_unavailable": NOW - 1})}
    assert items["problem:settings_broken"].action == Action("reset_settings", "settings")
    assert (items["problem:ledger_unavailable"].since, items["problem:ledger_unavailable"].text) == (NOW - 1, "Free some space.")
    assert items["problem:something_new"].text == "Look."
    assert {item.severity for item in items.values()} == {"bad"}


def test_the_worst_comes_first_then_the_newest() -> None:
    items = found(
        job(history(run("failed", NOW - HOUR))),
        problems=[{"code": "ledger_unavailable", "message": "x"}, {"code": "settings_broken", "message": "x"}],
        problems_since={"ledger_unavailable": NOW - 5},
        upstreams=[upstream(failing=True)],
        contact_is_missing=True,
    )
    assert [item.id for item in items] == [
        "problem:settings_broken", "problem:ledger_unavailable", "job_failing:refresh", "upstream:mod_database", "no_contact",
    ]  # fmt: skip


# Game servers


def server(state: str = "running", **fields: Any) -> ServerFacts:
    return ServerFacts(**{"id": "alpha", "name": "Alpha", "state": state, "is_wanted": True, "is_busy": False, **fields})


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (server(), []),
        (server("starting"), []),
        (server("stopped", is_wanted=False), []),
        (server("crashed", is_wanted=False, failure="x"), []),
        (server("crashed", is_busy=True), [("server_crashed:alpha", "warn")]),
        (server("crashed"), [("server_down:alpha", "bad")]),
        (server("failed_to_start"), [("server_down:alpha", "bad")]),
        (server("stopped"), [("server_down:alpha", "bad")]),
        (server("crashed", gave_up=True), [("server_gave_up:alpha", "bad")]),
        (server(hung_since=NOW - 5), [("server_hung:alpha", "bad")]),
        (server(problem="Its keeper speaks another language."), [("server_problem:alpha", "bad")]),
        (server("not_installed", is_wanted=False, setup_failed=True), [("server_not_set_up:alpha", "warn")]),
        (server(shortages=(ShortageFacts("disk_low", True, "x", None),)), [("server_disk_low:alpha", "bad")]),
        (server(shortages=(ShortageFacts("memory_high", False, "x", None),)), [("server_memory_high:alpha", "warn")]),
    ],
)
def test_a_server_that_needs_somebody_is_told(facts: ServerFacts, expected: list[tuple[str, str]]) -> None:
    items = found(job(WELL), servers=[facts])
    assert [(item.id, item.severity) for item in items] == expected
    assert all(item.action == Action("page", "/servers/alpha") and "Alpha" in item.title for item in items)


def test_what_is_known_of_a_failure_is_told_with_its_time() -> None:
    (item,) = found(job(WELL), servers=[server("crashed", failure="A critical error, in beams.", failed_at=NOW - 9)])
    assert "A critical error, in beams." in item.text
    assert item.since == NOW - 9


def test_what_several_servers_want_for_is_told_once_and_the_rest_apart() -> None:
    def short(server_id: str, shared: str | None, *, urgent: bool = False, since: int = NOW - 9) -> ServerFacts:
        facts = ShortageFacts("disk_low", urgent, f"text of {server_id}", since, shared)
        return server(id=server_id, name=server_id.title(), shortages=(facts,))

    many = [short(f"s{number}", "disk-1", urgent=number == 3, since=NOW - number) for number in range(5)]
    items = found(job(WELL), servers=[*many, short("two", "disk-2"), short("three", "disk-2"), short("own", None)])
    assert [(item.id, item.severity, item.title, item.action) for item in items] == [
        ("servers_disk_low:disk-1", "bad", "Disk runs short: S0, S1 and 3 more servers", Action("page", "/servers")),
        ("servers_disk_low:disk-2", "warn", "Disk runs short: Two and Three", Action("page", "/servers")),
        ("server_disk_low:own", "warn", "Disk runs short: Own", Action("page", "/servers/own")),
    ]
    assert (items[0].text, items[0].since) == ("text of s3", NOW - 4)


def test_disk_and_memory_are_two_troubles() -> None:
    shortages = (ShortageFacts("disk_low", False, "x", None, "disk-1"), ShortageFacts("memory_high", False, "y", None, "memory"))
    items = found(job(WELL), servers=[server(shortages=shortages), server(id="beta", name="Beta", shortages=shortages)])
    assert {item.title for item in items} == {"Disk runs short: Alpha and Beta", "Memory runs short: Alpha and Beta"}


def alert(kind: str, subject: str, severity: str = "warning", **fields: Any) -> AlertFacts:
    return AlertFacts("a1", kind, severity, subject, "A title", "A text.", NOW - HOUR, "/servers/town/backups", **fields)


def test_an_open_alert_is_shown_until_somebody_has_seen_it() -> None:
    (item,) = found(job(WELL), alerts=[alert("backup_damaged", "town", "critical", server_id="town")])
    page = Action("page", "/servers/town/backups")
    assert item == Attention("alert:a1", "bad", "A title", "A text.", NOW - HOUR, page, "town")
    assert found(job(WELL), alerts=[alert("backup_damaged", "town", is_acknowledged=True)]) == []
    assert [item.severity for item in found(alerts=[alert("update_available", "town", "info")])] == ["info"]


def test_an_alert_does_not_say_again_what_is_said_anyway() -> None:
    failing = job(history(run("failed", NOW)))
    assert [item.id for item in found(failing, alerts=[alert("job_failing", "refresh")])] == ["job_failing:refresh"]
    assert [item.id for item in found(job(WELL), alerts=[alert("job_missed", "refresh")])] == ["alert:a1"]
    down = ServerFacts("town", "Town", "crashed", is_wanted=True, is_busy=False, failure="Why.", failed_at=NOW)
    ids = [item.id for item in found(servers=[down], alerts=[alert("server_crashed", "town"), alert("server_hung", "other")])]
    assert ids == ["server_down:town", "alert:a1"]
