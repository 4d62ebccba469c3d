"""Packs a backup: `python -m vintagestory_api.backups.pack_child`, spoken to as `child_talk` says.

The task: `archive` and `manifest_file` (what to write; neither may be there), `manifest` (what is known of it already), `world`
(null, or `source`, `name`, and `work`, a folder for a copy where one is needed), `sources` (`contents.Source`), `level` and
`threads`. Done: the list of contents without its files, with `bytes` and `archive_bytes`.

The world is checked first, and its very bytes are packed; when they change meanwhile there is no backup. Other files may change
or vanish while they are packed, which is told. Reading, hashing and packing go on at the same time, each in a thread of its own.
"""

import hashlib
import io
import os
import queue
import shutil
import stat
import tarfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from vintagestory_api.backups import child_talk
from vintagestory_api.backups.archive_reader import BLOCK_BYTES, Refused
from vintagestory_api.backups.contents import Source, part_of
from vintagestory_api.backups.manifest import MAX_FILES, MEMBER, Manifest, PackedFile, UnsafePath, safe_path
from vintagestory_api.backups.world_check import COMPANIONS, find_damage, finish_transactions

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
_OPEN: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class Packer:
    """Takes bytes, and writes them packed. Whatever fails in its thread is raised at the next `add`, or at the end."""

    def __init__(self, path: Path, level: int, threads: int) -> None:
        import zstandard  # noqa: PLC0415 - the manager itself imports this module's names only

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
        try:
            flushed = 0
            while (block := self._blocks.get()) is not None:
                self._write(self._packing.compress(block))
                if self.bytes_out - flushed >= _FLUSH_EVERY_BYTES:
                    # Begins to write it, and waits for nothing.
                    os.posix_fadvise(self._file, flushed, self.bytes_out - flushed, os.POSIX_FADV_DONTNEED)
                    flushed = self.bytes_out
            self._write(self._packing.flush())
        except Exception as error:  # noqa: BLE001 - raised where somebody can answer it
            self._failure = error
            while self._blocks.get() is not None:
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

    def note(self, text: str) -> None:
        if len(self.notes) < _MOST_NOTES:
            self.notes.append(text)
        elif len(self.notes) == _MOST_NOTES:
            self.notes.append("There was more of that; it is not listed.")

    def add_file(self, name: str, handle: int) -> None:
        """What an open file holds. One that changes is packed all the same, and that is told."""
        if name in self.files or len(self.files) >= MAX_FILES:
            self.note(f"{name} was left out: there are too many files, or two of that name.")
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
            is_whole = self._stream(handle, size) and _mark(os.fstat(handle)) == _mark(before)
        self._pad(size)
        self.files[name] = PackedFile(name, part_of(name), size, self._hasher.finish(), None if is_whole else "changed")
        if not is_whole:
            self.note(f"{name} changed while it was packed.")

    def vanished(self, name: str) -> None:
        self.files[name] = PackedFile(name, part_of(name), 0, "", "vanished")
        self.note(f"{name} vanished while it was packed.")

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


def main(task: dict[str, Any]) -> dict[str, Any]:
    head: dict[str, Any] = dict(task["manifest"])
    world, sources = task["world"], [Source(**{**each, "leaves_out": tuple(each["leaves_out"])}) for each in task["sources"]]
    if world is None:
        head |= {"world": "none", "world_file": None}
    else:
        head |= _checked_world(world)
    progress = child_talk.Progress(_size_of(world, sources))
    child_talk.doing("Packing")
    began = time.monotonic()
    packer = Packer(Path(task["archive"]), task["level"], task["threads"])
    archive = Archive(packer, progress.tell)
    if world is not None:
        _pack_world(archive, world)
    for source in sources:
        for name, handle in _files_of(source, archive):
            try:
                archive.add_file(name, handle)
            finally:
                os.close(handle)
    head["pack_seconds"] = round(time.monotonic() - began, 3)
    head["notes"] = [*head.get("notes", ()), *archive.notes]
    manifest = Manifest(**head, files=list(archive.files.values()))
    data = manifest.encode()
    archive.finish(data)
    packer.finish()
    _write_durably(Path(task["manifest_file"]), data)
    return {
        **{key: value for key, value in asdict(manifest).items() if key not in {"files", "lock"}},
        "bytes": manifest.unpacked_bytes,
        "archive_bytes": packer.bytes_out,
    }


# The world


def _checked_world(world: dict[str, Any]) -> dict[str, Any]:
    """See whether it is sound; where a journal lies beside it, of a copy that was put in order."""
    source = Path(world["source"])
    world["mark"] = _mark(_world_state(source))
    if any(_size(source.with_name(source.name + ending)) for ending in COMPANIONS):
        child_talk.doing("Putting a copy of the world in order")
        source = _copy_in_order(source, Path(world["work"]))
        world["packed"], world["mark"] = str(source), _mark(_world_state(source))
    child_talk.doing("Checking the world")
    began = time.monotonic()
    damage = find_damage(source)
    return {
        "world": "damaged" if damage else "verified",
        "world_file": world["name"],
        "damage": damage,
        "check_seconds": round(time.monotonic() - began, 3),
    }


