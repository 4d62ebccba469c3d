"""What the manager does with the configuration of the game when it makes a server, and before it starts one."""

import asyncio
import json
import os
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from vintagestory_api.errors import Unavailable
from vintagestory_api.kit.children import run_child
from vintagestory_api.storage.atomic import write_atomically

_FILE = "serverconfig.json"
_GENCONFIG_SECONDS = 120.0


class ConfigurationNotMade(Unavailable):
    code = "configuration_not_made"


class GameConfiguration:
    """Implements `setup.Configurator`."""

    def __init__(self, installs: Any) -> None:
        self._installs = installs

    async def make(self, installed: Any, data_path: Path, name: str, port: int, setup: Mapping[str, Any]) -> None:
        await asyncio.to_thread(data_path.mkdir, parents=True, exist_ok=True)
        await run_child(
            (*self._installs.command_line(installed), "--dataPath", str(data_path), "--genconfig"),
            timeout_seconds=_GENCONFIG_SECONDS,
        )
        content = json.loads((data_path / _FILE).read_bytes())
        content |= {"ServerName": name, "Port": port, "MaxClients": setup.get("max_players", 16)}
        write_atomically(data_path / _FILE, json.dumps(content, indent=2).encode())

    async def set_port(self, data_path: Path, port: int) -> None:
        content = json.loads((data_path / _FILE).read_bytes())
        write_atomically(data_path / _FILE, json.dumps(content | {"Port": port}, indent=2).encode())

    async def free_port(self, taken: set[int]) -> int:
        port = 42420
        while port in taken or self.check_port(port) is not None:
            port += 1
        return port

    def check_port(self, port: int) -> str | None:
        with socket.socket() as probe:
            try:
                probe.bind(("", port))
            except OSError as error:
                return f"Port {port} can't be used: {os.strerror(error.errno or 0)}."
        return None

    def disk_limit(self, data_path: Path) -> int | None:
        return 400
