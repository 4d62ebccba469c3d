"""Servers that are nothing but what the measurements ask of them, and rows of the table that measurements belong to."""

import os
import sqlite3
from dataclasses import dataclass, field
from pathlib import Path

from vintagestory_api.servers.host import GameStatus
from vintagestory_api.servers.schemas import ServerState

NOW = 1_780_000_020_000
MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR


@dataclass
class MadeServer:
    id: str
    data_path: Path
    name: str = "A server"
    state: ServerState = "running"
    status: GameStatus | None = None

    def run(self, pid: int | None = None) -> None:
        """As a game that runs in the process `pid`; this one by default."""
        self.state = "running"
        self.status = GameStatus(self.id, "i1", keeper_pid=1, game_pid=pid or os.getpid(), started_ms=NOW)

    def stop(self) -> None:
        self.state, self.status = "stopped", None


@dataclass
class MadeServers:
    servers: list[MadeServer] = field(default_factory=list)

    def all(self) -> list[MadeServer]:
        return list(self.servers)


def add_servers(database: Path, *ids: str) -> None:
    with sqlite3.connect(database) as connection:
        connection.executemany(
            "INSERT INTO servers (id, name, port, data_path, wanted, settings, last_seq, created_at, created_by) "
            "VALUES (?, 'A server', 42420, '', 'stopped', '{}', 0, 0, 'test')",
            [(server_id,) for server_id in ids],
        )
    connection.close()
