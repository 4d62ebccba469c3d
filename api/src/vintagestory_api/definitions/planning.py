"""Finds out what applying a definition would do. Changes nothing."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from vintagestory_api.definitions.around import Around
from vintagestory_api.definitions.document import DefinedServer, Definition
from vintagestory_api.definitions.game_parts import GameParts
from vintagestory_api.definitions.kept_parts import KeptParts
from vintagestory_api.definitions.plan import Part, Plan
from vintagestory_api.definitions.schemas import PartName
from vintagestory_api.definitions.server_parts import ServerParts
from vintagestory_api.errors import FieldError, Invalid
from vintagestory_api.servers.server import GameServer

#: In this order they are planned and applied: what comes later may need what comes before, and a change of the version, which
#: may restart the game, takes along what waits for that.
ORDER: Final[Sequence[PartName]] = (
    "server", "world", "configuration", "game_roles", "mods", "version", "schedules", "backups", "updates", "notifications",
)  # fmt: skip


class IncompleteDefinition(Invalid):
    code = "incomplete_definition"


@dataclass(frozen=True)
class Aim:
    """What a definition is applied to. `server` is None for one that is to be made; `version` what it will have."""

    definition: Definition
    server_id: str
    server: GameServer | None
    name: str
    version: str | None
    actor: str

    @property
    def is_ready(self) -> bool:
        """It is there, and its creation is over."""
        return self.server is not None and self.server.record.setup is None


class Planner:
    def __init__(self, around: Around) -> None:
        self._around = around
        self._server = ServerParts(around)
        self._game = GameParts(around)
        self._kept = KeptParts(around)

    async def plan(self, text: str, definition: Definition, server_id: str | None, actor: str) -> Plan:
        """Raises `IncompleteDefinition`."""
        aim = self.aim(definition, server_id, actor)
        parts = [await self.part(name, aim) for name in ORDER]
        named = frozenset(name for name in ORDER if is_named(definition, name))
        return Plan(aim.server_id, aim.name, aim.server is None, text, parts, named)

    def aim(self, definition: Definition, server_id: str | None, actor: str) -> Aim:
        """Raises `IncompleteDefinition`."""
        wanted = definition.server
        server_id = server_id or wanted.id or self._around.setup.free_id(_name_of(wanted))
        server = self._around.servers.get(server_id) if server_id in self._around.servers.ids else None
        if server is not None:
            version = wanted.version or server.version or str((server.record.setup or {}).get("version") or "")
            return Aim(definition, server_id, server, server.name, version or None, actor)
        if wanted.version is None:
            raise IncompleteDefinition(
                f"There is no server {server_id!r} yet. To make one, the file has to say its version of the game.",
                fields=[FieldError("server.version", "has to be given for a new server")],
            )
        return Aim(definition, server_id, None, _name_of(wanted), wanted.version, actor)

    async def part(self, name: PartName, aim: Aim) -> Part:
        part = Part(name)
        if not is_named(aim.definition, name) and not (name in {"server", "version"} and not aim.is_ready):
            return part
        match name:
            case "server":
                await self._server.plan_server(aim, part)
            case "version":
                await self._server.plan_version(aim, part)
            case "world":
                await asyncio.to_thread(self._server.plan_world, aim, part)
            case "configuration":
                await self._game.plan_configuration(aim, part)
            case "game_roles":
                await self._game.plan_roles(aim, part)
            case "mods":
                await self._game.plan_mods(aim, part)
            case "schedules":
                await self._kept.plan_schedules(aim, part)
            case "backups":
                await self._kept.plan_backups(aim, part)
            case "updates":
                await self._kept.plan_updates(aim, part)
            case "notifications":
                await self._kept.plan_notifications(aim, part)
        return part


def is_named(definition: Definition, name: PartName) -> bool:
    """The file says something of this part."""
    if name == "version":
        return definition.server.version is not None
    if name == "server":
        return bool(definition.server.model_fields_set - {"id", "version"})
    return getattr(definition, name) is not None


def _name_of(server: DefinedServer) -> str:
    if server.name is None and server.id is None:
        raise IncompleteDefinition(
            "The file does not say which server it is. Give it an id or a name, or say which server is meant.",
            fields=[FieldError("server.name", "has to be given for a new server")],
        )
    return server.name or server.id or ""
