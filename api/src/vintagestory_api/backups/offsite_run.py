"""Runs `offsite_child` with time limits. One that does not even die is left alone, so that nothing here waits for it."""

import asyncio
import contextlib
import json
import os
import selectors
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from typing import IO, Any, Final

import structlog

from vintagestory_api.errors import Conflict, Invalid, ManagerError, Unavailable
from vintagestory_api.services.run_context import in_thread, should_stop

log = structlog.get_logger(__name__)

PROGRAM: Final = (sys.executable, "-m", "vintagestory_api.backups.offsite_child")

_LOOK_EVERY_SECONDS: Final = 0.2
_MAX_LINE_BYTES: Final = 40 << 20
_MAX_COMPLAINT_BYTES: Final = 20_000
#: So long it has to end when it is told to: restic removes its lock.
_END_SECONDS: Final = 20.0
_DIE_SECONDS: Final = 2.0

Tell = Callable[[float | None, str], None]

#: What did not even die, by the place at which it hangs: nothing else goes there until it has.
_hanging: Final[dict[str, "subprocess.Popen[bytes]"]] = {}


class OffsiteUnreachable(Unavailable):
    """It is not there, does not answer, or refuses."""

    code = "offsite_unreachable"


class OffsiteFull(Unavailable):
    code = "disk_full"


class OffsiteRefused(Invalid):
    code = "offsite_place_refused"


class OffsiteCopyBroken(Conflict):
    """What lies there is not what was copied."""

    code = "offsite_copy_broken"


class BackupNotCopied(Conflict):
    """It is the backup itself that can't be read."""

    code = "backup_not_copied"


class ResticMissing(Unavailable):
    code = "restic_missing"


async def run_offsite(
    task: dict[str, Any],
    *,
    quiet_seconds: float,
    tell: Tell = lambda _fraction, _text: None,
    program: Sequence[str] = PROGRAM,
) -> dict[str, Any]:
    """What it reports. `quiet_seconds`: it is given up when it says nothing for so long. Ended when the caller is cancelled.

    Raises `OffsiteUnreachable`, `OffsiteFull`, `OffsiteRefused`, `OffsiteCopyBroken`, `BackupNotCopied`, `ResticMissing`.
    """
    stop = threading.Event()
    work = asyncio.ensure_future(in_thread(_run, program, task, quiet_seconds, tell, stop))
    try:
        kind, said = await asyncio.shield(work)
    except asyncio.CancelledError:
        stop.set()
        while not work.done():
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.wait({work})
        if not work.cancelled():
            work.exception()  # looked at: nobody waits for it any more
        raise
    if kind == "done":
        found: dict[str, Any] = json.loads(said)
        return found
    raise _error(kind, said)


def _run(
    program: Sequence[str], task: dict[str, Any], quiet_seconds: float, tell: Tell, stop: threading.Event
) -> tuple[str, str]:
    """The last that it said. Blocking."""
    place = _place_of(task)
    if (stuck := _hanging.get(place)) is not None and stuck.poll() is None:
        return "still_hangs", ""
    _hanging.pop(place, None)
    child = subprocess.Popen(  # noqa: S603 - our own program
        program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd="/"
    )
    complaint: list[bytes] = []
    reader = threading.Thread(target=_collect, args=(child.stderr, complaint), daemon=True)
    reader.start()
    try:
        answer = _listen(child, task, quiet_seconds, tell, stop)
    finally:
        if not _end(child):
            _hanging[place] = child
    reader.join(_DIE_SECONDS)
    for pipe in (child.stdout, child.stderr) if child.returncode is not None else ():
        if pipe is not None:
            pipe.close()
    if answer is None:
        if not (stop.is_set() or should_stop()):
            said = b"".join(complaint).decode(errors="replace")[-2_000:]
            log.error("offsite_program_ended_early", code=child.returncode, complaint=said)
        return "ended", ""
    return answer


