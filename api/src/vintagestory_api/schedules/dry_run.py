"""What a run would do at this moment, step by step, as far as that can be told before; pure."""

from collections.abc import Iterator, Mapping, Sequence

from vintagestory_api.schedules.conditions import Facts, names, reason_to_skip, waiting_words, waits_until, zone_of
from vintagestory_api.schedules.schemas import AnnounceStep, DryRun, DryStep, ScheduleBody, Step
from vintagestory_api.schedules.sentences import span, step_words, warn_marks

#: What a step would find → whether it would work, and what there is to say.
_Told = tuple[bool | None, str | None]


def dry_run(body: ScheduleBody, facts: Facts, *, held_by: str | None) -> DryRun:
    """`held_by`: who is at work on the server, in words; None when nobody is."""
    skip = reason_to_skip(body, facts)
    until = waits_until(body.conditions, facts, facts.now_ms)
    if skip is not None:
        reason, waits = skip.message or skip.reason, None
    else:
        reason, waits = None, waiting_words(facts.online, until, zone_of(body)) if until is not None else None
    steps = list(_steps(body, facts, held_by))
    return DryRun(would_run=skip is None, reason=reason, waits=waits, steps=steps)


def _steps(body: ScheduleBody, facts: Facts, held_by: str | None) -> Iterator[DryStep]:
    """The server is taken to be in the state that the steps before would leave it in."""
    is_up = facts.is_online
    online: Sequence[str] = facts.online
    for is_finally, steps in ((False, body.steps), (True, body.finally_)):
        for step in steps:
            ok, note = _foreseen(step, online, is_up=is_up)
            if held_by is not None and step.do in _HOLDING:
                note = f"{note} {held_by}" if note else held_by
                held_by = None
            yield DryStep(do=step.do, sentence=step_words(step), ok=ok, note=note, is_finally=is_finally)
            if step.do in {"stop", "restart", "start"} or (step.do == "update_game" and is_up):
                online = ()
            is_up = _is_up_after(step, is_up=is_up)


_HOLDING = frozenset({"backup", "stop", "start", "restart", "update_mods", "update_game"})


def _is_up_after(step: Step, *, is_up: bool) -> bool:
    return {"stop": False, "start": True, "restart": True}.get(step.do, is_up)


#: While the server does not run.
_WHEN_DOWN: Mapping[str, _Told] = {
    "command": (False, "The server does not run then, so it takes no commands."),
    "save": (True, "The server does not run then: nothing to save."),
    "stop": (True, "It is stopped already."),
    "restart": (None, "It does not run then, so it is only started."),
}


def _foreseen(step: Step, online: Sequence[str], *, is_up: bool) -> _Told:
    if isinstance(step, AnnounceStep):
        return _of_announcement(step, online, is_up=is_up)
    if is_up:
        return (True, "It runs already.") if step.do == "start" else (None, None)
    return _WHEN_DOWN.get(step.do, (None, None))


def _of_announcement(step: AnnounceStep, online: Sequence[str], *, is_up: bool) -> _Told:
    if not is_up:
        return True, "The server does not run then, so nobody is told."
    if not online:
        return True, "Nobody is on, so nobody is told and no time is lost."
    marks = warn_marks(step)
    if not marks:
        return None, f"{names(online)} would read it."
    often = "once" if len(marks) == 1 else f"{len(marks)} times"
    return None, f"{names(online)} would read it {often}; the next step comes {span(marks[0] * 60)} later."
