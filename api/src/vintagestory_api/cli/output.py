"""What commands print: tables and plain words for people, one JSON document for programs. Rich is imported when a table is."""

import json
import os
import re
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from vintagestory_api.cli.failures import ReaderGone

NOTHING = "–"
_PIPE_WIDTH = 1_000
_DAYS_ALONE_FROM_SECONDS = 7 * 86_400
_UNITS = (("d", 86_400), ("h", 3_600), ("min", 60))
#: Everything that could move a terminal's cursor or turn the direction of its text. Others wrote it: it is never ours.
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def plain(text: str) -> str:
    """`text` without control characters: tabs and line ends become blanks, what steers a terminal becomes �."""
    return _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", re.sub(r"[\t\r\n]+", " ", text))


def print_json(document: Any) -> None:
    # A stream that can't show everything gets escapes, which mean the same.
    ascii_only = "utf" not in (sys.stdout.encoding or "").lower()
    write(json.dumps(document, indent=2, ensure_ascii=ascii_only) + "\n")


def print_lines(*lines: str) -> None:
    """Lines of text that may hold anything."""
    write("".join(plain(line) + "\n" for line in lines))


def print_table(
    columns: Sequence[str], rows: Iterable[Sequence[str | None]], *, fixed: int = 1, numbers: Sequence[str] = ()
) -> None:
    """A table as wide as the terminal; in a pipe one line per row. The first `fixed` columns are never broken."""
    from rich.box import SIMPLE_HEAD  # noqa: PLC0415 - rich costs a tenth of a second
    from rich.console import Console  # noqa: PLC0415 - as above
    from rich.table import Table  # noqa: PLC0415 - as above
    from rich.text import Text  # noqa: PLC0415 - as above

    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for place, name in enumerate(columns):
        table.add_column(name, no_wrap=place < fixed, overflow="fold", justify="right" if name in numbers else "left")
    for row in rows:
        table.add_row(*(Text(plain(cell)) if cell else Text(NOTHING, style="dim") for cell in row))
    on_terminal = sys.stdout.isatty()
    console = Console(width=None if on_terminal else _PIPE_WIDTH, markup=False, highlight=False, emoji=False)
    with console.capture() as captured:
        console.print(table)
    write("".join(line.rstrip() + "\n" for line in captured.get().splitlines()))


def print_facts(facts: Iterable[tuple[str, str | None]]) -> None:
    """Names and values, one pair a line."""
    shown = [(name, plain(value) if value else NOTHING) for name, value in facts]
    width = max(len(name) for name, _ in shown) + 2
    write("".join(f"{name:<{width}}{value}\n" for name, value in shown))


def write(text: str) -> None:
    """Raises `ReaderGone`."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        raise ReaderGone from None


def forget_stdout() -> None:
    """Nobody reads it any more, so the interpreter must not complain when it flushes it at the end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def when(moment: str | None, *, now: datetime | None = None) -> str:
    """`5 min ago (2026-11-23 14:00:00)`, in the zone of this machine, for an RFC 3339 time."""
    if not moment:
        return NOTHING
    there = parse_time(moment)
    if there is None:
        return moment
    seconds = (there - (now or datetime.now(UTC))).total_seconds()
    exact = there.astimezone().strftime("%Y-%m-%d %H:%M:%S")
    if abs(seconds) < 1:
        return f"just now ({exact})"
    distance = duration(abs(seconds))
    return f"in {distance} ({exact})" if seconds > 0 else f"{distance} ago ({exact})"


def duration(seconds: float) -> str:
    """`450 ms`, `12.3 s`, `5 min`, `2 h 5 min`, `3 d 4 h`, `120 d`: rounded down."""
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 60:
        return f"{seconds:.1f} s" if seconds < 20 and seconds != int(seconds) else f"{int(seconds)} s"
    parts: list[tuple[int, str]] = []
    left = int(seconds)
    for name, size in _UNITS:
        count, left = divmod(left, size)
        if count or parts:
            parts.append((count, name))
    shown = parts[:1] if seconds >= _DAYS_ALONE_FROM_SECONDS else parts[:2]
    return " ".join(f"{count} {name}" for count, name in shown if count)


def took(started_at: str | None, ended_at: str | None) -> str:
    started, ended = parse_time(started_at), parse_time(ended_at)
    return duration((ended - started).total_seconds()) if started and ended and ended >= started else NOTHING


def parse_time(moment: str | None) -> datetime | None:
    try:
        parsed = datetime.fromisoformat(moment or "")
    except ValueError:
        return None
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def size(count: float) -> str:
    """`1.4 GB` for a number of bytes."""
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} TB"
