"""Asking about updates for 10, 50 and 200 mods, installing 50, and going back, with 50 ms for each upstream request."""

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from figures import Figure, Measured, median
from vintagestory_api.events import EventBus
from vintagestory_api.kit.circuit import Circuit
from vintagestory_api.kit.clock import SystemClock
from vintagestory_api.kit.upstream import Upstream
from vintagestory_api.mods.catalog import ModCatalog
from vintagestory_api.mods.catalog_search import read_query
from vintagestory_api.mods.catalog_store import prepare_catalog
from vintagestory_api.mods.moddb import ModDatabase
from vintagestory_api.server_mods.downloads import ModDownloads
from vintagestory_api.server_mods.fetched_files import FetchedFiles
from vintagestory_api.server_mods.generations import Generations
from vintagestory_api.server_mods.installed import Installed, StoreReader
from vintagestory_api.server_mods.lock_list import SetEntry
from vintagestory_api.server_mods.offers import ModOffers
from vintagestory_api.server_mods.planning import Planner
from vintagestory_api.server_mods.schemas import ModChange, ModChanges
from vintagestory_api.server_mods.set_states import Why
from vintagestory_api.server_mods.store import ModStore
from vintagestory_api.server_mods.update_check import ModUpdates, ServerSet
from vintagestory_api.server_mods.update_facts import UpdateFacts
from vintagestory_api.server_mods.uploads import Uploads
from vintagestory_sandbox.upstream import SandboxUpstream, start_upstream

_LATENCY_MS = 50
_SIZES = (10, 50, 200)
_OUTDATED = 10
_INSTALLED = 50
_GAME = "1.21.6"
#: Older than every release that the stand-in makes up.
_OLD = "0.0.0-dev.0"
_WHY = Why("bench", "bench")


def measure(*, quick: bool) -> Measured:
    repeats = 1 if quick else 5
    with start_upstream(mods=800, handmade=False, latency_ms=_LATENCY_MS) as upstream:
        checks = asyncio.run(_checks(upstream, repeats))
        install = asyncio.run(_install(upstream))
    most = f"{_SIZES[-1]}_installed"
    outdated, current = checks[f"{most}_{_OUTDATED}_outdated"], checks[f"{most}_none_outdated"]
    return Measured(
        [
            Figure("update_check_seconds", round(median(outdated["seconds"]), 3), 0.8, "s"),
            Figure("update_check_requests", outdated["requests"], 20, "requests"),
            Figure("update_check_requests_none_outdated", current["requests"], 8, "requests"),
            Figure("mods_rollback_ms", install["rollback_ms"], 200, "ms"),
        ],
        {"latency_ms": _LATENCY_MS, "checks": checks, "install": install},
    )


@dataclass
class _Asking:
    """What of a manager asks about updates; a new one knows nothing yet. The mods are those of one server."""

    folder: Path
    moddb: ModDatabase
    catalog: ModCatalog
    installed: list[Installed] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.facts = UpdateFacts(self.folder / "mod-updates.json")
        self.offers = ModOffers(self.moddb, self.catalog, SystemClock(), self.facts.taken_back)
        self.updates = ModUpdates(self, self.facts, self.moddb, self.offers, self.catalog, clock=SystemClock(), bus=EventBus())

    async def sets(self) -> list[ServerSet]:
        return [ServerSet("server", _GAME, self.installed)]


@asynccontextmanager
async def _mod_database(upstream: SandboxUpstream, folder: Path) -> AsyncIterator[tuple[ModDatabase, ModCatalog]]:
    """A client and a filled catalogue."""
    clock = SystemClock()
    circuit = Circuit("The mod database", clock=clock)
    client = Upstream("The mod database", upstream.url, user_agent="vsmanager bench", circuit=circuit, clock=clock)
    moddb = ModDatabase(client, work_dir=folder)
    prepare_catalog(folder / "catalog.db")
    catalog = ModCatalog(folder / "catalog.db", moddb, clock)
    try:
        await catalog.refresh()
        yield moddb, catalog
    finally:
        await catalog.close()
        await client.aclose()


async def _checks(upstream: SandboxUpstream, repeats: int) -> dict[str, Any]:
    told: dict[str, Any] = {}
    with _folder() as folder:
        async with _mod_database(upstream, folder) as (moddb, catalog):
            newest = await _newest(moddb, catalog)
            for size in _SIZES:
                for outdated in (0, min(_OUTDATED, size)):
                    installed = [_has(modid, _OLD) for modid, _version in newest[:outdated]]
                    installed += [_has(modid, version) for modid, version in newest[outdated:size]]
                    name = f"{size}_installed_{outdated or 'none'}_outdated"
                    told[name] = await _measure_check(upstream, folder, moddb, catalog, installed, repeats)
    return told


