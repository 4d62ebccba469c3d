"""Everything the running manager consists of, built once and taken down in the reverse order."""

import asyncio
import contextlib
import os
import secrets
import sqlite3
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import orjson
import structlog

from vintagestory_api.access.access import Access
from vintagestory_api.access.audit import AuditFilter
from vintagestory_api.access.audit_service import use_audit_service
from vintagestory_api.access.offline import has_admin_user
from vintagestory_api.access.roles import Role
from vintagestory_api.alert_sources import AlertSources
from vintagestory_api.backups.drill import Drills, use_drills
from vintagestory_api.backups.importing import BackupImports
from vintagestory_api.backups.offsite import Offsite, use_offsite
from vintagestory_api.backups.restoring import Restores
from vintagestory_api.backups.service import Backups, use_backups
from vintagestory_api.config import ProcessSettings
from vintagestory_api.definitions.around import Around as DefinitionAround
from vintagestory_api.definitions.importing import ServerImports
from vintagestory_api.definitions.service import Definitions
from vintagestory_api.errors import ManagerError, Unavailable
from vintagestory_api.events import AccessChanged, Event, EventBus, OverviewChanged, RunChanged, SettingsChanged
from vintagestory_api.files.service import ServerFiles
from vintagestory_api.game_versions.catalog import GameVersionCatalog, use_game_version_catalog
from vintagestory_api.game_versions.client import VersionApi
from vintagestory_api.game_versions.installs import Installs
from vintagestory_api.jobs import DEFAULT_JOBS, EVENT_POLICIES, JOBS_BY_ID, register_default_jobs
from vintagestory_api.kit.circuit import Circuit
from vintagestory_api.kit.clock import Clock, SystemClock, rfc3339
from vintagestory_api.kit.public_fetch import PublicFetcher, loopback_port
from vintagestory_api.kit.redaction import remember_secret
from vintagestory_api.kit.upstream import Upstream, user_agent
from vintagestory_api.live.feed import feed
from vintagestory_api.live.hub import LiveHub
from vintagestory_api.live.watch import Watch
from vintagestory_api.manager_copies.service import ManagerCopies, use_manager_copies
from vintagestory_api.metrics.metrics import Metrics
from vintagestory_api.mods.catalog import ModCatalog, use_mod_catalog
from vintagestory_api.mods.catalog_store import prepare_catalog
from vintagestory_api.mods.logos import ACCEPTED, MAX_LOGO_BYTES, ModLogos
from vintagestory_api.mods.moddb import ModDatabase
from vintagestory_api.notifications.alerts import Alerts, use_alerts
from vintagestory_api.notifications.service import Notifications
from vintagestory_api.players.players import Players, use_players
from vintagestory_api.runs.ledger import RunsLedger, use_runs_ledger
from vintagestory_api.schedules.around import Around
from vintagestory_api.schedules.links import BackupLink, MessageLink, UpdateLink
from vintagestory_api.schedules.service import Schedules
from vintagestory_api.server_config.service import ServerConfigs
from vintagestory_api.server_mods.downloads import ModDownloads
from vintagestory_api.server_mods.fetched_files import FetchedFiles
from vintagestory_api.server_mods.installed import StoreReader
from vintagestory_api.server_mods.offers import CatalogIndex, ModOffers
from vintagestory_api.server_mods.outside import Outside
from vintagestory_api.server_mods.service import ServerMods, use_server_mods
from vintagestory_api.server_mods.store import ModStore
from vintagestory_api.server_mods.update_check import ModUpdates, ServerSets, use_mod_updates
from vintagestory_api.server_mods.update_facts import UpdateFacts
from vintagestory_api.servers.game_configuration import GameConfiguration
from vintagestory_api.servers.in_store import has_servers
from vintagestory_api.servers.local_host import LocalHost
from vintagestory_api.servers.operations import OPERATION_POLICIES
from vintagestory_api.servers.registry import Servers
from vintagestory_api.servers.setup import Setup
from vintagestory_api.services.api_settings import ApiSettings, ApiSettingsStore, use_api_settings_store
from vintagestory_api.services.scheduler import AlreadyRunning, SchedulerService, use_scheduler_service
from vintagestory_api.storage.atomic import write_atomically
from vintagestory_api.storage.data_folder import DataFolder
from vintagestory_api.storage.database import Database, DatabaseUnreadable, prepare_database
from vintagestory_api.storage.game_user import GameUser
from vintagestory_api.storage.secrets_file import SecretsFile
from vintagestory_api.updates.around import Around as UpdateAround
from vintagestory_api.updates.service import Updates, use_updates

