"""The log files that a game writes below its data folder: which there are, and what they say, read from their end backwards.

They can have gigabytes, grow while they are read, and be moved into the archive by the game: everything here reads a bounded
number of bytes, of the file that was opened. All of it blocks: call it in a thread.
"""

import os
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from vintagestory_api.errors import NotFound
from vintagestory_api.kit.clock import rfc3339
from vintagestory_api.servers.console_lines import LineReader, LineType, RawLine, has_head
from vintagestory_api.servers.schemas import LogFile, LogFileLine, LogFilePage
from vintagestory_api.storage.guarded_paths import NoSuchFile, PathNotAllowed, open_below, resolve_below

FOLDER = "Logs"
ARCHIVE = "Archive"
MAX_FILES = 500
_MAX_ENTRIES = 10_000
_ENDINGS = (".log", ".txt")

#: Of a file that is read for one page, and of the text on it.
MAX_READ_BYTES = 16 << 20
MAX_PAGE_CHARACTERS = 1_000_000
WINDOW_BYTES = 256 << 10
#: A line that is longer than this is shown in parts.
MAX_LINE_BYTES = 4 << 20
_MAX_LINES_WITHOUT_HEAD = 1_000
_LATEST_MS = 4_000_000_000_000


class NoLogFile(NotFound):
    code = "log_file_not_found"


def list_log_files(data_path: Path) -> list[LogFile]:
    """The newest first, those of the archive included. Links are left out."""
    try:
        folder = resolve_below(data_path, FOLDER)
    except (NoSuchFile, PathNotAllowed):
        return []
    found = [*_files_in(folder, "")]
    runs = sorted((entry.name for entry in _entries(folder / ARCHIVE) if entry.is_dir(follow_symlinks=False)), reverse=True)
    for name in runs:
        if len(found) >= MAX_FILES:
            break
        found += _files_in(folder / ARCHIVE / name, f"{ARCHIVE}/{name}/")
    found.sort(key=lambda file: (file.modified_at, file.name), reverse=True)
    return found[:MAX_FILES]


def open_log_file(data_path: Path, name: str) -> BinaryIO:
    """Raises `NoLogFile` and `PathNotAllowed`."""
    if not name.endswith(_ENDINGS):
        raise NoLogFile("There is no log file of this name.")
    try:
        return open_below(data_path, f"{FOLDER}/{name}")
    except NoSuchFile:
        raise NoLogFile("There is no log file of this name. The game may have moved it into the archive.") from None


def read_log_page(
    data_path: Path, name: str, *, limit: int, before: int = 0, types: Collection[LineType] = (), q: str = ""
) -> LogFilePage:
    """The last lines that end before that byte (0: the end of the file), of those types and with that text, oldest first.

    Raises what `open_log_file` raises.
    """
    with open_log_file(data_path, name) as file:
        size = os.fstat(file.fileno()).st_size
        wanted = _Wanted(frozenset(types), q.casefold())
        found: list[LogFileLine] = []
        end = first = min(before, size) if before else size
        read = characters = 0
        while end > 0 and read < MAX_READ_BYTES:
            window = _window_before(file, end)
            read += end - window.start
            end = window.start
            for number, (time, line_type, text, _) in window.lines(wanted):
                if len(found) == limit or characters > MAX_PAGE_CHARACTERS:
                    return _page(name, found, first, size)
                first = number
                if wanted.fits(line_type, text):
                    found.append(LogFileLine(number=number, time=time, type=line_type, text=text))
                    characters += len(text)
            first = end
        return _page(name, found, first, size, is_partial=first > 0)


def _page(name: str, found: list[LogFileLine], first: int, size: int, *, is_partial: bool = False) -> LogFilePage:
    return LogFilePage(
        name=name, lines=found[::-1], next_before=first or None, is_partial=is_partial and first > 0, size_bytes=size
    )


@dataclass(frozen=True)
class _Wanted:
    types: frozenset[str]
    text: str

    def fits(self, line_type: str, text: str) -> bool:
        return (not self.types or line_type in self.types) and (not self.text or self.text in text.casefold())

    def may_be_in(self, data: bytes) -> bool:
        """Quicker than reading the lines: most of a large file is not looked for."""
        if self.types and "Output" not in self.types and not any(f"{name}] ".encode() in data for name in self.types):
            return False
        return not self.text or b"\x1b" in data or self.text in data.decode("utf-8", "replace").casefold()


@dataclass(frozen=True)
class _Window:
    """Whole lines of a file, from byte `start` on."""

    start: int
    data: bytes

    def lines(self, wanted: _Wanted) -> Iterator[tuple[int, RawLine]]:
        """Each with the byte where it begins, the last one first."""
        if not wanted.may_be_in(self.data):
            return
        at = self.start
        begins: list[int] = []
        for line in self.data.removesuffix(b"\n").split(b"\n"):
            begins.append(at)
            at += len(line) + 1
        yield from zip(reversed(begins), reversed(LineReader().read(self.data)), strict=True)


def _window_before(file: BinaryIO, end: int) -> _Window:
    """Some lines that end there. They begin with one that has a head, where there is such a one: those without follow it."""
    size = WINDOW_BYTES
    while True:
        start = max(0, end - size)
        data = os.pread(file.fileno(), end - start, start)
        if start == 0:
            return _Window(0, data)
        cut = data.find(b"\n") + 1
        if 0 < cut < len(data):
            break
        if size >= MAX_LINE_BYTES:
            return _Window(start, data)
        size *= 4
    at = cut
    for _ in range(_MAX_LINES_WITHOUT_HEAD):
        line_end = data.find(b"\n", at)
        if line_end < 0:
            break
        if has_head(data[at:line_end]):
            return _Window(start + at, data[at:])
        at = line_end + 1
    return _Window(start + cut, data[cut:])


def _files_in(folder: Path, prefix: str) -> Iterator[LogFile]:
    for entry in _entries(folder):
        if not entry.name.endswith(_ENDINGS) or not entry.name.isprintable() or not entry.is_file(follow_symlinks=False):
            continue
        try:
            status = entry.stat(follow_symlinks=False)
        except FileNotFoundError:
            continue  # moved into the archive at this moment
        yield LogFile(
            name=prefix + entry.name,
            size_bytes=status.st_size,
            modified_at=rfc3339(min(max(0, round(status.st_mtime * 1000)), _LATEST_MS)) or "",
            is_archived=bool(prefix),
        )


def _entries(folder: Path) -> list["os.DirEntry[str]"]:
    found: list[os.DirEntry[str]] = []
    try:
        if folder.is_symlink():
            return []
        with os.scandir(folder) as entries:
            for entry in entries:
                found.append(entry)
                if len(found) >= _MAX_ENTRIES:
                    break
    except OSError:
        return found
    return found
