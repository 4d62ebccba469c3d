"""`vsmanager serve` that kills itself in the middle of an update, at a step that a file names.

The file `dying.json` in the data folder: `phase` (of the record of the update) and `after` (so many steps after that was written
down). It is removed as soon as it is read, so that the next manager lives.
"""

import json
import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from vintagestory_api.backups import capture
from vintagestory_api.cli.serving import serve_command
from vintagestory_api.servers import registry
from vintagestory_api.servers.supervisor import Supervisor
from vintagestory_api.servers.surroundings import Pace
from vintagestory_api.updates.undertaking import Undertaking

#: System calls that Python tells before it makes them.
_STEPS = frozenset({"os.mkdir", "os.rename", "os.link", "os.symlink", "os.remove", "os.rmdir", "os.chmod", "subprocess.Popen"})
_FOLDER = Path(os.environ["VS_DATA_DIR"])


class Ending:
    def __init__(self) -> None:
        self._left: int | None = None
        self._lock = threading.Lock()
        sys.addaudithook(lambda name, _arguments: self.step() if name in _STEPS else None)
        real_sync = os.fsync

        def sync(handle: Any) -> None:
            self.step()
            real_sync(handle)

        setattr(os, "fsync", sync)  # noqa: B010 - mypy

    def written_down(self, phase: str) -> None:
        """The record is at this phase now."""
        order = _FOLDER / "dying.json"
        if self._left is None and order.exists():
            wanted = json.loads(order.read_bytes())
            if wanted["phase"] == phase:
                order.unlink()
                self._left = wanted["after"]
        self.step()

    def step(self) -> None:
        with self._lock:
            if self._left is None:
                return
            if self._left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            self._left -= 1


def watch(ending: Ending) -> None:
    save: Callable[..., Any] = Undertaking._save
    keep: Callable[..., Any] = Supervisor.save

    async def save_and_tell(self: Undertaking, **changes: Any) -> None:
        await save(self, **changes)
        ending.written_down(self.update.phase)

    async def keep_and_tell(self: Supervisor, **changes: Any) -> None:
        ending.step()
        await keep(self, **changes)
        ending.step()

    setattr(Undertaking, "_save", save_and_tell)  # noqa: B010 - mypy
    setattr(Supervisor, "save", keep_and_tell)  # noqa: B010 - mypy


if __name__ == "__main__":
    watch(Ending())
    setattr(capture, "_LOOK_SECONDS", 0.02)  # noqa: B010 - small worlds are copied in no time
    # Twenty crashes would take twenty minutes.
    setattr(registry, "Pace", lambda: Pace(first_pause=0.05, longest_pause=0.2, look_every=0.5))  # noqa: B010 - from outside
    sys.exit(serve_command([]))