async def _measure_check(
    upstream: SandboxUpstream,
    folder: Path,
    moddb: ModDatabase,
    catalog: ModCatalog,
    installed: list[Installed],
    repeats: int,
) -> dict[str, Any]:
    seconds = []
    for _turn in range(repeats):
        (folder / "mod-updates.json").unlink(missing_ok=True)
        asking = _Asking(folder, moddb, catalog, installed)
        upstream.reset()
        started = time.perf_counter()
        report = await asking.updates.check()
        seconds.append(round(time.perf_counter() - started, 3))
    stats = upstream.stats()
    return {
        "seconds": seconds,
        "requests": stats["total"],
        "peak_concurrency": stats["peak"],
        "asked_singly": report.asked_singly,
        "updates": report.updates + report.updates_for_other_versions,
    }


async def _install(upstream: SandboxUpstream) -> dict[str, Any]:
    """Plan, download, check and put in place; then back to the empty set, and to the full one again."""
    with _folder() as folder:
        async with _mod_database(upstream, folder) as (moddb, catalog):
            newest = await _newest(moddb, catalog)
            (folder / "store").mkdir()
            (folder / "data").mkdir()
            store = ModStore(folder / "store")
            reader = StoreReader(store)
            fetched = FetchedFiles(folder / "fetched.json", upstream.url, store.has)
            offers = ModOffers(moddb, catalog, SystemClock())
            planner = Planner(reader, Uploads(store, reader), offers, ModDownloads(moddb.upstream, store, reader, fetched))
            generations = Generations(folder / "data", store, now=lambda: "2026-01-01T00:00:00.000Z")
            empty = generations.take_stock().planned_on
            assert empty is not None
            changes = ModChanges(
                changes=[ModChange(action="install", mod=modid) for modid, _version in newest[:_INSTALLED]],
                allow_unfitting=True,
                allow_prereleases=True,
            )
            upstream.reset()
            started = time.perf_counter()
            plan = await planner.plan([], changes, _GAME, _quiet)
            plan.check(None)
            planned = time.perf_counter()
            entries = await planner.entries(plan, _quiet)
            fetched_at = time.perf_counter()
            full = generations.make(entries, base=empty.number, why=_WHY, waits=False)
            done = time.perf_counter()
            stats = upstream.stats()
            back = generations.make(empty.entries, base=full.number, why=_WHY, waits=False)
            started_back = time.perf_counter()
            generations.make(generations.get(full.number).entries, base=back.number, why=_WHY, waits=False)
            rollback = time.perf_counter() - started_back
    return {
        "mods": len(full.mods),
        "seconds": round(done - started, 3),
        "seconds_plan": round(planned - started, 3),
        "seconds_files": round(fetched_at - planned, 3),
        "seconds_in_place": round(done - fetched_at, 3),
        "rollback_ms": round(rollback * 1000, 1),
        "requests": stats["total"],
        "peak_concurrency": stats["peak"],
    }


async def _newest(moddb: ModDatabase, catalog: ModCatalog) -> list[tuple[str, str]]:
    """Ids of the catalogue with their newest versions."""
    modids: list[str] = []
    cursor = ""
    while len(modids) < 2 * _SIZES[-1]:
        page = await catalog.search(read_query({"sort": ["name"], "limit": ["100"], "cursor": [cursor]}))
        modids += [modid for item in page.items for modid in orjson.loads(item)["modids"][:1]]
        cursor = page.next_cursor or ""
        if not cursor:
            break
    updates = await moddb.updates((modid, "0.0.0") for modid in modids)
    return [(modid, found.release.version) for modid, found in updates.items() if found.release.file_id is not None]


def _has(modid: str, version: str) -> Installed:
    facts = {"kind": "zip", "sha256": "0" * 64, "size_bytes": 1, "side": "both", "source": "moddb"}
    return Installed(SetEntry.model_validate({"modid": modid, "version": version, "file_name": f"{modid}.zip", **facts}))


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="vsmanager-bench-") as name:
        yield Path(name)


def _quiet(_fraction: float | None, _message: str) -> None:
    """Nobody watches."""
