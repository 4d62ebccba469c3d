"""Copies the data folder of a game that lies somewhere on this machine, as a stranger's: links are not followed, only plain files
are copied, and every one is read again and compared. The folder itself is not touched."""

import errno
import hashlib
import os
import stat
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from vintagestory_api.errors import Conflict, Invalid, Unavailable
from vintagestory_api.services.run_context import should_stop

MAX_FILES: Final = 300_000
MAX_DEPTH: Final = 60
RESERVE_BYTES: Final = 512 << 20
_BLOCK_BYTES: Final = 1 << 20
_TELL_EVERY_SECONDS: Final = 0.2
_MAX_NAMES: Final = 20
#: What a server does not need, or makes anew.
_LEFT_OUT: Final = frozenset({"Cache", "Logs", "Backups", "ModsByServer", ".config-versions", ".restore"})
#: Where install and data share a folder, only this is data.
_DATA: Final = frozenset(
    {
        *("serverconfig.json", "servermagicnumbers.json", "Saves", "BackupSaves", "OldSaves", "Playerdata", "Mods", "ModConfig"),
        *("ModData", "Macros", "Maps", "WorldEdit"),
    }
)
_OWN_MODS: Final = frozenset({"VSEssentials", "VSSurvivalMod", "VSCreativeMod", "do_not_add_mods_here"})
#: Without these it would be another server than the one that was meant.
_NEEDED: Final = frozenset({"serverconfig.json", "Saves", "Playerdata", "Mods"})


class FolderNotCopied(Invalid):
    """It holds what nobody should copy, or is not as a server leaves it."""

    code = "folder_refused"
    permanent = True


class FolderChanged(Conflict):
    code = "folder_changed"


class CopyStopped(Conflict):
    code = "copy_stopped"


class NoRoomForCopy(Unavailable):
    code = "disk_full"
    permanent = True


@dataclass
class Contents:
    """What is to be copied, or was. `left_out`: links, devices and the like, and how many."""

    files: int = 0
    folders: int = 0
    size_bytes: int = 0
    left_out: list[str] = field(default_factory=list)
    left_out_count: int = 0

    def leave_out(self, name: str) -> None:
        self.left_out_count += 1
        if len(self.left_out) < _MAX_NAMES:
            self.left_out.append(name)


@dataclass(frozen=True)
class _Entry:
    """`name` below the top; `handle` of the folder that it lies in, valid until the next entry is asked for."""

    name: str
    handle: int
    state: os.stat_result


def look_through(folder: Path, *, has_install: bool) -> Contents:
    """What a copy would hold. Raises `FolderNotCopied`, `CopyStopped`. Blocking, looks at every file."""
    found = Contents()
    try:
        for entry in _entries(folder, has_install=has_install, found=found):
            _count(entry, found)
    except OSError as error:
        raise _not_copied(error) from error
    return found


def copy_data(folder: Path, target: Path, expected: Contents, tell: Callable[[float], None], *, has_install: bool) -> Contents:
    """Into `target`, which exists and is empty; what is there after an error is for the caller to remove. Blocking.

    Raises `FolderNotCopied`, `FolderChanged`, `NoRoomForCopy`, `CopyStopped`.
    """
    _see_that_it_fits(target, expected.size_bytes)
    done = Contents()
    sums: dict[str, str] = {}
    told = time.monotonic()
    try:
        for entry in _entries(folder, has_install=has_install, found=done):
            _count(entry, done)
            if stat.S_ISDIR(entry.state.st_mode):
                (target / entry.name).mkdir(mode=0o700)
            else:
                sums[entry.name] = _copy_file(entry, target / entry.name)
            if time.monotonic() - told > _TELL_EVERY_SECONDS:
                told = time.monotonic()
                tell(0.7 * min(1.0, done.size_bytes / max(1, expected.size_bytes)))
        _compare(target, sums, tell)
    except OSError as error:
        raise _not_copied(error) from error
    return done


def _not_copied(error: OSError) -> FolderNotCopied | NoRoomForCopy:
    if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
        return NoRoomForCopy("The disk became full while the folder was copied. Make room and try again.")
    where = f" ({_shown(os.path.basename(os.fsdecode(error.filename)))})" if error.filename else ""  # noqa: PTH119 - may be bytes
    return FolderNotCopied(
        f"The folder could not be copied: {error.strerror or type(error).__name__}{where}. Check that the manager's account can "
        "read everything in it."
    )


