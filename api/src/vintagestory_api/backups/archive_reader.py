"""Reads a backup's archive as a stranger's: plain files only, names that stay below a folder, and never more than is allowed.

`read_archive` goes through it once. Each file is hashed; those that `wanted` names are written below `target`, which exists and
is empty. The list of contents is the last member, so what was written is only worth something after `compare` found nothing.
Used by programs of their own (`read_child`), because reading holds the interpreter's lock and may crash; so nothing heavy is
imported.
"""

import hashlib
import os
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Final, cast

from vintagestory_api.backups.manifest import (
    MAX_FILES,
    MAX_MANIFEST_BYTES,
    MEMBER,
    Manifest,
    ManifestUnreadable,
    UnsafePath,
    decode_manifest,
    safe_path,
)

#: What a stream may want to look back: `zstd --ultra -22` and `--long=27` fit.
MAX_WINDOW_BYTES: Final = 1 << 27
BLOCK_BYTES: Final = 1 << 20

_ZSTD_MAGIC: Final = b"\x28\xb5\x2f\xfd"
#: Packed and put behind every archive that is read: it comes out at the end only when the archive is whole to its last byte,
#: which nothing else tells of one that is cut off in its last check sum.
_SEAL: Final = b"the archive ended here"


class Refused(Exception):
    """`kind`: broken, unsafe, bomb, foreign, disk_full or not_written; the text goes on with "it …"."""

    def __init__(self, kind: str, text: str) -> None:
        super().__init__(text)
        self.kind = kind


@dataclass(frozen=True)
class Limits:
    """What may come out of an archive, all together."""

    max_bytes: int
    max_files: int = MAX_FILES


@dataclass
class Found:
    """What an archive holds. `files`: path → size and SHA-256. `written`: those that lie below the target now."""

    manifest: Manifest | None = None
    files: dict[str, tuple[int, str]] = field(default_factory=dict)
    written: list[str] = field(default_factory=list)
    bytes: int = 0


def read_archive(
    archive: BinaryIO,
    *,
    limits: Limits,
    target: Path | None = None,
    wanted: Callable[[str], bool] = lambda _path: False,
    tell: Callable[[int], None] = lambda _read_bytes: None,
) -> Found:
    """Raises `Refused` and `OSError`. `tell` gets how much of the archive was read."""
    found = Found()
    with _members(archive, limits, tell) as members:
        for member, stream in members:
            if found.manifest is not None:
                raise Refused("broken", "holds something behind its list of contents")
            path = _checked_path(member)
            if member.isdir():
                continue
            if not member.isreg() or member.issparse():
                raise Refused("unsafe", f"holds {path}, which is no plain file")
            if path == MEMBER:
                found.manifest = _manifest(member, stream)
                continue
            _claim(found, path, limits)
            found.bytes += member.size
            if found.bytes > limits.max_bytes:
                raise Refused("bomb", f"holds more than the {limits.max_bytes:,} bytes that it may")
            writes = target is not None and wanted(path)
            digest = _take(stream, member.size, _create(cast("Path", target), path) if writes else None, path)
            found.files[path] = (member.size, digest)
            if writes:
                found.written.append(path)
    return found


class _Unpacked:
    """The tar stream inside, and how far the archive was read."""

    def __init__(self, archive: BinaryIO, tell: Callable[[int], None]) -> None:
        import zstandard  # noqa: PLC0415 - not for those who only want the limits

        start = archive.read(len(_ZSTD_MAGIC))
        if start != _ZSTD_MAGIC:
            raise Refused("foreign", "is no .tar.zst archive" if start else "is empty")
        archive.seek(0)
        self._error: type[Exception] = zstandard.ZstdError
        unpacker = zstandard.ZstdDecompressor(max_window_size=MAX_WINDOW_BYTES)
        source = _Sealed(archive, zstandard.ZstdCompressor(write_checksum=True).compress(_SEAL), tell)
        self._stream = unpacker.stream_reader(cast("Any", source), read_across_frames=True, closefd=False)
        self._ahead = b""

    def read(self, size: int) -> bytes:
        """Less than `size` only at the end."""
        parts = [self._ahead]
        left = size + len(_SEAL) - len(self._ahead)
        try:
            while left and (data := self._stream.read(left)):
                parts.append(data)
                left -= len(data)
        except self._error as error:
            raise Refused("broken", f"can't be unpacked ({error})") from None
        found = b"".join(parts)
        if left and not found.endswith(_SEAL):
            raise Refused("broken", "is cut off")
        self._ahead = found[-len(_SEAL) :]
        return found[: -len(_SEAL)]


