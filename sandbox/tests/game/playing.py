"""A stand-in game server as a process: read what it prints, tell it things, see how it ends."""

import fcntl
import json
import os
import re
import signal
import socket
import subprocess
import sys
import termios
import threading
import time
from array import array
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, TypeVar, cast

T = TypeVar("T")

PATIENCE_SECONDS = 40.0
READY = re.compile("now running on Port")
# Nobody comes by themselves, and everything is quick.
QUIET: dict[str, object] = {"speed": 20, "players": 0, "boot_seconds": 1, "shutdown_seconds": 0.1}


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket(socket.AF_INET6) as found:
        found.bind(("::", 0))
        return int(found.getsockname()[1])


def until(condition: Callable[[], T], what: str) -> T:
    """Wait for a condition; its value when it holds."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (value := condition()):
        assert time.monotonic() < deadline, f"{what} did not happen within {PATIENCE_SECONDS} s"
        time.sleep(0.01)
    return value


class Game:
    """One run of the program in its own data path."""

    def __init__(self, program: Path, data: Path, *options: str, stdin: int = subprocess.PIPE, **switches: object) -> None:
        self.data = data
        data.mkdir(parents=True, exist_ok=True)
        self.tell({**QUIET, **switches})
        self.port = free_port()
        if not {"--port", "--version", "--help"} & set(options):
            options = (*options, "--port", str(self.port))
        command = [sys.executable, "-I", "-S", "-B", str(program), "--dataPath", str(data), *options]
        self.process = subprocess.Popen(command, stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.raw = bytearray()
        self._seen = 0
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def tell(self, switches: dict[str, object]) -> None:
        """Write the switches of the data path."""
        temporary = self.data / "vss.json.new"
        temporary.write_text(json.dumps(switches))
        temporary.replace(self.data / "vss.json")

    @property
    def lines(self) -> list[str]:
        """All complete lines so far."""
        return self.raw.decode("utf-8", "replace").split("\n")[:-1]

    def wait_for(self, pattern: str | re.Pattern[str]) -> str:
        """The next line that holds a pattern, after the one found last."""
        wanted = re.compile(pattern)

        def find() -> list[str]:
            for place, line in enumerate(self.lines[self._seen :], self._seen):
                if wanted.search(line):
                    self._seen = place + 1
                    return [line]
            assert self._reader.is_alive(), f"it ended without {wanted.pattern!r}:\n{self.raw.decode(errors='replace')}"
            return []

        return until(find, f"{wanted.pattern!r}")[0]

    def ready(self) -> "Game":
        """Wait until it is ready."""
        self.wait_for(READY)
        return self

    def write(self, data: bytes) -> None:
        """Bytes on its standard input, in one write."""
        os.write(cast("IO[bytes]", self.process.stdin).fileno(), data)

    def ask(self, command: str) -> str:
        """Send a command, once the one before has been read. The first line that follows its echo."""
        until(lambda: not self._unread(), "reading the command before")
        self.write(f"{command}\n".encode())
        self.wait_for(f"Handling Console Command {re.escape(command)}$")
        return self.wait_for("")

    def answer(self, command: str) -> str:
        """The text of the first line of an answer."""
        return self.ask(command).partition("] ")[2]

    def stop(self) -> int:
        """Have it end by its command. Its exit code."""
        self.write(b"/stop\n")
        return self.wait()

    def wait(self) -> int:
        """Wait for its end. Its exit code."""
        code = self.process.wait(PATIENCE_SECONDS)
        self._reader.join(PATIENCE_SECONDS)
        return code

    def end(self) -> None:
        """Make sure that nothing of it is left."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
        for stream in (self.process.stdin, self.process.stderr):
            if stream is not None:
                stream.close()
        self._reader.join(PATIENCE_SECONDS)
        cast("IO[bytes]", self.process.stdout).close()

    def error_output(self) -> str:
        """What it said on standard error."""
        return cast("IO[bytes]", self.process.stderr).read().decode()

    def error_line(self) -> str:
        """The next line on standard error."""
        return cast("IO[bytes]", self.process.stderr).readline().decode()

    def log(self, name: str = "main", ending: str = "log") -> list[str]:
        """The lines of a log file."""
        return (self.data / "Logs" / f"server-{name}.{ending}").read_text().splitlines()

    def _unread(self) -> int:
        """How many bytes lie in the pipe to it."""
        number = array("i", [0])
        fcntl.ioctl(cast("IO[bytes]", self.process.stdin), termios.FIONREAD, number)
        return number[0]

    def _read(self) -> None:
        descriptor = cast("IO[bytes]", self.process.stdout).fileno()
        while block := os.read(descriptor, 1 << 20):
            self.raw += block


Play = Callable[..., Game]
Installs = Callable[[str], Path]


def texts(lines: Sequence[str]) -> list[str]:
    """What follows the time and the type, in lines that have them."""
    return [line.partition("] ")[2] for line in lines if "] " in line]


def in_order(lines: Sequence[str], wanted: Sequence[str]) -> bool:
    """Whether these texts stand in the lines in this order."""
    left = iter(lines)
    return all(any(text in line for line in left) for text in wanted)
