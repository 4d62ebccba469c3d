"""Looks at a folder of this machine that might be a game server of before the manager's time. Changes nothing, moves nothing."""

import contextlib
import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

import orjson

from vintagestory_api.errors import Conflict
from vintagestory_api.kit.clock import rfc3339
from vintagestory_api.servers.configuration import FILE_NAME, ServerConfiguration
from vintagestory_api.servers.configuration_file import ConfigurationUnreadable
from vintagestory_api.servers.layouts import Layout, find_layout
from vintagestory_api.servers.mending import look_for_lost_paths
from vintagestory_api.servers.schemas import AdoptionReport, FoundWorld
from vintagestory_api.storage.guarded_paths import NoSuchFile, PathNotAllowed, open_below

_GAME_VERSION = re.compile(rb"Game Version: v([0-9][0-9A-Za-z.-]{0,38})")
_VERSION = re.compile(r"[0-9][0-9A-Za-z.-]{0,38}")
_LOGS: Final = ("Logs/server-main.log", "Logs/server-main.txt")
_LOG_START_BYTES = 64_000
_PLAYERS_FILE: Final = "Playerdata/playerdata.json"
_MAX_PLAYERS_BYTES = 50_000_000
_MOD_ENDINGS = frozenset({".zip", ".dll", ".cs"})
_MAX_WORLDS, _MAX_MODS = 50, 5_000
_PROC = Path("/proc")
_DEFAULT_DATA = (".config", "VintagestoryData")


class NotAdoptable(Conflict):
    code = "folder_not_adoptable"


@dataclass(frozen=True)
class Surroundings:
    """What an adoption has to go with. `taken`: data folder → name of the server that has it. `version_of_install` tells the
    version of the game in a folder, None for no install; `is_installed` whether the manager has a version."""

    manager_dir: Path
    taken: Mapping[Path, str]
    version_of_install: Callable[[Path], str | None]
    is_installed: Callable[[str], bool]


@dataclass
class _Found:
    notes: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def inspect(folder: Path, around: Surroundings) -> AdoptionReport:
    """`folder` is a real path that the caller may look at; the data folder may lie inside it. Blocking."""
    found = _Found()
    if not (os.access(folder, os.R_OK | os.X_OK) and folder.is_dir()):
        _check_place(folder, around, found)
        found.problems.append("It is no folder that the manager's account can look into. Give that account the right to.")
        return _report(folder, "nothing", found)
    layout = find_layout(folder)
    data = layout.data
    _check_place(data or folder, around, found)
    of_install = around.version_of_install(layout.install) if layout.install is not None else around.version_of_install(folder)
    if data is None:
        return _without_data(folder, layout, of_install, around, found)
    if data != folder:
        found.notes.append(f"Its data folder is {data}.")
    worlds = _worlds(data)
    if any(not world.name.isprintable() for world in worlds):
        found.problems.append("It holds a world whose name can't be printed. Rename that file in its folder Saves.")
        worlds = [world for world in worlds if world.name.isprintable()]
    configuration = _configuration(data, found)
    version = of_install or _version_of_logs(data) or _version_of_last_start(configuration)
    _check_version(version, around, found, is_here=of_install is not None)
    is_running = _is_running(data, worlds)
    if is_running:
        found.problems.append("A server runs on it at this moment. Stop that first, and see that nothing starts it again.")
    copy_problems = list(found.problems)
    _check_rights(data, worlds, found)
    return _report(
        folder,
        "both" if of_install is not None else "data",
        found,
        data_path=str(data),
        install_path=str(layout.install) if layout.install is not None and of_install is not None else None,
        source=layout.source,
        copy_problems=copy_problems,
        version=version,
        server_name=configuration.server_name if configuration else None,
        port=configuration.port if configuration else None,
        worlds=[_world(world) for world in worlds],
        mods=_count_mods(data),
        players_known=_count_players(data),
        is_running=is_running,
    )


def _without_data(folder: Path, layout: Layout, of_install: str | None, around: Surroundings, found: _Found) -> AdoptionReport:
    if layout.several:
        named = ", ".join(str(path) for path in layout.several)
        found.problems.append(f"There are several data folders in it. Name the one that is meant: {named}")
        return _report(folder, "nothing", found, source=layout.source)
    if layout.elsewhere is not None and of_install is None:
        of = f" of {layout.source}" if layout.source else ""
        found.problems.append(f"The settings{of} in it say that the data lies in {layout.elsewhere}. Name that folder.")
        return _report(folder, "nothing", found, source=layout.source)
    if of_install is None:
        found.problems.append(
            f"There is neither {FILE_NAME} nor a world in its folder Saves. Name the folder that the game's --dataPath "
            f"names; without that option it is {'/'.join(_DEFAULT_DATA)} in the home of the account that runs the game."
        )
        return _report(folder, "nothing", found, source=layout.source)
    said = f", which its server.sh says is {layout.elsewhere}" if layout.elsewhere is not None else ""
    found.problems.append(
        f"This is an install of the game without data. To adopt a server, name the folder of its --dataPath{said}."
    )
    found.notes.append(
        f"Version {of_install} is installed already."
        if around.is_installed(of_install)
        else f"Version {of_install} can be installed from here: it is copied, nothing is moved."
    )
    return _report(folder, "install", found, version=of_install, source=layout.source)


