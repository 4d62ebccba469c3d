"""The part of `offsite_child` that runs restic: secrets by its environment, archives as a stream, and a limit of time.

Archives are handed over unpacked, as the tar that is in them, so that restic finds what it has already; nothing of that lies on
the disk meanwhile.
"""

import contextlib
import ctypes
import hashlib
import os
import signal
import subprocess
import threading
from pathlib import Path
from typing import IO, Any, Final

from vintagestory_api.backups import child_talk
from vintagestory_api.backups.archive_reader import MAX_WINDOW_BYTES, Refused

_BLOCK_BYTES: Final = 1 << 20
_MAX_OUT_BYTES: Final = 16 << 20
_MAX_SAID_BYTES: Final = 4_000
#: So long restic has to remove its lock.
_END_SECONDS: Final = 8.0
_DIE_WITH_PARENT: Final = 1
_libc = ctypes.CDLL(None)


def restic(task: dict[str, Any]) -> dict[str, Any]:
    """Run `program` with `arguments` in `environment`, for `seconds` at most.

    `feed`: an archive of `size` bytes, whose tar is its input. `keep`: where its output, a tar of `size` bytes, is packed into an
    archive; `level`, `threads`. `only_hash`: its output is a tar that is only looked at.
    Done: `code`, `out` (its output, where that is not kept), `said` (the end of what it complained of), `sha256` and `bytes` of
    the tar, `is_late`.
    """
    command = [task["program"], *task["arguments"]]
    feed, keep = task.get("feed"), task.get("keep")
    try:
        process = subprocess.Popen(  # noqa: S603 - restic, as the manager found it
            command,
            env=task["environment"],
            stdin=subprocess.PIPE if feed else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd="/",
            start_new_session=True,
            preexec_fn=_die_with_parent,  # noqa: PLW1509 - nothing holds a lock here: the other thread only waits for input
        )
    except OSError as error:
        raise Refused("no_restic", f"restic can't be run ({error.strerror})") from None
    ending = _Ending(process, task["seconds"])
    child_talk.before_end(ending.end)
    said = _Tail(process.stderr)
    tar = _Tar()
    feeder = _Feeder(process, Path(feed), task["size"], tar) if feed else None
    try:
        out = ""
        if keep:
            tar.pack(process.stdout, Path(keep), task["level"], task["threads"], task["size"])
        elif task.get("only_hash"):
            tar.discard(process.stdout, task["size"])
        else:
            out = _listen(process.stdout)
        code = process.wait()
    finally:
        ending.end()
    said.join()
    if feeder is not None:
        feeder.join()
    return {
        "code": code,
        "out": out,
        "said": said.text,
        "sha256": tar.digest.hexdigest(),
        "bytes": tar.size,
        "is_late": ending.is_late,
    }


def _die_with_parent() -> None:
    _libc.prctl(_DIE_WITH_PARENT, signal.SIGKILL)


class _Ending:
    """Ends a process, softly at first; by itself when its time is over."""

    def __init__(self, process: "subprocess.Popen[bytes]", seconds: float) -> None:
        self._process = process
        self.is_late = False
        self._timer = threading.Timer(seconds, self._too_late)
        self._timer.daemon = True
        self._timer.start()

    def _too_late(self) -> None:
        self.is_late = True
        self.end()

    def end(self) -> None:
        self._timer.cancel()
        if self._process.poll() is not None:
            return
        for sent in (signal.SIGINT, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, sent)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(_END_SECONDS)
                return


class _Tail:
    """Reads what a process complains of to its end, and keeps the last of it."""

    def __init__(self, stream: IO[bytes] | None) -> None:
        self._kept = b""
        self._thread = threading.Thread(target=self._read, args=(stream,), daemon=True)
        self._thread.start()

    def _read(self, stream: IO[bytes] | None) -> None:
        while stream is not None and (piece := os.read(stream.fileno(), 65_536)):
            self._kept = (self._kept + piece)[-_MAX_SAID_BYTES:]

    def join(self) -> None:
        # What restic started may hold the pipe open.
        self._thread.join(_END_SECONDS)

    @property
    def text(self) -> str:
        return self._kept.decode(errors="replace").strip()


class _Tar:
    """What an archive holds, as it goes by."""

    def __init__(self) -> None:
        self.digest = hashlib.sha256()
        self.size = 0

    def note(self, block: bytes) -> None:
        self.digest.update(block)
        self.size += len(block)

    def pack(self, stream: IO[bytes] | None, target: Path, level: int, threads: int, size: int) -> None:
        import zstandard  # noqa: PLC0415 - only where it is needed

        progress = child_talk.Progress(size)
        with target.open("xb") as file:
            os.fchmod(file.fileno(), 0o600)
            with zstandard.ZstdCompressor(level=level, threads=threads).stream_writer(file, closefd=False) as packer:
                while stream is not None and (block := stream.read(_BLOCK_BYTES)):
                    self.note(block)
                    packer.write(block)
                    progress.tell(self.size)
            file.flush()
            os.fsync(file.fileno())

    def discard(self, stream: IO[bytes] | None, size: int) -> None:
        progress = child_talk.Progress(size)
        while stream is not None and (block := stream.read(_BLOCK_BYTES)):
            self.note(block)
            progress.tell(self.size)


class _Feeder:
    """Hands over the tar of an archive. One that can't be read to its end must not look like a whole one: restic is ended."""

    def __init__(self, process: "subprocess.Popen[bytes]", archive: Path, size: int, tar: _Tar) -> None:
        self._process = process
        self._archive = archive
        self._size = size
        self._tar = tar
        self._problem: str | None = None
        self._thread = threading.Thread(target=self._feed, daemon=True)
        self._thread.start()

    def join(self) -> None:
        """Raises `Refused` when the archive is not whole."""
        self._thread.join(_END_SECONDS)
        if self._problem is not None:
            raise Refused("source", self._problem)

    def _feed(self) -> None:
        import zstandard  # noqa: PLC0415 - only where it is needed

        pipe = self._process.stdin
        if pipe is None:
            return
        try:
            with self._archive.open("rb") as file:
                if os.fstat(file.fileno()).st_size != self._size:
                    raise EOFError("it has another size than when it was made")
                progress = child_talk.Progress(self._size)
                reader = zstandard.ZstdDecompressor(max_window_size=MAX_WINDOW_BYTES).stream_reader(file, read_across_frames=True)
                while block := reader.read(_BLOCK_BYTES):
                    self._tar.note(block)
                    pipe.write(block)
                    progress.tell(file.tell())
            pipe.close()
        except BrokenPipeError:
            return  # restic has ended, and says why
        except (OSError, EOFError, zstandard.ZstdError, MemoryError) as error:
            self._problem = f"it can't be read to its end ({error})"
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)


def _listen(stream: IO[bytes] | None) -> str:
    """What it prints, but for its reports of progress; those show that it is alive."""
    kept, size = list[bytes](), 0
    for line in stream or ():
        if line.startswith(b"{") and b'"status"' in line[:200]:
            continue
        size += len(line)
        if size <= _MAX_OUT_BYTES:
            kept.append(line)
    return b"".join(kept).decode(errors="replace")
