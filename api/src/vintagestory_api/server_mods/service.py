"""The mods of all game servers: what is there, what would be changed, and the changes, each as one new set or none."""

import asyncio
import contextvars
import os
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Literal

import structlog

from vintagestory_api.errors import Conflict, ManagerError, Unavailable
from vintagestory_api.events import EventBus, ServerModsChanged
from vintagestory_api.game_versions.version import GameVersion
from vintagestory_api.kit.clock import Clock, rfc3339
from vintagestory_api.server_mods.client_pack import client_pack, needed_by_players
from vintagestory_api.server_mods.generations import Generations
from vintagestory_api.server_mods.importing import Importer
from vintagestory_api.server_mods.installed import Installed, StoreReader, without_id
from vintagestory_api.server_mods.listing import installed_mods
from vintagestory_api.server_mods.lock_list import Manifest, SetEntry
from vintagestory_api.server_mods.log_troubles import LogTroubles
from vintagestory_api.server_mods.mod_config import ModConfig
from vintagestory_api.server_mods.modinfo import BUILTIN_MODS
from vintagestory_api.server_mods.outside import Outside, offers_as_known
from vintagestory_api.server_mods.planning import Planner
from vintagestory_api.server_mods.readiness import readiness
from vintagestory_api.server_mods.reading import PresentMods
from vintagestory_api.server_mods.restoring import Restorer
from vintagestory_api.server_mods.schemas import (
    ClientPackContents,
    Generation,
    GenerationDetails,
    GenerationList,
    ImportedList,
    InstalledModList,
    LockList,
    ModChanges,
    ModConfigList,
    ModPlan,
    PendingMods,
    ReadinessReport,
    Rollback,
)
from vintagestory_api.server_mods.set_states import State, Why
from vintagestory_api.server_mods.store import ModStore
from vintagestory_api.server_mods.store_sweeps import StoreSweeps
from vintagestory_api.server_mods.taking_effect import SetNotLoaded, TakingEffect
from vintagestory_api.server_mods.timeline_notes import note_by_hand, note_discarded, note_new_set
from vintagestory_api.server_mods.told_sets import facts_of, outcome, pending_change, report_of, report_unchanged
from vintagestory_api.server_mods.uploads import Uploads
from vintagestory_api.server_mods.within import ModsWithin
from vintagestory_api.servers.operations import run_id
from vintagestory_api.servers.registry import Servers
from vintagestory_api.servers.server import GameServer
from vintagestory_api.services.run_context import in_thread, report_progress
from vintagestory_api.services.run_records import RunRecord
from vintagestory_api.storage.database import Database

log = structlog.get_logger(__name__)

When = Literal["next_start", "restart"]

#: What was changed by hand becomes a set when nobody has touched it for so long: before, somebody may still be copying.
SETTLED_SECONDS: Final = 15.0


class ServerModsUnready(Conflict):
    """The server is not set up yet, so it has no folder for mods."""

    code = "server_not_set_up"


class NothingWaits(Conflict):
    """There is nothing that a restart would load."""

    code = "no_mods_wait"


@dataclass(frozen=True)
class _NewSet:
    """What a change makes. `why`: for the history; `said`: what is to be told of it besides; `back_to`: the earlier set it is."""

    entries: Sequence[SetEntry]
    why: str
    said: str | None = None
    back_to: int | None = None


