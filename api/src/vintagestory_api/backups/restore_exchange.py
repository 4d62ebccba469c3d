"""The moment in which the old state of a server becomes the new one, and the way back: files, mods, version, and the journal.

Whatever ends the manager, the journal says which of the two counts, and `undo` or `clear` makes it so.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any, TypeVar

import structlog

from vintagestory_api.backups.restore_journal import Journal, Journals
from vintagestory_api.backups.restore_mods import BackupMods
from vintagestory_api.backups.restore_swap import NotSwapped, Staging
from vintagestory_api.errors import ManagerError
from vintagestory_api.kit.clock import Clock, rfc3339
from vintagestory_api.server_mods.lock_list import SetEntry
from vintagestory_api.server_mods.set_states import Why
from vintagestory_api.servers.server import GameServer
from vintagestory_api.services.run_context import current_run, in_thread

log = structlog.get_logger(__name__)

#: Stores fields of the server's record.
Save = Callable[..., Awaitable[None]]

T = TypeVar("T")


class Exchange:
    def __init__(self, journals: Journals, mods: BackupMods, clock: Clock) -> None:
        self.journals = journals
        self._mods = mods
        self._clock = clock

    async def make(
        self, journal: Journal, server: GameServer, entries: Sequence[SetEntry] | None, save: Save, *, why: str
    ) -> None:
        """Put the new state in the place of the old one; the journal is `swapping` all the time. `undo` has to follow an error.

        `entries`: the set of mods, None where it stays.
        """
        await in_thread(self.journals.write, journal)
        await in_thread(_staging(journal).swap, journal.units)
        if entries is not None:
            reason = Why(journal.actor, why, journal.run_id, journal.after.version)
            await self._mods.put(server, entries, reason)
        if journal.after != journal.before:
            await save(version=journal.after.version, version_before=None, wanted=journal.after.wanted)

    async def try_it(self, journal: Journal) -> Journal:
        """From now on the new state counts, unless the game does not start with it."""
        return await self._enter(journal.changed(phase="trying"))

    async def keep(self, journal: Journal) -> Journal:
        """The new state counts."""
        return await self._enter(journal.changed(phase="kept"))

    async def turn_back(self, journal: Journal, text: str) -> Journal:
        """The old state counts again, and whoever finds this puts it back. The game does not run."""
        return await self._enter(journal.changed(phase="swapping", text=text))

    async def undo(self, journal: Journal, save: Save, text: str | None) -> Journal:
        """Make the old state whole again; the game does not run. Safe to repeat, needs no room on the disk."""
        staging = _staging(journal)
        await in_thread(staging.undo, journal.units)
        if journal.mods_before is not None:
            now = rfc3339(self._clock.now_ms()) or ""
            reason = Why(None, "Back to the mods from before a restore", journal.run_id, journal.before.version)
            await in_thread(self._mods.put_back, Path(journal.data_path), journal.mods_before, now, reason)
        await save(version=journal.before.version, version_before=None, wanted=journal.before.wanted)
        undone = journal.changed(phase="undone", text=text)
        try:
            return await self._enter(undone)
        except NotSwapped as error:
            log.warning("restore_not_written_down", restore=journal.id, error=error.message)
        # Nobody needs what came out of the archive any more, and it may be what fills the disk.
        await in_thread(staging.drop_new)
        if not await in_thread(self.is_open, journal.id):
            return undone  # the disk was full before anything was exchanged
        return await self._enter(undone)

    def is_open(self, restore_id: str) -> bool:
        """It is not over: whoever comes next has something to do about it. Blocking."""
        return self.journals.has(restore_id)

    async def clear(self, journal: Journal) -> None:
        """Remove what lies aside, and the journal last. What can't be removed now is tried again by the next manager."""
        try:
            await in_thread(_staging(journal).remove)
            await in_thread(self.journals.remove, journal.id)
        except (ManagerError, OSError) as error:
            log.warning("restore_not_cleared", restore=journal.id, error=str(error))

    async def _enter(self, journal: Journal) -> Journal:
        await in_thread(self.journals.write, journal)
        return journal


async def finished(work: Coroutine[Any, Any, T]) -> T:
    """Its result. Whoever asks us to stop meanwhile is heard when it is done: half of it would be worse than all or nothing."""
    run = current_run.get()
    with run.until_done() if run is not None else contextlib.nullcontext():
        task = asyncio.ensure_future(work)
        cancelled: asyncio.CancelledError | None = None
        while not task.done():
            try:
                await asyncio.wait({task})
            except asyncio.CancelledError as error:
                cancelled = error
    if cancelled is None:
        return task.result()
    if not task.cancelled():
        task.exception()  # looked at, so that it isn't reported as forgotten
    raise cancelled


def _staging(journal: Journal) -> Staging:
    return Staging(Path(journal.data_path), journal.id)
