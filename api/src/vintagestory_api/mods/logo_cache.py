"""Logos on disk: one file for each address, bounded, whole or not there. Blocking; used by one thread at a time."""

import contextlib
import hashlib
import re
import struct
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import structlog

from vintagestory_api.storage.atomic import write_atomically

log = structlog.get_logger(__name__)

MAX_CACHE_BYTES: Final = 200_000_000
#: What the smallest file takes on most disks.
_BLOCK_BYTES = 4096
#: More than any logo takes.
_MAX_FILE_BYTES = 8_000_000

#: Mark, time of fetching (UTC milliseconds), SHA-256 of the picture; then the picture.
_HEAD = struct.Struct(">4sQ32s")
_MARK = b"VSL1"
_NAME = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class CachedLogo:
    """What was found at an address at `fetched_at` (UTC milliseconds). An empty `body`: nothing that can be shown."""

    body: bytes
    fetched_at: int
    digest: str


class LogoCache:
    def __init__(self, folder: Path, max_bytes: int = MAX_CACHE_BYTES) -> None:
        self._folder = folder
        self._max_bytes = max_bytes
        #: Name → bytes on disk, the file that was written longest ago first. Read from the folder at the first use.
        self._sizes: OrderedDict[str, int] | None = None
        self._total = 0
        self._is_failing = False

    def read(self, url: str) -> CachedLogo | None:
        """What is kept of `url`; a file that is not as it was written is removed."""
        path = self._folder / _name(url)
        try:
            with path.open("rb") as file:
                data = file.read(_MAX_FILE_BYTES)  # of a file that somebody made larger, too little to be believed
        except OSError:
            return None
        cached = _parse(data)
        if cached is None:
            log.warning("logo_cache_file_damaged", file=path.name)
            self._remove(path.name)
        return cached

    def write(self, url: str, body: bytes, fetched_at: int) -> CachedLogo:
        """Keep `body`, and make room for it. A disk that does not take it is no reason not to show it."""
        digest = hashlib.sha256(body)
        name = _name(url)
        data = _HEAD.pack(_MARK, fetched_at, digest.digest()) + body
        try:
            sizes = self._known_sizes()
            write_atomically(self._folder / name, data, durable=False)
        except OSError as error:
            if not self._is_failing:
                log.warning("logo_not_kept", error=error.strerror or str(error))
            self._is_failing = True
        else:
            self._is_failing = False
            self._total += _on_disk(len(data)) - sizes.pop(name, 0)
            sizes[name] = _on_disk(len(data))
            self._make_room()
        return CachedLogo(body, fetched_at, digest.hexdigest())

    def _make_room(self) -> None:
        while self._total > self._max_bytes and self._sizes:
            self._remove(next(iter(self._sizes)))

    def _remove(self, name: str) -> None:
        with contextlib.suppress(OSError):
            (self._folder / name).unlink(missing_ok=True)
        if self._sizes is not None:
            self._total -= self._sizes.pop(name, 0)

    def _known_sizes(self) -> "OrderedDict[str, int]":
        """Raises `OSError` when the folder can't be made or read. Leftovers of killed lives are removed."""
        if self._sizes is not None:
            return self._sizes
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        found: list[tuple[int, str, int]] = []
        for path in self._folder.iterdir():
            if not _NAME.fullmatch(path.name):
                with contextlib.suppress(OSError):
                    path.unlink()
                continue
            state = path.stat()
            found.append((state.st_mtime_ns, path.name, _on_disk(state.st_size)))
        self._sizes = OrderedDict((name, size) for _, name, size in sorted(found))
        self._total = sum(self._sizes.values())
        return self._sizes


def _name(url: str) -> str:
    return hashlib.sha256(url.encode("utf-8", "replace")).hexdigest()


def _parse(data: bytes) -> CachedLogo | None:
    if len(data) < _HEAD.size:
        return None
    mark, fetched_at, digest = _HEAD.unpack_from(data)
    body = data[_HEAD.size :]
    if mark != _MARK or hashlib.sha256(body).digest() != digest:
        return None
    return CachedLogo(body, fetched_at, digest.hex())


def _on_disk(size: int) -> int:
    return -(-size // _BLOCK_BYTES) * _BLOCK_BYTES
