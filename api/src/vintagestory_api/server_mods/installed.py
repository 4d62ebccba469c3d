"""What a server's mods are at this moment, with what each file says of itself."""

import os
import stat
import threading
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from vintagestory_api.server_mods.file_names import is_plain_name, shown_name
from vintagestory_api.server_mods.lock_list import EntryKind, SetEntry, describe
from vintagestory_api.server_mods.mod_archive import ModFile, inspect_file
from vintagestory_api.server_mods.mod_folder import BAD_NAME, FolderContents, FoundMod, kind_and_switch
from vintagestory_api.server_mods.modinfo import ModInfo, Problem
from vintagestory_api.server_mods.open_folders import FileSums, can_be_written_down
from vintagestory_api.server_mods.plan import Offer, Present
from vintagestory_api.server_mods.schemas import ModKind
from vintagestory_api.server_mods.set_folders import looks_untouched, remembered
from vintagestory_api.server_mods.store import ModStore
from vintagestory_api.storage.open_folders import kind_there

_REMEMBERED: Final = 5_000
_BAD_TARGET: Final = Problem(
    "link", "It is a link to a place whose name is no text in UTF-8, so it is left as it is. Take it out."
)


@dataclass(frozen=True)
class Installed:
    """One thing of a set. `info` is None for what is no mod, and where `problem` says why it can't be read."""

    entry: SetEntry
    info: ModInfo | None = None
    problem: Problem | None = None

    @property
    def present(self) -> Present:
        """For a plan: what can't be read goes by the name of its file."""
        entry, info = self.entry, self.info
        return Present(
            modid=entry.modid or entry.file_name,
            version=entry.version or "",
            name=entry.name,
            side=entry.side,
            dependencies=info.dependencies if info else (),
            is_enabled=entry.is_loaded,
            is_pinned=entry.is_pinned,
            is_held=entry.is_held,
            game_versions=entry.game_versions,
            file_name=entry.file_name,
            sha256=entry.sha256 or None,
            release_id=entry.release_id,
        )


def without_id(items: Iterable[Installed]) -> list[Offer]:
    """What there is to be had of mods that can't be read, or say no id: nobody has to be asked about them."""
    return [Offer(one.present.modid, is_known=False) for one in items if one.entry.is_mod and not one.entry.modid]


class StoreReader:
    """Reads files of the store, each once. Blocking, and safe to use from threads."""

    def __init__(self, store: ModStore) -> None:
        self._store = store
        self._read: OrderedDict[tuple[str, str], ModFile | Problem] = OrderedDict()
        self._lock = threading.Lock()

    def read(self, sha256: str, kind: ModKind, name: str) -> ModFile | Problem:
        key = (sha256, kind)
        with self._lock:
            if (known := self._read.get(key)) is not None:
                self._read.move_to_end(key)
                return known
        # A folder is packed as a zip with `modinfo.json` at its top.
        found = inspect_file(self._store.path(sha256), kind="zip" if kind == "folder" else kind, name=name)
        if not isinstance(found, Problem) or found.code != "not_readable":
            with self._lock:
                self._read[key] = found
                if len(self._read) > _REMEMBERED:
                    self._read.popitem(last=False)
        return found

    def installed(self, entries: Sequence[SetEntry]) -> list[Installed]:
        return [self._one(entry) for entry in entries]

    def _one(self, entry: SetEntry) -> Installed:
        if entry.kind == "link":
            return Installed(entry, problem=Problem("link", "It is a link to another place, which is not followed."))
        kind = entry.mod_kind
        if kind is None:
            return Installed(entry)
        found = self.read(entry.sha256, kind, entry.file_name)
        if isinstance(found, Problem):
            return Installed(entry, problem=found)
        return Installed(entry, info=found.info)


def found_in(folder: int, contents: FolderContents, known: Sequence[SetEntry], sums: FileSums) -> list[Installed]:
    """What lies in an open folder of which nobody has made a set yet. A file that is one of `known`, the set before, is told as
    it was; all else somebody has put there by hand."""
    by_name = {entry.file_name: entry for entry in known if entry.is_enabled}
    named = [mod for mod in contents.mods if mod.problem is not BAD_NAME and can_be_written_down(folder, mod.file_name)]
    mods = [_found(folder, mod, by_name.get(mod.file_name), known, sums) for mod in named]
    others = (_found_other(folder, name, by_name.get(name)) for name in contents.ignored)
    return [*mods, *(Installed(entry) for entry in others if entry is not None)]


def found_misnamed(folder: int, names: Iterable[str]) -> list[Installed]:
    """Mods that no set can list, to be shown with the reason."""
    found = []
    for name in names:
        is_folder = kind_there(folder, name) == stat.S_IFDIR
        kind, is_off = ("folder", False) if is_folder else kind_and_switch(name)
        if kind is not None:
            problem = _BAD_TARGET if is_plain_name(name) else BAD_NAME
            found.append(Installed(_by_hand(shown_name(name), "other" if is_off else kind), problem=problem))
    return found


def _found(folder: int, mod: FoundMod, before: SetEntry | None, known: Sequence[SetEntry], sums: FileSums) -> Installed:
    if before is not None and looks_untouched(folder, before):
        return Installed(before, mod.info, mod.problem)
    if mod.problem is not None and mod.problem.code == "link":
        return Installed(_by_hand(mod.file_name, "link", target=_target(folder, mod.file_name)), problem=mod.problem)
    kind: EntryKind = "other" if mod.is_off else mod.kind
    # It may have been copied, or renamed: then its contents tell which one it is.
    alike = {one.sha256 for one in known if one.sha256 and (one.kind, one.size_bytes) == (kind, mod.size_bytes)}
    sha256 = sums.of(folder, mod.file_name) if alike else None
    entry = _by_hand(mod.file_name, kind, sha256=sha256 if sha256 in alike else "", size_bytes=mod.size_bytes)
    return Installed(remembered(describe(mod.found, entry), known), mod.info, mod.problem)


def _found_other(folder: int, name: str, before: SetEntry | None) -> SetEntry | None:
    """What is no mod; None for what no set holds, such as a pipe."""
    if before is not None and looks_untouched(folder, before):
        return before
    if not can_be_written_down(folder, name):
        return None
    match kind_there(folder, name):
        case stat.S_IFLNK:
            return _by_hand(name, "link", target=_target(folder, name))
        case stat.S_IFREG:
            return _by_hand(name, "other")
        case _:
            return None


def _target(folder: int, name: str) -> str | None:
    try:
        return os.readlink(name, dir_fd=folder)
    except OSError:
        return None


def _by_hand(name: str, kind: EntryKind, *, target: str | None = None, sha256: str | None = "", size_bytes: int = 0) -> SetEntry:
    return SetEntry(
        modid=None, version=None, file_name=name, sha256=sha256 or "", size_bytes=size_bytes, side="both", source="hand",
        kind=kind, target=target,
    )  # fmt: skip
