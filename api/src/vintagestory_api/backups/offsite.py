"""Copies of backups off the machine: made after each backup, looked after, and fetched back when they are needed."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import structlog

from vintagestory_api.backups.elsewhere import OffsiteFacts
from vintagestory_api.backups.offsite_checking import OffsiteChecking, OffsiteCheckReport
from vintagestory_api.backups.offsite_here import OffsiteHere
from vintagestory_api.backups.offsite_queue import OFFSITE_COPY, CopyQueue
from vintagestory_api.backups.offsite_records import TargetRecord, in_offsite_store
from vintagestory_api.backups.offsite_targets import OffsiteTargets
from vintagestory_api.backups.records import BackupRecord
from vintagestory_api.backups.schemas import CopyState, OffsiteTest
from vintagestory_api.backups.shelf import Shelf
from vintagestory_api.errors import Conflict, FieldError, Invalid, ManagerError, Unavailable
from vintagestory_api.events import EventBus
from vintagestory_api.kit.clock import Clock, rfc3339
from vintagestory_api.servers.operations import recorded
from vintagestory_api.servers.registry import Servers
from vintagestory_api.services.run_records import RunRecord
from vintagestory_api.services.scheduler import SchedulerService
from vintagestory_api.storage.database import Database
from vintagestory_api.storage.secrets_file import SecretsFile

__all__ = [
    "OFFSITE_CHECK_ONE", "OFFSITE_COPY", "OFFSITE_FETCH", "Offsite", "OffsiteCheckReport", "get_offsite", "use_offsite",
]  # fmt: skip

log = structlog.get_logger(__name__)

OFFSITE_CHECK_ONE: Final = "offsite_check_one"
OFFSITE_FETCH: Final = "offsite_fetch"

_HOUR_MS: Final = 3_600_000


class UnknownOffsiteTarget(Invalid):
    code = "unknown_offsite_target"


class OnlyCopiesThere(Conflict):
    code = "only_copies_there"


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
        self._scheduler = scheduler
        self.targets = OffsiteTargets(
            database, secrets, clock, roots=roots, never=never, cache=cache, changed=self._target_changed
        )
        self.queue = CopyQueue(shelf, self.targets, servers, database, clock=clock, bus=bus, scheduler=scheduler)
        self._checking = OffsiteChecking(shelf, self.targets, database, clock=clock, bus=bus)
        self._here = OffsiteHere(shelf, servers, self.targets, database, bus)
        self.queue.release = self._here.release

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
        for server_id, target_ids in wanted.items():
            for target in (known[one] for one in target_ids if one in known):
                if target.check_problem is not None:
                    problems.setdefault(server_id, f"{target.name}: {target.check_problem}")
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
            return {"copies_read": await self._checking.check(await self.targets.get(target_id))}

        return await self._scheduler().run_now(OFFSITE_CHECK_ONE, lambda: recorded(work), beside_others=True)

    async def check_all(self) -> OffsiteCheckReport:
        """Raises `OffsiteCheckFailed` when one of them is not in order, after all."""
        return await self._checking.check_all()

    # Fetching back

    async def start_fetch(self, backup_id: str) -> RunRecord:
        """Raises `BackupNotFound`, and what `run_now` raises."""
        record = await self._shelf.get(backup_id)

        async def work() -> dict[str, Any]:
            await self.bring_back(record)
            return {"backup_id": backup_id, "file_name": record.file_name}

        return await self._scheduler().run_now(OFFSITE_FETCH, lambda: recorded(work), server_key=record.server_id)

    async def bring_back(self, record: BackupRecord) -> None:
        """Raises what `OffsiteHere.bring_back` raises."""
        await self._here.bring_back(record)


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
