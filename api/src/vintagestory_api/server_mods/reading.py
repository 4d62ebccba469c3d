"""What lies in a server's folder of mods at this moment, also where nobody has made a set of it yet. All of this blocks."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from vintagestory_api.server_mods.generations import Generations
from vintagestory_api.server_mods.installed import Installed, StoreReader, found_in, found_misnamed
from vintagestory_api.server_mods.lock_list import SetEntry
from vintagestory_api.server_mods.misnamed import misnamed
from vintagestory_api.server_mods.mod_folder import ModFolders
from vintagestory_api.server_mods.mod_trees import pack
from vintagestory_api.server_mods.open_folders import FileSums
from vintagestory_api.server_mods.set_places import told_in_words
from vintagestory_api.server_mods.set_states import State
from vintagestory_api.server_mods.store import ModStore
from vintagestory_api.storage.guarded_paths import open_below
from vintagestory_api.storage.open_folders import open_folder


class PresentMods:
    """Of all servers. May be used from any thread."""

    def __init__(self, store: ModStore, reader: StoreReader) -> None:
        self._store = store
        self._reader = reader
        self._folders = ModFolders()
        self._sums = FileSums()

    def read(self, generations: Generations, *, planned: bool = False) -> tuple[list[Installed], State]:
        """What lies there, or with `planned` what a further change would start from.

        Raises `ModsElsewhere`, `ModsOutOfReach`, `TooManyFiles`.
        """
        state = generations.state()
        manifest = state.planned_on if planned else state.current
        if manifest is not None and (not state.is_touched or (planned and state.waits is not None)):
            return self._reader.installed(manifest.entries), state
        known = state.known.entries if state.known else []
        return [*self._found(generations.mods_folder(), known), *self._reader.installed(_kept_beside(known))], state

    def misnamed(self, generations: Generations) -> list[Installed]:
        """Mods whose names can't be written down, so that no set lists them. Raises `ModsOutOfReach`."""
        folder = generations.mods_folder()
        with told_in_words():
            try:
                with open_folder(folder) as handle:
                    return found_misnamed(handle, misnamed(handle))
            except FileNotFoundError:
                return []

    def _found(self, folder: Path, known: Sequence[SetEntry]) -> list[Installed]:
        contents = self._folders.read(folder)
        if not (contents.mods or contents.ignored):
            return []
        with open_folder(folder) as handle:
            return found_in(handle, contents, known, self._sums)

    def open(self, folder: Path, entry: SetEntry) -> BinaryIO:
        """What an entry holds, from the store, or from the folder where nobody has made a set of it yet."""
        if entry.sha256:
            return self._store.path(entry.sha256).open("rb")
        if entry.kind != "folder":
            return open_below(folder, entry.file_name)
        with open_folder(folder) as handle, self._store.new_part() as part:
            pack(handle, entry.file_name, part)
            part.flush()
            return part.path.open("rb")

    def with_sums(self, folder: Path, items: Sequence[Installed]) -> list[Installed]:
        """With the check sums also of those files that nobody has made a set of yet. What has gone meanwhile is left out."""
        if all(_has_sum(one.entry) for one in items):
            return list(items)
        found = []
        with open_folder(folder) as handle:
            for one in items:
                if _has_sum(one.entry):
                    found.append(one)
                elif (sha256 := self._sums.of(handle, one.entry.file_name)) is not None:
                    found.append(replace(one, entry=one.entry.model_copy(update={"sha256": sha256})))
        return found


def _has_sum(entry: SetEntry) -> bool:
    """Or has none: that of a folder is only known when it is packed."""
    return bool(entry.sha256) or entry.kind in {"folder", "link"}


def _kept_beside(known: Sequence[SetEntry]) -> list[SetEntry]:
    return [entry for entry in known if not entry.is_enabled]
