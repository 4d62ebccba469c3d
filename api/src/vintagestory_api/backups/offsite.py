"""Copies of backups off the machine: made after each backup, looked after, and fetched back when they are needed."""

import asyncio
import contextlib
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import structlog

from vintagestory_api.backups.children import read_archive_apart
from vintagestory_api.backups.elsewhere import OffsiteFacts
from vintagestory_api.backups.names import WORK_PREFIX
from vintagestory_api.backups.offsite_queue import OFFSITE_COPY, CopyQueue
from vintagestory_api.backups.offsite_records import CopyRecord, TargetRecord, in_offsite_store
from vintagestory_api.backups.offsite_run import OffsiteCopyBroken, OffsiteUnreachable
from vintagestory_api.backups.offsite_targets import OffsiteTargets
from vintagestory_api.backups.records import BackupRecord
from vintagestory_api.backups.schemas import BackupSettings, CopyState, OffsiteTest
from vintagestory_api.backups.shelf import BackupFileGone, Shelf
from vintagestory_api.backups.space import see_that_it_fits
from vintagestory_api.errors import Conflict, FieldError, Invalid, ManagerError, Unavailable
from vintagestory_api.events import BackupsChanged, EventBus
from vintagestory_api.kit.clock import Clock, rfc3339
from vintagestory_api.kit.ids import uuid7
from vintagestory_api.servers.operations import recorded
from vintagestory_api.servers.registry import Servers
from vintagestory_api.services.run_context import in_thread, report_progress
from vintagestory_api.services.run_records import RunRecord
from vintagestory_api.services.scheduler import SchedulerService
from vintagestory_api.storage.atomic import sync_folder
from vintagestory_api.storage.database import Database
from vintagestory_api.storage.secrets_file import SecretsFile

__all__ = ["OFFSITE_CHECK_ONE", "OFFSITE_COPY", "OFFSITE_FETCH", "Offsite", "get_offsite", "use_offsite"]

log = structlog.get_logger(__name__)

OFFSITE_CHECK_ONE: Final = "offsite_check_one"
OFFSITE_FETCH: Final = "offsite_fetch"

_HOUR_MS: Final = 3_600_000
#: So long a backup stays that was fetched back, where backups lie only elsewhere.
_STAYS_SECONDS: Final = 24 * 3600.0
_ARCHIVE_PART, _MANIFEST_PART = "archive.tar.zst.part", "manifest.json.part"


class UnknownOffsiteTarget(Invalid):
    code = "unknown_offsite_target"


class OnlyCopiesThere(Conflict):
    code = "only_copies_there"


class OffsiteCheckFailed(Conflict):
    code = "offsite_check_failed"


@dataclass(frozen=True)
class OffsiteCheckReport:
    places: int
    copies_read: int


