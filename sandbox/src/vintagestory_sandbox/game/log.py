"""The log: standard output and the files in Logs/, each with its own form of the same line."""

import os
import re
import shutil
import time
from collections.abc import Iterable
from pathlib import Path

from vintagestory_sandbox.game.edition import Edition

_FILE_OF = {
    "Chat": "chat",
    "Audit": "audit",
    "Debug": "debug",
    "VerboseDebug": "debug",
    "Build": "build",
    "Worldgen": "worldgen",
}
_NOT_ON_CONSOLE = frozenset({"VerboseDebug", "StoryEvent", "Build", "Audit"})
_ARCHIVE = re.compile(r"\d{4}-\d\d-\d\d_\d\d_\d\d_\d\d")
_CRASH = "server-crash"
_MEGABYTE = 1 << 20


class Log:
    """Writes lines to where their type belongs."""

    def __init__(self, folder: Path, edition: Edition) -> None:
        self.folder = folder
        self.split_after = 500_000
        self._ending = edition.log_ending
        self._old = edition.line < (1, 20)
        self._files: dict[str, _File] = {}
        self._console = True
        self._second, self._stamp = -1, ""

    def begin(self, *, append: bool, archives: int, archive_mb: int) -> None:
        """Move the logs of the last run away, unless they are to be continued."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if not append:
            self._archive(archives, archive_mb)

    def write(self, kind: str, text: str) -> None:
        """One entry; only its first line has the time and the type."""
        self.write_many(kind, (text,))

    def write_many(self, kind: str, texts: Iterable[str]) -> None:
        """Entries of the same type and second, in one go."""
        stamp = self._now(kind)
        written = "Event" if kind == "StoryEvent" else kind
        if self._console and kind not in _NOT_ON_CONSOLE:
            start = f"{stamp} [Server {kind}] "
            self.put("".join([f"{start}{text}\n" for text in texts]).encode("utf-8", "surrogateescape"))
        start = f"{stamp} [{written}] "
        lines = [f"{start}{text}\n" for text in texts]
        self._file(_FILE_OF.get(kind, "main")).write(lines, self.split_after)
        if self._old and kind == "Event":
            self._file("event").write(lines, self.split_after)

    def put(self, data: bytes) -> None:
        """Bytes on standard output, as they are; nobody there is no reason to stop."""
        left = memoryview(data)
        try:
            while self._console and left:
                left = left[os.write(1, left) :]
        except OSError:
            self._console = False

    def _now(self, kind: str) -> str:
        moment = time.time()
        if int(moment) != self._second:
            self._second = int(moment)
            day = time.localtime(moment)
            clock = f"{day.tm_hour:02}:{day.tm_min:02}:{day.tm_sec:02}"
            self._stamp = f"{day.tm_mday}.{day.tm_mon}.{day.tm_year} {clock}"
        return f"{self._stamp}.{int(moment * 1000) % 1000:03}" if kind == "VerboseDebug" else self._stamp

    def _file(self, name: str) -> "_File":
        if name not in self._files:
            self._files[name] = _File(self.folder, f"server-{name}", self._ending)
        return self._files[name]

    def _archive(self, keep: int, most_mb: int) -> None:
        old = [path for path in self.folder.glob("server-*.*") if path.is_file() and not path.name.startswith(_CRASH)]
        archive = self.folder / "Archive"
        if old:
            target = archive / time.strftime("%Y-%m-%d_%H_%M_%S")
            target.mkdir(parents=True, exist_ok=True)
            for path in old:
                path.replace(target / path.name)
        kept = sorted((path for path in archive.glob("*") if _ARCHIVE.fullmatch(path.name)), reverse=True)
        size = 0
        for place, path in enumerate(kept):
            size += sum(file.stat().st_size for file in path.iterdir())
            if place >= keep or size > most_mb * _MEGABYTE:
                shutil.rmtree(path)


class _File:
    """A log file, and those that follow it when it is full."""

    def __init__(self, folder: Path, stem: str, ending: str) -> None:
        self._folder, self._stem, self._ending = folder, stem, ending
        self._number = 1
        self._lines = 0
        self._descriptor = self._open(stem)

    def write(self, lines: list[str], most: int) -> None:
        while lines:
            room = max(1, most - self._lines)
            part, lines = lines[:room], lines[room:]
            left = memoryview("".join(part).encode("utf-8", "surrogateescape"))
            while left:
                left = left[os.write(self._descriptor, left) :]
            self._lines += len(part)
            if self._lines >= most:
                self._continue()

    def _continue(self) -> None:
        os.close(self._descriptor)
        self._number += 1
        self._lines = 0
        self._descriptor = self._open(f"{self._stem}-{self._number}")

    def _open(self, stem: str) -> int:
        return os.open(self._folder / f"{stem}{self._ending}", os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
