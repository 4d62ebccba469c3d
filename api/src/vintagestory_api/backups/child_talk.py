"""How the programs that pack and read archives speak with the manager, and how they end with it. Standard library only.

The first line of the standard input is the task, as JSON. The input stays open; its end means that nobody waits any more, and
the program ends at once. What it prints are lines: `doing WHAT`, `progress DONE TOTAL`, and last `done JSON` or
`refused KIND TEXT`.
"""

import contextlib
import errno
import json
import os
import sqlite3
import sys
import threading
import time
from collections.abc import Callable
from typing import Any, Final

from vintagestory_api.backups.archive_reader import Refused

#: What a hostile archive may make us hold. Packing at a high level with many threads takes more.
MAX_READ_MEMORY_BYTES: Final = 2 << 30

_TELL_EVERY_SECONDS = 0.2
_NICENESS = 5
_farewells: Final[list[Callable[[], None]]] = []
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def run(work: Callable[[dict[str, Any]], dict[str, Any]], *, max_memory_bytes: int | None = None) -> None:
    """Do the task, say what became of it, and end the process."""
    task = json.loads(sys.stdin.buffer.readline() or b"null")
    if task is None:
        os._exit(1)
    threading.Thread(target=_end_with_the_manager, daemon=True).start()
    with contextlib.suppress(OSError):
        os.nice(_NICENESS)
    if max_memory_bytes is not None:
        _limit_memory(max_memory_bytes)
    try:
        _say("done", json.dumps(work(task)))
    except Refused as refused:
        _say("refused", refused.kind, str(refused))
    except OSError as error:
        kind = "disk_full" if error.errno in _FULL else "not_done"
        _say("refused", kind, f"{error.strerror or type(error).__name__}{_place(error)}")
    except sqlite3.Error as error:
        kind = "disk_full" if getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_FULL else "not_done"
        _say("refused", kind, f"SQLite says: {error}")
    except MemoryError:
        _say("refused", "not_done", "it takes more memory than it may")
    # Not the interpreter's long way: a thread may still wait for work.
    os._exit(0)


def before_end(farewell: Callable[[], None]) -> None:
    """Called when nobody waits any more, before the process ends."""
    _farewells.append(farewell)


def doing(what: str) -> None:
    _say("doing", what)


class Progress:
    """Tells how much of `total` is done, a few times a second at most."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._told = 0.0

    def tell(self, done: int) -> None:
        now = time.monotonic()
        if now - self._told >= _TELL_EVERY_SECONDS:
            self._told = now
            _say("progress", str(done), str(self._total))


def _place(error: OSError) -> str:
    name = error.filename
    return f" ({os.path.basename(os.fsdecode(name))})" if isinstance(name, str | bytes) else ""  # noqa: PTH119 - no path: a name


def _say(*words: str) -> None:
    line = " ".join(words).replace("\n", " ") + "\n"
    try:
        sys.stdout.write(line)
        sys.stdout.flush()
    except (OSError, ValueError):
        os._exit(1)


def _end_with_the_manager() -> None:
    while os.read(0, 4096):
        pass
    for farewell in _farewells:
        farewell()
    os._exit(1)


def _limit_memory(most: int) -> None:
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource  # noqa: PLC0415 - only on Unix

        resource.setrlimit(resource.RLIMIT_AS, (most, most))