def see_that_it_can_be_adopted(report: AdoptionReport) -> None:
    """Raises `NotAdoptable` with everything that is in the way."""
    if report.problems:
        raise NotAdoptable(f"{report.path} can't be adopted. {' '.join(report.problems)}", problems=report.problems)


def _report(folder: Path, kind: Literal["data", "install", "both", "nothing"], found: _Found, **known: object) -> AdoptionReport:
    nothing: dict[str, object] = {"version": None, "server_name": None, "port": None, "worlds": [], "mods": 0, "players_known": 0}
    nothing |= {"data_path": None, "install_path": None, "source": None, "copy_problems": found.problems}
    fields = {**nothing, "is_running": False, **known}
    return AdoptionReport.model_validate(
        {"path": str(folder), "kind": kind, "notes": found.notes, "problems": found.problems, **fields}
    )


def _check_place(folder: Path, around: Surroundings, found: _Found) -> None:
    manager_dir = around.manager_dir.resolve()
    if folder.is_relative_to(manager_dir) or manager_dir.is_relative_to(folder):
        found.problems.append("It belongs to the manager's own data folder.")
    for taken, name in around.taken.items():
        other = taken.resolve()
        if folder == other:
            found.problems.append(f"It is the folder of the server {name!r} already.")
        elif folder.is_relative_to(other) or other.is_relative_to(folder):
            found.problems.append(f"It lies inside the folder of the server {name!r}, or the other way round.")


def _configuration(folder: Path, found: _Found) -> ServerConfiguration | None:
    if not (folder / FILE_NAME).is_file():
        found.problems.append(f"It has no {FILE_NAME}. Start the game once on it, without the manager, so that it makes one.")
        return None
    try:
        configuration = ServerConfiguration.read(folder)
    except ConfigurationUnreadable as error:
        found.problems.append(error.message)
        return None
    mending = look_for_lost_paths(configuration, folder, folder)
    # As it will be: what is named then may be a link, or lie behind one.
    world = os.path.realpath(mending.save or configuration.save_file)
    if mending.problem is None and not Path(world).is_relative_to(folder):
        place = world if world.isprintable() else "a place whose name can't be printed"
        found.problems.append(
            f"Its world lies outside of it, at {place}. Move that file into its folder Saves, and let SaveFileLocation in "
            f"{FILE_NAME} name it there."
        )
    if mending.problem is not None:
        found.problems.append(mending.problem)
    found.notes += mending.notes
    outside = [path for path in configuration.get("ModPaths") or [] if isinstance(path, str) and not _is_usual(path, folder)]
    outside = [path for path in outside if mending.mod_paths is None or path in mending.mod_paths]
    if outside:
        found.notes.append(f"It also takes mods from elsewhere, which the manager leaves alone: {', '.join(outside[:5])}")
    return configuration


def _is_usual(mod_path: str, folder: Path) -> bool:
    return not mod_path.startswith("/") or Path(os.path.normpath(mod_path)) == folder / "Mods"


def _check_version(version: str | None, around: Surroundings, found: _Found, *, is_here: bool) -> None:
    if version is None:
        found.notes.append("Nothing tells which version of the game it ran with. Choose the one that it did.")
    elif not around.is_installed(version) and is_here:
        found.notes.append(f"Version {version} is not installed yet; the manager copies it from this folder. Nothing is moved.")
    elif not around.is_installed(version):
        found.notes.append(f"Version {version} is not installed yet; the manager downloads it.")


def _check_rights(folder: Path, worlds: list[Path], found: _Found) -> None:
    """Root may do everything, so there nothing is found."""
    for path in (folder, folder / FILE_NAME, folder / "Saves", folder / "Mods", *worlds):
        if path.exists() and not os.access(path, os.R_OK | os.W_OK):
            name = "It" if path == folder else f"{path.relative_to(folder)} in it"
            found.problems.append(f"{name} can't be written by the account that runs the manager.")


