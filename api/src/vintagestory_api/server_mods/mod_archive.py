"""Looks at one file (or folder) of a mod without unpacking it: what does it say of itself, will the game take it, is it harmless?

Files come from the internet, from uploads and from people's hands, so everything in them is doubted until it has been compared
with what is really there. The list at the end of a zip is read here, and not by `zipfile`, because it has to be looked at before
it is believed: its sizes, its names, and whether its parts lie on top of each other. All functions block; none raises for what is
in a file.
"""

import errno
import os
import re
import stat
import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from vintagestory_api.server_mods.mod_program import read_dll, read_source
from vintagestory_api.server_mods.modinfo import MAX_MODINFO_BYTES, ModInfo, Problem, read_modinfo
from vintagestory_api.server_mods.schemas import ModKind

KINDS: Final[dict[str, ModKind]] = {".zip": "zip", ".dll": "dll", ".cs": "cs"}
#: The mod database takes 40 MB by default, and more from some.
MAX_FILE_BYTES: Final = 1_000_000_000
MAX_UNPACKED_BYTES: Final = 2_000_000_000
MAX_ENTRIES: Final = 50_000
MAX_PROGRAM_BYTES: Final = 100_000_000

MODINFO: Final = "modinfo.json"
_MAX_LIST_BYTES = 10_000_000
#: Up to this size nobody cares how well it is packed; textures and texts are packed twenty times at best.
_FREE_BYTES, _MAX_RATIO = 100_000_000, 60
_MAX_NAME_BYTES, _MAX_PART_BYTES = 1_000, 255
_MAX_FOLDER_FILES = 50_000
_READ_BYTES = 1 << 20

_END, _END_MARK, _MAX_COMMENT = struct.Struct("<4s4H2LH"), b"PK\x05\x06", 0xFFFF
_LOCATOR, _LOCATOR_MARK = struct.Struct("<4sLQL"), b"PK\x06\x07"
_END64, _END64_MARK = struct.Struct("<4sQ2H2L4Q"), b"PK\x06\x06"
_ENTRY, _ENTRY_MARK = struct.Struct("<4s6H3L5H2L"), b"PK\x01\x02"
_LOCAL, _LOCAL_MARK = struct.Struct("<4s5H3L2H"), b"PK\x03\x04"
_ENCRYPTED, _UTF8 = 0x2041, 0x800  # encrypted in the old way, the strong way, or with a masked list
_STORED, _DEFLATED = 0, 8
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_FULL16, _FULL32 = 0xFFFF, 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class ModFile:
    """What was found in one file of a mod. `info` is None for a program (dll or cs) that does not tell.

    `unpacked_bytes` is what it takes when it is unpacked, as it says itself; `entries` counts files.
    """

    kind: ModKind
    file_name: str
    size_bytes: int
    info: ModInfo | None
    entries: int = 1
    unpacked_bytes: int = 0


class _Refused(Exception):
    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.problem = Problem(code, message)


@dataclass(frozen=True, slots=True)
class _Entry:
    name: str
    method: int
    crc: int
    packed: int
    size: int
    offset: int
    name_bytes: int


def kind_of(file_name: str) -> ModKind | None:
    """The kind of a file by its name, as the game tells it; None for what it ignores."""
    return KINDS.get(os.path.splitext(file_name)[1].lower())  # noqa: PTH122 - a name, no path


def inspect_file(path: Path, *, kind: ModKind | None = None, name: str | None = None) -> ModFile | Problem:
    """Look at a file or folder that lies at `path`; links are not followed.

    `kind`: where its name does not tell; `name`: what the answer calls it.
    """
    name = name or path.name
    try:
        found = path.lstat()
        if stat.S_ISLNK(found.st_mode):
            return Problem("link", "It is a link to another place, which is not followed. Put the file itself there.")
        if stat.S_ISDIR(found.st_mode):
            return _inspect_folder(path, name)
        kind = kind or kind_of(name)
        if kind is None or kind == "folder":
            return Problem("not_a_mod", "It is no file of a mod: the game takes .zip, .dll and .cs.")
        with _open(path) as file:
            return inspect_open_file(file, kind, name)
    except _Refused as refused:
        return refused.problem
    except OSError as error:
        return _not_readable(error)


def inspect_open_file(file: BinaryIO, kind: ModKind, name: str) -> ModFile | Problem:
    """The same for a file that is open for reading in binary, without a buffer or with one."""
    try:
        size = os.fstat(file.fileno()).st_size
        if size > MAX_FILE_BYTES:
            raise _Refused("too_big", f"It has {_megabytes(size)}; a mod may have {_megabytes(MAX_FILE_BYTES)}.")
        if kind == "zip":
            return _inspect_zip(file, size, name)
        return _inspect_program(file, size, kind, name)
    except _Refused as refused:
        return refused.problem
    except OSError as error:
        return _not_readable(error)


