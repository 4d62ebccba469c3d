"""Schedules in plain words, and their next times."""

from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import TypeAdapter

from vintagestory_api.kit.clock import to_ms
from vintagestory_api.schedules.checking import find_problems
from vintagestory_api.schedules.cron_words import cron_words
from vintagestory_api.schedules.next_runs import next_runs
from vintagestory_api.schedules.schemas import ScheduleBody, ScheduleTrigger
from vintagestory_api.schedules.sentences import sentence_of, sentences_of, span, step_words
from vintagestory_api.schedules.templates import templates

TRIGGER: TypeAdapter[ScheduleTrigger] = TypeAdapter(ScheduleTrigger)
NIGHTLY = {"kind": "cron", "cron": "0 5 * * *", "zone": "Europe/Berlin"}


def body(**fields: Any) -> ScheduleBody:
    return ScheduleBody.model_validate({"name": "It", "trigger": NIGHTLY, "steps": [{"do": "save"}], **fields})


@pytest.mark.parametrize(
    ("cron", "words"),
    [
        ("0 5 * * *", "Every day at 05:00"),
        ("@daily", "Every day at 00:00"),
        ("30 5,17 * * *", "Every day at 05:30 and 17:30"),
        ("0 4 * * 1", "Every Monday at 04:00"),
        ("0 4 * * 1-5", "From Monday to Friday at 04:00"),
        ("0 4 * * SAT,SUN", "At weekends at 04:00"),
        ("0 4 * * 5-1", "Every Monday, Friday, Saturday and Sunday at 04:00"),
        ("0 4 * * 0-7", "Every day at 04:00"),
        ("*/15 * * * *", "Every 15 minutes"),
        ("* * * * *", "Every minute"),
        ("0 */2 * * *", "Every 2 hours"),
        ("@hourly", "Every hour"),
        ("5 * * * *", "Every hour at :05"),
        ("0 4 1,15 * *", "Every month on day 1 and 15 at 04:00"),
        ("0 4 24 12 *", "Every year on 24 December at 04:00"),
        ("*/30 * * * 6", "Every Saturday: every 30 minutes"),
        ("*/7 * * * *", 'At the times of "*/7 * * * *"'),
        ("0 4 1 * 1", 'At the times of "0 4 1 * 1"'),
        ("17  4 * * 1#2", 'At the times of "17 4 * * 1#2"'),
        ("not a cron", 'At the times of "not a cron"'),
    ],
)
def test_cron_expressions_are_said_in_words_where_there_are_some(cron: str, words: str) -> None:
    assert cron_words(cron) == words


def test_a_schedule_reads_like_a_sentence() -> None:
    nightly = body(
        conditions={"defer_minutes": 30},
        steps=[{"do": "announce", "text": "Soon"}, {"do": "save"}, {"do": "backup"}, {"do": "restart"}],
        **{"finally": [{"do": "start"}, {"do": "notify", "text": "done"}]},
    )
    assert sentence_of(nightly) == (
        "Every day at 05:00 (Europe/Berlin), when players are on wait up to 30 min: announce, save, back up, restart; "
        "in any case: start, tell me"
    )


def test_every_trigger_condition_and_step_has_words() -> None:
    steps = [
        {"do": "announce", "text": "In {minutes}", "warn_minutes": [1, 10, 5]},
        {"do": "command", "command": "/serverconfig password geheim", "expect": "ok"},
        *({"do": do} for do in ("save", "backup", "stop", "start", "restart", "update_mods", "update_game")),
        {"do": "wait", "seconds": 90},
        {"do": "wait", "seconds": 5400, "until_empty": True},
        {"do": "notify", "text": "x" * 100},
    ]
    said = sentence_of(
        body(
            trigger={"kind": "event", "event": "empty_for", "minutes": 10, "wait_minutes": 60},
            conditions={
                "server": "online",
                "only_empty": True,
                "defer_minutes": 5,
                "quiet_hours": {"begin": "22:00", "end": "06:00"},
                "ran_since_backup": True,
                "zone": "Europe/Berlin",
            },
            steps=steps,
        )
    )
    assert said.startswith(
        "When nobody has been on for 10 min, at most once in 60 min, only if the server is online, only if nobody is on, "
        "when players are on wait up to 5 min, then not at all, not from 22:00 to 06:00 (Europe/Berlin), "
        "only if the server ran since its last backup: announce 10, 5 and 1 min before, send /serverconfig password ***, save, "
    )
    assert said.endswith("wait 1 min 30 s, wait until nobody is on (at most 1 h 30 min), tell me")
    for step in body(steps=steps).steps:
        assert "geheim" not in step_words(step) + step_words(step, in_full=True)


def test_a_long_text_is_shown_in_full_where_there_is_room() -> None:
    text = "The server restarts " + "soon " * 30
    announced = body(steps=[{"do": "announce", "text": text}])
    assert step_words(announced.steps[0]).endswith('…"')
    assert sentences_of(announced).step_sentences == [f'Say to all players: "{announced.steps[0].text}"']  # type: ignore[union-attr]


