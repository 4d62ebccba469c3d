"""All game servers: built from what is stored, taken up at the start of the manager, left to their keepers at its end."""

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from vintagestory_api.errors import NotFound
from vintagestory_api.events import EventBus, ServerChanged
from vintagestory_api.kit.clock import Clock
from vintagestory_api.servers.commands import CommandDesk
from vintagestory_api.servers.console import Console
from vintagestory_api.servers.host import Host
from vintagestory_api.servers.in_store import in_store
from vintagestory_api.servers.launching import BeforeLaunch, GameLimits, Launcher, Versions
from vintagestory_api.servers.moved_folders import mend_moved_folder
from vintagestory_api.servers.operations import Operations
from vintagestory_api.servers.records import Happening, ServerRecord
from vintagestory_api.servers.server import GameServer
from vintagestory_api.servers.supervisor import Supervisor
from vintagestory_api.servers.surroundings import Pace, Surroundings
from vintagestory_api.servers.timeline import Timeline
from vintagestory_api.services.api_settings import ApiSettings
from vintagestory_api.services.scheduler import SchedulerService
from vintagestory_api.storage.database import Database
from vintagestory_api.storage.game_user import GameUser

if TYPE_CHECKING:
    from vintagestory_api.servers.store import ServerStore

log = structlog.get_logger(__name__)

#: Servers that are to be started with the manager begin so long after one another.
_STAGGER_SECONDS = 0.5
#: What is read of timelines to know about failures, and about what a person did since.
_FAILURES = ("crashed", "failed_to_start", "start_asked", "started", "ready", "stopped", "gave_up")


class ServerNotFound(NotFound):
    code = "server_not_found"

    def __init__(self, server_id: str) -> None:
        super().__init__(f"There is no game server {server_id!r}.")