class ServerMods:
    """Made once; `start` and `close` belong to the manager's life."""

    def __init__(
        self, store: ModStore, servers: Servers, database: Database, outside: Outside, *, clock: Clock, bus: EventBus
    ) -> None:
        self.store = store
        self.reader = StoreReader(store)
        self.uploads = Uploads(store, self.reader)
        self._servers = servers
        self._outside = outside
        self._clock = clock
        self._bus = bus
        self._planner = Planner(self.reader, self.uploads, outside.offers, outside.files)
        self.importer = Importer(store, self.reader, outside.offers, outside.files, outside.updates)
        self.within = ModsWithin(self, self._planner, outside)
        self._restorer = Restorer(self.reader, outside.files, outside.updates)
        self._troubles = LogTroubles(database, bus, self.tell)
        self._present = PresentMods(store, self.reader)
        self._taking_effect = TakingEffect(database, self._troubles, generations=self.generations, tell=self.tell)
        self._sweeps = StoreSweeps(store, self.uploads, servers, self.generations)
        self._generations: dict[str, Generations] = {}
        self._configs: dict[str, ModConfig] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        self._servers.before_launch(self._taking_effect.before_launch)
        self.store.open()
        self._keep(self._sweeps.now_and_then())

    async def close(self) -> None:
        self._troubles.close()
        for task in tuple(self._tasks):
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=2.0)

    # Asking

    def generations(self, server: GameServer) -> Generations:
        found = self._generations.get(server.id)
        if found is None or found.data_path != server.data_path:
            loop = asyncio.get_running_loop()
            found = self._generations[server.id] = Generations(
                server.data_path,
                self.store,
                now=lambda: rfc3339(self._clock.now_ms()) or "",
                found_by_hand=lambda made, before: loop.call_soon_threadsafe(note_by_hand, server, made, before),
            )
        return found

    def see_that_it_is_there(self, server_id: str) -> None:
        """Raises `ServerNotFound`, `ServerModsUnready`."""
        self._ready(server_id)

    async def installed(self, server: GameServer, *, planned: bool = False) -> tuple[list[Installed], State]:
        """What lies there, or with `planned` what a further change would start from. Changes nothing."""
        return await asyncio.to_thread(self._present.read, self.generations(server), planned=planned)

    async def listed(self, server_id: str) -> InstalledModList:
        """Raises `ServerNotFound`, `ServerModsUnready`, `ModsElsewhere`."""
        server = self._ready(server_id)
        generations = self.generations(server)
        items, state = await self.installed(server)
        misnamed = await asyncio.to_thread(self._present.misnamed, generations)
        modids = [one.entry.modid for one in items if one.entry.modid]
        places = await self._outside.places.places(modids)
        told = await self._troubles.of(server)
        if state.is_touched:
            self._keep(self._take_by_hand(server))
        current = state.current
        return InstalledModList(
            items=installed_mods(
                [*items, *misnamed],
                game_version=server.version,
                known=self._outside.updates.known(items, server.version),
                places=places,
                told=told,
            ),
            generation=current.number if current else None,
            game_version=server.version,
            pending=pending_change(state.waits) if state.waits else None,
            updates_checked_at=rfc3339(self._outside.updates.checked_ms),
            builtin=sorted(BUILTIN_MODS),
        )

    async def pending(self, server_id: str) -> PendingMods:
        server = self._ready(server_id)
        found = await asyncio.to_thread(self.generations(server).waits)
        return PendingMods(pending=pending_change(found) if found else None)

    async def history(self, server_id: str, *, limit: int, before: int | None) -> GenerationList:
        server = self._ready(server_id)
        generations = self.generations(server)
        found = await asyncio.to_thread(generations.history)
        state = await asyncio.to_thread(generations.state)
        page = [manifest for manifest in found if before is None or manifest.number < before]
        items = [Generation(**facts_of(server, manifest, state, self.store.has)) for manifest in page[:limit]]
        return GenerationList(items=items, next_cursor=str(items[-1].number) if len(page) > limit else None)

    async def generation(self, server_id: str, number: int) -> GenerationDetails:
        """Raises `GenerationNotFound`."""
        server = self._ready(server_id)
        generations = self.generations(server)
        manifest = await asyncio.to_thread(generations.get, number)
        state = await asyncio.to_thread(generations.state)
        facts = await asyncio.to_thread(facts_of, server, manifest, state, self.store.has)
        return GenerationDetails(**facts, lock=manifest.lock_list(server.name))

    async def lock_list(self, server_id: str, number: int | None, *, planned: bool = False) -> LockList:
        """Of a kept set, or of what lies there now; with `planned` of what will from the next start on. Raises
        `GenerationNotFound`."""
        server = self._ready(server_id)
        if number is not None:
            manifest = await asyncio.to_thread(self.generations(server).get, number)
            return manifest.lock_list(server.name)
        items, _state = await self.installed(server, planned=planned)
        items = await self._summed(server, items)
        return LockList(
            server=server.name,
            game_version=server.version,
            made_at=rfc3339(self._clock.now_ms()),
            mods=[one.entry.lock_entry() for one in items if one.entry.can_be_listed],
        )

    async def plan(self, server_id: str, changes: ModChanges) -> ModPlan:
        """Raises what the mod database raises, and `ServerModsUnready`, `ModsElsewhere`, `PlanTooDeep`."""
        server = self._ready(server_id)
        items, _state = await self.installed(server, planned=True)
        plan = await self._planner.plan(items, changes, server.version, _quiet)
        return plan.view(needs_restart=server.is_running, game_version=server.version)

    async def readiness(self, server_id: str, game_version: str) -> ReadinessReport:
        """Of the mods that the game loads. Raises `GameVersionInvalid`, and what the mod database raises."""
        server = self._ready(server_id)
        version = str(GameVersion.parse(game_version))
        items, _state = await self.installed(server)
        known = self._outside.updates.known(items, server.version)
        mods = [
            replace(
                one.present,
                game_versions=known[one.entry.key].game_versions if one.entry.key in known else one.entry.game_versions,
            )
            for one in items
            if one.entry.is_loaded
        ]
        modids = [one.entry.modid for one in items if one.entry.is_loaded and one.entry.modid]
        offers, problem = await offers_as_known(self._outside.offers, modids, version)
        return readiness(mods, [*offers, *without_id(items)], version, problem)

    async def plan_import(self, server_id: str, imported: ImportedList, *, game_version: str | None = None) -> ModPlan:
        """`game_version`: the one that the server will have, where that is another than now."""
        server = self._ready(server_id)
        version = game_version or server.version
        items, _state = await self.installed(server, planned=True)
        plan = await self.importer.plan(await self._summed(server, items), imported, version)
        return plan.view(needs_restart=server.is_running, game_version=version)

    async def plan_import_for_new(self, imported: ImportedList, game_version: str) -> ModPlan:
        """For a server that is not there yet."""
        plan = await self.importer.plan((), imported, game_version)
        return plan.view(needs_restart=False, game_version=game_version)

    async def plan_restore(self, server_id: str, number: int) -> ModPlan:
        """Raises `GenerationNotFound`."""
        server = self._ready(server_id)
        items, _state = await self.installed(server, planned=True)
        base = await self._summed(server, items)
        plan = await self._restorer.plan(self.generations(server), number, base, server.version)
        return plan.view(needs_restart=server.is_running, game_version=server.version)

    async def _summed(self, server: GameServer, items: Sequence[Installed]) -> list[Installed]:
        generations = self.generations(server)
        return await asyncio.to_thread(lambda: self._present.with_sums(generations.mods_folder(), items))

    async def client_pack(self, server_id: str) -> Iterator[bytes]:
        """One zip of what players need, as it lies there now, in pieces. Reading it blocks."""
        server = self._ready(server_id)
        items, _state = await self.installed(server)
        folder = await asyncio.to_thread(self.generations(server).mods_folder)
        return client_pack(needed_by_players(items), lambda entry: self._present.open(folder, entry))

    async def client_pack_contents(self, server_id: str) -> ClientPackContents:
        items, _state = await self.installed(self._ready(server_id))
        contents = needed_by_players(items)
        return ClientPackContents(
            mods=[entry.labelled(by_name=True) for entry in contents.entries], left_out=list(contents.left_out)
        )

    def config(self, server_id: str) -> ModConfig:
        server = self._ready(server_id)
        found = self._configs.get(server.id)
        if found is None or found.data_path != server.data_path:
            found = self._configs[server.id] = ModConfig(server.data_path)
        return found

    async def config_files(self, server_id: str) -> ModConfigList:
        config = self.config(server_id)
        items, _state = await self.installed(self._servers.get(server_id))
        modids = [one.entry.modid for one in items if one.entry.modid]
        return ModConfigList(items=await asyncio.to_thread(config.files, modids))

    # Changing

    async def change(self, server_id: str, changes: ModChanges, actor: str) -> RunRecord:
        """Raises `ServerBusy`, `ServerModsUnready`; all else becomes the run's error."""

        async def work(server: GameServer, base: Sequence[Installed]) -> _NewSet:
            plan = await self._planner.plan(base, changes, server.version, _tell_half(0.0))
            plan.check(changes.digest)
            entries = await self._planner.entries(plan, _tell_half(0.5))
            return _NewSet(entries, changes.why or "Mods changed", said=changes.why)

        return await self._begin(server_id, work, changes.when, actor)

    async def restore(self, server_id: str, number: int, rollback: Rollback, actor: str) -> RunRecord:
        """Raises `GenerationNotFound`, `ServerBusy`, `ServerModsUnready`."""
        server = self._ready(server_id)
        await asyncio.to_thread(self.generations(server).get, number)

        async def work(server: GameServer, base: Sequence[Installed]) -> _NewSet:
            plan = await self._restorer.plan(self.generations(server), number, base, server.version)
            plan.check(rollback.digest)
            entries = await self._restorer.entries(plan, _tell_half(0.5))
            return _NewSet(entries, f"Back to set {number}", back_to=number)

        return await self._begin(server_id, work, rollback.when, actor)

    async def import_list(self, server_id: str, imported: ImportedList, actor: str) -> RunRecord:
        async def work(server: GameServer, base: Sequence[Installed]) -> _NewSet:
            plan = await self.importer.plan(base, imported, server.version)
            plan.check(imported.digest)
            entries = await self.importer.entries(plan, _tell_half(0.5))
            why = f"From the list of {imported.lock.server}" if imported.lock.server else "From the list"
            return _NewSet(entries, why, said=why)

        return await self._begin(server_id, work, imported.when, actor)

    async def drop_pending(self, server_id: str, actor: str) -> InstalledModList:
        """Raises `ServerBusy`."""
        server = self._ready(server_id)
        async with self._servers.supervisor(server_id).operations.briefly("mods", actor):
            dropped = await asyncio.to_thread(self.generations(server).drop_waiting)
        if dropped is not None:
            note_discarded(server, dropped, actor, None)
            self.tell(server_id)
        return await self.listed(server_id)

    async def restart_with_waiting(self, server_id: str, actor: str, reason: str | None) -> RunRecord:
        """Restart the game with what waits for that, and go back when it does not start. Raises `NothingWaits`, `ServerBusy`."""
        await self._waiting_on_running(self._ready(server_id))
        supervisor = self._servers.supervisor(server_id)

        async def restart() -> dict[str, Any]:
            made = await self._waiting_on_running(supervisor.server)
            return {"generation": made.number, **await self._taking_effect.restart(supervisor, made, actor, reason)}

        return await supervisor.operate("mods", restart, actor=actor)

    async def _waiting_on_running(self, server: GameServer) -> Manifest:
        waits = await asyncio.to_thread(self.generations(server).waits)
        if waits is None:
            raise NothingWaits(f"No change of mods waits for a start of {server.name!r}.")
        if not server.is_running:
            raise NothingWaits(f"{server.name!r} does not run. What waits is loaded when it is started.")
        return waits.planned

    async def _begin(
        self,
        server_id: str,
        work: Callable[[GameServer, Sequence[Installed]], Awaitable[_NewSet]],
        when: When,
        actor: str,
    ) -> RunRecord:
        """One change, as the run of an operation that holds the server."""
        self._ready(server_id)
        supervisor = self._servers.supervisor(server_id)

        async def change() -> dict[str, Any]:
            server = supervisor.server
            generations = self.generations(server)
            report_progress(0.0, "Looking at the mods that are there")
            base = (await in_thread(generations.take_stock)).planned_on
            if base is None:
                raise SetNotLoaded("The server's folder of mods can't be read.")
            new = await work(server, await in_thread(self.reader.installed, base.entries))
            report_progress(0.95, "Putting the new set in its place")
            why = Why(actor, new.why, run_id(), server.version)
            made = await in_thread(generations.make, new.entries, base=base.number, why=why, waits=server.is_running)
            waits = made.state == "waiting"
            is_new = made.run_id == why.run_id
            if is_new:
                note_new_set(server, made, base.entries, back_to=new.back_to, said=new.said, waits=waits)
            elif made.number != base.number:
                note_discarded(server, base.number, actor, why.run_id)
            self.tell(server_id)
            self._keep(self._sweeps.sweep())
            report = report_of(made, waits=waits) if is_new else report_unchanged(made, base)
            report_progress(1.0, outcome(report))
            if when == "restart" and waits and is_new:
                report |= await self._taking_effect.restart(supervisor, made, actor)
            return report

        return await supervisor.operate("mods", change, actor=actor)

    async def _take_by_hand(self, server: GameServer) -> None:
        """What somebody did in `Mods` becomes a set of its own, when it has come to rest and nobody changes the server."""
        supervisor = self._servers.supervisor(server.id)
        generations = self.generations(server)
        if supervisor.operations.held is not None or not await asyncio.to_thread(_is_settled, server.data_path / "Mods"):
            return
        try:
            await asyncio.to_thread(generations.take_stock)
        except (ManagerError, OSError) as error:
            log.warning("mods_by_hand_not_kept", server=server.id, error=str(error))
            return
        self.tell(server.id)

    # Helpers

    def _ready(self, server_id: str) -> GameServer:
        """Raises `ServerNotFound`, `ServerModsUnready`."""
        server = self._servers.get(server_id)
        if server.record.setup is not None:
            raise ServerModsUnready(f"{server.name!r} is not set up yet. Its mods can be looked at when it is.")
        return server

    def tell(self, server_id: str) -> None:
        """The mods of a server are others than before."""
        self._bus.publish(ServerModsChanged(server_id))

    def _keep(self, work: Any) -> None:
        # In a context of its own: it is no part of the run or the request that began it.
        task = asyncio.get_running_loop().create_task(work, context=contextvars.Context())
        self._tasks.add(task)
        task.add_done_callback(self._forget)

    def _forget(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.error("server_mods_task_failed", exc_info=error)


def _is_settled(mods: Path) -> bool:
    now = time.time()
    try:
        with os.scandir(mods) as found:
            newest = max((entry.stat(follow_symlinks=False).st_ctime for entry in found), default=0.0)
        return now - max(newest, mods.stat().st_ctime) > SETTLED_SECONDS
    except OSError:
        return False


def _quiet(_fraction: float | None, _message: str) -> None:
    """A plan that is only looked at tells no run how far it is."""


def _tell_half(start: float) -> Callable[[float | None, str], None]:
    def tell(fraction: float | None, message: str) -> None:
        report_progress(start + 0.45 * (fraction or 0.0), message)

    return tell


_server_mods: ServerMods | None = None


def use_server_mods(server_mods: ServerMods | None) -> None:
    """Make this one the answer of `get_server_mods`; None forgets it."""
    global _server_mods  # noqa: PLW0603 - jobs have no other way to what the manager built
    _server_mods = server_mods


def get_server_mods() -> ServerMods:
    """The running manager's. Raises `Unavailable` outside of one."""
    if _server_mods is None:
        raise Unavailable("The mods of servers are not open: the manager is starting or stopping. Try again.")
    return _server_mods
