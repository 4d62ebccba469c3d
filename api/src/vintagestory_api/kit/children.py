"""Runs a short-lived child process beside the event loop and never leaves it behind."""

import asyncio
import contextlib
import os
import pwd
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

#: What a child prints beyond this is read and dropped, so that it never waits for us.
MAX_OUTPUT_BYTES = 1_000_000


@dataclass(frozen=True)
class Ended:
    """`code` is negative when a signal ended the child."""

    code: int
    output: bytes
    complaint: bytes


async def run_child(
    arguments: Sequence[str],
    *,
    timeout_seconds: float | None = None,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    user: str | None = None,
    given: bytes | None = None,
) -> Ended:
    """Run a program to its end; in the folder `cwd`, with the environment `env`, as the account `user`.

    `given` is its standard input; without it, there is none.

    It is started in a thread: starting a process stops whoever does it for 15 ms and more, as the memory map is copied.
    When the caller is cancelled or the time is up, the child is killed and reaped before the error goes on.
    Raises `OSError` when the program can't be started, and `TimeoutError`.
    """
    starting = asyncio.ensure_future(asyncio.to_thread(_start, arguments, cwd, env, user, given is not None))
    try:
        child = await asyncio.shield(starting)
    except asyncio.CancelledError:
        with contextlib.suppress(OSError):
            await asyncio.to_thread(_end, await starting)
        raise
    watching = asyncio.ensure_future(asyncio.to_thread(_watch, child, given))
    try:
        async with asyncio.timeout(timeout_seconds):
            return await asyncio.shield(watching)
    finally:
        if not watching.done():
            _kill(child)
            await watching


def _start(
    arguments: Sequence[str], cwd: Path | None, env: Mapping[str, str] | None, user: str | None, takes_input: bool
) -> "subprocess.Popen[bytes]":
    account = {} if user is None else _account(user)
    return subprocess.Popen(  # noqa: S603 - the callers name the program
        arguments,
        stdin=subprocess.PIPE if takes_input else subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=cwd,
        env=env,
        # A group of its own, so that what it started ends with it.
        start_new_session=True,
        **account,
    )


def _account(user: str) -> dict[str, Any]:
    account = pwd.getpwnam(user)
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": os.getgrouplist(user, account.pw_gid)}


def _end(child: "subprocess.Popen[bytes]") -> None:
    _kill(child)
    _watch(child)


def _kill(child: "subprocess.Popen[bytes]") -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)


def _watch(child: "subprocess.Popen[bytes]", given: bytes | None = None) -> Ended:
    complaint: list[bytes] = []
    with child:
        reader = threading.Thread(target=lambda: complaint.append(_beginning(child.stderr)), daemon=True)
        reader.start()
        if given is not None and child.stdin is not None:
            # Small enough for a pipe, or read before anything is printed: nobody waits for the other.
            with contextlib.suppress(BrokenPipeError), child.stdin as entry:
                entry.write(given)
        output = _beginning(child.stdout)
        reader.join()
    return Ended(child.returncode, output, complaint[0])


def _beginning(stream: IO[bytes] | None) -> bytes:
    kept = b""
    while stream is not None and (chunk := stream.read(65_536)):
        kept = (kept + chunk)[:MAX_OUTPUT_BYTES] if len(kept) < MAX_OUTPUT_BYTES else kept
    return kept
