"""Remembers for a moment who presents which secret: recognizing is on the way of every request."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog

from vintagestory_api.access.principal import Principal
from vintagestory_api.kit.clock import Clock

log = structlog.get_logger(__name__)

#: For so long a secret counts as valid without asking the database, which another process may have changed.
TRUST_SECONDS = 2.0
_REFRESH_AFTER_SECONDS = 1.0
_MANY = 1_000


@dataclass(frozen=True, slots=True)
class _Known:
    principal: Principal
    refresh_at: float
    valid_until: float


class Recognized:
    """For one event loop. `find` asks the database whose secret has the given hash. A secret in use is asked for again in the
    background before its trust ends, so that requests rarely wait."""

    def __init__(self, clock: Clock, find: Callable[[str], Awaitable[Principal | None]]) -> None:
        self._clock = clock
        self._find = find
        self._known: dict[str, _Known] = {}
        self._look_ups: dict[str, asyncio.Task[_Known | None]] = {}
        self._revocations = 0

    async def principal(self, digest: str) -> Principal | None:
        now = self._clock.monotonic()
        known = self._known.get(digest)
        if known is None or now >= known.valid_until:
            known = await asyncio.shield(self._look_up(digest))
            if known is None:
                return None
        elif now >= known.refresh_at:
            self._look_up(digest)
        return known.principal

    def forget(self, is_revoked: Callable[[Principal], bool]) -> None:
        """Ask the database anew about these, from now on. Call it after the database has changed."""
        # A look-up under way may have read the row before it changed: nobody may rely on it any more.
        self._revocations += 1
        self._look_ups.clear()
        self._known = {digest: known for digest, known in self._known.items() if not is_revoked(known.principal)}

    async def aclose(self) -> None:
        for task in list(self._look_ups.values()):
            with contextlib.suppress(Exception):
                await task

    def _look_up(self, digest: str) -> asyncio.Task[_Known | None]:
        """Ask the database, once for all that ask for the same secret at the same time."""
        task = self._look_ups.get(digest)
        if task is None:
            task = self._look_ups[digest] = asyncio.create_task(self._ask(digest))
            task.add_done_callback(lambda done: self._forget_look_up(digest, done))
        return task

    def _forget_look_up(self, digest: str, done: asyncio.Task[_Known | None]) -> None:
        if self._look_ups.get(digest) is done:
            del self._look_ups[digest]
        if not done.cancelled() and (error := done.exception()):
            log.warning("credential_look_up_failed", error=str(error))

    async def _ask(self, digest: str) -> _Known | None:
        revocations, asked_at = self._revocations, self._clock.monotonic()
        principal = await self._find(digest)
        if principal is None:
            self._known.pop(digest, None)
            return None
        known = _Known(principal, refresh_at=asked_at + _REFRESH_AFTER_SECONDS, valid_until=asked_at + TRUST_SECONDS)
        if revocations == self._revocations:
            if len(self._known) >= _MANY:
                self._known = {other: entry for other, entry in self._known.items() if asked_at < entry.valid_until}
            self._known[digest] = known
        return known
