"""A circuit breaker: after a few failures in a row nobody asks for a while, then one trial decides."""

from collections.abc import Callable
from typing import Any, Literal

from vintagestory_api.errors import Unavailable
from vintagestory_api.kit.clock import Clock

State = Literal["closed", "open", "half_open"]


class CircuitOpen(Unavailable):
    """Nothing was asked, because the last calls failed."""

    code = "upstream_open_circuit"


class Circuit:
    """Each call asks `before()`, then ends with exactly one of `success()`, `failure()` and `release()`.

    The pause starts at `open_seconds` and doubles with every trial that fails, up to `max_open_seconds`. `changed` is called
    when a call has opened or closed it.
    Belongs to one event loop; not safe between threads.
    """

    def __init__(
        self,
        name: str,
        *,
        clock: Clock,
        failures: int = 3,
        open_seconds: float = 60.0,
        max_open_seconds: float = 900.0,
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        self.name = name
        self._clock = clock
        self._changed = changed
        self._allowed_failures = failures
        self._first_open_seconds = open_seconds
        self._max_open_seconds = max_open_seconds
        self._failures = 0
        self._failing_since_ms: int | None = None
        self._open_seconds = open_seconds
        self._opened_at: float | None = None
        self._trial_at: float | None = None

    @property
    def state(self) -> State:
        if self._opened_at is None:
            return "closed"
        return "open" if self._remaining() > 0 else "half_open"

    @property
    def failing_since_ms(self) -> int | None:
        """When the first of the last failures in a row happened, in UTC milliseconds."""
        return self._failing_since_ms

    def allow(self) -> bool:
        """Whether a call may start now. Changes nothing; `before()` is what claims the trial."""
        return self.state == "closed" or (self.state == "half_open" and not self._trial_under_way())

    def before(self) -> None:
        """Claim the right to call; raises `CircuitOpen` with the seconds to wait."""
        if not self.allow():
            wait = max(self._remaining(), 1.0)
            raise CircuitOpen(
                f"{self.name} failed {self._failures} times in a row, so it is left alone for now. "
                f"It is tried again in {wait:.0f} s.",
                retry_after_seconds=wait,
            )
        if self._opened_at is not None:
            self._trial_at = self._clock.monotonic()

    def success(self) -> None:
        self._failures = 0
        self._failing_since_ms = None
        self._open_seconds = self._first_open_seconds
        was_closed = self._opened_at is None
        self._opened_at = self._trial_at = None
        if not was_closed:
            self._changed()

    def failure(self) -> None:
        state = self.state
        self._failures += 1
        if self._failing_since_ms is None:
            self._failing_since_ms = self._clock.now_ms()
        if state == "half_open":
            self._open_seconds = min(self._open_seconds * 2, self._max_open_seconds)
        # A call that began before the circuit opened says nothing new: the pause is not made longer.
        if state == "half_open" or (state == "closed" and self._failures >= self._allowed_failures):
            self._opened_at = self._clock.monotonic()
            self._trial_at = None
            self._changed()

    def release(self) -> None:
        """The call was given up (cancelled, local trouble): it says nothing about the other side."""
        self._trial_at = None

    def snapshot(self) -> dict[str, Any]:
        """For health pages."""
        return {
            "name": self.name,
            "state": self.state,
            "failures": self._failures,
            "retry_after_seconds": round(self._remaining(), 1) if self.state == "open" else None,
        }

    def _remaining(self) -> float:
        if self._opened_at is None:
            return 0.0
        return max(0.0, self._opened_at + self._open_seconds - self._clock.monotonic())

    def _trial_under_way(self) -> bool:
        # A trial that never reported back must not close the door for ever.
        return self._trial_at is not None and self._clock.monotonic() < self._trial_at + self._max_open_seconds
