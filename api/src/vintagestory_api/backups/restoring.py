"""Puts backups back: onto their server, into a new one, as a whole or in parts.

Everything that can fail is done before the game is stopped. What is there is backed up, and kept aside until the new state
counts; when the game does not start with that, the old state is put back. [Why so](decision 0019).
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

import structlog

from vintagestory_api.backups.restore_arrange import Home
from vintagestory_api.backups.restore_exchange import Exchange
from vintagestory_api.backups.restore_facts import Kept, Planned, RestoreFacts, Versions
from vintagestory_api.backups.restore_journal import Journal, Journals, ServerFacts
from vintagestory_api.backups.restore_mods import BackupMods, ServerModSets
from vintagestory_api.backups.restore_new import NewServers
from vintagestory_api.backups.restore_prepare import Preparation, Ready
from vintagestory_api.backups.restore_records import Outcome, RestoreBook
from vintagestory_api.backups.restore_recovery import Recovery
from vintagestory_api.backups.restore_swap import Staging
from vintagestory_api.backups.restore_trial import RestoreFailed, Trial
from vintagestory_api.backups.restore_words import CANCELLED
from vintagestory_api.backups.schemas import (
    BackupEstimate,
    BackupKind,
    BackupPart,
    BackupSummary,
    RestoreList,
    RestorePreview,
    RestoreRequest,
)
from vintagestory_api.backups.shelf import Shelf
from vintagestory_api.errors import ManagerError
from vintagestory_api.events import EventBus
from vintagestory_api.kit.clock import Clock
from vintagestory_api.servers.operations import run_id
from vintagestory_api.servers.registry import Servers
from vintagestory_api.servers.schemas import Wanted
from vintagestory_api.servers.server import GameServer
from vintagestory_api.servers.setup import Setup
from vintagestory_api.servers.supervisor import Supervisor
from vintagestory_api.services.run_context import in_thread, report_progress
from vintagestory_api.services.run_records import RunRecord
from vintagestory_api.storage.database import Database

log = structlog.get_logger(__name__)


class BackupsToRestore(Protocol):
    """The part of `service.Backups` that is needed here."""

    shelf: Shelf

    async def estimate(self, server_id: str) -> BackupEstimate: ...

    async def make_within(
        self, server_id: str, *, kind: BackupKind, actor: str | None, note: str | None = None
    ) -> BackupSummary: ...


class Restores:
    """Made once. `recover` is called before the servers are opened, `sweep` some time after."""

    def __init__(
        self,
        journals: Path,
        backups: BackupsToRestore,
        servers: Servers,
        setup: Setup,
        versions: Versions,
        server_mods: ServerModSets,
        database: Database,
        *,
        clock: Clock,
        bus: EventBus,
        players_on: Callable[[str], int | None] = lambda _server_id: None,
    ) -> None:
        self._backups = backups
        self._servers = servers
        self._book = RestoreBook(database, servers, clock, bus)
        self._mods = BackupMods(server_mods)
        self._facts = RestoreFacts(
            backups.shelf, servers, setup, versions, server_mods, self._mods, database, clock, backups.estimate, players_on
        )
        self._preparation = Preparation(versions, self._mods, backups.shelf, clock)
        self._exchange = Exchange(Journals(journals), self._mods, clock)
        self._trial = Trial(self._exchange, self._book, clock)
        self._recovery = Recovery(self._exchange, self._trial, self._book, servers, database)
        self._new = NewServers(self._facts, self._preparation, self._mods, setup, self._undertake)

    async def recover(self) -> None:
        """Finish or undo what an earlier manager had begun, before anything is started."""
        await self._recovery.recover()

    async def sweep(self) -> None:
        """Remove what was laid out beside and never came into its place."""
        await self._recovery.sweep()

    # Asking

    async def preview(self, backup_id: str, wanted: RestoreRequest) -> RestorePreview:
        """Raises `BackupNotFound`, `ServerOfBackupGone`, `BackupUnknown`, `NotInBackup`."""
        planned = await self._facts.planned(backup_id, wanted)
        return planned.plan.preview(planned.kept.summary, planned.present)

    async def list(self, server_id: str, *, limit: int) -> RestoreList:
        """Raises `ServerNotFound`."""
        self._servers.get(server_id)
        return RestoreList(items=await self._book.of_server(server_id, limit=limit))

    # Restoring

    async def restore(self, backup_id: str, wanted: RestoreRequest, actor: str) -> RunRecord:
        """Raises what `preview` raises, `RestoreChanged`, `RestoreBlocked`, `ServerBusy`; all else becomes the run's error."""
        planned = await self._facts.planned(backup_id, wanted)
        planned.plan.check(wanted.digest)
        if wanted.new_server is not None:
            return await self._new.make(planned, wanted, actor)
        supervisor = self._servers.supervisor(planned.kept.record.server_id)

        async def steps(restore_id: str) -> dict[str, Any]:
            return await self._restore(supervisor, restore_id, backup_id, wanted, actor)

        return await supervisor.operate("restore", lambda: self._undertake(supervisor, backup_id, actor, steps), actor=actor)

    async def put_back_within(
        self, server_id: str, backup_id: str, *, parts: Sequence[BackupPart] | None = None, actor: str | None = None
    ) -> None:
        """Make a server as it was when a backup was made, inside an operation that holds it, while its game is down.

        It is not started, and nothing else is backed up first. All of it is put back, or nothing: also when the manager is killed
        meanwhile, after which it is as before this call.
        """
        supervisor = self._servers.supervisor(server_id)
        wanted = RestoreRequest(parts=None if parts is None else [*parts], start=False)

        async def steps(restore_id: str) -> dict[str, Any]:
            planned = await self._planned(supervisor, backup_id, wanted, keeps_present=False)
            return await self._put(supervisor, restore_id, planned, actor, supervisor.server.record.wanted, starts=False)

        await self._undertake(supervisor, backup_id, actor, steps)

    async def _restore(
        self, supervisor: Supervisor, restore_id: str, backup_id: str, wanted: RestoreRequest, actor: str
    ) -> dict[str, Any]:
        server = supervisor.server
        starts = wanted.start if wanted.start is not None else server.record.wanted == "running"
        planned = await self._planned(supervisor, backup_id, wanted)
        stays_up = server.is_running and not planned.plan.stops_server
        down = None if stays_up else lambda kept: self._bring_down(supervisor, kept, actor, starts=starts)
        wants: Wanted = server.record.wanted if stays_up else ("running" if starts else "stopped")
        return await self._put(
            supervisor, restore_id, planned, actor, wants, starts=starts and not stays_up, down=down, keeps_present=True
        )

    async def _planned(
        self, supervisor: Supervisor, backup_id: str, wanted: RestoreRequest, *, keeps_present: bool = True
    ) -> Planned:
        report_progress(0.0, "Looking at the backup")
        planned = await self._facts.planned(backup_id, wanted, supervisor.server, keeps_present=keeps_present)
        planned.plan.check(wanted.digest)
        return planned

    async def _put(
        self,
        supervisor: Supervisor,
        restore_id: str,
        planned: Planned,
        actor: str | None,
        wants: Wanted,
        *,
        starts: bool,
        down: Callable[[Kept], Awaitable[None]] | None = None,
        keeps_present: bool = False,
    ) -> dict[str, Any]:
        """`down`: stops the game, once everything lies ready. `wants`: what is wanted of the server afterwards."""
        server, kept, plan = supervisor.server, planned.kept, planned.plan
        home = Home(server.data_path, server.name, server.port, planned.present.world_path, is_new=False)
        staging = Staging(server.data_path, restore_id)
        is_lost = await in_thread(_make_lost_folder, server)
        told: dict[str, Any] = {"backup_id": kept.record.id, "made_at": kept.summary.made_at, "parts": list(plan.parts)}
        try:
            there = (await self._mods.before(server)).entries if plan.brings_mods else []
            ready = await self._preparation.prepare(kept, plan, staging, home, plan.version or server.version, there)
            await in_thread(staging.units, ready.names)  # what can't be replaced is better found while the game runs
            if down is not None:
                report_progress(0.8, "Stopping the game")
                await down(kept)
            if keeps_present and not is_lost:
                told["present_backup_id"] = present_id = await self._keep_present(supervisor, actor)
                await self._book.kept_present(restore_id, present_id)
            journal = await self._journal(supervisor, restore_id, planned, staging, ready, actor, wants, starts=starts)
        except BaseException:
            await in_thread(staging.remove)
            raise
        report_progress(0.9, "Putting it into its place")
        why = f"From the backup of {kept.moment}"
        journal = await self._trial.exchange(supervisor, journal, ready.entries, why=why)
        up = await self._trial.count(supervisor, journal)
        return {**told, "version": server.version, **up}

    async def _bring_down(self, supervisor: Supervisor, kept: Kept, actor: str, *, starts: bool) -> None:
        if supervisor.server.is_running:
            supervisor.forget_failures()
            then: dict[str, Any] = {"then": "start"} if starts else {}
            await supervisor.bring_down(actor, f"To put back the backup of {kept.moment}", **then)

    async def _keep_present(self, supervisor: Supervisor, actor: str | None) -> str:
        """The backup by which a restore can be taken back. Without it nothing is exchanged: raises what `make_within` raises."""
        report_progress(0.83, "Backing up what is there")
        note = "What was there before a restore"
        made = await self._backups.make_within(supervisor.server.id, kind="before_restore", actor=actor, note=note)
        if made.world == "damaged":
            log.warning("present_world_is_damaged", server=supervisor.server.id, backup=made.id)
        return made.id

    async def _journal(
        self,
        supervisor: Supervisor,
        restore_id: str,
        planned: Planned,
        staging: Staging,
        ready: Ready,
        actor: str | None,
        wants: Wanted,
        *,
        starts: bool,
    ) -> Journal:
        record = supervisor.server.record
        return Journal(
            id=restore_id,
            server_id=record.id,
            backup_id=planned.kept.record.id,
            run_id=run_id(),
            actor=actor,
            data_path=str(supervisor.server.data_path),
            phase="swapping",
            starts=starts,
            before=ServerFacts(version=record.version, wanted=record.wanted),
            after=ServerFacts(version=planned.plan.version or record.version, wanted=wants),
            units=await in_thread(staging.units, ready.names),
            mods_before=await self._mods.before(supervisor.server) if ready.entries is not None else None,
        )

    async def _undertake(
        self,
        supervisor: Supervisor,
        backup_id: str,
        actor: str | None,
        steps: Callable[[str], Awaitable[dict[str, Any]]],
    ) -> dict[str, Any]:
        """Have it written down that it begins, and how it ends."""
        begun = self._book.new(supervisor.server.id, backup_id, actor)
        try:
            await self._book.begin(begun)
            with self._backups.shelf.using(backup_id):
                report = await steps(begun.id)
        except asyncio.CancelledError:
            if not await asyncio.to_thread(self._exchange.is_open, begun.id):
                await self._book.end_by_id(begun.id, "failed", f"{CANCELLED}, and what was there stays.", actor)
            raise
        except Exception as error:
            outcome: Outcome = "put_back" if isinstance(error, RestoreFailed) else "failed"
            text = error.message if isinstance(error, ManagerError) else f"An error inside the manager ({error})."
            await self._book.end(begun, outcome, text, actor)
            raise
        await self._book.end_by_id(begun.id, "restored", None, actor)
        return report


def _make_lost_folder(server: GameServer) -> bool:
    """Of a server that has lost its folder, so that nothing is there to be kept. That of an adopted one may come back."""
    if server.record.is_adopted or server.data_path.exists():
        return False
    server.data_path.mkdir(mode=0o700)
    return True
