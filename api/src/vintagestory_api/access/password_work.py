"""Hashes and verifies passwords beside the event loop: two at the same time, because each takes 64 MiB."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from vintagestory_api.access.passwords import NOBODYS_HASH, hash_password, verify_password
from vintagestory_api.errors import TooManyRequests

AT_ONCE = 2
#: Who would have to wait longer than these take is asked to come back.
WAITING = 20

T = TypeVar("T")


class TooManyAttempts(TooManyRequests):
    code = "too_many_attempts"


class PasswordWork:
    """The threads are started at the first use. After `aclose` nothing more is taken."""

    def __init__(self) -> None:
        # An executor of its own: a caller that goes away does not end a computation, which still counts.
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="passwords")
        self._pending = 0

    async def hash(self, password: str) -> str:
        """Raises `TooManyAttempts`."""
        return await self._do(lambda: hash_password(password))

    async def verify(self, stored: str | None, password: str) -> bool:
        """Whether `password` is the one; takes the same time where there is none (`stored` is None). Raises `TooManyAttempts`."""
        is_right = await self._do(lambda: verify_password(stored or NOBODYS_HASH, password))
        return is_right and stored is not None

    async def aclose(self) -> None:
        await asyncio.to_thread(self._threads.shutdown, cancel_futures=True)

    async def _do(self, work: Callable[[], T]) -> T:
        if self._pending >= AT_ONCE + WAITING:
            raise TooManyAttempts("Too many people sign in at the moment. Try again in a few seconds.", retry_after_seconds=3)
        self._pending += 1
        future = self._threads.submit(work)
        loop = asyncio.get_running_loop()
        future.add_done_callback(lambda _: loop.call_soon_threadsafe(self._note_done))
        return await asyncio.wrap_future(future)

    def _note_done(self) -> None:
        self._pending -= 1
