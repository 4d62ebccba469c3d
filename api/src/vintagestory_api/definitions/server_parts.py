"""The server itself, its version and its world, as parts of a definition."""

import contextlib
from typing import TYPE_CHECKING, Any

from vintagestory_api.definitions.around import Around
from vintagestory_api.definitions.document import DefinedServer
from vintagestory_api.definitions.doing import Doing
from vintagestory_api.definitions.plan import Part
from vintagestory_api.definitions.present import has_world, world_of
from vintagestory_api.definitions.words import difference, differences
from vintagestory_api.errors import ManagerError, NotFound, Unavailable
from vintagestory_api.game_versions.version import GameVersion
from vintagestory_api.servers.schemas import NewServer, ServerChange, ServerSettings, WorldOptions
from vintagestory_api.servers.server import GameServer
from vintagestory_api.servers.setup import check_arguments

if TYPE_CHECKING:
    from vintagestory_api.definitions.planning import Aim


class ServerParts:
    def __init__(self, around: Around) -> None:
        self._around = around
        self._doing = Doing(around)

    # The server

    async def plan_server(self, aim: "Aim", part: Part) -> None:
        wanted = aim.definition.server
        if wanted.settings is not None:
            try:
                check_arguments(wanted.settings.extra_arguments)
            except ManagerError as error:
                part.block(error.message)
        if aim.server is None:
            await self._plan_new(aim, wanted, part)
        elif aim.server.record.deleted_at is not None:
            part.block(f"{aim.server.name!r} is being deleted. Wait until it is gone.")
        else:
            await self._plan_known(aim.server, wanted, part, aim.actor)

    async def _plan_new(self, aim: "Aim", wanted: DefinedServer, part: Part) -> None:
        port = f"port {wanted.port}" if wanted.port else "the next free port"
        part.create(f"The server {aim.name!r} with the id {aim.server_id} and {port}")
        if wanted.port is not None:
            found = await self._around.setup.check_port(wanted.port)
            if not found.is_free:
                (part.block if found.used_by else part.note)(
                    f"{found.message} Give another one in the file, or leave `port` out to take the next free one."
                )
        world = aim.definition.world or WorldOptions()

        async def make() -> str:
            new = NewServer(
                name=aim.name,
                id=aim.server_id,
                version=aim.version or "",
                port=wanted.port,
                password=wanted.password,
                whitelist=False,
                start=False,
                world=WorldOptions.model_validate(world.model_dump()),
            )
            await self._around.setup.create(new, aim.actor)
            await self._doing.until_made(aim.server_id, aim.actor)
            await self._change(self._around.servers.get(aim.server_id), wanted, aim.actor, settings_only=True)
            return f"made with version {aim.version}"

        part.work = make

    async def _plan_known(self, server: GameServer, wanted: DefinedServer, part: Part, actor: str) -> None:
        record = server.record
        is_unfinished = record.setup is not None
        if is_unfinished:
            part.create(f"What is left of making {server.name!r}")
        if wanted.name is not None and wanted.name != record.name:
            part.change(difference("name", record.name, wanted.name))
        if wanted.port is not None and wanted.port != record.port:
            part.change(difference("port", record.port, wanted.port))
            found = await self._around.setup.check_port(wanted.port, server.id)
            if found.used_by:
                part.block(f"{found.message} Give another one in the file.")
            elif server.is_running:
                part.block("The port can be changed while the server is stopped. Stop it first, or leave `port` out of the file.")
        if wanted.settings is not None:
            given = wanted.settings.model_dump(mode="json", exclude_unset=True)
            for text in differences(record.settings.model_dump(mode="json"), given):
                part.change(text)
        if wanted.password is not None:
            part.keep("the password: a file sets it for a new server only")

        async def change() -> None:
            if is_unfinished:
                await self._doing.until_made(server.id, actor)
            await self._change(server, wanted, actor)

        part.work = change

    async def _change(self, server: GameServer, wanted: DefinedServer, actor: str, *, settings_only: bool = False) -> None:
        settings = merged(server.record.settings, wanted.settings) if wanted.settings is not None else None
        change = ServerChange(
            name=None if settings_only else wanted.name, port=None if settings_only else wanted.port, settings=settings
        )
        supervisor = self._around.servers.supervisor(server.id)
        await self._around.setup.change(supervisor, change, actor)

    # Its version

    async def plan_version(self, aim: "Aim", part: Part) -> None:
        version = aim.version
        server = aim.server
        now = server.version if server is not None else None
        if version is None or version == now:
            return
        if now is None or not aim.is_ready:
            part.create(f"version {version} of the game")
        else:
            part.change(difference("version", now, version))
        await self._see_that_it_can_be_had(version, part)
        if server is None or now is None or not aim.is_ready:
            return
        part.restarts = server.is_running
        if part.restarts:
            part.note("The game runs: it is restarted with the new version, and goes back if that does not start.")
        before, after = GameVersion.try_parse(now, lenient=True), GameVersion.try_parse(version, lenient=True)
        if before is not None and after is not None and after < before:
            part.note(f"{version} is older than {now}: a world that was played with the newer one may not open any more.")
        part.note("A backup is made before.")

        async def switch() -> None:
            await self._doing.back_up(server.id, aim.actor, f"Before the change to version {version}")
            await self._doing.change_version(server.id, version, aim.actor)

        part.work = switch

    async def _see_that_it_can_be_had(self, version: str, part: Part) -> None:
        if self._around.installs.find(version) is not None:
            return
        try:
            await self._around.installs.check(version)
        except Unavailable as error:
            part.note(f"Version {version} is not installed, and nobody knows whether it can be had: {error.message}")
        except ManagerError as error:
            part.block(error.message)
        else:
            part.note(f"Version {version} is not installed yet: it is downloaded.")

    # Its world

    def plan_world(self, aim: "Aim", part: Part) -> None:
        """Blocking."""
        wanted = aim.definition.world
        if wanted is None:
            return
        if aim.server is None:
            part.create(f"a new world at its first start: {wanted.world_name!r}, {wanted.play_style}, {wanted.world_type}")
            return
        if not aim.is_ready:
            return
        found = None
        with contextlib.suppress(NotFound, OSError):
            found = world_of(aim.server)
        before: dict[str, Any] = found.model_dump(mode="json") if found is not None else {}
        given = wanted.model_dump(mode="json", exclude_unset=True)
        for text in differences(before, given):
            part.keep(text)
        if part.steps:
            is_there = has_world(aim.server)
            part.note(
                "A world that exists stays what it was made as."
                if is_there
                else "Its configuration says what its world will be made as. Change that on its configuration page."
            )


def merged(before: ServerSettings, wanted: ServerSettings) -> ServerSettings:
    given = wanted.model_dump(exclude_unset=True)
    return ServerSettings.model_validate({**before.model_dump(), **given})
