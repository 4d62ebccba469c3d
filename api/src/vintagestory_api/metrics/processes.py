"""What processes and disks say of themselves. Everything here blocks, so it is called in threads, and imports psutil there."""

import contextlib
import os
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

#: A folder that takes longer to count is left uncounted until the next time.
MEASURING_SECONDS = 60.0
#: After so many files the counting rests for a moment: the disk belongs to the games.
_FILES_AT_ONCE = 200
_REST_SECONDS = 0.002


@dataclass(frozen=True)
class ProcessUse:
    """A game with everything it started. `cpu_seconds`: of each process, by its number and start."""

    cpu_seconds: dict[tuple[int, float], float]
    memory_bytes: int


@dataclass(frozen=True)
class MachineMemory:
    total_bytes: int
    available_bytes: int


def process_use(pid: int) -> ProcessUse | None:
    """None when the process is gone, or may not be looked at."""
    import psutil  # noqa: PLC0415 - not at the start of the manager

    try:
        game = psutil.Process(pid)
        family = [game, *game.children(recursive=True)]
    except psutil.Error:
        return None
    cpu_seconds: dict[tuple[int, float], float] = {}
    memory = 0
    for process in family:
        # A child may end while we look at it.
        with contextlib.suppress(psutil.Error), process.oneshot():
            times = process.cpu_times()
            cpu_seconds[process.pid, process.create_time()] = times.user + times.system
            memory += process.memory_info().rss
    return ProcessUse(cpu_seconds, memory) if cpu_seconds else None


def cpu_percent(before: ProcessUse, now: ProcessUse, seconds: float) -> float | None:
    """How busy the processes were between two looks, in percent of one core; None without time between them."""
    if seconds <= 0:
        return None
    used = sum(max(0.0, cpu - before.cpu_seconds.get(process, 0.0)) for process, cpu in now.cpu_seconds.items())
    return round(100 * used / seconds, 1)


def machine_memory() -> MachineMemory:
    import psutil  # noqa: PLC0415 - not at the start of the manager

    memory = psutil.virtual_memory()
    return MachineMemory(memory.total, memory.available)


def free_bytes(folder: Path) -> int | None:
    """How much more can be written below `folder`; None when it is not there."""
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return None


def device_of(folder: Path) -> int | None:
    """Which disk `folder` lies on: the same number for the same one; None when it is not there."""
    try:
        return folder.stat().st_dev
    except OSError:
        return None


def folder_bytes(
    folder: Path,
    *,
    seconds: float = MEASURING_SECONDS,
    should_stop: Callable[[], bool] = lambda: False,
    elapsed: Callable[[], float] = time.monotonic,
) -> int | None:
    """What `folder` takes on the disk, without what links in it point to. A file with several names counts once.

    None when it can't be read, took longer than `seconds`, or was stopped.
    """
    deadline = elapsed() + seconds
    total, looked_at = 0, 0
    counted: set[tuple[int, int]] = set()
    folders = [str(folder)]
    while folders:
        try:
            entries = os.scandir(folders.pop())
        except OSError:
            if looked_at == 0:
                return None
            continue
        with entries:
            for entry in entries:
                looked_at += 1
                if looked_at % _FILES_AT_ONCE == 0:
                    if should_stop() or elapsed() > deadline:
                        return None
                    time.sleep(_REST_SECONDS)
                try:
                    state = entry.stat(follow_symlinks=False)
                    is_folder = entry.is_dir(follow_symlinks=False)
                except OSError:
                    continue
                if is_folder:
                    folders.append(entry.path)
                elif state.st_nlink > 1:
                    if (state.st_dev, state.st_ino) in counted:
                        continue
                    counted.add((state.st_dev, state.st_ino))
                total += state.st_blocks * 512
    return total
