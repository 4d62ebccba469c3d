"""What a line of the log says happened. Texts: facts of the game's log, 2.5, 2.7, 2.8 and 6.3. Chat is never an event of
any other kind, whatever it imitates."""

from dataclasses import dataclass


@dataclass(frozen=True)
class LineEvent:
    """Base: one thing that a line tells."""


@dataclass(frozen=True)
class VersionTold(LineEvent):
    version: str


@dataclass(frozen=True)
class RuntimeMissing(LineEvent):
    """.NET is not there, or too old."""

    needed: str | None


@dataclass(frozen=True)
class PhaseEntered(LineEvent):
    phase: str


@dataclass(frozen=True)
class BecameReady(LineEvent):
    port: int


@dataclass(frozen=True)
class StopBegan(LineEvent):
    reason: str


@dataclass(frozen=True)
class Stopped(LineEvent):
    """The last line of an orderly end."""


@dataclass(frozen=True)
class ShutdownByThread(LineEvent):
    """An exception in a thread ends the server."""

    thread: str


@dataclass(frozen=True)
class CrashReported(LineEvent):
    """A critical error; `mods` are those it names, as id@version or id."""

    mods: tuple[str, ...]


@dataclass(frozen=True)
class StartRefused(LineEvent):
    """Why it will not start, in the server's words: old files, unreadable configuration, world or player data."""

    why: str


@dataclass(frozen=True)
class PlayerIdentified(LineEvent):
    name: str
    uid: str


@dataclass(frozen=True)
class PlayerJoined(LineEvent):
    name: str


@dataclass(frozen=True)
class PlayerLeft(LineEvent):
    name: str
    reason: str | None = None


@dataclass(frozen=True)
class PlayerRefused(LineEvent):
    name: str
    reason: str


@dataclass(frozen=True)
class ChatSaid(LineEvent):
    """`group` is 0 for what everybody hears, None where the line does not say."""

    name: str
    text: str
    group: int | None


@dataclass(frozen=True)
class WorldSaved(LineEvent):
    chunks: int | None


@dataclass(frozen=True)
class AutosaveFailed(LineEvent):
    text: str


@dataclass(frozen=True)
class Overloaded(LineEvent):
    tick_ms: int


@dataclass(frozen=True)
class DiskLow(LineEvent):
    text: str


@dataclass(frozen=True)
class MemoryHigh(LineEvent):
    text: str


@dataclass(frozen=True)
class ModComplaint(LineEvent):
    """`problem`: `missing`, `wrong_version`, `depends_on_broken`, `duplicate`, `blocked`, or `error`."""

    mod: str
    problem: str
    text: str


@dataclass(frozen=True)
class CommandEchoed(LineEvent):
    """The game took a command of the console; what it prints next is the answer."""

    command: str


@dataclass(frozen=True)
class BackupBegan(LineEvent):
    pass


@dataclass(frozen=True)
class BackupComplete(LineEvent):
    pass
