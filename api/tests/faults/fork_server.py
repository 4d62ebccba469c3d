"""Forks managers from a process that has imported them already: `python fork_server.py`.

A manager that is killed a hundred times is started a hundred times, and most of a start is the import of the application, which
no such test is about. Each line of the standard input is an order, as JSON: `program` (a Python file, run as `__main__`), `env`
(all of it) and `log`. Answered are `forked PID`, and when it has ended `ended PID CODE`, negative for a signal. The end of the
input ends the server, and leaves the managers alone.
"""

import importlib
import json
import os
import pkgutil
import runpy
import select
import sys
import traceback
from typing import Any, NoReturn

LOOK_SECONDS = 0.02


def main() -> None:
    import_application()
    tell("ready")
    waiting = b""
    while True:
        tell_of_ended()
        if not select.select([0], [], [], LOOK_SECONDS)[0]:
            continue
        piece = os.read(0, 1 << 16)
        if not piece:
            return
        *orders, waiting = (waiting + piece).split(b"\n")
        for order in orders:
            begin(json.loads(order))


def import_application() -> None:
    """With what a manager imports later, when it is first asked for something."""
    importlib.import_module("vintagestory_api.server")
    importlib.import_module("sqlalchemy.dialects.sqlite.pysqlite")
    package = importlib.import_module("vintagestory_api")
    for found in pkgutil.walk_packages(package.__path__, "vintagestory_api."):
        if found.name.endswith("store"):
            importlib.import_module(found.name)


def begin(order: dict[str, Any]) -> None:
    if (pid := os.fork()) == 0:
        run(order)
    tell(f"forked {pid}")


def tell_of_ended() -> None:
    try:
        while (ended := os.waitpid(-1, os.WNOHANG))[0]:
            tell(f"ended {ended[0]} {os.waitstatus_to_exitcode(ended[1])}")
    except ChildProcessError:
        return


def tell(line: str) -> None:
    os.write(1, f"{line}\n".encode())


def run(order: dict[str, Any]) -> NoReturn:
    code = 1
    try:
        log = os.open(order["log"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        nothing = os.open(os.devnull, os.O_RDONLY)
        for wanted, handle in ((0, nothing), (1, log), (2, log)):
            os.dup2(handle, wanted)
        os.environ.clear()
        os.environ.update(order["env"])
        sys.argv = [order["program"]]
        runpy.run_path(order["program"], run_name="__main__")
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:  # noqa: BLE001 - the last thing this process does
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    main()
