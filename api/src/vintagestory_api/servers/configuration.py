"""serverconfig.json of the game: made by the game itself, read leniently, changed without losing what we do not know.

The game rewrites the file whenever it likes while it runs, so it is changed only while the server is stopped, which is the duty
of whoever calls this. Everything here is blocking, except `make_configuration`.
"""

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from vintagestory_api.errors import Unavailable
from vintagestory_api.kit.children import run_child
from vintagestory_api.servers.configuration_file import (
    MAX_BYTES,
    ConfigurationUnreadable,
    configuration_text,
    copy_name,
    get_setting,
    parse_configuration,
    read_configuration,
    set_setting,
    write_configuration,
)
from vintagestory_api.servers.schemas import WorldOptions
from vintagestory_api.storage.atomic import write_atomically
from vintagestory_api.storage.guarded_paths import NoSuchFile, PathNotAllowed, open_below

FILE_NAME: Final = "serverconfig.json"
#: What was there before our latest change.
COPY_NAME: Final = copy_name(FILE_NAME)
_MAKE_SECONDS = 120.0
_SAID_LENGTH = 500

#: How the game calls the variants of a play style in its texts.
_STYLE_TEXTS: Final = {style: f"{style}-bands" for style in ("surviveandbuild", "exploration", "wildernesssurvival")}
_WHITELIST_ON, _WHITELIST_OFF = 2, 1


class ConfigurationNotMade(Unavailable):
    code = "configuration_not_made"


@dataclass(frozen=True)
class FirstSettings:
    """What a new server begins with; the rest is as the game has it."""

    name: str
    port: int
    max_players: int = 16
    password: str | None = None
    welcome_message: str | None = None
    whitelist: bool = False
    world: WorldOptions = field(default_factory=WorldOptions)


class ServerConfiguration:
    """The file of one server. Names are found whatever their capitals are, as the game finds them."""

    def __init__(self, data_path: Path, values: dict[str, Any]) -> None:
        self.values = values
        self._data_path = data_path

    @classmethod
    def read(cls, data_path: Path) -> "ServerConfiguration":
        """Raises `ConfigurationUnreadable`."""
        data = read_configuration(data_path, FILE_NAME)
        if data is None:
            raise ConfigurationUnreadable(f"There is no {FILE_NAME} in the folder of this server. Start the game once.")
        return cls(data_path, parse_configuration(data, FILE_NAME))

    def write(self) -> None:
        """Replace the file; the one before stays beside it. Raises `ConfigurationNotWritten`."""
        write_configuration(self._data_path, FILE_NAME, configuration_text(self.values, FILE_NAME))

    def get(self, *path: str) -> Any:
        """None where there is no such setting."""
        return get_setting(self.values, path)

    def set(self, value: Any, *path: str) -> None:
        """A setting that is there keeps its place and its capitals; a new one comes last."""
        set_setting(self.values, path, value)

    # What the manager wants to know, however wrong the file is

    @property
    def server_name(self) -> str | None:
        name = self.get("ServerName")
        return name.strip()[:200] or None if isinstance(name, str) else None

    @property
    def port(self) -> int | None:
        """None when nothing says so; the game takes 42420 then."""
        return _number(self.get("Port"), 1, 65_535)

    @property
    def max_clients(self) -> int | None:
        return _number(self.get("MaxClients"), 0, 100_000)

    @property
    def die_below_disk_space_mb(self) -> int | None:
        """Negative: never."""
        return _number(self.get("DieBelowDiskSpaceMb"), -1, 10_000_000)

    @property
    def die_above_memory_usage_mb(self) -> int | None:
        return _number(self.get("DieAboveMemoryUsageMb"), -1, 10_000_000)

    @property
    def save_file(self) -> Path:
        """Where the world lies, or will."""
        told = self.get("WorldConfig", "SaveFileLocation")
        if isinstance(told, str) and told.isprintable() and told.startswith("/"):
            return Path(told)
        return self._data_path / "Saves" / "default.vcdbs"

    # What the manager changes

    def begin_with(self, settings: FirstSettings) -> None:
        """Fill in what a new server begins with."""
        self.set(settings.name, "ServerName")
        self.set(settings.port, "Port")
        self.set(settings.max_players, "MaxClients")
        self.set(settings.password or None, "Password")
        if settings.welcome_message is not None:
            self.set(settings.welcome_message, "WelcomeMessage")
        self.set(_WHITELIST_ON if settings.whitelist else _WHITELIST_OFF, "WhitelistMode")
        self.point_to(self._data_path)
        world = settings.world
        self.set(world.seed, "WorldConfig", "Seed")
        self.set(world.world_name, "WorldConfig", "WorldName")
        self.set(world.play_style, "WorldConfig", "PlayStyle")
        self.set(_STYLE_TEXTS.get(world.play_style, world.play_style), "WorldConfig", "PlayStyleLangCode")
        self.set(world.world_type, "WorldConfig", "WorldType")
        self.set(dict(world.attributes) or None, "WorldConfig", "WorldConfiguration")
        if world.map_size_y is not None:
            self.set(world.map_size_y, "MapSizeY")
            self.set(world.map_size_y, "WorldConfig", "MapSizeY")

    def point_to(self, data_path: Path) -> None:
        """Let it use the world and the mods of this folder: the game leaves the paths as they were first written."""
        self.set(str(data_path / "Saves" / self.save_file.name), "WorldConfig", "SaveFileLocation")
        # The first holds what the game itself consists of, beside its program.
        self.set(["Mods", str(data_path / "Mods")], "ModPaths")


