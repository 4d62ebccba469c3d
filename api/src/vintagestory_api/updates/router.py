"""The HTTP edge of updates that go back."""

from typing import Annotated

from fastapi import APIRouter, Query, Request

from vintagestory_api.access.on_servers import visible_servers
from vintagestory_api.access.principal import Principal
from vintagestory_api.access.routes import API_PREFIX, ROLE_KEY, SCOPE_KEY, SecuredRoute
from vintagestory_api.errors import Unavailable
from vintagestory_api.manager import Manager
from vintagestory_api.problems import problem_responses
from vintagestory_api.runs.schemas import Run
from vintagestory_api.updates.schemas import UpdateHistory, UpdatePlan, UpdatePolicy, UpdateRequest, UpdateState, UpdateStates
from vintagestory_api.updates.service import Updates

router = APIRouter(prefix=API_PREFIX, route_class=SecuredRoute, tags=["updates"])

_VIEWER, _OPERATOR = {ROLE_KEY: "viewer"}, {ROLE_KEY: "operator"}


@router.get("/updates", openapi_extra={**_VIEWER, SCOPE_KEY: "list"}, responses=problem_responses(503))
async def list_updates(request: Request) -> UpdateStates:
    """What is new for each server, as far as it is known: nobody is asked for it."""
    states, only = await _updates(request).states(), visible_servers(request)
    return UpdateStates(items=[state for state in states.items if only is None or state.server_id in only])


@router.get("/servers/{server_id}/update", openapi_extra=_VIEWER, responses=problem_responses(404, 503))
async def read_update(request: Request, server_id: str) -> UpdateState:
    """What is new for this server, and what is done of itself."""
    return await _updates(request).state(server_id)


@router.put("/servers/{server_id}/update-policy", openapi_extra=_OPERATOR, responses=problem_responses(404, 422, 503))
async def set_update_policy(request: Request, server_id: str, policy: UpdatePolicy) -> UpdateState:
    """What is done of itself, and when."""
    return await _updates(request).set_policy(server_id, policy)


@router.post("/servers/{server_id}/update/plan", openapi_extra=_OPERATOR, responses=problem_responses(404, 409, 422, 503))
async def plan_update(request: Request, server_id: str, wanted: UpdateRequest) -> UpdatePlan:
    """What an update would do, and what speaks against it. Changes nothing."""
    return await _updates(request).plan(server_id, wanted)


@router.post(
    "/servers/{server_id}/update", status_code=202, openapi_extra=_OPERATOR, responses=problem_responses(404, 409, 422, 503)
)
async def start_update(request: Request, server_id: str, wanted: UpdateRequest) -> Run:
    """Announce, back up, stop, switch, start, watch; and go back, with the world, when it turns out badly."""
    principal: Principal = request.state.principal
    return Run.of(await _updates(request).start_now(server_id, wanted, actor=principal.name))


@router.get("/servers/{server_id}/updates", openapi_extra=_VIEWER, responses=problem_responses(404, 422, 503))
async def list_past_updates(
    request: Request,
    server_id: str,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[str, Query(max_length=64)] = "",
) -> UpdateHistory:
    """Updates of this server and what became of them, newest first."""
    return await _updates(request).history(server_id, limit=limit, cursor=cursor)


def _updates(request: Request) -> Updates:
    """Raises `Unavailable` while there is no database."""
    manager: Manager = request.app.state.manager
    if manager.database_problem is not None:
        raise Unavailable("The manager's database can't be read, so it knows of no game servers. Run: vsmanager doctor")
    return manager.updates
