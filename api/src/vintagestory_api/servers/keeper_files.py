"""What a keeper leaves on disk while it lives, and its language on the socket. Known to the keeper and to the manager.

Light, as the keeper imports it.

The language: lines of JSON in both directions; after a line with `output` come `size` bytes of output. The keeper begins with
`hello`, and with the versions of the language that it understands; the manager then speaks one of them.
"""

import contextlib
import json
import os

#: The language of this keeper, and the oldest that it understands. Raise the first with every change that an older manager or
#: keeper would not understand.
PROTOCOL = 1
OLDEST_PROTOCOL = 1

#: The longest line that a console takes in one read, with its end, in bytes of UTF-8.
MAX_COMMAND_BYTES = 1000

_FOLDER_MODE = 0o700


class KeeperFiles:
    """`state` tells who keeps what, for whoever comes later; `lock` is held by the living keeper."""

    def __init__(self, keepers_dir: str, server_id: str) -> None:
        base = f"{keepers_dir}/{server_id}"
        self.state = f"{base}.json"
        self.lock = f"{base}.lock"
        self.spool = f"{base}.spool"
        self.complaints = f"{base}.log"

    def write_state(self, state: "dict[str, object]") -> None:
        """Raises `OSError`."""
        part = f"{self.state}.part"
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        try:
            os.write(handle, json.dumps(state).encode())
        finally:
            os.close(handle)
        os.replace(part, self.state)  # noqa: PTH105 - pathlib is heavy for a keeper

    def remove(self) -> None:
        """The lock last: until then nobody else begins."""
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError), open(self.state, "rb") as file:  # noqa: PTH123
            remove_socket(json.loads(file.read())["socket"])
        for path in (self.spool, self.complaints, f"{self.state}.part", self.state, self.lock):
            with contextlib.suppress(OSError):
                os.unlink(path)  # noqa: PTH108


def remove_socket(path: str) -> None:
    """And its folder, when no other is in it."""
    with contextlib.suppress(OSError):
        os.unlink(path)  # noqa: PTH108 - pathlib is heavy for a keeper
    with contextlib.suppress(OSError):
        os.rmdir(os.path.dirname(path))  # noqa: PTH106, PTH120


def refusal(line: str) -> str | None:
    """Why a console can't take this line, None when it can: one read is one command, which ends in its only newline."""
    try:
        size = len(line.encode()) + 1
    except UnicodeEncodeError:
        return "It holds characters that are none."
    if any(ord(char) < 0x20 or 0x7F <= ord(char) < 0xA0 or char in "\u2028\u2029" for char in line):
        return "It holds a line break or another control character."
    if size > MAX_COMMAND_BYTES:
        return f"It has {size} bytes, and the console takes {MAX_COMMAND_BYTES} at most."
    return None


def own_folder(path: str) -> bool:
    """Make the folder, and see that it is nobody else's. Sockets may only lie in such a one."""
    with contextlib.suppress(OSError):
        os.mkdir(path, _FOLDER_MODE)  # noqa: PTH102
    try:
        found = os.lstat(path)
    except OSError:
        return False
    # A directory, ours, and closed to everybody else: a name in the temporary folder may have been taken by a stranger.
    return found.st_mode == 0o040000 | _FOLDER_MODE and found.st_uid == os.geteuid()
