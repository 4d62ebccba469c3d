"""Finds the files that belong into a backup, in folders that mods write: code of strangers.

Part of the program that packs (`pack_child`), so nothing heavy is imported.
"""

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from vintagestory_api.backups.archive_writer import Archive
from vintagestory_api.backups.contents import Source
from vintagestory_api.backups.manifest import UnsafePath, safe_path

OPEN: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
#: Each folder on the way is open, and waits for those below.
_MOST_DEEP: Final = 100


def files_of(source: Source, archive: Archive) -> Iterator[tuple[str, int]]:
    """Name in the archive and open file of each; nothing that a link leads to. What is not there has nothing to pack, what can't
    be read is told."""
    *folders, last = source.path.split("/")
    handles: list[int] = []
    try:
        try:
            handles.append(os.open(source.root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC))
            for name in folders:
                handles.append(os.open(name, _FOLDER, dir_fd=handles[-1]))
            owner = None if source.may_be_shared else os.fstat(handles[0]).st_uid
        except FileNotFoundError:
            return
        except OSError as error:
            _leave_out(archive, source.name, _unreadable(error))
            return
        yield from _Walk(archive, source.leaves_out, owner).through(handles[-1], last, source.name, is_top=True)
    finally:
        for handle in handles:
            os.close(handle)


@dataclass(frozen=True)
class _Walk:
    """Through one source. `owner`: of whom files with a second name elsewhere may be; None where that does not matter."""

    archive: Archive
    leaves_out: tuple[str, ...]
    owner: int | None

    def through(self, folder: int, name: str, path: str, *, is_top: bool = False) -> Iterator[tuple[str, int]]:
        handle = self._opened(folder, name, path, is_top=is_top)
        if handle is None:
            return
        if not stat.S_ISDIR(os.fstat(handle).st_mode):
            yield path, handle
            return
        try:
            for each in sorted(os.listdir(handle)):  # noqa: PTH208 - an open folder
                yield from self.through(handle, each, f"{path}/{each}")
        finally:
            os.close(handle)

    def _opened(self, folder: int, name: str, path: str, *, is_top: bool) -> int | None:
        """A folder or a plain file; None for what is not packed."""
        try:
            safe_path(path)
            state = os.stat(name, dir_fd=folder, follow_symlinks=False)
            if stat.S_ISDIR(state.st_mode):
                if path.count("/") >= _MOST_DEEP:
                    raise UnsafePath("lies too deep")
                return os.open(name, _FOLDER, dir_fd=folder)
            if self.leaves_out and name.endswith(self.leaves_out):
                return None
            handle = os.open(name, OPEN, dir_fd=folder) if stat.S_ISREG(state.st_mode) else None
        except UnsafePath as error:
            _leave_out(self.archive, ascii(path)[:150], f"has a name that {error}")
        except FileNotFoundError:
            if not is_top:
                self.archive.vanished(path)
        except OSError as error:
            _leave_out(self.archive, path, _unreadable(error))
        else:
            if handle is not None and self._is_plain(os.fstat(handle)):
                return handle
            if handle is not None:
                os.close(handle)
            what = "a link, which is not followed" if stat.S_ISLNK(state.st_mode) else "no plain file of this server"
            _leave_out(self.archive, path, f"is {what}")
        return None

    def _is_plain(self, opened: os.stat_result) -> bool:
        # The same file may have a name elsewhere, where it may be somebody else's.
        is_foreign = self.owner is not None and opened.st_nlink > 1 and opened.st_uid != self.owner
        return stat.S_ISREG(opened.st_mode) and not is_foreign


def _unreadable(error: OSError) -> str:
    return f"can't be read ({error.strerror})"


def _leave_out(archive: Archive, path: str, why: str) -> None:
    archive.note(f"{path} was left out, because it {why}.")


def size_of(sources: Sequence[Source]) -> int:
    """As far as can be seen, to tell how much of it is done."""
    total = 0
    for source in sources:
        top = Path(source.root) / source.path
        total += size_of_file(top)
        for folder, _, files in os.walk(top):
            total += sum(size_of_file(Path(folder) / name) for name in files if not name.endswith(source.leaves_out or ("\0",)))
    return total


def size_of_file(path: Path) -> int:
    try:
        state = path.lstat()
    except OSError:
        return 0
    return state.st_size if stat.S_ISREG(state.st_mode) else 0
