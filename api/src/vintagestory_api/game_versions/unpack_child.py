"""Unpacks an archive of the game: `python -m vintagestory_api.game_versions.unpack_child ARCHIVE_FD TARGET LIMITS`.

A process of its own, because unpacking holds the interpreter's lock for seconds, and because an archive is hostile until it has
been read: a crash or a flood of memory ends only this process. Only the standard library is imported.

The archive may still be growing. What may be read of it is told on the standard input: `have BYTES`, and last `all BYTES`; when
that ends before, whoever started this is gone, and nothing is left to do. It prints lines: `progress READ_BYTES`, and last either
`done JSON` or `refused KIND TEXT` (kinds: broken, bomb, unsafe, no_server, disk_full, not_written). What it has written by then
is for the caller to remove.
"""

import contextlib
import errno
import json
import os
import queue
import re
import sys
import tarfile
import threading
import time
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, TextIO, cast

_READ_BYTES = 1 << 17
_BLOCK_BYTES = 1 << 18
_BLOCKS_AHEAD = 4
_TELL_EVERY_SECONDS = 0.1
#: From this size on the disk begins to write a file at once, so that there is less to wait for at the end.
_LARGE_FILE_BYTES = 4 << 20
#: What a hostile header may make us hold; a good archive takes a few megabytes.
_MAX_MEMORY_BYTES = 1 << 30
_GZIP = 31

VERSION_FILE = re.compile(r"assets/version-([0-9A-Za-z.+-]{1,40})\.txt", re.ASCII)
PROGRAMS = ("VintagestoryServer", "VintagestoryServer.dll")
PROGRAMS_BY_NAME = frozenset({"VintagestoryServer", "server.sh"})
_MAX_PART_BYTES, _MAX_NAME_BYTES = 255, 1_000


class Refused(Exception):
    """The archive is not unpacked."""

    def __init__(self, kind: str, text: str) -> None:
        super().__init__(text)
        self.kind = kind


class LeftAlone(Exception):
    """Nobody waits for what is unpacked."""


@dataclass(frozen=True)
class Limits:
    """What is unpacked has at most `max_bytes`, and from `free_bytes` on not more than `max_ratio` times what was read."""

    max_bytes: int
    free_bytes: int
    max_ratio: int
    max_members: int


class Growing:
    """The archive, as far as it may be read."""

    def __init__(self, handle: int, told: TextIO) -> None:
        self._handle = handle
        self._told = told
        self._allowed = 0
        self._is_whole = False
        self.read_bytes = 0

    def read(self, size: int) -> bytes:
        while self.read_bytes >= self._allowed and not self._is_whole:
            word, _, count = self._told.readline().partition(" ")
            if word not in {"have", "all"}:
                raise LeftAlone
            self._allowed, self._is_whole = int(count), word == "all"
        data = os.pread(self._handle, min(size, self._allowed - self.read_bytes), self.read_bytes)
        self.read_bytes += len(data)
        return data


class Gunzipped:
    """What is packed in a gzip stream, decompressed in a thread while the last block is being written."""

    def __init__(self, file: Growing, limits: Limits) -> None:
        self._file = file
        self._limits = limits
        self._blocks: queue.Queue[bytes | Exception] = queue.Queue(_BLOCKS_AHEAD)
        self._rest = b""
        self._is_over = False
        threading.Thread(target=self._work, daemon=True).start()

    def read(self, size: int) -> bytes:
        parts, have = [self._rest], len(self._rest)
        while have < size and not self._is_over:
            block = self._blocks.get()
            if isinstance(block, Exception):
                raise block
            self._is_over = not block
            parts.append(block)
            have += len(block)
        whole = b"".join(parts)
        self._rest = whole[size:]
        return whole[:size]

    def drain(self) -> None:
        """Read on to the end, where the checksum is."""
        while self.read(_BLOCK_BYTES):
            pass

    def _work(self) -> None:
        try:
            written = 0
            for block in self._decompressed():
                written += len(block)
                most = min(self._limits.max_bytes, max(self._limits.free_bytes, self._file.read_bytes * self._limits.max_ratio))
                if written > most:
                    raise Refused("bomb", f"it holds more than {most / 1e6:,.0f} MB, far more than its size tells")
                if block:
                    self._blocks.put(block)
            self._blocks.put(b"")
        except zlib.error:
            self._blocks.put(Refused("broken", "its packed data is damaged"))
        except Exception as error:  # noqa: BLE001 - told where it is read
            self._blocks.put(error)

    def _decompressed(self) -> Iterator[bytes]:
        unpacker = zlib.decompressobj(_GZIP)
        started = False
        while data := self._file.read(_READ_BYTES):
            if not started and data[:2] != b"\x1f\x8b":
                raise Refused("broken", _what_it_is(data))
            started = True
            while data:
                if unpacker.eof:
                    if not data.strip(b"\0"):
                        break
                    unpacker = zlib.decompressobj(_GZIP)
                yield unpacker.decompress(data, _BLOCK_BYTES)
                data = unpacker.unused_data if unpacker.eof else unpacker.unconsumed_tail
        if not started:
            raise Refused("broken", "it is empty")
        if not unpacker.eof:
            raise Refused("broken", "its end is missing")


