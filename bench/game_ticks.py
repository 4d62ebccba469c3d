"""Stands in for a game: ticks every 33 ms, works 10 ms in each tick, and writes down how late each was. Ends with its input."""

import contextlib
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

TICK_SECONDS = 0.033
_WORK_SECONDS = 0.01


@dataclass
class Ticks:
    """How late each tick was, in milliseconds; filled when the block ends."""

    late_ms: list[float] = field(default_factory=list)


@contextlib.contextmanager
def ticking() -> Iterator[Ticks]:
    ticks = Ticks()
    with subprocess.Popen([sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as game:
        try:
            yield ticks
        finally:
            said, _ = game.communicate()
            ticks.late_ms += [float(line) for line in said.splitlines()]


def main() -> None:
    due = time.perf_counter()
    while not select.select([0], [], [], 0)[0]:
        due += TICK_SECONDS
        time.sleep(max(0.0, due - time.perf_counter()))
        late = time.perf_counter() - due
        print(round(late * 1000, 2))
        if late > 1:  # it does not make up for what it has missed
            due = time.perf_counter()
        ends = time.process_time() + _WORK_SECONDS
        while time.process_time() < ends:
            pass


if __name__ == "__main__":
    main()
