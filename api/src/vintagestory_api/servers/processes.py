"""Processes found again for certain, by number, start time and boot; and everything that belongs to one start of a game.

Light, as the keeper imports it: nothing beyond `os` and `signal`.
"""

import contextlib
import os
import signal

#: In the environment of a game and of all that it starts: which start of which server they belong to.
MARKER = "VSMANAGER_INSTANCE"


def boot_id() -> str:
    """Which boot of this machine it is; numbers of processes and their start times mean something within one only."""
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:  # noqa: PTH123 - pathlib is heavy for a keeper
            return file.read().strip()
    except OSError:
        return ""


def start_time(pid: int) -> int | None:
    """When the process started, in clock ticks since the boot; None when there is none, or only its exit code is left."""
    fields = _stat(pid)
    return None if fields is None or fields[0] in {b"Z", b"X"} else int(fields[19])


def is_alive(pid: int, started: int | None, boot: str) -> bool:
    """Whether this very process still runs."""
    return started is not None and boot == boot_id() and start_time(pid) == started


def belonging_to(instance: str, leader: int | None = None) -> list[int]:
    """Processes of one start of a game: those that carry its marker, and those in the session of `leader`.

    Give a `leader` only when it is known to be the game: while it lives, or before its end has been collected.
    """
    mark = f"{MARKER}={instance}".encode()
    found = []
    for name in os.listdir("/proc"):  # noqa: PTH208 - pathlib is heavy for a keeper
        if not name.isdigit():
            continue
        pid = int(name)
        fields = _stat(pid)
        if fields is None or fields[0] in {b"Z", b"X"}:
            continue
        if (leader is not None and int(fields[3]) == leader) or mark in _environment(pid):
            found.append(pid)
    return found


def kill_all(instance: str, leader: int | None = None) -> int:
    """SIGKILL to everything that belongs to the start, until nothing is found any more. How many were killed."""
    killed: set[int] = set()
    for _ in range(20):  # something may have been started while the list was made
        pids = [pid for pid in belonging_to(instance, leader) if pid not in killed and pid != os.getpid()]
        if not pids:
            break
        for pid in pids:
            killed.add(pid)
            send(pid, signal.SIGKILL)
    return len(killed)


def send(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)


def _stat(pid: int) -> list[bytes] | None:
    """The fields after the name, which may hold anything: state, parent, group, session …"""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:  # noqa: PTH123
            return file.read().rpartition(b")")[2].split()
    except OSError:
        return None


def _environment(pid: int) -> list[bytes]:
    try:
        with open(f"/proc/{pid}/environ", "rb") as file:  # noqa: PTH123
            return file.read().split(b"\0")
    except OSError:
        return []


def collect(pid: int) -> bool:
    """Whether the process has ended; also takes its exit code, where it is a child of ours."""
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)
    return start_time(pid) is None
