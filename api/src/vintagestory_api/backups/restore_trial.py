"""Puts the new state of a server into its place and lets it count, when the game starts with it if it is to; or puts the old
state back and says why."""

import asyncio
from collections.abc import Sequence
from typing import Any, Final, NoReturn

import structlog

from vintagestory_api.backups.restore_exchange import Exchange, finished
from vintagestory_api.backups.restore_journal import Journal
from vintagestory_api.backups.restore_records import Outcome, RestoreBook
from vintagestory_api.backups.restore_swap import NotSwapped
from vintagestory_api.backups.restore_words import CANCELLED
from vintagestory_api.errors import Conflict, ManagerError, Unavailable
from vintagestory_api.kit.clock import Clock
from vintagestory_api.server_mods.lock_list import SetEntry
from vintagestory_api.servers.supervisor import Overtaken, Supervisor
from vintagestory_api.services.run_context import current_run, report_progress
from vintagestory_api.services.schedule import Trigger

log = structlog.get_logger(__name__)

_AGAIN_SECONDS = 0.5
_LOOK_SECONDS = 1.0
#: A game that loads a large world, or asks many mods, says something all the time.
_SILENT_SECONDS: Final = 1800.0


class RestoreFailed(Conflict):
    """What was there before is there again."""

    code = "restore_failed"


class NotPutBack(Unavailable):
    """Neither the new state nor the old one is whole: `Recovery.check` keeps the game from starting until one is."""

    code = "restore_not_undone"


class StartHangs(Conflict):
    code = "start_hangs"


