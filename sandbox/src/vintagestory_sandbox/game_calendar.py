"""When which version of the game came out, for the version lists and for the dates of generated releases.

The dates of 1.20 and later are real (source: history of the game's API repository); older ones are near enough for a stand-in.
"""

from bisect import bisect_right
from datetime import UTC, datetime, timedelta
from functools import cache

_FORMAT = "%Y-%m-%d %H:%M:%S"

# Minor line: first stable release, number of the last patch, pre-releases "-pre.N", release candidates "-rc.N".
_LINES: tuple[tuple[str, str, int, int, int], ...] = (
    ("1.14", "2020-11-20", 10, 3, 3),
    ("1.15", "2021-07-02", 10, 3, 3),
    ("1.16", "2022-01-14", 5, 3, 3),
    ("1.17", "2022-07-22", 12, 3, 3),
    ("1.18", "2023-03-31", 15, 3, 3),
    ("1.19", "2024-01-19", 8, 3, 3),
    ("1.20", "2025-01-17", 12, 13, 4),
    ("1.21", "2025-08-25", 6, 3, 3),
    ("1.22", "2026-04-21", 7, 3, 9),
)
_END = "2026-09-20"

# Listed out of line on the real site as well: a pre-release far below the first version it knows.
_STRAY = "1.4.4-dev.2"


def parse_date(text: str) -> datetime:
    """A date of the mod database; it names no zone, and is taken as UTC."""
    return datetime.strptime(text, _FORMAT).replace(tzinfo=UTC)


def format_date(moment: datetime) -> str:
    """A date as the mod database writes it."""
    return moment.strftime(_FORMAT)


@cache
def stable_releases() -> tuple[tuple[str, str], ...]:
    """(date, version) of every stable version, oldest first. Dates compare as text."""
    releases = []
    starts = [datetime.strptime(start, "%Y-%m-%d").replace(tzinfo=UTC) for _, start, *_ in _LINES]
    starts.append(datetime.strptime(_END, "%Y-%m-%d").replace(tzinfo=UTC))
    for (line, _, last_patch, *_), start, end in zip(_LINES, starts, starts[1:], strict=False):
        step = (end - start) * 0.8 / (last_patch + 1)
        releases += [(format_date(start + step * patch), f"{line}.{patch}") for patch in range(last_patch + 1)]
    return tuple(releases)


@cache
def tagged_versions() -> tuple[str, ...]:
    """Every version a mod release can be tagged with, oldest first."""
    versions = [_STRAY]
    for line, _, last_patch, previews, candidates in _LINES:
        versions += [f"{line}.0-pre.{number}" for number in range(1, previews + 1)]
        versions += [f"{line}.0-rc.{number}" for number in range(1, candidates + 1)]
        versions += [f"{line}.{patch}" for patch in range(last_patch + 1)]
    position = versions.index("1.21.6") + 1
    return (*versions[:position], "1.21.7-rc.1", *versions[position:])


def stable_index(date: str) -> int:
    """The place in `stable_releases()` of the version that was newest at a date."""
    return max(0, bisect_right(stable_releases(), (date, "~")) - 1)


def days_before(date: str, days: float) -> str:
    """The date so many days earlier."""
    return format_date(parse_date(date) - timedelta(days=days))
