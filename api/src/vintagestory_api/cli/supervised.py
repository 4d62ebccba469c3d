"""`python -m vintagestory_api.cli.supervised`: `vsmanager serve` that ends with whoever started it, and its games with it.

The starter keeps the other end of standard input open and writes nothing; its end is the end of that pipe, also after kill -9.
"""

import os
import signal
import sys
import threading

from vintagestory_api.cli.connection import data_dir_of
from vintagestory_api.cli.serving import serve_command
from vintagestory_api.storage.data_folder import DataFolder

#: How long games have to save and end when the starter was killed.
_GAMES_SECONDS = 20.0


def main() -> int:
    pipe = os.dup(0)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)  # children of this process get nothing from the pipe
    os.close(nothing)
    starter_is_gone = threading.Event()
    threading.Thread(target=_end_with_starter, args=(pipe, starter_is_gone), name="starter-watch", daemon=True).start()
    code = serve_command(sys.argv[1:])
    if starter_is_gone.is_set():
        from vintagestory_api.servers.local_host import end_all  # noqa: PLC0415 - only at such an end

        end_all(DataFolder(data_dir_of(None)).keepers, _GAMES_SECONDS)
    return code


def _end_with_starter(pipe: int, is_gone: threading.Event) -> None:
    while os.read(pipe, 1):
        pass
    is_gone.set()
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main())
