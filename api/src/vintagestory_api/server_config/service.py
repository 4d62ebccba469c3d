"""The configuration of the games of all servers."""

from vintagestory_api.errors import Unavailable
from vintagestory_api.server_config.schemas import (
    ConfigChanged,
    ConfigChanges,
    ConfigFileName,
    ConfigVersionList,
    ConfigVersionView,
    GameRoles,
    GameRolesChange,
    RawConfig,
    RawConfigChange,
    ServerConfigView,
)


class ServerConfigs:
    async def view(self, server_id: str, file: ConfigFileName) -> ServerConfigView:
        raise Unavailable("Not yet.")

    async def change(self, server_id: str, file: ConfigFileName, change: ConfigChanges, actor: str) -> ConfigChanged:
        raise Unavailable("Not yet.")

    async def text(self, server_id: str, file: ConfigFileName) -> RawConfig:
        raise Unavailable("Not yet.")

    async def change_text(self, server_id: str, file: ConfigFileName, change: RawConfigChange, actor: str) -> ConfigChanged:
        raise Unavailable("Not yet.")

    async def discard(self, server_id: str, file: ConfigFileName, path: str | None, actor: str) -> ServerConfigView:
        raise Unavailable("Not yet.")

    async def versions(self, server_id: str, file: ConfigFileName, *, limit: int, cursor: str) -> ConfigVersionList:
        raise Unavailable("Not yet.")

    async def version(self, server_id: str, file: ConfigFileName, version_id: str) -> ConfigVersionView:
        raise Unavailable("Not yet.")

    async def bring_back(self, server_id: str, file: ConfigFileName, version_id: str, actor: str) -> ConfigChanged:
        raise Unavailable("Not yet.")

    async def roles(self, server_id: str) -> GameRoles:
        raise Unavailable("Not yet.")

    async def change_roles(self, server_id: str, change: GameRolesChange, actor: str) -> ConfigChanged:
        raise Unavailable("Not yet.")

    def pending_count(self, server_id: str) -> int:
        """How many changes wait for the next stop of its game."""
        return 0
