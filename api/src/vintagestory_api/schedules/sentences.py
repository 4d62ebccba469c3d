"""Schedules in plain words; pure. Lists, the editor, YAML files and reports all say it in the same words."""

from vintagestory_api.kit.redaction import redact
from vintagestory_api.schedules.cron_words import cron_words, listed
from vintagestory_api.schedules.schemas import (
    AnnounceStep,
    CommandStep,
    Conditions,
    CronTrigger,
    EventTrigger,
    IntervalTrigger,
    NotifyStep,
    ScheduleBody,
    ScheduleTrigger,
    Sentences,
    Step,
    WaitStep,
)

_EVENTS = {
    "server_ready": "When the server is ready",
    "server_stopped": "When the server has stopped",
    "server_crashed": "When the server has crashed",
    "player_joined": "When a player joins",
    "last_player_left": "When the last player has left",
    "backup_made": "When a backup was made",
    "backup_failed": "When a backup has failed",
    "mod_update_found": "When there is an update of a mod",
    "game_version_found": "When there is a new version of the game",
}
_UNITS = (("week", 604_800), ("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))
_SHORT = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))
_MAX_TEXT = 60


def sentence_of(body: ScheduleBody) -> str:
    """`Every day at 05:00 (Europe/Berlin), when players are on wait up to 30 min: announce, save, back up, restart`."""
    said = ", ".join([trigger_words(body.trigger), *condition_words(body.conditions)])
    said += ": " + (", ".join(_short(step) for step in body.steps) or "nothing yet")
    if body.finally_:
        said += "; in any case: " + ", ".join(_short(step) for step in body.finally_)
    return said


def sentences_of(body: ScheduleBody) -> Sentences:
    return Sentences(
        sentence=sentence_of(body),
        step_sentences=[step_words(step, in_full=True) for step in body.steps],
        finally_sentences=[step_words(step, in_full=True) for step in body.finally_],
    )


def trigger_words(trigger: ScheduleTrigger) -> str:
    match trigger:
        case CronTrigger():
            return f"{cron_words(trigger.cron)} ({trigger.zone})"
        case IntervalTrigger():
            return f"Every {_interval(trigger.seconds)}"
        case EventTrigger():
            said = _EVENTS.get(trigger.event) or f"When nobody has been on for {trigger.minutes or 0} min"
            return said + (f", at most once in {trigger.wait_minutes} min" if trigger.wait_minutes else "")


def condition_words(conditions: Conditions) -> list[str]:
    said = []
    if conditions.server != "any":
        said.append(f"only if the server is {conditions.server}")
    if conditions.only_empty:
        said.append("only if nobody is on")
    if conditions.defer_minutes:
        then = ", then not at all" if conditions.only_empty or conditions.defer_then == "skip" else ""
        said.append(f"when players are on wait up to {conditions.defer_minutes} min{then}")
    if conditions.quiet_hours is not None:
        zone = f" ({conditions.zone})" if conditions.zone else ""
        said.append(f"not from {conditions.quiet_hours.begin} to {conditions.quiet_hours.end}{zone}")
    if conditions.players_since_backup:
        said.append("only if somebody was on since its last backup")
    elif conditions.ran_since_backup:
        said.append("only if the server ran since its last backup")
    return said


#: What a step does → in full, and in a list.
_PLAIN_STEPS = {
    "save": ("Save the world", "save"),
    "backup": ("Make a backup", "back up"),
    "stop": ("Stop the server", "stop"),
    "start": ("Start the server, and wait until it is ready", "start"),
    "restart": ("Restart the server, and wait until it is ready", "restart"),
    "update_mods": ("Update the mods", "update the mods"),
    "update_game": ("Update the game", "update the game"),
}


def step_words(step: Step, *, in_full: bool = False) -> str:
    """What one step does, as a sentence without its stop. `in_full`: with all of a long text."""
    said = str if in_full else _cut
    match step:
        case AnnounceStep():
            before = f" {_before(step)}" if step.warn_minutes else ""
            return f'Say to all players{before}: "{said(step.text)}"'
        case CommandStep():
            expected = f', and expect "{said(step.expect)}" in its answer' if step.expect else ""
            return f"Send {said(redact(step.command))}{expected}"
        case WaitStep():
            return f"Wait until nobody is on, at most {span(step.seconds)}" if step.until_empty else f"Wait {span(step.seconds)}"
        case NotifyStep():
            return f'Send a message: "{said(step.text)}"'
        case _:
            return _PLAIN_STEPS[step.do][0]


def _short(step: Step) -> str:
    match step:
        case AnnounceStep():
            return f"announce {_before(step)}" if step.warn_minutes else "announce"
        case CommandStep():
            return f"send {_cut(redact(step.command))}"
        case WaitStep():
            return f"wait until nobody is on (at most {span(step.seconds)})" if step.until_empty else f"wait {span(step.seconds)}"
        case NotifyStep():
            return "tell me"
        case _:
            return _PLAIN_STEPS[step.do][1]


def _before(step: AnnounceStep) -> str:
    return f"{listed([str(minutes) for minutes in warn_marks(step)])} min before"


def warn_marks(step: AnnounceStep) -> list[int]:
    """The minutes before, the longest first, each once."""
    return sorted(set(step.warn_minutes), reverse=True)


def span(seconds: float) -> str:
    """`90 s`, `5 min`, `2 h`, `1 h 30 min`."""
    left, parts = max(0, round(seconds)), []
    for unit, size in _SHORT:
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count} {unit}")
    return " ".join(parts[:2]) or "0 s"


def time_left(milliseconds: float) -> str:
    """`7 min left`: rounded up, and no finer than somebody wants to read again."""
    seconds = milliseconds / 1000
    step = 60 if seconds > 120 else 10
    return f"{span(-(-seconds // step) * step)} left"


def _interval(seconds: int) -> str:
    for unit, size in _UNITS:
        if seconds % size == 0:
            count = seconds // size
            return unit if count == 1 else f"{count} {unit}s"
    return f"{seconds} seconds"


def _cut(text: str) -> str:
    return text if len(text) <= _MAX_TEXT else text[: _MAX_TEXT - 1] + "…"
