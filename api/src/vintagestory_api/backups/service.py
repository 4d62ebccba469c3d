"""The backups of all game servers: what there is, making and verifying them, and which of them are kept."""

import asyncio
import contextvars
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import structlog

from vintagestory_api.backups.details import details_of
from vintagestory_api.backups.earlier_servers import EarlierServers
from vintagestory_api.backups.elsewhere import Drilled, Elsewhere, NeverDrilled
from vintagestory_api.backups.facts import BackupFacts, BrokenBackups
from vintagestory_api.backups.in_store import in_store
from vintagestory_api.backups.making import Making, check_mod_data
from vintagestory_api.backups.pruning import PruneReport, Pruning
from vintagestory_api.backups.records import BackupFilter, BackupRecord
from vintagestory_api.backups.schemas import (
    BackupChange,
    BackupDetails,
    BackupEstimate,
    BackupKind,
    BackupList,
    BackupSettings,
    BackupStates,
    BackupSummary,
    RetentionPreview,
    RetentionRules,
)
from vintagestory_api.backups.shelf import BackupFolderGone, Shelf
from vintagestory_api.backups.stock import Stock
from vintagestory_api.backups.verifying import Verifying
from vintagestory_api.errors import Conflict, FieldError, Invalid, ManagerError, Unavailable
from vintagestory_api.events import EventBus
from vintagestory_api.kit.clock import Clock
from vintagestory_api.server_mods.service import ServerMods
from vintagestory_api.servers.operations import recorded
from vintagestory_api.servers.registry import Servers
from vintagestory_api.services.api_settings import ApiSettings
from vintagestory_api.services.run_records import RunRecord
from vintagestory_api.services.schedule import Trigger
from vintagestory_api.services.scheduler import SchedulerService
from vintagestory_api.storage.database import Database

log = structlog.get_logger(__name__)

#: Runs that hold no server.
VERIFY: Final = "backup_verify"
PRUNE: Final = "backup_prune"

_CURSOR = re.compile(r"(\d{1,15})~([0-9a-f-]{36})", re.ASCII)


class InvalidBackupCursor(Invalid):
    code = "invalid_cursor"


class BackupPinned(Conflict):
    code = "backup_pinned"


class BackupInUse(Conflict):
    code = "backup_in_use"


class BackupsNotPruned(Unavailable):
    code = "backups_not_pruned"


