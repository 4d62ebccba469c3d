"""The HTTP edge of schedules."""

import re
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from vintagestory_api.access.on_servers import caller, require_on, visible_servers
from vintagestory_api.access.principal import Principal
from vintagestory_api.access.roles import Role
from vintagestory_api.access.routes import API_PREFIX, ROLE_KEY, SCOPE_KEY, SecuredRoute
from vintagestory_api.errors import Unavailable
from vintagestory_api.manager import Manager
from vintagestory_api.problems import problem_responses
from vintagestory_api.runs.schemas import Run
from vintagestory_api.schedules.records import ScheduleRecord
from vintagestory_api.schedules.schemas import (
    AppliedSchedules,
    DryRun,
    NextRuns,
    Schedule,
    ScheduleBody,
    ScheduleChange,
    ScheduleDraft,
    ScheduleList,
    SchedulePreview,
    ScheduleText,
    TemplateList,
)
from vintagestory_api.schedules.service import ScheduleNotFound, Schedules
from vintagestory_api.schedules.templates import templates
from vintagestory_api.schedules.views import as_seen_by_viewers

router = APIRouter(prefix=API_PREFIX, route_class=SecuredRoute, tags=["schedules"])

_VIEWER, _OPERATOR = {ROLE_KEY: "viewer"}, {ROLE_KEY: "operator"}
_READ, _CHANGE = {**_VIEWER, SCOPE_KEY: "object"}, {**_OPERATOR, SCOPE_KEY: "object"}
_YAML: Final = "application/yaml"

#: Paths whose bodies may be larger than those of others, with their limits in bytes.
LARGER_BODIES: Final = ((re.compile(rf"{API_PREFIX}/servers/[^/]+/schedules/apply"), 2_000_000),)


@router.get(
    "/schedules", openapi_extra={**_VIEWER, SCOPE_KEY: "list"}, responses=problem_responses(422, 503), response_model=ScheduleList
)
async def list_all_schedules(
    request: Request,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[str, Query(max_length=64)] = "",
) -> Response:
    """The schedules of all servers, in the order in which they were made."""
    return _shown(request, await _schedules(request).page(limit=limit, cursor=cursor, only_servers=visible_servers(request)))


@router.get("/schedule-templates", openapi_extra={**_VIEWER, SCOPE_KEY: "anyone"})
async def list_schedule_templates() -> TemplateList:
    """Schedules to begin with."""
    return templates()


@router.post("/schedules/preview", openapi_extra={**_OPERATOR, SCOPE_KEY: "anyone"}, responses=problem_responses(422, 503))
async def preview_schedule(
    request: Request, draft: ScheduleDraft, n: Annotated[int, Query(ge=1, le=100)] = 10
) -> SchedulePreview:
    """When it would be due next, and how it reads. Changes nothing."""
    return _schedules(request).preview(draft, n)


@router.get(
    "/servers/{server_id}/schedules",
    openapi_extra=_VIEWER,
    responses=problem_responses(404, 503),
    response_model=ScheduleList,
)
async def list_schedules(request: Request, server_id: str) -> Response:
    return _shown(request, await _schedules(request).listed(server_id))


@router.post(
    "/servers/{server_id}/schedules", status_code=201, openapi_extra=_OPERATOR, responses=problem_responses(404, 409, 422, 503)
)
async def create_schedule(request: Request, server_id: str, body: ScheduleBody) -> Schedule:
    created = await _schedules(request).create(server_id, body, _actor(request))
    request.state.audit_target = {"schedule_id": created.id}
    return created


@router.post("/servers/{server_id}/schedules/dry-run", openapi_extra=_OPERATOR, responses=problem_responses(404, 422, 503))
async def dry_run_body(request: Request, server_id: str, body: ScheduleBody) -> DryRun:
    """What a run of it would do at this moment, without storing it. Changes nothing."""
    return await _schedules(request).dry_run(server_id, body)


@router.get(
    "/servers/{server_id}/schedules/export",
    openapi_extra=_OPERATOR,
    responses={**problem_responses(404, 503), 200: {"content": {_YAML: {"schema": {"type": "object"}}}}},
    response_class=Response,
)
async def export_schedules(request: Request, server_id: str) -> Response:
    """All schedules of a server as a YAML document, which `apply` takes."""
    headers = {"Content-Disposition": f'attachment; filename="schedules-{_file_name(server_id)}.yaml"'}
    return Response(await _schedules(request).export(server_id), media_type=f"{_YAML}; charset=utf-8", headers=headers)


