"""The trash of one server: what people deleted, kept in the manager's own folder, where no game gets at it.

Each item is a note `<id>.json` and the thing itself `<id>.item`. The note is written first, so whatever lies here is known; a
note without its thing is what a killed manager left, and is cleared away. On the same disk a thing is moved by its name, all
at once. From another one it is copied whole before what it was is removed.
"""

import contextlib
import errno
import os
import re
import shutil
import stat
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import structlog
from pydantic import BaseModel, ValidationError

from vintagestory_api.errors import Conflict, NotFound, Unavailable
from vintagestory_api.files.schemas import FileKind, TrashItem, TrashView
from vintagestory_api.kit.clock import rfc3339
from vintagestory_api.kit.ids import uuid7
from vintagestory_api.storage.guarded_folder import GuardedFolder, NameTaken, look_in, shown_path, split_path
from vintagestory_api.storage.open_folders import (
    CANNOT,
    NEW_FILE,
    OPEN_FILE,
    OPEN_FOLDER,
    exchange,
    kind_there,
    move_to_free_name,
    remove,
)

log = structlog.get_logger(__name__)

KEPT_DAYS: Final = 30
#: Beyond this the oldest go first, but none that was deleted within a day.
MAX_BYTES: Final = 10_000_000_000
_DAY_MS: Final = 86_400_000
_MAX_COUNTED: Final = 100_000
_BLOCK_BYTES: Final = 1 << 20
#: Where the trash lies on another disk, or on one that can't swap names.
_NOT_IN_ONE_STEP: Final = CANNOT | {errno.EXDEV}
_ITEM, _NOTE, _PART = ".item", ".json", ".part"
_ID: Final = re.compile(r"[0-9a-f-]{36}")


class NotInTrash(NotFound):
    code = "not_in_trash"


class CannotCopy(Conflict):
    code = "cannot_copy"


class NotOurs(Unavailable):
    code = "not_ours"


class _Note(BaseModel):
    path: str
    kind: FileKind
    size_bytes: int | None
    deleted_ms: int
    deleted_by: str


