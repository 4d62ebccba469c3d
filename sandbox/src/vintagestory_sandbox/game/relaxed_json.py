"""JSON as the game's parser takes it: comments, trailing commas, single quotes, names without quotes, a byte order mark."""

import json
import re
from collections.abc import Iterator
from typing import Any

_TOKEN = re.compile(
    r"""\s+|//[^\n]*|/\*.*?\*/|(?P<mark>[{}\[\],:])|"(?P<double>(?:[^"\\]|\\.)*)"|'(?P<single>(?:[^'\\]|\\.)*)'"""
    r"""|(?P<word>[^\s{}\[\],:"'/]+)""",
    re.DOTALL,
)
_WORDS = {"true": True, "false": False, "null": None}
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
_DEEPEST = 60


class NotReadable(ValueError):
    """Text that the game's parser would not take either."""


def parse(text: str) -> Any:
    """The value that a text means. Raises NotReadable."""
    try:
        return json.loads(text)
    except ValueError:
        return _Parser(text.removeprefix("\ufeff")).whole()
    except RecursionError:
        raise NotReadable("nested too deeply") from None


class _Parser:
    def __init__(self, text: str) -> None:
        self._tokens = _tokens(text)
        self._kind, self._text, self._line = "", "", 1
        self._next()

    def whole(self) -> Any:
        value = self._value(0)
        if self._kind:
            raise self._unexpected()
        return value

    def _value(self, depth: int) -> Any:
        if depth > _DEEPEST:
            raise NotReadable("nested too deeply")
        kind, text = self._kind, self._text
        if kind in {"double", "single"}:
            self._next()
            return _unescaped(kind, text)
        if kind == "mark" and text == "{":
            return self._object(depth)
        if kind == "mark" and text == "[":
            return self._list(depth)
        if kind == "word" and (text in _WORDS or _NUMBER.fullmatch(text)):
            self._next()
            return _WORDS[text] if text in _WORDS else _number(text)
        raise self._unexpected()

    def _object(self, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        self._next()
        while self._text != "}" or self._kind != "mark":
            if self._kind not in {"double", "single", "word"}:
                raise self._unexpected()
            name = self._text if self._kind == "word" else _unescaped(self._kind, self._text)
            self._next()
            self._expect(":")
            found[name] = self._value(depth + 1)
            self._comma_or("}")
        self._next()
        return found

    def _list(self, depth: int) -> list[Any]:
        found: list[Any] = []
        self._next()
        while self._text != "]" or self._kind != "mark":
            found.append(self._value(depth + 1))
            self._comma_or("]")
        self._next()
        return found

    def _comma_or(self, end: str) -> None:
        if self._kind != "mark" or self._text != end:
            self._expect(",")

    def _expect(self, mark: str) -> None:
        if self._kind != "mark" or self._text != mark:
            raise self._unexpected()
        self._next()

    def _next(self) -> None:
        self._kind, self._text, self._line = next(self._tokens, ("", "", self._line))

    def _unexpected(self) -> NotReadable:
        return NotReadable(f"Unexpected {self._text!r} at line {self._line}" if self._kind else "Unexpected end of content")


def _tokens(text: str) -> Iterator[tuple[str, str, int]]:
    place, line = 0, 1
    while place < len(text):
        found = _TOKEN.match(text, place)
        if found is None:
            raise NotReadable(f"Unexpected {text[place]!r} at line {line}")
        if found.lastgroup:
            yield found.lastgroup, found[found.lastgroup], line
        line += found[0].count("\n")
        place = found.end()


def _unescaped(kind: str, text: str) -> str:
    if kind == "single":
        text = re.sub(r'\\\'|"', lambda found: "'" if found[0] == "\\'" else '\\"', text)
    try:
        return str(json.loads(f'"{text}"', strict=False))
    except ValueError:
        raise NotReadable(f"Bad escape in {text!r}") from None


def _number(text: str) -> int | float:
    return float(text) if set(text) & set(".eE") else int(text)
