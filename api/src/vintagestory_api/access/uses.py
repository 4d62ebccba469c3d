"""Notes when something was last used: to the minute, and behind the requests that use it."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping

import structlog

from vintagestory_api.kit.clock import Clock

log = structlog.get_logger(__name__)

_NOTE_EVERY_MS = 60_000
_WRITE_AFTER_SECONDS = 1.0
_MANY = 1_000


class Uses:
    """For one event loop. `write` stores the times, in UTC milliseconds, by id."""

    def __init__(self, clock: Clock, write: Callable[[Mapping[str, int]], Awaitable[None]]) -> None:
        self._clock = clock
        self._write = write
        self._noted: dict[str, int] = {}
        self._unwritten: dict[str, int] = {}
        self._writer: asyncio.Task[None] | None = None

    def remember_stored(self, used_id: str, at: int | None) -> None:
        """What the database holds, so that it is not written again within the minute."""
        if len(self._noted) >= _MANY:
            self._noted = dict(self._unwritten)
        self._noted[used_id] = max(self._noted.get(used_id, 0), at or 0)

    def note(self, used_id: str) -> None:
        """It is used now."""
        now_ms = self._clock.now_ms()
        if abs(now_ms - self._noted.get(used_id, 0)) < _NOTE_EVERY_MS:
            return
        self._noted[used_id] = self._unwritten[used_id] = now_ms
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write_soon())

    async def aclose(self) -> None:
        """Write what is left to write."""
        if self._writer is not None:
            self._writer.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._writer
        await self._write_all()

    async def _write_soon(self) -> None:
        while self._unwritten:
            await asyncio.sleep(_WRITE_AFTER_SECONDS)
            await self._write_all()

    async def _write_all(self) -> None:
        uses, self._unwritten = self._unwritten, {}
        if not uses:
            return
        try:
            await self._write(uses)
        except Exception as error:  # noqa: BLE001 - the time of last use is a courtesy and must not hurt anything
            log.warning("use_not_noted", error=str(error))
