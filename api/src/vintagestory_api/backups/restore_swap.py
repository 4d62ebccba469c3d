"""Puts what was laid out beside into the place of what is there, by renaming alone, and back again.

In a server's folder, `.restore-<id>` holds `new` (what comes) and `old` (what was there). A name that was moved away lies in
`old`, so what has been done can be told from the folders themselves: after a kill between any two steps, `undo` makes the old
state whole again, and may itself be ended anywhere and repeated. It needs no room on the disk.

The folder belongs to the account that games run as, and mods are code of strangers: so folders are held open, and no link in
them is followed. Everything here blocks, and is done while the game is down.
"""

import contextlib
import errno
import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from pydantic import BaseModel

from vintagestory_api.errors import Conflict, Unavailable
from vintagestory_api.storage.open_folders import OPEN_FOLDER, kind_there, open_folder, remove

NEW: Final = "new"
OLD: Final = "old"
_PREFIX: Final = ".restore-"


class PlaceNotUsable(Conflict):
    """Something in the server's folder is a link or another disk, so nothing can be renamed into its place."""

    code = "place_not_usable"


class NotSwapped(Unavailable):
    code = "restore_not_written"


class Unit(BaseModel):
    """One name below the server's folder that is exchanged: a file, or a folder with all that is in it.

    `has_new`: something comes in its place; else it is only taken away. `had_old`: there was something."""

    path: str
    has_new: bool
    had_old: bool


class Staging:
    """Of one restore. `data_path` is the server's folder, which has to be there."""

    def __init__(self, data_path: Path, restore_id: str) -> None:
        self.data_path = data_path
        self.name = f"{_PREFIX}{restore_id}"

    @contextlib.contextmanager
    def held(self) -> Iterator[Path]:
        """A path to `new` that stays right whatever somebody makes of the names on the way to it. Raises `NotSwapped`.

        For this process and its children, as long as the block lasts.
        """
        with _told_in_words(), self._opened() as (_data, staging):
            handle = os.open(NEW, OPEN_FOLDER, dir_fd=staging)
        try:
            yield Path(f"/proc/{os.getpid()}/fd/{handle}")
        finally:
            os.close(handle)

    @property
    def old(self) -> Path:
        return self.data_path / self.name / OLD

    def make(self) -> None:
        """Empty, and open to the manager alone. Raises `NotSwapped`."""
        with _told_in_words(), open_folder(self.data_path) as data:
            remove(data, self.name)
            os.mkdir(self.name, 0o700, dir_fd=data)
            staging = os.open(self.name, OPEN_FOLDER, dir_fd=data)
            try:
                for name in (NEW, OLD):
                    os.mkdir(name, 0o700, dir_fd=staging)
                os.fsync(staging)
            finally:
                os.close(staging)
            os.fsync(data)

    def units(self, paths: Sequence[str]) -> list[Unit]:
        """What is to be exchanged so that `paths` are as they lie in `new`, which may mean: not there.

        Raises `PlaceNotUsable` where a restore can't reach.
        """
        with _told_in_words(), self._opened() as (data, staging):
            found = []
            for path in paths:
                has_new = _is_there(staging, f"{NEW}/{path}")
                had_old = _is_there(data, path)
                _see_that_it_can_be_renamed(data, path)
                if has_new or had_old or _may_come_up(path):
                    found.append(Unit(path=path, has_new=has_new, had_old=had_old))
            return found

    def swap(self, units: Sequence[Unit]) -> None:
        """Raises `NotSwapped`, `PlaceNotUsable`; then `undo` has to follow."""
        with _told_in_words(), self._opened() as (data, staging):
            for unit in units:
                if unit.had_old:
                    _move(data, unit.path, staging, f"{OLD}/{unit.path}")
                if unit.has_new:
                    _move(staging, f"{NEW}/{unit.path}", data, unit.path)

    def undo(self, units: Sequence[Unit]) -> None:
        """Make it as it was before `swap`, however far that came. Raises `NotSwapped`."""
        with _told_in_words(), self._opened() as (data, staging):
            for unit in reversed(units):
                if unit.had_old and not _is_there(staging, f"{OLD}/{unit.path}"):
                    continue  # it was never moved, or is back already
                if _is_there(data, unit.path):
                    if unit.has_new:
                        _move(data, unit.path, staging, f"{NEW}/{unit.path}")
                    else:
                        _remove(data, unit.path)  # of the new state, which goes
                if unit.had_old:
                    _move(staging, f"{OLD}/{unit.path}", data, unit.path)

    def drop_new(self) -> None:
        """Free the room that `new` takes. Raises `NotSwapped`."""
        with _told_in_words(), self._opened() as (_data, staging):
            remove(staging, NEW)
            os.fsync(staging)

    def remove(self) -> None:
        """With everything that lies aside; nothing where it is not there. Raises `NotSwapped`."""
        if self.data_path.is_dir():
            with _told_in_words(), open_folder(self.data_path) as data:
                remove(data, self.name)
                os.fsync(data)

    @contextlib.contextmanager
    def _opened(self) -> Iterator[tuple[int, int]]:
        with open_folder(self.data_path) as data:
            staging = os.open(self.name, OPEN_FOLDER, dir_fd=data)
            try:
                yield data, staging
            finally:
                os.close(staging)


