"""The same work asked for by several at once is done once, and all get its result."""

import asyncio
from collections.abc import Callable, Coroutine, Hashable
from dataclasses import dataclass
from typing import Any, TypeVar

from vintagestory_api.errors import Unavailable

T = TypeVar("T")


@dataclass
class _Flight:
    task: asyncio.Task[Any]
    waiting: int = 0


class SingleFlight:
    """Work under way, by key. Belongs to one event loop."""

    def __init__(self) -> None:
        self._flights: dict[Hashable, _Flight] = {}

    async def join(self, key: Hashable, work: Callable[[], Coroutine[Any, Any, T]], *, wait_seconds: float | None = None) -> T:
        """The result of the work called `key`, started if it is not under way. Raises what the work raises.

        After `wait_seconds` this call raises `TimeoutError` and the work goes on for those who ask later. When the last
        one who waits is cancelled, so is the work, and the cancellation comes through once the work has ended.
        """
        flight = self._flights.get(key)
        if flight is None:
            flight = self._flights[key] = _Flight(asyncio.create_task(work()))
            flight.task.add_done_callback(lambda task: self._land(key, task))
        flight.waiting += 1
        try:
            await asyncio.wait({flight.task}, timeout=wait_seconds)
        except asyncio.CancelledError:
            if flight.waiting == 1:
                await _end(flight.task)
            raise
        finally:
            flight.waiting -= 1
        if not flight.task.done():
            raise TimeoutError
        if flight.task.cancelled():
            raise Unavailable("This was given up, because the manager is stopping. Try again once it runs.")
        result: T = flight.task.result()
        return result

    async def close(self) -> None:
        """Cancel all work and wait until it has ended."""
        for flight in list(self._flights.values()):
            await _end(flight.task)

    def _land(self, key: Hashable, task: asyncio.Task[Any]) -> None:
        self._flights.pop(key, None)
        if not task.cancelled():
            task.exception()  # looked at: work that nobody waits for any more may fail


async def _end(task: asyncio.Task[Any]) -> None:
    task.cancel()
    while not task.done():
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError:
            continue  # the one who cancels again has to wait, too: the work's process must not outlive it
