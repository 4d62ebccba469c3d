"""Watches from inside how long an event loop is kept from its timers."""

import asyncio
import contextlib
import os
import threading
import time
from pathlib import Path
from typing import BinaryIO

INTERVAL_SECONDS = 0.002
#: Shorter gaps are not worth keeping.
_KEEP_FROM_MS = 5.0


class LoopProbe:
    """Wakes every 2 ms and notes the gaps between its wake-ups that are too long.

    The event loop was blocked for at most as long as a gap. Where the system tells (Linux), `waited_ms` says for how much of
    the gap the loop's thread was ready to go on but another process had the processor.
    """

    def __init__(self) -> None:
        #: (UTC milliseconds at its end, gap in ms, of this waited for the processor in ms)
        self.gaps: list[tuple[int, float, float]] = []

    async def watch(self) -> None:
        with contextlib.ExitStack() as stack:
            scheduling = _open_scheduling(stack)
            last, last_waited = time.perf_counter(), _waited_ms(scheduling)
            while True:
                await asyncio.sleep(INTERVAL_SECONDS)
                now, waited = time.perf_counter(), _waited_ms(scheduling)
                gap = (now - last) * 1000
                if gap >= _KEEP_FROM_MS:
                    self.gaps.append((time.time_ns() // 1_000_000, round(gap, 2), round(waited - last_waited, 2)))
                last, last_waited = now, waited


def _open_scheduling(stack: contextlib.ExitStack) -> BinaryIO | None:
    path = Path(f"/proc/self/task/{threading.get_native_id()}/schedstat")
    return stack.enter_context(path.open("rb", buffering=0)) if path.exists() else None


def _waited_ms(scheduling: BinaryIO | None) -> float:
    """How long this thread was ready to run and did not, since its start."""
    if scheduling is None:
        return 0.0
    return int(os.pread(scheduling.fileno(), 64, 0).split()[1]) / 1_000_000