def _entries(folder: Path, *, has_install: bool, found: Contents) -> Iterator[_Entry]:
    """A folder before what lies in it."""
    top = os.fspath(folder)
    for path, folders, files, handle in os.fwalk(top, follow_symlinks=False, onerror=_raise):
        below = os.path.relpath(path, top)
        prefix = "" if below == "." else f"{below}/"
        if prefix.count("/") > MAX_DEPTH:
            raise FolderNotCopied(f"Its folders lie too deep in each other, at {_shown(prefix)}.")
        going = []
        for name in (*sorted(folders), *sorted(files)):
            if should_stop():
                raise CopyStopped("The copy was stopped. Nothing of it stays.")
            whole = prefix + name
            if not _belongs(whole, has_install=has_install):
                continue
            _check_name(whole)
            state = os.stat(name, dir_fd=handle, follow_symlinks=False)
            if stat.S_ISDIR(state.st_mode):
                going.append(name)
            elif not stat.S_ISREG(state.st_mode):
                if whole in _NEEDED or (prefix == "Saves/" and name.endswith(".vcdbs")):
                    what = "a link" if stat.S_ISLNK(state.st_mode) else "no plain file"
                    raise FolderNotCopied(
                        f"{_shown(whole)} in it is {what}, which is not followed. Put what it stands for there."
                    )
                found.leave_out(whole)
                continue
            yield _Entry(whole, handle, state)
        folders[:] = going


def _count(entry: _Entry, found: Contents) -> None:
    if stat.S_ISDIR(entry.state.st_mode):
        found.folders += 1
    else:
        found.files += 1
        found.size_bytes += entry.state.st_size
    if found.files + found.folders > MAX_FILES:
        raise FolderNotCopied(f"It holds more than {MAX_FILES:,} files, which no server has. Nothing was copied.")


def _belongs(name: str, *, has_install: bool) -> bool:
    top, _, rest = name.partition("/")
    if top == "Mods" and rest.partition(".")[0] in _OWN_MODS:
        return False
    if top.startswith((".restore-", ".vsmanager", ".import-")):
        return False
    return top in _DATA if has_install else top not in _LEFT_OUT


def _check_name(name: str) -> None:
    if not name.isprintable():
        raise FolderNotCopied(f"It holds a name that can't be printed: {_shown(name)}. Rename or remove that first.")


def _shown(name: str) -> str:
    return ascii(name)[:200]


def _copy_file(entry: _Entry, path: Path) -> str:
    """Its SHA-256. The bytes themselves, never shared with the original, which somebody may change in place."""
    name = os.path.basename(entry.name)  # noqa: PTH119 - a name below a handle
    # Not blocking: a pipe that has taken its place would keep us for ever.
    reading = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=entry.handle)
    try:
        state = os.fstat(reading)
        if not stat.S_ISREG(state.st_mode) or state.st_size != entry.state.st_size:
            raise _changed(entry.name)
        sha = hashlib.sha256()
        writing = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            left = state.st_size
            while left:
                if should_stop():
                    raise CopyStopped("The copy was stopped. Nothing of it stays.")
                block = memoryview(os.read(reading, min(left, _BLOCK_BYTES)))
                if not block:
                    raise _changed(entry.name)
                sha.update(block)
                left -= len(block)
                while block:
                    block = block[os.write(writing, block) :]
            after = os.fstat(reading)
            if (after.st_size, after.st_mtime_ns) != (state.st_size, state.st_mtime_ns):
                raise _changed(entry.name)
            os.fsync(writing)
        finally:
            os.close(writing)
        os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
        return sha.hexdigest()
    finally:
        os.close(reading)


def _changed(name: str) -> FolderChanged:
    return FolderChanged(
        f"{_shown(name)} was changed while it was copied: something still uses the folder. Stop that, then try again."
    )


def _compare(target: Path, sums: dict[str, str], tell: Callable[[float], None]) -> None:
    """What lies there now is what was read."""
    for count, (name, expected) in enumerate(sums.items(), 1):
        if should_stop():
            raise CopyStopped("The copy was stopped. Nothing of it stays.")
        with (target / name).open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        if found != expected:
            raise FolderNotCopied(f"{_shown(name)} came out differently than it was read: the disk may be failing.")
        if count % 200 == 0:
            tell(0.7 + 0.3 * count / len(sums))


def _see_that_it_fits(target: Path, size_bytes: int) -> None:
    state = os.statvfs(target)
    free = state.f_bavail * state.f_frsize
    if free - RESERVE_BYTES < size_bytes:
        raise NoRoomForCopy(
            f"The copy needs {size_bytes / 1e6:,.0f} MB, and {free / 1e6:,.0f} MB are free, of which "
            f"{RESERVE_BYTES / 1e6:,.0f} MB stay free. Make room, or take the folder over where it lies."
        )


def _raise(error: OSError) -> None:
    raise error