def find_damage(path: Path, *, should_stop: Callable[[], bool] = lambda: False) -> Problem | None:
    """Unpack a whole zip, into nowhere, and compare every size and check sum with what its list says.

    Takes about a second for 300 MB of contents. `should_stop` is asked in between; when it says so, the answer is None.
    """
    try:
        with _open(path) as file:
            size = os.fstat(file.fileno()).st_size
            for entry in _read_list(file, size):
                crc = length = 0
                for block in _contents(file, entry):
                    if should_stop():
                        return None
                    crc, length = zlib.crc32(block, crc), length + len(block)
                if length != entry.size or crc != entry.crc:
                    raise _damaged(f"“{_shown(entry.name)}” in it is not what its list says")
    except _Refused as refused:
        return refused.problem
    except OSError as error:
        return _not_readable(error)
    return None


def _open(path: Path) -> BinaryIO:
    # Not blocking: a pipe that lies there instead of a file would keep us for ever.
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise _Refused("not_a_mod", "It is neither a file nor a folder.")
        return os.fdopen(handle, "rb", buffering=0)
    except BaseException:
        os.close(handle)
        raise


def _not_readable(error: OSError) -> Problem:
    if error.errno == errno.ELOOP:
        return Problem("link", "It is a link to another place, which is not followed. Put the file itself there.")
    return Problem("not_readable", f"It can't be read ({error.strerror or error}).")


# Folders and programs


def _inspect_folder(path: Path, name: str) -> ModFile | Problem:
    files, size = _measure_folder(path)
    inside = path / MODINFO
    try:
        with _open(inside) as file:
            data = file.read(MAX_MODINFO_BYTES + 1)
    except FileNotFoundError:
        return Problem("no_modinfo", f"The game takes every folder here for a mod, and this one has no {MODINFO} in it.")
    info = read_modinfo(data)
    if isinstance(info, Problem):
        return info
    return ModFile("folder", name, size, info, files, size)


def _measure_folder(path: Path) -> tuple[int, int]:
    files = size = 0
    waiting = [path]
    while waiting:
        with os.scandir(waiting.pop()) as found:
            for entry in found:
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(Path(entry.path))
                else:
                    files, size = files + 1, size + entry.stat(follow_symlinks=False).st_size
                if files + len(waiting) > _MAX_FOLDER_FILES:
                    raise _Refused("too_big", f"It holds more than {_MAX_FOLDER_FILES} files.")
    return files, size


def _inspect_program(file: BinaryIO, size: int, kind: ModKind, name: str) -> ModFile | Problem:
    if size > MAX_PROGRAM_BYTES:
        raise _Refused("too_big", f"It has {_megabytes(size)}; a program may have {_megabytes(MAX_PROGRAM_BYTES)}.")
    data = _read_at(file, 0, size)
    if kind == "dll" and not data.startswith(b"MZ"):
        raise _Refused("not_a_mod", "It is called .dll, but it is no program library.")
    info = read_dll(data) if kind == "dll" else read_source(data)
    return ModFile(kind, name, size, info, 1, size)


# Zips


def _inspect_zip(file: BinaryIO, size: int, name: str) -> ModFile | Problem:
    entries = _read_list(file, size)
    files = [entry for entry in entries if not entry.name.endswith("/")]
    inside = next((entry for entry in files if entry.name == MODINFO), None)
    if inside is None:
        raise _without_modinfo(files)
    if inside.size > MAX_MODINFO_BYTES:
        raise _Refused("bad_modinfo", f"Its {MODINFO} is larger than {MAX_MODINFO_BYTES // 1024} kB.")
    data = b"".join(_contents(file, inside))
    if len(data) != inside.size or zlib.crc32(data) != inside.crc:
        raise _damaged(f"its {MODINFO} is not what its list says")
    info = read_modinfo(data)
    if isinstance(info, Problem):
        return info
    return ModFile("zip", name, size, info, len(files), sum(entry.size for entry in files))


def _without_modinfo(files: list[_Entry]) -> _Refused:
    nested = next((entry.name for entry in files if entry.name.endswith("/" + MODINFO)), None)
    if nested is not None:
        folder = _shown(nested.removesuffix(MODINFO))
        return _Refused(
            "modinfo_in_folder",
            f"Its {MODINFO} is inside the folder “{folder}”, where the game does not look (it says “Missing {MODINFO}”)."
            f" Pack it again so that {MODINFO} is at the top.",
        )
    other = next((entry.name for entry in files if entry.name.casefold() == MODINFO), None)
    if other is not None:
        return _Refused("no_modinfo", f"It has “{other}” where it must be called “{MODINFO}” in small letters.")
    return _Refused("no_modinfo", f"There is no {MODINFO} in it, so it is no mod.")


