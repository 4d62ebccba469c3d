"""Whether a value is one that a setting can have, and how values are shown."""

import contextlib
import ipaddress
import math
from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import urlsplit

from vintagestory_api.server_config.catalogue import is_secret
from vintagestory_api.server_config.known import Known

_MOST_NAMES = 1000
_NAME_LENGTH = 1000
_ADDRESSES = frozenset({"ServerUrl", "MasterserverUrl", "ModDbUrl"})
_SHOWN_DEPTH = 30
#: What JavaScript can tell apart.
_EXACT: Final = 2**53


class BadValue(ValueError):
    """Says in words why a value is no good."""


def checked(known: Known, value: Any) -> Any:
    """The value as it is written. Raises `BadValue`."""
    if value is None:
        if known.nullable:
            return None
        raise BadValue("has to have a value")
    match known.type:
        case "bool":
            if not isinstance(value, bool):
                raise BadValue("has to be true or false")
            return value
        case "int" | "float":
            return _number(known, value)
        case "text" | "long_text" | "secret":
            return _text(known, value)
        case "choice":
            return _choice(known, value)
        case _:
            return _names(value)


def checked_unknown(value: Any) -> Any:
    """Of a setting that only the game or a mod knows. Raises `BadValue`."""
    if showable(value) != value:
        raise BadValue("holds something that no configuration can hold: broken text, or numbers without an end")
    return value


def problem_of(known: Known, value: Any) -> str | None:
    """Why a value in the file is no good, in words. The game takes a text for the number in it, too."""
    if isinstance(value, str) and known.type in {"int", "float"}:
        with contextlib.suppress(ValueError):
            value = float(value[:40])
    if known.takes_effect == "never" or (value is None and known.default is None):
        return None
    if known.type == "choice" and not isinstance(value, str | list | dict):
        as_text = str(value).lower()
        if any(choice == as_text for choice, _ in known.choices):
            return None
    try:
        checked(known, value)
    except BadValue as error:
        return f"It {error}."
    return None


def showable(value: Any, depth: int = 0) -> Any:
    """What JSON in UTF-8 can hold: a hand-written file may have numbers without an end, and halves of characters."""
    if depth > _SHOWN_DEPTH:
        return "…"
    if isinstance(value, dict):
        return {showable(str(name)): showable(part, depth + 1) for name, part in value.items()}
    if isinstance(value, list):
        return [showable(part, depth + 1) for part in value]
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value


def without_secrets(path: Sequence[str], value: Any) -> Any:
    """`value` of the setting at `path`, with null for whatever is secret in it."""
    if is_secret(path):
        return None
    if isinstance(value, dict):
        return {name: without_secrets((str(name),), part) for name, part in value.items()}
    if isinstance(value, list):
        return [without_secrets((), part) for part in value]
    return showable(value)


def _number(known: Known, value: Any) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float) or (isinstance(value, float) and not math.isfinite(value)):
        raise BadValue("has to be a number")
    if known.type == "int" and value != int(value):
        raise BadValue("has to be a whole number")
    number: int | float = int(value) if known.type == "int" else value
    unit = f" {known.unit}" if known.unit else ""
    if known.minimum is not None and number < known.minimum:
        raise BadValue(f"has to be {known.minimum:,.12g}{unit} at least")
    if known.maximum is not None and number > known.maximum:
        raise BadValue(f"has to be {known.maximum:,.12g}{unit} at most")
    return number


def _text(known: Known, value: Any) -> str | None:
    if not isinstance(value, str):
        raise BadValue("has to be text")
    if known.max_length is not None and len(value) > known.max_length:
        raise BadValue(f"has to have {known.max_length:,} characters at most")
    _see_that_it_is_plain(value, lines=known.type == "long_text")
    if known.path[-1] in _ADDRESSES and value and not _is_web_address(value):
        raise BadValue("has to be an address that begins with http:// or https://")
    if known.path == ("Ip",) and value:
        try:
            ipaddress.ip_address(value)
        except ValueError:
            raise BadValue("has to be an IP address, or empty") from None
    if known.type == "secret" and not value:
        return None
    return value


def _choice(known: Known, value: Any) -> Any:
    if any(value == choice and type(value) is type(choice) for choice, _ in known.choices):
        return value
    kinds = {type(choice) for choice, _ in known.choices}
    if not known.allows_others or type(value) not in kinds:
        raise BadValue(f"has to be one of: {', '.join(str(choice) for choice, _ in known.choices)}")
    if isinstance(value, str):
        if len(value) > _NAME_LENGTH:
            raise BadValue("is too long")
        _see_that_it_is_plain(value, lines=False)
    elif abs(value) > _EXACT:
        raise BadValue("is too large")
    return value


def _names(value: Any) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise BadValue("has to be a list of texts")
    if len(value) > _MOST_NAMES:
        raise BadValue(f"has to have {_MOST_NAMES:,} entries at most")
    for name in value:
        if not name.strip() or len(name) > _NAME_LENGTH:
            raise BadValue("has an entry that is empty or too long")
        _see_that_it_is_plain(name, lines=False)
    return list(value)


def _see_that_it_is_plain(text: str, *, lines: bool) -> None:
    for character in text:
        if lines and character in "\r\n\t":
            continue
        if not character.isprintable() and (
            character < " " or "\x7f" <= character <= "\x9f" or "\ud800" <= character <= "\udfff"
        ):
            raise BadValue("holds characters that no text has" if lines else "has to be one line of plain text")


def _is_web_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        return False
