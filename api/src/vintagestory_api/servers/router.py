"""The HTTP edge of the game servers."""

from typing import Annotated

from fastapi import APIRouter, Query, Request

from vintagestory_api.access.routes import API_PREFIX, ROLE_KEY, SecuredRoute
from vintagestory_api.problems import problem_responses
from vintagestory_api.runs.schemas import Run
from vintagestory_api.servers.schemas import (
    Adoption,
    AdoptionPath,
    AdoptionReport,
    NewServer,
    NewServerHints,
    PortCheck,
    Reason,
    ServerChange,
    ServerDetails,
    ServerList,
    TimelinePage,
    VersionChange,
    WorldOptionList,
)

router = APIRouter(prefix=API_PREFIX, route_class=SecuredRoute, tags=["servers"])

_VIEWER, _OPERATOR, _ADMIN = {ROLE_KEY: "viewer"}, {ROLE_KEY: "operator"}, {ROLE_KEY: "admin"}


@router.get("/servers", openapi_extra=_VIEWER, responses=problem_responses(503))
async def list_servers(request: Request) -> ServerList:
    """All game servers."""
    raise NotImplementedError


@router.post("/servers", status_code=201, openapi_extra=_ADMIN, responses=problem_responses(409, 422, 503))
async def create_server(request: Request, server: NewServer) -> ServerDetails:
    """Make a server. Its version is installed, its configuration written, and it is started if that is asked for, by the run
    that `operation` names."""
    raise NotImplementedError


@router.get("/new-server", openapi_extra=_VIEWER, responses=problem_responses(503))
async def suggest_server(request: Request) -> NewServerHints:
    """What a form for a new server starts with."""
    raise NotImplementedError


@router.get("/ports/{port}", openapi_extra=_ADMIN, responses=problem_responses(422, 503))
async def check_port(request: Request, port: int, server_id: str | None = None) -> PortCheck:
    """Whether a game server could take this port now; `server_id` is not counted as using it."""
    raise NotImplementedError


@router.get("/world-options", openapi_extra=_VIEWER)
async def list_world_options() -> WorldOptionList:
    """What can be chosen for a new world."""
    raise NotImplementedError


@router.post("/adoptions/inspect", openapi_extra=_ADMIN, responses=problem_responses(403, 404, 422, 503))
async def inspect_folder(request: Request, folder: AdoptionPath) -> AdoptionReport:
    """Look at a folder of this machine that might be adopted. Changes nothing."""
    raise NotImplementedError


@router.post("/adoptions", status_code=201, openapi_extra=_ADMIN, responses=problem_responses(403, 404, 409, 422, 503))
async def adopt_server(request: Request, adoption: Adoption) -> ServerDetails:
    """Take over an existing data folder, where it lies."""
    raise NotImplementedError


@router.get("/servers/{server_id}", openapi_extra=_VIEWER, responses=problem_responses(404, 503))
async def read_server(request: Request, server_id: str) -> ServerDetails:
    raise NotImplementedError


@router.patch("/servers/{server_id}", openapi_extra=_ADMIN, responses=problem_responses(404, 409, 422, 503))
async def change_server(request: Request, server_id: str, change: ServerChange) -> ServerDetails:
    raise NotImplementedError


@router.delete("/servers/{server_id}", status_code=202, openapi_extra=_ADMIN, responses=problem_responses(404, 409, 503))
async def delete_server(
    request: Request,
    server_id: str,
    delete_files: Annotated[
        bool, Query(description="its world, configuration and mods go, too; never those of an adopted one")
    ] = False,
) -> Run:
    """Remove a stopped server. Without `delete_files` its folder stays where it is."""
    raise NotImplementedError


@router.post("/servers/{server_id}/start", status_code=202, openapi_extra=_OPERATOR, responses=problem_responses(404, 409, 503))
async def start_server(request: Request, server_id: str) -> Run:
    """Start it; the run ends when it is ready for players, or has failed."""
    raise NotImplementedError


@router.post(
    "/servers/{server_id}/stop", status_code=202, openapi_extra=_OPERATOR, responses=problem_responses(404, 409, 422, 503)
)
async def stop_server(request: Request, server_id: str, why: Reason | None = None) -> Run:
    """Stop it and keep it stopped: `/stop`, then SIGTERM, then SIGKILL, each after its time."""
    raise NotImplementedError


@router.post(
    "/servers/{server_id}/restart", status_code=202, openapi_extra=_OPERATOR, responses=problem_responses(404, 409, 422, 503)
)
async def restart_server(request: Request, server_id: str, why: Reason | None = None) -> Run:
    raise NotImplementedError


@router.post("/servers/{server_id}/kill", status_code=202, openapi_extra=_OPERATOR, responses=problem_responses(404, 409, 503))
async def kill_server(request: Request, server_id: str) -> Run:
    """End it at once, also in the middle of a stop; what was not saved is lost."""
    raise NotImplementedError


@router.post(
    "/servers/{server_id}/version", status_code=202, openapi_extra=_ADMIN, responses=problem_responses(404, 409, 422, 503)
)
async def change_version(request: Request, server_id: str, change: VersionChange) -> Run:
    """Let the server use another version of the game, now."""
    raise NotImplementedError


@router.get("/servers/{server_id}/timeline", openapi_extra=_VIEWER, responses=problem_responses(404, 422, 503))
async def read_timeline(
    request: Request, server_id: str, limit: Annotated[int, Query(ge=1, le=200)] = 50, cursor: str = ""
) -> TimelinePage:
    """What happened and why, newest first."""
    raise NotImplementedError
