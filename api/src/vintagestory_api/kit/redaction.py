"""Keeps secrets out of everything that is written down: logs, recorded errors, reports."""

import re
from collections.abc import Mapping
from typing import Any

MASK = "***"

_SECRET_KEY = re.compile(r"pass(word|wd|phrase)?$|secret|token$|authorization|api_?key|cookie|credential", re.IGNORECASE)
# No part may look further back or ahead for each character of a long word: these texts come from outside.
_SECRET_TEXT = re.compile(
    r"""
      vsm_[A-Za-z0-9_-]{16,}                                     # our own tokens
    | (?<=://)[^\s/@:]*:[^\s/]+(?=@)                             # user:password@host
    | (?P<command>/(?:serverconfig|sc)\s{1,9}password\s{1,9})\S.*  # a command of the game that sets its password
    | \b(?P<scheme>bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}        # authorization headers
    | (?P<key>(?:password|passwd|passphrase|secret|token|cookie|api[_-]?key)["']?\s*[=:]\s*)
      (?: "[^"]+" | '[^']+' | (?!\s)[^\s"'&,;)}\]]+ )
    """,
    re.IGNORECASE | re.VERBOSE,
)
_MAX_DEPTH = 6

_known: set[str] = set()


def remember_secret(value: str) -> None:
    """Mask this very text from now on, wherever it appears. Texts under 8 characters are too common to mask."""
    if len(value) >= 8:
        _known.add(value)


def redact(text: str) -> str:
    """`text` with tokens, passwords and remembered secrets replaced by `***`. What UTF-8 can't hold becomes `?`."""
    text = text.encode("utf-8", "replace").decode()
    for secret in tuple(_known):
        if secret in text:
            text = text.replace(secret, MASK)
    return _SECRET_TEXT.sub(_mask, text)


def redact_value(value: Any, key: str = "", depth: int = 0) -> Any:
    """The same for nested data; a value whose key names a secret is masked whole.

    What comes out is plain and fits into JSON: anything but texts, numbers, mappings and lists becomes text.
    """
    if key and value is not None and not isinstance(value, bool) and _SECRET_KEY.search(key):
        return MASK
    if value is None or isinstance(value, (bool, float)) or (isinstance(value, int) and abs(value) < 2**63):
        return value
    if isinstance(value, str):
        return redact(value)
    if depth < _MAX_DEPTH:
        if isinstance(value, Mapping):
            return {redact(str(name)): redact_value(item, str(name), depth + 1) for name, item in value.items()}
        if isinstance(value, (list, tuple, set, frozenset)):
            return [redact_value(item, "", depth + 1) for item in value]
    return redact(text_of(value))


def text_of(value: object) -> str:
    """`str(value)`, or words that say so where it can't be made."""
    try:
        return str(value)
    except Exception as broken:  # noqa: BLE001 - what can't be written must not break whoever writes
        return f"(its text could not be made: {type(broken).__name__})"


def _mask(match: re.Match[str]) -> str:
    if match["key"]:
        return match["key"] + MASK
    if match["command"]:
        return match["command"] + MASK
    if match["scheme"]:
        return f"{match['scheme']} {MASK}"
    return MASK