@router.post("/servers/{server_id}/schedules/apply", openapi_extra=_OPERATOR, responses=problem_responses(404, 409, 422, 503))
async def apply_schedules(request: Request, server_id: str, text: ScheduleText) -> AppliedSchedules:
    """Bring the schedules of a server in line with a YAML document, all of it or nothing. With `dry_run` nothing changes."""
    return await _schedules(request).apply_text(server_id, text, _actor(request))


@router.get("/schedules/{schedule_id}", openapi_extra=_READ, responses=problem_responses(404, 503))
async def read_schedule(request: Request, schedule_id: str) -> Schedule:
    _see(request, schedule_id, Role.VIEWER)
    return _as_seen(request, await _schedules(request).view(schedule_id))


@router.patch("/schedules/{schedule_id}", openapi_extra=_CHANGE, responses=problem_responses(404, 409, 422, 503))
async def change_schedule(request: Request, schedule_id: str, change: ScheduleChange) -> Schedule:
    """Change it, or turn it on or off. A run that is under way goes on as it began."""
    _see(request, schedule_id, Role.OPERATOR)
    return await _schedules(request).change(schedule_id, change, _actor(request))


@router.delete("/schedules/{schedule_id}", status_code=204, openapi_extra=_CHANGE, responses=problem_responses(404, 503))
async def delete_schedule(request: Request, schedule_id: str) -> None:
    """Remove it. A run that is under way goes on; cancel that, too, if it should end."""
    _see(request, schedule_id, Role.OPERATOR)
    await _schedules(request).remove(schedule_id)


@router.post(
    "/schedules/{schedule_id}/run", status_code=202, openapi_extra=_CHANGE, responses=problem_responses(404, 409, 422, 503)
)
async def run_schedule(request: Request, schedule_id: str) -> Run:
    """Run its steps now, whatever its conditions say; also while it is turned off."""
    _see(request, schedule_id, Role.OPERATOR)
    return Run.of(await _schedules(request).run_now(schedule_id))


@router.post("/schedules/{schedule_id}/dry-run", openapi_extra=_CHANGE, responses=problem_responses(404, 422, 503))
async def dry_run_schedule(request: Request, schedule_id: str) -> DryRun:
    """What a run of it would do at this moment. Changes nothing."""
    record = _see(request, schedule_id, Role.OPERATOR)
    return await _schedules(request).dry_run(record.server_id, record.body)


@router.get("/schedules/{schedule_id}/next-runs", openapi_extra=_READ, responses=problem_responses(404, 422, 503))
async def list_next_runs(request: Request, schedule_id: str, n: Annotated[int, Query(ge=1, le=100)] = 10) -> NextRuns:
    """When it is due next."""
    _see(request, schedule_id, Role.VIEWER)
    return _schedules(request).next_runs(schedule_id, n)


def _schedules(request: Request) -> Schedules:
    """Raises `Unavailable` while there is no database."""
    manager: Manager = request.app.state.manager
    if manager.database_problem is not None:
        raise Unavailable("The manager's database can't be read, so it knows of no schedules. Run: vsmanager doctor")
    return manager.schedules


def _actor(request: Request) -> str:
    principal: Principal = request.state.principal
    return principal.name


def _see(request: Request, schedule_id: str, needed: Role) -> ScheduleRecord:
    """Raises `ScheduleNotFound`, and `RoleTooLow`."""
    record = _schedules(request).get(schedule_id)
    require_on(request, record.server_id, needed, otherwise=ScheduleNotFound(schedule_id))
    return record


def _as_seen(request: Request, schedule: Schedule) -> Schedule:
    return schedule if caller(request).may(Role.OPERATOR, schedule.server_id) else as_seen_by_viewers(schedule)


def _shown(request: Request, found: ScheduleList) -> Response:
    found = found.model_copy(update={"items": [_as_seen(request, schedule) for schedule in found.items]})
    # Straight to JSON: each of them was checked when it was made.
    return Response(found.model_dump_json(by_alias=True), media_type="application/json")


def _file_name(server_id: str) -> str:
    return re.sub(r"[^a-z0-9-]", "-", server_id)[:64]
