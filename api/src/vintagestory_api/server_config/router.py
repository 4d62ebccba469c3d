"""The HTTP edge of the configuration of game servers."""

import re
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request

from vintagestory_api.access.principal import Principal
from vintagestory_api.access.roles import Role
from vintagestory_api.access.routes import API_PREFIX, ROLE_KEY, SecuredRoute
from vintagestory_api.problems import problem_responses
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
from vintagestory_api.server_config.service import ServerConfigs
from vintagestory_api.server_config.views import without_folder

router = APIRouter(prefix=API_PREFIX, route_class=SecuredRoute, tags=["configuration"])

_VIEWER, _OPERATOR, _ADMIN = {ROLE_KEY: "viewer"}, {ROLE_KEY: "operator"}, {ROLE_KEY: "admin"}
_CHANGE: Final[dict[int | str, dict[str, Any]]] = problem_responses(404, 409, 422, 503)
#: The largest file that the manager reads, escaped as JSON.
LARGER_BODIES: Final = ((re.compile(rf"{API_PREFIX}/servers/[^/]+/config/[^/]+/text"), 4_500_000),)


@router.get("/servers/{server_id}/config/{file}", openapi_extra=_VIEWER, responses=problem_responses(404, 422, 503))
async def read_config(request: Request, server_id: str, file: ConfigFileName) -> ServerConfigView:
    """A configuration file of the game: every setting with what is known of it."""
    view = await _configs(request).view(server_id, file)
    principal: Principal = request.state.principal
    if principal.role_on(server_id).includes(Role.OPERATOR):
        return view
    return without_folder(view, _configs(request).folder(server_id))


@router.patch("/servers/{server_id}/config/{file}", openapi_extra=_OPERATOR, responses=_CHANGE)
async def change_config(request: Request, server_id: str, file: ConfigFileName, change: ConfigChanges) -> ConfigChanged:
    """Change settings. While the game runs, those that it takes by command are in force at once; others wait for its next
    stop. What others changed meanwhile stays; the same setting is a conflict, `changed_meanwhile`."""
    request.state.audit_details = {"settings": [".".join(item.path) for item in change.changes], "overwrite": change.overwrite}
    return await _configs(request).change(server_id, file, change, _actor(request))


@router.get("/servers/{server_id}/config/{file}/text", openapi_extra=_OPERATOR, responses=problem_responses(404, 409, 422, 503))
async def read_config_text(request: Request, server_id: str, file: ConfigFileName) -> RawConfig:
    return await _configs(request).text(server_id, file)


@router.put("/servers/{server_id}/config/{file}/text", openapi_extra=_OPERATOR, responses=_CHANGE)
async def change_config_text(request: Request, server_id: str, file: ConfigFileName, change: RawConfigChange) -> ConfigChanged:
    """Replace the whole text; it is checked before, setting by setting. While the game runs, the difference waits."""
    request.state.audit_details = {}
    return await _configs(request).change_text(server_id, file, change, _actor(request))


@router.delete("/servers/{server_id}/config/{file}/pending", openapi_extra=_OPERATOR, responses=_CHANGE)
async def discard_pending_config(
    request: Request,
    server_id: str,
    file: ConfigFileName,
    path: Annotated[
        str | None, Query(max_length=1000, description="of one setting, as a JSON list of names; without it, all")
    ] = None,
) -> ServerConfigView:
    """Let changes not wait for the next stop any more."""
    return await _configs(request).discard(server_id, file, path, _actor(request))


@router.get("/servers/{server_id}/config/{file}/versions", openapi_extra=_OPERATOR, responses=problem_responses(404, 422, 503))
async def list_config_versions(
    request: Request,
    server_id: str,
    file: ConfigFileName,
    limit: Annotated[int, Query(ge=1, le=50)] = 20,
    cursor: str = "",
) -> ConfigVersionList:
    """What the file was, newest first."""
    return await _configs(request).versions(server_id, file, limit=limit, cursor=cursor)


@router.get(
    "/servers/{server_id}/config/{file}/versions/{version_id}",
    openapi_extra=_OPERATOR,
    responses=problem_responses(404, 422, 503),
)
async def read_config_version(request: Request, server_id: str, file: ConfigFileName, version_id: str) -> ConfigVersionView:
    return await _configs(request).version(server_id, file, version_id)


@router.post("/servers/{server_id}/config/{file}/versions/{version_id}/return", openapi_extra=_OPERATOR, responses=_CHANGE)
async def return_to_config_version(request: Request, server_id: str, file: ConfigFileName, version_id: str) -> ConfigChanged:
    """Bring the settings of an earlier version back. What the game keeps for itself in the file stays."""
    return await _configs(request).bring_back(server_id, file, version_id, _actor(request))


@router.get("/servers/{server_id}/game-roles", openapi_extra=_OPERATOR, responses=problem_responses(404, 409, 503))
async def read_game_roles(request: Request, server_id: str) -> GameRoles:
    """The roles that players can have, with what each may do."""
    return await _configs(request).roles(server_id)


@router.put("/servers/{server_id}/game-roles", openapi_extra=_ADMIN, responses=_CHANGE)
async def change_game_roles(request: Request, server_id: str, change: GameRolesChange) -> ConfigChanged:
    return await _configs(request).change_roles(server_id, change, _actor(request))


def _configs(request: Request) -> ServerConfigs:
    configs: ServerConfigs = request.app.state.manager.server_configs
    return configs


def _actor(request: Request) -> str:
    principal: Principal = request.state.principal
    return principal.name
