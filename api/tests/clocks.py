"""Clocks for tests."""

import time


class MovableClock:
    """The real clock, whose wall time can be moved. As with a suspended machine, the monotonic time stays."""

    def __init__(self, start_ms: int | None = None) -> None:
        self.moved_ms = 0 if start_ms is None else start_ms - time.time_ns() // 1_000_000

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000 + self.moved_ms

    def monotonic(self) -> float:
        return time.monotonic()

    def move(self, seconds: float) -> None:
        self.moved_ms += round(seconds * 1000)


class FixedClock:
    """Stands still until it is set."""

    def __init__(self, now_ms: int = 1_780_000_000_000) -> None:
        self.now = now_ms

    def now_ms(self) -> int:
        return self.now

    def monotonic(self) -> float:
        return self.now / 1000
