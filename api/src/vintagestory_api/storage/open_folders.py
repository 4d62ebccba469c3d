"""What is done by name in folders that are held open: nobody can make the way to them a link meanwhile, and no link in them is
followed. For folders in which code of strangers may write."""

import contextlib
import ctypes
import errno
import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

OPEN_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
OPEN_FILE: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
NEW_FILE: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC

_RENAME_NOREPLACE, _RENAME_EXCHANGE = 1, 2
#: Where the system, or this file system, knows no renaming with such a wish.
CANNOT: Final = frozenset({errno.ENOSYS, errno.EINVAL, errno.ENOTSUP})


@contextlib.contextmanager
def open_folder(path: Path) -> Iterator[int]:
    """Its own name may be no link."""
    handle = os.open(path, OPEN_FOLDER)
    try:
        yield handle
    finally:
        os.close(handle)


def kind_there(folder: int, name: str) -> int | None:
    try:
        return stat.S_IFMT(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode)
    except FileNotFoundError:
        return None


def remove(folder: int, name: str) -> None:
    """Whatever it is; nothing where it is not there. Links are not followed."""
    match kind_there(folder, name):
        case None:
            return
        case stat.S_IFDIR:
            shutil.rmtree(name, dir_fd=folder)
        case _:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(name, dir_fd=folder)


@contextlib.contextmanager
def new_file(folder: int, name: str, *, like: os.stat_result) -> Iterator[BinaryIO]:
    """A file with the rights and the owner of another one, which is on disk at the end of the block. What is already called
    so gives way; on any error nothing stays. Raises `OSError`, also where it can't be given to that owner."""
    remove(folder, name)
    handle = os.open(name, NEW_FILE, 0o600, dir_fd=folder)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            if (like.st_uid, like.st_gid) != (os.geteuid(), os.getegid()):
                os.fchown(handle, like.st_uid, like.st_gid)
            os.fchmod(handle, stat.S_IMODE(like.st_mode) & (0o666 if stat.S_ISDIR(like.st_mode) else 0o777))
            os.fsync(handle)
    except BaseException:
        with contextlib.suppress(OSError):
            remove(folder, name)
        raise


def put_over(folder: int, part: str, name: str) -> None:
    """Give a finished file its name, whatever is called so by now. On an error the part is gone. Raises `OSError`."""
    try:
        os.replace(part, name, src_dir_fd=folder, dst_dir_fd=folder)
        os.fsync(folder)
    except BaseException:
        with contextlib.suppress(OSError):
            remove(folder, part)
        raise


def exchange(folder: int, one: str, other: str, *, other_folder: int | None = None) -> None:
    """Let two names swap what they name, in one step. Raises `OSError`, also where the system can't."""
    _rename(folder, one, folder if other_folder is None else other_folder, other, _RENAME_EXCHANGE)


def move_to_free_name(folder: int, name: str, target_folder: int, target: str) -> None:
    """Raises `FileExistsError` where that name is taken, by whatever; and `OSError`."""
    try:
        _rename(folder, name, target_folder, target, _RENAME_NOREPLACE)
    except OSError as error:
        if error.errno not in CANNOT:
            raise
        if kind_there(target_folder, target) is not None:
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), target) from None
        os.rename(name, target, src_dir_fd=folder, dst_dir_fd=target_folder)


def _rename(folder: int, name: str, target_folder: int, target: str, wish: int) -> None:
    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except (AttributeError, OSError):
        raise OSError(errno.ENOSYS, "renameat2 is not there") from None
    if rename(folder, os.fsencode(name), target_folder, os.fsencode(target), ctypes.c_uint(wish)) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
