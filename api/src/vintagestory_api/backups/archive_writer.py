"""Writes the archive of a backup: reading, hashing and packing go on at the same time, each in a thread of its own.

Part of the program that packs (`pack_child`), so nothing heavy is imported.
"""

import hashlib
import io
import os
import queue
import tarfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from vintagestory_api.backups.archive_reader import BLOCK_BYTES
from vintagestory_api.backups.contents import part_of
from vintagestory_api.backups.manifest import MAX_FILES, MAX_MANIFEST_BYTES, MEMBER, PackedFile

#: Up to this size a file is read whole before its header is written, again if it changed meanwhile.
_WHOLE_BYTES: Final = 8 << 20
_TRIES: Final = 3
_BLOCKS_AHEAD: Final = 16
_TAR_BLOCK: Final = tarfile.BLOCKSIZE
#: What was written is given to the disk so often, so that there is little to wait for at the end.
_FLUSH_EVERY_BYTES: Final = 16 << 20
#: Of what zstd packs at one time in each thread; the usual eight and more cost memory and gain nothing here.
_JOB_BYTES: Final = 4 << 20
_MOST_NOTES: Final = 50
#: What one file takes in the list of contents besides its name. The list of mods, and what else is in it, has the rest.
_LISTED_BYTES: Final = 240
_MAX_LISTED_BYTES: Final = MAX_MANIFEST_BYTES - (8 << 20)


