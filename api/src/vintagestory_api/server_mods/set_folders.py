"""Lays the files of a set out in a folder, and finds out what lies in one. All folders are given open."""

import contextlib
import os
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from vintagestory_api.errors import Conflict
from vintagestory_api.server_mods import mod_trees
from vintagestory_api.server_mods.lock_list import SetEntry, describe, entry_kind
from vintagestory_api.server_mods.mod_archive import inspect_file
from vintagestory_api.server_mods.open_folders import names
from vintagestory_api.server_mods.store import ModStore, NotInStore
from vintagestory_api.storage.open_folders import OPEN_FILE, kind_there

#: So many things in one folder of mods are looked at; servers have a few hundred.
MAX_ENTRIES: Final = 5_000

_KEPT_KINDS = frozenset({stat.S_IFREG, stat.S_IFDIR, stat.S_IFLNK})


class GenerationIncomplete(Conflict):
    code = "generation_incomplete"


class TooManyFiles(Conflict):
    code = "too_many_mod_files"


class SetFolders:
    """Of one server. Everything blocks and may raise `OSError`."""

    def __init__(self, store: ModStore) -> None:
        self._store = store
        #: The store lies on another file system, so that its files have to be copied.
        self.copies = False

    # Laying out

    def lay_out(
        self, entries: Sequence[SetEntry], folder: int, known: Sequence[SetEntry] = (), donor: int | None = None
    ) -> list[SetEntry]:
        """The entries as they lie in `folder` then. What would have to be copied is shared with `donor`, the folder of what is
        `known`. Raises `GenerationIncomplete`, `DiskFull`."""
        laid = [self._lay(entry, folder, known, donor) if entry.is_enabled else entry for entry in entries]
        os.fsync(folder)
        return laid

    def _lay(self, entry: SetEntry, folder: int, known: Sequence[SetEntry], donor: int | None) -> SetEntry:
        if entry.kind == "link":
            os.symlink(entry.target or "", entry.file_name, dir_fd=folder)
            return entry
        try:
            if entry.kind == "folder":
                with self._store.path(entry.sha256).open("rb") as source:
                    mod_trees.unpack(source, folder, entry.file_name)
                return entry.model_copy(update={"signature": mod_trees.signature(folder, entry.file_name)})
            if not (self.copies and donor is not None and self._lay_from(donor, known, entry, folder)):
                self.copies = not self._store.lay(entry.sha256, folder, entry.file_name)
        except (NotInStore, FileNotFoundError):
            raise GenerationIncomplete(
                f"The file of {entry.label} is not kept any more. Install it anew, or choose another set."
            ) from None
        except FileExistsError:
            raise GenerationIncomplete(f"Two mods of this set have the same file, {entry.file_name}. Remove one.") from None
        except ValueError as error:
            raise GenerationIncomplete(f"The folder {entry.file_name} can't be laid out ({error}).") from None
        found = os.stat(entry.file_name, dir_fd=folder, follow_symlinks=False)
        return entry.model_copy(update={"mtime_ns": found.st_mtime_ns, "size_bytes": found.st_size})

    def _lay_from(self, donor: int, known: Sequence[SetEntry], entry: SetEntry, folder: int) -> bool:
        for before in known:
            if before.sha256 == entry.sha256 and before.kind == entry.kind and looks_untouched(donor, before):
                with contextlib.suppress(OSError):
                    os.link(before.file_name, entry.file_name, src_dir_fd=donor, dst_dir_fd=folder, follow_symlinks=False)
                    return True
        return False

    # Finding out

    def read(self, folder: int, known: Sequence[SetEntry]) -> list[SetEntry]:
        """Everything in it as entries, with the contents in the store; what was known of the same keeps its marks."""
        by_name = {entry.file_name: entry for entry in known if entry.is_enabled}
        found: list[SetEntry] = []
        for name in _names(folder):
            before = by_name.get(name)
            if before is not None and looks_untouched(folder, before):
                found.append(before)
                continue
            if before is not None and before.sha256:
                # It may have been written into in place, and with it the file of the store, which is the same one.
                self._store.verify(before.sha256)
            if (entry := self._read_one(folder, name)) is not None:
                found.append(remembered(entry, known))
        return [*found, *(entry for entry in known if not entry.is_enabled)]

    def is_same(self, folder: int, name: str, entry: SetEntry) -> bool:
        """The same contents, whatever it looks like."""
        if entry.kind != "folder" and looks_untouched(folder, entry):
            return True
        found = self._read_one(folder, name)
        return found is None or (found.kind, found.sha256, found.target) == (entry.kind, entry.sha256, entry.target)

    def is_kept(self, entry: SetEntry) -> bool:
        """The store has it, and what it has is right."""
        if entry.kind == "link":
            return True
        if not self._store.claim(entry.sha256):
            return False
        # As it was when it was laid out, nobody has written into it since.
        with contextlib.suppress(OSError):
            if self._store.path(entry.sha256).stat().st_mtime_ns == entry.mtime_ns:
                return True
        return self._store.verify(entry.sha256)

    def put_back(self, folder: int, entry: SetEntry) -> bool:
        """Take a file that the store has lost from the folder of a set."""
        with contextlib.suppress(OSError):
            handle = os.open(entry.file_name, OPEN_FILE, dir_fd=folder)
            with os.fdopen(handle, "rb", buffering=0) as file:
                stored = self._store.add(file, mtime_ns=os.fstat(handle).st_mtime_ns)
            return stored is not None and stored.sha256 == entry.sha256
        return False

    def _read_one(self, folder: int, name: str) -> SetEntry | None:
        """None for what is neither file, folder nor link, such as a pipe, and for what has gone meanwhile."""
        try:
            match kind_there(folder, name):
                case stat.S_IFLNK:
                    return _found(name, kind="link", target=os.readlink(name, dir_fd=folder))
                case stat.S_IFDIR:
                    return self._read_tree(folder, name)
                case stat.S_IFREG:
                    return self._read_file(folder, name)
                case _:
                    return None
        except FileNotFoundError:
            return None

    def _read_tree(self, folder: int, name: str) -> SetEntry:
        mark = mod_trees.signature(folder, name)
        with self._store.new_part() as part:
            mod_trees.pack(folder, name, part)
            stored = part.keep()
        entry = _found(name, kind="folder", signature=mark, sha256=stored.sha256, size_bytes=stored.size_bytes)
        return describe(inspect_file(Path(f"/proc/self/fd/{folder}/{name}"), name=name), entry)

    def _read_file(self, folder: int, name: str) -> SetEntry | None:
        handle = os.open(name, OPEN_FILE, dir_fd=folder)
        with os.fdopen(handle, "rb", buffering=0) as file:
            mtime_ns = os.fstat(handle).st_mtime_ns
            stored = self._store.add(file, mtime_ns=mtime_ns)
        if stored is None:
            return None
        entry = _found(name, kind=entry_kind(name), mtime_ns=mtime_ns, sha256=stored.sha256, size_bytes=stored.size_bytes)
        if entry.mod_kind is None:
            return entry
        return describe(inspect_file(self._store.path(stored.sha256), kind=entry.mod_kind, name=name), entry)


