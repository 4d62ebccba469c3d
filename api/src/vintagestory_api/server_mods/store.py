"""Files of mods, kept once for all servers under the check sum of their contents. What lies here is never changed."""

import contextlib
import errno
import hashlib
import os
import re
import shutil
import stat
import threading
import time
from collections.abc import Callable, Iterator, Set
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

import structlog

from vintagestory_api.errors import NotFound, Unavailable
from vintagestory_api.kit.ids import uuid7
from vintagestory_api.storage.atomic import sync_folder

log = structlog.get_logger(__name__)

#: What nobody needs goes when it has been untouched for so long: a change under way, or a person who has just uploaded a file,
#: may be about to need it.
YOUNG_SECONDS: Final = 24 * 3600.0

_NAME = re.compile(r"[0-9a-f]{64}", re.ASCII)
_READ_ONLY = 0o444
_BLOCK_BYTES = 1 << 20
_PARTS = ".parts"
_FULL = {errno.ENOSPC, errno.EDQUOT}
#: Links can't be made there: another file system, one without links, or a file that has too many.
_NO_LINK = {errno.EXDEV, errno.EPERM, errno.EACCES, errno.EMLINK, errno.ENOTSUP, errno.ENOSYS, errno.EINVAL}


class DiskFull(Unavailable):
    code = "disk_full"


class NotInStore(NotFound):
    code = "mod_file_not_kept"


@dataclass(frozen=True, slots=True)
class Stored:
    sha256: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Pruned:
    files: int
    bytes: int


class PartFile:
    """A file on its way into the store: write it, then `keep` it. Belongs into a `with`, which removes what was not kept.

    Before the first write there is nothing that would have to be removed.
    """

    def __init__(self, store: "ModStore", path: Path) -> None:
        self.path = path
        self.size = 0
        self._store = store
        self._digest = hashlib.sha256()
        self._open_file: BinaryIO | None = None

    def write(self, data: bytes) -> None:
        """Raises `DiskFull`."""
        with disk_full_told():
            self._file.write(data)
        self._digest.update(data)
        self.size += len(data)

    def flush(self) -> None:
        """Let what was written be seen by whoever reads `path`. Raises `DiskFull`."""
        with disk_full_told():
            self._file.flush()

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()

    @property
    def _file(self) -> BinaryIO:
        if self._open_file is None:
            self._open_file = self.path.open("xb")
        return self._open_file

    def keep(self, *, mtime_ns: int | None = None) -> Stored:
        """Make it part of the store, on disk. Raises `DiskFull`."""
        with disk_full_told():
            self._file.flush()
            handle = self._file.fileno()
            os.fchmod(handle, _READ_ONLY)
            if mtime_ns is not None:
                os.utime(handle, ns=(mtime_ns, mtime_ns))
            os.fsync(handle)
            self._file.close()
            return self._store.take_in(self.path, Stored(self.sha256, self.size))

    def __enter__(self) -> "PartFile":
        return self

    def __exit__(self, *_: object) -> None:
        if self._open_file is None:
            return
        with contextlib.suppress(OSError):
            self._open_file.close()
        with contextlib.suppress(OSError):
            self.path.unlink(missing_ok=True)


