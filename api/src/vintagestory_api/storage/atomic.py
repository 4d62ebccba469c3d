"""Files that are whole at any moment: written beside, flushed to disk, then renamed over the old one."""

import contextlib
import os
import tempfile
from pathlib import Path
from typing import Final

#: Of a new file. Folders of other machines may refuse to change what they have made.
_AS_MADE: Final = 0o600


def write_atomically(path: Path, data: bytes, *, mode: int = 0o600, durable: bool = True) -> None:
    """Replace `path` with `data`, or leave it as it was. Raises `OSError` (disk full, no permission).

    Not `durable`: a power cut may leave less than was written, which whoever reads the file has to notice.
    """
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    part = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            if mode != _AS_MADE:
                os.fchmod(file.fileno(), mode)
            file.write(data)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        part.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            part.unlink()
        raise
    if durable:
        sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make renames in `folder` survive a power cut (a no-op where folders can't be opened)."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def sync_file_system(folder: Path) -> None:
    """Wait until the disk has everything that was written to the file system of `folder`, by whomever. Raises `OSError`.

    For thousands of new files: asking for each of them takes minutes on a slow disk.
    """
    import ctypes  # noqa: PLC0415 - seldom needed

    handle = os.open(folder, os.O_RDONLY)
    try:
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.syncfs(handle) != 0:
            code = ctypes.get_errno()
            raise OSError(code, os.strerror(code))
    finally:
        os.close(handle)