class Backups:
    """Made once; `start` and `close` belong to the manager's life. `elsewhere` and `drilled` are set by whoever knows of them."""

    def __init__(
        self,
        root: Path,
        servers: Servers,
        server_mods: ServerMods,
        database: Database,
        *,
        clock: Clock,
        bus: EventBus,
        settings: Callable[[], ApiSettings],
        scheduler: Callable[[], SchedulerService],
    ) -> None:
        self.shelf = Shelf(root, database, bus)
        self.drilled: Drilled = NeverDrilled()
        self._servers = servers
        self._database = database
        self._scheduler = scheduler
        self._making = Making(self.shelf, servers, server_mods, database, clock=clock, bus=bus, settings=settings)
        self.capture = self._making.capture
        self._pruning = Pruning(self.shelf, database, clock)
        self._verifying = Verifying(self.shelf, clock)
        self.facts = BackupFacts(self.shelf, servers, database, clock, bus, lambda: self.elsewhere, lambda: self.drilled)
        self._earlier_servers = EarlierServers(self.shelf, database, bus)
        self._stock: asyncio.Task[None] | None = None
        self._is_stocked = asyncio.Event()

    @property
    def elsewhere(self) -> Elsewhere:
        return self.shelf.elsewhere

    @elsewhere.setter
    def elsewhere(self, elsewhere: Elsewhere) -> None:
        self.shelf.elsewhere = elsewhere

    # Life

    def start(self) -> None:
        """Look through the folder of backups in the background; nothing is made or deleted before that is done."""
        self._stock = asyncio.create_task(self._take_stock(), context=contextvars.Context())

    async def close(self) -> None:
        self.facts.close()
        await self._earlier_servers.close()
        if self._stock is not None:
            self._stock.cancel()
            await asyncio.wait({self._stock}, timeout=2.0)

    async def _take_stock(self) -> None:
        try:
            await asyncio.to_thread(self._making.sweep)
            stock = Stock(self.shelf, self._database)
            without_manifest = await stock.take()
            self._is_stocked.set()
            await stock.read(without_manifest)
        except ManagerError as error:
            log.warning("backups_not_looked_through", error=error.message)
        except Exception:
            log.exception("backups_not_looked_through")
        finally:
            self._is_stocked.set()

    async def ready(self) -> None:
        """The folder is there and has been looked through. Raises `BackupFolderGone`."""
        await self.shelf.see_that_it_is_there()
        if self._stock is not None:
            await self._is_stocked.wait()

    # Asking

    async def list(
        self,
        *,
        server_id: str | None,
        kind: str | None,
        text: str,
        limit: int,
        cursor: str,
        only_servers: frozenset[str] | None = None,
    ) -> BackupList:
        """Newest first; with `only_servers` of no others. Raises `InvalidBackupCursor`."""
        before = _read_cursor(cursor)
        wanted = BackupFilter(server_id, kind, text.strip(), only_servers)
        found, totals = await in_store(
            self._database, lambda store: (store.page(wanted, limit=limit + 1, before=before), store.totals(wanted))
        )
        page = found[:limit]
        copies = await self.elsewhere.copies([record.id for record in page])
        return BackupList(
            items=await self.shelf.summaries(page, copies),
            next_cursor=f"{page[-1].made_at}~{page[-1].id}" if len(found) > limit else None,
            total_count=totals.count,
            total_bytes=totals.bytes,
        )

    async def details(self, backup_id: str) -> BackupDetails:
        """Raises `BackupNotFound`."""
        record = await self.shelf.get(backup_id)
        summary = await self._summary(record)
        return await self.shelf.looked(lambda: details_of(summary, self.shelf.manifest_path(record)))

    async def file(self, backup_id: str) -> tuple[Path, str]:
        """Its archive, and how to call it. Raises `BackupNotFound`, `BackupFileGone`."""
        record = await self.shelf.get(backup_id)
        return await self.shelf.file(record), f"{record.server_id}-{record.file_name}"

    async def estimate(self, server_id: str) -> BackupEstimate:
        """Raises `ServerNotFound`, and what keeps its world from being found."""
        return await self._making.estimate(self._servers.get(server_id), await self._rules(server_id))

    async def states(self) -> BackupStates:
        """One for each server that exists."""
        return await self.facts.states()

    async def broken(self) -> BrokenBackups:
        """Server → its backups that can't be put back any more, newest first; empty while nobody can say."""
        if self._stock is None or not self._is_stocked.is_set():
            return {}
        try:
            return await self.facts.broken()
        except BackupFolderGone:
            return {}

    async def last_good(self, server_id: str) -> BackupSummary | None:
        """The newest that counts."""
        return await self.facts.last_good(server_id)

    async def ran_since_last_good(self, server_id: str) -> bool:
        """Whether the game was up after its last good backup; true while there is none. Raises `ServerNotFound`."""
        return await self.facts.ran_since_last_good(server_id)

    # Making

    async def make(
        self,
        server_id: str,
        *,
        kind: BackupKind,
        actor: str | None,
        trigger: Trigger = "manual",
        note: str | None = None,
        pinned: bool = False,
    ) -> RunRecord:
        """Begin a backup: a run that holds the server. Raises `ServerNotFound`, `ServerBusy`, `ServerNotSetUp`,
        `BackupFolderGone`; all else becomes the run's error."""
        supervisor = self._servers.supervisor(server_id)
        self._making.check(supervisor.server)
        await self.ready()

        async def work() -> dict[str, Any]:
            made = await self._make(server_id, kind, actor, note, pinned=pinned)
            report = {"backup_id": made.id, "world": made.world, "size_bytes": made.size_bytes, "file_name": made.file_name}
            pruned = await self._prune_after(server_id)
            return report if pruned is None else report | {"deleted": pruned.deleted, "freed_bytes": pruned.freed_bytes}

        return await supervisor.operate("backup", work, actor=actor, trigger=trigger)

    async def make_within(self, server_id: str, *, kind: BackupKind, actor: str | None, note: str | None = None) -> BackupSummary:
        """Back a server up inside an operation that holds it already, and delete no other backup.

        A damaged world is packed all the same: look at `world` of what is returned. Raises what keeps it from being made.
        """
        self._making.check(self._servers.get(server_id))
        await self.ready()
        return await self._summary(await self._make(server_id, kind, actor, note, pinned=False))

    async def _make(self, server_id: str, kind: BackupKind, actor: str | None, note: str | None, *, pinned: bool) -> BackupRecord:
        server = self._servers.get(server_id)
        return await self._making.make(server, await self._rules(server_id), kind=kind, actor=actor, note=note, pinned=pinned)

    async def _prune_after(self, server_id: str) -> PruneReport | None:
        """What goes wrong with deleting others does not make the new one worse."""
        try:
            return await self._pruning.prune(server_id, (await self._rules(server_id)).retention)
        except ManagerError as error:
            log.warning("backups_not_pruned", server=server_id, error=error.message)
            return None

    # Changing

    async def change(self, backup_id: str, change: BackupChange) -> BackupSummary:
        """Raises `BackupNotFound`."""
        record = await self.shelf.get(backup_id)
        changes: dict[str, Any] = {}
        if "note" in change.model_fields_set:
            changes["note"] = change.note or None
        if change.pinned is not None:
            changes["pinned"] = change.pinned
        if changes:
            record = record.changed(**changes)
            await self.shelf.save(record)
        return await self._summary(record)

    async def delete(self, backup_id: str) -> None:
        """Raises `BackupNotFound`, `BackupPinned`, `BackupInUse`, `BackupNotDeleted`."""
        record = await self.shelf.get(backup_id)
        if record.pinned:
            raise BackupPinned("This backup is pinned, so that nobody deletes it by mistake. Unpin it first.")
        if not await self.shelf.remove([record], with_copies=True):
            raise BackupInUse(
                "This backup is being read at the moment: verified, restored or copied. Delete it when that is done."
            )

    async def verify(self, backup_id: str) -> RunRecord:
        """Raises `BackupNotFound`, `BackupFileGone`, and what `run_now` raises."""
        record = await self.shelf.get(backup_id)
        copies = await self.elsewhere.copies([backup_id])
        if not any(copy.state == "copied" for copy in copies.get(backup_id, ())):
            await self.shelf.file(record)
        return await self._scheduler().run_now(
            VERIFY, lambda: recorded(lambda: self._verifying.verify(backup_id)), server_key=record.server_id
        )

    # Rules

    async def settings(self, server_id: str) -> BackupSettings:
        """Raises `ServerNotFound`."""
        self._servers.get(server_id)
        return await self._rules(server_id)

    async def change_settings(self, server_id: str, settings: BackupSettings) -> BackupSettings:
        """Raises `ServerNotFound`, `InvalidModData`, `UnknownOffsiteTarget`."""
        self._servers.get(server_id)
        check_mod_data(settings.mod_data)
        await self.elsewhere.check_known(settings.targets)
        await in_store(self._database, lambda store: store.save_settings(server_id, settings))
        self.shelf.tell(server_id)
        return settings

    async def preview(self, server_id: str, rules: RetentionRules | None) -> RetentionPreview:
        """Raises `ServerNotFound`."""
        self._servers.get(server_id)
        return await self._pruning.preview(server_id, rules or (await self._rules(server_id)).retention)

    async def prune(self, server_id: str) -> RunRecord:
        """Raises `ServerNotFound`, `BackupFolderGone`, and what `run_now` raises."""
        self._servers.get(server_id)
        await self.ready()

        async def work() -> dict[str, Any]:
            return (await self._pruning.prune(server_id, (await self._rules(server_id)).retention)).as_report()

        return await self._scheduler().run_now(PRUNE, lambda: recorded(work), server_key=server_id)

    async def clean_up(self) -> PruneReport:
        """Prune the backups of all servers that exist; those of others are left to people.

        Raises `BackupFolderGone`, and `BackupsNotPruned` when it did not work for one of them, after all.
        """
        await self.ready()
        total, failures = PruneReport(), list[str]()
        for server in self._servers.all():
            try:
                total += await self._pruning.prune(server.id, (await self._rules(server.id)).retention)
            except ManagerError as error:
                failures.append(f"{server.name}: {error.message}")
        if failures:
            raise BackupsNotPruned(" ".join(failures))
        return total

    async def _rules(self, server_id: str) -> BackupSettings:
        return await in_store(self._database, lambda store: store.settings(server_id))

    async def _summary(self, record: BackupRecord) -> BackupSummary:
        (summary,) = await self.shelf.summaries([record], await self.elsewhere.copies([record.id]))
        return summary


def _read_cursor(text: str) -> tuple[int, str] | None:
    if not text:
        return None
    found = _CURSOR.fullmatch(text)
    if found is None:
        raise InvalidBackupCursor(
            "This cursor is none of ours. Leave it out to start from the newest backup.",
            fields=[FieldError("cursor", "give the next_cursor of the page before")],
        )
    return int(found[1]), found[2]


_backups: Backups | None = None


def use_backups(backups: Backups | None) -> None:
    """Tell jobs which backups they work on. Called by the application as it starts and stops."""
    global _backups  # noqa: PLW0603 - a job's function has no arguments, so this is its way to the object built at start
    _backups = backups


def get_backups() -> Backups:
    if _backups is None:
        raise Unavailable("The backups are not open: the manager is starting or stopping. Try again.")
    return _backups
