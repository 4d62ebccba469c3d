"""Stores what happened to players in groups, beside the event loop: a flood of chat costs little, and holds nothing up."""

import asyncio
from collections import deque
from collections.abc import Callable
from itertools import islice

import structlog

from vintagestory_api.players.in_store import in_store
from vintagestory_api.players.presence import ChatKept, Write
from vintagestory_api.storage.database import Database

log = structlog.get_logger(__name__)

#: What arrives within this time shares a transaction.
GROUP_SECONDS = 0.25
RETRY_SECONDS = 2.0
#: One transaction holds so many at most; nobody else waits long for the database.
_MOST_AT_ONCE = 2_000
#: So many lines of chat wait at most, when the disk does not take them.
MAX_CHAT_WAITING = 50_000


class GroupedWriting:
    """Takes writes at once, stores them soon, in order. `stored` is told the servers of each group."""

    def __init__(self, database: Database, stored: Callable[[set[str]], None]) -> None:
        self._database = database
        self._stored = stored
        self._waiting: deque[tuple[str, Write]] = deque()
        self._chat_waiting = 0
        self._dropped = 0
        self._wake = asyncio.Event()
        self._turn = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._go_on())

    async def close(self) -> None:
        """Store what waits, once."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
        await self.flush()

    def add(self, server_id: str, write: Write) -> None:
        if isinstance(write, ChatKept):
            if self._chat_waiting >= MAX_CHAT_WAITING:
                self._dropped += 1
                return
            self._chat_waiting += 1
        self._waiting.append((server_id, write))
        self._wake.set()

    async def flush(self) -> bool:
        """Store what waits now. False when it can't be stored; then it still waits."""
        left = len(self._waiting)
        while left > 0:
            async with self._turn:
                group = list(islice(self._waiting, min(left, _MOST_AT_ONCE)))
                if not group or not await self._store(group):
                    return not group
                for _ in group:
                    self._waiting.popleft()
                self._chat_waiting -= sum(isinstance(write, ChatKept) for _, write in group)
            left -= len(group)
        return True

    async def _store(self, group: list[tuple[str, Write]]) -> bool:
        changed = {server_id for server_id, write in group if not isinstance(write, ChatKept)}
        try:
            await in_store(self._database, lambda store: store.keep(group))
        except Exception as error:  # noqa: BLE001 - whatever keeps it from being stored, it is tried again
            log.warning("players_not_stored", error=str(error), waiting=len(self._waiting))
            self._stored(changed)  # who is on is known all the same
            return False
        if self._dropped:
            log.warning("chat_not_kept", lines=self._dropped)
            self._dropped = 0
        self._stored(changed)
        return True

    async def _go_on(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            await asyncio.sleep(GROUP_SECONDS)
            if not await self.flush():
                await asyncio.sleep(RETRY_SECONDS)
                self._wake.set()
