"""Drills: the newest backup of a server is restored beside, looked at whole, and removed again."""

import asyncio
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import structlog

from vintagestory_api.backups.children import CHOOSE_ANOTHER, read_archive_apart
from vintagestory_api.backups.elsewhere import DrillFacts
from vintagestory_api.backups.in_store import in_store
from vintagestory_api.backups.records import BackupRecord
from vintagestory_api.backups.restore_records import Undertaking, in_restore_store
from vintagestory_api.backups.shelf import Shelf
from vintagestory_api.backups.space import see_that_it_fits
from vintagestory_api.errors import Conflict, Invalid, ManagerError, Unavailable
from vintagestory_api.events import BackupsChanged, EventBus
from vintagestory_api.kit.clock import Clock, rfc3339
from vintagestory_api.kit.ids import uuid7
from vintagestory_api.servers.operations import recorded, run_id
from vintagestory_api.servers.registry import Servers
from vintagestory_api.services.run_context import in_thread, report_progress
from vintagestory_api.services.run_records import RunRecord
from vintagestory_api.services.scheduler import SchedulerService
from vintagestory_api.storage.database import Database

log = structlog.get_logger(__name__)

RESTORE_DRILL: Final = "restore_drill"
_PREFIX: Final = "drill-"
_DAY_MS: Final = 86_400_000
#: The tick comes once a day, and not to the millisecond.
_SLACK_MS: Final = 3_600_000


class NothingToDrill(Conflict):
    code = "no_backup_to_drill"


class DrillFailed(Conflict):
    code = "restore_drill_failed"


class DrillNotDone(Unavailable):
    code = "restore_drill_not_done"


@dataclass(frozen=True)
class DrillReport:
    """Of all servers whose turn it was."""

    drilled: int
    failed: int
    without_backup: int


