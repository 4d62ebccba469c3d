"""What restores left open when the manager was killed: undone or cleared before anything is started, or gone on with."""

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

import structlog

from vintagestory_api.backups.restore_exchange import Exchange
from vintagestory_api.backups.restore_journal import Journal
from vintagestory_api.backups.restore_records import RestoreBook
from vintagestory_api.backups.restore_swap import Staging, left_behind
from vintagestory_api.backups.restore_trial import Trial
from vintagestory_api.errors import ManagerError
from vintagestory_api.kit.ids import uuid7
from vintagestory_api.servers.in_store import in_store as in_server_store
from vintagestory_api.servers.launching import CannotStart, WillNotStart
from vintagestory_api.servers.registry import Servers
from vintagestory_api.servers.server import GameServer
from vintagestory_api.servers.supervisor import Supervisor
from vintagestory_api.storage.database import Database

if TYPE_CHECKING:
    from vintagestory_api.servers.store import ServerStore

log = structlog.get_logger(__name__)

_ENDED = "The manager ended meanwhile."


class Recovery:
    def __init__(self, exchange: Exchange, trial: Trial, book: RestoreBook, servers: Servers, database: Database) -> None:
        self._exchange = exchange
        self._trial = trial
        self._book = book
        self._servers = servers
        self._database = database
        self._to_try: dict[str, Journal] = {}
        #: What began before is of a manager that is gone: ids grow with time.
        self._first_id = uuid7()
        servers.takes_over.append(self._takes_over)
        servers.check_before_start(self.check)

    async def recover(self) -> None:
        """Whatever can't be undone yet keeps its server from starting, and is tried again before each start."""
        await asyncio.to_thread(self._exchange.journals.sweep)
        for journal in await asyncio.to_thread(self._exchange.journals.all):
            try:
                await self._settle(journal)
            except Exception as error:
                log.exception("restore_not_recovered", server=journal.server_id, restore=journal.id, error=str(error))

    async def _settle(self, journal: Journal) -> None:
        match journal.phase:
            case "trying":
                self._to_try[journal.server_id] = journal
            case "swapping":
                log.warning("restore_undone", server=journal.server_id, restore=journal.id)
                await self._end(await self._undo(journal))
            case "kept" | "undone":
                await self._end(journal)

    async def _undo(self, journal: Journal) -> Journal:
        async def save(**changes: Any) -> None:
            await self._save(journal.server_id, changes)

        return await self._exchange.undo(journal, save, journal.text or _ENDED)

    async def _end(self, journal: Journal) -> None:
        if journal.phase == "kept":
            await self._book.end_by_id(journal.id, "restored", None, journal.actor)
        else:
            text = f"{journal.text or _ENDED} What was there before is there again."
            await self._book.end_by_id(journal.id, "put_back", text, journal.actor)
        await self._exchange.clear(journal)

    async def _save(self, server_id: str, changes: dict[str, Any]) -> None:
        """Also while the servers are not open yet."""
        if server_id in self._servers.ids:
            await self._servers.supervisor(server_id).save(**changes)
            return

        def save(store: "ServerStore") -> None:
            for record in store.servers():
                if record.id == server_id:
                    store.save(record.changed(**changes))

        await in_server_store(self._database, save)

    def _takes_over(self, supervisor: Supervisor) -> bool:
        journal = self._to_try.pop(supervisor.server.id, None)
        if journal is None:
            return False
        self._trial.take_over(supervisor, journal)
        return True

    async def check(self, server: GameServer) -> None:
        """Raises `CannotStart` while what lies in its folder is neither the old state nor the new one, or may be neither."""
        await asyncio.to_thread(self._see_that_all_is_known, server)
        open_ones = await asyncio.to_thread(self._exchange.journals.all)
        for journal in open_ones:
            if journal.server_id != server.id or journal.phase != "swapping":
                continue
            try:
                await self._end(await self._undo(journal))
            except (ManagerError, OSError) as error:
                raise CannotStart(
                    "A restore of this server was interrupted, and what was there before can't be put back yet: "
                    f"{error} Nothing is lost: it lies in the folder {Staging(server.data_path, journal.id).old}."
                ) from error

    def _see_that_all_is_known(self, server: GameServer) -> None:
        unreadable = self._exchange.journals.unreadable()
        for restore_id in left_behind(server.data_path) if unreadable else ():
            if (file := unreadable.get(restore_id)) is not None:
                raise WillNotStart(
                    f"A restore of this server was interrupted, and {file}, which says how far it came, can't be read. What was "
                    f"there before lies in {Staging(server.data_path, restore_id).old}: move it back into its place, or restore "
                    f"a backup into a new server. Then remove {file}."
                )

    async def sweep(self) -> None:
        """What was laid out beside, and never came into its place; and what was written down of it."""
        journals = self._exchange.journals
        open_ones = {journal.id for journal in await asyncio.to_thread(journals.all)}
        open_ones |= set(await asyncio.to_thread(journals.unreadable))
        for server in self._servers.all():
            if server.record.setup is None:  # or else its creation goes on, and removes them itself
                await asyncio.to_thread(self._remove_leftovers, server, open_ones)
        await self._book.end_before(self._first_id, open_ones, f"{_ENDED} Nothing was changed.")

    def _remove_leftovers(self, server: GameServer, open_ones: set[str]) -> None:
        for restore_id in left_behind(server.data_path):
            if restore_id in open_ones or restore_id >= self._first_id:
                continue
            log.info("restore_leftover_removed", server=server.id, restore=restore_id)
            with contextlib.suppress(ManagerError):
                Staging(server.data_path, restore_id).remove()
