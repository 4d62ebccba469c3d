"""What a game that crashed left behind: the newest report in its crash log."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from vintagestory_api.kit.redaction import redact

_MAX_READ, MAX_REPORT = 65_536, 16_000
#: A report is written at the end of a life; clocks of file systems are coarse.
_SLACK_SECONDS = 2.0
_HEAD = re.compile(r"^Game Version: ", re.MULTILINE)
_MODS = re.compile(r"Critical error occurred in the following mod\(s\): ([^\r\n]{1,2000})")
_MOD = re.compile(r"^[\w.-]{1,80}(?:@[\w.+-]{1,40})?$", re.ASCII)


@dataclass(frozen=True)
class CrashReport:
    """`mods` are those that the report blames, as id@version or id."""

    text: str
    mods: tuple[str, ...]


def read_crash_report(logs: Path, since_ms: int) -> CrashReport | None:
    """The last report in the crash log, when that was written since `since_ms`; at most 16,000 characters. Blocking."""
    for name in ("server-crash.log", "server-crash.txt"):
        try:
            handle = os.open(logs / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError:
            continue
        with os.fdopen(handle, "rb") as file:
            try:
                state = os.fstat(handle)
                if state.st_mtime < since_ms / 1000 - _SLACK_SECONDS:
                    continue
                file.seek(max(0, state.st_size - _MAX_READ))
                text = file.read(_MAX_READ).decode("utf-8", "replace")
            except OSError:
                continue
        return _newest(text)
    return None


def _newest(text: str) -> CrashReport | None:
    heads = list(_HEAD.finditer(text))
    text = (text[heads[-1].start() :] if heads else text).replace("\0", "").strip()
    if not text:
        return None
    found = _MODS.search(text)
    mods = tuple(word for part in found[1].split(",") if _MOD.match(word := part.strip())) if found else ()
    return CrashReport(redact(text[:MAX_REPORT]), mods)
