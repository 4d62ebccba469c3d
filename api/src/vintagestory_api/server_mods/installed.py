"""What a server's mods are at this moment, with what each file says of itself."""

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from vintagestory_api.server_mods.lock_list import EntryKind, SetEntry, describe
from vintagestory_api.server_mods.mod_archive import ModFile, inspect_file
from vintagestory_api.server_mods.mod_folder import FolderContents, FoundMod
from vintagestory_api.server_mods.modinfo import ModInfo, Problem
from vintagestory_api.server_mods.plan import Present
from vintagestory_api.server_mods.schemas import ModKind
from vintagestory_api.server_mods.store import ModStore

_REMEMBERED: Final = 5_000


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


def by_hand(contents: FolderContents, known: Sequence[SetEntry]) -> list[Installed]:
    """What lies in a folder that nobody has made a set of yet; what was known of the same file or mod keeps its marks."""
    by_name = {entry.file_name: entry for entry in known if entry.is_enabled}
    by_key = {entry.key: entry for entry in known if entry.modid}
    return [_by_hand(mod, by_name, by_key) for mod in contents.mods]


def _by_hand(mod: FoundMod, by_name: Mapping[str, SetEntry], by_key: Mapping[str, SetEntry]) -> Installed:
    before = by_name.get(mod.file_name) or (by_key.get(mod.info.key) if mod.info else None)
    kind: EntryKind = "other" if mod.is_off else mod.kind
    if mod.problem is not None and mod.problem.code == "link":
        kind = "link"
    entry = SetEntry(
        modid=None, version=None, file_name=mod.file_name, sha256="", size_bytes=mod.size_bytes, side="both", source="hand",
        kind=kind, is_pinned=bool(before and before.is_pinned), is_held=bool(before and before.is_held),
    )  # fmt: skip
    return Installed(describe(mod.found, entry), mod.info, mod.problem)
