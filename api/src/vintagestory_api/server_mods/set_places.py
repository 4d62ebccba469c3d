"""Where the sets of mods of a server lie, reached from folders that are held open; and their manifests there."""

import contextlib
import errno
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from vintagestory_api.server_mods.file_names import shown_name
from vintagestory_api.server_mods.lock_list import Manifest
from vintagestory_api.server_mods.open_folders import load, save
from vintagestory_api.server_mods.set_states import Last, ModsElsewhere, ModsOutOfReach
from vintagestory_api.server_mods.store import disk_full_told
from vintagestory_api.storage.open_folders import OPEN_FOLDER, remove

MODS: Final = "Mods"
GENERATIONS: Final = "ModGenerations"
#: Beside `Mods`: the link that is to take its place, and the folder that it was.
SWAP, OLD = ".Mods.swap", ".Mods.old"
#: Beside the sets: which of them the next start takes.
NEXT: Final = "next.json"

#: Beside the sets: the highest number that was given away and is not there any more.
_LAST = "last.json"
_TARGET = re.compile(rf"(?:\./)?{GENERATIONS}/([1-9][0-9]{{0,8}})/?", re.ASCII)
_NUMBERED = re.compile(r"([1-9][0-9]{0,8})(\.json)?", re.ASCII)


@dataclass(frozen=True)
class At:
    """The server's folder and that of its sets, held open."""

    data: int
    sets: int

    @property
    def linked(self) -> int | None:
        return linked(self.data)

    @property
    def numbers(self) -> set[int]:
        """Of the sets of which anything is there."""
        return {number for name in os.listdir(self.sets) if (number := number_of(name))}  # noqa: PTH208 - an open folder


class Manifests:
    """Of one server. Each is read again only when it has changed."""

    def __init__(self) -> None:
        self._read: dict[str, tuple[tuple[int, int, int], Manifest | None]] = {}

    def get(self, at: At, number: int) -> Manifest | None:
        """None for one that is not there or can't be read."""
        name = f"{number}.json"
        try:
            found = os.stat(name, dir_fd=at.sets, follow_symlinks=False)
        except OSError:
            self._read.pop(name, None)
            return None
        mark = (found.st_ino, found.st_mtime_ns, found.st_size)
        known = self._read.get(name)
        if known is not None and known[0] == mark:
            return known[1]
        manifest = load(at.sets, name, Manifest)
        if manifest is not None and manifest.number != number:
            manifest = None
        self._read[name] = (mark, manifest)
        return manifest

    def latest(self, at: At) -> Manifest | None:
        """The newest one that was ever in its place."""
        manifests = (self.get(at, number) for number in sorted(at.numbers, reverse=True))
        return next((manifest for manifest in manifests if manifest is not None and manifest.state == "done"), None)

    def write(self, at: At, manifest: Manifest) -> Manifest:
        save(at.sets, f"{manifest.number}.json", manifest)
        return manifest

    def next_number(self, at: At) -> int:
        last = load(at.sets, _LAST, Last)
        return max(at.numbers | {at.linked or 0, last.number if last else 0}) + 1

    def forget(self, at: At, number: int) -> None:
        """With its folder. Its number is not given away again."""
        if number >= max(at.numbers, default=0):
            with contextlib.suppress(OSError):  # where the disk is full, a set may be forgotten all the same
                last = load(at.sets, _LAST, Last)
                save(at.sets, _LAST, Last(number=max(number, last.number if last else 0)))
        self.remove(at, number)

    def remove(self, at: At, number: int) -> None:
        remove(at.sets, f"{number}.json")
        remove(at.sets, str(number))


@contextlib.contextmanager
def opened(data_path: Path, *, make: bool = False) -> Iterator[At]:
    """With `make` the folder of the sets is made where there is none. Raises `ModsElsewhere`, `OSError`."""
    data = os.open(data_path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        if make:
            see_that_it_is_no_foreign_link(data_path)
            with contextlib.suppress(FileExistsError):
                os.mkdir(GENERATIONS, 0o755, dir_fd=data)
                os.fsync(data)
        sets = _open_sets(data)
        try:
            yield At(data, sets)
        finally:
            os.close(sets)
    finally:
        os.close(data)


def see_that_it_is_no_foreign_link(data_path: Path) -> None:
    mods = data_path / MODS
    if mods.is_symlink() and _TARGET.fullmatch(target := str(mods.readlink())) is None:
        raise ModsElsewhere(
            f"The server's `Mods` is a link to {target}, which the manager has not made. Put a folder with the "
            "mods in its place, then try again."
        )


@contextlib.contextmanager
def told_in_words() -> Iterator[None]:
    """Raises `DiskFull` and `ModsOutOfReach` in the place of an `OSError`."""
    try:
        with disk_full_told():
            yield
    except OSError as error:
        where = f": {shown_name(Path(error.filename).name)}" if isinstance(error.filename, str) else ""
        raise ModsOutOfReach(
            f"The server's mods can't be read or changed ({error.strerror or error}{where}). Check that its folder is there, and "
            "that the account which runs the manager may read and write everything in it."
        ) from error


def linked(data: int) -> int | None:
    """The number of the set that `Mods` names."""
    try:
        found = _TARGET.fullmatch(os.readlink(MODS, dir_fd=data))
    except OSError:
        return None
    return int(found[1]) if found else None


def number_of(name: str) -> int | None:
    """Of the set to which a folder or manifest of this name belongs."""
    found = _NUMBERED.fullmatch(name)
    return int(found[1]) if found else None


def _open_sets(data: int) -> int:
    try:
        return os.open(GENERATIONS, OPEN_FOLDER, dir_fd=data)
    except OSError as error:
        if error.errno in {errno.ELOOP, errno.ENOTDIR}:
            raise ModsElsewhere(f"`{GENERATIONS}` in the server's folder is no folder. Move it away, then try again.") from None
        raise
