"""Looks at disks that may hang, such as a folder of another machine: in threads that nobody has to wait for.

A thread that hangs in the kernel can't be ended. In the usual pool of threads a few of them would keep the whole manager waiting,
and its end as well.
"""

import asyncio
import contextlib
import threading
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")


class DiskHangs(Exception):
    """Nothing came within the time, or an earlier look still hangs."""


class Looks:
    """At one disk. While one look hangs, no other is begun."""

    def __init__(self, limit_seconds: float) -> None:
        self.limit_seconds = limit_seconds
        self._hanging = 0

    async def look(self, work: Callable[[], T]) -> T:
        """What `work` returns or raises. Raises `DiskHangs`."""
        if self._hanging:
            raise DiskHangs
        loop = asyncio.get_running_loop()
        found: asyncio.Future[T] = loop.create_future()

        def run() -> None:
            try:
                tell, value = found.set_result, work()
            except BaseException as error:  # noqa: BLE001 - raised where it is waited for
                _tell(loop, found, found.set_exception, error)
            else:
                _tell(loop, found, tell, value)

        # Looked at, also when nobody waits for it any more.
        found.add_done_callback(lambda found: found.cancelled() or found.exception())
        threading.Thread(target=run, daemon=True).start()
        done, _ = await asyncio.wait({found}, timeout=self.limit_seconds)
        if done:
            return found.result()
        self._hanging += 1
        found.add_done_callback(self._over)
        raise DiskHangs

    def _over(self, _found: "asyncio.Future[Any]") -> None:
        self._hanging -= 1


def _tell(loop: asyncio.AbstractEventLoop, found: "asyncio.Future[Any]", tell: Callable[[Any], None], value: Any) -> None:
    with contextlib.suppress(RuntimeError):  # the loop is closed
        loop.call_soon_threadsafe(lambda: None if found.done() else tell(value))
