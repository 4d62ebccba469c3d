"""Everything below one folder, by paths that somebody told us, also for changes: never out of it, and through no link at all.

Mods, which are code of strangers, write in the folder of a game, at any moment. So nothing is looked at and then used: each
folder on the way is opened below the one before, what is done is done by name in a folder that is held open, and a file is
judged after it was opened.

Names are bytes to the system. Here they are text in which whatever can't be shown, such as control characters or bytes that are
no UTF-8, is written as `\\xNN` for each byte, and a backslash as two of them: so each name has one form, which can be told and
sent back.
"""

import contextlib
import errno
import os
import re
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from vintagestory_api.errors import Conflict, Invalid
from vintagestory_api.storage.guarded_paths import NoSuchFile, PathNotAllowed
from vintagestory_api.storage.open_folders import OPEN_FILE, OPEN_FOLDER

Parts = tuple[str, ...]

MAX_DEPTH: Final = 40
_MAX_PATH_BYTES: Final = 4_000
_MAX_NAME_BYTES: Final = 255
#: Control characters, what would let a line of text look like another one, bytes that are no UTF-8, and the backslash.
_ESCAPED: Final = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff\\\\]")
_ESCAPE: Final = re.compile(r"\\(?:\\|x([0-9a-f]{2}))|\\")


class NameNotAllowed(Invalid):
    code = "name_not_allowed"


class NameTaken(Conflict):
    code = "name_taken"


def shown(name: str) -> str:
    """A name as the system gives it, in the form that can be shown."""
    if name.isascii() and name.isprintable() and "\\" not in name:
        return name
    return _ESCAPED.sub(_escape, name)


def split_path(path: str) -> Parts:
    """The names on the way to something that is there, as the system has them. Raises `PathNotAllowed`."""
    if len(path.encode("utf-8", "surrogatepass")) > 4 * _MAX_PATH_BYTES:
        raise PathNotAllowed("This path is too long.")
    if path.startswith("/"):
        raise PathNotAllowed("This path leads out of its folder. Name a file inside it, without a leading slash.")
    parts = tuple(_unescaped(part) for part in path.split("/") if part)
    if any(part in {".", ".."} or "/" in part or "\0" in part for part in parts):
        raise PathNotAllowed("This path leads out of its folder. Name a file inside it, without `..`.")
    if len(parts) > MAX_DEPTH:
        raise PathNotAllowed(f"This path has more than {MAX_DEPTH} folders.")
    return parts


def split_new_path(path: str) -> Parts:
    """As `split_path`, for something that is to be made: its own name has to be one that everybody can read and write.

    Raises `NameNotAllowed`, `PathNotAllowed`.
    """
    parts = split_path(path)
    if not parts:
        raise NameNotAllowed("Give it a name.")
    name = parts[-1]
    if _ESCAPED.search(name) or not name.isprintable():
        raise NameNotAllowed(
            "A name may hold no control characters, no backslash, and nothing that can't be shown. Choose another one."
        )
    if name != name.strip() or len(os.fsencode(name)) > _MAX_NAME_BYTES:
        raise NameNotAllowed("A name has at most 255 bytes, and no blank at its ends. Choose another one.")
    return parts


def shown_path(parts: Sequence[str]) -> str:
    return "/".join(shown(part) for part in parts)


@dataclass(frozen=True)
class Found:
    """Something that lies in a folder. Links are not followed."""

    name: str
    state: os.stat_result

    @property
    def is_folder(self) -> bool:
        return stat.S_ISDIR(self.state.st_mode)