class Packer:
    """Takes bytes, and writes them packed. Whatever fails in its thread is raised at the next `add`, or at the end."""

    def __init__(self, path: Path, level: int, threads: int) -> None:
        import zstandard  # noqa: PLC0415 - only where something is packed

        parameters = zstandard.ZstdCompressionParameters.from_level(
            level, threads=threads, job_size=_JOB_BYTES, write_checksum=True, write_content_size=False
        )
        self._packing = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        self._blocks: queue.Queue[bytes | None] = queue.Queue(_BLOCKS_AHEAD)
        self._failure: Exception | None = None
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()
        self.bytes_in = self.bytes_out = 0

    def add(self, data: bytes) -> None:
        if self._failure is not None:
            raise self._failure
        self.bytes_in += len(data)
        self._blocks.put(data)

    def finish(self) -> None:
        """All of it is on the disk."""
        self._blocks.put(None)
        self._thread.join()
        if self._failure is not None:
            raise self._failure
        os.fsync(self._file)
        os.close(self._file)

    def _work(self) -> None:
        flushed, is_ended = 0, False
        try:
            while (block := self._blocks.get()) is not None:
                self._write(self._packing.compress(block))
                if self.bytes_out - flushed >= _FLUSH_EVERY_BYTES:
                    # Begins to write it, and waits for nothing.
                    os.posix_fadvise(self._file, flushed, self.bytes_out - flushed, os.POSIX_FADV_DONTNEED)
                    flushed = self.bytes_out
            is_ended = True
            self._write(self._packing.flush())
        except Exception as error:  # noqa: BLE001 - raised where somebody can answer it
            self._failure = error
            while not is_ended and self._blocks.get() is not None:
                pass

    def _write(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            written = os.write(self._file, view)
            self.bytes_out += written
            view = view[written:]


class Hasher:
    """Hashes blocks in a thread of its own."""

    def __init__(self) -> None:
        self._blocks: queue.Queue[bytes | None] = queue.Queue(_BLOCKS_AHEAD)
        self._digest = hashlib.sha256()
        self._ended = threading.Event()
        threading.Thread(target=self._work, daemon=True).start()

    def add(self, data: bytes) -> None:
        self._blocks.put(data)

    def finish(self) -> str:
        """The digest of all since the last one."""
        self._ended.clear()
        self._blocks.put(None)
        self._ended.wait()
        found, self._digest = self._digest.hexdigest(), hashlib.sha256()
        return found

    def _work(self) -> None:
        while True:
            block = self._blocks.get()
            if block is None:
                self._ended.set()
            else:
                self._digest.update(block)


class Archive:
    """The tar stream, and the list of what is in it."""

    def __init__(self, packer: Packer, told: Callable[[int], None]) -> None:
        self._packer = packer
        self._hasher = Hasher()
        self._told = told
        self.files: dict[str, PackedFile] = {}
        self.notes: list[str] = []
        self._listed_bytes = 0

    def note(self, text: str) -> None:
        if len(self.notes) < _MOST_NOTES:
            self.notes.append(text)
        elif len(self.notes) == _MOST_NOTES:
            self.notes.append("There was more of that; it is not listed.")

    def add_file(self, name: str, handle: int) -> None:
        """What an open file holds. One that changes is packed all the same, and that is told."""
        if not self._takes(name):
            return
        before = os.fstat(handle)
        if before.st_size <= _WHOLE_BYTES:
            data, is_whole = _read_whole(handle)
            self._begin(name, len(data), before)
            self._take(data)
            size = len(data)
        else:
            size = before.st_size
            self._begin(name, size, before)
            is_whole = self._stream(handle, size) and mark(os.fstat(handle)) == mark(before)
        self._pad(size)
        self.files[name] = PackedFile(name, part_of(name), size, self._hasher.finish(), None if is_whole else "changed")
        if not is_whole:
            self.note(f"{name} changed while it was packed.")

    def vanished(self, name: str) -> None:
        if not self._takes(name):
            return
        self.files[name] = PackedFile(name, part_of(name), 0, "", "vanished")
        self.note(f"{name} vanished while it was packed.")

    def _takes(self, name: str) -> bool:
        """Not what would make a list of contents that nobody reads."""
        listed = self._listed_bytes + _LISTED_BYTES + 2 * len(name.encode())
        if name in self.files:
            self.note(f"{name} was left out the second time: it is in it already.")
        elif len(self.files) >= MAX_FILES or listed > _MAX_LISTED_BYTES:
            self.note(f"{name} was left out, because there are too many files.")
        else:
            self._listed_bytes = listed
            return True
        return False

    def finish(self, manifest: bytes) -> None:
        member = tarfile.TarInfo(MEMBER)
        member.size, member.mode, member.mtime = len(manifest), 0o600, int(time.time())
        self._packer.add(_header(member))
        for start in range(0, len(manifest), BLOCK_BYTES):
            self._packer.add(manifest[start : start + BLOCK_BYTES])
        self._pad(len(manifest))
        self._packer.add(b"\0" * (2 * _TAR_BLOCK))

    def _begin(self, name: str, size: int, state: os.stat_result) -> None:
        member = tarfile.TarInfo(name)
        member.size, member.mode, member.mtime = size, 0o600, int(state.st_mtime)
        self._packer.add(_header(member))

    def _take(self, data: bytes) -> None:
        if data:
            self._hasher.add(data)
            self._packer.add(data)
            self._told(self._packer.bytes_in)

    def _stream(self, handle: int, size: int) -> bool:
        """False for a file that became shorter; the rest are zeros then."""
        left = size
        while left:
            block = os.read(handle, min(left, BLOCK_BYTES))
            if not block:
                break
            left -= len(block)
            self._take(block)
        is_whole = not left
        while left:
            block = b"\0" * min(left, BLOCK_BYTES)
            left -= len(block)
            self._take(block)
        return is_whole

    def _pad(self, size: int) -> None:
        if rest := size % _TAR_BLOCK:
            self._packer.add(b"\0" * (_TAR_BLOCK - rest))


def _read_whole(handle: int) -> tuple[bytes, bool]:
    """The file, and whether it stayed the same while it was read."""
    data = b""
    for _ in range(_TRIES):
        before = os.fstat(handle)
        os.lseek(handle, 0, os.SEEK_SET)
        parts, left = io.BytesIO(), _WHOLE_BYTES * 2
        while left and (block := os.read(handle, min(left, BLOCK_BYTES))):
            parts.write(block)
            left -= len(block)
        data = parts.getvalue()
        if mark(os.fstat(handle)) == mark(before) and len(data) == before.st_size:
            return data, True
    return data, False


def _header(member: tarfile.TarInfo) -> bytes:
    return member.tobuf(tarfile.PAX_FORMAT, "utf-8", "surrogateescape")


def mark(state: os.stat_result) -> tuple[int, int, int, int]:
    return state.st_dev, state.st_ino, state.st_size, state.st_mtime_ns
