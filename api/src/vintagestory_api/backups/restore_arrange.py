"""Makes of what came out of an archive what is to lie in a server's folder: names and configuration fit for that very server."""

import os
import shutil
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from vintagestory_api.backups.contents import CONFIG_FILES
from vintagestory_api.backups.restore_plan import Plan
from vintagestory_api.servers.configuration import COPY_NAME, ServerConfiguration
from vintagestory_api.servers.configuration_file import ConfigurationUnreadable
from vintagestory_api.storage.atomic import sync_file_system

_CONFIG = CONFIG_FILES[0]


@dataclass(frozen=True)
class Home:
    """Where it is to live. `world_path`: where the game looks for its world at present. `is_new`: the server is another than the
    one that was backed up, so that nobody must take the two for one."""

    data_path: Path
    name: str
    port: int
    world_path: str | None
    is_new: bool


def arrange(unpacked: Path, plan: Plan, world_file: str | None, home: Home) -> list[str]:
    """What is to be exchanged, below the server's folder. Everything is on disk then. Blocking.

    Raises `ConfigurationUnreadable`, `ConfigurationNotWritten`, `OSError`.
    """
    if plan.world_to is not None and world_file is not None and plan.world_to != world_file:
        (unpacked / plan.world_to).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        (unpacked / world_file).rename(unpacked / plan.world_to)
    names = list(plan.names)
    if (unpacked / _CONFIG).exists():
        _fit(ServerConfiguration.read(unpacked), unpacked, plan, home)
    elif plan.points_config and (home.data_path / _CONFIG).exists():
        _fit(ServerConfiguration.read(home.data_path), unpacked, plan, home)
        names.append(_CONFIG)
    _drop_others(unpacked, names)
    _fit_rights(unpacked, home.data_path)
    sync_file_system(unpacked)
    return names


def _fit(found: ServerConfiguration, unpacked: Path, plan: Plan, home: Home) -> None:
    configuration = ServerConfiguration(unpacked, found.values)
    there = None if home.is_new else _configuration_of(home.data_path)
    configuration.set(home.port, "Port")
    world = plan.world_to or home.world_path
    configuration.point_to(home.data_path)
    if world is not None:
        configuration.set(str(home.data_path / world), "WorldConfig", "SaveFileLocation")
    elif there is not None:
        # The world stays where it is, elsewhere: a game that looks for it in another place would make a new one.
        configuration.set(str(there.save_file), "WorldConfig", "SaveFileLocation")
    if home.is_new:
        configuration.set(str(uuid4()), "ServerIdentifier")
        configuration.set(home.name, "ServerName")
    elif there is not None and there.get("ServerIdentifier"):
        # The backup may be one of another server, which is still there.
        configuration.set(there.get("ServerIdentifier"), "ServerIdentifier")
    configuration.write()
    (unpacked / COPY_NAME).unlink(missing_ok=True)


def _configuration_of(data_path: Path) -> ServerConfiguration | None:
    try:
        return ServerConfiguration.read(data_path)
    except ConfigurationUnreadable:
        return None


def _drop_others(unpacked: Path, names: Sequence[str]) -> None:
    """Such as the files of mods, which are in the store by now."""
    kept = {name.partition("/")[0] for name in names}
    for path in unpacked.iterdir():
        if path.name in kept:
            continue
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


def _fit_rights(unpacked: Path, data_path: Path) -> None:
    """As what is there now, or else as what the game makes; and everything belongs to whom the folder belongs to."""
    owner = data_path.stat()
    usual = os.umask(0)
    os.umask(usual)
    top = os.open(unpacked, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for folder, folders, files, handle in os.fwalk(".", follow_symlinks=False, dir_fd=top):
            for name in (*folders, *files):
                mode = _mode_of(data_path / folder / name) or (0o777 if name in folders else 0o666) & ~usual
                os.chmod(name, mode, dir_fd=handle)
                if os.geteuid() == 0:
                    os.chown(name, owner.st_uid, owner.st_gid, dir_fd=handle, follow_symlinks=False)
    finally:
        os.close(top)


def _mode_of(path: Path) -> int | None:
    try:
        return stat.S_IMODE(path.lstat().st_mode) & 0o777
    except OSError:
        return None
