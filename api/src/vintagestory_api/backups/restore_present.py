"""What lies in a server's folder, as far as a restore would take its place. Everything blocks."""

import os
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from vintagestory_api.backups.contents import CONFIG_FILES, MOD_CONFIG, NEVER, PLAYERS, SAVES
from vintagestory_api.backups.restore_plan import Amount
from vintagestory_api.backups.restore_swap import places_in_the_way
from vintagestory_api.backups.schemas import BackupPart
from vintagestory_api.servers.configuration import ServerConfiguration
from vintagestory_api.servers.configuration_file import ConfigurationUnreadable

#: Of one part, so many files are counted.
_MAX_FILES: Final = 100_000


@dataclass(frozen=True)
class FolderFacts:
    """`world_path`: below the folder; None where the configuration names a place outside of it. `in_the_way`: places that nothing
    can be put into, and why."""

    amounts: dict[BackupPart, Amount]
    world_path: str | None
    world_written_ms: int | None
    bytes_free: int
    in_the_way: dict[str, str]


def read_folder(data_path: Path, mod_data: Sequence[str]) -> FolderFacts:
    world = _world_path(data_path)
    there = data_path / world if world is not None else None
    amounts: dict[BackupPart, Amount] = {
        "world": _amount([there] if there is not None else []),
        "players": _amount([data_path / PLAYERS]),
        "config": _amount(data_path / name for name in CONFIG_FILES),
        "mod_config": _amount([data_path / MOD_CONFIG]),
        "mod_data": _amount(data_path / name for name in mod_data),
    }
    return FolderFacts(
        amounts={part: amount for part, amount in amounts.items() if amount.files},
        world_path=world,
        world_written_ms=_written_ms(there),
        bytes_free=free_bytes(data_path),
        in_the_way=places_in_the_way(data_path, [world or SAVES, PLAYERS, MOD_CONFIG, *CONFIG_FILES, *mod_data]),
    )


def free_bytes(folder: Path) -> int:
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return shutil.disk_usage(folder).free


def _world_path(data_path: Path) -> str | None:
    try:
        save = ServerConfiguration.read(data_path).save_file
    except ConfigurationUnreadable:
        save = data_path / SAVES / "default.vcdbs"
    try:
        relative = save.relative_to(data_path)
    except ValueError:
        return None
    parts = relative.parts
    if not parts or ".." in parts or parts[0].startswith("."):
        return None
    is_usable = parts[0] == SAVES or parts[0].lower() not in NEVER
    return relative.as_posix() if is_usable else None


def _written_ms(world: Path | None) -> int | None:
    if world is None:
        return None
    moments = []
    for suffix in ("", "-wal"):
        try:
            moments.append(world.with_name(world.name + suffix).stat().st_mtime)
        except OSError:
            continue
    return round(max(moments) * 1000) if moments else None


def _amount(paths: Iterable[Path]) -> Amount:
    files = size = 0
    for path in paths:
        for each in _files(path):
            files += 1
            size += each
            if files >= _MAX_FILES:
                return Amount(files, size)
    return Amount(files, size)


def _files(path: Path) -> Iterable[int]:
    """The sizes of a file, or of all in a folder; links are not followed."""
    if path.is_symlink():
        return
    if path.is_file():
        yield path.stat().st_size
        return
    for folder, _folders, names in os.walk(path):
        for name in names:
            try:
                yield os.lstat(os.path.join(folder, name)).st_size  # noqa: PTH118 - called for thousands
            except OSError:
                continue