def _read_list(file: BinaryIO, size: int) -> list[_Entry]:
    """Every entry of a zip, after all of them have been looked at."""
    if size < _END.size:
        raise _Refused("not_zip", "It is empty." if size == 0 else "It is too small to be a zip.")
    start = _read_at(file, 0, 16)
    if not start.startswith((_LOCAL_MARK, _END_MARK)):
        raise _no_zip(start)
    count, list_size, list_offset = _find_list(file, size)
    if count > MAX_ENTRIES or list_size > _MAX_LIST_BYTES:
        raise _Refused("too_big", f"It holds more than {MAX_ENTRIES} files.")
    data = _read_at(file, list_offset, list_size)
    entries: list[_Entry] = []
    position = 0
    while position < len(data):
        entry, position = _read_entry(data, position, list_offset)
        entries.append(entry)
        if len(entries) > count:
            break
    if len(entries) != count:
        raise _damaged("its list of files doesn't agree with itself")
    _look_at(entries, size)
    return entries


def _no_zip(start: bytes) -> _Refused:
    if start.lstrip().lower().startswith((b"<!doctype", b"<html", b"<?xml")):
        return _Refused("not_zip", "It is a web page and no zip, probably an error message that was saved in its place.")
    return _Refused("not_zip", "It is called .zip, but it is none.")


def _find_list(file: BinaryIO, size: int) -> tuple[int, int, int]:
    """Number of entries, length and place of the list."""
    tail_offset = max(0, size - _END.size - _MAX_COMMENT)
    tail = _read_at(file, tail_offset, size - tail_offset)
    found = tail.rfind(_END_MARK)
    while found >= 0:
        if found + _END.size <= len(tail):
            end = _END.unpack_from(tail, found)
            if found + _END.size + end[7] == len(tail):
                break
        found = tail.rfind(_END_MARK, 0, found)
    if found < 0:
        raise _damaged("its end is missing, so it was probably not transferred completely")
    _mark, disk, list_disk, on_disk, count, list_size, list_offset, _comment = end
    end_offset = tail_offset + found
    if _FULL16 in {disk, list_disk, on_disk, count} or _FULL32 in {list_size, list_offset}:
        disk, list_disk, on_disk, count, list_size, list_offset, end_offset = _find_list_64(file, end_offset)
    if disk or list_disk or on_disk != count:
        raise _damaged("it is one part of several")
    if list_offset + list_size > end_offset:
        raise _damaged("its list of files is not where it should be")
    return count, list_size, list_offset


def _find_list_64(file: BinaryIO, end_offset: int) -> tuple[int, int, int, int, int, int, int]:
    lies = _damaged("its list of files is not where it should be")
    place = end_offset - _LOCATOR.size
    if place < 0:
        raise lies
    mark, _disk, end64_offset, _disks = _LOCATOR.unpack(_read_at(file, place, _LOCATOR.size))
    if mark != _LOCATOR_MARK or end64_offset + _END64.size > place:
        raise lies
    end = _END64.unpack(_read_at(file, end64_offset, _END64.size))
    if end[0] != _END64_MARK or end64_offset + 12 + end[1] != place:
        raise lies
    return end[4], end[5], end[6], end[7], end[8], end[9], end64_offset


def _read_entry(data: bytes, position: int, list_offset: int) -> tuple[_Entry, int]:
    if position + _ENTRY.size > len(data):
        raise _damaged("its list of files is cut off")
    mark, made_by, _needs, flags, method, _time, _date, crc, packed, size, *rest = _ENTRY.unpack_from(data, position)
    name_size, extra_size, comment_size, disk, _internal, attributes, offset = rest
    name_start = position + _ENTRY.size
    extra_start = name_start + name_size
    after = extra_start + extra_size + comment_size
    if mark != _ENTRY_MARK or after > len(data):
        raise _damaged("its list of files is cut off")
    raw = data[name_start:extra_start]
    if _FULL32 in {packed, size, offset}:
        packed, size, offset = _real_numbers(data[extra_start : extra_start + extra_size], packed, size, offset)
    name = _good_name(raw, flags)
    if flags & _ENCRYPTED:
        raise _Refused("encrypted", f"“{_shown(name)}” in it is encrypted, which the game can't read.")
    if method not in {_STORED, _DEFLATED}:
        raise _Refused("damaged", f"“{_shown(name)}” in it is packed in a way that the game may not read ({method}).")
    kind = stat.S_IFMT(attributes >> 16) if made_by >> 8 in {3, 19} else 0  # made on Unix or a Mac
    if kind not in {0, stat.S_IFREG, stat.S_IFDIR}:
        raise _Refused("unsafe_name", f"“{_shown(name)}” in it is a link or a device and no file.")
    if method == _STORED and packed != size:
        raise _damaged(f"the sizes of “{_shown(name)}” in it contradict each other")
    if offset + _LOCAL.size + name_size + packed > list_offset or disk not in {0, _FULL16}:
        raise _damaged(f"“{_shown(name)}” in it lies beyond its end")
    return _Entry(name, method, crc, packed, size, offset, name_size), after