def left_behind(data_path: Path) -> list[str]:
    """Ids of restores whose folders lie in a server's folder."""
    try:
        with os.scandir(data_path) as found:
            names = [entry.name for entry in found if entry.name.startswith(_PREFIX)]
    except OSError:
        return []
    return [name.removeprefix(_PREFIX) for name in names]


def _may_come_up(path: str) -> bool:
    """SQLite writes these beside a world; what is there after a failed start belongs to a world that goes again."""
    return path.endswith(("-wal", "-shm", "-journal"))


def _is_there(folder: int, path: str) -> bool:
    try:
        with _parent(folder, path) as (parent, leaf):
            return kind_there(parent, leaf) is not None
    except FileNotFoundError:
        return False


def places_in_the_way(data_path: Path, paths: Sequence[str]) -> dict[str, str]:
    """Those below a server's folder that nothing can be renamed into, and why. Blocking."""
    found = {}
    with contextlib.suppress(OSError), open_folder(data_path) as data:
        for path in paths:
            try:
                _see_that_it_can_be_renamed(data, path)
            except PlaceNotUsable as error:
                found[path] = error.message
    return found


def _see_that_it_can_be_renamed(data: int, path: str) -> None:
    try:
        with _parent(data, path) as (parent, leaf):
            own = os.fstat(data).st_dev
            there = os.stat(leaf, dir_fd=parent, follow_symlinks=False) if kind_there(parent, leaf) is not None else None
            if os.fstat(parent).st_dev != own or (there is not None and there.st_dev != own):
                raise PlaceNotUsable(
                    f"{path} of this server lies on another disk than the rest of its folder, so it can't be replaced at once. "
                    "Move it into the server's folder, or restore into a new server."
                )
            if there is not None and stat.S_ISLNK(there.st_mode):
                raise _is_a_link(path)
    except FileNotFoundError:
        return


def _is_a_link(path: str) -> PlaceNotUsable:
    return PlaceNotUsable(
        f"{path} of this server is a link to another place, which a restore does not follow. Put what it names into its place, "
        "or restore into a new server."
    )


def _move(source: int, path: str, target: int, target_path: str) -> None:
    with _parent(source, path) as (come_from, name), _parent(target, target_path, make=True) as (go_to, target_name):
        if kind_there(go_to, target_name) is not None:
            remove(go_to, target_name)
        os.rename(name, target_name, src_dir_fd=come_from, dst_dir_fd=go_to)
        os.fsync(go_to)
        os.fsync(come_from)


def _remove(folder: int, path: str) -> None:
    with _parent(folder, path) as (parent, name):
        remove(parent, name)
        os.fsync(parent)


@contextlib.contextmanager
def _parent(folder: int, path: str, *, make: bool = False) -> Iterator[tuple[int, str]]:
    """The folder that a path lies in, held open, and the name in it."""
    *ways, leaf = path.split("/")
    handle = os.dup(folder)
    try:
        for way in ways:
            if make and kind_there(handle, way) is None:
                os.mkdir(way, stat.S_IMODE(os.fstat(folder).st_mode), dir_fd=handle)
                os.fsync(handle)
            try:
                inner = os.open(way, OPEN_FOLDER, dir_fd=handle)
            except OSError as error:
                if error.errno in {errno.ELOOP, errno.ENOTDIR}:
                    raise _is_a_link(way) from None
                raise
            os.close(handle)
            handle = inner
        yield handle, leaf
    finally:
        os.close(handle)


@contextlib.contextmanager
def _told_in_words() -> Iterator[None]:
    """Raises `NotSwapped` in the place of an `OSError`."""
    try:
        yield
    except OSError as error:
        where = f" ({Path(error.filename).name})" if isinstance(error.filename, str) else ""
        raise NotSwapped(
            f"The server's folder can't be written{where}: {error.strerror or error}. Check its disk and rights, then try again."
        ) from error
