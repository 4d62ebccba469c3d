"""What is to be copied elsewhere, and removed there: one thing at a time at each place, again until it is done.

The list is in the database, so a restart goes on with it. What fails because of a place waits, longer each time, and holds up
nothing at other places.
"""

import asyncio
import contextlib
import contextvars
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import structlog

from vintagestory_api.backups.offsite_places import Place
from vintagestory_api.backups.offsite_records import CopyRecord, TargetRecord, in_offsite_store
from vintagestory_api.backups.offsite_run import BackupNotCopied, OffsiteUnreachable
from vintagestory_api.backups.offsite_targets import OffsiteTargets
from vintagestory_api.backups.schemas import BackupSettings
from vintagestory_api.backups.shelf import BackupFileGone, BackupNotFound, Shelf
from vintagestory_api.errors import ManagerError
from vintagestory_api.events import BackupsChanged, Event, EventBus, RunChanged
from vintagestory_api.kit.clock import Clock
from vintagestory_api.servers.operations import recorded
from vintagestory_api.servers.registry import Servers
from vintagestory_api.services.run_context import current_run, report_progress
from vintagestory_api.services.scheduler import SchedulerService
from vintagestory_api.storage.database import Database

if TYPE_CHECKING:
    from vintagestory_api.backups.offsite_store import OffsiteStore

log = structlog.get_logger(__name__)

OFFSITE_COPY: Final = "offsite_copy"
FIRST_WAIT_SECONDS: Final = 60.0
LONGEST_WAIT_SECONDS: Final = 3_600.0

#: Why a run was cancelled, where it is not the end of the manager, after which it is begun anew.
_ENDS: Final = {"user": "It was cancelled.", "timeout": "It took too long. See to the place for copies, and to the network."}
_REMOVED_AT_ONCE: Final = 200
_AFTER_AN_ERROR_SECONDS: Final = 60.0


@dataclass(frozen=True)
class _Todo:
    """At one place. `copy`: to be copied, or to be read back where `only_check`. `removals`: what goes."""

    copy: CopyRecord | None
    only_check: bool
    removals: list[CopyRecord]