class Trash:
    """Everything blocks. Safe to use from threads."""

    def __init__(self, place: Path) -> None:
        self._place = place
        self._lock = threading.Lock()

    def take(self, folder: int, parts: Sequence[str], *, now_ms: int, by: str) -> TrashItem:
        """Move the last of `parts` out of that open folder. Raises `OSError`, `NoSuchFile`, `CannotCopy`."""
        name = parts[-1]
        found = look_in(folder, (name,))
        with self._opened(make=True) as trash:
            size = found.state.st_size if not found.is_folder else _size_of(folder, name)
            note = _Note(
                path=shown_path(parts), kind=kind_of(found.state.st_mode), size_bytes=size, deleted_ms=now_ms, deleted_by=by
            )
            item = uuid7()
            _write(trash, f"{item}{_NOTE}", note.model_dump_json().encode())
            try:
                _move(folder, name, trash, f"{item}{_ITEM}")
            except BaseException:
                with contextlib.suppress(OSError):
                    remove(trash, f"{item}{_NOTE}")
                raise
            os.fsync(trash)
            return _view(item, note)

    def take_for(self, part: str, folder: int, parts: Sequence[str], *, now_ms: int, by: str) -> None:
        """As `take`, and `part`, which lies in that folder, too, gets the name. On the same disk that is one step: what was there
        is there or here, whenever the manager is killed. On an error nothing of it is gone."""
        state = look_in(folder, parts[-1:]).state
        note = _Note(
            path=shown_path(parts), kind=kind_of(state.st_mode), size_bytes=state.st_size, deleted_ms=now_ms, deleted_by=by
        )
        try:
            self._swap(part, folder, parts[-1], note)
        except OSError as error:
            if error.errno not in _NOT_IN_ONE_STEP:
                raise
            self.take(folder, parts, now_ms=now_ms, by=by)
            move_to_free_name(folder, part, folder, parts[-1])

    def _swap(self, part: str, folder: int, name: str, note: _Note) -> None:
        item = uuid7()
        with self._opened(make=True) as trash:
            _write(trash, f"{item}{_NOTE}", note.model_dump_json().encode())
            try:
                move_to_free_name(folder, part, trash, f"{item}{_ITEM}")
                try:
                    exchange(trash, f"{item}{_ITEM}", name, other_folder=folder)
                except BaseException:
                    move_to_free_name(trash, f"{item}{_ITEM}", folder, part)
                    raise
            except BaseException:
                with contextlib.suppress(OSError):
                    remove(trash, f"{item}{_NOTE}")
                raise
            os.fsync(trash)

    def view(self) -> TrashView:
        found = [_view(item, note) for item, note in self._notes()]
        found.sort(key=lambda item: (item.deleted_at, item.id), reverse=True)
        return TrashView(items=found, size_bytes=sum(item.size_bytes or 0 for item in found), kept_days=KEPT_DAYS)

    def restore(self, item: str, root: GuardedFolder, *, keep_both: bool) -> str:
        """Put it back where it was, and say where that is. Raises `NotInTrash`, `NameTaken`, `PathNotAllowed`, `OSError`."""
        note = self.note(item)
        parts = split_path(note.path)
        with self._opened() as trash, root.folder_made(parts[:-1]) as folder:
            for name in _names_beside(parts[-1]) if keep_both else (parts[-1],):
                try:
                    _move(trash, f"{item}{_ITEM}", folder, name)
                except FileExistsError:
                    continue
                os.fsync(folder)
                remove(trash, f"{item}{_NOTE}")
                return shown_path((*parts[:-1], name))
        raise NameTaken(f"{note.path} is there again by now. Rename that one first, or keep both.")

    def note(self, item: str) -> _Note:
        """Raises `NotInTrash`."""
        found = None
        if _ID.fullmatch(item):
            with contextlib.suppress(FileNotFoundError), self._opened() as trash:
                if kind_there(trash, f"{item}{_ITEM}") is not None:
                    found = _read(trash, f"{item}{_NOTE}")
        if found is None:
            raise NotInTrash("This is not in the trash (any more).")
        return found

    def delete(self, item: str) -> int:
        """For good. Raises `NotInTrash`, `NotOurs`, `OSError`."""
        note = self.note(item)
        try:
            with self._lock, self._opened() as trash:
                self._forget(trash, item)
        except PermissionError:
            raise NotOurs(
                f"{note.path} holds files of another user of the machine, which the manager may not delete. Delete them on the "
                f"machine itself, in {self._place / item}{_ITEM}"
            ) from None
        return note.size_bytes or 0

    def empty(self) -> tuple[int, int]:
        """How many items, and how many bytes. Raises `NotOurs` when all others are gone."""
        count = size = 0
        left: NotOurs | None = None
        for item, note in list(self._notes()):
            try:
                self.delete(item)
            except NotInTrash:
                continue
            except NotOurs as error:
                left = left or error
            else:
                count, size = count + 1, size + (note.size_bytes or 0)
        if left is not None:
            raise left
        return count, size

    def tidy(self, now_ms: int) -> None:
        """Delete for good what is old, or too much, and what a killed manager left half."""
        notes = sorted(self._notes(), key=lambda found: found[1].deleted_ms, reverse=True)
        kept = 0
        for number, (item, note) in enumerate(notes):
            age_ms = now_ms - note.deleted_ms
            kept += note.size_bytes or 0
            if age_ms > KEPT_DAYS * _DAY_MS or (number > 0 and kept > MAX_BYTES and age_ms > _DAY_MS):
                with contextlib.suppress(NotInTrash, NotOurs, OSError):
                    self.delete(item)

    def clear_halves(self) -> None:
        """What a killed manager left: notes without their thing, and copies that never became one."""
        with self._lock, contextlib.suppress(FileNotFoundError), self._opened() as trash:
            names = set(os.listdir(trash))  # noqa: PTH208 - an open folder
            for name in names:
                is_half = name.endswith(_PART) or (name.endswith(_NOTE) and name.removesuffix(_NOTE) + _ITEM not in names)
                if is_half:
                    with contextlib.suppress(OSError):
                        remove(trash, name)

    def _forget(self, trash: int, item: str) -> None:
        # The thing first: a note without it is cleared away, a thing without its note would be lost from sight.
        remove(trash, f"{item}{_ITEM}")
        remove(trash, f"{item}{_NOTE}")

    def _notes(self) -> Iterator[tuple[str, _Note]]:
        try:
            with self._opened() as trash:
                names = set(os.listdir(trash))  # noqa: PTH208 - an open folder
                for name in names:
                    item = name.removesuffix(_ITEM)
                    if item == name:
                        continue
                    note = _read(trash, f"{item}{_NOTE}")
                    if note is not None:
                        yield item, note
        except FileNotFoundError:
            return

    @contextlib.contextmanager
    def _opened(self, *, make: bool = False) -> Iterator[int]:
        if make:
            self._place.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(self._place, OPEN_FOLDER)
        try:
            yield handle
        finally:
            os.close(handle)


def kind_of(mode: int) -> FileKind:
    if stat.S_ISREG(mode):
        return "file"
    if stat.S_ISDIR(mode):
        return "folder"
    return "link" if stat.S_ISLNK(mode) else "other"