def _copy_in_order(source: Path, work: Path) -> Path:
    copy = work / source.name
    for ending in ("", *COMPANIONS):
        beside = source.with_name(source.name + ending)
        if _size(beside):
            shutil.copyfile(beside, copy.with_name(copy.name + ending), follow_symlinks=False)
    try:
        finish_transactions(copy)
    except Exception:  # noqa: BLE001 - what SQLite can't put in order is damaged, which the check tells
        return copy
    return copy


def _pack_world(archive: Archive, world: dict[str, Any]) -> None:
    path = Path(world.get("packed") or world["source"])
    handle = os.open(path, _OPEN)
    try:
        if _mark(os.fstat(handle)) != tuple(world["mark"]):
            raise Refused("world_changed", "it changed after it was checked; something else writes it")
        archive.add_file(world["name"], handle)
        if archive.files[world["name"]].change is not None or _mark(_world_state(path)) != tuple(world["mark"]):
            raise Refused("world_changed", "it changed while it was packed; something else writes it")
    finally:
        os.close(handle)


def _world_state(path: Path) -> os.stat_result:
    try:
        state = path.lstat()
    except FileNotFoundError:
        raise Refused("world_gone", "its file is not there any more") from None
    if not stat.S_ISREG(state.st_mode):
        raise Refused("world_gone", "it is no plain file")
    return state


# Other files


def _files_of(source: Source, archive: Archive) -> Iterator[tuple[str, int]]:
    """Name in the archive and open file of each; nothing that a link leads to. What is not there has nothing to pack."""
    try:
        root = os.open(source.root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError:
        return
    try:
        owner = os.fstat(root).st_uid
        *folders, last = source.path.split("/")
        here = root
        for name in folders:
            try:
                below = os.open(name, _FOLDER, dir_fd=here)
            except OSError:
                return
            if here != root:
                os.close(here)
            here = below
        try:
            walk = _Walk(archive, source.leaves_out, None if source.may_be_shared else owner)
            yield from walk.through(here, last, source.name)
        finally:
            if here != root:
                os.close(here)
    finally:
        os.close(root)


@dataclass(frozen=True)
class _Walk:
    """Through one source. `owner`: of whom files with a second name elsewhere may be; None where that does not matter."""

    archive: Archive
    leaves_out: tuple[str, ...]
    owner: int | None

    def through(self, folder: int, name: str, path: str) -> Iterator[tuple[str, int]]:
        try:
            state = os.stat(name, dir_fd=folder, follow_symlinks=False)
        except OSError:
            return
        if stat.S_ISDIR(state.st_mode):
            yield from self._through_folder(folder, name, path)
        elif not (self.leaves_out and name.endswith(self.leaves_out)):
            handle = self._open(folder, name, path)
            if handle is not None:
                yield path, handle

    def _through_folder(self, folder: int, name: str, path: str) -> Iterator[tuple[str, int]]:
        try:
            below = os.open(name, _FOLDER, dir_fd=folder)
        except OSError:
            return
        try:
            for each in sorted(os.listdir(below)):  # noqa: PTH208 - an open folder
                yield from self.through(below, each, f"{path}/{each}")
        finally:
            os.close(below)

    def _open(self, folder: int, name: str, path: str) -> int | None:
        try:
            safe_path(path)
            handle = os.open(name, _OPEN, dir_fd=folder)
        except UnsafePath as error:
            self._leave_out(ascii(path)[:150], f"has a name that {error}")
            return None
        except FileNotFoundError:
            self.archive.vanished(path)
            return None
        except OSError as error:
            self._leave_out(path, f"can't be read ({error.strerror})")
            return None
        opened = os.fstat(handle)
        # The same file has a name elsewhere, where it may be somebody else's.
        is_foreign = self.owner is not None and opened.st_nlink > 1 and opened.st_uid != self.owner
        if not stat.S_ISREG(opened.st_mode) or is_foreign:
            os.close(handle)
            self._leave_out(path, "is no plain file of this server")
            return None
        return handle

    def _leave_out(self, path: str, why: str) -> None:
        self.archive.note(f"{path} was left out, because it {why}.")


def _size_of(world: dict[str, Any] | None, sources: list[Source]) -> int:
    total = _size(Path(world.get("packed") or world["source"])) if world is not None else 0
    for source in sources:
        top = Path(source.root) / source.path
        total += _size(top)
        for folder, _, files in os.walk(top):
            total += sum(_size(Path(folder) / name) for name in files if not name.endswith(source.leaves_out or ("\0",)))
    return total


# Small things


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
        if _mark(os.fstat(handle)) == _mark(before) and len(data) == before.st_size:
            return data, True
    return data, False


def _header(member: tarfile.TarInfo) -> bytes:
    return member.tobuf(tarfile.PAX_FORMAT, "utf-8", "surrogateescape")


def _mark(state: os.stat_result) -> tuple[int, int, int, int]:
    return state.st_dev, state.st_ino, state.st_size, state.st_mtime_ns


def _size(path: Path) -> int:
    try:
        state = path.lstat()
    except OSError:
        return 0
    return state.st_size if stat.S_ISREG(state.st_mode) else 0


def _write_durably(path: Path, data: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        view = memoryview(data)
        while view:
            view = view[os.write(handle, view) :]
        os.fsync(handle)
    finally:
        os.close(handle)


if __name__ == "__main__":
    child_talk.run(main)