class _Sealed:
    """An archive as it lies there, and the seal behind it."""

    def __init__(self, archive: BinaryIO, seal: bytes, tell: Callable[[int], None]) -> None:
        self._archive, self._seal, self._tell, self._read = archive, seal, tell, 0

    def read(self, size: int = -1) -> bytes:
        data = self._archive.read(size)
        if not data:
            data, self._seal = self._seal[:size], self._seal[size:]
            return data
        self._read += len(data)
        self._tell(self._read)
        return data


@contextmanager
def _members(
    archive: BinaryIO, limits: Limits, tell: Callable[[int], None]
) -> Iterator[Iterator[tuple[tarfile.TarInfo, BinaryIO]]]:
    stream = _Unpacked(archive, tell)
    try:
        with tarfile.open(fileobj=cast("Any", stream), mode="r|", bufsize=BLOCK_BYTES, errorlevel=2) as tar:
            yield _each(tar, limits)
        _see_the_end(stream)
    except (tarfile.TarError, ValueError, OverflowError, MemoryError, RecursionError, EOFError) as error:
        raise Refused("broken", f"is no readable archive ({type(error).__name__})") from None


def _each(tar: tarfile.TarFile, limits: Limits) -> Iterator[tuple[tarfile.TarInfo, BinaryIO]]:
    members = 0
    while (member := tar.next()) is not None:
        cast("Any", tar).members.clear()  # or all of them are kept until the end
        members += 1
        if members > limits.max_files + 1:
            raise Refused("bomb", f"holds more than {limits.max_files:,} files")
        stream = cast("BinaryIO", tar.fileobj)
        stream.seek(member.offset_data)
        yield member, stream


def _see_the_end(stream: _Unpacked) -> None:
    """Read on to the end of the packed stream, where its check sum is."""
    while data := stream.read(BLOCK_BYTES):
        if data.strip(b"\0"):
            raise Refused("broken", "holds something behind its end")


def _checked_path(member: tarfile.TarInfo) -> str:
    try:
        return safe_path(member.name)
    except UnsafePath as error:
        raise Refused("unsafe", f"holds a name that {error}: {member.name[:100]!r}") from None


def _claim(found: Found, path: str, limits: Limits) -> None:
    if path in found.files:
        raise Refused("unsafe", f"holds {path} twice")
    if len(found.files) >= limits.max_files:
        raise Refused("bomb", f"holds more than {limits.max_files:,} files")


def _manifest(member: tarfile.TarInfo, stream: BinaryIO) -> Manifest:
    if member.size > MAX_MANIFEST_BYTES:
        raise Refused("foreign", "has a list of contents that is larger than any of the manager's")
    data = _read_all(stream, member.size)
    try:
        return decode_manifest(data)
    except ManifestUnreadable as error:
        raise Refused("foreign", error.message) from None


def _read_all(stream: BinaryIO, size: int) -> bytes:
    data = b"".join(_blocks(stream, size))
    if len(data) != size:
        raise Refused("broken", "ends too early")
    return data


def _blocks(stream: BinaryIO, size: int) -> Iterator[bytes]:
    while size > 0:
        block = stream.read(min(size, BLOCK_BYTES))
        if not block:
            return
        size -= len(block)
        yield block


def _take(stream: BinaryIO, size: int, handle: int | None, path: str) -> str:
    digest, left = hashlib.sha256(), size
    try:
        for block in _blocks(stream, size):
            digest.update(block)
            left -= len(block)
            view = memoryview(block)
            while handle is not None and view:
                view = view[os.write(handle, view) :]
    finally:
        if handle is not None:
            os.close(handle)
    if left:
        raise Refused("broken", f"ends in the middle of {path}")
    return digest.hexdigest()


def _create(target: Path, path: str) -> int:
    """A new file below `target`; whoever could lay a link there would have to own the folder."""
    try:
        (target / path).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        return os.open(target / path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except (FileExistsError, NotADirectoryError):
        raise Refused("unsafe", f"holds {path} as a file and as a folder") from None
