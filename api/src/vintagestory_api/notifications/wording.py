"""What a message says: pure functions from notices to text. Words of players, mods and logs stay words."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from typing import Final
from zoneinfo import ZoneInfo

from vintagestory_api.kit.clock import from_ms
from vintagestory_api.notifications.records import Notice

_MAX_TITLE: Final = 150
_MAX_LINE: Final = 300
#: Discord takes 2,000 characters; most others take more.
_MAX_TEXT: Final = 1700
_MAX_LINES: Final = 8
_GAP: Final = "\N{ZERO WIDTH SPACE}"

#: What could move a cursor or turn the direction of text.
_UNPRINTABLE = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
#: What chat programs take for a call to somebody, to everybody, or for a link that shows another address than it leads to.
_CALLS = re.compile(r"@(?=everyone|here|channel|all\b)|(?<!\w)@(?=[\w&!])|<(?=[!#@])|\](?=\()", re.IGNORECASE)
_FIELD = re.compile(r"\{(title|text|server|kind|severity|time|count)\}")

_SEVERITY_ORDER: Final = ("critical", "warning", "info")


def harmless(text: str) -> str:
    """`text` without control characters, in which nothing calls anybody. For what others wrote."""
    return _CALLS.sub(lambda call: call[0] + _GAP, _UNPRINTABLE.sub(" ", text))


def short(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"


def compose(
    notices: Sequence[Notice],
    *,
    more: int = 0,
    template: str | None = None,
    zone: str = "UTC",
    public_url: str = "",
    maybe_twice: bool = False,
) -> tuple[str, str]:
    """Title and text of the message that tells of `notices` and of `more` others."""
    if len(notices) == 1 and not more:
        title, text = _one(notices[0], public_url)
    else:
        title, text = _many(notices, more, zone, public_url)
    if template:
        text = fill_in(template, _values(notices, more, title, text, zone))
    if maybe_twice:
        text += "\n(Perhaps you got this before: the manager ended while it was being sent.)"
    return title, short(text, _MAX_TEXT)


def fill_in(template: str, values: Mapping[str, str]) -> str:
    """`{title}` and the like replaced in one go: what is put in is not looked at again, and anything else stays as it is."""
    return _FIELD.sub(lambda match: values[match[1]], template)


def title_of(notice: Notice) -> str:
    prefix = {"over": "Over: ", "still": "Still: "}.get(notice.phase, "")
    return short(harmless(f"{prefix}{notice.title}").replace("\n", " "), _MAX_TITLE)


def _one(notice: Notice, public_url: str) -> tuple[str, str]:
    lines = [short(harmless(notice.text), _MAX_TEXT - 300)] if notice.text else []
    if notice.more:
        lines.append(_times(notice.more))
    if link := _link(notice, public_url):
        lines.append(link)
    return title_of(notice), "\n".join(lines) or title_of(notice)


def _many(notices: Sequence[Notice], more: int, zone: str, public_url: str) -> tuple[str, str]:
    count = len(notices) + more
    weights = Counter(notice.severity for notice in notices if notice.phase != "over")
    told = [f"{weights[name]} {name}" for name in _SEVERITY_ORDER if weights[name] and name != "info"]
    title = f"{count} notices" + (f": {', '.join(told)}" if told else "")
    worst_first = sorted(notices, key=lambda notice: (notice.phase == "over", _SEVERITY_ORDER.index(notice.severity), notice.at))
    lines = [_line(notice, zone) for notice in worst_first[:_MAX_LINES]]
    while len("\n".join(lines)) > _MAX_TEXT - 300:
        lines.pop()
    if left := count - len(lines):
        lines.append(f"… and {left} more")
    if public_url:
        lines.append(f"{public_url.rstrip('/')}/notifications")
    return title, "\n".join(lines)


def _line(notice: Notice, zone: str) -> str:
    again = f" ({notice.more} more times)" if notice.more else ""
    text = harmless(notice.text).replace("\n", " ")
    return short(f"• {_time(notice.at, zone)} {title_of(notice)}{again}{f' – {text}' if text else ''}", _MAX_LINE)


def _times(more: int) -> str:
    return "It happened once more since." if more == 1 else f"It happened {more} more times since."


def _link(notice: Notice, public_url: str) -> str | None:
    return f"{public_url.rstrip('/')}{notice.action}" if public_url and notice.action else None


def _values(notices: Sequence[Notice], more: int, title: str, text: str, zone: str) -> dict[str, str]:
    servers = dict.fromkeys(notice.server_name for notice in notices if notice.server_name)
    worst = min((_SEVERITY_ORDER.index(notice.severity) for notice in notices), default=len(_SEVERITY_ORDER) - 1)
    return {
        "title": title,
        "text": text,
        "server": harmless(", ".join(name for name in servers if name)),
        "kind": ", ".join(dict.fromkeys(notice.kind for notice in notices)),
        "severity": _SEVERITY_ORDER[worst],
        "time": _time(max((notice.at for notice in notices), default=0), zone),
        "count": str(len(notices) + more + sum(notice.more for notice in notices)),
    }


def _time(at_ms: int, zone: str) -> str:
    moment: datetime = from_ms(at_ms).astimezone(zone_or_utc(zone))
    return moment.strftime("%Y-%m-%d %H:%M")


def zone_or_utc(name: str) -> tzinfo:
    """A zone that the machine does not know any more must not keep a message from being sent."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return UTC
