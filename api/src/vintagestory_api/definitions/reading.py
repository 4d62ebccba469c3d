"""Reads a definition as something that anybody may have written, and says of each mistake in which line it is."""

from collections.abc import Sequence
from typing import Final

from pydantic import ValidationError

from vintagestory_api.definitions.document import FORMAT, Definition
from vintagestory_api.errors import FieldError, Invalid
from vintagestory_api.kit.plain_yaml import NotPlainYaml, Place, PlainYaml, dotted, in_words, read_plain_yaml
from vintagestory_api.schedules.checking import find_problems

MAX_DEPTH, MAX_VALUES = 16, 200_000
_MAX_SHOWN_PROBLEMS: Final = 50
#: Between the fields of a trigger or a step pydantic names which kind it took them for.
_KINDS: Final = frozenset(
    {
        "cron", "interval", "event", "announce", "command", "save", "backup", "stop", "start", "restart", "update_mods",
        "update_game", "wait", "notify",
    }
)  # fmt: skip
_ANNOTATIONS: Final = ("constrained-str", "function-", "nullable", "[key]")


class InvalidDefinition(Invalid):
    code = "invalid_definition"


def read_definition(text: str) -> Definition:
    """Takes a while for a long text: not for the event loop. Raises `InvalidDefinition`, with the place of each problem."""
    try:
        read = read_plain_yaml(
            text,
            what="a definition of a server",
            max_depth=MAX_DEPTH,
            max_values=MAX_VALUES,
            has_fractions=lambda place: place[:1] == ("configuration",),
        )
    except NotPlainYaml as error:
        raise InvalidDefinition(
            f"This is no definition of a server, and nothing was changed. {error}", fields=[FieldError("yaml", str(error))]
        ) from None
    if isinstance(read.value, dict) and read.value.get("format") not in {None, FORMAT}:
        raise _refused([(("format",), f"is {str(read.value['format'])[:60]!r}, and this manager reads {FORMAT}")], read)
    if isinstance(read.value, dict) and "format" not in read.value:
        raise _refused([((), f"format has to be given: `format: {FORMAT}`")], read)
    try:
        definition = Definition.model_validate(read.value)
    except ValidationError as error:
        raise _refused([(_place(item["loc"]), in_words(item)) for item in error.errors()[:_MAX_SHOWN_PROBLEMS]], read) from None
    if problems := _beyond_their_form(definition):
        raise _refused(problems[:_MAX_SHOWN_PROBLEMS], read)
    return definition


def _beyond_their_form(definition: Definition) -> list[tuple[Place, str]]:
    found: list[tuple[Place, str]] = []
    for number, body in enumerate(definition.schedules or []):
        found += [(("schedules", number, *_split(problem.field)), problem.message) for problem in find_problems(body)]
    for part, names in (
        ("schedules", [body.name for body in definition.schedules or []]),
        ("notifications", [target.name for target in definition.notifications or []]),
        ("mods", [mod.modid or f"/{mod.file_name}" for mod in definition.mods or []]),
    ):
        seen: dict[str, int] = {}
        for number, name in enumerate(names):
            if (first := seen.setdefault(name.casefold(), number)) != number:
                found.append(((part, number), f"{name[:60]!r} is there twice, first as number {first + 1}"))
    return found


def _place(location: Sequence[str | int]) -> Place:
    """Without what pydantic adds: the kind of a trigger or a step behind its field or number."""
    found: list[str | int] = []
    for part in location:
        is_kind = part in _KINDS and found and (found[-1] == "trigger" or isinstance(found[-1], int))
        is_annotation = isinstance(part, str) and part.startswith(_ANNOTATIONS)
        if not is_kind and not is_annotation:
            found.append(part)
    return tuple(found)


def _split(field: str) -> Place:
    return tuple(int(part) if part.isdecimal() else part for part in field.split("."))


def _refused(problems: list[tuple[Place, str]], read: PlainYaml) -> InvalidDefinition:
    fields = [FieldError(dotted(place), _line(place, words, read)) for place, words in problems]
    return InvalidDefinition(f"This definition can't be used, and nothing was changed. {fields[0].message}", fields=fields)


def _line(place: Place, words: str, read: PlainYaml) -> str:
    return f"Line {read.line_of(place)}, {dotted(place)}: {words}" if place else f"Line {read.line_of(place)}: {words}"
