"""Copies an install of the game that lies somewhere on this machine, as carefully as an archive is unpacked.

The folder is looked at as a stranger's: links in it are not followed, and whatever is no plain file ends the copy. It may be the
data folder of a server, too; its worlds, settings and mods are left out, because a version is shared by all servers.
"""

import errno
import os
import stat
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from vintagestory_api.game_versions.unpack import (
    MAX_MEMBERS,
    MAX_UNPACKED_BYTES,
    ArchiveRefused,
    Contents,
    DiskFull,
    NotUnpacked,
)
from vintagestory_api.game_versions.unpack_child import (
    PROGRAMS_BY_NAME,
    Refused,
    Unpacked,
    look_for_server,
    make_folders,
    make_links,
    parents_of,
    safe_name,
)
from vintagestory_api.services.run_context import should_stop

T = TypeVar("T")

_BLOCK_BYTES = 1 << 18
_TELL_EVERY_SECONDS = 0.1
#: What a server keeps in its data folder, and what the manager notes of an install.
_LEFT_OUT: Final = frozenset(
    {
        *("Backups", "BackupSaves", "Cache", "Logs", "Macros", "Maps", "ModConfig", "ModData", "OldSaves", "Playerdata", "Saves"),
        *("serverconfig.json", "servermagicnumbers.json", "VSCrash", "WorldEdit", ".vsmanager.json"),
    }
)
#: The game's own mods; any other would be one of every server that uses the version.
_OWN_MODS: Final = frozenset({"VSEssentials", "VSSurvivalMod", "VSCreativeMod", "do_not_add_mods_here"})
_MODS: Final = "Mods"


class FolderRefused(ArchiveRefused):
    """It is no install of the game, or one that nobody should copy."""

    code = "install_folder_refused"


class CopyStopped(NotUnpacked):
    """Nobody waits for it any more."""


@dataclass(frozen=True)
class _Entry:
    """`name` below the top; `handle` of the folder that it lies in, valid until the next entry is asked for."""

    name: str
    handle: int
    state: os.stat_result


def size_of_install(folder: Path) -> int:
    """What a copy takes, in bytes. Raises `FolderRefused`, `CopyStopped` and `NotUnpacked`. Blocking, looks at every file."""
    return _told_of(folder, lambda: sum(entry.state.st_size for entry in _entries(folder) if stat.S_ISREG(entry.state.st_mode)))


def copy_install(folder: Path, target: Path, size: int, progress: Callable[[float], None]) -> Contents:
    """Copy into `target`, which exists and is empty; what is there after an error is for the caller to remove. Blocking.

    `size`: what the whole was found to take. Raises `FolderRefused`, `DiskFull`, `CopyStopped` and `NotUnpacked`.
    """
    return _told_of(folder, lambda: _copy(folder, target, size, progress))


def _copy(folder: Path, target: Path, size: int, progress: Callable[[float], None]) -> Contents:
    done = Unpacked()
    told = time.monotonic()
    for entry in _entries(folder):
        name = entry.name
        make_folders(target, parents_of(name), done)
        if stat.S_ISDIR(entry.state.st_mode):
            make_folders(target, [name], done)
        elif stat.S_ISLNK(entry.state.st_mode):
            done.links[name] = os.readlink(os.path.basename(name), dir_fd=entry.handle)  # noqa: PTH119 - below a handle
        else:
            done.size += _copy_file(entry, target / name)
            done.files.add(name)
        if time.monotonic() - told > _TELL_EVERY_SECONDS:
            told = time.monotonic()
            progress(min(1.0, done.size / max(1, size)))
    make_links(target, done)
    version = look_for_server(target, done)
    return Contents(version, len(done.files), done.size)


def _copy_file(entry: _Entry, path: Path) -> int:
    """The bytes themselves, never shared with the original: that is somebody else's, who may change it in place."""
    name = os.path.basename(entry.name)  # noqa: PTH119 - a name below a handle
    reading = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=entry.handle)
    try:
        state = os.fstat(reading)
        if not stat.S_ISREG(state.st_mode) or state.st_size != entry.state.st_size:
            raise Refused("unsafe", f"{entry.name} is changed while it is copied")
        mode = 0o755 if entry.name in PROGRAMS_BY_NAME or state.st_mode & 0o100 else 0o644
        writing = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, mode)
        try:
            left = state.st_size
            while left:
                _go_on()
                block = memoryview(os.read(reading, min(left, _BLOCK_BYTES)))
                if not block:
                    raise Refused("unsafe", f"{entry.name} is changed while it is copied")
                left -= len(block)
                while block:
                    block = block[os.write(writing, block) :]
        finally:
            os.close(writing)
        return state.st_size
    finally:
        os.close(reading)


def _entries(folder: Path) -> Iterator[_Entry]:
    """Everything that belongs to the install, a folder before what lies in it. Raises `Refused` for what no install has."""
    count = size = 0
    top = os.fspath(folder)
    for path, folders, files, handle in os.fwalk(top, follow_symlinks=False, onerror=_raise):
        below = os.path.relpath(path, top)
        prefix = "" if below == "." else f"{below}/"
        folders[:] = sorted(name for name in folders if _belongs(prefix + name))
        for name in (*folders.copy(), *sorted(name for name in files if _belongs(prefix + name))):
            _go_on()
            state = os.stat(name, dir_fd=handle, follow_symlinks=False)
            whole = safe_name(prefix + name) or name
            if not (stat.S_ISREG(state.st_mode) or stat.S_ISDIR(state.st_mode) or stat.S_ISLNK(state.st_mode)):
                raise Refused("unsafe", f"{whole} is no plain file")
            count += 1
            size += state.st_size if stat.S_ISREG(state.st_mode) else 0
            if count > MAX_MEMBERS or size > MAX_UNPACKED_BYTES:
                raise Refused("bomb", f"it holds more than {MAX_MEMBERS:,} files or {MAX_UNPACKED_BYTES / 1e9:,.0f} GB")
            if stat.S_ISLNK(state.st_mode) and name in folders:
                folders.remove(name)
            yield _Entry(whole, handle, state)


def _belongs(name: str) -> bool:
    top, _, rest = name.partition("/")
    if top == _MODS and rest:
        return rest.partition(".")[0] in _OWN_MODS
    return top not in _LEFT_OUT


def _go_on() -> None:
    if should_stop():
        raise CopyStopped("The copy was stopped.")


def _raise(error: OSError) -> None:
    raise error


def _told_of(folder: Path, work: Callable[[], T]) -> T:
    name = folder.name
    try:
        return work()
    except Refused as refused:
        what = "is no server of the game" if refused.kind == "no_server" else "is not copied, because it is not safe"
        raise FolderRefused(f"{name} {what}: {refused}.") from None
    except RecursionError:
        raise FolderRefused(f"{name} is not copied: its folders lie too deep in each other.") from None
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
            raise DiskFull(
                f"The disk became full while {name} was copied; nothing of it was left there. Make room and try again."
            ) from error
        where = f" ({os.path.basename(os.fsdecode(error.filename))!r})" if error.filename else ""  # noqa: PTH119 - may be bytes
        raise NotUnpacked(
            f"{name} could not be copied: {error.strerror or type(error).__name__}{where}. "
            "Check that the manager's account can read it, and can write the manager's data folder."
        ) from error
