"""What has to hold before a game is started, and the start itself."""

import asyncio
import os
import shutil
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import structlog

from vintagestory_api.errors import Conflict
from vintagestory_api.kit.clock import Clock
from vintagestory_api.kit.ids import uuid7
from vintagestory_api.servers.host import Game, Host, Launch
from vintagestory_api.servers.life import Life
from vintagestory_api.servers.ports import may_be_lent_out
from vintagestory_api.servers.server import GameServer
from vintagestory_api.services.run_context import report_progress
from vintagestory_api.storage.game_user import GameUser

log = structlog.get_logger(__name__)

_MEGABYTE = 1_000_000
#: So long a start waits for a port that a connection of this machine to others may have for a moment.
_PORT_SECONDS, _PORT_AGAIN_SECONDS = 5.0, 0.25


class CannotStart(Conflict):
    """Something has to be put right before the server can be started."""

    code = "cannot_start"


class WillNotStart(CannotStart):
    """That does not pass by itself: the next try would find the same."""


class InstalledVersion(Protocol):
    @property
    def path(self) -> Path: ...

    @property
    def version(self) -> str: ...


class Runtime(Protocol):
    """`is_there` is None where the machine could not be asked."""

    @property
    def is_there(self) -> bool | None: ...

    @property
    def message(self) -> str | None: ...


class Versions(Protocol):
    """The part of `game_versions.installs.Installs` that a start needs."""

    def find(self, version: str) -> InstalledVersion | None: ...

    async def runtime_of(self, version: str) -> Runtime: ...

    def command_line(self, installed: Any) -> tuple[str, ...]: ...

    def game_environment(self, runtime: Any = None) -> dict[str, str]: ...


class GameLimits(Protocol):
    """What a start is checked against. Blocking."""

    def check_port(self, port: int) -> str | None:
        """What keeps a game from taking the port at this moment, in words; None when nothing does."""
        ...

    def disk_limit(self, data_path: Path) -> int | None:
        """Below how many free megabytes the game of that data folder ends itself; None: never."""
        ...


@dataclass(frozen=True)
class Times:
    """How long the ladder of a stop waits on its rungs."""

    stop_seconds: float
    term_seconds: float


BeforeLaunch = Callable[[GameServer, Life], Awaitable[None]]


class Launcher:
    """Starts games. `others` are all servers that there are; `times` tells the times of a server's stop ladder."""

    def __init__(
        self,
        host: Host,
        versions: Versions,
        clock: Clock,
        *,
        others: Callable[[], Iterable[GameServer]],
        times: Callable[[GameServer], Times],
        limits: GameLimits,
        user: GameUser | None = None,
    ) -> None:
        self.host = host
        #: Called before each launch, when it is certain, and before the folder is given to the game's account. What one of them
        #: raises is logged, and keeps no game from starting.
        self.before_launch: list[BeforeLaunch] = []
        #: Called when a game has ended, before anything else can be done with its server. What one of them raises is logged.
        self.after_end: list[Callable[[GameServer], Awaitable[None]]] = []
        #: Asked before each start; what one of them raises keeps the game from starting.
        self.checks: list[Callable[[GameServer], Awaitable[None]]] = []
        self._versions = versions
        self._clock = clock
        self._others = others
        self._times = times
        self._limits = limits
        self._user = user

    async def check(self, server: GameServer) -> None:
        """Raises `CannotStart` with what has to be put right."""
        if server.record.setup is not None or server.version is None:
            raise WillNotStart("The server is not set up yet: its version has to be installed first. Try its creation again.")
        if self._versions.find(server.version) is None:
            raise WillNotStart(
                f"Version {server.version} is not installed. Install it, or choose another version for this server."
            )
        for check in self.checks:
            await check(server)
        runtime = await self._versions.runtime_of(server.version)
        if runtime.is_there is False:
            raise WillNotStart(runtime.message or f"The .NET runtime that version {server.version} needs is not there.")
        for other in self._others():
            if other is server or not other.is_running:
                continue
            # Not which one: this stays in the run and the timeline of a server, for people who may not see the other.
            if other.port == server.port:
                raise CannotStart(f"Port {server.port} is used by another server at the moment. Stop that one, or change a port.")
            if await asyncio.to_thread(is_same_folder, other.data_path, server.data_path):
                raise WillNotStart("Another server runs on the same data folder. Stop that one first.")
        await self._check_port(server.port)
        await asyncio.to_thread(self._check_disk, server.data_path)

    async def launch(self, server: GameServer, life: Life) -> Game:
        """Start the game. Raises `GameNotStarted`."""
        installed = self._versions.find(server.version or "")
        if installed is None:
            raise WillNotStart(f"Version {server.version} is not installed.")
        times = self._times(server)
        for prepare in self.before_launch:
            try:
                await prepare(server, life)
            except Exception as error:
                log.exception("preparation_failed", server=server.id, error=str(error))
        await asyncio.to_thread(self._prepare_folder, server.data_path)
        command = (
            *self._versions.command_line(installed),
            "--dataPath",
            str(server.data_path),
            "--port",
            str(server.port),
            *server.settings.extra_arguments,
        )
        launch = Launch(
            server_id=server.id,
            instance=life.instance,
            argv=command,
            cwd=installed.path,
            env=self._environment(server.data_path, await self._versions.runtime_of(installed.version)),
            first_seq=life.first_seq,
            stop_seconds=times.stop_seconds,
            term_seconds=times.term_seconds,
            user=self._user.name if self._user is not None and self._user.is_other else None,
        )
        return await self.host.launch(launch, server)

    def new_life(self, server: GameServer) -> Life:
        """A life to launch. Its first line has a higher number than all before, whatever the clock says."""
        now_ms = self._clock.now_ms()
        first_seq = max(now_ms * 1000, server.record.last_seq + 1, server.console.last_seq + 1)
        return Life(uuid7(), now_ms, version=server.version, first_seq=first_seq, last_output=self._clock.monotonic())

    async def _check_port(self, port: int) -> None:
        deadline = self._clock.monotonic() + _PORT_SECONDS
        while (holder := await asyncio.to_thread(self._limits.check_port, port)) is not None:
            if self._clock.monotonic() > deadline or not await asyncio.to_thread(may_be_lent_out, port):
                raise CannotStart(holder)
            report_progress(0.0, f"Waiting for port {port}, which another program has at the moment")
            await asyncio.sleep(_PORT_AGAIN_SECONDS)

    def _check_disk(self, data_path: Path) -> None:
        limit = self._limits.disk_limit(data_path)
        free = shutil.disk_usage(data_path if data_path.exists() else data_path.parent).free // _MEGABYTE
        if limit is not None and free < limit:
            raise CannotStart(
                f"The disk of the server has {free} MB left, and the game ends itself below {limit} MB. Free some space first."
            )

    def _prepare_folder(self, data_path: Path) -> None:
        data_path.mkdir(parents=True, exist_ok=True)
        if self._user is not None:
            self._user.take(data_path)

    def _environment(self, data_path: Path, runtime: Runtime) -> dict[str, str]:
        environment = self._versions.game_environment(runtime)
        return environment | self._user.environment(data_path) if self._user is not None else environment


def is_same_folder(one: Path, other: Path) -> bool:
    return os.path.realpath(one) == os.path.realpath(other)
