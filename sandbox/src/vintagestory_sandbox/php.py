"""The habits of PHP and MySQL that show through the mod database's answers (source: vsmoddb, recorded answers)."""

import json
import re
import unicodedata
from typing import Any
from urllib.parse import parse_qsl, quote_plus

_NUMBER = re.compile(r"\s*[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?\s*")
_ARRAY_KEY = re.compile(r"([^\[\]]+)\[[^\[\]]*\]")

Query = dict[str, str | list[str]]


def encode_json(value: Any) -> bytes:
    r"""JSON as json_encode writes it: no blanks, `\/` for a slash, `\uXXXX` for everything outside ASCII."""
    return json.dumps(value, ensure_ascii=True, separators=(",", ":")).replace("/", "\\/").encode("ascii")


def parse_query(raw: bytes) -> Query:
    """`$_GET`: the last value of a name wins, and `name[]=` collects a list."""
    query: Query = {}
    for key, value in parse_qsl(raw.decode("latin-1"), keep_blank_values=True, encoding="utf-8", errors="replace"):
        array = _ARRAY_KEY.fullmatch(key)
        if array is None:
            query[key] = value
            continue
        values = query.setdefault(array[1], [])
        if isinstance(values, list):
            values.append(value)
    return query


def is_empty(value: str | list[str] | None) -> bool:
    """`empty()`: nothing, the empty text, an empty list, and "0" too."""
    return not value or value == "0"


def text_of(value: str | list[str]) -> str:
    """A parameter where PHP insists on text. Raises TypeError for a list, which the site shows as an error page."""
    if isinstance(value, list):
        raise TypeError("a list where text is expected")
    return value


def intval(text: str) -> int:
    """The number a text begins with, 0 when it begins with none."""
    found = re.match(r"\s*[+-]?\d{1,18}", text)
    return int(found[0]) if found else 0


def whole_number(text: str) -> int | None:
    """The number that a numeric text compares equal to ("007", "7.0"), None for any other text."""
    if not _NUMBER.fullmatch(text):
        return None
    number = float(text)
    return int(number) if abs(number) < 2**53 and number == int(number) else None


def collate(text: str) -> str:
    """The form under which the database compares texts: no letter case, no accents, no blanks at the end."""
    if text.isascii():
        return text.lower().rstrip(" ")
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(char for char in plain if not unicodedata.combining(char)).rstrip(" ")


def url_encode(text: str) -> str:
    """`urlencode()`: a blank becomes `+`."""
    return quote_plus(text).replace("~", "%7E")
