"""Where the data folder of a game lies in what other tools and images leave, and which of them it was. Nothing is changed.

They are told apart by how their folders lie, and by the paths that the game wrote when it ran there: those stay as they were
first written.
"""

import contextlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from vintagestory_api.kit.relaxed_json import NotRelaxedJson, parse_relaxed
from vintagestory_api.servers.configuration import FILE_NAME, ServerConfiguration
from vintagestory_api.servers.configuration_file import ConfigurationUnreadable
from vintagestory_api.storage.guarded_paths import NoSuchFile, PathNotAllowed, open_below

_PROGRAM: Final = ("VintagestoryServer.dll", "VintagestoryServer.exe", "VintagestoryServer")
#: Below a folder that somebody named, the most likely first.
_USUAL: Final = (
    "data", "vs", "server-data", "server-file", "gamedata", "gamedata/vs", "data/vs", "data/server-file", "vintage-story/data",
    "VintagestoryData", ".config/VintagestoryData", "home/container/data", "_data", "_data/data", "_data/vs",
)  # fmt: skip
#: Large, and part of an install.
_OF_THE_GAME: Final = frozenset({"assets", "Lib"})
_MAX_DEPTH, _MAX_FOLDERS = 4, 3_000
_MAX_NOTE_BYTES: Final = 200_000
#: The data folder as a container or tool calls it → what that is.
_BY_PATH: Final = (
    ("/data/server-file", "the Docker image of PepeCitron"),
    ("/home/vintagestory/server-data", "the Docker image of indifferentbroccoli"),
    ("/srv/gameserver/data/vs", "the Docker image of quartzar"),
    ("/gamedata/vs", "the Docker image of Devidian"),
    ("/gamedata", "the Docker image of renorris"),
    ("/home/container", "Pelican or Pterodactyl"),
    ("/app/data", "a Docker image that keeps its data in /app/data"),
    ("/data", "the Docker image of nyaarium, or another one that keeps its data in /data"),
    ("/var/vintagestory/data", "the game's own server.sh"),
)
_LINUXGSM: Final = re.compile(r"/serverfiles/data(/|$)")
_AMP: Final = re.compile(r"/vintage-story/data(/|$)")
_SCRIPT_DATA: Final = re.compile(rb"^\s*DATAPATH=[\"']?(/[^\"'\n]{1,300})", re.MULTILINE)


@dataclass(frozen=True)
class Layout:
    """`data`: the folder that `--dataPath` named, None where there is none; `install`: where the game lies, if that is known.
    `source`: what it comes from, as the end of a sentence. `several`: more than one data folder, so that nobody can choose.
    `elsewhere`: where the data lies, as the tool itself says."""

    data: Path | None
    install: Path | None = None
    source: str | None = None
    several: tuple[Path, ...] = ()
    elsewhere: str | None = None


def find_layout(folder: Path) -> Layout:
    """`folder` can be looked into. Links are not followed. Blocking."""
    if is_data(folder):
        return Layout(folder, _install_near(folder, folder), _source(folder, folder))
    found = [folder / name for name in _USUAL if _is_below(folder, name) and is_data(folder / name)]
    if not found:
        found = list(_searched(folder))
    if len(found) > 1:
        return Layout(None, None, _tool_of(folder), several=tuple(found[:10]))
    if not found:
        return Layout(None, _install_near(folder, folder), _tool_of(folder), elsewhere=_said_elsewhere(folder))
    return Layout(found[0], _install_near(folder, found[0]), _source(folder, found[0]))


def is_data(folder: Path) -> bool:
    """It holds a configuration or a world, as a plain file."""
    if _is_plain(folder / FILE_NAME):
        return True
    with contextlib.suppress(OSError):
        return any(entry.suffix == ".vcdbs" and _is_plain(entry) for entry in _entries(folder / "Saves", 1_000))
    return False


def _is_plain(path: Path) -> bool:
    try:
        return path.is_file() and not path.is_symlink()
    except OSError:
        return False


