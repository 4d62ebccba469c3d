"""What lies among the mods and can't be written down, by its name or, of a link, where it leads: no set lists it, and each gets
it from the one before."""

import errno
import os
import shutil
import stat

from vintagestory_api.errors import Conflict
from vintagestory_api.server_mods.file_names import shown_name
from vintagestory_api.server_mods.open_folders import can_be_written_down
from vintagestory_api.storage.open_folders import NEW_FILE, OPEN_FILE, OPEN_FOLDER, kind_there, remove

_FULL = {errno.ENOSPC, errno.EDQUOT}


class MisnamedFileStays(Conflict):
    code = "misnamed_mod_file"


def misnamed(folder: int) -> list[str]:
    """Of an open folder."""
    return sorted(name for name in os.listdir(folder) if not can_be_written_down(folder, name))


def carry_over(source: int, target: int) -> None:
    """From one open folder to another, which nobody uses yet. Safe to repeat. Raises `MisnamedFileStays`, `OSError`."""
    names = misnamed(source)
    for name in names:
        try:
            remove(target, name)
            _carry(source, target, name)
        except (OSError, RecursionError) as error:
            if isinstance(error, OSError) and error.errno in _FULL:
                raise
            why = error.strerror if isinstance(error, OSError) else "it is too deep"
            raise MisnamedFileStays(
                f"“{shown_name(name)}” among the server's mods has a name that can't be used, and could not be taken along "
                f"({why}), so nothing was done. Give it another name, or take it out."
            ) from error
    if names:
        os.fsync(target)


def _carry(source: int, target: int, name: str) -> None:
    match kind_there(source, name):
        case stat.S_IFREG:
            try:
                os.link(name, name, src_dir_fd=source, dst_dir_fd=target, follow_symlinks=False)
            except OSError:
                # Not every file system has further names for a file, and not every account may give them.
                _copy(source, target, name)
        case stat.S_IFLNK:
            os.symlink(os.readlink(name, dir_fd=source), name, dir_fd=target)
        case stat.S_IFDIR:
            _carry_folder(source, target, name)
        case _:
            return


def _carry_folder(source: int, target: int, name: str) -> None:
    os.mkdir(name, 0o755, dir_fd=target)
    old = os.open(name, OPEN_FOLDER, dir_fd=source)
    try:
        new = os.open(name, OPEN_FOLDER, dir_fd=target)
        try:
            for leaf in os.listdir(old):  # noqa: PTH208 - an open folder
                _carry(old, new, leaf)
            os.fsync(new)
        finally:
            os.close(new)
    finally:
        os.close(old)


def _copy(source: int, target: int, name: str) -> None:
    with os.fdopen(os.open(name, OPEN_FILE, dir_fd=source), "rb") as old:
        found = os.fstat(old.fileno())
        with os.fdopen(os.open(name, NEW_FILE, 0o600, dir_fd=target), "wb") as new:
            shutil.copyfileobj(old, new)
            new.flush()
            os.fchmod(new.fileno(), stat.S_IMODE(found.st_mode) & 0o777)
            os.utime(new.fileno(), ns=(found.st_mtime_ns, found.st_mtime_ns))
            os.fsync(new.fileno())
