"""How values and differences read in a plan."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

_MAX_LENGTH: Final = 80


def shown(value: Any) -> str:
    match value:
        case None:
            return "nothing"
        case bool():
            return "yes" if value else "no"
        case str():
            text = value
        case _:
            text = json.dumps(value, ensure_ascii=False)
    text = "".join(char if char.isprintable() else " " for char in text)
    return text if len(text) <= _MAX_LENGTH else f"{text[:_MAX_LENGTH]}…"


def difference(name: str, before: Any, after: Any) -> str:
    return f"{name}: {shown(before)} → {shown(after)}"


def differences(before: Mapping[str, Any], after: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    """Of what `after` names, down to the innermost."""
    for name, value in after.items():
        known = before.get(name)
        if isinstance(value, Mapping) and isinstance(known, Mapping):
            yield from differences(known, value, f"{prefix}{name}.")
        elif value != known:
            yield difference(f"{prefix}{name}", known, value)


def some(names: list[str], most: int = 5) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
