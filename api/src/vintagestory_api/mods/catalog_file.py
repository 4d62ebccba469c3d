"""The file that the catalogue lies in: reached in threads, one for writing and two for reading."""

import asyncio
import contextlib
import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final, ParamSpec, TypeVar

import structlog

from vintagestory_api.errors import Unavailable
from vintagestory_api.mods.catalog_store import damaged, is_damage, open_catalog, open_catalog_for_reading, transaction

P = ParamSpec("P")
R = TypeVar("R")

log = structlog.get_logger(__name__)

_READERS: Final = 2


class CatalogUnreadable(Unavailable):
    code = "catalog_unreadable"


class CatalogFile:
    """`path` has been through `prepare_catalog`. Close it before the event loop ends. All work raises `CatalogUnreadable`, and
    what a damaged file is told with."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._readers = ThreadPoolExecutor(_READERS, thread_name_prefix="catalog-reader")
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="catalog-writer")
        self._own = threading.local()
        self._connections: list[sqlite3.Connection] = []
        self._connections_lock = threading.Lock()

    async def close(self) -> None:
        for executor in (self._readers, self._writer):
            await asyncio.to_thread(executor.shutdown, cancel_futures=True)
        while self._connections:
            self._connections.pop().close()

    async def in_reader(self, work: Callable[..., R], *args: Any) -> R:
        """What `work` makes of a connection and `args`."""

        def read() -> R:
            try:
                return work(self.reading(), *args)
            except sqlite3.Error as error:
                raise self._unreadable(error) from error

        return await asyncio.get_running_loop().run_in_executor(self._readers, read)

    async def in_writer(self, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        def write() -> R:
            try:
                return work(*args, **kwargs)
            except sqlite3.Error as error:
                raise self._unreadable(error) from error
            except OSError as error:
                advice = "Check the free disk space and the folder's permissions."
                raise CatalogUnreadable(f"The cache folder can't be written: {error.strerror}. {advice}") from error

        return await asyncio.get_running_loop().run_in_executor(self._writer, write)

    def reading(self) -> sqlite3.Connection:
        """This thread's connection."""
        connection: sqlite3.Connection | None = getattr(self._own, "connection", None)
        if connection is None:
            connection = self._own.connection = open_catalog_for_reading(self.path)
            with self._connections_lock:
                self._connections.append(connection)
        return connection

    @contextlib.contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        connection = open_catalog(self.path)
        try:
            with transaction(connection):
                yield connection
        finally:
            connection.close()

    def _unreadable(self, error: sqlite3.Error) -> Unavailable:
        if is_damage(error):
            return damaged(self.path)
        log.warning("catalog_unreadable", error=str(error))
        return CatalogUnreadable(f"The catalogue can't be used right now ({error}). Check the free disk space, then try again.")
