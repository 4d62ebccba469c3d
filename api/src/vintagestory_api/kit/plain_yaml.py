"""YAML that anybody may have written, read as plain values: maps, lists, text, numbers, yes and no.

No tags, no anchors, one document, nothing twice, and not deeper or longer than was agreed. What looks like a number in YAML's own
eyes alone, such as the time 05:30, stays text.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from vintagestory_api.kit.patterns import asked_for

_NULLS, _BOOLEANS = {"", "~", "null", "Null", "NULL"}, {"true": True, "false": False}
_WHOLE = re.compile(r"-?(0|[1-9][0-9]{0,17})")
_BROKEN = re.compile(r"-?(?:0|[1-9][0-9]{0,17})\.[0-9]{1,17}(?:[eE][+-]?[0-9]{1,2})?")

#: From the outermost value on: names and numbers.
Place = tuple[str | int, ...]


class NotPlainYaml(ValueError):
    """In words, with the line."""


@dataclass(frozen=True)
class PlainYaml:
    """`lines`: where each value begins, by its place."""

    value: Any
    lines: dict[Place, int]

    def line_of(self, place: Place) -> int:
        """Of what holds it, where it is not there itself."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 1)


def read_plain_yaml(
    text: str, *, what: str, max_depth: int, max_values: int, has_fractions: Callable[[Place], bool] = lambda _place: False
) -> PlainYaml:
    """Takes a while for a long text: not for the event loop. `what` such a file holds, for messages; `has_fractions`: where 0.5
    is a number, and no text. Raises `NotPlainYaml`."""
    import yaml  # noqa: PLC0415 - only who needs it pays for it

    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    reader = _Reader(yaml, what, max_depth, max_values, has_fractions)
    try:
        # Event by event: what libyaml does in one go would keep all other threads waiting.
        value = reader.document(reader.harmless(yaml.parse(text, Loader=loader)))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"Line {mark.line + 1}, column {mark.column + 1}" if mark else "The text"
        raise NotPlainYaml(f"{where}: {error.problem or error.context or 'it is no YAML'}.") from None
    except NotPlainYaml:
        raise
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise NotPlainYaml(f"It can't be read: {str(error).splitlines()[0] if str(error) else type(error).__name__}.") from None
    return PlainYaml(value, reader.lines)


class _Reader:
    def __init__(self, yaml: Any, what: str, max_depth: int, max_values: int, has_fractions: Callable[[Place], bool]) -> None:
        self._yaml = yaml
        self._what = what
        self._max_depth, self._max_values = max_depth, max_values
        self._has_fractions = has_fractions
        self.lines: dict[Place, int] = {}

    def harmless(self, events: Iterator[Any]) -> Iterator[Any]:
        """Before anything is put together: refuse what could grow, or does not belong into such a file."""
        yaml = self._yaml
        depth = documents = 0
        for count, event in enumerate(events):
            line = event.start_mark.line + 1
            if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
                raise NotPlainYaml(f"Line {line}: anchors and aliases (& and *) can't be used here. Write it out.")
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
            elif isinstance(event, yaml.CollectionStartEvent):
                depth += 1
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
            tag = getattr(event, "tag", None)
            if tag is not None and tag not in {"!", "tag:yaml.org,2002:str"}:
                raise NotPlainYaml(f"Line {line}: tags such as {str(tag)[:60]} can't be used here.")
            if documents > 1:
                raise NotPlainYaml(f"Line {line}: a second document begins. Give one.")
            if depth > self._max_depth or count > self._max_values:
                raise NotPlainYaml(f"Line {line}: it holds more, or goes deeper, than {self._what} can.")
            yield event

    def document(self, events: Iterator[Any]) -> Any:
        document: Any = None
        is_there = False
        for event in events:
            if isinstance(event, self._yaml.NodeEvent):
                document, is_there = self._value(event, events, ()), True
        if not is_there:
            raise NotPlainYaml("It is empty.")
        return document

    def _value(self, event: Any, events: Iterator[Any], place: Place) -> Any:
        """What begins with this event; takes those that belong to it."""
        yaml = self._yaml
        self.lines[place] = event.start_mark.line + 1
        if isinstance(event, yaml.SequenceStartEvent):
            items: list[Any] = []
            while not isinstance(item := next(events), yaml.SequenceEndEvent):
                items.append(self._value(item, events, (*place, len(items))))
            return items
        if isinstance(event, yaml.MappingStartEvent):
            found: dict[str, Any] = {}
            while not isinstance(key := next(events), yaml.MappingEndEvent):
                if not isinstance(key, yaml.ScalarEvent):
                    raise NotPlainYaml(f"Line {key.start_mark.line + 1}: a name is expected here.")
                if key.value in found:
                    raise NotPlainYaml(f"Line {key.start_mark.line + 1}: {key.value[:60]!r} is there twice.")
                found[key.value] = self._value(next(events), events, (*place, key.value))
            return found
        return self._plain(event, place)

    def _plain(self, event: Any, place: Place) -> Any:
        if event.style:  # quoted, or a block: text
            return event.value
        if event.value in _NULLS:
            return None
        if event.value in _BOOLEANS:
            return _BOOLEANS[event.value]
        if _WHOLE.fullmatch(event.value):
            return int(event.value)
        if self._has_fractions(place) and _BROKEN.fullmatch(event.value):
            return float(event.value)
        return event.value


def dotted(place: Place) -> str:
    return ".".join(map(str, place)) or "yaml"


_KINDS_IN_WORDS = {
    "missing": "has to be given",
    "extra_forbidden": "is not known here",
    "model_type": "has to be a list of names with values, such as `name: value`",
    "model_attributes_type": "has to be a list of names with values, such as `name: value`",
    "dict_type": "has to be a list of names with values, such as `name: value`",
}


def in_words(item: Any) -> str:
    """What pydantic says of a value, as the end of a sentence that begins with its place."""
    if item["type"] in _KINDS_IN_WORDS:
        return _KINDS_IN_WORDS[item["type"]]
    match item["type"]:
        case "union_tag_not_found":
            return f"has to say of which kind it is, with {str(item['ctx']['discriminator']).strip(chr(39))}"
        case "union_tag_invalid":
            return f"{str(item['ctx']['tag'])[:60]!r} is not known here; there are {item['ctx']['expected_tags']}"
        case "string_pattern_mismatch":
            return asked_for(item["ctx"]["pattern"])
        case _:
            message = str(item["msg"]).removeprefix("Value error, ")
            return re.sub(r"^(?:Input|String|List) should", "has to", message)


def one_line(text: str) -> str:
    """For a comment of a YAML document: it ends where a line does, of which there are more kinds than one, and a document with
    control characters can't be read."""
    return "".join(char if char.isprintable() else " " for char in text)