class Offsite:
    """`backups.elsewhere`. Made once; `start` and `close` belong to the manager's life."""

    def __init__(
        self,
        shelf: Shelf,
        servers: Servers,
        database: Database,
        secrets: SecretsFile,
        *,
        clock: Clock,
        bus: EventBus,
        scheduler: Callable[[], SchedulerService],
        roots: Sequence[Path],
        never: Sequence[Path],
        cache: Path,
    ) -> None:
        self._shelf = shelf
        self._servers = servers
        self._database = database
        self._clock = clock
        self._bus = bus
        self._scheduler = scheduler
        self.targets = OffsiteTargets(
            database, secrets, clock, roots=roots, never=never, cache=cache, changed=self._target_changed
        )
        self.queue = CopyQueue(shelf, self.targets, servers, database, clock=clock, bus=bus, scheduler=scheduler)
        self.queue.release = self._release
        self._stays_until: dict[str, float] = {}

    def start(self) -> None:
        self.queue.start()

    async def close(self) -> None:
        await self.queue.close()

    # Elsewhere

    async def copies(self, backup_ids: Sequence[str]) -> dict[str, list[CopyState]]:
        known = await self.targets.known()
        if not known or not backup_ids:
            return {}
        found: dict[str, list[CopyState]] = {}
        for copy in await in_offsite_store(self._database, lambda store: store.of_backups(backup_ids)):
            if copy.target_id in known:
                found.setdefault(copy.backup_id, []).append(copy.view(known[copy.target_id].name))
        return found

    async def facts(self) -> dict[str, OffsiteFacts]:
        known = await self.targets.known()
        if not known:
            return {}
        wanted, newest, failed = await in_offsite_store(
            self._database, lambda store: (store.wanted(), store.newest_copied(), store.failed())
        )
        good: dict[str, int] = {}
        for (server_id, _), made_at in newest.items():
            good[server_id] = max(made_at, good.get(server_id, 0))
        problems: dict[str, str] = {}
        for copy in sorted(failed, key=lambda copy: copy.made_at):
            is_newest = copy.made_at > newest.get((copy.server_id, copy.target_id), 0)
            if is_newest and copy.target_id in known and copy.target_id in wanted.get(copy.server_id, ()):
                problems[copy.server_id] = f"{known[copy.target_id].name}: {copy.error}"
        return {server_id: OffsiteFacts(rfc3339(good.get(server_id)), problems.get(server_id)) for server_id in {*wanted, *good}}

    async def overdue(self, ran_since: Mapping[str, bool]) -> set[str]:
        """Servers of which the newest good copy at one of their places is older than it may be there, while there is something
        newer to be kept. `ran_since`: whether each ran since its last good backup."""
        known = await self.targets.known()
        if not known:
            return set()
        wanted, newest, first, good = await in_offsite_store(
            self._database,
            lambda store: (store.wanted(), store.newest_copied(), store.first_wanted(), store.backups.newest_good()),
        )
        found = set()
        for server_id, targets in wanted.items():
            for target in (known[one] for one in targets if one in known):
                copied = newest.get((server_id, target.id))
                reference = copied or first.get((server_id, target.id))
                if reference is None or self._clock.now_ms() - reference <= target.max_age_hours * _HOUR_MS:
                    continue
                last = good.get(server_id)
                if ran_since.get(server_id) or (last is not None and last.made_at > (copied or 0)):
                    found.add(server_id)
        return found

    async def forget(self, removed: Sequence[BackupRecord]) -> None:
        if not await self.targets.known():
            return
        ids = [record.id for record in removed]
        await in_offsite_store(self._database, lambda store: store.mark_removed(ids, self._clock.now_ms()))
        self.queue.look()

    async def check_known(self, target_ids: Sequence[str]) -> None:
        """Raises `UnknownOffsiteTarget`."""
        known = await self.targets.known()
        for place, target_id in enumerate(target_ids):
            if target_id not in known:
                raise UnknownOffsiteTarget(
                    f"There is no place for copies {target_id[:40]!r}. See: vsmanager offsite list",
                    fields=[FieldError(f"targets.{place}", "is not known")],
                )

    # Places

    async def remove_target(self, target_id: str, *, force: bool = False) -> None:
        """Raises `OffsiteTargetNotFound`, `OnlyCopiesThere`, and what the file of secrets raises."""
        target = await self.targets.get(target_id)
        if not force and (count := await self._only_there(target)):
            raise OnlyCopiesThere(
                f"{count} backups lie nowhere but at {target.name}. Fetch them back or delete them first, or remove the place "
                "all the same: its files stay there."
            )
        await self.targets.remove(target_id)

    async def _only_there(self, target: TargetRecord) -> int:
        def look() -> list[BackupRecord]:
            names: dict[str, set[str]] = {}
            return [
                record
                for record in records
                if record.file_name not in names.setdefault(record.server_id, self._shelf.file_names(record.server_id))
            ]

        records = await in_offsite_store(
            self._database,
            lambda store: store.backups.of_ids([copy.backup_id for copy in store.of_target(target.id, "copied")]),
        )
        gone = await asyncio.to_thread(look)
        copies = await self.copies([record.id for record in gone])
        return sum(
            not any(copy.state == "copied" and copy.target_id != target.id for copy in copies.get(record.id, ()))
            for record in gone
        )

    async def test(self, target_id: str) -> OffsiteTest:
        """Raises `OffsiteTargetNotFound`."""
        target = await self.targets.get(target_id)
        try:
            place = await self.targets.place(target)
            said = await place.look()
        except ManagerError as error:
            await self.targets.note(target_id, problem=error.message, reachable=False)
            return OffsiteTest(ok=False, message=error.message)
        await self.targets.note(target_id, problem=None, reachable=True)
        self.queue.try_now(target_id)
        return OffsiteTest(ok=True, message=said)

    def _target_changed(self, target_id: str) -> None:
        for server_id in self._servers.ids:
            self.queue.look(server_id)
        self.queue.try_now(target_id)

    # Checking

    async def start_check(self, target_id: str) -> RunRecord:
        """Raises `OffsiteTargetNotFound`, and what `run_now` raises."""
        await self.targets.get(target_id)

        async def work() -> dict[str, Any]:
            return {"copies_read": await self._check(await self.targets.get(target_id))}

        return await self._scheduler().run_now(OFFSITE_CHECK_ONE, lambda: recorded(work), beside_others=True)

    async def check_all(self) -> OffsiteCheckReport:
        """Raises `OffsiteCheckFailed` when one of them is not in order, after all."""
        targets, read, failures = list((await self.targets.known()).values()), 0, list[str]()
        for target in targets:
            try:
                read += await self._check(target)
            except ManagerError as error:
                failures.append(f"{target.name}: {error.message}")
        if failures:
            raise OffsiteCheckFailed(f"{len(failures)} of {len(targets)} places are not in order. {' '.join(failures)}")
        return OffsiteCheckReport(len(targets), read)

    async def _check(self, target: TargetRecord) -> int:
        """How many copies were read back: of each server the newest, and the one that was not looked at for longest."""
        async with self.targets.lock(target.id):
            try:
                place = await self.targets.place(target)
                await place.check(report_progress)
                read = await self._check_copies(target) if target.kind == "folder" else 0
            except ManagerError as error:
                is_there = not isinstance(error, OffsiteUnreachable)
                await self.targets.note(target.id, problem=error.message, checked=is_there, reachable=is_there)
                log.error("offsite_check_failed", target=target.name, error=error.message)  # noqa: TRY400 - the message says it all
                raise
        await self.targets.note(target.id, problem=None, checked=True, reachable=True)
        return read

    async def _check_copies(self, target: TargetRecord) -> int:
        copies = await in_offsite_store(self._database, lambda store: store.of_target(target.id, "copied"))
        newest: dict[str, CopyRecord] = {}
        oldest: dict[str, CopyRecord] = {}
        for copy in copies:
            newest.setdefault(copy.server_id, copy)
            other = oldest.setdefault(copy.server_id, copy)
            if (copy.verified_at or 0) < (other.verified_at or 0):
                oldest[copy.server_id] = copy
        chosen = {copy.backup_id: copy for copy in (*newest.values(), *oldest.values())}
        place, broken = await self.targets.place(target), list[str]()
        for copy in chosen.values():
            try:
                await place.verify(copy, report_progress)
            except OffsiteCopyBroken as error:
                broken.append(f"{copy.server_id}/{copy.file_name}: {error.message}")
                await self._note_broken(copy, error)
            else:
                await self._save(copy.changed(verified_at=self._clock.now_ms()))
        if broken:
            raise OffsiteCopyBroken(f"{len(broken)} of {len(chosen)} copies can't be relied on. {' '.join(broken[:3])}")
        return len(chosen)

    async def _note_broken(self, copy: CopyRecord, error: ManagerError) -> None:
        """It is copied anew, as long as the backup is here."""
        record = await in_offsite_store(self._database, lambda store: store.backups.get(copy.backup_id))
        is_here = record is not None and await asyncio.to_thread(self._shelf.is_there, record)
        now_ms = self._clock.now_ms()
        await self._save(copy.changed(state="failed", at=now_ms, error=error.message, verified_at=None, is_lasting=not is_here))

    async def _save(self, copy: CopyRecord) -> None:
        await in_offsite_store(self._database, lambda store: store.save(copy))
        self._bus.publish(BackupsChanged(copy.server_id))

    # Fetching back

    async def start_fetch(self, backup_id: str) -> RunRecord:
        """Raises `BackupNotFound`, and what `run_now` raises."""
        record = await self._shelf.get(backup_id)

        async def work() -> dict[str, Any]:
            await self.bring_back(record)
            return {"backup_id": backup_id, "file_name": record.file_name}

        return await self._scheduler().run_now(OFFSITE_FETCH, lambda: recorded(work), server_key=record.server_id)

    async def bring_back(self, record: BackupRecord) -> None:
        """Have the file of a backup here again; it is as it was copied. Does nothing where it is here.

        Raises `BackupFileGone` when there is no copy, `NoRoom`, and what the places raise.
        """
        with self._shelf.using(record.id):
            if await asyncio.to_thread(self._shelf.is_there, record):
                return
            known = await self.targets.known()
            found = await in_offsite_store(self._database, lambda store: store.of_backups([record.id]))
            copies = [copy for copy in found if copy.state == "copied" and copy.target_id in known]
            if not copies:
                raise BackupFileGone(
                    f"The file of this backup, {record.file_name}, is not in the folder of backups any more, and there is no "
                    "copy elsewhere. Put it back there, or delete the backup from the list."
                )
            problem: ManagerError | None = None
            for copy in sorted(copies, key=lambda copy: known[copy.target_id].kind != "folder"):
                try:
                    await self._fetch(record, copy, known[copy.target_id])
                except ManagerError as error:
                    log.warning("backup_not_fetched", backup=record.id, target=known[copy.target_id].name, error=error.message)
                    problem = error
                else:
                    return
            if problem is not None:
                raise problem

    async def _fetch(self, record: BackupRecord, copy: CopyRecord, target: TargetRecord) -> None:
        folder = self._shelf.folder(record.server_id)
        work = folder / f"{WORK_PREFIX}{uuid7()}"
        await in_thread(see_that_it_fits, self._shelf.root, record.size_bytes, "The backup that is fetched back")
        await in_thread(work.mkdir, mode=0o700, parents=True)
        try:
            place = await self.targets.place(target)
            await place.get(copy, work / _ARCHIVE_PART, lambda fraction, text: _tell(target, fraction, text))
            if not await in_thread(self._shelf.manifest_path(record).exists):
                await read_archive_apart(
                    work / _ARCHIVE_PART, name=record.file_name, only_check=True, manifest=work / _MANIFEST_PART
                )
            size = await in_thread(self._put_in_place, record, work)
        finally:
            await in_thread(shutil.rmtree, work, ignore_errors=True)
        self._stays_until[record.id] = time.monotonic() + _STAYS_SECONDS
        # Packed anew, where only what is in it was kept.
        await self._shelf.save((await self._shelf.get(record.id)).changed(size_bytes=size))
        log.info("backup_fetched", target=target.name, server=record.server_id, backup=record.id)

    def _put_in_place(self, record: BackupRecord, work: Path) -> int:
        """Its size. Blocking."""
        part = work / _ARCHIVE_PART
        size = part.stat().st_size
        if (work / _MANIFEST_PART).exists():
            (work / _MANIFEST_PART).rename(self._shelf.manifest_path(record))
        part.rename(self._shelf.path(record))
        sync_folder(self._shelf.folder(record.server_id))
        return size

    # Only elsewhere

    async def _release(self, server_id: str, rules: BackupSettings) -> None:
        """Remove the files here of what lies, verified, at all places of a server that keeps nothing here."""
        known = await self.targets.known()
        wanted = {target_id for target_id in rules.targets if target_id in known}
        if not wanted or server_id not in self._servers.ids or self._servers.supervisor(server_id).operations.held is not None:
            return
        records = await in_offsite_store(self._database, lambda store: store.backups.of_server(server_id))
        names = await asyncio.to_thread(self._shelf.file_names, server_id)
        here = [record for record in records if record.file_name in names and not self._stays(record.id)]
        copies = await in_offsite_store(self._database, lambda store: store.of_backups([record.id for record in here]))
        verified: dict[str, set[str]] = {}
        for copy in copies:
            if copy.state == "copied" and copy.verified_at is not None:
                verified.setdefault(copy.backup_id, set()).add(copy.target_id)
        gone = [record for record in here if wanted <= verified.get(record.id, set())]
        for record in gone:
            await asyncio.to_thread(self._unlink, record)
        if gone:
            log.info("backups_only_elsewhere", server=server_id, count=len(gone))
            self._bus.publish(BackupsChanged(server_id))

    def _stays(self, backup_id: str) -> bool:
        return self._shelf.is_in_use(backup_id) or self._stays_until.get(backup_id, 0.0) > time.monotonic()

    def _unlink(self, record: BackupRecord) -> None:
        """The archive alone: what is known of it stays here."""
        with contextlib.suppress(OSError):
            self._shelf.path(record).unlink()


def _tell(target: TargetRecord, fraction: float | None, text: str) -> None:
    report_progress(fraction, text or f"Fetching it from {target.name}")


_offsite: Offsite | None = None


def use_offsite(offsite: Offsite | None) -> None:
    """Make this one the answer of `get_offsite`; None forgets it."""
    global _offsite  # noqa: PLW0603 - jobs have no other way to what the manager built
    _offsite = offsite


def get_offsite() -> Offsite:
    """The running manager's. Raises `Unavailable` outside of one."""
    if _offsite is None:
        raise Unavailable("Backups are not open: the manager is starting or stopping. Try again.")
    return _offsite
