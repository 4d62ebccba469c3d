"""Changing a server's files: saving, uploads, moves, folders, and the way to the trash and back. Everything blocks.

What is written is written beside, flushed, and only then gets its name, so nobody ever sees half of it. What an upload takes the
place of goes to the trash.
"""

import contextlib
import errno
import os
import secrets
import stat
import time
from collections.abc import Iterator, Sequence
from typing import BinaryIO, Final

from vintagestory_api.errors import Conflict, Invalid, ManagerError, Unavailable
from vintagestory_api.files.json_check import problem_of
from vintagestory_api.files.reading import (
    MAX_TEXT_BYTES,
    MAX_UPLOAD_BYTES,
    PART_ENDING,
    PART_PREFIX,
    FileTooLarge,
    etag_of,
    is_part,
    moment,
    read_text,
    rule_on,
    see_that_it_is_no_configuration,
)
from vintagestory_api.files.rules import WORLD_ENDINGS, GameWrites, see_that_it_may_be_changed
from vintagestory_api.files.schemas import FileProblem, FileSaved, FilesDeleted
from vintagestory_api.files.trash import Trash
from vintagestory_api.kit.text_files import TextStyle
from vintagestory_api.storage.guarded_folder import (
    GuardedFolder,
    NameNotAllowed,
    NameTaken,
    look_in,
    make_folder,
    open_in,
    shown_path,
    split_new_path,
    split_path,
)
from vintagestory_api.storage.guarded_paths import NoSuchFile, PathNotAllowed
from vintagestory_api.storage.open_folders import (
    kind_there,
    move_to_free_name,
    new_file,
    put_over,
    remove,
)

#: The game ends itself when the disk has less than this, so it is not filled further.
RESERVE_BYTES: Final = 600_000_000
_FORGOTTEN_SECONDS: Final = 86_400


class ChangedMeanwhile(Conflict):
    code = "changed_meanwhile"


class BrokenJson(Invalid):
    code = "broken_json"


class NoRoomForUpload(Unavailable):
    code = "no_room"


def save_text(root: GuardedFolder, path: str, data: bytes, etag: str, *, allow_broken: bool, is_up: bool) -> FileSaved:
    """`etag` is that of what was opened; empty for a file that must not be there yet. `data` is UTF-8 with `\\n`.

    Raises `ChangedMeanwhile`, `BrokenJson`, and what reading raises; then nothing has changed.
    """
    parts = split_path(path) if etag else split_new_path(path)
    see_that_it_may_be_changed(parts, rule_on(root, parts), is_up=is_up)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise Invalid("The text is not sent as UTF-8.") from None
    with root.folder(parts[:-1]) as folder, _told(parts):
        style, before = _opened_for_change(folder, parts, etag)
        content = style.encode(text)
        if len(content) > MAX_TEXT_BYTES:
            raise FileTooLarge(f"The text is larger than {MAX_TEXT_BYTES // 1_000_000} MB. Upload it as a file instead.")
        problem = problem_of(parts[-1], text)
        if problem is not None and not allow_broken:
            raise BrokenJson(
                f"{shown_path(parts)} would be no good JSON: {problem.message}. Mend it, or save it all the same.",
                problem=problem.model_dump(),
            )
        part = _part_name()
        with new_file(folder, part, like=before or os.fstat(folder)) as file:
            file.write(content)
        if before is None:
            _give_free_name(folder, part, parts)
        else:
            _put_over_unchanged(folder, part, parts, before)
        now = look_in(folder, parts).state
        return FileSaved(
            path=shown_path(parts), etag=etag_of(content), size_bytes=len(content), modified_at=moment(now), problem=problem
        )


def _opened_for_change(folder: int, parts: Sequence[str], etag: str) -> tuple[TextStyle, os.stat_result | None]:
    if not etag:
        if kind_there(folder, parts[-1]) is not None:
            raise ChangedMeanwhile(f"{shown_path(parts)} is there by now. Open it, or choose another name.")
        return TextStyle(), None
    try:
        with open_in(folder, parts) as file:
            found = read_text(file, parts)
    except NoSuchFile:
        raise ChangedMeanwhile(f"{shown_path(parts)} has been deleted or renamed since you opened it.", is_gone=True) from None
    if found.etag != etag:
        raise ChangedMeanwhile(
            f"{shown_path(parts)} is another than when you opened it: somebody, or the game, has changed it. "
            "Compare both, and save what should stay."
        )
    return found.style, found.state