def is_touched(folder: int, entries: Sequence[SetEntry]) -> bool:
    """What lies in the folder is not what was laid there."""
    expected = {entry.file_name: entry for entry in entries}
    there = {name for name in _names(folder) if kind_there(folder, name) in _KEPT_KINDS}
    return there != set(expected) or not all(looks_untouched(folder, entry) for entry in expected.values())


def looks_untouched(folder: int, entry: SetEntry) -> bool:
    """By size and times; contents are not read."""
    try:
        found = os.stat(entry.file_name, dir_fd=folder, follow_symlinks=False)
        match entry.kind:
            case "link":
                return stat.S_ISLNK(found.st_mode) and os.readlink(entry.file_name, dir_fd=folder) == entry.target
            case "folder":
                return stat.S_ISDIR(found.st_mode) and mod_trees.signature(folder, entry.file_name) == entry.signature
            case _:
                same = (found.st_size, found.st_mtime_ns) == (entry.size_bytes, entry.mtime_ns)
                return stat.S_ISREG(found.st_mode) and same
    except OSError:
        return False


def _names(folder: int) -> list[str]:
    found = names(folder)
    if len(found) > MAX_ENTRIES:
        raise TooManyFiles(f"There are more than {MAX_ENTRIES:,} files among the server's mods. Take out what is no mod.")
    return found


def _found(name: str, **facts: Any) -> SetEntry:
    nothing: dict[str, Any] = {"modid": None, "version": None, "sha256": "", "size_bytes": 0, "side": "both"}
    return SetEntry(file_name=name, source="hand", **{**nothing, **facts})


def remembered(entry: SetEntry, known: Sequence[SetEntry]) -> SetEntry:
    """The same file keeps where it came from, another file of the same mod keeps what was wished for it."""
    marks = {"is_pinned": False, "is_held": False}
    for before in known:
        if before.sha256 == entry.sha256 and before.kind == entry.kind and entry.sha256:
            same = ("source", "release_id", "file_id", "game_versions", "is_pinned", "is_held")
            return entry.model_copy(update={name: getattr(before, name) for name in same})
        if entry.modid and before.key == entry.key:
            marks = {"is_pinned": before.is_pinned, "is_held": before.is_held}
    return entry.model_copy(update=marks)
