"""Runs the programs that pack and read archives, each a child process that is never left behind.

For those who put backups back: `read_archive_apart` verifies an archive and takes files out of it.
"""

import asyncio
import contextlib
import json
import os
import selectors
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

import structlog

from vintagestory_api.backups.archive_reader import Limits
from vintagestory_api.errors import Conflict, Invalid, ManagerError, Unavailable
from vintagestory_api.services.run_context import in_thread, should_stop

log = structlog.get_logger(__name__)

_LOOK_EVERY_SECONDS = 0.2
_MAX_LINE_BYTES = 1_000_000
_MAX_COMPLAINT_BYTES = 20_000
#: Far more than any world; the disk ends before.
MAX_UNPACKED_BYTES: Final = 1 << 44

#: How a sentence on a backup that can't be used goes on.
CHOOSE_ANOTHER: Final = " Choose another backup."

#: Fraction from 0 to 1, or None, and what is being done.
Tell = Callable[[float | None, str], None]


class ArchiveRefused(Invalid):
    """It is no backup, or one that nobody should unpack."""

    code = "backup_refused"
    permanent = True


class ArchiveBroken(Invalid):
    """It is cut off or damaged."""

    code = "backup_broken"
    permanent = True


class DiskFull(Unavailable):
    code = "disk_full"


class NotReadable(Conflict):
    code = "backup_not_readable"


class NotFinished(Unavailable):
    """The program ended early, or the disk does not do its part."""

    code = "backup_not_finished"


@dataclass(frozen=True)
class Reading:
    """What came of reading an archive to its end. `problems`: what is not as its list of contents says. `damage`: what SQLite
    says of the world; empty for a sound one, None when it was not looked at or there is none."""

    has_manifest: bool
    problems: list[str]
    files: int
    bytes: int
    written: int
    damage: list[str] | None
    check_seconds: float | None


async def read_archive_apart(
    archive: Path,
    *,
    name: str,
    target: Path | None = None,
    paths: Sequence[str] | None = None,
    parts: Sequence[str] | None = None,
    only_check: bool = False,
    check_world: bool = False,
    manifest: Path | None = None,
    max_bytes: int = MAX_UNPACKED_BYTES,
    tell: Tell = lambda _fraction, _text: None,
) -> Reading:
    """Read an archive to its end, and write what of it is asked for below `target`, an empty folder. `name`: for messages.

    Files that were written are worth something only when there are no `problems`. `manifest`: where to leave its list of
    contents. Raises `ArchiveRefused`, `ArchiveBroken`, `DiskFull`, `NotReadable`, `NotFinished`.
    """
    task = {
        "archive": str(archive),
        "limits": {"max_bytes": max_bytes, "max_files": Limits(0).max_files},
        "target": None if target is None else str(target),
        "paths": None if paths is None else list(paths),
        "parts": None if parts is None else list(parts),
        "only_check": only_check,
        "check_world": check_world,
        "manifest": None if manifest is None else str(manifest),
    }
    return Reading(**await run_program("read_child", task, name=name, tell=tell))


async def check_world_apart(world: Path, *, finish: bool = False, tell: Tell = lambda _fraction, _text: None) -> list[str]:
    """What SQLite says of a world that nobody writes meanwhile; empty for a sound one. `finish`: it is a copy, in which its
    journal is brought in before."""
    said = await run_program("read_child", {"world": str(world), "finish": finish}, name=world.name, tell=tell)
    return [str(text) for text in said["damage"]]


async def run_program(
    program: str, task: dict[str, Any], *, name: str, tell: Tell = lambda _fraction, _text: None
) -> dict[str, Any]:
    """Let a program of this package do `task`; what it reports at the end. It is killed when the caller is cancelled."""
    stop = threading.Event()
    arguments = (sys.executable, "-m", f"vintagestory_api.backups.{program}")
    work = asyncio.ensure_future(in_thread(_run, arguments, task, tell, stop))
    try:
        kind, said = await asyncio.shield(work)
    except asyncio.CancelledError:
        stop.set()
        await until_gone(work)
        raise
    if kind == "done":
        found: dict[str, Any] = json.loads(said)
        return found
    raise _error(kind, said, name)


