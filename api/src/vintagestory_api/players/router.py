"""The HTTP edge of the players of a game server."""

from typing import Annotated

from fastapi import APIRouter, Query, Request

from vintagestory_api.access.routes import API_PREFIX, ROLE_KEY, SecuredRoute
from vintagestory_api.players.players import Players
from vintagestory_api.players.schemas import (
    Ban,
    ChatPage,
    Kick,
    PlayerActionResult,
    PlayerList,
    PlayerSessionList,
    RoleChange,
    RoleList,
    WhitelistChange,
)
from vintagestory_api.problems import problem_responses

router = APIRouter(prefix=API_PREFIX, route_class=SecuredRoute, tags=["players"])

_VIEWER, _OPERATOR = {ROLE_KEY: "viewer"}, {ROLE_KEY: "operator"}
_ACTION = problem_responses(404, 409, 422, 503)


@router.get("/servers/{server_id}/players", openapi_extra=_VIEWER, responses=problem_responses(404, 422, 503))
async def list_players(
    request: Request,
    server_id: str,
    q: Annotated[str, Query(max_length=40, description="Part of a name.")] = "",
    online: bool = False,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    cursor: str = "",
) -> PlayerList:
    """Everybody who is on, was on, or stands in the server's lists."""
    return await _players(request).page(server_id, words=q, online_only=online, limit=limit, cursor=cursor)


@router.get("/servers/{server_id}/players/{name}/sessions", openapi_extra=_VIEWER, responses=problem_responses(404, 422, 503))
async def list_player_sessions(
    request: Request, server_id: str, name: str, limit: Annotated[int, Query(ge=1, le=200)] = 50, cursor: str = ""
) -> PlayerSessionList:
    """When a player was on, newest first."""
    return await _players(request).sessions(server_id, name, limit=limit, cursor=cursor)


@router.get("/servers/{server_id}/chat", openapi_extra=_OPERATOR, responses=problem_responses(404, 422, 503))
async def read_chat(
    request: Request,
    server_id: str,
    q: Annotated[str, Query(max_length=200)] = "",
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    cursor: str = "",
) -> ChatPage:
    return await _players(request).chat(server_id, words=q.strip(), limit=limit, cursor=cursor)


@router.get("/servers/{server_id}/roles", openapi_extra=_VIEWER, responses=problem_responses(404, 503))
async def list_roles(request: Request, server_id: str) -> RoleList:
    return await _players(request).roles(server_id)


@router.post("/servers/{server_id}/players/{name}/kick", openapi_extra=_OPERATOR, responses=_ACTION)
async def kick_player(request: Request, server_id: str, name: str, kick: Kick) -> PlayerActionResult:
    return await _players(request).actions.kick(server_id, name, kick.reason)


@router.post("/servers/{server_id}/players/{name}/ban", openapi_extra=_OPERATOR, responses=_ACTION)
async def ban_player(request: Request, server_id: str, name: str, ban: Ban) -> PlayerActionResult:
    return await _players(request).actions.ban(server_id, name, ban)


@router.post("/servers/{server_id}/players/{name}/unban", openapi_extra=_OPERATOR, responses=_ACTION)
async def unban_player(request: Request, server_id: str, name: str) -> PlayerActionResult:
    return await _players(request).actions.unban(server_id, name)


@router.post("/servers/{server_id}/players/{name}/whitelist", openapi_extra=_OPERATOR, responses=_ACTION)
async def whitelist_player(request: Request, server_id: str, name: str) -> PlayerActionResult:
    """Also for somebody who never joined."""
    return await _players(request).actions.whitelist(server_id, name)


@router.post("/servers/{server_id}/players/{name}/unwhitelist", openapi_extra=_OPERATOR, responses=_ACTION)
async def unwhitelist_player(request: Request, server_id: str, name: str) -> PlayerActionResult:
    return await _players(request).actions.unwhitelist(server_id, name)


@router.post("/servers/{server_id}/players/{name}/op", openapi_extra=_OPERATOR, responses=_ACTION)
async def make_operator(request: Request, server_id: str, name: str) -> PlayerActionResult:
    """Give the player the game's role `admin`."""
    return await _players(request).actions.make_operator(server_id, name)


@router.put("/servers/{server_id}/players/{name}/role", openapi_extra=_OPERATOR, responses=_ACTION)
async def set_player_role(request: Request, server_id: str, name: str, change: RoleChange) -> PlayerActionResult:
    return await _players(request).actions.set_role(server_id, name, change.role)


@router.put("/servers/{server_id}/whitelist", openapi_extra=_OPERATOR, responses=_ACTION)
async def set_whitelist_mode(request: Request, server_id: str, change: WhitelistChange) -> PlayerActionResult:
    return await _players(request).actions.set_whitelist_mode(server_id, change.mode)


def _players(request: Request) -> Players:
    players: Players = request.app.state.manager.players
    return players