def _put_over_unchanged(folder: int, part: str, parts: Sequence[str], before: os.stat_result) -> None:
    """The game may have written it while we did."""
    try:
        now = look_in(folder, parts).state
        if (now.st_ino, now.st_size, now.st_mtime_ns) != (before.st_ino, before.st_size, before.st_mtime_ns):
            raise ChangedMeanwhile(f"{shown_path(parts)} was changed at this very moment. Open it again.")
    except BaseException:
        with contextlib.suppress(OSError):
            remove(folder, part)
        raise
    put_over(folder, part, parts[-1])


def _give_free_name(folder: int, part: str, parts: Sequence[str]) -> None:
    try:
        move_to_free_name(folder, part, folder, parts[-1])
        os.fsync(folder)
    except BaseException:
        with contextlib.suppress(OSError):
            remove(folder, part)
        raise


class Upload:
    """A file that comes in pieces. It gets its name in `finish`; what is not finished leaves nothing, see `give_up`."""

    def __init__(self, root: GuardedFolder, path: str, *, size_bytes: int | None, replace: bool, is_up: bool) -> None:
        """`size_bytes`: as the sender says. Raises `NameTaken`, `NoRoomForUpload`, `FileTooLarge`, and what changes raise."""
        self._parts = split_new_path(path)
        self._root = root
        self._replace = replace
        self._size = 0
        see_that_it_may_be_changed(self._parts, rule_on(root, self._parts), is_up=is_up)
        self._open = contextlib.ExitStack()
        with contextlib.ExitStack() as opened:
            self._folder = opened.enter_context(root.folder(self._parts[:-1]))
            _clear_forgotten(self._folder)
            kind = kind_there(self._folder, self._parts[-1])
            if kind is not None and (not replace or not stat.S_ISREG(kind)):
                raise _taken(self._parts)
            self._see_room(size_bytes or 0)
            self._part = _part_name()
            with _told(self._parts):
                self._file: BinaryIO = opened.enter_context(new_file(self._folder, self._part, like=os.fstat(self._folder)))
            self._open = opened.pop_all()

    def write(self, data: bytes) -> None:
        self._size += len(data)
        self._see_room(len(data))
        self._file.write(data)

    def finish(self, trash: Trash, *, now_ms: int, by: str) -> str:
        """Give it its name. Raises `NameTaken`, `OSError`."""
        folder = os.dup(self._folder)
        try:
            with _told(self._parts):
                self._open.close()
                self._put(folder, trash, now_ms, by)
        except BaseException:
            with contextlib.suppress(OSError):
                remove(folder, self._part)
            raise
        finally:
            os.close(folder)
        return shown_path(self._parts)

    def _put(self, folder: int, trash: Trash, now_ms: int, by: str) -> None:
        name = self._parts[-1]
        try:
            move_to_free_name(folder, self._part, folder, name)
        except FileExistsError:
            if not self._replace or kind_there(folder, name) != stat.S_IFREG:
                raise _taken(self._parts) from None
            before = os.stat(name, dir_fd=folder, follow_symlinks=False)
            part = os.open(self._part, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
            try:
                os.fchmod(part, stat.S_IMODE(before.st_mode) & 0o777)
            finally:
                os.close(part)
            trash.take_for(self._part, folder, self._parts, now_ms=now_ms, by=by)
        os.fsync(folder)

    def give_up(self) -> None:
        with contextlib.suppress(OSError, _GivenUp), self._open:
            raise _GivenUp

    def _see_room(self, more: int) -> None:
        if max(self._size, more) > MAX_UPLOAD_BYTES:
            raise FileTooLarge(
                f"Files of more than {MAX_UPLOAD_BYTES // 1_000_000_000} GB are not taken here. Copy it on the machine itself."
            )
        disk = os.fstatvfs(self._folder)
        if disk.f_bavail * disk.f_frsize - more < RESERVE_BYTES:
            raise NoRoomForUpload(
                f"The disk has not enough room for this file: {RESERVE_BYTES // 1_000_000} MB have to stay free for the game. "
                "Empty the trash, or delete what is not needed."
            )


class _GivenUp(Exception):
    """Lets what is unfinished be cleared away as after any error."""


def make_new_folder(root: GuardedFolder, path: str, *, is_up: bool) -> str:
    """Raises `NameTaken`, `NameNotAllowed`, and what changes raise."""
    parts = split_new_path(path)
    see_that_it_may_be_changed(parts, rule_on(root, parts), is_up=is_up)
    with root.folder(parts[:-1]) as folder, _told(parts):
        make_folder(folder, parts[-1])
    return shown_path(parts)


def move(root: GuardedFolder, from_path: str, to_path: str, *, is_up: bool) -> str:
    """Raises `NameTaken`, `NameNotAllowed`, and what changes raise."""
    source, target = split_path(from_path), split_new_path(to_path)
    if not source:
        raise PathNotAllowed("The folder of the server itself can't be moved here.")
    for parts in (source, target):
        see_that_it_may_be_changed(parts, rule_on(root, parts), is_up=is_up)
    if target[: len(source)] == source:
        raise NameTaken("A folder can't be moved into itself, and this is where it lies already.")
    with root.folder(source[:-1]) as folder, root.folder(target[:-1]) as target_folder, _told(target):
        found = look_in(folder, source)
        if found.is_folder:
            _see_that_no_game_writes_in_it(folder, source, is_up=is_up)
        else:
            see_that_it_is_no_configuration(folder, source)
        move_to_free_name(folder, source[-1], target_folder, target[-1])
        os.fsync(target_folder)
        os.fsync(folder)
    return shown_path(target)


def delete(root: GuardedFolder, paths: Sequence[str], trash: Trash, *, now_ms: int, by: str, is_up: bool) -> FilesDeleted:
    """Each on its own: what can't be deleted is told, and the rest goes."""
    result = FilesDeleted(deleted=[], problems=[])
    for path in paths:
        try:
            parts = split_path(path)
            if not parts:
                raise PathNotAllowed("The folder of the server itself can't be deleted here.")
            see_that_it_may_be_changed(parts, rule_on(root, parts), is_up=is_up)
            with root.folder(parts[:-1]) as folder, _told(parts):
                if look_in(folder, parts).is_folder:
                    _see_that_no_game_writes_in_it(folder, parts, is_up=is_up)
                result.deleted.append(trash.take(folder, parts, now_ms=now_ms, by=by))
                os.fsync(folder)
        except ManagerError as error:
            result.problems.append(FileProblem(path=path, message=error.message, code=error.code))
    return result


def restore(root: GuardedFolder, item: str, trash: Trash, *, keep_both: bool, is_up: bool) -> str:
    """Raises `NotInTrash`, `NameTaken`, and what changes raise."""
    parts = split_path(trash.note(item).path)
    see_that_it_may_be_changed(parts, rule_on(root, parts), is_up=is_up)
    with _told(parts):
        return trash.restore(item, root, keep_both=keep_both)


def _see_that_no_game_writes_in_it(folder: int, parts: Sequence[str], *, is_up: bool) -> None:
    """A world may lie in any folder, and a running game would go on with it wherever that is put. Raises `GameWrites`."""
    if not is_up:
        return
    for _path, _folders, files, _handle in os.fwalk(parts[-1], dir_fd=folder, follow_symlinks=False):
        if any(name.casefold().endswith(WORLD_ENDINGS) for name in files):
            raise GameWrites(
                f"{shown_path(parts)} holds a world, which the running game may write. Stop the server first.",
                where="backups",
            )


def _part_name() -> str:
    return f"{PART_PREFIX}{secrets.token_hex(8)}{PART_ENDING}"


def _clear_forgotten(folder: int) -> None:
    """What a killed manager left of uploads."""
    for name in os.listdir(folder):
        if is_part(name):
            with contextlib.suppress(OSError):
                state = os.stat(name, dir_fd=folder, follow_symlinks=False)
                if stat.S_ISREG(state.st_mode) and time.time() - state.st_mtime > _FORGOTTEN_SECONDS:
                    os.unlink(name, dir_fd=folder)


def _taken(parts: Sequence[str]) -> NameTaken:
    return NameTaken(f"{shown_path(parts)} is there already. Replace it, or choose another name.")


@contextlib.contextmanager
def _told(parts: Sequence[str]) -> Iterator[None]:
    """What the system says of a change, in words. A full disk is told by `storage/failures.py`."""
    try:
        yield
    except FileExistsError:
        raise _taken(parts) from None
    except OSError as error:
        match error.errno:
            case errno.ENOENT:
                raise NoSuchFile(f"{shown_path(parts)} is not there (any more).") from None
            case errno.ENAMETOOLONG:
                raise NameNotAllowed("This name is too long for the disk. Choose a shorter one.") from None
            case errno.EACCES | errno.EPERM:
                raise PathNotAllowed(
                    f"The manager may not change {shown_path(parts)}, which belongs to another user of the machine. "
                    "Give the user that runs the manager the right to it."
                ) from None
            case errno.ELOOP | errno.ENOTDIR | errno.EINVAL | errno.EXDEV | errno.EBUSY:
                raise PathNotAllowed(f"{shown_path(parts)} can't be changed like this ({error.strerror}).") from None
        raise
