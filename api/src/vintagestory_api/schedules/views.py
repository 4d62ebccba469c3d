"""Schedules as viewers see them, who read no console and no secrets."""

from vintagestory_api.kit.redaction import MASK
from vintagestory_api.schedules.schemas import CommandStep, Schedule, Step
from vintagestory_api.schedules.sentences import sentences_of


def as_seen_by_viewers(schedule: Schedule) -> Schedule:
    """Without the commands that it sends."""
    steps = [_masked(step) for step in schedule.steps]
    finally_ = [_masked(step) for step in schedule.finally_]
    masked = schedule.model_copy(update={"steps": steps, "finally_": finally_})
    return masked.model_copy(update=dict(sentences_of(masked)))


def _masked(step: Step) -> Step:
    if not isinstance(step, CommandStep):
        return step
    return step.model_copy(update={"command": f"{step.command.split()[0]} {MASK}", "expect": None})
