"""One thread that waits for many things: times, files and generators that say how many seconds to wait."""

import heapq
import selectors
import time
from collections.abc import Callable, Generator
from typing import Any

# What a task does: it yields the seconds until it wants to go on.
Task = Generator[float, None, None]

_LONGEST_WAIT = 0.5


class Loop:
    """Seconds are those of the game: with a speed of 10 they pass ten times faster."""

    def __init__(self, speed: float) -> None:
        self._speed = speed
        self._selector = selectors.DefaultSelector()
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._count = 0
        self._ended = False

    def after(self, seconds: float, deed: Callable[[], None]) -> None:
        """Do something later."""
        self._count += 1
        heapq.heappush(self._due, (time.monotonic() + seconds / self._speed, self._count, deed))

    def every(self, seconds: float, deed: Callable[[], None]) -> None:
        """Do something again and again."""

        def again() -> None:
            deed()
            self.after(seconds, again)

        self.after(seconds, again)

    def spawn(self, task: Task) -> None:
        """Run a task until its end."""

        def step() -> None:
            seconds = next(task, None)
            if seconds is not None:
                self.after(seconds, step)

        self.after(0, step)

    def real_seconds(self, seconds: float) -> float:
        """How long that many seconds of the game last."""
        return seconds / self._speed

    def game_seconds(self, seconds: float) -> float:
        """How many seconds of the game pass meanwhile."""
        return seconds * self._speed

    def watch(self, source: Any, deed: Callable[[], None]) -> None:
        """Call when something can be read."""
        self._selector.register(source, selectors.EVENT_READ, deed)

    def forget(self, source: Any) -> None:
        """Watch no longer."""
        self._selector.unregister(source)

    def end(self) -> None:
        """Leave `run` after the deed at hand."""
        self._ended = True

    def run(self) -> None:
        """Do what is due, until `end`."""
        while not self._ended:
            wait = max(0.0, self._due[0][0] - time.monotonic()) if self._due else _LONGEST_WAIT
            for key, _ in self._selector.select(min(wait, _LONGEST_WAIT)):
                key.data()
            # Only what is due now: a task that never waits must not keep the others from their turn.
            now = time.monotonic()
            while not self._ended and self._due and self._due[0][0] <= now:
                heapq.heappop(self._due)[2]()