@dataclass
class Unpacked:
    """What was unpacked so far. `links` come last, when nothing is written any more that could go through one."""

    files: set[str] = field(default_factory=set)
    folders: set[str] = field(default_factory=set)
    links: dict[str, str] = field(default_factory=dict)
    members: int = 0
    size: int = 0

    def claim(self, name: str) -> None:
        """Raises `Refused` for a name that is there already, or below something that is no folder."""
        if name in self.files or name in self.links or name in self.folders:
            raise Refused("unsafe", f"it holds {name} twice")
        for parent in parents_of(name):
            if parent in self.files or parent in self.links:
                raise Refused("unsafe", f"it holds {parent} as a file and as a folder")


def main(archive: str, target: str, limits_json: str) -> int:
    _limit_memory()
    limits = Limits(**json.loads(limits_json))
    try:
        found = _unpack(Growing(int(archive), sys.stdin), Path(target), limits)
    except LeftAlone:
        return 1
    except Refused as refused:
        _say("refused", refused.kind, str(refused))
        return 1
    except OSError as error:
        kind = "disk_full" if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG} else "not_written"
        _say("refused", kind, error.strerror or type(error).__name__)
        return 1
    except (tarfile.TarError, ValueError, OverflowError, MemoryError, RecursionError) as error:
        _say("refused", "broken", f"it is no readable archive ({type(error).__name__})")
        return 1
    _say("done", json.dumps(found))
    return 0


def _unpack(file: Growing, target: Path, limits: Limits) -> dict[str, Any]:
    stream = Gunzipped(file, limits)
    done = Unpacked()
    told = time.monotonic()
    with tarfile.open(fileobj=cast("Any", stream), mode="r|", bufsize=_BLOCK_BYTES, errorlevel=2) as archive:
        while (member := archive.next()) is not None:
            cast("Any", archive).members.clear()  # or all of them are kept until the end
            done.members += 1
            if done.members > limits.max_members:
                raise Refused("bomb", f"it holds more than {limits.max_members:,} files")
            _take(archive, member, target, done)
            if time.monotonic() - told > _TELL_EVERY_SECONDS:
                told = time.monotonic()
                _say("progress", str(file.read_bytes))
        stream.drain()
    make_links(target, done)
    version = look_for_server(target, done)
    return {"version": version, "files": len(done.files), "size_bytes": done.size}


def _take(archive: tarfile.TarFile, member: tarfile.TarInfo, target: Path, done: Unpacked) -> None:
    name = safe_name(member.name)
    if name is None:
        return
    if member.isdir():
        if name not in done.folders:
            done.claim(name)
            make_folders(target, [*parents_of(name), name], done)
        return
    done.claim(name)
    make_folders(target, parents_of(name), done)
    if member.isreg() and not member.issparse():
        _write_file(archive, member, target / name, name)
        done.files.add(name)
        done.size += member.size
    elif member.islnk():
        source = safe_name(member.linkname)
        if source is None or source not in done.files:
            raise Refused("unsafe", f"{name} is a link to something that it does not hold")
        os.link(target / source, target / name)
        done.files.add(name)
    elif member.issym():
        done.links[name] = member.linkname
    else:
        raise Refused("unsafe", f"{name} is no plain file")


