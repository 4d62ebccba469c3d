"""Schedules as a YAML document: written for people to read, read as something that anybody may have written.

Nothing of YAML but maps, lists and plain values is taken: no tags, no anchors, one document, and not deeper than schedules are.
What looks like a number in YAML's own eyes alone, such as the time 05:30, stays text.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from pydantic import ValidationError

from vintagestory_api.errors import FieldError, Invalid
from vintagestory_api.schedules.checking import find_problems
from vintagestory_api.schedules.schemas import ScheduleBody, ScheduleFile
from vintagestory_api.schedules.sentences import sentence_of

MAX_DEPTH, MAX_VALUES = 16, 100_000
_MAX_SHOWN_PROBLEMS = 50
_NULLS, _BOOLEANS = {"", "~", "null", "Null", "NULL"}, {"true": True, "false": False}
_WHOLE = re.compile(r"-?(0|[1-9][0-9]{0,17})")
#: Names of the alternatives that pydantic puts between the fields of a trigger or a step.
_ALTERNATIVES = frozenset(
    {
        "cron", "interval", "event", "announce", "command", "save", "backup", "stop", "start", "restart", "update_mods",
        "update_game", "wait", "notify",
    }
)  # fmt: skip

Place = tuple[str | int, ...]


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
    return "\n".join(line.replace("\n", " ") for line in told) + "\n" + text


def _ordered(body: dict[str, Any]) -> dict[str, Any]:
    """What a step does comes first in it."""
    for name in ("steps", "finally"):
        if name in body:
            body[name] = [{"do": step["do"], **step} for step in body[name]]
    return body


def read_schedules(text: str) -> list[ScheduleBody]:
    """Takes a while for a long text: not for the event loop. Raises `InvalidScheduleText`, with the place of each problem."""
    document, lines = _read(text)
    if isinstance(document, dict):
        document.setdefault("format", "vsmanager.schedules/1")
    try:
        file = ScheduleFile.model_validate(document)
    except ValidationError as error:
        refused = [(_place(item["loc"]), _words(item)) for item in error.errors()[:_MAX_SHOWN_PROBLEMS]]
        raise _refused(refused, document, lines) from None
    found: list[tuple[Place, str]] = []
    for number, body in enumerate(file.schedules):
        found += [(_split(f"schedules.{number}.{problem.field}"), problem.message) for problem in find_problems(body)]
    names: dict[str, int] = {}
    for number, body in enumerate(file.schedules):
        if (first := names.setdefault(body.name.casefold(), number)) != number:
            found.append((("schedules", number, "name"), f"has the name of schedule {first + 1}; names have to differ"))
    if found:
        raise _refused(found[:_MAX_SHOWN_PROBLEMS], document, lines)
    return file.schedules


def _read(text: str) -> tuple[Any, dict[Place, int]]:
    """The document as plain values, and the line of each."""
    import yaml  # noqa: PLC0415 - only who needs it pays for it

    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    lines: dict[Place, int] = {}
    try:
        # Event by event: what libyaml does in one go would keep all other threads waiting.
        document = _document(yaml, _harmless(yaml, yaml.parse(text, Loader=loader)), lines)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"Line {mark.line + 1}, column {mark.column + 1}" if mark else "The text"
        raise _broken(f"{where}: {error.problem or error.context or 'it is no YAML'}.") from None
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise _broken(f"It can't be read: {str(error).splitlines()[0] if str(error) else type(error).__name__}.") from None
    return document, lines


def _harmless(yaml: Any, events: Iterator[Any]) -> Iterator[Any]:
    """Before anything is put together: refuse what could grow, or does not belong into such a file."""
    depth = documents = 0
    for count, event in enumerate(events):
        line = event.start_mark.line + 1
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
            raise _broken(f"Line {line}: anchors and aliases (& and *) can't be used here. Write it out.")
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
        elif isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        tag = getattr(event, "tag", None)
        if tag is not None and tag not in {"!", "tag:yaml.org,2002:str"}:
            raise _broken(f"Line {line}: tags such as {str(tag)[:60]} can't be used here.")
        if documents > 1:
            raise _broken(f"Line {line}: a second document begins. Give one.")
        if depth > MAX_DEPTH or count > MAX_VALUES:
            raise _broken(f"Line {line}: it holds more, or goes deeper, than schedules can.")
        yield event


def _document(yaml: Any, events: Iterator[Any], lines: dict[Place, int]) -> Any:
    document: Any = None
    is_there = False
    for event in events:
        if isinstance(event, yaml.NodeEvent):
            document, is_there = _value(yaml, event, events, (), lines), True
    if not is_there:
        raise _broken("It is empty.")
    return document


def _value(yaml: Any, event: Any, events: Iterator[Any], place: Place, lines: dict[Place, int]) -> Any:
    """What begins with this event; takes those that belong to it."""
    lines[place] = event.start_mark.line + 1
    if isinstance(event, yaml.SequenceStartEvent):
        items: list[Any] = []
        while not isinstance(item := next(events), yaml.SequenceEndEvent):
            items.append(_value(yaml, item, events, (*place, len(items)), lines))
        return items
    if isinstance(event, yaml.MappingStartEvent):
        found: dict[str, Any] = {}
        while not isinstance(key := next(events), yaml.MappingEndEvent):
            if not isinstance(key, yaml.ScalarEvent):
                raise _broken(f"Line {key.start_mark.line + 1}: a name is expected here.")
            if key.value in found:
                raise _broken(f"Line {key.start_mark.line + 1}: {key.value[:60]!r} is there twice.")
            found[key.value] = _value(yaml, next(events), events, (*place, key.value), lines)
        return found
    return _plain(event)


def _plain(event: Any) -> Any:
    if event.style:  # quoted, or a block: text
        return event.value
    if event.value in _NULLS:
        return None
    if event.value in _BOOLEANS:
        return _BOOLEANS[event.value]
    return int(event.value) if _WHOLE.fullmatch(event.value) else event.value


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


def _words(item: Any) -> str:
    match item["type"]:
        case "missing":
            return "has to be given"
        case "extra_forbidden":
            return "is not known here"
        case "union_tag_not_found":
            return f"has to say of which kind it is, with {str(item['ctx']['discriminator']).strip(chr(39))}"
        case "union_tag_invalid":
            return f"{str(item['ctx']['tag'])[:60]!r} is not known here; there are {item['ctx']['expected_tags']}"
        case _:
            message = str(item["msg"]).removeprefix("Value error, ")
            return message.replace("Input should be", "has to be", 1).replace("Input should", "has to", 1)


def _refused(problems: list[tuple[Place, str]], document: Any, lines: dict[Place, int]) -> InvalidScheduleText:
    fields = [FieldError(_dotted(place), f"{_where(place, document, lines)}: {words}") for place, words in problems]
    return InvalidScheduleText(f"These schedules can't be used, and nothing was changed. {fields[0].message}", fields=fields)


def _where(place: Place, document: Any, lines: dict[Place, int]) -> str:
    """`Line 12, schedule "Nightly restart", steps.0.text`."""
    known = place
    while known and known not in lines:
        known = known[:-1]
    said = [f"Line {lines.get(known, 1)}"]
    if len(place) > 1 and place[0] == "schedules" and isinstance(place[1], int):
        try:
            name = document["schedules"][place[1]]["name"]
        except (KeyError, IndexError, TypeError):
            name = None
        said.append(f'schedule "{name[:60]}"' if isinstance(name, str) else f"schedule {place[1] + 1}")
        place = place[2:]
    if place:
        said.append(_dotted(place))
    return ", ".join(said)


def _dotted(place: Place) -> str:
    return ".".join(map(str, place)) or "yaml"


def _broken(message: str) -> InvalidScheduleText:
    return InvalidScheduleText(
        f"This is no file of schedules, and nothing was changed. {message}", fields=[FieldError("yaml", message)]
    )
