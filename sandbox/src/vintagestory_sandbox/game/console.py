"""Commands from standard input, read as the real program does it."""

import os
from collections.abc import Callable

_LARGEST_READ = 1024


class ConsoleReader:
    """Takes whatever one read brings as one command. A read that does not end in a newline, or the end of the input, ends it
    for good; nobody is told."""

    def __init__(self, command: Callable[[str], None], ended: Callable[[], None]) -> None:
        self._command = command
        self._ended = ended

    def read(self) -> None:
        """Something can be read."""
        try:
            data = os.read(0, _LARGEST_READ)
        except OSError:
            data = b""
        if data.endswith(b"\n"):
            self._command(data.decode("utf-8", "replace").removesuffix("\n").removesuffix("\r"))
        else:
            self._ended()