def _real_numbers(extra: bytes, packed: int, size: int, offset: int) -> tuple[int, int, int]:
    position = 0
    while position + 4 <= len(extra):
        kind, length = struct.unpack_from("<2H", extra, position)
        if kind == 1 and position + 4 + length <= len(extra):
            numbers = iter(struct.unpack_from(f"<{length // 8}Q", extra, position + 4))
            try:
                size = next(numbers) if size == _FULL32 else size
                packed = next(numbers) if packed == _FULL32 else packed
                offset = next(numbers) if offset == _FULL32 else offset
            except StopIteration:
                break
            return packed, size, offset
        position += 4 + length
    raise _damaged("its list of files doesn't agree with itself")


def _good_name(raw: bytes, flags: int) -> str:
    """With `/` between its parts. Some tools of Windows write backslashes, which the game reads as slashes, and so do we."""
    name = raw.decode("utf-8" if flags & _UTF8 else "cp437", "replace").replace("\\", "/")
    parts = name.split("/")
    if (
        not name
        or len(raw) > _MAX_NAME_BYTES
        or name.startswith("/")
        or ".." in parts
        or (len(parts[0]) > 1 and parts[0][1] == ":")
        or _CONTROL.search(name)
        or max(map(len, parts)) > _MAX_PART_BYTES
    ):
        raise _Refused(
            "unsafe_name", f"A file in it is called “{_shown(name)}”, which leads out of its folder or is no name for a file."
        )
    return name


def _look_at(entries: list[_Entry], size: int) -> None:
    unpacked = sum(entry.size for entry in entries)
    if unpacked > MAX_UNPACKED_BYTES:
        raise _Refused("bomb", f"It would take {_megabytes(unpacked)} unpacked; a mod may take {_megabytes(MAX_UNPACKED_BYTES)}.")
    if unpacked > _FREE_BYTES and unpacked > size * _MAX_RATIO:
        raise _Refused("bomb", f"It would take {_megabytes(unpacked)} unpacked, from {_megabytes(size)}: that is no mod.")
    names = {entry.name.rstrip("/") for entry in entries}
    if len(names) != len(entries):
        raise _Refused("duplicate_names", "Two files in it have the same name.")
    # What lies on top of another is how a small file holds a large one many times.
    ordered = sorted(entries, key=lambda entry: entry.offset)
    ends = [entry.offset + _LOCAL.size + entry.name_bytes + entry.packed for entry in ordered]
    starts = [entry.offset for entry in ordered[1:]]
    # That the last one ends before the list was seen when it was read.
    if any(end > start for end, start in zip(ends, starts, strict=False)):
        raise _Refused("bomb", "Its files lie on top of each other: that is no mod.")


def _contents(file: BinaryIO, entry: _Entry) -> Iterator[bytes]:
    """What an entry holds, in blocks, and never more than one byte over what its list says."""
    header = _LOCAL.unpack(_read_at(file, entry.offset, _LOCAL.size))
    if header[0] != _LOCAL_MARK or header[2] & _ENCRYPTED or header[3] != entry.method:
        raise _damaged(f"“{_shown(entry.name)}” in it is not what its list says")
    position = entry.offset + _LOCAL.size + header[9] + header[10]
    left, room = entry.packed, entry.size + 1
    unpacker = zlib.decompressobj(-zlib.MAX_WBITS) if entry.method == _DEFLATED else None
    while left and room:
        packed = _read_at(file, position, min(_READ_BYTES, left))
        position, left = position + len(packed), left - len(packed)
        if unpacker is None:
            yield packed
            continue
        while packed and room and not unpacker.eof:
            try:
                block = unpacker.decompress(packed, min(_READ_BYTES, room))
            except zlib.error:
                raise _damaged(f"“{_shown(entry.name)}” in it can't be unpacked") from None
            packed, room = unpacker.unconsumed_tail, room - len(block)
            yield block


def _read_at(file: BinaryIO, offset: int, length: int) -> bytes:
    data = bytearray()
    file.seek(offset)
    while len(data) < length:
        block = file.read(length - len(data))
        if not block:
            raise _damaged("it ends too early")
        data += block
    return bytes(data)


def _damaged(what: str) -> _Refused:
    return _Refused("damaged", f"It is damaged: {what}.")


def _shown(name: str) -> str:
    return "".join(letter if letter.isprintable() else "?" for letter in name[:120])


def _megabytes(size: int) -> str:
    return f"{size / 1_000_000:,.0f} MB".replace(",", " ")
