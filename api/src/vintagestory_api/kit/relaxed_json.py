"""JSON as the game and its mods write it: comments, trailing commas, single quotes, names without quotes, a byte order mark."""

import json
import re
from typing import Any, Final

_TOKEN = re.compile(
    r"""(?P<blank>\s+|//[^\n]*|/\*.*?\*/)|(?P<mark>[{}\[\],:])|"(?P<double>(?:[^"\\]|\\.)*)"|'(?P<single>(?:[^'\\]|\\.)*)'"""
    r"""|(?P<word>[^\s{}\[\],:"'/]+)""",
    re.DOTALL,
)
_WORDS: Final[dict[str, Any]] = {"true": True, "false": False, "null": None}
_NUMBER = re.compile(r"[-+]?(?:\d{1,300}(?:\.\d{0,300})?|\.\d{1,300})(?:[eE][-+]?\d{1,4})?", re.ASCII)
_DEEPEST = 100


class NotRelaxedJson(ValueError):
    """Says what is wrong, and where. `line` and `column` count from 1, as editors do; None where there is no such place."""

    def __init__(self, message: str, line: int | None = None, column: int | None = None) -> None:
        super().__init__(message)
        self.line = line
        self.column = column


def parse_relaxed(data: bytes) -> Any:
    """The value that the text means; names keep their order. Raises `NotRelaxedJson`."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise NotRelaxedJson("it is no text in UTF-8") from None
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except RecursionError:
        raise NotRelaxedJson("it is nested too deeply") from None
    except ValueError:
        return _Parser(text).whole()


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._place = 0
        self._kind, self._piece = "", ""
        self._next()

    def whole(self) -> Any:
        value = self._value(0)
        if self._kind:
            raise self._unexpected()
        return value

    def _value(self, depth: int) -> Any:
        if depth > _DEEPEST:
            raise NotRelaxedJson("it is nested too deeply")
        kind, piece = self._kind, self._piece
        if kind == "mark" and piece == "{":
            return self._object(depth)
        if kind == "mark" and piece == "[":
            return self._list(depth)
        if kind in {"double", "single"}:
            self._next()
            return self._unescaped(kind, piece)
        if kind == "word" and (piece in _WORDS or _NUMBER.fullmatch(piece)):
            self._next()
            return _WORDS[piece] if piece in _WORDS else _number(piece)
        raise self._unexpected()

    def _object(self, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        self._next()
        while not self._is("}"):
            if self._kind not in {"double", "single", "word"}:
                raise self._unexpected()
            name = self._piece if self._kind == "word" else self._unescaped(self._kind, self._piece)
            self._next()
            self._expect(":")
            found[name] = self._value(depth + 1)
            if not self._is("}"):
                self._expect(",")
        self._next()
        return found

    def _list(self, depth: int) -> list[Any]:
        found: list[Any] = []
        self._next()
        while not self._is("]"):
            found.append(self._value(depth + 1))
            if not self._is("]"):
                self._expect(",")
        self._next()
        return found

    def _is(self, mark: str) -> bool:
        return self._kind == "mark" and self._piece == mark

    def _expect(self, mark: str) -> None:
        if not self._is(mark):
            raise self._unexpected()
        self._next()

    def _next(self) -> None:
        while self._place < len(self._text):
            found = _TOKEN.match(self._text, self._place)
            if found is None:
                raise self._wrong(f"{self._text[self._place]!r} is not expected", self._place)
            self._place = found.end()
            self._kind = found.lastgroup or ""
            self._piece = found[self._kind]
            if self._kind != "blank":
                return
        self._kind = self._piece = ""

    def _wrong(self, what: str, place: int) -> NotRelaxedJson:
        line = self._text.count("\n", 0, place) + 1
        column = place - self._text.rfind("\n", 0, place)
        return NotRelaxedJson(f"{what} in line {line}, column {column}", line, column)

    def _unexpected(self) -> NotRelaxedJson:
        if not self._kind:
            end = self._wrong("its end is missing", len(self._text.rstrip()))
            return NotRelaxedJson("its end is missing", end.line, end.column)
        start = self._place - len(self._piece) - (2 if self._kind in {"double", "single"} else 0)
        return self._wrong(f"{self._piece[:40]!r} is not expected", start)

    def _unescaped(self, kind: str, token: str) -> str:
        if kind == "single":
            token = re.sub(r'\\\'|"', lambda found: "'" if found[0] == "\\'" else '\\"', token)
        try:
            return str(json.loads(f'"{token}"', strict=False))
        except ValueError:
            raise self._wrong("a text can't be read, which ends", self._place - 1) from None


def _number(token: str) -> int | float:
    return float(token) if set(token) & set(".eE") else int(token)


def _refuse_constant(name: str) -> Any:
    """`NaN` and the like: Python reads them, and nobody else would what it then writes."""
    raise ValueError(name)
