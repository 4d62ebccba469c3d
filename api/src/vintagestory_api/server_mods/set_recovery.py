"""What is done about a change of mods that was ended half-way, whatever ended it."""

import os
import stat
from typing import Final

from vintagestory_api.server_mods.open_folders import load
from vintagestory_api.server_mods.set_building import SetBuilder
from vintagestory_api.server_mods.set_folders import SetFolders
from vintagestory_api.server_mods.set_places import MODS, NEXT, OLD, SWAP, At, Manifests
from vintagestory_api.server_mods.set_states import Waiting
from vintagestory_api.storage.open_folders import OPEN_FOLDER, kind_there, remove

#: Of sets that are history.
KEPT_STATES: Final = frozenset({"done", "joined"})


class SetRecovery:
    """Of one server. Everything blocks."""

    def __init__(self, manifests: Manifests, folders: SetFolders, builder: SetBuilder) -> None:
        self._manifests = manifests
        self._folders = folders
        self._builder = builder

    def recover(self, at: At) -> None:
        """Finish or undo what an earlier call had begun. Safe to repeat, and to be ended anywhere."""
        self._recover_link(at)
        number = at.linked
        current = self._manifests.get(at, number) if number is not None else None
        if current is not None and current.state != "done":
            self._builder.finish(at, current)
        waiting = load(at.sets, NEXT, Waiting)
        if waiting is not None and (
            (number is not None and waiting.generation <= number) or self._manifests.get(at, waiting.generation) is None
        ):
            remove(at.sets, NEXT)
            waiting = None
        kept = {number, waiting.generation if waiting else None}
        for name in os.listdir(at.sets):  # noqa: PTH208 - of an open folder
            if name.startswith(".") and name.endswith(".part"):
                remove(at.sets, name)
        for each in at.numbers - kept:
            manifest = self._manifests.get(at, each)
            if manifest is None or manifest.state not in KEPT_STATES:
                self._manifests.forget(at, each)

    def _recover_link(self, at: At) -> None:
        kinds = {name: kind_there(at.data, name) for name in (MODS, SWAP, OLD)}
        if kinds[MODS] is None and kinds[OLD] == stat.S_IFDIR:
            if kinds[SWAP] == stat.S_IFLNK:
                os.rename(SWAP, MODS, src_dir_fd=at.data, dst_dir_fd=at.data)
            else:
                os.rename(OLD, MODS, src_dir_fd=at.data, dst_dir_fd=at.data)
            os.fsync(at.data)
            kinds = {name: kind_there(at.data, name) for name in (MODS, SWAP, OLD)}
        number = at.linked
        if number is not None:
            for name in (SWAP, OLD):
                if kinds[name] == stat.S_IFDIR:
                    self._clear_out(at, name, number)
        if kinds[SWAP] == stat.S_IFLNK:
            remove(at.data, SWAP)

    def _clear_out(self, at: At, name: str, number: int) -> None:
        """`name` is the folder that `Mods` was: what came into it after it was read belongs into the set; the rest is a copy."""
        manifest = self._manifests.get(at, number)
        try:
            target = os.open(str(number), OPEN_FOLDER, dir_fd=at.sets)
        except OSError:
            return
        try:
            old = os.open(name, OPEN_FOLDER, dir_fd=at.data)
            try:
                known = {entry.file_name: entry for entry in manifest.enabled} if manifest else {}
                for leaf in sorted(os.listdir(old)):  # noqa: PTH208 - an open folder
                    entry = known.get(leaf)
                    if entry is not None and self._folders.is_same(old, leaf, entry):
                        continue
                    if stat.S_IFDIR in {kind_there(old, leaf), kind_there(target, leaf)}:
                        remove(target, leaf)
                    os.rename(leaf, leaf, src_dir_fd=old, dst_dir_fd=target)
                os.fsync(target)
            finally:
                os.close(old)
        finally:
            os.close(target)
        remove(at.data, name)
