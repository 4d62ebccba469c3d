"""Restores a backup into a server that is made for it."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from vintagestory_api.backups.restore_arrange import Home
from vintagestory_api.backups.restore_facts import Planned, RestoreFacts
from vintagestory_api.backups.restore_mods import BackupMods
from vintagestory_api.backups.restore_prepare import Preparation
from vintagestory_api.backups.restore_swap import Staging, left_behind
from vintagestory_api.backups.schemas import RestoreRequest
from vintagestory_api.errors import Invalid
from vintagestory_api.server_mods.set_states import Why
from vintagestory_api.servers.operations import run_id
from vintagestory_api.servers.schemas import NewServer
from vintagestory_api.servers.setup import Setup
from vintagestory_api.servers.supervisor import Supervisor
from vintagestory_api.services.run_context import in_thread
from vintagestory_api.services.run_records import RunRecord

#: Does something as a restore that is written down: backup, server, the one who asked, what is done.
Undertake = Callable[[Supervisor, str, str | None, Callable[[str], Awaitable[dict[str, Any]]]], Awaitable[dict[str, Any]]]


class VersionNotKnown(Invalid):
    code = "game_version_not_known"


class NewServers:
    def __init__(
        self, facts: RestoreFacts, preparation: Preparation, mods: BackupMods, setup: Setup, undertake: Undertake
    ) -> None:
        self._facts = facts
        self._preparation = preparation
        self._mods = mods
        self._setup = setup
        self._undertake = undertake
        setup.fill = self._fill

    async def make(self, planned: Planned, wanted: RestoreRequest, actor: str) -> RunRecord:
        """Raises `VersionNotKnown`, and what `Setup.create_from` raises."""
        new = wanted.new_server
        version = planned.present.version
        if new is None or version is None:
            raise VersionNotKnown(
                "It is not known with which version of the game this world was played. Make a server with that version, import "
                "the world there, and restore it into that server."
            )
        server = NewServer.model_validate({"name": new.name, "version": version, "port": new.port, "start": bool(wanted.start)})
        told = {"id": planned.kept.record.id, "parts": wanted.parts, "files": wanted.files, "actor": actor, "name": new.name}
        return await self._setup.create_from(told, server, actor)

    async def _fill(self, supervisor: Supervisor, told: Mapping[str, Any], version: str) -> None:
        """Whatever an earlier try left is done anew: nobody has played on this server yet."""
        server = supervisor.server
        wanted = RestoreRequest.model_validate(
            {"parts": told["parts"], "files": told["files"], "new_server": {"name": told["name"]}}
        )

        async def steps(restore_id: str) -> dict[str, Any]:
            for earlier in await asyncio.to_thread(left_behind, server.data_path):
                await in_thread(Staging(server.data_path, earlier).remove)
            planned = await self._facts.planned(told["id"], wanted)
            planned.plan.check(None)
            staging = Staging(server.data_path, restore_id)
            home = Home(server.data_path, server.name, server.port, None, is_new=True)
            try:
                ready = await self._preparation.prepare(planned.kept, planned.plan, staging, home, version, [])
                await in_thread(lambda: staging.swap(staging.units(ready.names)))
                if ready.entries is not None:
                    why = Why(told["actor"], f"From the backup of {planned.kept.moment}", run_id(), version)
                    await self._mods.put(server, ready.entries, why)
            finally:
                await in_thread(staging.remove)
            return {}

        await self._undertake(supervisor, told["id"], told["actor"], steps)