def _write_file(archive: tarfile.TarFile, member: tarfile.TarInfo, path: Path, name: str) -> None:
    is_program = name in PROGRAMS_BY_NAME or member.mode & 0o100
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    handle = os.open(path, flags, 0o755 if is_program else 0o644)
    try:
        stream = cast("BinaryIO", archive.fileobj)
        stream.seek(member.offset_data)
        left = member.size
        while left:
            block = stream.read(min(left, _BLOCK_BYTES))
            if not block:
                raise Refused("broken", "its end is missing")
            left -= len(block)
            view = memoryview(block)
            while view:
                view = view[os.write(handle, view) :]
        if member.size >= _LARGE_FILE_BYTES:
            with contextlib.suppress(OSError):
                os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
    finally:
        os.close(handle)


def make_folders(target: Path, names: list[str], done: Unpacked) -> None:
    for name in names:
        if name not in done.folders:
            (target / name).mkdir(mode=0o755)
            done.folders.add(name)


def make_links(target: Path, done: Unpacked) -> None:
    for name, goal in done.links.items():
        if not goal or goal.startswith("/") or not goal.isprintable() or len(os.fsencode(goal)) > _MAX_NAME_BYTES:
            raise Refused("unsafe", f"{name} is a link that leads out of it")
        (target / name).symlink_to(goal)
    root = target.resolve()
    for name in done.links:
        try:
            is_inside = (target / name).resolve(strict=True).is_relative_to(root)
        except (OSError, RuntimeError):
            is_inside = False
        if not is_inside:
            raise Refused("unsafe", f"{name} is a link that leads out of it, or to nothing")


def look_for_server(target: Path, done: Unpacked) -> str:
    versions = [found[1] for name in done.files if (found := VERSION_FILE.fullmatch(name))]
    if not any(program in done.files for program in PROGRAMS):
        raise Refused("no_server", "there is no VintagestoryServer at its top")
    if len(versions) != 1:
        told = f"{len(versions)} files assets/version-….txt" if versions else "no file assets/version-….txt"
        raise Refused("no_server", f"it holds {told}, where a clean install has exactly one")
    for program in PROGRAMS[:1]:
        if program in done.files:
            (target / program).chmod(0o755)
    return versions[0]


def safe_name(name: str) -> str | None:
    """The name below the target; None for the top itself. Raises `Refused`."""
    parts = [part for part in name.split("/") if part not in {"", "."}]
    if name.startswith("/") or ".." in parts or "\\" in name:
        raise Refused("unsafe", f"{name[:100]!r} leads out of it")
    if not name.isprintable():
        raise Refused("unsafe", "it holds a name that can't be printed")
    if any(len(os.fsencode(part)) > _MAX_PART_BYTES for part in parts) or len(name) > _MAX_NAME_BYTES:
        raise Refused("unsafe", "it holds a name that is too long")
    return "/".join(parts) or None


def parents_of(name: str) -> list[str]:
    """Outermost first."""
    parts = name.split("/")
    return ["/".join(parts[:end]) for end in range(1, len(parts))]


def _what_it_is(start: bytes) -> str:
    if start[:2] == b"PK":
        return "it is a zip archive, like those for Windows; take the .tar.gz for Linux servers"
    if start.lstrip()[:1] == b"<":
        return "it is a web page"
    return "it is no .tar.gz archive"


def _say(*words: str) -> None:
    sys.stdout.write(" ".join(words).replace("\n", " ") + "\n")
    sys.stdout.flush()


def _limit_memory() -> None:
    """An archive that wants all memory gets an error."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource  # noqa: PLC0415 - only on Unix

        resource.setrlimit(resource.RLIMIT_AS, (_MAX_MEMORY_BYTES, _MAX_MEMORY_BYTES))


if __name__ == "__main__":
    code = main(*sys.argv[1:4])
    sys.stdout.flush()
    # Not the interpreter's long way: a thread may still wait to hand over a block.
    os._exit(code)
