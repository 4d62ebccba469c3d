"""What is done by name in folders that are held open: nobody can make the way to them a link meanwhile, and no link in them is
followed. For folders in which code of strangers may write."""

import contextlib
import ctypes
import errno
import hashlib
import os
import shutil
import stat
import threading
from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path
from typing import Final, TypeVar

import structlog
from pydantic import BaseModel, ValidationError

from vintagestory_api.server_mods.file_names import is_plain_name

log = structlog.get_logger(__name__)

M = TypeVar("M", bound=BaseModel)

OPEN_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
OPEN_FILE: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
NEW_FILE: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC

_MAX_JSON_BYTES = 8_000_000
_REMEMBERED = 5_000
_RENAME_EXCHANGE = 2


@contextlib.contextmanager
def open_folder(path: Path) -> Iterator[int]:
    """Its own name may be no link."""
    handle = os.open(path, OPEN_FOLDER)
    try:
        yield handle
    finally:
        os.close(handle)


def names(folder: int) -> list[str]:
    """What lies in an open folder, in order, but for what can't be written down; see `misnamed`."""
    return sorted(name for name in os.listdir(folder) if can_be_written_down(folder, name))


def can_be_written_down(folder: int, name: str) -> bool:
    """Its name, and of a link where it leads."""
    if not is_plain_name(name):
        return False
    try:
        os.readlink(name, dir_fd=folder).encode()
    except UnicodeEncodeError:
        return False
    except OSError:
        return True  # no link
    return True


def kind_there(folder: int, name: str) -> int | None:
    try:
        return stat.S_IFMT(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode)
    except FileNotFoundError:
        return None


class FileSums:
    """Check sums of files, each computed again only when the file has changed. May be used from any thread."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[int, ...], str] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, folder: int, name: str) -> str | None:
        """The SHA-256 of a plain file in hex digits; None for what is no such file, can't be read, or has gone."""
        try:
            handle = os.open(name, OPEN_FILE, dir_fd=folder)
            with os.fdopen(handle, "rb", buffering=0) as file:
                found = os.fstat(handle)
                mark = (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
                with self._lock:
                    known = self._known.get(mark)
                if known is not None or not stat.S_ISREG(found.st_mode):
                    return known
                sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError:
            return None
        with self._lock:
            self._known[mark] = sha256
            if len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
        return sha256


def load(folder: int, name: str, model: type[M]) -> M | None:
    try:
        handle = os.open(name, OPEN_FILE, dir_fd=folder)
    except OSError:
        return None
    try:
        with os.fdopen(handle, "rb") as file:
            return model.model_validate_json(file.read(_MAX_JSON_BYTES))
    except (OSError, ValidationError) as error:
        log.warning("mods_manifest_unreadable", name=name, error=str(error)[:500])
        return None


def save(folder: int, name: str, content: BaseModel) -> None:
    """Whole or not at all, and on disk."""
    part = f".{name}.part"
    remove(folder, part)
    handle = os.open(part, NEW_FILE, 0o600, dir_fd=folder)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content.model_dump_json().encode())
            file.flush()
            os.fsync(handle)
        os.replace(part, name, src_dir_fd=folder, dst_dir_fd=folder)
        os.fsync(folder)
    except BaseException:
        with contextlib.suppress(OSError):
            remove(folder, part)
        raise


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


def exchange(folder: int, one: str, other: str) -> None:
    """Let two names swap what they name, in one step. Raises `OSError`, also where the system can't."""
    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except (AttributeError, OSError):
        raise OSError(errno.ENOSYS, "renameat2 is not there") from None
    if rename(folder, os.fsencode(one), folder, os.fsencode(other), ctypes.c_uint(_RENAME_EXCHANGE)) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
