"""Servers that are made up, for tests of what is learned from their lines."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from vintagestory_api.errors import NotFound
from vintagestory_api.events import EventBus, ServerChanged, ServerTold
from vintagestory_api.servers.console_lines import ConsoleLine, read_lines
from vintagestory_api.servers.host import GameStatus
from vintagestory_api.servers.line_events import read_event

HEAD = "4.8.2026 21:04:05 [Server Notification] "


def notification(*lines: str) -> str:
    """An answer as the game prints it: only the first line has a head."""
    return HEAD + "\n".join(lines) + "\n"


@dataclass
class StandInAnswer:
    command: str
    echo_seq: int | None
    lines: list[ConsoleLine]
    is_complete: bool = True


@dataclass
class StandInDesk:
    """Answers commands as it is told to: text as the console would show it, from the line `next_seq` on."""

    answers: dict[str, str | Callable[[], str]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    next_seq: int = 1_000

    async def ask(self, command: str, *, is_probe: bool = False, timeout_seconds: float = 5) -> StandInAnswer:
        self.asked.append(command)
        answer = self.answers.get(command)
        if answer is None:
            return StandInAnswer(command, None, [], is_complete=False)
        lines = read_lines((answer if isinstance(answer, str) else answer()).encode(), self.next_seq)
        self.next_seq += len(lines)
        return StandInAnswer(command, self.next_seq, lines)


@dataclass
class StandInRecord:
    instance: str | None
    outcome: str | None


@dataclass
class StandInServer:
    id: str
    data_path: Path
    name: str = "Home"
    state: str = "running"
    instance: str | None = "first"
    status: GameStatus | None = None
    is_hung: bool = False
    commands: StandInDesk = field(default_factory=StandInDesk)

    @property
    def is_running(self) -> bool:
        return self.state in {"starting", "running", "stopping"}

    @property
    def record(self) -> "StandInRecord":
        return StandInRecord(self.instance, None if self.is_running or self.state == "not looked for" else self.state)


class StandInServers:
    """A registry of such servers, with the bus they speak on."""

    def __init__(self, bus: EventBus) -> None:
        self._bus = bus
        self._servers: dict[str, StandInServer] = {}
        self._seq = 10

    def add(self, server: StandInServer) -> StandInServer:
        self._servers[server.id] = server
        return server

    def remove(self, server: StandInServer) -> None:
        del self._servers[server.id]

    def get(self, server_id: str) -> StandInServer:
        if server_id not in self._servers:
            raise NotFound("There is no such server.")
        return self._servers[server_id]

    def all(self) -> Sequence[StandInServer]:
        return list(self._servers.values())

    def prints(self, server: StandInServer, *lines: str, at_ms: int, first_seq: int | None = None) -> int:
        """The console prints lines; the number of the last one. With `first_seq` they come again."""
        for place, line in enumerate(read_lines("\n".join(lines).encode(), first_seq or self._seq)):
            what = read_event(line)
            if what is not None:
                assert server.instance is not None
                self._bus.publish(ServerTold(server.id, server.instance, line.seq, at_ms + place, what))
        if first_seq is None:
            self._seq += len(lines)
        return self._seq - 1

    def end(self, server: StandInServer, ended_ms: int | None = None) -> None:
        if ended_ms is not None and server.instance is not None:
            server.status = GameStatus(server.id, server.instance, 1, 2, 0, ended_ms, 0)
        server.state = "stopped"
        self._bus.publish(ServerChanged(server.id))


def event(text: str) -> str:
    return f"4.8.2026 21:04:05 [Server Event] {text}"


def joins(name: str) -> str:
    return event(f"{name} [::ffff:203.0.113.7]:43212 joins.")


def leaves(name: str) -> str:
    return event(f"Player {name} left.")


def identifies(name: str, uid: str) -> str:
    return f"{HEAD}Client 1 uid {uid} attempting identification. Name: {name}"


def says(name: str, text: str) -> str:
    return f"4.8.2026 21:04:05 [Server Chat] 0 | {name}: {text}"
