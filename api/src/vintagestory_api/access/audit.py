"""The trail of changes: who did what, to what, when, from where, and how it went."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from vintagestory_api.kit.redaction import redact_value

OK = "ok"
DENIED = "denied"

_DETAILS_MAX_BYTES = 2_000
_TEXT_MAX_LENGTH = 200
_MAX_MEMBERS = 40
_MAX_DEPTH = 3


@dataclass(frozen=True)
class AuditEntry:
    """`result` is `ok`, `denied` (the role did not reach) or the code of the error; `status` that of HTTP, if any."""

    id: str
    at: int
    who_kind: str
    who_id: str | None
    who_name: str
    role: str | None
    action: str
    target: Mapping[str, Any]
    from_address: str | None
    result: str
    status: int | None
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class AuditFilter:
    """Which entries to list; None does not filter. `who` is a name or an id, `since` integer UTC milliseconds."""

    who: str | None = None
    action: str | None = None
    result: str | None = None
    since: int | None = None


def presentable(fields: Mapping[str, Any]) -> dict[str, Any]:
    """`fields` for the trail: secrets masked, long and deep values cut, and only the fields' names when all is still too long.

    What comes out can be written as JSON, whatever a caller sent.
    """
    masked: dict[str, Any] = redact_value(_bounded(fields, depth=0))
    if len(json.dumps(masked)) <= _DETAILS_MAX_BYTES:
        return masked
    return {"shortened": True, "fields": sorted(masked)[:8]}


def _bounded(value: Any, *, depth: int) -> Any:
    # Before anything else looks at them: values are as large as a request may be.
    if isinstance(value, bool | float | None) or (isinstance(value, int) and abs(value) < 2**63):
        return value
    if isinstance(value, Mapping | list | tuple) and depth >= _MAX_DEPTH:
        return "…"
    if isinstance(value, Mapping):
        members = islice(value.items(), _MAX_MEMBERS)
        return {_bounded(str(name), depth=depth): _bounded(member, depth=depth + 1) for name, member in members}
    if isinstance(value, list | tuple):
        return [_bounded(member, depth=depth + 1) for member in value[:_MAX_MEMBERS]]
    text = value if isinstance(value, str) else str(value)
    cut = text if len(text) <= _TEXT_MAX_LENGTH else f"{text[:_TEXT_MAX_LENGTH]}…"
    return cut.encode("utf-8", "replace").decode()  # a path may hold what UTF-8 can't
