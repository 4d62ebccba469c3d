"""Mods that are folders: packed into one file for the store, laid out again from it, and told whether somebody touched them.

What is packed here has `modinfo.json` at its top, as the game wants a zip to be, so it is a good mod in both forms.
"""

import hashlib
import os
import stat
import zipfile
from collections.abc import Callable, Iterator
from typing import IO, BinaryIO, Final, cast

from vintagestory_api.errors import Conflict
from vintagestory_api.server_mods.store import PartFile

MAX_FILES: Final = 20_000
MAX_BYTES: Final = 1_000_000_000

_BLOCK_BYTES = 1 << 20
#: The same for all, so that the same contents always make the same file.
_DATE = (1980, 1, 1, 0, 0, 0)
_OPEN_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_OPEN_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class FolderTooLarge(Conflict):
    code = "mod_folder_too_large"


def signature(folder: int, name: str) -> str:
    """Changes when anything in it is changed, added or taken away. Reads no contents. Raises `FolderTooLarge`, `OSError`."""
    digest = hashlib.sha256()
    for path, found, _handle, _leaf in _walk(folder, name):
        # A folder's own time and size change with what is in it, which is looked at anyway.
        facts = "/" if stat.S_ISDIR(found.st_mode) else f"{found.st_mode}\0{found.st_size}\0{found.st_mtime_ns}"
        digest.update(f"{path}\0{facts}\n".encode(errors="surrogateescape"))
    return digest.hexdigest()


def pack(folder: int, name: str, part: PartFile, *, should_stop: Callable[[], bool] = lambda: False) -> bool:
    """Write its contents into `part`; False when `should_stop` said so. Raises `FolderTooLarge`, `DiskFull`, `OSError`."""
    try:
        with zipfile.ZipFile(cast("IO[bytes]", _Stream(part)), "w", zipfile.ZIP_STORED, strict_timestamps=False) as archive:
            for path, found, handle, leaf in _walk(folder, name):
                if should_stop():
                    return False
                _pack_one(archive, path, found, handle, leaf)
    except UnicodeEncodeError:
        raise FolderTooLarge(
            f"The folder “{name}” among the mods holds a file whose name is no text. Rename it, or take it out."
        ) from None
    return True


def unpack(source: BinaryIO, folder: int, name: str) -> None:
    """Lay the contents out as the new folder `name`. Raises `OSError` also when the name is taken."""
    os.mkdir(name, 0o755, dir_fd=folder)
    root = os.open(name, _OPEN_FOLDER, dir_fd=folder)
    try:
        with zipfile.ZipFile(source) as archive:
            links: list[tuple[str, str]] = []
            for info in archive.infolist():
                _check_path(info.filename)
                if stat.S_ISLNK(info.external_attr >> 16):
                    links.append((info.filename, os.fsdecode(archive.read(info))))
                elif info.is_dir():
                    os.mkdir(info.filename.rstrip("/"), 0o755, dir_fd=root)
                else:
                    _lay_one(archive, info, root)
            # Last, when nothing is written any more that could go through them.
            for path, target in links:
                os.symlink(target, path, dir_fd=root)
        os.fsync(root)
    finally:
        os.close(root)


class _Stream:
    """What `zipfile` needs of a file that it can't go back in."""

    def __init__(self, part: PartFile) -> None:
        self._part = part

    def write(self, data: bytes) -> int:
        self._part.write(data)
        return len(data)

    def flush(self) -> None:
        self._part.flush()


def _walk(folder: int, name: str) -> Iterator[tuple[str, os.stat_result, int, str]]:
    """Path in the folder, what it is, and the open folder with the name in it. Parents come first; links are not followed."""
    files = size = 0
    for where, folders, names, handle in os.fwalk(name, follow_symlinks=False, dir_fd=folder):
        folders.sort()
        below = where[len(name) :].strip("/")
        for leaf in sorted([*folders, *names]):
            found = os.stat(leaf, dir_fd=handle, follow_symlinks=False)
            files, size = files + 1, size + found.st_size
            if files > MAX_FILES or size > MAX_BYTES:
                raise FolderTooLarge(
                    f"The folder “{name}” among the mods holds more than {MAX_FILES:,} files or {MAX_BYTES // 1_000_000:,} MB, "
                    "which is too much to be kept in every set. Take out what is no part of the mod (such as .git), or pack it "
                    "into a zip."
                )
            yield (f"{below}/{leaf}" if below else leaf), found, handle, leaf


def _pack_one(archive: zipfile.ZipFile, path: str, found: os.stat_result, handle: int, leaf: str) -> None:
    if stat.S_ISDIR(found.st_mode):
        info = zipfile.ZipInfo(f"{path}/", _DATE)
        info.external_attr = (stat.S_IFDIR | 0o755) << 16
        archive.writestr(info, b"")
    elif stat.S_ISLNK(found.st_mode):
        info = zipfile.ZipInfo(path, _DATE)
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(info, os.fsencode(os.readlink(leaf, dir_fd=handle)))
    elif stat.S_ISREG(found.st_mode):
        info = zipfile.ZipInfo(path, _DATE)
        info.external_attr = (stat.S_IFREG | (0o755 if found.st_mode & 0o100 else 0o644)) << 16
        file = os.open(leaf, _OPEN_FILE, dir_fd=handle)
        with os.fdopen(file, "rb", buffering=0) as source, archive.open(info, "w") as target:
            while block := source.read(_BLOCK_BYTES):
                target.write(block)


def _lay_one(archive: zipfile.ZipFile, info: zipfile.ZipInfo, root: int) -> None:
    file = os.open(info.filename, _NEW_FILE, (info.external_attr >> 16) & 0o755 | 0o600, dir_fd=root)
    with os.fdopen(file, "wb") as target, archive.open(info) as source:
        while block := source.read(_BLOCK_BYTES):
            target.write(block)


def _check_path(path: str) -> None:
    parts = path.rstrip("/").split("/")
    if not all(part not in {"", ".", ".."} for part in parts):
        raise ValueError(f"{path!r} leads out of its folder")
