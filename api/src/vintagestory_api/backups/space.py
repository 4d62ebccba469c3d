"""Whether there is room for a backup, before anything is written."""

import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from vintagestory_api.backups.contents import Source
from vintagestory_api.errors import Unavailable

#: Always left free: a full disk hurts more than a missing backup, and a game ends itself with less than 400 MiB (its setting
#: DieBelowDiskSpaceMb).
RESERVE_BYTES: Final = 500_000_000
#: Worlds grow, and not every part of them packs as well as the last time.
_MARGIN: Final = 1.15
_OVERHEAD_BYTES: Final = 2_000_000
_MOST_LOOKED_AT: Final = 200_000


class NoRoom(Unavailable):
    code = "disk_full"


@dataclass(frozen=True)
class Ratio:
    """How well an earlier backup of the server was packed."""

    packed_bytes: int
    unpacked_bytes: int

    def expected(self, unpacked_bytes: int) -> int:
        ratio = min(1.0, self.packed_bytes / max(1, self.unpacked_bytes))
        return round(unpacked_bytes * ratio * _MARGIN) + _OVERHEAD_BYTES


def expected_bytes(unpacked_bytes: int, earlier: Ratio | None) -> int:
    """What an archive of so much will take: as the last one was packed, or else as if nothing could be packed at all."""
    return earlier.expected(unpacked_bytes) if earlier is not None else unpacked_bytes + _OVERHEAD_BYTES


def free_bytes(folder: Path) -> int:
    """Blocking. Raises `OSError`."""
    return shutil.disk_usage(_existing(folder)).free


def is_same_disk(left: Path, right: Path) -> bool:
    return _existing(left).stat().st_dev == _existing(right).stat().st_dev


def see_that_it_fits(folder: Path, needed_bytes: int, what: str = "The backup") -> None:
    """Raises `NoRoom`. Blocking."""
    free = free_bytes(folder)
    if free - RESERVE_BYTES < needed_bytes:
        raise NoRoom(
            f"{what} needs some {_megabytes(needed_bytes)} in {folder}, where {_megabytes(free)} are free, of which "
            f"{_megabytes(RESERVE_BYTES)} stay free. Delete what is not needed there, such as old backups, or enlarge the disk.",
            needed_bytes=needed_bytes,
            free_bytes=free,
        )


def size_of(sources: Iterable[Source]) -> int:
    """All together, as far as can be seen; links count for nothing. Blocking: looks at every file."""
    total = looked_at = 0
    for source in sources:
        top = os.path.join(source.root, source.path)  # noqa: PTH118 - thousands of them, as text
        try:
            state = os.lstat(top)
        except OSError:
            continue
        total += state.st_size
        for folder, _, files in os.walk(top):
            for name in files:
                looked_at += 1
                if looked_at > _MOST_LOOKED_AT:
                    return total
                try:
                    total += os.lstat(os.path.join(folder, name)).st_size  # noqa: PTH118 - as above
                except OSError:
                    continue
    return total


def _existing(folder: Path) -> Path:
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return folder


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.0f} MB"