class Trial:
    def __init__(self, exchange: Exchange, book: RestoreBook, clock: Clock) -> None:
        self._exchange = exchange
        self._book = book
        self._clock = clock

    async def exchange(
        self, supervisor: Supervisor, journal: Journal, entries: Sequence[SetEntry] | None, *, why: str
    ) -> Journal:
        """Raises `RestoreFailed`, `NotPutBack`."""
        try:
            await self._exchange.make(journal, supervisor.server, entries, supervisor.save, why=why)
            return await self._exchange.try_it(journal) if journal.starts else journal
        except asyncio.CancelledError:
            await finished(self._undo(supervisor, journal, f"{CANCELLED}."))
            raise
        except Exception as error:
            log.exception("restore_not_made", server=supervisor.server.id, backup=journal.backup_id)
            text = _words(error)
            await finished(self._undo(supervisor, journal, text))
            raise RestoreFailed(
                f"The backup could not be put into its place: {text} What was there before is there again."
            ) from error

    async def count(self, supervisor: Supervisor, journal: Journal) -> dict[str, Any]:
        """Let the new state count. Raises `RestoreFailed`, `NotPutBack`."""
        if journal.starts:
            return await self._try(supervisor, journal)
        try:
            await finished(self._keep(journal))
        except NotSwapped as error:
            # Without a word of it in the journal, the next manager would put the old state back, unasked.
            await finished(self._undo(supervisor, journal.changed(phase="kept"), error.message))
            raise RestoreFailed(f"{error.message} What was there before is there again.") from error
        return {}

    def take_over(self, supervisor: Supervisor, journal: Journal) -> None:
        """Go on with what an earlier manager left in the phase `trying`."""
        supervisor.keep(self._go_on(supervisor, journal, None))

    async def _keep(self, journal: Journal) -> None:
        await self._exchange.clear(await self._exchange.keep(journal))
        await self._book.end_by_id(journal.id, "restored", None, journal.actor)

    async def _try(self, supervisor: Supervisor, journal: Journal) -> dict[str, Any]:
        supervisor.aftermath.plans_restarts = False
        try:
            try:
                up = await self._bring_up(supervisor)
            except Exception as error:  # noqa: BLE001 - whatever it is, the old state has to come back
                await self._go_back(supervisor, journal, error)
            finally:
                supervisor.aftermath.plans_restarts = True
            try:
                await finished(self._keep(journal))
            except NotSwapped as error:
                # The game runs with it, as the next manager will find, too.
                log.warning("restore_not_closed", restore=journal.id, error=error.message)
        except asyncio.CancelledError:
            run = current_run.get()
            if run is not None and run.cancel_cause != "shutdown":
                supervisor.keep(self._go_on(supervisor, journal, f"{CANCELLED} while the game was starting."))
            raise
        return up

    async def _bring_up(self, supervisor: Supervisor) -> dict[str, Any]:
        """Raises what `Supervisor.bring_up` raises, and `StartHangs`: nobody should have to see that the old state comes back."""
        up = asyncio.ensure_future(supervisor.bring_up())
        try:
            while not up.done():
                await asyncio.wait({up}, timeout=_LOOK_SECONDS)
                life = supervisor.server.life
                if life is None or life.ready_ms is not None or up.done():
                    continue
                if self._clock.monotonic() - life.last_output > _SILENT_SECONDS:
                    raise StartHangs(f"It has said nothing for {_SILENT_SECONDS / 60:.0f} minutes, and is not ready.")
            return up.result()
        finally:
            if not up.done():
                up.cancel()
                await asyncio.wait({up})

    async def _go_back(self, supervisor: Supervisor, journal: Journal, error: Exception) -> NoReturn:
        """Always raises `RestoreFailed`, unless even the old state can't be put back."""
        why = _words(error)
        log.warning("restore_goes_back", server=supervisor.server.id, backup=journal.backup_id, error=why)
        report_progress(None, "The game did not start with it; putting back what was there")
        was_killed = isinstance(error, Overtaken)
        await supervisor.bring_down(None, "To put back what was there before a restore")
        await finished(self._undo(supervisor, journal, why))
        told = f"The game did not start with the backup: {why} What was there before is there again"
        if was_killed:
            await supervisor.want("stopped")
        if supervisor.server.record.wanted != "running":
            raise RestoreFailed(f"{told}.") from error
        try:
            await supervisor.bring_up()
        except ManagerError as second:
            raise RestoreFailed(f"{told}, but did not start either: {second.message}") from second
        raise RestoreFailed(f"{told}, and runs.") from error

    async def _undo(self, supervisor: Supervisor, journal: Journal, text: str) -> None:
        """The game is down. First the journal says so: a kill in the middle must not leave the new state counting."""
        try:
            turned = await self._turn_back(journal, text)
            await self._exchange.clear(await self._exchange.undo(turned, supervisor.save, text))
        except Exception as error:
            log.exception("restore_not_undone", server=supervisor.server.id, restore=journal.id)
            raise NotPutBack(
                f"{text} What was there before could not be put back yet, either: {_words(error)} Nothing is lost; it is tried "
                "again before each start of this server."
            ) from error

    async def _turn_back(self, journal: Journal, text: str) -> Journal:
        try:
            return await self._exchange.turn_back(journal, text)
        except NotSwapped:
            if journal.phase == "kept":
                raise
            return journal.changed(text=text)  # the disk is full; undoing needs no room on it

    async def _go_on(self, supervisor: Supervisor, journal: Journal, cancelled: str | None) -> None:
        """As an operation of its own, as soon as nobody else holds the server."""
        trigger: Trigger = "startup" if cancelled is None else "event"

        async def work() -> dict[str, Any]:
            return await self._finish(supervisor, journal, cancelled)

        while not supervisor.aftermath.is_over and await asyncio.to_thread(self._exchange.is_open, journal.id):
            try:
                await supervisor.operate("restore", work, actor=None, trigger=trigger)
            except ManagerError as error:
                log.info("restore_waits", server=supervisor.server.id, reason=error.message)
                await asyncio.sleep(_AGAIN_SECONDS)
            else:
                return

    async def _finish(self, supervisor: Supervisor, journal: Journal, cancelled: str | None) -> dict[str, Any]:
        outcome: Outcome = "restored"
        text = None
        if not await asyncio.to_thread(self._exchange.is_open, journal.id):
            return {}  # the check before a start has seen to it
        try:
            if cancelled is not None:
                await self._go_back(supervisor, journal, RestoreFailed(cancelled))
            return await self._try(supervisor, journal)
        except ManagerError as error:
            outcome, text = ("put_back" if isinstance(error, RestoreFailed) else "failed"), error.message
            raise
        except asyncio.CancelledError:
            outcome = "failed"
            raise
        finally:
            if not self._exchange.is_open(journal.id):
                await self._book.end_by_id(journal.id, outcome, text, journal.actor)


def _words(error: Exception) -> str:
    return error.message if isinstance(error, ManagerError) else f"An error inside the manager ({error})."