class Drills:
    """`folder`: where backups are restored beside."""

    def __init__(
        self,
        folder: Path,
        shelf: Shelf,
        servers: Servers,
        database: Database,
        *,
        clock: Clock,
        bus: EventBus,
        scheduler: Callable[[], SchedulerService],
    ) -> None:
        self._folder = folder
        self._shelf = shelf
        self._servers = servers
        self._database = database
        self._clock = clock
        self._bus = bus
        self._scheduler = scheduler
        #: Ids grow with time.
        self._first_id = uuid7()

    def sweep(self) -> None:
        """Remove what drills of an earlier manager left that was killed; one of this manager may be under way. Blocking."""
        for left in self._folder.glob(f"{_PREFIX}*"):
            if left.name < f"{_PREFIX}{self._first_id}":
                log.info("drill_leftover_removed", name=left.name)
                shutil.rmtree(left, ignore_errors=True)

    async def facts(self) -> dict[str, DrillFacts]:
        """Server → its latest drill."""
        latest = await self._latest()
        return {
            server_id: DrillFacts(rfc3339(drill.ended_at), drill.outcome == "restored") for server_id, drill in latest.items()
        }

    async def start(self, server_id: str) -> RunRecord:
        """Raises `ServerNotFound`, `NothingToDrill`, and what `run_now` raises."""
        self._servers.get(server_id)
        await self._newest(server_id)

        async def work() -> dict[str, Any]:
            return await self._drill(server_id)

        return await self._scheduler().run_now(RESTORE_DRILL, lambda: recorded(work), server_key=server_id)

    async def drill_due(self) -> DrillReport:
        """Those whose last drill is as old as their rules say. Raises `DrillFailed` when one of them failed, after all."""
        latest, failures = await self._latest(), list[str]()
        drilled = without = 0
        for server in self._servers.all():
            if not await self._is_due(server.id, latest):
                continue
            try:
                await self._drill(server.id)
                drilled += 1
            except NothingToDrill:
                without += 1
            except ManagerError as error:
                failures.append(f"{server.name}: {error.message}")
            except Exception as error:
                # The others have their turn all the same.
                log.exception("restore_drill_broke_off", server=server.id)
                failures.append(f"{server.name}: An error inside the manager ({error}).")
        if failures:
            raise DrillFailed(f"{len(failures)} of {len(failures) + drilled} drills failed. {' '.join(failures)}")
        return DrillReport(drilled, len(failures), without)

    async def _is_due(self, server_id: str, latest: Mapping[str, Undertaking]) -> bool:
        days = (await in_store(self._database, lambda store: store.settings(server_id))).drill_days
        last = latest.get(server_id)
        if not days or last is None or last.ended_at is None or last.outcome != "restored":
            return bool(days)  # after one that failed, every day: what is the newest by now has to show that it is better
        return self._clock.now_ms() - last.ended_at >= days * _DAY_MS - _SLACK_MS

    async def _latest(self) -> dict[str, Undertaking]:
        return await in_restore_store(self._database, lambda store: store.latest_drills())

    async def _newest(self, server_id: str) -> BackupRecord:
        found = (await in_store(self._database, lambda store: store.newest_good(server_id))).get(server_id)
        if found is None:
            raise NothingToDrill("This server has no backup yet that could be restored. Make one first.")
        return found

    async def _drill(self, server_id: str) -> dict[str, Any]:
        record = await self._newest(server_id)
        drill = Undertaking(uuid7(), server_id, record.id, self._clock.now_ms(), kind="drill", run_id=run_id())
        await in_restore_store(self._database, lambda store: store.add(drill))
        try:
            with self._shelf.using(record.id):
                report = await self._restore_beside(record, self._folder / f"{_PREFIX}{drill.id}")
        except asyncio.CancelledError:
            await in_restore_store(self._database, lambda store: store.remove(drill.id))
            raise
        except ManagerError as error:
            await self._note_failure(drill, record, error)
            raise
        now_ms = self._clock.now_ms()
        fresh = await self._shelf.get(record.id)
        await self._shelf.save(fresh.changed(verified_at=now_ms, problem=None))
        ended = drill.changed(ended_at=now_ms, outcome="restored")
        await in_restore_store(self._database, lambda store: store.save(ended))
        self._bus.publish(BackupsChanged(server_id))
        return report

    async def _restore_beside(self, record: BackupRecord, folder: Path) -> dict[str, Any]:
        path = await self._shelf.here(record)
        await in_thread(_make_folder, folder, record.unpacked_bytes)
        try:
            reading = await read_archive_apart(path, name=record.file_name, target=folder, check_world=True, tell=report_progress)
        finally:
            await in_thread(shutil.rmtree, folder, ignore_errors=True)
        if reading.problems:
            raise DrillFailed(f"The backup {record.file_name} is not as it was made: {reading.problems[0]}.")
        if reading.damage:
            raise DrillFailed(f"The world of the backup {record.file_name} is damaged: {reading.damage[0]}.")
        return {
            "backup_id": record.id,
            "made_at": rfc3339(record.made_at),
            "files": reading.files,
            "bytes": reading.bytes,
            "check_seconds": reading.check_seconds,
        }

    async def _note_failure(self, drill: Undertaking, record: BackupRecord, error: ManagerError) -> None:
        """A backup that can't be restored counts no more; what only kept the drill from being done says nothing of it."""
        log.error("restore_drill_failed", server=drill.server_id, backup=record.id, error=error.message)
        if isinstance(error, DrillFailed | Invalid):
            fresh = await self._shelf.get(record.id)
            await self._shelf.save(fresh.changed(problem=error.message.removesuffix(CHOOSE_ANOTHER), verified_at=None))
        ended = drill.changed(ended_at=self._clock.now_ms(), outcome="failed", text=error.message)
        await in_restore_store(self._database, lambda store: store.save(ended))
        text = f"The newest backup could not be restored for practice: {error.message}"
        if drill.server_id in self._servers.ids:
            self._servers.get(drill.server_id).note("backup_failed", run_id=drill.run_id, text=text, drill=True)
        self._bus.publish(BackupsChanged(drill.server_id))


def _make_folder(folder: Path, bytes_needed: int) -> None:
    """Blocking. Raises `NoRoom`, `DrillNotDone`."""
    try:
        folder.parent.mkdir(mode=0o700, exist_ok=True)
        see_that_it_fits(folder.parent, bytes_needed, "The drill")
        folder.mkdir(mode=0o700)
    except OSError as error:
        raise DrillNotDone(
            f"{folder} can't be made ({error.strerror}). See to the disk and the rights of the manager."
        ) from error


_drills: Drills | None = None


def use_drills(drills: Drills | None) -> None:
    """Make this one the answer of `get_drills`; None forgets it."""
    global _drills  # noqa: PLW0603 - jobs have no other way to what the manager built
    _drills = drills


def get_drills() -> Drills:
    """The running manager's. Raises `Unavailable` outside of one."""
    if _drills is None:
        raise Unavailable("Backups are not open: the manager is starting or stopping. Try again.")
    return _drills