async def make_configuration(
    command: Sequence[str],
    install: Path,
    environment: Mapping[str, str],
    data_path: Path,
    *,
    user: str | None = None,
    timeout_seconds: float = _MAKE_SECONDS,
) -> ServerConfiguration:
    """Let the game write a fresh file of defaults into `data_path`. Raises `ConfigurationNotMade`.

    An earlier file is replaced, and put back when none comes of it. How the game ends tells nothing, so only the file counts.
    """
    kept = await asyncio.to_thread(_take_away, data_path)
    try:
        ended = await run_child(
            [*command, "--dataPath", str(data_path), "--genconfig"],
            timeout_seconds=timeout_seconds,
            cwd=install,
            env=environment,
            user=user,
        )
        said = (ended.output + b"\n" + ended.complaint).decode(errors="replace")
    except TimeoutError:
        said = f"it did not end within {timeout_seconds:.0f} s"
    except OSError as error:
        said = f"it could not be started ({error.strerror})"
    try:
        return await asyncio.to_thread(ServerConfiguration.read, data_path)
    except ConfigurationUnreadable as error:
        await asyncio.to_thread(_put_back, data_path, kept)
        raise ConfigurationNotMade(
            f"The game did not write its first configuration: {_plain(said) or error.message}. Try again; if that does not help, "
            "install this version of the game anew, or take another one."
        ) from error


def _take_away(data_path: Path) -> bytes | None:
    data_path.mkdir(parents=True, exist_ok=True)
    path = data_path / FILE_NAME
    try:
        with open_below(data_path, FILE_NAME) as file:
            kept = file.read(MAX_BYTES)
    except (NoSuchFile, PathNotAllowed):
        kept = None
    path.unlink(missing_ok=True)
    return kept


def _put_back(data_path: Path, kept: bytes | None) -> None:
    if kept is not None:
        with contextlib.suppress(OSError):
            write_atomically(data_path / FILE_NAME, kept)


def _number(value: Any, lowest: int, highest: int) -> int | None:
    """Also from a text, which the game takes for a number, too."""
    if isinstance(value, str):
        try:
            value = float(value[:40])
        except ValueError:
            return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not lowest <= value <= highest:
        return None
    return int(value)


def _plain(said: str) -> str:
    words = " ".join("".join(char if char.isprintable() else " " for char in said).split())
    return words if len(words) <= _SAID_LENGTH else f"{words[:_SAID_LENGTH]}…"