class GuardedFolder:
    """Everything blocks. Raises `NoSuchFile` and `PathNotAllowed` for ways that aren't there or lead out."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @contextlib.contextmanager
    def folder(self, parts: Sequence[str]) -> Iterator[int]:
        """Held open."""
        with _told(parts):
            handle = os.open(self.root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            for number, part in enumerate(parts, 1):
                with _told(parts[:number]):
                    below = os.open(part, OPEN_FOLDER, dir_fd=handle)
                os.close(handle)
                handle = below
            yield handle
        finally:
            os.close(handle)

    @contextlib.contextmanager
    def folder_made(self, parts: Sequence[str]) -> Iterator[int]:
        """As `folder`; what is missing on the way is made, and belongs to whom the folder around it belongs to."""
        for number in range(1, len(parts) + 1):
            with self.folder(parts[: number - 1]) as above, contextlib.suppress(FileExistsError):
                make_folder(above, parts[number - 1])
        with self.folder(parts) as handle:
            yield handle

    def entries(self, parts: Sequence[str], *, at_most: int) -> tuple[list[Found], bool]:
        """What lies in a folder, and whether that is all."""
        found: list[Found] = []
        with self.folder(parts) as handle, os.scandir(handle) as entries:
            for entry in entries:
                if len(found) == at_most:
                    return found, False
                try:
                    found.append(Found(entry.name, entry.stat(follow_symlinks=False)))
                except FileNotFoundError:
                    continue
        return found, True

    def look(self, parts: Sequence[str]) -> Found:
        if not parts:
            with self.folder(()) as handle:
                return Found("", os.fstat(handle))
        with self.folder(parts[:-1]) as handle:
            return look_in(handle, parts)

    @contextlib.contextmanager
    def file(self, parts: Sequence[str]) -> Iterator[BinaryIO]:
        """A plain file, opened for reading without a buffer."""
        file = self.open_file(parts)
        with file:
            yield file

    def open_file(self, parts: Sequence[str]) -> BinaryIO:
        with self.folder(parts[:-1]) as handle:
            return open_in(handle, parts)


def look_in(folder: int, parts: Sequence[str]) -> Found:
    """The last of `parts`, in the folder that the others lead to."""
    if not parts:
        raise PathNotAllowed("Name a file inside the server's folder.")
    with _told(parts):
        return Found(parts[-1], os.stat(parts[-1], dir_fd=folder, follow_symlinks=False))


def open_in(folder: int, parts: Sequence[str]) -> BinaryIO:
    """As `look_in`, for a plain file that is to be read. Raises `PathNotAllowed`."""
    # A device may do something when it is opened, so nothing is that does not look like a file.
    if not stat.S_ISREG(look_in(folder, parts).state.st_mode):
        raise PathNotAllowed(f"{shown_path(parts)} is no plain file.")
    with _told(parts):
        handle = os.open(parts[-1], OPEN_FILE, dir_fd=folder)
    try:
        state = os.fstat(handle)
        if not stat.S_ISREG(state.st_mode):
            raise PathNotAllowed(f"{shown_path(parts)} is no plain file.")
        if state.st_nlink > 1:
            raise PathNotAllowed(
                f"{shown_path(parts)} has another name elsewhere (it is a hard link), so it may be somebody else's file. "
                "It is not opened here."
            )
        return os.fdopen(handle, "rb", buffering=0)
    except BaseException:
        os.close(handle)
        raise


def make_folder(above: int, name: str) -> None:
    """It belongs to whom the folder around it belongs to. Raises `FileExistsError`, `OSError`."""
    around = os.fstat(above)
    os.mkdir(name, stat.S_IMODE(around.st_mode) & 0o775 | 0o700, dir_fd=above)
    if (around.st_uid, around.st_gid) != (os.geteuid(), os.getegid()):
        handle = os.open(name, OPEN_FOLDER, dir_fd=above)
        try:
            os.fchown(handle, around.st_uid, around.st_gid)
        finally:
            os.close(handle)
    os.fsync(above)


@contextlib.contextmanager
def _told(parts: Sequence[str]) -> Iterator[None]:
    """What the system says of a way, in words."""
    try:
        yield
    except OSError as error:
        path = shown_path(parts) or "The folder of the server"
        match error.errno:
            case errno.ENOENT | errno.ENAMETOOLONG:
                raise NoSuchFile(f"{path} is not there (any more).") from None
            case errno.ELOOP | errno.ENOTDIR:
                raise PathNotAllowed(f"{path} is a link or no folder. Links are not followed here.") from None
            case errno.EACCES | errno.EPERM:
                raise PathNotAllowed(
                    f"The manager may not reach {path}. Give the user that runs the manager the right to it."
                ) from None
            case errno.ENXIO | errno.EAGAIN | errno.EISDIR:
                raise PathNotAllowed(f"{path} is no plain file.") from None
        raise


def _escape(found: re.Match[str]) -> str:
    if found[0] == "\\":
        return "\\\\"
    return "".join(f"\\x{byte:02x}" for byte in found[0].encode("utf-8", "surrogateescape"))


def _unescaped(part: str) -> str:
    if _ESCAPED.search(part.replace("\\", "")):
        raise PathNotAllowed("This is no path: what can't be shown in it is written as `\\xNN`.")
    if "\\" not in part:
        return part
    data = bytearray()
    place = 0
    for found in _ESCAPE.finditer(part):
        data += part[place : found.start()].encode("utf-8", "surrogateescape")
        if found[0] == "\\":
            raise PathNotAllowed("This is no path: a backslash is written twice, and what can't be shown as `\\xNN`.")
        data += bytes.fromhex(found[1]) if found[1] else b"\\"
        place = found.end()
    data += part[place:].encode("utf-8", "surrogateescape")
    return os.fsdecode(bytes(data))
