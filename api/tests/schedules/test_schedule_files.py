"""Schedules as YAML: what is written is read again, and what anybody may have written is refused with its place."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vintagestory_api.schedules.schemas import CommandStep, ScheduleBody
from vintagestory_api.schedules.templates import templates
from vintagestory_api.schedules.yaml_text import InvalidScheduleText, read_schedules, write_schedules

GOOD = """
format: vsmanager.schedules/1
schedules:
  - name: Nightly restart
    trigger: {kind: cron, cron: 0 5 * * *, zone: Europe/Berlin}
    conditions:
      quiet_hours: {begin: 23:00, end: 04:30}
      defer_minutes: 30
    steps:
      - do: announce
        text: "Restart in {minutes} min"
        warn_minutes: [10, 5, 1]
      - do: backup
        on_failure: continue
      - do: restart
    finally:
      - do: start
  - name: "12"
    enabled: false
    trigger: {kind: interval, seconds: 7200}
    steps: [{do: command, command: /time, expect: ~}]
"""


def test_a_file_is_read_as_it_is_meant() -> None:
    """Times of the day stay text, although YAML takes them for numbers."""
    nightly, other = read_schedules(GOOD)
    assert nightly.conditions.quiet_hours is not None
    assert (nightly.conditions.quiet_hours.begin, nightly.conditions.quiet_hours.end) == ("23:00", "04:30")
    assert [step.do for step in (*nightly.steps, *nightly.finally_)] == ["announce", "backup", "restart", "start"]
    assert (other.name, other.enabled) == ("12", False)
    (command,) = other.steps
    assert isinstance(command, CommandStep)
    assert command.expect is None


def test_what_is_written_is_read_again() -> None:
    bodies = [template.body for template in templates().items]
    text = write_schedules(bodies, "Schedules of Alpha\nBeta.")
    assert text.startswith("# Schedules of Alpha Beta.\n# - Nightly restart: Every day at 05:00 (UTC)")
    assert read_schedules(text) == bodies


#: Whatever the API takes, other kinds of line ends and control characters among it.
letters = st.characters(exclude_categories=["Cs"], exclude_characters="\x7f", min_codepoint=0x20)
names = st.text(letters, min_size=1, max_size=40).filter(lambda text: text.strip() == text)


@given(name=names, text=names)
@settings(deadline=None, max_examples=60)
def test_whatever_it_is_called_it_is_read_again(name: str, text: str) -> None:
    body = ScheduleBody.model_validate(
        {
            "name": name,
            "trigger": {"kind": "interval", "seconds": 60},
            "steps": [{"do": "notify", "text": text}],
            "conditions": {"quiet_hours": {"begin": "01:10", "end": "23:59"}},
        }
    )
    assert read_schedules(write_schedules([body], name)) == [body]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "It is empty"),
        ("schedules: [", "Line 2, column"),
        ("a: &x [1]\nb: *x", "Line 1: anchors and aliases"),
        ("a: *x", "Line 1: anchors and aliases"),
        ("schedules: !!python/object/apply:os.system ['true']", "Line 1: tags such as"),
        ("a: 1\n---\nb: 2", "a second document"),
        ("[" * 5000, "maximum nesting"),
        ("- " * 5000 + "x", "deeper"),
        ("name: 1\nname: 2", "Line 2: 'name' is there twice"),
        ("? [a]\n: 1", "a name is expected"),
        ("schedules: 5", "has to be"),
        ("just words", "has to be"),
        (GOOD.replace("vsmanager.schedules/1", "vsmanager.schedules/2"), "format"),
        ("a: \x07", "It can't be read"),
        ("x: [" + "1," * 200_000 + "]", "holds more"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_what_is_no_file_of_schedules_is_refused(text: str, said: str) -> None:
    with pytest.raises(InvalidScheduleText) as refused:
        read_schedules(text)
    assert said in refused.value.message
    assert refused.value.fields


@pytest.mark.parametrize(
    ("old", "new", "field", "place"),
    [
        ("do: backup", "do: dance", "schedules.0.steps.1", 'Line 13, schedule "Nightly restart", steps.1'),
        ("do: backup", "do: dance", "schedules.0.steps.1", "'dance' is not known here; there are 'announce'"),
        ("kind: cron", "zones: 1", "schedules.0.trigger", "has to say of which kind it is, with kind"),
        ("seconds: 7200", "seconds: 5", "schedules.1.trigger.seconds", 'Line 20, schedule "12", trigger.seconds'),
        ("cron: 0 5 * * *", "cron: 0 5 31 2 *", "schedules.0.trigger.cron", 'Line 5, schedule "Nightly restart", trigger.cron'),
        ("Europe/Berlin", "Europe/Bonn", "schedules.0.trigger.zone", "There is no time zone 'Europe/Bonn'"),
        ("on_failure: continue", "on_failures: continue", "schedules.0.steps.1.on_failures", "is not known here"),
        ("begin: 23:00", "begin: 25:00", "schedules.0.conditions.quiet_hours.begin", "Line 7"),
        ('name: "12"', "name: nightly RESTART", "schedules.1.name", "names have to differ"),
    ],
)
def test_each_problem_is_named_with_its_place(old: str, new: str, field: str, place: str) -> None:
    assert old in GOOD
    with pytest.raises(InvalidScheduleText) as refused:
        read_schedules(GOOD.replace(old, new))
    (problem,) = refused.value.fields
    assert problem.field == field
    assert place in problem.message