def _listen(
    child: "subprocess.Popen[bytes]", task: dict[str, Any], quiet_seconds: float, tell: Tell, stop: threading.Event
) -> tuple[str, str] | None:
    said_by, told_to = child.stdout, child.stdin
    if said_by is None or told_to is None:
        return None
    try:
        told_to.write(json.dumps(task).encode() + b"\n")
        told_to.flush()
    except OSError:
        return None
    pieces: list[bytes] = []
    size, doing, heard = 0, "", time.monotonic()
    with selectors.DefaultSelector() as selector:
        selector.register(said_by, selectors.EVENT_READ)
        while not (stop.is_set() or should_stop()) and size < _MAX_LINE_BYTES:
            if not selector.select(_LOOK_EVERY_SECONDS):
                if time.monotonic() - heard > quiet_seconds:
                    return "hangs", f"{quiet_seconds:g}"
                continue
            piece = os.read(said_by.fileno(), 1 << 20)
            if not piece:
                return None
            heard = time.monotonic()
            if b"\n" not in piece:
                pieces.append(piece)
                size += len(piece)
                continue
            *lines, rest = b"".join([*pieces, piece]).split(b"\n")
            pieces, size = [rest], len(rest)
            for line in lines:
                word, _, said = line.decode(errors="replace").partition(" ")
                if word == "doing":
                    doing = said
                if (answer := _understand(word, said, doing, tell)) is not None:
                    return answer
    return None


def _understand(word: str, said: str, doing: str, tell: Tell) -> tuple[str, str] | None:
    if word == "progress":
        done, _, total = said.partition(" ")
        tell(min(1.0, int(done) / max(1, int(total))), doing)
    elif word == "doing":
        tell(None, doing)
    elif word == "done":
        return word, said
    elif word == "refused":
        kind, _, text = said.partition(" ")
        return kind, text
    return None


def _place_of(task: dict[str, Any]) -> str:
    return str(task.get("path") or task.get("environment", {}).get("RESTIC_REPOSITORY", ""))


def _end(child: "subprocess.Popen[bytes]") -> bool:
    """Softly at first. False where it hangs in the kernel: it can't be ended, and goes when that lets it go."""
    if child.stdin is not None:
        with contextlib.suppress(OSError):
            child.stdin.close()
    with contextlib.suppress(subprocess.TimeoutExpired):
        child.wait(_END_SECONDS)
        return True
    child.kill()
    try:
        child.wait(_DIE_SECONDS)
    except subprocess.TimeoutExpired:
        log.warning("offsite_program_does_not_end", pid=child.pid)
        return False
    return True


def _collect(stream: IO[bytes] | None, complaint: list[bytes]) -> None:
    """Read to its end, so that the program never waits for us."""
    size = 0
    with contextlib.suppress(OSError, ValueError):
        while stream is not None and (piece := os.read(stream.fileno(), 65_536)):
            if size < _MAX_COMPLAINT_BYTES:
                complaint.append(piece)
                size += len(piece)


def _error(kind: str, said: str) -> ManagerError:
    error, text = _ERRORS.get(kind, _ERRORS["ended"])
    return error(text.format(said=said))


_ERRORS: Final[dict[str, tuple[type[ManagerError], str]]] = {
    "gone": (OffsiteUnreachable, "The place for copies is not there: {said}. Mount it; it is tried again."),
    "hangs": (
        OffsiteUnreachable,
        "The place for copies does not answer: nothing came for {said} s. See to the disk or the network.",
    ),
    "still_hangs": (
        OffsiteUnreachable,
        "The place for copies does not answer: the last try still hangs there. See to the disk or the network.",
    ),
    "disk_full": (OffsiteFull, "The place for copies is full: {said}. Make room there; it is tried again."),
    "refused": (OffsiteRefused, "{said}"),
    "broken": (OffsiteCopyBroken, "The copy can't be relied on: {said}."),
    "source": (BackupNotCopied, "The backup can't be copied: {said}. Verify it, and make another one."),
    "no_restic": (ResticMissing, "{said}. Install restic for the user that runs the manager."),
    "not_done": (OffsiteUnreachable, "The place for copies does not do its part: {said}. See to the disk, and to its rights."),
    "ended": (OffsiteUnreachable, "What copies ended early. Try again; the log of the manager says more."),
}
