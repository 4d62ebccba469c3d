"""Takes the place of the game's program in a benchmark: costs little itself, and prints what it is told to.

`install` puts it over an install of the sandbox's game server, whose own program goes on doing everything but running. A file
`bench.json` in the data path tells what to print: `{"id": 1, "flood": LINES}` as fast as they are taken, or
`{"id": 2, "calm": LINES, "every": SECONDS}`, each with the time of the system's monotonic clock.
"""

import json
import os
import select
import sys
import time
from pathlib import Path

_LOOK_SECONDS = 0.02
_FLOOD_BATCH = 2000
_LINE_BYTES = 100


def install(folder: Path) -> None:
    """Into an install of the sandbox's game server."""
    program = folder / "VintagestoryServer"
    program.rename(folder / "SandboxServer")
    program.write_text("#!/usr/bin/env -S python3 -I -S -B\n" + Path(__file__).read_text())
    program.chmod(0o755)


def main() -> None:
    options = sys.argv[1:]
    if any(option.startswith(("--genconfig", "--setconfig", "--version", "--help", "-v", "-h")) for option in options):
        os.execv(Path(__file__).with_name("SandboxServer"), ["VintagestoryServer", *options])
    data_path = Path(options[options.index("--dataPath") + 1])
    say("Event", "Dedicated Server now running on Port 42420 and all ips!")
    done = 0
    while True:
        if select.select([0], [], [], _LOOK_SECONDS)[0]:
            command = os.read(0, 1024).decode().strip()
            if not command:
                return
            say("Notification", f"Handling Console Command {command}")
            if command == "/stop":
                say("Event", "Server stop requested, begin shutdown sequence. Stop reason: Shutdown via server command")
                return
        try:
            told = json.loads((data_path / "bench.json").read_bytes())
        except (OSError, ValueError):
            continue
        if told["id"] != done:
            done = told["id"]
            if "flood" in told:
                flood(told["flood"])
            else:
                calm(told["calm"], told["every"])


def say(kind: str, text: str) -> None:
    write(f"{stamp()} [Server {kind}] {text}\n".encode())


def flood(count: int) -> None:
    start = f"{stamp()} [Server Notification] flood "
    filler = "." * (_LINE_BYTES - len(start) - len(f"{count} of {count} ") - 1)
    for first in range(1, count + 1, _FLOOD_BATCH):
        numbers = range(first, min(first + _FLOOD_BATCH, count + 1))
        write("".join([f"{start}{number} of {count} {filler}\n" for number in numbers]).encode())


def calm(count: int, every: float) -> None:
    for number in range(1, count + 1):
        time.sleep(every)
        say("Notification", f"calm {number} of {count} at {time.monotonic_ns()}")


def stamp() -> str:
    now = time.localtime()
    return f"{now.tm_mday}.{now.tm_mon}.{now.tm_year} {now.tm_hour:02}:{now.tm_min:02}:{now.tm_sec:02}"


def write(data: bytes) -> None:
    left = memoryview(data)
    while left:
        left = left[os.write(1, left) :]


if __name__ == "__main__":
    main()
