"""A host with its keepers, a listener that remembers, and small programs for games."""

import json
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.waiting import until
from vintagestory_api.servers.host import Game, GameStatus, Heard, Launch, Output
from vintagestory_api.servers.local_host import LocalHost
from vintagestory_api.servers.processes import start_time

SERVER = "home"
FIRST_SEQ = 1000


class Listener:
    """Checks that numbers of lines go on without a gap that is not told."""

    def __init__(self) -> None:
        self.outputs: list[Output] = []
        self.ended: GameStatus | None = None
        self.is_lost = False

    def game_printed(self, output: Output) -> Heard | None:
        assert output.data.endswith(b"\n")
        assert self.ended is None
        if self.outputs:
            assert output.first_seq == self.next_seq + output.lost_lines
        self.outputs.append(output)
        return None

    def game_ended(self, status: GameStatus) -> None:
        assert self.ended is None
        self.ended = status

    def keeper_lost(self) -> None:
        self.is_lost = True

    @property
    def next_seq(self) -> int:
        last = self.outputs[-1]
        return last.first_seq + last.data.count(b"\n")

    @property
    def data(self) -> bytes:
        return b"".join(output.data for output in self.outputs)

    @property
    def lines(self) -> list[str]:
        return self.data.decode(errors="replace").split("\n")[:-1]

    @property
    def lost_lines(self) -> int:
        return sum(output.lost_lines for output in self.outputs)


class Keeping:
    """One server's games, below a folder of the test."""

    def __init__(self, folder: Path, limits: Mapping[str, float] | None = None) -> None:
        self.folder = folder
        self.keepers = folder / "keepers"
        self.host = LocalHost(self.keepers, limits=limits)
        self.instances = 0
        self.started: dict[int, int | None] = {}  # by process number

    async def start(
        self,
        argv: Sequence[str],
        listener: Listener | None = None,
        *,
        server_id: str = SERVER,
        stop_seconds: float = 30.0,
        term_seconds: float = 30.0,
        user: str | None = None,
        env: Mapping[str, str] | None = None,
    ) -> Game:
        self.instances += 1
        launch = Launch(
            server_id=server_id,
            instance=f"{self.folder}-{self.instances}",
            argv=tuple(argv),
            cwd=self.folder,
            env={"PATH": os.environ["PATH"], **(env or {})},
            first_seq=FIRST_SEQ,
            stop_seconds=stop_seconds,
            term_seconds=term_seconds,
            user=user,
        )
        game = await self.host.launch(launch, listener or Listener())
        for pid in (game.status.keeper_pid, game.status.game_pid or 0):
            self.started[pid] = start_time(pid)
        return game

    @property
    def state_file(self) -> Path:
        return self.keepers / f"{SERVER}.json"

    def state(self) -> Any:
        """What the keeper has written down."""
        return json.loads(self.state_file.read_text())

    def change_state(self, **changes: object) -> None:
        self.state_file.write_text(json.dumps({**self.state(), **changes}))

    @property
    def socket(self) -> Path:
        return Path(self.state()["socket"])

    async def clean_up(self) -> None:
        for server_id in await self.host.known():
            await self.host.end_orphan(server_id, 0.0)
        await until(lambda: not any(self._is_left(pid) for pid in self.started), what="all processes of the test are gone")

    def _is_left(self, pid: int) -> bool:
        """Kills what is left of it."""
        if not is_running(pid) or start_time(pid) != self.started[pid]:
            return False
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        return True


def python(text: str) -> tuple[str, ...]:
    """A game that is a few lines of Python."""
    return (sys.executable, "-I", "-S", "-u", "-c", f"import os, signal, sys, time\n{text}")


def is_running(pid: int) -> bool:
    with suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)
    return start_time(pid) is not None


async def ended(listener: Listener) -> GameStatus:
    await until(lambda: listener.ended is not None, what="the end of the game")
    assert listener.ended is not None
    return listener.ended


def resident_kilobytes(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))


async def said(listener: Listener, text: str) -> None:
    await until(lambda: text in listener.data.decode(errors="replace"), what=f"the game says {text}")
