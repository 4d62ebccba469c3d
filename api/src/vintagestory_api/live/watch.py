"""Notices changes that nobody announces, because they come with time or from a thread or another program."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Hashable

import structlog

log = structlog.get_logger(__name__)


class Watch:
    """Looks at something every so often and says when it is another than before; at once when it is told to look."""

    def __init__(self, look: Callable[[], Awaitable[Hashable]], changed: Callable[[], None], *, every_seconds: float) -> None:
        self._look = look
        self._changed = changed
        self._every_seconds = every_seconds
        self._wanted = asyncio.Event()

    def look_now(self) -> None:
        self._wanted.set()

    async def follow(self) -> None:
        """Never returns. A look that fails says nothing, and the next one is compared with the last that did not."""
        known: Hashable = None
        is_first = True
        while True:
            was_wanted = self._wanted.is_set()
            self._wanted.clear()
            try:
                seen = await self._look()
            except Exception as error:  # noqa: BLE001 - to look is a courtesy, and the next look follows
                log.debug("watch_failed", error=str(error))
            else:
                if seen != known and (not is_first or was_wanted):
                    self._changed()
                known, is_first = seen, False
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._every_seconds):
                    await self._wanted.wait()