class Servers:
    """`servers_dir` holds the folders of servers that were made here; `scheduler` is asked for when it is needed."""

    def __init__(
        self,
        *,
        database: Database,
        clock: Clock,
        bus: EventBus,
        scheduler: Callable[[], SchedulerService],
        settings: Callable[[], ApiSettings],
        host: Host,
        versions: Versions,
        servers_dir: Path,
        configuration: GameLimits,
        user: GameUser | None = None,
        pace: Pace | None = None,
    ) -> None:
        self.database = database
        self.clock = clock
        self.bus = bus
        self.servers_dir = servers_dir
        self.versions = versions
        self.timeline = Timeline(database, bus)
        self._scheduler = scheduler
        self._settings = settings
        self._host = host
        #: Of servers that are added from now on.
        self.pace = pace or Pace()
        self._supervisors: dict[str, Supervisor] = {}
        self._taking_up: asyncio.Task[None] | None = None
        #: Called once for each server whose creation or deletion an earlier manager did not finish.
        self.go_on: Callable[[Supervisor], None] = lambda _supervisor: None
        #: Each is asked once for each server that is found again: true when it goes on with what an earlier manager was doing
        #: with it, so that nothing else is begun.
        self.takes_over: list[Callable[[Supervisor], bool]] = []
        self._launcher = Launcher(
            host,
            versions,
            clock,
            others=self.all,
            times=lambda server: self.supervisor(server.id).times(),
            limits=configuration,
            user=user,
        )
        self.check_before_start(mend_moved_folder)

    # Asking

    def get(self, server_id: str) -> GameServer:
        """Raises `ServerNotFound`."""
        return self.supervisor(server_id).server

    def all(self) -> list[GameServer]:
        """In the order in which they were made."""
        return [supervisor.server for supervisor in self._supervisors.values()]

    def supervisor(self, server_id: str) -> Supervisor:
        """Raises `ServerNotFound`."""
        try:
            return self._supervisors[server_id]
        except KeyError:
            raise ServerNotFound(server_id) from None

    def supervisors(self) -> list[Supervisor]:
        return list(self._supervisors.values())

    def users_of(self, version: str) -> list[str]:
        """Ids of the servers that use this version of the game, or are about to."""
        found = []
        for server in self.all():
            setup = server.record.setup or {}
            if version in {server.version, server.record.version_before, setup.get("version")}:
                found.append(server.id)
        return found

    def before_launch(self, prepare: BeforeLaunch) -> None:
        """Let `prepare` be called before each launch of any game; what it raises keeps none from starting."""
        self._launcher.before_launch.append(prepare)

    def after_end(self, follow: Callable[[GameServer], Awaitable[None]]) -> None:
        """Let `follow` be called when a game has ended, before its server can be started or changed; again where the manager was
        killed meanwhile."""
        self._launcher.after_end.append(follow)

    def check_before_start(self, check: Callable[[GameServer], Awaitable[None]]) -> None:
        """Let `check` be called before each start of any game; what it raises keeps the game from starting."""
        self._launcher.checks.append(check)

    @property
    def ids(self) -> set[str]:
        return set(self._supervisors)

    # Coming and going

    def add(self, record: ServerRecord) -> Supervisor:
        """A server that is stored already."""
        console = Console(record.id)
        server = GameServer(
            record, self.servers_dir / record.data_path, console, clock=self.clock, bus=self.bus, timeline=self.timeline
        )
        server.commands = CommandDesk(server)
        operations = Operations(record.id, self._scheduler, self.clock, self.bus)
        around = Surroundings(self._launcher, self.database, self.timeline, self.clock, self.bus, self._settings, self.pace)
        supervisor = self._supervisors[record.id] = Supervisor(server, operations, around)
        self.bus.publish(ServerChanged(record.id))
        return supervisor

    def forget(self, server_id: str) -> None:
        """It is gone from the store."""
        supervisor = self._supervisors.pop(server_id)
        supervisor.aftermath.stop()
        supervisor.operations.close()
        self.bus.publish(ServerChanged(server_id))

    # Life

    async def open(self) -> None:
        """Read what is stored, then take up in the background what runs, and start what should."""
        records, happenings, failures = await in_store(self.database, _read)
        for record in records:
            self.add(record).failures.remember(failure for failure in failures if failure.server_id == record.id)
        self._taking_up = asyncio.create_task(self._take_up(happenings))

    async def taken_up(self) -> None:
        """Return when it is known which games run, and the start of those that should is under way."""
        if self._taking_up is not None:
            await asyncio.wait({self._taking_up})

    async def _take_up(self, happenings: list[Happening]) -> None:
        known = set(await self._host.known())
        for stranger in known - self.ids:
            log.warning("keeper_of_no_server", server=stranger)
        await asyncio.gather(*(self._find(supervisor, known, happenings) for supervisor in self.supervisors()))
        log.info("servers_taken_up", servers=len(self._supervisors), found=len(known & self.ids))
        starts = 0
        for supervisor in self.supervisors():
            if supervisor.server.record.setup is not None or supervisor.server.record.deleted_at is not None:
                self.go_on(supervisor)
                continue
            if any(takes_over(supervisor) for takes_over in self.takes_over):
                continue
            if starts and supervisor.aftermath.wants_a_start:
                await asyncio.sleep(_STAGGER_SECONDS)
            starts += supervisor.aftermath.wants_a_start
            supervisor.take_up()

    async def _find(self, supervisor: Supervisor, known: set[str], happenings: Iterable[Happening]) -> None:
        record = supervisor.server.record
        try:
            if record.id in known:
                await supervisor.attach(happening for happening in happenings if happening.instance == record.instance)
            elif record.instance is not None and record.outcome is None:
                await supervisor.note_lost()
        except Exception:
            log.exception("server_not_taken_up", server=record.id)

    async def close(self) -> None:
        """Leave the games to their keepers. As the first process of a container, which ends with us, end them first."""
        if self._taking_up is not None:
            self._taking_up.cancel()
        if is_first_process():
            await asyncio.gather(*(supervisor.stop_for_shutdown() for supervisor in self.supervisors()))
        await asyncio.gather(*(supervisor.close() for supervisor in self.supervisors()))
        await self.timeline.aclose()


def is_first_process() -> bool:
    """Of a container: everything in it is killed when we end."""
    return os.getpid() == 1


def _read(store: "ServerStore") -> tuple[list[ServerRecord], list[Happening], list[Happening]]:
    records = store.servers()
    instances = [record.instance for record in records if record.instance is not None]
    return records, store.of_instances(instances), store.of_kinds(_FAILURES)
