"""Managers that start in a moment, for tests that kill many of them: forked by `fork_server`."""

import atexit
import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.managers import START_SECONDS, Process

SERVER = Path(__file__).with_name("fork_server.py")


class Forked:
    """One of them, as far as a `Popen` is used here."""

    def __init__(self, server: "ForkServer", pid: int) -> None:
        self.pid = pid
        self._server = server

    def poll(self) -> int | None:
        self._server.read(0.0)
        return self._server.ended.get(self.pid)

    def wait(self, timeout: float | None = None) -> int:
        deadline = time.monotonic() + (timeout if timeout is not None else START_SECONDS)
        while (code := self.poll()) is None:
            if time.monotonic() > deadline:
                raise subprocess.TimeoutExpired(["forked manager"], timeout or START_SECONDS)
            self._server.read(0.05)
        return code

    def send_signal(self, number: int) -> None:
        """Nothing happens to one that has ended; its number is not given away before that is known."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)


class ForkServer:
    """Made at the first start, for all tests of this process; it ends with it."""

    def __init__(self) -> None:
        environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
        self._process = subprocess.Popen([sys.executable, SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment)
        self._waiting = b""
        self._answers: list[str] = []
        self.ended: dict[int, int] = {}
        atexit.register(self.close)
        assert self._answer() == "ready"

    def launch(self, program: Sequence[str], environment: Mapping[str, str], log: Path) -> Process:
        """`program`: Python, and a file for it."""
        assert self._process.stdin
        order = {"program": program[-1], "env": dict(environment), "log": str(log)}
        self._process.stdin.write(json.dumps(order).encode() + b"\n")
        self._process.stdin.flush()
        pid = int(self._answer().removeprefix("forked "))
        self.ended.pop(pid, None)  # of one that had the same number
        return Forked(self, pid)

    def _answer(self) -> str:
        deadline = time.monotonic() + START_SECONDS
        while not self._answers:
            assert time.monotonic() < deadline, "the fork server does not answer"
            self.read(0.1)
        return self._answers.pop(0)

    def read(self, seconds: float) -> None:
        """What it tells within this time."""
        assert self._process.stdout
        handle = self._process.stdout.fileno()
        while select.select([handle], [], [], seconds)[0]:
            piece = os.read(handle, 65_536)
            assert piece, "the fork server has ended"
            *lines, self._waiting = (self._waiting + piece).split(b"\n")
            for line in lines:
                word, *values = line.decode().split()
                if word == "ended":
                    self.ended[int(values[0])] = int(values[1])
                else:
                    self._answers.append(line.decode())
            seconds = 0.0

    def close(self) -> None:
        self._process.kill()
        self._process.wait()


_server: list[ForkServer] = []


def forked(program: Sequence[str], environment: Mapping[str, str], log: Path) -> Process:
    """For `start_manager`."""
    if not _server:
        _server.append(ForkServer())
    return _server[0].launch(program, environment, log)
