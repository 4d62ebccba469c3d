"""What is kept and looked at by name in the folders of mods, which are held open; see `storage/open_folders.py`."""

import contextlib
import hashlib
import os
import stat
import threading
from collections import OrderedDict
from typing import TypeVar

import structlog
from pydantic import BaseModel, ValidationError

from vintagestory_api.server_mods.file_names import is_plain_name
from vintagestory_api.storage.open_folders import NEW_FILE, OPEN_FILE, remove

log = structlog.get_logger(__name__)

M = TypeVar("M", bound=BaseModel)

_MAX_JSON_BYTES = 8_000_000
_REMEMBERED = 5_000


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