def _worlds(folder: Path) -> list[Path]:
    saves = folder / "Saves"
    with contextlib.suppress(OSError):
        files = [entry for entry in saves.iterdir() if entry.suffix == ".vcdbs" and entry.is_file() and not entry.is_symlink()]
        return sorted(files)[:_MAX_WORLDS]
    return []


def _world(path: Path) -> FoundWorld:
    state = path.stat()
    return FoundWorld(file=path.name, size_bytes=state.st_size, modified_at=rfc3339(state.st_mtime_ns // 1_000_000) or "")


def _count_mods(folder: Path) -> int:
    count = 0
    with contextlib.suppress(OSError):
        for entry in (folder / "Mods").iterdir():
            count += entry.suffix.lower() in _MOD_ENDINGS or (entry.is_dir() and (entry / "modinfo.json").is_file())
            if count >= _MAX_MODS:
                break
    return count


def _count_players(folder: Path) -> int:
    """Without reading what it says of them."""
    try:
        with open_below(folder, _PLAYERS_FILE) as file:
            return file.read(_MAX_PLAYERS_BYTES).count(b'"PlayerUID"')
    except (NoSuchFile, PathNotAllowed, OSError):
        return 0


def _version_of_logs(folder: Path) -> str | None:
    """What the latest log names at its start; else one of the archived ones, latest first."""
    archive = folder / "Logs" / "Archive"
    older: list[str] = []
    with contextlib.suppress(OSError):
        older = sorted((entry.name for entry in archive.iterdir() if entry.is_dir()), reverse=True)[:10]
    for name in (*_LOGS, *(f"Logs/Archive/{entry}/{Path(log).name}" for entry in older for log in _LOGS)):
        try:
            with open_below(folder, name) as file:
                named = _GAME_VERSION.findall(file.read(_LOG_START_BYTES))
        except (NoSuchFile, PathNotAllowed, OSError):
            continue
        if named:
            version: str = named[-1].decode()
            return version
    return None


def _version_of_last_start(configuration: ServerConfiguration | None) -> str | None:
    """From 1.22 on the game writes down which mods it loaded, and is one of them itself."""
    told = configuration.get("LastLaunchMods") if configuration is not None else None
    try:
        mods = orjson.loads(told) if isinstance(told, str) else None
    except ValueError:
        return None
    for mod in mods if isinstance(mods, list) else []:
        if isinstance(mod, dict) and mod.get("id") == "game" and isinstance(version := mod.get("version"), str):
            return version if _VERSION.fullmatch(version) else None
    return None


def _is_running(folder: Path, worlds: list[Path]) -> bool:
    """A lock on a world, or a process that was started on this folder. Neither looks into the files."""
    return bool(_locked_files() & {_inode(world) for world in worlds}) or any(
        data_path == folder for data_path in _data_paths_of_processes()
    )


def _inode(path: Path) -> tuple[int, int]:
    state = path.stat()
    return state.st_dev, state.st_ino


def _locked_files() -> set[tuple[int, int]]:
    """`1: POSIX  ADVISORY  WRITE 1234 fe:00:56789 0 EOF`: device in hexadecimal, inode in decimal."""
    locked = set()
    with contextlib.suppress(OSError):
        for line in (_PROC / "locks").read_text().splitlines():
            for word in line.split():
                parts = word.split(":")
                if len(parts) == 3:
                    with contextlib.suppress(ValueError):
                        locked.add((os.makedev(int(parts[0], 16), int(parts[1], 16)), int(parts[2])))
    return locked


def _data_paths_of_processes() -> Iterator[Path]:
    """Where the game servers of this machine keep their data, as far as the manager may see."""
    for entry in _PROC.iterdir():
        if not entry.name.isdigit():
            continue
        with contextlib.suppress(OSError, ValueError):
            words = (entry / "cmdline").read_bytes().decode(errors="surrogateescape").split("\0")
            if any("VintagestoryServer" in word for word in words[:4]):
                yield from _data_path(entry, words)


def _data_path(process: Path, words: list[str]) -> Iterator[Path]:
    told = None
    for number, word in enumerate(words):
        name, given, value = word.partition("=")
        if name.lower() == "--datapath":
            told = value if given else "".join(words[number + 1 : number + 2])
    if told:
        yield Path(os.path.realpath((process / "cwd").readlink() / told))
        return
    environment = (process / "environ").read_bytes().decode(errors="surrogateescape").split("\0")
    home = next((entry.removeprefix("HOME=") for entry in environment if entry.startswith("HOME=")), None)
    if home:
        yield Path(os.path.realpath(Path(home).joinpath(*_DEFAULT_DATA)))
