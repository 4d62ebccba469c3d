"""The narrow protocol between the manager and whatever runs game processes: a local keeper today, a remote host tomorrow."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from vintagestory_api.errors import Conflict, Unavailable


class GameNotStarted(Conflict):
    """The message says why the program could not be started."""

    code = "game_not_started"


class KeeperGone(Unavailable):
    """The process that keeps the game is no longer there, or does not answer."""

    code = "keeper_gone"


class KeeperIncompatible(Conflict):
    """The keeper speaks a language that this manager does not know."""

    code = "keeper_incompatible"


class GameStillRuns(Conflict):
    code = "game_still_runs"


class ConsoleClosed(Conflict):
    """The game no longer reads what is written to it."""

    code = "console_closed"


class ConsoleBusy(Unavailable):
    """The game has not read what it was given before."""

    code = "console_busy"


@dataclass(frozen=True)
class Launch:
    """One start of a game. `instance` names this start for ever; `first_seq` is the number of its first console line.

    `user`: the account the game runs as, None for the manager's own. The two times are those of the ladder that the keeper
    goes down by itself when it is told to end (SIGTERM): `/stop`, then SIGTERM, then SIGKILL.
    """

    server_id: str
    instance: str
    argv: tuple[str, ...]
    cwd: Path
    env: Mapping[str, str]
    first_seq: int
    stop_seconds: float
    term_seconds: float
    user: str | None = None


@dataclass(frozen=True)
class GameStatus:
    """What a keeper knows of its game. Times in UTC milliseconds; `exit_code` as Python gives it (negative: a signal).

    `stop_signals`: what the keeper sent, in order ("SIGTERM", "SIGKILL"); "/stop" first when it was told to end itself and so
    brought its game down. `exit_code` is None while it runs, and when it never started; then `start_error` says why.
    """

    server_id: str
    instance: str
    keeper_pid: int
    game_pid: int | None
    started_ms: int
    ended_ms: int | None = None
    exit_code: int | None = None
    stop_signals: tuple[str, ...] = ()
    start_error: str | None = None

    @property
    def is_running(self) -> bool:
        return self.ended_ms is None


@dataclass(frozen=True)
class Output:
    """Whole lines of a game, each with its end. `first_seq` numbers the first; the others follow without a gap.

    `lost_lines`: so many lines before these were not kept by anybody (their numbers are left out). `is_replay`: the keeper
    had handed these out before, to a manager that is gone. `probes`: those of them, first and last, of which it said that it
    had caused them.
    """

    first_seq: int
    data: bytes
    lost_lines: int = 0
    is_replay: bool = False
    probes: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True)
class Heard:
    """`pause_seconds`: how long it takes until more can be told without loss: a wish that need not be heard. `probes`: the lines,
    first and last, that the manager itself caused, which is remembered for whoever is told them again."""

    pause_seconds: float = 0.0
    probes: tuple[tuple[int, int], ...] = ()


class GameListener(Protocol):
    """Told in the event loop, in order; must return soon (a few milliseconds)."""

    def game_printed(self, output: Output) -> Heard | None: ...

    def game_ended(self, status: GameStatus) -> None:
        """After its last output."""
        ...

    def keeper_lost(self) -> None:
        """The keeper is gone without having told the end: the game may still run, unwatched."""
        ...


class Game(Protocol):
    """A game that a keeper holds. Every call raises `KeeperGone` when the keeper is no longer there."""

    @property
    def status(self) -> GameStatus: ...

    async def write_line(self, line: str) -> None:
        """Hand one line to the console, in one write, once the one before was read. Raises `ConsoleClosed`, `ConsoleBusy`
        (not read within a few seconds), and `Invalid` for what the console can't take."""
        ...

    async def signal(self, name: str) -> None:
        """`SIGTERM` to the game, or `SIGKILL` to it and to everything that it started."""
        ...

    async def release(self) -> None:
        """The end is noted: the keeper may go. Also removes what it left on disk. Raises `GameStillRuns`."""
        ...

    async def detach(self) -> None:
        """Leave the game to its keeper."""
        ...


class Host(Protocol):
    async def launch(self, launch: Launch, listener: GameListener) -> Game:
        """Start a keeper and its game. Raises `GameNotStarted`."""
        ...

    async def known(self) -> list[str]:
        """Ids of servers of which a keeper, or what a dead keeper left, is there."""
        ...

    async def attach(self, server_id: str, listener: GameListener) -> Game | None:
        """Take up the keeper of this server, with all output it still has; None when none lives.

        Raises `KeeperGone` when it lives and does not answer, and `KeeperIncompatible`.
        """
        ...

    async def last_status(self, server_id: str) -> GameStatus | None:
        """How the game ended, from a keeper that has gone by itself since; None when there is none that says so."""
        ...

    async def end_orphan(self, server_id: str, term_seconds: float) -> bool:
        """End a game whose keeper died: SIGTERM, wait, SIGKILL, with everything it started; True when there was one.
        Then removes what the keeper left on disk. A keeper that still lives, but could not be attached, is killed first."""
        ...