class CopyQueue:
    def __init__(
        self,
        shelf: Shelf,
        targets: OffsiteTargets,
        servers: Servers,
        database: Database,
        *,
        clock: Clock,
        bus: EventBus,
        scheduler: Callable[[], SchedulerService],
        first_wait_seconds: float = FIRST_WAIT_SECONDS,
    ) -> None:
        self._shelf = shelf
        self._targets = targets
        self._servers = servers
        self._database = database
        self._clock = clock
        self._bus = bus
        self._scheduler = scheduler
        self._first_wait_seconds = first_wait_seconds
        self._woken = asyncio.Event()
        self._changed: set[str] = set()
        #: Run → place; a place has one at most.
        self._runs: dict[str, str] = {}
        #: Place → when it is tried again, and how often it failed in a row.
        self._due_ms: dict[str, int] = {}
        self._failures: dict[str, int] = {}
        self._task: asyncio.Task[None] | None = None
        #: Called for each server of which something changed.
        self.release: Callable[[str, BackupSettings], Awaitable[None]] | None = None
        self._unsubscribe = bus.subscribe(self._notice)

    def start(self) -> None:
        """Go on with what is left of an earlier manager, and see what came meanwhile."""
        self._changed.update(self._servers.ids)
        if self._changed:
            self._woken.set()
        self._task = asyncio.create_task(self._follow(), context=contextvars.Context())

    async def close(self) -> None:
        self._unsubscribe()
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task}, timeout=2.0)

    def look(self, server_id: str | None = None) -> None:
        """Something may be to be done now."""
        if server_id is not None:
            self._changed.add(server_id)
        self._woken.set()

    def try_now(self, target_id: str) -> None:
        """It works again, or may do so."""
        self._due_ms.pop(target_id, None)
        self._failures.pop(target_id, None)
        self.look()

    def _notice(self, event: Event) -> None:
        if isinstance(event, BackupsChanged):
            self.look(event.server_id)
        elif isinstance(event, RunChanged) and event.ended_ms is not None and self._runs.pop(event.run["id"], ""):
            self.look()

    async def _follow(self) -> None:
        await self._wait(None)
        await self._again_until_done(lambda store: store.give_up_copying())
        wait: float | None = 0.0
        while True:
            await self._wait(wait)
            try:
                wait = await self._turn()
            except ManagerError as error:
                log.warning("offsite_queue_held_up", error=error.message)
                wait = _AFTER_AN_ERROR_SECONDS
            except Exception:
                log.exception("offsite_queue_failed")
                wait = _AFTER_AN_ERROR_SECONDS

    async def _again_until_done(self, work: "Callable[[OffsiteStore], None]") -> None:
        while True:
            try:
                await in_offsite_store(self._database, work)
            except Exception as error:  # noqa: BLE001 - whatever is wrong with the disk or the database
                log.warning("offsite_queue_held_up", error=str(error))
                await asyncio.sleep(_AFTER_AN_ERROR_SECONDS)
            else:
                return

    async def _wait(self, seconds: float | None) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._woken.wait()
        self._woken.clear()

    async def _turn(self) -> float | None:
        """Begin what can be begun; seconds until something is due, None where nothing waits."""
        known = await self._targets.known()
        while self._changed:
            server_id = self._changed.pop()
            try:
                await self._want(server_id)
            except BaseException:
                self._changed.add(server_id)
                raise
        waits: list[float] = []
        for target_id in list(known):
            if target_id in self._runs.values():
                continue
            todo = await self._todo(target_id)
            if todo is None:
                continue
            wait = (self._due_ms.get(target_id, 0) - self._clock.now_ms()) / 1000
            if wait > 0:
                waits.append(wait)
            else:
                await self._begin(target_id, todo)
        return min(waits, default=None)

    async def _want(self, server_id: str) -> None:
        """Bring the list in line with the rules of a server and the backups that it has."""
        known = await self._targets.known()
        if not known:
            return
        rules, added = await in_offsite_store(self._database, lambda store: self._list(store, server_id, list(known)))
        if added:
            self._bus.publish(BackupsChanged(server_id))
        if self.release is not None and not rules.keep_local:
            await self.release(server_id, rules)

    def _list(self, store: "OffsiteStore", server_id: str, known: list[str]) -> tuple[BackupSettings, bool]:
        rules, added, now_ms = store.backups.settings(server_id), False, self._clock.now_ms()
        for target_id in known:
            if target_id not in rules.targets:
                never = store.of_target(target_id, "waiting", "failed", server_id=server_id)
                store.remove(copy for copy in never if not copy.sha256)
                continue
            for backup in store.not_copied(server_id, target_id):
                store.save(CopyRecord.wanted(backup, target_id, now_ms))
                added = True
            if not rules.keep_local:
                store.want_checks(server_id, target_id)
        return rules, added

    async def _todo(self, target_id: str) -> _Todo | None:
        rows, to_check, newest = await in_offsite_store(
            self._database,
            lambda store: (
                store.of_target(target_id, "waiting", "copying", "failed", "removed"),
                store.to_check(target_id),
                store.newest_copied(target_id),
            ),
        )
        # Nothing runs here now: one that is being copied was given up without a word.
        open_states = {"waiting", "copying"}
        copy = next((row for row in rows if row.state in open_states or (row.state == "failed" and not row.is_lasting)), None)
        check = next(iter(to_check), None)
        # The last good copy of a server stays until there is a newer one, whatever became of its backup.
        removals = [row for row in rows if row.state == "removed" and newest.get((row.server_id, target_id), 0) > row.made_at]
        if copy is None and check is None and not removals:
            return None
        return _Todo(copy or check, copy is None, removals[:_REMOVED_AT_ONCE])

    async def _begin(self, target_id: str, todo: _Todo) -> None:
        about = todo.copy or todo.removals[0]

        async def work() -> dict[str, Any]:
            async with self._targets.lock(target_id):
                return await self._do(await self._targets.get(target_id), todo)

        run = await self._scheduler().run_now(
            OFFSITE_COPY, lambda: recorded(work), trigger="event", server_key=about.server_id, beside_others=True
        )
        self._runs[run.id] = target_id

    async def _do(self, target: TargetRecord, todo: _Todo) -> dict[str, Any]:
        report: dict[str, Any] = {"target": target.name}
        try:
            place = await self._targets.place(target)
            if todo.copy is not None:
                report |= await (self._check(place, todo.copy) if todo.only_check else self._copy(place, target, todo.copy))
            if todo.removals:
                report_progress(None, "Removing copies that no rule keeps")
                await place.remove(todo.removals)
                await in_offsite_store(self._database, lambda store: store.remove(todo.removals))
                report["removed"] = len(todo.removals)
        except asyncio.CancelledError:
            run = current_run.get()
            if run is not None and (why := _ENDS.get(run.cancel_cause or "")):
                await self._failed(target, todo.copy, why, wait_seconds=LONGEST_WAIT_SECONDS)
            raise
        except (BackupFileGone, BackupNotCopied, BackupNotFound) as error:
            await self._not_copied(todo.copy, error)
            raise
        except ManagerError as error:
            await self._failed(target, todo.copy, error.message, is_reachable=not isinstance(error, OffsiteUnreachable))
            raise
        except Exception:
            await self._failed(target, todo.copy, "An error inside the manager; its log says more.")
            raise
        self.try_now(target.id)
        await self._targets.note(target.id, problem=None, reachable=True)
        return report

    async def _copy(self, place: Place, target: TargetRecord, copy: CopyRecord) -> dict[str, Any]:
        with self._shelf.using(copy.backup_id):
            record = await self._shelf.get(copy.backup_id)
            archive = await self._shelf.file(record)
            copy = copy.changed(size_bytes=record.size_bytes, file_name=record.file_name, error=None)
            await self._save(copy.changed(state="copying", at=self._clock.now_ms()))
            stored = await place.put(copy, archive, _tell(f"Copying to {target.name}"))
            now_ms = self._clock.now_ms()
            copy = copy.changed(
                state="copied",
                at=now_ms,
                sha256=stored.sha256,
                bytes=stored.bytes,
                snapshot=stored.snapshot,
                verified_at=now_ms if stored.is_verified else None,
                wants_check=False,
            )
            await self._save(copy)
        log.info("backup_copied", target=target.name, server=copy.server_id, backup=copy.backup_id, bytes=copy.bytes)
        return {"backup_id": copy.backup_id, "bytes": copy.bytes, "verified": stored.is_verified}

    async def _check(self, place: Place, copy: CopyRecord) -> dict[str, Any]:
        await place.verify(copy, _tell("Reading the copy back"))
        await self._save(copy.changed(verified_at=self._clock.now_ms(), wants_check=False))
        return {"backup_id": copy.backup_id, "verified": True}

    async def _not_copied(self, copy: CopyRecord | None, error: ManagerError) -> None:
        """It is about the backup, and trying again does not help."""
        if copy is None:
            return
        if isinstance(error, BackupNotFound):
            await in_offsite_store(self._database, lambda store: store.remove([copy]))
        else:
            await self._save(copy.changed(state="failed", at=self._clock.now_ms(), error=error.message, is_lasting=True))
        self.look()

    async def _failed(
        self,
        target: TargetRecord,
        copy: CopyRecord | None,
        why: str,
        *,
        wait_seconds: float | None = None,
        is_reachable: bool | None = None,
    ) -> None:
        failures = self._failures[target.id] = self._failures.get(target.id, 0) + 1
        if wait_seconds is None:
            wait_seconds = min(LONGEST_WAIT_SECONDS, self._first_wait_seconds * 2 ** min(failures - 1, 20))
        self._due_ms[target.id] = self._clock.now_ms() + round(wait_seconds * 1000)
        log.error("backup_not_copied", target=target.name, backup=copy.backup_id if copy else None, error=why)
        if copy is not None:
            await self._save(copy.changed(state="failed", at=self._clock.now_ms(), error=why))
        await self._targets.note(target.id, problem=why, reachable=is_reachable)

    async def _save(self, copy: CopyRecord) -> None:
        """One whose backup was deleted meanwhile is to go as soon as it is there."""

        def save(store: "OffsiteStore") -> None:
            if store.backups.get(copy.backup_id) is not None:
                store.save(copy)
            elif copy.sha256:
                store.save(copy.changed(state="removed"))
            else:
                store.remove([copy])

        await in_offsite_store(self._database, save)
        self._bus.publish(BackupsChanged(copy.server_id))


def _tell(what: str) -> Callable[[float | None, str], None]:
    return lambda fraction, text: report_progress(fraction, text or what)
