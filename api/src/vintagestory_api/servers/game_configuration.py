"""What the manager does with the configuration of the game when it makes a server, and before it starts one."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from vintagestory_api.servers.configuration import FirstSettings, ServerConfiguration, make_configuration
from vintagestory_api.servers.configuration_file import ConfigurationUnreadable
from vintagestory_api.servers.mending import look_for_lost_paths, mend
from vintagestory_api.servers.ports import next_free_port, what_holds
from vintagestory_api.servers.schemas import WorldOptions
from vintagestory_api.storage.game_user import GameUser

#: The game's own, when its configuration does not say.
_DISK_LIMIT_MB = 400


class Installed(Protocol):
    @property
    def path(self) -> Path: ...

    @property
    def version(self) -> str: ...


class Programs(Protocol):
    """The part of `game_versions.installs.Installs` that tells how to run a game."""

    def command_line(self, installed: Any) -> tuple[str, ...]: ...

    async def runtime_of(self, version: str) -> Any: ...

    def game_environment(self, runtime: Any = None) -> dict[str, str]: ...


class GameConfiguration:
    """Implements `setup.Configurator` and `launching.GameLimits`. `user`: the account that games run as."""

    def __init__(self, programs: Programs, *, user: GameUser | None = None) -> None:
        self._programs = programs
        self._user = user if user is not None and user.is_other else None

    async def make(self, installed: Installed, data_path: Path, name: str, port: int, setup: Mapping[str, Any]) -> None:
        """Raises `ConfigurationNotMade`, `ConfigurationNotWritten`."""
        environment = self._programs.game_environment(await self._programs.runtime_of(installed.version))
        await asyncio.to_thread(self._prepare, data_path)
        if self._user is not None:
            environment |= self._user.environment(data_path)
        configuration = await make_configuration(
            self._programs.command_line(installed),
            installed.path,
            environment,
            data_path,
            user=self._user.name if self._user is not None else None,
        )
        configuration.begin_with(first_settings(name, port, setup))
        await asyncio.to_thread(configuration.write)

    async def set_port(self, data_path: Path, port: int) -> None:
        """Raises `ConfigurationUnreadable`, `ConfigurationNotWritten`."""
        await asyncio.to_thread(self._set_port, data_path, port)

    async def free_port(self, taken: set[int]) -> int:
        return await asyncio.to_thread(next_free_port, taken)

    def check_port(self, port: int) -> str | None:
        return what_holds(port)

    def disk_limit(self, data_path: Path) -> int | None:
        try:
            limit = ServerConfiguration.read(data_path).die_below_disk_space_mb
        except ConfigurationUnreadable:
            limit = None
        if limit is None:
            return _DISK_LIMIT_MB
        return limit if limit > 0 else None

    def _prepare(self, data_path: Path) -> None:
        data_path.mkdir(parents=True, exist_ok=True)
        if self._user is not None:
            self._user.take(data_path)

    def _set_port(self, data_path: Path, port: int) -> None:
        configuration = ServerConfiguration.read(data_path)
        # A folder that came from elsewhere still names the place where it was.
        mending = look_for_lost_paths(configuration, data_path, data_path)
        if mending.is_needed or configuration.port != port:
            mend(configuration, mending)
            configuration.set(port, "Port")
            configuration.write()


def first_settings(name: str, port: int, setup: Mapping[str, Any]) -> FirstSettings:
    """From what a creation still has to do, as it was stored."""
    return FirstSettings(
        name=name,
        port=port,
        max_players=setup.get("max_players", 16),
        password=setup.get("password"),
        welcome_message=setup.get("welcome_message"),
        whitelist=bool(setup.get("whitelist")),
        world=WorldOptions.model_validate(setup.get("world") or {}),
    )
