"""The one way to files whose path somebody told us: below a folder, and never out of it by `..` or by a link.

What lies in a folder of a game is written by mods, which are code of strangers: a link there may point anywhere, and may be
swapped between a look and an opening. So files are read through `open_below`, which looks at what was really opened.
"""

import os
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from vintagestory_api.errors import Forbidden, NotFound

#: What Linux allows for one path, and far more than any file of a game needs.
_MAX_PATH_BYTES = 4_000


class NoSuchFile(NotFound):
    code = "file_not_found"


class PathNotAllowed(Forbidden):
    code = "path_not_allowed"


def resolve_below(root: Path, relative: str) -> Path:
    """The real path of something that exists below `root`; links are followed only as long as they stay there.

    `relative` uses `/` and may not be absolute, climb with `..`, or hold control characters. Raises `NoSuchFile` and
    `PathNotAllowed`. Blocking, a few system calls.
    """
    _refuse_bad_text(relative)
    parts = [part for part in relative.split("/") if part not in {"", "."}]
    if relative.startswith("/") or ".." in parts or "\\" in relative:
        raise PathNotAllowed(
            "This path leads out of its folder. Name a file inside it, without `..` and without a leading slash."
        )
    try:
        real_root = root.resolve(strict=True)
        found = real_root.joinpath(*parts).resolve(strict=True)
    except (OSError, RuntimeError, ValueError):
        raise NoSuchFile("There is no such file.") from None
    if not found.is_relative_to(real_root):
        raise PathNotAllowed("This is a link that leads out of its folder, which is not followed.")
    return found


def open_below(root: Path, relative: str) -> BinaryIO:
    """Open a plain file below `root` for reading, without a buffer. Raises `NoSuchFile` and `PathNotAllowed`. Blocking."""
    path = resolve_below(root, relative)
    try:
        # Not blocking: a pipe that lies there instead of a file would keep us for ever.
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        raise NoSuchFile("There is no such file.") from None
    except OSError as error:
        raise PathNotAllowed(f"This file can't be read ({error.strerror}).") from None
    try:
        _see_that_it_is_below(handle, root)
        return os.fdopen(handle, "rb", buffering=0)
    except BaseException:
        os.close(handle)
        raise


def allowed_host_path(path: str, roots: Sequence[Path]) -> Path:
    """The real path of something on this machine that an admin named, when it lies below one of `roots`.

    Raises `NoSuchFile`, and `PathNotAllowed` also for what does not exist outside, so that nobody learns what is there.
    """
    _refuse_bad_text(path)
    named = Path(path)
    if not named.is_absolute():
        raise PathNotAllowed("Give the whole path, from the leading slash on.")
    real_roots = [root.resolve() for root in roots]
    try:
        found = named.resolve()
        is_there = found.exists()
    except (OSError, RuntimeError, ValueError):
        found, is_there = Path(os.path.normpath(named)), False
    if not any(found.is_relative_to(root) for root in real_roots):
        allowed = ", ".join(str(root) for root in roots) or "none"
        raise PathNotAllowed(
            f"{path} is not below the folders that the manager may look into ({allowed}). "
            "Move it there, or add its folder to VS_HOST_ROOTS and restart the manager."
        )
    if not is_there:
        raise NoSuchFile(f"There is nothing at {path}, or it can't be read by the user that runs the manager.")
    return found


def _refuse_bad_text(path: str) -> None:
    if not path.isprintable() or len(os.fsencode(path)) > _MAX_PATH_BYTES:
        raise PathNotAllowed("This is no path: it is too long or holds characters that can't be printed.")


def _see_that_it_is_below(handle: int, root: Path) -> None:
    """A folder on the way may have become a link since it was looked at; the kernel knows what was opened."""
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        raise PathNotAllowed("This is no plain file.")
    opened = Path(os.readlink(f"/proc/self/fd/{handle}"))  # noqa: PTH115 - a link of the kernel, which names what is open
    if not opened.is_relative_to(root.resolve()):
        raise PathNotAllowed("This is a link that leads out of its folder, which is not followed.")
