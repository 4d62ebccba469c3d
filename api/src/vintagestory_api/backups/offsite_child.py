"""Works on places off the machine: `python -m vintagestory_api.backups.offsite_child`, spoken to as `child_talk` says.

A program of its own, because a mounted folder may hang in the kernel for ever, and because restic gets secrets. `do` names what
is to be done: see `_DOINGS`. Nothing is written where the marker of the place is missing.
"""

import contextlib
import hashlib
import os
import re
import shutil
import stat
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO, Final

from vintagestory_api.backups import child_talk
from vintagestory_api.backups.archive_reader import Refused
from vintagestory_api.backups.offsite_restic_child import restic
from vintagestory_api.storage.atomic import sync_folder, write_atomically
from vintagestory_api.storage.guarded_paths import NoSuchFile, PathNotAllowed, allowed_host_path

#: Shows that a folder is the place that was chosen, and no empty mount point. Holds its id.
MARKER: Final = ".vsmanager-offsite"
SUM_ENDING: Final = ".sha256"

_BLOCK_BYTES: Final = 1 << 20
#: Left free there.
_RESERVE_BYTES: Final = 100_000_000
#: Written out so often, so that the last flush is short, and a disk that hangs is noticed.
_FLUSH_EVERY_BYTES: Final = 64 << 20
_READ: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_MAX_MARKER_BYTES: Final = 200
#: What a kill left, of copies and of looks, is removed when it is so old: on what is younger, somebody may be at work.
_LEFT: Final = re.compile(
    r"\.\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ-[a-z_]+-[0-9a-f]{8}\.tar\.zst.*\.part|\.probe-[0-9a-f-]{36}", re.ASCII
)
_LEFT_SECONDS: Final = 24 * 3600.0


def main(task: dict[str, Any]) -> dict[str, Any]:
    return _DOINGS[str(task["do"])](task)


# Folders


def choose(task: dict[str, Any]) -> dict[str, Any]:
    """Make a folder a place for copies. `path`; `roots`: it lies below one of them; `never`: and in none of these.

    Done: `path` (the real one), `mark`.
    """
    try:
        path = allowed_host_path(task["path"], [Path(root) for root in task["roots"]])
    except (NoSuchFile, PathNotAllowed) as error:
        raise Refused("refused", error.message) from None
    if not path.is_dir():
        raise Refused("refused", f"{path} is no folder.")
    for ours in task["never"]:
        own = Path(ours).resolve()
        if path.is_relative_to(own) or own.is_relative_to(path):
            raise Refused("refused", f"{path} is part of the manager's own folders, or holds them. Choose another one.")
    mark = _mark_of(path)
    if mark is None:
        mark = str(uuid.uuid4())
        write_atomically(path / MARKER, mark.encode())
    return {"path": str(path), "mark": mark}


def look(task: dict[str, Any]) -> dict[str, Any]:
    """Whether the place is there and can be written. Done: `free`."""
    folder = _place(task)
    _sweep(folder)
    probe = folder / f".probe-{uuid.uuid4()}"
    try:
        probe.write_bytes(b"")
    finally:
        probe.unlink(missing_ok=True)
    return {"free": shutil.disk_usage(folder).free}


