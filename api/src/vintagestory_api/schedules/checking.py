"""What of a schedule can't work, found before it is stored; pure. The schemas have looked at its form already."""

from collections.abc import Iterator, Sequence
from zoneinfo import ZoneInfo

from vintagestory_api.errors import FieldError, Invalid
from vintagestory_api.schedules.next_runs import ticks_of
from vintagestory_api.schedules.schemas import AnnounceStep, CommandStep, EventTrigger, ScheduleBody, Step
from vintagestory_api.servers.commands import CommandNotPossible, checked_command
from vintagestory_api.services.schedule import InvalidCron, InvalidInterval, NoSuchZone

#: Steps that make the server stop or start, and so cause what a schedule may wait for.
MOVING_STEPS = frozenset({"stop", "start", "restart", "update_mods", "update_game"})
_CHECK_ID = "schedule:check"


class InvalidSchedule(Invalid):
    code = "invalid_schedule"


def check(body: ScheduleBody, prefix: str = "") -> None:
    """Raises `InvalidSchedule` with each field that can't be used; `prefix` comes before their names."""
    if problems := find_problems(body):
        fields = [FieldError(prefix + problem.field, problem.message) for problem in problems]
        raise InvalidSchedule(f"The schedule {body.name!r} can't be used. {problems[0].message}", fields=fields)


def check_trigger(body: ScheduleBody) -> None:
    """Only what decides when it is due: the rest may still be written. Raises `InvalidSchedule`."""
    if problems := list(_of_trigger(body)):
        raise InvalidSchedule(f"Nobody can tell when this is due. {problems[0].message}", fields=problems)


def find_problems(body: ScheduleBody) -> list[FieldError]:
    return [*_of_trigger(body), *_of_conditions(body), *_of_steps("steps", body.steps), *_of_steps("finally", body.finally_)]


def _of_trigger(body: ScheduleBody) -> Iterator[FieldError]:
    try:
        ticks_of(body.trigger, _CHECK_ID)
    except NoSuchZone as error:
        yield FieldError("trigger.zone", error.message)
    except InvalidCron as error:
        yield FieldError("trigger.cron", error.message)
    except InvalidInterval as error:
        yield FieldError("trigger.seconds", error.message)
    if isinstance(body.trigger, EventTrigger) and body.trigger.minutes == 0:
        yield FieldError("trigger.minutes", "Give at least one minute.")


def _of_conditions(body: ScheduleBody) -> Iterator[FieldError]:
    conditions = body.conditions
    if conditions.zone is not None and not zone_exists(conditions.zone):
        yield FieldError("conditions.zone", no_zone(conditions.zone))
    if conditions.quiet_hours is not None and conditions.quiet_hours.begin == conditions.quiet_hours.end:
        yield FieldError(
            "conditions.quiet_hours.end", "These quiet hours would be never, or always. Change one of the two times."
        )
    if conditions.server == "offline" and (conditions.only_empty or conditions.defer_minutes):
        yield FieldError("conditions.server", "Nobody is on while the server is offline, so there is nothing to wait for.")
    if isinstance(body.trigger, EventTrigger):
        if body.trigger.event == "server_ready" and conditions.server == "offline":
            yield FieldError("conditions.server", "A server that is ready is not offline, so this would never run.")
        if body.trigger.event in {"server_stopped", "server_crashed"} and conditions.server == "online":
            yield FieldError("conditions.server", "A server that has ended is not online, so this would never run.")


def _of_steps(name: str, steps: Sequence[Step]) -> Iterator[FieldError]:
    for number, step in enumerate(steps):
        place = f"{name}.{number}"
        match step:
            case CommandStep():
                try:
                    checked_command(step.command)
                except CommandNotPossible as error:
                    yield FieldError(f"{place}.command", error.message)
            case AnnounceStep():
                if "{minutes}" in step.text and not step.warn_minutes:
                    yield FieldError(f"{place}.text", "{minutes} is only known with warn_minutes. Give those, or leave it out.")
                try:
                    checked_command(f"/announce {step.text}")
                except CommandNotPossible as error:
                    yield FieldError(f"{place}.text", error.message)
                if step.timeout_seconds is not None and step.timeout_seconds < max(step.warn_minutes, default=0) * 60:
                    yield FieldError(f"{place}.timeout_seconds", "The first warning comes longer before than this step may take.")
            case _:
                if step.do == "wait" and step.timeout_seconds is not None and step.timeout_seconds < step.seconds:
                    yield FieldError(f"{place}.timeout_seconds", "This is shorter than the time to wait.")


def zone_exists(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True


def no_zone(name: str) -> str:
    return f"There is no time zone {name!r}. Give an IANA name such as Europe/Berlin or UTC."
