"""The files of a server's folder of mods, read from the files themselves, and read again only where one has changed."""

import os
import stat
import threading
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from vintagestory_api.server_mods.file_names import is_plain_name, shown_name
from vintagestory_api.server_mods.mod_archive import MODINFO, ModFile, inspect_file, kind_of
from vintagestory_api.server_mods.modinfo import ModInfo, Problem
from vintagestory_api.server_mods.schemas import ModKind

#: How people switch a mod off by hand: the game ignores what is not called .zip, .dll or .cs.
_OFF_ENDINGS: Final = (".disabled", ".off", ".bak")
_MAX_FILES: Final = 5_000
_MAX_REMEMBERED: Final = 5_000

BAD_NAME: Final = Problem(
    "bad_name", "Its name holds characters that can't be used, or is no text in UTF-8. Give it another name."
)

# Of a folder also that of its modinfo.json.
_Stamp = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class FoundMod:
    """One file or folder of a folder of mods. `found` is what is in it, or why that can't be read.

    `is_off`: it is called so that the game ignores it, like `x.zip.disabled`.
    """

    file_name: str
    kind: ModKind
    size_bytes: int
    modified_ns: int
    found: ModFile | Problem
    is_off: bool = False

    @property
    def info(self) -> ModInfo | None:
        return self.found.info if isinstance(self.found, ModFile) else None

    @property
    def problem(self) -> Problem | None:
        return self.found if isinstance(self.found, Problem) else None


@dataclass(frozen=True, slots=True)
class FolderContents:
    """`mods` in the order of their names. `ignored`: names of files that the game takes no notice of. `is_cut`: there are more
    than anybody has, and the rest was not looked at."""

    mods: tuple[FoundMod, ...]
    ignored: tuple[str, ...] = ()
    is_cut: bool = False


class ModFolders:
    """Reads folders of mods and remembers what it read. One for all servers; may be used from any thread."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[str, _Stamp], FoundMod] = OrderedDict()
        self._lock = threading.Lock()

    def read(self, folder: Path) -> FolderContents:
        """What lies in `folder`, which may be a link; nothing where it does not exist. Raises `OSError` where it can't be listed.

        Blocking: cold some milliseconds for each mod, a fraction of one where nothing changed.
        """
        mods: list[FoundMod] = []
        ignored: list[str] = []
        try:
            with os.scandir(folder) as entries:
                names = sorted(entry.name for entry in entries)
        except FileNotFoundError:
            return FolderContents(())
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            for name in names[:_MAX_FILES]:
                found = self._look(folder, handle, name)
                if found is None:
                    ignored.append(shown_name(name))
                else:
                    mods.append(found)
        finally:
            os.close(handle)
        return FolderContents(tuple(mods), tuple(ignored), len(names) > _MAX_FILES)

    def _look(self, folder: Path, handle: int, name: str) -> FoundMod | None:
        try:
            status = os.stat(name, dir_fd=handle, follow_symlinks=False)
        except OSError:
            return None  # gone in between
        is_folder = stat.S_ISDIR(status.st_mode)
        kind, is_off = ("folder", False) if is_folder else kind_and_switch(name)
        if kind is None:
            return None
        stamp = (*_stamp(status), *(_stamp_inside(handle, name) if is_folder else ()))
        with self._lock:
            known = self._known.get((name, stamp))
            if known is not None:
                self._known.move_to_end((name, stamp))
                return known
        found = inspect_file(folder / name, kind=kind, name=name) if is_plain_name(name) else BAD_NAME
        size = found.size_bytes if is_folder and isinstance(found, ModFile) else status.st_size
        mod = FoundMod(shown_name(name), kind, size, status.st_mtime_ns, found, is_off)
        if not isinstance(found, Problem) or found.code != "not_readable":
            self._remember(name, stamp, mod)
        return mod

    def _remember(self, name: str, stamp: _Stamp, mod: FoundMod) -> None:
        with self._lock:
            self._known[name, stamp] = mod
            while len(self._known) > _MAX_REMEMBERED:
                self._known.popitem(last=False)


def kind_and_switch(name: str) -> tuple[ModKind | None, bool]:
    """The kind of a file by its name, and whether it is called so that the game ignores it; None for what is no mod."""
    kind = kind_of(name)
    if kind is not None:
        return kind, False
    for ending in _OFF_ENDINGS:
        if name.lower().endswith(ending):
            return kind_of(name[: -len(ending)]), True
    return None, False


def _stamp(status: os.stat_result) -> _Stamp:
    return status.st_size, status.st_mtime_ns, status.st_ino, status.st_dev, status.st_mode


def _stamp_inside(handle: int, name: str) -> _Stamp:
    try:
        return _stamp(os.stat(f"{name}/{MODINFO}", dir_fd=handle, follow_symlinks=False))
    except OSError:
        return ()
