"""The places off the machine that people have named, with what is secret about them in the file of secrets."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import orjson

from vintagestory_api.backups.offsite_folder import FolderPlace, choose_folder
from vintagestory_api.backups.offsite_places import Place
from vintagestory_api.backups.offsite_records import TargetRecord, in_offsite_store
from vintagestory_api.backups.offsite_restic import Access, ResticPlace, check_environment, local_folder, restic_version, shown
from vintagestory_api.backups.offsite_run import OffsiteRefused, OffsiteUnreachable
from vintagestory_api.backups.schemas import (
    NewOffsiteTarget,
    OffsiteFolder,
    OffsiteRestic,
    OffsiteTarget,
    OffsiteTargetChange,
    OffsiteTargetList,
)
from vintagestory_api.errors import Conflict, FieldError, NotFound
from vintagestory_api.kit.clock import Clock, rfc3339
from vintagestory_api.kit.redaction import remember_secret
from vintagestory_api.storage.database import Database
from vintagestory_api.storage.guarded_paths import NoSuchFile, PathNotAllowed, allowed_host_path
from vintagestory_api.storage.secrets_file import SecretsFile

MAX_TARGETS: Final = 20
_NO_PROBLEM: Final[dict[str, None]] = {"problem": None, "check_problem": None}


class OffsiteTargetNotFound(NotFound):
    code = "offsite_target_not_found"


class OffsiteNameTaken(Conflict):
    code = "offsite_name_taken"


class OffsiteBusy(Conflict):
    code = "offsite_busy"


class TooManyOffsiteTargets(Conflict):
    code = "too_many_offsite_targets"


class OffsiteTargets:
    """`roots`: folders that people may name lie below these. `never`: the manager's own folders. `cache`: for restic."""

    def __init__(
        self,
        database: Database,
        secrets: SecretsFile,
        clock: Clock,
        *,
        roots: Sequence[Path],
        never: Sequence[Path],
        cache: Path,
        changed: Callable[[str], None],
    ) -> None:
        self._database = database
        self._secrets = secrets
        self._clock = clock
        self._roots = roots
        self._never = never
        self._cache = cache
        self._changed = changed
        self._known: dict[str, TargetRecord] | None = None
        self._reading = asyncio.Lock()
        self._changing = asyncio.Lock()
        self._reachable: dict[str, bool] = {}
        #: One at a time works on a place.
        self._locks: dict[str, asyncio.Lock] = {}

    async def known(self) -> Mapping[str, TargetRecord]:
        async with self._reading:
            if self._known is None:
                found = await in_offsite_store(self._database, lambda store: store.targets())
                self._known = {target.id: target for target in found}
            return self._known

    async def get(self, target_id: str) -> TargetRecord:
        """Raises `OffsiteTargetNotFound`."""
        try:
            return (await self.known())[target_id]
        except KeyError:
            raise OffsiteTargetNotFound(f"There is no place for copies {target_id[:40]!r}.") from None

    def lock(self, target_id: str) -> asyncio.Lock:
        return self._locks.setdefault(target_id, asyncio.Lock())

    # For people

    async def listed(self) -> OffsiteTargetList:
        records = list((await self.known()).values())
        good, wanted = await in_offsite_store(self._database, lambda store: (store.newest_copied(), store.wanted()))
        newest: dict[str, int] = {}
        for (_, target_id), made_at in good.items():
            newest[target_id] = max(made_at, newest.get(target_id, 0))
        servers = {record.id: sorted(server for server, ids in wanted.items() if record.id in ids) for record in records}
        return OffsiteTargetList(
            items=[self._view(record, servers[record.id], newest.get(record.id)) for record in records],
            restic_version=await restic_version(),
        )

    async def view(self, target_id: str) -> OffsiteTarget:
        """Raises `OffsiteTargetNotFound`."""
        record = await self.get(target_id)
        good, servers = await in_offsite_store(
            self._database, lambda store: (store.newest_copied(target_id), store.servers_of(target_id))
        )
        return self._view(record, sorted(servers), max(good.values(), default=None))

    async def add(self, new: NewOffsiteTarget) -> OffsiteTarget:
        """Raises `OffsiteRefused`, `OffsiteUnreachable`, `OffsiteFull`, `ResticMissing`, `OffsiteNameTaken`,
        `TooManyOffsiteTargets`, and what the file of secrets raises."""
        async with self._changing:
            known = await self.known()
            if len(known) >= MAX_TARGETS:
                raise TooManyOffsiteTargets(f"There are {MAX_TARGETS} places for copies already. Remove one first.")
            self._check_name(new.name, known)
            record = TargetRecord(new.name, new.place.kind, "", "", self._clock.now_ms(), new.max_age_hours)
            await self._save(await self._placed(record, new.place))
        self._changed(record.id)
        return await self.view(record.id)

    async def change(self, target_id: str, change: OffsiteTargetChange) -> OffsiteTarget:
        """Raises `OffsiteTargetNotFound`, and what `add` raises. In another place there are no copies yet."""
        async with self._changing:
            record = await self.get(target_id)
            if change.name is not None and change.name != record.name:
                self._check_name(change.name, await self.known())
                record = record.changed(name=change.name)
            if change.max_age_hours is not None:
                record = record.changed(max_age_hours=change.max_age_hours)
            if change.place is not None:
                record = await self._moved(record, change.place)
            await self._save(record)
        self._changed(target_id)
        return await self.view(target_id)

    async def remove(self, target_id: str) -> None:
        """What was copied stays where it is. Raises `OffsiteTargetNotFound`, and what the file of secrets raises."""
        async with self._changing:
            await self.get(target_id)
            await in_offsite_store(self._database, lambda store: store.remove_target(target_id))
            if self._known is not None:
                del self._known[target_id]
            await asyncio.to_thread(self._secrets.remove, _secret_of(target_id))
        self._changed(target_id)

    # For those who copy

    async def place(self, record: TargetRecord) -> Place:
        """Raises what the file of secrets raises, and `OffsiteUnreachable` when its secrets are lost."""
        if record.kind == "folder":
            return FolderPlace(record.where, record.mark)
        access = await asyncio.to_thread(self._access, record.id)
        if access is None:
            raise OffsiteUnreachable("The password of this repository is not known any more. Enter it again.")
        return ResticPlace(access, record.mark, self._cache)

    async def note(self, target_id: str, *, problem: str | None, checked: bool = False, reachable: bool | None = None) -> None:
        """What came of the latest try."""
        if reachable is not None:
            self._reachable[target_id] = reachable
        record = (await self.known()).get(target_id)
        if record is None:
            return
        fresh = record.changed(problem=problem)
        if checked:
            fresh = fresh.changed(last_check_at=self._clock.now_ms(), check_problem=problem)
        if fresh != record:
            await self._save(fresh)

    async def _moved(self, record: TargetRecord, place: OffsiteFolder | OffsiteRestic) -> TargetRecord:
        lock = self.lock(record.id)
        if lock.locked():
            raise OffsiteBusy(
                "Something is being copied there, or checked, at the moment. Wait for that, or cancel it; then try again."
            )
        async with lock:
            moved = await self._placed(record, place)
            if moved.mark != record.mark:
                await in_offsite_store(self._database, lambda store: store.forget_copies(record.id))
            return moved

    async def _placed(self, record: TargetRecord, place: OffsiteFolder | OffsiteRestic) -> TargetRecord:
        if isinstance(place, OffsiteFolder):
            path, mark = await choose_folder(place.path, roots=self._roots, never=self._never)
            return record.changed(kind="folder", where=str(path), mark=mark, has_password=False, environment=[], **_NO_PROBLEM)
        earlier = await asyncio.to_thread(self._access, record.id)
        access = await self._access_of(place, earlier)
        mark = await ResticPlace(access, None, self._cache).open()
        # The secret first: a place without its password would be broken, a secret without a place hurts nobody.
        secret = {"repository": access.repository, "password": access.password, "environment": dict(access.environment)}
        await asyncio.to_thread(self._secrets.put, _secret_of(record.id), orjson.dumps(secret).decode())
        return record.changed(
            kind="restic",
            where=shown(access.repository),
            mark=mark,
            has_password=True,
            environment=sorted(access.environment),
            **_NO_PROBLEM,
        )

    async def _access_of(self, place: OffsiteRestic, earlier: Access | None) -> Access:
        """What is left out stays as it was. Only where the repository does: a secret is not sent to whoever is named now."""
        same = earlier if earlier is not None and earlier.repository == place.repository else None
        password = place.password.get_secret_value() if place.password is not None else (same.password if same else "")
        if not password or "\0" in password or len(password) > 10_000:
            raise OffsiteRefused(
                "Give the password of the repository. Keep it somewhere else, too: without it nobody can read the copies.",
                fields=[FieldError("place.password", "is needed")],
            )
        environment = (
            {name: value.get_secret_value() for name, value in place.environment.items()}
            if place.environment is not None
            else dict(same.environment if same else {})
        )
        for secret in (password, *environment.values()):
            remember_secret(secret)
        check_environment(environment)
        folder = local_folder(place.repository)
        if folder is not None:
            await asyncio.to_thread(self._check_local, folder)
        return Access(place.repository, password, environment)

    def _check_local(self, folder: Path) -> None:
        """It need not be there yet, but what holds it. Raises `OffsiteRefused`. Blocking."""
        try:
            real = allowed_host_path(str(folder.parent), self._roots) / folder.name
        except (NoSuchFile, PathNotAllowed) as error:
            raise OffsiteRefused(error.message, fields=[FieldError("place.repository", "can't be used")]) from None
        if any(real.is_relative_to(own.resolve()) or own.resolve().is_relative_to(real) for own in self._never):
            raise OffsiteRefused(f"{folder} is part of the manager's own folders, or holds them. Choose another one.")

    def _access(self, target_id: str) -> Access | None:
        secret = self._secrets.get(_secret_of(target_id))
        if secret is None:
            return None
        found: dict[str, Any] = orjson.loads(secret)
        access = Access(found["repository"], found["password"], found["environment"])
        access.remember()
        return access

    def _check_name(self, name: str, known: Mapping[str, TargetRecord]) -> None:
        if any(target.name.casefold() == name.casefold() for target in known.values()):
            raise OffsiteNameTaken(f"There is a place named {name!r} already.", fields=[FieldError("name", "is taken")])

    async def _save(self, record: TargetRecord) -> None:
        await in_offsite_store(self._database, lambda store: store.save_target(record))
        if self._known is not None:
            self._known[record.id] = record

    def _view(self, record: TargetRecord, servers: list[str], newest_ms: int | None) -> OffsiteTarget:
        return OffsiteTarget(
            id=record.id,
            name=record.name,
            kind=record.kind,
            where=record.where,
            max_age_hours=record.max_age_hours,
            has_password=record.has_password,
            environment=record.environment,
            servers=servers,
            last_good_at=rfc3339(newest_ms),
            last_check_at=rfc3339(record.last_check_at),
            problem=record.problem or record.check_problem,
            is_reachable=self._reachable.get(record.id),
        )


def _secret_of(target_id: str) -> str:
    return f"offsite:{target_id}"