class ModStore:
    """Safe to use from threads. Everything blocks."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._parts = folder / _PARTS
        self._lock = threading.Lock()
        self._claimed: dict[str, float] = {}

    def open(self) -> None:
        """Remove what an earlier manager had not finished."""
        shutil.rmtree(self._parts, ignore_errors=True)

    # Putting in

    def new_part(self) -> PartFile:
        """Raises `DiskFull`."""
        with disk_full_told():
            self._parts.mkdir(parents=True, exist_ok=True)
            return PartFile(self, self._parts / uuid7())

    def add(
        self, file: BinaryIO, *, mtime_ns: int | None = None, should_stop: Callable[[], bool] = lambda: False
    ) -> Stored | None:
        """A copy of what `file` holds from here on; None when `should_stop` said so. Raises `DiskFull` and `OSError`."""
        with self.new_part() as part:
            while block := file.read(_BLOCK_BYTES):
                if should_stop():
                    return None
                part.write(block)
            return part.keep(mtime_ns=mtime_ns)

    def take_in(self, part: Path, stored: Stored) -> Stored:
        """Move a finished file to its place."""
        place = self.path(stored.sha256)
        with self._lock:
            self._claimed[stored.sha256] = time.monotonic()
            if self.verify(stored.sha256):
                part.unlink()
                return stored
            place.parent.mkdir(exist_ok=True)
            part.replace(place)
            sync_folder(place.parent)
            sync_folder(self.folder)
        return stored

    # Asking

    def path(self, sha256: str) -> Path:
        if _NAME.fullmatch(sha256) is None:
            raise NotInStore("This is no check sum of a file.")
        return self.folder / sha256[:2] / sha256

    def has(self, sha256: str, size_bytes: int | None = None) -> bool:
        """Whether it is kept, and has that size. Its contents are looked at by `verify` only."""
        try:
            found = self.path(sha256).lstat()
        except (OSError, NotInStore):
            return False
        return stat.S_ISREG(found.st_mode) and size_bytes in {None, found.st_size}

    def verify(self, sha256: str) -> bool:
        """Read it whole, and see that it is what its name says. One that is not is removed."""
        try:
            with self.path(sha256).open("rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError:
            return False
        if found == sha256:
            return True
        log.warning("stored_mod_damaged", sha256=sha256)
        with contextlib.suppress(OSError):
            self.path(sha256).unlink()
        return False

    def claim(self, sha256: str, size_bytes: int | None = None) -> bool:
        """Like `has`; and if so, it stays for as long as a change may take."""
        with self._lock:
            if not self.has(sha256, size_bytes):
                return False
            self._claimed[sha256] = time.monotonic()
            return True

    # Giving out

    def lay(self, sha256: str, folder: int, name: str) -> bool:
        """Let the open `folder` hold the file as `name`: the same file by a further name, or a copy; True for the former.

        Raises `NotInStore`, `DiskFull`, `OSError` (`name` is taken).
        """
        place = self.path(sha256)
        with disk_full_told():
            try:
                os.link(place, name, dst_dir_fd=folder, follow_symlinks=False)
            except FileNotFoundError:
                raise NotInStore("A file of a mod is not kept any more.") from None
            except OSError as error:
                if error.errno not in _NO_LINK:
                    raise
            else:
                return True
            try:
                with place.open("rb") as source:
                    copy_into(source, folder, name, mtime_ns=os.fstat(source.fileno()).st_mtime_ns)
            except FileNotFoundError:
                raise NotInStore("A file of a mod is not kept any more.") from None
            return False

    # Cleaning up

    def all(self) -> Iterator[tuple[str, os.stat_result]]:
        for drawer in sorted(self.folder.iterdir()):
            if len(drawer.name) != 2:
                continue
            with os.scandir(drawer) as found:
                for entry in found:
                    if _NAME.fullmatch(entry.name):
                        with contextlib.suppress(FileNotFoundError):
                            yield entry.name, entry.stat(follow_symlinks=False)

    def prune(self, needed: Set[str], *, young_seconds: float = YOUNG_SECONDS) -> Pruned:
        """Remove what is not `needed` and nobody has touched lately."""
        files = freed = 0
        now, moment = time.time(), time.monotonic()
        for sha256, found in list(self.all()):
            # Its last change of any kind: when it came, or got or lost a name.
            if sha256 in needed or now - found.st_ctime < young_seconds:
                continue
            with self._lock:
                claimed = self._claimed.get(sha256)
                if claimed is not None and moment - claimed < young_seconds:
                    continue
                self._claimed.pop(sha256, None)
                with contextlib.suppress(OSError):
                    self.path(sha256).unlink()
                    files, freed = files + 1, freed + found.st_size
        if files:
            log.info("mods_store_pruned", files=files, bytes=freed)
        return Pruned(files, freed)


def copy_into(source: BinaryIO, folder: int, name: str, *, mtime_ns: int, mode: int = _READ_ONLY) -> None:
    """A copy of an open file in an open folder, on disk. Raises `OSError` also when the name is taken."""
    handle = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600, dir_fd=folder)
    with os.fdopen(handle, "wb", buffering=0) as target:
        while block := source.read(_BLOCK_BYTES):
            view = memoryview(block)
            while view:
                view = view[target.write(view) :]
        os.fchmod(handle, mode)
        os.utime(handle, ns=(mtime_ns, mtime_ns))
        os.fsync(handle)


@contextlib.contextmanager
def disk_full_told() -> Iterator[None]:
    """A disk that takes no more is told in words."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise DiskFull("The disk is full. The server's mods are as they were. Free some space, then try again.") from error
        raise