@pytest.mark.parametrize(("seconds", "said"), [(0, "0 s"), (90, "1 min 30 s"), (7200, "2 h"), (90_061, "1 d 1 h")])
def test_spans_are_short(seconds: int, said: str) -> None:
    assert span(seconds) == said


# Next times


def at(text: str) -> int:
    return to_ms(datetime.fromisoformat(text).astimezone(UTC))


def test_a_time_that_does_not_exist_is_noted_with_the_one_instead() -> None:
    trigger = TRIGGER.validate_python({"kind": "cron", "cron": "30 2 * * *", "zone": "Europe/Berlin"})
    found = next_runs(trigger, "schedule:x", at("2027-03-27T12:00:00+01:00"), 2)
    assert found.times == ["2027-03-28T03:00:00+02:00", "2027-03-29T02:30:00+02:00"]
    assert found.notes == ["On 28 March 02:30 does not exist: runs at 03:00."]


def test_a_time_that_comes_twice_runs_once() -> None:
    trigger = TRIGGER.validate_python({"kind": "cron", "cron": "30 2 * * *", "zone": "Europe/Berlin"})
    found = next_runs(trigger, "schedule:x", at("2026-10-24T12:00:00+02:00"), 2)
    assert [time[:16] for time in found.times] == ["2026-10-25T02:30", "2026-10-26T02:30"]
    assert found.notes == ["On 25 October 02:30 comes twice: runs once."]


@pytest.mark.parametrize("cron", ["*/15 * * * *", "0 12 * * *"])
def test_what_the_clocks_do_not_touch_has_no_notes(cron: str) -> None:
    trigger = TRIGGER.validate_python({"kind": "cron", "cron": cron, "zone": "Europe/Berlin"})
    found = next_runs(trigger, "schedule:x", at("2027-03-28T00:30:00+01:00"), 20)
    assert len(found.times) == 20
    assert found.notes == []


def test_nobody_can_tell_when_something_will_happen() -> None:
    trigger = TRIGGER.validate_python({"kind": "event", "event": "server_ready"})
    found = next_runs(trigger, "schedule:x", 0, 5)
    assert found.times == []
    assert found.notes == ["When the server is ready: nobody can tell when that is."]


# Checks


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        ({"trigger": {"kind": "cron", "cron": "0 5 30 2 *"}}, "trigger.cron"),
        ({"trigger": {"kind": "cron", "cron": "5"}}, "trigger.cron"),
        ({"trigger": {"kind": "cron", "cron": "0 5 * * *", "zone": "Mars/Olympus"}}, "trigger.zone"),
        ({"trigger": {"kind": "cron", "cron": "0 5 * * *", "zone": "../../etc/passwd"}}, "trigger.zone"),
        ({"trigger": {"kind": "event", "event": "empty_for", "minutes": 0}}, "trigger.minutes"),
        ({"conditions": {"zone": "Nowhere"}}, "conditions.zone"),
        ({"conditions": {"quiet_hours": {"begin": "05:00", "end": "05:00"}}}, "conditions.quiet_hours.end"),
        ({"conditions": {"server": "offline", "only_empty": True}}, "conditions.server"),
        (
            {"trigger": {"kind": "event", "event": "server_ready"}, "conditions": {"server": "offline"}},
            "conditions.server",
        ),
        ({"steps": [{"do": "save"}, {"do": "command", "command": ".debug"}]}, "steps.1.command"),
        ({"steps": [{"do": "announce", "text": "in {minutes} min"}]}, "steps.0.text"),
        (
            {"steps": [{"do": "announce", "text": "x", "warn_minutes": [10], "timeout_seconds": 60}]},
            "steps.0.timeout_seconds",
        ),
        ({"finally": [{"do": "wait", "seconds": 100, "timeout_seconds": 10}]}, "finally.0.timeout_seconds"),
    ],
)
def test_what_can_not_work_is_found_with_its_field(fields: dict[str, Any], where: str) -> None:
    problems = find_problems(body(**fields))
    assert [problem.field for problem in problems] == [where]
    assert problems[0].message


def test_templates_can_be_used_as_they_are() -> None:
    items = templates().items
    assert [template.id for template in items] == ["nightly-restart", "backups", "weekly-update"]
    for template in items:
        assert find_problems(template.body) == []
        assert ScheduleBody.model_validate(template.body.model_dump(mode="json")) == template.body
    assert sentence_of(items[0].body) == (
        "Every day at 05:00 (UTC), only if the server is online, when players are on wait up to 30 min: "
        "announce 30, 10, 5 and 1 min before, save, back up, restart; in any case: start"
    )
    assert sentence_of(items[1].body) == "Every 2 hours, only if somebody was on since its last backup: back up"