async def until_gone(work: "asyncio.Future[Any]") -> None:
    """However often the caller is cancelled meanwhile."""
    while not work.done():
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.wait({work})
    if not work.cancelled():
        work.exception()  # looked at: nobody waits for it any more


def _run(arguments: Sequence[str], task: dict[str, Any], tell: Tell, stop: threading.Event) -> tuple[str, str]:
    """The last that the program said. Blocking."""
    child = subprocess.Popen(  # noqa: S603 - our own program
        arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd="/"
    )
    complaint: list[bytes] = []
    with child:
        reader = threading.Thread(target=lambda: complaint.append(_beginning(child.stderr)), daemon=True)
        reader.start()
        try:
            answer = _listen(child, task, tell, stop)
        finally:
            child.kill()
        reader.join()
    if answer is None:
        if not (stop.is_set() or should_stop()):
            said = complaint[0].decode(errors="replace")[-2_000:]
            log.error("backup_program_ended_early", code=child.returncode, complaint=said)
        return "gone", "the program that does it ended early"
    return answer


def _listen(child: "subprocess.Popen[bytes]", task: dict[str, Any], tell: Tell, stop: threading.Event) -> tuple[str, str] | None:
    said_by, told_to = child.stdout, child.stdin
    if said_by is None or told_to is None:
        return None
    try:
        told_to.write(json.dumps(task).encode() + b"\n")
        told_to.flush()
    except OSError:
        return None
    said, doing = b"", ""
    with selectors.DefaultSelector() as selector:
        selector.register(said_by, selectors.EVENT_READ)
        while not (stop.is_set() or should_stop()) and len(said) < _MAX_LINE_BYTES:
            if not selector.select(_LOOK_EVERY_SECONDS):
                continue
            piece = os.read(said_by.fileno(), 65_536)
            if not piece:
                return None
            *lines, said = (said + piece).split(b"\n")
            for line in lines:
                word, _, rest = line.decode(errors="replace").partition(" ")
                if word == "progress":
                    done, _, total = rest.partition(" ")
                    tell(min(1.0, int(done) / max(1, int(total))), doing)
                elif word == "doing":
                    doing = rest
                    tell(None, doing)
                elif word == "done":
                    return word, rest
                elif word == "refused":
                    kind, _, text = rest.partition(" ")
                    return kind, text
    return None


def _beginning(stream: IO[bytes] | None) -> bytes:
    """Read to its end, so that the program never waits for us."""
    kept = b""
    while stream is not None and (piece := stream.read(65_536)):
        kept = (kept + piece)[:_MAX_COMPLAINT_BYTES]
    return kept


def _error(kind: str, said: str, name: str) -> ManagerError:
    if kind == "broken":
        log.warning("backup_archive_broken", file=name, said=said)
    error, text = _ERRORS.get(kind, _ERRORS["gone"])
    return error(text.format(name=name, said=said))


_ERRORS: Final[dict[str, tuple[type[ManagerError], str]]] = {
    "broken": (ArchiveBroken, "{name} can't be read to its end: it is damaged, or was not copied whole." + CHOOSE_ANOTHER),
    "unsafe": (ArchiveRefused, "{name} {said}. It is not unpacked, because that is not safe."),
    "bomb": (ArchiveRefused, "{name} {said}. It is not unpacked, because that is not safe."),
    "foreign": (ArchiveRefused, "{name} {said}. It is no backup that can be used."),
    "disk_full": (
        DiskFull,
        "The disk became full while {name} was worked on. What was begun was removed again. Make room, then try again.",
    ),
    "world_changed": (NotReadable, "The world can't be backed up: {said}."),
    "world_gone": (NotReadable, "The world can't be backed up: {said}."),
    "not_done": (NotFinished, "{name} could not be worked on: {said}. See to the disk, and to the rights of the manager's user."),
    "gone": (NotFinished, "{name} could not be worked on: {said}. Try again; the log of the manager says more."),
}
