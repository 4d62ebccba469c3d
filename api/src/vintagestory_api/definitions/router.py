"""The HTTP edge of definitions of game servers."""

import re
from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from vintagestory_api.access.principal import Principal
from vintagestory_api.access.roles import Role
from vintagestory_api.access.routes import API_PREFIX, ROLE_KEY, SecuredRoute
from vintagestory_api.definitions.schemas import ApplyDefinition, DefinitionPlan, DefinitionText
from vintagestory_api.definitions.service import Definitions
from vintagestory_api.errors import Unavailable
from vintagestory_api.manager import Manager
from vintagestory_api.problems import problem_responses
from vintagestory_api.runs.schemas import Run

router = APIRouter(prefix=API_PREFIX, route_class=SecuredRoute, tags=["definitions"])

_OPERATOR, _ADMIN = {ROLE_KEY: "operator"}, {ROLE_KEY: "admin"}
_YAML: Final = "application/yaml"

#: A file of a megabyte, escaped as JSON.
LARGER_BODIES: Final = ((re.compile(rf"{API_PREFIX}/definitions/(?:plan|apply)"), 2_500_000),)


@router.get(
    "/servers/{server_id}/definition",
    openapi_extra=_OPERATOR,
    responses={**problem_responses(404, 409, 503), 200: {"content": {_YAML: {"schema": {"type": "object"}}}}},
    response_class=Response,
)
async def export_definition(request: Request, server_id: str) -> Response:
    """Everything that makes this server what it is, as a YAML document that can be applied here or elsewhere. Without secrets,
    without its world; who is told of it only for admins."""
    principal: Principal = request.state.principal
    text = await _definitions(request).export(server_id, for_admin=principal.role.includes(Role.ADMIN))
    headers = {"Content-Disposition": f'attachment; filename="{re.sub(r"[^a-z0-9-]", "", server_id)}.yaml"'}
    return Response(text, media_type=f"{_YAML}; charset=utf-8", headers=headers)


@router.post("/definitions/plan", openapi_extra=_ADMIN, responses=problem_responses(409, 422, 503))
async def plan_definition(request: Request, text: DefinitionText) -> DefinitionPlan:
    """What applying a definition would make, change and leave alone. Changes nothing."""
    return await _definitions(request).plan(text, _actor(request))


@router.post("/definitions/apply", status_code=202, openapi_extra=_ADMIN, responses=problem_responses(409, 422, 503))
async def apply_definition(request: Request, text: ApplyDefinition) -> Run:
    """Make a server from a definition, or bring the one that is there in line with it. Its run ends when every part is done, or
    is told why not; a manager that is killed meanwhile goes on with it at its next start."""
    run = await _definitions(request).apply(text, _actor(request))
    request.state.audit_target = {"server_id": run.server_key}
    return Run.of(run)


def _definitions(request: Request) -> Definitions:
    """Raises `Unavailable` while there is no database."""
    manager: Manager = request.app.state.manager
    if manager.database_problem is not None:
        raise Unavailable("The manager's database can't be read, so it knows of no game servers. Run: vsmanager doctor")
    return manager.definitions


def _actor(request: Request) -> str:
    principal: Principal = request.state.principal
    return principal.name