def _names_beside(name: str) -> Iterator[str]:
    yield name
    stem, dot, ending = name.rpartition(".")
    for number in range(2, 100):
        yield f"{stem} ({number}).{ending}" if dot and stem else f"{name} ({number})"


def _view(item: str, note: _Note) -> TrashItem:
    deleted_at = rfc3339(note.deleted_ms) or ""
    return TrashItem(
        id=item, path=note.path, kind=note.kind, size_bytes=note.size_bytes, deleted_at=deleted_at, deleted_by=note.deleted_by
    )


def _read(trash: int, name: str) -> _Note | None:
    try:
        handle = os.open(name, OPEN_FILE, dir_fd=trash)
        with os.fdopen(handle, "rb") as file:
            return _Note.model_validate_json(file.read(100_000))
    except (OSError, ValidationError) as error:
        log.warning("trash_note_unreadable", name=name, error=str(error)[:200])
        return None


def _write(trash: int, name: str, data: bytes) -> None:
    handle = os.open(name, NEW_FILE, 0o600, dir_fd=trash)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(handle)
    except BaseException:
        with contextlib.suppress(OSError):
            remove(trash, name)
        raise


def _move(folder: int, name: str, target_folder: int, target: str) -> None:
    """Raises `FileExistsError`, `CannotCopy`, `OSError`; then nothing has changed."""
    try:
        move_to_free_name(folder, name, target_folder, target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        part = f".{uuid7()}{_PART}"
        try:
            _copy(folder, name, target_folder, part)
            move_to_free_name(target_folder, part, target_folder, target)
        except BaseException:
            with contextlib.suppress(OSError):
                remove(target_folder, part)
            raise
        os.fsync(target_folder)
        remove(folder, name)


def _copy(folder: int, name: str, target_folder: int, target: str) -> None:
    """With rights and owners. Links are copied as links, and what is neither file nor folder can't be."""
    state = os.stat(name, dir_fd=folder, follow_symlinks=False)
    if stat.S_ISLNK(state.st_mode):
        os.symlink(os.readlink(name, dir_fd=folder), target, dir_fd=target_folder)
        os.chown(target, state.st_uid, state.st_gid, dir_fd=target_folder, follow_symlinks=False)
    elif stat.S_ISDIR(state.st_mode):
        _copy_folder(folder, name, target_folder, target, state)
    elif stat.S_ISREG(state.st_mode) and state.st_nlink == 1:
        _copy_file(folder, name, target_folder, target, state)
    else:
        raise CannotCopy(f"{name!r} is no plain file, so it can't be moved to another disk. Delete it on the machine itself.")


def _copy_folder(folder: int, name: str, target_folder: int, target: str, state: os.stat_result) -> None:
    os.mkdir(target, 0o700, dir_fd=target_folder)
    source = os.open(name, OPEN_FOLDER, dir_fd=folder)
    try:
        made = os.open(target, OPEN_FOLDER, dir_fd=target_folder)
        try:
            for below in os.listdir(source):  # noqa: PTH208 - an open folder
                _copy(source, below, made, below)
            os.fchown(made, state.st_uid, state.st_gid)
            os.fchmod(made, stat.S_IMODE(state.st_mode))
            os.fsync(made)
        finally:
            os.close(made)
    finally:
        os.close(source)


def _copy_file(folder: int, name: str, target_folder: int, target: str, state: os.stat_result) -> None:
    source = os.open(name, OPEN_FILE, dir_fd=folder)
    with os.fdopen(source, "rb", buffering=0) as reading:
        opened = os.fstat(source)
        if not stat.S_ISREG(opened.st_mode) or opened.st_nlink > 1:
            raise CannotCopy(f"{name!r} has become something else meanwhile. Try again.")
        made = os.open(target, NEW_FILE, 0o600, dir_fd=target_folder)
        with os.fdopen(made, "wb") as writing:
            shutil.copyfileobj(reading, writing, _BLOCK_BYTES)
            writing.flush()
            os.fchown(made, state.st_uid, state.st_gid)
            os.fchmod(made, stat.S_IMODE(state.st_mode) & 0o777)
            os.utime(made, ns=(state.st_atime_ns, state.st_mtime_ns))
            os.fsync(made)


def _size_of(folder: int, name: str) -> int | None:
    """None where there is too much in it to be counted now."""
    total = count = 0
    for _path, _folders, files, handle in os.fwalk(name, dir_fd=folder, follow_symlinks=False):
        for file in files:
            count += 1
            if count > _MAX_COUNTED:
                return None
            with contextlib.suppress(OSError):
                total += os.stat(file, dir_fd=handle, follow_symlinks=False).st_size
    return total
