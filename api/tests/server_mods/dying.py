"""A process in which changes of mods are ended at any step: killed, or told by the disk that it is full.

Reads one task a line from standard input: the folder of a server, what to do, at which step it ends, and how. Each is done in a
child of its own, so that what ends takes nothing else along. Prints what became of it.
"""

import errno
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

from tests.server_mods.zips import mod_zip, put_mod
from vintagestory_api.errors import ManagerError
from vintagestory_api.server_mods.generations import Generations
from vintagestory_api.server_mods.lock_list import SetEntry
from vintagestory_api.server_mods.set_states import Why
from vintagestory_api.server_mods.store import ModStore
from vintagestory_api.storage.open_folders import exchange

WHY = Why("alice", "for the test")
#: System calls that Python tells before it makes them.
_STEPS = frozenset(
    {"open", "os.mkdir", "os.rename", "os.link", "os.symlink", "os.remove", "os.rmdir", "os.chmod", "os.utime", "os.listdir"}
)
_WRITING = frozenset({"os.mkdir", "os.rename", "os.link", "os.symlink", "fsync"})


class Server:
    """One with mods that came by hand and otherwise."""

    def __init__(self, root: Path) -> None:
        self.data_path = root / "server"
        self.mods = self.data_path / "Mods"
        self.store = ModStore(root / "store")
        self.generations = Generations(self.data_path, self.store, now=lambda: "2026-11-26T12:00:00.000Z")

    def entry(self, modid: str, version: str = "1.0.0") -> SetEntry:
        with self.store.new_part() as part:
            part.write(mod_zip(modid, version))
            stored = part.keep()
        return SetEntry(
            modid=modid, version=version, file_name=f"{modid}_{version}.zip", sha256=stored.sha256,
            size_bytes=stored.size_bytes, side="both", source="moddb", kind="zip",
        )  # fmt: skip

    def make(self, *entries: SetEntry, waits: bool = False) -> None:
        base = self.generations.take_stock().planned_on
        assert base is not None
        self.generations.make(entries, base=base.number, why=WHY, waits=waits)

    def prepare(self) -> None:
        self.data_path.mkdir(parents=True)
        self.store.folder.mkdir()
        put_mod(self.mods, "carrots")
        put_mod(self.mods, "leeks")
        folder = self.mods / "handmade"
        folder.mkdir()
        (folder / "modinfo.json").write_text('{"type": "content", "modid": "handmade", "name": "x", "version": "0.1.0"}')


def prepare(root: Path, task: str) -> None:
    """What is there before the task begins."""
    server = Server(root)
    server.prepare()
    if task in {"take over", "take over in two steps"}:
        return
    server.make(server.entry("pots"), server.entry("pans"))
    if task == "start":
        server.make(server.entry("pots", "2.0.0"), waits=True)
    elif task in {"by hand", "by hand while one waits"}:
        if task != "by hand":
            server.make(server.entry("pots", "2.0.0"), server.entry("pans"), waits=True)
        (server.mods / "pans_1.0.0.zip").unlink()
        put_mod(server.mods, "carrots", "3.0.0")
    elif task == "put back":
        server.make(server.entry("pots", "2.0.0"), waits=True)
        server.generations.begin_trial(3, 2)
        server.generations.before_launch("start-1")
    elif task == "drop":
        server.make(server.entry("pots", "2.0.0"), waits=True)


def do(root: Path, task: str) -> None:
    server = Server(root)
    generations = server.generations
    match task:
        case "take over" | "take over in two steps" | "by hand":
            generations.take_stock()
        case "change":
            server.make(server.entry("pots", "2.0.0"), server.entry("lids"))
        case "wait":
            server.make(server.entry("pots", "2.0.0"), waits=True)
        case "start" | "by hand while one waits":
            generations.before_launch("start-1")
        case "put back":
            generations.put_back(WHY)
        case "drop":
            generations.drop_waiting()
        case _:
            raise ValueError(task)


TASKS = (
    "take over",
    "take over in two steps",
    "change",
    "wait",
    "start",
    "by hand",
    "by hand while one waits",
    "put back",
    "drop",
)


def replace_exchange(exchange: Any) -> None:
    setattr(sys.modules[Generations.__module__], "exchange", exchange)  # noqa: B010 - the one that it uses


class Ending:
    """Counts steps, and ends at the one that was named: 0 never."""

    def __init__(self, at: int, how: str) -> None:
        self.count = 0
        self._at = at
        self._how = how
        self._is_armed = False
        sys.addaudithook(self._notice)
        real_sync, real_exchange = os.fsync, exchange

        def sync(handle: Any) -> None:
            self.step("fsync")
            real_sync(handle)

        def counted(*names: Any) -> None:
            self.step("os.rename")
            real_exchange(*names)
            self.step("after")

        setattr(os, "fsync", sync)  # noqa: B010 - mypy
        replace_exchange(counted)

    def arm(self, *, is_armed: bool) -> None:
        self._is_armed = is_armed

    def step(self, name: str) -> None:
        if not self._is_armed or (self._how == "full" and name not in _WRITING):
            return
        self.count += 1
        if self.count == self._at:
            if self._how == "full":
                raise OSError(errno.ENOSPC, "No space left on device")
            os.kill(os.getpid(), signal.SIGKILL)

    def _notice(self, name: str, arguments: tuple[Any, ...]) -> None:
        if name not in _STEPS:
            return
        if name == "open" and isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR):
            name = "os.mkdir"  # as any other that writes
        self.step(name)


def run_task(root: Path, task: str, at: int, how: str) -> dict[str, Any]:
    """In the child; comes back only when it was not killed."""
    ending = Ending(at, how)
    if task == "take over in two steps":

        def cannot(*_: object) -> None:
            raise OSError(errno.ENOSYS, "Function not implemented")

        replace_exchange(cannot)
    error = None
    ending.arm(is_armed=True)
    try:
        do(root, task)
    except ManagerError as failure:
        error = {"code": failure.code, "message": failure.message}
    except OSError as failure:
        error = {"code": "os_error", "message": str(failure)}
    finally:
        ending.arm(is_armed=False)
    return {"steps": ending.count, "error": error}


def main() -> None:
    for line in sys.stdin:
        order = json.loads(line)
        root = Path(order["root"])
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reading)
            told = run_task(root, order["task"], order["at"], order["how"])
            os.write(writing, json.dumps(told).encode())
            os._exit(0)
        os.close(writing)
        with os.fdopen(reading, "rb") as pipe:
            answer = pipe.read()
        _, status = os.waitpid(child, 0)
        told = json.loads(answer) if answer else {}
        sys.stdout.write(json.dumps({**told, "was_killed": os.WIFSIGNALED(status)}) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
