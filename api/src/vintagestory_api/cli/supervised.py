"""`python -m vintagestory_api.cli.supervised`: `vsmanager serve` that ends when whoever started it is gone.

The starter keeps the other end of standard input open and writes nothing; its end is the end of that pipe, also after kill -9.
"""

import os
import signal
import sys
import threading

from vintagestory_api.cli.serving import serve_command


def main() -> int:
    pipe = os.dup(0)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)  # children of this process get nothing from the pipe
    os.close(nothing)
    threading.Thread(target=_end_with_starter, args=(pipe,), name="starter-watch", daemon=True).start()
    return serve_command(sys.argv[1:])


def _end_with_starter(pipe: int) -> None:
    while os.read(pipe, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main())
