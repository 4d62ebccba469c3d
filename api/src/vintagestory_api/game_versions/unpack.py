"""Unpacks an archive of the game into a new folder, in a child process that is never left behind."""

import asyncio
import contextlib
import json
import os
import selectors
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, BinaryIO, Final

import structlog

from vintagestory_api.errors import Invalid, Unavailable
from vintagestory_api.game_versions.unpack_child import Limits
from vintagestory_api.services.run_context import in_thread, should_stop

log = structlog.get_logger(__name__)

#: A version of the game holds some 20,000 files in 300 MB, packed to less than half.
MAX_MEMBERS: Final = 200_000
MAX_UNPACKED_BYTES: Final = 16_000_000_000
#: Up to this size nobody cares how well it is packed; from there on, zeros packed a thousandfold are no game.
_FREE_BYTES: Final = 200_000_000
_MAX_RATIO: Final = 20
#: Seldom enough that a pipe holds all that is said of the largest archive, also when nobody reads it yet.
_TELL_EVERY_BYTES: Final = 2_000_000
#: What an archive is taken to need unpacked, before anybody has looked inside: the real ones take two and a half times.
UNPACKED_TIMES: Final = 3

_CHILD = (sys.executable, "-m", "vintagestory_api.game_versions.unpack_child")
_LOOK_EVERY_SECONDS = 0.2
_MAX_LINE_BYTES = 20_000


class ArchiveRefused(Invalid):
    """It is no archive of a game server, or one that nobody should unpack. `permanent`: trying again won't help."""

    code = "archive_refused"
    permanent = True


class ArchiveBroken(Invalid):
    """It is cut off or damaged."""

    code = "archive_broken"
    permanent = True


class DiskFull(Unavailable):
    code = "disk_full"


class NotUnpacked(Unavailable):
    code = "archive_not_unpacked"


@dataclass(frozen=True)
class Contents:
    """What an archive held. `version` is what the install says of itself."""

    version: str
    files: int
    size_bytes: int


class Unpacking:
    """Unpacks `archive`, which may still be growing, into `target`, a folder that exists and is empty.

    Whatever is in `target` after an error is for the caller to remove. `name` is how messages call the archive. Make it in the
    event loop; it needs an end: `finish` or `cancel`.
    """

    def __init__(self, archive: BinaryIO, target: Path, *, name: str) -> None:
        self._name = name
        self._told = 0
        self._stop = threading.Event()
        self._progress: Callable[[int], None] = lambda _read_bytes: None
        reading, self._control = os.pipe()
        # A child that is busy with the disk must not hold up whoever tells it how far it may go.
        os.set_blocking(self._control, False)
        limits = Limits(MAX_UNPACKED_BYTES, _FREE_BYTES, _MAX_RATIO, MAX_MEMBERS)
        arguments = [*_CHILD, str(archive.fileno()), str(target), json.dumps(asdict(limits))]
        self._work = asyncio.ensure_future(in_thread(self._run, arguments, archive.fileno(), reading))
        # In the loop, where it is written to: else its number might belong to something else by then.
        self._work.add_done_callback(self._close_control)

    def grown(self, size: int) -> None:
        """So much of the archive is there. Raises what has gone wrong so far, so that nobody fetches the rest in vain."""
        if size - self._told >= _TELL_EVERY_BYTES:
            self._tell("have", size)
        if self._work.done() and not self._work.cancelled():
            self._result()

    async def finish(self, size: int, progress: Callable[[float], None] = lambda _fraction: None) -> Contents:
        """The whole archive is there; wait for the end. `progress` gets how much of it was read, from 0 to 1, from a thread.

        Raises `ArchiveRefused`, `ArchiveBroken`, `DiskFull` and `NotUnpacked`.
        """
        self._progress = lambda read_bytes: progress(min(1.0, read_bytes / max(1, size)))
        self._tell("all", size)
        try:
            await asyncio.shield(self._work)
        except asyncio.CancelledError:
            await self.cancel()
            raise
        return self._result()

    async def cancel(self) -> None:
        """Comes back when the child is gone; does nothing after the end."""
        self._stop.set()
        cancelled = False
        while not self._work.done():
            try:
                await asyncio.wait({self._work})
            except asyncio.CancelledError:
                cancelled = True
        if not self._work.cancelled():
            self._work.exception()  # looked at: nobody waits for it any more
        if cancelled:
            raise asyncio.CancelledError

    def _tell(self, word: str, size: int) -> None:
        with contextlib.suppress(OSError):  # it has ended, which is told elsewhere
            os.write(self._control, f"{word} {size}\n".encode())
            self._told = size

    def _result(self) -> Contents:
        kind, said = self._work.result()
        if kind == "done":
            return Contents(**json.loads(said))
        raise _error(kind, said, self._name)

    def _run(self, arguments: Sequence[str], archive: int, reading: int) -> tuple[str, str]:
        """The last that the child said: `done` and JSON, or why not and a text. Blocking."""
        try:
            child = subprocess.Popen(  # noqa: S603 - our own program
                arguments, stdin=reading, stdout=subprocess.PIPE, stderr=subprocess.PIPE, pass_fds=(archive,)
            )
        finally:
            os.close(reading)
        with child:
            try:
                answer = _listen(child.stdout, self._tell_progress, self._stop) if child.stdout else None
            finally:
                child.kill()
            complaint = child.stderr.read(_MAX_LINE_BYTES) if child.stderr else b""
        if answer is None:
            if not self._stop.is_set() and not should_stop():
                log.error("unpacking_failed", code=child.returncode, complaint=complaint.decode(errors="replace")[-2_000:])
            return "gone", "the program that unpacks it ended early"
        return answer

    def _close_control(self, _work: object) -> None:
        control, self._control = self._control, -1
        os.close(control)

    def _tell_progress(self, read_bytes: int) -> None:
        self._progress(read_bytes)


def _listen(said_by: IO[bytes], told: Callable[[int], None], stop: threading.Event) -> tuple[str, str] | None:
    said = b""
    with selectors.DefaultSelector() as selector:
        selector.register(said_by, selectors.EVENT_READ)
        while not stop.is_set() and not should_stop() and len(said) < _MAX_LINE_BYTES:
            if not selector.select(_LOOK_EVERY_SECONDS):
                continue
            piece = os.read(said_by.fileno(), _MAX_LINE_BYTES)
            if not piece:
                return None
            *lines, said = (said + piece).split(b"\n")
            for line in lines:
                word, _, rest = line.decode(errors="replace").partition(" ")
                if word == "progress":
                    told(int(rest))
                elif word == "done":
                    return word, rest
                elif word == "refused":
                    kind, _, text = rest.partition(" ")
                    return kind, text
    return None


def _error(kind: str, said: str, name: str) -> Exception:
    match kind:
        case "broken":
            return ArchiveBroken(f"{name} can't be unpacked: {said}. Get it anew.")
        case "disk_full":
            return DiskFull(
                f"The disk became full while {name} was unpacked; nothing of it was left there. Make room and try again."
            )
        case "no_server":
            return ArchiveRefused(f"{name} is no server of the game: {said}.")
        case "unsafe" | "bomb":
            return ArchiveRefused(f"{name} is not unpacked, because it is not safe: {said}.")
        case _:
            return NotUnpacked(f"{name} could not be unpacked: {said}. Check that the manager's data folder is writable.")