log = structlog.get_logger(__name__)

_SETTINGS_LOOK_SECONDS = 5.0
#: What changes with time alone, or from outside, is noticed within this time.
_OVERVIEW_LOOK_SECONDS = 3.0
_ACCESS_LOOK_SECONDS = 5.0
_WARM_UP_AFTER_SECONDS = 1.0
_ALERTS_AGAIN_SECONDS = 5.0
#: A catalogue that could not be filled is tried again on demand, but not with every request.
_REFRESH_AGAIN_AFTER_MS = 60_000


@dataclass
class _JobHistory:
    """What requests ask of the ledger all the time, kept in memory: when each job last ended well, and last failed."""

    succeeded_at: dict[str, int] = field(default_factory=dict)
    failed_at: dict[str, int] = field(default_factory=dict)

    def note(self, event: Event) -> None:
        if isinstance(event, RunChanged) and event.ended_ms is not None:
            if event.state == "succeeded":
                self.succeeded_at[event.job_id] = event.ended_ms
            elif event.state in {"failed", "timed_out", "skipped"} and event.run["started_at"] is not None:
                self.failed_at[event.job_id] = event.ended_ms


class Manager:
    """The composition root's product. `start` and `stop` belong to the lifespan of the application."""

    def __init__(self, settings: ProcessSettings, *, folder: DataFolder | None = None, clock: Clock | None = None) -> None:
        self.settings = settings
        self.clock = clock or SystemClock()
        self.folder = folder or DataFolder(settings.data_dir)
        self.bus = EventBus()
        self.live = LiveHub()
        self._overview_watch: Watch | None = None
        self.api_settings = ApiSettingsStore(self.folder.settings)
        self.ledger = RunsLedger(self.folder.database, self.clock)
        self.database = Database(self.folder.database)
        self.secrets = SecretsFile(self.folder.secrets)
        self.access = Access.on(self.database, self.clock, self.secrets)
        self._access_watch = self._watch_of_access()
        self.database_problem: ManagerError | None = None
        self.history = _JobHistory()
        self.started_ms = self.clock.now_ms()
        self._applied = self.api_settings.read()
        self.upstreams = {
            "mod_database": self._upstream("The mod database", settings.mod_db_url),
            "version_api": self._upstream("The version service", settings.versions_url),
        }
        self.moddb = ModDatabase(self.upstreams["mod_database"], work_dir=self.folder.cache)
        self.catalog = ModCatalog(self.folder.catalog, self.moddb, self.clock)
        self.logos = self._mod_logos()
        self.versions = GameVersionCatalog(self.folder.catalog, VersionApi(self.upstreams["version_api"]), self.clock, self.bus)
        self.scheduler = SchedulerService(clock=self.clock, bus=self.bus)
        self.game_user = GameUser.find(settings.game_user) if settings.game_user else None
        self.installs = Installs(
            self.folder.versions,
            self.versions,
            bus=self.bus,
            user_agent=lambda: user_agent(self.api_settings.read().upstream_contact),
            clock=self.clock,
        )
        configuration = GameConfiguration(self.installs, user=self.game_user)
        self.servers = Servers(
            database=self.database,
            clock=self.clock,
            bus=self.bus,
            scheduler=lambda: self.scheduler,
            settings=self.api_settings.read,
            host=LocalHost(self.folder.keepers),
            versions=self.installs,
            servers_dir=self.folder.servers,
            configuration=configuration,
            user=self.game_user,
        )
        self.installs.used_by = lambda version: [*self.servers.users_of(version), *self.updates.users_of(version)]
        self.setup = Setup(self.servers, self.installs, configuration, self.clock)
        self.players = Players(self.database, self.clock, self.bus, self.servers)
        self.metrics = Metrics(
            self.database,
            self.clock,
            self.bus,
            self.servers,
            note=self.servers.timeline.note,
            keep_days=lambda: self.api_settings.read().resource_history_days,
        )
        self.server_configs = ServerConfigs(
            self.database, self.clock, self.bus, self.servers, self.setup, self.players, self.secrets
        )
        self.update_facts = UpdateFacts(self.folder.mod_updates)
        self.mod_offers = ModOffers(self.moddb, self.catalog, self.clock, self.update_facts.taken_back)
        self.server_mods = self._server_mods()
        self.mod_updates = ModUpdates(
            ServerSets(self.servers, self.server_mods),
            self.update_facts,
            self.moddb,
            self.mod_offers,
            self.catalog,
            clock=self.clock,
            bus=self.bus,
        )
        self.backups = Backups(
            self.folder.backups,
            self.servers,
            self.server_mods,
            self.database,
            clock=self.clock,
            bus=self.bus,
            settings=self.api_settings.read,
            scheduler=lambda: self.scheduler,
        )
        self.restores = self._restores()
        self.files = ServerFiles(self.servers, self.folder.trash, self.clock)
        self.updates = self._updates()
        self.schedules = self._schedules()
        self.drills = Drills(
            self.folder.restores,
            self.backups.shelf,
            self.servers,
            self.database,
            clock=self.clock,
            bus=self.bus,
            scheduler=lambda: self.scheduler,
        )
        self.backups.drilled = self.drills
        self.backup_imports = BackupImports(
            self.backups.shelf,
            self.servers,
            clock=self.clock,
            scheduler=lambda: self.scheduler,
            ready=self.backups.ready,
        )
        self.offsite = self._offsite()
        self.backups.elsewhere = self.offsite
        self.notifications = self._notifications()
        self.alerts = Alerts(
            self.database, self.clock, self.bus, self.ledger, self.notifications.outbox, AlertSources(self).around()
        )
        self.alerts.on_change = self._alerts_changed
        self._tasks: set[asyncio.Task[None]] = set()
        self._closing = contextlib.AsyncExitStack()

    def _watch_of_access(self) -> Watch:
        # Looked for in the trail itself, because the command line changes the database on its own.
        watch = Watch(self._newest_audit_entry, lambda: self.bus.publish(AccessChanged()), every_seconds=_ACCESS_LOOK_SECONDS)
        self.access.audit.recorded = watch.look_now
        self.access.on_revoked(lambda _kind, _id: self.live.recheck())
        self.access.sessions.second_factor_rule = lambda: self.api_settings.read().require_second_factor
        return watch

    def _upstream(self, name: str, url: str) -> Upstream:
        agent = user_agent(self._applied.upstream_contact)
        circuit = Circuit(name, clock=self.clock, changed=self._look_at_overview)
        return Upstream(name, url, user_agent=agent, circuit=circuit, clock=self.clock)

    def _mod_logos(self) -> ModLogos:
        fetcher = PublicFetcher(
            accept=ACCEPTED,
            max_bytes=MAX_LOGO_BYTES,
            user_agent=lambda: user_agent(self.api_settings.read().upstream_contact),
            clock=self.clock,
            own_port=loopback_port(self.settings.mod_db_url),
        )
        return ModLogos(self.catalog, fetcher, self.folder.logos, self.clock)

    def _schedules(self) -> Schedules:
        around = Around(
            database=self.database,
            clock=self.clock,
            bus=self.bus,
            ledger=self.ledger,
            servers=self.servers,
            scheduler=lambda: self.scheduler,
            players=self.players,
            backups=BackupLink(lambda: self.backups),
            updates=UpdateLink(lambda: self.updates),
            messages=MessageLink(lambda: self.notifications),
        )
        return Schedules(around)

    def _updates(self) -> Updates:
        around = UpdateAround(
            database=self.database,
            clock=self.clock,
            bus=self.bus,
            servers=self.servers,
            mods=self.server_mods,
            versions=self.installs,
            version_list=self.versions,
            backups=self.backups,
            restores=self.restores,
            players=self.players.online_names,
        )
        return Updates(around, self.update_facts, checked_ms=lambda: self.freshness("server_versions_check"))

    def _offsite(self) -> Offsite:
        return Offsite(
            self.backups.shelf,
            self.servers,
            self.database,
            self.secrets,
            clock=self.clock,
            bus=self.bus,
            scheduler=lambda: self.scheduler,
            roots=self.settings.host_roots,
            never=(self.folder.root,),
            cache=self.folder.cache / "restic",
        )

    def _notifications(self) -> Notifications:
        notifications = Notifications(
            self.database,
            self.clock,
            self.bus,
            self.secrets,
            name_of=lambda server_id: self.servers.get(server_id).name if server_id in self.servers.ids else None,
            public_url=lambda: self.api_settings.read().public_url,
            user_agent=lambda: user_agent(self.api_settings.read().upstream_contact),
            inside_hosts=self.settings.notify_hosts,
        )
        notifications.is_well = lambda: self.is_ready and not self.alerts.is_critical
        return notifications

    @cached_property
    def definitions(self) -> Definitions:
        around = DefinitionAround(
            folder=self.folder.definitions,
            clock=self.clock,
            bus=self.bus,
            scheduler=lambda: self.scheduler,
            ledger=self.ledger,
            servers=self.servers,
            setup=self.setup,
            installs=self.installs,
            configs=self.server_configs,
            mods=self.server_mods,
            schedules=self.schedules,
            backups=self.backups,
            places=self.offsite.targets,
            updates=self.updates,
            notifications=self.notifications,
        )
        return Definitions(around)

    @cached_property
    def server_imports(self) -> ServerImports:
        return ServerImports(self.servers, self.setup, scheduler=lambda: self.scheduler, user=self.game_user)

    def _alerts_changed(self) -> None:
        self.notifications.ping.note_alerts()
        self._look_at_overview()

    def _restores(self) -> Restores:
        return Restores(
            self.folder.restores,
            self.backups,
            self.servers,
            self.setup,
            self.installs,
            self.server_mods,
            self.database,
            clock=self.clock,
            bus=self.bus,
            players_on=self.players.online_count,
        )

    def _server_mods(self) -> ServerMods:
        store = ModStore(self.folder.mods_store)
        upstream = self.upstreams["mod_database"]
        fetched = FetchedFiles(self.folder.mods_store / ".fetched.json", upstream.public_url, store.has)
        outside = Outside(
            offers=self.mod_offers,
            files=ModDownloads(upstream, store, StoreReader(store), fetched),
            updates=self.update_facts,
            places=CatalogIndex(self.catalog),
        )
        return ServerMods(store, self.servers, self.database, outside, clock=self.clock, bus=self.bus)

    # Life

    async def start(self) -> None:
        """Open the files, start the scheduler, register the jobs. Raises a `ManagerError` that says what to do."""
        self._note_what_to_close()
        await asyncio.to_thread(self._open_files)
        if self.database_problem is None:
            for job in DEFAULT_JOBS:
                if (ended := await self.ledger.latest_success_ms(job.id)) is not None:
                    self.history.succeeded_at[job.id] = ended
        self.bus.subscribe(self.history.note)
        feed(self.live, self.bus)
        self.scheduler = SchedulerService(
            ledger=self.ledger if self.database_problem is None else None,
            policies={**{job.id: job.policy for job in DEFAULT_JOBS}, **EVENT_POLICIES, **OPERATION_POLICIES},
            skip_reason=self._skip_reason,
            clock=self.clock,
            bus=self.bus,
        )
        use_api_settings_store(self.api_settings)
        use_mod_catalog(self.catalog)
        use_game_version_catalog(self.versions)
        use_scheduler_service(self.scheduler)
        self.scheduler.start()
        if self.database_problem is None:
            use_runs_ledger(self.ledger)
            use_audit_service(self.access.audit)
            use_players(self.players)
            use_server_mods(self.server_mods)
            use_mod_updates(self.mod_updates)
            use_backups(self.backups)
            use_manager_copies(ManagerCopies(self.folder, self.clock))
            use_drills(self.drills)
            use_offsite(self.offsite)
            use_updates(self.updates)
            self.alerts.listen()
            register_default_jobs(self.scheduler)
            await self._open_servers()
            self._keep(self._start_alerts())
            await self.schedules.start()
            self._keep(self._go_on_with_definitions())
            self._keep(self._follow_settings_file())
            self._keep(self._warm_up())

    async def _open_servers(self) -> None:
        """Take up what an earlier manager left running. What needs the database waits for that only when there are servers."""
        await self.installs.open()
        self.metrics.start()
        self.server_mods.start()
        self.setup.let_files_go = self.files.let_go
        self.files.start()
        await self.restores.recover()
        self.updates.start()
        if await asyncio.to_thread(has_servers, self.folder.database):
            await self.players.start()
            await self.updates.recover()
            await self.server_configs.start()
            await self.servers.open()
            self.server_configs.go_on()
            self._keep(self.restores.sweep())
        else:
            self._keep(self.players.start())
        self._keep(asyncio.to_thread(self.setup.sweep))
        self._keep(asyncio.to_thread(self.drills.sweep))
        self.backups.start()
        self.offsite.start()

    async def _go_on_with_definitions(self) -> None:
        await self.servers.taken_up()
        await self.server_imports.sweep()
        await self.definitions.start()

    async def _start_alerts(self) -> None:
        """Beside the start, because it opens the database; again while that can't be read, so that nothing is forgotten."""
        use_alerts(self.alerts)
        while True:
            try:
                await self.notifications.start()
                await self.alerts.start()
            except Exception as error:  # noqa: BLE001 - whatever is wrong with the disk or the database
                log.warning("alerts_not_started", error=str(error))
                await asyncio.sleep(_ALERTS_AGAIN_SECONDS)
            else:
                return

    async def stop(self) -> None:
        """Take everything down in the reverse order; a part that fails to end keeps no other from ending."""
        await self._closing.aclose()

    def _note_what_to_close(self) -> None:
        """Last in, first out."""
        closing = self._closing
        closing.callback(self.folder.unlock)
        for forget in (
            use_api_settings_store,
            use_runs_ledger,
            use_audit_service,
            use_mod_catalog,
            use_game_version_catalog,
            use_players,
            use_server_mods,
            use_mod_updates,
            use_backups,
            use_manager_copies,
            use_drills,
            use_offsite,
            use_updates,
            use_alerts,
        ):
            closing.callback(forget, None)
        closing.callback(use_scheduler_service, None)
        closing.push_async_callback(asyncio.to_thread, self.ledger.close)
        closing.push_async_callback(self.database.aclose)
        closing.push_async_callback(self.access.aclose)
        closing.push_async_callback(self.notifications.close)
        closing.push_async_callback(self.alerts.close)
        for upstream in self.upstreams.values():
            closing.push_async_callback(upstream.aclose)
        closing.push_async_callback(self.catalog.close)
        closing.push_async_callback(self.logos.close)
        closing.push_async_callback(self.installs.close)
        closing.push_async_callback(self.metrics.close)
        closing.push_async_callback(self.mod_offers.close)
        closing.push_async_callback(self.server_mods.close)
        closing.push_async_callback(self.files.close)
        closing.push_async_callback(self.mod_updates.close)
        closing.push_async_callback(self.backups.close)
        closing.push_async_callback(self.offsite.close)
        closing.push_async_callback(self.server_configs.close)
        closing.push_async_callback(self.players.close)
        closing.push_async_callback(self.servers.close)
        closing.callback(self.updates.close)
        closing.push_async_callback(self._stop_scheduler)
        closing.push_async_callback(self.schedules.close)
        closing.callback(self._cancel_tasks)
        closing.callback(self.live.close)

    async def _stop_scheduler(self) -> None:
        await self.scheduler.shutdown()

    def _cancel_tasks(self) -> None:
        for task in tuple(self._tasks):
            task.cancel()

    def _open_files(self) -> None:
        self.folder.prepare()
        if not self.folder.is_locked:
            self.folder.lock()
        if self.game_user is not None:
            self.game_user.open_ways(self.folder)
        try:
            prepare_database(self.folder.database)
            self.ledger.open()
        except DatabaseUnreadable as error:
            # Health and its message still answer, so that people learn what is wrong; nothing else pretends to work.
            self.database_problem = error
            self.database.refuse("The manager's database can't be read, so nothing but /healthz works. Run: vsmanager doctor")
            log.error("database_unreadable", error=error.message)  # noqa: TRY400 - the message says it all
        prepare_catalog(self.folder.catalog)

    def announce(self, url: str) -> None:
        """Leave the address, and a token for as long as this process lives, to the command line of the same user."""
        secret = f"vsm_{secrets.token_urlsafe(32)}"
        remember_secret(secret)
        self.access.tokens.register_local_token(secret, Role.ADMIN)
        self._closing.callback(self.folder.manager_info.unlink, missing_ok=True)
        upstreams = {upstream_id: upstream.public_url for upstream_id, upstream in self.upstreams.items()}
        info = {"pid": os.getpid(), "url": url, "token": secret, "upstreams": upstreams}
        write_atomically(self.folder.manager_info, orjson.dumps(info))

    async def setup_link(self, url: str) -> str | None:
        """A new link that makes the first admin; None when there is one."""
        try:
            if await asyncio.to_thread(has_admin_user, self.folder.database):
                return None
        except sqlite3.Error as error:
            log.warning("setup_link_not_made", error=str(error))
            return None
        return f"{url}/setup#token={self.access.setup_link.renew()}"

    # Settings

    def change_settings(self, changes: dict[str, Any]) -> ApiSettings:
        """Save and apply. Raises what `ApiSettingsStore.update` raises. Blocking."""
        return self.api_settings.update(changes)

    def apply_settings(self) -> None:
        """Bring the schedule and the upstreams in line with the settings in force, and tell when those are others."""
        before, self._applied = self._applied, self.api_settings.read()
        agent = user_agent(self._applied.upstream_contact)
        for upstream in self.upstreams.values():
            upstream.use_user_agent(agent)
        register_default_jobs(self.scheduler)
        self._look_at_overview()
        if self._applied != before:
            self.bus.publish(SettingsChanged())

    async def _follow_settings_file(self) -> None:
        """A file that was edited by hand takes effect, too."""
        while True:
            await asyncio.sleep(_SETTINGS_LOOK_SECONDS)
            if self.api_settings.read() != self._applied:
                log.info("api_settings_changed_on_disk")
                self.apply_settings()

    async def _warm_up(self) -> None:
        """Load what the first request with a token needs, after the start is over."""
        await asyncio.sleep(_WARM_UP_AFTER_SECONDS)
        await self.access.tokens.warm_up()
        self._keep(self._access_watch.follow())

    async def _newest_audit_entry(self) -> str | None:
        newest = await self.access.audit.list(AuditFilter(), limit=1)
        return newest[0].id if newest else None

    # Health

    @property
    def is_ready(self) -> bool:
        return self.database_problem is None and self.scheduler.is_running

    def problems(self) -> list[dict[str, str]]:
        """What needs a person, in words without paths."""
        found = []
        if self.database_problem is not None:
            found.append(
                {
                    "code": self.database_problem.code,
                    "message": "The manager's database can't be read, so nothing but this page works. Run: vsmanager doctor",
                }
            )
        if self.ledger.problem is not None:
            found.append(
                {"code": "ledger_unavailable", "message": "Runs can't be recorded. Is the disk full? Run: vsmanager doctor"}
            )
        if self.api_settings.problem is not None:
            found.append(
                {
                    "code": "settings_broken",
                    "message": "The settings file can't be used; the defaults apply. Mend it, or run: vsmanager settings reset",
                }
            )
        if self.scheduler.status != "running":
            found.append(
                {"code": "scheduler_not_running", "message": f"The scheduler is {self.scheduler.status}; no job starts."}
            )
        return found

    def watch_overview(self, look: Callable[[], Awaitable[Hashable]]) -> None:
        """Tell whoever listens when what `look` returns is another than before."""
        self._overview_watch = Watch(look, lambda: self.bus.publish(OverviewChanged()), every_seconds=_OVERVIEW_LOOK_SECONDS)
        self._keep(self._overview_watch.follow())

    def _look_at_overview(self) -> None:
        if self._overview_watch is not None:
            self._overview_watch.look_now()

    def upstream_states(self) -> list[dict[str, Any]]:
        states = []
        for upstream_id, upstream in self.upstreams.items():
            job_id = next((job.id for job in DEFAULT_JOBS if job.upstream == upstream_id), None)
            circuit = upstream.circuit.snapshot()
            states.append(
                {
                    "id": upstream_id,
                    "name": upstream.name,
                    "state": circuit["state"],
                    "failures": circuit["failures"],
                    "retry_after_seconds": circuit["retry_after_seconds"],
                    "requests_made": upstream.requests_made,
                    "data_age_seconds": self.data_age_seconds(job_id) if job_id else None,
                    "data_updated_at": rfc3339(self.freshness(job_id)) if job_id else None,
                }
            )
        return states

    # Data and the jobs that bring it

    def freshness(self, job_id: str) -> int | None:
        """When the job last ended well, in UTC milliseconds."""
        return self.history.succeeded_at.get(job_id)

    def data_age_seconds(self, job_id: str) -> int | None:
        ended = self.freshness(job_id)
        return None if ended is None else max(0, self.clock.now_ms() - ended) // 1000

    def ensure_refresh(self) -> str:
        """See that the cold catalogue is being filled, by one run whoever asks; `filling`, or `unavailable` after a failure."""
        job = JOBS_BY_ID["mod_cache_refresh"]
        if job.id in self.scheduler.running_job_ids():
            return "filling"
        failed_at = self.history.failed_at.get(job.id)
        if failed_at is not None and self.clock.now_ms() - failed_at < _REFRESH_AGAIN_AFTER_MS:
            return "unavailable"
        if self._skip_reason(job.id) is not None:
            return "unavailable"
        self._keep(self._run_for_event(job.id, job.function))
        return "filling"

    async def _run_for_event(self, job_id: str, function: Callable[[], Any]) -> None:
        try:
            await self.scheduler.run_now(job_id, function, trigger="event")
        except AlreadyRunning:
            return
        except Unavailable as error:
            log.warning("event_run_not_started", job=job_id, error=error.message)

    def _skip_reason(self, job_id: str) -> str | None:
        job = JOBS_BY_ID.get(job_id)
        if job is None or job.upstream is None or self.upstreams[job.upstream].circuit.allow():
            return None
        return "upstream_open_circuit"

    def _keep(self, coroutine: Any) -> None:
        task = asyncio.create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._forget)

    def _forget(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.error("background_task_failed", exc_info=error)