def _is_below(folder: Path, name: str) -> bool:
    """It is a folder, and no link leads to it."""
    path = folder
    for part in name.split("/"):
        path = path / part
        if path.is_symlink() or not path.is_dir():
            return False
    return True


def _entries(folder: Path, most: int) -> Iterator[Path]:
    with os.scandir(folder) as entries:
        for count, entry in enumerate(entries):
            if count >= most:
                return
            yield Path(entry.path)


def _searched(folder: Path) -> Iterator[Path]:
    """Data folders anywhere not too deep; what lies inside one is its own. Looks at a bounded number of folders."""
    waiting, seen = [(folder, 0)], 0
    while waiting and seen < _MAX_FOLDERS:
        at, depth = waiting.pop(0)
        seen += 1
        try:
            below = sorted(
                entry.name
                for entry in os.scandir(at)
                if entry.is_dir(follow_symlinks=False) and entry.name not in {"assets", "Lib"}
            )
        except OSError:
            continue
        for name in (name for name in below[:500] if name not in _OF_THE_GAME):
            if is_data(at / name):
                yield at / name
            elif depth + 1 < _MAX_DEPTH:
                waiting.append((at / name, depth + 1))


def _install_near(folder: Path, data: Path) -> Path | None:
    beside = data.parent if data != folder else data
    for candidate in (data, folder, beside / "server", beside):
        if candidate.is_relative_to(folder) and any(_is_plain(candidate / name) for name in _PROGRAM):
            return candidate
    return None


def _source(folder: Path, data: Path) -> str | None:
    below = f"/{data.relative_to(folder)}/" if data != folder else "/"
    if tool := _tool_of(folder):
        return tool
    for told in _told_paths(data):
        if _LINUXGSM.search(told):
            return "LinuxGSM"
        if _AMP.search(told):
            return "AMP"
        for prefix, source in _BY_PATH:
            if told == prefix or told.startswith(f"{prefix}/"):
                return source
    if "/vintage-story/" in below:
        return "AMP"
    return None


def _told_paths(data: Path) -> Iterator[str]:
    """What the game called its own folder when it ran elsewhere."""
    try:
        configuration = ServerConfiguration.read(data)
    except ConfigurationUnreadable:
        return
    told = [configuration.get("WorldConfig", "SaveFileLocation"), *(configuration.get("ModPaths") or [])]
    for path in told:
        if isinstance(path, str) and path.startswith("/") and not Path(path).is_relative_to(data):
            yield path.removesuffix("/Mods")


def _tool_of(folder: Path) -> str | None:
    """By what only one of them leaves beside."""
    if (folder / "lgsm").is_dir() or (folder / "linuxgsm.sh").is_file():
        return "LinuxGSM"
    if (folder / "GenericModule.kvp").is_file() or (folder / "AMPConfig.conf").is_file():
        return "AMP"
    if any((folder / name).is_file() for name in ("eViSTool.Agent", "eViSTool.Agent.exe")) or _is_plain(folder / "agent.json"):
        return "eViSTool"
    return None


def _said_elsewhere(folder: Path) -> str | None:
    """The data folder that a tool's own settings name."""
    for name in ("data/agent.json", "agent.json"):
        if (text := _read(folder, name)) is not None:
            with contextlib.suppress(NotRelaxedJson):
                for path in _texts(parse_relaxed(text)):
                    if path.startswith("/") and path.isprintable() and len(path) < 300 and is_data(Path(path)):
                        return path
    script = _read(folder, "server.sh")
    if script is not None and (match := _SCRIPT_DATA.search(script)):
        path = match[1].decode(errors="replace")
        return path if path.isprintable() else None
    return None


def _read(folder: Path, name: str) -> bytes | None:
    try:
        with open_below(folder, name) as file:
            return bytes(file.read(_MAX_NOTE_BYTES))
    except (NoSuchFile, PathNotAllowed, OSError):
        return None


def _texts(value: Any, depth: int = 0) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif depth < 5 and isinstance(value, dict | list):
        for item in list(value.values() if isinstance(value, dict) else value)[:200]:
            yield from _texts(item, depth + 1)