def put(task: dict[str, Any]) -> dict[str, Any]:
    """Copy the file `source`, of `size` bytes, there; read it back and compare, then give it its name.

    Done: `sha256`, `bytes`.
    """
    folder, name = _place(task) / task["server"], task["name"]
    folder.mkdir(mode=0o700, exist_ok=True)
    _sweep(folder)
    part = folder / f".{name}.part"
    with _opened(Path(task["source"])) as source:
        size = os.fstat(source.fileno()).st_size
        if size != task["size"]:
            raise Refused("source", "it has another size than when it was made")
        free = shutil.disk_usage(folder).free
        if free - _RESERVE_BYTES < size:
            raise Refused("disk_full", f"{size / 1e6:,.0f} MB are needed there, and {free / 1e6:,.0f} MB are free")
        progress = child_talk.Progress(2 * size)
        part.unlink(missing_ok=True)
        try:
            with part.open("xb") as target:
                with contextlib.suppress(OSError):  # as where all files belong to one user
                    os.fchmod(target.fileno(), 0o600)
                digest = _copy(source, target, progress.tell)
            child_talk.doing("Reading it back")
            with _opened(part) as written:
                # From the disk, as far as that can be had: what lies in memory proves nothing.
                os.posix_fadvise(written.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
                back = _digest(written, lambda done: progress.tell(size + done))
            if back != digest:
                raise Refused("broken", "what was read back is not what was written")
            part.rename(folder / name)
        except BaseException:
            with contextlib.suppress(OSError):
                part.unlink(missing_ok=True)
            raise
    write_atomically(folder / (name + SUM_ENDING), f"{digest}  {name}\n".encode())
    sync_folder(folder)
    return {"sha256": digest, "bytes": size}


def get(task: dict[str, Any]) -> dict[str, Any]:
    """Copy it back to the file `target`, which is not there yet. Done: `bytes`."""
    with _copied(task) as source, Path(task["target"]).open("xb") as target:
        size = os.fstat(source.fileno()).st_size
        if _copy(source, target, child_talk.Progress(size).tell) != task["sha256"]:
            raise Refused("broken", "it is not what was copied there")
    return {"bytes": size}


def verify(task: dict[str, Any]) -> dict[str, Any]:
    """Read it to its end, and compare."""
    with _copied(task) as source:
        size = os.fstat(source.fileno()).st_size
        if _digest(source, child_talk.Progress(size).tell) != task["sha256"]:
            raise Refused("broken", "it is not what was copied there")
    return {"bytes": size}


def remove(task: dict[str, Any]) -> dict[str, Any]:
    """`names`: server and name of each."""
    place = _place(task)
    for server, name in task["names"]:
        folder = place / server
        for file in (name, name + SUM_ENDING):
            with contextlib.suppress(FileNotFoundError):
                (folder / file).unlink()
        with contextlib.suppress(OSError):
            folder.rmdir()
    return {}


def missing(task: dict[str, Any]) -> dict[str, Any]:
    """`names`: server, name and size of each. Done: `missing`: which of them, as places in that list."""
    folder = _place(task)
    return {
        "missing": [place for place, (server, name, size) in enumerate(task["names"]) if _size(folder / server / name) != size]
    }


def _size(path: Path) -> int | None:
    try:
        state = path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    return state.st_size if stat.S_ISREG(state.st_mode) else None


def _place(task: dict[str, Any]) -> Path:
    folder = Path(task["path"])
    try:
        mark = _mark_of(folder)
    except OSError as error:
        raise Refused("gone", f"it can't be read ({error.strerror})") from None
    if mark is None:
        raise Refused("gone", f"the file {MARKER} is not in it, so it is not mounted, or was emptied")
    if mark != task["mark"]:
        raise Refused("gone", f"its file {MARKER} is that of another place")
    return folder


def _sweep(folder: Path) -> None:
    with contextlib.suppress(OSError):
        for name in os.listdir(folder):  # noqa: PTH208 - names alone
            path = folder / name
            if _LEFT.fullmatch(name) and time.time() - path.lstat().st_mtime > _LEFT_SECONDS:
                path.unlink()


def _mark_of(folder: Path) -> str | None:
    try:
        with _opened(folder / MARKER) as file:
            return file.read(_MAX_MARKER_BYTES).decode(errors="replace").strip()
    except FileNotFoundError:
        return None


def _copied(task: dict[str, Any]) -> BinaryIO:
    path = _place(task) / task["server"] / task["name"]
    try:
        return _opened(path)
    except FileNotFoundError:
        raise Refused("broken", "its file is not there any more") from None


def _opened(path: Path) -> BinaryIO:
    handle = os.open(path, _READ)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise Refused("broken", f"{path.name} is no plain file")
    return os.fdopen(handle, "rb", buffering=0)


def _copy(source: BinaryIO, target: BinaryIO, tell: Callable[[int], None]) -> str:
    """The SHA-256 of what was copied, which is on the disk now."""
    digest, done, unflushed = hashlib.sha256(), 0, 0
    while block := source.read(_BLOCK_BYTES):
        digest.update(block)
        target.write(block)
        done, unflushed = done + len(block), unflushed + len(block)
        if unflushed >= _FLUSH_EVERY_BYTES:
            target.flush()
            os.fdatasync(target.fileno())
            unflushed = 0
        tell(done)
    target.flush()
    os.fsync(target.fileno())
    return digest.hexdigest()


def _digest(source: BinaryIO, tell: Callable[[int], None]) -> str:
    digest, done = hashlib.sha256(), 0
    while block := source.read(_BLOCK_BYTES):
        digest.update(block)
        done += len(block)
        tell(done)
    return digest.hexdigest()


_DOINGS: Final[dict[str, Callable[[dict[str, Any]], dict[str, Any]]]] = {
    "choose": choose,
    "look": look,
    "put": put,
    "get": get,
    "verify": verify,
    "missing": missing,
    "remove": remove,
    "restic": restic,
}


if __name__ == "__main__":
    child_talk.run(main)
