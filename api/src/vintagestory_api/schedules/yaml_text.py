"""Schedules as a YAML document: written for people to read, read as something that anybody may have written."""

from collections.abc import Iterable, Sequence
from typing import Any

from pydantic import ValidationError

from vintagestory_api.errors import FieldError, Invalid
from vintagestory_api.kit.plain_yaml import NotPlainYaml, Place, PlainYaml, dotted, in_words, one_line, read_plain_yaml
from vintagestory_api.schedules.checking import find_problems
from vintagestory_api.schedules.schemas import ScheduleBody, ScheduleFile
from vintagestory_api.schedules.sentences import sentence_of

MAX_DEPTH, MAX_VALUES = 16, 100_000
_MAX_SHOWN_PROBLEMS = 50
#: Names of the alternatives that pydantic puts between the fields of a trigger or a step.
_ALTERNATIVES = frozenset(
    {
        "cron", "interval", "event", "announce", "command", "save", "backup", "stop", "start", "restart", "update_mods",
        "update_game", "wait", "notify",
    }
)  # fmt: skip


class InvalidScheduleText(Invalid):
    code = "invalid_schedule_text"


def write_schedules(bodies: Iterable[ScheduleBody], title: str) -> str:
    """What differs from the defaults, below a title and what it means in words."""
    import yaml  # noqa: PLC0415 - only who needs it pays for it

    file = ScheduleFile(schedules=list(bodies))
    written = [_ordered(body.model_dump(mode="json", exclude_defaults=True)) for body in file.schedules]
    document = {"format": file.format, "schedules": written}
    text: str = yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=120)
    told = [f"# {title}", *(f"# - {body.name}: {sentence_of(body)}" for body in file.schedules)]
    return "\n".join(map(one_line, told)) + "\n" + text


def _ordered(body: dict[str, Any]) -> dict[str, Any]:
    """What a step does comes first in it."""
    for name in ("steps", "finally"):
        if name in body:
            body[name] = [{"do": step["do"], **step} for step in body[name]]
    return body


def read_schedules(text: str) -> list[ScheduleBody]:
    """Takes a while for a long text: not for the event loop. Raises `InvalidScheduleText`, with the place of each problem."""
    read = _read(text)
    document = read.value
    if isinstance(document, dict):
        document.setdefault("format", "vsmanager.schedules/1")
    try:
        file = ScheduleFile.model_validate(document)
    except ValidationError as error:
        refused = [(_place(item["loc"]), in_words(item)) for item in error.errors()[:_MAX_SHOWN_PROBLEMS]]
        raise _refused(refused, read) from None
    found: list[tuple[Place, str]] = []
    for number, body in enumerate(file.schedules):
        found += [(_split(f"schedules.{number}.{problem.field}"), problem.message) for problem in find_problems(body)]
    names: dict[str, int] = {}
    for number, body in enumerate(file.schedules):
        if (first := names.setdefault(body.name.casefold(), number)) != number:
            found.append((("schedules", number, "name"), f"has the name of schedule {first + 1}; names have to differ"))
    if found:
        raise _refused(found[:_MAX_SHOWN_PROBLEMS], read)
    return file.schedules


def _read(text: str) -> PlainYaml:
    try:
        return read_plain_yaml(text, what="schedules", max_depth=MAX_DEPTH, max_values=MAX_VALUES)
    except NotPlainYaml as error:
        raise _broken(str(error)) from None


def _place(location: Sequence[str | int]) -> Place:
    """Without what pydantic adds: the kind of a trigger or a step behind its field or number."""
    found: list[str | int] = []
    for part in location:
        is_alternative = part in _ALTERNATIVES and found and (found[-1] == "trigger" or isinstance(found[-1], int))
        if not is_alternative:
            found.append(part)
    return tuple(found)


def _split(field: str) -> Place:
    return tuple(int(part) if part.isdecimal() else part for part in field.split("."))


def _refused(problems: list[tuple[Place, str]], read: PlainYaml) -> InvalidScheduleText:
    fields = [FieldError(dotted(place), f"{_where(place, read)}: {words}") for place, words in problems]
    return InvalidScheduleText(f"These schedules can't be used, and nothing was changed. {fields[0].message}", fields=fields)


def _where(place: Place, read: PlainYaml) -> str:
    """`Line 12, schedule "Nightly restart", steps.0.text`."""
    said = [f"Line {read.line_of(place)}"]
    if len(place) > 1 and place[0] == "schedules" and isinstance(place[1], int):
        try:
            name = read.value["schedules"][place[1]]["name"]
        except (KeyError, IndexError, TypeError):
            name = None
        said.append(f'schedule "{name[:60]}"' if isinstance(name, str) else f"schedule {place[1] + 1}")
        place = place[2:]
    if place:
        said.append(dotted(place))
    return ", ".join(said)


def _broken(message: str) -> InvalidScheduleText:
    return InvalidScheduleText(
        f"This is no file of schedules, and nothing was changed. {message}", fields=[FieldError("yaml", message)]
    )
